"""A JSON-RPC node in this process: the embedded chain, answering as networks do. No socket, no mock of a chain.

It can answer as a node that has fallen behind (`head`), and as one of a network whose hashes are not those of Ethereum
headers (`foreign`): then nothing in a header proves anything, as with CometBFT.
"""

import re
from collections.abc import Sequence
from typing import Any

from eth._utils.address import generate_contract_address

from ledger.chain.answers import Refusal, fixed_bytes
from ledger.chain.client import Sent
from ledger.chain.embedded import EmbeddedChain
from ledger.common.keccak import keccak256

EMPTY_ROOT = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
_BLOOM_BYTES = 256


class EmbeddedNode:
    """Answers questions about `chain`; `foreign` as said above."""

    def __init__(self, chain: EmbeddedChain, *, foreign: bool = False) -> None:
        self.chain = chain
        self.foreign = foreign

    def attempt(self, method: str, *parameters: Any) -> Any:
        return self.answer(method, parameters, self.chain.head())

    def attempt_many(self, method: str, questions: Sequence[Sequence[Any]]) -> list[Any]:
        return [self.attempt(method, *one) for one in questions]

    def doubt(self) -> None:
        """There is no other."""

    def close(self) -> None:
        pass

    def answer(self, method: str, parameters: Sequence[Any], head: int) -> Any:
        """The result or the refusal of a node whose newest block is `head`."""
        name = re.sub("([A-Z])", lambda capital: "_" + capital[1].lower(), method.removeprefix("eth_"))
        result = getattr(self, f"_ask_{name}")(head, *parameters)
        return rehashed(result) if self.foreign else result

    # --- questions ---------------------------------------------------------------------------------------------------

    def _ask_chain_id(self, _: int) -> str:
        return hex(self.chain.chain_id)

    def _ask_block_number(self, head: int) -> str:
        return hex(head)

    def _ask_gas_price(self, _: int) -> str:
        return "0x0"

    def _ask_estimate_gas(self, _: int, __: dict[str, str]) -> str:
        return hex(3_000_000)

    def _ask_get_block_by_number(self, head: int, tag: str, _: bool) -> Any:
        number = head if tag in ("latest", "finalized") else int(tag, 16)
        return self._block(number) if number <= head else None

    def _ask_get_transaction_count(self, head: int, address: str, _: str) -> str:
        chain = self.chain
        return hex(chain._chain.get_vm(chain._header(head)).state.get_nonce(bytes.fromhex(address[2:])))

    def _ask_send_raw_transaction(self, _: int, raw: str) -> Any:
        data = bytes.fromhex(raw[2:])
        result = self.chain.send(data)
        if result.sent is Sent.ACCEPTED:
            return _hex(keccak256(data))
        words = {Sent.KNOWN: "already known", Sent.NONCE_USED: "nonce too low", Sent.NONCE_AHEAD: "nonce too high"}
        return Refusal(words.get(result.sent, f"invalid sender: {result.reason}"), b"", False)

    def _ask_get_transaction_by_hash(self, head: int, transaction: str) -> Any:
        place = self.chain._place(bytes.fromhex(transaction[2:]))
        if place is None or place[0] > head:
            return None
        sent = self.chain._chain.get_canonical_transaction_by_index(*place)
        to = _hex(sent.to) if sent.to else None
        return {"blockNumber": hex(place[0]), "from": _hex(sent.sender), "to": to, "input": _hex(sent.data)}

    def _ask_get_transaction_receipt(self, head: int, transaction: str) -> Any:
        place = self.chain._place(bytes.fromhex(transaction[2:]))
        return None if place is None or place[0] > head else self._receipts(place[0])[place[1]]

    def _ask_get_block_receipts(self, head: int, number: str) -> Any:
        return self._receipts(int(number, 16)) if int(number, 16) <= head else None

    def _ask_get_logs(self, head: int, asked: dict[str, Any]) -> list[Any]:
        last = min(int(asked["toBlock"], 16), head)
        return [
            log
            for number in range(int(asked["fromBlock"], 16), last + 1)
            for receipt in self._receipts(number)
            for log in receipt["logs"]
            if log["address"] in asked["address"]
        ]

    def _ask_call(self, head: int, call: dict[str, str], tag: str) -> Any:
        newest = tag == "latest" and head == self.chain.head()
        block = None if newest else min(head if tag == "latest" else int(tag, 16), head)
        sender, to = bytes.fromhex(call["from"][2:]), bytes.fromhex(call["to"][2:])
        result = self.chain.call(to, bytes.fromhex(call["data"][2:]), sender=sender, block=block)
        return _hex(result.output) if result.succeeded else Refusal("execution reverted", result.output, True)

    def _ask_get_code(self, _: int, address: str, __: str) -> str:
        return _hex(self.chain.code(bytes.fromhex(address[2:])))

    def _ask_get_storage_at(self, head: int, address: str, slot: str, tag: str) -> str:
        block = min(head if tag == "latest" else int(tag, 16), head)
        return _hex(self.chain.storage(bytes.fromhex(address[2:]), int(slot, 16), block=block))

    # --- what a node keeps -------------------------------------------------------------------------------------------

    def _block(self, number: int) -> dict[str, Any]:
        header = self.chain._header(number)
        return {
            "number": hex(number),
            "hash": _hex(header.hash),
            "parentHash": _hex(header.parent_hash),
            "sha3Uncles": _hex(header.uncles_hash),
            "miner": _hex(header.coinbase),
            "stateRoot": _hex(header.state_root),
            "transactionsRoot": _hex(header.transaction_root),
            "receiptsRoot": _hex(header.receipt_root),
            "logsBloom": _hex(header.bloom.to_bytes(_BLOOM_BYTES, "big")),
            "difficulty": hex(header.difficulty),
            "gasLimit": hex(header.gas_limit),
            "gasUsed": hex(header.gas_used),
            "timestamp": hex(header.timestamp),
            "extraData": _hex(header.extra_data),
            "mixHash": _hex(header.mix_hash),
            "nonce": _hex(header.nonce),
            "baseFeePerGas": hex(header.base_fee_per_gas),
            "withdrawalsRoot": _hex(header.withdrawals_root),
            "blobGasUsed": hex(header.blob_gas_used),
            "excessBlobGas": hex(header.excess_blob_gas),
            "parentBeaconBlockRoot": _hex(header.parent_beacon_block_root),
            "transactions": [_hex(one) for one in self.chain._contents(header).hashes] if number else [],
        }

    def _receipts(self, number: int) -> list[dict[str, Any]]:
        header = self.chain._header(number)
        contents = self.chain._contents(header)
        transactions = self.chain._kind(header).get_transaction_builder()
        result: list[dict[str, Any]] = []
        before = index = 0
        for transaction, signed, receipt in zip(contents.hashes, contents.transactions, contents.receipts, strict=True):
            sent = transactions.decode(signed)
            place = {"blockNumber": hex(number), "blockHash": _hex(header.hash), "transactionHash": _hex(transaction)}
            logs = [
                place | {
                    "address": _hex(log.address),
                    "topics": [_hex(topic) for topic in log.topics],
                    "data": _hex(log.data),
                    "logIndex": hex(index + i),
                }
                for i, log in enumerate(receipt.logs)
            ]  # fmt: skip
            created = None if sent.to else _hex(generate_contract_address(sent.sender, sent.nonce))
            result.append(
                place
                | {
                    "status": "0x1" if receipt.state_root == b"\x01" else "0x0",
                    "gasUsed": hex(receipt.gas_used - before),
                    "cumulativeGasUsed": hex(receipt.gas_used),
                    "contractAddress": created,
                    "type": "0x0",
                    "logs": logs,
                }
            )
            before, index = receipt.gas_used, index + len(logs)
        return result


def foreign_hash(value: str) -> str:
    """Another hash for a block than that of its header."""
    return _hex(keccak256(b"not the header's" + fixed_bytes(value, 32, "hash")))


def rehashed(result: Any) -> Any:
    """An answer as a network gives it that does not hash Ethereum headers, nor keeps a root of receipts."""
    if isinstance(result, list):
        return [rehashed(one) for one in result]
    if not isinstance(result, dict):
        return result
    changed = {name: foreign_hash(result[name]) for name in ("hash", "parentHash", "blockHash") if name in result}
    if "receiptsRoot" in result:
        changed["receiptsRoot"] = EMPTY_ROOT
    if "logs" in result:
        changed["logs"] = rehashed(result["logs"])
    return result | changed


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
