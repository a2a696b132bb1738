"""A small map and files for it."""

from ledger.formats.tabular.lines import Line
from ledger.formats.tabular.mapping.map_file import parse_map
from ledger.formats.tabular.plan import Plan, plan_of
from ledger.formats.tabular.table import Question, Unusable

NOW = 2_000_000_000
HEADING = ("no", "from", "to", "boxes", "worth", "due", "arrived")
MAP = """
lading = "import/1"
[dates]
zone = "UTC"
promised = "due"
delivered = "arrived"
[line]
id = "no"
[parties]
consignor = "from"
consignee = "to"
liable = "consignor"
[shipment]
packages = "boxes"
value = "worth"
currency = { value = "EUR" }
"""
GOOD = {"no": "1", "from": "Kea", "to": "Panda", "boxes": "12", "worth": "10.50", "due": "2026-03-01", "arrived": ""}


def map_with(*changes: tuple[str, str]) -> bytes:
    """The small map with texts replaced; a change of "" stands before everything else."""
    text = MAP
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


def file(*rows: dict[str, str], separator: str = ",", heading: tuple[str, ...] = HEADING) -> bytes:
    lines = [separator.join(heading)]
    for number, row in enumerate(rows, 1):
        cells = GOOD | {"no": str(number)} | row
        lines.append(separator.join(cells.get(name, "") for name in heading))
    return ("\n".join(lines) + "\n").encode()


def plan(content: bytes, *changes: tuple[str, str]) -> Plan:
    return plan_of(content, parse_map(map_with(*changes)), NOW)


def lines(content: bytes, *changes: tuple[str, str]) -> list[Line]:
    made = plan(content, *changes)
    assert not made.questions, [str(one) for one in made.questions]
    assert not made.unusable, made.unusable
    return made.lines


def asked(content: bytes, *changes: tuple[str, str]) -> tuple[Question, ...]:
    made = plan(content, *changes)
    assert made.entries == (), "nothing is made of a file that leaves something open"
    return made.questions


def reasons(content: bytes, *changes: tuple[str, str]) -> list[Unusable]:
    made = plan(content, *changes)
    assert not made.questions, [str(one) for one in made.questions]
    return made.unusable
