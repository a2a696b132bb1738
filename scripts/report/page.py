"""The page of the report: one HTML file that opens offline, reads well on a screen and prints."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from scripts.report import charts
from scripts.report.facts import DAY, Facts, label_of
from scripts.report.style import STYLE

MOST_LANES, MOST_DEBTORS, MOST_SCORES = 20, 15, 15
HOUR = 3_600
FOREVER = 2**40 - 1
NOT_KNOWN = "not known"


def render(facts: Facts) -> str:
    """The whole file."""
    sections = [
        _headline(facts),
        _time(facts),
        _lanes(facts),
        _windows(facts),
        _penalties(facts),
        _scores(facts),
        _customs(facts),
        _notes(facts),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(facts.title)}</title><style>{STYLE}</style></head><body><main>"
        f"{_heading(facts)}{''.join(sections)}{_foot(facts)}</main></body></html>\n"
    )


def _heading(facts: Facts) -> str:
    first, last = _span(facts)
    judged = _day(facts.period.at)
    return (
        f"<header><h1>{escape(facts.title)}</h1><p class='lead'>{len(facts.entries):,} shipments promised for "
        f"{first} to {last}, judged as of {judged}. Every figure follows from records that both "
        f"sides signed.</p></header>"
    )


# --- sections ------------------------------------------------------------------------------------------------------


def _headline(facts: Facts) -> str:
    late = sum(entry.late for entry in facts.entries)
    count = len(facts.entries)
    whole = facts.all
    capped, uncapped = facts.penalties.get(facts.currency, (0, 0))
    abnormal = whole.abnormal_ppm if whole else None
    cards = [
        (
            _percent(count - late, count),
            "delivered on time",
            f"{count - late:,} of {count:,} shipments by the promised second, customs holds taken out",
        ),
        (
            _days(facts.lateness.median),
            "median delay of late shipments",
            f"mean {_days(facts.lateness.mean)}, nine in ten within {_days(facts.lateness.p90)}",
        ),
        (
            _ppm(abnormal),
            "abnormal delay rate",
            f"of {whole.windowed:,} deliveries with an expected window"
            if whole and whole.windowed
            else "no shipment has a lane and mode with an expected window and a departure on record",
        ),
        (
            _days(whole.median_seconds) if whole else NOT_KNOWN,
            "median delivery time",
            f"mean {_days(whole.mean_seconds)}, nine in ten within {_days(whole.p90_seconds)}"
            if whole and whole.timed
            else "the records do not say when goods left",
        ),
        (
            _money(capped, facts.currency),
            "delay penalties",
            f"{_money(uncapped, facts.currency)} before the agreed caps",
        ),
        (
            _percent(sum(d.amount for d in facts.debtors[:5]), capped),
            "of penalties on the five largest debtors",
            f"partners that owe anything at all: {len(facts.debtors)}",
        ),
    ]
    body = "".join(
        f"<li><strong>{escape(a)}</strong><span>{escape(b)}</span><em>{escape(c)}</em></li>" for a, b, c in cards
    )
    return f"<section><ul class='cards'>{body}</ul></section>"


def _time(facts: Facts) -> str:
    if not facts.entries:
        return _section("Lateness over time", "<p>No shipment was promised for this period.</p>")
    chart = charts.stacked(
        [bucket.label for bucket in facts.buckets],
        [bucket.due - bucket.late for bucket in facts.buckets],
        [bucket.late for bucket in facts.buckets],
        title=f"Shipments by {facts.grain.value} of the promise, on time and late",
        names=("on time", "late"),
    )
    histogram = charts.columns(facts.histogram, title="Shipments by days late", first_is_good=True)
    words = _trend(facts)
    aside = f"<div><h3>How late</h3>{histogram}<p class='small'>Days late, rounded up.</p></div>"
    grid = f"<div class='two'>{aside}<div><h3>What stands out</h3><ul class='points'>{words}</ul></div></div>"
    return _section("Lateness over time", f"<figure>{chart}</figure>{grid}")


def _trend(facts: Facts) -> str:
    points = []
    full = [bucket for bucket in facts.buckets if bucket.due >= max(10, len(facts.entries) // 100)]
    if len(full) >= 2:
        worst = max(full, key=lambda b: (b.late * 10**6 // b.due, b.late))
        best = min(full, key=lambda b: (b.late * 10**6 // b.due, -b.due))
        points.append(
            f"Worst {facts.grain.value}: <b>{worst.label}</b>, {_percent(worst.late, worst.due)} of "
            f"{worst.due:,} late; "
            f"best: <b>{best.label}</b>, {_percent(best.late, best.due)} of {best.due:,}."
        )
    long = sum(entry.late and entry.days_late > 30 for entry in facts.entries)
    late = sum(entry.late for entry in facts.entries)
    if long:
        points.append(f"{long:,} of {late:,} late shipments ({_percent(long, late)}) were over 30 days late.")
    open_ = sum(not entry.delivered for entry in facts.entries)
    if open_ > 0:
        points.append(f"{open_:,} shipments are past their promise and not delivered: their clocks still run.")
    routes = [lane for lane in facts.lanes if lane.shipments >= 20]
    if routes:
        worst_lane = max(routes, key=lambda lane: lane.late * 10**6 // lane.shipments)
        points.append(
            f"Least reliable lane with at least 20 shipments: <b>{escape(worst_lane.lane)}</b> by "
            f"{escape(worst_lane.mode)}, "
            f"{_percent(worst_lane.late, worst_lane.shipments)} late."
        )
    return "".join(f"<li>{point}</li>" for point in points)


def _lanes(facts: Facts) -> str:
    head = (
        "lane", "mode", "shipments", "on time", "median delay", "p90 delay", "median delivery", "legs in time",
        f"penalty {facts.currency}",
    )  # fmt: skip
    rows = [
        (
            lane.lane,
            lane.mode,
            f"{lane.shipments:,}",
            _percent(lane.shipments - lane.late, lane.shipments),
            _days(lane.lateness.median, "–"),
            _days(lane.lateness.p90, "–"),
            _days(lane.figures.median_seconds, "–"),
            _ppm(lane.figures.legs_ppm, "–"),
            _amount(lane.penalties.get(facts.currency, 0)),
        )
        for lane in facts.lanes[:MOST_LANES]
    ]
    more = len(facts.lanes) - MOST_LANES
    foot = f"<p class='small'>… and {more} smaller lanes.</p>" if more > 0 else ""
    return _section("Lanes and modes", _table(head, rows, text=2) + foot)


def _windows(facts: Facts) -> str:
    head = ("to", "mode", "expected days", "deliveries timed", "mean", "median", "p90", "abnormal")
    rows = []
    for row in facts.windows:
        found = row.found
        known = found is not None and found.timed
        rows.append(
            (
                row.market.value,
                row.mode.name.lower(),
                f"{row.window.least}–{row.window.most}",
                f"{found.timed:,}" if found else "0",
                _days(found.mean_seconds if found and known else None, "–"),
                _days(found.median_seconds if found and known else None, "–"),
                _days(found.p90_seconds if found and known else None, "–"),
                _ppm(found.abnormal_ppm if found else None, "–"),
            )
        )
    words = (
        "<p>From the first handoff on the way to the counter-signed delivery, against the days that a market and mode "
        "are expected to take. A delivery is abnormal when it took longer than the window's end.</p>"
    )
    return _section("Delivery time against expected windows", words + _table(head, rows, text=2))


def _penalties(facts: Facts) -> str:
    totals = "; ".join(
        f"{_money(capped, currency)} ({_money(uncapped, currency)} before caps)"
        for currency, (capped, uncapped) in sorted(facts.penalties.items())
        if uncapped
    )
    if not facts.debtors:
        return _section("Delay penalties", "<p>No penalty follows from the terms of these shipments.</p>")
    rows = [
        (debtor.name, debtor.amount, f"{_amount(debtor.amount)} · {debtor.shipments:,} late")
        for debtor in facts.debtors[:MOST_DEBTORS]
    ]
    chart = charts.bars(
        rows,
        title=f"Penalties by liable partner, {facts.currency}",
        running=[debtor.running_ppm for debtor in facts.debtors[:MOST_DEBTORS]],
    )
    for n, debtor in enumerate(facts.debtors, 1):
        if debtor.running_ppm >= 800_000:
            points = f"<b>{n} of {len(facts.debtors)}</b> partners with penalties owe 80 % of them."
            break
    else:
        points = ""
    indicative = sum(entry.indicative and entry.amount > 0 for entry in facts.entries)
    caution = (
        f" {indicative:,} of the penalties are indicative: the liable partner has neither signed "
        f"nor endorsed the terms."
        if indicative
        else ""
    )
    words = (
        f"<p>Together {totals}. {points}{caution} A penalty grows with the square of the delay, so a few very late "
        "shipments weigh more than many that are a day late.</p>"
    )
    return _section("Where penalties concentrate", words + f"<figure>{chart}</figure>")


def _scores(facts: Facts) -> str:
    if not facts.scores:
        words = f"<p>No partner has the ten delivery events that a score needs ({facts.unscored} have fewer).</p>"
        return _section("Partner scores", words)
    shown = facts.scores[:MOST_SCORES]
    ordered = sorted(shown, key=lambda card: (-(card.score or 0), card.partner))
    rows = [
        (
            f"{facts.names.get(card.partner, card.partner)} ({card.role.name.lower()})",
            card.low or 0,
            card.score or 0,
            card.high or 0,
            f"{(card.score or 0) / 100:.1f} · {card.shipments:,} shipments" + ("*" if card.provisional else ""),
        )
        for card in ordered
    ]
    chart = charts.intervals(rows, title="Scores from 0 to 100 with their 95 % intervals")
    words = (
        f"<p>The {len(shown)} partners with most shipments of {len(facts.scores)} that have a score; "
        f"{facts.unscored} have too little on record for one, which is not a bad score. The dot is the score, the band "
        "the 95 % interval: few shipments make it wide. Compare bands, not dots. An asterisk marks a provisional score "
        "(under 30 delivery events).</p>"
    )
    return _section("Partner scores", words + f"<figure>{chart}</figure>")


def _customs(facts: Facts) -> str:
    whole = facts.all
    if not facts.causes:
        return _section("Customs", "<p>No customs hold is on record for these shipments.</p>")
    rows = [(cause, seconds // HOUR, f"{seconds // HOUR:,} h") for cause, seconds in facts.causes]
    chart = charts.bars(rows, title="Hours in customs holds by cause")
    first = _ppm(whole.first_time_ppm if whole else None)
    words = (
        f"<p>{first} of {whole.procedures if whole else 0:,} procedures were released without a hold, refusal or "
        "amendment. Hours below count every hold; those that the liable partner did not cause are taken out of its "
        "delay.</p>"
    )
    return _section("Customs hours by cause", words + f"<figure>{chart}</figure>")


def _notes(facts: Facts) -> str:
    return _section("What the data does and does not say", f"<ul class='points'>{''.join(_note_lines(facts))}</ul>")


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
            f"<li>{replayed:,} shipments were entered after the fact, with an unlimited reporting "
            f"lag in their terms: their "
            "delivery times are as the history claims, not as a log saw them happen.</li>"
        )
    if whole is not None and not whole.timed:
        yield (
            "<li>No departure is on record apart from the delivery, so delivery times and the abnormal delay rate are "
            "not known. Lateness against the promise is.</li>"
        )
    unknown_mode = sum(entry.route.mode is None for entry in facts.entries)
    if unknown_mode:
        yield f"<li>The mode of transport is not stated for {unknown_mode:,} of {count:,} shipments.</li>"
    if sum(not entry.route.origin for entry in facts.entries):
        yield (
            f"<li>The country of origin is not stated for "
            f"{sum(not e.route.origin for e in facts.entries):,} of {count:,} "
            "shipments: it appears as “?” in lanes.</li>"
        )
    if not facts.causes:
        yield "<li>No customs hold is on record: delays that customs caused count as the partners'.</li>"
    others = sorted(set(facts.penalties) - {facts.currency})
    if others:
        apart = ", ".join(map(escape, others))
        yield f"<li>Amounts in {apart} are not added to those in {escape(facts.currency)}.</li>"
    yield (
        "<li>A missing figure means that it is not known, never that it is zero. A bare date as a "
        "promise means the last "
        "second of that day.</li>"
    )


def _foot(facts: Facts) -> str:
    return (
        f"<footer>Computed from verified records under the checkpoint of {escape(facts.origin)} with "
        f"{facts.log_size:,} leaves, root <code>{escape(facts.root)}</code>. Anyone with the bundles of these partners "
        "recomputes the same figures offline: <code>lading export</code>, <code>lading verify</code>.</footer>"
    )


# --- parts ---------------------------------------------------------------------------------------------------------


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, text: int) -> str:
    """`text`: how many of the first columns hold words; the others are numbers and stand to the right."""

    def cells(values: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{'' if i < text else ' class=n'}>{escape(value)}</{tag}>" for i, value in enumerate(values)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<div class='wide'><table><thead><tr>{cells(head, 'th')}</tr></thead><tbody>{body}</tbody></table></div>"


def _span(facts: Facts) -> tuple[str, str]:
    times = [entry.promised_at for entry in facts.entries]
    if not times:
        return _day(facts.period.start), _day(facts.period.end)
    return label_of(min(times), facts.grain), label_of(max(times), facts.grain)


def _day(seconds: int) -> str:
    if seconds >= FOREVER:
        return "the end"
    return datetime.fromtimestamp(min(seconds, 253_402_300_799), UTC).strftime("%-d %B %Y")


def _days(seconds: int | None, unknown: str = NOT_KNOWN) -> str:
    return unknown if seconds is None else f"{seconds / DAY:.1f} days"


def _percent(part: int, whole: int) -> str:
    return NOT_KNOWN if not whole else f"{100 * part / whole:.1f} %"


def _ppm(value: int | None, unknown: str = NOT_KNOWN) -> str:
    return unknown if value is None else f"{value / 10_000:.1f} %"


def _amount(minor: int) -> str:
    return f"{minor // 100:,}"


def _money(minor: int, currency: str) -> str:
    if minor >= 10**10:
        return f"{minor / 10**8:,.1f} M {currency}".strip()
    return f"{minor // 100:,} {currency}".strip()
