"""Tables in the claims of attestations: canonical JSON whose member `lading` says what kind of table it is.

What nobody can read (other JSON, another kind, members too many or too few) says nothing; what is closed here may say
anything. The two are kept apart: a claim that was erased is never taken for one that was not made.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from ledger.common.canonical import parse_json, prints_as
from ledger.common.json_fields import fields_of, shown
from ledger.errors import MalformedRecord
from ledger.records.eip712 import Withheld
from ledger.records.types import Attestation

LARGEST_TABLE = 1 << 16
"""Bytes."""
MARK = "lading"


class Closed(Enum):
    """That the claims are withheld or erased here."""

    CLOSED = auto()


CLOSED = Closed.CLOSED


def text_of(record: Attestation) -> str | Closed:
    """What the claims say; `CLOSED` where they are not shown here."""
    return CLOSED if isinstance(record.claims, Withheld) else record.claims.text


def table_of(text: str, kind: str, names: tuple[str, ...], more: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """The table of this `kind` with exactly these members beside the mark, and any of `more`; raises `MalformedRecord`
    for another text.

    It has to be written as RFC 8785 wants it, so that two who read it read the same.
    """
    data = text.encode()
    table = parse_json(data, max_size=LARGEST_TABLE, where="claims")
    fields = fields_of(table, "claims", (MARK, *names), more=more)
    if not prints_as(table, data):
        raise MalformedRecord("not canonical JSON (RFC 8785)", where="claims", found=shown(text))
    if fields[MARK] != kind:
        raise MalformedRecord("another kind of table", where=f"claims.{MARK}", expected=kind, found=shown(fields[MARK]))
    return fields
