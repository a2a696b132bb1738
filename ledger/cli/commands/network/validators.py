"""`lading network init`, `member`, `up`, `down`, `status`: the validators of a reference network."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.output import out, print_json, table
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.errors import Misconfigured
from ledger.services.home.keystores import write_private
from ledger.services.home.settings import read_settings
from ledger.services.validators import folder as folders
from ledger.services.validators import health, processes
from ledger.services.validators.folder import FIRST_PORT, Network, read_network
from ledger.services.validators.plan import NetworkPlan

Folder = Annotated[Path, typer.Argument(help="The network's folder on this machine.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
CHAIN_ID = 20_262


def init(
    folder: Folder,
    validators: Annotated[int | None, typer.Option(help="So many validators, all on this machine.")] = None,
    member: Annotated[
        list[Path] | None, typer.Option(help="A validator's member file, one's own included. Repeat it for each.")
    ] = None,
    creator: Annotated[
        list[str] | None, typer.Option(help="Address that may create contracts and send: an operator's relayer.")
    ] = None,
    sender: Annotated[
        list[str] | None, typer.Option(help="Address that may send: an operator's anchor, whoever funds a pool.")
    ] = None,
    anybody: Annotated[bool, typer.Option("--anybody", help="No lists: anybody may create and send. A trial.")] = False,
    chain_id: Annotated[
        int, typer.Option(help="Chain id, which signatures bind: one that no other network has.")
    ] = CHAIN_ID,
    block_ms: Annotated[int, typer.Option(help="Milliseconds between blocks. Empty ones take disk too.")] = 1000,
    block_gas: Annotated[int, typer.Option(help="Gas that fits into a block.")] = 60_000_000,
    least_billed: Annotated[
        int, typer.Option(help="Percent of a transaction's gas limit that is billed at least.")
    ] = 50,
    genesis_time: Annotated[
        int | None, typer.Option(help="UTC seconds; with --member, all must name the same. Default: now.")
    ] = None,
    port: Annotated[
        int, typer.Option(help="JSON-RPC port of the first validator; its others lie 100 apart.")
    ] = FIRST_PORT,
    json: Json = False,
) -> None:
    """Found a network: write keys, genesis and settings of its validators. Nothing is started.

    With --validators all of them run on this machine. With --member each member runs its own: each makes its keys with
    `lading network member`, gives the member file to the others, and all run this command with the same files and
    settings. The genesis must come out with the same hash everywhere.
    """
    if (validators is None) == (not member):
        raise Misconfigured("one of the two is needed", where="--validators or --member")
    if member and genesis_time is None:
        raise Misconfigured("the members must agree on it", where="--genesis-time", expected="UTC seconds")
    plan = NetworkPlan(
        chain_id,
        int(time.time()) if genesis_time is None else genesis_time,
        _addresses(creator, "--creator"),
        _addresses(sender, "--sender"),
        anybody,
        block_ms,
        block_gas,
        least_billed,
    )
    place = folder.resolve()
    if validators is not None:
        network = folders.init(place, plan, validators, port)
    else:
        members = [folders.parse_member(read_file(path), str(path)) for path in member or ()]
        network = folders.write_network(place, plan, members, port)
    if json:
        print_json(_described(network))
        return
    out.print(f"chain id   {network.chain_id}")
    out.print(f"genesis    {to_hex(network.genesis_hash)}")
    for validator in network.validators:
        out.print(f"{validator.name}  {validator.json_rpc}", markup=False)
    out.print(f"Next: `lading network up {folder}`.", markup=False)


def member(
    folder: Folder,
    name: Annotated[str, typer.Option(help="Name of this validator, which no other member has.")],
    address: Annotated[str, typer.Option(help="host:port at which the other validators reach it.")],
    json: Json = False,
) -> None:
    """Make the keys of one validator, and the member file NAME.json that the other members need of it."""
    made = folders.member_to_json(folders.make_member(folder.resolve(), name, address))
    path = folder / f"{name}.json"
    write_private(path, folders.file_of(made))
    if json:
        print_json(made)
    else:
        out.print(f"Give the others {path}; the keys stay in {folder / name}.", markup=False)


def up(folder: Folder, json: Json = False) -> None:
    """Start the validators of this machine, in the background, and wait until blocks are made."""
    network = read_network(folder.resolve())
    program = processes.find_program(read_settings().network_program)
    started = processes.start(network, program)
    height = health.wait_for_blocks(network)
    if json:
        print_json(_described(network) | {"started": [each.name for each in started], "height": height})
        return
    out.print(f"{len(started)} started, {len(network.validators)} running, blocks are made (height {height})")
    out.print(f"LADING_CHAIN={network.validators[0].json_rpc}")


def down(folder: Folder, json: Json = False) -> None:
    """Stop the validators of this machine, each after its block."""
    stopped = processes.stop(read_network(folder.resolve()))
    if json:
        print_json({"stopped": [each.name for each in stopped]})
    else:
        out.print(f"{len(stopped)} stopped")


def status(folder: Folder, json: Json = False) -> None:
    """How the validators of this machine are. Exit status 0: all are well; 1: one is not, and what it lacks."""
    network = read_network(folder.resolve())
    found = health.conditions(network)
    highest = max((each.height or 0 for each in found), default=0)
    faults = {each.name: each.faults(network, highest, int(time.time())) for each in found}
    healthy = not any(faults.values())
    if json:
        print_json(
            {
                "healthy": healthy,
                "chainId": network.chain_id,
                "height": highest,
                "validators": [each.to_json() | {"faults": faults[each.name]} for each in found],
            }
        )
    else:
        rows = (
            (
                each.name,
                "-" if each.process is None else each.process,
                "-" if each.height is None else each.height,
                ", ".join(each.peers) or "-",
                "; ".join(faults[each.name]) or "well",
            )
            for each in found
        )
        out.print(table(("validator", "process", "height", "connected to", ""), rows))
    if not healthy:
        raise typer.Exit(1)


def _addresses(texts: list[str] | None, where: str) -> tuple[bytes, ...]:
    return tuple(bytes_from_hex(text, 20, where) for text in texts or ())


def _described(network: Network) -> dict[str, Any]:
    return network.to_json() | {
        "folder": str(network.folder),
        "jsonRpc": [each.json_rpc for each in network.validators],
        "comet": [each.comet for each in network.validators],
    }
