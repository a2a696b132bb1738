"""The CometBFT validators by whose seals a consortium proves its chain: proposed, signed by the council, adopted."""

from dataclasses import replace

from ledger.bundle.format import network_from_json
from ledger.chain.cometbft import CometNode
from ledger.common.ids import to_hex
from ledger.errors import ChainUnavailable, Misconfigured, NotPermitted
from ledger.records.signing import SigningKey, recover
from ledger.registry.history import Genesis
from ledger.seals.validators import COSMOS_EVM_0_7, Network, ValidatorSet
from ledger.services.home.settings import Settings


def open_comet(settings: Settings) -> CometNode:
    """The CometBFT node that the settings name; raises `Misconfigured` when they name none."""
    if settings.cometbft is None:
        raise Misconfigured("no CometBFT node", where="LADING_COMETBFT", expected="the URL of a node's RPC")
    return CometNode(settings.cometbft)


def proposed(node: CometNode, start: int, before: Network | None) -> Network:
    """The network with those who seal block `start` as its newest set, after what was settled `before`.

    It is the node's word until people who know these keys agree. Raises `ChainUnavailable` where the node contradicts
    itself, and `Misconfigured` for a set that does not follow on those before.
    """
    header = node.sealed_header(start).header
    serving = ValidatorSet(start, tuple(node.validators(start)))
    if serving.hash != header.validatorsHash:
        raise ChainUnavailable(
            "the validators are not those that the header names",
            where=f"block {start}",
            expected=to_hex(header.validatorsHash),
            found=to_hex(serving.hash),
        )
    if before is None:
        return Network(header.chainId, COSMOS_EVM_0_7, (serving,))
    if before.chain_id != header.chainId or before.sets[-1].start >= start:
        raise Misconfigured(
            "a set that does not follow on those before",
            where="validators",
            expected=f"{before.chain_id}, from a block after {before.sets[-1].start} on",
            found=f"{header.chainId}, from block {start} on",
        )
    return replace(before, sets=(*before.sets, serving))


def signed(network: Network, genesis: Genesis, key: SigningKey) -> Network:
    """The network with this council member's signature under its newest set; raises `NotPermitted` for another key."""
    if key.address not in genesis.council:
        raise NotPermitted(
            "only the genesis council hands validators over", where="key", found=to_hex(key.address),
            expected=", ".join(map(to_hex, genesis.council)),
        )  # fmt: skip
    newest = network.sets[-1]
    digest = newest.digest(network.chain_id, network.encoding, genesis.consortium_id)
    signatures = {recover(digest, signature): signature for signature in newest.signatures}
    signatures[key.address] = key.sign_digest(digest)
    ordered = tuple(signatures[member] for member in sorted(signatures))
    return replace(network, sets=(*network.sets[:-1], replace(newest, signatures=ordered)))


def adopted(value: object, genesis: Genesis, before: Network | None) -> Network:
    """The network in `value` as a file has it, once the council has signed each of its sets but the first.

    Raises `Misconfigured` for one that does not go on where `before` ends, and as `Network.from_json`.
    """
    network = network_from_json(value, genesis, "validators")
    if before is not None and (
        (network.chain_id, network.encoding) != (before.chain_id, before.encoding)
        or network.sets[: len(before.sets)] != before.sets
    ):
        raise Misconfigured(
            "these validators do not follow on those that this home has",
            where="validators",
            expected=f"the {len(before.sets)} sets of this home first",
            found=f"{len(network.sets)} sets",
            mend="Have the new set proposed and signed after those that stand.",
        )
    return network
