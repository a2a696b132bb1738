"""Cosignatures as the database keeps them, and checkpoints that bear them."""

from collections.abc import Iterator
from contextlib import suppress

from ledger.errors import VerificationFailed
from ledger.log.cosignature import Cosignature, WitnessPolicy, with_cosignatures
from ledger.log.signed_note import TreeHead, parse_checkpoint
from ledger.store import checkpoints
from ledger.store.checkpoints import StoredCheckpoint, StoredCosignature
from ledger.store.database import Connection


def stored_cosignature(head: TreeHead, cosignature: Cosignature) -> StoredCosignature:
    """A cosignature of `head` as the database keeps it."""
    witness = cosignature.witness.verifier_key()
    return StoredCosignature(head.size, witness, head.root, cosignature.time, cosignature.signature)


def kept_cosignatures(connection: Connection, head: TreeHead, policy: WitnessPolicy) -> Iterator[Cosignature]:
    """Those kept of a checkpoint by the witnesses of `policy`; never one that readers would refuse."""
    kept = {row.witness: row for row in checkpoints.cosignatures_of(connection, head.size)}
    for key in policy.keys:
        if row := kept.get(key.verifier_key()):
            with suppress(VerificationFailed):  # the row was edited: `lading audit` names it
                yield key.verify(head, Cosignature(key, row.time, row.signature).note_signature())


def cosigned_note(connection: Connection, stored: StoredCheckpoint, policy: WitnessPolicy | None) -> bytes:
    """The signed note of a checkpoint with all cosignatures that are kept of it."""
    note = stored.note.encode()
    if policy is None:
        return note
    return with_cosignatures(note, kept_cosignatures(connection, parse_checkpoint(note).head, policy))
