"""What people call each record type, and what a key may sign."""

from collections.abc import Mapping

from ledger.common.scopes import ALL_SCOPES, key_covers
from ledger.explain.text import Text, say, several
from ledger.explain.words import NONE
from ledger.records.types import BY_NUMBER
from ledger.registry.keys import DEVICE_SCOPES

TITLES: Mapping[str, Text] = {
    "RegistryChange": say("Registry change"),
    "KeyGrant": say("Device key granted"),
    "KeyRevoke": say("Device key revoked"),
    "ShipmentTerms": say("Shipment terms"),
    "Handoff": say("Handoff"),
    "Split": say("Split"),
    "Statement": say("Statement"),
    "Override": say("Override by the council"),
    "Clearance": say("Customs clearance"),
    "Attestation": say("Attestation"),
    "Revocation": say("Revocation"),
    "Recall": say("Recall"),
    "RecallAnswer": say("Answer to a recall"),
    "Amendment": say("Amendment"),
    "Endorsement": say("Endorsement"),
    "Observation": say("Observation"),
    "Checkpoint": say("Checkpoint"),
    "BonusAgreement": say("Bonus agreement"),
    "BonusAward": say("Bonus award"),
    "Dispute": say("Dispute of an award"),
    "Ruling": say("Ruling on a dispute"),
    "Claim": say("Claim of an award"),
    "Outcome": say("Outcome on the chain"),
}
"""What people call each record type."""


def scopes_text(scopes: int) -> Text:
    """What a key with these scopes may sign, in words; types that this version does not know by their numbers."""
    if scopes == ALL_SCOPES:
        return say("everything")
    if scopes == DEVICE_SCOPES:
        return say("everything but the registry's own records")
    known = {number: TITLES[kind.__name__] for number, kind in BY_NUMBER.items()}
    covered = [number for number in range(1, scopes.bit_length() + 1) if key_covers(scopes, number)]
    return several([known.get(number) or say("type {number}", number=str(number)) for number in covered]) or NONE
