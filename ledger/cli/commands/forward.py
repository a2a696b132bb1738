"""`lading forward`: partners let an operator hand their records in at another's log, and the operator does so."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ledger.cli.commands.keys import keystore_path, open_key
from ledger.cli.connect import connected, consents_at, forward_home
from ledger.cli.output import err, out, print_json
from ledger.client import Client
from ledger.common.ids import ConsortiumId, KeyAddress, LogId, PartnerId, bytes_from_hex, to_hex
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord, NotFound
from ledger.log.leaf import LogIdentity
from ledger.registry.forwarding import (
    ConsentRevocation,
    Forwarded,
    ForwardingConsent,
    sign_forwarding,
)
from ledger.services.home.keystores import keystore_address
from ledger.services.home.settings import read_settings

app = typer.Typer(help="Forward records to another operator, as far as partners consent.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Url = Annotated[str | None, typer.Option(help="The operator's service. Without it: the home in LADING_HOME.")]
Key = Annotated[str, typer.Argument(help="Name of a keystore under LADING_HOME/keys, or a path to one.")]
Yes = Annotated[bool, typer.Option("--yes", help="Sign without asking.")]
_WORDS = {
    Forwarded.LOG_ONLY: "endorsements, amendments and the like, which no chain carries",
    Forwarded.PARTS: "the opened private parts of records that the chain carries",
}


@app.command()
def consent(
    key: Key,
    to: Annotated[str, typer.Option(help="The other operator: its log id, or the URL of its service.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="For how many days from now.")] = 365,
    what: Annotated[
        list[Forwarded] | None, typer.Option(help="What is forwarded; repeat it. Without it: both.")
    ] = None,
    url: Url = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Let the operator forward your records to another operator's log. Sign with a master key."""
    settings = read_settings()
    path = keystore_path(settings, key)
    address = KeyAddress(bytes.fromhex(keystore_address(path)[2:]))
    destination = _log_id(to)
    covered = tuple(sorted(set(what or Forwarded)))
    with connected(url) as ledger:
        trust = ledger.consortium()["trust"]
        said = ForwardingConsent(
            ConsortiumId(bytes_from_hex(trust["consortiumId"], 32, "consortiumId")),
            _partner(ledger.partners(), address),
            address,
            LogIdentity(trust["logs"][0]["origin"], bytes_from_hex(trust["logs"][0]["key"], 32, "logs[0].key")).log_id,
            destination,
            int(time.time()) + days * DAY,
            covered,
        )
        _confirm(
            [
                f"Partner {said.partner} lets the operator of log {to_hex(said.source)}",
                f"hand in at log {to_hex(said.destination)}",
                f"until {datetime.fromtimestamp(said.until, UTC):%Y-%m-%d %H:%M:%S} UTC",
                *(f"  {_WORDS[one]}" for one in said.what),
            ],
            yes,
        )
        _hand_in(said, open_key(settings, path), ledger.consent, json)


@app.command()
def revoke(
    key: Key,
    consent: Annotated[str, typer.Argument(help="SHA-256 of the consent, as `consent` printed it.")],
    url: Url = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Revoke a consent, at once. What was forwarded stays where it is."""
    settings = read_settings()
    signer = keystore_path(settings, key)
    address = KeyAddress(bytes.fromhex(keystore_address(signer)[2:]))
    with connected(url) as ledger:
        consortium = bytes_from_hex(ledger.consortium()["trust"]["consortiumId"], 32, "consortiumId")
        said = ConsentRevocation(ConsortiumId(consortium), address, bytes_from_hex(consent, 32, "consent"))
        _confirm([f"Nothing more is forwarded by the consent {to_hex(said.consent)}"], yes)
        _hand_in(said, open_key(settings, signer), ledger.consent, json)


@app.command()
def status(
    consent: Annotated[str | None, typer.Argument(help="SHA-256 of a consent. Without it: all in this home.")] = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Where consents stand, and how many records were forwarded by each."""
    if url and consent is None:
        raise MalformedRecord("which consent?", where="CONSENT", mend="A service tells of one at a time, by its hash.")
    found = consents_at(url, consent)
    if json:
        print_json({"consents": found})
        return
    for entry in found:
        _tell(entry)
    if not found:
        out.print("nobody has consented")


@app.command()
def run(json: Json = False) -> None:
    """Hand in, at the operators that the file `peers` in LADING_HOME names, what partners consented to.

    For the operator, beside the service: once, or now and then by a timer. Ends with status 1 when something was
    refused or another operator is away; the next run tries again.
    """
    report = forward_home()
    if json:
        print_json(report)
    else:
        out.print(f"{report['forwarded']} records forwarded")
        for entry in report["refused"]:
            out.print(f"{entry['record']} refused by log {entry['log']}: {entry['why']}", markup=False)
        for log, why in report["away"].items():
            out.print(f"log {log}: {why}", markup=False)
        for log in report["unconfigured"]:
            out.print(f"log {log}: partners consent, and the file `peers` does not name it", markup=False)
    if report["refused"] or report["away"]:
        raise typer.Exit(1)


def _hand_in(
    said: ForwardingConsent | ConsentRevocation,
    signer: Any,
    take: Callable[[str, str], Mapping[str, Any]],
    as_json: bool,
) -> None:
    answer = take(said.document().decode(), to_hex(sign_forwarding(said, signer)))
    if as_json:
        print_json(answer)
    else:
        _tell(answer)


def _tell(entry: Mapping[str, Any]) -> None:
    """No table: it would crop the hash that `revoke` wants in full."""
    state = "counts" if entry["counts"] else entry["problem"]
    until = datetime.fromtimestamp(entry["until"], UTC)
    out.print(
        f"{entry['consent']}  partner {entry['partner']} to log {entry['to']}, until {until:%Y-%m-%d %H:%M} UTC, "
        f"{', '.join(entry['what'])}: {state}; {entry['forwarded']} forwarded",
        markup=False,
    )


def _log_id(to: str) -> LogId:
    if to.startswith(("http://", "https://")):
        to = str(Client(to).get("/v1/log").get("logId", ""))
    return LogId(bytes_from_hex(to, 32, "--to"))


def _partner(partners: Sequence[Mapping[str, Any]], address: KeyAddress) -> PartnerId:
    for partner in partners:
        if any(bytes_from_hex(known, 20, "keys") == address for known in partner["keys"]):
            return PartnerId(int(partner["id"]))
    raise NotFound("no partner has this key", where="KEY", found=to_hex(address))


def _confirm(words: list[str], yes: bool) -> None:
    for line in words:
        err.print(line, markup=False)
    if not yes and not typer.confirm("Sign it?", err=True):
        raise SystemExit(1)
