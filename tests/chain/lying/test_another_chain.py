"""A node that misnames its chain: nothing is signed for the wrong one, nor is the name held once it is right."""

from contextlib import suppress

from ledger.chain.transactions import call_of, gas_limit_of, sign_transaction
from ledger.codes import Outcome as Code
from ledger.errors import ChainUnavailable
from ledger.store import transactions
from tests.chain.conftest import CHAIN_ID, Founded
from tests.chain.lying.day import opened
from tests.chain.lying.lies import PARTIAL, LyingNode, honest
from tests.chain.operator import Operator


def misnames(_: int, method: str) -> str | None:
    return PARTIAL if method == "eth_chainId" else None


def rounds(operator: Operator, node: LyingNode) -> None:
    for _ in range(6):
        for step in (operator.relayer.step, operator.follower.step):
            with suppress(ChainUnavailable):
                step()
            node.node.chain.seal(operator.clock.now())
        operator.clock.advance(60)


def test_records_reach_the_chain_whatever_a_node_calls_it(founded: Founded) -> None:
    with opened(founded, misnames) as (operator, node):
        records = operator.accept(*(operator.terms() for _ in range(3)))
        rounds(operator, node)
        assert [operator.outcomes(one) for one in records] == [[Code.APPLIED]] * 3


def test_what_was_stored_for_another_chain_is_signed_again_for_this_one(founded: Founded) -> None:
    with opened(founded) as (operator, node):
        (record_id,) = operator.accept(operator.terms())
        assert operator.begin() == 1
        (stored,) = operator.sender.unfinished()
        to, data = call_of(stored.raw)
        wrong = sign_transaction(
            operator.relay_key,
            chain_id=CHAIN_ID + 1,
            nonce=stored.nonce,
            to=to,
            data=data,
            gas_limit=gas_limit_of(stored.raw),
            gas_price=0,
        )
        with operator.db.write() as connection:
            transactions.replace(connection, stored.hash, wrong.raw, wrong.hash)
        rounds(operator, node)
        assert operator.outcomes(record_id) == [Code.APPLIED]


def test_a_name_that_was_wrong_once_is_asked_for_again(founded: Founded) -> None:
    with opened(founded, misnames) as (operator, node):
        said = set()
        for _ in range(8):
            with suppress(ChainUnavailable):
                said.add(operator.chain.chain_id)
        assert said
        assert CHAIN_ID not in said
        node.plan = honest
        assert operator.chain.chain_id == CHAIN_ID
