"""The newest published checkpoint, put into the contract that checks it.

The contract is the compare-and-swap: it takes a checkpoint only if it follows the anchored size with a consistency
proof, takes the newest again without harm, and refuses another root for a size. So carrying it at least once is
enough, and everything here can be repeated. The anchor key signs checkpoints and these transactions, nothing else.
"""

import logging
from dataclasses import dataclass

from ledger.chain.contracts import CONTRACT_OF_KIND, encode_call, revert_reason, view
from ledger.codes import ContractKind
from ledger.common.ids import LogId, to_hex
from ledger.errors import InconsistentLog, NotFound, TreeView
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import Checkpoint
from ledger.services.home.home import Home
from ledger.services.publish.publisher import Publisher
from ledger.services.relay.contracts_in_force import ContractBook
from ledger.services.relay.lease import Lease
from ledger.services.relay.sender import Intent, Sender, Settled, explain

_ANCHOR = CONTRACT_OF_KIND[ContractKind.ANCHOR]

log = logging.getLogger("lading.anchorer")


@dataclass(frozen=True, slots=True)
class AnchorReport:
    """`anchored`: the size in the contract, 0 for none; `submitted`: the size under way, if any; `problem` in words."""

    held: bool = True
    anchored: int = 0
    submitted: int | None = None
    problem: str = ""


def lease_name(log_id: LogId) -> str:
    return f"anchorer {to_hex(log_id)}"


class Anchorer:
    """Anchors one log. `sender` sends with `key`, the anchor key, while this process holds `lease`."""

    def __init__(
        self,
        home: Home,
        sender: Sender,
        key: SigningKey,
        publisher: Publisher,
        lease: Lease,
    ) -> None:
        self._database = home.database
        self._chain = home.chain
        self._sender = sender
        self._key = key
        self._publisher = publisher
        self._book = ContractBook(home.chain, home.deployment)
        self._domain = home.domain
        self._log_id = home.log_id
        self._lease = lease

    def step(self) -> AnchorReport:
        """Anchor the newest published checkpoint if it is not.

        1. Take the lease, or leave.
        2. Settle what was sent before; while something is under way, nothing else is signed.
        3. Ask the contract what it holds. If our log does not contain that, raise `InconsistentLog` with both views.
        4. Sign the checkpoint that follows it, store and send the transaction, and see whether it is settled.
        """
        if not self._lease.take():
            return AnchorReport(held=False)
        problem = ""
        if self._sender.unfinished():
            self._sender.push()
            problem = self._settle()
        contract = self._book.in_force(ContractKind.ANCHOR)
        if contract is None:
            return AnchorReport(problem="no anchor contract is in force")
        size, root = self._anchored(contract)
        published = self._publisher.current()
        under_way = self._sender.unfinished()
        if under_way:
            return AnchorReport(anchored=size, submitted=published.head.size if published else None, problem=problem)
        if published is None:
            if size:
                raise _inconsistent(size, root, 0, b"")
            return AnchorReport()
        self._compare(size, root, published.head.size)
        if published.head.size == size:
            return AnchorReport(anchored=size, problem=problem)
        checkpoint = Checkpoint(self._log_id, size, published.head.size, published.head.root)
        proof = self._publisher.consistency_proof(size, checkpoint.size) if size else []
        signed = SignedRecord(checkpoint, (self._key.sign(self._domain, checkpoint),))
        name = f"anchor:{to_hex(self._log_id)}:{checkpoint.size}"
        self._sender.begin([Intent(name, contract, encode_call(signed, proof))])
        self._sender.push()
        problem = self._settle() or problem
        return AnchorReport(anchored=self._anchored(contract)[0], submitted=checkpoint.size, problem=problem)

    def _settle(self) -> str:
        settled = self._sender.settle()
        if not settled:
            return ""
        problems = [self._problem(one) for one in settled]
        with self._database.write() as connection:
            self._sender.finish(connection, settled)
        return "; ".join(filter(None, problems))

    def _problem(self, settled: Settled) -> str:
        if settled.receipt is None:
            return "another transaction took its nonce"
        if settled.receipt.succeeded:
            return ""
        reason = str(revert_reason(explain(self._chain, settled)))
        log.warning("%s reverted in block %d: %s", settled.transaction.intent, settled.receipt.block, reason)
        return reason

    def _anchored(self, contract: bytes) -> tuple[int, bytes]:
        size, root, _ = view(self._chain, contract, _ANCHOR, "anchored", self._log_id)
        return int(size), bytes(root)

    def _compare(self, size: int, root: bytes, ours: int) -> None:
        """Raise `InconsistentLog` unless the published tree of size `ours` contains the anchored one."""
        try:
            result = self._publisher.root(size) if 0 < size <= ours else b""
        except NotFound:
            result = b""
        if size and result != root:
            raise _inconsistent(size, root, min(size, ours), result)


def _inconsistent(size: int, root: bytes, ours: int, found: bytes) -> InconsistentLog:
    return InconsistentLog(
        "the anchored checkpoint is not part of the published log",
        where="anchor",
        first=TreeView(size, to_hex(root)),
        second=TreeView(ours, to_hex(found)),
        mend="Was an old backup restored, or does another instance anchor under this log's key?",
    )
