"""What a document leaves open, decided by who is known and by what was said: partners, zone, terms."""

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.errors import InvalidInput
from ledger.formats.documents.advice import Advice, Site
from ledger.formats.documents.drafts import Choices, document_of, terms_draft

Known = Callable[[str], Iterable[int]]
"""The partners that enrolled with a GLN."""


def partner_of(site: Site, role: str, known: Known) -> int:
    """Whose GLN it is; names are told and never guessed by. Raises `InvalidInput` where it is not one partner's."""
    found = list(known(site.gln)) if site.gln else []
    if len(found) == 1:
        return found[0]
    raise InvalidInput(
        f"which partner is the {role}?",
        where=role,
        expected="a GLN that one partner enrolled with",
        found=f"{site.name} {site.gln}".strip()[:120],
        mend=f"Say its number: {role}.",
    )


def offset_in(zone: str, advice: Advice) -> int | None:
    """Seconds from UTC in a zone on the day that matters; None where no zone is named. Raises `InvalidInput`."""
    if not zone:
        return None
    moment = advice.expected or advice.despatched or advice.issued
    try:
        there = datetime.fromisoformat(f"{moment.day}T{moment.time or '12:00:00'}").replace(tzinfo=ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            "no such zone, or day", where="zone", expected="such as Europe/Oslo", found=zone[:80]
        ) from None
    offset = there.utcoffset()
    return None if offset is None else int(offset.total_seconds())


def check_came_of(details: str, advice: Advice, document: bytes, where: str) -> None:
    """Raise `InvalidInput` unless the details of terms name this very document, by its hash."""
    drafted = terms_draft(advice, Choices(1, 1, packages=1, offset=0), document)
    if document_of(details) != document_of(drafted["message"]["details"]["text"]):
        raise InvalidInput(
            "these terms did not come of this document",
            where=where,
            expected=f"terms whose details name {advice.kind} {advice.number} and its hash",
        )
