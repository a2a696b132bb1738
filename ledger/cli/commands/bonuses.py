"""`lading bonuses`: agreements, the rule files that parties sign, and awards computed and checked from the records."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.bonuses.rule_file import parse_rule
from ledger.cli.commands.keys import keystore_path, open_key, read_file
from ledger.cli.groups import WithDefault
from ledger.cli.output import err, out, print_json
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.figure import to_json
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import InvalidInput, MalformedRecord
from ledger.explain.bonus import explain, explain_file, explain_ranges
from ledger.explain.units import digits_of, moment, money
from ledger.records.wallet_input import address_from_wallet
from ledger.services.exports.award_drafts import check_award, draft_award
from ledger.services.figures import award_files
from ledger.services.home.keystores import keystore_address
from ledger.services.home.settings import Settings, read_settings
from ledger.services.node.node import Node
from ledger.services.node.reader import open_ledger
from ledger.services.relay import pool_payments
from ledger.services.relay.pool_payments import Call, Funding

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
        if agreement is not None:
            out.print(f"    in the bonus pool {entry['pool']}", markup=False)
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
        several, pool = len(reader.bonuses.pools()) > 1, reader.bonuses.pool_of(_id(agreement))
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
    option = f" --bonus-pool {to_hex(pool)}" if several else ""
    err.print(f"{output}: sign it with lading sign KEY FILE{option} --out FILE, then lading submit FILE", markup=False)


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
def fund(
    agreement: Agreement,
    amount: Annotated[
        int,
        typer.Argument(help="What this account shall have paid in, in all, in minor units: 100000 are 1,000.00 EUR."),
    ],
    funder: Annotated[str, typer.Argument(help="Keystore of the account that pays; with --print its address will do.")],
    print_calls: Annotated[
        bool, typer.Option("--print", help="Print the calls as JSON, for another wallet; nothing is signed or sent.")
    ] = False,
    currency: Annotated[
        str | None, typer.Option(help="The currency that you mean: refused if the agreement is in another.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Pay without asking.")] = False,
    json: Json = False,
) -> None:
    """Pay into an agreement: allow its pool to take the amount from the account, and let it.

    Agreement, pool, token, balance and allowance are looked at before anything is signed. What the account has paid in
    before counts towards the amount, so the command may be broken off and run again, and never pays twice. With the
    embedded chain, stop the service while this runs; --print only reads.
    """
    settings, wanted = read_settings(), _id(agreement)
    with open_ledger(settings) as reader:
        plan = pool_payments.plan_funding(reader.home, _account(settings, funder), wanted, amount)
    if currency is not None and currency != plan.currency:
        raise InvalidInput("the agreement is in another currency", expected=currency, found=plan.currency)
    if print_calls:
        chain_id = reader.home.deployment.chain_id
        print_json(_funding_json(plan, [_call_json(call, chain_id) for call in plan.calls]))
        return
    for line in _funding_in_words(plan):
        err.print(line, markup=False)
    paid = bool(plan.payment.amount)
    if paid:
        if not yes and not typer.confirm("Pay it in?", err=True):
            raise SystemExit(1)
        key = open_key(settings, keystore_path(settings, funder))
        node = Node(settings)
        try:
            plan = pool_payments.fund(node.home, node.chain, key, wanted, amount)
        finally:
            node.close()
    if json:
        print_json(_funding_json(plan) | {"paid": str(plan.payment.amount)})
    elif paid:
        out.print(f"{money(plan.payment.amount, plan.currency)} paid in")


def _account(settings: Settings, funder: str) -> bytes:
    """The address of the account that pays: its own, or that of a keystore, which is not opened."""
    if funder.startswith("0x"):
        return address_from_wallet(funder, "funder")
    return bytes_from_hex(keystore_address(keystore_path(settings, funder)), 20, "funder")


def _funding_json(plan: Funding, calls: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "agreement": to_hex(plan.agreement),
        "pool": to_hex(plan.pool),
        "token": to_hex(plan.token),
        "currency": plan.currency,
        "funder": to_hex(plan.funder),
        "paidBefore": str(plan.paid_in),
        **({} if calls is None else {"missing": str(plan.payment.amount), "calls": calls}),
    }


def _call_json(call: Call, chain_id: int) -> dict[str, Any]:
    """As wallets take a transaction; each is to be in a block before the next is sent."""
    return {"name": call.name, "to": to_hex(call.to), "data": to_hex(call.data), "value": "0x0", "chainId": chain_id}


def _funding_in_words(plan: Funding) -> Iterator[str]:
    yield f"agreement {to_hex(plan.agreement)}, in the pool {to_hex(plan.pool)}"
    yield f"account {to_hex(plan.funder)} has paid in {money(plan.paid_in, plan.currency)}"
    missing = plan.payment.amount
    if not missing:
        yield "Nothing is left to pay."
        return
    yield f"to be paid: {money(missing, plan.currency)}, as {missing} base units of the token {to_hex(plan.token)}"
    if plan.decimals not in (None, digits_of(plan.currency)):
        yield (
            f"Note: this token has {plan.decimals} decimals, so wallets show another amount. All parties have signed "
            "that one base unit is one minor unit of the currency."
        )


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
        paid = len(node.reader.bonuses.agreement(wanted)["deposits"])
        sent = pool_payments.refund(node.home, node.chain, sender, wanted)
    finally:
        node.close()
    if json:
        print_json({"sent": sent, "deposits": paid})
    else:
        out.print(f"{sent} of {paid} payments sent back")


def _id(text: str) -> RecordId:
    return RecordId(bytes_from_hex(text, 32, "agreement"))
