"""Why a proof down to the validators' seals is refused, as codes."""

from enum import StrEnum

from ledger.errors import NotSealed


class Fault(StrEnum):
    """Which check failed."""

    ENCODING = "encoding"
    """Bytes that the network's software would not have written."""
    CHAIN_ID = "chain-id"
    HEIGHT = "height"
    LINK = "link"
    """A header does not name the one before it."""
    VALIDATORS = "validators"
    """The header names other validators than the trust file."""
    SIGNATURE = "signature"
    POWER = "power"
    """The seals of two thirds of the power or less."""
    RESULTS = "results"
    """Transaction results do not lead to the header's root."""
    TRANSACTION = "transaction"
    """A result of a transaction that failed."""
    PROOF_KEY = "proof-key"
    PROOF_LEAF = "proof-leaf"
    PROOF_PATH = "proof-path"
    PROOF_ROOT = "proof-root"
    PROOF_NEIGHBOURS = "proof-neighbours"
    """The two leaves beside an absent key do not stand next to each other, or not around it."""
    MISSING = "missing"
    """Nothing sealed speaks of what was to be proved."""
    OUTCOME = "outcome"
    """The sealed event says something else than the log's record."""
    TIME = "time"
    ANCHOR = "anchor"
    REGISTRY_STATE = "registry-state"
    CUSTODY_STATE = "custody-state"


def refused(
    code: Fault, what: str, *, where: str, expected: object = "", found: object = "", mend: str = ""
) -> NotSealed:
    """The error with this code."""
    return NotSealed(what, code=code.value, where=where, expected=expected, found=found, mend=mend)
