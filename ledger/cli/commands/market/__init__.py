"""`lading market`: rules by market. A file counts once the council has adopted its SHA-256.

`check` reads a file, `keep` puts it where terms are judged, `adopt` prepares the change that the council signs; `needs`
says what terms need, and `changes` what a new version alters for a partner.
"""

import time
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.adopted_files import FileCommands
from ledger.cli.commands.keys import read_file, read_text
from ledger.cli.market_rules import filled, markets_at
from ledger.cli.output import err, out, print_json
from ledger.client.drafts import completed
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.errors import InvalidInput
from ledger.explain.markets.changes import case_text, change_text
from ledger.explain.markets.taxes import deviation_text
from ledger.explain.units import moment
from ledger.markets.adopted_markets import MARKETS
from ledger.markets.market_file import parse_market
from ledger.markets.rules import Market
from ledger.records.types import ShipmentTerms
from ledger.records.wallet_input import envelope_from_wallet
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.markets import ChangesAsked, DeviationsAsked, ShipmentAsked
from ledger.services.home.settings import read_settings
from ledger.services.markets.views import currencies_of, needs_told
from ledger.services.node.reader import open_ledger

app = typer.Typer(no_args_is_help=True, help="Rules by market: files, what terms need, and what a new version changes.")
File = Annotated[Path, typer.Argument(help="A market's file, TOML; ledger/markets/profiles has two examples.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """List the adopted files: in force, coming or replaced."""
    with open_ledger(read_settings()) as reader:
        found = reader.markets.listing()
    if json:
        print_json({"markets": found})
        return
    for one in found:
        told = f"{one['jurisdiction']} version {one['version']}, {one['state']}, from {moment(one['since'])}"
        out.print(f"{told}: {one['title']} {one['market']}", markup=False)
    if not found:
        out.print("no rules of a market are adopted")


@app.command()
def needs(
    file: Annotated[Path, typer.Argument(help="Terms: a record, or a template that leaves out what is empty.")],
    market: Annotated[
        list[Path] | None, typer.Option(help="A market's file; repeat it. Without it: the files in force at the home.")
    ] = None,
    fill: Annotated[
        Path | None, typer.Option("--fill", help="Write the template here, with the clearances that it needs.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what terms need on their lane: clearances, papers, taxes; what they lack; and what is refused."""
    data, now = parse_json(read_file(file), where=str(file)), int(time.time())
    if not isinstance(data, dict):
        raise InvalidInput("no terms", where=str(file), expected='{"type": "ShipmentTerms", "message": {…}}')
    if market:
        markets = markets_at(market, file)
    else:
        with open_ledger(read_settings()) as reader:
            markets = reader.markets.in_force()
    terms = envelope_from_wallet(completed(data, now)).record
    if not isinstance(terms, ShipmentTerms):
        raise InvalidInput("no terms", where=str(file), expected="ShipmentTerms", found=type(terms).__name__)
    told = needs_told(markets, terms, now)
    if fill is not None:
        fill.write_bytes(canonical_json(filled(data, markets, now)) + b"\n")
        err.print(f"written to {fill}", markup=False)
    if json:
        print_json(told)
        return
    for line in told["explanation"] or ["No rules of these markets speak of this lane."]:
        out.print(line, markup=False)
    if told["refused"]:
        out.print(f"Refused by rule {told['refused']}: do not sign.", markup=False)


@app.command()
def shipment(
    shipment: Annotated[str, typer.Argument(help="A shipment's id.")],
    json: Json = False,
) -> None:
    """A shipment beside the rules in force when it opened: needs, lacks, papers, and how its taxes deviate."""
    asked = ShipmentAsked(bytes_from_hex(shipment, 32, "shipment"))
    with open_ledger(read_settings()) as reader:
        told = answered(reader, None, Kind.MARKET_SHIPMENT, asked_json(asked))
    if json:
        print_json(told)
        return
    for line in told["explanation"] or ["No rules of a market speak of this shipment."]:
        out.print(line, markup=False)


@app.command()
def deviations(json: Json = False) -> None:
    """List the clearances whose taxes deviate from the rates of their market, the newest first."""
    with open_ledger(read_settings()) as reader:
        if json:
            print_json(answered(reader, None, Kind.DEVIATIONS, asked_json(DeviationsAsked())))
            return
        found = reader.markets.deviations(None)
        currencies = currencies_of(reader.markets.adopted())
    for duty in found:
        out.print(f"{moment(duty.at)} {duty.jurisdiction}, clearance {to_hex(duty.clearance)}", markup=False)
        for one in duty.deviations:
            out.print(f"  {deviation_text(one, currencies[duty.market])}", markup=False)
    if not found:
        out.print("no assessed tax deviates from the adopted rates")


@app.command()
def changes(
    partner: Annotated[int, typer.Option(min=1, help="Whose lanes and goods.")],
    file: Annotated[
        Path | None, typer.Argument(help="A file that is not adopted yet. Without it: those that are coming.")
    ] = None,
    start: Annotated[int | None, typer.Option(min=1, help="With FILE: from when on, UTC seconds.")] = None,
    json: Json = False,
) -> None:
    """Say what a new version changes for a partner: by its lanes and goods. What is open stays as it is."""
    text = "" if file is None else read_text(file)
    with open_ledger(read_settings()) as reader:
        since = start or reader.home.clock.now()
        if json:
            asked = ChangesAsked(partner, text, since if text else 0)
            print_json(answered(reader, None, Kind.CHANGES, asked_json(asked)))
            return
        if not text:
            found = reader.markets.changes(partner)
        else:
            found = (reader.markets.changes_by(partner, parse_market(text.encode()), since),)
    for one in found:
        market = one.market
        told = f"{market.jurisdiction} version {market.version} from {moment(one.since)}"
        out.print(f"{told}: {one.open} open shipments stay as they are", markup=False)
        for case in one.cases:
            out.print(f"  {case_text(case)}", markup=False)
            for line in map(change_text, case.changes):
                out.print(f"    {line}", markup=False)
        if not one.cases:
            out.print("  nothing changes for this partner")
    if not found:
        out.print("no new version is coming")


def _tell(market: Market, json: bool) -> None:
    if json:
        print_json({
            "market": to_hex(market.hash), "title": market.title, "jurisdiction": market.jurisdiction,
            "version": market.version, "rules": [rule.id for rule in market.rules],
            "sources": [source.url for source in market.sources],
        })  # fmt: skip
        return
    out.print(f"{market.title}: {to_hex(market.hash)}", markup=False)
    out.print(f"{market.jurisdiction}, version {market.version}, {len(market.rules)} rules", markup=False)
    for rule in market.rules:
        scope = rule.scope
        goods = ", ".join(scope.prefixes) if scope.prefixes != ("",) else "all goods"
        out.print(f"  {rule.id}: {scope.lane}, {goods}, {rule.says.key}", markup=False)
    for source in market.sources:
        out.print(f"  from {source.date}: {source.title} {source.url}", markup=False)


FileCommands(MARKETS, "ledger/markets/profiles has two examples", "the rules that it holds", _tell).add_to(app)
