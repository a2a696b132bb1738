"""A shipment's lines in words: what each step was, who signed it, and what must be said about it.

Whether a step counts is asked of the same rules that compute the numbers: a tender that stops no clock says so here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypedDict

from ledger.codes import APPLIED, Assurance, ClearanceStatus, ExceptionBit, HoldCause, Outcome, Regime
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY, HOUR
from ledger.custody.rules import Flag
from ledger.errors import LadingError
from ledger.explain.text import Text, phrase, say, sentences, several
from ledger.explain.units import moment
from ledger.explain.words import MEANING, counted, spaced, word, words
from ledger.records.verification import Facts
from ledger.services.state.partner_names import Names, PartnerName
from ledger.services.views.course.custody import held_at_first
from ledger.services.views.models import StepView
from ledger.shipments.tenders import Tender, TenderState
from ledger.store.database import Connection
from ledger.store.projections.shipments import ClearanceStep, CustodyStep, Shipment
from ledger.store.records import StoredRecord

_TENDERS = {
    TenderState.OPEN: say("It stops the penalty's clock unless it is contested in time."),
    TenderState.STANDS: say("Nobody contested it in time: the penalty's clock stopped. This is no delivery."),
    TenderState.DISPUTED: say("It was contested in time: what depends on it is not owed until that is decided."),
    TenderState.UPHELD: say("It was contested in time, and a third bore it out: the penalty's clock stopped."),
    TenderState.FALLEN: say("It was contested in time, and no third bore it out: it does not stop the clock."),
    TenderState.EARLY: say("It was made more than a day before the promised time: it stops no clock."),
    TenderState.ELSEWHERE: say("It was not made at the destination: it stops no clock."),
    TenderState.MOVED_ON: say("The goods went on elsewhere, so it counts as if it had never been made."),
}
LATE_REPORT = DAY
"""A record that became known later than this after it happened is flagged, and counts all the same."""


class _Times(TypedDict):
    logged_at: int | None
    known_at: int | None
    known_by: str


@dataclass(frozen=True, slots=True)
class Context:
    """What the rules say about a shipment's records, for its story.

    `tenders`: those that count, by record; None: not known. `changed`: notes on what was corrected or agreed later, by
    record. `windows`: whether the reader may know how long a tender can be contested. `breaches`: the records that the
    numbers count as a breach; None: not known.
    """

    now: int
    consignee: int
    tenders: Mapping[RecordId, Tender] | None
    changed: Callable[[RecordId], Iterator[Text]]
    windows: bool
    breaches: frozenset[RecordId] | None = None


@dataclass(frozen=True, slots=True)
class Teller:
    """Turns lines of the projection into steps; `rows` holds the records behind them, `facts` what log and chain say of
    these."""

    connection: Connection
    names: Names
    rows: Mapping[RecordId, StoredRecord]
    facts: Mapping[RecordId, Facts]
    context: Context

    def beginning(self, row: Shipment, packages: int, source: RecordId | None) -> Iterator[StepView]:
        """How a child or remainder began, with so many packages, by the record `source`: the projection tells it on the
        parent's line only. Nothing for what terms opened.
        """
        if row.parent is None or source is None:
            return
        holder = self.names.of(self.connection, held_at_first(row, self.rows.get(source)))
        began_with = counted(packages, "package")
        remainder = Flag.REMAINDER in Flag(row.flags)
        text = (
            say(
                "{packages} missing from a short delivery: open against {partner}, who handed it over",
                packages=began_with,
                partner=holder.name,
            )
            if remainder
            else say(
                "{packages} split off from another shipment; {partner} holds it",
                packages=began_with,
                partner=holder.name,
            )
        )
        yield StepView(
            kind="remainder" if remainder else "split off",
            record=to_hex(source),
            at=row.opened_at,
            block_time=row.opened_at,
            by=(holder,),
            packages=packages,
            exceptions=(),
            outcome=spaced(Outcome.APPLIED.name),
            text=text,
            signers=self._signers(source),
            **self._times(source),
        )

    def custody(self, step: CustodyStep) -> StepView:
        giver = self.names.of(self.connection, step.from_partner)
        taker = self.names.of(self.connection, step.to_partner)
        outcome = Outcome(step.outcome)
        breach = self._is_breach(outcome, step)
        notes = list(self._notes(outcome, step, breach=breach))
        counts, why = self._tender(step, giver, taker)
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
            **self._times(step.record_id),
            note=sentences([*why, *notes]),
            breach=breach,
            counts=counts,
        )

    def clearance(self, step: ClearanceStep) -> StepView:
        by = self.names.of(self.connection, step.by)
        outcome = Outcome(step.outcome)
        cause: Text | str = ""
        if step.hold_cause:
            cause = say(" (cause: {cause})", cause=word(HoldCause, step.hold_cause))
        caused: Text | str = ""
        if step.caused_by:
            caused = say(", caused by {partner}", partner=self.names.of(self.connection, step.caused_by).name)
        return StepView(
            kind="clearance",
            record=to_hex(step.record_id),
            at=step.occurred_at,
            block_time=step.block_time,
            by=(by,),
            packages=0,
            exceptions=(),
            outcome=spaced(outcome.name),
            text=say(
                "{country} {regime}: {status}{cause}{caused}, says {partner}",
                country=step.jurisdiction,
                regime=word(Regime, step.regime),
                status=word(ClearanceStatus, step.status),
                cause=cause,
                caused=caused,
                partner=by.name,
            ),
            signers=self._signers(step.record_id),
            **self._times(step.record_id),
            note=sentences([*self._notes(outcome, step)]),
        )

    def signers(self, row: StoredRecord) -> tuple[PartnerName, ...]:
        try:
            return self.names.signers_of(self.connection, row)
        except LadingError:  # an edited row: the other steps are shown all the same, and the audit names it
            return ()

    def _is_breach(self, outcome: Outcome, step: CustodyStep) -> bool:
        """Whether the numbers count a breach; where they cannot be asked, the chain's mark stands."""
        if self.context.breaches is None or outcome not in APPLIED:
            return outcome == Outcome.APPLIED_IN_BREACH
        return step.record_id in self.context.breaches

    def _notes(self, outcome: Outcome, step: CustodyStep | ClearanceStep, *, breach: bool = False) -> Iterator[Text]:
        if breach:
            yield MEANING[Outcome.APPLIED_IN_BREACH]
        elif outcome == Outcome.APPLIED_IN_BREACH:
            yield say(
                "The chain knew of no release at this point; one became known later that customs gave in time, so this "
                "counts as no breach."
            )
        elif MEANING[outcome]:
            yield MEANING[outcome]
        facts = self.facts.get(step.record_id)
        if facts is not None and facts.known > step.occurred_at + LATE_REPORT:
            lag = counted((facts.known - step.occurred_at) // HOUR, "hour")
            yield say("Reported {time} after it happened.", time=lag)
        if isinstance(step, ClearanceStep):
            if step.assurance == Assurance.BROKER_WORD:
                yield say("On the broker's word only.")
            elif step.assurance == Assurance.CUSTOMS_MESSAGE:
                yield say("With customs' message attached.")
        elif step.kind == "override":
            yield say("The releaser did not sign. This mark stays on the goods for ever, and it counts as no handoff.")
        yield from self.context.changed(step.record_id)

    def _tender(self, step: CustodyStep, giver: PartnerName, taker: PartnerName) -> tuple[bool, list[Text]]:
        """Whether a tender or contest counts, and what became of it."""
        tenders = self.context.tenders
        if tenders is None or step.outcome not in APPLIED or step.kind not in ("tender", "contest"):
            return True, []
        if step.kind == "contest":
            answered = [t for t in tenders.values() if t.contest is not None and t.contest.id == step.record_id]
            return bool(answered), [
                _TENDERS[answered[0].state]
                if answered
                else say("It counts nowhere: no tender at this step was still open to be contested.")
            ]
        tender = tenders.get(step.record_id)
        if tender is None:
            return False, [
                say("It counts nowhere: {partner} did not hold the goods then.", partner=giver.name)
                if taker.id == self.context.consignee
                else say("It counts nowhere: {partner} is not the consignee.", partner=taker.name)
            ]
        until = tender.disputed_until if tender.state is TenderState.DISPUTED else tender.contestable_until
        if not self.context.windows or until is None:
            return tender.stops, [_TENDERS[tender.state]]
        if tender.state is TenderState.OPEN:
            return True, [say("It stops the penalty's clock, unless it is contested by {time}.", time=moment(until))]
        if tender.state is TenderState.STANDS:
            stands = phrase("Nobody contested it by {time}: the penalty's clock stopped. This is no delivery.")
            return True, [say(stands, time=moment(until))]
        if tender.state is TenderState.DISPUTED:
            falls = say("It falls on {time} unless a third bears it out.", time=moment(until))
            return True, [_TENDERS[tender.state], falls]
        return tender.stops, [_TENDERS[tender.state]]

    def _times(self, record_id: RecordId) -> _Times:
        """When the log had a record, since when it is known, and on whose word that rests."""
        facts = self.facts.get(record_id)
        if facts is None:
            return _Times(logged_at=None, known_at=None, known_by="")
        return _Times(logged_at=facts.logged_at, known_at=facts.known, known_by=spaced(facts.basis.name))

    def _signers(self, record_id: RecordId) -> tuple[PartnerName, ...]:
        row = self.rows.get(record_id)
        return self.signers(row) if row else ()


def _custody_text(step: CustodyStep, giver: PartnerName, taker: PartnerName) -> Text:
    """The step in a sentence."""
    who = {"giver": giver.name, "taker": taker.name, "packages": counted(step.packages, "package")}
    exceptions = words(ExceptionBit(step.exceptions) & ~ExceptionBit.REFUSED)
    noted = say(", noted: {exceptions}", exceptions=several(exceptions)) if exceptions else ""
    match step.kind:
        case "opened" if giver == taker:
            return say("{giver} opened the shipment of {packages}", **who)
        case "opened":
            return say("{giver} opened the shipment of {packages}; {taker} holds it", **who)
        case "handoff" if step.packages == 0:
            return say("{taker} refused to take it from {giver}{noted}; it stays with {giver}", noted=noted, **who)
        case "handoff":
            return say("{giver} handed {packages} to {taker}{noted}", noted=noted, **who)
        case "override":
            return say("the council moved {packages} from {giver} to {taker}, without the releaser's signature", **who)
        case "split":
            return say("{giver} split it", **who)
        case "continued":
            return say("it went on under new terms")
        case "tender":
            return say("{giver} offered delivery to {taker}, and nobody signed", **who)
        case "contest":
            return say("{giver} contests that delivery was offered", **who)
        case "lost":
            return say("{giver} declared it lost", **who)
        case "found":
            return say("{giver} found it", **who)
        case "left":
            return say("{giver} left it without a signature", **who)
        case "sold":
            return say("{giver} sold it", **who)
        case "destroyed":
            return say("{giver} declared it destroyed, and {taker} signed as witness", **who)
        case "abandoned":
            return say("{giver} declared it abandoned, and {taker} signed as witness", **who)
        case _:
            return say("{giver} says: {kind}", kind=step.kind, **who)
