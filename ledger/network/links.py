"""Cost by link of the chain: freight of the first terms, of later ones and of returns by mode, duty, penalties.

Goods that travel under several terms one after the other have a freight at each: that of their own legs, as those who
signed them agreed. Nothing is shared out, so links add up to what was stated.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledger.codes import Mode, Purpose
from ledger.common.figure import Currency, figure
from ledger.network.contributions import Contribution, Sums, amounts_of, count_of


class Link(StrEnum):
    FREIGHT = "freight"
    ONWARD_FREIGHT = "onward_freight"
    RETURN_FREIGHT = "return_freight"
    DUTY = "duty"
    PENALTIES = "penalties"


LINKS: Mapping[Purpose, Link] = {
    Purpose.ORIGINAL: Link.FREIGHT,
    Purpose.REPLACEMENT: Link.FREIGHT,
    Purpose.ONWARD: Link.ONWARD_FREIGHT,
    Purpose.RE_EXPORT: Link.ONWARD_FREIGHT,
    Purpose.MERGE: Link.ONWARD_FREIGHT,
    Purpose.TRANSFORMATION: Link.ONWARD_FREIGHT,
    Purpose.RETURN: Link.RETURN_FREIGHT,
}
"""By what terms were opened for."""


@figure("link", "mode", "currency", "amount")
@dataclass(frozen=True, slots=True)
class LinkCost:
    """Minor units of one link; `mode` None where none is stated, and for duty and penalties."""

    link: Link
    mode: Mode | None
    currency: Currency
    amount: int


@figure("currency", "shipments", "packages", "orders", "order_packages", "priced_orders", "priced_packages")
@dataclass(frozen=True, slots=True)
class CostBase:
    """What amounts of one currency are spread over, by the currency of the terms.

    `shipments` with their `packages`, as everywhere; `orders` whose goods stay where they went, a return being none and
    the parts of a split one together, with the `order_packages` that stay; `priced` those of them that state a freight.
    """

    currency: Currency
    shipments: int
    packages: int
    orders: int
    order_packages: int
    priced_orders: int
    priced_packages: int


def bases_of(contributions: Sequence[Contribution]) -> tuple[CostBase, ...]:
    """Of these shipments, in the order of their currencies."""
    groups: dict[str, list[Contribution]] = {}
    for one in contributions:
        if count_of(one, "shipments"):
            groups.setdefault(one.currency, []).append(one)
    return tuple(_base(currency, groups[currency]) for currency in sorted(groups))


def _base(currency: str, mine: Sequence[Contribution]) -> CostBase:
    stayed = [one for one in mine if count_of(one, "ended")]
    priced = [one for one in stayed if amounts_of(one, "freight")]
    return CostBase(
        currency,
        shipments=len(mine),
        packages=sum(count_of(one, "packages") for one in mine),
        orders=len({one.order for one in stayed}),
        order_packages=sum(count_of(one, "ended") for one in stayed),
        priced_orders=len({one.order for one in priced}),
        priced_packages=sum(count_of(one, "ended") for one in priced),
    )


def links_of(contributions: Sequence[Contribution], sums: Sums) -> tuple[LinkCost, ...]:
    """Of these shipments, whose `sums` are given too; links in the order of `Link`, then by mode and currency."""
    freight: Counter[tuple[Link, int, str]] = Counter()
    for one in contributions:
        mode = -1 if one.route.mode is None else int(one.route.mode)
        for currency, amount in amounts_of(one, "freight"):
            freight[LINKS[one.route.purpose], mode, currency] += amount
    for link, amounts in ((Link.DUTY, sums.duty), (Link.PENALTIES, sums.penalties)):
        for currency, amount in amounts.items():
            freight[link, -1, currency] += amount
    place = {link: i for i, link in enumerate(Link)}
    return tuple(
        LinkCost(link, None if mode < 0 else Mode(mode), currency, amount)
        for (link, mode, currency), amount in sorted(freight.items(), key=lambda row: (place[row[0][0]], *row[0][1:]))
        if amount
    )
