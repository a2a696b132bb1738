"""What was signed about a record later, in notes for the story that the record is part of."""

from collections.abc import Iterable, Iterator

from ledger.codes import AmendmentKind
from ledger.common.ids import RecordId
from ledger.explain.fields import Kind, sentence_of
from ledger.explain.record import describe
from ledger.explain.units import moment
from ledger.records.types import Amendment, Record
from ledger.shipments.amendments import as_amended
from ledger.shipments.history import Journeys

_DID = {
    AmendmentKind.CORRECTION: "Corrected",
    AmendmentKind.TERMS: "New commercial terms agreed",
    AmendmentKind.RELIEF: "Relief agreed",
}


def notes_on(journeys: Journeys, record_id: RecordId, record: Record | None) -> Iterator[str]:
    """A sentence for each amendment that stands and for the endorsements, partners by their number ("partner 7").

    `record`: as signed, for a reader who may see what amends it; None hides what changed, not that it did.
    """
    before: list[Amendment] = []
    for found in journeys.amendments(record_id):
        by = _people(found.verified.signers)
        said = f"{_DID[AmendmentKind(found.record.kind)]} by {by}, {moment(found.verified.known)}"
        if record is None:
            yield f"{said}; what changed is shown to its parties."
        else:
            lines = describe(found.record, as_amended(record, before))
            changes = (line for line in lines if line.kind == Kind.GROUP)
            yield f"{said}: {'; '.join(sentence_of(line.lines) for line in changes)}."
        before.append(found.record)
    endorsed = [found.record.by for found in journeys.endorsements(record_id)]
    if endorsed:
        yield f"Endorsed later by {_people(endorsed)}."


def _people(partners: Iterable[int]) -> str:
    names = [f"partner {partner}" for partner in sorted(set(partners)) if partner]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "the recipient"
