"""Whether the log still contains the tree that was audited before, and from where it goes on."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import LadingError, VerificationFailed
from ledger.log.contradiction import Contradiction
from ledger.log.leaf import LogIdentity
from ledger.log.signed_note import TreeHead
from ledger.log.tiles import WIDTH, TileTree
from ledger.services.audit.findings import Findings
from ledger.services.audit.held_evidence import HeldCheckpoint, name_fork, name_rollback, name_stranger
from ledger.services.audit.rows.log_rows import Publication


@dataclass(frozen=True, slots=True)
class Extension:
    """`tree`: the published one. Of the remembered tree `head` the leaves from `first` on, a whole number of tiles, are
    looked at again; `before` are the complete subtrees of those before.
    """

    tree: TileTree
    head: TreeHead
    first: int
    before: Sequence[tuple[int, bytes]]


def check_extension(
    remembered: HeldCheckpoint, identity: LogIdentity, publication: Publication, newest: bytes, findings: Findings
) -> tuple[Extension | None, tuple[Contradiction, ...]]:
    """The consistency proof from the `remembered` checkpoint to the present tree, made of the published tiles and
    verified.

    None where there is none, which is named; with the two checkpoints that convict the log, where it was forked.
    `newest`: the note of the largest checkpoint of this home.
    """
    try:
        head = identity.verify_checkpoint(remembered.note)
    except VerificationFailed as error:
        name_stranger("", remembered.where, error, findings)
        return None, ()
    if head.size > publication.size:
        name_rollback(remembered.where, head.size, publication.size, findings)
        return None, ()
    tree = TileTree(publication.size, publication.read_tile)
    try:
        root = tree.root(head.size)
        if root != head.root:
            name_fork(remembered.where, head, root, findings)
            proof = tuple(tree.consistency_proof(head.size))
            found = Contradiction(remembered.note.decode(), newest.decode(), root, proof)
            return None, (found,) if _convicts(found, identity) else ()
        first = max(head.size - 1, 0) // WIDTH * WIDTH  # one leaf at least: times go on from its own
        return Extension(tree, head, first, tree.peaks(first)), ()
    except LadingError as error:
        what = "a tile is missing or damaged; it can be written anew from the database (move the folder `tile` away)"
        findings.add("", f"log/{error.where}", "the published file", error.found or error.what, what)
        return None, ()


def _convicts(found: Contradiction, identity: LogIdentity) -> bool:
    try:
        found.verify(identity)
    except VerificationFailed:
        return False  # the home's own checkpoint is not of its tiles either: that is another finding
    return True
