"""The outcomes in a bundle: what the log says the chain decided, and by which contracts.

Attested: a full audit or a node proves them. Checked is that each is about a record of the bundle, and names the
contract that the registry had in force; and of an attestation, that the registry had its issuer in the role for its
schema, for the chain takes no other.
"""

from collections.abc import Iterator, Mapping, Sequence

from ledger.bundle.format import BundledRecord
from ledger.codes import ContractKind, Role
from ledger.codes import Outcome as Code
from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.errors import VerificationFailed
from ledger.records.types import (
    LOG_ONLY,
    Attestation,
    BonusAgreement,
    Clearance,
    Handoff,
    KeyGrant,
    KeyRevoke,
    Outcome,
    Override,
    Recall,
    RegistryChange,
    Revocation,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.records.verification import Facts
from ledger.registry.history import RegistryHistory

REGISTRY_RECORDS = (RegistryChange, KeyGrant, KeyRevoke)
_CONTRACTS = {
    ContractKind.CUSTODY: (ShipmentTerms, Handoff, Split, Statement, Override),
    ContractKind.CLEARANCE: (Clearance,),
    ContractKind.ATTESTATION: (Attestation, Revocation, Recall),
}
Events = Mapping[RecordId, Sequence[tuple[int, Outcome]]]
"""The Outcomes about each record with their log indexes, in log order."""


def events_of(records: Sequence[BundledRecord]) -> Events:
    """The Outcomes among `records`."""
    result: dict[RecordId, list[tuple[int, Outcome]]] = {}
    for record in records:
        body = record.signed.record
        if isinstance(body, Outcome):
            result.setdefault(RecordId(body.record), []).append((record.index, body))
    return result


def check_outcomes(
    records: Mapping[RecordId, BundledRecord],
    facts_of: Mapping[int, Facts],
    events: Events,
    history: RegistryHistory,
    pools: Mapping[RecordId, bytes],
) -> str:
    """Raise `VerificationFailed` for an Outcome of no record here, of another contract than the one in force, or by
    which the chain would have taken an attestation from no issuer; says how many there are.

    `facts_of`: by log index. `pools`: of records about money the bonus pool that their ids bind; it serves its
    agreements after it was closed, and takes none any more.
    """
    waiting = 0
    for record_id, found in events.items():
        if record_id not in records:
            raise VerificationFailed(
                "an outcome of a record that is not in the bundle",
                where=f"record {found[0][0]} (Outcome)",
                found=to_hex(record_id),
            )
    for record_id, record in records.items():
        body, facts = record.signed.record, facts_of[record.index]
        if isinstance(body, (Outcome, *LOG_ONLY)):
            continue
        if facts.block_number is None or all(code is Code.REJECTED for code in facts.outcomes):
            waiting += not facts.outcomes
            continue
        if isinstance(body, REGISTRY_RECORDS):
            continue
        kind = next((kind for kind, types in _CONTRACTS.items() if isinstance(body, types)), ContractKind.BONUS)
        for index, event in by_contracts(events[record_id], facts):
            view = history.at_block(event.blockNumber, event.blockTime, event.eventIndex)
            contract, name = view.contract(kind), f"the {kind.name.lower()} contract in force"
            if body.MONEY and not isinstance(body, BonusAgreement):
                contract, name = KeyAddress(pools[record_id]), "the bonus pool that was signed for"
            check_target(index, event, contract, name)
            if isinstance(body, Attestation) and not view.has_role(body.by, Role.ISSUER, body.schema):
                raise VerificationFailed(
                    "an attestation that the chain cannot have taken: its issuer had no role for the schema then",
                    where=f"record {index} (Outcome)",
                    expected=f"the role of an issuer for {to_hex(body.schema)}",
                    found=f"partner {body.by}",
                )
    told = f"{sum(map(len, events.values()))} outcomes"
    pending = f", {waiting} records still without one" if waiting else ""
    return f"{told} by the contracts in force{pending}; a full audit or a node proves them"


def by_contracts(events: Sequence[tuple[int, Outcome]], facts: Facts) -> Iterator[tuple[int, Outcome]]:
    """Those of a record's outcomes that contracts gave; one with rejected items is the log's, unless it places the
    record on the chain.
    """
    return (
        (index, event)
        for index, event in events
        if Code.REJECTED not in event.outcomes or event.blockNumber == facts.block_number
    )


def check_target(index: int, event: Outcome, contract: bytes | None, name: str) -> None:
    """Raise `VerificationFailed` unless the Outcome at leaf `index` is of `contract`, or `name`."""
    if event.target != contract:
        raise VerificationFailed(
            f"the outcome is not one of {name}",
            where=f"record {index} (Outcome)",
            expected=to_hex(contract) if contract else "a contract that the council opened",
            found=to_hex(event.target),
        )
