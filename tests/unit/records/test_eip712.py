"""One JSON spelling a record, and one id however much of it is withheld."""

import json
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.common.canonical import NUMBER_BITS, canonical_json, parse_json
from ledger.common.keccak import keccak256
from ledger.errors import MalformedRecord
from ledger.records.eip712 import (
    MAX_TEXT,
    Member,
    Struct,
    Withheld,
    encode_type,
    list_hash,
    part_hash,
    type_hash,
)
from ledger.records.types import (
    BY_NAME,
    Child,
    Details,
    Duty,
    Endorsement,
    Load,
    Outcome,
    Ruling,
    Share,
    ShipmentTerms,
    Split,
    TaxLine,
)
from tests.samples import changed, sample

KINDS = tuple(BY_NAME.values())
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


# --- one spelling ----------------------------------------------------------------------------------------------------


@each_kind
def test_json_reads_back_equal(kind: type[Struct]) -> None:
    rng = random.Random(1)
    for withhold in (0.0, 0.3, 1.0):
        for edge in ("", "least", "most"):
            for _ in range(20):
                value = sample(kind, rng, edge=edge, withhold=withhold)
                value.check()
                assert kind.from_json(value.to_json()) == value
                text = canonical_json(value.to_json())
                assert kind.from_json(parse_json(text, max_size=1 << 24)) == value
                assert canonical_json(kind.from_json(json.loads(text)).to_json()) == text


def spelt_otherwise(member: Member, value: Any) -> Iterator[Any]:
    """Everything that another program might write for the same value, and things that are no value at all."""
    yield from (None, 1.0, 1.5, float(1 << 60), {"x": 1}, "\ud800", b"", object())
    if member.solidity not in ("string", "bytes"):
        yield "0x"
    if member.items is not None:
        yield from ({}, "", 0, "[]", (), [None], [[]])
        if isinstance(value, list):
            yield {str(i): item for i, item in enumerate(value)}
            yield tuple(value) if value else "0"
        return
    if member.struct:
        yield from ([], "", 0, "0x" + "00" * 31, "0x" + "00" * 33, "0x" + "AB" * 32, "00" * 32)
        if not member.private:
            yield "0x" + "00" * 32
        return
    kind = member.solidity
    if kind.startswith("uint"):
        bits = int(kind[4:])
        number = int(value)
        yield from (
            True,
            False,
            -1,
            "",
            "-1",
            "+1",
            "1 ",
            " 1",
            "01",
            "1_0",
            "1e3",
            "0x01",
            "1.0",
            "١",
            [1],
            "-0",
            "9" * 50,
        )
        yield from (str(1 << bits), 1 << bits, 1 << 4096)
        yield number if bits > NUMBER_BITS else str(number)
    elif kind == "bool":
        yield from (0, 1, "true", "false", "", [])
    elif kind == "string":
        yield from (
            0,
            True,
            [],
            ["a"],
            "a\0b",
            "\udcff",
            unicodedata.normalize("NFD", "é"),
            "\u212b",
            "a" * (MAX_TEXT + 1),
        )
    else:
        length = 20 if kind == "address" else int(kind[5:] or 0)
        yield from (
            0,
            [],
            True,
            "0X" + "00" * length,
            "00" * length,
            "0x0",
            "0xg0",
            " 0x",
            "0x" + "AB" * max(length, 1),
        )
        if kind != "bytes":
            yield from ("0x" + "00" * (length + 1), "0x" + "00" * (length - 1), "")
        else:
            yield "0x" + "00" * 201


@each_kind
def test_every_other_spelling_is_refused(kind: type[Struct]) -> None:
    data = sample(kind, random.Random(2), items=1).to_json()
    for member in kind.members():
        for other in spelt_otherwise(member, data[member.name]):
            if type(other) is type(data[member.name]) and other == data[member.name]:
                continue
            with pytest.raises(MalformedRecord) as caught:
                kind.from_json({**data, member.name: other})
            assert caught.value.where.startswith(member.name)
            assert len(str(caught.value)) < 600


@each_kind
def test_unknown_and_missing_fields_are_refused(kind: type[Struct]) -> None:
    data = sample(kind, random.Random(3)).to_json()
    for member in kind.members():
        with pytest.raises(MalformedRecord, match="missing field") as caught:
            kind.from_json({name: value for name, value in data.items() if name != member.name})
        assert caught.value.where == member.name
    for name in ("extra", "", "NUMBER", "hash", member.name + " ", member.name.upper()):
        with pytest.raises(MalformedRecord, match="unknown field"):
            kind.from_json({**data, name: 0})
    for other in (None, [], 0, "", [data]):
        with pytest.raises(MalformedRecord):
            kind.from_json(other)


@each_kind
def test_lists_keep_their_bounds(kind: type[Struct]) -> None:
    data = sample(kind, random.Random(4), items=1).to_json()
    for member in kind.members():
        if member.items is None:
            continue
        entry = sample(member.struct, random.Random(4)).to_json() if member.struct else 0
        for length in (0, member.items.least, 1, 2, member.items.most, member.items.most + 1):
            candidate = {**data, member.name: [entry] * length}
            if member.items.least <= length <= member.items.most:
                assert kind.from_json(candidate).to_json() == candidate
            else:
                with pytest.raises(MalformedRecord, match="wrong number of entries"):
                    kind.from_json(candidate)


def test_lists_that_may_be_empty_are_the_named_ones() -> None:
    empty = {(kind.__name__, m.name) for kind in KINDS for m in kind.members() if m.items and not m.items.least}
    assert empty == {
        ("Duty", "lines"),
        ("Child", "contents"),
        ("ShipmentTerms", "parents"),
        ("ShipmentTerms", "contents"),
        ("ShipmentTerms", "requires"),
    }


def test_a_fault_deep_inside_is_named_by_its_path() -> None:
    data = sample(Split, random.Random(5), items=2).to_json()
    data["children"][1]["contents"][0]["quantity"] = 5
    with pytest.raises(MalformedRecord) as caught:
        Split.from_json(data)
    assert caught.value.where == "children[1].contents[0].quantity"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300)
@given(data=st.data())
def test_from_json_takes_only_what_to_json_prints(data: st.DataObject) -> None:
    """Whatever is put in place of one field: either it is refused, or it is what the reader prints again."""
    kind = data.draw(st.sampled_from(KINDS))
    good = sample(kind, random.Random(data.draw(st.integers(0, 99)))).to_json()
    name = data.draw(st.sampled_from([m.name for m in kind.members()]))
    candidate = {**good, name: data.draw(json_values)}
    try:
        value = kind.from_json(candidate)
    except MalformedRecord:
        return
    value.check()
    assert value.to_json() == candidate


# --- check -----------------------------------------------------------------------------------------------------------


@each_kind
def test_check_refuses_what_does_not_fit(kind: type[Struct]) -> None:
    value = sample(kind, random.Random(6), items=1)
    for member in kind.members():
        wrong: list[Any] = [None, 1.0, "\ud800", object(), Withheld(bytes(31)), -1, 1 << 300, b"\0" * 999, [], ["a"]]
        if not member.private:
            wrong.append(Withheld(bytes(32)))
        if member.solidity == "string":
            wrong += ["a\0", unicodedata.normalize("NFD", "é"), "a" * (MAX_TEXT + 1), b"a"]
        if member.items is not None:
            wrong += [list(getattr(value, member.name)), (None,), getattr(value, member.name) * 201]
        for other in wrong:
            with pytest.raises(MalformedRecord):
                changed(value, **{member.name: other}).check()


def test_a_bool_is_no_number_and_a_number_no_bool() -> None:
    with pytest.raises(MalformedRecord):
        Share(True, 1).check()
    with pytest.raises(MalformedRecord):
        Ruling(1, bytes(32), 1, 1, bytes(32)).check()  # type: ignore[arg-type]


def test_text_limits_count_bytes_not_characters() -> None:
    Load(bytes(16), "é" * 256).check()
    with pytest.raises(MalformedRecord, match="at most 512 bytes"):
        Load(bytes(16), "é" * 257).check()
    Details(bytes(16), "a" * MAX_TEXT).check()
    with pytest.raises(MalformedRecord, match="too long"):
        Details(bytes(16), "a" * (MAX_TEXT + 1)).check()
    with pytest.raises(MalformedRecord):
        Outcome(bytes(32), bytes(20), 1, 1, bytes(32), 0, bytes(201)).check()


# --- withheld parts --------------------------------------------------------------------------------------------------


def withheld_variants(value: Any) -> Iterator[Any]:
    """The structure with parts withheld one by one, a list withheld as a whole, and everything withheld."""
    everything: dict[str, Any] = {}
    for member in type(value).members():
        part = getattr(value, member.name)
        if member.items is not None and member.struct:
            if member.private and part:
                yield changed(value, **{member.name: (Withheld(part_hash(part[0])), *part[1:])})
                yield changed(value, **{member.name: tuple(Withheld(part_hash(p)) for p in part)})
            if member.private:
                everything[member.name] = Withheld(list_hash(part))
                yield changed(value, **{member.name: everything[member.name]})
            else:
                for i, item in enumerate(part):
                    for other in withheld_variants(item):
                        yield changed(value, **{member.name: (*part[:i], other, *part[i + 1 :])})
        elif member.private:
            everything[member.name] = Withheld(part.hash_struct())
            yield changed(value, **{member.name: everything[member.name]})
    yield changed(value, **everything)


@each_kind
def test_withholding_leaves_the_hash_as_it_was(kind: type[Struct]) -> None:
    rng = random.Random(8)
    for items in (0, 1, 2):
        value = sample(kind, rng, items=items)
        for other in withheld_variants(value):
            other.check()
            assert other.hash_struct() == value.hash_struct()
            assert kind.from_json(other.to_json()) == other


def test_a_withheld_part_shows_nothing_but_its_hash() -> None:
    terms = sample(ShipmentTerms, random.Random(9), items=2)
    hidden = changed(terms, commercial=Withheld(part_hash(terms.commercial)))
    assert hidden.to_json()["commercial"] == "0x" + part_hash(terms.commercial).hex()


def test_another_salt_gives_another_hash() -> None:
    assert Details(bytes(16), "{}").hash_struct() != Details(b"\1" * 16, "{}").hash_struct()


def test_private_structures_are_those_with_a_salt_that_nest() -> None:
    private = {kind.__name__ for kind in KINDS if kind.PRIVATE}
    assert private == {"Details", "Place", "Load", "Goods", "Commercial", "Duty", "Claims"}
    assert all(BY_NAME[name].members()[0].name == "salt" for name in private)


# --- EIP-712 by hand -------------------------------------------------------------------------------------------------


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_encodings_written_out_by_hand() -> None:
    """The definition of encodeData in EIP-712, followed step by step for one structure of each shape."""
    endorsement = keccak256(b"Endorsement(uint40 by,bytes32 target)")
    assert Endorsement(7, b"\x05" * 32).hash_struct() == keccak256(endorsement + word(7) + b"\x05" * 32)

    line_type = b"TaxLine(string tax,uint128 base,uint32 ratePpm,uint128 assessed,uint128 paid)"
    line = keccak256(keccak256(line_type) + keccak256(b"VAT") + word(1000) + word(210000) + word(210) + word(0))
    assert TaxLine("VAT", 1000, 210_000, 210, 0).hash_struct() == line

    duty_type = keccak256(
        b"Duty(bytes16 salt,string mrn,string procedure,string channel,string currency,TaxLine[] lines)" + line_type
    )
    empty = keccak256(b"")
    duty = keccak256(
        duty_type + b"\x01" * 16 + bytes(16) + keccak256("24DÉ".encode()) + empty * 3 + keccak256(line + line)
    )
    twice = (TaxLine("VAT", 1000, 210_000, 210, 0),) * 2
    assert Duty(b"\x01" * 16, "24DÉ", "", "", "", twice).hash_struct() == duty

    outcome_type = (
        b"Outcome(bytes32 record,address target,uint64 blockNumber,uint40 blockTime,bytes32 transaction,"
        b"uint32 eventIndex,bytes outcomes)"
    )
    outcome = keccak256(
        keccak256(outcome_type) + bytes(32) + bytes(12) + b"\xaa" * 20 + word(1) + word(2) + bytes(32) + word(3)
        + keccak256(b"\x01\x03")
    )  # fmt: skip
    assert Outcome(bytes(32), b"\xaa" * 20, 1, 2, bytes(32), 3, b"\x01\x03").hash_struct() == outcome
    assert Ruling(1, bytes(32), 1, True, bytes(32)).hash_struct() == keccak256(
        keccak256(b"Ruling(uint40 by,bytes32 agreement,uint16 version,bool upheld,bytes32 reason)")
        + word(1) + bytes(32) + word(1) + word(1) + bytes(32)
    )  # fmt: skip


def test_empty_lists_hash_to_the_hash_of_nothing() -> None:
    assert list_hash(()) == keccak256(b"")
    assert Child(1, ()).hash_struct() == Child(1, Withheld(keccak256(b""))).hash_struct()


@dataclass(frozen=True, slots=True)
class Inner(Struct):
    flag: bool


@dataclass(frozen=True, slots=True)
class Zebra(Struct):
    inner: Inner


@dataclass(frozen=True, slots=True)
class Outer(Struct):
    zebra: Zebra
    inners: tuple[Inner, ...]
    again: Inner


def test_types_referred_to_follow_in_alphabetical_order_each_once() -> None:
    assert encode_type(Outer) == "Outer(Zebra zebra,Inner[] inners,Inner again)Inner(bool flag)Zebra(Inner inner)"
    assert type_hash(Outer) == keccak256(encode_type(Outer).encode())


@each_kind
def test_structures_are_frozen_values(kind: type[Struct]) -> None:
    value: Any = sample(kind, random.Random(1))
    name = kind.members()[0].name
    with pytest.raises(AttributeError):
        setattr(value, name, getattr(value, name))
    assert hash(value) == hash(kind.from_json(value.to_json()))
