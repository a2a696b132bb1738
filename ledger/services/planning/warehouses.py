"""Plans of warehouses as somebody asks for them: by a plan file, and by what verified records say to whoever asks."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import BoundedSemaphore
from typing import Any, NamedTuple

from ledger.attested.rate_card import Rate, RateCard
from ledger.codes import ShipmentState
from ledger.common.figure import to_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.errors import Busy, NotFound
from ledger.explain.plans.warehouses import sentences
from ledger.network.contributions import Sums
from ledger.planning.allocate import Allocation, Available, Network, Pair, Spot, Transfer, Way, allocate
from ledger.planning.balance import MOST_WAREHOUSES, MOST_WORK, Balance, Shelf, Shelves, balance
from ledger.planning.capacity import capacities
from ledger.planning.cover import Cover, Coverage, Demand, Share, Site, cover
from ledger.planning.distances import Distances, Position
from ledger.planning.plan_file import PlanFile
from ledger.planning.positions import Positions, positions_of
from ledger.planning.transfer_drafts import Drafts, transfer_drafts
from ledger.planning.trigger import Triggered, trigger
from ledger.provenance.contents import Contents
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.figures.stock import Rights
from ledger.services.home.home import Home
from ledger.services.planning.inputs import Known, looked_at, require_planner
from ledger.services.views.records import Reader
from ledger.shipments.history import Journeys
from ledger.stock.holdings import Stock
from ledger.store.projections import shipments

TYPICAL = 100
"""Packages by which the cheapest of several rates is chosen."""
PATIENCE = 5
_turn = BoundedSemaphore(1)
"""A solver takes a core: one plan at a time."""
Places = Mapping[bool, Mapping[str, Position]]


class Kind(StrEnum):
    ALLOCATE = "allocate"
    TRIGGER = "trigger"
    COVER = "cover"
    BALANCE = "balance"


Plan = Allocation | Triggered | Cover | Balance


class PlanAsked(NamedTuple):
    """`told`: an answer to the same question, whose plan is confirmed in place of being looked for by a solver."""

    kind: Kind
    plan: PlanFile
    told: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WarehouseAnswer:
    """`stated`: which inputs the file gave, in place of records. `left_out`: shipments in the warehouses whose goods no
    plan can move: several products in their packages, none told, or withheld."""

    kind: Kind
    plan: Plan
    asked: PlanFile
    positions: Positions
    left_out: int

    @property
    def stated(self) -> tuple[str, ...]:
        names = ("ways", "stock", "demand", "areas", "shares")
        said = [name for name in names if getattr(self.asked, name) is not None]
        said += ["space"] if any(each.space is not None for each in self.asked.warehouses.values()) else []
        return (*said, *(name for name in ("targets", "thresholds") if getattr(self.asked, name)))

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        match self.plan:
            case Allocation():
                return self.plan.transfers
            case Triggered():
                return self.plan.orders
            case Balance():
                return tuple(
                    Transfer(s.origin, s.destination, s.gtin, s.packages, -s.cost, s.records, s.cost)
                    for s in self.plan.shifts
                )
            case Cover():
                return ()

    def to_json(self, *, evidence: bool = False) -> dict[str, Any]:
        """Without `evidence` no record is named."""
        plan = to_json(self.plan)
        if not evidence:
            for part in ("transfers", "orders", "watched", "shifts", "levels", "services"):
                for each in plan.get(part, ()):
                    each["records"] = None
        return {
            "kind": str(self.kind),
            "at": self.positions.at,
            "file": to_hex(self.asked.sha256),
            "stated": list(self.stated),
            "left_out": self.left_out,
            "unfit": self.positions.unfit,
            "plan": plan,
            "prices": [str(price) for price in getattr(self.plan, "prices", ())],
            "explanation": list(sentences(self.plan)),
        }


def plan_for(
    numbers: Numbers, reader: Reader | None, now: int, asked: tuple[Kind, PlanFile] | PlanAsked, places: Places
) -> WarehouseAnswer:
    """The plan for `reader`, by what it may see; None: whoever runs this home. Nothing is signed or recorded.

    Raises `NotPermitted` for the public, `MalformedRecord` for numbers that make no plan, `Busy` while others plan.
    """
    require_planner(reader)
    wanted = PlanAsked(*asked)
    kind, plan = wanted.kind, wanted.plan
    if not _turn.acquire(timeout=PATIENCE):
        raise Busy("a plan is being made for others", retry_after=PATIENCE)
    try:
        with looked_at(numbers, reader, now) as ledger:
            positions = positions_of(stock_for(ledger.journeys, reader), ledger.journeys, plan, now, ledger.wanted)
            ways = _ways(plan, ledger, places)
            space = _space(plan, ledger, positions)
            coverage = _coverage(plan, ledger) if kind is Kind.COVER else None
        return WarehouseAnswer(kind, _made(wanted, positions, ways, space, coverage), plan, positions,
                               positions.left_out)  # fmt: skip
    finally:
        _turn.release()


def stock_for(journeys: Journeys, reader: Reader | None) -> Stock:
    """Without the goods that the reader may not open: of a part whose goods a split states, terms give no right."""
    stock = Stock(journeys)
    if reader is not None:
        rights = Rights(stock, reader, {})
        for shipment, contents in stock.contents.items():
            if not rights.may_open(contents):
                stock.contents[shipment] = Contents((), True, contents.sources)
    return stock


def _made(
    asked: PlanAsked,
    positions: Positions,
    ways: Mapping[Pair, Way],
    space: Mapping[int, Available],
    of: Coverage | None,
) -> Plan:
    plan, kind = positions.plan, asked.kind
    if kind is Kind.COVER and of is not None:
        return cover(of, told=asked.told)
    if kind is Kind.TRIGGER:
        return trigger(positions, ways, space)
    if kind is Kind.BALANCE:
        return balance(_shelves(positions, ways))
    lacks = {spot: positions.lack(spot, plan.products[spot.gtin].value) for spot in positions.of
             if spot.gtin in plan.products}  # fmt: skip
    available = {spot: positions.available(spot) for spot in positions.of}
    volumes = {gtin: product.volume for gtin, product in plan.products.items()}
    return allocate(Network(plan.currency, available, lacks, ways, space, volumes), told=asked.told)


def _shelves(positions: Positions, ways: Mapping[Pair, Way]) -> Shelves:
    """What has a target, and of what has none what can be spared, the most first, for as many as can be planned."""
    plan = positions.plan
    targets = {spot: target for spot in positions.of if (target := positions.target(spot))}
    free = {spot: positions.available(spot) for spot in positions.of if spot not in targets}
    counts = Counter(spot.gtin for spot in targets)
    room = max((n for n in range(MOST_WAREHOUSES + 1) if n**3 * len(counts) <= MOST_WORK), default=0)
    givers: dict[Spot, Available] = {}
    for spot, spare in sorted(free.items(), key=lambda one: (-one[1].packages, one[0])):
        if spare.packages and 0 < counts[spot.gtin] < room:
            counts[spot.gtin] += 1
            givers[spot] = spare
    shelves = {
        spot: Shelf(positions.of[spot].on_hand, targets.get(spot, 0), tuple(sorted(positions.of[spot].records)))
        for spot in positions.of
        if spot in targets or spot in givers
    }
    return Shelves(plan.currency, plan.rules.worth, shelves, ways, givers)


def drafts_for(home: Home, answer: WarehouseAnswer) -> Drafts:
    """The records that would open the plan's transfers, to be read and signed."""
    with home.database.read() as connection:

        def sequence(shipment: bytes) -> int | None:
            row = shipments.get(connection, shipment)
            open_states = (ShipmentState.OPEN, ShipmentState.DELIVERED)
            if (
                row is None
                or ShipmentState(row.state) not in open_states
                or row.custodian not in answer.asked.warehouses
            ):
                return None  # passed on or ended since the records that the plan rests on
            return row.sequence

        return transfer_drafts(answer.transfers, answer.positions.of, answer.asked, answer.positions.at, sequence)


def _ways(plan: PlanFile, ledger: Known, places: Places) -> Mapping[Pair, Way]:
    """As the file says, else the cheapest rate between the places of two warehouses, by a typical consignment."""
    if plan.ways is not None:
        return plan.ways
    distances = Distances(places[False], places[True], {})
    cards = [card for card in ledger.cards() if card.currency == plan.currency]
    known: dict[tuple[str, str], Way | None] = {}
    result = {}
    for one, origin in plan.warehouses.items():
        for other, destination in plan.warehouses.items():
            if one != other and origin.place and destination.place:
                ends = origin.place, destination.place
                if ends not in known:
                    known[ends] = _cheapest(cards, ends, distances)
                if (way := known[ends]) is not None:
                    result[Pair(one, other)] = way
    return result


def _cheapest(cards: Sequence[RateCard], ends: tuple[str, str], distances: Distances) -> Way | None:
    found = (_way(card, rate, ends, distances) for card in cards for rate in card.rates)
    ways = [way for way in found if way is not None]
    return min(ways, key=lambda w: (w.per_package * TYPICAL + w.per_consignment, w.records), default=None)


def _way(card: RateCard, rate: Rate, ends: tuple[str, str], distances: Distances) -> Way | None:
    fixed = rate.charge(0, distances.between(*ends, rate.mode)) if rate.covers(*ends) else None
    return None if fixed is None else Way(rate.per_package, fixed, (card.record,))


def _space(plan: PlanFile, ledger: Known, positions: Positions) -> dict[int, Available]:
    """What is free: as the file or an attestation says, less what is held."""
    attested = capacities(ledger.journeys, plan.warehouses, ledger.at, ledger.may_open)
    result = {}
    for number, warehouse in plan.warehouses.items():
        said = Available(warehouse.space) if warehouse.space is not None else attested.get(number)
        if said is not None:
            result[number] = Available(max(0, said.packages - positions.holds.get(number, 0)), said.records)
    return result


def _coverage(plan: PlanFile, ledger: Known) -> Coverage:
    """Areas are countries of destination; a delivery counts where its lane has an expected window and it is known who
    had the goods when the shipment opened."""
    seen: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    demand: Counter[str] = Counter()
    records: dict[object, set[RecordId]] = defaultdict(set)
    if plan.shares is None or plan.areas is None:
        start = ledger.at - plan.window_days * DAY
        for shipment in ledger.journeys.shipments():
            try:
                terms = ledger.journeys.terms_of(shipment).record
            except NotFound:
                continue
            one = ledger.kept.of(shipment, ledger.at) if ledger.wanted(terms) else None
            if one is None or not one.route.destination or not start <= one.second < ledger.at:
                continue
            area, sums = one.route.destination[:64], Sums.of([one])
            if sums.delivered:
                demand[area] += sums.packages
                records[area].update(one.evidence)
            if sums.windowed and terms.holder in plan.warehouses:
                pair = terms.holder, area
                seen[pair][0] += sums.windowed - sums.abnormal
                seen[pair][1] += sums.windowed
                records[pair].update(one.evidence)
    areas = plan.areas
    if areas is None:
        areas = {a: Demand(n, tuple(sorted(records[a]))) for a, n in demand.items() if 0 < n <= 10**6}
    shares = plan.shares
    if shares is None:
        shares = {pair: Share(on_time, of, tuple(sorted(records[pair]))) for pair, (on_time, of) in seen.items()
                  if pair[1] in areas}  # fmt: skip
    attested = capacities(ledger.journeys, plan.warehouses, ledger.at, ledger.may_open)
    sites = {}
    for number, warehouse in plan.warehouses.items():
        said = Available(warehouse.space) if warehouse.space is not None else attested.get(number)
        # Room holds the stock that lasts `cover_days`, so that it serves as much more in the window.
        days = max(1, plan.rules.cover_days)
        sites[number] = Site() if said is None else Site(said.packages * plan.window_days // days, said.records)
    return Coverage(sites, areas, {pair: share for pair, share in shares.items() if pair[1] in areas},
                    plan.rules.most_sites)  # fmt: skip
