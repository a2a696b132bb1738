"""Reading what a JSON-RPC node answers: hex to bytes and numbers, and error sentences to what they mean.

There is no standard for the sentences. Those below are geth's, Besu's, Nethermind's, Reth's, anvil's and Cosmos EVM's.
A sentence nobody knows means *unknown*: it raises `ChainUnavailable`, and the sender asks for the receipt.
"""

import re
from dataclasses import dataclass
from typing import Any

from ledger.chain.client import SendResult, Sent
from ledger.errors import ChainUnavailable

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_SEQUENCE = re.compile(r"(?:got|tx:?)\s*(\d+)\D+(?:expected|state:?)\s*(\d+)")

_METHOD_NOT_FOUND = -32601
"""JSON-RPC 2.0, section 5.1."""
_TOO_MANY_REQUESTS = 429
"""HTTP's, which some providers put into an answer that HTTP calls a success."""
_TOO_OFTEN = re.compile(
    r"rate.?limit|request rate|too many requests|requests? (?:limit|count|quota)|throttl|slow down"
    r"|(?:per|/) ?(?:second|sec|minute|min|hour|day)\b|compute units|(?:daily|monthly) (?:limit|quota)",
    re.IGNORECASE,
)
_TOO_MUCH = re.compile(r"range|results|response size|\blogs\b|\bblocks\b", re.IGNORECASE)
"""What was asked for at once. Codes tell nothing: -32005 stands for this, and for how often was asked."""

_KNOWN = ("already known", "known transaction", "already imported", "already in mempool", "tx already in cache")
_NONCE_USED = ("nonce too low", "nonce is too low", "nonce too small", "oldnonce", "old nonce")
_NONCE_AHEAD = ("nonce too high", "nonce too far in the future", "nonce gap")
_WRONG_SEQUENCE = ("invalid nonce", "incorrect account sequence", "invalid sequence")
_REFUSED = (
    "intrinsic gas",
    "exceeds block gas limit",
    "exceeds the block gas limit",
    "exceeds transaction gas limit",
    "gas limit too high",
    "insufficient funds",
    "insufficient balance",
    "underpriced",
    "less than block base fee",
    "gas price below",
    "gas price is too low",
    "insufficient fee",
    "invalid sender",
    "invalid signature",
    "invalid chain id",
    "invalid chainid",
    "oversized data",
    "exceeds the configured cap",
    "not permitted",
    "sender is not authorized",
    "tx type not supported",
    "transaction type not supported",
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A node's error: its sentence, and the revert data where a call reverted."""

    message: str
    data: bytes
    is_revert: bool
    is_unknown_method: bool = False


def shown(said: Any, most: int = 80) -> str:
    """What a node said, so that any file, database or answer takes it: JSON can hold what no text in UTF-8 can."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(said)[:most])


def refusal_of(error: Any) -> Refusal:
    """What the `error` member of a JSON-RPC answer says."""
    if not isinstance(error, dict):
        return Refusal(shown(error, 300), b"", False)
    message = shown(error.get("message", "no reason given"), 300)
    data = error.get("data")
    if isinstance(data, dict):  # some wrap it once more
        data = data.get("data", data.get("result"))
    text = data.removeprefix("Reverted ") if isinstance(data, str) else ""
    result = bytes.fromhex(text[2:]) if _DATA.fullmatch(text) else b""
    # Code 3 is geth's for a revert; others say it in the sentence.
    is_revert = error.get("code") == 3 or "revert" in message.lower()
    return Refusal(message, result, is_revert, error.get("code") == _METHOD_NOT_FOUND)


def is_too_often(error: Any) -> bool:
    """Whether the `error` member of an answer says that the node was asked too often, not that it was asked for too
    much at once: then asking for less, and so more often, makes it worse."""
    if not isinstance(error, dict):
        return False
    message = str(error.get("message", ""))[:300]
    if error.get("code") == _TOO_MANY_REQUESTS:
        return True
    return _TOO_OFTEN.search(message) is not None and _TOO_MUCH.search(message) is None


def sent_of(refusal: Refusal) -> SendResult:
    """What a refused `eth_sendRawTransaction` means; raises `ChainUnavailable` for a sentence nobody knows."""
    text = refusal.message.lower()
    if any(phrase in text for phrase in _KNOWN):
        return SendResult(Sent.KNOWN, refusal.message)
    if any(phrase in text for phrase in _NONCE_USED):
        return SendResult(Sent.NONCE_USED, refusal.message)
    if any(phrase in text for phrase in _NONCE_AHEAD):
        return SendResult(Sent.NONCE_AHEAD, refusal.message)
    if any(phrase in text for phrase in _WRONG_SEQUENCE):
        if numbers := _SEQUENCE.search(text):
            ahead = int(numbers[1]) > int(numbers[2])
            return SendResult(Sent.NONCE_AHEAD if ahead else Sent.NONCE_USED, refusal.message)
        return SendResult(Sent.NONCE_USED, refusal.message)
    if any(phrase in text for phrase in _REFUSED):
        return SendResult(Sent.REFUSED, refusal.message)
    raise ChainUnavailable(refusal.message, where="send")


def field_of(answer: Any, name: str) -> Any:
    if not isinstance(answer, dict) or name not in answer:
        raise ChainUnavailable("the answer lacks a field", where=name)
    return answer[name]


def quantity(value: Any, where: str) -> int:
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise ChainUnavailable("not a number", where=where, expected="hex", found=shown(value))
    return int(value, 16)


def count(value: Any, where: str) -> int:
    """A number that counts something (blocks, seconds, transactions): none is near 2⁵³."""
    number = quantity(value, where)
    if number >= 2**53:
        raise ChainUnavailable("a number beyond all measure", where=where, found=shown(value))
    return number


def data_of(value: Any, where: str) -> bytes:
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise ChainUnavailable("not bytes", where=where, expected="hex", found=shown(value))
    return bytes.fromhex(value[2:])


def fixed_bytes(value: Any, length: int, where: str) -> bytes:
    data = data_of(value, where)
    if len(data) != length:
        raise ChainUnavailable("wrong length", where=where, expected=f"{length} bytes", found=len(data))
    return data
