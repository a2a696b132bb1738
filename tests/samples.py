"""Records of every type, made from a seeded generator: ordinary values, the edges of each type, and long lists."""

import random
from dataclasses import replace
from typing import Any, TypeVar, cast

from ledger.records.eip712 import Items, Member, Struct, Withheld
from ledger.records.types import RECORDS, Outcome, Record

S = TypeVar("S", bound=Struct)
SIGNABLE: tuple[type[Record], ...] = tuple(kind for kind in RECORDS if kind is not Outcome)
TEXTS = (
    "",
    "a",
    "0x00",
    "CONTAINER MSKU 123456-7",
    "Crème brûlée",
    "日本酒 二本",
    "\U0001f4e6 \u0e01\u0e33",
    '{"a":"\\""}',
    "é" * 250,
)
"""All in normal form NFC, none over 512 bytes."""


def sample(kind: type[S], rng: random.Random, *, edge: str = "", items: int | None = None, withhold: float = 0) -> S:
    """A structure of type `kind` that passes `check`.

    `edge`: "least" or "most" sets every number, byte and list to that end of its range. `items`: length of every list
    where its bounds allow it. `withhold`: share of private parts replaced by their hash.
    """
    values = {m.name: _member(m, rng, edge, items, withhold) for m in kind.members()}
    return kind(**values)


def changed(value: S, /, **changes: Any) -> S:
    """`value` with some fields replaced, whatever is put there."""
    return cast(S, replace(cast(Any, value), **changes))


def _member(member: Member, rng: random.Random, edge: str, items: int | None, withhold: float) -> Any:
    if member.items is None:
        return _one(member, rng, edge, items, withhold)
    if member.private and rng.random() < withhold / 2:
        return Withheld(rng.randbytes(32))
    return tuple(_one(member, rng, edge, items, withhold) for _ in range(_length(member.items, rng, edge, items)))


def _length(bounds: Items, rng: random.Random, edge: str, items: int | None) -> int:
    if items is not None:
        return max(bounds.least, min(bounds.most, items))
    if edge == "least":
        return bounds.least
    return min(bounds.most, max(bounds.least, 3 if edge == "most" else rng.choice((0, 1, 1, 2, 5))))


def _one(member: Member, rng: random.Random, edge: str, items: int | None, withhold: float) -> Any:
    if member.struct:
        if member.private and rng.random() < withhold:
            return Withheld(rng.randbytes(32))
        # Lists inside lists stay short: 200 children of 200 goods would be no record that anyone can carry.
        inner = None if items is None or member.items is None else min(items, 2)
        return sample(member.struct, rng, edge=edge, items=inner, withhold=withhold)
    kind = member.solidity
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "string":
        return "" if edge == "least" else rng.choice(TEXTS)
    if kind.startswith("uint"):
        most = (1 << int(kind[4:])) - 1
        number = rng.choice((0, 1, most, rng.randint(0, most), rng.randint(0, min(most, 1000))))
        return {"least": 0, "most": most}.get(edge, number)
    length = 20 if kind == "address" else int(kind[5:] or rng.choice((0, 1, 31, 32, 33, 200)))
    data = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length), rng.randbytes(length)))
    return {"least": bytes(length), "most": b"\xff" * length}.get(edge, data)
