"""Which shipments go on one manifest, what that saves, and what each partner pays of it.

Shipments of one lane, mode, week and class of goods go together as far as that saves anything: see
`ledger.planning.consolidation.gathering` for who takes part, and who brings goods together that lie with several
partners. What nobody offers to bring together, at a price that is known, is told apart, with what that would be worth.

The cost, that of bringing together included, is shared by mass, where somebody but the consignor stands for all of it,
else by packages. Nobody pays more than its own shipments cost alone, consolidated among themselves.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledger.codes import Mode
from ledger.common.figure import Amount, Currency, Seconds, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.planning.consolidation.classes import Unfit
from ledger.planning.consolidation.gathering import FREE, Filled, Gathering, Lot, filled, gatherings, lots_of
from ledger.planning.consolidation.prices import Asked, Price, carriage, collection
from ledger.planning.consolidation.sharing import shares
from ledger.planning.consolidation.waiting import ClassName, Group, Waiting
from ledger.planning.routes.legs import PlaceCode


class SharedBy(StrEnum):
    MASS = "mass"
    PACKAGES = "packages"


@figure("holder", "packages", "charge", "shipments")
@dataclass(frozen=True, slots=True)
class Collection:
    """Shipments that `holder` passes to whoever collects, by one handoff or, beyond 200, several."""

    holder: PartnerId
    packages: int
    charge: Amount
    shipments: tuple[RecordId, ...]


@figure("partner", "card", "packages", "charge", "shipments")
@dataclass(frozen=True, slots=True)
class Manifest:
    """Shipments that one handoff passes to `partner`."""

    partner: PartnerId
    card: RecordId | None
    packages: int
    charge: Amount
    shipments: tuple[RecordId, ...]


@figure("partner", "shipments", "packages", "grams", "alone", "pays", "saves")
@dataclass(frozen=True, slots=True)
class Contribution:
    """What a consignor pays, and what its shipments would cost alone. `grams`: where verified."""

    partner: PartnerId
    shipments: int
    packages: int
    grams: int | None
    alone: Amount
    pays: Amount

    @property
    def saves(self) -> Amount:
        return self.alone - self.pays


@figure("origin", "destination", "mode", "week", "goods")
@dataclass(frozen=True, slots=True)
class GroupFigure:
    """As `Group`."""

    origin: PlaceCode
    destination: PlaceCode
    mode: Mode
    week: Seconds
    goods: ClassName


@figure(
    ("origin", "group.origin"), ("destination", "group.destination"), ("mode", "group.mode"), ("week", "group.week"),
    ("goods", "group.goods"), "hub", "collector_card", "collector_stated", "collections", "shared_by", "alone", "cost",
    "saves", "bound", "manifests", "contributions",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class Consolidation:
    """One group. `hub` has all of it in the end and hands it over; before, `collections` bring it there from others, at
    the price of `collector_card`, or at a stated one. `alone`: what its partners pay each for itself, `cost`: what all
    of it costs together. No other choice of who takes part, brings together and carries saves more than `bound`.
    """

    group: GroupFigure
    hub: PartnerId
    collector_card: RecordId | None
    collector_stated: bool
    shared_by: SharedBy
    bound: Amount
    collections: tuple[Collection, ...]
    manifests: tuple[Manifest, ...]
    contributions: tuple[Contribution, ...]

    @property
    def cost(self) -> Amount:
        return _charges(self.collections, self.manifests)

    @property
    def alone(self) -> Amount:
        return sum(one.alone for one in self.contributions)

    @property
    def saves(self) -> Amount:
        return self.alone - self.cost


@figure(
    ("origin", "group.origin"), ("destination", "group.destination"), ("mode", "group.mode"), ("week", "group.week"),
    ("goods", "group.goods"), "holders", "worth", "shipments",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class Apart:
    """What lies with several `holders` and would save `worth` on one manifest, less what it costs to bring together:
    nobody asks a price for that which is known here."""

    group: GroupFigure
    holders: tuple[PartnerId, ...]
    worth: Amount
    shipments: tuple[RecordId, ...]


@figure("currency", "groups", "saves", "apart", "single", "unpriced", "kept_out")
@dataclass(frozen=True, slots=True)
class ConsolidationPlan:
    """The groups that save something, the most first. Of the other shipments that wait: `apart` have to be brought
    together first, at a price that nobody states, `single` have nothing beside them or save nothing, `unpriced` have no
    rate card for their lane, the rest are `kept_out`."""

    currency: Currency
    groups: tuple[Consolidation, ...]
    apart: tuple[Apart, ...]
    single: int
    unpriced: int
    kept_out: Mapping[Unfit, int]

    @property
    def saves(self) -> Amount:
        return sum(group.saves for group in self.groups)


def consolidate(found: Sequence[Waiting], kept_out: Mapping[Unfit, int], asked: Asked) -> ConsolidationPlan:
    """The plan by the prices of cards in one currency."""
    by_group: defaultdict[Group, list[Waiting]] = defaultdict(list)
    for one in found:
        by_group[one.group].append(one)
    groups: list[Consolidation] = []
    apart: list[Apart] = []
    unpriced = 0
    for group in sorted(by_group):
        prices = carriage(asked, group)
        if not prices:
            unpriced += len(by_group[group])
            continue
        collectors = collection(asked, group)
        lots = lots_of(by_group[group], prices)
        every = [_made(group, best, prices) for best in gatherings(lots, prices, collectors)]
        made = [together for together in every if together.saves > 0]
        groups += made
        if not collectors:
            apart += _apart(group, _left(lots, made), prices)
    groups.sort(key=lambda one: (-one.saves, _place_in_order(one.group), one.hub))
    apart.sort(key=lambda one: (-one.worth, _place_in_order(one.group)))
    told = sum(len(one.shipments) for group in groups for one in group.manifests)
    single = len(found) - unpriced - told - sum(len(one.shipments) for one in apart)
    return ConsolidationPlan(asked.currency, tuple(groups), tuple(apart), single, unpriced, kept_out)


def _place_in_order(group: GroupFigure) -> tuple[object, ...]:
    return group.origin, group.destination, group.mode, group.week, group.goods


def _left(lots: Sequence[Lot], made: Sequence[Consolidation]) -> list[Lot]:
    gone = {shipment for group in made for manifest in group.manifests for shipment in manifest.shipments}
    return [lot for lot in lots if lot.members[0].shipment not in gone]


def _apart(group: Group, lots: Sequence[Lot], prices: Sequence[Price]) -> Iterator[Apart]:
    for best in gatherings(lots, prices, [FREE]):
        members = [one for lot in best.lots for one in lot.members]
        worth = sum(lot.alone for lot in best.lots) - sum(one.charge for one in filled(members, prices))
        holders = sorted({lot.holder for lot in best.lots})
        if worth > 0 and len(holders) > 1:
            shipments = tuple(sorted(one.shipment for one in members))
            yield Apart(GroupFigure(*group), tuple(map(PartnerId, holders)), worth, shipments)


def _made(group: Group, best: Gathering, prices: Sequence[Price]) -> Consolidation:
    members = [one for lot in best.lots for one in lot.members]
    manifests = tuple(_manifest(one) for one in filled(members, prices))
    charges = best.collected
    collections = tuple(_collection(holder, members, charge) for holder, charge in charges.items())
    by, contributions = _contributions(best.lots, _charges(collections, manifests))
    fetched = best.collector if collections else None
    return Consolidation(
        GroupFigure(*group), PartnerId(best.hub), fetched.card if fetched else None,
        fetched is not None and fetched.card is None, by, best.bound, collections, manifests, contributions,
    )  # fmt: skip


def _charges(collections: Sequence[Collection], manifests: Sequence[Manifest]) -> int:
    return sum(one.charge for one in collections) + sum(one.charge for one in manifests)


def _manifest(one: Filled) -> Manifest:
    shipments = tuple(member.shipment for member in one.members)
    return Manifest(PartnerId(one.price.partner), one.price.card, one.packages, one.charge, shipments)


def _collection(holder: int, members: Sequence[Waiting], charge: int) -> Collection:
    own = [one for one in members if one.holder == holder]
    shipments = tuple(sorted(one.shipment for one in own))
    return Collection(PartnerId(holder), sum(one.packages for one in own), charge, shipments)


def _contributions(lots: Sequence[Lot], total: int) -> tuple[SharedBy, tuple[Contribution, ...]]:
    by_partner: defaultdict[int, list[Lot]] = defaultdict(list)
    for lot in lots:
        by_partner[lot.consignor].append(lot)
    partners = sorted(by_partner)
    members = {partner: [one for lot in by_partner[partner] for one in lot.members] for partner in partners}
    grams = {partner: _mass(members[partner]) for partner in partners}
    packages = {partner: sum(one.packages for one in members[partner]) for partner in partners}
    alone = [sum(lot.alone for lot in by_partner[partner]) for partner in partners]
    masses = [mass for mass in grams.values() if mass is not None]
    by = SharedBy.MASS if len(masses) == len(partners) else SharedBy.PACKAGES
    pays = shares(min(total, sum(alone)), masses if by is SharedBy.MASS else list(packages.values()), alone)
    return by, tuple(
        Contribution(PartnerId(p), len(members[p]), packages[p], grams[p], most, paid)
        for p, most, paid in zip(partners, alone, pays, strict=True)
    )


def _mass(members: Sequence[Waiting]) -> int | None:
    known = [one.grams for one in members if one.grams is not None]
    return sum(known) if len(known) == len(members) else None
