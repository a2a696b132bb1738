"""Nodes that answer as CometBFT's RPC does: one that replays what a real node said, and one over a chain of ours.

The second seals the blocks of any chain by validators on paper, so that exports can be tried where no network is.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from ledger import merkle
from ledger.chain.answers import Refusal
from ledger.chain.client import ChainReader
from ledger.chain.jsonrpc import Node
from ledger.seals.commit import Commit, SealedHeader
from ledger.seals.header import Header, Moment, Parts
from ledger.seals.results import EvmEvent, TransactionResult
from ledger.seals.storage import STORE, storage_key
from ledger.seals.validators import Validator
from scripts.vectors.keys import digest
from scripts.vectors.paper_network import PaperNetwork, PaperState, answer, log_message, result

AHEAD = Refusal("Internal error", b"", False)


class CapturedNode:
    """Answers with what was captured, by method and first parameter."""

    def __init__(self, captured: dict[str, Any]) -> None:
        self._captured = captured

    def attempt(self, method: str, *parameters: Any) -> Any:
        if method == "status":
            return self._captured[method]
        about = parameters[1] if method == "abci_query" else parameters[0]
        return self._captured[method].get(about, AHEAD)

    def attempt_many(self, method: str, questions: Sequence[Sequence[Any]]) -> list[Any]:
        return [self.attempt(method, *question) for question in questions]

    def doubt(self) -> None:
        """Nobody else can be asked."""

    def close(self) -> None:
        """Nothing is open."""


class SealingNode(CapturedNode):
    """The blocks of `chain`, as if validators on paper had sealed them. `contracts`: whose events it shows; `slots`:
    the (contract, slot) of which its state consists. After its newest block it makes empty ones.
    """

    def __init__(
        self, chain: ChainReader, contracts: Sequence[bytes], slots: Sequence[tuple[bytes, bytes]], paper: PaperNetwork
    ) -> None:
        super().__init__({})
        self._chain, self._contracts, self._slots, self.paper = chain, contracts, slots, paper
        self._header = cache(self._made)

    def attempt(self, method: str, *parameters: Any) -> Any:
        match method:
            case "status":
                return {"sync_info": {"latest_block_height": str(self._chain.head() + 2)}}
            case "commit":
                sealed = self.paper.seal(self._header(int(parameters[0])))
                header, commit = _header_json(sealed.header), _commit_json(sealed, self.paper.validators.validators)
                return {"signed_header": {"header": header, "commit": commit}, "canonical": True}
            case "block_results":
                results = [_result_json(one) for one in self._results(int(parameters[0]))]
                return {"height": parameters[0], "txs_results": results or None}
            case "validators":
                made = [_validator_json(one) for one in self.paper.validators.validators]
                return {"block_height": parameters[0], "validators": made, "count": "4", "total": str(len(made))}
            case "abci_query":
                return {"response": self._query(*parameters)}
        raise AssertionError(method)

    def _made(self, height: int) -> Header:
        block = self._chain.block(min(height, self._chain.head()))
        assert block is not None
        header = self.paper.header(height, block.timestamp)
        if height == 1:
            return header
        before = self._header(height - 1)
        hashes = [merkle.leaf_hash(one.encode()) for one in self._results(height - 1)]
        after = self.paper.after(before, merkle.root(hashes), self._state(height - 1).app_hash)
        return replace(after, time=header.time)

    def _results(self, height: int) -> list[TransactionResult]:
        if height > self._chain.head():
            return []
        logs = self._chain.events(height, height, list(self._contracts)).logs
        by_transaction: dict[bytes, list[bytes]] = {}
        for log in logs:
            event = EvmEvent(log.address, log.topics, log.data, log.block, log.transaction, log.index)
            by_transaction.setdefault(log.transaction, []).append(log_message(event))
        return [result(i, answer(name, messages)) for i, (name, messages) in enumerate(by_transaction.items())]

    def _state(self, height: int) -> PaperState:
        at = min(height, self._chain.head())
        words = {
            storage_key(contract, slot): self._chain.storage(contract, int.from_bytes(slot), block=at)
            for contract, slot in self._slots
        }
        rest = {storage_key(digest(f"contract/{n}")[:20], bytes(32)): digest(f"value/{n}") for n in range(3)}
        return PaperState(rest | {key: word for key, word in words.items() if any(word)}, height)

    def _query(self, path: str, key: str, height: str, prove: bool) -> dict[str, Any]:
        assert (path, prove) == (f"/store/{STORE.decode()}/key", True)
        state, name = self._state(int(height)), bytes.fromhex(key)
        proof = state.proof(name)
        value = state.value(name) if name in state.keys() else b""  # noqa: SIM118 - a list of keys, no dict
        ops = [
            {"type": "ics23:iavl", "key": _b64(name), "data": _b64(proof.slot)},
            {"type": "ics23:simple", "key": _b64(STORE), "data": _b64(proof.store)},
        ]
        return {"code": 0, "log": "", "value": _b64(value) if value else None, "proofOps": {"ops": ops}}


@contextmanager
def serving(node: Node) -> Iterator[str]:
    """The URL at which `node` answers JSON-RPC over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = node.attempt(asked["method"], *asked["params"])
            told = (
                {"error": {"code": -32603, "message": found.message}}
                if isinstance(found, Refusal)
                else {"result": found}
            )
            body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], **told}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
            """Nothing: a test says what is wrong."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- as the RPC writes it --------------------------------------------------------------------------------------------


def _header_json(header: Header) -> dict[str, Any]:
    hashes = {
        "last_commit_hash": header.lastCommitHash,
        "data_hash": header.dataHash,
        "validators_hash": header.validatorsHash,
        "next_validators_hash": header.nextValidatorsHash,
        "consensus_hash": header.consensusHash,
        "app_hash": header.appHash,
        "last_results_hash": header.lastResultsHash,
        "evidence_hash": header.evidenceHash,
        "proposer_address": header.proposer,
    }
    return {
        "version": {"block": str(header.blockVersion)},  # zero is left out
        "chain_id": header.chainId,
        "height": str(header.height),
        "time": _time(header.time),
        "last_block_id": {"hash": _hex(header.lastBlock.hash), "parts": _parts(header.lastBlock.parts)},
        **{name: _hex(value) for name, value in hashes.items()},
    }


def _commit_json(sealed: SealedHeader, validators: Sequence[Validator]) -> dict[str, Any]:
    commit: Commit = sealed.commit
    absent = {"block_id_flag": 1, "validator_address": "", "timestamp": "0001-01-01T00:00:00Z", "signature": None}
    signatures = [
        absent
        if vote is None
        else {
            "block_id_flag": 2,
            "validator_address": _hex(validator.address),
            "timestamp": _time(vote.time),
            "signature": _b64(vote.signature),
        }
        for validator, vote in zip(validators, commit.votes, strict=True)
    ]
    block_id = {"hash": _hex(sealed.header.hash()), "parts": _parts(commit.parts)}
    return {
        "height": str(sealed.header.height), "round": commit.round, "block_id": block_id, "signatures": signatures,
    }  # fmt: skip


def _result_json(one: TransactionResult) -> dict[str, Any]:
    return {
        "code": one.code, "data": _b64(one.data), "log": "", "info": "", "gas_wanted": str(one.gas_wanted),
        "gas_used": str(one.gas_used), "events": [], "codespace": "",
    }  # fmt: skip


def _validator_json(one: Validator) -> dict[str, Any]:
    key = {"type": "tendermint/PubKeyEd25519", "value": _b64(one.key)}
    return {"address": _hex(one.address), "pub_key": key, "voting_power": str(one.power), "proposer_priority": "0"}


def _parts(parts: Parts) -> dict[str, Any]:
    return {"total": parts.total, "hash": _hex(parts.hash)}


def _time(moment: Moment) -> str:
    whole = datetime.fromtimestamp(moment.seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{moment.nanos:09}".rstrip("0").rstrip(".")
    return f"{whole}{fraction}Z"


def _hex(data: bytes) -> str:
    return data.hex().upper()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
