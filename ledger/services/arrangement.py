"""Signatures put in order: whose they are, in the canonical order of the record's type, and who is missing."""

from dataclasses import dataclass

from ledger.errors import BadSignature, NotPermitted
from ledger.ids import KeyAddress, RecordId, to_hex
from ledger.records import Record, ShipmentTerms
from ledger.services import holdings
from ledger.services.registry_view import CurrentRegistry
from ledger.signers import CouncilSigners, MasterSigner, PartnerSigner, RecipientSigner, Signer, expected_signers
from ledger.signing import SignedRecord, recover
from ledger.store import records
from ledger.store.database import Connection


@dataclass(frozen=True, slots=True)
class Arrangement:
    """`signed` has its signatures in canonical order, each once; `missing` says in words who has not signed."""

    signed: SignedRecord
    missing: tuple[str, ...]


class StoreContext:
    """A `SignerContext` on the store."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        return holdings.terms_of(self._connection, shipment)

    def record(self, record_id: bytes) -> Record | None:
        row = records.get(self._connection, RecordId(record_id))
        return None if row is None else holdings.opened(self._connection, row)


def arrange(signed: SignedRecord, record_id: RecordId, context: StoreContext, registry: CurrentRegistry) -> Arrangement:
    """Find the signer of each signature. Raises `BadSignature`, or `NotPermitted` for a key that has no part in it."""
    record = signed.record
    expected = expected_signers(record, context)
    found: dict[KeyAddress, bytes] = {}
    for i, signature in enumerate(signed.signatures):
        found.setdefault(recover(record_id, signature, f"signatures[{i}]"), signature)
    unused = dict(found)
    ordered: list[bytes] = []
    missing: list[str] = []
    for signer in expected:
        keys = [key for key in sorted(unused) if _fits(signer, key, record, context, registry)]
        if isinstance(signer, CouncilSigners):
            ordered += [unused.pop(key) for key in keys]
            if len(keys) < registry.now().council().threshold:
                missing.append(f"{registry.now().council().threshold - len(keys)} more of the council")
        elif keys:
            ordered.append(unused.pop(keys[0]))
        else:
            missing.append(_name(signer))
    if unused:
        raise NotPermitted(
            "signed by a key that has no part in this record",
            where=f"signatures[{list(found).index(next(iter(unused)))}]",
            expected=", ".join(_name(signer) for signer in expected) or "no signature",
            found=", ".join(f"{to_hex(key)} ({registry.describe(key)})" for key in unused),
        )
    if not found:
        raise BadSignature("nobody has signed", where="signatures", expected=", ".join(missing))
    return Arrangement(SignedRecord(record, tuple(ordered)), tuple(missing))


def _fits(signer: Signer, key: KeyAddress, record: Record, context: StoreContext, registry: CurrentRegistry) -> bool:
    match signer:
        case PartnerSigner(partner):
            standing = registry.standing(key, record.NUMBER)
            return standing is not None and standing.partner == partner
        case MasterSigner(partner, itself):
            standing = registry.standing(key, record.NUMBER)
            return key == itself or (standing is not None and standing.master and standing.partner == partner)
        case RecipientSigner(shipments):
            terms = [context.terms_of(shipment) for shipment in shipments]
            return (
                any(t is None or t.recipientKey == key for t in terms) and registry.standing(key, record.NUMBER) is None
            )
        case CouncilSigners():
            return key in registry.now().council().members
        case _:
            return False


def _name(signer: Signer) -> str:
    match signer:
        case PartnerSigner(partner, field):
            return f"partner {partner} as {field}"
        case MasterSigner(partner):
            return f"a master key of partner {partner}"
        case RecipientSigner(_, field):
            return f"the recipient key as {field}"
        case CouncilSigners():
            return "the council"
        case _:
            return "the log's anchor key"
