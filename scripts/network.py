"""`make network`: a trial consortium on a network of four validators, everything on this machine, under `var/network`.

Council and operator have demo keys, whose passphrase is public. Begun again, it goes on with what is there.
"""

import argparse
import os
from pathlib import Path

from ledger.cli.commands.serve import run_with_worker
from ledger.cli.main import in_words
from ledger.cli.output import out
from ledger.cli.sandbox import OPERATOR, Party, demo_key, found_trial, open_for_business, open_trial
from ledger.common.ids import bytes_from_hex
from ledger.services.home.clock import SystemClock
from ledger.services.home.consortium import ANCHOR, CONSORTIUM, RELAYER, make_keys
from ledger.services.home.keystores import keystore_address
from ledger.services.home.settings import Settings, read_settings
from ledger.services.validators import health, processes
from ledger.services.validators.folder import FIRST_PORT, NETWORK, Network, init, read_network
from ledger.services.validators.plan import NetworkPlan

PLACE = Path("var/network")
VALIDATORS = 4
CHAIN_ID = 20_262


def main() -> None:
    parser = argparse.ArgumentParser(prog="make network", description="Serve a trial consortium on four validators.")
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="JSON-RPC port of the first validator at founding")
    serve_network(parser.parse_args().port)


def serve_network(port: int) -> None:
    """Found what is missing, then serve until told to stop; the validators stop with it."""
    home, folder = PLACE.resolve() / "home", PLACE.resolve() / "validators"
    settings = read_settings(home=home)
    network = read_network(folder) if (folder / NETWORK).exists() else found_network(folder, settings, port)
    program = processes.find_program(settings.network_program)
    try:
        processes.start(network, program)
        health.wait_for_blocks(network)
        chain = network.validators[0].json_rpc
        out.print(f"{VALIDATORS} validators make blocks; LADING_CHAIN={chain}", markup=False)
        serve_trial(read_settings({**os.environ, "LADING_CHAIN": chain}, home=home))
    finally:
        processes.stop(network)


def found_network(folder: Path, settings: Settings, port: int) -> Network:
    """A network on which this home's relayer may create the contracts, and its anchor send."""
    make_keys(settings, demo=True)
    relayer, anchor = (
        bytes_from_hex(keystore_address(settings.home / "keys" / name), 20, name) for name in (RELAYER, ANCHOR)
    )
    plan = NetworkPlan(CHAIN_ID, SystemClock().now(), creators=(relayer,), senders=(anchor,))
    return init(folder, plan, VALIDATORS, port)


def serve_trial(settings: Settings) -> None:
    """Found the consortium of this home if there is none, put its contracts in force, and serve it."""
    if not (settings.home / CONSORTIUM).exists():
        found_trial(settings, SystemClock(), delay=0)
    trial = open_trial(settings)
    open_for_business(trial, Party(OPERATOR, "Operator", demo_key(settings.home, "operator")))
    trial.node.close()
    run_with_worker(settings)


if __name__ == "__main__":
    in_words(main)
