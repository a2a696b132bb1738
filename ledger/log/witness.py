"""What a witness decides, and the requests by which it is asked: C2SP tlog-witness.

Pure: the caller keeps the state, and makes the new one durable before a cosignature leaves the house. Statuses are the
protocol's.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.leaf import LogIdentity, parse_verifier_key
from ledger.log.signed_note import MAX_NOTE, MAX_SIZE, SignedCheckpoint, TreeHead, parse_checkpoint
from ledger.merkle import EMPTY_ROOT, HASH_LENGTH, verify_consistency

MAX_PROOF = 63
MAX_REQUEST = MAX_NOTE + 4096
"""Bytes of a request: a checkpoint, 63 hashes in base64, and the line of the old size."""
SIZE_TYPE = "text/x.tlog.size"
"""Media type of the body of a 409: the size of the latest checkpoint that was cosigned."""
LATEST = "Lading-Latest-Checkpoint"
"""Header of a 409 or 422: the latest checkpoint that was cosigned, as the log signed it, in base64. No part of C2SP:
by it the log knows that a refusal is true, and not the word of a witness that lies.
"""
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_LIST = "logs/v0"


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A log asks for a cosignature; `proof` leads from the tree of `old_size` to the checkpoint's."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: SignedCheckpoint

    def encode(self) -> bytes:
        lines = [f"old {self.old_size}", *(base64.b64encode(value).decode() for value in self.proof), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint.encode()


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """The request in `body`, only its form checked; raises `MalformedRecord` for what `encode` would not print."""
    if len(body) > MAX_REQUEST:
        raise _malformed("too large", f"at most {MAX_REQUEST} bytes", f"{len(body)} bytes")
    head, blank, note = body.partition(b"\n\n")
    if not blank:
        raise _malformed("no empty line", "old size and proof, an empty line, a checkpoint", "none")
    first, *hashes = head.decode("utf-8", "replace").split("\n")
    match = _OLD.fullmatch(first)
    if not match or int(match[1]) > MAX_SIZE:
        raise _malformed("not an old size", "`old ` and a decimal number", first[:40])
    if len(hashes) > MAX_PROOF:
        raise _malformed("too many hashes", f"at most {MAX_PROOF}", len(hashes))
    return AddCheckpoint(int(match[1]), tuple(map(_hash, hashes)), parse_checkpoint(note, foreign=True))


@dataclass(frozen=True, slots=True)
class WitnessedLog:
    """A log that a witness knows: its origin line, and the key that signs its checkpoints."""

    origin: str
    key: LogIdentity


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is cosigned. `size`, with status 409: that of the latest checkpoint cosigned for the origin."""

    status: int
    why: str
    size: int | None = None


def latest_path(origin: str) -> str:
    """Where a witness, below its monitoring prefix, gives the latest checkpoint that it cosigned of a log; in the same
    folder a mirror has its copy of the log.
    """
    return f"/{origin_hash(origin)}/checkpoint"


def origin_hash(origin: str) -> str:
    """How witnesses and mirrors name a log in paths: the SHA-256 of its origin in lower-case hex."""
    return hashlib.sha256(origin.encode()).hexdigest()


def nothing_yet(origin: str) -> TreeHead:
    """The state of a witness that has cosigned nothing of a log: the empty tree, a prefix of every other."""
    return TreeHead(origin, 0, EMPTY_ROOT)


def decide(log: WitnessedLog | None, latest: TreeHead, request: AddCheckpoint) -> TreeHead | Refusal:
    """The head to keep and cosign, or why not. `log` and `latest` are of the request's origin; None: an unknown one.

    1. The origin is known (404), and its key signed the checkpoint (403).
    2. The old size is no larger than the checkpoint's (400), and is that of the latest head (409).
    3. A checkpoint of the same size has the same root (409).
    4. The proof leads from the latest head to the checkpoint's (422).
    """
    head = request.checkpoint.head
    # 1.
    if log is None:
        return Refusal(404, "this witness does not know the log")
    try:
        log.key.verify_signature(request.checkpoint)
    except VerificationFailed as error:
        return Refusal(403, str(error))
    # 2.
    if request.old_size > head.size:
        return Refusal(400, f"the old size {request.old_size} is larger than the checkpoint's {head.size}")
    if request.old_size != latest.size:
        return Refusal(409, f"the latest checkpoint cosigned has size {latest.size}", latest.size)
    # 3.
    if head.size == latest.size and head.root != latest.root:
        return Refusal(409, "another checkpoint of this size was cosigned: the log shows two trees", latest.size)
    # 4.
    try:
        verify_consistency(latest.size, head.size, request.proof, latest.root, head.root)
    except VerificationFailed as error:
        return Refusal(422, str(error))
    return head


# --- the list of logs -----------------------------------------------------------------------------------------------


def print_log_list(logs: Mapping[str, LogIdentity], qpd: int, contact: str) -> str:
    """A C2SP tlog-list of logs by origin."""
    entries = []
    for origin, key in logs.items():
        own = "" if origin == key.origin else f"origin {origin}\n"
        entries.append(f"\nvkey {key.verifier_key()}\n{own}qpd {qpd}\ncontact {contact}\n")
    return f"{_LIST}\n{''.join(entries)}"


def parse_log_list(text: str) -> dict[str, WitnessedLog]:
    """The logs of a C2SP tlog-list by origin; quotas and contacts are for people. Raises `MalformedRecord`."""
    lines = [line for raw in text.split("\n") if (line := raw.strip(" \t")) and not line.startswith("#")]
    if lines[:1] != [_LIST]:
        raise MalformedRecord("not a list of logs", where="logs", expected=_LIST, found="".join(lines[:1])[:40])
    logs: dict[str, WitnessedLog] = {}
    fields = [line.partition(" ")[::2] for line in lines[1:]]
    at = 0
    while at < len(fields):
        names = [name for name, _ in fields[at : at + 4]]
        count = 4 if names[1:2] == ["origin"] else 3
        if names[:count] != ["vkey", *(["origin"] if count == 4 else []), "qpd", "contact"]:
            raise MalformedRecord("not an entry", where="logs", expected="vkey, [origin], qpd, contact", found=names)
        key = parse_verifier_key(fields[at][1])
        origin = fields[at + 1][1] if count == 4 else key.origin
        quota = fields[at + count - 2][1]
        if not re.fullmatch(r"[1-9][0-9]{0,9}", quota) or int(quota) >= 2**31:
            raise MalformedRecord("not a quota", where=f"logs, {origin}", expected="1 to 2^31 - 1", found=quota[:40])
        if origin in logs:
            raise MalformedRecord("a log is listed twice", where="logs", found=origin)
        logs[origin] = WitnessedLog(origin, key)
        at += count
    return logs


# --- pieces ---------------------------------------------------------------------------------------------------------


def _malformed(what: str, expected: object, found: object) -> MalformedRecord:
    return MalformedRecord(what, where="add-checkpoint", expected=expected, found=found)


def _hash(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != HASH_LENGTH or base64.b64encode(value).decode() != text:
        raise _malformed("not a hash", f"{HASH_LENGTH} bytes in base64", text[:80])
    return value
