"""EIP-712 structures as frozen dataclasses: one annotated definition, and everything else derived from it.

A structure is a subclass of `Struct`, declared with the field types below (`U40`, `Bytes32`, …). From the
annotations follow the EIP-712 type string, `hashStruct`, the JSON form and the JSON Schema.

A *private* structure (it has a `salt` as its first field) can be withheld: in place of the body stands
`Withheld(hash)`, its 32-byte `hashStruct`. The hash of the whole is the same either way, so parts can be opened
or withheld one by one. A list of private structures may be withheld as a whole or element by element.

JSON is RFC 8785 canonical: integers up to 48 bits are numbers, wider ones decimal strings; bytes are lower-case
hex with 0x; strings are NFC. The type of a field decides, not its value. A withheld part is its hash as hex.

Source: EIP-712, section "Definition of encodeData".
"""

import typing
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import UnionType
from typing import Annotated, Any, ClassVar, Self, TypeVar, Union, cast

from ledger.common.canonical import NUMBER_BITS
from ledger.common.json_fields import below, entries, fields_of, hex_bytes, integer, shown, wide_integer
from ledger.common.keccak import keccak256
from ledger.errors import MalformedRecord
from ledger.records import codec

T = TypeVar("T")

MAX_LIST = 200
MAX_TEXT = 16_384


@dataclass(frozen=True, slots=True)
class Uint:
    bits: int


@dataclass(frozen=True, slots=True)
class FixedBytes:
    length: int


@dataclass(frozen=True, slots=True)
class Items:
    """Bounds of a list's length."""

    least: int = 0
    most: int = MAX_LIST


@dataclass(frozen=True, slots=True)
class Longest:
    """Most bytes of a string in UTF-8, or of a byte string."""

    size: int


U8 = Annotated[int, Uint(8)]
U16 = Annotated[int, Uint(16)]
U32 = Annotated[int, Uint(32)]
U40 = Annotated[int, Uint(40)]
U64 = Annotated[int, Uint(64)]
U128 = Annotated[int, Uint(128)]
Bytes2 = Annotated[bytes, FixedBytes(2)]
Bytes16 = Annotated[bytes, FixedBytes(16)]
Bytes32 = Annotated[bytes, FixedBytes(32)]
Address = Annotated[bytes, "address"]
Text = Annotated[str, Longest(MAX_TEXT)]
ShortText = Annotated[str, Longest(512)]
OutcomeBytes = Annotated[bytes, Longest(MAX_LIST)]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A private part whose body is not here: its `hashStruct`, or for a list the hash of its element hashes."""

    hash: bytes


@dataclass(frozen=True, slots=True)
class Member:
    """One field of a structure as EIP-712 and JSON see it.

    `solidity` is the element type for lists. `struct` is set for nested structures. `private` parts may be
    withheld. `items` bounds a list; `longest` bounds a string or byte string.
    """

    name: str
    solidity: str
    struct: "type[Struct] | None"
    private: bool
    items: Items | None
    longest: int | None

    @property
    def type_name(self) -> str:
        return self.solidity + ("[]" if self.items else "")


class Struct:
    """Base of all structures. Values are not validated on construction; `from_json` and `check` do that."""

    __slots__ = ()
    PRIVATE: ClassVar[bool] = False

    @classmethod
    def members(cls) -> tuple[Member, ...]:
        return _members(cls)

    def hash_struct(self) -> bytes:
        """EIP-712 `hashStruct`: keccak256(typeHash ‖ encodeData)."""
        return keccak256(encode_data(self))

    def check(self, where: str = "") -> None:
        """Raise `MalformedRecord` unless every field fits its declared type."""
        if _fits(type(self))(self):
            return
        for member in self.members():
            path = f"{where}.{member.name}" if where else member.name
            _check(member, getattr(self, member.name), path)

    def to_json(self) -> dict[str, Any]:
        return cast(dict[str, Any], _writer(type(self))(self))

    def to_text(self) -> str:
        """The RFC 8785 text of `to_json`."""
        return _printer(type(self))(self)

    @classmethod
    def from_json(cls, data: object, where: str = "") -> Self:
        """The structure that `data` (parsed JSON) describes.

        Accepts only what `to_json` would print: no unknown or missing fields, no other spelling of a value.
        Raises `MalformedRecord` naming the field, what was expected and what was found.
        """
        try:
            return cast(Self, _reader(cls)(data))
        except codec.MISFITS:
            return cls(**_members_from_json(cls, data, where, whole=True))

    @classmethod
    def some_from_json(cls, data: Mapping[str, Any], where: str = "") -> dict[str, Any]:
        """The values of those fields that `data` names, read as `from_json` reads them."""
        return _members_from_json(cls, data, where, whole=False)


def per_struct(function: "Callable[[type[Struct]], T]") -> "Callable[[type[Struct]], T]":
    """Remember what `function` derives from a structure's annotations: they never change."""
    known: dict[type[Struct], T] = {}

    def remembered(struct: type[Struct]) -> T:
        if struct not in known:
            known[struct] = function(struct)
        return known[struct]

    return remembered


def encode_type(struct: type[Struct]) -> str:
    """EIP-712 `encodeType`: the structure's own type, then those it refers to in alphabetical order."""
    result: dict[str, type[Struct]] = {}

    def visit(kind: type[Struct]) -> None:
        for member in kind.members():
            if member.struct and member.struct.__name__ not in result:
                result[member.struct.__name__] = member.struct
                visit(member.struct)

    visit(struct)
    return "".join(_own_type(kind) for kind in [struct, *(result[name] for name in sorted(result))])


@per_struct
def type_hash(struct: type[Struct]) -> bytes:
    return keccak256(encode_type(struct).encode())


@per_struct
def members_with_privacy(struct: type[Struct]) -> tuple[Member, ...]:
    """The members that are private, or have private ones in them."""
    return tuple(m for m in struct.members() if m.struct and (m.private or members_with_privacy(m.struct)))


def encode_data(value: Struct) -> bytes:
    """typeHash followed by the 32-byte words of the fields, ready to be hashed."""
    return _encoder(type(value))(value)


def part_hash(value: Struct | Withheld) -> bytes:
    """`hashStruct` of a private part, opened or withheld."""
    return value.hash if isinstance(value, Withheld) else value.hash_struct()


def list_hash(values: "tuple[Struct | Withheld, ...] | Withheld") -> bytes:
    """EIP-712 hash of a list of structures: keccak256 of their concatenated hashes."""
    return values.hash if isinstance(values, Withheld) else keccak256(b"".join(map(part_hash, values)))


# --- from annotations to members ------------------------------------------------------------------


def _own_type(struct: type[Struct]) -> str:
    return f"{struct.__name__}({','.join(f'{m.type_name} {m.name}' for m in struct.members())})"


@per_struct
def _members(struct: type[Struct]) -> tuple[Member, ...]:
    hints = typing.get_type_hints(struct, include_extras=True)
    return tuple(_member(f.name, hints[f.name]) for f in fields(cast(Any, struct)))


def _member(name: str, hint: Any) -> Member:
    items: Items | None = None
    longest: int | None = None
    marks: list[Any] = []
    while True:
        if typing.get_origin(hint) is Annotated:
            base, *more = typing.get_args(hint)
            marks += more
            hint = base
        elif typing.get_origin(hint) in (Union, UnionType):
            (hint,) = [option for option in typing.get_args(hint) if option is not Withheld]
        elif typing.get_origin(hint) is tuple:
            items = next((m for m in marks if isinstance(m, Items)), Items())
            hint = typing.get_args(hint)[0]
        else:
            break
    for mark in marks:
        if isinstance(mark, Longest):
            longest = mark.size
    if isinstance(hint, type) and issubclass(hint, Struct):
        return Member(name, hint.__name__, hint, hint.PRIVATE, items, None)
    return Member(name, _solidity_name(hint, marks), None, False, items, longest)


def _solidity_name(hint: type, marks: list[Any]) -> str:
    for mark in marks:
        match mark:
            case Uint(bits):
                return f"uint{bits}"
            case FixedBytes(length):
                return f"bytes{length}"
            case "address":
                return "address"
    return {str: "string", bool: "bool", bytes: "bytes"}[hint]


# --- encodeData -----------------------------------------------------------------------------------

_HASHES = codec.Hashes(keccak256, part_hash, list_hash)


@per_struct
def _encoder(struct: type[Struct]) -> Callable[[Any], bytes]:
    return codec.encoder_of(struct, type_hash(struct), _HASHES)


# --- JSON -----------------------------------------------------------------------------------------


@per_struct
def _writer(struct: type[Struct]) -> codec.Reader:
    return codec.writer_of(struct, Withheld)


@per_struct
def _printer(struct: type[Struct]) -> Callable[[Any], str]:
    return codec.printer_of(struct, Withheld)


@per_struct
def _reader(struct: type[Struct]) -> codec.Reader:
    return codec.reader_of(struct, Withheld)


@per_struct
def _fits(struct: type[Struct]) -> codec.Test:
    return codec.test_of(struct, Withheld)


def _members_from_json(kind: type[Struct], data: object, where: str, *, whole: bool) -> dict[str, Any]:
    """The values by name; `whole`: none may be missing."""
    names = _names(kind)
    fields = fields_of(data, where, names) if whole else fields_of(data, where, (), more=names)
    return {
        name: _value_from_json(member, fields[name], below(where, name))
        for name, member in zip(names, kind.members(), strict=True)
        if name in fields
    }


@per_struct
def _names(kind: type[Struct]) -> tuple[str, ...]:
    return tuple(member.name for member in kind.members())


def _value_from_json(member: Member, value: object, where: str) -> Any:
    if member.items is None:
        return _one_from_json(member, value, where)
    if member.private and isinstance(value, str):
        return Withheld(hex_bytes(value, where, 32))
    listed = entries(value, where, member.items.least, member.items.most)
    return tuple(_one_from_json(member, item, at) for at, item in listed)


def _one_from_json(member: Member, value: object, where: str) -> Any:
    if member.struct:
        if member.private and isinstance(value, str):
            return Withheld(hex_bytes(value, where, 32))
        return member.struct.from_json(value, where)
    if member.solidity.startswith("uint"):
        parsed: Any = _uint_from_json(value, int(member.solidity[4:]), where)
    elif member.solidity == "bool":
        if not isinstance(value, bool):
            raise MalformedRecord("not true or false", where=where, expected="bool", found=shown(value))
        parsed = value
    elif member.solidity == "string":
        parsed = value
    elif member.solidity == "address":
        parsed = hex_bytes(value, where, 20)
    elif member.solidity == "bytes":
        parsed = hex_bytes(value, where)
    else:
        parsed = hex_bytes(value, where, int(member.solidity[5:]))
    _check_one(member, parsed, where)
    return parsed


def _uint_from_json(value: object, bits: int, where: str) -> int:
    return wide_integer(value, where, bits) if bits > NUMBER_BITS else integer(value, where, most=(1 << bits) - 1)


# --- checks ---------------------------------------------------------------------------------------


def _check(member: Member, value: Any, where: str) -> None:
    if member.items is None:
        _check_one(member, value, where)
    elif isinstance(value, tuple):
        _check_length(member, len(value), where)
        for i, item in enumerate(value):
            _check_one(member, item, f"{where}[{i}]")
    elif not (member.private and isinstance(value, Withheld) and len(value.hash) == 32):
        raise MalformedRecord("not a list", where=where, expected=member.type_name, found=shown(value))


def _check_length(member: Member, length: int, where: str) -> None:
    bounds = member.items or Items()
    if not bounds.least <= length <= bounds.most:
        raise MalformedRecord(
            "wrong number of entries",
            where=where,
            expected=f"{bounds.least} to {bounds.most}",
            found=length,
        )


def _check_one(member: Member, value: Any, where: str) -> None:
    kind = member.solidity
    if member.struct:
        if isinstance(value, Withheld):
            fits = member.private and len(value.hash) == 32
        else:
            fits = isinstance(value, member.struct)
            if fits:
                value.check(where)
    elif kind.startswith("uint"):
        fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << int(kind[4:])
    elif kind == "bool":
        fits = isinstance(value, bool)
    elif kind == "string":
        fits = isinstance(value, str)
        if fits:
            _check_text(member, value, where)
    elif kind == "bytes":
        fits = isinstance(value, bytes) and len(value) <= (member.longest or 0)
    else:
        fits = isinstance(value, bytes) and len(value) == (20 if kind == "address" else int(kind[5:]))
    if not fits:
        raise MalformedRecord("does not fit its type", where=where, expected=kind, found=shown(value))


def _check_text(member: Member, value: str, where: str) -> None:
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise MalformedRecord("not valid Unicode (a lone surrogate)", where=where) from None
    if member.longest is not None and size > member.longest:
        raise MalformedRecord("text too long", where=where, expected=f"at most {member.longest} bytes", found=size)
    if not unicodedata.is_normalized("NFC", value):
        raise MalformedRecord("text is not in Unicode normal form NFC", where=where, mend="Normalise it, then sign.")
    if "\0" in value:
        # PostgreSQL cannot store it, and no label needs it.
        raise MalformedRecord("text holds a NUL character", where=where)
