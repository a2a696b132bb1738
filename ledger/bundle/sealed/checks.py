"""The steps of verification that rest on the validators' seals: blocks, outcomes, anchors, state."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.bundle.format import Bundle, BundledRecord, Trust
from ledger.bundle.outcome_checks import Events
from ledger.bundle.sealed.events import SealedEvents, check_sealed_anchors, check_sealed_outcomes
from ledger.bundle.sealed.replayed_custody import replayed
from ledger.bundle.sealed.seals import Seals
from ledger.bundle.sealed.state import (
    check_sealed_registry,
    check_sealed_shipment,
    custody_contracts,
    said_of_age,
)
from ledger.bundle.steps import ATTESTED, PROVED, Said
from ledger.bundle.subject import SubjectKind, parse_subject
from ledger.bundle.times import TimedCheckpoint
from ledger.common.ids import RecordId
from ledger.log.leaf import LogIdentity
from ledger.records.recovered import RecoveredRecord
from ledger.records.signing import Domain
from ledger.records.types import Outcome, Record
from ledger.registry.history import RegistryHistory
from ledger.seals.validators import Network


@dataclass
class SealChecks:
    """The seals of a bundle and the network by which they are judged. `check_blocks` comes first, then the others, each
    of which raises `NotSealed` and says what it found.
    """

    seals: Seals
    network: Network
    events: SealedEvents = field(init=False)
    followed: dict[int, int] = field(init=False)
    """By an anchored size the one before it; of `check_anchors`."""

    def check_blocks(self) -> str:
        """That every block, and what its transactions did, is sealed by the trusted validators."""
        self.events = SealedEvents(self.seals, self.network)
        count, chain = len(self.seals.blocks), self.network.chain_id
        return f"over two thirds of the power of {chain} sealed {count} blocks, in which are {len(self.events)} records"

    def check_outcomes(self, told: Events, records: Mapping[RecordId, BundledRecord]) -> str:
        return check_sealed_outcomes(told, records, self.events)

    def check_anchors(
        self, timed: Sequence[TimedCheckpoint], log: LogIdentity, history: RegistryHistory, domain: Domain
    ) -> str:
        self.followed = check_sealed_anchors(timed, log, history, domain, self.events)
        return f"the chain took {len(self.followed)} checkpoints of this log when the log says"

    def check_state(
        self, subject: str, registry: bytes, told: Sequence[tuple[Outcome, RecoveredRecord]],
        recorded: Iterable[Record], history: RegistryHistory, stood: int,
    ) -> Said:  # fmt: skip
        """`told`: the outcomes of the bundle, each with its record; `recorded`: its records that the chain took;
        `stood`: until when its checkpoint covers what was logged, by what bears that out and by the log's last leaf.
        """
        changes = history.next_sequence - 1
        outcomes = [outcome for outcome, _ in told]
        state = self.seals.state
        found = [Said(check_sealed_registry(state, self.network, registry, changes, outcomes), PROVED)]
        about = parse_subject(subject)
        if about.kind is SubjectKind.SHIPMENT:
            contracts = custody_contracts(recorded)
            found.append(check_sealed_shipment(state, about.id, contracts, replayed(told, history)))
        if (aged := said_of_age(state, stood)) is not None:
            found.append(aged)
        basis = PROVED if all(one.basis == PROVED for one in found) else ATTESTED
        return Said("; ".join(one.why for one in found), basis)


def seal_checks(bundle: Bundle, trust: Trust) -> SealChecks | None:
    """The checks of a bundle's seals; None where it has none, or where the trust file names no validators."""
    if bundle.seals is None or trust.network is None:
        return None
    return SealChecks(bundle.seals, trust.network)


def why_attested(bundle: Bundle, trust: Trust) -> str:
    """Why outcomes are the log's word although there are validators, or seals; empty where there is neither."""
    if bundle.seals is not None and trust.network is None:
        return "; the trust file names no validators, so the seals in the bundle say nothing"
    return "; the bundle has no seals" if trust.network is not None else ""
