"""The records under a credential: of the trusted consortium, signed, in a trusted log, and one of them its issuer's."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.bundle.format import Trust
from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.formats.credentials.envelope import MOST_EVIDENCE, RecordEvidence
from ledger.formats.credentials.jose import OpenedCredential
from ledger.formats.credentials.parties import NO_BOOK, may_issue, owner_of
from ledger.formats.log_proofs import log_of_proof
from ledger.log.leaf import Leaf
from ledger.records.recovered import RecoveredRecord, recover_record
from ledger.records.signers import signing_partners
from ledger.records.signing import Domain
from ledger.records.types import Record


@dataclass(frozen=True, slots=True)
class Records:
    """The evidence of a credential, signatures recovered."""

    evidence: tuple[RecordEvidence, ...]
    recovered: tuple[RecoveredRecord, ...]

    @classmethod
    def of(cls, listed: object, trust: Trust) -> "Records":
        """From a credential's `evidence`; raises `MalformedRecord`, and `VerificationFailed` for another consortium."""
        if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_EVIDENCE:
            raise MalformedRecord("no evidence", where="evidence", expected=f"1 to {MOST_EVIDENCE} records")
        return cls.opened(tuple(RecordEvidence.from_json(one, f"evidence[{i}]") for i, one in enumerate(listed)), trust)

    @classmethod
    def opened(cls, evidence: tuple[RecordEvidence, ...], trust: Trust) -> "Records":
        """With the signatures recovered; raises as `of` does."""
        domain = Domain(trust.genesis.consortium_id)
        for i, one in enumerate(evidence):
            if one.consortium != domain.consortium_id:
                raise VerificationFailed(
                    "a record of another consortium",
                    where=f"evidence[{i}]",
                    expected=to_hex(domain.consortium_id),
                    found=to_hex(one.consortium),
                )
            if not one.signed.signatures or one.signed.record.MONEY:
                raise MalformedRecord("not a signed record of the evidence domain", where=f"evidence[{i}]")
        return cls(evidence, tuple(recover_record(e.signed, domain.record_id(e.signed.record)) for e in evidence))

    def said(self) -> Iterator[str]:
        for one in self.recovered:
            yield f"{type(one.record).__name__} {to_hex(one.id)}"

    def check_inclusion(self, trust: Trust) -> str:
        """Each record, under exactly these signatures, is the leaf that its proof is for."""
        places = []
        for i, (one, recovered) in enumerate(zip(self.evidence, self.recovered, strict=True)):
            leaf = one.proof.leaf()
            own = Leaf.of(recovered.record.NUMBER, recovered.id, one.signed.signature_bytes(), leaf.log_time)
            if leaf != own:
                raise VerificationFailed(
                    "the proof is of another record", where=f"evidence[{i}]", found=to_hex(leaf.record_id)
                )
            head = one.proof.verify(log_of_proof(trust, one.proof), own.encode(), trust.witnesses)
            places.append(f"entry {one.proof.index} of {head.size}")
        return "; ".join(places)

    def check_issuer(self, opened: OpenedCredential, trust: Trust) -> tuple[int, str]:
        """The partner that issued it, and why: it signed the first record, and the key is one of its own.

        With a partner book the key is in force there: one that was revoked, ran out or may not sign such records issues
        nothing. A record that the partner signed with an earlier key is still its own. Without a book, the key itself
        has to have signed the record.
        """
        self._check_signers(trust)
        record, keys, key = self.recovered[0].record, self.recovered[0].keys, opened.key
        partners = signing_partners(record)
        if trust.partners is None:
            if key not in keys:
                raise _not_signed(key, ", ".join(map(to_hex, keys)))
            return partners[keys.index(key)], f"signed the record for partner {partners[keys.index(key)]}; {NO_BOOK}"
        for partner in partners:
            if may_issue(key, partner, record.NUMBER, trust):
                name = trust.partners.names[partner]
                return partner, f"partner {partner}, {name}, signed the record; the key is its own and in force"
        if key in keys:
            raise VerificationFailed(
                "the key is in force for nobody who signed the record",
                where="issuer",
                expected="a key that the partner book gives to " + " or ".join(f"partner {one}" for one in partners),
                found=to_hex(key),
                mend="Revoked and expired keys issue nothing: have it issued with a key in force.",
            )
        raise _not_signed(key, " or ".join(f"a key of partner {one}" for one in partners))

    def _check_signers(self, trust: Trust) -> None:
        """No signature is by a key that the book gives to another than the partner in whose place it stands."""
        for i, one in enumerate(self.recovered):
            partners = signing_partners(one.record)
            if len(partners) != len(one.keys):
                raise VerificationFailed(
                    "another number of signatures", where=f"evidence[{i}]", expected=len(partners), found=len(one.keys)
                )
            for partner, key in zip(partners, one.keys, strict=True):
                owner = owner_of(key, trust)
                if owner is not None and owner.partner != partner:
                    raise VerificationFailed(
                        "the key is another partner's", where=f"evidence[{i}]", expected=partner, found=owner.partner
                    )

    def record(self, index: int) -> Record:
        return self.recovered[index].record

    def ids(self) -> tuple[RecordId, ...]:
        return tuple(one.id for one in self.recovered)


def _not_signed(key: KeyAddress, expected: str) -> VerificationFailed:
    return VerificationFailed(
        "the issuer did not sign the record",
        where="issuer",
        expected=expected,
        found=to_hex(key),
        mend="Only who signed a record issues a credential of it.",
    )
