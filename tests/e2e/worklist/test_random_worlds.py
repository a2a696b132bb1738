"""Random journeys: a worklist shows what a plain scan of all records shows, and each draft would be accepted."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ledger.codes import APPLIED, RELEASES, ClearanceStatus, ShipmentState, StatementKind
from ledger.common.ids import to_hex
from ledger.common.periods import HOUR
from ledger.records.types import REMAINDER_INDEX, Commercial
from ledger.services.state.verified_records import VerifiedRecords
from ledger.shipments.history import Journeys
from ledger.shipments.status import tenders_at
from ledger.shipments.tenders import TenderState
from ledger.store.projections import parties
from ledger.store.projections.parties import Wanted
from ledger.store.projections.shipments import Shipment
from ledger.worklist.items import Action, Item, Kind
from tests.e2e.stage import BROKER, LOCKER, MAKER, NZ, ROLES, SECOND, SHOP, WAREHOUSE, Stage, staged
from tests.e2e.wandering import Wandering
from tests.e2e.worklist.reading import drafted, worklist

S = ClearanceStatus
FILLED = {Action.BEAR_OUT: {"by": LOCKER}, Action.HAND_ON: {"receiver": WAREHOUSE}}
"""What whoever signs adds to a draft."""


class Seen(NamedTuple):
    kind: Kind
    subject: bytes
    detail: str


class World(NamedTuple):
    rows: list[Shipment]
    journeys: Journeys
    now: int


@pytest.mark.parametrize("seed", range(3))
def test_a_worklist_shows_what_a_plain_scan_shows(founded: Path, tmp_path: Path, seed: int) -> None:
    check(founded, tmp_path, seed, 30)


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(2000, 2030))
def test_many_worklists_show_what_a_plain_scan_shows(founded: Path, tmp_path: Path, seed: int) -> None:
    check(founded, tmp_path, seed, 60)


def check(founded: Path, tmp_path: Path, seed: int, steps: int) -> None:
    with staged(founded, tmp_path / "dock") as stage:
        way = Wandering(stage, seed, steps)
        for signed in (way.granted, *way.journey.signed):
            stage.node.submission.submit(signed)
            stage.clock.advance(60)
        stage.settle()
        contest_some(stage, random.Random(seed))
        deliver_some(stage, random.Random(seed))
        stage.pass_time(HOUR)
        world = read(stage)
        total = 0
        for partner in ROLES:
            items = worklist(stage, partner)
            shown = {Seen(item.kind, item.subject, item.detail) for item in items}
            wanted, possible = set(naive(world, partner)), set(moved_on(world, partner))
            assert wanted <= shown <= wanted | possible, (partner, wanted ^ shown)
            for item in items:
                would_be_accepted(stage, item, partner)
            total += len(items)
        assert total
        stage.audited()


def contest_some(stage: Stage, chance: random.Random) -> None:
    for partner in (MAKER, SHOP):
        for item in worklist(stage, partner):
            if item.kind is Kind.TENDER and chance.random() < 0.5:
                stage.sign(drafted(stage, item), partner)


def deliver_some(stage: Stage, chance: random.Random) -> None:
    for row in read(stage).rows:
        whole = row.state == ShipmentState.OPEN and row.child_index != REMAINDER_INDEX
        if whole and row.consignee == SHOP != row.custodian != 0 and chance.random() < 0.8:
            stage.hand(row.custodian, SHOP, (row.shipment, row.sequence, row.packages))


def would_be_accepted(stage: Stage, item: Item, partner: int) -> None:
    """By all that acceptance asks of a record before anybody signs it."""
    more = FILLED.get(item.action, {})
    if more.get("receiver") == partner:
        more = {"receiver": SECOND}
    signer = LOCKER if item.action is Action.BEAR_OUT else partner
    (key,) = stage.keys([signer])
    stage.node.submission.check_signable(drafted(stage, item, **more), key.address)


def read(stage: Stage) -> World:
    node = stage.node
    with node.home.database.read() as connection:
        registry = node.reader.registry.refreshed(connection)
        journeys = Journeys(VerifiedRecords(connection, node.home.consortium, registry).all())
        rows = [row for _, row in parties.page(connection, Wanted(), limit=10_000)]
        return World(rows, journeys, registry.now().time)


def naive(world: World, partner: int) -> Iterator[Seen]:
    """Shipment by shipment, from verified records and their outcomes."""
    for row in world.rows:
        if row.state == ShipmentState.OPEN and row.custodian == partner:
            yield Seen(Kind.MISSING if row.child_index == REMAINDER_INDEX else Kind.CUSTODY, row.shipment, "")
        for tender in tenders_at(world.journeys, row.shipment, world.now):
            said = {s.verified.id: s.record for s in world.journeys.statements(row.shipment)}.get(tender.verified.id)
            if said is None:
                continue  # of goods that this was split from
            if tender.state is TenderState.OPEN and partner in {row.consignor, row.consignee} - {said.by}:
                yield Seen(Kind.TENDER, row.shipment, to_hex(tender.verified.id))
            if tender.state is TenderState.DISPUTED and partner == said.by:
                yield Seen(Kind.CONTEST, row.shipment, to_hex(tender.verified.id))
        yield from _clearances(world, row, partner)
    for terms in {row.terms for row in world.rows if row.state == ShipmentState.OPEN}:
        opened, endorsed = world.journeys.terms_of(terms), world.journeys.endorsements(terms)
        commercial = opened.record.commercial
        assert isinstance(commercial, Commercial)
        if commercial.liable == partner not in {*opened.verified.signers, *(each.record.by for each in endorsed)}:
            yield Seen(Kind.ENDORSEMENT, terms, "")


def moved_on(world: World, partner: int) -> Iterator[Seen]:
    """Tenders that count as if never made, because the goods went on: that takes all records to see."""
    for row in world.rows:
        for match in world.journeys.statements(row.shipment):
            if match.record.kind == StatementKind.TENDER:
                kind = Kind.CONTEST if match.record.by == partner else Kind.TENDER
                states = {t.verified.id: t.state for t in tenders_at(world.journeys, row.shipment, world.now)}
                if states.get(match.verified.id) is TenderState.MOVED_ON:
                    yield Seen(kind, row.shipment, to_hex(match.verified.id))


def _clearances(world: World, row: Shipment, partner: int) -> Iterator[Seen]:
    """All of them are of one pair, the maker's export."""
    detail, parties = "NZ2", {row.consignor, row.consignee, row.custodian} - {0}
    taken = [
        match
        for match in world.journeys.clearances(row.shipment)
        if match.verified.outcomes[[i.shipment for i in match.record.items].index(row.shipment)] in APPLIED
    ]
    taken.sort(key=lambda match: match.verified.place)
    decided = [match for match in taken if match.record.status not in (S.LODGED, S.AMENDED)]
    status = decided[-1].record.status if decided else 0
    after = taken[taken.index(decided[-1]) + 1 :] if decided else taken
    lodged = any(match.record.status == S.LODGED for match in after)
    required, released = '"NZ", 2' in row.requires, status in RELEASES
    alive = row.state in (ShipmentState.OPEN, ShipmentState.DELIVERED)
    if not alive or released:
        return
    if partner == NZ and (lodged or status in (S.HELD, S.PRESENTED, S.INSPECTED)):
        yield Seen(Kind.DECISION, row.shipment, detail)
    if row.state != ShipmentState.OPEN:
        return
    brokers = {match.record.by for match in taken} & {BROKER} - parties
    if status in (S.HELD, S.RECALLED) and not lodged:
        if partner in parties | brokers:
            yield Seen(Kind.CUSTOMS_HOLD, row.shipment, detail)
    elif required and not status and not lodged:
        if partner in parties:
            yield Seen(Kind.CLEARANCE, row.shipment, detail)
    elif required and partner in brokers:
        yield Seen(Kind.RELAY, row.shipment, detail)
