"""The page of the report: one HTML file that opens offline, reads well on a screen and a phone, and prints."""

from collections.abc import Iterator
from html import escape

from ledger.cli.report import charts, sections
from ledger.cli.report.entries import label_of
from ledger.cli.report.facts import Facts, LaneFacts
from ledger.cli.report.findings import findings
from ledger.cli.report.style import STYLE
from ledger.cli.report.summaries import NO_MODE, mode_name, mode_of
from ledger.cli.report.words import UNKNOWN_CELL, amount, day, days, figure, money, percent, ppm, section, table

MOST_LANES = 20


def render(facts: Facts) -> str:
    """The whole file."""
    parts = [
        _findings(facts),
        _headline(facts),
        _time(facts),
        sections.comparison(facts),
        sections.modes(facts),
        _lanes(facts),
        _windows(facts),
        sections.penalties(facts),
        sections.partners(facts),
        sections.nodes(facts),
        sections.customs(facts),
        _notes(facts),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(facts.title)}</title><style>{STYLE}</style></head><body><main>"
        f"{_heading(facts)}{''.join(parts)}{_foot(facts)}</main></body></html>\n"
    )


def _heading(facts: Facts) -> str:
    first, last = _span(facts)
    source = (
        "This is a replay of a delivery history: its records were signed by the replay for the vendors and for those "
        "who received the goods, with keys of its own, and penalties read as if the vendor were liable."
        if facts.replay
        else "Every figure follows from records that both sides signed."
    )
    return (
        f"<header><h1>{escape(facts.title)}</h1><p class='lead'>{len(facts.entries):,} shipments promised for "
        f"{first} to {last}, judged as of {day(facts.period.at)}. {source}</p></header>"
    )


def _findings(facts: Facts) -> str:
    found = findings(facts)
    items = "".join(f"<li>{sentence}</li>" for sentence in found)
    return section("In short", f"<ol class='findings'>{items}</ol>") if found else ""


# --- sections ------------------------------------------------------------------------------------------------------


def _headline(facts: Facts) -> str:
    count, late = len(facts.entries), len(facts.late)
    whole = facts.all
    capped, uncapped = facts.penalties.get(facts.currency, (0, 0))
    cards = [
        (
            percent(count - late, count),
            "not late",
            f"{count - late:,} of {count:,} shipments in time, however their clock stopped, customs holds taken out",
        ),
        (
            days(facts.lateness.median),
            "median delay of late shipments",
            f"mean {days(facts.lateness.mean)}, nine in ten within {days(facts.lateness.p90)}",
        ),
        (
            money(capped, facts.currency),
            "delay penalties",
            f"{money(uncapped, facts.currency)} before the agreed caps",
        ),
    ]
    if whole and whole.windowed:
        cards.append((ppm(whole.abnormal_ppm), "abnormal delay rate", f"of {whole.windowed:,} with an expected window"))
    if whole and whole.timed:
        spread = f"mean {days(whole.mean_seconds)}, nine in ten within {days(whole.p90_seconds)}"
        cards.append((days(whole.median_seconds), "median delivery time", spread))
    if len(facts.debtors) > 5:
        share = percent(sum(d.amount for d in facts.debtors[:5]), capped)
        cards.append((share, "of penalties on the five largest debtors", f"of {len(facts.debtors)} that owe anything"))
    body = "".join(
        f"<li><strong>{escape(a)}</strong><span>{escape(b)}</span><em>{escape(c)}</em></li>" for a, b, c in cards
    )
    return f"<section class=bare><ul class='cards'>{body}</ul></section>"


def _time(facts: Facts) -> str:
    if not facts.entries:
        return section("Lateness over time", "<p>No shipment was promised for this period.</p>")
    chart = charts.stacked(
        [bucket.label for bucket in facts.buckets],
        [bucket.due - bucket.late for bucket in facts.buckets],
        [bucket.late for bucket in facts.buckets],
        names=("on time", "late"),
        axes=("shipments", "share late"),
    )
    histogram = charts.columns(facts.histogram, axis="days late, rounded up", first_is_good=True)
    shipments = figure(f"Shipments by {facts.grain.value} of the promise", chart, note="bars: number, line: share late")
    aside = f"<div>{figure('How late shipments were', histogram, note='number of shipments')}</div>"
    stands_out = f"<div><h3>What stands out</h3><ul class='points'>{_trend(facts)}</ul></div>"
    return section("Lateness over time", f"{shipments}<div class='two'>{aside}{stands_out}</div>")


def _trend(facts: Facts) -> str:
    points = []
    full = [bucket for bucket in facts.buckets if bucket.due >= max(10, len(facts.entries) // 100)]
    if len(full) >= 2:
        worst = max(full, key=lambda b: (b.late * 10**6 // b.due, b.late))
        best = min(full, key=lambda b: (b.late * 10**6 // b.due, -b.due))
        points.append(
            f"Worst {facts.grain.value}: <b>{worst.label}</b>, {percent(worst.late, worst.due)} of {worst.due:,} late; "
            f"best: <b>{best.label}</b>, {percent(best.late, best.due)} of {best.due:,}."
        )
    week = sum(entry.delivered and entry.days_late <= 7 for entry in facts.late)
    if week:
        points.append(f"{percent(week, len(facts.late))} of the late shipments came within a week of their promise.")
    running = sum(not entry.stopped and not entry.settled for entry in facts.entries)
    if running:
        points.append(f"{running:,} shipments are past their promise and not delivered: their clocks still run.")
    return "".join(f"<li>{point}</li>" for point in points)


def _lanes(facts: Facts) -> str:
    shown = facts.lanes[:MOST_LANES]
    timed = any(lane.figures.timed for lane in shown)
    legs = any(lane.figures.legs_due for lane in shown)

    def row(lane: LaneFacts) -> list[str]:
        cells = [
            lane.lane,
            lane.mode,
            f"{lane.shipments:,}",
            percent(lane.shipments - lane.late, lane.shipments),
            days(lane.lateness.median, UNKNOWN_CELL),
            days(lane.lateness.p90, UNKNOWN_CELL),
        ]
        cells += [days(lane.figures.median_seconds, UNKNOWN_CELL)] if timed else []
        cells += [ppm(lane.figures.legs_ppm, UNKNOWN_CELL)] if legs else []
        return [*cells, amount(lane.penalties.get(facts.currency, 0))]

    head = ["lane", "mode", "shipments", "on time", "median delay", "p90 delay"]
    head += ["median delivery"] if timed else []
    head += ["legs in time"] if legs else []
    head.append(f"penalty {facts.currency}")
    more = len(facts.lanes) - len(shown)
    foot = f"<p class='small'>… and {more} smaller lanes.</p>" if more > 0 else ""
    words = ""
    if facts.entries and not any(entry.route.origin for entry in facts.entries):
        words = "<p>The records do not say where goods came from, so a lane is a destination and a mode.</p>"
    return section("Lanes", words + table(head, map(row, shown), text=2) + foot)


def _windows(facts: Facts) -> str:
    title = "Delivery time against expected windows"
    timed = [(row, row.found) for row in facts.windows if row.found is not None and row.found.windowed]
    if not timed:
        return section(
            title,
            "<p>No delivery on a lane and mode with an expected window has a departure on record, so how long goods "
            "were on their way is not known, nor which of these times were abnormal.</p>",
        )
    head = ("to", "mode", "expected days", "deliveries timed", "mean", "median", "p90", "abnormal")
    rows = [
        (
            row.market.value,
            mode_name(row.mode),
            f"{row.window.least}–{row.window.most}",
            f"{found.timed:,}",
            days(found.mean_seconds, UNKNOWN_CELL),
            days(found.median_seconds, UNKNOWN_CELL),
            days(found.p90_seconds, UNKNOWN_CELL),
            ppm(found.abnormal_ppm, UNKNOWN_CELL),
        )
        for row, found in timed
    ]
    words = (
        "<p>From the first handoff on the way to the counter-signed delivery, against the days that a market and mode "
        "are expected to take. A delivery is abnormal when it took longer than the window's end.</p>"
    )
    return section(title, words + table(head, rows, text=2))


def _notes(facts: Facts) -> str:
    return section("What the data does and does not say", f"<ul class='points'>{''.join(_note_lines(facts))}</ul>")


def _note_lines(facts: Facts) -> Iterator[str]:
    count, whole = len(facts.entries), facts.all
    yield from (f"<li>{escape(note)}</li>" for note in facts.notes)
    if facts.withheld:
        yield f"<li>{facts.withheld:,} shipments are left out: parts of their terms are withheld here.</li>"
    if facts.unpromised:
        yield f"<li>{facts.unpromised:,} shipments promise no time, so nothing about them can be late.</li>"
    replayed = sum(entry.replayed for entry in facts.entries)
    if replayed:
        yield (
            f"<li>{replayed:,} shipments were entered after the fact, with an unlimited reporting lag in their terms: "
            "their delivery times are as the history claims, not as a log saw them happen.</li>"
        )
    if whole is not None and not whole.timed:
        yield (
            "<li>No departure is on record apart from the delivery, so delivery times and the abnormal delay rate are "
            "not known. Lateness against the promise is.</li>"
        )
    unknown_mode = sum(mode_of(entry.route) == NO_MODE for entry in facts.entries)
    if unknown_mode:
        yield f"<li>The mode of transport is not stated for {unknown_mode:,} of {count:,} shipments.</li>"
    nowhere = sum(not entry.route.origin for entry in facts.entries)
    if nowhere:
        yield f"<li>The country of origin is not stated for {nowhere:,} of {count:,} shipments.</li>"
    unpaid = sum(not entry.freight for entry in facts.entries)
    if unpaid:
        yield f"<li>No freight is stated for {unpaid:,} of {count:,} shipments; averages of freight omit them.</li>"
    if not facts.causes:
        yield "<li>No customs hold is on record: delays that customs caused count as the partners'.</li>"
    others = sorted(set(facts.penalties) - {facts.currency})
    if others:
        apart = ", ".join(map(escape, others))
        yield f"<li>Amounts in {apart} are not added to those in {escape(facts.currency)}.</li>"
    yield (
        "<li>A missing figure means that it is not known, never that it is zero. A bare date as a promise means the "
        "last second of that day.</li>"
    )


def _foot(facts: Facts) -> str:
    return (
        f"<footer>Computed from verified records under the checkpoint of {escape(facts.origin)} with "
        f"{facts.log_size:,} leaves, root <code>{escape(facts.root)}</code>. Anyone with the bundles of these partners "
        "recomputes the same figures offline: <code>lading export</code>, <code>lading verify</code>.</footer>"
    )


def _span(facts: Facts) -> tuple[str, str]:
    times = [entry.promised_at for entry in facts.entries]
    if not times:
        return day(facts.period.start), day(facts.period.end)
    return label_of(min(times), facts.grain), label_of(max(times), facts.grain)
