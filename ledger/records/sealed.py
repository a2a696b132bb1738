"""Verified records as bytes, and back: for a process that verified them itself, sealed with a secret of its home.

Values are written with `marshal`, whose bytes hold numbers, texts and tuples and run nothing, compressed, and read only
under a seal that holds: HMAC-SHA-256 (RFC 2104) over what the stretch is of and the bytes. Whoever has no secret of the
home cannot make one, so an edited stretch is none. Nobody but the home's own figures reads them: an audit, a bundle and
whoever verifies go by signatures.
"""

import hashlib
import hmac
import marshal
import zlib
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, cast

from ledger.codes import Outcome
from ledger.common.ids import RecordId
from ledger.records import types
from ledger.records.eip712 import Struct, Withheld
from ledger.records.evidence import Evidence
from ledger.records.types import Record
from ledger.records.verification import Facts, VerifiedRecord, already_verified

_FORMAT = b"lading/sealed-records/v1\0"
"""Part of the seal: what is written otherwise one day bears another number, and what stands here is made anew."""
_MARSHAL = 4
_WITHHELD = "Withheld"
_CODES = {int(code): code for code in Outcome}


class Sealed(NamedTuple):
    """The records of a stretch whose facts are final, but for evidence of their times; and the log indexes of the
    others that numbers need.
    """

    records: list[VerifiedRecord]
    open: tuple[int, ...]


def seal_of(secret: bytes, about: bytes, body: bytes) -> bytes:
    """`about`: which stretch of which log the body is of."""
    key = hmac.digest(secret, _FORMAT, hashlib.sha256)
    return hmac.digest(key, hashlib.sha256(about).digest() + body, hashlib.sha256)


def body_of(sealed: Sealed) -> bytes:
    rows = [
        (
            bytes(one.id),
            _written(one.record),
            tuple(map(int, one.signers)),
            one.keys,
            tuple(map(int, one.roles)),
            _facts_written(one.facts),
        )
        for one in sealed.records
    ]
    return zlib.compress(marshal.dumps((sealed.open, rows), _MARSHAL), 1)


def read(body: bytes, evidence: Evidence) -> Sealed | None:
    """What `body_of` wrote, with the evidence of times that there is now; None where another release wrote it.

    The caller has seen that the seal holds.
    """
    try:
        others, rows = cast(tuple[tuple[int, ...], list[Any]], marshal.loads(zlib.decompress(body)))  # noqa: S302 - sealed by this home
        return Sealed([_verified(row, evidence) for row in rows], others)
    except (AttributeError, EOFError, KeyError, TypeError, ValueError, zlib.error):
        return None


def _verified(row: Sequence[Any], evidence: Evidence) -> VerifiedRecord:
    name, record, signers, keys, roles, told = row
    index, logged_at, block, block_time, event, outcomes, outcome = told
    codes = tuple([_CODES[code] for code in outcomes])
    covered, counts = evidence.times.covering(index), evidence.block_time_counts
    facts = Facts(index, logged_at, block, block_time, event, codes, outcome, covered, counts)
    return already_verified(RecordId(name), _read(record), signers, facts, keys=keys, roles=roles)


def _facts_written(facts: Facts) -> tuple[Any, ...]:
    return (
        facts.log_index, facts.logged_at, facts.block_number, facts.block_time, facts.event_index,
        tuple(map(int, facts.outcomes)), facts.outcome_index,
    )  # fmt: skip


def _written(value: Any) -> Any:
    """A structure as a tuple that its name leads, a list as a list, anything else as it is."""
    if isinstance(value, Withheld):
        return _WITHHELD, value.hash
    if isinstance(value, Struct):
        kind: Any = type(value)
        return kind.__name__, *(_written(getattr(value, name)) for name in _names(kind))
    if isinstance(value, tuple):
        return [_written(one) for one in value]
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _read(node: Any) -> Any:
    if type(node) is list:
        return tuple([_read(one) for one in node])
    if type(node) is not tuple:
        return node
    kind, *values = node
    made = [_read(value) if type(value) in (tuple, list) else value for value in values]
    return Withheld(*made) if kind == _WITHHELD else _kind(kind)(*made)


@cache
def _names(kind: type[Struct]) -> tuple[str, ...]:
    return tuple(member.name for member in kind.members())


@cache
def _kind(name: str) -> type[Record]:
    return cast(type[Record], getattr(types, name))
