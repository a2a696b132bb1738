"""What a file proves that says that a record is in the log: a COSE receipt, or a C2SP tlog-proof.

Both are checked offline with a trust file. A receipt does not hold the leaf that it is for: `leaf` is given beside it.
"""

from collections.abc import Iterator

from ledger.bundle.format import Trust
from ledger.bundle.steps import PROVED, Step, failed
from ledger.common.ids import to_hex
from ledger.errors import InvalidInput, LadingError, VerificationFailed
from ledger.formats.cose_receipt import SIGN1, CoseReceipt, parse_receipt
from ledger.log.cose_head import key_thumbprint
from ledger.log.leaf import LogIdentity, parse_leaf
from ledger.log.signed_note import parse_checkpoint
from ledger.log.tlog_proof import HEADER, TlogProof, parse_tlog_proof
from ledger.records.types import BY_NUMBER

NAMES = ("format", "log", "record", "inclusion", "witnesses")


def is_log_proof(data: bytes) -> bool:
    """Whether a file says of itself that it is one; nothing is checked."""
    return data.startswith((SIGN1, f"{HEADER}\n".encode()))


def verify_log_proof(data: bytes, trust: Trust, leaf: bytes | None = None) -> list[Step]:
    """Check a file for which `is_log_proof` holds.

    1. format     it is a receipt or a proof, to the byte
    2. log        of a trusted log
    3. record     the leaf that it is for, and what that says
    4. inclusion  the leaf leads to a root that the log signed
    5. witnesses  enough of the policy cosigned it (a proof, with a policy; a receipt carries no cosignatures)

    Raises `InvalidInput` for a receipt without its leaf.
    """
    if not data.startswith(SIGN1):
        return _steps(_of_proof(data, trust, leaf))
    if leaf is None:
        raise InvalidInput(
            "a receipt holds no leaf",
            where="leaf",
            expected="the record's leaf, 74 bytes in hex",
            mend="Pass it as --leaf: `/v1/records/{id}/raw` has it.",
        )
    return _steps(_of_receipt(data, trust, leaf))


def _steps(said: Iterator[str]) -> list[Step]:
    """The steps in their order, from what is said of each that holds."""
    steps: list[Step] = []
    try:
        for why in said:
            steps.append(Step(NAMES[len(steps)], True, PROVED, why=why))
    except LadingError as error:
        steps.append(failed(NAMES[len(steps)], PROVED, error))
    return steps


def _of_receipt(data: bytes, trust: Trust, leaf: bytes) -> Iterator[str]:
    receipt = parse_receipt(data)
    yield "a COSE receipt"
    log = _by_key(trust, receipt)
    yield log.origin
    yield _said(leaf)
    yield _placed(receipt.index, receipt.size, receipt.verify(log, leaf))


def _of_proof(data: bytes, trust: Trust, given: bytes | None) -> Iterator[str]:
    proof = parse_tlog_proof(data)
    yield "a tlog-proof"
    log = log_of_proof(trust, proof)
    yield log.origin
    leaf = given or proof.extra or b""
    yield _said(leaf)
    head = proof.verify(log, leaf)
    yield _placed(proof.index, head.size, head.root)
    if trust.witnesses is not None:
        time = trust.witnesses.verify(proof.checkpoint)
        yield f"{trust.witnesses.threshold} had cosigned it by {time}"


def _placed(index: int, size: int, root: bytes) -> str:
    return f"entry {index} of {size} under {to_hex(root)}, which the log signed"


def _said(data: bytes) -> str:
    leaf = parse_leaf(data)
    known = BY_NUMBER.get(leaf.type_number)
    return f"{known.__name__ if known else leaf.type_number} {to_hex(leaf.record_id)}, logged at {leaf.log_time}"


def _by_key(trust: Trust, receipt: CoseReceipt) -> LogIdentity:
    key = receipt.key()
    for log in trust.logs:
        if key_thumbprint(log.public_key) == key:
            return log
    raise _untrusted(trust, key.hex())


def log_of_proof(trust: Trust, proof: TlogProof) -> LogIdentity:
    """Of several logs of one origin, such as a renewed one's, that which signed."""
    checkpoint = parse_checkpoint(proof.checkpoint, foreign=True)
    named = [log for log in trust.logs if log.origin == checkpoint.head.origin]
    lines = {(line.name, line.key_id) for line in checkpoint.signatures}
    for log in named:
        if (log.origin, log.key_id) in lines:
            return log
    raise _untrusted(trust, checkpoint.head.origin)


def _untrusted(trust: Trust, found: str) -> VerificationFailed:
    return VerificationFailed(
        "no log of the trust file",
        where="log",
        expected=", ".join(f"{log.origin} {key_thumbprint(log.public_key).hex()}" for log in trust.logs),
        found=found,
        mend="The trust file is of another consortium, or of the log under another key: get the right one.",
    )
