"""Families: parts that travelled apart under one promise share one sum, rounded down once.

floor(Σ shareᵢ · min(αᵢ·lateᵢ², capᵢ·86400²) / 86400²), spread over the parts by largest remainder, ties in the order of
the paths of child indexes: so splitting changes nothing, and no part's share moves another's by more than one unit.
A child whose amended terms name another currency is a family of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from weakref import WeakKeyDictionary

from ledger.common.periods import DAY
from ledger.penalties.lateness import PortionLine, lateness_of
from ledger.shipments.amendments import TermsInForce, terms_in_force
from ledger.shipments.history import Journeys
from ledger.shipments.parts import parts_of
from ledger.shipments.portions import WHOLE

DAY_SQUARED = DAY * DAY
_LAST: "WeakKeyDictionary[Journeys, tuple[tuple[int, bytes, int | None], list[Family]]]" = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Family:
    """The parts of one penalty, in the order of their paths, under `head`: the shipment that states it."""

    head: bytes
    lines: tuple[PortionLine, ...]

    @property
    def low(self) -> Fraction:
        return sum((term_of(line, line.late_seconds) for line in self.lines), Fraction(0))

    @property
    def high(self) -> Fraction:
        return sum((term_of(line, line.late_seconds_high) for line in self.lines), Fraction(0))


def term_of(line: PortionLine, late: int) -> Fraction:
    """What these goods cost exactly if they are `late` seconds late, in minor units."""
    term = Fraction(min(line.alpha * late * late, line.cap * DAY_SQUARED), DAY_SQUARED)
    return term if line.share is WHOLE else line.share * term


def families_of(journeys: Journeys, shipment: bytes, at: int | None) -> list[Family]:
    """The families of all goods of `shipment`, that of its own terms first, with the share of each part.

    The last answer about these journeys is remembered: of a family of 200, each child's own part is asked in turn.
    Raises `NotFound` when the terms are not known, or a part that the figure needs is withheld.
    """
    asked = journeys.version, shipment, at
    last = _LAST.get(journeys)
    if last is None or last[0] != asked:
        last = _LAST[journeys] = asked, _families(journeys, shipment, at)
    return last[1]


def _families(journeys: Journeys, shipment: bytes, at: int | None) -> list[Family]:
    grouped: dict[bytes, list[PortionLine]] = {head_of(journeys, shipment): []}
    for line in lines_of(journeys, shipment, at):
        grouped.setdefault(head_of(journeys, line.part.promised), []).append(line)
    return [Family(head, _spread(lines)) for head, lines in grouped.items()]


def lines_of(journeys: Journeys, shipment: bytes, at: int | None) -> list[PortionLine]:
    """Every part of `shipment` with its clock, in the order of their paths; shares still 0."""
    terms = journeys.terms_of(shipment)
    beneficiary = terms_in_force(journeys, shipment).commercial.beneficiary
    forces: dict[bytes, TermsInForce] = {}
    result: list[PortionLine] = []
    for part in parts_of(journeys, shipment, beneficiary):
        name = part.promised
        if name not in forces:
            forces[name] = terms_in_force(journeys, name)
        result.append(lateness_of(journeys, part, terms.record, terms.verified.known, forces[name], at))
    return result


def head_of(journeys: Journeys, shipment: bytes) -> bytes:
    """The shipment that states the penalty of `shipment`: the furthest ancestor in a line of one currency."""
    head = shipment
    *_, opened = journeys.lineage(shipment)
    if not journeys.amendments(opened):
        return opened
    currency = terms_in_force(journeys, shipment).commercial.currency
    for above in journeys.lineage(shipment):
        if terms_in_force(journeys, above).commercial.currency != currency:
            break
        head = above
    return head


def _spread(lines: Sequence[PortionLine]) -> tuple[PortionLine, ...]:
    low = spread([term_of(line, line.late_seconds) for line in lines])
    high = spread([term_of(line, line.late_seconds_high) for line in lines])
    return tuple(
        replace(line, amount=amount, amount_high=most) for line, amount, most in zip(lines, low, high, strict=True)
    )


def spread(terms: Sequence[Fraction]) -> list[int]:
    """The sum of `terms`, rounded down once, over them by largest remainder; ties to the earlier."""
    shares = [int(term) for term in terms]
    left = int(sum(terms)) - sum(shares)
    for i in sorted(range(len(terms)), key=lambda i: (shares[i] - terms[i], i))[:left]:
        shares[i] += 1
    return shares
