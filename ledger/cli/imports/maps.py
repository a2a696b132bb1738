"""The map of an import: a file, or one that ships with Lading, with what the command line sets in it."""

from collections.abc import Iterable
from pathlib import Path

from ledger.cli.commands.keys import read_file
from ledger.common.toml_file import read_toml
from ledger.errors import NotFound
from ledger.formats.tabular.mapping.import_map import ImportMap
from ledger.formats.tabular.mapping.map_file import map_of
from ledger.formats.tabular.mapping.shipped import put_settings, shipped_map, shipped_maps


def open_map(name: str, settings: Iterable[str] = ()) -> ImportMap:
    """The map called `name`, or in the file of that path, with `settings` such as `dates.order=dmy` in it.

    Raises `NotFound`, and `MalformedRecord` for what is wrong in it.
    """
    path = Path(name)
    if name in shipped_maps():
        content = shipped_map(name)
    elif path.exists():
        content = read_file(path)
    else:
        raise NotFound(
            "no such map", where="--map", expected=f"a file, or one of {', '.join(shipped_maps())}", found=name[:200]
        )
    data = read_toml(content, name)
    put_settings(data, settings)
    return map_of(data)
