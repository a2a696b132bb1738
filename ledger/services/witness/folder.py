"""A witness's folder: its key, the logs it knows, and the latest checkpoint that it cosigned of each.

``key.pem`` (encrypted), ``vkey`` (public), ``logs`` (C2SP tlog-list), ``state/`` (one signed note a log) and
``evidence/``. The folder is never to be restored from a backup: a witness that forgets what it cosigned lies.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import LadingError, Misconfigured, NotFound
from ledger.log.contradiction import Contradiction
from ledger.log.cosignature import Cosignature, Cosigner, WitnessKey, WitnessPolicy
from ledger.log.leaf import LogIdentity
from ledger.log.signed_note import SignedCheckpoint, TreeHead, parse_checkpoint
from ledger.log.witness import WitnessedLog, nothing_yet, origin_hash, parse_log_list, print_log_list
from ledger.services.home.keystores import read_log_key, write_log_key, write_private
from ledger.services.publish.durable_files import LogFolder

KEY, VKEY, LOGS, STATE, EVIDENCE = "key.pem", "vkey", "logs", "state", "evidence"
MOST_EVIDENCE = 100
"""Files of evidence that are kept at most."""
QUERIES_A_DAY = 172_800
"""What `lading serve` may ask at most: once a round of its worker. For people: no quota is enforced."""
CONTACT = "-"


@dataclass(frozen=True, slots=True)
class Kept:
    """The latest head cosigned of a log, when, and the note with the log's and our own signature."""

    head: TreeHead
    time: int = 0
    note: bytes = b""


def make_witness(folder: Path, name: str, logs: Mapping[str, LogIdentity], passphrase: str) -> WitnessKey:
    """A new witness in `folder`; raises `Misconfigured` when there is one already."""
    key = Ed25519PrivateKey.generate()
    identity = Cosigner(name, key).identity
    write_log_key(folder / KEY, key, passphrase)
    write_private(folder / VKEY, f"{identity.verifier_key()}\n".encode())
    write_private(folder / LOGS, print_log_list(logs, QUERIES_A_DAY, CONTACT).encode())
    return identity


class WitnessFolder:
    """An existing witness. Raises `Misconfigured` when key, list or a kept checkpoint cannot be read."""

    def __init__(self, folder: Path, passphrase: str) -> None:
        vkey = _text(folder / VKEY).strip()
        self.cosigner = Cosigner(vkey.partition("+")[0], read_log_key(folder / KEY, passphrase))
        if self.cosigner.identity.verifier_key() != vkey:
            raise Misconfigured("not the verifier key of this witness's key", where=str(folder / VKEY))
        try:
            self.logs: Mapping[str, WitnessedLog] = parse_log_list(_text(folder / LOGS))
        except LadingError as error:
            raise Misconfigured(error.what, where=f"{folder / LOGS}: {error.where}", found=error.found) from None
        self.state = LogFolder(folder / STATE)
        self._evidence_folder = folder / EVIDENCE
        self._evidence = LogFolder(self._evidence_folder)
        self._own = WitnessPolicy(1, (self.cosigner.identity,))
        for origin in self.logs:
            self.kept(origin)

    def kept(self, origin: str) -> Kept:
        """The latest head cosigned of a log; the empty tree before the first.

        Raises `Misconfigured` for a file that is not as we wrote it: never taken for nothing, or we would sign a fork.
        """
        name = _name(origin)
        try:
            note = self.state.read(name)
        except NotFound:
            return Kept(nothing_yet(origin))
        try:
            parsed = parse_checkpoint(note, foreign=True)
            cosigned = self._own.cosignatures(parsed)
        except LadingError as error:
            raise _damaged(name, str(error)) from None
        if parsed.head.origin != origin or not cosigned:
            raise _damaged(name, f"a checkpoint of {parsed.head.origin} by {len(cosigned)} witnesses")
        return Kept(parsed.head, cosigned[0].time, note)

    def keep(self, log: WitnessedLog, asked: SignedCheckpoint, cosignature: Cosignature) -> None:
        """Make a checkpoint the latest one; it is on disk when this returns. Raises `StorageFailed`."""
        own = [s for s in asked.signatures if (s.name, s.key_id) == (log.key.origin, log.key.key_id)]
        note = SignedCheckpoint(asked.head, (own[0], cosignature.note_signature())).encode()
        self.state.write(_name(log.origin), note)
        self.state.sync()

    def accuse(self, contradiction: Contradiction) -> str:
        """Keep the proof that a log lied; the name of its file. One proof convicts: after `MOST_EVIDENCE` no more is
        kept, so that a lying log cannot fill the disk and so silence the witness for others.
        """
        data = contradiction.to_bytes()
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.json"
        if sum(1 for _ in self._evidence_folder.glob("*.json")) >= MOST_EVIDENCE:
            return name
        self._evidence.write(name, data)
        self._evidence.sync()
        return name


_name = origin_hash


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(
            "cannot be read", where=str(path), mend="Make a witness with `lading witness new`."
        ) from None


def _damaged(name: str, found: str) -> Misconfigured:
    return Misconfigured(
        "the latest checkpoint that was cosigned cannot be read",
        where=f"{STATE}/{name}",
        found=found,
        mend="A witness that has forgotten what it cosigned must stop: make a new one with a new key.",
    )
