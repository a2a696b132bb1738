"""Cosignatures among the log's published files: what witnesses bore out outlasts the database, as the entries do.

One line a cosignature, in the order in which they came: size, root, time, signature and the witness's verifier key. A
line proves itself, so a copy from a mirror is as good, and nothing is believed because it stands there. A crash may
leave half a line, which the next one ends.
"""

from collections.abc import Iterator, Sequence

from ledger.common.ids import bytes_from_hex, to_hex
from ledger.errors import LadingError, NotFound
from ledger.log.cosignature import Cosignature, WitnessPolicy
from ledger.log.leaf import LogSigner
from ledger.log.signed_note import TreeHead
from ledger.log.tiles import TileTree
from ledger.merkle import HASH_LENGTH
from ledger.services.publish.durable_files import LogFolder
from ledger.store import checkpoints
from ledger.store.checkpoints import StoredCosignature
from ledger.store.database import Connection

COSIGNATURES = "cosignatures"
_SIGNATURE = 64


def publish_cosignatures(files: LogFolder, rows: Sequence[StoredCosignature]) -> None:
    """Put cosignatures behind those that are published; durable on return."""
    if rows:
        files.append(COSIGNATURES, "".join(map(_line, rows)).encode())


def begin_cosignatures(connection: Connection, files: LogFolder) -> None:
    """Publish what the database has where nothing is published yet, as in a home from before there was the file."""
    if not files.has(COSIGNATURES):
        publish_cosignatures(files, checkpoints.all_cosignatures(connection))


def restore_cosignatures(
    connection: Connection, files: LogFolder, tree: TileTree, signer: LogSigner, policy: WitnessPolicy
) -> None:
    """Give a database that was lost the published cosignatures again, each with its checkpoint.

    Only those of the tree that stands: a witness that saw another one is the audit's to tell of.
    """
    origin = signer.identity.origin
    for row in published_rows(files):
        if row.size <= tree.size and _holds(row, origin, policy) and tree.root(row.size) == row.root:
            checkpoints.add(connection, row.size, row.root, signer.checkpoint(row.size, row.root), row.time)
            checkpoints.add_cosignatures(connection, [row])


def published_lines(files: LogFolder) -> frozenset[str]:
    """The lines of the file; raises `NotFound` where there is none."""
    return frozenset(files.read(COSIGNATURES).decode("utf-8", "replace").split("\n"))


def published_rows(files: LogFolder) -> Iterator[StoredCosignature]:
    """What the file says, line by line; lines that say nothing are left out. Nothing is verified."""
    try:
        data = files.read(COSIGNATURES)
    except NotFound:
        return
    for line in data.decode("utf-8", "replace").split("\n"):
        try:
            size, root, time, signature, witness = line.split(" ")
            yield StoredCosignature(
                int(size),
                witness,
                bytes_from_hex(root, HASH_LENGTH, COSIGNATURES),
                int(time),
                bytes_from_hex(signature, _SIGNATURE, COSIGNATURES),
            )
        except (ValueError, LadingError):
            continue


def _holds(row: StoredCosignature, origin: str, policy: WitnessPolicy) -> bool:
    """Whether a witness of the policy cosigned this tree of the log `origin` at that time."""
    key = next((key for key in policy.keys if key.verifier_key() == row.witness), None)
    if key is None:
        return False
    try:
        key.verify(TreeHead(origin, row.size, row.root), Cosignature(key, row.time, row.signature).note_signature())
    except (LadingError, OverflowError):
        return False
    return True


def line_of(row: StoredCosignature) -> str:
    """The line of a cosignature, without its end."""
    return f"{row.size} {to_hex(row.root)} {row.time} {to_hex(row.signature)} {row.witness}"


def _line(row: StoredCosignature) -> str:
    """Begun with the line's end, so that half a line before it spoils nothing."""
    return f"\n{line_of(row)}"
