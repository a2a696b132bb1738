"""Samples for scores, and a shipment as the indicators see it.

A sample says: of `due`, `good`. Shares count good things, `DEFECTS` counts bad packages, means and ratios sum what they
average. A hold that a partner did not cause is not its delay, so lateness is measured anew for the partner judged.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ledger.amendments import TermsInForce, terms_in_force
from ledger.codes import ExceptionBit, Role
from ledger.errors import MalformedRecord, NotFound
from ledger.gs1 import Product, gtin14
from ledger.ids import RecordId
from ledger.journeys import Journeys, Move, Portion
from ledger.lateness import PortionLine, lateness_of
from ledger.penalties import PenaltyStatement, penalty_of
from ledger.records import NOBODY, Goods, ShipmentTerms
from ledger.score_card import Indicator
from ledger.structs import Withheld

_SHORT = int(ExceptionBit.SHORT)  # plain integers: enumerations are slow at arithmetic, and this runs for every item
_BAD = _SHORT | int(
    ExceptionBit.DAMAGED | ExceptionBit.WRONG_GOODS | ExceptionBit.SEAL_BROKEN | ExceptionBit.TEMPERATURE
)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to before `end`, judged at `at` (at most `end` matters), all in seconds UTC."""

    start: int
    end: int
    at: int

    def __contains__(self, second: int) -> bool:
        return self.start <= second < self.end

    def due(self, deadline: int) -> bool:
        """Whether the deadline lies in the period and has passed."""
        return deadline in self and deadline < self.at


@dataclass(frozen=True, slots=True)
class Sample:
    """`event` tells delivery events apart: thirty lines on one truck share it. `group`: what may not be summed over.

    `counterparty` is the other side, for the question whether a score rests on one customer.
    """

    role: Role
    partner: int
    indicator: Indicator
    good: int
    due: int
    event: bytes
    records: tuple[RecordId, ...]
    counterparty: int = NOBODY
    group: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One shipment as the indicators see it."""

    journeys: Journeys
    shipment: bytes
    terms: ShipmentTerms
    opened_at: int
    force: TermsInForce
    statement: PenaltyStatement
    portions: dict[bytes, Portion]
    period: Period

    @property
    def lines(self) -> tuple[PortionLine, ...]:
        return self.statement.portions

    @property
    def t0(self) -> int:
        return self.statement.promised_at

    @property
    def came_due(self) -> bool:
        """The promise lies in the period, and it has passed or the goods arrived before."""
        stopped = all(line.stop is not None for line in self.lines)
        return bool(self.statement.promised and self.t0 in self.period and (stopped or self.t0 < self.period.at))

    def event(self, line: PortionLine) -> bytes:
        """The truck: the record that stopped the clock, else the last that moved the goods, else the shipment."""
        if line.stop is not None:
            return line.stop.verified.id
        moves = self.portions[line.shipment].moves
        return moves[-1].verified.id if moves else self.shipment

    def proof(self, line: PortionLine) -> tuple[RecordId, ...]:
        what = line.stop.verified if line.stop else line.ending.verified if line.ending else None
        return (self.statement.terms,) if what is None else (self.statement.terms, what.id)

    def lines_for(self, partner: int) -> tuple[PortionLine, ...]:
        """The lines with the holds that `partner` did not cause taken out, whoever is liable."""
        if partner == self.statement.liable or not any(line.holds for line in self.lines):
            return self.lines
        force = replace(self.force, commercial=replace(self.force.commercial, liable=partner))
        return tuple(
            lateness_of(self.journeys, self.portions[line.shipment], self.terms, self.opened_at, force, self.period.at)
            for line in self.lines
        )


def case_of(journeys: Journeys, shipment: bytes, period: Period) -> Case | None:
    """The case of `shipment`; None where a part that the numbers need is withheld here: that stays unknown."""
    try:
        statement = penalty_of(shipment, journeys, period.at)
        force = terms_in_force(journeys, shipment)
    except NotFound:
        return None
    terms = journeys.terms_of(shipment)
    portions = {portion.shipment: portion for portion in journeys.portions(shipment)}
    return Case(journeys, shipment, terms.record, terms.verified.known, force, statement, portions, period)


def own_moves(portion: Portion) -> Iterator[tuple[Move, int]]:
    """Handoffs under exactly this id, each with the exceptions that are new: only these count against the releaser."""
    noted = 0
    for move in portion.moves:
        new = move.exceptions & _BAD & ~noted
        if move.exceptions & _SHORT:
            new |= _SHORT  # the count is against what was held: every shortage is new
        if move.shipment == portion.shipment and move.handoff is not None and not move.refused:
            yield move, new
        noted |= move.exceptions & ~_SHORT


def products_of(terms: ShipmentTerms) -> list[Product]:
    if isinstance(terms.contents, Withheld):
        return []
    products = []
    for goods in terms.contents:
        if isinstance(goods, Goods) and goods.gtin:
            try:
                products.append(Product(gtin14(goods.gtin), goods.lot))
            except MalformedRecord:
                continue
    return products
