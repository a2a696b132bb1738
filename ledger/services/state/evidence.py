"""What bears out the times of this home's log: cosigned and anchored checkpoints, and the chain's blocks."""

from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes, Evidence
from ledger.services.home.consortium import Consortium
from ledger.store import checkpoints
from ledger.store.database import Connection


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
