"""What almost every value goes through, put together once for each structure from what its annotations name.

Nothing is decided here: what these do not take at once is left to `ledger.records.eip712`, which reads and checks a
value field by field, and says where it is wrong. So they may be too strict, and never too lenient.

Each is the source of a Python function, as `dataclasses` makes `__init__`: to ask a function for each field takes
longer than all that is done with it. A test compares every one with the general way.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from json.encoder import encode_basestring
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


class _Source:
    """A function of one argument, `value`, that is being written, and the objects that it names."""

    def __init__(self) -> None:
        self._named: dict[str, Any] = {}

    def name(self, thing: Any) -> str:
        name = f"_{len(self._named)}"
        self._named[name] = thing
        return name

    def made(self, lines: Iterable[str]) -> Callable[[Any], Any]:
        text = "\n    ".join(("def made(value):", *lines))
        exec(text, self._named)  # noqa: S102 - written here, of the names of fields
        made: Callable[[Any], Any] = self._named["made"]
        return made


# --- from JSON ------------------------------------------------------------------------------------------------------


def reader_of(kind: Kind, hidden: Hidden) -> Reader:
    """From parsed JSON to the structure; raises one of `MISFITS` for what it does not take."""
    source, members = _Source(), kind.members()
    misfit = f"raise {source.name(Misfit)}"
    lines = [f"if type(value) is not dict or len(value) != {len(members)}: {misfit}"]
    for i, member in enumerate(members):
        lines.append(f"a{i} = value[{member.name!r}]")
        if member.items is not None:
            bounds = f"{member.items.least} <= len(a{i}) <= {member.items.most}"
            lines.append(f"if type(a{i}) is not list or not {bounds}: {misfit}")
            lines.append(f"a{i} = tuple([{_read(member, 'item', source, hidden)} for item in a{i}])")
        elif member.struct is None and _is_plain(member):
            lines.append(f"if not ({_fits(member, f'a{i}')}): {misfit}")
        else:
            lines.append(f"a{i} = {_read(member, f'a{i}', source, hidden)}")
    lines.append(f"return {source.name(kind)}({', '.join(f'a{i}' for i in range(len(members)))})")
    return source.made(lines)


def _read(member: Field, value: str, source: _Source, hidden: Hidden) -> str:
    """The expression for one value."""
    if member.struct is None:
        return f"{source.name(_reader_of_one(member))}({value})"
    inner = source.name(reader_of(member.struct, hidden))
    if not member.private:
        return f"{inner}({value})"
    body = source.name(_fixed_reader(32))
    return f"{source.name(hidden)}({body}({value})) if type({value}) is str else {inner}({value})"


def _is_plain(member: Field) -> bool:
    """Whether its JSON is its value."""
    return member.solidity in ("string", "bool") or 0 < _bits(member) <= NUMBER_BITS


def _reader_of_one(member: Field) -> Reader:
    if _is_plain(member):
        source = _Source()
        misfit = source.name(Misfit)
        return source.made([f"if not ({_fits(member, 'value')}): raise {misfit}", "return value"])
    if member.solidity == "bytes":
        return _bytes_reader(member.longest or 0)
    return _wide_reader(_bits(member)) if _bits(member) else _fixed_reader(_length(member))


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
    source = _Source()
    lines = [f"a{i} = value.{member.name}" for i, member in enumerate(kind.members())]
    tests = [f"({_test(member, f'a{i}', source, hidden)})" for i, member in enumerate(kind.members())]
    return source.made([*lines, f"return {' and '.join(tests) or 'True'}"])


def _test(member: Field, value: str, source: _Source, hidden: type[Any]) -> str:
    if member.items is None:
        return _test_of_one(member, value, source, hidden)
    one = _test_of_one(member, "item", source, hidden)
    bounds = f"{member.items.least} <= len({value}) <= {member.items.most}"
    return f"type({value}) is tuple and {bounds} and False not in [{one} for item in {value}]"


def _test_of_one(member: Field, value: str, source: _Source, hidden: type[Any]) -> str:
    if member.struct is None:
        return _fits(member, value)
    kind, inner = source.name(member.struct), source.name(test_of(member.struct, hidden))
    if not member.private:
        return f"type({value}) is {kind} and {inner}({value})"
    withheld = f"type({value}) is {source.name(hidden)} and len({value}.hash) == 32"
    return f"{inner}({value}) if type({value}) is {kind} else {withheld}"


def _fits(member: Field, value: str) -> str:
    if bits := _bits(member):
        return f"type({value}) is int and 0 <= {value} < {1 << bits}"
    if member.solidity == "bool":
        return f"type({value}) is bool"
    if member.solidity == "string":
        # Of ASCII every character is a byte, and all of it is in Unicode normal form.
        ascii_only = f"{value}.isascii() and len({value}) <= {member.longest or 0} and '\\0' not in {value}"
        return f"type({value}) is str and {ascii_only}"
    if member.solidity == "bytes":
        return f"type({value}) is bytes and len({value}) <= {member.longest or 0}"
    return f"type({value}) is bytes and len({value}) == {_length(member)}"


def _bits(member: Field) -> int:
    return int(member.solidity[4:]) if member.solidity.startswith("uint") else 0


def _length(member: Field) -> int:
    return 20 if member.solidity == "address" else int(member.solidity[5:])


# --- to JSON --------------------------------------------------------------------------------------------------------


def writer_of(kind: Kind, hidden: type[Any]) -> Reader:
    """From a structure to its JSON."""
    source = _Source()
    entries = [f"{member.name!r}: {_written(member, source, hidden)}" for member in kind.members()]
    return source.made([f"return {{{', '.join(entries)}}}"])


def _written(member: Field, source: _Source, hidden: type[Any]) -> str:
    value = f"value.{member.name}"
    if member.items is None:
        return _written_one(member, value, source, hidden)
    listed = f"[{_written_one(member, 'item', source, hidden)} for item in {value}]"
    return f"('0x' + {value}.hash.hex() if type({value}) is {source.name(hidden)} else {listed})"


def _written_one(member: Field, value: str, source: _Source, hidden: type[Any]) -> str:
    if member.struct is not None:
        return f"('0x' + {value}.hash.hex() if type({value}) is {source.name(hidden)} else {value}.to_json())"
    if bits := _bits(member):
        return f"str({value})" if bits > NUMBER_BITS else value
    return value if member.solidity in ("string", "bool") else f"'0x' + {value}.hex()"


def printer_of(kind: Kind, hidden: type[Any]) -> Callable[[Any], str]:
    """From a structure to the RFC 8785 text of its JSON."""
    source, members = _Source(), sorted(kind.members(), key=lambda member: str(member.name))
    text = "{" + ",".join(f'"{member.name}":%s' for member in members) + "}"
    values = "".join(f"{_printed(member, source, hidden)}, " for member in members)
    return source.made([f"return {text!r} % ({values})"])


def _printed(member: Field, source: _Source, hidden: type[Any]) -> str:
    value = f"value.{member.name}"
    if member.items is None:
        return _printed_one(member, value, source, hidden)
    listed = f"'[%s]' % ','.join([{_printed_one(member, 'item', source, hidden)} for item in {value}])"
    return f"({_hex(f'{value}.hash')} if type({value}) is {source.name(hidden)} else {listed})"


def _printed_one(member: Field, value: str, source: _Source, hidden: type[Any]) -> str:
    if member.struct is not None:
        return f"({_hex(f'{value}.hash')} if type({value}) is {source.name(hidden)} else {value}.to_text())"
    if bits := _bits(member):
        return f"""'"%d"' % {value}""" if bits > NUMBER_BITS else f"'%d' % {value}"
    if member.solidity == "bool":
        return f"('true' if {value} else 'false')"
    if member.solidity == "string":
        return f"{source.name(encode_basestring)}({value})"
    return _hex(value)


def _hex(value: str) -> str:
    return f"""'"0x%s"' % {value}.hex()"""


# --- encodeData -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hashes:
    """What stands for what has no fixed length: bytes, a structure that may be hidden, a list."""

    of_bytes: Callable[[bytes], bytes]
    of_part: Callable[[Any], bytes]
    of_list: Callable[[Any], bytes]


def encoder_of(kind: Kind, start: bytes, hashes: Hashes) -> Callable[[Any], bytes]:
    """From a structure to `start` followed by the 32-byte words of its fields."""
    source = _Source()
    words = "".join(f"{_word(member, f'value.{member.name}', source, hashes)}, " for member in kind.members())
    return source.made([f"return b''.join(({source.name(start)}, {words}))"])


def _word(member: Field, value: str, source: _Source, hashes: Hashes) -> str:
    if member.items is not None:
        return f"{source.name(hashes.of_list)}({value})"
    if member.struct is not None:
        return f"{source.name(hashes.of_part)}({value})"
    if member.solidity == "bool" or _bits(member):
        return f"{value}.to_bytes(32, 'big')"
    if member.solidity == "string":
        of_nothing = source.name(hashes.of_bytes(b""))
        return f"({source.name(hashes.of_bytes)}({value}.encode()) if {value} else {of_nothing})"
    if member.solidity == "bytes":
        return f"{source.name(hashes.of_bytes)}({value})"
    return f"{value}.{'rjust' if member.solidity == 'address' else 'ljust'}(32, {bytes(1)!r})"
