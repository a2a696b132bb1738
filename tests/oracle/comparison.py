"""The figures of one shipment as the oracle has them and as the product has them, in one form."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tests.oracle.breaches import Breach, breaches
from tests.oracle.facts import Seen
from tests.oracle.penalty import statement
from tests.oracle.product import LegShare, counted_breaches, families, legs, parts
from tests.oracle.travels import World


class Figures(NamedTuple):
    """All that the rules say of one shipment: `others` is what its children in other currencies owe, `shares` what each
    part owes, `recourse` what each leg bears of it.
    """

    low: int
    high: int
    indicative: bool
    others: dict[bytes, tuple[str, int, int]]
    shares: dict[bytes, tuple[int, int]]
    recourse: Counter[LegShare]
    breaches: set[Breach]


def of_oracle(seen: Sequence[Seen], root: bytes, at: int) -> Figures:
    answer = statement(root, seen, at)
    return Figures(
        low=answer.low,
        high=answer.high,
        indicative=answer.indicative,
        others={family: (currency, low, high) for family, currency, low, high in answer.others},
        shares={own: (part.low, part.high) for own, part in answer.parts.items()},
        recourse=Counter(
            LegShare(leg.partner, leg.handoff, leg.overrun, leg.amount) for leg in answer.recourse if leg.amount
        ),
        breaches=breaches(root, seen),
    )


def of_product(seen: Sequence[Seen], root: bytes, at: int) -> Figures:
    whole, *others = families(seen, root, at)
    return Figures(
        low=whole.amount,
        high=whole.amount_high,
        indicative=whole.indicative,
        others={other.family: (other.currency, other.amount, other.amount_high) for other in others},
        shares=parts([whole, *others], {shipment for shipment, _ in World(seen).family(root)}),
        recourse=legs([whole, *others]),
        breaches=counted_breaches(seen, root),
    )


def unlike(seen: Sequence[Seen], root: bytes, at: int) -> dict[str, tuple[object, object]]:
    """By name the figures that differ: the oracle's and the product's."""
    one, other = of_oracle(seen, root, at), of_product(seen, root, at)
    return {name: (a, b) for name, a, b in zip(Figures._fields, one, other, strict=True) if a != b}
