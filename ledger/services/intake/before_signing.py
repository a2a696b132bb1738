"""What acceptance will say of a record, asked before anybody signs it: who has to sign, and what would be refused.

The rules are those of acceptance (`check_content`, `Checks`), asked as if everybody whom the record names had signed
with a key in force. Two things can be known only then: what a contract that nobody else can follow says (attestations,
recalls and the bonus pools are tried on the chain with their signatures), and what others record in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.errors import NotPermitted
from ledger.explain.signers import signer_text
from ledger.records.content_checks import check_content
from ledger.records.signers import (
    CouncilSigners,
    GrantedKeySigner,
    MasterSigner,
    PartnerSigner,
    RecipientSigner,
    Signer,
    expected_signers,
)
from ledger.records.types import LOG_ONLY, Record
from ledger.services.intake import referenced_records
from ledger.services.intake.checks import Checks
from ledger.services.intake.signature_order import StoreContext, fits, may_be_the_recipient
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store import records
from ledger.store.database import Connection


@dataclass(frozen=True, slots=True)
class Signable:
    """`signers`: who has to sign, in canonical order; nobody while the record that this one is about is not here, from
    which that follows. `signer`: for whom the key that was named signs; None when none was, or that is not known yet.
    `closed`: clearances that are not released yet; the handoff would be recorded as a breach.
    """

    record_id: RecordId
    signers: tuple[Signer, ...]
    signer: Signer | None = None
    closed: tuple[str, ...] = ()


def check_signable(
    connection: Connection, checks: Checks, record: Record, record_id: RecordId, now: int, key: KeyAddress | None
) -> Signable:
    """Raise what acceptance would raise for `record`, and `NotPermitted` for a `key` that has no part in it."""
    check_content(record, now)
    if referenced_records.missing(connection, record):
        return Signable(record_id, ())
    context = StoreContext(connection)
    signers = expected_signers(record, context)
    signer = None if key is None else _signer_of(key, signers, record, context, checks.registry)
    if records.get(connection, record_id) is not None:  # it is accepted, and may be signed again for its parts
        return Signable(record_id, signers, signer)
    checks.check_current(record)
    checks.check_goods(record)
    keys = _keys_to_come(signers, record, context, checks.registry)
    closed = tuple(name for _, names in checks.closed_gates(record) for name in names)
    if keys is not None or isinstance(record, LOG_ONLY):
        checks.judge(record, record_id, keys or ())
    return Signable(record_id, signers, signer, closed)


def _signer_of(
    key: KeyAddress, signers: Sequence[Signer], record: Record, context: StoreContext, registry: CurrentRegistry
) -> Signer:
    for signer in signers:
        if fits(signer, key, record, context, registry):
            return signer
    for signer in signers:
        if isinstance(signer, RecipientSigner) and may_be_the_recipient(signer, key, context, registry):
            return signer
    raise NotPermitted(
        "this key has no part in this record",
        where="signer",
        expected=", ".join(map(signer_text, signers)) or "no signature",
        found=f"{to_hex(key)} ({registry.describe(key)})",
    )


def _keys_to_come(
    signers: Iterable[Signer], record: Record, context: StoreContext, registry: CurrentRegistry
) -> tuple[KeyAddress, ...] | None:
    """A key for each signer, as acceptance will find them; None where that cannot be known before they sign.

    Raises `NotPermitted` where a partner has none: nobody could ever complete the record.
    """
    view, keys = registry.now(), list[KeyAddress]()
    for signer in signers:
        match signer:
            case PartnerSigner(partner) | MasterSigner(partner):
                own = (key for key, _ in view.keys_of(partner) if fits(signer, key, record, context, registry))
                first = next(own, None)
                if first is None:
                    raise NotPermitted(
                        "nobody can sign for this partner",
                        where=signer.field if isinstance(signer, PartnerSigner) else "partner",
                        expected="a partner with a key in force for such records",
                        found=f"partner {partner}, {'without one' if view.partner(partner) else 'never admitted'}",
                    )
                keys.append(first)
            case RecipientSigner(shipments):
                known = [terms.recipientKey for s in shipments if (terms := context.terms_of(s)) is not None]
                if not known:
                    return None
                keys.append(KeyAddress(known[0]))
            case GrantedKeySigner(granted):
                keys.append(granted)
            case CouncilSigners():
                keys += sorted(view.council().members)
            case _:
                return None
    return tuple(keys)
