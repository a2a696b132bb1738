"""A log of hashes and the witnesses that it asks, without node or database."""

import http.client
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import merkle
from ledger.log.cosignature import WitnessKey, WitnessPolicy
from ledger.log.leaf import LogSigner
from ledger.log.signed_note import SignedCheckpoint, parse_checkpoint, parse_signature_line
from ledger.log.witness import AddCheckpoint
from ledger.services.home.clock import Clock, SystemClock
from ledger.services.witness.folder import WitnessFolder, make_witness
from ledger.services.witness.service import PATH, Witness, WitnessServer

LOG = LogSigner("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
LEAVES = [sha256(i.to_bytes(4, "big")).digest() for i in range(300)]
PASSPHRASE = "open"


@dataclass(frozen=True)
class Said:
    """An answer over HTTP."""

    status: int
    body: bytes
    media_type: str


def new_witness(folder: Path, name: str = "witness.example/w1", log: LogSigner = LOG) -> WitnessKey:
    return make_witness(folder, name, {log.identity.origin: log.identity}, PASSPHRASE)


@contextmanager
def serving(folder: Path, clock: Clock | None = None, port: int = 0) -> Iterator[WitnessServer]:
    """The witness in `folder`, served by a thread."""
    witness = Witness(WitnessFolder(folder, PASSPHRASE), (clock or SystemClock()).now)
    server = WitnessServer(("127.0.0.1", port), witness)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def checkpoint(size: int, leaves: Sequence[bytes] = LEAVES, log: LogSigner = LOG) -> bytes:
    return log.checkpoint(size, merkle.root(leaves[:size]))


def asking(old: int, size: int, leaves: Sequence[bytes] = LEAVES) -> bytes:
    proof = merkle.consistency_proof(leaves[:size], old) if old <= size else []
    return AddCheckpoint(old, tuple(proof), parse_checkpoint(checkpoint(size, leaves))).encode()


def post(url: str, body: bytes, path: str = PATH) -> Said:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request("POST", path, body)
        answer = connection.getresponse()
        return Said(answer.status, answer.read(), answer.headers.get("Content-Type", ""))
    finally:
        connection.close()


def cosigned_at(key: WitnessKey, size: int, said: bytes, leaves: Sequence[bytes] = LEAVES) -> int:
    """The time of the cosignature in an answer's body; it must be the only line, and hold."""
    line = parse_signature_line(said.decode().removesuffix("\n"))
    head = parse_checkpoint(checkpoint(size, leaves)).head
    return WitnessPolicy(1, (key,)).verify(SignedCheckpoint(head, (line,)).encode())
