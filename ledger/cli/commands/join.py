"""`lading join`: a further operator of a consortium that stands already."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle.format import parse_trust
from ledger.cli.commands.keys import read_file, trusted_domain
from ledger.cli.output import out, print_json
from ledger.common.ids import to_hex
from ledger.services.home.chains import open_chain_reader
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings
from ledger.services.lifecycle.joining import join as join_consortium


def join(
    trust: Annotated[Path, typer.Argument(help="The consortium's trust file, from somebody you trust.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Become a further operator: keys and a log of your own, on the consortium's network (LADING_CHAIN).

    The contracts are looked at on the chain before anything is written. Afterwards `lading serve` follows the chain
    from its first block, and `lading opening --operator N` prepares the change that registers your log.
    """
    settings, clock = read_settings(), SystemClock()
    known, pool = parse_trust(read_file(trust)), trusted_domain(trust).bonus_pool
    chain = open_chain_reader(settings, clock)
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
