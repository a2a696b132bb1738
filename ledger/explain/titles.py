"""What people call each record type, and what a key may sign."""

from collections.abc import Mapping

from ledger.common.scopes import ALL_SCOPES, key_covers
from ledger.explain.words import NONE
from ledger.records.types import BY_NUMBER
from ledger.registry.keys import DEVICE_SCOPES

TITLES: Mapping[str, str] = {
    "RegistryChange": "Registry change",
    "KeyGrant": "Device key granted",
    "KeyRevoke": "Device key revoked",
    "ShipmentTerms": "Shipment terms",
    "Handoff": "Handoff",
    "Split": "Split",
    "Statement": "Statement",
    "Override": "Override by the council",
    "Clearance": "Customs clearance",
    "Attestation": "Attestation",
    "Revocation": "Revocation",
    "Recall": "Recall",
    "RecallAnswer": "Answer to a recall",
    "Amendment": "Amendment",
    "Endorsement": "Endorsement",
    "Observation": "Observation",
    "Checkpoint": "Checkpoint",
    "BonusAgreement": "Bonus agreement",
    "BonusAward": "Bonus award",
    "Dispute": "Dispute of an award",
    "Ruling": "Ruling on a dispute",
    "Claim": "Claim of an award",
    "Outcome": "Outcome on the chain",
}
"""What people call each record type."""


def scopes_text(scopes: int) -> str:
    """What a key with these scopes may sign, in words; types that this version does not know by their numbers."""
    if scopes == ALL_SCOPES:
        return "everything"
    if scopes == DEVICE_SCOPES:
        return "everything but the registry's own records"
    known = {number: TITLES[kind.__name__] for number, kind in BY_NUMBER.items()}
    covered = [number for number in range(1, scopes.bit_length() + 1) if key_covers(scopes, number)]
    return ", ".join(known.get(number, f"type {number}") for number in covered) or NONE
