"""Who must sign each record, in the canonical order of the log's leaf.

The record's partners in field order, each once, the recipient key last; council members ascending by address, before
the receiver of an override; the master key before the key that it grants. Used by acceptance, the API and verification
alike.
"""

from dataclasses import dataclass
from typing import Protocol

from ledger.codes import WITNESSED, AmendmentKind, Assurance
from ledger.common.ids import KeyAddress, LogId, PartnerId, to_hex
from ledger.errors import MalformedRecord, NotFound
from ledger.records.eip712 import Withheld
from ledger.records.types import (
    NOBODY,
    Amendment,
    Attestation,
    BonusAgreement,
    BonusAward,
    Checkpoint,
    Claim,
    Clearance,
    Dispute,
    Endorsement,
    Handoff,
    KeyGrant,
    KeyRevoke,
    Observation,
    Override,
    Recall,
    RecallAnswer,
    Record,
    RegistryChange,
    Revocation,
    Ruling,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.records.types import Outcome as OutcomeRecord


@dataclass(frozen=True, slots=True)
class PartnerSigner:
    """A key of `partner` that may sign this record's type. `field` names where the record puts the partner."""

    partner: PartnerId
    field: str


@dataclass(frozen=True, slots=True)
class RecipientSigner:
    """The one-time recipient key of `shipments` (for terms with holder 0: of the parents)."""

    shipments: tuple[bytes, ...]
    field: str


@dataclass(frozen=True, slots=True)
class MasterSigner:
    """A master key of `partner`, or the key `itself` (20 bytes) where a key may revoke itself."""

    partner: PartnerId
    itself: KeyAddress | None


@dataclass(frozen=True, slots=True)
class GrantedKeySigner:
    """The very key (20 bytes) that a grant enters: nobody claims an address whose key somebody else holds."""

    key: KeyAddress


@dataclass(frozen=True, slots=True)
class CouncilSigners:
    """At least the threshold of current council members, ascending by address, distinct."""


@dataclass(frozen=True, slots=True)
class AnchorSigner:
    """The anchor key that the registry knows for the log."""

    log_id: LogId


Signer = PartnerSigner | RecipientSigner | MasterSigner | GrantedKeySigner | CouncilSigners | AnchorSigner


class SignerContext(Protocol):
    """What a record alone does not say about its signers."""

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        """The terms under which `shipment` goes: its own, or for a child those of the shipment it was split from."""

    def record(self, record_id: bytes) -> Record | None:
        """The record with this id, needed for the target of an amendment."""


def expected_signers(record: Record, context: SignerContext) -> tuple[Signer, ...]:
    """Who must sign `record`, in canonical order; empty for `Outcome`, which the log writes.

    Raises `NotFound` when an amendment's target, or the terms that name its liable party, are not in `context`.
    """
    return _amendment_signers(record, context) if isinstance(record, Amendment) else _signers_of(record)


def signing_partners(record: Record) -> tuple[int, ...]:
    """The partners whose signatures a custody record bears, in their order; 0 is the recipient key, always last.

    An override's council members, who come first, are not partners and not listed.
    """
    signers = _signers_of(record)
    return tuple(
        signer.partner if isinstance(signer, PartnerSigner) else NOBODY
        for signer in signers
        if isinstance(signer, PartnerSigner | RecipientSigner)
    )


def _signers_of(record: Record) -> tuple[Signer, ...]:
    match record:
        case RegistryChange():
            return (CouncilSigners(),)
        case KeyGrant():
            return (MasterSigner(PartnerId(record.partner), None), GrantedKeySigner(KeyAddress(record.key)))
        case KeyRevoke():
            return (MasterSigner(PartnerId(record.partner), KeyAddress(record.key)),)
        case ShipmentTerms():
            parents = tuple(p.shipment for p in record.parents)
            return _in_order(("consignor", record.consignor), ("holder", record.holder), shipments=parents)
        case Handoff():
            shipments = tuple(item.shipment for item in record.items)
            return _in_order(("releaser", record.releaser), ("receiver", record.receiver), shipments=shipments)
        case Split():
            return _in_order(("by", record.by), shipments=(record.shipment,))
        case Statement():
            witness = (("counterparty", record.counterparty),) if record.kind in WITNESSED else ()
            return _in_order(("by", record.by), *witness, shipments=(record.shipment,))
        case Override():
            return (CouncilSigners(), *_in_order(("receiver", record.receiver), shipments=(record.shipment,)))
        case BonusAgreement():
            return _in_order(*((f"parties[{i}]", share.partner) for i, share in enumerate(record.parties)))
        case Checkpoint():
            return (AnchorSigner(LogId(record.logId)),)
        case OutcomeRecord():
            return ()
        case Clearance():
            # What does not rest on the authority's own word has a declarant who answers for it.
            alone = record.assurance == Assurance.AUTHORITY_SIGNED
            return _in_order(("by", record.by), *(() if alone else (("declarant", record.declarant),)))
        case (
            Attestation()
            | Revocation()
            | Recall()
            | RecallAnswer()
            | Endorsement()
            | Observation()
            | BonusAward()
            | Dispute()
            | Ruling()
            | Claim()
        ):
            return (PartnerSigner(PartnerId(record.by), "by"),)
    raise MalformedRecord("no such record type", where="type", found=type(record).__name__)


def _in_order(*fields: tuple[str, int], shipments: tuple[bytes, ...] | None = None) -> tuple[Signer, ...]:
    """Each partner once; 0 is the recipient key of `shipments`, where the record has any."""
    signers: list[Signer] = []
    seen: set[int] = set()
    recipient: str | None = None
    for field, partner in fields:
        if partner == NOBODY and shipments is not None:
            recipient = recipient or field
        elif partner not in seen:
            seen.add(partner)
            signers.append(PartnerSigner(PartnerId(partner), field))
    if recipient is not None and shipments is not None:
        signers.append(RecipientSigner(shipments, recipient))
    return tuple(signers)


def _amendment_signers(record: Amendment, context: SignerContext) -> tuple[Signer, ...]:
    """All signers of the target, for terms and relief also the `liable` and `beneficiary` whom the terms name."""
    target = context.record(record.target)
    if target is None:
        raise NotFound("the amended record is not here", where="Amendment.target", found=to_hex(record.target))
    if isinstance(target, Amendment | OutcomeRecord):
        raise MalformedRecord(
            "amendments and outcomes are not amended",
            where="Amendment.target",
            expected="the record first amended, and in previous the newest amendment of it",
            found=type(target).__name__,
        )
    signers = expected_signers(target, context)
    if record.kind in (AmendmentKind.TERMS, AmendmentKind.RELIEF):
        terms = target if isinstance(target, ShipmentTerms) else _terms_behind(target, context)
        if isinstance(terms.commercial, Withheld):
            raise NotFound("the terms' commercial part is withheld here", where="Amendment.target", mend="Open it.")
        named = {s.partner for s in signers if isinstance(s, PartnerSigner)} | {NOBODY}
        more: list[Signer] = []
        for field in ("liable", "beneficiary"):
            partner = getattr(terms.commercial, field)
            if partner not in named:
                named.add(partner)
                more.append(PartnerSigner(PartnerId(partner), field))
        last = [s for s in signers if isinstance(s, RecipientSigner)]
        signers = (*(s for s in signers if not isinstance(s, RecipientSigner)), *more, *last)
    return signers


def _terms_behind(target: Record, context: SignerContext) -> ShipmentTerms:
    for shipment in shipments_of(target):
        terms = context.terms_of(shipment)
        if terms is not None:
            return terms
    raise NotFound("the terms of the amended record are not here", where="Amendment.target")


def shipments_of(record: Record) -> tuple[bytes, ...]:
    """Ids of the shipments that the record's items name (terms name themselves only by their id: not here)."""
    match record:
        case Handoff() | Clearance():
            return tuple(item.shipment for item in record.items)
        case Split() | Statement() | Override():
            return (record.shipment,)
        case _:
            return ()
