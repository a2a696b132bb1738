"""Hand-made histories: every record logged, recorded and evidenced in the second that it is told of, unless said."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.codes import (
    AmendmentKind,
    Assurance,
    ClearanceStatus,
    Outcome,
    Purpose,
    StatementKind,
)
from ledger.records.types import (
    Amendment,
    Child,
    Clearance,
    Commercial,
    Details,
    Duty,
    Endorsement,
    Handoff,
    HandoffItem,
    Load,
    Override,
    Place,
    Record,
    Require,
    ShipmentRef,
    ShipmentTerms,
    Split,
    Statement,
)
from tests.oracle.chain import record_id
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.penalty import Answer, statement
from tests.oracle.story import BROKER, CARRIER, CUSTOMS, PLATFORM, RETAILER, ROLES, SUPPLIER

PROMISED = 1_800_000_000
OPENED = PROMISED - 10 * DAY
SALT = bytes(16)
OPEN = Details(SALT, "")
HERE = Place(SALT, "DE", "DEHAM", "", "")
THERE = Place(SALT, "IT", "ITROM", "", "")
PRICES = Commercial(
    SALT,
    "",
    10_000_000,
    "EUR",
    1_000_000,
    "",
    PROMISED,
    0,
    5_000,
    1_000_000,
    CARRIER,
    PLATFORM,
    30 * DAY,
    3 * DAY,
    DAY,
    bytes(32),
)
TERMS = ShipmentTerms(
    SALT,
    SUPPLIER,
    RETAILER,
    SUPPLIER,
    bytes(20),
    Purpose.ORIGINAL,
    (),
    200,
    3,
    1,
    THERE,
    HERE,
    (),
    PRICES,
    (Require(b"DE", 1, 2, True),),
    OPENED + DAY,
    OPEN,
)


def day(number: float) -> int:
    """`number` days after the promise."""
    return PROMISED + int(number * DAY)


@dataclass
class Case:
    """One shipment of 200 packages at 5,000 a day² up to 1,000,000, carrier owes platform; asked after 60 days."""

    terms: ShipmentTerms = TERMS
    seen: list[Seen] = field(default_factory=list)
    root: bytes = b""

    def __post_init__(self) -> None:
        self.root = self.take(self.terms, (SUPPLIER, CARRIER), OPENED).id

    def take(self, record: Record, signers: tuple[int, ...], now: int, *outcomes: int, logged: bool = False) -> Seen:
        """Evidenced at `now`; `logged`: by no chain, the log alone."""
        n = len(self.seen)
        one = Seen(
            id=record_id(record),
            record=record,
            signers=signers,
            roles={p: ROLES.get(p, 0) for p in signers},
            outcomes=() if logged else outcomes or (Outcome.APPLIED,),
            log_index=n,
            logged_at=now,
            evidenced=now,
            block_time=None if logged else now,
            block=None if logged else (n, 0),
            own_clock=False,
        )
        self.seen.append(one)
        return one

    def hand(
        self,
        releaser: int,
        receiver: int,
        when: int,
        *,
        shipment: bytes = b"",
        sequence: int = 0,
        packages: int = 200,
        place: Place = HERE,
        due: int = 0,
        now: int = 0,
        exceptions: int = 0,
        outcome: int = Outcome.APPLIED,
    ) -> Seen:
        item = HandoffItem(shipment or self.root, sequence, packages, exceptions)
        record = Handoff((item,), releaser, receiver, place, Load(SALT, ""), when, due, when + DAY, OPEN)
        return self.take(record, (releaser, receiver), now or when, outcome)

    def split(
        self, by: int, when: int, counts: list[int], *, shipment: bytes = b"", sequence: int = 0, now: int = 0
    ) -> Seen:
        children = tuple(Child(count, ()) for count in counts)
        record = Split(by, shipment or self.root, sequence, children, 1, when, OPEN)
        return self.take(record, (by,), now or when)

    def say(
        self,
        kind: StatementKind,
        by: int,
        when: int,
        *,
        shipment: bytes = b"",
        sequence: int = 0,
        place: Place = HERE,
    ) -> Seen:
        record = Statement(by, RETAILER, kind, shipment or self.root, sequence, when, place, OPEN)
        return self.take(record, (by,), when)

    def decide(
        self,
        status: ClearanceStatus,
        when: int,
        *,
        pair: tuple[bytes, int] = (b"DE", 1),
        assurance: int = Assurance.AUTHORITY_SIGNED,
        declarant: int = SUPPLIER,
        caused_by: int = 0,
        shipment: bytes = b"",
        now: int = 0,
    ) -> Seen:
        ref, duty = ShipmentRef(shipment or self.root, 0), Duty(SALT, "", "", "", "", ())
        customs = assurance == Assurance.AUTHORITY_SIGNED
        by = CUSTOMS if customs else BROKER
        record = Clearance(by, declarant, (ref,), *pair, status, 0, caused_by, assurance, when, duty, OPEN)
        return self.take(record, (by,) if customs else (by, declarant), now or when)

    def override(self, releaser: int, receiver: int, when: int, *, sequence: int = 1) -> Seen:
        return self.take(Override(self.root, sequence, releaser, receiver, 200, 0, OPEN), (receiver,), when)

    def endorse(self, by: int, target: Seen, when: int) -> Seen:
        return self.take(Endorsement(by, target.id), (by,), when, logged=True)

    def amend(self, kind: AmendmentKind, changes: dict[str, Any], *signers: int) -> Seen:
        record = Amendment(self.root, bytes(32), kind, Details(SALT, json.dumps(changes)))
        return self.take(record, signers or (SUPPLIER, CARRIER, PLATFORM), day(1), logged=True)

    def onward(self, signers: tuple[int, ...], when: int, *, sequence: int, purpose: Purpose = Purpose.ONWARD) -> Seen:
        parents = (ShipmentRef(self.root, sequence),)
        terms = replace(TERMS, consignee=SUPPLIER, holder=CARRIER, purpose=purpose, parents=parents)
        return self.take(terms, signers, when)

    def answer(self, at: int = 0) -> Answer:
        return statement(self.root, self.seen, at or day(60))


def out_for_delivery() -> Case:
    case = Case()
    case.hand(SUPPLIER, CARRIER, OPENED + HOUR, place=THERE)
    return case
