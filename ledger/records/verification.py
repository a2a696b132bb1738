"""The only way to a `VerifiedRecord`, and numbers are functions of verified records alone.

A `VerifiedRecord` says who signed, under which keys and roles, and what log and chain knew of it and when. Keys are
judged by order, never by a claimed time: a record with a chain track at its recording block, a log-only record at its
place in the log.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import InitVar, dataclass, replace
from typing import Final, Protocol

from ledger.codes import APPLIED, Outcome
from ledger.common.ids import KeyAddress, LogId, PartnerId, RecordId, to_hex
from ledger.errors import VerificationFailed
from ledger.records.evidence import OPERATOR_LEEWAY, Basis, CheckpointTime, CheckpointTimes
from ledger.records.recovered import RecoveredRecord, recover_record
from ledger.records.signers import (
    AnchorSigner,
    CouncilSigners,
    GrantedKeySigner,
    MasterSigner,
    PartnerSigner,
    RecipientSigner,
    Signer,
    SignerContext,
    expected_signers,
)
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import LOG_ONLY, NOBODY, Record

_SEAL: Final = object()


@dataclass(frozen=True, slots=True)
class Facts:
    """What log and chain say of a record. Times in UTC seconds; block facts are None until a final outcome is known.

    `outcome_index` is the log index of the `Outcome` leaf that says so. `covered`: the earliest evidence of a
    checkpoint over the leaf; None while nobody else bears out when the log had it. `block_time_counts` is false on the
    embedded chain, whose block times are the operator's own.
    """

    log_index: int
    logged_at: int
    block_number: int | None = None
    block_time: int | None = None
    event_index: int | None = None
    outcomes: tuple[Outcome, ...] = ()
    outcome_index: int | None = None
    covered: CheckpointTime | None = None
    block_time_counts: bool = True

    @property
    def evidenced(self) -> int | None:
        """The earliest time by which others than the operator bear out that the record was there; None: nobody does."""
        block_time = self.block_time if self.block_time_counts else None
        if self.covered is None:
            return block_time
        return self.covered.time if block_time is None else min(block_time, self.covered.time)

    @property
    def basis(self) -> Basis:
        """On whose word `known` rests."""
        evidenced = self.evidenced
        if evidenced is None:
            return Basis.OPERATOR
        if self.block_time_counts and self.block_time == evidenced:
            return Basis.CHAIN
        return self.covered.basis if self.covered is not None else Basis.OPERATOR

    @property
    def known(self) -> int:
        """Since when nobody can deny knowledge, seconds UTC: the log's own time, moved by evidence.

        At most the evidenced time, and at most `OPERATOR_LEEWAY` before it (RECORDS, *Times of a record*).
        """
        evidenced = self.evidenced
        if evidenced is None:
            return self.logged_at
        return min(evidenced, max(self.logged_at, evidenced - OPERATOR_LEEWAY))

    @property
    def visible(self) -> int:
        """Since when everybody concerned could see the record, seconds UTC: windows that run for others count from it.

        The block that recorded it; on the embedded chain the latest of all times, since that block is the operator's.
        """
        evidenced = self.evidenced
        if self.block_time is None:
            return self.logged_at if evidenced is None else evidenced
        if self.block_time_counts:
            return self.block_time
        return max(self.block_time, self.logged_at, evidenced or 0)


@dataclass(frozen=True, slots=True)
class VerifiedRecord:
    """A record whose signatures hold. Made only by the functions of this module.

    `signers` are partner ids in canonical order; 0 stands for a recipient key, a granted key, a council member or
    an anchor key.
    `keys` are the addresses that signed and `roles` the unscoped roles (bit `1 << Role`) each had at that moment, in
    the same order. `outcomes` has one entry an item, and is empty while no final outcome is known.
    """

    id: RecordId
    record: Record
    signers: tuple[PartnerId, ...]
    keys: tuple[KeyAddress, ...]
    roles: tuple[int, ...]
    facts: Facts
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise VerificationFailed(
                "a VerifiedRecord is made by ledger.records.verification only", where="verified record"
            )

    @property
    def log_index(self) -> int:
        return self.facts.log_index

    @property
    def logged_at(self) -> int:
        return self.facts.logged_at

    @property
    def block_number(self) -> int | None:
        return self.facts.block_number

    @property
    def block_time(self) -> int | None:
        return self.facts.block_time

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return self.facts.outcomes

    @property
    def evidenced(self) -> int | None:
        return self.facts.evidenced

    @property
    def basis(self) -> Basis:
        return self.facts.basis

    @property
    def known(self) -> int:
        return self.facts.known

    @property
    def visible(self) -> int:
        return self.facts.visible

    @property
    def place(self) -> tuple[int, int, int]:
        """Where the record stands among others: by block and event, the same for every log; without these by leaf."""
        return self.facts.block_number or 0, self.facts.event_index or 0, self.facts.log_index

    def applied(self, item: int = 0) -> bool:
        """Whether the chain applied this item (in breach of a gate or not). False while no outcome is known."""
        outcomes = self.facts.outcomes
        return item < len(outcomes) and outcomes[item] in APPLIED

    def signed_by(self, partner: int) -> bool:
        return partner != NOBODY and partner in self.signers

    def roles_of(self, partner: int) -> int:
        """Role bits of `partner` when it signed; 0 when it did not sign."""
        return self.roles[self.signers.index(PartnerId(partner))] if self.signed_by(partner) else 0


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """Whose key it was at a moment. `roles`: unscoped roles as bits `1 << Role`; `master`: no device key."""

    partner: PartnerId
    roles: int
    master: bool


@dataclass(frozen=True, slots=True)
class Council:
    members: frozenset[KeyAddress]
    threshold: int


class KeyBook(Protocol):
    """The registry's history, asked by order: `at` is where the record stands on the chain or in the log."""

    def standing(self, key: KeyAddress, type_number: int, at: Facts) -> KeyStanding | None:
        """Who held `key` at that moment; None when it was not valid then, or not for this type."""

    def council(self, at: Facts) -> Council: ...

    def anchor_key(self, log_id: LogId, at: Facts) -> KeyAddress | None: ...


def verify_record(
    signed: SignedRecord, domain: Domain, facts: Facts, keys: KeyBook, context: SignerContext
) -> VerifiedRecord:
    """The verified form of `signed`.

    1. The record fits its structure; its id is its digest.
    2. There are as many signatures as it has signers, and each was made by a key.
    3. Each key was its signer's when the record was recorded (chain track) or logged (log only, or not recorded yet).

    Not decided here: whether the rules applied it (`facts.outcomes`), nor whether `facts` are true (proofs do that).
    Raises `MalformedRecord`, `BadSignature`, `NotFound` (context is missing) or `VerificationFailed`.
    """
    name = type(signed.record).__name__
    # 1. Structure and id.
    signed.record.check(name)
    record_id = domain.record_id(signed.record)
    # 2. Signatures.
    return verify_recovered(recover_record(signed, record_id, name), facts, keys, context)


def verify_recovered(recovered: RecoveredRecord, facts: Facts, keys: KeyBook, context: SignerContext) -> VerifiedRecord:
    """As `verify_record`, for a record of sound structure whose keys are recovered already."""
    record, name = recovered.record, type(recovered.record).__name__
    plan = list(_spread(expected_signers(record, context), len(recovered.keys), name))
    # 3. Keys.
    partners: list[PartnerId] = []
    roles: list[int] = []
    for i, (signer, key) in enumerate(zip(plan, recovered.keys, strict=True)):
        standing = _judge(signer, key, record, facts, keys, context, f"{name}.signatures[{i}]")
        partners.append(standing.partner)
        roles.append(standing.roles)
    _check_council(plan, recovered.keys, keys, facts, name)
    if len(set(recovered.keys)) != len(recovered.keys):
        raise VerificationFailed("one key signed for two", where=name, expected="a key for each signer")
    return VerifiedRecord(recovered.id, record, tuple(partners), recovered.keys, tuple(roles), facts, _SEAL)


def already_verified(
    record_id: RecordId,
    record: Record,
    signers: Sequence[int],
    facts: Facts,
    *,
    keys: Sequence[KeyAddress] = (),
    roles: Sequence[int] = (),
) -> VerifiedRecord:
    """A record whose signatures this very node verified when it accepted or followed it, read back from its store.

    The caller answers for that. Audits and bundles trust nobody's store and use `verify_record`. `roles` may be left
    out where no signer's role matters (a locker's does: see `ledger.penalties.statement`).
    """
    filled = tuple(roles) or (0,) * len(signers)
    return VerifiedRecord(record_id, record, tuple(map(PartnerId, signers)), tuple(keys), filled, facts, _SEAL)


def with_evidence(record: VerifiedRecord, times: CheckpointTimes) -> VerifiedRecord:
    """The same record as `times` bear it out: evidence may come after a record was verified, and decides no key."""
    covered = times.covering(record.log_index)
    if covered == record.facts.covered:
        return record
    facts = replace(record.facts, covered=covered)
    return VerifiedRecord(record.id, record.record, record.signers, record.keys, record.roles, facts, _SEAL)


def as_known_at(records: Iterable[VerifiedRecord], size: int, times: CheckpointTimes) -> Iterator[VerifiedRecord]:
    """What the log knew when it had `size` leaves: later records are gone, later outcomes are unknown again.

    `times` is the evidence of all checkpoints: that of those beyond `size` is unknown too.
    """
    kept = times.until(size)
    for record in records:
        facts = record.facts
        if facts.log_index >= size:
            continue
        changed = replace(facts, covered=kept.covering(facts.log_index)) if facts.covered else facts
        if facts.outcome_index is not None and facts.outcome_index >= size:
            changed = replace(
                changed, block_number=None, block_time=None, event_index=None, outcomes=(), outcome_index=None
            )
        if changed is facts:
            yield record
        else:
            yield VerifiedRecord(record.id, record.record, record.signers, record.keys, record.roles, changed, _SEAL)


def _spread(signers: tuple[Signer, ...], count: int, name: str) -> Iterator[Signer]:
    """One signer a signature: the council takes as many places as the others leave."""
    others = sum(1 for s in signers if not isinstance(s, CouncilSigners))
    councils = len(signers) - others
    if (councils and count <= others) or (not councils and count != others):
        expected = f"{others}" + (" and the council's" if councils else "")
        raise VerificationFailed("wrong number of signatures", where=name, expected=expected, found=count)
    for signer in signers:
        if isinstance(signer, CouncilSigners):
            yield from [signer] * (count - others)
        else:
            yield signer


def _judge(
    signer: Signer, key: KeyAddress, record: Record, facts: Facts, keys: KeyBook, context: SignerContext, where: str
) -> KeyStanding:
    nobody = KeyStanding(PartnerId(NOBODY), 0, False)
    match signer:
        case PartnerSigner(partner, field):
            standing = keys.standing(key, record.NUMBER, facts)
            if standing is None or standing.partner != partner:
                result = f"{to_hex(key)}, " + (f"partner {standing.partner}'s" if standing else "no valid key")
                raise VerificationFailed(
                    f"not signed by its {field}", where=where, expected=f"a key of partner {partner}", found=result
                )
            return standing
        case MasterSigner(partner, itself):
            if itself is not None and key == itself:
                return KeyStanding(partner, 0, False)
            standing = keys.standing(key, record.NUMBER, facts)
            if standing is None or standing.partner != partner or not standing.master:
                raise VerificationFailed(
                    "not signed by a master key", where=where, expected=f"partner {partner}", found=to_hex(key)
                )
            return standing
        case GrantedKeySigner(granted):
            if key != granted:
                raise VerificationFailed(
                    "not signed by the granted key", where=where, expected=to_hex(granted), found=to_hex(key)
                )
            return nobody
        case RecipientSigner():
            _check_recipient(signer, key, record, facts, context, where)
            return nobody
        case AnchorSigner(log_id):
            expected = keys.anchor_key(log_id, facts)
            if key != expected:
                raise VerificationFailed(
                    "not the log's anchor key",
                    where=where,
                    expected=to_hex(expected) if expected else "a registered log",
                    found=to_hex(key),
                )
            return nobody
        case CouncilSigners():
            return nobody


def _check_recipient(
    signer: RecipientSigner, key: KeyAddress, record: Record, facts: Facts, context: SignerContext, where: str
) -> None:
    """Every shipment whose item was applied names this key; of a record that only the log has, at least one does.

    While the chain has applied nothing, nothing is claimed: terms may come later, and to another key it says *wrong
    key*.
    """
    terms = [context.terms_of(shipment) for shipment in signer.shipments]
    matches = [one is not None and one.recipientKey == key for one in terms]
    applied = [outcome in APPLIED for outcome in facts.outcomes]
    if len(applied) == len(matches):
        fits = all(match for match, counts in zip(matches, applied, strict=True) if counts)
    else:
        fits = any(matches) or not (isinstance(record, LOG_ONLY) or any(applied))
    if not fits:
        raise VerificationFailed(
            "not signed by the recipient key",
            where=where,
            expected="the key in the shipment's terms",
            found=to_hex(key),
        )


def _check_council(
    plan: Sequence[Signer], recovered: Sequence[KeyAddress], keys: KeyBook, facts: Facts, name: str
) -> None:
    signed = [key for signer, key in zip(plan, recovered, strict=True) if isinstance(signer, CouncilSigners)]
    if not signed:
        return
    council = keys.council(facts)
    if any(a >= b for a, b in itertools.pairwise(signed)):
        raise VerificationFailed("council signatures do not ascend by address", where=name)
    if stranger := next((key for key in signed if key not in council.members), None):
        raise VerificationFailed("signed by somebody outside the council", where=name, found=to_hex(stranger))
    if len(signed) < council.threshold:
        raise VerificationFailed(
            "too few council members signed", where=name, expected=council.threshold, found=len(signed)
        )
