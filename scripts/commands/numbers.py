"""`lading penalties`, `lading scores` and `lading bonuses`: the figures of this home, with their evidence."""

from typing import Annotated, Any

import typer

from ledger import penalty_words, score_words
from ledger.ids import RecordId, bytes_from_hex
from ledger.penalties import PenaltyStatement
from ledger.score_samples import Period
from ledger.scores import Scorecard, explain
from ledger.services.node import Node
from ledger.services.settings import read_settings
from scripts.output import money, out, print_json, table

FOREVER = 2**40 - 1
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
At = Annotated[int | None, typer.Option(help="Judge goods still under way at this time (UTC seconds).")]


def penalties(
    shipment: Annotated[str | None, typer.Option(help="Only this shipment, line by line.")] = None,
    partner: Annotated[int | None, typer.Option(help="Only what this partner owes or is owed.")] = None,
    at: At = None,
    json: Json = False,
) -> None:
    """Delay penalties, computed from verified records: who owes what to whom, and why."""
    node = Node(read_settings())
    try:
        if shipment is not None:
            found = [node.numbers.penalty(bytes_from_hex(shipment, 32, "--shipment"), at)]
        else:
            found = node.numbers.penalties(partner=partner, at=at)
    finally:
        node.close()
    if json:
        print_json({"penalties": [penalty_words.to_json(statement) for statement in found]})
    elif shipment is not None:
        for line in penalty_words.explain(found[0]):
            out.print(line, markup=False)
    else:
        owed = [statement for statement in found if statement.amount]
        out.print(table(("shipment", "liable", "to", "late", "amount", ""), map(_penalty_row, owed)))
        out.print(f"{len(owed)} of {len(found)} shipments cost a penalty")


def scores(
    partner: Annotated[int | None, typer.Argument(help="A partner's id; without it, everybody.")] = None,
    start: Annotated[int, typer.Option(help="Start of the period, UTC seconds.")] = 0,
    end: Annotated[int, typer.Option(help="End of the period, UTC seconds.")] = FOREVER,
    why: Annotated[bool, typer.Option("--explain", help="Say what raised and what lowered each score.")] = False,
    json: Json = False,
) -> None:
    """Partner scores by role, with the interval in which they lie; under ten delivery events there is none."""
    node = Node(read_settings())
    try:
        period = Period(start, end, min(node.clock.now(), end))
        cards = list(node.numbers.scorecards(partner, period))
        names = {view.id: view.name for view in node.reading.partners()}
    finally:
        node.close()
    if json:
        print_json({"scores": [score_words.to_json(card) for card in cards]})
        return
    rows = [(names.get(c.partner, c.partner), c.role.name.lower(), *_score(c), c.shipments, c.why) for c in cards]
    out.print(table(("partner", "role", "score", "low", "high", "shipments", ""), rows))
    for card in cards if why else ():
        out.print(f"\n{names.get(card.partner, card.partner)}, {card.role.name.lower()}", markup=False)
        for line in explain(card):
            out.print(f"  {line}", markup=False)


def bonuses(
    agreement: Annotated[str | None, typer.Argument(help="An agreement's record id; without it, all.")] = None,
    json: Json = False,
) -> None:
    """Bonus agreements with status and money; one agreement with its awards line by line."""
    node = Node(read_settings())
    try:
        if agreement is not None:
            found: dict[str, Any] = node.bonuses.agreement(RecordId(bytes_from_hex(agreement, 32, "agreement")))
        else:
            found = {"agreements": node.bonuses.agreements()}
    finally:
        node.close()
    if json:
        print_json(found)
        return
    for entry in found.get("agreements", [found]):
        out.print(f"{entry['id'][:18]}…  {entry['status']}, {money(int(entry['funded']), entry['currency'])} paid in")
        for award in entry.get("awards", ()):
            for line in (award["file"] or {}).get("explanation", ()):
                out.print(f"    {line}", markup=False)


def _penalty_row(statement: PenaltyStatement) -> tuple[object, ...]:
    late = f"{statement.late_seconds / 86400:.2f} d"
    indicative = "indicative" if statement.indicative else ""
    amount = money(statement.amount, statement.currency)
    return (f"0x{statement.shipment.hex()[:12]}…", statement.liable, statement.beneficiary, late, amount, indicative)


def _score(card: Scorecard) -> tuple[str, str, str]:
    low, score, high = (
        "–" if value is None else f"{value // 100}.{value % 100:02d}" for value in (card.low, card.score, card.high)
    )
    return score, low, high
