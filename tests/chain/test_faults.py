"""Other libraries' errors never leave the chain layer, and node sentences mean what they should."""

import importlib
import inspect
from types import ModuleType

import pytest
import requests.exceptions

from ledger.chain.answers import Refusal, data_of, field_of, fixed_bytes, quantity, refusal_of, sent_of
from ledger.chain.client import Sent
from ledger.chain.faults import converted, translated
from ledger.chain.jsonrpc import result_of
from ledger.chain.rpc import RpcChain
from ledger.errors import ChainUnavailable, LadingError, Misconfigured, StorageFailed

LIBRARIES = [
    "eth.exceptions",
    "eth.vm.interrupt",
    "eth_abi.exceptions",
    "eth_keys.exceptions",
    "eth_tester.exceptions",
    "eth_utils.exceptions",
    "requests.exceptions",
    "rlp.exceptions",
    "sqlite3",
    "trie.exceptions",
    "urllib3.exceptions",
    "web3.exceptions",
]


def exceptions_of(module: ModuleType) -> list[type[Exception]]:
    found = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Exception)]
    return [kind for kind in found if not issubclass(kind, Warning | LadingError)]


@pytest.mark.parametrize("name", LIBRARIES)
def test_every_exception_of_every_library_is_converted(name: str) -> None:
    kinds = exceptions_of(importlib.import_module(name))
    assert kinds
    for kind in kinds:
        # Some want arguments, which say nothing here.
        error = type(kind.__name__, (kind,), {"__init__": lambda _: None, "__str__": lambda _: "made up"})()
        with pytest.raises((ChainUnavailable, StorageFailed)) as caught, translated("somewhere"):
            raise error
        assert caught.value.where == "somewhere"
        assert caught.value.__cause__ is error


def test_our_own_errors_pass_and_bugs_are_not_hidden() -> None:
    with pytest.raises(Misconfigured), translated("x"):
        raise Misconfigured("ours")
    with pytest.raises(ZeroDivisionError), translated("x"):
        raise ZeroDivisionError
    with pytest.raises(TypeError), translated("x"):
        raise TypeError
    assert len(str(converted(requests.exceptions.ConnectionError("x" * 10_000), "x"))) < 500


@pytest.mark.parametrize(
    ("sentence", "sent"),
    [
        ("already known", Sent.KNOWN),
        ("tx already in mempool", Sent.KNOWN),
        ("Known transaction", Sent.KNOWN),
        ("AlreadyKnown: already imported", Sent.KNOWN),
        ("nonce too low: next nonce 5, tx nonce 4", Sent.NONCE_USED),
        ("Nonce too low", Sent.NONCE_USED),
        ("invalid nonce; got 4, expected 5: invalid sequence", Sent.NONCE_USED),
        ("invalid nonce; got 6, expected 5: invalid sequence", Sent.NONCE_AHEAD),
        ("account sequence mismatch, tx: 3 state: 9: incorrect account sequence", Sent.NONCE_USED),
        ("nonce too high", Sent.NONCE_AHEAD),
        ("intrinsic gas too low", Sent.REFUSED),
        ("exceeds block gas limit", Sent.REFUSED),
        ("insufficient funds for gas * price + value", Sent.REFUSED),
        ("transaction underpriced", Sent.REFUSED),
        ("Sender account not authorized to send transactions: not permitted", Sent.REFUSED),
    ],
)
def test_what_nodes_say_of_a_transaction(sentence: str, sent: Sent) -> None:
    assert sent_of(Refusal(sentence, b"", is_revert=False)).sent is sent


def test_a_sentence_nobody_knows_means_unknown() -> None:
    with pytest.raises(ChainUnavailable, match="the frobnicator is full"):
        sent_of(Refusal("the frobnicator is full", b"", is_revert=False))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (429, "Your app has exceeded its compute units per second capacity."),
        (429, "limit exceeded"),
        (-32005, "daily request count exceeded, request rate limited"),
        (-32005, "project ID request rate exceeded"),
        (-32007, "50/second request limit reached - reduce calls per second or upgrade your plan"),
        (-32029, "Rate limit exceeded"),
        (-32090, "Too many requests, reason: call rate limit exhausted, retry in 10s"),
        (-32000, "monthly quota reached"),
    ],
)
def test_a_node_that_is_asked_too_often_is_away_for_a_while(code: int, message: str) -> None:
    """In an answer that HTTP calls a success. To ask for less at once, as where a range is too wide, is to ask more."""
    with pytest.raises(ChainUnavailable, match="asked too often"):
        result_of({"error": {"code": code, "message": message}}, "eth_getLogs")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (-32005, "query returned more than 10000 results"),
        (-32005, "limit exceeded"),
        (-32005, "block range too wide"),
        (-32614, "eth_getLogs is limited to a 10,000 range"),
        (-32602, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range"),
        (-32000, "exceed maximum block range: 5000"),
        (35, "ranges over 10000 blocks are not supported on freetier"),
        (-32000, "query exceeds max results 20000, retry with the range 1-2000"),
    ],
)
def test_a_node_that_is_asked_for_too_much_refuses(code: int, message: str) -> None:
    assert result_of({"error": {"code": code, "message": message}}, "eth_getLogs") == Refusal(message, b"", False)


def test_a_call_that_reverts_with_such_words_has_reverted() -> None:
    refused = result_of({"error": {"code": 3, "message": "execution reverted: one claim per day"}}, "eth_call")
    assert refused.is_revert
    assert result_of({"error": "too many requests"}, "eth_call") == Refusal("too many requests", b"", False)


def test_revert_data_is_found_where_nodes_put_it() -> None:
    for error in (
        {"code": 3, "message": "execution reverted", "data": "0x1234"},
        {"code": -32000, "message": "execution reverted", "data": {"data": "0x1234"}},
        {"code": -32015, "message": "VM execution error: revert", "data": "Reverted 0x1234"},
    ):
        refusal = refusal_of(error)
        assert refusal.is_revert
        assert refusal.data == bytes.fromhex("1234")
    assert not refusal_of({"code": -32601, "message": "no such method"}).is_revert
    assert refusal_of("gone mad").message == "gone mad"


def test_nonsense_in_answers_is_chain_unavailable() -> None:
    value: object
    for value in (None, 7, "7", "0x", "0xzz", "0x" + "1" * 65, [], {}):
        with pytest.raises(ChainUnavailable):
            quantity(value, "number")
    for value in (None, 7, "00", "0x0", "0xgg", [], {}):
        with pytest.raises(ChainUnavailable):
            data_of(value, "data")
    with pytest.raises(ChainUnavailable):
        fixed_bytes("0x00", 32, "hash")
    with pytest.raises(ChainUnavailable):
        field_of([], "number")
    with pytest.raises(ChainUnavailable):
        field_of({}, "number")


def test_nobody_listening_is_chain_unavailable() -> None:
    with pytest.raises(ChainUnavailable):
        RpcChain("http://127.0.0.1:9").head()
