"""A consortium for trying Lading out: council, operator and partners all on this machine, with demo keys.

The demo, the replay of histories and the tests play on it. Everything goes the same way as in earnest: enrolment with
proof of possession, registry changes that m of n council members sign, records through the submission service.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.codes import RegistryAction, Role
from ledger.common.ids import KeyAddress, LogId
from ledger.errors import RuleBroken
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import Record, RegistryChange
from ledger.registry.changes import admission, change, opening_changes
from ledger.registry.enrolment import Enrolment, RoleRequest, sign_enrolment
from ledger.registry.history import RegistryView
from ledger.services.home import chains
from ledger.services.home.clock import Clock
from ledger.services.home.consortium import TokenPlan, found
from ledger.services.home.keystores import DEMO_PASSPHRASE, new_key, read_keystore, write_keystore
from ledger.services.home.settings import Settings
from ledger.services.intake.submission import Accepted
from ledger.services.node.node import Node
from ledger.services.node.waiting import PATIENCE, settle_within

COUNCIL = 3
THRESHOLD = 2
OPERATOR = 1


@dataclass(frozen=True, slots=True)
class Party:
    """A partner whose key lies on this machine. `id` 0 is a one-time recipient key."""

    id: int
    name: str
    key: SigningKey


class Trial:
    """A node together with the keys of its council and partners."""

    def __init__(self, node: Node, council: Sequence[SigningKey]) -> None:
        self.node = node
        self.council = sorted(council, key=lambda key: key.address)
        self.parties: dict[int, Party] = {}
        self.patience: float = PATIENCE
        """For how many seconds it waits each time that the chain has to decide."""

    # --- registry ------------------------------------------------------------------------------------------

    def change(self, record: RegistryChange) -> Accepted:
        """Let the council sign a change: as many members as the threshold asks for."""
        return self.sign_and_submit(record, *self.council[: self.node.home.consortium.genesis.threshold])

    def next_sequence(self) -> int:
        with self.node.home.database.read() as connection:
            return self.node.reader.registry.refreshed(connection).history.next_sequence

    def decide(self, changes: Iterable[RegistryChange]) -> None:
        """Let the council sign those changes that the registry does not hold yet, numbered on; wait for the chain.

        So what a crash interrupted goes on where it stopped, however often it is begun again.
        """
        settle_within(self.node, self.patience)  # an interrupted attempt may have left some on their way
        with self.node.home.database.read() as connection:
            history = self.node.reader.registry.refreshed(connection).history
        held = history.now(self.node.home.clock.now())
        sequence = history.next_sequence
        for record in changes:
            if not _holds(held, record):
                self.change(replace(record, sequence=sequence))
                sequence += 1
        settle_within(self.node, self.patience)

    def enrol(self, party: Party, gln: str, roles: Sequence[RoleRequest]) -> Enrolment:
        """The partner proves possession of its key; nothing is decided yet."""
        consortium_id = self.node.home.consortium.genesis.consortium_id
        enrolment = Enrolment(consortium_id, party.name, gln, party.key.address, tuple(roles))
        self.node.reader.enrolment.ask(enrolment.document(), sign_enrolment(enrolment, party.key))
        return enrolment

    def admit(self, parties: Sequence[tuple[Party, str, Sequence[RoleRequest]]]) -> None:
        """Enrol and admit partners; they are in force after the registry's delay."""
        changes: list[RegistryChange] = []
        for party, gln, roles in parties:
            changes += admission(self.enrol(party, gln, roles), party.id, 0)
            self.parties[party.id] = party
        self.decide(changes)

    # --- records -------------------------------------------------------------------------------------------

    def signed(self, record: Record, *signers: Party | SigningKey) -> SignedRecord:
        keys = [signer.key if isinstance(signer, Party) else signer for signer in signers]
        domain = self.node.submission.domain_of(record)
        return SignedRecord(record, tuple(key.sign(domain, record) for key in keys))

    def sign_and_submit(self, record: Record, *signers: Party | SigningKey) -> Accepted:
        """Sign with every signer and submit; `RuleBroken` when a signature is missing."""
        result = self.node.submission.submit(self.signed(record, *signers))
        if not isinstance(result, Accepted):
            raise RuleBroken("signatures are missing", where=type(record).__name__, found=", ".join(result.missing))
        return result

    def submit_to_contract(self, signed: SignedRecord) -> None:
        """Go past the API, as anybody may; raises `RuleBroken` with the contract's own reason when it refuses."""
        record_id = self.node.submission.domain_of(signed.record).record_id(signed.record)
        if reason := self.node.preflight(signed, record_id):
            raise RuleBroken("the contract refuses it", where=type(signed.record).__name__, found=reason)


def found_trial(
    settings: Settings, clock: Clock, *, delay: int, token: TokenPlan | None = None, name: str = "council"
) -> None:
    """Found a consortium with a council of three demo keys under `keys/`; goes on after a crash."""
    council = [demo_key(settings.home, f"{name}-{i + 1}") for i in range(COUNCIL)]
    found(
        settings,
        lambda: chains.open_chain(settings, clock, begin=True, patience=chains.PATIENCE),
        clock.now,
        council=[key.address for key in council],
        threshold=THRESHOLD,
        delay=delay,
        token=token,
        demo=True,
    )


def open_trial(settings: Settings, clock: Clock | None = None, *, name: str = "council") -> Trial:
    """The node of this home with its council's keys."""
    council = [demo_key(settings.home, f"{name}-{i + 1}") for i in range(COUNCIL)]
    return Trial(Node(settings, clock), council)


def open_for_business(trial: Trial, operator: Party) -> None:
    """Put the contracts in force, admit the operator and register its log; in force after the registry's delay.

    Goes on after a crash.
    """
    consortium = trial.node.home.consortium
    trial.decide(opening_changes([(int(k), address) for k, address in consortium.deployment.contracts.items()], 0))
    trial.admit([(operator, "", [RoleRequest(Role.OPERATOR)])])
    anchor, log_id = trial.node.reader.keys.anchor.address, consortium.log.log_id
    trial.decide([change(0, RegistryAction.REGISTER_LOG, partner=operator.id, key=anchor, scope=log_id)])


def demo_key(home: Path, name: str) -> SigningKey:
    """The key kept as `keys/<name>.json` under the public passphrase, made when it is first asked for."""
    path = home / "keys" / f"{name}.json"
    if not path.exists():
        write_keystore(path, new_key(), DEMO_PASSPHRASE, demo=True)
    return read_keystore(path, DEMO_PASSPHRASE)


def _holds(held: RegistryView, record: RegistryChange) -> bool:
    """Whether the registry has this change, be it for a later time; for those that found a consortium."""
    match record.action:
        case RegistryAction.ADMIT:
            partner = held.partner(record.partner)
            return partner is not None and partner.document == record.document
        case RegistryAction.GRANT_ROLE:
            partner = held.partner(record.partner)
            return partner is not None and (Role(record.role), record.scope) in partner.roles
        case RegistryAction.OPEN_CONTRACT:
            return held.address(KeyAddress(record.key)) is not None
        case RegistryAction.REGISTER_LOG:
            return held.log(LogId(record.scope)) is not None
        case RegistryAction.ADOPT_RULES:
            return held.rules(record.document) is not None
        case _:
            return False
