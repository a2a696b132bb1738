"""The nodes of one network as one: where one does not answer, the next is asked, once it has shown which chain it has.

Every question may be asked twice, transactions included: the same bytes are in a block once at most. So a question that
brought no answer goes to another node, and where there is time (`patience`), round again.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ledger.chain.answers import field_of, fixed_bytes, quantity
from ledger.chain.jsonrpc import Node, ask
from ledger.common.ids import to_hex
from ledger.errors import ChainUnavailable

_PAUSE = 0.5
"""Seconds before all nodes are asked again."""
log = logging.getLogger("lading.chain")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """What the chain that is meant holds: the block of this number has this hash. Where no block of it is known yet,
    the chain's id alone says which is meant."""

    chain_id: int
    block: int | None = None
    hash: bytes = b""


def nowhere() -> Place | None:
    """Before anything is known of the chain: a consortium is founded on the one that is seen first."""
    return None


class Nodes:
    """A `Node` made of several, in order of preference. Safe to use from several threads.

    `place`: what a node must hold before it is asked anything else, where there is more than one; without it, the chain
    id that was seen first. `patience`: for so many seconds nobody's answer is waited for, at least one round.
    """

    def __init__(
        self, nodes: Sequence[Node], place: Callable[[], Place | None] = nowhere, *, patience: float = 0
    ) -> None:
        self._nodes = nodes
        self._place = place
        self._patience = patience
        self._turn = threading.Lock()
        self._at = 0
        self._asked = threading.local()
        """`at`: whose answer this thread got last."""
        self._admitted: int | None = 0 if len(nodes) == 1 else None
        """The node that has shown which chain it has. One alone is judged by its answers."""
        self._chain_id: int | None = None

    def attempt(self, method: str, *parameters: Any) -> Any:
        return self._first(lambda node: node.attempt(method, *parameters), method)

    def attempt_many(self, method: str, questions: Sequence[Sequence[Any]]) -> list[Any]:
        return self._first(lambda node: node.attempt_many(method, questions), method)

    def doubt(self) -> None:
        """Ask the next node from now on: what this thread was told last did not fit. One doubt passes over one node,
        however many threads have it."""
        self._pass_over(getattr(self._asked, "at", self._at), "its answers did not fit")

    def close(self) -> None:
        for node in self._nodes:
            node.close()

    def _first(self, question: Callable[[Node], T], where: str) -> T:
        """The first answer that any node gives; raises `ChainUnavailable` with what is wrong with each."""
        ends = time.monotonic() + self._patience
        while True:
            problems: dict[int, ChainUnavailable] = {}
            for _ in self._nodes:
                at = self._at
                try:
                    self._admit(at)
                    answer = question(self._nodes[at])
                    self._asked.at = at
                    return answer
                except ChainUnavailable as error:
                    problems[at] = error
                    self._pass_over(at, str(error))
            if time.monotonic() + _PAUSE >= ends:
                raise self._none(problems, where)
            time.sleep(_PAUSE)

    def _admit(self, at: int) -> None:
        """Raise `ChainUnavailable` unless the node has the chain that is meant."""
        if self._admitted == at:
            return
        node, place = self._nodes[at], self._place()
        chain_id = quantity(ask(node, "eth_chainId"), "eth_chainId")
        expected = place.chain_id if place else self._chain_id
        if expected is not None and chain_id != expected:
            raise ChainUnavailable("the node belongs to another chain", expected=expected, found=chain_id)
        if place is not None and place.block is not None:
            self._compare(node, place.block, place.hash)
        with self._turn:
            self._chain_id = chain_id
            if at == self._at:  # or another thread went on to the next meanwhile
                self._admitted = at

    def _compare(self, node: Node, block: int, expected: bytes) -> None:
        answer = ask(node, "eth_getBlockByNumber", hex(block), False)
        where = f"block {block}"
        if answer is None:
            raise ChainUnavailable("the node is behind: it lacks a block that was followed before", where=where)
        found = fixed_bytes(field_of(answer, "hash"), 32, "hash")
        if found != expected:
            raise ChainUnavailable(
                "the node's chain is not the one that was followed before",
                where=where,
                expected=to_hex(expected),
                found=to_hex(found),
            )

    def _pass_over(self, at: int, why: str) -> None:
        with self._turn:
            if at != self._at or len(self._nodes) == 1:
                return  # another thread did
            self._at, self._admitted = (at + 1) % len(self._nodes), None
            following = self._at
        log.warning("node %d of LADING_CHAIN: %s; node %d is asked", at + 1, why, following + 1)

    def _none(self, problems: dict[int, ChainUnavailable], where: str) -> ChainUnavailable:
        # Never their URLs, which may hold passwords.
        if len(self._nodes) == 1:
            return problems[0]
        said = "; ".join(f"node {at + 1}: {error}" for at, error in sorted(problems.items()))
        return ChainUnavailable("no node of LADING_CHAIN is of use", where=where, found=said)
