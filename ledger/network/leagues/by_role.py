"""Suppliers, warehouses, brokers or customs of one lane side by side, as `ledger.network.league` does carriers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ledger.codes import Role
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import Period
from ledger.network.lane_times import Lane
from ledger.network.league import League, LeagueBy, LeagueEntry, Measured, in_order, median_of
from ledger.network.leagues.served import KeptServed, ServedShipment
from ledger.network.sight import shipments_under
from ledger.records.types import NOBODY, ShipmentTerms
from ledger.scores.composite import NO_SCORE_BELOW
from ledger.scores.confidence import MILLION, wilson
from ledger.scores.samples import Event
from ledger.shipments.history import Journeys


@dataclass(slots=True)
class _Sample:
    """What one event comes to."""

    shipments: set[bytes] = field(default_factory=set)
    times: list[int] = field(default_factory=list)
    good: list[int] = field(default_factory=list)
    evidence: dict[RecordId, None] = field(default_factory=dict)


def league_of(
    role: Role,
    journeys: Journeys,
    period: Period,
    lane: Lane,
    seen: tuple[Callable[[ShipmentTerms], bool], KeptServed],
) -> Callable[[LeagueBy], League]:
    """Those of a role on `lane` in `period`, from shipments under terms that are wanted (`seen`: which, and what was
    done for each); to be put in order of one figure.
    """
    hidden = 0
    of_partner: dict[int, dict[Event, _Sample]] = {}
    for shipment, one in _shipments(journeys, period, *seen):
        if one is None:
            hidden += 1
        elif one.lane == lane:
            _add(of_partner, role, shipment, one)
    entries = [_entry(partner, list(events.values())) for partner, events in sorted(of_partner.items())]
    return lambda by: League(period, role, "", in_order(entries, by), hidden)


def _shipments(
    journeys: Journeys, period: Period, wanted: Callable[[ShipmentTerms], bool], kept: KeptServed
) -> Iterable[tuple[bytes, ServedShipment | None]]:
    for shipment in shipments_under(journeys, wanted):
        one = kept.of(shipment, period.at)
        if one is None or one.second in period:
            yield shipment, one


def _add(of_partner: dict[int, dict[Event, _Sample]], role: Role, shipment: bytes, one: ServedShipment) -> None:
    for served in one.served:
        if served.role is not role or served.partner == NOBODY:
            continue
        sample = of_partner.setdefault(served.partner, {}).setdefault(served.event, _Sample())
        sample.shipments.add(shipment)
        sample.evidence |= dict.fromkeys(served.records)
        if served.seconds is not None:
            sample.times.append(served.seconds)
        if served.good is not None:
            sample.good.append(served.good)


def _entry(partner: int, samples: Sequence[_Sample]) -> LeagueEntry:
    return LeagueEntry(
        PartnerId(partner),
        len({shipment for one in samples for shipment in one.shipments}),
        sum(bool(one.times) for one in samples),
        len(samples),
        median_of([sum(one.times) // len(one.times) for one in samples if one.times]),
        None,
        None,
        _faults([Fraction(sum(one.good), len(one.good)) for one in samples if one.good]),
        tuple(sorted({record for one in samples for record in one.evidence})),
    )


def _faults(shares: Sequence[Fraction]) -> Measured | None:
    """The share of events with a fault, an event being good by the share of its shipments that are."""
    if len(shares) < NO_SCORE_BELOW:
        return None
    good = sum(shares, Fraction(0)) / len(shares)
    low, high = wilson(good.numerator, good.denominator, len(shares))
    return Measured(int((1 - good) * MILLION), MILLION - high, MILLION - low, len(shares))
