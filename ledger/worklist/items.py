"""An item of a worklist: what needs doing, what does it, and when it runs out.

Items are sorted by what runs out first; of those that never do, the oldest comes first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ledger.common.ids import to_hex
from ledger.common.periods import DAY, FOREVER
from ledger.errors import MalformedRecord
from ledger.records.types import (
    Attestation,
    BonusAward,
    Claim,
    Clearance,
    Dispute,
    Endorsement,
    Handoff,
    KeyGrant,
    RecallAnswer,
    Record,
    RegistryChange,
    Ruling,
    Statement,
)

URGENT = DAY
"""Seconds before an item runs out from which on it is urgent."""


class Kind(StrEnum):
    """What waits."""

    SIGNATURE = "signature"
    """A record that somebody proposed lacks the reader's signature."""
    ENDORSEMENT = "endorsement"
    """Terms that make the reader liable for delay, and that it has neither signed nor endorsed."""
    CUSTODY = "custody"
    """Goods that the reader holds; until the time by which they are to be passed on."""
    MISSING = "missing"
    """What a short delivery left open against the reader."""
    TENDER = "tender"
    """Delivery was offered, says the holder; until it can be contested no more."""
    CONTEST = "contest"
    """The reader's tender is contested; until it falls."""
    CLEARANCE = "clearance"
    """A required clearance for which nothing is lodged."""
    CUSTOMS_HOLD = "customs_hold"
    """Customs held or refused the goods, or took a release back, and nothing was lodged since."""
    DECISION = "decision"
    """A declaration that customs of the reader's jurisdiction has not decided."""
    RELAY = "relay"
    """A declaration that the reader lodged as a broker, whose decision a broker may relay."""
    TAX = "tax"
    """A clearance of the reader's goods, or for auditors of anybody's, whose taxes deviate from the market's rates."""
    RECALL = "recall"
    """A recall that reached the reader, and that it has not answered."""
    ANSWERS = "answers"
    """The reader's recall, which others have not answered."""
    ATTESTATION = "attestation"
    """An attestation of the reader that ends soon and is not renewed; until it does."""
    AWARD = "award"
    """A bonus award that the reader has to make; until the deadline, after which the funders are paid back."""
    AWARD_CHECK = "award_check"
    """An award to a party, to be checked; until it can be disputed no more."""
    AWARD_DISPUTE = "award_dispute"
    """An award in dispute; until the ruling is due."""
    CLAIM = "claim"
    """A share of an award that can be claimed; until it cannot any more."""
    PROBATION = "probation"
    """The reader's score was below a gate's threshold in two periods on end; until the window to appeal ends."""
    ACCESS_DUE = "access_due"
    """A change of the reader's access is prepared for the council."""
    ACCESS_CHANGE = "access_change"
    """A change of somebody's access is prepared for the council."""
    KEY = "key"
    """A device key that expires."""
    ENROLMENT = "enrolment"
    """Somebody asks to be admitted."""
    COSIGNATURES = "cosignatures"
    """A checkpoint that too few witnesses have cosigned."""
    UNANCHORED = "unanchored"
    """A checkpoint that the chain has not anchored."""
    CONTRADICTION = "contradiction"
    """The service signs nothing more, because its log, its database or the chain contradict each other."""


class Action(StrEnum):
    """The one thing that fits: a record to sign, or something to look into."""

    SIGN = "sign"
    ENDORSE = "endorse"
    HAND_ON = "hand_on"
    ACCOUNT = "account"
    CONTEST = "contest"
    BEAR_OUT = "bear_out"
    LODGE = "lodge"
    DECIDE = "decide"
    RELAY = "relay"
    ANSWER = "answer"
    RENEW = "renew"
    AWARD = "award"
    DISPUTE = "dispute"
    RULE = "rule"
    CLAIM = "claim"
    GRANT = "grant"
    ADMIT = "admit"
    LOOK = "look"


SIGNED: Mapping[Action, type[Record]] = {
    Action.ENDORSE: Endorsement,
    Action.HAND_ON: Handoff,
    Action.ACCOUNT: Statement,
    Action.CONTEST: Statement,
    Action.BEAR_OUT: Endorsement,
    Action.LODGE: Clearance,
    Action.DECIDE: Clearance,
    Action.RELAY: Clearance,
    Action.ANSWER: RecallAnswer,
    Action.RENEW: Attestation,
    Action.AWARD: BonusAward,
    Action.DISPUTE: Dispute,
    Action.RULE: Ruling,
    Action.CLAIM: Claim,
    Action.GRANT: KeyGrant,
    Action.ADMIT: RegistryChange,
}
"""What is signed by each action; a proposal says so itself, and to look needs no signature."""


@dataclass(frozen=True, slots=True)
class Item:
    """`until`: the last second (UTC) in which the action counts, or by which it is expected; `FOREVER`: nothing says.
    `since`: how long it has waited. `subject`: id of the shipment, record or document, or address of the key; with
    `kind` and `detail` it tells the item from all others.

    `partner` is the other side, 0 for none. `draft`: the fields of the record to be signed that follow from what is
    known; whoever signs adds the others. `facts`: what else is told of it, codes and numbers by name.
    """

    kind: Kind
    action: Action
    subject: bytes
    since: int
    until: int = FOREVER
    detail: str = ""
    type_number: int = 0
    partner: int = 0
    draft: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def signs(self) -> int:
        """The number of the record type that its action signs; 0 for none."""
        kind = SIGNED.get(self.action)
        return self.type_number if kind is None else kind.NUMBER

    @property
    def scope(self) -> int:
        """The record type that a key must be allowed to sign for its bearer to be told; 0: anybody's. What is missing
        may be handed on as well as accounted for.
        """
        return Handoff.NUMBER if self.kind is Kind.MISSING else self.signs

    @property
    def place(self) -> "Place":
        return Place(self.until, self.since, self.subject, self.kind, self.detail)

    def urgent(self, now: int) -> bool:
        """Whether it runs out within a day, or has."""
        return self.until <= urgent_until(now)


def urgent_until(now: int) -> int:
    """What runs out up to this second is urgent."""
    return now + URGENT


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an item stands in the list; as text it is the item's id and the cursor of the page after it."""

    until: int
    since: int
    subject: bytes
    kind: str
    detail: str = ""

    def __str__(self) -> str:
        return "~".join((str(self.until), str(self.since), to_hex(self.subject), self.kind, self.detail))

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Raises `MalformedRecord` for what no item prints."""
        parts = text.split("~")
        if len(parts) == 5 and parts[3] in set(Kind):
            until, since, subject, kind, detail = parts
            try:
                result = cls(int(until), int(since), bytes.fromhex(subject.removeprefix("0x")), kind, detail)
            except ValueError:
                result = None
            if result is not None and str(result) == text and 0 <= result.until <= FOREVER:
                return result
        raise MalformedRecord("no place in a worklist", where="after", expected="`next` of the page before")


def page_of(items: Iterable[Item], after: Place | None, limit: int) -> tuple[list[Item], Place | None]:
    """The first `limit` items behind `after` in order, and the place of the last one where more follow."""
    behind = sorted((item for item in items if after is None or item.place > after), key=lambda item: item.place)
    shown = behind[:limit]
    return shown, shown[-1].place if len(behind) > limit else None


@dataclass(frozen=True, slots=True)
class Count:
    """How many items there are of a kind, and how many of these are urgent."""

    kind: str
    items: int
    urgent: int


def counts_of(items: Iterable[Item], now: int) -> list[Count]:
    """By kind, of kinds that there are."""
    tally: dict[str, list[int]] = {}
    for item in items:
        entry = tally.setdefault(item.kind, [0, 0])
        entry[0] += 1
        entry[1] += item.urgent(now)
    return [Count(kind, *entry) for kind, entry in tally.items()]


def together(counts: Sequence[Count]) -> tuple[Count, ...]:
    """One count a kind, in the order of `Kind`."""
    found = {kind: [c for c in counts if c.kind == kind and c.items] for kind in Kind}
    return tuple(
        Count(kind, sum(c.items for c in same), sum(c.urgent for c in same)) for kind, same in found.items() if same
    )
