"""That nothing later happened on the chain than the bundle shows, from storage that the validators have sealed.

The registry counts its changes, so its first slot shows that none is missing up to that block. A shipment's slot
changes with everything that moves it: what the bundle's records make of it must be the word that the contract keeps.
"""

from collections.abc import Iterable, Sequence

from ledger.bundle.sealed.replayed_custody import ReplayedCustody
from ledger.bundle.sealed.seals import SealedState
from ledger.bundle.steps import ATTESTED, PROVED, Said
from ledger.codes import ContractKind, RegistryAction
from ledger.common.ids import to_hex
from ledger.common.keccak import keccak256
from ledger.records.types import Outcome, Record, RegistryChange
from ledger.seals.faults import Fault, refused
from ledger.seals.validators import Network

COUNCIL_SLOT = bytes(32)
"""Where the registry keeps the number of its changes, in the lowest 40 bits."""
_CELLS = bytes(32)
"""The slot of the custody contract's mapping from shipments to their words."""
_CHANGES = (1 << 40) - 1
BEHIND_SECONDS = 600
"""A state that is sealed so much earlier than the newest checkpoint stood is not called proved: events of that time may
be left out. The outcomes of what a checkpoint covers come into the log a little later, so none is quite as new.
"""


def cell_of(shipment: bytes) -> bytes:
    """The slot of a shipment's word in a custody contract."""
    return keccak256(shipment + _CELLS)


def custody_contracts(recorded: Iterable[Record]) -> list[bytes]:
    """All custody contracts that the registry ever opened; the newest first. `recorded`: what the chain took, in log
    order. A change that the council signed and the chain never took opens nothing.
    """
    opened = [
        bytes(record.key)
        for record in recorded
        if isinstance(record, RegistryChange)
        and (record.action, record.number) == (RegistryAction.OPEN_CONTRACT, ContractKind.CUSTODY)
    ]
    return opened[::-1]


def check_sealed_registry(
    state: SealedState, network: Network, registry: bytes, changes: int, told: Iterable[Outcome]
) -> str:
    """That after the block of `state`, sealed by the validators, the registry had taken as many `changes` as the bundle
    shows; says which block. Raises `NotSealed`. `told`: all outcomes of the bundle, none of a later block.
    """
    state.following.verify(network)
    last = max((outcome.blockNumber for outcome in told), default=0)
    if state.height < last:
        raise refused(
            Fault.HEIGHT, "the state is older than an outcome", where="state", expected=f"block {last} or later",
            found=state.height,
        )  # fmt: skip
    header = state.following.header
    word = state.registry.value(header.appHash, registry, COUNCIL_SLOT, "state.registry")
    counted = int.from_bytes(word or b"") & _CHANGES
    if counted != changes:
        raise refused(
            Fault.REGISTRY_STATE,
            "the registry has taken another number of changes",
            where="state.registry",
            expected=counted,
            found=changes,
            mend="Changes of the registry were left out of the bundle.",
        )
    when = f"after block {state.height}, sealed at {header.time.seconds} (UTC seconds)"
    return f"{when}, the registry had taken {counted} changes, all of which are here"


def check_sealed_shipment(
    state: SealedState, shipment: bytes, contracts: Sequence[bytes], replayed: ReplayedCustody
) -> Said:
    """That the custody contracts keep of `shipment` what the bundle's records make of it. `contracts`: all that were
    ever opened, the newest first. `state` was checked before. Raises `NotSealed`.
    """
    word = _word_of(state, shipment, contracts)
    if shipment in replayed.unseen:
        return Said("its shipment rests on others that are not here, so that its state cannot be compared", ATTESTED)
    holding = replayed.holdings.get(shipment)
    expected = 0 if holding is None else holding.slot.pack()
    if word != expected:
        raise refused(
            Fault.CUSTODY_STATE,
            "the chain keeps another state of the shipment than the records make",
            where="state.custody",
            expected=to_hex(word.to_bytes(32)),
            found=to_hex(expected.to_bytes(32)),
            mend="Records of the shipment were left out of the bundle.",
        )
    return Said("nothing moved the shipment that is not here", PROVED)


def said_of_age(state: SealedState, stood: int) -> Said | None:
    """What is said of a state that is older than a checkpoint that `stood` then, in UTC seconds; None of one as new."""
    behind = stood - state.following.header.time.seconds
    if behind <= BEHIND_SECONDS:
        return None
    return Said(f"the checkpoint stood {behind} s later, and what the chain took by then may be left out", ATTESTED)


def _word_of(state: SealedState, shipment: bytes, contracts: Sequence[bytes]) -> int:
    """What the newest contract that has the shipment keeps of it; 0 when none has."""
    app_hash = state.following.header.appHash
    for i, (contract, proof) in enumerate(zip(contracts, state.custody, strict=False)):
        word = proof.value(app_hash, contract, cell_of(shipment), f"state.custody[{i}]")
        if word is not None:
            if len(state.custody) > i + 1:
                break
            return int.from_bytes(word)
    else:
        if len(state.custody) == len(contracts):
            return 0
    raise refused(
        Fault.MISSING,
        "not the shipment's slots in the custody contracts",
        where="state.custody",
        expected="those from the newest contract down to the one that has it",
        found=len(state.custody),
    )
