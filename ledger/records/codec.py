"""What almost every value goes through, put together once for each structure from what its annotations name.

Nothing is decided here: what these do not take at once is left to `ledger.records.eip712`, which reads and checks a
value field by field, and says where it is wrong. So they may be too strict, and never too lenient.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Protocol

from ledger.common.canonical import NUMBER_BITS

Reader = Callable[[Any], Any]
Test = Callable[[Any], bool]
Hidden = Callable[[bytes], Any]
"""Makes what stands for a private part with this hash."""
Kind = Any
"""A structure: its class, whose `members()` are `Field`s."""
MISFITS = (TypeError, ValueError, KeyError, AttributeError)
"""What a reader raises for what it does not take."""


_MOST_DIGITS = 40
"""A limit before int(): parsing is quadratic in length."""


class Field(Protocol):
    """`ledger.records.eip712.Member`."""

    @property
    def name(self) -> str: ...
    @property
    def solidity(self) -> str: ...
    @property
    def struct(self) -> Kind | None: ...
    @property
    def private(self) -> bool: ...
    @property
    def items(self) -> Any: ...
    @property
    def longest(self) -> int | None: ...


class Misfit(ValueError):
    """Left to the general way."""


# --- from JSON ------------------------------------------------------------------------------------------------------


def reader_of(kind: Kind, hidden: Hidden) -> Reader:
    """From parsed JSON to the structure; raises one of `MISFITS` for what it does not take."""
    members = kind.members()
    readers = [(member.name, _reader(member, hidden)) for member in members]
    count = len(readers)

    def read(data: Any) -> Any:
        if type(data) is not dict or len(data) != count:
            raise Misfit
        return kind(*[read_one(data[name]) for name, read_one in readers])

    return read


def _reader(member: Field, hidden: Hidden) -> Reader:
    one = _reader_of_one(member, hidden)
    if member.items is None:
        return one
    least, most = member.items.least, member.items.most

    def read(value: Any) -> Any:
        if type(value) is not list or not least <= len(value) <= most:
            raise Misfit
        return tuple([one(item) for item in value])

    return read


def _reader_of_one(member: Field, hidden: Hidden) -> Reader:
    if member.struct is not None:
        inner = reader_of(member.struct, hidden)
        if not member.private:
            return inner
        body = _fixed_reader(32)
        return lambda value: hidden(body(value)) if type(value) is str else inner(value)
    if member.solidity == "bytes":
        return _misfit  # rare
    if _bits(member) > NUMBER_BITS:
        return _wide_reader(_bits(member))
    if member.solidity != "string" and not _bits(member) and member.solidity != "bool":
        return _fixed_reader(_length(member))
    fits = _test_of_one(member)

    def read(value: Any) -> Any:
        if not fits(value):
            raise Misfit
        return value

    return read


def _fixed_reader(length: int) -> Reader:
    from_hex = bytes.fromhex

    def read(value: Any) -> bytes:
        data = from_hex(value[2:])
        if len(data) != length or "0x" + data.hex() != value:  # capitals and blanks come back otherwise
            raise Misfit
        return data

    return read


def _wide_reader(bits: int) -> Reader:
    limit = 1 << bits

    def read(value: Any) -> int:
        if len(value) > _MOST_DIGITS:
            raise Misfit
        number = int(value)
        if not 0 <= number < limit or str(number) != value:  # signs, blanks and leading zeros come back otherwise
            raise Misfit
        return number

    return read


def _misfit(_: Any) -> Any:
    raise Misfit


# --- checks ---------------------------------------------------------------------------------------------------------


def test_of(kind: Kind, hidden: type[Any]) -> Test:
    """Whether every field of a structure fits its type; False for what it does not know."""
    known: dict[str, Any] = {"hidden": hidden}
    terms = [_term(member, f"of.{member.name}", known) for member in kind.members()]
    return _compiled(" and ".join(terms), known)


def _compiled(term: str, known: dict[str, Any]) -> Test:
    """`term` as a test of what it calls `of`. Nothing is in it but names and numbers of declarations."""
    test: Test = eval(f"lambda of: {term}", known)  # noqa: S307 - one expression instead of a call for each field
    return test


def _term(member: Field, value: str, known: dict[str, Any]) -> str:
    if member.items is None:
        return _term_of_one(member, value, known)
    every = _term_of_one(member, "one", known)
    return (
        f"type({value}) is tuple and {member.items.least} <= len({value}) <= {member.items.most} "
        f"and all([{every} for one in {value}])"
    )


def _term_of_one(member: Field, value: str, known: dict[str, Any]) -> str:
    if member.struct is not None:
        kind, test = f"Kind{member.struct.__name__}", f"test{member.struct.__name__}"
        known[kind], known[test] = member.struct, test_of(member.struct, known["hidden"])
        term = f"type({value}) is {kind} and {test}({value})"
        return f"({term} or type({value}) is hidden and len({value}.hash) == 32)" if member.private else f"({term})"
    if bits := _bits(member):
        return f"type({value}) is int and 0 <= {value} < {1 << bits}"
    if member.solidity == "bool":
        return f"type({value}) is bool"
    if member.solidity == "string":
        # Of ASCII every character is a byte, and all of it is in Unicode normal form.
        fits = f"{value}.isascii() and len({value}) <= {member.longest or 0} and chr(0) not in {value}"
        return f"type({value}) is str and (not {value} or {fits})"
    if member.solidity == "bytes":
        return f"type({value}) is bytes and len({value}) <= {member.longest or 0}"
    return f"type({value}) is bytes and len({value}) == {_length(member)}"


def _test_of_one(member: Field) -> Test:
    return _compiled(_term_of_one(member, "of", {}), {})


def _bits(member: Field) -> int:
    return int(member.solidity[4:]) if member.solidity.startswith("uint") else 0


def _length(member: Field) -> int:
    return 20 if member.solidity == "address" else int(member.solidity[5:])


# --- to JSON --------------------------------------------------------------------------------------------------------


def writer_of(kind: Kind, hidden: type[Any]) -> Reader:
    """From a structure to its JSON."""
    members = kind.members()
    writers = [(member.name, _writer(member, hidden)) for member in members]
    values = _values(members)

    def write(value: Any) -> dict[str, Any]:
        return {
            name: one if write_one is None else write_one(one)
            for (name, write_one), one in zip(writers, values(value), strict=True)
        }

    return write


def _values(members: tuple[Field, ...]) -> Callable[[Any], tuple[Any, ...]]:
    names = [member.name for member in members]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _writer(member: Field, hidden: type[Any]) -> Reader | None:
    """None for what stays as it is."""
    one = _writer_of_one(member, hidden)
    if member.items is None:
        return one

    def every(value: Any) -> Any:
        if type(value) is hidden:
            return "0x" + value.hash.hex()
        return list(value) if one is None else [one(item) for item in value]

    return every


def _writer_of_one(member: Field, hidden: type[Any]) -> Reader | None:
    if member.struct is not None:
        return lambda value: "0x" + value.hash.hex() if type(value) is hidden else value.to_json()
    if bits := _bits(member):
        return str if bits > NUMBER_BITS else None
    if member.solidity in ("string", "bool"):
        return None
    return lambda value: "0x" + value.hex()
