"""`lading bonuses`: agreements, the rule files that parties sign, and awards computed and checked from the records."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.bonuses.rule_file import parse_rule
from ledger.cli.commands.keys import keystore_path, open_key, read_file
from ledger.cli.groups import WithDefault
from ledger.cli.output import err, out, print_json
from ledger.codes import ContractKind
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.figure import to_json
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import MalformedRecord
from ledger.explain.bonus import explain, explain_file, explain_ranges
from ledger.explain.units import moment, money
from ledger.services.exports.award_drafts import check_award, draft_award
from ledger.services.figures import award_files
from ledger.services.home.settings import read_settings
from ledger.services.node.node import Node
from ledger.services.node.reader import open_ledger
from ledger.services.relay import pool_payments

app = typer.Typer(cls=WithDefault, help="Bonus agreements, their rules and awards.")
rule_app = typer.Typer(no_args_is_help=True, help="Rule files: what a party must reach before its share is paid.")
app.add_typer(rule_app, name="rule")
Agreement = Annotated[str, typer.Argument(help="The agreement's record id.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def show(
    agreement: Annotated[str | None, typer.Argument(help="An agreement's record id; without it, all.")] = None,
    json: Json = False,
) -> None:
    """Bonus agreements with status and money; one agreement with its awards line by line."""
    with open_ledger(read_settings()) as reader:
        if agreement is not None:
            result: dict[str, Any] = reader.bonuses.agreement(_id(agreement))
        else:
            result = {"agreements": reader.bonuses.agreements()}
    if json:
        print_json(result)
        return
    for entry in result.get("agreements", [result]):
        out.print(f"{entry['id'][:18]}…  {entry['status']}, {money(int(entry['funded']), entry['currency'])} paid in")
        for award in entry.get("awards", ()):
            for line in award["explanation"]:
                out.print(f"    {line}", markup=False)


@rule_app.command()
def keep(
    file: Annotated[Path, typer.Argument(help="A rule file, TOML, as all parties have it when they sign.")],
    json: Json = False,
) -> None:
    """Check a rule file and keep it in this home. The agreement's `rule` is the SHA-256 that this prints."""
    text = read_file(file)
    rule = parse_rule(text)
    with open_ledger(read_settings(), read_only=False) as reader, reader.home.database.write() as connection:
        award_files.keep_rule(connection, text)
    if json:
        print_json({"rule": to_hex(rule.hash), "title": rule.title, "card": to_hex(rule.card)})
    else:
        out.print(f"{rule.title}: {to_hex(rule.hash)}", markup=False)


@app.command()
def award(
    agreement: Agreement,
    output: Annotated[Path | None, typer.Option("--out", help="File for the record. Without it, printed.")] = None,
) -> None:
    """Compute the award of an agreement whose period is over: the record for the awarder to sign."""
    with open_ledger(read_settings(), read_only=False) as reader:
        draft = draft_award(reader, _id(agreement))
    for line in explain(draft.award):
        err.print(line, markup=False)
    if draft.withheld:
        err.print(f"{draft.withheld} shipments are left out: parts of them are withheld here.")
    unsigned = {"type": type(draft.record).__name__, "message": draft.record.to_json(), "signatures": []}
    if output is None:
        print_json(unsigned)
        return
    try:
        output.write_bytes(canonical_json(unsigned) + b"\n")
    except OSError as error:
        raise MalformedRecord("cannot be written", where=str(output), found=error.strerror or "") from None
    err.print(f"{output}: sign it with lading sign KEY FILE --out FILE, then lading submit FILE", markup=False)


@app.command()
def check(
    agreement: Agreement,
    version: Annotated[int, typer.Option(min=1, help="Version of the award.")] = 1,
    file: Annotated[
        Path | None,
        typer.Option(help="An award file that somebody handed over: check its amounts, without computing them anew."),
    ] = None,
    json: Json = False,
) -> None:
    """Compute a recorded award again, before the time to dispute it is over. Exit status 0 only if it is the same; 3 if
    parts are withheld or erased here, so that only ranges are known, and the amounts lie in them.

    With --file: whether these are the amounts that the award commits to, one for each party and within its share.
    """
    if file is not None:
        _check_handed_over(_id(agreement), version, file, json)
        return
    with open_ledger(read_settings(), read_only=False) as reader:
        checked = check_award(reader, _id(agreement), version)
    if json:
        ranges = None if checked.ranges is None else to_json(checked.ranges)
        print_json({"ok": True, "file": checked.file, "ranges": ranges})
    elif checked.ranges is None:
        for line in explain_file(checked.file):
            out.print(line, markup=False)
        out.print("The records give exactly this award.")
    else:
        for line in explain_ranges(to_json(checked.ranges)):
            out.print(line, markup=False)
        out.print("Parts are withheld or erased here. By what is left the amounts may be right.")
    if checked.ranges is not None:
        raise SystemExit(3)


def _check_handed_over(agreement: RecordId, version: int, file: Path, json: bool) -> None:
    data = parse_json(read_file(file), where=str(file))
    with open_ledger(read_settings()) as reader, reader.home.database.read() as connection:
        found = award_files.check_handed_over(connection, agreement, version, data)
        currency = reader.bonuses.agreement(agreement)["currency"]
    if json:
        print_json({"ok": True, "residual": str(found.residual), "disputeUntil": found.dispute_until})
        return
    for line in found.lines:
        out.print(f"partner {line.partner}: {money(line.amount, currency)}", markup=False)
    out.print(f"These are the award's amounts. They leave {money(found.residual, currency)} to the residual partner.")
    if found.dispute_until is not None:
        out.print(f"A party may dispute the award until {moment(found.dispute_until)}.", markup=False)


@app.command()
def refund(
    agreement: Agreement,
    key: Annotated[
        str, typer.Argument(help="Keystore of an account that sends the transactions; no money is its own.")
    ],
    json: Json = False,
) -> None:
    """Send money back to the accounts that it came from: all of it when awarder or arbiter kept silent, what was not
    awarded once an award is final. Anyone may. With the embedded chain, stop the service while this runs.
    """
    settings, wanted = read_settings(), _id(agreement)
    sender = open_key(settings, keystore_path(settings, key))
    node = Node(settings)
    try:
        node.pools.listen(changed=True)
        result = node.reader.bonuses.agreement(wanted)
        pool = node.home.consortium.deployment.contracts[ContractKind.BONUS]
        paid = len(result["deposits"])
        sent = pool_payments.refund(
            node.home.database, node.chain, node.home.clock, sender, pool=pool, agreement=wanted, deposits=paid
        )
    finally:
        node.close()
    if json:
        print_json({"sent": sent, "deposits": paid})
    else:
        out.print(f"{sent} of {paid} payments sent back")


def _id(text: str) -> RecordId:
    return RecordId(bytes_from_hex(text, 32, "agreement"))
