"""The stage of the demo: who plays, and what has come of it so far."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ledger.bonuses.award import Award
from ledger.cli.demo.scribe import Scribe
from ledger.cli.sandbox import Party, Trial
from ledger.common.ids import RecordId
from ledger.common.periods import DAY, HOUR
from ledger.errors import LadingError
from ledger.records.signing import SigningKey
from ledger.records.types import BonusAgreement, Record
from ledger.services.home.clock import ManualClock
from ledger.services.home.keystores import new_key
from ledger.services.intake.submission import Proposed


@dataclass
class Play:
    """The stage: who plays, and what has come of it so far."""

    trial: Trial
    clock: ManualClock
    start: int
    parties: dict[int, Party]
    treasury: SigningKey
    scribe: Scribe
    say: Callable[[str], None]
    shipments: dict[str, RecordId] = field(default_factory=dict)
    past: list[RecordId] = field(default_factory=list)
    """What was sold before the story; `shipments` are those of the story, by name."""
    refusals: list[tuple[str, str]] = field(default_factory=list)
    records: dict[str, RecordId] = field(default_factory=dict)
    agreement: BonusAgreement | None = None
    award: Award | None = None
    claimed: dict[int, RecordId] = field(default_factory=dict)
    consumer: SigningKey = field(default_factory=new_key)

    def at(self, day: int, hour: int = 9) -> None:
        """Move the clock to the hour of a day of the play, and let the ledger catch up."""
        self.clock.move_to(self.start + day * DAY + hour * HOUR)
        self.trial.node.tick()

    def sign(self, name: str, record: Record, *signers: int | SigningKey) -> RecordId:
        """Sign with each, submit, settle; the record is known under `name` from then on."""
        keys = [s if isinstance(s, SigningKey) else self.parties[s].key for s in signers]
        accepted = self.trial.sign_and_submit(record, *keys)
        self.trial.node.settle()
        self.records[name] = accepted.record_id
        self.say(name)
        return accepted.record_id

    def refused(self, attempt: str, act: Callable[[], object]) -> None:
        """Try something that must not work, and keep the reason."""
        try:
            result = act()
        except LadingError as error:
            self.refusals.append((attempt, str(error)))
        else:
            missing = ", ".join(result.missing) if isinstance(result, Proposed) else "nothing"
            self.refusals.append((attempt, f"not accepted: missing the signature of {missing}"))
        self.say(f"refused: {attempt}")
