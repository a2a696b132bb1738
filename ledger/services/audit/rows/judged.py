"""What a row of the log, and the opened parts beside it, are by themselves: judged in any process, each once.

Everything here follows from the row alone and from the domains under which ids are made. So rows can be judged in other
processes, and what is learned on the way (keys, index entries) is learned once. Results are tuples, which travel
between processes in a fifth of the time that dataclasses take.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from ledger import merkle
from ledger.common.ids import KeyAddress, RecordId
from ledger.errors import BadSignature, LadingError, NotFound
from ledger.log.leaf import Leaf
from ledger.merkle import HASH_LENGTH
from ledger.records.disclosure import (
    Part,
    closed_parts,
    is_public,
    is_whole,
    join,
    open_paths,
    part_from_json,
    part_to_json,
)
from ledger.records.index_keys import index_entries
from ledger.records.recovered import recover_keys
from ledger.records.signing import SIGNATURE_LENGTH, Domain
from ledger.records.types import BY_NUMBER, Private, Record
from ledger.store.rows import text_of, value_of
from ledger.store.rowwise import Row

UNFIT = (LadingError, ValueError, TypeError, RecursionError)
"""What putting a part in its place raises where it does not fit."""


class Fault(NamedTuple):
    """What is wrong with a row taken by itself."""

    field: str
    expected: object
    found: object
    what: str


class JudgedParts(NamedTuple):
    """The opened parts of one record: the positions of those that fit, what is wrong with the others, and whether all
    private parts are shown.
    """

    fitting: tuple[int, ...] = ()
    faults: tuple[Fault, ...] = ()
    whole: bool = True


class JudgedRow(NamedTuple):
    """`leaf_hash`: of the row's columns, empty where they hold no leaf. The rest is told of rows without faults only.

    `keys`: who made each signature; None where one of them nobody made. `entries`: kind and key of what the record
    concerns.
    """

    leaf_hash: bytes
    faults: tuple[Fault, ...]
    keys: tuple[KeyAddress, ...] | None = None
    entries: tuple[tuple[str, str], ...] = ()
    parts: JudgedParts = JudgedParts()


ClosedParts = Mapping[str, tuple[type[Private], bytes]]
"""What each part of a record is, and its hash, by path."""
RowWithParts = tuple[Row | None, Sequence[Row]]
"""A row of `records`, None where there is none, and the rows of `openings` beside it."""


def judge_rows(rows: Sequence[RowWithParts], domains: Sequence[Domain]) -> list[JudgedRow | None]:
    """Judge each by itself."""
    return [None if row is None else judge_row(row, parts, domains) for row, parts in rows]


def judge_row(row: Row, parts: Sequence[Row], domains: Sequence[Domain]) -> JudgedRow:
    leaf = leaf_of(row)
    hashed = b"" if leaf is None else merkle.leaf_hash(leaf.encode())
    parsed = _parsed(row)
    faults = tuple(_faults(row, parsed, hashed, domains))
    if faults or isinstance(parsed, Fault):
        return JudgedRow(hashed, faults)
    record = parsed.record
    entries = index_entries(RecordId(row["record_id"]), record)
    return JudgedRow(hashed, (), _keys(row), entries, judge_parts(parts, record, parsed.closed))


def row_faults(row: Row, domains: Sequence[Domain]) -> Iterator[Fault]:
    """What is wrong with a row of `records` taken by itself."""
    leaf = leaf_of(row)
    yield from _faults(row, _parsed(row), b"" if leaf is None else merkle.leaf_hash(leaf.encode()), domains)


def domain_of(record: Record, record_id: bytes, domains: Sequence[Domain]) -> Domain | None:
    """The domain under which `record` has this id; several only where bonus pools succeeded each other."""
    return next((domain for domain in domains if domain.record_id(record) == record_id), None)


def leaf_of(row: Row) -> Leaf | None:
    """The leaf of the row's columns; None when they hold none."""
    if tuple(map(type, _columns(row))) != _KINDS and _mistyped(row) is not None:
        return None
    if len(row["record_id"]) != HASH_LENGTH or not 0 <= row["type_number"] < 256 or not 0 <= row["log_time"] < 2**63:
        return None
    return Leaf.of(row["type_number"], RecordId(row["record_id"]), row["signatures"], row["log_time"])


_TYPES: dict[str, Any] = {
    "record_id": bytes,
    "log_index": int,
    "type_number": int,
    "log_time": int,
    "leaf_hash": bytes,
    "signatures": bytes,
    "message": str,
}
_columns, _KINDS = itemgetter(*_TYPES), tuple(_TYPES.values())


def _mistyped(row: Row) -> str | None:
    """The first column that holds a value of another type."""
    return next((name for name, kind in _TYPES.items() if not isinstance(row[name], kind)), None)


class _Parsed(NamedTuple):
    """A record, whether its message is the RFC 8785 text of it, and its parts as `closed_parts` has them."""

    record: Record
    written: bool
    closed: ClosedParts | None


def _parsed(row: Row) -> _Parsed | Fault:
    """The row's record, or why it holds none."""
    if tuple(map(type, _columns(row))) != _KINDS and (name := _mistyped(row)) is not None:
        return Fault(name, _TYPES[name].__name__, type(row[name]).__name__, "the row holds a value of another type")
    if row["type_number"] not in BY_NUMBER:
        return Fault("type_number", "a record type", row["type_number"], "there is no such record type")
    try:
        data = value_of(row["message"])
        record = BY_NUMBER[row["type_number"]].from_json(data)
    except (LadingError, ValueError, RecursionError) as error:
        return Fault("message", "a record", str(error), "the message is no record of this type: it was edited")
    return _Parsed(record, text_of(data) == row["message"], closed_parts(record))


def _faults(row: Row, parsed: _Parsed | Fault, hashed: bytes, domains: Sequence[Domain]) -> Iterator[Fault]:
    if isinstance(parsed, Fault):
        yield parsed
        return
    record = parsed.record
    if (domain := domain_of(record, row["record_id"], domains)) is None:
        result = domains[0].record_id(record)
        yield Fault(
            "message", row["record_id"], result, "the message is not the one that was signed: it has another digest"
        )
    elif not (parsed.written and (parsed.closed is not None or is_public(record))):
        yield Fault("message", "RFC 8785 text, private parts withheld", row["message"], "the message was rewritten")
    if len(row["signatures"]) % SIGNATURE_LENGTH:
        yield Fault("signatures", "65 bytes each", len(row["signatures"]), "the signatures were cut or padded")
    if domain is not None and hashed and hashed != row["leaf_hash"]:
        yield Fault("leaf_hash", hashed, row["leaf_hash"], "the leaf hash is not that of the row's own columns")


def _keys(row: Row) -> tuple[KeyAddress, ...] | None:
    data, step = row["signatures"], SIGNATURE_LENGTH
    try:
        return recover_keys(row["record_id"], [data[i : i + step] for i in range(0, len(data), step)])
    except BadSignature:
        return None  # named where signatures are judged, which recovers again to say what is wrong


# --- opened parts ----------------------------------------------------------------------------------------------------


def judge_parts(rows: Sequence[Row], record: Record, closed: ClosedParts | None = None) -> JudgedParts:
    """Those of one record's opened parts that fit it. `closed`: its parts, as far as they are known already."""
    if not rows:
        return JudgedParts(whole=is_whole(record))
    if closed is not None and all(_is_part(row, closed) for row in rows):
        return JudgedParts(tuple(range(len(rows))), (), len(rows) == len(closed))
    try:
        parts = {str(row["path"]): _part(record.NUMBER, row) for row in rows}
        joined = join(record, parts)
        if set(parts) <= _opened(record, joined, parts):
            return JudgedParts(tuple(range(len(rows))), (), is_whole(joined))
    except UNFIT:
        pass
    # One of them does not fit: look at each, whole lists first, which their elements need.
    lists_first = sorted(range(len(rows)), key=lambda i: "[" in str(rows[i]["path"]))
    fitting: list[int] = []
    faults: list[Fault] = []
    parts = {}
    for i in lists_first:
        row = rows[i]
        path = str(row["path"])
        try:
            part = _part(record.NUMBER, row)
            if path not in _opened(record, join(record, {**parts, path: part}), {**parts, path: part}):
                raise NotFound("the record has no such withheld part", where=path)
        except UNFIT as error:
            faults.append(_part_fault(row, error))
            continue
        parts[path] = part
        fitting.append(i)
    return JudgedParts(tuple(fitting), tuple(faults), is_whole(join(record, parts)))


def _is_part(row: Row, closed: ClosedParts) -> bool:
    """Whether the row holds one of the parts, as most do; of any other nothing is said."""
    try:
        kind, signed = closed[row["path"]]
        data = value_of(row["body"])
        part = kind.from_json(data)
    except (*UNFIT, LookupError):
        return False
    return text_of(data) == row["body"] and part.hash_struct() == signed and is_whole(part)


def _opened(record: Record, joined: Record, parts: dict[str, Part]) -> set[str]:
    """The paths of `parts` that are open in `joined`, which is `record` with them; raises for one that does not fit."""
    lists = {path for path, part in parts.items() if isinstance(part, tuple)}
    opened = {path for path in lists if join(record, {path: parts[path]}) != record}
    return set(open_paths(joined)) | opened


def _part_fault(row: Row, error: Exception) -> Fault:
    expected = error.expected if isinstance(error, LadingError) and error.expected else "the part that was signed"
    result = error.found if isinstance(error, LadingError) and error.found else row["body"]
    what = "the opened part is not the one that was signed: it was altered afterwards"
    return Fault(f"openings.{row['path']}", expected, result, what)


def _part(type_number: int, row: Row) -> Part:
    part = part_from_json(BY_NUMBER[type_number], str(row["path"]), json.loads(row["body"]))
    if text_of(part_to_json(part)) != row["body"]:
        raise ValueError("not RFC 8785 text")
    return part
