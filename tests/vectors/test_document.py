"""docs/records.md says what the code says: structures, fields, codes, rules in tables, and every value in it."""

import hashlib
import json
import re
from enum import IntEnum, IntFlag
from pathlib import Path

import pytest

from ledger import codes
from ledger.codes import ClearanceStatus, Outcome, RegistryAction, Role
from ledger.common.canonical import MAX_DEPTH, MAX_SIZE
from ledger.common.periods import CLOCK_SKEW, DAY
from ledger.custody.clearance import FOLLOWERS, GateEffect, gate_effect
from ledger.custody.handoff import HANDLING_ROLES
from ledger.custody.terms import CONSIGNOR_ROLES
from ledger.records.content_checks import LONGEST_SUBMIT_BY, PROPOSED_SUBMIT_BY
from ledger.records.eip712 import MAX_LIST, MAX_TEXT, Struct
from ledger.records.types import BY_NAME, RECORDS, Record
from ledger.registry.keys import DEVICE_SCOPES, MAX_DEVICE_PERIOD
from ledger.registry.rules import USED_FIELDS
from ledger.shipments.default_terms import default_terms
from scripts.compile_contracts import ARTIFACTS
from scripts.generate_solidity import ON_CHAIN

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
VECTORS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "vectors").glob("*.json")}
LISTS: dict[str, type[IntEnum] | type[IntFlag]] = {
    "Action": codes.RegistryAction,
    "Role": codes.Role,
    "Contract kind": codes.ContractKind,
    "Purpose": codes.Purpose,
    "Mode": codes.Mode,
    "Fulfilment": codes.Fulfilment,
    "Exception": codes.ExceptionBit,
    "Statement kind": codes.StatementKind,
    "Gate": codes.Gate,
    "Regime": codes.Regime,
    "Clearance status": codes.ClearanceStatus,
    "Hold cause": codes.HoldCause,
    "Assurance": codes.Assurance,
    "Revocation reason": codes.RevocationReason,
    "Amendment kind": codes.AmendmentKind,
    "Split reason": codes.SplitReason,
    "Hazard": codes.Hazard,
    "Recall action": codes.RecallAction,
    "Outcome": codes.Outcome,
    "Shipment state": codes.ShipmentState,
}


def sections(text: str) -> dict[str, str]:
    """Heading → text below it, up to the next heading of any level."""
    parts = re.split(r"^(#{1,3} .+)$", text, flags=re.MULTILINE)
    return {heading.lstrip("# "): body for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


SECTIONS = sections(TEXT)
CODE_SECTIONS = sections(TEXT.split("\n## 6. Codes")[1].split("\n## 7. ")[0])


def rows(section: str) -> list[list[str]]:
    """The cells of the section's first table, without its head."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def heading_of(struct: type[Struct]) -> str:
    return f"{struct.NUMBER} {struct.__name__}" if issubclass(struct, Record) else struct.__name__


each_struct = pytest.mark.parametrize("struct", BY_NAME.values(), ids=lambda struct: struct.__name__)


@each_struct
def test_structures(struct: type[Struct]) -> None:
    section = SECTIONS[heading_of(struct)]
    fields = [[m.name, m.type_name] for m in struct.members()]
    assert [row[:2] for row in rows(section)] == fields
    own_type = f"{struct.__name__}({','.join(f'{kind} {name}' for name, kind in fields)})"
    assert section.strip().splitlines()[0] == f"`{own_type}`" + (" · private" if struct.PRIVATE else "")


@each_struct
def test_lists_that_may_be_empty_say_so(struct: type[Struct]) -> None:
    for member, row in zip(struct.members(), rows(SECTIONS[heading_of(struct)]), strict=True):
        if member.items is not None:
            assert ("empty" in row[2]) is (member.items.least == 0), f"{struct.__name__}.{member.name}"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_where_a_record_goes(record: type[Record]) -> None:
    section = SECTIONS[heading_of(record)]
    functions = re.findall(r"`([A-Z]\w+)\.(\w+)`", section)
    if record not in ON_CHAIN:
        assert not functions
        assert ("Log only." in section) is (record.__name__ != "Outcome")
        return
    assert functions
    assert "Log only" not in section
    for contract, function in functions:
        abi = json.loads((ARTIFACTS / f"{contract}.json").read_text(encoding="utf-8"))["abi"]
        inputs = next(entry["inputs"] for entry in abi if entry.get("name") == function)
        assert inputs[0]["internalType"] == f"struct {record.__name__}"
        assert inputs[-1]["name"] == "signatures"


def words(name: str) -> str:
    return name.lower().replace("_", " ").replace("-", " ")


@pytest.mark.parametrize("title", LISTS)
def test_codes(title: str) -> None:
    kind, table = LISTS[title], rows(CODE_SECTIONS[title])
    if issubclass(kind, IntFlag):
        written = [(1 << int(row[0]), int(row[1]), words(row[2])) for row in table]
        assert written == [(entry.value, entry.value, words(str(entry.name))) for entry in kind]
    else:
        assert [(int(row[0]), words(row[1])) for row in table] == [(entry.value, words(entry.name)) for entry in kind]


def test_every_list_of_codes_is_there() -> None:
    every = {kind for kind in vars(codes).values() if isinstance(kind, type) and issubclass(kind, IntEnum | IntFlag)}
    assert set(LISTS.values()) == every - {IntEnum, IntFlag}
    assert CODE_SECTIONS.keys() == LISTS.keys()


def test_actions() -> None:
    for row in rows(CODE_SECTIONS["Action"]):
        used = set(re.findall(r"`(\w+)`", row[2]))
        assert used == USED_FIELDS[RegistryAction(int(row[0]))], row[1]
        assert row[3] == ("after the delay" if "notBefore" in used else "at once")


def test_roles() -> None:
    for row in rows(CODE_SECTIONS["Role"]):
        role = Role(int(row[0]))
        assert ("consign" in row[3]) is (role in CONSIGNOR_ROLES), role
        assert ("receive anyone's goods" in row[3]) is (role in HANDLING_ROLES), role
        assert bool(row[2]) is (role in (Role.CUSTOMS, Role.ISSUER, Role.BRAND)), role


def statuses(text: str) -> set[int]:
    """`none, 1–4, 7` as numbers."""
    found: set[int] = set()
    for part in text.split(", "):
        first, _, last = part.partition("–")
        found |= {0} if part == "none" else set(range(int(first), int(last or first) + 1))
    return found


def test_clearance_statuses() -> None:
    for row in rows(CODE_SECTIONS["Clearance status"]):
        status = ClearanceStatus(int(row[0]))
        effect = {GateEffect.LEAVE: "stay", GateEffect.OPEN: "open", GateEffect.CLOSE: "close"}[gate_effect(status)]
        assert row[2].split(";")[0] == effect, status
        if status == ClearanceStatus.LODGED:
            assert row[3] == "changes no slot"
            assert not any(status in after for after in FOLLOWERS.values())
            continue
        assert statuses(row[3]) == {before for before, after in FOLLOWERS.items() if status in after}, status


def test_outcomes() -> None:
    for row in rows(CODE_SECTIONS["Outcome"]):
        waits = Outcome(int(row[0])) in (Outcome.UNKNOWN, Outcome.AHEAD, Outcome.ANNOUNCED)
        assert row[2] == ("no" if waits else "yes")


def test_domains() -> None:
    money = rows(SECTIONS["Domains"])[1]
    assert money[2].split(", ") == [record.__name__ for record in RECORDS if record.MONEY]


def test_canonical_order_names_records() -> None:
    named = [row[0] for row in rows(SECTIONS["Canonical order"])]
    assert named[-1] == "all others"
    assert set(named[:-1]) <= {record.__name__ for record in RECORDS}
    others = {record.__name__ for record in RECORDS} - set(named)
    assert all(BY_NAME[name].members()[0].name == "by" for name in others)


def test_every_hash_comes_from_the_vectors() -> None:
    everything = "".join(VECTORS.values())
    found = re.findall(r"0x[0-9a-f]{40,}", TEXT)
    assert len(found) > 8
    for value in found:
        assert value in everything, value


def test_the_worked_leaf() -> None:
    lines = dict(re.findall(r"^(signatures|SHA-256|leaf|leaf hash) +(0x[0-9a-f]+)$", SECTIONS["Leaf"], re.MULTILINE))
    raw = {name: bytes.fromhex(value[2:]) for name, value in lines.items()}
    assert hashlib.sha256(raw["signatures"]).digest() == raw["SHA-256"]
    assert hashlib.sha256(b"\0" + raw["leaf"]).digest() == raw["leaf hash"]
    log = json.loads(VECTORS["log.json"])
    assert log["leaves"][19]["vector"] == "endorsement"
    assert log["leaves"][19]["leaf"] == lines["leaf"]
    seconds, in_hex = re.findall(r"log time +(\d+) = (0x[0-9a-f]{16})", SECTIONS["Leaf"])[0]
    assert int(seconds) == int(in_hex, 16)
    assert raw["leaf"].endswith(bytes.fromhex(in_hex[2:]))


def seconds_of(text: str) -> int:
    units = {"s": 1, "hour": 3600, "hours": 3600, "day": DAY, "days": DAY}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+) ([a-z]+)", text))


def test_the_worked_penalties() -> None:
    section = SECTIONS["15. The delay penalty"]
    table = rows(section[section.index("| t − t0 |") :])
    cases = json.loads(VECTORS["derived.json"])["penalties"]
    assert len(table) == 6
    for after, customs, late, penalty in table:
        assert int(late) == max(0, seconds_of(after) - seconds_of(customs))
        assert int(penalty) == min(980 * int(late) ** 2 // DAY**2, 98_000)
        assert any(
            c["countedAt"] - c["promisedAt"] - c["grace"] == seconds_of(after)
            and c["customsSeconds"] == seconds_of(customs)
            and (c["lateSeconds"], c["amount"]) == (int(late), penalty)
            for c in cases
        )


def test_figures_in_the_text() -> None:
    def says(text: str) -> None:
        assert text in TEXT.replace("\n", " "), text

    assert (MAX_DEPTH, MAX_SIZE, MAX_LIST, MAX_TEXT) == (12, 1 << 20, 200, 16_384)
    says("more than twelve levels of nesting, more than 1 MiB")
    says("`text` of Details and Claims 16,384")
    assert (CLOCK_SKEW, PROPOSED_SUBMIT_BY, LONGEST_SUBMIT_BY) == (15 * 60, 14 * DAY, 30 * DAY)
    says("at most 15 minutes ahead")
    says("proposes `submitBy` 14 days after `occurredAt` and takes at most 30")
    assert MAX_DEVICE_PERIOD == 90 * DAY
    assert {n for n in range(1, 33) if DEVICE_SCOPES >> n - 1 & 1} == {*range(4, 17), *range(18, 23)}
    says("any of 4 to 16 and 18 to 22")
    terms = default_terms(value=1_000_000, freight=80_000)
    assert (terms.penalty_cap, terms.alpha, terms.lost_after) == (80_000, 800, 30 * DAY)
    assert (terms.tender_window, terms.report_lag) == (72 * 3600, 24 * 3600)


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_links_inside_the_page_and_to_files_lead_somewhere() -> None:
    headings = [slug(line.lstrip("#").strip()) for line in TEXT.splitlines() if line.startswith("#")]
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif not target.startswith("https://"):
            assert (ROOT / "docs" / target).exists(), target
    for name in re.findall(r"^\| `([\w.]+)` \|", SECTIONS["17. Vectors"], re.MULTILINE):
        assert name in VECTORS
    assert set(re.findall(r"^\| `([\w.]+)` \|", SECTIONS["17. Vectors"], re.MULTILINE)) == VECTORS.keys()
