"""`lading validators`: by whose seals bundles are proved. A node proposes them, people agree, a home adopts them."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle.format import parse_trust
from ledger.cli.commands.keys import keystore_path, open_key, read_file
from ledger.cli.output import out
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord
from ledger.seals.validators import Network
from ledger.services.home.consortium import read_consortium, write_network
from ledger.services.home.settings import read_settings
from ledger.services.home.validators import adopted, open_comet, proposed, signed

app = typer.Typer(
    help="The CometBFT validators by whose seals bundles are proved: propose, approve, adopt.", no_args_is_help=True
)
File = Annotated[Path, typer.Argument(help="A file of validators, as `lading validators propose` writes it.")]
Output = Annotated[Path, typer.Option("--out", help="Where to write the file of validators.")]


@app.command()
def propose(
    output: Output = Path("validators.json"),
    start: Annotated[int, typer.Option(min=1, help="The block from which they serve.")] = 1,
) -> None:
    """Ask the node of LADING_COMETBFT who seals block --start, and write it after the sets that this home has.

    It is that node's word: compare the keys with what the validators' operators say before anybody signs or adopts it.
    """
    settings = read_settings()
    node = open_comet(settings)
    try:
        network = proposed(node, start, read_consortium(settings.home).network)
    finally:
        node.close()
    _write(output, network)


@app.command()
def approve(
    file: File,
    key: Annotated[str, typer.Option("--key", help="Name or path of a council member's keystore.")],
    trust: Annotated[Path, typer.Option(help="The consortium's trust file.")],
) -> None:
    """Sign the newest set of a file as a member of the genesis council; the file then has the signature too."""
    settings = read_settings()
    genesis = parse_trust(read_file(trust)).genesis
    network = Network.unsigned_from_json(parse_json(read_file(file), where=str(file)), str(file))
    _show(network)
    _write(file, signed(network, genesis, open_key(settings, keystore_path(settings, key))))


@app.command()
def adopt(file: File) -> None:
    """Hand these validators out in this home's trust file from now on, and collect seals by them.

    The first set is taken as it is; each later one must be signed by enough members of the genesis council.
    """
    settings = read_settings()
    consortium = read_consortium(settings.home)
    network = adopted(parse_json(read_file(file), where=str(file)), consortium.genesis, consortium.network)
    write_network(settings.home, network)
    _show(network)


def _show(network: Network) -> None:
    for one in network.sets:
        out.print(f"{network.chain_id}, from block {one.start}: {len(one.validators)} validators, {to_hex(one.hash)}")
        for validator in one.validators:
            out.print(f"  {to_hex(validator.key)}  power {validator.power}", soft_wrap=True)


def _write(path: Path, network: Network) -> None:
    try:
        path.write_bytes(canonical_json(network.to_json()))
    except OSError as error:
        raise MalformedRecord("cannot be written", where=str(path), found=error.strerror or "") from None
    _show(network)
