"""The structures are those that were agreed, field by field: a changed one would orphan every signature."""

import re
from pathlib import Path

import pytest

from ledger import codes
from ledger.common.keccak import keccak256
from ledger.errors import MalformedRecord
from ledger.records import types
from ledger.records.eip712 import MAX_LIST, type_hash
from ledger.records.types import BY_NAME, BY_NUMBER, PARTS, RECORDS, encode_type, record_named, struct_named

ROOT = Path(__file__).resolve().parents[3]
BINDING = ROOT.parent / "shared" / "RECORDS.md"
"""The agreement itself, where it lies beside the repository; `docs/vectors` holds the copy that is always here."""
DECLARATION = re.compile(r"(?:^|\s)(?:(\d{1,2}) )?([A-Z][A-Za-z]+)\(([^()]+)\)")


def declarations(text: str) -> dict[str, tuple[int | None, str]]:
    """Name → (number, fields) for every structure declared in the block of RECORDS.md."""
    block = text.split("## Structures", 1)[1].split("```", 2)[1]
    found = {}
    for number, name, fields in DECLARATION.findall(block):
        assert name not in found
        found[name] = (int(number) if number else None, re.sub(r"\s*,\s*", ",", fields.strip()))
    return found


@pytest.mark.skipif(not BINDING.exists(), reason="RECORDS.md does not lie beside the repository")
def test_structures_are_those_of_the_agreement() -> None:
    agreed = declarations(BINDING.read_text(encoding="utf-8"))
    assert agreed.keys() == BY_NAME.keys()
    for name, (number, fields) in agreed.items():
        own = encode_type(name).split(")", 1)[0] + ")"
        assert own == f"{name}({fields})"
        if number is not None:
            assert BY_NUMBER[number].__name__ == name
    assert {name for name, (number, _) in agreed.items() if number is not None} == {r.__name__ for r in RECORDS}


def test_the_example_of_the_public_surface() -> None:
    assert encode_type("Endorsement") == "Endorsement(uint40 by,bytes32 target)"


def test_referred_types_follow() -> None:
    assert encode_type("Split") == (
        "Split(uint40 by,bytes32 shipment,uint16 sequence,Child[] children,uint8 reason,uint40 occurredAt,"
        "Details details)"
        "Child(uint32 packages,Goods[] contents)"
        "Details(bytes16 salt,string text)"
        "Goods(bytes16 salt,string gtin,string lot,bytes32 serials,uint64 quantity,string unit,string hs,"
        "string description)"
    )


def test_numbers_count_from_one_without_gap_and_fit_the_leaf() -> None:
    assert [kind.NUMBER for kind in RECORDS] == list(range(1, 24))
    assert [BY_NUMBER[number] for number in range(1, 24)] == list(RECORDS)
    assert len(BY_NAME) == len(PARTS) + len(RECORDS)


def test_the_money_domain_is_the_bonus_family() -> None:
    assert [kind.__name__ for kind in RECORDS if kind.MONEY] == [
        "BonusAgreement",
        "BonusAward",
        "Dispute",
        "Ruling",
        "Claim",
    ]


def test_no_structure_has_changed() -> None:
    """Deliberately a constant: whoever changes a structure orphans every signature made so far. Make a new type."""
    together = keccak256(b"".join(type_hash(BY_NAME[name]) for name in sorted(BY_NAME)))
    assert together.hex() == "3caf28ace6e1c86c86774588553cdc049f89e3870b7872571d5c728a4d4eeed3"


def test_type_hashes_differ() -> None:
    assert len({type_hash(kind) for kind in BY_NAME.values()}) == len(BY_NAME)


@pytest.mark.parametrize(
    "name", ["", "handoff", "Record", "Private", "Struct", "EIP712Domain", "__class__", "Handoff "]
)
def test_unknown_names_are_refused(name: str) -> None:
    for look_up in (encode_type, struct_named, record_named):
        with pytest.raises(MalformedRecord):
            look_up(name)


def test_a_part_is_no_record() -> None:
    assert struct_named("Details") is types.Details
    with pytest.raises(MalformedRecord, match="no such record type"):
        record_named("Details")


def test_every_list_is_bounded() -> None:
    for kind in BY_NAME.values():
        for member in kind.members():
            if member.items is not None:
                assert 0 <= member.items.least <= member.items.most <= MAX_LIST
            if member.solidity in ("string", "bytes"):
                assert member.longest


# --- codes -----------------------------------------------------------------------------------------------------------

LISTS = {
    "action": codes.RegistryAction,
    "role": codes.Role,
    "purpose": codes.Purpose,
    "fulfilment": codes.Fulfilment,
    "statement": codes.StatementKind,
    "regime": codes.Regime,
    "status": codes.ClearanceStatus,
    "hold cause": codes.HoldCause,
    "assurance": codes.Assurance,
    "revocation": codes.RevocationReason,
    "amendment": codes.AmendmentKind,
    "split reason": codes.SplitReason,
    "hazard": codes.Hazard,
    "recall action": codes.RecallAction,
    "outcome": codes.Outcome,
}
MASKS = {"exceptions": codes.ExceptionBit, "gate": codes.Gate}


@pytest.mark.skipif(not BINDING.exists(), reason="RECORDS.md does not lie beside the repository")
def test_codes_are_those_of_the_agreement() -> None:
    text = BINDING.read_text(encoding="utf-8")
    paragraph = next(part for part in text.split("\n\n") if part.startswith("Codes count from 1")).replace("\n", " ")
    agreed: dict[str, list[str]] = {}
    for name, values in re.findall(r"\*\*([a-z ]+)\*\*,? ([^·*]+)", paragraph):
        listed = re.sub(r"\([^)]*\)|^bits from 0:", "", values.rstrip(". ").split(" **")[0])
        agreed[name] = [re.sub(r"^a |\W+$", "", value.strip()) for value in listed.split(",")]
    for name, kind in {**LISTS, **MASKS}.items():
        words = [re.sub(r"[^a-z]+", "_", value.lower()) for value in agreed[name]]
        ours = [entry.name.lower() for entry in kind]
        assert len(words) == len(ours), name
        for theirs, mine in zip(words, ours, strict=True):
            # Names may be shortened ("signed by the authority" is AUTHORITY_SIGNED), the list never reordered.
            assert {w[:4] for w in theirs.split("_")} & {w[:4] for w in mine.split("_")}, (name, theirs, mine)


@pytest.mark.parametrize(
    "kind", [*LISTS.values(), codes.ContractKind, codes.ShipmentState], ids=lambda kind: kind.__name__
)
def test_codes_count_from_one_without_gap(kind: type[codes.Role]) -> None:
    assert [entry.value for entry in kind] == list(range(1, len(kind) + 1))


@pytest.mark.parametrize("kind", MASKS.values(), ids=lambda kind: kind.__name__)
def test_masks_are_single_bits_from_zero(kind: type[codes.Gate]) -> None:
    assert [entry.value for entry in kind] == [1 << i for i in range(len(kind))]


def test_modes_are_the_first_digits_of_recommendation_19() -> None:
    assert [mode.value for mode in codes.Mode] == list(range(10))
