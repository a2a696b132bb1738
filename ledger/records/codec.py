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
        return _bytes_reader(member.longest or 0)
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


def _bytes_reader(longest: int) -> Reader:
    from_hex = bytes.fromhex

    def read(value: Any) -> bytes:
        data = from_hex(value[2:])
        if len(data) > longest or "0x" + data.hex() != value:
            raise Misfit
        return data

    return read


# --- checks ---------------------------------------------------------------------------------------------------------


def test_of(kind: Kind, hidden: type[Any]) -> Test:
    """Whether every field of a structure fits its type; False for what it does not know."""
    members = kind.members()
    tests, values = [_test(member, hidden) for member in members], values_of(members)

    def fits(value: Any) -> bool:
        for test, one in zip(tests, values(value), strict=True):  # noqa: SIM110 a generator takes half as long again
            if not test(one):
                return False
        return True

    return fits


def _test(member: Field, hidden: type[Any]) -> Test:
    one = _test_of_one(member) if member.struct is None else _test_of_part(member, hidden)
    if member.items is None:
        return one
    least, most = member.items.least, member.items.most

    def every(value: Any) -> bool:
        return type(value) is tuple and least <= len(value) <= most and False not in map(one, value)

    return every


def _test_of_part(member: Field, hidden: type[Any]) -> Test:
    struct, inner = member.struct, test_of(member.struct, hidden)
    if not member.private:
        return lambda value: type(value) is struct and inner(value)
    return lambda value: inner(value) if type(value) is struct else type(value) is hidden and len(value.hash) == 32


def _test_of_one(member: Field) -> Test:
    if bits := _bits(member):
        limit = 1 << bits
        return lambda value: type(value) is int and 0 <= value < limit
    if member.solidity == "bool":
        return lambda value: type(value) is bool
    if member.solidity == "string":
        longest = member.longest or 0
        # Of ASCII every character is a byte, and all of it is in Unicode normal form.
        return lambda value: type(value) is str and value.isascii() and len(value) <= longest and "\0" not in value
    if member.solidity == "bytes":
        longest = member.longest or 0
        return lambda value: type(value) is bytes and len(value) <= longest
    length = _length(member)
    return lambda value: type(value) is bytes and len(value) == length


def _bits(member: Field) -> int:
    return int(member.solidity[4:]) if member.solidity.startswith("uint") else 0


def _length(member: Field) -> int:
    return 20 if member.solidity == "address" else int(member.solidity[5:])


# --- to JSON --------------------------------------------------------------------------------------------------------


def writer_of(kind: Kind, hidden: type[Any]) -> Reader:
    """From a structure to its JSON."""
    members = kind.members()
    writers = [(member.name, _writer(member, hidden)) for member in members]
    values = values_of(members)

    def write(value: Any) -> dict[str, Any]:
        return {
            name: one if write_one is None else write_one(one)
            for (name, write_one), one in zip(writers, values(value), strict=True)
        }

    return write


def values_of(members: tuple[Field, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What reads the values of these fields of a structure."""
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
