"""What is not plain, shipment by shipment the general way: samples, penalties, and what flags and ranges need.

It holds values only, so that it can be sent from one process to another.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from ledger.attested.numbers import Said, said_of_all
from ledger.codes import Role
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.errors import NotFound
from ledger.penalties.amounts import Owed, evidence_of, of_statement
from ledger.scores.attested import judged_at
from ledger.scores.card import Indicator
from ledger.scores.flags import Promise, promises_of
from ledger.scores.hidden import concerned_by
from ledger.scores.indicators import known_samples
from ledger.scores.samples import Delivery, Sample, case_of
from ledger.scores.tender_flags import Tendered, tendered
from ledger.shipments.closed import contents_closed
from ledger.shipments.history import Journeys

Place = tuple[int, tuple[int, ...], bytes]
"""Where a shipment stands in the chain's order: opened by terms (0) or parted from another (1), and then where."""
What = tuple[Role, Indicator]


@dataclass(slots=True)
class Others:
    """`places` of all these shipments, by number; `samples` by what they say, each with the number of its shipment."""

    places: list[Place] = field(default_factory=list)
    samples: dict[What, list[tuple[int, Sample]]] = field(default_factory=dict)
    owed: list[tuple[int, Owed]] = field(default_factory=list)
    evidence: dict[bytes, tuple[RecordId, ...]] = field(default_factory=dict)
    """Of what partners owe that were asked about."""
    hidden: list[tuple[bytes, frozenset[int]]] = field(default_factory=list)
    """Shipments of which nothing is known, and on whom they bear."""
    contents_closed: list[tuple[int, bytes]] = field(default_factory=list)
    """Suppliers and shipments of which the goods are withheld."""
    promises: list[Promise] = field(default_factory=list)
    tenders: list[Tendered] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    """Numbers that are attested about anybody: every part has them all."""

    @property
    def deliveries(self) -> list[Delivery]:
        return [sample.delivery for of in self.samples.values() for _, sample in of]


def others_of(journeys: Journeys, shipments: Iterable[bytes], period: Period, liable: Collection[int] = ()) -> Others:
    """Of some shipments, in the chain's order, each with all its relatives among the journeys. Evidence is told of
    penalties of who is `liable`.
    """
    result = Others()
    own: set[bytes] = set()
    for shipment in shipments:
        number = len(result.places)
        result.places.append(place_of(journeys, shipment))
        own.add(shipment)
        case = case_of(journeys, shipment, period)
        if case is not None:
            owed = of_statement(case.statement)
            result.owed.append((number, owed))
            if owed.amount and owed.liable in liable:
                result.evidence[shipment] = evidence_of(journeys, shipment, period.at)
        samples = None if case is None else known_samples(case)
        if samples is None:
            result.hidden.append((shipment, concerned_by(journeys, shipment)))
        for sample in samples or ():
            result.samples.setdefault((sample.role, sample.indicator), []).append((number, sample))
        if shipment in journeys.terms and contents_closed(terms := journeys.terms[shipment].record):
            result.contents_closed.append((terms.consignor, shipment))
    result.promises = [promise for promise in promises_of(journeys, period) if promise.terms in own]
    result.tenders = [one for one in tendered(journeys, period) if one.shipment in own]
    result.said = list(said_of_all(journeys, judged_at(period)))
    return result


def place_of(journeys: Journeys, shipment: bytes) -> Place:
    """Its place in the order of `Journeys.shipments`."""
    if shipment in journeys.terms:
        return 0, journeys.terms[shipment].verified.place, shipment
    if (origin := journeys.origins.get(shipment)) is None:
        raise NotFound("no such shipment", where="shipment", found=shipment.hex())
    return 1, origin.place, shipment


def joined(parts: Sequence[Others]) -> Others:
    """All of them; no shipment may be in two."""
    result = Others()
    starts = accumulate((len(part.places) for part in parts), initial=0)
    for part, start in zip(parts, starts, strict=False):
        result.places += part.places
        for what, samples in part.samples.items():
            result.samples.setdefault(what, []).extend((start + number, sample) for number, sample in samples)
        result.owed += ((start + number, owed) for number, owed in part.owed)
        result.evidence |= part.evidence
        result.hidden += part.hidden
        result.contents_closed += part.contents_closed
        result.promises += part.promises
        result.tenders += part.tenders
        result.said += part.said
    return result
