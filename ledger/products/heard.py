"""What was known and applied at a time: attestations, recalls, and which of them their authors revoked.

A revocation counts from its author alone, once it is known and from its `effectiveFrom` on. Of several the one that is
effective first decides; a revoked recall is none, and replaces none either.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.codes import Role
from ledger.common.gs1 import recalled_product
from ledger.common.ids import RecordId
from ledger.products.brand_authority import BRAND_AUTHORISATION, speakers
from ledger.products.verdict import Chains, Evidence
from ledger.records.types import Attestation, Recall, Revocation
from ledger.records.verification import VerifiedRecord


@dataclass(frozen=True, slots=True)
class Heard:
    """What was known and applied at a time, by type. `revoked` maps a record to its earliest revocation in force."""

    time: int
    attestations: Mapping[RecordId, tuple[VerifiedRecord, Attestation]] = field(default_factory=dict)
    recalls: Mapping[RecordId, tuple[VerifiedRecord, Recall]] = field(default_factory=dict)
    revoked: Mapping[RecordId, tuple[VerifiedRecord, Revocation]] = field(default_factory=dict)

    @classmethod
    def at(cls, time: int, records: Iterable[VerifiedRecord]) -> "Heard":
        known = sorted((r for r in records if r.known <= time and r.applied()), key=lambda r: r.log_index)
        attestations = {r.id: (r, r.record) for r in known if isinstance(r.record, Attestation)}
        recalls = {r.id: (r, r.record) for r in known if isinstance(r.record, Recall)}
        authors = {i: attestation.by for i, (_, attestation) in attestations.items()}
        authors |= {i: recall.by for i, (_, recall) in recalls.items()}
        revoked: dict[RecordId, tuple[VerifiedRecord, Revocation]] = {}
        for verified in known:
            match verified.record:
                case Revocation(by=by, target=target, effectiveFrom=start) if start <= time:
                    first = revoked.get(RecordId(target))
                    if authors.get(RecordId(target)) == by and (first is None or start < first[1].effectiveFrom):
                        revoked[RecordId(target)] = (verified, verified.record)
        return cls(time, attestations, recalls, revoked)

    def valid(self, record_id: RecordId, attestation: Attestation) -> bool:
        ended = attestation.validUntil != 0 and attestation.validUntil < self.time
        return record_id not in self.revoked and attestation.validFrom <= self.time and not ended

    def in_force(self) -> Iterator[tuple[RecordId, Attestation]]:
        return ((i, attestation) for i, (_, attestation) in self.attestations.items() if self.valid(i, attestation))

    def replaced(self, evidence: Evidence) -> dict[RecordId, RecordId]:
        """Each recall that another one replaces, with the first such: its author's own, or an authority's, of the same
        GTIN. Of one product's recalls none is replaced by what nobody who scans that product is shown.
        """
        result: dict[RecordId, RecordId] = {}
        for verified, recall in self.recalls.values():
            before = self.recalls.get(RecordId(recall.supersedes))
            if before is None or verified.id in self.revoked or not _same_goods(before[1], recall):
                continue
            if before[1].by == recall.by or is_authority(verified, recall, evidence):
                result.setdefault(before[0].id, verified.id)
        return result


@dataclass(frozen=True, slots=True)
class RecallWord:
    """What a recall is worth. `speaks`: its author spoke for the brand when it became known, does now (`speaks_now`),
    or is an authority. `revoked_by`: its author took it back, for `reason` (a number of `RevocationReason`).
    """

    speaks: bool = False
    speaks_now: bool = False
    replaced_by: RecordId | None = None
    revoked_by: RecordId | None = None
    reason: int = 0

    @property
    def stands(self) -> bool:
        return self.replaced_by is None and self.revoked_by is None


def word_of(record_id: RecordId, heard: Heard, evidence: Evidence) -> RecallWord:
    """What a recall is worth by what was heard; nothing where it was not."""
    if record_id not in heard.recalls:
        return RecallWord()
    verified, recall = heard.recalls[record_id]
    product = recalled_product(recall.subject)
    chains = speakers(evidence.holders(product.gtin), heard.in_force()) if product else {}
    speaks_now = recall.by in evidence.authorities or recall.by in chains
    spoke = product is not None and chain_of(verified, recall, product.gtin, chains, evidence) is not None
    revocation, revoked = heard.revoked.get(record_id, (None, None))
    return RecallWord(
        speaks=speaks_now or spoke or is_authority(verified, recall, evidence),
        speaks_now=speaks_now,
        replaced_by=heard.replaced(evidence).get(record_id),
        revoked_by=revocation.id if revocation else None,
        reason=revoked.reason if revoked else 0,
    )


def _same_goods(one: Recall, other: Recall) -> bool:
    products = recalled_product(one.subject), recalled_product(other.subject)
    return products[0] is not None and products[1] is not None and products[0].gtin == products[1].gtin


def authorising(records: Iterable[VerifiedRecord]) -> Sequence[VerifiedRecord]:
    """Those that tell who speaks for a brand at some time."""
    return [
        verified
        for verified in records
        if isinstance(verified.record, Revocation)
        or (isinstance(verified.record, Attestation) and verified.record.schema == BRAND_AUTHORISATION)
    ]


def chain_of(
    verified: VerifiedRecord, recall: Recall, gtin: str, chains: Chains, evidence: Evidence
) -> tuple[RecordId, ...] | None:
    """By which authorisations a recall's author speaks for the brand of `gtin`, none for the brand itself; None when it
    does not. `chains`: who speaks now; it counts too who spoke, by all that was known, when the recall became known,
    from the holders of the prefix where it was recorded.
    """
    chain = chains.get(recall.by)
    if chain is None:
        then = Heard.at(verified.known, authorising(evidence.records)).in_force()
        chain = speakers(evidence.holders(gtin, verified.facts), then).get(recall.by)
    return chain


def is_authority(verified: VerifiedRecord, recall: Recall, evidence: Evidence) -> bool:
    return recall.by in evidence.authorities or bool(verified.roles_of(recall.by) & 1 << Role.AUTHORITY)
