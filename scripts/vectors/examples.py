"""The records of the published vectors: one consignment's way from maker to consumer, and lists of 1, 2 and 200 items.

Partners: 1 maker and brand, 2 forwarder, 3 ocean carrier, 4 customs DE, 5 customs US, 6 bonded warehouse, 7 parcel
carrier, 8 platform, 9 broker, 10 laboratory, 11 operator. The consumer has a one-time recipient key.
"""

import hashlib
from dataclasses import dataclass, replace

from ledger import codes
from ledger.bonuses.amounts import amounts_root
from ledger.common.canonical import canonical_json
from ledger.common.periods import DAY
from ledger.merkle import sorted_root
from ledger.records.eip712 import Withheld, list_hash, part_hash
from ledger.records.shipment_ids import child_id
from ledger.records.types import (
    NOBODY,
    Attestation,
    BonusAgreement,
    BonusAward,
    Checkpoint,
    Child,
    Claim,
    Claims,
    Clearance,
    Commercial,
    Details,
    Dispute,
    Duty,
    Endorsement,
    Goods,
    Handoff,
    HandoffItem,
    KeyGrant,
    KeyRevoke,
    Load,
    Observation,
    Outcome,
    Override,
    Place,
    Recall,
    RecallAnswer,
    Record,
    RegistryChange,
    Require,
    Revocation,
    Ruling,
    Share,
    ShipmentRef,
    ShipmentTerms,
    Split,
    Statement,
    TaxLine,
)
from ledger.records.types import Amendment as AmendmentRecord
from scripts.vectors.derived import AMOUNTS
from scripts.vectors.keys import COUNCIL, DOMAIN, LOG, address, digest, salt

START = 1_767_225_600
"""2026-01-01T00:00:00Z."""
NONE = bytes(32)
GTIN = "09506000134352"
SHARES = ((1, 2500), (2, 1500), (7, 4000))


@dataclass(frozen=True, slots=True)
class Example:
    """A record and the names of the keys that sign it, in canonical order. `opened` names the same record opened."""

    name: str
    record: Record
    signers: tuple[str, ...]
    opened: str = ""


def details(label: str, **content: str | int) -> Details:
    return Details(salt(f"{label}/details"), canonical_json(content).decode() if content else "")


def place(label: str, country: str, locode: str, name: str) -> Place:
    return Place(salt(f"{label}/place"), country, locode, "9506000134352", name)


def goods(label: str, quantity: int) -> Goods:
    serials = sorted_root(f"{label}-{n}".encode() for n in range(3))
    return Goods(salt(f"{label}/goods"), GTIN, "L2601", serials, quantity, "EA", "190110", "Infant formula, 800 g")


def commercial(label: str) -> Commercial:
    return Commercial(
        salt(f"{label}/commercial"),
        "PO-4711",
        1_250_000,
        "EUR",
        98_000,
        "DAP",
        START + 14 * DAY - 1,
        6 * 3600,
        980,
        98_000,
        2,
        8,
        30 * DAY,
        72 * 3600,
        DAY,
        hashlib.sha256(b"the rules file").digest(),
    )


TERMS = ShipmentTerms(
    salt=salt("terms"),
    consignor=1,
    consignee=8,
    holder=1,
    recipientKey=bytes(20),
    purpose=codes.Purpose.ORIGINAL,
    parents=(),
    packages=150,
    mode=codes.Mode.MARITIME,
    fulfilment=codes.Fulfilment.BONDED_WAREHOUSE,
    origin=place("terms/origin", "DE", "DEHAM", "Werk Süd"),
    destination=place("terms/destination", "US", "USNYC", "Bonded warehouse 3"),
    contents=(goods("terms", 3600),),
    commercial=commercial("terms"),
    requires=(
        Require(b"DE", codes.Regime.EXPORT, codes.Gate.HANDOVER, False),
        Require(b"US", codes.Regime.IMPORT, codes.Gate.DELIVERY | codes.Gate.SALE, True),
    ),
    submitBy=START + 14 * DAY,
    details=details("terms"),
)
SHIPMENT = DOMAIN.record_id(TERMS)
PARCEL = child_id(SHIPMENT, 4, 0)
ONWARD = ShipmentTerms(
    salt=salt("onward"),
    consignor=8,
    consignee=NOBODY,
    holder=6,
    recipientKey=address("recipient/1"),
    purpose=codes.Purpose.ONWARD,
    parents=(ShipmentRef(PARCEL, 0),),
    packages=1,
    mode=codes.Mode.ROAD,
    fulfilment=codes.Fulfilment.BONDED_WAREHOUSE,
    origin=place("onward/origin", "US", "USNYC", ""),
    destination=Place(salt("onward/destination"), "US", "", "", ""),
    contents=(),
    commercial=replace(commercial("onward"), value=9_900, freight=900, alpha=9, penaltyCap=900, liable=7),
    requires=(Require(b"US", codes.Regime.IMPORT, codes.Gate.DELIVERY, True),),
    submitBy=START + 40 * DAY,
    details=details("onward"),
)
ONWARD_ID = DOMAIN.record_id(ONWARD)
HANDOFF = Handoff(
    items=(HandoffItem(SHIPMENT, 0, 148, codes.ExceptionBit.SHORT | codes.ExceptionBit.DAMAGED),),
    releaser=1,
    receiver=2,
    place=place("handoff", "DE", "DEHAM", "Gate 4"),
    load=Load(salt("handoff/load"), "395060001234567891"),
    occurredAt=START + DAY,
    dueAt=START + 3 * DAY,
    submitBy=START + 15 * DAY,
    details=details("handoff", seal="H-77120", note="zwei Kartons eingedrückt"),
)
CLEARANCE = Clearance(
    by=5,
    declarant=9,
    items=(ShipmentRef(SHIPMENT, 0),),
    jurisdiction=b"US",
    regime=codes.Regime.IMPORT,
    status=codes.ClearanceStatus.HELD,
    holdCause=codes.HoldCause.DOCUMENTS,
    causedBy=2,
    assurance=codes.Assurance.AUTHORITY_SIGNED,
    occurredAt=START + 12 * DAY,
    duty=Duty(
        salt("clearance/duty"),
        "26US0000000000001",
        "40 00",
        "red",
        "USD",
        (TaxLine("duty", 1_480_000, 175_000, 259_000, 0), TaxLine("mpf", 1_480_000, 3_464, 5_126, 5_126)),
    ),
    details=details("clearance", missing="certificate of analysis"),
)
ATTESTATION = Attestation(
    by=10,
    schema=hashlib.sha256(b"lading/authenticity/v1").digest(),
    subject=f"01/{GTIN}/10/L2601",
    accreditation=NONE,
    validFrom=START,
    validUntil=START + 365 * DAY,
    document=hashlib.sha256(b"the laboratory's report").digest(),
    claims=Claims(salt("attestation/claims"), '{"cadmium":"not detected","protein":"11.2 g"}'),
    itemCodes=sorted_root(f"01/{GTIN}/21/{n}".encode() for n in ("A1", "A2", "A3")),
    details=details("attestation"),
)
RECALL = Recall(
    by=1,
    subject=f"01/{GTIN}",
    lots='[{"lot":"L2601"},{"from":"A0100","to":"A0199"}]',
    hazard=codes.Hazard.LABELLING,
    action=codes.RecallAction.QUARANTINE,
    contact="recall@maker.example",
    supersedes=NONE,
    occurredAt=START + 50 * DAY,
    details=details("recall"),
)
AGREEMENT = BonusAgreement(
    salt=salt("agreement"),
    parties=tuple(Share(partner, points) for partner, points in SHARES),
    awarder=11,
    residual=8,
    token=digest("token")[:20],
    currency="EUR",
    rule=hashlib.sha256(b"the bonus rule").digest(),
    periodStart=START,
    periodEnd=START + 90 * DAY,
    disputeWindow=7 * DAY,
    arbiter=10,
    arbiterWindow=14 * DAY,
    deadline=START + 100 * DAY,
    claimUntil=START + 400 * DAY,
    details=details("agreement"),
)
AGREEMENT_ID = DOMAIN.record_id(AGREEMENT)

AWARD = BonusAward(
    by=11,
    agreement=AGREEMENT_ID,
    version=1,
    logId=LOG.identity.log_id,
    logSize=20,
    total=1_000_000,
    amounts=amounts_root(AGREEMENT_ID, 1, AMOUNTS),
    evidence=sorted_root((SHIPMENT, ONWARD_ID)),
)


def examples() -> list[Example]:
    """One of every type and of every special signer; lists of one item where the type has lists."""
    hold = DOMAIN.record_id(CLEARANCE)
    statement = Statement(
        by=7,
        counterparty=NOBODY,
        kind=codes.StatementKind.TENDER,
        shipment=ONWARD_ID,
        sequence=1,
        occurredAt=START + 42 * DAY,
        place=place("statement", "US", "", "Front door"),
        details=details("statement"),
    )
    split = Split(
        by=6,
        shipment=SHIPMENT,
        sequence=4,
        children=(Child(1, (goods("split", 1),)),),
        reason=codes.SplitReason.PARCELS,
        occurredAt=START + 35 * DAY,
        details=details("split"),
    )
    given = Handoff(
        items=(HandoffItem(ONWARD_ID, 1, 1, 0),),
        releaser=7,
        receiver=NOBODY,
        place=place("given", "US", "", ""),
        load=Load(salt("given/load"), ""),
        occurredAt=START + 43 * DAY,
        dueAt=0,
        submitBy=START + 57 * DAY,
        details=details("given"),
    )
    returned = replace(
        ONWARD,
        salt=salt("return"),
        consignee=8,
        holder=NOBODY,
        recipientKey=address("recipient/2"),
        purpose=codes.Purpose.RETURN,
        parents=(ShipmentRef(ONWARD_ID, 2),),
        requires=(),
        submitBy=START + 60 * DAY,
    )
    return [
        Example(
            "registry-change",
            RegistryChange(
                1,
                0,
                codes.RegistryAction.ADMIT,
                1,
                address("partner/1"),
                0,
                NONE,
                0,
                hashlib.sha256(b"the enrolment document").digest(),
            ),
            COUNCIL[:2],
        ),
        Example(
            "registry-change-log",
            RegistryChange(
                2,
                START + DAY,
                codes.RegistryAction.REGISTER_LOG,
                11,
                address("anchor"),
                0,
                LOG.identity.log_id,
                0,
                NONE,
            ),
            COUNCIL,
        ),
        Example(
            "key-grant",
            KeyGrant(
                2,
                address("device/2"),
                2,
                1 << Handoff.NUMBER - 1 | 1 << Statement.NUMBER - 1,
                START,
                START + 90 * DAY,
                details("key-grant", device="scanner 12"),
            ),
            ("partner/2", "device/2"),
        ),
        Example("key-revoke", KeyRevoke(2, address("device/2"), details("key-revoke")), ("device/2",)),
        Example("shipment-terms", TERMS, ("partner/1",)),
        Example("shipment-terms-onward", ONWARD, ("partner/8", "partner/6")),
        Example("shipment-terms-return", returned, ("partner/8", "recipient/1")),
        Example("shipment-terms-withheld", _withheld_terms(), ("partner/1",), opened="shipment-terms"),
        Example("handoff", HANDOFF, ("partner/1", "partner/2")),
        Example("handoff-to-recipient", given, ("partner/7", "recipient/1")),
        Example(
            "handoff-withheld",
            replace(HANDOFF, place=Withheld(part_hash(HANDOFF.place)), details=Withheld(part_hash(HANDOFF.details))),
            ("partner/1", "partner/2"),
            opened="handoff",
        ),
        Example("split", split, ("partner/6",)),
        Example("statement-tender", statement, ("partner/7",)),
        Example(
            "statement-destroyed",
            replace(
                statement,
                by=6,
                counterparty=8,
                kind=codes.StatementKind.DESTROYED,
                shipment=child_id(SHIPMENT, 4, 9),
                sequence=0,
            ),
            ("partner/6", "partner/8"),
        ),
        Example(
            "override",
            Override(child_id(SHIPMENT, 4, 7), 0, 7, 6, 1, codes.ExceptionBit.UNCHECKED, details("override")),
            (*COUNCIL[:2], "partner/6"),
        ),
        Example("clearance", CLEARANCE, ("partner/5",)),
        Example("attestation", ATTESTATION, ("partner/10",)),
        Example(
            "revocation",
            Revocation(
                10, DOMAIN.record_id(ATTESTATION), codes.RevocationReason.ERROR, START + 60 * DAY, details("revocation")
            ),
            ("partner/10",),
        ),
        Example("recall", RECALL, ("partner/1",)),
        Example(
            "recall-answer",
            RecallAnswer(6, DOMAIN.record_id(RECALL), 140, 138, 2, START + 51 * DAY, details("recall-answer")),
            ("partner/6",),
        ),
        Example(
            "amendment",
            AmendmentRecord(
                SHIPMENT, NONE, codes.AmendmentKind.RELIEF, details("amendment", reason="strike", seconds=DAY)
            ),
            ("partner/1", "partner/2", "partner/8"),
        ),
        Example("endorsement", Endorsement(2, SHIPMENT), ("partner/2",)),
        Example("observation", Observation(6, digest("event"), START + 13 * DAY), ("partner/6",)),
        Example("checkpoint", Checkpoint(LOG.identity.log_id, 0, 20, digest("tree of 20 leaves")), ("anchor",)),
        Example("bonus-agreement", AGREEMENT, tuple(f"partner/{partner}" for partner, _ in SHARES)),
        Example("bonus-award", AWARD, ("partner/11",)),
        Example("dispute", Dispute(7, AGREEMENT_ID, 1, details("dispute", line="7").hash_struct()), ("partner/7",)),
        Example("ruling", Ruling(10, AGREEMENT_ID, 1, False, details("ruling").hash_struct()), ("partner/10",)),
        Example("claim", Claim(7, AGREEMENT_ID, 1, AMOUNTS[2].amount, digest("wallet of 7")[:20]), ("partner/7",)),
        Example(
            "outcome",
            Outcome(
                hold,
                digest("clearance contract")[:20],
                4711,
                START + 12 * DAY + 60,
                digest("transaction"),
                3,
                bytes([codes.Outcome.APPLIED]),
            ),
            (),
        ),
    ]


def _withheld_terms() -> ShipmentTerms:
    """The terms as the chain shows them: every private part and the whole list of goods as hashes."""
    return replace(
        TERMS,
        origin=Withheld(part_hash(TERMS.origin)),
        destination=Withheld(part_hash(TERMS.destination)),
        contents=Withheld(list_hash(TERMS.contents)),
        commercial=Withheld(part_hash(TERMS.commercial)),
        details=Withheld(part_hash(TERMS.details)),
    )
