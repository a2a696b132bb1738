"""Ports for the validators of a network, which takes several with fixed distances between them."""

import os
import socket

from ledger.services.validators.folder import COMET, PEER, WEBSOCKET

FIRST, LAST, STEP = 10_000, 32_000, 400
"""Below the ports that the system gives to connections, a block of `STEP` for each network."""


def first_free_port(validators: int) -> int:
    """A JSON-RPC port for a network's first validator, from which on all its ports are free.

    Test processes beside each other begin to look at different places.
    """
    blocks = range(FIRST, LAST, STEP)
    for i in range(len(blocks)):
        first = blocks[(os.getpid() + i) % len(blocks)]
        if all(_free(first + kind + n) for kind in (0, WEBSOCKET, COMET, PEER) for n in range(validators)):
            return first
    raise AssertionError("no ports")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
