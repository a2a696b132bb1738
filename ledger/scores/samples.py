"""Samples for scores, and a shipment as the indicators see it.

A sample is an `Event`, and good by the share of its packages or lines that are: a day of parcels to one receiver weighs
as much as one crate. Shares count good things, `DEFECTS` counts bad packages, means and ratios sum what they average.
A hold that a partner did not cause is not its delay, so lateness is measured anew for the partner judged. It goes on
after the penalty stopped accruing: `lostAfter` bounds what is owed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import NamedTuple

from ledger.codes import Assurance, ExceptionBit, Role
from ledger.common.gs1 import Product, gtin14
from ledger.common.ids import RecordId
from ledger.common.periods import DAY, Period
from ledger.errors import MalformedRecord, NotFound
from ledger.penalties.lateness import PortionLine, beyond_accrual, lateness_of
from ledger.penalties.statement import PenaltyStatement, own_penalty_of
from ledger.records.eip712 import Withheld
from ledger.records.types import NOBODY, Commercial, Goods, Handoff, Place, ShipmentTerms
from ledger.scores.card import Indicator
from ledger.shipments.amendments import TermsInForce, terms_in_force
from ledger.shipments.closed import closed_places, names_of
from ledger.shipments.history import Journeys
from ledger.shipments.parts import Part, parts_of
from ledger.shipments.portions import Found, Move, Portion

SHORT = int(ExceptionBit.SHORT)  # plain integers: enumerations are slow at arithmetic, and this runs for every item
ANY_SEQUENCE = 2**16
"""After every sequence that there may be."""
BAD = SHORT | int(ExceptionBit.DAMAGED | ExceptionBit.WRONG_GOODS | ExceptionBit.SEAL_BROKEN | ExceptionBit.TEMPERATURE)


class Event(NamedTuple):
    """What is one sample, however many shipments and manifests it takes: all that passes from `giver` to `taker` for
    one `destination` within one UTC day (days since 1970) of the time as counted.

    `recipient` is the one-time key of a partner 0, so that each is one of its own. `destination` is the finest code
    that the terms name (None: closed, which all count as one). What was never delivered: its holder, its consignee, the
    day of its promise. Procedures of a broker: the broker, nobody, the pair as `destination`, the day of the first
    status.
    """

    giver: int
    taker: int
    recipient: bytes
    destination: str | None
    day: int


LONGEST_LATE = 14 * DAY
"""Of a mean delay each sample counts for at most so many seconds."""


class Parties(NamedTuple):
    """Whom a shipment's terms name. `beneficiary`: 0 for nobody, and where the terms' prices are withheld."""

    consignor: int
    consignee: int
    beneficiary: int


class Delivery(NamedTuple):
    """A shipment as its samples are counted: by its delivery `event`, weighed by its `packages` (at least one).

    `terms` opened it, or what it was split or left behind from, and name its `parties`. `excused` seconds were taken
    out for customs by so many `holds`, `on_word` of them on a broker's word (`word` says which); `told_late` are the
    holds that became known over a day after they happened. `closed`: a place is withheld that decides what the shipment
    is one sample with, or when its clock stopped, so that it may be any sample.
    """

    shipment: bytes
    event: Event
    packages: int
    terms: RecordId
    parties: Parties
    excused: int = 0
    on_word: int = 0
    word: tuple[RecordId, ...] = ()
    holds: int = 0
    told_late: tuple[RecordId, ...] = ()
    closed: bool = False


class Sample(NamedTuple):
    """Of `due`, `good`: a part of the sample `delivery.event`. `group`: what may not be summed over. `once`: a record
    that several shipments may name, and which counts once a partner.
    `worst`: what is good if all that is disputed falls; None where nothing is. `best`: what is good if nothing counts
    against the partner that somebody else refused to sign; None where that changes nothing.
    """

    role: Role
    partner: int
    indicator: Indicator
    good: int
    due: int
    records: tuple[RecordId, ...]
    delivery: Delivery
    group: str = ""
    once: bytes = b""
    worst: int | None = None
    best: int | None = None


class OwnMove(NamedTuple):
    """A handoff under exactly one id: the exceptions that are new (only these count against the releaser), the packages
    that were held, and those of them that are missing.
    """

    move: Move
    new: int
    held: int
    missing: int


@dataclass(frozen=True, slots=True)
class Travelled:
    """Goods that travelled as one to their end, with the terms in force for them."""

    portion: Portion
    line: PortionLine
    force: TermsInForce


@dataclass(frozen=True, slots=True)
class Case:
    """One shipment as the indicators see it: the goods under exactly this id, so that what a short item left behind is
    one of its own. `lines` are its goods with how late they are, whether or not a penalty still accrued for that;
    `delivery` is its one delivery event.
    """

    journeys: Journeys
    shipment: bytes
    terms: ShipmentTerms
    opened_at: int
    force: TermsInForce
    statement: PenaltyStatement
    lines: tuple[PortionLine, ...]
    portion: Portion
    period: Period
    delivery: Delivery
    _travels: dict[int | None, "tuple[Travelled, ...]"] = field(default_factory=dict, compare=False, repr=False)

    @property
    def t0(self) -> int:
        return self.statement.promised_at

    @property
    def opened_here(self) -> bool:
        """Opened by terms, not split from another: what its supplier did counts here, once."""
        return self.shipment in self.journeys.terms

    @property
    def outsiders(self) -> frozenset[int]:
        """Who is no carrier of these goods, whatever it signed."""
        return frozenset((self.terms.consignor, self.terms.consignee, NOBODY))

    @property
    def liable_answers(self) -> bool:
        """Whether who is liable put its name to it: signed or endorsed the terms, or signed a handoff of the goods."""
        liable = self.statement.liable
        return self.force.bound or any(
            not move.refused and liable in (move.releaser, move.receiver) for move in self.portion.moves
        )

    def came_due(self, lines: Iterable[PortionLine]) -> bool:
        """The promise lies in the period, and it has passed or the goods arrived before."""
        if not self.statement.promised or self.t0 not in self.period:
            return False
        return self.t0 < self.period.at or all(line.stop is not None for line in lines)

    def proof(self, line: PortionLine) -> tuple[RecordId, ...]:
        what = line.stop.verified if line.stop else line.ending.verified if line.ending else None
        return (self.statement.terms,) if what is None else (self.statement.terms, what.id)

    def travelled(self, judged: int | None = None) -> tuple[Travelled, ...]:
        """All goods of this shipment, those split and left behind from it included, whose clocks run or stopped as one.

        With `judged`, the holds that this partner did not cause are taken out, whoever is liable.
        """
        if judged not in self._travels:
            self._travels[judged] = self._travelled(judged)
        return self._travels[judged]

    def _travelled(self, judged: int | None) -> tuple[Travelled, ...]:
        of_family = parts_of(
            self.journeys, self.journeys.own_shipment(self.shipment), self.force.commercial.beneficiary
        )
        parts = [part for part in of_family if self.shipment in part.home]
        liable = self.statement.liable
        other = judged not in (None, liable) and any(
            held.hold.caused_by in (judged, liable) for line in self.lines for held in line.holds
        )
        apart = len(parts) > len(self.lines)
        lines = [self._line(part, judged) for part in parts] if apart or other else self.lines
        return tuple(Travelled(line.part.portion, line, line.force) for line in lines)

    def _line(self, part: Part, judged: int | None) -> PortionLine:
        force = terms_in_force(self.journeys, part.promised)
        if judged is not None:
            force = replace(force, commercial=replace(force.commercial, liable=judged))
        line = lateness_of(self.journeys, part, self.terms, self.opened_at, force, self.period.at)
        return beyond_accrual(self.journeys, line, self.terms, self.opened_at, self.period.at)


def case_of(journeys: Journeys, shipment: bytes, period: Period) -> Case | None:
    """The case of `shipment`; None where a part that the numbers need is withheld here: that stays unknown."""
    try:
        statement = own_penalty_of(shipment, journeys, period.at)
        force = terms_in_force(journeys, shipment)
    except NotFound:
        return None
    terms, portion = journeys.terms_of(shipment), journeys.portion(shipment)
    opened_at = terms.verified.known
    lines = tuple(beyond_accrual(journeys, line, terms.record, opened_at, period.at) for line in statement.portions)
    delivery = _delivery(journeys, terms, statement, lines, portion)
    return Case(journeys, shipment, terms.record, opened_at, force, statement, lines, portion, period, delivery)


def latest_of(lines: Iterable[PortionLine]) -> PortionLine | None:
    """The latest goods; of equals the first, in the order of the paths of child indexes. None: there are none."""
    return max(lines, key=attrgetter("late_seconds"), default=None)


def destination_of(terms: ShipmentTerms) -> str | None:
    """The finest of GLN, UN/LOCODE and country that the terms name as destination; empty: none; None: closed here."""
    place = terms.destination
    return place.gln or place.locode or place.country if isinstance(place, Place) else None


def parties_of(terms: ShipmentTerms) -> Parties:
    commercial = terms.commercial
    beneficiary = commercial.beneficiary if isinstance(commercial, Commercial) else NOBODY
    return Parties(terms.consignor, terms.consignee, beneficiary)


def event_of(terms: ShipmentTerms, giver: int, taker: int, at: int) -> Event:
    """What passed from `giver` to `taker` under these terms at the second `at`, as counted."""
    recipient = terms.recipientKey if NOBODY in (giver, taker) else b""
    return Event(giver, taker, recipient, destination_of(terms), at // DAY)


def _delivery(
    journeys: Journeys,
    terms: Found[ShipmentTerms],
    statement: PenaltyStatement,
    lines: tuple[PortionLine, ...],
    portion: Portion,
) -> Delivery:
    shipment, line = portion.shipment, latest_of(lines)
    stop = line.stop if line is not None else None
    if stop is not None and isinstance(handoff := stop.verified.record, Handoff):
        event = event_of(terms.record, handoff.releaser, handoff.receiver, stop.at)
    else:
        last = line.part.portion if line is not None else portion
        holder = journeys.holder_at(last.shipment, ANY_SEQUENCE) or NOBODY
        at = statement.promised_at if statement.promised else _last_known(terms, last)
        event = event_of(terms.record, holder, terms.record.consignee, at)
    packages = max(1, portion.counted)
    closed = event.destination is None or any(closed_places(journeys, names_of(journeys, shipment)))
    taken = [held for entry in lines for held in entry.holds if held.taken_out]
    delivery = Delivery(shipment, event, packages, terms.verified.id, parties_of(terms.record), closed=closed)
    if not taken:
        return delivery
    word = [held for held in taken if held.hold.assurance == Assurance.BROKER_WORD]
    seconds, on_word = (sum(held.seconds for held in holds) for holds in (taken, word))
    told_late = tuple(held.hold.held.id for held in taken if held.hold.known_late)
    names = tuple(held.hold.held.id for held in word)
    return delivery._replace(excused=seconds, on_word=on_word, word=names, holds=len(taken), told_late=told_late)


def _last_known(terms: Found[ShipmentTerms], portion: Portion) -> int:
    return portion.moves[-1].verified.known if portion.moves else terms.verified.known


def own_items(portion: Portion) -> Iterator[OwnMove]:
    """What moved under exactly this id, refused items included."""
    noted, held = 0, portion.started
    for move in portion.moves:
        new = move.exceptions & BAD & ~noted
        if move.exceptions & SHORT:
            new |= SHORT  # the count is against what was held: every shortage is new
        if move.shipment == portion.shipment:
            missing = max(0, held - move.packages) if move.packages else 0
            if move.handoff is not None:
                yield OwnMove(move, new, held, missing)
            held = move.packages or held
        noted |= move.exceptions & ~SHORT


def own_moves(portion: Portion) -> Iterator[tuple[Move, int]]:
    """Handoffs under exactly this id, each with the exceptions that are new."""
    for move, new, *_ in own_items(portion):
        if not move.refused:
            yield move, new


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
