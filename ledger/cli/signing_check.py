"""What is looked at before `lading sign` opens a key: whose key it is, what it signs as, and what the numbers mean."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ledger.common.ids import KeyAddress, RecordId, checksum_address, to_hex
from ledger.errors import InvalidInput, NotFound, NotPermitted
from ledger.explain.goods import carried_text
from ledger.explain.signers import NO_NAMES, partner_text, signer_text
from ledger.records.signers import RecipientSigner, Signer, expected_signers, shipments_of
from ledger.records.signing import Domain
from ledger.records.types import Amendment, BonusAgreement, Record, ShipmentTerms
from ledger.registry.partner_book import PartnerBook

_NAMING = ("target", "previous", "recall", "supersedes", "accreditation", "agreement")


@dataclass(frozen=True)
class Given:
    """Records given to be seen beside the one that is signed, by id; a `SignerContext`."""

    records: Mapping[RecordId, Record]

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        terms = self.records.get(RecordId(shipment))
        return terms if isinstance(terms, ShipmentTerms) else None

    def record(self, record_id: bytes) -> Record | None:
        return self.records.get(RecordId(record_id))

    def target_of(self, record: Record) -> Record | None:
        """What `record` amends, if it was given."""
        return self.record(record.target) if isinstance(record, Amendment) else None


def money_domain(record: Record, others: Iterable[Record], domains: Sequence[Domain]) -> Domain:
    """What the signature binds; `domains` has one for each bonus pool, oldest first.

    A new agreement is signed for the newest pool; whatever follows on an agreement, for that of the agreement, which
    has to be among `others`. Raises `InvalidInput` where nothing tells which pool it is.
    """
    if not record.MONEY or len(domains) == 1:
        return domains[0]
    if isinstance(record, BonusAgreement):
        return domains[-1]
    agreement, known = getattr(record, "agreement", b""), list(others)
    for domain in domains:
        if any(domain.record_id(other) == agreement for other in known):
            return domain
    raise InvalidInput(
        "there are several bonus pools, and nothing tells which of them has this agreement",
        where="agreement",
        expected=", ".join(to_hex(domain.bonus_pool) for domain in domains),
        found=to_hex(agreement),
        mend="Name it with --bonus-pool (`lading bonuses show` has it), or give the agreement's file with --about.",
    )


def given_beside(record: Record, others: Mapping[str, Record], domain: Domain) -> Given:
    """The records in the files `others`; raises `InvalidInput` for one that nothing here is about."""
    ids = {name: domain.record_id(other) for name, other in others.items()}
    named = _named_in(record).union(*map(_named_in, others.values()))
    for name, record_id in ids.items():
        if record_id not in named:
            raise InvalidInput(
                "not the record that is amended" if isinstance(record, Amendment) else "not a record that it names",
                where=name,
                expected=", ".join(map(to_hex, sorted(_named_in(record)))) or "a record that names others",
                found=to_hex(record_id),
            )
    return Given({ids[name]: other for name, other in others.items()})


def _named_in(record: Record) -> set[bytes]:
    parents = record.parents if isinstance(record, ShipmentTerms) else ()
    fields = {getattr(record, name, b"") for name in _NAMING}
    return {one for one in fields if any(one)} | {*shipments_of(record), *(parent.shipment for parent in parents)}


def told_goods(record: Record, given: Given) -> Iterator[str]:
    """Order and goods of the shipments whose terms were given."""
    for record_id in sorted(_named_in(record)):
        terms = given.terms_of(record_id)
        if terms is not None:
            yield carried_text(record_id, terms)


def told_signer(
    key: KeyAddress, record: Record, given: Given, book: PartnerBook | None, *, unlisted: bool
) -> Iterator[str]:
    """For whom `key` signs, in words. Raises `NotPermitted` for a key that has no part in the record; `unlisted`: but
    not for one that the partner book does not know.
    """
    names = NO_NAMES if book is None else book.names
    try:
        signers = expected_signers(record, given)
    except NotFound:
        yield "Who has to sign follows from a record that is not at hand: give its file with --about."
        return
    everybody = ", ".join(signer_text(signer, names) for signer in signers)
    if book is None:
        yield f"Has to be signed by {everybody}. Whose key this is cannot be told: there is no signed partner book."
        return
    signer = _signer_for(key, signers, record, given, book)
    if signer is not None:
        yield f"You sign for {signer_text(signer, names)}, with {checksum_address(key)}"
    elif unlisted and not book.knows(key):
        yield f"The partner book, as of {book.size:,} records, does not know your key. To be signed by {everybody}"
    else:
        owner = book.owner(key)
        whose = "not in the partner book" if owner is None else partner_text(owner.partner, names)
        raise NotPermitted(
            "this key has no part in this record",
            where="key",
            expected=everybody or "no signature",
            found=f"{checksum_address(key)} ({'a council member' if key in book.council else whose})",
            mend=""
            if book.knows(key)
            else f"The book is as of {book.size:,} records. If the key was granted since, get a newer trust file, or "
            "sign with --unlisted.",
        )


def _signer_for(
    key: KeyAddress, signers: Iterable[Signer], record: Record, given: Given, book: PartnerBook
) -> Signer | None:
    told = {signer: book.may_sign_for(signer, key, record.NUMBER) for signer in signers}
    sure = next((signer for signer, answer in told.items() if answer), None)
    if sure is not None:
        return sure
    return next((one for one, answer in told.items() if answer is None and _may_be(one, key, given)), None)


def _may_be(signer: Signer, key: KeyAddress, given: Given) -> bool:
    """Whether what no book can tell is not refuted by the terms that were given."""
    if not isinstance(signer, RecipientSigner):
        return True
    known = [given.terms_of(shipment) for shipment in signer.shipments]
    return None in known or any(terms is not None and terms.recipientKey == key for terms in known)
