"""Any record as labelled lines for people: all that it says, field by field, without code names.

Nothing is left out but what says nothing: who signs by these lines signs what he has read. Entries of a list that say
the same of different shipments are told together, each with its number.
"""

from collections.abc import Iterator, Mapping

from ledger.common.canonical import parse_json
from ledger.common.ids import to_hex
from ledger.common.scopes import scope_text
from ledger.errors import LadingError
from ledger.explain.amendment import amended, told
from ledger.explain.fields import Kind, Line, field_line, label_of, one_of
from ledger.explain.text import Text, say, several
from ledger.explain.titles import TITLES
from ledger.explain.units import whole
from ledger.explain.words import counted
from ledger.records.eip712 import Struct, Withheld
from ledger.records.types import Amendment, Commercial, Details, Duty, HandoffItem, Record, RegistryChange

__all__ = ["TITLES", "Kind", "Line", "describe"]


def describe(record: Record, target: Record | None = None) -> tuple[Line, ...]:
    """What `record` says, in the order of its fields; a withheld part stands as its hash.

    `target`: for an amendment the record that it amends, as it stood before; then the old values are told too.
    """
    return tuple(_lines(record, _currency(record), target))


def _lines(value: Struct, currency: str, target: Record | None = None) -> Iterator[Line]:
    for member in value.members():
        if member.name == "salt":
            continue
        current = getattr(value, member.name)
        label = label_of(type(value), member.name)
        if isinstance(current, Withheld):
            yield Line(label, Kind.PRIVATE, to_hex(current.hash))
        elif member.items is not None:
            yield from _list(label, current, currency)
        elif isinstance(value, Amendment) and isinstance(current, Details):
            yield from _changes(value, current, target)
        elif member.struct is not None:
            yield from _part(label, current)
        elif isinstance(value, RegistryChange) and member.name == "scope" and value.role:
            if text := scope_text(value.role, current):
                yield Line(label, Kind.TEXT, text)
        elif (line := field_line(type(value), member, current, currency)) is not None:
            yield line


def _list(label: str, entries: tuple[Struct | Withheld, ...], currency: str) -> Iterator[Line]:
    """Entry by entry, those that say the same together."""
    name = one_of(label)
    if len(entries) == 1:
        yield from _entry(name, entries[0], currency)
        return
    if entries and all(isinstance(entry, HandoffItem) for entry in entries):
        packages = sum(entry.packages for entry in entries if isinstance(entry, HandoffItem))
        yield Line(label, Kind.TEXT, _in_all(len(entries), packages))
    alike: dict[tuple[Line, ...], list[tuple[int, Line | None]]] = {}
    for number, entry in enumerate(entries, start=1):
        lines = tuple(_entry(name, entry, currency))
        inner = lines[0].lines if lines and lines[0].kind == Kind.GROUP else lines
        shipment = next((line for line in inner if line.kind == Kind.SHIPMENT), None)
        alike.setdefault(tuple(line for line in inner if line is not shipment), []).append((number, shipment))
    for said, those in alike.items():
        yield _together(label, name, said, those)


def _together(label: str, name: str, said: tuple[Line, ...], those: list[tuple[int, Line | None]]) -> Line:
    """What several entries say alike, once, then the shipments of which they say it."""
    numbers = [number for number, _ in those]
    if len(those) == 1:
        title = say("{name} {number}", name=name, number=numbers[0])
        shipments = tuple(line for _, line in those if line is not None)
        return Line(title, Kind.GROUP, lines=(*shipments, *said))
    title = say("{label} {numbers}, each", label=label, numbers=_ranges(numbers))
    shipments = tuple(
        Line(say("{name} {number}", name=name, number=number), line.kind, line.value)
        for number, line in those
        if line is not None
    )
    return Line(title, Kind.GROUP, lines=(*said, *shipments))


def _in_all(shipments: int, packages: int) -> Text:
    return say(
        "{shipments}, {packages} in all",
        shipments=counted(shipments, "shipment"),
        packages=counted(packages, "package"),
    )


def _ranges(numbers: list[int]) -> Text:
    """Ascending numbers in short: 1 to 40, 42, 44 to 50."""
    result: list[list[int]] = []
    for number in numbers:
        if result and result[-1][1] == number - 1:
            result[-1][1] = number
        else:
            result.append([number, number])
    return several([say("{first} to {last}", first=a, last=b) if b > a else whole(a) for a, b in result])


def _entry(name: str, entry: Struct | Withheld, currency: str) -> Iterator[Line]:
    if isinstance(entry, Withheld):
        yield Line(name, Kind.PRIVATE, to_hex(entry.hash))
    else:
        yield Line(name, Kind.GROUP, lines=tuple(_lines(entry, currency)))


def _part(label: str, part: Struct) -> Iterator[Line]:
    if isinstance(part, Details):
        yield from _details(label, part.text)
    elif lines := tuple(_lines(part, _currency(part))):
        yield Line(label, Kind.GROUP, lines=lines)


def _details(label: str, text: str) -> Iterator[Line]:
    """The members of a JSON object in words; any other text as it is.

    They stand by themselves: whoever wrote them chose what they are called too, and none is to pass for a field.
    """
    if not text:
        return
    data = _object(text)
    if data is None:
        yield Line(label, Kind.TEXT, text)
    elif lines := tuple(told(data)):
        yield Line(label, Kind.GROUP, lines=lines)


def _changes(record: Amendment, changes: Details, target: Record | None) -> Iterator[Line]:
    data = _object(changes.text)
    result = None if data is None else amended(record.kind, data, target)
    if result is None:
        yield from _details(say("changes"), changes.text)
    else:
        yield result


def _object(text: str) -> Mapping[str, object] | None:
    try:
        data = parse_json(text.encode())
    except LadingError:
        return None
    return data if isinstance(data, dict) else None


def _currency(value: Struct) -> str:
    if isinstance(value, Commercial | Duty):
        return value.currency
    return str(getattr(value, "currency", ""))
