"""`lading bonuses`: agreements, the rule files that parties sign, and awards computed and checked from the records."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.bonuses.award_file import explain
from ledger.bonuses.rule_file import parse_rule
from ledger.cli.commands.keys import keystore_path, open_key, read_file
from ledger.cli.groups import WithDefault
from ledger.cli.output import err, out, print_json
from ledger.codes import ContractKind
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import MalformedRecord
from ledger.explain.money import money
from ledger.services.exports.award_drafts import check_award, draft_award
from ledger.services.figures import award_files
from ledger.services.home.settings import read_settings
from ledger.services.node.node import Node
from ledger.services.node.reader import Desk
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
    with Desk(read_settings()) as desk:
        if agreement is not None:
            found: dict[str, Any] = desk.bonuses.agreement(_id(agreement))
        else:
            found = {"agreements": desk.bonuses.agreements()}
    if json:
        print_json(found)
        return
    for entry in found.get("agreements", [found]):
        out.print(f"{entry['id'][:18]}…  {entry['status']}, {money(int(entry['funded']), entry['currency'])} paid in")
        for award in entry.get("awards", ()):
            for line in (award["file"] or {}).get("explanation", ()):
                out.print(f"    {line}", markup=False)


@rule_app.command()
def keep(
    file: Annotated[Path, typer.Argument(help="A rule file, TOML, as all parties have it when they sign.")],
    json: Json = False,
) -> None:
    """Check a rule file and keep it in this home. The agreement's `rule` is the SHA-256 that this prints."""
    text = read_file(file)
    rule = parse_rule(text)
    with Desk(read_settings(), read_only=False) as desk, desk.db.write() as connection:
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
    with Desk(read_settings(), read_only=False) as desk:
        draft = draft_award(desk, _id(agreement))
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
    json: Json = False,
) -> None:
    """Compute a recorded award again, before the time to dispute it is over. Exit status 0 only if it is the same."""
    with Desk(read_settings(), read_only=False) as desk:
        file = check_award(desk, _id(agreement), version)
    if json:
        print_json({"ok": True, "file": file})
        return
    for line in file["explanation"]:
        out.print(line, markup=False)
    out.print("The records give exactly this award.")


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
        found = node.bonuses.agreement(wanted)
        pool = node.consortium.deployment.contracts[ContractKind.BONUS]
        paid = len(found["deposits"])
        sent = pool_payments.refund(node.db, node.chain, node.clock, sender, pool=pool, agreement=wanted, deposits=paid)
    finally:
        node.close()
    if json:
        print_json({"sent": sent, "deposits": paid})
    else:
        out.print(f"{sent} of {paid} payments sent back")


def _id(text: str) -> RecordId:
    return RecordId(bytes_from_hex(text, 32, "agreement"))
