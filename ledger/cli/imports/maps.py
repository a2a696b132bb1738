"""The map of an import: a file, or one that ships with Lading, with what the command line sets in it."""

import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

from ledger.cli.commands.keys import read_file
from ledger.common.toml_file import read_toml
from ledger.errors import InvalidInput, NotFound
from ledger.formats.tabular.mapping.import_map import ImportMap
from ledger.formats.tabular.mapping.map_file import map_of

_FOLDER = resources.files("ledger.formats.tabular") / "maps"


def shipped_maps() -> tuple[str, ...]:
    """The names of the maps that ship with Lading."""
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))
    )


def open_map(name: str, settings: Iterable[str] = ()) -> ImportMap:
    """The map called `name`, or in the file of that path, with `settings` such as `dates.order=dmy` in it.

    Raises `NotFound`, and `MalformedRecord` for what is wrong in it.
    """
    path = Path(name)
    if name in shipped_maps():
        content, where = (_FOLDER / f"{name}.toml").read_bytes(), name
    elif path.exists():
        content, where = read_file(path), str(path)
    else:
        raise NotFound(
            "no such map", where="--map", expected=f"a file, or one of {', '.join(shipped_maps())}", found=name[:200]
        )
    data = read_toml(content, where)
    for setting in settings:
        _put(data, setting)
    return map_of(data)


def _put(data: dict[str, Any], setting: str) -> None:
    """Set one key. What was a column's heading becomes a table with it, so that more can be said of the column."""
    key, sign, text = setting.partition("=")
    path = [part.strip() for part in key.split(".")]
    if not sign or not all(path):
        raise InvalidInput("not a setting", where="--set", expected="KEY=VALUE, such as dates.order=dmy", found=setting)
    at = data
    for part in path[:-1]:
        below = at.setdefault(part, {})
        if isinstance(below, str):
            below = at[part] = {"column": below}
        if not isinstance(below, dict):
            raise InvalidInput("not a table of the map", where=f"--set {key}", found=part)
        at = below
    at[path[-1]] = _value(text.strip())


def _value(text: str) -> Any:
    """A TOML value, or the plain text where it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError, ValueError, KeyError):
        return text
