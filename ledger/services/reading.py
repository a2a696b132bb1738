"""Answers for readers: records with both status tracks, shipments with their custody line, partners.

`Reader` says who asks; private parts are opened for the parties of a record and for auditors, and for nobody else.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from ledger import concerns as concerning
from ledger.codes import (
    ClearanceStatus,
    ExceptionBit,
    Gate,
    HoldCause,
    Mode,
    Outcome,
    Purpose,
    Regime,
    Role,
    ShipmentState,
)
from ledger.custody import Flag
from ledger.enrolment import parse_enrolment
from ledger.errors import LadingError, NotFound
from ledger.ids import RecordId, to_hex
from ledger.openings import split
from ledger.records import Commercial, Record, ShipmentTerms
from ledger.records import Outcome as OutcomeRecord
from ledger.services import holdings
from ledger.services.registry_view import CurrentRegistry, keys_of
from ledger.services.sequencer import Sequencer
from ledger.services.submission import LOG_ONLY
from ledger.services.views import (
    ChainTrack,
    ClearanceView,
    ItemView,
    LogTrack,
    PartnerName,
    PartnerView,
    RecordView,
    RoleView,
    ShipmentSummary,
    ShipmentView,
    StepView,
)
from ledger.signing import Domain
from ledger.store import checkpoints, enrolments, openings, outbox, outcomes, proposals, records, shipments
from ledger.store.database import Connection, Database
from ledger.store.records import StoredRecord
from ledger.store.shipments import CustodyStep, Shipment

APPLIED = (Outcome.APPLIED, Outcome.APPLIED_IN_BREACH)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks. The public is partner 0 without any key."""

    partner: int = 0
    auditor: bool = False
    key: bytes = b""


PUBLIC = Reader()


class Reading:
    def __init__(self, db: Database, registry: CurrentRegistry, sequencer: Sequencer, domain: Domain) -> None:
        self._db = db
        self._registry = registry
        self._sequencer = sequencer
        self._domain = domain
        self._names: dict[int, tuple[str, str]] = {}

    # --- records -------------------------------------------------------------------------------------------

    def record(self, record_id: RecordId, reader: Reader = PUBLIC) -> RecordView:
        """One record, accepted or proposed; raises `NotFound`."""
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            if row := records.get(connection, record_id):
                return self._view(connection, row, reader)
            if proposal := proposals.get(connection, record_id):
                return self._proposed(connection, proposal, reader)
        raise NotFound("no such record", where="record", found=to_hex(record_id))

    def records(
        self,
        reader: Reader = PUBLIC,
        *,
        kind: str = "",
        key: str = "",
        types: Sequence[int] = (),
        after: int = -1,
        limit: int = 50,
        newest_first: bool = False,
        before: int | None = None,
    ) -> list[RecordView]:
        """A page in log order; `kind` and `key` as in `ledger.concerns`."""
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            rows = records.listing(
                connection, kind, key, types=types, after=after, before=before, limit=limit, newest_first=newest_first
            )
            return [self._view(connection, row, reader) for row in rows]

    def proposals_for(self, reader: Reader, now: int, limit: int = 100) -> list[RecordView]:
        """What waits for signatures and concerns the reader."""
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            kind, key = ("", "") if reader.auditor else (concerning.PARTNER, str(reader.partner))
            found = proposals.listing(connection, kind, key, now=now, limit=limit)
            return [self._proposed(connection, p, reader) for p in found]

    def _view(self, connection: Connection, row: StoredRecord, reader: Reader) -> RecordView:
        record = row.record
        if self.may_open(connection, record, row.record_id, reader):
            record = openings.richest(connection, row)
        anchored = checkpoints.latest_anchored(connection)
        track = LogTrack(
            status="anchored" if anchored and row.log_index < anchored.size else "accepted",
            index=row.log_index,
            logged_at=row.log_time,
            leaf_hash=to_hex(row.leaf_hash),
            receipt=self._sequencer.receipt_of(row).to_json(),
        )
        return RecordView(
            id=to_hex(row.record_id),
            type=type(record).__name__,
            message=record.to_json(),
            signatures=tuple(to_hex(s) for s in row.signature_list),
            signers=self._signers(connection, row),
            log=track,
            chain=self._chain_track(connection, row),
        )

    def _proposed(self, connection: Connection, proposal: proposals.Proposal, reader: Reader) -> RecordView:
        record = proposal.record
        if not self.may_open(connection, record, proposal.record_id, reader):
            record = split(record)[0]
        return RecordView(
            id=to_hex(proposal.record_id),
            type=type(record).__name__,
            message=record.to_json(),
            signatures=tuple(to_hex(s) for s in proposal.signatures.values()),
            signers=(),
            log=LogTrack("proposed", missing=("signatures are missing",)),
            chain=ChainTrack("none"),
        )

    def _chain_track(self, connection: Connection, row: StoredRecord) -> ChainTrack:
        record = row.record
        if isinstance(record, (*LOG_ONLY, OutcomeRecord)):
            return ChainTrack("none")
        items = tuple(
            ItemView(o.item, Outcome(o.outcome).name.lower(), o.block_number, o.block_time, to_hex(o.transaction))
            for o in outcomes.of(connection, row.record_id)
        )
        waiting = outbox.get(connection, row.record_id)
        names = {item.outcome for item in items}
        if not items:
            return ChainTrack("pending", problem=waiting.problem if waiting else "")
        if names & {"applied", "applied_in_breach"}:
            return ChainTrack("recorded", items)
        return ChainTrack("rejected" if names == {"rejected"} else "skipped", items)

    def _signers(self, connection: Connection, row: StoredRecord) -> tuple[PartnerName, ...]:
        names = []
        for key in keys_of(row.signed, row.record_id):
            address = self._registry.now().address(key)
            names.append(
                self.name(connection, address.partner)
                if address and address.partner
                else PartnerName(0, self._registry.describe(key))
            )
        return tuple(names)

    def may_open(self, connection: Connection, record: Record, record_id: RecordId, reader: Reader) -> bool:
        """Parties of the record, of the terms behind it, and auditors."""
        if reader.auditor:
            return True
        about = concerning.concerns(record_id, record)
        if reader.partner and concerning.Concern(concerning.PARTNER, str(reader.partner)) in about:
            return True
        for concern in about if isinstance(record, ShipmentTerms) else ():
            if concern.kind == concerning.SHIPMENT:
                terms = holdings.terms_of(connection, bytes.fromhex(concern.key[2:]))
                if terms is None:
                    continue
                if reader.key and terms.recipientKey == reader.key:
                    return True
                commercial = terms.commercial
                if isinstance(commercial, Commercial) and reader.partner in (commercial.liable, commercial.beneficiary):
                    return reader.partner != 0
        return False

    # --- shipments -----------------------------------------------------------------------------------------

    def shipments(
        self, *, party: int | None = None, before: int | None = None, limit: int = 50
    ) -> list[ShipmentSummary]:
        """Newest first; page with the last one's `cursor` as `before`."""
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            rows = shipments.listing(connection, party=party, before=before, limit=limit)
            return [self._summary(connection, row) for row in rows]

    def shipment(self, shipment: bytes) -> ShipmentView:
        """A shipment that the chain has recorded, with its whole story; raises `NotFound`."""
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            row = shipments.get(connection, shipment)
            if row is None:
                pending = records.get(connection, RecordId(shipment))
                raise NotFound(
                    "not recorded by the chain yet" if pending else "no such shipment",
                    where="shipment",
                    found=to_hex(shipment),
                )
            steps = [self._step(connection, s) for s in shipments.steps(connection, shipment)]
            steps += self._clearance_steps(connection, shipment)
            about = records.listing(connection, concerning.SHIPMENT, to_hex(shipment), limit=500)
            return ShipmentView(
                summary=self._summary(connection, row),
                parent=to_hex(row.parent) if row.parent else None,
                parents=tuple(p[0] for p in json.loads(row.parents)),
                children=tuple(to_hex(child.shipment) for child in shipments.children(connection, shipment)),
                flags=_words(Flag(row.flags)),
                clearances=self._clearances(connection, row),
                steps=tuple(sorted(steps, key=lambda step: (step.block_time or step.at, step.at))),
                records=tuple(to_hex(r.record_id) for r in about),
            )

    def _summary(self, connection: Connection, row: Shipment) -> ShipmentSummary:
        return ShipmentSummary(
            id=to_hex(row.shipment),
            terms=to_hex(row.terms),
            consignor=self.name(connection, row.consignor),
            consignee=self.name(connection, row.consignee),
            custodian=self.name(connection, row.custodian),
            packages=row.packages,
            sequence=row.sequence,
            status=self._status(connection, row),
            purpose=_word(Purpose, row.purpose),
            mode=_word(Mode, row.mode),
            opened_at=row.opened_at,
            ended_at=row.ended_at,
            cursor=row.opened_index,
        )

    def _status(self, connection: Connection, row: Shipment) -> str:
        """The custody state in words; an uncontested tender shows as `tendered`."""
        state = ShipmentState(row.state)
        if state != ShipmentState.OPEN:
            return _spaced(state.name)
        last = [s for s in shipments.steps(connection, row.shipment) if s.outcome in APPLIED]
        kinds = [s.kind for s in last if s.kind in ("tender", "contest", "handoff")]
        if kinds and kinds[-1] == "tender":
            return "tendered"
        return "in transit" if any(s.kind == "handoff" for s in last) else "open"

    def _step(self, connection: Connection, step: CustodyStep) -> StepView:
        giver, taker = self.name(connection, step.from_partner), self.name(connection, step.to_partner)
        outcome = Outcome(step.outcome)
        return StepView(
            kind=step.kind,
            record=to_hex(step.record_id),
            at=step.occurred_at,
            block_time=step.block_time,
            by=(giver,) if giver.id == taker.id else (giver, taker),
            packages=step.packages,
            exceptions=_words(ExceptionBit(step.exceptions)),
            outcome=_spaced(outcome.name),
            text=_story(step, giver.name, taker.name),
        )

    def _clearance_steps(self, connection: Connection, shipment: bytes) -> Iterable[StepView]:
        for step in shipments.clearance_steps(connection, shipment):
            status = _word(ClearanceStatus, step.status)
            cause = f" ({_word(HoldCause, step.hold_cause)})" if step.hold_cause else ""
            by = self.name(connection, step.by)
            caused = f", caused by {self.name(connection, step.caused_by).name}" if step.caused_by else ""
            yield StepView(
                kind="clearance",
                record=to_hex(step.record_id),
                at=step.occurred_at,
                block_time=step.block_time,
                by=(by,),
                packages=0,
                exceptions=(),
                outcome=_spaced(Outcome(step.outcome).name),
                text=f"{step.jurisdiction} {_word(Regime, step.regime)}: {status}{cause}{caused}, says {by.name}",
            )

    def _clearances(self, connection: Connection, row: Shipment) -> tuple[ClearanceView, ...]:
        known = {(c.jurisdiction, c.regime): c for c in shipments.clearances(connection, row.shipment)}
        required = {(letters, regime): Gate(gate) for letters, regime, gate, _ in json.loads(row.requires)}
        views = []
        for pair in sorted(known.keys() | required.keys()):
            state = known.get(pair)
            views.append(
                ClearanceView(
                    jurisdiction=pair[0],
                    regime=_word(Regime, pair[1]),
                    status=_word(ClearanceStatus, state.status) if state else "none yet",
                    sequence=state.sequence if state else 0,
                    required_at=_words(required.get(pair, Gate(0))),
                )
            )
        return tuple(views)

    # --- partners ------------------------------------------------------------------------------------------

    def partners(self) -> list[PartnerView]:
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            known = sorted(partner for partner, _ in self._registry.now().partners())
            return [self._partner(connection, partner) for partner in known]

    def partner(self, partner: int) -> PartnerView:
        """One partner; raises `NotFound`."""
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            if self._registry.now().partner(partner) is None:
                raise NotFound("no such partner", where="partner", found=partner)
            return self._partner(connection, partner)

    def _partner(self, connection: Connection, partner: int) -> PartnerView:
        view = self._registry.now()
        entry = view.partner(partner)
        name, gln = self._enrolled(connection, partner)
        return PartnerView(
            id=partner,
            name=name,
            gln=gln,
            suspended=view.suspended(partner),
            admitted_at=entry.since if entry else None,
            roles=tuple(
                RoleView(_word(Role, role), scope_text(role, scope), since <= view.time)
                for (role, scope), since in (entry.roles.items() if entry else ())
            ),
            keys=tuple(to_hex(key) for key, address in view.keys_of(partner) if address.in_force(view.time)),
        )

    def name(self, connection: Connection, partner: int) -> PartnerName:
        """The partner's name as enrolled; its number where no document is here."""
        if partner == 0:
            return PartnerName(0, "the recipient")
        return PartnerName(partner, self._enrolled(connection, partner)[0])

    def _enrolled(self, connection: Connection, partner: int) -> tuple[str, str]:
        if partner in self._names:
            return self._names[partner]
        entry = self._registry.now().partner(partner)
        stored = enrolments.get(connection, entry.document) if entry else None
        if stored is None:
            return f"partner {partner}", ""
        try:
            enrolment = parse_enrolment(stored.document, self._domain.consortium_id)
        except LadingError:
            return f"partner {partner}", ""
        self._names[partner] = (enrolment.name, enrolment.gln)
        return self._names[partner]


def scope_text(role: int, scope: bytes) -> str:
    """A role's scope as people write it; a schema is only known by its hash."""
    if not any(scope):
        return ""
    return to_hex(scope) if role == Role.ISSUER else scope.rstrip(b"\0").decode("ascii", "replace")


def _word(codes: type[IntEnum], code: int) -> str:
    return _spaced(codes(code).name) if code in codes.__members__.values() else "none"


def _words(mask: IntFlag) -> tuple[str, ...]:
    return tuple(_spaced(bit.name or "") for bit in mask)


def _spaced(name: str) -> str:
    return name.lower().replace("_", " ")


def _story(step: CustodyStep, giver: str, taker: str) -> str:
    """The step in a sentence."""
    exceptions = ", ".join(_words(ExceptionBit(step.exceptions)))
    noted = f", noted: {exceptions}" if exceptions else ""
    packages = f"{step.packages} package{'' if step.packages == 1 else 's'}"
    match step.kind:
        case "opened":
            return f"{giver} opened the shipment of {packages}; {taker} holds it"
        case "handoff" if step.packages == 0:
            return f"{taker} refused to take it from {giver}{noted}"
        case "handoff":
            return f"{giver} handed {packages} to {taker}{noted}"
        case "override":
            return f"the council moved {packages} from {giver} to {taker}, without the releaser's signature"
        case "split":
            return f"{giver} split it"
        case "continued":
            return "it went on under new terms"
        case "tender":
            return f"{giver} says: offered to {taker}, nobody signed"
        case "contest":
            return f"{giver} contests the tender"
        case _:
            return f"{giver} says: {step.kind}"
