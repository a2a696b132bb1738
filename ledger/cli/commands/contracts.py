"""`lading contracts`: which contracts take records, and how the council replaces one."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.commands.partners import give
from ledger.cli.output import err, out, print_json, table
from ledger.codes import ContractKind
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord
from ledger.services.home.chains import PATIENCE, founded_at, open_chain
from ledger.services.home.clock import SystemClock
from ledger.services.home.consortium import read_consortium
from ledger.services.home.settings import read_settings
from ledger.services.lifecycle.contract_succession import add_courier, replace_contract
from ledger.services.node.reader import open_ledger

app = typer.Typer(help="Which contracts take records, and how the council replaces one.")


@app.callback(invoke_without_command=True)
def listing(
    context: typer.Context, json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
) -> None:
    """List the contract in force of each kind, and the bonus pools before it, which serve the agreements they have."""
    if context.invoked_subcommand is not None:
        return
    with open_ledger(read_settings()) as reader:
        with reader.home.database.read() as connection:
            view = reader.registry.refreshed(connection).now()
        pools = reader.bonuses.pools()
    result = {kind.name.lower(): view.contract(kind) for kind in ContractKind}
    if json:
        named = {name: to_hex(address) if address else None for name, address in result.items()}
        print_json({"contracts": named, "pools": [to_hex(pool) for pool in pools]})
        return
    out.print(table(("kind", "in force"), [(n, to_hex(a) if a else "none") for n, a in result.items()]))
    for pool in pools:
        if pool != result["bonus"]:
            out.print(f"{to_hex(pool)} is a bonus pool too: it takes no agreements, and serves those that it has")


@app.command()
def replace(
    kind: Annotated[str, typer.Argument(help="custody, clearance, attestation, bonus or anchor.")],
    out_folder: Annotated[Path | None, typer.Option("--out", help="Folder for the changes, a file each.")] = None,
) -> None:
    """Deploy a successor of the contract in force, and prepare the changes that close the one and open the other.

    Sign and submit both soon after each other: from the moment the old one closes, records wait for the new one. With
    the embedded chain, stop the service while this runs.
    """
    kinds = {one.name.lower(): one for one in ContractKind}
    if kind not in kinds:
        raise MalformedRecord("no such kind of contract", where="kind", expected=", ".join(kinds), found=kind[:40])
    settings, clock = read_settings(), SystemClock()
    with open_ledger(settings) as reader:
        with reader.home.database.read() as connection:
            history = reader.registry.refreshed(connection).history
        place = partial(founded_at, reader.home.consortium)
        chain = open_chain(settings, clock, place=place, patience=PATIENCE)
        try:
            found = replace_contract(settings, chain, reader.home.consortium, history, kinds[kind], clock)
        finally:
            chain.close()
    err.print(f"{kind}: {to_hex(found.successor)} stands ready to follow {to_hex(found.predecessor)}", highlight=False)
    genesis = reader.home.consortium.genesis
    give(list(found.changes), to_hex(genesis.consortium_id), genesis.threshold, out_folder)


@app.command()
def courier() -> None:
    """Deploy a courier where the consortium has none: it carries many records in one transaction.

    Homes that were founded by an older release, or that joined, relay each record alone until then. Stop the service
    while this runs, and start it again afterwards.
    """
    settings, clock = read_settings(), SystemClock()
    consortium = read_consortium(settings.home)
    chain = open_chain(settings, clock, place=partial(founded_at, consortium), patience=PATIENCE)
    try:
        address = add_courier(settings, chain, consortium, clock)
    finally:
        chain.close()
    err.print(f"the courier is {to_hex(address)}", highlight=False)
