"""Which goods may share a manifest: a small TOML file of classes by HS prefix, read strictly.

    format = "lading/consolidation/1"
    [alone]                  # these never share one
    hs = ["36"]
    [classes.food]           # these share one among themselves
    hs = ["02", "0403"]

The longest prefix that fits decides; goods that no prefix fits are `general`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ledger.common.json_fields import entries, fields_of, shown, text
from ledger.common.toml_file import read_toml
from ledger.errors import MalformedRecord
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods

FORMAT = "lading/consolidation/1"
GENERAL = "general"
ALONE = "alone"
MOST_CLASSES = 50
MOST_PREFIXES = 200
_NAME = re.compile("[a-z][a-z-]{0,29}")
_PREFIX = re.compile("[0-9]{2,10}", re.ASCII)


class Unfit(StrEnum):
    """Why a shipment that waits is kept out."""

    ALONE = "alone"
    """Its goods never share a manifest."""
    MIXED = "mixed"
    """It holds goods of two classes itself."""
    GOODS = "goods"
    """What is in it, or under which HS code, is not stated or withheld here."""
    PLACE = "place"
    """Where it goes from or to is not stated or withheld here."""
    PROMISE = "promise"
    """When it has to arrive is not stated or withheld here."""


@dataclass(frozen=True)
class Classes:
    """The class of each HS prefix."""

    by_prefix: Mapping[str, str]

    def of(self, contents: Iterable[Goods | Withheld] | Withheld) -> str | Unfit:
        """The class of everything that is in a shipment."""
        if isinstance(contents, Withheld):
            return Unfit.GOODS
        found: set[str] = set()
        for goods in contents:
            if isinstance(goods, Withheld) or not _PREFIX.match(code := goods.hs.replace(".", "").replace(" ", "")):
                return Unfit.GOODS
            lengths = range(len(code), 1, -1)
            found.add(next((name for n in lengths if (name := self.by_prefix.get(code[:n]))), GENERAL))
        if not found:
            return Unfit.GOODS
        if ALONE in found:
            return Unfit.ALONE
        return found.pop() if len(found) == 1 else Unfit.MIXED


def parse_classes(data: bytes) -> Classes:
    """The classes that the file `data` states. Raises `MalformedRecord` naming the key."""
    table = fields_of(read_toml(data, "classes"), "classes", ("format",), more=("alone", "classes"))
    if table["format"] != FORMAT:
        raise MalformedRecord("unknown format", where="format", expected=FORMAT, found=shown(table["format"]))
    named = table.get("classes", {})
    if not isinstance(named, Mapping) or len(named) > MOST_CLASSES:
        raise MalformedRecord("not a table of classes", where="classes", expected=f"at most {MOST_CLASSES}")
    by_prefix: dict[str, str] = {}
    for name, where, value in (
        *(((ALONE, "alone", table["alone"]),) if "alone" in table else ()),
        *((name, f"classes.{name}"[:60], value) for name, value in named.items()),
    ):
        if not _NAME.fullmatch(name) or (name in (ALONE, GENERAL) and where != "alone"):
            raise MalformedRecord("not a name of a class", where=where, expected="small letters, not alone or general")
        prefixes = fields_of(value, where, ("hs",))["hs"]
        for below, entry in entries(prefixes, f"{where}.hs", 1, MOST_PREFIXES):
            prefix = text(entry, below, 2, 10)
            if not _PREFIX.fullmatch(prefix):
                raise MalformedRecord("not an HS prefix", where=below, expected="2 to 10 digits", found=prefix)
            if prefix in by_prefix:
                raise MalformedRecord("an HS prefix of two classes", where=below, found=prefix)
            by_prefix[prefix] = name
    return Classes(by_prefix)
