"""What was signed about a record later, in notes for the story that the record is part of."""

from collections.abc import Iterable, Iterator

from ledger.codes import AmendmentKind
from ledger.common.ids import RecordId
from ledger.explain.fields import Kind, sentence_of
from ledger.explain.record import describe
from ledger.explain.text import Text, listed, partner, phrase, say, several
from ledger.explain.units import moment
from ledger.records.types import Amendment, Record
from ledger.shipments.amendments import as_amended
from ledger.shipments.history import Journeys

_DID = {
    AmendmentKind.CORRECTION: (
        phrase("Corrected by {people}, {time}: {changes}."),
        phrase("Corrected by {people}, {time}; what changed is shown to its parties."),
    ),
    AmendmentKind.TERMS: (
        phrase("New commercial terms agreed by {people}, {time}: {changes}."),
        phrase("New commercial terms agreed by {people}, {time}; what changed is shown to its parties."),
    ),
    AmendmentKind.RELIEF: (
        phrase("Relief agreed by {people}, {time}: {changes}."),
        phrase("Relief agreed by {people}, {time}; what changed is shown to its parties."),
    ),
}
"""What was done, for who may see what changed and for others."""


def notes_on(journeys: Journeys, record_id: RecordId, record: Record | None) -> Iterator[Text]:
    """A sentence for each amendment that stands and for the endorsements, partners by their number ("partner 7").

    `record`: as signed, for a reader who may see what amends it; None hides what changed, not that it did.
    """
    before: list[Amendment] = []
    for found in journeys.amendments(record_id):
        people, time = _people(found.verified.signers), moment(found.verified.known)
        openly, closed = _DID[AmendmentKind(found.record.kind)]
        if record is None:
            yield say(closed, people=people, time=time)
        else:
            lines = describe(found.record, as_amended(record, before))
            changes = [sentence_of(line.lines) for line in lines if line.kind == Kind.GROUP]
            yield say(openly, people=people, time=time, changes=several(changes))
        before.append(found.record)
    endorsed = [found.record.by for found in journeys.endorsements(record_id)]
    if endorsed:
        yield say("Endorsed later by {people}.", people=_people(endorsed))


def _people(partners: Iterable[int]) -> Text:
    names = [partner(one) for one in sorted(set(partners)) if one]
    return listed(names) if names else say("the recipient")
