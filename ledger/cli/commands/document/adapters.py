"""Formats that other installed packages read: entry points of the group `lading.documents`, each a `Format`."""

from importlib.metadata import entry_points

from ledger.errors import Misconfigured
from ledger.formats.documents.advice import Format

GROUP = "lading.documents"


def installed_formats() -> list[Format]:
    """Raises `Misconfigured` for an entry that cannot be imported or is something else, naming its package."""
    found = []
    for entry in entry_points(group=GROUP):
        try:
            form = entry.load()
        except Exception as error:  # noqa: BLE001 - whatever somebody else's module does
            raise _wrong(entry.value, f"{type(error).__name__}: {error}"[:200]) from None
        if not isinstance(form, Format):
            raise _wrong(entry.value, type(form).__name__)
        found.append(form)
    return found


def _wrong(where: str, found: str) -> Misconfigured:
    return Misconfigured(
        "an installed adapter of documents does not work",
        where=where,
        expected="a Format of ledger.formats.documents.advice",
        found=found,
        mend="Mend or uninstall its package.",
    )
