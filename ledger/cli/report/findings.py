"""The sentences that lead the report: what a manager would want to know first, each computed from the facts."""

from collections.abc import Iterator
from html import escape

from ledger.cli.report.facts import Facts, LaneFacts
from ledger.cli.report.summaries import NO_MODE, ModeFacts, freight_of
from ledger.cli.report.words import days, money, name_of, percent
from ledger.common.periods import DAY

ENOUGH = 50
"""Shipments of a lane, mode or partner below which a share says little."""
FEW = 10
"""Late shipments below which a median says little."""
LONG_DELAY = 30


def findings(facts: Facts) -> list[str]:
    """HTML sentences, most important first; what the data does not bear out is not said."""
    if not facts.entries:
        return []
    return [
        sentence
        for part in (_punctuality, _direction, _few_partners, _lanes_and_modes, _long_delays, _cost)
        for sentence in part(facts)
    ]


def _punctuality(facts: Facts) -> Iterator[str]:
    count, late = len(facts.entries), len(facts.late)
    if not late:
        yield f"<b>None of the {count:,} shipments is late.</b>"
        return
    text = f"<b>{percent(count - late, count)} of {count:,} shipments are not late.</b>"
    if late >= FEW:
        text += (
            f" Of the {late:,} late ones half were late by {days(facts.lateness.median)} or more, and at most one in "
            f"ten by more than {days(facts.lateness.p90)}."
        )
    else:
        text += f" The latest of the {late:,} late ones is late by {days(max(e.late_seconds for e in facts.late))}."
    yield text


def _direction(facts: Facts) -> Iterator[str]:
    both = facts.comparison
    if both is None or min(both.before.shipments, both.after.shipments) < ENOUGH:
        return
    before, after = (side.late * 10**6 // side.shipments for side in (both.before, both.after))
    shares = (
        f"{percent(both.after.late, both.after.shipments)} late in the last year of promises, after "
        f"{percent(both.before.late, both.before.shipments)} in the year before"
    )
    if abs(after - before) < 5_000:
        yield f"<b>No clear trend:</b> {shares}."
    else:
        word = "better" if after < before else "worse"
        yield f"<b>Punctuality is getting {word}:</b> {shares}."


def _few_partners(facts: Facts) -> Iterator[str]:
    late, total = sorted((p.late for p in facts.partners), reverse=True), len(facts.late)
    if total < 20 or len(late) < 6:
        return
    worst = max(facts.partners, key=lambda p: (p.late, -p.partner))
    count, sum_ = 0, 0
    while sum_ * 2 < total:
        sum_ += late[count]
        count += 1
    spared = percent(len(facts.entries) - total + worst.late, len(facts.entries))
    who = "One partner accounts" if count == 1 else f"{count} of {len(late)} partners account"
    yield (
        f"<b>{who} for {percent(sum_, total)} of the late shipments.</b> {escape(name_of(worst.name))} comes first, "
        f"with {worst.late:,} of its {worst.shipments:,} late; had all of them been on time, the overall share would "
        f"be {spared}."
    )


def _lanes_and_modes(facts: Facts) -> Iterator[str]:
    lanes = [lane for lane in facts.lanes if lane.shipments >= ENOUGH and lane.mode != NO_MODE]
    if len(lanes) < 2:
        return

    def share(group: LaneFacts | ModeFacts) -> tuple[int, int]:
        """Share late; where shares are equal, more shipments count as the more reliable."""
        return group.late * 10**6 // group.shipments, -group.shipments

    worst, best = max(lanes, key=share), min(lanes, key=share)
    text = (
        f"<b>Least reliable of the lanes with {ENOUGH} or more shipments: {escape(worst.lane)} by "
        f"{escape(worst.mode)}</b>, {percent(worst.late, worst.shipments)} of {worst.shipments:,} late; most reliable: "
        f"{escape(best.lane)} by {escape(best.mode)}, {percent(best.late, best.shipments)} of {best.shipments:,}."
    )
    modes = sorted((m for m in facts.modes if m.shipments >= ENOUGH and m.mode != NO_MODE), key=share)
    if len(modes) > 1:
        ranked = ", ".join(f"{escape(m.mode)} {percent(m.late, m.shipments)}" for m in modes)
        text += f" Late by mode: {ranked}."
    yield text


def _long_delays(facts: Facts) -> Iterator[str]:
    late = facts.late
    long = [entry for entry in late if entry.late_seconds > LONG_DELAY * DAY]
    owed = sum(entry.amount for entry in late if entry.currency == facts.currency)
    if not long or not owed:
        return
    theirs = sum(entry.amount for entry in long if entry.currency == facts.currency)
    yield (
        f"<b>Long delays are the costly ones:</b> {percent(len(long), len(late))} of the late shipments were over "
        f"{LONG_DELAY} days late, and bear {percent(theirs, owed)} of the penalties."
    )


def _cost(facts: Facts) -> Iterator[str]:
    capped, uncapped = facts.penalties.get(facts.currency, (0, 0))
    freight = freight_of(facts.entries, facts.currency)
    if not capped or not uncapped:
        return
    text = (
        f"<b>Penalties under the terms come to {money(capped, facts.currency)}</b>; the caps hold back "
        f"{percent(uncapped - capped, uncapped)} of what the rate alone would give."
    )
    if freight.per_shipment is not None:
        text += (
            f" Freight, where it is stated, is {money(freight.freight, facts.currency)}, "
            f"{money(freight.per_shipment, facts.currency)} a shipment: the penalties of these shipments are "
            f"{percent(freight.penalties, freight.freight)} of it."
        )
    yield text
