"""`lading found`, `opening` and `join`: keys, contracts, the first changes for the council, and further operators."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle.format import parse_trust
from ledger.cli.commands.keys import read_file, trusted_domain
from ledger.cli.commands.partners import give
from ledger.cli.output import err, out, print_json
from ledger.common.ids import KeyAddress, bytes_from_hex, to_hex
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord
from ledger.services.home.chains import PATIENCE, open_chain, open_chain_reader, with_id
from ledger.services.home.clock import SystemClock
from ledger.services.home.consortium import found as found_consortium
from ledger.services.home.consortium import read_consortium
from ledger.services.home.settings import read_settings
from ledger.services.lifecycle.founding import outstanding_changes
from ledger.services.lifecycle.joining import join as join_consortium


def found(
    council: Annotated[list[str], typer.Option(help="Address of a council member; repeat it for each.")],
    threshold: Annotated[int, typer.Option(min=1, help="How many of them must sign a change.")],
    delay: Annotated[int, typer.Option(min=0, help="Seconds until a change is in force.")] = DAY,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make the operator's keys and deploy the contracts on LADING_CHAIN. The keys are encrypted with LADING_PASSPHRASE.

    Afterwards the operator has no power: the council opens the contracts, admits partners and registers the log by
    signed changes. `lading opening` prepares the first of them.
    """
    settings, clock = read_settings(), SystemClock()
    members = [KeyAddress(bytes_from_hex(text, 20, "--council")) for text in council]
    if threshold > len(set(members)):
        most = f"at most {len(set(members))}"
        raise MalformedRecord("more than there are members", where="--threshold", expected=most, found=threshold)
    consortium = found_consortium(
        settings,
        lambda: open_chain(settings, clock, begin=True, patience=PATIENCE),
        clock.now,
        council=members,
        threshold=threshold,
        delay=delay,
    )
    if json:
        print_json({"trust": consortium.trust_file(), "verifierKey": consortium.log.verifier_key()})
        return
    out.print(f"consortium {to_hex(consortium.genesis.consortium_id)}")
    out.print(f"registry   {to_hex(consortium.deployment.registry)} on chain {consortium.deployment.chain_id}")
    out.print(f"log        {consortium.log.origin}, id {to_hex(consortium.log.log_id)}")
    out.print(f"witnesses  know it as {consortium.log.verifier_key()}", markup=False)
    out.print("Next: `lading opening` prepares the changes that open the contracts, for the council to sign.")


def opening(
    operator: Annotated[
        int | None, typer.Option(min=1, help="The operator's number as a partner: then its log is registered too.")
    ] = None,
    out_folder: Annotated[Path | None, typer.Option("--out", help="Folder for the changes, a file each.")] = None,
) -> None:
    """Prepare what the council has not yet decided of the founding. It opens the contracts and registers the log.

    It reads the home in LADING_HOME, which may be served meanwhile.
    """
    settings = read_settings()
    changes = outstanding_changes(settings, SystemClock(), operator)
    if not changes:
        err.print("nothing is outstanding: the contracts are open" + (", the log is registered" if operator else ""))
    genesis = read_consortium(settings.home).genesis
    give(changes, to_hex(genesis.consortium_id), genesis.threshold, out_folder)


def join(
    trust: Annotated[Path, typer.Argument(help="The consortium's trust file, from somebody you trust.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Become a further operator: keys and a log of your own, on the consortium's network. LADING_CHAIN names it.

    The contracts are looked at on the chain before anything is written. Afterwards `lading serve` follows the chain
    from its first block, and `lading opening --operator N` prepares the change that registers your log.
    """
    settings, clock = read_settings(), SystemClock()
    known, pool = parse_trust(read_file(trust)), trusted_domain(trust).bonus_pool
    chain = open_chain_reader(settings, clock, place=partial(with_id, known.chain_id))
    try:
        consortium = join_consortium(settings, chain, known, pool)
    finally:
        chain.close()
    if json:
        print_json({"trust": consortium.trust_file()})
        return
    out.print(f"consortium {to_hex(consortium.genesis.consortium_id)}")
    out.print(f"log        {consortium.log.origin}, id {to_hex(consortium.log.log_id)}")
    out.print("Next: serve this home, enrol as a partner with the role operator, then `lading opening --operator N`.")
