"""One answer changed anywhere, in any way: what is read from it is the truth, or `ChainUnavailable`."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.bonuses.agreement import AgreementStatus
from ledger.chain.client import Block, Events
from ledger.chain.embedded import EmbeddedChain
from ledger.chain.rpc import RpcChain
from ledger.codes import ContractKind
from ledger.common.ids import RecordId
from ledger.errors import ChainUnavailable
from ledger.services.state.bonus_pools import status_of
from tests.chain.conftest import CHAIN_ID, Founded
from tests.chain.lying.lies import LyingNode, honest
from tests.chain.lying.node import EmbeddedNode

_STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 3.5, "", "0x", "0xzz", "0x0", "0x1", "latest", "0x" + "ff" * 32, "0x" + "00" * 32, [], {},
    [None], "0x" + "11" * 20, [[]], [{}], {"number": "0x1"}, hex(2**255),
)  # fmt: skip


class Garbling:
    """An honest node but for the answer with the number `at`, in which `random` changes one thing."""

    def __init__(self, node: EmbeddedNode, at: int, chance: random.Random) -> None:
        self._node, self._at, self._random = node, at, chance
        self.asked = 0
        self.changed = False

    def attempt(self, method: str, *parameters: Any) -> Any:
        answer = self._node.attempt(method, *parameters)
        self.asked += 1
        if self.asked - 1 != self._at:
            return answer
        result = self._garbled(answer)
        self.changed = result != answer
        return result

    def attempt_many(self, method: str, questions: Any) -> list[Any]:
        return [self.attempt(method, *one) for one in questions]

    def close(self) -> None:
        pass

    def _garbled(self, value: Any) -> Any:
        """Something strange here, or further in; a list may lose, gain or swap entries, a text may change a digit."""
        chance = self._random
        if isinstance(value, dict) and value and chance.random() < 0.95:
            name = chance.choice(sorted(value))
            if chance.random() < 0.1:
                return {key: one for key, one in value.items() if key != name}
            return value | {name: self._garbled(value[name])}
        if isinstance(value, list) and value and chance.random() < 0.95:
            at = chance.randrange(len(value))
            match chance.randrange(4):
                case 0:
                    return value[:at] + value[at + 1 :]
                case 1:
                    return [*value, value[at]]
                case 2:
                    return list(reversed(value))
                case _:
                    return [*value[:at], self._garbled(value[at]), *value[at + 1 :]]
        if isinstance(value, str) and len(value) > 2 and chance.random() < 0.6:
            at = chance.randrange(2, len(value))
            return value[:at] + chance.choice("0123456789abcdef") + value[at + 1 :]
        return chance.choice(_STRANGE)


@pytest.fixture
def chain(founded: Founded) -> Iterator[EmbeddedChain]:
    opened = EmbeddedChain(founded.home / "chain.db", chain_id=CHAIN_ID, genesis_time=0)
    yield opened
    opened.close()


def read(chain: EmbeddedChain, founded: Founded, node: Any) -> tuple[Events, bool | None]:
    """The newest blocks, and whether their last block bears out the receipt of its last event's transaction."""
    client = RpcChain(node, finality_depth=0)
    last = chain.head()
    client.block(last)  # as the follower asks for the block where it stands
    addresses = [founded.deployment.registry, *founded.deployment.contracts.values()]
    events = client.events(last - 2, last, addresses)
    receipt = client.receipt(events.logs[-1].transaction)
    return events, None if receipt is None else client.confirms(receipt)


def remembered(events: Events) -> tuple[Block, list[int]]:
    """What the log keeps of the blocks themselves: where the next range goes on, and when events happened."""
    times = {block.number: block.timestamp for block in events.blocks}
    return events.blocks[-1], [times[log.block] for log in events.logs]


@pytest.mark.parametrize("foreign", [False, True])
@pytest.mark.parametrize("count", [150, pytest.param(5_000, marks=pytest.mark.drill)])
def test_a_garbled_answer_is_the_truth_or_no_answer(
    chain: EmbeddedChain, founded: Founded, foreign: bool, count: int
) -> None:
    node = EmbeddedNode(chain, foreign=foreign)
    plain = Garbling(node, -1, random.Random(0))
    truth, confirmed = read(chain, founded, plain)
    assert confirmed is True
    assert len(truth.logs) > 1
    believed = refused = 0
    for seed in range(count):
        # The first two answers say which chain it is, and which block was followed: others compare these.
        garbling = Garbling(node, 2 + seed % (plain.asked - 2), random.Random(seed))
        try:
            events, _ = read(chain, founded, garbling)
        except ChainUnavailable:
            refused += 1
            continue
        believed += 1
        assert events.logs == truth.logs, seed
        assert remembered(events) == remembered(truth), seed
        if not foreign:
            assert events == truth, seed
    assert refused > count // 2
    assert believed, "changes that matter to nobody do no harm"


def test_the_liars_own_node_tells_the_truth_when_it_does_not_lie(chain: EmbeddedChain, founded: Founded) -> None:
    node = EmbeddedNode(chain)
    events, confirmed = read(chain, founded, LyingNode(node, None, honest, random.Random(0)))  # type: ignore[arg-type]
    addresses = [founded.deployment.registry, *founded.deployment.contracts.values()]
    assert confirmed is True
    assert events == chain.events(chain.head() - 2, chain.head(), addresses)


@pytest.mark.parametrize("status", [9, 10, 255])
def test_a_status_that_no_agreement_has_is_no_answer(chain: EmbeddedChain, founded: Founded, status: int) -> None:
    class Telling(EmbeddedNode):
        def _ask_call(self, _: int, __: dict[str, str], ___: str) -> str:
            return f"0x{status:064x}"

    node, pool = RpcChain(Telling(chain), finality_depth=0), founded.deployment.contracts[ContractKind.BONUS]
    if status == AgreementStatus.CLOSED:
        assert status_of(node, pool, RecordId(bytes(32))) == AgreementStatus.CLOSED
    else:
        with pytest.raises(ChainUnavailable, match="no answer of the contract"):
            status_of(node, pool, RecordId(bytes(32)))
