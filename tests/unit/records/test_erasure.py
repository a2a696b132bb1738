"""Which parts are named, and which of them a signer alone may not erase."""

import random

import pytest

from ledger.common.ids import RecordId
from ledger.explain.erasure import REASONS
from ledger.records.disclosure import split
from ledger.records.eip712 import Withheld
from ledger.records.erasure import Erasure, ErasureReason, paths_under, rules_rest_on
from ledger.records.types import Amendment, Attestation, Clearance, Handoff, Record, ShipmentTerms, Split, Statement
from tests.samples import sample

PATHS = ["commercial", "contents[0]", "contents[10]", "children[1].contents[0]", "children[1].details", "details"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["details"], ["details"]),
        (["contents"], ["contents[0]", "contents[10]"]),
        (["contents[1]"], []),
        (["children[1]"], ["children[1].contents[0]", "children[1].details"]),
        (["comm", "", "contents[0].text"], []),
        (["details", "commercial"], ["commercial", "details"]),
    ],
)
def test_a_part_is_named_by_itself_or_by_what_it_lies_in(wanted: list[str], found: list[str]) -> None:
    assert paths_under(PATHS, wanted) == found


@pytest.mark.parametrize(
    ("kind", "free"),
    [
        (ShipmentTerms, {"details"}),
        (Handoff, {"place", "load", "details"}),
        (Statement, {"place", "details"}),
        (Amendment, set()),
        (Attestation, {"details"}),
    ],
)
def test_figures_and_rules_rest_on_the_rest(kind: type[Record], free: set[str]) -> None:
    record = sample(kind, random.Random(1))
    parts = split(record)[1]
    assert free <= parts.keys() or kind is Attestation
    assert {path for path, part in parts.items() if not rules_rest_on(record, part)} == free & parts.keys()


def test_a_list_of_hashes_opens_goods() -> None:
    for kind in (Split, Clearance):
        assert rules_rest_on(sample(kind, random.Random(1)), (Withheld(bytes(32)),))


def test_an_erasure_is_the_same_as_json_and_its_reason_has_words() -> None:
    erasure = Erasure(RecordId(b"\x07" * 32), "details", 5, 0, "order")
    assert Erasure.from_json(erasure.to_json()) == erasure
    assert set(REASONS) == set(ErasureReason)
