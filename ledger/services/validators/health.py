"""How the validators on this machine are: whether each runs, how far it has come, whom it is connected to."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any

from ledger.errors import Unavailable
from ledger.services.validators.folder import Network, Validator
from ledger.services.validators.processes import last_words, running

ANSWER_SECONDS = 3
MOST_ANSWER = 4 * 1024 * 1024
START_SECONDS = 120
LATE_SECONDS = 20
"""Without a block for so long, the network stands still. A validator that is away costs the others a few seconds."""
MOST_BEHIND = 20
"""Blocks that a validator may lag behind the others without being called so."""
_POLL_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Condition:
    """A validator's answer about itself; without one, `height` is None. `block_time` is its newest block's."""

    name: str
    process: int | None
    height: int | None = None
    block_time: int | None = None
    catching_up: bool = False
    peers: tuple[str, ...] = ()
    json_rpc: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "up": self.process is not None,
            "process": self.process,
            "height": self.height,
            "newestBlock": self.block_time,
            "catchingUp": self.catching_up,
            "peers": list(self.peers),
        }

    def faults(self, network: Network, highest: int, now: int) -> list[str]:
        """What is wrong with it, in words; nothing when it is well."""
        if self.process is None:
            return ["not running"]
        if self.height is None or self.block_time is None:
            return ["runs, but does not answer"]
        found = [] if self.json_rpc else ["JSON-RPC does not answer"]
        if self.catching_up or self.height < highest - MOST_BEHIND:
            found.append(f"{highest - self.height} blocks behind")
        if len(self.peers) < network.members - 1:
            found.append(f"connected to {len(self.peers)} of {network.members - 1}")
        if now - self.block_time > LATE_SECONDS + network.block_ms // 1000:
            found.append(f"no block for {now - self.block_time} s")
        return found


def conditions(network: Network) -> list[Condition]:
    """Each validator, asked now."""
    return [_condition(validator) for validator in network.validators]


def wait_for_blocks(network: Network, sleep: Callable[[float], None] = time.sleep) -> int:
    """Wait until every validator here has made a block since it was started, and answers; the lowest height.

    Raises `Unavailable` when one ended, or after `START_SECONDS`.
    """
    first: dict[str, int] = {}
    for _ in range(int(START_SECONDS / _POLL_SECONDS)):
        found = conditions(network)
        for each, validator in zip(found, network.validators, strict=True):
            if each.process is None:
                raise Unavailable("it ended", where=each.name, found=last_words(validator), mend="See its node.log.")
            if each.height is not None and each.json_rpc:
                first.setdefault(each.name, each.height)
        heights = [
            each.height for each in found if each.height is not None and each.height > first.get(each.name, each.height)
        ]
        if len(heights) == len(found):
            return min(heights)
        sleep(_POLL_SECONDS)
    raise Unavailable(
        f"no blocks within {START_SECONDS} s",
        where=", ".join(sorted({each.name for each in network.validators} - first.keys())) or str(network.folder),
        expected=f"more than two thirds of {network.members} validators",
        mend="What was started goes on trying. The others' validators must run too; see node.log.",
    )


def _condition(validator: Validator) -> Condition:
    process = running(validator)
    if process is None:
        return Condition(validator.name, None)
    try:
        sync = _ask(f"{validator.comet}/status")["result"]["sync_info"]
        peers = _ask(f"{validator.comet}/net_info")["result"]["peers"]
        return Condition(
            validator.name,
            process,
            int(sync["latest_block_height"]),
            int(datetime.fromisoformat(sync["latest_block_time"][:19] + "+00:00").timestamp()),
            bool(sync["catching_up"]),
            tuple(sorted(str(peer["node_info"]["moniker"]) for peer in peers)),
            _speaks_json_rpc(validator),
        )
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return Condition(validator.name, process)


def _speaks_json_rpc(validator: Validator) -> bool:
    question = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}).encode()
    try:
        return int(_ask(validator.json_rpc, question)["result"], 16) > 0
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return False


def _ask(url: str, question: bytes | None = None) -> Any:
    """The JSON that a validator on this machine answers."""
    request = urllib.request.Request(url, data=question, headers={"Content-Type": "application/json"})  # noqa: S310 ours
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 the same
        return json.loads(answer.read(MOST_ANSWER))
