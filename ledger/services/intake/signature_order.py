"""Signatures put in order: whose they are, in the canonical order of the record's type, and who is missing."""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.errors import BadSignature, NotPermitted
from ledger.explain.signers import signer_text
from ledger.records.recovered import RecoveredRecord
from ledger.records.signers import (
    CouncilSigners,
    GrantedKeySigner,
    MasterSigner,
    PartnerSigner,
    RecipientSigner,
    Signer,
    expected_signers,
)
from ledger.records.types import Record, ShipmentTerms
from ledger.services.state import shipment_state
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store import records
from ledger.store.database import Connection


@dataclass(frozen=True, slots=True)
class SignatureOrder:
    """`recovered` has its signatures in canonical order, each once; `missing` says in words who has not signed."""

    recovered: RecoveredRecord
    missing: tuple[str, ...]


class StoreContext:
    """A `SignerContext` on the store."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        return shipment_state.terms_of(self._connection, shipment)

    def record(self, record_id: bytes) -> Record | None:
        row = records.get(self._connection, RecordId(record_id))
        return None if row is None else shipment_state.opened(self._connection, row)


def in_order(
    recovered: RecoveredRecord,
    context: StoreContext,
    registry: CurrentRegistry,
    earlier: RecoveredRecord | None = None,
) -> SignatureOrder:
    """Find the signer of each signature, and fill up with `earlier` ones of the same record that still hold.

    Raises `BadSignature` when nobody has signed, `NotPermitted` for a key that has no part in the record or a second
    one for a signer.
    """
    record = recovered.record
    expected = expected_signers(record, context)
    together = recovered.with_earlier(earlier) if earlier else recovered
    if not together.keys:
        raise BadSignature("nobody has signed", where="signatures", expected=", ".join(map(signer_text, expected)))
    given = list(dict.fromkeys(recovered.keys))
    offered = [*sorted(given), *sorted(set(together.keys).difference(given))]
    ordered: list[KeyAddress] = []
    missing: list[str] = []
    for signer in expected:
        keys = [key for key in offered if fits(signer, key, record, context, registry)]
        if not keys and ordered and isinstance(signer, RecipientSigner):
            keys = [key for key in offered if may_be_the_recipient(signer, key, context, registry)]
        if isinstance(signer, CouncilSigners):
            ordered += sorted(keys)
            offered = [key for key in offered if key not in keys]
            if len(keys) < registry.now().council().threshold:
                missing.append(f"{registry.now().council().threshold - len(keys)} more of the council")
        elif keys:
            ordered.append(keys[0])
            offered.remove(keys[0])
        else:
            missing.append(signer_text(signer))
    if strangers := [key for key in offered if key in given]:
        second = any(fits(signer, strangers[0], record, context, registry) for signer in expected)
        raise NotPermitted(
            "two keys signed for one" if second else "signed by a key that has no part in this record",
            where=f"signatures[{given.index(strangers[0])}]",
            expected=", ".join(signer_text(signer) for signer in expected) or "no signature",
            found=", ".join(f"{to_hex(key)} ({registry.describe(key)})" for key in strangers),
            mend=_terms_first(expected, missing, strangers[0], context, registry),
        )
    return SignatureOrder(together.ordered(ordered), tuple(missing))


def fits(signer: Signer, key: KeyAddress, record: Record, context: StoreContext, registry: CurrentRegistry) -> bool:
    """Whether `key` may sign `record` for `signer` now."""
    match signer:
        case PartnerSigner(partner):
            holder = registry.signer(key, record.NUMBER)
            return holder is not None and holder.partner == partner
        case MasterSigner(partner, itself):
            holder = registry.signer(key, record.NUMBER)
            return key == itself or (holder is not None and holder.master and holder.partner == partner)
        case GrantedKeySigner(granted):
            return key == granted
        case RecipientSigner(shipments):
            known = (terms for shipment in shipments if (terms := context.terms_of(shipment)) is not None)
            named = any(terms.recipientKey == key for terms in known)
            return named and registry.signer(key, record.NUMBER) is None
        case CouncilSigners():
            return key in registry.now().council().members
        case _:
            return False


def may_be_the_recipient(
    signer: RecipientSigner, key: KeyAddress, context: StoreContext, registry: CurrentRegistry
) -> bool:
    """Whether `key` may turn out to be the one named in terms that are not here yet.

    It is taken only beside a partner's signature, which answers for it: else any stranger could sign for goods nobody
    knows. If it is another key, the contract says *wrong key*.
    """
    unknown = any(context.terms_of(shipment) is None for shipment in signer.shipments)
    return unknown and registry.now().address(key) is None


def _terms_first(
    expected: Iterable[Signer],
    missing: Iterable[str],
    key: KeyAddress,
    context: StoreContext,
    registry: CurrentRegistry,
) -> str:
    """What helps a recipient key that signs alone before the terms that name it; empty if `key` is none."""
    recipients = (one for one in expected if isinstance(one, RecipientSigner) and signer_text(one) in missing)
    if not any(may_be_the_recipient(one, key, context, registry) for one in recipients):
        return ""
    return "The terms that name the recipient key are not here yet: submit this again once they are."
