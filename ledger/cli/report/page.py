"""The page of the report: one HTML file that opens offline, reads well on a screen and a phone, and prints."""

from collections.abc import Iterator
from html import escape
from itertools import groupby

from ledger.charts.chart import Days, Subject
from ledger.charts.lateness import late_days_chart, promised_chart
from ledger.charts.network import network_charts
from ledger.cli.report import fulfilments, planning, sections
from ledger.cli.report.style import STYLE, chart_style
from ledger.cli.report.words import Cover, pictures, section, table
from ledger.codes import Mode
from ledger.common.periods import unit_name, unit_of
from ledger.explain.report import Sentence, findings, lane_text, mode_text
from ledger.explain.units import day, days, rounded_money, share_of, tenths_of_percent
from ledger.network.report import Lane, Report
from ledger.network.report_findings import extremes_of

MOST_LANES = 20


def render(report: Report, cover: Cover) -> str:
    """The whole file."""
    parts = [
        _findings(report, cover),
        _headline(report),
        _time(report),
        sections.comparison(report),
        sections.modes(report),
        fulfilments.fulfilments(report),
        fulfilments.stock(report, cover),
        _lanes(report),
        _windows(report),
        sections.penalties(report, cover),
        sections.partners(report, cover),
        sections.nodes(report, cover),
        sections.customs(report),
        planning.planning(report, cover),
        _notes(report, cover),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(cover.title)}</title><style>{STYLE}{chart_style()}</style></head><body><main>"
        f"{_heading(report, cover)}{''.join(parts)}{_foot(cover)}</main></body></html>\n"
    )


def _heading(report: Report, cover: Cover) -> str:
    first, last = _span(report)
    source = (
        "This is a replay of a delivery history: its records were signed by the replay for the vendors and for those "
        "who received the goods, with keys of its own, and penalties read as if the vendor were liable."
        if cover.replay
        else "Every figure follows from records that both sides signed."
    )
    return (
        f"<header><h1>{escape(cover.title)}</h1><p class='lead'>{len(report.entries):,} shipments promised for "
        f"{first} to {last}, judged as of {day(report.period.at)}. {source}</p></header>"
    )


def _findings(report: Report, cover: Cover) -> str:
    result = findings(report, cover.name)
    items = "".join(f"<li>{_sentence(sentence)}</li>" for sentence in result)
    return section("In short", f"<ol class='findings'>{items}</ol>") if result else ""


def _sentence(sentence: Sentence) -> str:
    return f"<b>{escape(sentence.lead)}</b>{escape(sentence.rest)}"


# --- sections ------------------------------------------------------------------------------------------------------


def _headline(report: Report) -> str:
    sums, whole = report.sums, report.network
    count, lateness = sums.shipments, sums.lateness
    capped, uncapped = report.owed
    cards = [
        (
            share_of(sums.in_time, count),
            "not late",
            f"{sums.in_time:,} of {count:,} shipments in time, however their clock stopped, customs holds taken out",
        ),
        (
            days(lateness.median),
            "median delay of late shipments",
            f"mean {days(lateness.mean)}, nine in ten within {days(lateness.p90)}",
        ),
        (
            rounded_money(capped, report.currency),
            "delay penalties",
            f"{rounded_money(uncapped, report.currency)} before the agreed caps",
        ),
    ]
    if whole and whole.windowed:
        cards.append(
            (
                tenths_of_percent(whole.abnormal_ppm),
                "abnormal delay rate",
                f"of {whole.windowed:,} with an expected window",
            )
        )
    if whole and whole.timed:
        spread = f"mean {days(whole.mean_seconds)}, nine in ten within {days(whole.p90_seconds)}"
        cards.append((days(whole.median_seconds), "median delivery time", spread))
    if len(report.debtors) > 5:
        share = share_of(sum(d.amount for d in report.debtors[:5]), capped)
        cards.append((share, "of penalties on the five largest debtors", f"of {len(report.debtors)} that owe anything"))
    body = "".join(
        f"<li><strong>{escape(a)}</strong><span>{escape(b)}</span><em>{escape(c)}</em></li>" for a, b, c in cards
    )
    return f"<section class=bare><ul class='cards'>{body}</ul></section>"


def _time(report: Report) -> str:
    if not report.entries:
        return section("Lateness over time", "<p>No shipment was promised for this period.</p>")
    classes = [(Days(late.least, late.most), late.shipments) for late in report.late_classes if late.least]
    drawn = pictures([("", promised_chart(report.entries)), ("", late_days_chart(classes))], "time")
    stands_out = f"<h3>What stands out</h3><ul class='points'>{_stands_out(report)}</ul>"
    return section("Lateness over time", drawn + stands_out)


def _stands_out(report: Report) -> str:
    points = []
    if (extremes := extremes_of(report)) is not None:
        (worst, worst_name), (best, best_name) = ((bucket, unit_name(bucket.unit, report.grain)) for bucket in extremes)
        points.append(
            f"Worst {report.grain.name.lower()}: <b>{worst_name}</b>, {share_of(worst.late, worst.due)} of "
            f"{worst.due:,} late; best: <b>{best_name}</b>, {share_of(best.late, best.due)} of {best.due:,}."
        )
    week = sum(entry.delivered and entry.days_late <= 7 for entry in report.late)
    if week:
        points.append(f"{share_of(week, report.sums.late)} of the late shipments came within a week of their promise.")
    running = sum(not entry.stopped and not entry.settled for entry in report.entries)
    if running:
        points.append(f"{running:,} shipments are past their promise and not delivered: their clocks still run.")
    return "".join(f"<li>{point}</li>" for point in points)


def _lanes(report: Report) -> str:
    shown = report.lanes[:MOST_LANES]
    timed = any(lane.figures.timed for lane in shown)
    legs = any(lane.figures.legs_due for lane in shown)

    def row(lane: Lane) -> list[str]:
        cells = [
            lane_text(lane.origin, lane.destination),
            mode_text(lane.mode),
            f"{lane.sums.shipments:,}",
            share_of(lane.sums.in_time, lane.sums.shipments),
            days(lane.sums.lateness.median),
            days(lane.sums.lateness.p90),
        ]
        cells += [days(lane.figures.median_seconds)] if timed else []
        cells += [tenths_of_percent(lane.figures.legs_ppm)] if legs else []
        return [*cells, rounded_money(lane.sums.penalty)]

    head = ["lane", "mode", "shipments", "on time", "median delay", "p90 delay"]
    head += ["median delivery"] if timed else []
    head += ["legs in time"] if legs else []
    head.append(f"penalty {report.currency}")
    more = len(report.lanes) - len(shown)
    foot = f"<p class='small'>… and {more} smaller lanes.</p>" if more > 0 else ""
    words = ""
    if report.entries and not any(entry.route.origin for entry in report.entries):
        words = "<p>The records do not say where goods came from, so a lane is a destination and a mode.</p>"
    return section("Lanes", words + table(head, map(row, shown), text=2) + foot)


def _windows(report: Report) -> str:
    title = "Delivery time against expected windows"
    timed = [(row, row.figures) for row in report.windows if row.figures is not None and row.figures.windowed]
    if not timed:
        return section(
            title,
            "<p>No delivery on a lane and mode with an expected window has a departure on record, so how long goods "
            "were on their way is not known, nor which of these times were abnormal.</p>" + _delivery_times(report),
        )
    head = ("to", "mode", "expected days", "deliveries timed", "mean", "median", "p90", "abnormal")
    rows = [
        (
            row.market.value,
            mode_text(row.mode),
            f"{row.window.least}–{row.window.most}",
            f"{found.timed:,}",
            days(found.mean_seconds),
            days(found.median_seconds),
            days(found.p90_seconds),
            tenths_of_percent(found.abnormal_ppm),
        )
        for row, found in timed
    ]
    words = (
        "<p>From the first handoff on the way to the counter-signed delivery, against the days that a market and mode "
        "are expected to take. A delivery is abnormal when it took longer than the window's end.</p>"
    )
    return section(title, words + table(head, rows, text=2) + _delivery_times(report))


def _delivery_times(report: Report) -> str:
    """By lane, the one with most deliveries first."""
    by_lane = sorted(report.contributions, key=lambda one: one.route.lane)
    drawn = network_charts({lane: list(some) for lane, some in groupby(by_lane, key=lambda one: one.route.lane)})
    return pictures(
        [(lane, c) for lane, some in drawn.items() for c in some if c.subject is Subject.DELIVERY_TIMES], "lane"
    )


def _notes(report: Report, cover: Cover) -> str:
    return section(
        "What the data does and does not say", f"<ul class='points'>{''.join(_note_lines(report, cover))}</ul>"
    )


def _note_lines(report: Report, cover: Cover) -> Iterator[str]:
    count, whole = len(report.entries), report.network
    yield from (f"<li>{escape(note)}</li>" for note in cover.notes)
    if report.withheld:
        yield f"<li>{report.withheld:,} shipments are left out: parts of their terms are withheld here.</li>"
    if report.unpromised:
        yield f"<li>{report.unpromised:,} shipments promise no time, so nothing about them can be late.</li>"
    replayed = sum(entry.replayed for entry in report.entries)
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
    unknown_mode = sum(entry.mode is Mode.NOT_SPECIFIED for entry in report.entries)
    if unknown_mode:
        yield f"<li>The mode of transport is not stated for {unknown_mode:,} of {count:,} shipments.</li>"
    nowhere = sum(not entry.route.origin for entry in report.entries)
    if nowhere:
        yield f"<li>The country of origin is not stated for {nowhere:,} of {count:,} shipments.</li>"
    unpaid = sum(not entry.freight for entry in report.entries)
    if unpaid:
        yield f"<li>No freight is stated for {unpaid:,} of {count:,} shipments; averages of freight omit them.</li>"
    if not report.causes:
        yield "<li>No customs hold is on record: delays that customs caused count as the partners'.</li>"
    others = sorted(set(report.penalties) - {report.currency})
    if others:
        apart = ", ".join(map(escape, others))
        yield f"<li>Amounts in {apart} are not added to those in {escape(report.currency)}.</li>"
    yield (
        "<li>A missing figure means that it is not known, never that it is zero. A bare date as a promise means the "
        "last second of that day.</li>"
    )


def _foot(cover: Cover) -> str:
    return (
        f"<footer>Computed from verified records under the checkpoint of {escape(cover.origin)} with "
        f"{cover.log_size:,} leaves, root <code>{escape(cover.root)}</code>. Anyone with the bundles of these partners "
        "recomputes the same figures offline: <code>lading export</code>, <code>lading verify</code>.</footer>"
    )


def _span(report: Report) -> tuple[str, str]:
    times = [entry.promised_at for entry in report.entries]
    if not times:
        return day(report.period.start), day(report.period.end)
    first, last = (unit_name(unit_of(time, report.grain), report.grain) for time in (min(times), max(times)))
    return first, last
