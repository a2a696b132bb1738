"""What no contract would take is known before anybody signs, with no state at hand."""

import random
from dataclasses import replace
from typing import Any

import pytest

from ledger.codes import Purpose, StatementKind
from ledger.custody.shape import check_shape
from ledger.errors import MalformedRecord
from ledger.records.types import Child, Handoff, HandoffItem, Record, Require, ShipmentTerms, Split, Statement
from tests.samples import sample

RNG = random.Random(1)
ONE, TWO = (HandoffItem(bytes([i]) * 32, 0, 1, 0) for i in (1, 2))
HANDOFF = replace(sample(Handoff, RNG), items=(ONE, TWO), releaser=1, receiver=2)
SPLIT = replace(sample(Split, RNG), children=(Child(1, ()),))
STATEMENT = replace(sample(Statement, RNG), by=1, counterparty=2, kind=int(StatementKind.TENDER))
TERMS = replace(
    sample(ShipmentTerms, RNG), consignor=1, consignee=2, holder=1, recipientKey=bytes(20), packages=1, parents=(),
    purpose=int(Purpose.ORIGINAL), requires=(Require(b"US", 1, 2, False),),
)  # fmt: skip


@pytest.mark.parametrize("record", [HANDOFF, SPLIT, STATEMENT, TERMS], ids=lambda record: type(record).__name__)
def test_what_fits_passes(record: Record) -> None:
    check_shape(record)


@pytest.mark.parametrize(
    ("record", "changes", "where"),
    [
        (HANDOFF, {"receiver": 1}, "receiver"),
        (HANDOFF, {"items": (TWO, ONE)}, "items[1].shipment"),
        (SPLIT, {"children": (Child(0, ()),)}, "children[0].packages"),
        (STATEMENT, {"kind": 77}, "kind"),
        (STATEMENT, {"counterparty": 1}, "counterparty"),
        (TERMS, {"packages": 0}, "packages"),
        (TERMS, {"purpose": int(Purpose.RETURN)}, "parents"),
        (TERMS, {"requires": (Require(b"US", 1, 0, False),)}, "requires[0].gate"),
        (TERMS, {"consignee": 0}, "recipientKey"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_place(record: Any, changes: dict[str, Any], where: str) -> None:
    with pytest.raises(MalformedRecord) as refused:
        check_shape(replace(record, **changes))
    assert refused.value.where == where
