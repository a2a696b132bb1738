"""What a CometBFT node tells of its blocks: headers with their commits, results, validators, proofs of storage.

It is asked over its own RPC, beside the JSON-RPC of the EVM. Nothing here is believed: whoever uses the answers
checks them by the validators' seals (`ledger.seals`).

Source: CometBFT v0.39, `rpc/openapi/openapi.yaml`.
"""

import base64
import binascii
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from ledger.chain.answers import Refusal, shown
from ledger.chain.jsonrpc import HttpNode, Node, ask
from ledger.errors import ChainUnavailable
from ledger.seals.commit import Commit, SealedHeader, Vote
from ledger.seals.header import BlockId, Header, Moment, Parts
from ledger.seals.results import TransactionResult
from ledger.seals.storage import STORE, StorageProof, storage_key
from ledger.seals.validators import Validator

_VOTED_FOR_BLOCK = 2
_ED25519 = "tendermint/PubKeyEd25519"
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")
_PER_PAGE = 100
_PATIENCE = 15.0
"""Seconds that a block may take to come; on the reference network it is one or two."""
_PAUSE = 0.25


class CometNode:
    """A node behind the URL of its CometBFT RPC. Its answers are `ChainUnavailable` where they make no sense."""

    def __init__(self, node: str | Node) -> None:
        self._node = HttpNode(node) if isinstance(node, str) else node

    def close(self) -> None:
        self._node.close()

    def latest(self) -> int:
        """The height of the newest block."""
        with _sense("status"):
            return int(ask(self._node, "status")["sync_info"]["latest_block_height"])

    def sealed_header(self, height: int) -> SealedHeader:
        """The header at `height` with its commit; waits some seconds for a block that is about to come."""
        deadline = time.monotonic() + _PATIENCE
        while isinstance(answer := self._node.attempt("commit", str(height)), Refusal):
            if time.monotonic() > deadline:
                raise ChainUnavailable(
                    answer.message,
                    where=f"commit of block {height}",
                    mend="The node has not got that block yet, or keeps it no longer.",
                )
            time.sleep(_PAUSE)
        with _sense("commit"):
            signed = answer["signed_header"]
            sealed = SealedHeader(_header(signed["header"]), _commit(signed["commit"]))
        if sealed.header.height != height:
            raise ChainUnavailable("another block", where="commit", expected=height, found=sealed.header.height)
        return sealed

    def results(self, height: int) -> list[TransactionResult]:
        """What all transactions of the block did, in their order."""
        with _sense("block_results"):
            results = ask(self._node, "block_results", str(height))["txs_results"] or []
            return [_result(index, one) for index, one in enumerate(results)]

    def validators(self, height: int) -> list[Validator]:
        """Those who seal the block, in the order of their set."""
        found: list[Validator] = []
        with _sense("validators"):
            while True:
                page = len(found) // _PER_PAGE + 1
                answer = ask(self._node, "validators", str(height), str(page), str(_PER_PAGE))
                new = [_validator(one) for one in answer["validators"]]
                found += new
                if not new or len(found) >= int(answer["total"]):
                    return found

    def storage(self, contract: bytes, slot: bytes, height: int) -> tuple[StorageProof, bytes]:
        """What `contract` keeps in `slot` (32 bytes) after block `height`, empty for nothing, and the proof of it."""
        key = storage_key(contract, slot)
        with _sense("abci_query"):
            path = f"/store/{STORE.decode()}/key"
            answer = ask(self._node, "abci_query", path, key.hex(), str(height), True)["response"]
            if answer.get("code"):
                raise ChainUnavailable(shown(answer.get("log"), 300), where=f"state after block {height}")
            slot_proof, store_proof = (_bytes(one["data"]) for one in answer["proofOps"]["ops"])
            return StorageProof(slot_proof, store_proof), _bytes(answer.get("value"))


@contextmanager
def _sense(method: str) -> Iterator[None]:
    """Whatever an answer lacks, or has in another form, is `ChainUnavailable`."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise ChainUnavailable(
            f"the answer makes no sense ({type(error).__name__})",
            where=method,
            expected="the RPC of CometBFT v0.38 or later",
            mend="LADING_COMETBFT names CometBFT's own RPC (port 26657), not that of the EVM.",
        ) from None


def _header(value: dict[str, Any]) -> Header:
    return Header(
        blockVersion=int(value["version"].get("block", 0)),
        appVersion=int(value["version"].get("app", 0)),
        chainId=value["chain_id"],
        height=int(value["height"]),
        time=_moment(value["time"]),
        lastBlock=BlockId(_hex(value["last_block_id"]["hash"]), _parts(value["last_block_id"]["parts"])),
        lastCommitHash=_hex(value["last_commit_hash"]),
        dataHash=_hex(value["data_hash"]),
        validatorsHash=_hex(value["validators_hash"]),
        nextValidatorsHash=_hex(value["next_validators_hash"]),
        consensusHash=_hex(value["consensus_hash"]),
        appHash=_hex(value["app_hash"]),
        lastResultsHash=_hex(value["last_results_hash"]),
        evidenceHash=_hex(value["evidence_hash"]),
        proposer=_hex(value["proposer_address"]),
    )


def _commit(value: dict[str, Any]) -> Commit:
    votes = (_vote(one) for one in value["signatures"])
    return Commit(int(value["round"]), _parts(value["block_id"]["parts"]), tuple(votes))


def _vote(value: dict[str, Any]) -> Vote | None:
    if value["block_id_flag"] != _VOTED_FOR_BLOCK:
        return None
    return Vote(_moment(value["timestamp"]), _bytes(value["signature"]))


def _result(index: int, value: dict[str, Any]) -> TransactionResult:
    code, wanted, used = (int(value.get(name) or 0) for name in ("code", "gas_wanted", "gas_used"))
    return TransactionResult(index, code, _bytes(value.get("data")), wanted, used)


def _validator(value: dict[str, Any]) -> Validator:
    if value["pub_key"]["type"] != _ED25519:
        raise ChainUnavailable("no Ed25519 key", where="validators", found=shown(value["pub_key"]["type"]))
    return Validator(_bytes(value["pub_key"]["value"]), int(value["voting_power"]))


def _parts(value: dict[str, Any]) -> Parts:
    return Parts(int(value["total"]), _hex(value["hash"]))


def _moment(text: str) -> Moment:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    seconds = datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp()
    return Moment(int(seconds), int((match[2] or "").ljust(9, "0")))


def _hex(text: str) -> bytes:
    return bytes.fromhex(text)


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "", validate=True)
