"""Putting a consortium's contracts on a chain, once.

The deployer's transactions have nonces 0, 1, 2, … in a fixed order and its signatures are deterministic, so every
address is known beforehand. Whatever stands at an address is looked at before anything is sent: a deployment that
crashed is finished by running it again, and one that is complete sends nothing. The deployer keeps no power; the
council opens the contracts by `RegistryChange` records afterwards.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from ledger.chain.abi import encode
from ledger.chain.client import FIRST_BLOCK, Block, ChainClient, ChainReader, Receipt, Sent
from ledger.chain.contracts import CONTRACT_OF_KIND, COURIER, REGISTRY, TOKEN, Artifact, artifact, revert_reason
from ledger.chain.transactions import created_address, sign_transaction
from ledger.codes import ContractKind
from ledger.common.ids import ConsortiumId, KeyAddress, bytes_from_hex, to_hex
from ledger.errors import ChainUnavailable, MalformedRecord, Misconfigured
from ledger.records.signing import MOST_CHAIN_ID, Domain, SigningKey
from ledger.registry.history import Genesis

NO_PREDECESSOR = bytes(20)
_POLL_SECONDS = 0.2
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TokenPlan:
    """A settlement token: `supply` in minor units goes to `holder`."""

    name: str
    symbol: str
    holder: bytes
    supply: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where a consortium's contracts are, and the block from which on there is anything to follow.

    `contracts` are those of the first deployment; the registry says which are in force now. `courier` carries many
    records in one transaction; without one, each goes alone.
    """

    chain_id: int
    genesis: Genesis
    registry: bytes
    contracts: Mapping[ContractKind, bytes]
    token: bytes | None
    block: int
    block_hash: bytes
    courier: bytes | None = None

    def domain(self, pool: bytes | None = None) -> Domain:
        """What record ids are bound to; `pool` names another bonus pool than the first."""
        return Domain(self.genesis.consortium_id, self.chain_id, pool or self.contracts[ContractKind.BONUS])

    def names(self) -> dict[bytes, str]:
        """The first contracts whose events are Lading's, by address: the name."""
        return {self.registry: REGISTRY} | {address: CONTRACT_OF_KIND[kind] for kind, address in self.contracts.items()}

    def to_json(self) -> dict[str, Any]:
        return {
            "chainId": self.chain_id,
            "consortiumId": to_hex(self.genesis.consortium_id),
            "threshold": self.genesis.threshold,
            "delay": self.genesis.delay,
            "council": [to_hex(member) for member in self.genesis.council],
            "registry": to_hex(self.registry),
            "contracts": {kind.name.lower(): to_hex(address) for kind, address in self.contracts.items()},
            "token": None if self.token is None else to_hex(self.token),
            "courier": None if self.courier is None else to_hex(self.courier),
            "block": self.block,
            "blockHash": to_hex(self.block_hash),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Deployment":
        """The deployment that `to_json` printed; raises `MalformedRecord`."""
        try:
            genesis = Genesis(
                ConsortiumId(bytes_from_hex(data["consortiumId"], 32, "consortiumId")),
                int(data["threshold"]),
                int(data["delay"]),
                tuple(KeyAddress(bytes_from_hex(member, 20, "council")) for member in data["council"]),
            )
            contracts = {
                ContractKind[name.upper()]: bytes_from_hex(address, 20, name)
                for name, address in data["contracts"].items()
            }
            contracts[ContractKind.BONUS]  # signatures about money bind its address
            token, courier = data["token"], data["courier"]
            return cls(
                int(data["chainId"]),
                genesis,
                bytes_from_hex(data["registry"], 20, "registry"),
                contracts,
                None if token is None else bytes_from_hex(token, 20, "token"),
                int(data["block"]),
                bytes_from_hex(data["blockHash"], 32, "blockHash"),
                None if courier is None else bytes_from_hex(courier, 20, "courier"),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise MalformedRecord("not a deployment", where="deployment", found=str(error)) from None

    def check(self, chain: ChainReader) -> None:
        """Raise `Misconfigured` unless `chain` is the one that this deployment is on."""
        if chain.chain_id != self.chain_id:
            raise Misconfigured("another chain", where="deployment", expected=self.chain_id, found=chain.chain_id)
        block = chain.block(self.block)
        if block is None or block.hash != self.block_hash:
            raise Misconfigured(
                "the chain is not the one of this deployment",
                where=f"block {self.block}",
                expected=to_hex(self.block_hash),
                found=to_hex(block.hash) if block else "no such block",
                mend="The chain was reset, or the setting names another network.",
            )


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    compiled: Artifact
    arguments: tuple[Any, ...]


def deploy(
    chain: ChainClient,
    key: SigningKey,
    genesis: Genesis,
    now: Callable[[], int],
    *,
    token: TokenPlan | None = None,
    patience: int = 600,
) -> Deployment:
    """Deploy what is missing, wait until all of it stands, and say where.

    1. For each contract in order: if code stands at its address, compare it with ours and go on.
    2. Otherwise send the deployment with that contract's nonce, the same bytes every time.
    3. Wait for its receipt; a node that does not answer is asked again for `patience` seconds.

    `key` must deploy nothing else. Raises `Misconfigured` when another contract stands there or the nonce was used for
    something else, `ChainUnavailable` when the network does not come round in time.
    """
    chain_id = patiently(lambda: chain.chain_id, patience)
    if chain_id > MOST_CHAIN_ID:  # before anything is spent there
        raise Misconfigured(
            "the network's chain id is too large",
            where="eth_chainId",
            expected="at most 2^53 - 1",
            found=chain_id,
            mend="Trust files and wallets could not name it: found the consortium on another network.",
        )
    registry = created_address(key.address, 0)
    begun = bool(patiently(partial(chain.code, registry), patience))
    # Where to follow the chain from. After a crash that is not known any more, and the beginning is always right.
    first = FIRST_BLOCK if begun else max(patiently(chain.final, patience), FIRST_BLOCK)
    placed = {
        step.name: _ensure(chain, key, nonce, step, now, patience)
        for nonce, step in enumerate(_steps(genesis, registry, token))
    }
    block = _wait(partial(_final_block, chain, first), patience)
    if block is None:
        raise ChainUnavailable("the block is not final yet", where=f"block {first}")
    contracts = {kind: placed[name] for kind, name in CONTRACT_OF_KIND.items()}
    return Deployment(
        chain_id,
        genesis,
        registry,
        contracts,
        placed.get(TOKEN),
        block.number,
        block.hash,
        placed[COURIER],
    )


def deploy_successor(
    chain: ChainClient,
    key: SigningKey,
    nonce: int,
    kind: ContractKind,
    registry: bytes,
    predecessor: bytes,
    now: Callable[[], int],
    patience: int = 600,
) -> bytes:
    """Deploy the successor of a contract with the deployer's next nonce; the council opens it later. Its address."""
    step = _Step(CONTRACT_OF_KIND[kind], artifact(CONTRACT_OF_KIND[kind]), (registry, predecessor))
    return _ensure(chain, key, nonce, step, now, patience)


def deploy_courier(
    chain: ChainClient, key: SigningKey, registry: bytes, now: Callable[[], int], patience: int = 600
) -> bytes:
    """Deploy a courier for a consortium that has none, with a key that has sent nothing else. Its address."""
    return _ensure(chain, key, 0, _courier(registry), now, patience)


def _courier(registry: bytes) -> _Step:
    return _Step(COURIER, artifact(COURIER), (registry,))


def _steps(genesis: Genesis, registry: bytes, token: TokenPlan | None) -> Iterator[_Step]:
    council = list(genesis.council)
    yield _Step(REGISTRY, artifact(REGISTRY), (genesis.consortium_id, genesis.threshold, genesis.delay, council))
    for name in CONTRACT_OF_KIND.values():
        yield _Step(name, artifact(name), (registry, NO_PREDECESSOR))
    if token is not None:
        yield _Step(TOKEN, artifact(TOKEN), (token.name, token.symbol, token.holder, token.supply))
    yield _courier(registry)


def _ensure(
    chain: ChainClient, key: SigningKey, nonce: int, step: _Step, now: Callable[[], int], patience: int
) -> bytes:
    address = created_address(key.address, nonce)
    code = patiently(partial(chain.code, address), patience)
    if not code:
        _send(chain, key, nonce, step, now, patience)
        code = patiently(partial(chain.code, address), patience)
    if not step.compiled.is_deployed_as(code):
        raise Misconfigured("another contract stands at this address", where=step.name, found=to_hex(address))
    return address


def _send(chain: ChainClient, key: SigningKey, nonce: int, step: _Step, now: Callable[[], int], patience: int) -> None:
    types = [kind for _, kind in step.compiled.constructor()]
    data = step.compiled.bytecode + encode(types, step.arguments)
    gas_limit = patiently(partial(chain.gas_limit, key.address, None, data), patience)
    gas_price = patiently(chain.gas_price, patience)
    chain_id = patiently(lambda: chain.chain_id, patience)
    signed = sign_transaction(
        key, chain_id=chain_id, nonce=nonce, to=None, data=data, gas_limit=gas_limit, gas_price=gas_price
    )
    result = patiently(partial(chain.send, signed.raw), patience)
    if result.sent is Sent.REFUSED:
        raise Misconfigured(
            f"the node refuses the deployment ({result.reason})",
            where=step.name,
            mend=f"The sender is {to_hex(key.address)}: if gas costs money here, fund it and run this again.",
        )
    chain.seal(now())

    def settled() -> Receipt | bool | None:
        # An earlier run may have deployed it with another gas limit, under another hash: the code is what counts.
        return chain.receipt(signed.hash) or bool(chain.code(created_address(key.address, nonce))) or None

    # A used nonce and no code: something else was sent with this key, and waiting long will not change that.
    found = _wait(settled, min(patience, 30) if result.sent is Sent.NONCE_USED else patience)
    if isinstance(found, Receipt) and not found.succeeded:
        reason = revert_reason(chain.revert_data(signed.hash))
        raise Misconfigured(f"the deployment reverted ({reason})", where=step.name)
    if found is None:
        mend = "Deploy with a key that has sent nothing yet." if result.sent is Sent.NONCE_USED else ""
        raise ChainUnavailable("the deployment is in no block yet", where=step.name, found=result.reason, mend=mend)


def _final_block(chain: ChainClient, number: int) -> Block | None:
    return chain.block(number) if chain.final() >= number else None


def patiently(ask: Callable[[], T], patience: int) -> T:
    """What `ask` answers, asked again while the node cannot; raises its last `ChainUnavailable`."""
    ends = time.monotonic() + patience
    while True:
        try:
            return ask()
        except ChainUnavailable:
            if time.monotonic() > ends:
                raise
        time.sleep(_POLL_SECONDS)


def _wait(look: Callable[[], T | None], patience: int) -> T | None:
    """What `look` finds, looking again until it does; None when it does not in time."""
    ends = time.monotonic() + patience
    while (result := patiently(look, patience)) is None and time.monotonic() < ends:
        time.sleep(_POLL_SECONDS)
    return result
