"""The delivery report in sentences: what a manager would want to know first, each made from its figures."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from ledger.codes import Mode
from ledger.explain.units import days, rounded_money, share_of
from ledger.explain.words import spaced
from ledger.network.report import Lane, LateClass, Report
from ledger.network.report_entries import Summary
from ledger.network.report_findings import (
    ENOUGH,
    LONG_DELAY,
    Trend,
    concentration_of,
    long_delays_of,
    reliability_of,
    trend_of,
)
from ledger.network.routes import Route

FEW = 10
"""Late shipments below which a median says little."""


class Sentence(NamedTuple):
    """`lead` is what to stress; `rest` goes on right behind it."""

    lead: str
    rest: str = ""


def findings(report: Report, name: Callable[[int], str]) -> list[Sentence]:
    """Most important first; what the data does not bear out is not said. `name`: what a partner is called."""
    if not report.entries:
        return []
    return [
        _punctuality(report),
        *_direction(report),
        *_few_partners(report, name),
        *_lanes_and_modes(report),
        *_long_delays(report),
        *_cost(report),
    ]


# --- names of codes and places ---------------------------------------------------------------------------------------


def mode_text(mode: Mode) -> str:
    names = {Mode.NOT_SPECIFIED: "mode not stated", Mode.MARITIME: "sea"}
    return names.get(mode) or spaced(mode.name)


def lane_text(origin: str, destination: str) -> str:
    """What is known of where goods went from and to."""
    if origin and destination:
        return Route(origin, destination, None, None, 0).lane
    return f"to {destination}" if destination else f"from {origin}" if origin else "not stated"


def partner_text(partner: int, names: Mapping[int, str]) -> str:
    return names.get(partner, f"partner {partner}" if partner else "nobody named")


def late_class_text(late: LateClass) -> str:
    """Days, such as `8–14`."""
    if late.most == 0:
        return "on time"
    return f"over {late.least - 1}" if late.most is None else f"{late.least}–{late.most}"


# --- findings --------------------------------------------------------------------------------------------------------


def _late(sums: Summary) -> str:
    return share_of(sums.late, sums.shipments)


def _lane(lane: Lane) -> str:
    return f"{lane_text(lane.origin, lane.destination)} by {mode_text(lane.mode)}"


def _punctuality(report: Report) -> Sentence:
    count, late, lateness = report.sums.shipments, report.sums.late, report.sums.lateness
    if not late:
        return Sentence(f"None of the {count:,} shipments is late.")
    if late >= FEW:
        rest = (
            f" Of the {late:,} late ones half were late by {days(lateness.median)} or more, and at most one in ten by "
            f"more than {days(lateness.p90)}."
        )
    else:
        rest = f" The latest of the {late:,} late ones is late by {days(max(e.late_seconds for e in report.late))}."
    return Sentence(f"{share_of(count - late, count)} of {count:,} shipments are not late.", rest)


def _direction(report: Report) -> Iterator[Sentence]:
    trend, both = trend_of(report), report.comparison
    if trend is None or both is None:
        return
    lead = {
        Trend.NONE: "No clear trend:",
        Trend.BETTER: "Punctuality is getting better:",
        Trend.WORSE: "Punctuality is getting worse:",
    }[trend]
    yield Sentence(
        lead,
        f" {_late(both.after.sums)} late in the last year of promises, after {_late(both.before.sums)} in the year "
        "before.",
    )


def _few_partners(report: Report, name: Callable[[int], str]) -> Iterator[Sentence]:
    found = concentration_of(report)
    if found is None:
        return
    who = "One partner accounts" if found.partners == 1 else f"{found.partners} of {found.of} partners account"
    worst = found.worst
    yield Sentence(
        f"{who} for {share_of(found.late, report.sums.late)} of the late shipments.",
        f" {name(worst.partner)} comes first, with {worst.sums.late:,} of its {worst.sums.shipments:,} late; had all "
        "of them been on time, the overall share would be "
        f"{share_of(found.in_time_without, report.sums.shipments)}.",
    )


def _lanes_and_modes(report: Report) -> Iterator[Sentence]:
    found = reliability_of(report)
    if found is None:
        return
    worst, best = found.worst.sums, found.best.sums
    rest = (
        f", {_late(worst)} of {worst.shipments:,} late; most reliable: {_lane(found.best)}, {_late(best)} of "
        f"{best.shipments:,}."
    )
    if len(found.modes) > 1:
        rest += f" Late by mode: {', '.join(f'{mode_text(m.mode)} {_late(m.sums)}' for m in found.modes)}."
    yield Sentence(f"Least reliable of the lanes with {ENOUGH} or more shipments: {_lane(found.worst)}", rest)


def _long_delays(report: Report) -> Iterator[Sentence]:
    found = long_delays_of(report)
    if found is not None:
        yield Sentence(
            "Long delays are the costly ones:",
            f" {share_of(found.shipments, report.sums.late)} of the late shipments were over {LONG_DELAY} days late, "
            f"and bear {share_of(found.penalty, found.owed)} of the penalties.",
        )


def _cost(report: Report) -> Iterator[Sentence]:
    (capped, uncapped), freight, currency = report.owed, report.sums.freight, report.currency
    if not capped or not uncapped:
        return
    rest = f"; the caps hold back {share_of(uncapped - capped, uncapped)} of what the rate alone would give."
    if freight.per_shipment is not None:
        rest += (
            f" Freight, where it is stated, is {rounded_money(freight.amount, currency)}, "
            f"{rounded_money(freight.per_shipment, currency)} a shipment: the penalties of these shipments are "
            f"{share_of(freight.penalties, freight.amount)} of it."
        )
    yield Sentence(f"Penalties under the terms come to {rounded_money(capped, currency)}", rest)
