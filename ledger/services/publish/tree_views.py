"""What a checkpoint and the database say of the log's tree, for comparison."""

from ledger import merkle
from ledger.common.ids import to_hex
from ledger.errors import InconsistentLog, TreeView
from ledger.log.signed_note import TreeHead
from ledger.store import records
from ledger.store.database import Connection


def signed_view(head: TreeHead) -> TreeView:
    return TreeView(head.size, to_hex(head.root))


def stored_view(connection: Connection, size: int) -> TreeView:
    """What the first `size` leaves of the database amount to."""
    leaves = (row.leaf_hash for row in records.leaves(connection, 0, size))
    return TreeView(size, to_hex(merkle.root(leaves)))


def check_stored(connection: Connection, head: TreeHead) -> None:
    """Raise `InconsistentLog` unless the database has the leaves of `head`."""
    result = stored_view(connection, head.size)
    if result != signed_view(head):
        raise InconsistentLog(
            "the database has other leaves than a checkpoint that was signed",
            where="log",
            first=signed_view(head),
            second=result,
            mend="Was the database restored or edited? `lading audit` names the records that differ.",
        )
