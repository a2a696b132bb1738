"""What the chain remembers of this home: a home that was put back to an older state meets it before it signs anything.

The anchor contract holds the newest checkpoint of the log. The block up to which the chain was followed is still the
same block. And the chain counts the transactions of the relayer's account: each was stored before it was sent, so when
there are more of them, the records that follow show whether the database forgot any.
"""

from ledger.chain.contracts import CONTRACT_OF_KIND, decode_result, encode_function, revert_reason
from ledger.codes import ContractKind
from ledger.common.ids import to_hex
from ledger.errors import ChainUnavailable, VerificationFailed
from ledger.records.types import Checkpoint
from ledger.services.home.home import Home
from ledger.services.home.settings import EMBEDDED
from ledger.services.publish.publisher import MEND
from ledger.services.publish.tree_views import KnownHead
from ledger.services.relay.chain_reader import read_ranges
from ledger.services.relay.contracts_in_force import ContractBook
from ledger.store import cursors, records, transactions

_ANCHOR = CONTRACT_OF_KIND[ContractKind.ANCHOR]
_CURSOR = "follower"


def heads_on_chain(home: Home, relayer: bytes) -> list[KnownHead]:
    """The checkpoint of this home's log that the chain holds, if any; `relayer` is the address of its account.

    Raises `VerificationFailed` when chain and database cannot both be the newest, `ChainUnavailable` when the chain
    cannot be asked or is behind, and `Misconfigured` when it is another chain.
    """
    with home.database.read() as connection:
        cursor = cursors.get(connection, _CURSOR)
        stored = transactions.next_nonce(connection, relayer)
    if cursor is None:
        home.deployment.check(home.chain)
    else:
        _compare_block(home, cursor)
        # Without any, the database was rebuilt from the chain, which shows no transactions that were not needed.
        if 0 < stored < home.chain.nonce(relayer):
            _compare_records(home, cursor)
    contract = ContractBook(home.chain, home.deployment).in_force(ContractKind.ANCHOR)
    if contract is None:
        return []
    result = home.chain.call(contract, encode_function(_ANCHOR, "anchored", home.log_id))
    if not result.succeeded:
        raise ChainUnavailable(f"the anchor contract does not answer ({revert_reason(result.output)})")
    size, root, _ = decode_result(_ANCHOR, "anchored", result.output)
    return [KnownHead("the checkpoint that is anchored on the chain", int(size), bytes(root))] if size else []


def _compare_records(home: Home, cursor: cursors.Cursor) -> None:
    """The chain has transactions of the relayer's account that the database never signed: none may carry a record.

    Another program may have sent them, which is asking for trouble and no more. But a record that the log lacks was
    accepted here, with a receipt, and forgotten.
    """
    with home.database.read() as connection:
        known = ContractBook(home.chain, home.deployment).known(connection)
    for blocks in read_ranges(home.chain, home.deployment, home.chain.head(), after=cursor.block, contracts=known):
        carried = [timed.event for timed in blocks.events if not isinstance(timed.event.signed.record, Checkpoint)]
        with home.database.read() as connection:
            in_log = records.get_many(connection, {event.record_id for event in carried})
        for event in carried:
            if event.record_id not in in_log:
                raise VerificationFailed(
                    "the chain holds a record that this home has relayed and its log does not have",
                    where=f"block {event.log.block}",
                    found=to_hex(event.record_id),
                    mend=MEND,
                )


def _compare_block(home: Home, cursor: cursors.Cursor) -> None:
    block = home.chain.block(cursor.block)
    if block is None and home.settings.chain != EMBEDDED:
        raise ChainUnavailable(
            "the node is behind: it lacks a block that was followed before", where=f"block {cursor.block}"
        )
    if block is None:
        raise VerificationFailed(
            "the chain file is older than the database",
            where="chain.db",
            expected=f"block {cursor.block}",
            found=f"{home.chain.head()} blocks",
            mend="Put the newest chain.db back.",
        )
    if block.hash != cursor.block_hash:
        raise VerificationFailed(
            "the chain is not the one that was followed before",
            where=f"block {cursor.block}",
            expected=to_hex(cursor.block_hash),
            found=to_hex(block.hash),
            mend="The chain was reset or restored, or a block taken as final was replaced: check the finality setting.",
        )
