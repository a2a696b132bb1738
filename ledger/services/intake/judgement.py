"""What acceptance makes of one record: an entry for the log, or a proposal that waits for who or what is missing."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord, NotFound
from ledger.records.index_keys import PARTNER, Concern, concerns
from ledger.records.recovered import RecoveredRecord
from ledger.records.signers import PartnerSigner, expected_signers
from ledger.records.types import Amendment, Record
from ledger.services.intake.checks import Checks
from ledger.services.intake.out_of_order import Awaited
from ledger.services.intake.signature_order import SignatureOrder, StoreContext
from ledger.services.state.signer_keys import SignerKeys
from ledger.store import proposals, records
from ledger.store.database import Connection
from ledger.store.log import Entry

PROPOSAL_SECONDS = 30 * DAY


@dataclass(frozen=True, slots=True)
class Judged:
    """The rules have nothing against the record. `entry`: what to log, None while `order` says who or what is missing;
    `awaited`: where it has to wait then; `earlier`: what stood in its proposal."""

    order: SignatureOrder
    earlier: RecoveredRecord | None
    entry: Entry | None
    awaited: tuple[Awaited, ...] = ()


def judge(
    checks: Checks, recovered: RecoveredRecord, proposal: proposals.Proposal | None, signer_keys: SignerKeys
) -> Judged:
    """Judge a record whose content was checked, joined with its `proposal`.

    Raises the branches `InvalidInput`, `Refused` and `Unavailable`.
    """
    earlier: RecoveredRecord | None = None
    if proposal is not None:
        recovered = recovered.opened_with(proposal.record)
        earlier = signer_keys.recovered(proposal.signed, recovered.id)
    # Someone, or a record that has to come first, is missing.
    if lacking := checks.missing_predecessors(recovered):
        return Judged(SignatureOrder(recovered, lacking), earlier, None)
    order = checks.in_order(recovered, earlier)
    if order.missing:
        checks.check_proposable(recovered.record)
        return Judged(order, earlier, None)
    # The rules.
    entry, awaited = checks.entry(order.recovered)
    return Judged(order, earlier, entry, awaited)


def keep(connection: Connection, incomplete: Sequence[Judged], now: int) -> list[bool]:
    """Keep each as a proposal, or its signatures with the proposal that is there.

    True for those to be submitted again: they are in the log by now, or others have signed since they were judged.
    """
    proposals.remove_expired(connection, now)
    return [_keep(connection, judged, now) for judged in incomplete]


def _keep(connection: Connection, judged: Judged, now: int) -> bool:
    recovered, earlier = judged.order.recovered, judged.earlier
    record, record_id = recovered.record, recovered.id
    if records.get(connection, record_id) is not None:
        return True
    expires = getattr(record, "submitBy", 0) or now + PROPOSAL_SECONDS
    signatures = {to_hex(key): signature for key, signature in recovered.by_key().items()}
    proposal = proposals.Proposal(record_id, record, signatures, created_at=now, expires=expires)
    about = {*concerns(record_id, record), *_signers_of_amendment(connection, record)}
    if proposals.add(connection, proposal, sorted(about)):
        return False
    together = proposals.sign(connection, record_id, signatures)
    seen = {*recovered.signatures, *(earlier.signatures if earlier else ())}
    return together is not None and not seen.issuperset(together.signatures.values())


def _signers_of_amendment(connection: Connection, record: Record) -> Iterator[Concern]:
    """Who has to sign an amendment, which names nobody itself, so that they find it; nobody while its target is not
    here."""
    if isinstance(record, Amendment):
        with suppress(NotFound, MalformedRecord):
            for signer in expected_signers(record, StoreContext(connection)):
                if isinstance(signer, PartnerSigner):
                    yield Concern(PARTNER, str(signer.partner))
