"""What a worklist is made of, read a few statements at a time: proposals, tenders, awards, keys, the council, the log.

Each gives the items of one reader as the rules of `ledger.worklist` decide them.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from ledger.codes import AmendmentKind, Role
from ledger.common.ids import KeyAddress, RecordId
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import LadingError
from ledger.records import index_keys
from ledger.records.disclosure import join
from ledger.records.types import (
    Amendment,
    BonusAgreement,
    Endorsement,
    KeyGrant,
    Override,
    Record,
    RegistryChange,
    ShipmentTerms,
    Statement,
)
from ledger.registry.enrolment import parse_enrolment
from ledger.registry.history import KeyHolder, RegistryView
from ledger.services.figures.access import Access
from ledger.services.figures.award_files import kept_amounts
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.views.records import Reader
from ledger.shipments.amendments import as_amended
from ledger.store import checkpoints, openings, proposals, records
from ledger.store.database import Connection
from ledger.store.documents import enrolments
from ledger.store.projections import bonuses, matters
from ledger.store.projections.bonuses import AwardTimes, StoredAgreement
from ledger.store.records import StoredRecord
from ledger.worklist import access, awards, oversight, signatures, tenders
from ledger.worklist.awards import LastAward
from ledger.worklist.items import Item

MOST = 500
"""Proposals, and enrolments, that are looked at; the newest."""
_THIRDS = (Role.LOCKER, Role.WAREHOUSE, Role.AUTHORITY, Role.AUDITOR)
"""Roles in which somebody may bear out a tender."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, at `now`: the time of `view`, the registry as it stands then."""

    connection: Connection
    registry: CurrentRegistry
    view: RegistryView
    reader: Reader

    @property
    def now(self) -> int:
        return self.view.time

    @property
    def partner(self) -> int:
        return self.reader.partner


# --- signatures and keys -----------------------------------------------------------------------------------------


def for_partner(asked: Asked) -> Iterator[Item]:
    """Proposals that lack the partner's signature, and device keys that expire."""
    key = str(asked.partner)
    kept = proposals.listing(
        asked.connection, index_keys.PARTNER, key, types=signatures.WAITING, now=asked.now, limit=MOST
    )
    for proposal in kept:
        signed = {holder.partner for k in _keys_of(asked, proposal) if (holder := _holder(asked, k, proposal.record))}
        if signatures.waits_for_partner(proposal.record, asked.partner, signed):
            yield _proposal(proposal)
    reader = asked.reader
    own = ((key, entry) for key, entry in asked.view.addresses() if asked.partner in (entry.partner, entry.actor))
    grants = reader.may_read(KeyGrant.NUMBER)
    yield from signatures.expiring_keys(own, asked.partner, reader.key, grants, asked.now)


def for_key(asked: Asked) -> Iterator[Item]:
    """What waits for a key that is no partner's: a council member's, or one that somebody wants to grant."""
    key, council = asked.reader.key, asked.view.council().members
    member = key in council
    types = (RegistryChange.NUMBER, Override.NUMBER) if member else (KeyGrant.NUMBER,)
    kept = proposals.listing(asked.connection, types=types, now=asked.now, limit=MOST)
    for proposal in kept:
        if signatures.waits_for_key(proposal.record, key, set(_keys_of(asked, proposal)), council):
            yield _proposal(proposal)
    if member:
        yield from _enrolments(asked, signatures.admitted_by(proposal.record for proposal in kept))


def _enrolments(asked: Asked, proposed: frozenset[bytes]) -> Iterator[Item]:
    done = {partner.document for _, partner in asked.view.partners()} | proposed
    following = asked.registry.history.next_sequence
    consortium_id = asked.registry.history.genesis.consortium_id
    for row in enrolments.newest(asked.connection, MOST):
        if row.document_hash not in done:
            with suppress(LadingError):  # a row that was edited: the audit names it
                name = parse_enrolment(row.document, consortium_id).name
                yield signatures.enrolment_item(row.document_hash, row.key, name, row.created_at, following)


def _proposal(proposal: proposals.Proposal) -> Item:
    return signatures.proposal_item(proposal.record_id, proposal.record, proposal.created_at, proposal.expires)


def _keys_of(asked: Asked, proposal: proposals.Proposal) -> tuple[KeyAddress, ...]:
    return asked.registry.signer_keys.recovered(proposal.signed, proposal.record_id).keys


def _holder(asked: Asked, key: KeyAddress, record: Record) -> KeyHolder | None:
    return asked.view.signer(key, record.NUMBER)


# --- tenders -----------------------------------------------------------------------------------------------------


def for_tenders(asked: Asked) -> Iterator[Item]:
    """Tenders that the partner may contest, and its own that are contested."""
    found = matters.offers(asked.connection, asked.partner)
    if not found:
        return
    about = {one.terms.record_id for one in found} | {one.tender.record_id for one in found}
    told = records.naming(asked.connection, about, types=(Amendment.NUMBER, Endorsement.NUMBER))
    amending = [row for row in told.values() if row.type_number == Amendment.NUMBER]
    shown = {row.record_id: row for one in found for row in (one.terms, one.tender)}
    parts = openings.of_many(asked.connection, [*shown.values(), *amending])

    def opened(row: StoredRecord) -> Record:
        return join(row.record, parts[row.record_id])

    changes = [amendment for row in amending if isinstance(amendment := opened(row), Amendment)]
    endorsements = [row.record for row in told.values() if isinstance(row.record, Endorsement)]
    for one in found:
        own = [a for a in changes if a.target == one.terms.record_id and a.kind == AmendmentKind.TERMS]
        terms = cast(ShipmentTerms, as_amended(opened(one.terms), own))
        thirds = {e.by for e in endorsements if e.target == one.tender.record_id and _bears_out(asked.view, e.by)}
        tender = cast(Statement, opened(one.tender))
        if (item := tenders.item_of(one.offer, asked.partner, asked.now, terms, tender, thirds)) is not None:
            yield item


def _bears_out(view: RegistryView, partner: int) -> bool:
    return any(view.has_role(partner, role) for role in _THIRDS)


# --- bonuses -----------------------------------------------------------------------------------------------------


def for_agreements(asked: Asked, known_terms: dict[RecordId, BonusAgreement]) -> Iterator[Item]:
    """Awards to make, check, rule on and claim. `known_terms`: those that were read before, which never change."""
    own = {i: row for i, row in bonuses.last_awards(asked.connection).items() if _takes_part(row[0], asked.partner)}
    for record_id, row in records.get_many(asked.connection, own.keys() - known_terms.keys()).items():
        known_terms[record_id] = cast(BonusAgreement, row.record)
    claimable = {(i, award.version): award.amounts for i, (_, award) in own.items() if award}
    lines = kept_amounts(asked.connection, claimable) if claimable else {}
    for agreement_id, (agreement, times) in own.items():
        terms = known_terms.get(agreement_id)
        if terms is None:
            continue
        award = None
        if times is not None:
            known = lines.get((agreement_id, times.version))
            award = _award(times, None if known is None else {int(line.partner): line.amount for line in known})
        agreed_at = agreement.block_time or 0
        yield from awards.items_of(agreement_id, terms, award, agreed_at, asked.partner, asked.now)


def _award(times: AwardTimes, amounts: Mapping[int, int] | None) -> LastAward:
    return LastAward(
        version=times.version,
        total=times.total,
        awarded_at=times.awarded_at,
        disputed_at=times.disputed_at,
        ruled_at=times.ruled_at,
        upheld=times.upheld,
        amounts=amounts,
        claimed=times.claimed,
    )


def _takes_part(agreement: StoredAgreement, partner: int) -> bool:
    parties = {share[0] for share in json.loads(agreement.parties)}
    return partner in {agreement.awarder, agreement.arbiter, agreement.residual, *parties}


# --- access ------------------------------------------------------------------------------------------------------


def about_access(asked: Asked, known: Access) -> Iterator[Item]:
    """Where the partner itself is on probation or worse; and to council members and auditors what is prepared."""
    reader = asked.reader
    decides = reader.auditor or reader.key in asked.view.council().members
    whole = reader.scopes == ALL_SCOPES
    for one in known.beside() if whole and (decides or reader.partner) else ():
        if reader.partner and one.partner == reader.partner:
            yield from access.of_partner(one.gate, one.course)
        elif decides and one.prepared:
            yield access.of_council(one.partner, one.gate, one.course)


# --- the log -----------------------------------------------------------------------------------------------------


def for_auditor(asked: Asked, home: Home) -> Iterator[Item]:
    """Whether the newest checkpoint is cosigned and anchored, and what contradicts the log."""
    newest, anchored = checkpoints.latest(asked.connection), checkpoints.latest_anchored(asked.connection)
    if newest is None:
        return
    missing = 0
    if (policy := home.consortium.witness_policy) is not None:
        wanted = {key.verifier_key() for key in policy.keys}
        kept = {row.witness for row in checkpoints.cosignatures_of(asked.connection, newest.size)}
        missing = max(0, policy.threshold - len(kept & wanted))
    halted = home.guard.halted
    standing = oversight.LogStanding(
        log_id=home.log_id,
        root=newest.root,
        size=newest.size,
        signed_at=newest.signed_at,
        missing=missing,
        anchored=anchored.size if anchored else 0,
        halted=halted.what if halted else "",
    )
    yield from oversight.items_of(standing, asked.now)
