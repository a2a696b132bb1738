"""The maps that ship with Lading, and single keys set in a map."""

import tomllib
from collections.abc import Iterable
from importlib import resources
from typing import Any

from ledger.errors import InvalidInput

_FOLDER = resources.files("ledger.formats.tabular") / "maps"
_LONGEST = 2_000


def shipped_maps() -> tuple[str, ...]:
    """Their names."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def shipped_map(name: str) -> bytes:
    """The TOML of one of them."""
    return (_FOLDER / f"{name}.toml").read_bytes()


def put_settings(data: dict[str, Any], settings: Iterable[str]) -> None:
    """Set keys of a map's table, each as `KEY=VALUE`; raises `InvalidInput`.

    What was a column's heading becomes a table with it, so that more can be said of the column.
    """
    for setting in settings:
        key, sign, text = setting.partition("=")
        path = [part.strip() for part in key.split(".")]
        if not sign or not all(path) or len(setting) > _LONGEST:
            raise InvalidInput(
                "not a setting", where="--set", expected="KEY=VALUE, such as dates.order=dmy", found=setting[:80]
            )
        at = data
        for part in path[:-1]:
            below = at.setdefault(part, {})
            if isinstance(below, str):
                below = at[part] = {"column": below}
            if not isinstance(below, dict):
                raise InvalidInput("not a table of the map", where=f"--set {key[:80]}", found=part[:80])
            at = below
        at[path[-1]] = _value(text.strip())


def _value(text: str) -> Any:
    """A TOML value, or the plain text where it is none."""
    try:
        table = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return text
    return table["value"] if len(table) == 1 else text
