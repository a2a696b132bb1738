"""What bears out the times of this home's log: cosigned and anchored checkpoints, and the chain's blocks."""

from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes, Evidence
from ledger.services.home.consortium import Consortium
from ledger.store import changes, checkpoints
from ledger.store.database import Connection


class KnownEvidence:
    """All evidence that one store holds, read again only after some came in. To be asked of what is committed."""

    def __init__(self) -> None:
        self._known: tuple[int, Consortium, Evidence] | None = None

    def of(self, connection: Connection, consortium: Consortium, counted: int | None = None) -> Evidence:
        """`counted`: how much this snapshot is known to hold, as `ledger.store.changes` counts it."""
        count = changes.counts(connection)[changes.EVIDENCE] if counted is None else counted
        known = self._known
        if known is not None and known[0] == count and known[1] is consortium:
            return known[2]
        evidence = evidence_of(connection, consortium)
        self._known = count, consortium, evidence
        return evidence


def evidence_of(connection: Connection, consortium: Consortium) -> Evidence:
    """All evidence that the store holds, by its consortium's witness policy and chain."""
    times = [CheckpointTime(size, time, Basis.CHAIN) for size, time in checkpoints.anchor_times(connection)]
    if (policy := consortium.witness_policy) is not None:
        keys = [key.verifier_key() for key in policy.keys]
        cosigned = checkpoints.evidenced(connection, keys, policy.threshold)
        times += [CheckpointTime(entry.size, entry.time, Basis.WITNESSES) for entry in cosigned]
    return Evidence.of_chain(consortium.deployment.chain_id, times)


def checkpoint_times(connection: Connection, consortium: Consortium, evidence: Evidence) -> CheckpointTimes:
    """When the log's checkpoints stood, as others bear out; where nobody else is asked, on the operator's word."""
    if evidence.block_time_counts or consortium.witnesses is not None:
        return evidence.times
    signed = checkpoints.signed_times(connection)
    return CheckpointTimes(CheckpointTime(size, time, Basis.OPERATOR) for size, time in signed)
