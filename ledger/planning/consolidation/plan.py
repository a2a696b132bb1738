"""Which shipments go on one manifest, what that saves, and what each partner pays of it.

Shipments of one lane, mode, week and class of goods go together, on as few manifests as their number allows, the
largest together. For that no solver is needed: what a manifest costs is the least of several prices of the form
*fixed + so much a package*, a concave function of its packages that is 0 for none, and a sum of such functions is least
where the packages are the most uneven (Hardy, Littlewood and Pólya, Inequalities, §3.17): the manifests that are filled
in order of size are more uneven than any others. Trying every way to part them is the oracle of its tests.

The cost is shared by mass, where it is stated for all goods of a group, else by packages. Nobody pays more than its own
shipments cost alone, consolidated among themselves.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledger.attested.rate_card import Rate, RateCard
from ledger.codes import Mode
from ledger.common.figure import Amount, Currency, Seconds, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.planning.consolidation.classes import Unfit
from ledger.planning.consolidation.sharing import shares
from ledger.planning.consolidation.waiting import ClassName, Group, Waiting
from ledger.planning.distances import Distances
from ledger.planning.routes.legs import PlaceCode

MOST_ITEMS = 200
"""Items of one handoff."""


class SharedBy(StrEnum):
    MASS = "mass"
    PACKAGES = "packages"


@dataclass(frozen=True, slots=True)
class Price:
    """What somebody asks on a lane, by its card: `fixed` for a manifest and `per_package`."""

    fixed: int
    per_package: int
    partner: int
    card: RecordId

    def of(self, packages: int) -> int:
        return self.fixed + self.per_package * packages


@figure("partner", "card", "packages", "charge", "shipments")
@dataclass(frozen=True, slots=True)
class Manifest:
    """Shipments that one handoff passes to `partner`."""

    partner: PartnerId
    card: RecordId
    packages: int
    charge: Amount
    shipments: tuple[RecordId, ...]


@figure("partner", "shipments", "packages", "grams", "alone", "pays", "saves")
@dataclass(frozen=True, slots=True)
class Contribution:
    """What a consignor pays of the manifests, and what its shipments would cost alone."""

    partner: PartnerId
    shipments: int
    packages: int
    grams: int | None
    alone: Amount
    pays: Amount

    @property
    def saves(self) -> Amount:
        return self.alone - self.pays


@figure(
    ("origin", "group.origin"), ("destination", "group.destination"), ("mode", "group.mode"), ("week", "group.week"),
    ("goods", "group.goods"), "one_holder", "shared_by", "alone", "cost", "saves", "manifests", "contributions",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class Consolidation:
    """One group. `alone`: what its partners pay each for itself. `one_holder`: all of it lies with one partner, who can
    hand it over as it is; else it has to be brought together first, which is not reckoned."""

    group: "GroupFigure"
    one_holder: bool
    shared_by: SharedBy
    manifests: tuple[Manifest, ...]
    contributions: tuple[Contribution, ...]

    @property
    def cost(self) -> Amount:
        return sum(manifest.charge for manifest in self.manifests)

    @property
    def alone(self) -> Amount:
        return sum(one.alone for one in self.contributions)

    @property
    def saves(self) -> Amount:
        return self.alone - self.cost


@dataclass(frozen=True, slots=True)
class GroupFigure:
    """As `Group`."""

    origin: PlaceCode
    destination: PlaceCode
    mode: Mode
    week: Seconds
    goods: ClassName


@figure("currency", "groups", "saves", "single", "unpriced", "kept_out")
@dataclass(frozen=True, slots=True)
class ConsolidationPlan:
    """The groups that save something, the most first. Of the other shipments that wait: `single` have no partner's
    beside them or save nothing, `unpriced` have no rate card for their lane, the rest are `kept_out`."""

    currency: Currency
    groups: tuple[Consolidation, ...]
    single: int
    unpriced: int
    kept_out: Mapping[Unfit, int]

    @property
    def saves(self) -> Amount:
        return sum(group.saves for group in self.groups)


def consolidate(
    found: Sequence[Waiting], kept_out: Mapping[Unfit, int], cards: Sequence[RateCard], currency: str,
    distances: Distances,
) -> ConsolidationPlan:  # fmt: skip
    """The plan by the prices of `cards` in `currency`."""
    by_group: defaultdict[Group, list[Waiting]] = defaultdict(list)
    for one in found:
        by_group[one.group].append(one)
    groups: list[Consolidation] = []
    single = unpriced = 0
    for group in sorted(by_group):
        members = sorted(by_group[group], key=lambda one: one.shipment)
        prices = _prices(cards, currency, group, distances)
        if not prices:
            unpriced += len(members)
            continue
        together = _together(group, members, prices)
        if together is None:
            single += len(members)
        else:
            groups.append(together)
    groups.sort(key=lambda one: (-one.saves, one.group.origin, one.group.destination, one.group.week, one.group.goods))
    return ConsolidationPlan(currency, tuple(groups), single, unpriced, kept_out)


def manifests_of(members: Sequence[Waiting], prices: Sequence[Price], most: int = MOST_ITEMS) -> tuple[Manifest, ...]:
    """The cheapest manifests of at most so many shipments each."""
    ordered = sorted(members, key=lambda one: (-one.packages, one.shipment))
    return tuple(_manifest(ordered[i : i + most], prices) for i in range(0, len(ordered), most))


def _manifest(members: Sequence[Waiting], prices: Sequence[Price]) -> Manifest:
    packages = sum(one.packages for one in members)
    best = min(prices, key=lambda price: (price.of(packages), price.partner, price.card))
    ids = tuple(one.shipment for one in members)
    return Manifest(PartnerId(best.partner), best.card, packages, best.of(packages), ids)


def _together(group: Group, members: Sequence[Waiting], prices: Sequence[Price]) -> Consolidation | None:
    """None where no two partners' shipments save anything."""
    by_partner: defaultdict[int, list[Waiting]] = defaultdict(list)
    for one in members:
        by_partner[one.consignor].append(one)
    partners = sorted(by_partner)
    manifests = manifests_of(members, prices)
    alone = [sum(one.charge for one in manifests_of(by_partner[partner], prices)) for partner in partners]
    total = sum(one.charge for one in manifests)
    if len(partners) < 2 or total >= sum(alone):
        return None
    grams = {partner: _mass(by_partner[partner]) for partner in partners}
    packages = {partner: sum(one.packages for one in by_partner[partner]) for partner in partners}
    masses = [mass for mass in grams.values() if mass is not None]
    by = SharedBy.MASS if len(masses) == len(partners) else SharedBy.PACKAGES
    pays = shares(total, masses if by is SharedBy.MASS else list(packages.values()), alone)
    contributions = tuple(
        Contribution(PartnerId(p), len(by_partner[p]), packages[p], grams[p], most, paid)
        for p, most, paid in zip(partners, alone, pays, strict=True)
    )
    one_holder = len({one.holder for one in members}) == 1
    return Consolidation(GroupFigure(*group), one_holder, by, manifests, contributions)


def _mass(members: Sequence[Waiting]) -> int | None:
    known = [one.grams for one in members if one.grams is not None]
    return sum(known) if len(known) == len(members) else None


def _prices(cards: Sequence[RateCard], currency: str, group: Group, distances: Distances) -> list[Price]:
    return [
        Price(fixed, rate.per_package, card.partner, card.record)
        for card in cards
        if card.currency == currency
        for rate in card.rates
        if _serves(rate, group)
        and (fixed := rate.charge(0, distances.between(group.origin, group.destination, rate.mode))) is not None
    ]


def _serves(rate: Rate, group: Group) -> bool:
    fits = group.mode in (rate.mode, Mode.NOT_SPECIFIED)
    return fits and rate.covers(group.origin, group.destination)
