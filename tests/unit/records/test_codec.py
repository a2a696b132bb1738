"""What is read, checked and printed at once is what the general way makes of it, field by field."""

import random
from typing import Any

import pytest

from ledger.errors import MalformedRecord
from ledger.records import codec, eip712
from ledger.records.eip712 import Struct, Withheld
from ledger.records.types import PARTS, RECORDS
from ledger.store.rows import text_of
from tests.samples import sample

HEX = "0x" + "ab" * 32
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.0, 1 << 48, "", "0", "00", "-1", "+1", " 1", "1_0", "9" * 45, "\u0661", "x" * 20_000,
    "\0", "e\u0301", "\u00e9", "\ud800", HEX, HEX.upper(), "0X" + HEX[2:], HEX[:-1], HEX[:-2], "0x" + "a b" * 16, [],
    [0], [HEX], {}, {"a": 1}, b"", bytes(32), (), (1,), Withheld(bytes(32)), Withheld(b""),
)  # fmt: skip
KINDS = (*RECORDS, *PARTS)


def general(kind: type[Struct], data: Any) -> Struct | None:
    try:
        return kind(**eip712._members_from_json(kind, data, "", whole=True))
    except MalformedRecord:
        return None


def taken(read: codec.Reader, data: Any) -> Any:
    try:
        return read(data)
    except codec.MISFITS:
        return None


def fits(value: Struct) -> bool:
    try:
        for member in value.members():
            eip712._check(member, getattr(value, member.name), member.name)
    except (MalformedRecord, AttributeError):
        return False
    return True


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_structure_is_read_checked_and_printed_alike(kind: type[Struct]) -> None:
    dice = random.Random(kind.__name__)
    read, test = codec.reader_of(kind, Withheld), codec.test_of(kind, Withheld)
    value = sample(kind, dice)
    data = value.to_json()
    assert general(kind, data) == value
    for shown in (value, *(sample(kind, dice, withhold=share) for share in (0, 0.5, 1))):
        assert shown.to_text() == text_of(shown.to_json())
        assert general(kind, shown.to_json()) == shown
    assert fits(value)
    assert taken(read, data) in (value, None)  # what is not ASCII is left to the general way
    for member in kind.members():
        for odd in ODD:
            spoilt = {**data, member.name: odd}
            expected = general(kind, spoilt)
            found = taken(read, spoilt)
            assert found is None or found == expected, (member.name, odd)
            other = kind(**{m.name: getattr(value, m.name) for m in kind.members()} | {member.name: odd})
            assert not test(other) or fits(other), (member.name, odd)
    wrong: Any
    for wrong in ({}, {**data, "more": 1}, dict(list(data.items())[1:]), [], None, "x"):
        with pytest.raises(codec.MISFITS):
            read(wrong)


def test_ascii_takes_the_short_way() -> None:
    """Else nothing would be gained, and nothing would tell."""
    for kind in KINDS:
        value = sample(kind, random.Random(1), edge="least")
        assert codec.test_of(kind, Withheld)(value), kind
        assert taken(codec.reader_of(kind, Withheld), value.to_json()) == value


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_was_read_prints_as_what_it_was_read_from(kind: type[Struct]) -> None:
    """An audit prints what it parsed, rather than the record: a value read from another spelling would pass."""
    data = sample(kind, random.Random(kind.__name__)).to_json()
    for member in kind.members():
        for odd in (data[member.name], *ODD):
            spoilt = {**data, member.name: odd}
            value = general(kind, spoilt)
            assert value is None or text_of(value.to_json()) == text_of(spoilt), (member.name, odd)
