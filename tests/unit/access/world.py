"""Two quarters of deliveries by one carrier, recorded as they became known, and how a gate sees them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ledger.access.course import Act, Closing, Course, course
from ledger.access.gates_file import Gate, parse_gates
from ledger.access.known import Known
from ledger.access.reading import Reading
from ledger.codes import AmendmentKind, ClearanceStatus, Role, StatementKind
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.records.eip712 import Withheld
from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes
from ledger.records.types import Commercial, Place, ShipmentTerms
from ledger.records.verification import VerifiedRecord, already_verified
from ledger.scores.card import parse_card
from ledger.services.home.score_cards import default_card_text
from tests.unit.history import CARRIER, DAY, HOUR, MAKER, SALT, SHOP, US_IMPORT, History

CARD = parse_card(default_card_text())
GATES = b"""
format = "lading/gates/1"
title = "Gates of a test"
period = "quarter"
settle_days = 30
appeal_days = 30

[[gates]]
name = "carriers"
role = "carrier"
indicator = "on-time"
threshold = 800_000
samples = 30
action = "suspend"

[[gates]]
name = "score"
role = "carrier"
indicator = "score"
threshold = 5_000
samples = 30
action = "suspend"

[[gates]]
name = "suppliers-on-time-in-full"
role = "supplier"
indicator = "on-time-in-full"
threshold = 800_000
samples = 30
action = "revoke-role"

[[gates]]
name = "suppliers"
role = "supplier"
indicator = "no-hold-by-papers"
threshold = 800_000
samples = 30
action = "revoke-role"
"""
PARSED = parse_gates(GATES)
GATE = PARSED.gates["carriers"]
QUARTERS = (Period(90 * DAY, 181 * DAY, 0), Period(181 * DAY, 273 * DAY, 0))
"""The second and the third of 1970."""
FIRST_DAYS = (91, 182)
CLOSED = QUARTERS[1].end + 30 * DAY
OVER = CLOSED + 30 * DAY
"""When the window to appeal is over."""


class World:
    """What is planned happens in order of time."""

    def __init__(self) -> None:
        self.history = History()
        self._plan: list[tuple[int, int, Callable[[], object]]] = []
        self.ids: dict[int, bytes] = {}
        self.records: list[VerifiedRecord] = self.history.records
        self._known: dict[tuple[int, int, int, int], Known] = {}

    def plan(self, second: int, do: Callable[[], object]) -> None:
        self._plan.append((second, len(self._plan), do))

    def play(self) -> "World":
        for _, _, do in sorted(self._plan):
            do()
        self._plan = []
        return self

    def opened(self, name: int, day: int, carrier: int = CARRIER) -> None:
        """Opened on `day`, promised by the end of the third day after."""

        def do() -> None:
            self.ids[name] = self.history.terms(
                known=day * DAY,
                holder=MAKER,
                signers=(MAKER, carrier),
                promisedAt=(day + 3) * DAY,
                liable=carrier,
                destination=town(name),
                requires=(US_IMPORT,),
            )

        self.plan(day * DAY, do)
        taken = day * DAY + HOUR
        self.plan(taken, lambda: self.history.handoff(self.ids[name], MAKER, carrier, taken))

    def delivered(self, name: int, at: int, known: int | None = None, carrier: int = CARRIER) -> list[VerifiedRecord]:
        """The handoff, once it was played."""
        told, made = at if known is None else known, list[VerifiedRecord]()
        self.plan(told, lambda: made.append(self.history.handoff(self.ids[name], carrier, SHOP, at, known=told)))
        return made

    def stated(self, kind: StatementKind, name: int, by: int, at: int) -> list[VerifiedRecord]:
        """The statement, once it was played."""
        made: list[VerifiedRecord] = []
        other = SHOP if by == CARRIER else CARRIER

        def do() -> None:
            made.append(self.history.statement(kind, self.ids[name], by, at, counterparty=other, place=town(name)))

        self.plan(at, do)
        return made

    def endorsed(self, statement: list[VerifiedRecord], third: int, at: int) -> None:
        """A locker bears out a tender or contest that `stated` will have made."""
        self.plan(at, lambda: self.history.endorse(statement[0].id, third, at, roles=1 << Role.LOCKER))

    def held(self, name: int, start: int, end: int) -> None:
        """Customs itself holds it."""
        for status, at in ((ClearanceStatus.HELD, start), (ClearanceStatus.RELEASED, end)):

            def do(status: ClearanceStatus = status, at: int = at) -> None:
                self.history.clearance(status, self.ids[name], at)

            self.plan(at, do)

    def corrected(self, delivery: list[VerifiedRecord], moved: int, at: int, signers: Sequence[int]) -> None:
        """The time of a delivery that `delivered` will have made is corrected to `moved`."""

        def do() -> None:
            self.history.amend(delivery[0].id, AmendmentKind.CORRECTION, {"occurredAt": moved}, signers, at)

        self.plan(at, do)

    def relieved(self, names: Iterable[int], at: int, signers: Sequence[int] = (MAKER, CARRIER, SHOP)) -> None:
        """Thirty days of relief for each."""

        def do() -> None:
            for name in names:
                self.history.amend(self.ids[name], AmendmentKind.RELIEF, {"seconds": 30 * DAY}, signers, at)

        self.plan(at, do)

    # --- what a gate sees ---

    def size(self, time: int) -> int:
        known = [record.known for record in self.records]
        assert known == sorted(known)
        return sum(one <= time for one in known)

    def reading(self, period: Period, at: int, gate: Gate = GATE, partner: int = CARRIER) -> Reading:
        return self.read(period, at, gate, partner)[0]

    def read(
        self, period: Period, at: int, gate: Gate = GATE, partner: int = CARRIER
    ) -> tuple[Reading, tuple[RecordId, ...]]:
        key = id(self.records), len(self.records), period.start, at
        if key not in self._known:
            taken = CheckpointTime(self.size(at), at, Basis.OPERATOR)
            self._known[key] = Known(self.records, CheckpointTimes(), period, taken)
        return self._known[key].read(gate, partner, CARD)

    def course(self, now: int = OVER, gate: Gate = GATE, partner: int = CARRIER, acts: Sequence[Act] = ()) -> Course:
        closings = [
            Closing(period.end + gate.settle, gate, self.reading(period, period.end + gate.settle, gate, partner))
            for period in QUARTERS
        ]

        def again(by: Gate, first: Reading, at: int) -> Reading:
            return self.reading(first.period, at, by, partner)

        return course(gate.name, closings, acts, again, now)


def town(name: int) -> Place:
    """Each shipment goes to a place of its own, so that it is a delivery event of its own."""
    return Place(SALT, "NZ", f"NZ{name:03}", "", "")


def every_day(count: int = 35) -> list[tuple[int, int]]:
    """So many shipments a quarter, one a day: their names and days."""
    return [(100 * quarter + i, first + i) for quarter, first in enumerate(FIRST_DAYS) for i in range(count)]


def closed(record: VerifiedRecord) -> VerifiedRecord:
    """Terms with their prices withheld."""
    assert isinstance(record.record, ShipmentTerms)
    assert isinstance(record.record.commercial, Commercial)
    hidden = replace(record.record, commercial=Withheld(bytes(32)))
    return already_verified(record.id, hidden, record.signers, record.facts, roles=record.roles)
