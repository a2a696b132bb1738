"""The product's figures of what the oracle sees: the same records, in the product's own form."""

import json
from collections.abc import Iterable
from dataclasses import replace

from ledger.codes import AmendmentKind, Outcome
from ledger.common.ids import RecordId
from ledger.penalties.statement import PenaltyStatement, penalty_of
from ledger.records.eip712 import Withheld
from ledger.records.evidence import Basis, CheckpointTime
from ledger.records.types import Amendment, Record
from ledger.records.verification import Facts, VerifiedRecord, already_verified
from ledger.shipments.history import Journeys
from tests.oracle.facts import Seen

_WIDE = ("value", "freight", "alpha", "penaltyCap")
"""Fields of more than 48 bits stand as decimal strings."""


def verified(seen: Iterable[Seen]) -> list[VerifiedRecord]:
    """Each record as the product would have verified it. Evidence comes from a checkpoint just over its leaf."""
    return [
        already_verified(
            RecordId(one.id),
            _as_the_product_reads(one.record),
            one.signers,
            Facts(
                log_index=one.log_index,
                logged_at=one.logged_at,
                block_number=one.block[0] if one.block else None,
                block_time=one.block_time,
                event_index=one.block[1] if one.block else None,
                outcomes=tuple(map(Outcome, one.outcomes)),
                outcome_index=one.log_index if one.outcomes else None,
                covered=None
                if one.evidenced is None
                else CheckpointTime(one.log_index + 1, one.evidenced, Basis.WITNESSES),
                block_time_counts=not one.own_clock,
            ),
            roles=[one.roles.get(signer, 0) for signer in one.signers],
        )
        for one in seen
    ]


def product(seen: Iterable[Seen], root: bytes, at: int) -> PenaltyStatement:
    """The product's statement of the shipment opened by the terms `root`."""
    return penalty_of(root, Journeys(verified(seen)), at)


def engine(seen: Iterable[Seen], root: bytes, at: int) -> tuple[int, int]:
    statement = product(seen, root, at)
    return statement.amount, statement.amount_high


def _as_the_product_reads(record: Record) -> Record:
    """Amendments in the members that the product gives them; the oracle's stand flat."""
    if not isinstance(record, Amendment) or isinstance(record.changes, Withheld) or not record.changes.text:
        return record
    flat = json.loads(record.changes.text)
    shipment = {"shipment": flat.pop("shipment")} if "shipment" in flat else {}
    wide = {name: str(value) for name, value in flat.items() if name in _WIDE}
    body = {"commercial": flat | wide} if record.kind == AmendmentKind.TERMS else flat
    return replace(record, changes=replace(record.changes, text=json.dumps(body | shipment)))
