"""The report's sections about money, partners, customs and periods."""

from ledger.charts.chart import Subject
from ledger.charts.customs import customs_hours
from ledger.charts.lateness import owed_chart
from ledger.cli.report import charts
from ledger.cli.report.words import Cover, figure, pictures, section, table
from ledger.common.periods import DAY
from ledger.explain.report import mode_text
from ledger.explain.text import say
from ledger.explain.units import UNKNOWN, day, days, money, percent, rounded_money, share_of, tenths_of_percent
from ledger.explain.words import name_of
from ledger.network.performance import compare
from ledger.network.report import PartnerFigures, Report
from ledger.network.report_entries import Rates, Summary

MOST_DEBTORS, MOST_PARTNERS, MOST_SCORES, MOST_NODES = 15, 20, 20, 10
WIDEST_BAND = 7_500
"""Hundredths of a point: a wider interval ranks nobody."""


def penalties(report: Report, cover: Cover) -> str:
    title = "Delay penalties: terms, and where they concentrate"
    if report.rates is None:
        return section(title, "<p>The terms of these shipments state no penalty.</p>")
    if not report.debtors:
        words = f"<p>{_rates(report.rates, report.currency)} No penalty follows from these shipments.</p>"
        return section(title, words)
    totals = "; ".join(
        f"{rounded_money(capped, currency)} ({rounded_money(uncapped, currency)} before caps)"
        for currency, (capped, uncapped) in sorted(report.penalties.items())
        if uncapped
    )
    shown = report.debtors[:MOST_DEBTORS]
    chart = charts.bars(
        [(cover.name(d.partner), d.amount, f"{rounded_money(d.amount)} · {d.shipments:,} late") for d in shown],
        running=[debtor.running_ppm for debtor in shown],
    )
    enough = next(n for n, debtor in enumerate(report.debtors, 1) if debtor.running_ppm >= 800_000)
    indicative = sum(entry.indicative and entry.amount > 0 for entry in report.entries)
    caution = (
        f" {indicative:,} of the penalties are indicative: who is liable has neither signed nor endorsed the terms."
        if indicative
        else ""
    )
    supposed = (
        " In this replay the vendor is taken to be liable, as if it had agreed to these terms; the history says "
        "nothing of penalties."
        if cover.replay
        else ""
    )
    words = (
        f"<p>{_rates(report.rates, report.currency)}{supposed}</p><p>Together {totals}. <b>{enough} of "
        f"{len(report.debtors)}</b> partners with penalties owe 80 % of them.{caution}</p>"
    )
    more = len(report.debtors) - len(shown)
    note = f"{report.currency}, after the caps; right: share of all penalties together with those above"
    foot = f"<p class=small>… and {more} with less.</p>" if more > 0 else ""
    late = [entry for entry in report.entries if entry.late and not entry.indicative]
    owed = [
        ("", owed_chart(Subject.OWED, [entry for entry in late if entry.currency == currency], currency))
        for currency in sorted(report.penalties)
    ]
    drawn = pictures(owed, "owed")
    return section(title, words + drawn + figure("Penalties by liable partner", chart, note=note) + foot)


def _rates(rates: Rates, currency: str) -> str:
    def span(ends: tuple[int, int]) -> str:
        least, most = ends
        return money(least, currency) if least == most else f"{money(least, currency)} to {money(most, currency)}"

    cap = (
        f"{percent(rates.cap_bps * 100)} of the shipment's value"
        if rates.cap_bps is not None
        else span(rates.cap) + " a shipment"
    )
    least, most = rates.grace
    grace = (
        "no grace" if not most else f"a grace of {days(least) if least == most else f'{days(least)} to {days(most)}'}"
    )
    late = "late beyond its grace" if most else "late"
    return (
        f"The terms set α = {span(rates.alpha)} per day², with {grace} and a cap of {cap}: a shipment that is d days "
        f"{late} owes α · d², up to its cap. So a few very late shipments weigh more than many that are a day late."
    )


def partners(report: Report, cover: Cover) -> str:
    """The table of liable partners, and the scores that can be compared."""
    shown = report.partners[:MOST_PARTNERS]
    head = ("partner", "shipments", "delivery events", "on time", "median delay", f"penalty {report.currency}", "score",
            "95 % interval")  # fmt: skip
    rows = [
        (
            cover.name(partner.partner),
            f"{partner.sums.shipments:,}",
            f"{partner.score.samples:,}" if partner.score else UNKNOWN,
            share_of(partner.sums.in_time, partner.sums.shipments),
            days(partner.sums.lateness.median),
            rounded_money(partner.sums.penalty),
            *_score(partner),
        )
        for partner in shown
    ]
    more = len(report.partners) - len(shown)
    foot = f"<p class=small>… and {more} with fewer shipments.</p>" if more > 0 else ""
    words = (
        "<p>Partners by the shipments they are liable for. A delivery event is what arrived together: thirty lines on "
        "one truck are one. Fewer than 10 events give no score, fewer than 30 a provisional one; too few is not bad."
        "</p>"
    )
    return section("Partners", words + table(head, rows, text=1) + foot + _comparable(report, cover) + _trends(cover))


def _trends(cover: Cover) -> str:
    return pictures(
        [
            (say("{name} as {role}", name=cover.name(partner), role=name_of(role)), chart)
            for (partner, role), chart in cover.trends.items()
        ],
        "trend",
    )


def _score(partner: PartnerFigures) -> tuple[str, str]:
    card = partner.score
    if card is None or card.score is None:
        return "too few" if card is not None and card.samples < 10 else UNKNOWN, UNKNOWN
    mark = " prov." if card.provisional else ""
    return f"{card.score / 100:.1f}{mark}", f"{(card.low or 0) / 100:.0f}–{(card.high or 0) / 100:.0f}"


def _comparable(report: Report, cover: Cover) -> str:
    firm = [c for c in report.scores if not c.provisional and (c.high or 0) - (c.low or 0) <= WIDEST_BAND]
    unsure = len(report.scores) - len(firm)
    if not firm:
        return (
            f"<p class=small>No score is firm enough to rank by. Resting on too few deliveries: {unsure:,}; without a "
            f"score: {report.unscored:,}.</p>"
        )
    shown = sorted(firm[:MOST_SCORES], key=lambda card: (-(card.low or 0), card.partner))
    rows = [
        (
            cover.name(card.partner),
            card.low or 0,
            card.score or 0,
            card.high or 0,
            f"{(card.score or 0) / 100:.1f} · {card.samples:,} events",
        )
        for card in shown
    ]
    note = (
        "Dot: score; band: its 95 % interval. Ordered by the lower end, which is what a reward is judged by. "
        f"Left out: {unsure} whose deliveries are too few to rank them, and {report.unscored} without a score."
    )
    return figure("Scores that can be compared", charts.intervals(rows, axis="points, 0 to 100"), note=note)


def nodes(report: Report, cover: Cover) -> str:
    failing = [(partner, node) for partner, node in report.nodes if node.failed]
    handled = sum(node.handled for _, node in report.nodes)
    title = "Failures by node"
    if not failing:
        return section(
            title,
            f"<p>{len(report.nodes):,} partners passed on {handled:,} items; for none of them is a new damage, "
            "shortage or loss on record.</p>",
        )
    rows = [
        (cover.name(partner), f"{node.handled:,}", f"{node.failed:,}", share_of(node.failed, node.handled))
        for partner, node in failing[:MOST_NODES]
    ]
    words = "<p>Items that a partner passed on with new damage or shortage, or lost.</p>"
    return section(title, words + table(("partner", "items handled", "failed", "share"), rows, text=1))


def modes(report: Report) -> str:
    head = ("mode", "shipments", "on time", "median delay", "p90 delay", "freight stated for",
            f"freight {report.currency} a shipment", "… a unit", f"penalty {report.currency}")  # fmt: skip
    groups = [*((mode_text(group.mode), group.sums) for group in report.modes), ("all", report.sums)]
    rows = [_mode(name, sums) for name, sums in groups]
    words = "<p>Delays are those of late shipments. A unit is a package as the terms count them.</p>"
    return section("By mode of transport", words + table(head, rows, text=1))


def _mode(name: str, sums: Summary) -> tuple[str, ...]:
    return (
        name,
        f"{sums.shipments:,}",
        share_of(sums.in_time, sums.shipments),
        days(sums.lateness.median),
        days(sums.lateness.p90),
        f"{sums.freight.shipments:,}",
        _money(sums.freight.per_shipment),
        _money(sums.freight.per_package),
        rounded_money(sums.penalty),
    )


def _money(minor: int | None) -> str:
    return UNKNOWN if minor is None else f"{minor // 100:,}.{minor % 100:02d}"


def comparison(report: Report) -> str:
    both = report.comparison
    if both is None:
        return ""
    before, after = both.before, both.after

    def per_shipment(sums: Summary) -> str:
        return _money(sums.penalty // sums.shipments)

    rows = [
        ("shipments promised", f"{before.sums.shipments:,}", f"{after.sums.shipments:,}"),
        *(
            (name, *(show(side.sums) for side in (before, after)))
            for name, show in (
                ("on time", lambda sums: share_of(sums.in_time, sums.shipments)),
                ("median delay of late ones", lambda sums: days(sums.lateness.median)),
                ("nine in ten late ones within", lambda sums: days(sums.lateness.p90)),
                (f"freight a shipment, {report.currency}", lambda sums: _money(sums.freight.per_shipment)),
                (f"freight a unit, {report.currency}", lambda sums: _money(sums.freight.per_package)),
                (f"penalty a shipment, {report.currency}", per_shipment),
            )
        ),
    ]
    if before.figures and after.figures:
        changes = {change.figure: change for change in compare(before.figures, after.figures)}
        for figure_name, label, show in (
            ("packages", "units, by when their clock stopped", lambda value: f"{value:,}"),
            ("median_seconds", "median delivery time", days),
            ("p90_seconds", "nine in ten delivered within", days),
            ("abnormal_ppm", "abnormal delays", tenths_of_percent),
            ("legs_ppm", "legs in time", tenths_of_percent),
            ("first_time_ppm", "customs released first time", tenths_of_percent),
            ("processing_mean_seconds", "mean processing time", days),
            ("return_ppm", "packages returned", tenths_of_percent),
            ("flexible_ppm", "lanes with a choice", tenths_of_percent),
        ):
            change = changes[figure_name]
            if change.before is not None and change.after is not None:
                rows.append((label, show(change.before), show(change.after)))
    head = (
        "",
        f"{day(before.start)} to {day(before.end - DAY)}",
        f"{day(after.start)} to {day(after.end - DAY)}",
    )
    return section("The last year against the year before", table(head, rows, text=1))


def customs(report: Report) -> str:
    whole = report.network
    if not report.causes:
        return section("Customs", "<p>No customs hold is on record for these shipments.</p>")
    released = tenths_of_percent(whole.first_time_ppm if whole else None)
    words = (
        f"<p>{released} of {whole.procedures if whole else 0:,} procedures were "
        "released without a hold, refusal or amendment. Holds that the liable partner did not cause are taken out of "
        "its delay.</p>"
    )
    return section("Customs", words + pictures([("", customs_hours(report.contributions))], "customs"))
