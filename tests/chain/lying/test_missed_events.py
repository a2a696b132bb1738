"""What a node kept from the follower comes to light by our own receipts, and nothing is rejected before that."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ledger.chain.answers import Refusal
from ledger.chain.client import Receipt
from ledger.chain.contracts import encode_function
from ledger.chain.headers import _hash_of_fields
from ledger.chain.transactions import call_of
from ledger.codes import Outcome as Code
from ledger.codes import RegistryAction, Role
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.errors import ChainUnavailable, Misconfigured
from ledger.records.eip712 import Withheld
from ledger.records.types import Override
from ledger.services.relay.follower import GAP_SECONDS
from ledger.store import cursors, outbox, transactions
from tests.chain.conftest import Founded
from tests.chain.lying.day import HOUR, opened
from tests.chain.lying.lies import LyingNode
from tests.chain.operator import CARRIER, COUNCIL, MAKER, SHOP, Operator, key_of


class Hiding:
    """In front of a node: shows the blocks in `hidden` as if nothing had happened in them, whatever it is asked.

    `without` are transactions of which it knows no receipt; `late` how many blocks it is behind; `twisted` answers.
    """

    def __init__(self, node: LyingNode) -> None:
        self._node = node.node
        self.hidden: set[int] = set()
        self.without: set[str] = set()
        self.late = 0
        self.twisted: dict[str, Any] = {}
        node.node = self  # type: ignore[assignment]  # it stands where the node stood

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    def attempt(self, method: str, *parameters: Any) -> Any:
        if method in self.twisted:
            return self.twisted[method]
        result = self._node.answer(method, parameters, self._node.chain.head() - self.late)
        if method == "eth_getTransactionReceipt" and parameters[0] in self.without:
            return None
        if method == "eth_getLogs":
            return [log for log in result if int(log["blockNumber"], 16) not in self.hidden]
        if method == "eth_getBlockReceipts" and int(parameters[0], 16) in self.hidden:
            return []
        if method == "eth_getBlockByNumber" and result and int(result["number"], 16) in self.hidden:
            return result | {"transactions": [], "logsBloom": "0x" + "00" * 256}
        return result


@pytest.fixture
def foreign(founded: Founded) -> Iterator[tuple[Operator, Hiding]]:
    """Where headers prove nothing, a node that lies the same in every answer gets away with it for a while."""
    with opened(founded, foreign=True) as (operator, node):
        yield operator, Hiding(node)


@pytest.fixture
def plain(founded: Founded) -> Iterator[tuple[Operator, Hiding]]:
    with opened(founded) as (operator, node):
        yield operator, Hiding(node)


def rounds(operator: Operator, node: Hiding, count: int = 6, *, pause: int = 60) -> None:
    """As the worker makes them; the clock goes on, so that what was put off is tried again."""
    for _ in range(count):
        for step in (operator.relayer.step, operator.follower.step):
            with contextlib.suppress(ChainUnavailable):
                step()
            node.chain.seal(operator.clock.now())
        operator.clock.advance(pause)


def by_a_stranger(operator: Operator, node: Hiding, signed: Any) -> int:
    """Submitted past this operator; the block."""
    mine, operator.chain = operator.chain, node.chain
    operator.submit_directly(signed, key_of("stranger"))
    operator.chain = mine
    return int(node.chain.head())


def opened_shipment(operator: Operator, node: Hiding) -> RecordId:
    (shipment,) = operator.accept(operator.terms())
    rounds(operator, node)
    assert operator.outcomes(shipment) == [Code.APPLIED]
    return shipment


def followed(operator: Operator) -> int:
    with operator.db.read() as connection:
        cursor = cursors.get(connection, "follower")
    assert cursor is not None
    return cursor.block


@pytest.mark.parametrize("network", ["plain", "foreign"])
@pytest.mark.parametrize("empty", [["eth_getLogs"], ["eth_getBlockReceipts"], ["eth_getLogs", "eth_getBlockReceipts"]])
def test_an_empty_answer_about_a_block_is_believed_by_nobody(
    network: str, empty: Sequence[str], request: pytest.FixtureRequest
) -> None:
    operator, node = request.getfixturevalue(network)
    shipment = opened_shipment(operator, node)
    submit_by = operator.clock.now() + HOUR
    handoff = operator.handoff([(shipment, 0)], MAKER, CARRIER, submit_by=submit_by)
    (record_id,) = operator.accept(handoff)
    by_a_stranger(operator, node, handoff)
    node.twisted = {method: [] for method in empty}
    rounds(operator, node)
    operator.clock.move_to(submit_by + HOUR)
    rounds(operator, node)
    assert Code.REJECTED not in operator.outcomes(record_id), "the chain applied it"
    node.twisted = {}
    rounds(operator, node)
    assert operator.outcomes(record_id) == [Code.APPLIED]
    assert operator.row(record_id).state == outbox.FINAL


def test_a_block_shown_as_empty_is_read_again_when_our_own_receipt_tells(foreign: tuple[Operator, Hiding]) -> None:
    operator, node = foreign
    shipment = opened_shipment(operator, node)
    (record_id,) = operator.accept(operator.handoff([(shipment, 0)], MAKER, CARRIER))
    operator.relayer.step()
    node.chain.seal(operator.clock.now())
    block = node.chain.head()
    node.hidden = {block}
    operator.follower.step()
    assert followed(operator) >= block
    assert operator.outcomes(record_id) == [], "nothing in the answers contradicts it yet"
    rounds(operator, node)
    assert operator.outcomes(record_id) == []
    head = node.chain.head()
    assert head == block, "nothing was submitted again meanwhile"
    node.hidden = set()
    rounds(operator, node)
    assert operator.outcomes(record_id) == [Code.APPLIED]
    assert operator.outcome_rows(record_id)[0].block_number == block
    assert followed(operator) == node.chain.head()
    logged = [i for _, i in operator.logged()]
    assert logged.count(record_id) == 1
    assert len(logged) == len(set(logged)), "blocks that were read twice are in the log once"


def test_nothing_is_rejected_while_a_receipt_of_ours_succeeded(foreign: tuple[Operator, Hiding]) -> None:
    """Its block is hidden and its receipt denied, so it is submitted again, too late, and that reverts."""
    operator, node = foreign
    shipment = opened_shipment(operator, node)
    submit_by = operator.clock.now() + HOUR
    handoff = operator.handoff([(shipment, 0)], MAKER, CARRIER, submit_by=submit_by)
    (record_id,) = operator.accept(handoff)
    operator.relayer.step()
    (ours,) = operator.sender.unfinished()
    node.chain.seal(operator.clock.now())
    node.hidden, node.without = {node.chain.head()}, {"0x" + ours.hash.hex()}
    operator.clock.move_to(submit_by + 1)
    for _ in range(20):  # others go on, so that the block is soon behind the final one
        by_a_stranger(operator, node, operator.terms())
        rounds(operator, node, 1)
    assert operator.outcomes(record_id) == []
    reverted = [r for r in _receipts_of(operator, node, record_id) if not r.succeeded]
    assert reverted, "it was tried again, too late"
    node.without = set()
    rounds(operator, node)
    assert operator.outcomes(record_id) == [], "the receipt is there, its event is still hidden: nothing is said"
    (other,) = operator.accept(operator.terms())
    rounds(operator, node)
    assert operator.outcomes(other) == [Code.APPLIED], "and the others go on"
    node.hidden = set()
    rounds(operator, node)
    assert operator.outcomes(record_id) == [Code.APPLIED]


def test_what_follows_on_a_hidden_event_is_not_taken_before_it(foreign: tuple[Operator, Hiding]) -> None:
    """No receipt of ours tells of it, but the shipment stands where it cannot."""
    operator, node = foreign
    shipment = opened_shipment(operator, node)
    first = operator.handoff([(shipment, 0)], MAKER, CARRIER)
    second = operator.handoff([(shipment, 1)], CARRIER, SHOP)
    node.hidden = {by_a_stranger(operator, node, first)}
    operator.follower.step()
    after = by_a_stranger(operator, node, second)
    logged = operator.logged()
    for _ in range(3):
        with pytest.raises(ChainUnavailable, match="did not give them all") as caught:
            operator.follower.step()
        assert caught.value.where == f"block {after}, event 0"
    assert operator.logged() == logged
    node.hidden = set()
    operator.clock.advance(60)
    rounds(operator, node)
    ids = [operator.domain.record_id(one.record) for one in (first, second)]
    assert [operator.outcomes(i) for i in ids] == [[Code.APPLIED]] * 2
    told = [row.log_index for i in ids for row in operator.outcome_rows(i)]
    assert told == sorted(told), "in the order of the chain"


def test_stale_is_believed_only_of_a_shipment_that_moved(foreign: tuple[Operator, Hiding]) -> None:
    """Hidden block, denied receipt: it is submitted again, and the contract calls the second time stale."""
    operator, node = foreign
    shipment = opened_shipment(operator, node)
    (record_id,) = operator.accept(operator.handoff([(shipment, 0)], MAKER, CARRIER))
    operator.relayer.step()
    (ours,) = operator.sender.unfinished()
    node.chain.seal(operator.clock.now())
    block = node.chain.head()
    node.hidden, node.without = {block}, {"0x" + ours.hash.hex()}
    for _ in range(8):
        by_a_stranger(operator, node, operator.terms())
        rounds(operator, node, 1, pause=30)
    assert len(_receipts_of(operator, node, record_id)) == 2, "it was submitted again"
    assert operator.outcomes(record_id) == []
    node.hidden, node.without = set(), set()
    rounds(operator, node)
    assert operator.outcomes(record_id) == [Code.APPLIED]
    assert operator.outcome_rows(record_id)[0].block_number == block


def test_a_registry_change_that_was_hidden_is_missed_by_the_next(foreign: tuple[Operator, Hiding]) -> None:
    operator, node = foreign
    first, second = (
        operator.change(RegistryAction.GRANT_ROLE, partner=partner, role=int(Role.WAREHOUSE))
        for partner in (MAKER, SHOP)
    )
    node.hidden = {by_a_stranger(operator, node, first)}
    operator.follower.step()
    by_a_stranger(operator, node, second)
    with pytest.raises(ChainUnavailable, match="registry change"):
        operator.follower.step()
    node.hidden = set()
    operator.follower.step()
    assert [operator.outcomes(operator.domain.record_id(one.record)) for one in (first, second)] == [[Code.APPLIED]] * 2


def test_a_gap_that_stays_ends_the_wait_in_words(
    foreign: tuple[Operator, Hiding], caplog: pytest.LogCaptureFixture
) -> None:
    """A log that an earlier version left with a gap must not stand still for ever."""
    operator, node = foreign
    shipment = opened_shipment(operator, node)
    node.hidden = {by_a_stranger(operator, node, operator.handoff([(shipment, 0)], MAKER, CARRIER))}
    operator.follower.step()
    second = operator.handoff([(shipment, 1)], CARRIER, SHOP)
    by_a_stranger(operator, node, second)
    with pytest.raises(ChainUnavailable):
        operator.follower.step()
    operator.clock.advance(GAP_SECONDS + 1)
    operator.follower.step()
    assert operator.outcomes(operator.domain.record_id(second.record)) == [Code.APPLIED]
    assert "does not follow from the log" in caplog.text


def _receipts_of(operator: Operator, node: Hiding, record_id: RecordId) -> list[Receipt]:
    with operator.db.read() as connection:
        sent = transactions.of_record(connection, record_id)
    found = [node.chain.receipt(one.hash) for one in sent]
    return [receipt for receipt in found if receipt is not None]


def test_a_revert_counts_once_its_block_was_followed(plain: tuple[Operator, Hiding]) -> None:
    """The node falls behind between the answer about the receipt and that about the newest final block."""
    operator, node = plain
    shipment = opened_shipment(operator, node)
    submit_by = operator.clock.now() + HOUR
    forged = operator.sign(operator.handoff([(shipment, 0)], MAKER, CARRIER, submit_by=submit_by).record, MAKER, SHOP)
    (record_id,) = operator.accept(forged)
    operator.clock.move_to(submit_by + 1)
    operator.relayer.step()
    node.chain.seal(operator.clock.now())
    settled = operator.sender.settle()
    assert [one.failed for one in settled] == [True]
    node.late = 1
    rejections = operator.relayer._rejections
    operator.follower.step()
    assert rejections.followed(settled) == []
    node.late = 0
    operator.follower.step()
    assert rejections.followed(settled) == settled
    rounds(operator, node)
    assert operator.outcomes(record_id) == [Code.REJECTED]


def test_a_receipt_that_its_block_does_not_hold_rejects_nothing(plain: tuple[Operator, Hiding]) -> None:
    operator, node = plain
    shipment = opened_shipment(operator, node)
    submit_by = operator.clock.now() + HOUR
    (record_id,) = operator.accept(operator.handoff([(shipment, 5)], MAKER, CARRIER, submit_by=submit_by))
    operator.relayer.step()
    (ours,) = operator.sender.unfinished()
    node.chain.seal(operator.clock.now())
    truth = node.attempt("eth_getTransactionReceipt", "0x" + ours.hash.hex())
    operator.clock.move_to(submit_by + HOUR)
    for _ in range(3):
        by_a_stranger(operator, node, operator.terms())
    later = node.attempt("eth_getBlockByNumber", "latest", False)
    assert int(later["timestamp"], 16) > submit_by
    lie = truth | {"status": "0x0", "logs": [], "blockNumber": later["number"], "blockHash": later["hash"]}
    node.twisted = {"eth_getTransactionReceipt": lie}
    rounds(operator, node, 3)
    assert operator.outcomes(record_id) == []
    node.twisted = {}
    rounds(operator, node)
    assert operator.outcomes(record_id) == [Code.REJECTED], "it was ahead, and after its time it is the contract's word"


@pytest.mark.parametrize("number", range(6))
def test_one_wrong_word_about_the_time_of_a_refusal_rejects_nothing(
    foreign: tuple[Operator, Hiding], number: int
) -> None:
    """A call that the chain refused in time is tried again, whichever answer about its block says that it was late."""
    operator, node = foreign
    shipment = opened_shipment(operator, node)
    submit_by = operator.clock.now() + HOUR
    handoff = operator.handoff([(shipment, 0)], MAKER, CARRIER, submit_by=submit_by)
    (record_id,) = operator.accept(operator.sign(handoff.record, MAKER, SHOP))
    block, honest, asked = node.chain.head() + 1, node.attempt, list[str]()

    def lying(method: str, *parameters: Any) -> Any:
        result = honest(method, *parameters)
        if method != "eth_getBlockByNumber" or parameters[0] != hex(block) or result is None:
            return result
        asked.append(method)
        return result | ({"timestamp": hex(submit_by + HOUR)} if len(asked) == number + 1 else {})

    node.attempt = lying  # type: ignore[method-assign]
    rounds(operator, node)
    assert len(asked) > number, "it was told"
    assert operator.outcomes(record_id) == []
    operator.clock.move_to(submit_by + 1)
    rounds(operator, node)
    assert operator.outcomes(record_id) == [Code.REJECTED]


def test_an_older_head_takes_nothing_back(plain: tuple[Operator, Hiding]) -> None:
    operator, node = plain
    opened_shipment(operator, node)
    block, logged = followed(operator), operator.logged()
    node.late = 2
    with pytest.raises(ChainUnavailable, match="behind") as caught:
        operator.follower.step()
    assert caught.value.where == f"block {block}"
    assert (followed(operator), operator.logged()) == (block, logged)
    node.late = 0
    operator.follower.step()
    assert followed(operator) == block


def test_another_block_where_one_was_followed_halts_in_words(foreign: tuple[Operator, Hiding]) -> None:
    operator, node = foreign
    opened_shipment(operator, node)
    block, logged = followed(operator), operator.logged()
    other = node.attempt("eth_getBlockByNumber", hex(block), False) | {"hash": "0x" + "77" * 32}
    node.twisted = {"eth_getBlockByNumber": other | {"number": hex(block)}}
    with pytest.raises(Misconfigured, match="not the one that was followed before") as caught:
        operator.follower.step()
    assert caught.value.where == f"block {block}"
    assert (followed(operator), operator.logged()) == (block, logged)


@pytest.mark.parametrize("network", ["plain", "foreign"])
@pytest.mark.parametrize("what", ["time", "hash", "contents"])
def test_one_wrong_word_about_the_newest_block_is_not_kept(
    network: str, what: str, request: pytest.FixtureRequest
) -> None:
    """Nothing else speaks of its hash and its time yet. Both would stay in the log, and the chain be another one."""
    operator, node = request.getfixturevalue(network)
    opened_shipment(operator, node)
    (record_id,) = operator.accept(signed := operator.terms())
    block = by_a_stranger(operator, node, signed)
    honest, lies = node.attempt, ["once"]

    def lying(method: str, *parameters: Any) -> Any:
        result = honest(method, *parameters)
        if method != "eth_getBlockByNumber" or parameters[0] != hex(block) or not lies:
            return result
        lies.pop()
        if what == "contents":
            result |= {"transactions": [], "logsBloom": "0x" + "00" * 256}
        if what == "hash":
            return result | {"hash": "0x" + "77" * 32}
        late = result | {"timestamp": hex(int(result["timestamp"], 16) + 20 * DAY)}
        return late | ({} if network == "foreign" else {"hash": to_hex(_hash_of_fields(late) or b"")})

    node.attempt = lying
    with contextlib.suppress(ChainUnavailable):
        operator.follower.step()
    assert not lies, "it was told"
    rounds(operator, node)
    assert operator.outcomes(record_id) == [Code.APPLIED]
    (outcome,) = operator.outcome_rows(record_id)
    assert (outcome.block_number, outcome.block_time) == (block, node.chain.block(block).timestamp)
    assert followed(operator) == node.chain.head()


def test_a_block_on_another_fork_is_not_followed(foreign: tuple[Operator, Hiding]) -> None:
    operator, node = foreign
    opened_shipment(operator, node)
    block = followed(operator)
    by_a_stranger(operator, node, operator.terms())
    honest = node.attempt
    answers = {hex(block + 1): {"parentHash": "0x" + "55" * 32}}

    def forked(method: str, *parameters: Any) -> Any:
        result = honest(method, *parameters)
        return result | answers.get(parameters[0], {}) if method == "eth_getBlockByNumber" else result

    node.attempt = forked  # type: ignore[method-assign]
    with pytest.raises(ChainUnavailable, match="does not follow"):
        operator.follower.step()
    assert followed(operator) == block
    node.attempt = honest  # type: ignore[method-assign]
    assert operator.follower.step().appended == 1


def test_one_wrong_word_about_when_an_override_may_move_puts_it_off_no_longer_than_the_delay(
    plain: tuple[Operator, Hiding],
) -> None:
    operator, node = plain
    shipment = opened_shipment(operator, node)
    override = Override(shipment, 0, MAKER, CARRIER, 10, 0, Withheld(b"\x05" * 32))
    (record_id,) = operator.accept(operator.sign(override, *COUNCIL[:2], CARRIER))
    honest, lies = node.attempt, ["once"]
    asks = encode_function("CustodyLedger", "overrideReadyAt", record_id)

    def lying(method: str, *parameters: Any) -> Any:
        if method == "eth_call" and parameters[0]["data"] == to_hex(asks) and lies:
            lies.pop()
            return to_hex((2**39).to_bytes(32, "big"))
        return honest(method, *parameters)

    node.attempt = lying  # type: ignore[method-assign]
    rounds(operator, node, 3)
    assert not lies, "it was told"
    assert operator.outcomes(record_id) == []
    operator.clock.advance(operator.deployment.genesis.delay + 2 * HOUR)
    rounds(operator, node)
    assert operator.outcomes(record_id) == [Code.APPLIED]


# --- the sender ------------------------------------------------------------------------------------------------------


def test_too_high_a_nonce_once_does_not_stop_the_sender_for_ever(plain: tuple[Operator, Hiding]) -> None:
    operator, node = plain
    used = node.chain.nonce(operator.relay_key.address)
    (shipment,) = operator.accept(operator.terms())
    node.twisted = {"eth_getTransactionCount": hex(used + 3)}
    with contextlib.suppress(ChainUnavailable):
        operator.relayer.step()
    (ours,) = operator.sender.unfinished()
    assert ours.nonce == used + 3
    node.twisted = {}
    rounds(operator, node, 12)
    assert operator.outcomes(shipment) == [Code.APPLIED]
    assert node.chain.nonce(operator.relay_key.address) == used + 4
    with operator.db.read() as connection:
        assert all(transactions.has_nonce(connection, operator.relay_key.address, used + i) for i in range(4))
    assert not operator.sender.unfinished()


def test_a_receipt_that_was_denied_until_it_was_given_up_is_noted_when_it_is_shown(
    plain: tuple[Operator, Hiding],
) -> None:
    operator, node = plain
    (shipment,) = operator.accept(operator.terms())
    operator.relayer.step()
    (ours,) = operator.sender.unfinished()
    node.chain.seal(operator.clock.now())
    node.without = {"0x" + ours.hash.hex()}
    rounds(operator, node, 4)
    assert operator.outcomes(shipment) == [Code.APPLIED], "its event was followed all the same"
    with operator.db.read() as connection:
        assert [t.state for t in transactions.of_record(connection, shipment)] == [transactions.DROPPED]
    node.without = set()
    rounds(operator, node, 4)
    with operator.db.read() as connection:
        (sent,) = transactions.of_record(connection, shipment)
    receipt = node.chain.receipt(ours.hash)
    assert receipt is not None
    assert (sent.state, sent.block_number) == (transactions.MINED, receipt.block)


@pytest.mark.parametrize("estimate", ["0x2", "0x0", hex(40_000)])
def test_too_low_an_estimate_does_not_stop_the_sender_for_ever(plain: tuple[Operator, Hiding], estimate: str) -> None:
    operator, node = plain
    (shipment,) = operator.accept(operator.terms())
    node.twisted = {"eth_estimateGas": estimate}
    rounds(operator, node, 2)
    assert operator.outcomes(shipment) == []
    node.twisted = {}
    rounds(operator, node, 12)
    assert operator.outcomes(shipment) == [Code.APPLIED]


def test_refused_bytes_are_signed_again_under_the_same_nonce(plain: tuple[Operator, Hiding]) -> None:
    """The node refuses these bytes for ever, so other bytes take their place."""
    operator, node = plain
    (shipment,) = operator.accept(operator.terms())
    node.twisted = {"eth_sendRawTransaction": Refusal("intrinsic gas too low", b"", False)}
    operator.relayer.step()
    (first,) = operator.sender.unfinished()
    node.twisted |= {"eth_estimateGas": hex(4_000_000)}
    operator.relayer.step()
    (again,) = operator.sender.unfinished()
    assert (again.nonce, again.intent) == (first.nonce, first.intent)
    assert again.hash != first.hash
    assert call_of(again.raw) == call_of(first.raw)
    node.twisted = {}
    rounds(operator, node, 12)
    assert operator.outcomes(shipment) == [Code.APPLIED]
    assert node.chain.nonce(operator.relay_key.address) == first.nonce + 1


def test_an_error_about_the_price_is_no_price(plain: tuple[Operator, Hiding]) -> None:
    operator, node = plain
    node.twisted = {"eth_gasPrice": Refusal("internal error", b"", False)}
    with pytest.raises(ChainUnavailable, match="internal error"):
        operator.chain.gas_price()
    node.twisted = {"eth_gasPrice": Refusal("the method does not exist", b"", False, is_unknown_method=True)}
    assert operator.chain.gas_price() == 0
