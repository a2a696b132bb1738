"""`lading penalties` and the scores of `lading scores`: the figures of this home, with their evidence."""

import sys
from typing import Annotated

import typer

from ledger.attested.fx import OLDEST, SCHEMA
from ledger.attested.totals import Chosen
from ledger.cli.output import out, print_json, table
from ledger.common.figure import to_json
from ledger.common.ids import bytes_from_hex
from ledger.common.periods import FOREVER, LONGEST_ROLLING, Step, period_of
from ledger.common.scopes import schema_hash
from ledger.errors import InvalidInput
from ledger.explain.penalties import penalty as penalty_text
from ledger.explain.penalties.one_currency import in_one_text
from ledger.explain.score import explain, measure_stated, measure_text, stated
from ledger.explain.score import why as why_text
from ledger.explain.units import money, points, span
from ledger.penalties import lists
from ledger.penalties.csv_export import penalties_csv, penalty_lines_csv
from ledger.penalties.statement import PenaltyStatement
from ledger.scores.composite import Scorecard
from ledger.services.figures.penalties_and_scores import TrendPoint
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Start = Annotated[
    int | None,
    typer.Option(min=0, max=FOREVER, help="Start of the period, UTC seconds; default: since today's card governs."),
]
End = Annotated[int | None, typer.Option(min=0, max=FOREVER, help="End of the period, UTC seconds; not included.")]
Rolling = Annotated[
    int | None, typer.Option(min=1, max=LONGEST_ROLLING, help="The days before now, instead of a period.")
]
At = Annotated[int | None, typer.Option(min=0, max=FOREVER, help="Judge goods still under way then (UTC seconds).")]


def penalties(
    shipment: Annotated[str | None, typer.Option(help="Only this shipment, line by line.")] = None,
    partner: Annotated[int | None, typer.Option(min=0, help="Only what this partner owes or is owed.")] = None,
    start: Annotated[int, typer.Option(min=0, max=FOREVER, help="Only goods promised from then on, UTC seconds.")] = 0,
    end: Annotated[int, typer.Option(min=0, max=FOREVER, help="Only goods promised before, UTC seconds.")] = FOREVER,
    at: At = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row a shipment.")] = False,
    lines: Annotated[bool, typer.Option("--lines", help="Print CSV, a row a line: goods, hold, tender, leg.")] = False,
    currency: Annotated[str | None, typer.Option("--in", help="Sum up in this currency too, with --rates.")] = None,
    rates: Annotated[
        int | None, typer.Option(min=1, help="The partner whose attested rates count, of the days of the promises.")
    ] = None,
    older: Annotated[int, typer.Option(min=0, max=OLDEST, help="Days by which a rate may be older than its day.")] = 0,
    json: Json = False,
) -> None:
    """Delay penalties from verified records: who owes what to whom, and why.

    With --in and --rates the sums are also told in one currency, exactly, by attested rates of exchange (schema fx);
    penalties without a rate are left out of that sum, and named.
    """
    if json + csv + lines > 1:
        raise InvalidInput("two forms at once", expected="one of --json, --csv, --lines")
    if (currency is None) != (rates is None):
        raise InvalidInput("a currency and whose rates", expected="--in and --rates together")
    if currency is not None and csv + lines:
        raise InvalidInput("rows stay in their currency", expected="--in without --csv and --lines")
    with open_ledger(read_settings()) as reader:
        if shipment is not None:
            found = [reader.numbers.penalty(bytes_from_hex(shipment, 32, "--shipment"), at)]
        else:
            found = reader.numbers.penalties(partner=partner, at=at, start=start, end=end)
        in_one = None
        if currency is not None and rates is not None:
            chosen = Chosen(currency, rates, schema_hash(SCHEMA), older)
            in_one = reader.numbers.total_in_one(found, chosen, partner, at)
    if json:
        listed = lists.to_json(found, partner, form=penalty_text.stated)
        asked = {} if in_one is None else {"in_one": to_json(in_one)}
        print_json({"at": at, "totals": listed["totals"], **asked, "penalties": listed["penalties"]})
    elif csv or lines:
        sys.stdout.write(penalties_csv(found) if csv else penalty_lines_csv(found))
    elif shipment is not None:
        for line in penalty_text.explain(found[0]):
            out.print(line, markup=False)
    else:
        owed = [statement for statement in found if statement.amount]
        out.print(table(("shipment", "liable", "to", "late", "amount", ""), map(_penalty_row, owed)))
        out.print(f"{len(owed)} of {len(found)} shipments cost a penalty")
        for total in lists.totals(found, partner):
            who = "all owe" if partner is None else f"partner {partner} owes"
            also = "" if partner is None else f" and is owed {money(total.is_owed, total.currency)}"
            more = f" (indicative: {money(total.indicative, total.currency)} more)" if total.indicative else ""
            out.print(f"{who} {money(total.owes, total.currency)}{also}{more}", markup=False)
    if in_one is not None and not json:
        for text in in_one_text(in_one, partner):
            out.print(text, markup=False)


def scores(
    partner: Annotated[int | None, typer.Argument(min=1, help="A partner's id; default: all.")] = None,
    start: Start = None,
    end: End = None,
    rolling: Rolling = None,
    why: Annotated[bool, typer.Option("--explain", help="Say what raised and what lowered each score.")] = False,
    json: Json = False,
) -> None:
    """Partner scores by role, with the interval in which they lie; under ten delivery events there is none."""
    with open_ledger(read_settings()) as reader:
        now = reader.home.clock.now()
        if start is None and rolling is None:
            start = reader.numbers.measure().since
        period = period_of(now, start, end, rolling)
        measure = reader.numbers.measure(period.start)
        if partner is not None:
            reader.views.partner(partner)
        cards = list(reader.numbers.scorecards(partner, period))
        names = {view.id: view.name for view in reader.views.partners()}
    if json:
        print_json(
            {
                "measure": measure_stated(measure),
                "scores": [stated(card) for card in cards],
            }
        )
        return
    out.print(f"Measured by: {measure_text(measure)}.", markup=False)
    rows = [(names.get(c.partner, c.partner), c.role.name.lower(), *_score(c), c.shipments, why_text(c)) for c in cards]
    out.print(table(("partner", "role", "score", "low", "high", "shipments", ""), rows))
    for card in cards if why else ():
        out.print(f"\n{names.get(card.partner, card.partner)}, {card.role.name.lower()}", markup=False)
        for line in explain(card):
            out.print(f"  {line}", markup=False)


def trend(
    partner: Annotated[int, typer.Argument(min=1, help="A partner's id.")],
    by: Annotated[Step, typer.Option(help="Calendar quarters or months, UTC.")] = Step.QUARTER,
    count: Annotated[int, typer.Option(min=1, max=120, help="How many, the running one last.")] = 8,
    json: Json = False,
) -> None:
    """The partner's score in each of the last quarters or months, each by the scorecard that governed it."""
    with open_ledger(read_settings()) as reader:
        if json:
            print_json(reader.numbers.trend_of(partner, by, count))
            return
        roles = reader.numbers.trend(partner, by, count)
    for role, listed in roles.items():
        rows = [(p.name, *_score(p), p.samples) for p in listed]
        out.print(table((role.name.lower(), "score", "low", "high", "deliveries"), rows))
    if not roles:
        out.print(f"partner {partner} was scored in no role in the last {count} {by}s")


def _penalty_row(statement: PenaltyStatement) -> tuple[object, ...]:
    late = span(statement.late_seconds)
    indicative = "indicative" if statement.indicative else ""
    amount = money(statement.amount, statement.currency)
    return (f"0x{statement.shipment.hex()[:12]}…", statement.liable, statement.beneficiary, late, amount, indicative)


def _score(card: Scorecard | TrendPoint) -> tuple[str, str, str]:
    return points(card.score), points(card.low), points(card.high)
