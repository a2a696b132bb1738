"""Two witnesses for the demo: threads of this process, each with its own folder and key under the demo's home."""

import urllib.error
import urllib.request
from pathlib import Path
from threading import Thread

from ledger.common.ids import to_hex
from ledger.errors import RuleBroken
from ledger.log.cosignature import WitnessPolicy
from ledger.log.leaf import LogIdentity, LogSigner
from ledger.log.signed_note import TreeHead, parse_checkpoint
from ledger.log.witness import AddCheckpoint
from ledger.log.witness_policy import AskedWitnesses
from ledger.services.home.clock import Clock
from ledger.services.home.consortium import WITNESSES
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_private
from ledger.services.witness.folder import WitnessFolder, make_witness
from ledger.services.witness.service import PATH, Witness, WitnessServer

NAMES = ("harbour-watch.example/demo", "consumers-union.example/demo")
"""Who would run them: somebody who gains nothing by what the log says."""


class DemoWitnesses:
    """Serves from the start; `close` when done. `clock` may be changed at any time."""

    def __init__(self, home: Path, log: LogIdentity, clock: Clock) -> None:
        self.clock = clock
        self.servers = []
        keys = []
        for number, name in enumerate(NAMES, 1):
            folder = home / f"witness-{number}"
            keys.append(make_witness(folder, name, {log.origin: log}, DEMO_PASSPHRASE))
            witness = Witness(WitnessFolder(folder, DEMO_PASSPHRASE), self._now)
            self.servers.append(WitnessServer(("127.0.0.1", 0), witness))
        policy = WitnessPolicy(len(keys), tuple(keys))
        asked = AskedWitnesses(policy, tuple(server.url for server in self.servers))
        write_private(home / WITNESSES, asked.to_text("Made by `lading demo`: its two witnesses.").encode())
        for server in self.servers:
            Thread(target=server.serve_forever, daemon=True).start()

    def _now(self) -> int:
        return self.clock.now()

    def show_another_history(self, log: LogSigner, head: TreeHead) -> None:
        """What a dishonest operator would try: another tree of the same size, signed, for one reader alone.

        Raises `RuleBroken` with the answer of the first witness when it does not cosign that.
        """
        other = bytes(value ^ 0xFF for value in head.root)
        note = parse_checkpoint(log.checkpoint(head.size, other))
        request = urllib.request.Request(  # noqa: S310 - our own witness
            self.servers[0].url + PATH, AddCheckpoint(head.size, (), note).encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - the same
                pass
        except urllib.error.HTTPError as error:
            with error:
                raise RuleBroken(
                    "the witness has cosigned another tree of this size, and keeps both as evidence",
                    where=NAMES[0],
                    expected=to_hex(head.root),
                    found=f"{to_hex(other)}, answered with {error.code}",
                ) from None

    def close(self) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()
