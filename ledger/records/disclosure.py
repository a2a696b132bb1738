"""Private parts apart from their record and back: what is kept for ever, and what can be forgotten.

A record is kept with every private part withheld as its hash; opened parts lie beside it under paths such as
``commercial``, ``contents[0]`` or ``children[2].contents[1]``. The record's id is the same either way. A list that came
withheld as a whole (the chain shows only its hash) is opened by its own path, ``contents``, with the hashes of its
elements; these can then be opened one by one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from ledger.common.ids import to_hex
from ledger.common.json_fields import hex_bytes, items
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.records.eip712 import Member, Struct, Withheld, list_hash, members_with_privacy, part_hash
from ledger.records.types import Private, Record

Part = Private | tuple[Withheld, ...]
"""An opened part, or for a list withheld as a whole the hashes of its elements."""

R = TypeVar("R", bound=Record)
_STEP = re.compile(r"([A-Za-z]+)(?:\[(0|[1-9][0-9]{0,2})\])?")


def split(record: R) -> tuple[R, dict[str, Part]]:
    """The record with every private part withheld, and the opened parts by path."""
    parts: dict[str, Part] = {}
    return cast(R, _split(record, "", parts)), parts


def join(record: R, parts: Mapping[str, Part]) -> R:
    """The record with `parts` put back in. Paths that the record does not have open are passed over.

    Raises `VerificationFailed` naming the path when a part is not the one that was signed.
    """
    return cast(R, _join(record, "", parts)) if parts else record


def parts_for(public: Record, richer: Record) -> dict[str, Part]:
    """What `richer`, the same record with more parts opened, can add to a stored `public` one."""
    result = split(richer)[1]
    _lists(public, richer, "", result)
    return result


def open_paths(record: Record) -> Iterator[str]:
    """The paths of the parts that `record` shows: those that `split` would take out."""
    return _open_paths(record, "")


def is_public(record: Record) -> bool:
    """Whether every private part of `record` is withheld."""
    return next(open_paths(record), None) is None


def closed_parts(record: Record) -> dict[str, tuple[type[Private], bytes]] | None:
    """Of a record that shows no part: what each is, and its hash, by path. None where it shows one, or withholds a list
    by one hash.
    """
    found: dict[str, tuple[type[Private], bytes]] = {}
    return found if _closed(record, "", found) else None


def _closed(value: Struct, where: str, found: dict[str, tuple[type[Private], bytes]]) -> bool:
    for member in members_with_privacy(type(value)):
        current, path = getattr(value, member.name), where + member.name
        several = isinstance(current, tuple)
        if member.items and not several:
            return False
        for i, item in enumerate(current if several else (current,)):
            at = f"{path}[{i}]" if several else path
            if not member.private:
                if not _closed(item, at + ".", found):
                    return False
            elif isinstance(item, Withheld):
                found[at] = cast("type[Private]", member.struct), item.hash
            else:
                return False
    return True


def is_whole(record: Struct) -> bool:
    """Whether every private part of `record` is shown."""
    for member in members_with_privacy(type(record)):
        current = getattr(record, member.name)
        for part in current if isinstance(current, tuple) else (current,):
            if isinstance(part, Withheld) or not is_whole(part):
                return False
    return True


def closed_names(value: Struct) -> Iterator[str]:
    """The names of the private members of which all or something is withheld."""
    for member in members_with_privacy(type(value)):
        current = getattr(value, member.name)
        for part in current if isinstance(current, tuple) else (current,):
            if isinstance(part, Withheld):
                yield member.name
            else:
                yield from closed_names(part)


def part_to_json(part: Part) -> Any:
    return [to_hex(w.hash) for w in part] if isinstance(part, tuple) else part.to_json()


def part_to_text(part: Part) -> str:
    """The RFC 8785 text of `part_to_json`."""
    return "[" + ",".join(f'"{to_hex(w.hash)}"' for w in part) + "]" if isinstance(part, tuple) else part.to_text()


def part_from_json(kind: type[Record], path: str, data: object) -> Part:
    """The part that `part_to_json` printed for `path` of a record of type `kind`; raises `MalformedRecord`."""
    member, element = _member_at(kind, path)
    if member.items and not element:
        return tuple(Withheld(hex_bytes(item, path, 32)) for item in items(data, path))
    return cast("type[Private]", member.struct).from_json(data, path)


def _split(value: Struct, where: str, parts: dict[str, Part]) -> Struct:
    def one(member: Member, item: Any, path: str) -> Any:
        if isinstance(item, Withheld):
            return item
        if not member.private:
            return _split(item, path + ".", parts)
        parts[path] = item
        return Withheld(item.hash_struct())

    changes: dict[str, Any] = {}
    for member in members_with_privacy(type(value)):
        current, path = getattr(value, member.name), where + member.name
        if isinstance(current, tuple):
            changes[member.name] = tuple(one(member, item, f"{path}[{i}]") for i, item in enumerate(current))
        else:
            changes[member.name] = one(member, current, path)
    return replace(cast(Any, value), **changes) if changes else value


def _open_paths(value: Struct, where: str) -> Iterator[str]:
    for member in members_with_privacy(type(value)):
        current, path = getattr(value, member.name), where + member.name
        several = isinstance(current, tuple)
        for i, item in enumerate(current if several else (current,)):
            if not isinstance(item, Withheld):
                at = f"{path}[{i}]" if several else path
                if member.private:
                    yield at
                else:
                    yield from _open_paths(item, at + ".")


def _join(value: Struct, where: str, parts: Mapping[str, Part]) -> Struct:
    def one(member: Member, item: Any, path: str) -> Any:
        if not member.private:
            return _join(item, path + ".", parts)
        part = parts.get(path)
        if part is None or not isinstance(item, Withheld):
            return item
        if isinstance(part, tuple) or part_hash(part) != item.hash:
            raise _other_part(path, item.hash, part)
        return part

    changes: dict[str, Any] = {}
    for member in members_with_privacy(type(value)):
        current, path = getattr(value, member.name), where + member.name
        if member.items and isinstance(current, Withheld):
            opened = parts.get(path)
            if opened is None:
                continue
            if not isinstance(opened, tuple) or list_hash(opened) != current.hash:
                raise _other_part(path, current.hash, opened)
            current = opened
        if isinstance(current, tuple):
            changes[member.name] = tuple(one(member, item, f"{path}[{i}]") for i, item in enumerate(current))
        else:
            changes[member.name] = one(member, current, path)
    return replace(cast(Any, value), **changes) if changes else value


def _other_part(path: str, signed: bytes, found: Part) -> VerificationFailed:
    return VerificationFailed(
        "this is not the part that was signed",
        where=path,
        expected=to_hex(signed),
        found=to_hex(list_hash(found) if isinstance(found, tuple) else part_hash(found)),
        mend="The opened part was altered after signing.",
    )


def _lists(public: Struct, richer: Struct, where: str, found: dict[str, Part]) -> None:
    for member in members_with_privacy(type(public)):
        mine, other, path = getattr(public, member.name), getattr(richer, member.name), where + member.name
        if member.private and member.items and isinstance(mine, Withheld) and isinstance(other, tuple):
            found[path] = tuple(Withheld(part_hash(item)) for item in other)
        elif not member.private and isinstance(mine, tuple):
            for i, (a, b) in enumerate(zip(mine, other, strict=True)):
                _lists(a, b, f"{path}[{i}].", found)


def _member_at(kind: type[Struct], path: str) -> tuple[Member, bool]:
    """The member at the end of `path`, and whether the path names one element of it."""
    *outer, last = path.split(".")
    for step in outer:
        member, _ = _step(kind, step, path)
        kind = cast("type[Struct]", member.struct)
    member, element = _step(kind, last, path)
    if not member.private:
        raise MalformedRecord("no private part", where=path, expected="the path of a part with a salt")
    return member, element


def _step(kind: type[Struct], step: str, path: str) -> tuple[Member, bool]:
    match = _STEP.fullmatch(step)
    members = {m.name: m for m in members_with_privacy(kind)}
    if not match or match[1] not in members or (match[2] is not None and not members[match[1]].items):
        raise MalformedRecord("no such part", where=path[:120], expected=", ".join(members) or "no private parts")
    return members[match[1]], match[2] is not None
