"""The files that `lading-node` runs on, as text: keys in CometBFT's JSON, settings in its TOML.

Only settings that differ from the program's own are written.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.services.validators.plan import Member, NetworkPlan

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - only listed peers are let in
PROPOSE_MS = 1000
"""How long the others wait for the proposal of a validator that is away, before they go on without it."""
ACCOUNT_SLOTS, ALL_SLOTS = 2048, 16_384
"""Transactions in the pool of one sender and of all: a relayer keeps many on their way."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a validator listens. All but `peer` on this machine alone."""

    json_rpc: int
    websocket: int
    comet: int
    peer: int


@dataclass(frozen=True, slots=True)
class ValidatorKeys:
    """The secret keys of a validator: for its votes, and for its connections."""

    vote: Ed25519PrivateKey
    node: Ed25519PrivateKey

    @classmethod
    def new(cls) -> "ValidatorKeys":
        """Keys from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate())

    def member(self, name: str, peer_address: str) -> Member:
        """What the others must know of the validator with these keys."""
        public = [key.public_key().public_bytes_raw() for key in (self.vote, self.node)]
        return Member(name, public[0], public[1], peer_address)


def vote_key_file(keys: ValidatorKeys, member: Member) -> bytes:
    """`priv_validator_key.json`. Whoever has it votes as this validator."""
    return _json(
        {
            "address": member.address.hex().upper(),
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": b64encode(member.vote_key).decode()},
            "priv_key": _private(keys.vote, member.vote_key),
        }
    )


def node_key_file(keys: ValidatorKeys, member: Member) -> bytes:
    """`node_key.json`. Whoever has it is let in by the validator's peers."""
    return _json({"priv_key": _private(keys.node, member.node_key)})


def vote_state_file() -> bytes:
    """`priv_validator_state.json` before the first vote. It must never be put back to an older one: a validator that
    votes twice on a height proves itself a liar.
    """
    return _json({"height": "0", "round": 0, "step": 0})


def comet_settings(plan: NetworkPlan, me: Member, members: Sequence[Member], ports: Ports) -> str:
    """`config.toml`. Only the other members may connect: strangers find no free place, and none is told of peers."""
    others = [member for member in members if member != me]
    at_home = me.peer_address.startswith(f"{LOOPBACK}:")
    return f"""\
moniker = {_text(me.name)}
log_level = "warn"
log_format = "plain"
log_no_color = true

[rpc]
laddr = "tcp://{LOOPBACK}:{ports.comet}"
pprof_laddr = ""

[p2p]
laddr = "tcp://{LOOPBACK if at_home else EVERYWHERE}:{ports.peer}"
persistent_peers = {_text(",".join(f"{member.node_id}@{member.peer_address}" for member in others))}
unconditional_peer_ids = {_text(",".join(member.node_id for member in others))}
max_num_inbound_peers = 0
max_num_outbound_peers = 0
pex = false
addr_book_strict = false
allow_duplicate_ip = true

[mempool]
type = "app"

[consensus]
timeout_propose = "{max(plan.block_ms, PROPOSE_MS)}ms"
timeout_commit = "{plan.block_ms}ms"

[tx_index]
indexer = "kv"
"""


def application_settings(plan: NetworkPlan, ports: Ports) -> str:
    """`app.toml`. JSON-RPC answers on this machine alone: give it to others through a proxy with TLS, if at all."""
    return f"""\
minimum-gas-prices = "0agas"
pruning = "default"

[api]
enable = false

[grpc]
enable = false

[mempool]
max-txs = 0

[evm]
evm-chain-id = {plan.chain_id}

[evm.mempool]
account-slots = {ACCOUNT_SLOTS}
global-slots = {ALL_SLOTS}
account-queue = {ACCOUNT_SLOTS}
global-queue = {ALL_SLOTS}

[json-rpc]
enable = true
address = "{LOOPBACK}:{ports.json_rpc}"
ws-address = "{LOOPBACK}:{ports.websocket}"
api = "eth,net,web3,txpool"
gas-cap = {plan.block_gas}
allow-insecure-unlock = false
"""


def _private(key: Ed25519PrivateKey, public: bytes) -> dict[str, str]:
    return {
        "type": "tendermint/PrivKeyEd25519",
        "value": b64encode(key.private_bytes_raw() + public).decode(),
    }


def _text(text: str) -> str:
    """A TOML string: JSON's escapes are among TOML's."""
    return json.dumps(text)


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, indent=2).encode() + b"\n"
