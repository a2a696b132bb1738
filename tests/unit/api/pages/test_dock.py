"""What the dock refuses where no network is, is what acceptance would refuse: random handoffs in random worlds."""

import random
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from ledger.codes import ExceptionBit, Gate, Outcome, Role, ShipmentState
from ledger.common.ids import to_hex
from ledger.common.keccak import keccak256
from ledger.common.periods import DAY
from ledger.custody.handoff import handoff
from ledger.custody.slot import NO_KEY, Flag, Holding, Requirement, Signer, Slot
from ledger.errors import LadingError
from ledger.records.content_checks import check_content
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import Details, Handoff, HandoffItem, Load, Place
from ledger.services.intake.checks import REFUSALS
from tests.unit.api.pages.node import in_node
from tests.unit.history import DOMAIN

NOW = 1_760_000_000
TRUST = {"consortiumId": to_hex(DOMAIN.consortium_id)}
OPEN = ShipmentState.OPEN
SHIPMENTS = [bytes([0x10 + i]) * 32 for i in range(5)]
ROLES = (
    0,
    1 << Role.CARRIER,
    1 << Role.WAREHOUSE | 1 << Role.SUPPLIER,
    1 << Role.MAIN_CARRIER,
    1 << Role.SUPPLIER,
    1 << Role.LOCKER | 1 << Role.BRAND,
)
EVERY, HANDOFFS, OTHERS = 2**32 - 1, 1 << 4, 1 << 6


@cache
def key(name: str) -> SigningKey:
    return SigningKey(keccak256(b"dock " + name.encode()))


@dataclass(frozen=True)
class Own:
    """A key of a partner: which types it may sign, and when."""

    address: bytes
    types: int
    since: int
    until: int | None

    def fits(self, now: int) -> bool:
        return bool(self.types & HANDOFFS) and self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True)
class Member:
    roles: int
    suspended: bool
    keys: tuple[Own, ...]


@dataclass
class Paper:
    """A world on paper: who takes part, and where goods are."""

    members: dict[int, Member]
    holdings: dict[bytes, Holding]

    @classmethod
    def some(cls, rng: random.Random) -> "Paper":
        members = {}
        for number in range(1, 5):
            keys = [Own(key(f"{number}").address, EVERY, 0, None)]
            if rng.random() < 0.3:
                keys[0] = replace(keys[0], types=rng.choice((HANDOFFS, OTHERS)), until=NOW + rng.choice((-5, 0, 5)))
            members[number] = Member(rng.choice(ROLES), rng.random() < 0.1, tuple(keys))
        holdings = {shipment: Holding(_slot(rng), key("consumer").address) for shipment in SHIPMENTS[:4]}
        return cls(members, holdings)

    def signer(self, address: bytes) -> Signer:
        for number, member in self.members.items():
            for own in member.keys:
                if own.address == address:
                    valid = own.fits(NOW)
                    roles, suspended = (member.roles, member.suspended) if valid else (0, False)
                    return Signer(address, number if valid else 0, roles, suspended, known=True)
        return Signer(address)

    def dock(self, own: int = 1) -> dict[str, Any]:
        return {
            "partner": own,
            "at": NOW,
            "next": None,
            "coming": [],
            "shipments": [_shown(shipment, holding) for shipment, holding in self.holdings.items()],
            "partners": [
                {"id": number, "roles": m.roles, "suspended": m.suspended, "keys": [_key(own) for own in m.keys]}
                for number, m in self.members.items()
            ],
        }


def _slot(rng: random.Random) -> Slot:
    letters = (b"NZ", b"CN", b"DE", b"FR")
    requires = tuple(
        Requirement(letters[i], 1, Gate(rng.randrange(1, 8)), False, rng.random() < 0.6)
        for i in range(rng.choice((0, 0, 1, 2)))
    )
    state = rng.choice((*[OPEN] * 20, ShipmentState.DELIVERED, ShipmentState.LOST))
    sequence = rng.choice((0, 1, 3, 3, 2**16 - 1)) if rng.random() < 0.2 else 1
    return Slot(rng.choice((*[1] * 12, 2, 0)), rng.randrange(5), 1, rng.randrange(1, 5), requires, sequence, state)


def _key(own: Own) -> dict[str, Any]:
    return {"address": to_hex(own.address), "types": own.types, "since": own.since, "until": own.until}


def _shown(shipment: bytes, holding: Holding) -> dict[str, Any]:
    slot = holding.slot
    return {
        "shipment": to_hex(shipment),
        **{name: getattr(slot, name) for name in ("custodian", "consignee", "consignor", "packages", "sequence")},
        "state": int(slot.state),
        "recipient_key": to_hex(holding.recipient_key),
        "requires": [
            {"jurisdiction": r.jurisdiction.decode(), "regime": r.regime, "gates": int(r.gates), "released": r.released}
            for r in slot.requirements
        ],
        "remainder": bool(slot.flags & Flag.REMAINDER),
        "terms": None,
    }


PLACES = (
    ("NZ", "NZAKL", "9429300003213"), ("", "", ""), ("NZ", "CNNGB", ""), ("XX", "", ""), ("", "NZAK1", ""),
    ("NZ", "", "9429300003214"), ("", "XXAKL", ""), ("nz", "", ""), ("NZ", "NZAKL", "942930000321"),
)  # fmt: skip
TEXTS = ("", "", "", "", '{"photos":["0x00"]}', "{", "[]", '{"a": 1}', '{"a":1.5}', '{"a":9007199254740993}', '"x"')


def some_handoff(rng: random.Random, paper: Paper) -> Handoff:
    chosen = rng.sample(SHIPMENTS, rng.choice((1, 1, 2, 3, 4)))
    items = []
    for shipment in chosen if rng.random() < 0.05 else sorted(chosen):
        slot = paper.holdings[shipment].slot if shipment in paper.holdings else Slot(1, 2, 1, 3)
        sequence = max(0, slot.sequence + rng.choice((*[0] * 14, -1, 1)))
        packages = max(0, slot.packages + rng.choice((0, 0, 0, -1, 1, -9)))
        said = ExceptionBit.REFUSED if packages == 0 else ExceptionBit.SHORT if packages < slot.packages else 0
        bits = int(said if packages <= slot.packages else ExceptionBit.OVER) ^ rng.choice(
            (0, 0, 0, 0, 0, 1, 2, 64, 256)
        )
        items.append(HandoffItem(shipment, min(sequence, 2**16 - 1), packages, bits))
    releaser = rng.choice((*[1] * 12, 0, 2))
    receiver = rng.choice((*[2, 3, 4] * 4, 0, 1))
    country, locode, gln = rng.choice(PLACES) if rng.random() < 0.1 else PLACES[0]
    where = Place(bytes(16), country, locode, gln, "x" * rng.choice((*[3] * 60, 512, 513)))
    occurred = NOW + rng.choice((*[0] * 20, 900, 901, -DAY))
    submit_by = rng.choice(
        (occurred + 14 * DAY, occurred + 14 * DAY, occurred + 30 * DAY, NOW, NOW - 1, NOW + 31 * DAY)
    )
    text = rng.choice(TEXTS) if rng.random() < 0.2 else ""
    load = Load(bytes(16), "")
    return Handoff(tuple(items), releaser, receiver, where, load, occurred, 0, submit_by, Details(bytes(16), text))


def acceptance(paper: Paper, record: Handoff, keys: dict[str, bytes | None]) -> tuple[Outcome, ...] | None:
    """What the ledger's own checks make of it, as acceptance puts them together; None when it would be refused.

    Whoever has yet to sign is taken for a partner with the first key that may, as before anybody signs.
    """
    try:
        check_content(record, NOW)
        sides = {"releaser": record.releaser, "receiver": record.receiver}
        found = {side: keys[side] or _key_to_come(paper, number) for side, number in sides.items()}
        order = ("receiver", "releaser") if record.releaser == 0 else ("releaser", "receiver")
        decision = handoff(record, [paper.signer(found[side]) for side in order], paper.holdings.get, NOW)
    except LadingError:
        return None
    if all(outcome in REFUSALS for outcome in decision.outcomes):
        return None
    if None in keys.values() and (Outcome.STALE in decision.outcomes or _closed(paper, record)):
        return None
    return decision.outcomes


def _key_to_come(paper: Paper, partner: int) -> bytes:
    if partner == 0:
        return key("consumer").address
    own = next((own for own in paper.members[partner].keys if own.fits(NOW)), None)
    if own is None:
        raise LadingError("nobody can sign")
    return own.address


def _closed(paper: Paper, record: Handoff) -> bool:
    main = record.receiver != 0 and paper.members[record.receiver].roles >> Role.MAIN_CARRIER & 1
    for item in record.items:
        holding = paper.holdings.get(item.shipment)
        if holding is not None and item.sequence == holding.slot.sequence:
            delivery = Gate.DELIVERY if record.receiver == holding.slot.consignee else Gate(0)
            if holding.slot.missing(delivery | (Gate.HANDOVER if main else Gate(0))):
                return True
    return False


def keys_of(rng: random.Random, record: Handoff) -> dict[str, bytes | None]:
    """Who has signed: both as a rule, one of them, or somebody else."""
    keys: dict[str, bytes | None] = {}
    for side in ("releaser", "receiver"):
        number = getattr(record, side)
        usual = key("consumer" if number == 0 else f"{number}").address
        keys[side] = rng.choice((*[usual] * 40, *[None] * 9, key("3").address, key("consumer").address))
    return keys


def test_the_dock_refuses_what_acceptance_would_refuse() -> None:
    rng, cases = random.Random(14), list[dict[str, Any]]()
    expected: list[tuple[Outcome, ...] | None] = []
    while len(cases) < 1500:
        paper = Paper.some(rng)
        record = some_handoff(rng, paper)
        keys = keys_of(rng, record)
        known = {own.address for member in paper.members.values() for own in member.keys} | {key("consumer").address}
        assert {one for one in keys.values() if one} <= known
        if any(one == key("consumer").address and getattr(record, side) for side, one in keys.items()):
            continue  # a partner's signature by a key that this device does not know: see below
        hexed = {side: one and to_hex(one) for side, one in keys.items()}
        cases.append({"task": "judged", "message": record.to_json(), "keys": hexed, "dock": paper.dock(), "now": NOW})
        expected.append(acceptance(paper, record, keys))
    answers = in_node(cases)
    taken = sum(one is not None for one in expected)
    assert 120 < taken < 1250, taken  # enough of both to mean something
    for case, answer, outcomes in zip(cases, answers, expected, strict=True):
        assert (answer["refused"] == []) == (outcomes is not None), (case, answer)
        if outcomes is not None:
            assert answer["outcomes"] == [int(one) for one in outcomes], (case, answer)


def test_goods_stand_afterwards_where_the_ledger_puts_them() -> None:
    rng, cases = random.Random(41), list[dict[str, Any]]()
    expected: list[dict[str, Any]] = []
    while len(cases) < 300:
        paper = Paper.some(rng)
        record = some_handoff(rng, paper)
        keys: dict[str, bytes | None] = {
            side: key(f"{getattr(record, side)}").address for side in ("releaser", "receiver")
        }
        if 0 in (record.releaser, record.receiver) or acceptance(paper, record, keys) is None:
            continue
        signers = [paper.signer(one) for one in keys.values() if one]
        decision = handoff(record, signers, paper.holdings.get, NOW)
        hexed = {side: one and to_hex(one) for side, one in keys.items()}
        cases.append({"task": "judged", "message": record.to_json(), "keys": hexed, "dock": paper.dock(), "now": NOW})
        expected.append({to_hex(one): _shown(one, holding) for one, holding in decision.changes.items()})
    assert sum(len(one) for one in expected) > 300
    for answer, changes in zip(in_node(cases), expected, strict=True):
        found = {shipment: {**holding, "shipment": shipment} for shipment, holding in answer["changes"].items()}
        assert found == changes


def plain(receiver: int = 2, *items: HandoffItem) -> Handoff:
    load, where = Load(bytes(16), ""), Place(bytes(16), "NZ", "NZAKL", "", "")
    return Handoff(items, 1, receiver, where, load, NOW, 0, NOW + 14 * DAY, Details(bytes(16), ""))


@pytest.fixture
def quiet() -> Paper:
    members = {n: Member(1 << Role.CARRIER, False, (Own(key(f"{n}").address, EVERY, 0, None),)) for n in range(1, 4)}
    return Paper(members, {s: Holding(Slot(1, 3, 1, 10), NO_KEY) for s in SHIPMENTS[:2]})


def judged(paper: Paper, record: Handoff, own: int = 1, handoffs: Any = (), **keys: str | None) -> Any:
    case = {
        "task": "judged",
        "message": record.to_json(),
        "dock": paper.dock(own),
        "now": NOW,
        "handoffs": list(handoffs),
    }
    return in_node([{**case, "keys": {"releaser": None, "receiver": None, **keys}}])[0]


def test_one_item_that_moved_on_spoils_a_proposal_and_not_what_both_signed(quiet: Paper) -> None:
    moved, other = SHIPMENTS[:2]
    quiet.holdings[moved] = Holding(Slot(1, 3, 1, 10, sequence=2), NO_KEY)
    record = plain(2, HandoffItem(moved, 1, 10, 0), HandoffItem(other, 0, 10, 0))
    said = "1 shipment has moved on since: another record used its sequence."
    proposal = judged(quiet, record, releaser=to_hex(key("1").address))
    whole = judged(quiet, record, releaser=to_hex(key("1").address), receiver=to_hex(key("2").address))
    assert (proposal["refused"], whole["refused"], whole["open"]) == ([said], [], [said])


def test_one_key_does_not_sign_for_both(quiet: Paper) -> None:
    stranger = to_hex(key("newer").address)
    answer = judged(quiet, plain(2, HandoffItem(SHIPMENTS[0], 0, 10, 0)), releaser=stranger, receiver=stranger)
    assert answer["refused"] == ["One key signed for both sides."]


def test_what_this_device_has_never_heard_of_is_left_to_the_service(quiet: Paper) -> None:
    unknown = judged(quiet, plain(2, HandoffItem(SHIPMENTS[4], 0, 1, 0)))
    assert (unknown["refused"], unknown["open"]) == (
        [], ["This device knows nothing about 1 shipment: who holds it, and how many packages."],
    )  # fmt: skip
    stranger = to_hex(key("newer").address)
    newer = judged(quiet, plain(2, HandoffItem(SHIPMENTS[0], 0, 10, 0)), releaser=stranger)
    assert newer["refused"] == []
    assert "which signed for partner 1: it may be newer, or nobody's" in newer["open"][0]
    assert judged(quiet, plain(9, HandoffItem(SHIPMENTS[0], 0, 10, 0)))["open"] == [
        "This device does not know partner 9."
    ]


def signed(record: Handoff, state: str = "open", **signatures: str) -> dict[str, Any]:
    both = {"releaser": "0x01", "receiver": "0x02", **signatures}
    return {"id": "x", "message": record.to_json(), "signatures": both, "state": state}


def test_what_both_signed_here_stands_before_the_service_knows_it(quiet: Paper) -> None:
    first, other = SHIPMENTS[:2]
    short = plain(2, HandoffItem(first, 0, 7, int(ExceptionBit.SHORT)))
    half, refused = signed(short, receiver=""), signed(short, "refused")
    cases: list[dict[str, Any]] = [
        {"task": "held", "dock": quiet.dock(own), "handoffs": done}
        for own, done in ((1, [signed(short)]), (2, [signed(short)]), (1, [half]), (1, [refused]))
    ]
    giver, taker, *untouched = in_node(cases)
    assert sorted(row[1:] for row in giver) == [[3, 0], [10, 0]], "the rest of a short item stays with who gave it"
    assert taker == [[to_hex(first), 7, 1]]
    assert untouched == [[[to_hex(one), 10, 0] for one in (first, other)]] * 2
    again = judged(quiet, short, handoffs=[signed(short)])
    assert again["refused"] == ["1 shipment has moved on since: another record used its sequence."]


def test_goods_known_from_a_handoff_alone_go_on_with_a_reservation(quiet: Paper) -> None:
    new = SHIPMENTS[4]
    came = replace(plain(2, HandoffItem(new, 3, 5, 0)), releaser=3)
    on = replace(plain(3, HandoffItem(new, 4, 5, 0)), releaser=2)
    quiet.members[3] = replace(quiet.members[3], roles=0)
    answer = judged(quiet, on, own=2, handoffs=[signed(came)])
    assert answer["refused"] == []
    assert answer["open"] == ["Whether partner 3 is the consignee of these goods is not known to this device."]
    stale = replace(on, items=(HandoffItem(new, 3, 5, 0),))
    assert "moved on" in judged(quiet, stale, own=2, handoffs=[signed(came)])["refused"][0]


# --- what passes between two devices ---------------------------------------------------------------------------------


def envelope(record: Handoff, *signers: str) -> dict[str, Any]:
    return SignedRecord(record, tuple(key(one).sign(DOMAIN, record) for one in signers)).to_json()


def read(paper: Paper, data: dict[str, Any], own: int) -> Any:
    return in_node([{"task": "readHandoff", "envelope": data, "trust": TRUST, "dock": paper.dock(own)}])[0]


def test_a_handoff_is_read_with_who_signed_on_which_side(quiet: Paper) -> None:
    record = plain(2, HandoffItem(SHIPMENTS[0], 0, 10, 0))
    offered = read(quiet, envelope(record, "1"), 2)
    assert offered["id"] == to_hex(DOMAIN.record_id(record))
    assert (offered["side"], offered["keys"]) == ("receiver", {"releaser": to_hex(key("1").address), "receiver": None})
    whole = envelope(record, "1", "2")
    turned = read(quiet, {**whole, "signatures": whole["signatures"][::-1]}, 1)
    assert turned["envelope"] == whole, "in the order in which the log keeps them"
    newer = read(quiet, envelope(record, "newer"), 2)
    assert newer["keys"]["releaser"] == to_hex(key("newer").address), "one that is unknown can only be the other side's"


@pytest.mark.parametrize(
    ("change", "own", "refusal"),
    [
        ({}, 3, "between partner 1 and partner 2: it is none of yours"),
        ({"type": "Statement"}, 2, "no handoff but another kind of record"),
        ({"signatures": []}, 2, "the signature of one side, or of both"),
        ({"signatures": ["0x00"]}, 2, "A signature cannot be read."),
        ({"message": {}}, 2, "in the form of the records"),
        ({"message": None}, 2, "in the form of the records"),
    ],
)
def test_what_is_no_handoff_of_this_device_is_refused(
    quiet: Paper, change: dict[str, Any], own: int, refusal: str
) -> None:
    data = envelope(plain(2, HandoffItem(SHIPMENTS[0], 0, 10, 0)), "1") | change
    assert refusal in read(quiet, data, own)


def test_a_stranger_or_the_same_side_twice_has_no_part(quiet: Paper) -> None:
    record = plain(2, HandoffItem(SHIPMENTS[0], 0, 10, 0))
    assert "which has no part in it" in read(quiet, envelope(record, "3"), 2)
    assert "which has no part in it" in read(quiet, envelope(record, "1", "1"), 2)
    hidden = envelope(record, "1")
    hidden["message"]["place"] = "0x" + "00" * 32
    assert "withheld" in read(quiet, hidden, 2)


def test_a_composed_handoff_is_a_record_of_the_ledger() -> None:
    items = [{"shipment": to_hex(s), "sequence": 0, "packages": 1, "exceptions": 0} for s in reversed(SHIPMENTS)]
    asked = {
        "items": items, "releaser": 1, "receiver": 2, "place": {"country": "NZ", "locode": "NZAKL", "name": "Gate 3"},
        "load": "MSCU1234565", "dueAt": 0, "photos": ["0x" + "ab" * 32], "now": NOW,
    }  # fmt: skip
    (made,) = in_node([{"task": "composed", "asked": asked, "salt": "0x" + "11" * 16}])
    record = Handoff.from_json(made["message"])
    check_content(record, NOW)
    assert [item.shipment for item in record.items] == SHIPMENTS
    assert isinstance(record.details, Details)
    assert record.details.text == '{"photos":["0x' + "ab" * 32 + '"]}'


def test_what_the_receiver_counts_is_another_record_and_told_as_such(quiet: Paper) -> None:
    record = {"type": "Handoff", "message": plain(2, *(HandoffItem(s, 0, 10, 0) for s in SHIPMENTS[:3])).to_json()}
    damaged = int(ExceptionBit.DAMAGED)
    counts = [(10, 0), (8, damaged), (0, 0)]
    counted = [[to_hex(s), {"packages": n, "noted": bits}] for s, (n, bits) in zip(SHIPMENTS[:3], counts, strict=True)]
    case = {"task": "changed", "record": record, "photos": [], "dock": quiet.dock(2), "salt": "0x" + "11" * 16}
    same, other = in_node([{**case, "counted": counted[:1]}, {**case, "counted": counted}])
    assert same["made"] == record
    assert same["said"] == []
    items = other["made"]["message"]["items"]
    assert [item["exceptions"] for item in items] == [0, damaged | int(ExceptionBit.SHORT), int(ExceptionBit.REFUSED)]
    assert len(other["said"]) == 2
    assert "8 packages, short, damaged. You signed 10 packages." in other["said"][0]
