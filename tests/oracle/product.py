"""The product's figures of what the oracle sees: the same records, in the product's own form."""

import json
from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import replace
from typing import NamedTuple

from ledger.codes import AmendmentKind, Outcome
from ledger.common.ids import RecordId
from ledger.penalties.statement import PenaltyStatement, family_statements, penalty_of
from ledger.records.eip712 import Withheld
from ledger.records.evidence import Basis, CheckpointTime
from ledger.records.types import NOBODY, Amendment, Record, ShipmentTerms
from ledger.records.verification import Facts, VerifiedRecord, already_verified
from ledger.shipments.gate_breaches import breaches
from ledger.shipments.history import Journeys
from tests.oracle.breaches import Breach
from tests.oracle.facts import Seen


class LegShare(NamedTuple):
    """One leg's part of a penalty: `overrun` in seconds, `amount` in minor units."""

    partner: int
    handoff: bytes
    overrun: int
    amount: int


_WIDE = ("value", "freight", "alpha", "penaltyCap")
"""Fields of more than 48 bits stand as decimal strings."""


def verified(seen: Iterable[Seen]) -> list[VerifiedRecord]:
    """Each record as the product would have verified it. Evidence comes from a checkpoint just over its leaf. An
    amendment without one of its signers is refused at the door, so it is left out.
    """
    everything = list(seen)
    by_id = {one.id: one for one in everything}
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
        for one in everything
        if not isinstance(one.record, Amendment) or _fully_signed(one.record, one.signers, by_id[one.record.target])
    ]


def product(seen: Iterable[Seen], root: bytes, at: int) -> PenaltyStatement:
    """The product's statement of the shipment opened by the terms `root`."""
    return penalty_of(root, Journeys(verified(seen)), at)


def families(seen: Iterable[Seen], root: bytes, at: int) -> list[PenaltyStatement]:
    """The statements of all goods opened as `root`, that of its own currency first."""
    return list(family_statements(Journeys(verified(seen)), root, at))


def parts(statements: Iterable[PenaltyStatement], family: Container[bytes]) -> dict[bytes, tuple[int, int]]:
    """What each part owes, low and high, all pieces together: a part is the last shipment of its path under the first
    terms, which are those in `family`.
    """
    shares: dict[bytes, tuple[int, int]] = {}
    for statement in statements:
        for line in statement.portions:
            own = [name for name, _ in line.part.portion.path if name in family][-1]
            low, high = shares.get(own, (0, 0))
            shares[own] = low + line.amount, high + line.amount_high
    return shares


def legs(statements: Iterable[PenaltyStatement]) -> Counter[LegShare]:
    """Who bears what of the penalties, for which handoff and overrun; once for each piece that goes back to it."""
    return Counter(
        LegShare(leg.partner, leg.handoff, leg.overrun_seconds, leg.amount)
        for statement in statements
        for leg in statement.legs
        if leg.amount
    )


def engine(seen: Iterable[Seen], root: bytes, at: int) -> tuple[int, int]:
    statement = product(seen, root, at)
    return statement.amount, statement.amount_high


def _fully_signed(amendment: Amendment, signers: tuple[int, ...], target: Seen) -> bool:
    needed = set(target.signers)
    if isinstance(target.record, ShipmentTerms) and not isinstance(target.record.commercial, Withheld):
        needed |= {target.record.commercial.liable, target.record.commercial.beneficiary} - {NOBODY}
    return needed <= set(signers)


def _as_the_product_reads(record: Record) -> Record:
    """Amendments in the members that the product gives them; the oracle's stand flat."""
    if not isinstance(record, Amendment) or isinstance(record.changes, Withheld) or not record.changes.text:
        return record
    flat = json.loads(record.changes.text)
    shipment = {"shipment": flat.pop("shipment")} if "shipment" in flat else {}
    wide = {name: str(value) for name, value in flat.items() if name in _WIDE}
    body = {"commercial": flat | wide} if record.kind == AmendmentKind.TERMS else flat
    return replace(record, changes=replace(record.changes, text=json.dumps(body | shipment)))


def counted_breaches(seen: Iterable[Seen], root: bytes) -> set[Breach]:
    """The product's breaches of all goods opened as `root`, as the oracle tells them."""
    journeys = Journeys(verified(seen))
    gates: dict[tuple[bytes, bytes, bytes, int], int] = {}
    for shipment in (*journeys.terms, *journeys.origins):
        *_, opened = journeys.lineage(shipment)
        for breach in breaches(journeys, shipment) if opened == root else ():
            key = bytes(breach.record.id), shipment, breach.require.jurisdiction, breach.require.regime
            gates[key] = gates.get(key, 0) | breach.gate
    return {
        Breach(record, shipment, gate, jurisdiction, regime)
        for (record, shipment, jurisdiction, regime), gate in gates.items()
    }
