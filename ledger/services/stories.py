"""A shipment's story: every line of its custody and clearances in order, in words, with who signed what.

Everything comes from the projections and the records behind them; nothing private is told, so the story is public.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger import concerns as concerning
from ledger.codes import (
    Assurance,
    ClearanceStatus,
    ExceptionBit,
    Gate,
    HoldCause,
    Mode,
    Outcome,
    Purpose,
    Regime,
    ShipmentState,
)
from ledger.custody import Flag
from ledger.errors import LadingError, NotFound
from ledger.ids import RecordId, to_hex
from ledger.penalties import TENDER_WINDOW
from ledger.records import Commercial
from ledger.records import Outcome as OutcomeRecord
from ledger.services import holdings
from ledger.services.names import Names
from ledger.services.registry_view import keys_of
from ledger.services.views import ClearanceView, PartnerName, ShipmentSummary, ShipmentView, StepView
from ledger.store import records, shipments
from ledger.store.database import Connection
from ledger.store.records import StoredRecord
from ledger.store.shipments import ClearanceState, ClearanceStep, CustodyStep, Shipment
from ledger.words import MEANING, counted, spaced, word, words

APPLIED = (Outcome.APPLIED, Outcome.APPLIED_IN_BREACH)
LATE_REPORT = 24 * 3600
"""A record that the log learnt of later than this after it happened is flagged, and counts all the same."""
MOST_RECORDS = 500


class Stories:
    def __init__(self, names: Names) -> None:
        self._names = names

    def summary(self, connection: Connection, row: Shipment) -> ShipmentSummary:
        name = self._names.of
        return ShipmentSummary(
            id=to_hex(row.shipment),
            terms=to_hex(row.terms),
            consignor=name(connection, row.consignor),
            consignee=name(connection, row.consignee),
            custodian=name(connection, row.custodian),
            packages=row.packages,
            sequence=row.sequence,
            status=_status(connection, row),
            purpose=word(Purpose, row.purpose),
            mode=word(Mode, row.mode),
            opened_at=row.opened_at,
            ended_at=row.ended_at,
            cursor=row.opened_index,
        )

    def whole(self, connection: Connection, shipment: bytes) -> ShipmentView:
        """Raises `NotFound` for what the chain has not recorded."""
        row = shipments.get(connection, shipment)
        if row is None:
            pending = records.get(connection, RecordId(shipment))
            raise NotFound(
                "not recorded by the chain yet" if pending else "no such shipment",
                where="shipment",
                found=to_hex(shipment),
            )
        custody = shipments.steps(connection, shipment)
        clearances = shipments.clearance_steps(connection, shipment)
        teller = _Teller(connection, self._names, _records_of(connection, row, custody, clearances))
        steps = [*teller.beginning(row, custody), *map(teller.custody, custody), *map(teller.clearance, clearances)]
        about = records.listing(connection, concerning.SHIPMENT, to_hex(shipment), limit=MOST_RECORDS)
        return ShipmentView(
            summary=self.summary(connection, row),
            parent=to_hex(row.parent) if row.parent else None,
            parents=tuple(p[0] for p in json.loads(row.parents)),
            children=tuple(to_hex(child.shipment) for child in shipments.children(connection, shipment)),
            onward=tuple(to_hex(step.record_id) for step in custody if step.kind == "continued"),
            flags=words(Flag(row.flags)),
            clearances=tuple(_clearances(row, shipments.clearances(connection, shipment), clearances)),
            steps=tuple(sorted(steps, key=lambda step: (step.block_time or step.at, step.at))),
            records=tuple(to_hex(r.record_id) for r in about),
        )


@dataclass(frozen=True, slots=True)
class _Teller:
    """Turns lines of the projection into steps; `rows` holds the records behind them."""

    connection: Connection
    names: Names
    rows: dict[RecordId, StoredRecord]

    def beginning(self, row: Shipment, custody: list[CustodyStep]) -> Iterator[StepView]:
        """How a child or remainder began: the projection tells it on the parent's line only."""
        if row.parent is None:
            return
        outcome = records.at(self.connection, row.opened_index)
        if outcome is None or not isinstance(outcome.record, OutcomeRecord):
            return
        source = RecordId(outcome.record.record)
        holder = self.names.of(self.connection, custody[0].from_partner if custody else row.custodian)
        remainder = Flag.REMAINDER in Flag(row.flags)
        text = (
            f"Missing from a short delivery of another shipment; {holder.name} still answers for it"
            if remainder
            else f"Split off from another shipment; {holder.name} holds it"
        )
        yield StepView(
            kind="remainder" if remainder else "split off",
            record=to_hex(source),
            at=row.opened_at,
            block_time=row.opened_at,
            by=(holder,),
            packages=row.packages,
            exceptions=(),
            outcome=spaced(Outcome.APPLIED.name),
            text=text,
            signers=self._signers(source),
            logged_at=self._logged_at(source),
        )

    def custody(self, step: CustodyStep) -> StepView:
        giver = self.names.of(self.connection, step.from_partner)
        taker = self.names.of(self.connection, step.to_partner)
        outcome = Outcome(step.outcome)
        return StepView(
            kind=step.kind,
            record=to_hex(step.record_id),
            at=step.occurred_at,
            block_time=step.block_time,
            by=(giver,) if giver.id == taker.id else (giver, taker),
            packages=step.packages,
            exceptions=words(ExceptionBit(step.exceptions)),
            outcome=spaced(outcome.name),
            text=_custody_text(step, giver, taker),
            signers=self._signers(step.record_id),
            logged_at=self._logged_at(step.record_id),
            note=self._note(outcome, step),
        )

    def clearance(self, step: ClearanceStep) -> StepView:
        by = self.names.of(self.connection, step.by)
        outcome = Outcome(step.outcome)
        status = word(ClearanceStatus, step.status)
        cause = f" (cause: {word(HoldCause, step.hold_cause)})" if step.hold_cause else ""
        caused = f", caused by {self.names.of(self.connection, step.caused_by).name}" if step.caused_by else ""
        return StepView(
            kind="clearance",
            record=to_hex(step.record_id),
            at=step.occurred_at,
            block_time=step.block_time,
            by=(by,),
            packages=0,
            exceptions=(),
            outcome=spaced(outcome.name),
            text=f"{step.jurisdiction} {word(Regime, step.regime)}: {status}{cause}{caused}, says {by.name}",
            signers=self._signers(step.record_id),
            logged_at=self._logged_at(step.record_id),
            note=self._note(outcome, step),
        )

    def _note(self, outcome: Outcome, step: CustodyStep | ClearanceStep) -> str:
        notes = [MEANING[outcome]]
        logged = self._logged_at(step.record_id)
        if logged is not None and logged > step.occurred_at + LATE_REPORT:
            notes.append(f"Reported {counted((logged - step.occurred_at) // 3600, 'hour')} after it happened.")
        if isinstance(step, ClearanceStep) and step.assurance == Assurance.BROKER_WORD:
            notes.append("On the broker's word only.")
        return " ".join(note for note in notes if note)

    def _signers(self, record_id: RecordId) -> tuple[PartnerName, ...]:
        row = self.rows.get(record_id)
        if row is None:
            return ()
        try:
            keys = keys_of(row.signed, record_id)
        except LadingError:  # an edited row: the story goes on, the audit names it
            return ()
        return tuple(self.names.of_key(self.connection, key) for key in keys)

    def _logged_at(self, record_id: RecordId) -> int | None:
        row = self.rows.get(record_id)
        return row.log_time if row else None


def _records_of(
    connection: Connection, row: Shipment, custody: Iterable[CustodyStep], clearances: Iterable[ClearanceStep]
) -> dict[RecordId, StoredRecord]:
    wanted = {step.record_id for step in custody} | {step.record_id for step in clearances}
    outcome = records.at(connection, row.opened_index) if row.parent else None
    if outcome is not None and isinstance(outcome.record, OutcomeRecord):
        wanted.add(RecordId(outcome.record.record))
    return records.get_many(connection, wanted)


def _status(connection: Connection, row: Shipment) -> str:
    """The custody state in words; a tender that stands shows as `tendered`."""
    state = ShipmentState(row.state)
    if state != ShipmentState.OPEN:
        return spaced(state.name)
    line = [s for s in shipments.steps(connection, row.shipment) if s.outcome in APPLIED]
    moves = [i for i, step in enumerate(line) if step.kind in ("handoff", "override")]
    since = line[moves[-1] + 1 :] if moves else line
    if any(step.kind == "tender" for step in since) and _tendered(connection, row, since):
        return "tendered"
    return "in transit" if moves else "open"


def _tendered(connection: Connection, row: Shipment, since: list[CustodyStep]) -> bool:
    """Whether the holder's tender stands: nobody who may contests it within the window, or not yet.

    `since`: what was applied after the goods last moved. A tender counts from when it was known, as in the numbers.
    """
    stored = records.get_many(connection, (s.record_id for s in since if s.kind in ("tender", "contest")))
    terms = holdings.terms_of(connection, row.shipment)
    commercial = terms.commercial if terms else None
    window = commercial.tenderWindow if isinstance(commercial, Commercial) else TENDER_WINDOW
    contests = [s for s in since if s.kind == "contest" and s.from_partner == row.consignee]
    for tender in since:
        if tender.kind != "tender" or (tender.from_partner, tender.to_partner) != (row.custodian, row.consignee):
            continue
        known = _known(tender, stored)
        if not any(known <= _known(contest, stored) <= known + window for contest in contests):
            return True
    return False


def _known(step: CustodyStep, stored: dict[RecordId, StoredRecord]) -> int:
    logged = stored[step.record_id].log_time
    return logged if step.block_time is None else min(logged, step.block_time)


def _clearances(
    row: Shipment, states: Iterable[ClearanceState], steps: Iterable[ClearanceStep]
) -> Iterator[ClearanceView]:
    known = {(c.jurisdiction, c.regime): c for c in states}
    required = {
        (letters, regime): (Gate(gate), bool(row.released >> i & 1))
        for i, (letters, regime, gate, _) in enumerate(json.loads(row.requires))
    }
    assurance = {(s.jurisdiction, s.regime): s.assurance for s in steps if s.outcome in APPLIED}
    for pair in sorted(known.keys() | required.keys()):
        state = known.get(pair)
        gates, released = required.get(pair, (Gate(0), False))
        yield ClearanceView(
            jurisdiction=pair[0],
            regime=word(Regime, pair[1]),
            status=word(ClearanceStatus, state.status) if state else "none yet",
            sequence=state.sequence if state else 0,
            required_at=words(gates),
            released=released,
            assurance=word(Assurance, assurance[pair]) if pair in assurance else "",
        )


def _custody_text(step: CustodyStep, giver: PartnerName, taker: PartnerName) -> str:
    """The step in a sentence."""
    exceptions = ", ".join(words(ExceptionBit(step.exceptions)))
    noted = f", noted: {exceptions}" if exceptions else ""
    packages = counted(step.packages, "package")
    match step.kind:
        case "opened":
            holds = "" if giver == taker else f"; {taker.name} holds it"
            return f"{giver.name} opened the shipment of {packages}{holds}"
        case "handoff" if step.packages == 0:
            return f"{taker.name} refused to take it from {giver.name}{noted}"
        case "handoff":
            return f"{giver.name} handed {packages} to {taker.name}{noted}"
        case "override":
            return f"the council moved {packages} from {giver.name} to {taker.name}, without the releaser's signature"
        case "split":
            return f"{giver.name} split it"
        case "continued":
            return "it went on under new terms"
        case "tender":
            return f"{giver.name} says: offered to {taker.name}, nobody signed"
        case "contest":
            return f"{giver.name} contests the tender"
        case _:
            return f"{giver.name} says: {step.kind}"
