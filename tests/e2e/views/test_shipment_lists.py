"""Lists of shipments against a plain look at every record: each reader gets what it may see, all of it, in order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ledger.cli.demo.scribe import Deal, details, place, salt
from ledger.codes import APPLIED, AmendmentKind, ClearanceStatus, HoldCause, Mode, StatementKind
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.records.erasure import ErasureReason
from ledger.records.shipment_ids import parent_of
from ledger.records.signing import SignedRecord
from ledger.records.types import REMAINDER_INDEX, Amendment, Handoff, Load, Split
from ledger.services.state import parties_projection
from ledger.services.views.lists.listed_shipment import ListedShipment
from ledger.services.views.lists.shipment_list import MODES, ROLES, Order, ShipmentQuery, Sort
from ledger.services.views.records import PUBLIC, Reader
from ledger.shipments.parties import Part
from ledger.store import rowwise
from ledger.store.projections import parties, shipments
from ledger.store.projections.parties import Wanted
from tests.e2e.stage import (
    AUDITOR,
    BROKER,
    CARRIER,
    CONSUMER,
    MAKER,
    NZ,
    OCEAN,
    SECOND,
    SHOP,
    WAREHOUSE,
    Stage,
    key_of,
    staged,
)
from tests.e2e.wandering import Wandering

AUDITING = Reader(AUDITOR, auditor=True, key=b"a")
READERS = {
    "public": PUBLIC,
    "maker": Reader(MAKER, key=b"m"),
    "shop": Reader(SHOP, key=b"s"),
    "carrier": Reader(CARRIER, key=b"c"),
    "ocean": Reader(OCEAN, key=b"o"),
    "second": Reader(SECOND, key=b"e"),
    "warehouse": Reader(WAREHOUSE, key=b"w"),
    "customs": Reader(NZ, key=b"n"),
    "broker": Reader(BROKER, key=b"b"),
    "auditor": AUDITING,
    "consumer": Reader(key=CONSUMER.address),
    "stranger": Reader(key=key_of("nobody").address),
    "driver": Reader(SHOP, key=b"d", scopes=1 << (Handoff.NUMBER - 1)),
}
LANES = (("NZ", "NZAKL"), ("CN", "CNNGB"), ("DE", "DEHAM"), ("US", ""))
PARTNERS = (MAKER, SHOP, CARRIER, OCEAN, SECOND, WAREHOUSE, NZ, BROKER)


@dataclass
class Truth:
    """A shipment as its records tell it, read one by one; `promise` of who may read the terms."""

    id: str
    place: tuple[int, int, str]
    status: str
    mode: str
    roles: dict[int, Part] = field(default_factory=dict)
    readers: set[str] = field(default_factory=set)
    held: bool = False
    disputed: bool = False
    origin: str = ""
    destination: str = ""
    due_at: int | None = None
    stopped_at: int | None = None


# --- a world, and what its records say ----------------------------------------------------------------------------


def play(stage: Stage, seed: int) -> None:
    """A wandering, and beside it shipments of several lanes, modes and promises that are held, contested, amended."""
    rng = Random(seed)
    way = Wandering(stage, seed, 12)
    for signed in (way.granted, *way.journey.signed):
        submit(stage, signed)
    for number in range(10):
        terms = stage.scribe.terms(
            Deal(f"PO-{number % 4}", 100_00, 10_00, stage.now + rng.randint(-3, 6) * DAY, 10, 1000, OCEAN, WAREHOUSE),
            f"LOT {number % 3}",
            consignor=MAKER,
            consignee=SHOP,
            packages=4,
            mode=rng.choice((Mode.AIR, Mode.MARITIME, Mode.ROAD)),
            destination=place(*(LANES[1] if number in (3, 4, 5) else rng.choice(LANES)), ""),
        )
        shipment = stage.sign(replace(terms, origin=place(*rng.choice(LANES), "")), MAKER)
        stage.clock.advance(rng.randint(0, 40_000))
        _live(stage, rng, shipment, number)
    stage.settle()


def submit(stage: Stage, signed: SignedRecord) -> None:
    stage.trial.node.submission.submit(signed)
    stage.settle()


def _live(stage: Stage, rng: Random, shipment: RecordId, number: int) -> None:
    if number == 9:
        return
    load = rng.choice(("", "MSKU 123456-7", "(00)009421900000000017"))
    leg = stage.scribe_handoff(MAKER, SECOND, (shipment, 0, 4))
    stage.sign(replace(leg, load=Load(salt(), load)), MAKER, SECOND)
    match number:
        case 0:
            stage.hand(SECOND, OCEAN, (shipment, 1, 4))  # and nothing else: who took it over is noted by itself
        case 1 | 2:
            stage.clear(NZ, ClearanceStatus.HELD, (shipment, 0), cause=HoldCause.RISK)
            if number == 2:
                stage.clear(NZ, ClearanceStatus.RELEASED, (shipment, 1))
        case 3 | 4 | 5:  # not too early, and where the goods were to go
            stage.clock.advance(7 * DAY)
            stage.state(StatementKind.TENDER, SECOND, shipment, 1, SHOP)
            if number > 3:
                stage.state(StatementKind.CONTEST, SHOP, shipment, 1)
            stage.clock.advance(31 * DAY if number == 4 else 0)
        case 6:
            when = stage.now - rng.randint(0, 2 * DAY)
            stage.sign(stage.scribe_handoff(SECOND, SHOP, (shipment, 1, 4), occurred_at=when), SECOND, SHOP)
        case _:
            stage.clear(NZ, ClearanceStatus.HELD, (shipment, 0), cause=HoldCause.RISK)
            first, _ = stage.split(SECOND, shipment, 1, 1, 3)
            changes: dict[str, Any] = {"commercial": {"promisedAt": stage.now + 9 * DAY}}
            if number == 8:
                changes["shipment"] = to_hex(first)
            text = canonical_json(changes).decode()
            amended = Amendment(shipment, bytes(32), int(AmendmentKind.TERMS), details(text))
            stage.sign(amended, MAKER, OCEAN, WAREHOUSE)
            stage.clear(NZ, ClearanceStatus.RELEASED, (first, 0))
    if rng.random() < 0.2:
        stage.node.erasing.erase(shipment, [rng.choice(("commercial", "origin"))], reason=ErasureReason.ORDER)


def truths(stage: Stage) -> list[Truth]:
    """Every shipment, from its own page and its records, as an auditor reads them."""
    with stage.node.home.database.read() as connection:
        rows = [row for _, row in parties.page(connection, Wanted(), limit=10_000)]
        everything = {row.shipment for row in rows}
        assert everything == {bytes(row["shipment"]) for row in rowwise.stream(connection, "shipments")}
    return [_truth(stage, row) for row in rows]


def _truth(stage: Stage, row: shipments.Shipment) -> Truth:
    views = stage.node.reader.views
    page = views.shipment(RecordId(row.shipment))
    summary = page.summary
    truth = Truth(summary.id, (summary.opened_at, row.opened_index, summary.id), summary.status, summary.mode)
    truth.readers = {name for name, reader in READERS.items() if views.may_see(row.terms, reader)}
    _by_terms(stage, truth, row)
    about = views.records(AUDITING, kind="shipment", key=summary.id, limit=500)
    if row.parent is not None:
        opener = views.records(AUDITING, kind="shipment", key=to_hex(row.parent), limit=500)
        for record in opener:
            if record.type == "Split":
                split = Split.from_json(record.message)
                if parent_of(split, row.shipment):
                    add(truth, split.by, Part.CUSTODIAN)
            elif record.type == "Handoff" and row.child_index == REMAINDER_INDEX:
                handoff = Handoff.from_json(record.message)
                if parent_of(handoff, row.shipment):
                    add(truth, handoff.releaser, Part.CUSTODIAN)
            elif record.type == "Override" and row.child_index == REMAINDER_INDEX:
                add(truth, record.message["releaser"], Part.CUSTODIAN)
    tendered, contested = False, 0
    for record in about:
        message = record.message
        for item in record.chain.items:
            if item.outcome not in ("applied", "applied in breach"):
                continue
            if record.type == "Handoff" and message["items"][item.item]["shipment"] == summary.id:
                add(truth, message["releaser"], Part.CUSTODIAN)
                if message["items"][item.item]["packages"]:
                    add(truth, message["receiver"], Part.CUSTODIAN)
                if summary.status == "delivered" and message["items"][item.item]["packages"]:
                    truth.stopped_at = max(message["occurredAt"], item.block_time - DAY)
            elif record.type == "Override":
                if message["shipment"] == summary.id:
                    add(truth, message["releaser"], Part.CUSTODIAN)
                    add(truth, message["receiver"], Part.CUSTODIAN)
            elif record.type == "Clearance" and message["items"][item.item]["shipment"] == summary.id:
                add(truth, message["declarant"], Part.DECLARANT)
                signs_for_customs = message["assurance"] == 3
                if signs_for_customs or message["by"] != message["declarant"]:
                    add(truth, message["by"], Part.CUSTOMS if signs_for_customs else Part.BROKER)
            elif record.type == "Statement" and message["kind"] == StatementKind.TENDER:
                tendered = True
            elif record.type == "Statement" and message["kind"] == StatementKind.CONTEST and tendered:
                contested = item.block_time
    now = stage.now
    truth.disputed = bool(contested) and now <= contested + 30 * DAY
    under_way = summary.ended_at is None
    truth.held = under_way and any(map(_is_held, _decisions(stage, row)))
    if summary.status.startswith("closed"):
        truth.stopped_at = summary.ended_at
    return truth


def _decisions(stage: Stage, row: shipments.Shipment) -> list[list[ClearanceStatus]]:
    """By pair, what was decided in order: of ancestors until the goods parted, then of itself."""
    steps: list[shipments.ClearanceStep] = []
    with stage.node.home.database.read() as connection:
        line: shipments.Shipment | None = row
        until = 2**60
        while line is not None:
            own = shipments.clearance_steps(connection, line.shipment)
            steps = [step for step in own if step.log_index < until] + steps
            until = line.opened_index
            line = shipments.get(connection, line.parent) if line.parent else None
    pairs: dict[tuple[str, int], list[ClearanceStatus]] = {}
    for step in steps:
        if step.outcome in APPLIED:
            pairs.setdefault((step.jurisdiction, step.regime), []).append(ClearanceStatus(step.status))
    return list(pairs.values())


def _is_held(line: list[ClearanceStatus]) -> bool:
    held = False
    for status in line:
        if status in (ClearanceStatus.HELD, ClearanceStatus.SEIZED):
            held = True
        elif status.name in ("RELEASED", "RELEASED_WITH_CONDITIONS", "REFUSED", "DESTROYED"):
            held = False
    return held


def _by_terms(stage: Stage, truth: Truth, row: shipments.Shipment) -> None:
    message = stage.node.reader.views.record(row.terms, AUDITING).message
    add(truth, message["consignor"], Part.CONSIGNOR)
    add(truth, message["consignee"], Part.CONSIGNEE)
    add(truth, message["holder"], Part.HOLDER)
    if row.parent is None:
        add(truth, message["holder"], Part.CUSTODIAN)
    if isinstance(message["origin"], dict):
        truth.origin = message["origin"]["locode"] or message["origin"]["country"]
    if isinstance(message["destination"], dict):
        truth.destination = message["destination"]["locode"] or message["destination"]["country"]
    commercial = message["commercial"]
    if not isinstance(commercial, dict):
        return
    add(truth, commercial["liable"], Part.LIABLE)
    add(truth, commercial["beneficiary"], Part.BENEFICIARY)
    promised = commercial["promisedAt"]
    line = {truth.id}
    above = row
    with stage.node.home.database.read() as connection:
        while above.parent is not None:
            line.add(to_hex(above.parent))
            found = shipments.get(connection, above.parent)
            assert found is not None
            above = found
    for record in stage.node.reader.views.records(AUDITING, kind="record", key=to_hex(row.terms), limit=500):
        if record.type == "Amendment" and record.message["kind"] == AmendmentKind.TERMS:
            amendment = Amendment.from_json(record.message)
            changes = json.loads(amendment.changes.text)  # type: ignore[union-attr]
            if changes.get("shipment") in (None, *line):
                promised = changes["commercial"]["promisedAt"]
    truth.due_at = promised + commercial["grace"]


def add(truth: Truth, partner: int, part: Part) -> None:
    if partner:
        truth.roles[partner] = truth.roles.get(partner, Part(0)) | part


# --- a list as anybody would make it by hand ----------------------------------------------------------------------


def naive(every: list[Truth], query: ShipmentQuery, name: str, now: int) -> list[str]:
    reader = READERS[name]
    result = [truth for truth in every if _wanted(truth, query, name, reader, now)]
    if query.sort is Sort.DUE:
        due = [t for t in result if t.due_at is not None and name in t.readers]
        result = sorted(due, key=lambda t: (t.due_at, *t.place[1:]))
    else:
        result = sorted(result, key=lambda t: t.place)
    return [truth.id for truth in (result if query.ascending else reversed(result))]


def _wanted(truth: Truth, query: ShipmentQuery, name: str, reader: Reader, now: int) -> bool:
    reads = name in truth.readers
    partner = query.partner if query.partner is not None else reader.partner if query.role else None
    if partner is not None:
        parts = truth.roles.get(partner, Part(0))
        if not reads:
            parts &= ~(Part.LIABLE | Part.BENEFICIARY)
        if not (parts & ROLES[query.role] if query.role else parts):
            return False
    if query.status and query.status != truth.status:
        live = truth.status in ("open", "in transit", "tendered", "refused", "missing", "found")
        if not (query.status == "under way" and live):
            return False
    if query.late is not None:
        if not reads or truth.due_at is None:
            return False
        if ((now if truth.stopped_at is None else truth.stopped_at) > truth.due_at) != query.late:
            return False
    if query.lane:
        origin, _, destination = query.lane.partition("-")
        if not reads or not (truth.origin.startswith(origin) and truth.destination.startswith(destination)):
            return False
    return (
        (not query.mode or query.mode == truth.mode)
        and (query.start is None or truth.place[0] >= query.start)
        and (query.end is None or truth.place[0] < query.end)
        and query.held in (None, truth.held)
        and query.disputed in (None, truth.disputed)
    )


def listed(stage: Stage, query: ShipmentQuery, reader: Reader, limit: int) -> list[ListedShipment]:
    result: list[ListedShipment] = []
    cursor: str | None = ""
    while cursor is not None:
        found = stage.node.reader.lists.page(replace(query, cursor=cursor), reader, limit)
        assert len(found.shipments) <= limit
        result += found.shipments
        cursor = found.next
    return result


def draw_query(rng: Random, every: list[Truth], reader: Reader) -> ShipmentQuery:
    def maybe(chance: float, value: Any) -> Any:
        return value if rng.random() < chance else None

    partner = maybe(0.5, rng.choice(PARTNERS))
    role = maybe(0.4, rng.choice(list(ROLES))) if partner is not None or reader.partner else None
    opened = sorted(truth.place[0] for truth in every)
    codes = ("", "NZ", "CN", "DEHAM", "US", "CNNGB")
    lane = maybe(0.3, f"{rng.choice(codes)}-{rng.choice(codes)}")
    return ShipmentQuery(
        partner=partner,
        role=role or "",
        status=maybe(0.35, rng.choice(["under way", *{truth.status for truth in every}])) or "",
        late=maybe(0.3, rng.random() < 0.5),
        lane="" if lane in (None, "-") else lane,
        mode=maybe(0.2, rng.choice(list(MODES)[1:5])) or "",
        start=maybe(0.2, rng.choice(opened)),
        end=maybe(0.2, rng.choice(opened) + 1),
        held=maybe(0.2, rng.random() < 0.5),
        disputed=maybe(0.15, rng.random() < 0.5),
        sort=rng.choice((Sort.OPENED, Sort.OPENED, Sort.DUE)),
        order=maybe(0.4, rng.choice(list(Order))),
    )


@pytest.fixture(scope="module")
def played(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(founded, tmp_path_factory.mktemp("played") / "home") as stage:
        play(stage, 0)
        yield stage


def check_lists(stage: Stage, seed: int, queries: int) -> None:
    rng, every = Random(seed), truths(stage)
    now, kinds = stage.now, set()
    readers = {truth.id: truth.readers for truth in every}
    for name, reader in READERS.items():
        for _ in range(queries):
            query = draw_query(rng, every, reader)
            found = listed(stage, query, reader, rng.randint(1, 4))
            assert [one.id for one in found] == naive(every, query, name, now), (name, query)
            assert all((one.promise is not None) == (name in readers[one.id]) for one in found), (name, found)
            if found:
                kinds |= set(query.filters)
    assert kinds >= {"partner", "role", "status", "late", "lane", "start", "end", "held"}, "each filter found something"
    assert {truth.status for truth in every} >= {"open", "in transit", "tendered", "delivered", "closed into children"}


def test_a_list_is_what_its_reader_finds_by_looking_at_every_record(played: Stage) -> None:
    check_lists(played, 0, 20)


def test_what_is_kept_record_by_record_is_what_all_records_come_to(played: Stage) -> None:
    before = _kept(played)
    with played.node.home.database.write() as connection:
        shipped = [bytes(row["shipment"]) for row in rowwise.stream(connection, "shipments")]
        parties_projection.derive(connection, shipped)
    assert _kept(played) == before
    played.audited()


def test_what_is_opened_later_is_found_from_then_on_and_erased_no_more(stage: Stage) -> None:
    deal = Deal("PO-77", 100_00, 10_00, stage.now + DAY, 10, 1000, OCEAN, SHOP)
    terms = stage.scribe.terms(deal, "LOT 77", consignor=MAKER, consignee=SHOP, packages=4)
    shipment = stage.straight_to_the_contract(terms, MAKER)
    leg = replace(stage.scribe_handoff(MAKER, SECOND, (shipment, 0, 4)), load=Load(salt(), "MSKU 777777-7"))
    carried = stage.straight_to_the_contract(leg, MAKER, SECOND)

    def seen() -> tuple[bool, ...]:
        reader, finding = READERS["shop"], stage.node.reader.searching
        (one,) = [one for one in listed(stage, ShipmentQuery(), reader, 50) if one.id == to_hex(shipment)]
        assert one.promise is not None
        owing = listed(stage, ShipmentQuery(partner=OCEAN, role="liable"), READERS["ocean"], 50)
        return (
            one.promise.order == "PO-77" and one.promise.due_at == deal.promised_at + DAY // 2,
            one.id in {each.id for each in owing},
            *(bool(finding.find(text, reader).matches) for text in ("po77", "lot77", "msku7777777")),
        )

    assert seen() == (False,) * 5, "nobody told the log what is in them"
    submit(stage, stage.trial.signed(terms, *stage.keys([MAKER])))
    assert seen() == (True, True, True, True, False)
    submit(stage, stage.trial.signed(leg, *stage.keys([MAKER, SECOND])))
    assert seen() == (True,) * 5
    stage.node.erasing.erase(carried, ["load"], reason=ErasureReason.ORDER)
    stage.node.erasing.erase(shipment, ["commercial"], reason=ErasureReason.ORDER)
    assert seen() == (False, False, False, True, False)
    stage.audited()


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(1, 40))
def test_lists_of_many_worlds(founded: Path, tmp_path: Path, seed: int) -> None:
    with staged(founded, tmp_path / "home") as stage:
        play(stage, seed)
        check_lists(stage, seed, 100)
        stage.audited()


def _kept(stage: Stage) -> list[dict[str, Any]]:
    with stage.node.home.database.read() as connection:
        tables = ("shipment_parties", "identifiers")
        return [dict(row) for table in tables for row in rowwise.stream(connection, table)]
