"""`lading found`: found a consortium in earnest: keys, contracts, and the first changes for the council to sign."""

from typing import Annotated

import typer

from ledger.errors import MalformedRecord
from ledger.ids import KeyAddress, bytes_from_hex, to_hex
from ledger.services.clock import SystemClock
from ledger.services.consortium import found as found_consortium
from ledger.services.enrolling import opening_changes
from ledger.services.node import open_chain
from ledger.services.settings import read_settings
from scripts.output import out, print_json

DAY = 86400


def found(
    council: Annotated[list[str], typer.Option(help="Address of a council member; repeat it for each.")],
    threshold: Annotated[int, typer.Option(min=1, help="How many of them must sign a change.")],
    delay: Annotated[int, typer.Option(min=0, help="Seconds until a change is in force.")] = DAY,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make the operator's keys (encrypted with LADING_PASSPHRASE) and deploy the contracts on LADING_CHAIN.

    Afterwards the operator has no power: the council opens the contracts, admits partners and registers the log by
    signed changes. The first of them are printed, ready for `lading keys sign`.
    """
    settings, clock = read_settings(), SystemClock()
    members = [KeyAddress(bytes_from_hex(text, 20, "--council")) for text in council]
    if threshold > len(set(members)):
        most = f"at most {len(set(members))}"
        raise MalformedRecord("more than there are members", where="--threshold", expected=most, found=threshold)
    consortium = found_consortium(
        settings,
        lambda: open_chain(settings, clock),
        clock.now,
        council=members,
        threshold=threshold,
        delay=delay,
    )
    contracts = [(int(kind), address) for kind, address in consortium.deployment.contracts.items()]
    changes = [{"type": type(change).__name__, "message": change.to_json()} for change in opening_changes(contracts, 1)]
    if json:
        print_json({"trust": consortium.trust_file(), "changes": changes})
        return
    out.print(f"consortium {to_hex(consortium.genesis.consortium_id)}")
    out.print(f"registry   {to_hex(consortium.deployment.registry)} on chain {consortium.deployment.chain_id}")
    out.print(f"log        {consortium.log.origin}, id {to_hex(consortium.log.log_id)}")
    out.print("Next: the council signs the changes that open the contracts (`lading found --json` prints them),")
    out.print('      admits the operator and registers the log: see the README, "Running it for real".')
