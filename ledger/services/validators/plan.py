"""What a network is founded with: its members, its settings, and who may send. Values only."""

import hashlib
from dataclasses import dataclass

from ledger.common.ids import checksum_address
from ledger.errors import Misconfigured
from ledger.records.signing import MOST_CHAIN_ID

MOST_VALIDATORS = 50
LEAST_BLOCK_MS, MOST_BLOCK_MS = 100, 60_000
LEAST_BLOCK_GAS, MOST_BLOCK_GAS = 10_000_000, 1_000_000_000


@dataclass(frozen=True, slots=True)
class Member:
    """What the others must know of a validator: its Ed25519 keys for votes and for peers, and where it listens."""

    name: str
    vote_key: bytes
    node_key: bytes
    peer_address: str
    """`host:port` at which the other validators reach it."""

    @property
    def address(self) -> bytes:
        """By which CometBFT names its votes: 20 bytes of SHA-256."""
        return hashlib.sha256(self.vote_key).digest()[:20]

    @property
    def node_id(self) -> str:
        """By which its peers know it, in hex."""
        return hashlib.sha256(self.node_key).digest()[:20].hex()


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """The settings that all validators share. Each is part of the genesis, but for the time between blocks.

    `creators` may create contracts and send transactions, `senders` may send; with `anybody` everybody may do both.
    `least_billed_percent` of a transaction's gas limit is billed at least.
    """

    chain_id: int
    genesis_time: int
    creators: tuple[bytes, ...] = ()
    senders: tuple[bytes, ...] = ()
    anybody: bool = False
    block_ms: int = 1000
    block_gas: int = 60_000_000
    least_billed_percent: int = 50

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("--chain-id", self.chain_id, 1, MOST_CHAIN_ID),
            ("--block-ms", self.block_ms, LEAST_BLOCK_MS, MOST_BLOCK_MS),
            ("--block-gas", self.block_gas, LEAST_BLOCK_GAS, MOST_BLOCK_GAS),
            ("--least-billed", self.least_billed_percent, 0, 100),
        ):
            if not least <= value <= most:
                raise Misconfigured("out of range", where=name, expected=f"{least} to {most}", found=value)
        if not self.anybody and not self.creators:
            raise Misconfigured(
                "nobody could found a consortium on this network",
                where="--creator",
                expected="the address of each operator's relayer",
                mend="`lading keys show relayer` prints it; or --anybody, for a trial.",
            )
        if self.anybody and (self.creators or self.senders):
            raise Misconfigured("lists and --anybody exclude each other", where="--anybody")
        for address in (*self.creators, *self.senders):
            if not any(address):
                raise Misconfigured("nobody has this address", where="--creator", found=checksum_address(address))

    @property
    def callers(self) -> tuple[bytes, ...]:
        """Who may send transactions, in order."""
        return tuple(sorted({*self.creators, *self.senders}))

    @property
    def cosmos_chain_id(self) -> str:
        """The name that CometBFT signs into every vote."""
        return f"lading-{self.chain_id}"
