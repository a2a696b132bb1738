"""What an amendment changes, in lines for people: what stood before beside what shall stand, field by field."""

from collections.abc import Iterator, Mapping

from ledger.codes import AmendmentKind
from ledger.errors import LadingError
from ledger.explain.fields import Kind, Line, field_line, label_of
from ledger.explain.text import Text, say, several
from ledger.records.eip712 import Struct
from ledger.records.types import Clearance, Commercial, Handoff, Record, ShipmentTerms, Statement

_TITLES = {
    AmendmentKind.CORRECTION: say("correction"),
    AmendmentKind.TERMS: say("new commercial terms"),
    AmendmentKind.RELIEF: say("does not count as late"),
}


def amended(kind: int, changes: Mapping[str, object], target: Record | None) -> Line | None:
    """The changes of an amendment of `kind`; with `target`, the record as it stood before, old values too.

    None where they are not of that kind's form: then they are told as they are.
    """
    try:
        match kind:
            case AmendmentKind.CORRECTION:
                lines = tuple(_fields(_corrected_kind(changes, target), changes, target, ""))
            case AmendmentKind.TERMS:
                lines = tuple(_terms(changes, target))
            case AmendmentKind.RELIEF:
                lines = tuple(_relief(changes))
            case _:
                return None
    except LadingError:
        return None
    return Line(_TITLES[AmendmentKind(kind)], Kind.GROUP, lines=lines) if lines else None


def told(data: Mapping[str, object]) -> Iterator[Line]:
    """A JSON object's members in words, whatever lies in it."""
    for key, value in data.items():
        yield from _told(str(key), value)


def _told(label: str, value: object) -> Iterator[Line]:
    match value:
        case Mapping():
            yield Line(label, Kind.GROUP, lines=tuple(told(value)))
        case list() if any(isinstance(entry, Mapping | list) for entry in value):
            for number, entry in enumerate(value, start=1):
                yield from _told(say("{name} {number}", name=label, number=number), entry)
        case list():
            yield Line(label, Kind.TEXT, several([*map(_plain, value)]) or say("none"))
        case _:
            yield Line(label, Kind.TEXT, _plain(value))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return say("none") if value is None else str(value)


def _corrected_kind(changes: Mapping[str, object], target: Record | None) -> type[Struct]:
    """The type of the corrected record; where it is not at hand, one that has such fields."""
    if target is not None:
        return type(target)
    if {"holdCause", "causedBy"} & set(changes):
        return Clearance
    return Handoff if "dueAt" in changes else Statement


def _terms(changes: Mapping[str, object], target: Record | None) -> Iterator[Line]:
    fields = changes.get("commercial")
    if not isinstance(fields, Mapping):
        return
    before = target.commercial if isinstance(target, ShipmentTerms) else None
    known = before if isinstance(before, Commercial) else None
    currency = str(fields.get("currency", known.currency if known else ""))
    yield from _only(changes)
    yield from _fields(Commercial, fields, known, currency)
    yield from told({key: value for key, value in changes.items() if key not in ("commercial", "shipment")})


def _relief(changes: Mapping[str, object]) -> Iterator[Line]:
    listed = changes.get("periods")
    periods = listed if isinstance(listed, list) else []
    yield from _only(changes)
    for number, period in enumerate(periods, start=1):
        if isinstance(period, Mapping) and all(isinstance(value, int) for value in period.values()):
            times = tuple(Line(str(name), Kind.TIME, value) for name, value in period.items())
            yield Line(_period(number) if len(periods) > 1 else say("period"), Kind.GROUP, lines=times)
        else:
            yield from _told(_period(number), period)
    seconds = changes.get("seconds", 0)
    if isinstance(seconds, int) and seconds:
        yield Line(say("time in all"), Kind.DURATION, seconds)
    yield from told({key: value for key, value in changes.items() if key not in ("periods", "seconds", "shipment")})


def _period(number: int) -> Text:
    return say("period {number}", number=number)


def _only(changes: Mapping[str, object]) -> Iterator[Line]:
    if "shipment" in changes:
        yield Line(say("for this shipment alone"), Kind.SHIPMENT, str(changes["shipment"]))


def _fields(kind: type[Struct], changes: Mapping[str, object], before: Struct | None, currency: str) -> Iterator[Line]:
    """Field by field; raises `MalformedRecord` for values that the field does not take."""
    values = kind.some_from_json(changes)
    for member in kind.members():
        if member.name not in values:
            continue
        label = label_of(kind, member.name)
        now = _stands(say("becomes"), field_line(kind, member, values[member.name], currency))
        if before is None:
            yield Line(label, now.kind, now.value, now.currency)
        else:
            was = _stands(say("was"), field_line(kind, member, getattr(before, member.name), currency))
            yield Line(label, Kind.GROUP, lines=(was, now))


def _stands(when: str, line: Line | None) -> Line:
    if line is None:
        return Line(when, Kind.TEXT, say("none"))
    return Line(when, line.kind, line.value, line.currency)
