"""Contracts deployed after the founding: successors, with the changes by which the council closes one and opens the
other, and a courier, about which nobody has to decide.

The successor reads what it does not know from its predecessor. Evidence signatures name no contract, so what is on its
way when the old one closes applies in the new one. Signatures about money name their pool: a closed pool serves its
agreements to their end, and its successor continues nothing and takes the new ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ledger.chain.client import ChainClient
from ledger.chain.contracts import CONTRACT_OF_KIND, artifact
from ledger.chain.deploy import deploy_courier, deploy_successor
from ledger.codes import ContractKind, RegistryAction
from ledger.common.ids import KeyAddress, to_hex
from ledger.errors import RuleBroken
from ledger.records.signing import SigningKey
from ledger.records.types import RegistryChange
from ledger.registry.changes import change
from ledger.registry.history import RegistryHistory
from ledger.registry.state import NO_END
from ledger.services.home.clock import Clock
from ledger.services.home.consortium import Consortium, operator_passphrase, rewrite_consortium
from ledger.services.home.keystores import new_key, read_keystore, write_keystore
from ledger.services.home.settings import Settings


@dataclass(frozen=True, slots=True)
class Succession:
    """`successor` stands on the chain; `changes` are for the council: close `predecessor`, open `successor`."""

    kind: ContractKind
    predecessor: KeyAddress
    successor: KeyAddress
    changes: tuple[RegistryChange, ...]


def deployed_codes(names: Iterable[str]) -> dict[str, Any]:
    """What contracts of this release are deployed as, by name: how later releases know those that stand."""
    return {name: artifact(name).code.to_json() for name in names}


def replace_contract(
    settings: Settings,
    chain: ChainClient,
    consortium: Consortium,
    history: RegistryHistory,
    kind: ContractKind,
    clock: Clock,
) -> Succession:
    """Deploy a successor of the contract of `kind` that is in force, and prepare what the council has to decide.

    The key that deploys is made for this alone, lies under `keys/` and has no power over the contract. Run again before
    the council has decided, it finds the successor there. Raises `RuleBroken` when no contract of the kind is in force,
    or another one is to take over already, and what a deployment raises.
    """
    now = clock.now()
    old = history.now(now).contract(kind)
    known = history.now(now).state.contracts(kind)
    if old is None or known is None:
        raise RuleBroken(
            "no contract of this kind is in force", where=CONTRACT_OF_KIND[kind], mend="`lading opening` opens one."
        )
    if known.latest != old:
        raise RuleBroken(
            "a successor is to take over already", where=CONTRACT_OF_KIND[kind], found=to_hex(known.latest)
        )
    key = _deployer(settings, f"successor-of-{to_hex(old)}", demo=consortium.demo)
    new = KeyAddress(deploy_successor(chain, key, 0, kind, consortium.deployment.registry, old, clock.now))
    closing = history.now(now).state.entered(old).until != NO_END
    steps = ((RegistryAction.CLOSE_CONTRACT, old), (RegistryAction.OPEN_CONTRACT, new))[int(closing) :]
    changes = tuple(
        change(history.next_sequence + i, action, key=address, number=int(kind))
        for i, (action, address) in enumerate(steps)
    )
    return Succession(kind, old, new, changes)


def add_courier(settings: Settings, chain: ChainClient, consortium: Consortium, clock: Clock) -> bytes:
    """Deploy a courier and note it in the consortium's file; the one that is there, if there is one. Its address.

    Nobody has to agree: a courier has no rights. Run again after a crash it finds what it deployed.
    """
    deployment = consortium.deployment
    if deployment.courier is not None:
        return deployment.courier
    key = _deployer(settings, "courier", demo=consortium.demo)
    courier = deploy_courier(chain, key, deployment.registry, clock.now)
    rewrite_consortium(settings.home, replace(consortium, deployment=replace(deployment, courier=courier)))
    return courier


def _deployer(settings: Settings, name: str, *, demo: bool) -> SigningKey:
    """One key for each contract: its first transaction is the deployment, so the contract's address is fixed."""
    path = settings.home / "keys" / f"{name}.json"
    passphrase = operator_passphrase(settings)
    if not path.exists():
        write_keystore(path, new_key(), passphrase, demo=demo)
    return read_keystore(path, passphrase)
