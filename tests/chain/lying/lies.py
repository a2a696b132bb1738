"""A node that lies, by plan: any answer empty, old, partial, an error, or none in time.

What it says goes through the product's own reading of JSON-RPC. The chain behind it is honest, and what was given to
it may have arrived although the answer says otherwise.
"""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.chain.answers import Refusal
from ledger.errors import ChainUnavailable
from ledger.services.home.clock import ManualClock
from tests.chain.lying.node import EmbeddedNode

EMPTY, OLD, PARTIAL, ERROR, SLOW = KINDS = ("empty", "old", "partial", "error", "slow")
METHODS = (
    "eth_blockNumber", "eth_call", "eth_estimateGas", "eth_gasPrice", "eth_getBlockByNumber", "eth_getBlockReceipts",
    "eth_getCode", "eth_getLogs", "eth_getTransactionByHash", "eth_getTransactionCount", "eth_getTransactionReceipt",
    "eth_sendRawTransaction",
)  # fmt: skip
"""All that the product asks while it runs."""
TIMEOUT = 10
_ERRORS = ("internal error", "header not found", "too many requests", "missing trie node", "method handler crashed")
_REFUSED = ("insufficient funds for gas * price + value", "transaction underpriced", "nonce too high", "already known")

LEAST_LIES = 3
Plan = Callable[[int, str], str | None]
"""From the number of a question (from 0) and its method to the lie that answers it; None for the truth."""


@dataclass
class LyingNode:
    """`told` counts the lies that were really told, by method and kind; `asked` the questions, in their order, and
    `open` those of them, by number, of which a plan other than `honest` was asked.
    """

    node: EmbeddedNode
    clock: ManualClock
    plan: Plan
    random: random.Random
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    asked: list[str] = field(default_factory=list)
    open: list[tuple[int, str]] = field(default_factory=list)

    def attempt(self, method: str, *parameters: Any) -> Any:
        if self.plan is not honest:
            self.open.append((len(self.asked), method))
        kind = self.plan(len(self.asked), method)
        self.asked.append(method)
        if kind is None:
            return self.node.attempt(method, *parameters)
        self.told[method, kind] += 1
        return self._lie(kind, method, parameters)

    def attempt_many(self, method: str, questions: Sequence[Sequence[Any]]) -> list[Any]:
        return [self.attempt(method, *one) for one in questions]

    def doubt(self) -> None:
        """There is no other."""

    def close(self) -> None:
        pass

    def _lie(self, kind: str, method: str, parameters: Sequence[Any]) -> Any:
        head = self.node.chain.head()
        arrives = method != "eth_sendRawTransaction" or self.random.random() < 0.5
        if kind == SLOW:
            self.clock.advance(TIMEOUT)
            if arrives:
                self.node.answer(method, parameters, head)
            raise ChainUnavailable("Read timed out.", where=method)
        if kind == ERROR:
            if arrives:
                self.node.answer(method, parameters, head)
            return self._error(method)
        if kind == OLD:
            if not arrives:
                return Refusal("nonce too low", b"", False)
            return self.node.answer(method, parameters, max(head - self.random.randint(1, 4), 1))
        truth = self.node.answer(method, parameters, head) if arrives else None
        return _empty(method) if kind == EMPTY else self._part(truth)

    def _error(self, method: str) -> Refusal:
        if method in ("eth_call", "eth_estimateGas") and self.random.random() < 0.5:
            return Refusal("execution reverted", b"", True)
        if method == "eth_sendRawTransaction" and self.random.random() < 0.5:
            return Refusal(self.random.choice(_REFUSED), b"", False)
        return Refusal(self.random.choice(_ERRORS), b"", False)

    def _part(self, truth: Any) -> Any:
        """Less than the truth: a list or bytes cut short, a field missing, or a list in a field cut short."""
        if isinstance(truth, list):
            return truth[: self.random.randrange(max(len(truth), 1))]
        if isinstance(truth, str):
            return truth[: 2 + 2 * self.random.randrange(max((len(truth) - 2) // 2, 1))]
        if isinstance(truth, dict):
            lists = [name for name, value in truth.items() if isinstance(value, list) and value]
            if lists and self.random.random() < 0.5:
                return truth | {lists[0]: self._part(truth[lists[0]])}
            gone = self.random.choice(sorted(truth))
            return {name: value for name, value in truth.items() if name != gone}
        return None


def _empty(method: str) -> Any:
    if method in ("eth_getLogs", "eth_getBlockReceipts"):
        return []
    return "0x" if method in ("eth_call", "eth_getCode") else None


# --- plans -----------------------------------------------------------------------------------------------------------


def honest(_: int, __: str) -> None:
    return None


def never(_: int, __: str) -> None:
    """A plan that could lie, and does not."""
    return


def one_in_turn(at: int, kind: str, *, again: int = 1) -> Plan:
    """Lie in answer `at`, and in the next ones of its method until it was told `again` times."""
    state: dict[str, Any] = {"method": "", "left": again}

    def plan(number: int, method: str) -> str | None:
        if number < at or not state["left"] or state["method"] not in ("", method):
            return None
        state["method"] = method
        state["left"] -= 1
        return kind

    return plan


def at_random(seed: int, most: int = 60, *, everywhere: bool = False) -> Plan:
    """Lies of kinds, at a rate and on methods that the seed chooses, or on all; `most` in all."""
    chance = random.Random(seed)
    rate = chance.choice((0.03, 0.1, 0.3, 0.6))
    methods = set(chance.sample(METHODS, len(METHODS) if everywhere else chance.randint(1, len(METHODS))))
    kinds = chance.sample(KINDS, chance.randint(1, len(KINDS)))
    left = most

    def plan(_: int, method: str) -> str | None:
        nonlocal left
        if method not in methods or not left or chance.random() >= rate:
            return None
        left -= 1
        return chance.choice(kinds)

    return plan


def schedules(
    asked: Sequence[Sequence[tuple[int, str]]], count: int, first: int = 0
) -> Iterator[tuple[int, str, Plan]]:
    """`count` plans, each with the number of the network that it is for: of those that may lie in these answers.

    Each answer in turn with each lie, then again as long-lived lies, the networks taking turns; then seeded ones, from
    the seed `first` on, but for those that would hardly lie to their network: no two runs ask quite the same.
    """
    made = 0
    for again in (1, 6):
        for at in range(max(map(len, asked))):
            for kind in KINDS:
                if made >= count // 2:
                    break
                network = made % len(asked)
                while at >= len(asked[network]):
                    network = (network + 1) % len(asked)
                number, _ = asked[network][at]
                yield network, f"{kind} from answer {number} on, {again} times", one_in_turn(number, kind, again=again)
                made += 1
    for seed in itertools.count(first):
        if made >= count:
            return
        network = made % len(asked)
        if _lies(at_random(seed), asked[network]):
            yield network, f"seed {seed}", at_random(seed)
            made += 1


def _lies(plan: Plan, asked: Sequence[tuple[int, str]]) -> bool:
    return sum(plan(number, method) is not None for number, method in asked) >= LEAST_LIES
