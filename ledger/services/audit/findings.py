"""What an audit says, and how two versions of the same thing are told apart field by field."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from ledger.explain.not_judged import NOT_JUDGED, SINCE, NotJudged
from ledger.log.contradiction import Contradiction
from ledger.records.eip712 import Struct, Withheld, list_hash, part_hash

S = TypeVar("S", bound=Struct)
LONGEST = 200
"""Characters of a value shown in a finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `record`: 0x-hex id of the record (or shipment) it concerns, empty when it concerns none.

    `field` names the column, file or part; `expected` is what the proof says, `found` what stands there; `what` is a
    sentence with the likely cause.
    """

    record: str
    field: str
    expected: str
    found: str
    what: str

    def to_json(self) -> dict[str, str]:
        return {
            "record": self.record,
            "field": self.field,
            "expected": self.expected,
            "found": self.found,
            "what": self.what,
        }


@dataclass(frozen=True, slots=True)
class AuditReport:
    """`size` and `root`: the log as the database holds it; `anchored_size`: the newest size that the chain holds.

    `notes` are no differences: what is not here, or not yet, and could be so in an honest home. `contradictions`: pairs
    of checkpoints that convict the log towards strangers. `checkpoint`: the newest signed note of the tree that was
    audited, empty where nothing was signed yet. `since`: the size from which on the audit looked, None for all of it.
    """

    size: int
    root: str
    anchored_size: int
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    checkpoint: bytes = b""
    since: int | None = None

    @property
    def ok(self) -> bool:
        return not self.findings

    @property
    def not_judged(self) -> tuple[NotJudged, ...]:
        """What this audit cannot know, or did not look at."""
        return NOT_JUDGED if self.since is None else (*SINCE, *NOT_JUDGED)

    def to_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "size": self.size,
            "root": self.root,
            "anchored_size": self.anchored_size,
            "findings": [finding.to_json() for finding in self.findings],
            "notes": [note.to_json() for note in self.notes],
            "not_judged": [one.to_json() for one in self.not_judged],
            "since": self.since,
        }


class Findings:
    """Findings as they come up, each once."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}
        self._notes: dict[Finding, None] = {}

    def add(self, record: bytes | str, field: str, expected: object, found: object, what: str) -> None:
        text = record if isinstance(record, str) else shown(record)
        self._found[Finding(text, field, shown(expected), shown(found), what)] = None

    def note(self, record: bytes | str, field: str, expected: object, found: object, what: str) -> None:
        """Something to say that is no difference."""
        text = record if isinstance(record, str) else shown(record)
        self._notes[Finding(text, field, shown(expected), shown(found), what)] = None

    def __len__(self) -> int:
        return len(self._found)

    def all(self) -> tuple[Finding, ...]:
        return tuple(self._found)

    def notes(self) -> tuple[Finding, ...]:
        return tuple(self._notes)


def shown(value: object) -> str:
    """A value as a finding shows it: bytes as hex, nothing as `nothing`, long ones cut."""
    if value is None:
        return "nothing"
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        text = "0x" + data.hex() if data else "nothing"
    else:
        text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def differing_columns(
    expected: Mapping[str, object], found: Mapping[str, object], passed_over: Sequence[str] = ()
) -> Iterator[tuple[str, object, object]]:
    """The columns in which two rows differ, with what was expected and what was found."""
    for name, value in expected.items():
        if name not in passed_over and found.get(name) != value:
            yield name, value, found.get(name)


def differing_fields(expected: Struct, found: Struct, where: str = "") -> Iterator[tuple[str, object, object]]:
    """The fields in which two structures of one type differ, by path, such as ``items[2].packages``."""
    for member in expected.members():
        path = f"{where}.{member.name}" if where else member.name
        mine, theirs = getattr(expected, member.name), getattr(found, member.name)
        if member.private and member.items and isinstance(mine, Withheld) and list_hash(theirs) == mine.hash:
            continue  # the chain shows a list of private parts by one hash
        yield from _differing(mine, theirs, path)


def with_lists_of(record: S, other: S) -> S:
    """`record`, with lists of private parts that it shows by one hash replaced by their element hashes from `other`.

    Only where these are the ones that were signed; the record's own hash stays the same.
    """
    changes: dict[str, Any] = {}
    for member in record.members():
        mine, theirs = getattr(record, member.name), getattr(other, member.name)
        if member.private and member.items and isinstance(mine, Withheld) and isinstance(theirs, tuple):
            if list_hash(theirs) == mine.hash:
                changes[member.name] = tuple(Withheld(part_hash(item)) for item in theirs)
        elif member.struct and member.items and isinstance(mine, tuple) and len(mine) == len(theirs):
            pairs = zip(mine, theirs, strict=True)
            changes[member.name] = tuple(a if isinstance(a, Withheld) else with_lists_of(a, b) for a, b in pairs)
    return replace(cast(Any, record), **changes) if changes else record


def _differing(expected: Any, found: Any, path: str) -> Iterator[tuple[str, object, object]]:
    if expected == found:
        return
    if isinstance(expected, tuple) and isinstance(found, tuple) and len(expected) == len(found):
        for i, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _differing(one, other, f"{path}[{i}]")
    elif isinstance(expected, Struct) and type(expected) is type(found):
        yield from differing_fields(expected, found, path)
    else:
        yield path, _plain(expected), _plain(found)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return f"{len(value)} items"
    hashed = getattr(value, "hash", None)
    if isinstance(hashed, bytes):  # a withheld part
        return hashed
    return value.to_json() if isinstance(value, Struct) else value


def paired(
    expected: Iterable[Mapping[str, Any]], found: Iterable[Mapping[str, Any]], key: Sequence[str]
) -> Iterator[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    """Rows of two tables by their key, both in its order; a row without a counterpart comes with None.

    A key that occurs twice pairs once. Rows are read one at a time, so tables of any length can be compared.
    """
    left, right = iter(expected), iter(found)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        mine = None if one is None else sort_key(one, key)
        theirs = None if other is None else sort_key(other, key)
        if theirs is None or (mine is not None and mine < theirs):
            yield one, None
            one = next(left, None)
        elif mine is None or theirs < mine:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


def sort_key(row: Mapping[str, Any], key: Sequence[str]) -> tuple[tuple[int, Any], ...]:
    """Values in the order of `ledger.store.rowwise`: nothing, numbers, text, bytes."""
    return tuple(_ranked(row[name]) for name in key)


def _ranked(value: Any) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    if isinstance(value, str):
        return 2, value
    return (3, bytes(value)) if isinstance(value, bytes | memoryview) else (1, value)
