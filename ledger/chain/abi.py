"""The contract ABI, as much of it as Lading's contracts use: encoding calls, and decoding what strangers encoded.

Decoding accepts whatever a Solidity contract would have accepted, in whatever order its parts lie, and refuses what it
would not: bits outside a type, offsets and lengths beyond the data. It never reads or allocates more than the data
holds, however the lengths in it lie. Equal to `eth_abi` on everything that `eth_abi` can make; a test compares.

Source: Solidity documentation, "Contract ABI Specification".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ledger.common.keccak import keccak256
from ledger.errors import MalformedRecord

_WORD = 32
Read = Callable[[bytes, int], Any]


@dataclass(frozen=True)
class AbiType:
    """One type. `name` is its canonical spelling; `parts` the named members of a tuple, `item` a list's element."""

    name: str
    parts: "tuple[tuple[str, AbiType], ...]" = ()
    item: "AbiType | None" = None
    struct: str = ""

    @cached_property
    def dynamic(self) -> bool:
        return self.item is not None or self.name in ("string", "bytes") or any(p.dynamic for _, p in self.parts)

    @cached_property
    def head_size(self) -> int:
        """Bytes it takes where it stands: its content, or one offset when it is dynamic."""
        if self.dynamic or not self.parts:
            return _WORD
        return sum(part.head_size for _, part in self.parts)

    @cached_property
    def read(self) -> "Read":
        """From data, and where the content begins, to the value."""
        return _reader(self)


def parse_type(entry: Mapping[str, Any]) -> AbiType:
    """The type of an input, output or component in a JSON ABI."""
    text = str(entry["type"])
    if text.endswith("[]"):
        item = parse_type({**entry, "type": text[:-2]})
        return AbiType(f"{item.name}[]", item=item)
    if text == "tuple":
        parts = tuple((str(c["name"]), parse_type(c)) for c in entry["components"])
        struct = str(entry.get("internalType", "")).removesuffix("[]").split(" ")[-1].split(".")[-1]
        return AbiType(f"({','.join(part.name for _, part in parts)})", parts=parts, struct=struct)
    return AbiType(text)


def selector(signature: str) -> bytes:
    """The first four bytes of a function's or error's hash, e.g. of ``close()``."""
    return keccak256(signature.encode())[:4]


# --- encoding --------------------------------------------------------------------------------------------------------


def encode(types: Sequence[AbiType], values: Sequence[Any]) -> bytes:
    """The arguments, heads first. Tuples may be given as mappings by member name or as sequences."""
    if len(types) != len(values):
        raise MalformedRecord("wrong number of arguments", expected=len(types), found=len(values))
    heads, tails = [], []
    tail_at = sum(kind.head_size for kind in types)
    for kind, value in zip(types, values, strict=True):
        body = _encode_one(kind, value)
        if kind.dynamic:
            heads.append(tail_at.to_bytes(_WORD, "big"))
            tails.append(body)
            tail_at += len(body)
        else:
            heads.append(body)
    return b"".join(heads) + b"".join(tails)


def _encode_one(kind: AbiType, value: Any) -> bytes:
    if kind.item is not None:
        return len(value).to_bytes(_WORD, "big") + encode([kind.item] * len(value), value)
    if kind.parts:
        values = [value[name] for name, _ in kind.parts] if isinstance(value, Mapping) else list(value)
        return encode([part for _, part in kind.parts], values)
    if kind.name in ("string", "bytes"):
        data = value.encode() if isinstance(value, str) else bytes(value)
        return len(data).to_bytes(_WORD, "big") + data + bytes(-len(data) % _WORD)
    return _encode_word(kind.name, value)


def _encode_word(name: str, value: Any) -> bytes:
    if name == "bool":
        return int(bool(value)).to_bytes(_WORD, "big")
    if name.startswith("uint"):
        if not 0 <= value < 1 << int(name[4:]):
            raise MalformedRecord("does not fit its type", expected=name, found=value)
        return int(value).to_bytes(_WORD, "big")
    length = 20 if name == "address" else int(name[5:])
    if len(value) != length:
        raise MalformedRecord("does not fit its type", expected=name, found=f"{len(value)} bytes")
    return bytes(value).rjust(_WORD, b"\0") if name == "address" else bytes(value).ljust(_WORD, b"\0")


# --- decoding --------------------------------------------------------------------------------------------------------


def decode(types: Sequence[AbiType], data: bytes) -> tuple[Any, ...]:
    """The arguments in `data`: tuples become dicts by member name, lists tuples.

    Raises `MalformedRecord` for anything that Solidity's decoder refuses, and for text that is not UTF-8.
    """
    return _decode_parts(types, data, 0)


def _decode_parts(types: Sequence[AbiType], data: bytes, base: int) -> tuple[Any, ...]:
    values, at = [], base
    for kind in types:
        values.append(kind.read(data, _target(data, at, base) if kind.dynamic else at))
        at += kind.head_size
    return tuple(values)


def _reader(kind: AbiType) -> Read:
    if kind.item is not None:
        return _list_reader(kind.item)
    if kind.parts:
        names, types = zip(*kind.parts, strict=True)
        return lambda data, at: dict(zip(names, _decode_parts(types, data, at), strict=True))
    if kind.name in ("string", "bytes"):
        return _read_text if kind.name == "string" else _read_bytes
    return _word_reader(kind.name)


def _list_reader(item: AbiType) -> Read:
    def read(data: bytes, at: int) -> tuple[Any, ...]:
        length = _size(data, at)
        # Checked before anything is built: a length of billions costs nothing to write.
        if length * item.head_size > len(data) - at - _WORD:
            raise MalformedRecord("a list is longer than the data", where="abi", found=length)
        return _decode_parts([item] * length, data, at + _WORD)

    return read


def _read_bytes(data: bytes, at: int) -> bytes:
    length = _size(data, at)
    if length > len(data) - at - _WORD:
        raise MalformedRecord("bytes are longer than the data", where="abi", found=length)
    return data[at + _WORD : at + _WORD + length]


def _read_text(data: bytes, at: int) -> str:
    return _text(_read_bytes(data, at))


def _word_reader(name: str) -> Read:
    if name == "bool" or name.startswith("uint"):
        limit = 2 if name == "bool" else 1 << int(name[4:])

        def read_number(data: bytes, at: int) -> int:
            value = int.from_bytes(_word(data, at), "big")
            if value >= limit:
                raise MalformedRecord("does not fit its type", where="abi", expected=name)
            return bool(value) if name == "bool" else value

        return read_number
    begin, end = (12, _WORD) if name == "address" else (0, int(name[5:]))
    padding = bytes(_WORD - (end - begin))

    def read_bytes(data: bytes, at: int) -> bytes:
        word = _word(data, at)
        if padding and word[:begin] + word[end:] != padding:
            raise MalformedRecord("does not fit its type", where="abi", expected=name)
        return word[begin:end]

    return read_bytes


def _word(data: bytes, at: int) -> bytes:
    if at + _WORD > len(data):
        raise MalformedRecord("the data ends too early", where="abi")
    return data[at : at + _WORD]


def _target(data: bytes, at: int, base: int) -> int:
    """Where an offset points. Inside a struct Solidity takes negative ones too: it adds modulo 2²⁵⁶."""
    target = (base + int.from_bytes(_word(data, at), "big")) % (1 << 256)
    if target > len(data):
        raise MalformedRecord("an offset beyond the data", where="abi")
    return target


def _size(data: bytes, at: int) -> int:
    """A length; more than the data is long is of no use to anybody."""
    value = int.from_bytes(_word(data, at), "big")
    if value > len(data):
        raise MalformedRecord("a length beyond the data", where="abi")
    return value


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise MalformedRecord("text is not UTF-8", where="abi") from None
