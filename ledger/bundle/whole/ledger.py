"""What the bundle of a whole ledger claims: which parts its reader may read and are not shown, and which files that the
council adopted are not here.

Every leaf under the checkpoint is in it, so nothing can be left out of its records. What may be left out, an opened
part or a file, is told, or whoever verifies would not know that an answer rests on it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.bundle.subject import Subject
from ledger.bundle.undisclosed import NO_SHIPMENT, WithheldKind, WithheldPart, closed_claims, withheld_parts
from ledger.common.figure import figure, to_json
from ledger.common.ids import RecordId
from ledger.common.json_fields import entries, fields_of, integer
from ledger.errors import VerificationFailed
from ledger.records import index_keys
from ledger.records.disclosure import closed_names
from ledger.records.eip712 import Withheld
from ledger.records.evidence import Basis, CheckpointTime
from ledger.records.index_keys import Concern
from ledger.records.signers import shipments_of
from ledger.records.types import Attestation, Record, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.registry.history import RegistryView
from ledger.scores.adopted_card import DEFAULT_CARDS
from ledger.shipments.history import Journeys


@figure("withheld", "missing", "stood")
@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """`missing`: SHA-256 of adopted files that are not in the bundle, ascending. `stood`: when the log's checkpoints
    were signed by the operator's own clock, where nobody else is asked for a time; empty elsewhere.
    """

    withheld: tuple[WithheldPart, ...]
    missing: tuple[bytes, ...]
    stood: tuple[CheckpointTime, ...]


def ledger_figures(
    subject: Subject,
    verified: Sequence[VerifiedRecord],
    view: RegistryView,
    rules: Sequence[bytes],
    stood: Sequence[CheckpointTime] = (),
) -> dict[str, Any]:
    """The figures of a ledger as its reader has it; `rules`: the files in the bundle."""
    own = None if not subject.partner else Concern(index_keys.PARTNER, str(subject.partner))
    about = {one.id: one.record for one in verified}

    def concerns_reader(record_id: bytes) -> bool:
        record = about.get(RecordId(record_id))
        return own is None or (record is not None and own in index_keys.concerns(RecordId(record_id), record))

    closed = {part for part in withheld_parts(Journeys(verified)) if concerns_reader(part.record)}
    claims = closed_claims(i for i in _closed_claims(about) if concerns_reader(i))
    if own is None:
        closed |= {part for part in _closed_parts(about) if part.part is not WithheldKind.CLAIMS}
    missing = sorted(adopted_files(view) - {hashlib.sha256(text).digest() for text in rules})
    return to_json(LedgerFigures((*claims, *sorted(closed)), tuple(missing), tuple(stood)))


def check_ledger(
    subject: Subject, figures: Mapping[str, Any], rules: Sequence[str], verified: Sequence[VerifiedRecord],
    view: RegistryView,
) -> dict[str, Any]:  # fmt: skip
    """The figures made again. Raises `VerificationFailed` for a file that no decision of the council names."""
    named = {*adopted_files(view), *DEFAULT_CARDS, *(partner.document for _, partner in view.partners())}
    for i, text in enumerate(rules):
        if (document := hashlib.sha256(text.encode()).digest()) not in named:
            raise VerificationFailed(
                "a file that the council did not decide on", where=f"rules[{i}]", found=document.hex()
            )
    return ledger_figures(subject, verified, view, [text.encode() for text in rules], stood_in(figures))


def stood_in(figures: Mapping[str, Any]) -> tuple[CheckpointTime, ...]:
    """When checkpoints were signed by the operator's own clock, as the figures of a ledger say: its word, and only for
    what nobody else bears out. Raises `MalformedRecord`.
    """
    result: list[CheckpointTime] = []
    for where, entry in entries(figures.get("stood", []), "figures.stood"):
        fields = fields_of(entry, where, ("size", "time", "basis"))
        size, time = (integer(fields[name], f"{where}.{name}") for name in ("size", "time"))
        if fields["basis"] != Basis.OPERATOR.name.lower() or (result and size <= result[-1].size):
            raise VerificationFailed(
                "not checkpoints that ascend, on the operator's word", where=where, expected=Basis.OPERATOR.name.lower()
            )
        result.append(CheckpointTime(size, time, Basis.OPERATOR))
    return tuple(result)


def adopted_files(view: RegistryView) -> set[bytes]:
    """The SHA-256 of every file that the council adopted, but of cards that ship with Lading."""
    return {document for document, _ in view.adopted_rules()} - set(DEFAULT_CARDS)


def _closed_parts(records: Mapping[RecordId, Record]) -> Iterator[WithheldPart]:
    """Whatever is closed of whichever record: answers rest on more than other figures do, such as the duty of a
    clearance and the loss that a split states, and whoever may read all sees that one was not shown.
    """
    for record_id, record in records.items():
        for name in dict.fromkeys(closed_names(record)):
            about = (record_id,) if isinstance(record, ShipmentTerms) else shipments_of(record) or (NO_SHIPMENT,)
            yield from (WithheldPart(shipment, record_id, WithheldKind(name)) for shipment in about)


def _closed_claims(records: Mapping[RecordId, Record]) -> Iterator[RecordId]:
    for record_id, record in records.items():
        if isinstance(record, Attestation) and isinstance(record.claims, Withheld):
            yield record_id
