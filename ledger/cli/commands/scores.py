"""`lading scores`: the partners' scores, and the scorecards by which they are measured.

A card counts once the council has adopted its SHA-256, before the period that it governs. Nothing here has power of its
own: `check` reads a file, `keep` puts it where scores are computed, `adopt` prepares the change that the council signs.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any

import typer

from ledger.bonuses.judgement import SAMPLES, judgements, threshold_of
from ledger.bonuses.rule_file import SCORE
from ledger.cli.adopted_files import FileCommands
from ledger.cli.commands import numbers
from ledger.cli.groups import WithDefault
from ledger.cli.output import err, out, print_json
from ledger.common.ids import to_hex
from ledger.errors import NotFound
from ledger.scores.adopted_card import CARDS
from ledger.scores.card import AttestedNumber, Card, Weighted, parse_card
from ledger.services.home.score_cards import shipped_cards
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger

app = typer.Typer(cls=WithDefault, help="Partner scores, and the scorecards by which they are measured.")
card_app = typer.Typer(no_args_is_help=True, help="Scorecards: check a file, keep it here, prepare its adoption.")
app.add_typer(card_app, name="card")
app.command("show")(numbers.scores)
app.command("trend")(numbers.trend)


@app.command()
def explain(
    partner: Annotated[int | None, typer.Argument(min=1, help="A partner's id; default: all.")] = None,
    start: numbers.Start = None,
    end: numbers.End = None,
    rolling: numbers.Rolling = None,
) -> None:
    """Say which records raised and which lowered a partner's scores, and by how much."""
    numbers.scores(partner, start, end, rolling, why=True)


@app.command()
def judge(
    partner: Annotated[int, typer.Argument(min=1, help="A partner's id.")],
    threshold: Annotated[int, typer.Option(min=0, help="In the indicator's unit: hundredths of a point, or ppm.")],
    indicator: Annotated[str, typer.Option(help="`score`, or a share such as `on-time`.")] = SCORE,
    samples: Annotated[int, typer.Option(min=1, help="Delivery events below which nothing follows.")] = SAMPLES,
    start: numbers.Start = None,
    end: numbers.End = None,
    rolling: numbers.Rolling = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say whether a partner's scores may be rewarded or sanctioned by a threshold, or neither."""
    wanted = threshold_of(indicator, threshold, samples)
    with open_ledger(read_settings()) as reader:
        reader.views.partner(partner)
        result = judgements(wanted, reader.numbers.scorecards(partner, reader.numbers.asked(start, end, rolling)))
    if json:
        print_json({
            "partner": partner, "indicator": indicator, "threshold": threshold, "samples": samples,
            "judgements": [one.to_json() for one in result],
        })  # fmt: skip
        return
    for one in result:
        follows = "may be rewarded" if one.may_reward else "may be sanctioned" if one.may_sanction else "neither"
        out.print(f"as {one.role.name.lower()}: {follows}", markup=False)
    if not result:
        out.print(f"partner {partner} was scored in no role that has {indicator}", markup=False)


@card_app.command()
def show(
    name: Annotated[str, typer.Argument(help="A card that Lading ships; default: its default card.")] = "default",
    file: Annotated[
        bool, typer.Option("--file", help="Print its file byte for byte, as the ground for one of one's own.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Explain a scorecard that Lading ships: blocks, indicators, weights and thresholds; or print its file."""
    cards = shipped_cards()
    if name not in cards:
        raise NotFound("no such card", where="name", expected=", ".join(sorted(cards)), found=name[:80])
    if file:
        typer.echo(cards[name].decode(), nl=False)
        return
    _tell(parse_card(cards[name]), json)
    if not json:
        err.print(f"Its file: lading scores card show {name} --file. Others: {', '.join(sorted(cards))}", markup=False)


def _tell(card: Card, json: bool) -> None:
    roles = {role.name.lower(): [str(w.indicator) for w in weighted] for role, weighted in card.roles.items()}
    if json:
        blocks = {role.name.lower(): _blocks(weighted) for role, weighted in card.roles.items()}
        print_json({"card": to_hex(card.hash), "title": card.title, "roles": roles, "blocks": blocks})
        return
    out.print(f"{card.title}: {to_hex(card.hash)}", markup=False)
    for role, weighted in card.roles.items():
        out.print(f"  {role.name.lower()}", markup=False)
        for block in _blocks(weighted):
            out.print(f"    {block['block']}: {_percent(Fraction(block['weight']))} of the score", markup=False)
            for entry in block["indicators"]:
                out.print(f"      {_line(entry)}", markup=False, soft_wrap=True)


def _blocks(weighted: Sequence[Weighted]) -> list[dict[str, Any]]:
    """The blocks of a role in the card's order, each with weight and indicators. Weights are exact fractions."""
    blocks: dict[str, list[Weighted]] = {}
    for one in weighted:
        blocks.setdefault(one.group, []).append(one)
    return [
        {
            "block": name,
            "weight": str(sum((one.weight for one in own), Fraction(0))),
            "indicators": [_entry(one) for one in own],
        }
        for name, own in blocks.items()
    ]


def _entry(one: Weighted) -> dict[str, Any]:
    entry = {"name": str(one.indicator), "weight": str(one.weight), "zero": one.zero, "full": one.full}
    if isinstance(one.indicator, AttestedNumber):
        number = one.indicator
        entry |= {"schema": to_hex(number.schema), "unit": number.unit, "missing": str(number.missing)}
        entry |= {"self": number.own}
    return entry


def _line(entry: Mapping[str, Any]) -> str:
    unit = f" {entry['unit']}" if "unit" in entry else " s" if entry["name"].endswith("seconds") else " ppm"
    scale = f"0 points at {entry['zero']:,}{unit}, 100 at {entry['full']:,}{unit}"
    line = f"{entry['name']}, {_percent(Fraction(entry['weight']))} of the score: {scale}"
    if "missing" not in entry:
        return line
    missing = "counts as 0 points" if entry["missing"] == "zero" else "is unknown, its weight spread over the others"
    own = "; the partner's own word counts" if entry["self"] else ""
    return f"{line}; while nobody attested it, it {missing}{own}"


def _percent(part: Fraction) -> str:
    return f"{float(part * 100):.4g} %"


FileCommands(
    CARDS,
    "ledger/scores/cards/default.toml shows the form",
    "what it measures: each block with its weight, and in it each indicator with its part of the whole score, its "
    "thresholds, and what becomes of a number that nobody attested",
    _tell,
).add_to(card_app)
