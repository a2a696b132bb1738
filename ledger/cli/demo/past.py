"""Three quarters of ordinary trade before the plot begins, so that partners have scores, trends and lanes.

Each week the maker sells four consignments: two by sea to China, one by air to the United States, one by road at home.
Most arrive in time; how many do not changes from quarter to quarter. What happens is drawn from a fixed seed, so that
every demo has the same past; keys, salts and times are its own. Every third of the second sea consignments goes by air
instead, so that there are two ways to China. What else happened then is in `ledger.cli.demo.rounds`.
"""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ledger.cli.demo.cast import BROKER, CN_CUSTOMS, FORWARDER, LAST_MILE, MAKER, OCEAN, PLATFORM, WAREHOUSE
from ledger.cli.demo.play import Play
from ledger.cli.demo.rounds import Rounds
from ledger.cli.demo.scribe import Deal, place
from ledger.codes import ClearanceStatus, ExceptionBit, Fulfilment, Gate, HoldCause, Mode, Regime
from ledger.common.ids import RecordId
from ledger.common.periods import DAY, HOUR
from ledger.errors import LadingError
from ledger.records.signers import signing_partners
from ledger.records.types import Endorsement, Record, Require

FIRST = 4
"""The first day on which something is sold: the partners are admitted by then."""
WEEKS = 32
QUIET = 30
"""Days from the last consignment of the past to the plot: all of them have arrived by then."""
PAST = FIRST + WEEKS * 7 + QUIET
"""Days before the plot."""
SEED = 421
LATE_SHARES = (0.08, 0.15, 0.03)
"""Of the consignments that leave in the first, second and last third: how many are late."""
DAMAGED_SHARE = 0.02
HELD_SHARE = 0.12
"""Of those that customs see."""
WORKING_DAYS = (0, 1, 3)
"""Days of the week on which anything happens: each costs the demo a block and a checkpoint."""
NONE = ExceptionBit(0)
NOT_YET = RecordId(bytes(32))
HOME = ("NZ", "NZAKL", "Auckland")
IMPORT = Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY), False)


@dataclass(frozen=True, slots=True)
class Lane:
    """A way that goods go each week: `days` on the way and one of `slack` when all goes well, `window` promised."""

    name: str
    mode: Mode
    fulfilment: Fulfilment
    carriers: tuple[int, ...]
    days: int
    slack: tuple[int, ...]
    window: int
    value: int
    packages: int
    to: tuple[str, str, str]
    customs: bool


SEA = Lane(
    "sea", Mode.MARITIME, Fulfilment.BONDED_WAREHOUSE, (FORWARDER, OCEAN), 14, (0, 0, 2), 23, 18_000_00, 60,
    ("CN", "CNNGB", "Ningbo"), True,
)  # fmt: skip
AIR = Lane(
    "air",
    Mode.AIR,
    Fulfilment.DIRECT_MAIL,
    (FORWARDER,),
    6,
    (0, 2),
    10,
    6_000_00,
    20,
    ("US", "USLAX", "Los Angeles"),
    False,
)
ROAD = Lane("road", Mode.ROAD, Fulfilment.OWN_WAREHOUSE, (LAST_MILE,), 2, (0,), 4, 1_500_00, 8, HOME, False)
EXPRESS = Lane(
    "express", Mode.AIR, Fulfilment.BONDED_WAREHOUSE, (FORWARDER,), 3, (0, 1), 8, 6_000_00, 20,
    ("CN", "CNNGB", "Ningbo"), True,
)  # fmt: skip
WEEKLY = (SEA, SEA, AIR, ROAD)


@dataclass
class Consignment:
    """One on its way, and where its custody and its clearance stand."""

    order: str
    lane: Lane
    left: int
    shipment: RecordId = NOT_YET
    sequence: int = 0
    clearances: int = 0


class Past:
    """What is to happen on which day; each day's records are taken in together, in the order they were planned."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.draw = random.Random(SEED)  # noqa: S311 - a story, not a secret
        self.plan: dict[int, list[Callable[[], Record]]] = defaultdict(list)
        self.deeds: dict[int, list[Callable[[], None]]] = defaultdict(list)
        """What is done once a day's records are in."""

    def live(self) -> None:
        """All of it, day by day, from the day after the partners were admitted."""
        for week in range(WEEKS):
            for i, lane in enumerate(WEEKLY):
                by_air = i == 1 and week % 3 == 1
                self._send(Consignment(f"W{week + 1:02d}-{i + 1}", EXPRESS if by_air else lane, FIRST + 7 * week))
        rounds = Rounds(self.play, self.play.start + (FIRST - PAST) * DAY)
        rounds.plan(
            lambda day, write: self._on(PAST + day, write), lambda day, do: self.deeds[PAST + day].append(do)
        )  # fmt: skip
        while self.plan or self.deeds:
            day = min(self.plan | self.deeds)
            self.play.clock.move_to(self.play.start + (day - PAST) * DAY + 9 * HOUR)
            self._take_in(self.plan.pop(day, []))
            for do in self.deeds.pop(day, []):
                do()
        self.play.say(f"{len(self.play.past)} consignments of three quarters are delivered before the story begins")

    def _take_in(self, todo: Sequence[Callable[[], Record]]) -> None:
        trial, parties = self.play.trial, self.play.parties
        made = [write() for write in todo]
        signed = [trial.signed(one, *(parties[partner] for partner in signing_partners(one))) for one in made]
        for result in trial.node.submission.replay(signed):
            if isinstance(result, LadingError):
                raise result
        trial.node.settle()

    # --- what happens to one --------------------------------------------------------------------------------

    def _send(self, sent: Consignment) -> None:
        """Plan everything that happens to it."""
        lane = sent.lane
        third = min(2, (sent.left - FIRST) * 3 // (WEEKS * 7))
        delay = self.draw.choice((4, 7, 9)) if self.draw.random() < LATE_SHARES[third] else self.draw.choice(lane.slack)
        damaged = ExceptionBit.DAMAGED if self.draw.random() < DAMAGED_SHARE else NONE
        day = sent.left
        self._on(day, partial(self._terms, sent))
        for partner in (lane.carriers[0], PLATFORM):
            self._on(day, partial(self._endorsed, sent, partner))
        way = (MAKER, *lane.carriers, *((WAREHOUSE,) if lane.customs else ()), PLATFORM)
        for giver, taker in itertools.pairwise(way):
            if giver == lane.carriers[-1]:
                day = _working(day + lane.days + delay)
            elif giver == WAREHOUSE:
                day = self._customs(sent, day)
            elif giver == MAKER:
                day += 1
            self._on(day, partial(self._handoff, sent, giver, taker, damaged))

    def _on(self, day: int, write: Callable[[], Record]) -> None:
        self.plan[day].append(write)

    def _terms(self, sent: Consignment) -> Record:
        lane, play = sent.lane, self.play
        deal = Deal(
            sent.order, lane.value, lane.value // 15, self._promised(sent), lane.value // 1500, lane.value // 15,
            lane.carriers[0], PLATFORM,
        )  # fmt: skip
        record = play.scribe.terms(
            deal,
            f"P{sent.order[1:3]}",
            consignor=MAKER,
            consignee=PLATFORM,
            packages=lane.packages,
            requires=(IMPORT,) if lane.customs else (),
            mode=lane.mode,
            fulfilment=lane.fulfilment,
            destination=place(*lane.to),
        )
        sent.shipment = play.trial.node.home.domain.record_id(record)
        play.past.append(sent.shipment)
        return record

    def _promised(self, sent: Consignment) -> int:
        """The end of the day."""
        return self.play.start + (sent.left + sent.lane.window - PAST + 1) * DAY - 1

    def _endorsed(self, sent: Consignment, partner: int) -> Record:
        """Until who is liable has endorsed the terms, a penalty would be indicative only."""
        return Endorsement(partner, sent.shipment)

    def _handoff(self, sent: Consignment, giver: int, taker: int, damaged: ExceptionBit) -> Record:
        at_home = giver == MAKER or taker == sent.lane.carriers[-1]
        where = place(*HOME) if at_home else place(*sent.lane.to)
        noted = damaged if taker == PLATFORM else NONE
        item = (sent.shipment, sent.sequence, sent.lane.packages, noted)
        due = 0 if taker == PLATFORM else self._promised(sent)
        sent.sequence += 1
        return self.play.scribe.handoff([item], giver, taker, where, due_at=due)

    def _customs(self, sent: Consignment, day: int) -> int:
        """Presented on `day`, perhaps held, released; the day on which the goods go on."""
        self._on(day, partial(self._clearance, sent, ClearanceStatus.PRESENTED))
        if self.draw.random() < HELD_SHARE:
            cause = self.draw.choice((HoldCause.RANDOM, HoldCause.DOCUMENTS))
            day = _working(day + 1)
            self._on(day, partial(self._clearance, sent, ClearanceStatus.HELD, cause))
        day = _working(day + 1)
        self._on(day, partial(self._clearance, sent, ClearanceStatus.RELEASED))
        return _working(day + 1)

    def _clearance(self, sent: Consignment, status: ClearanceStatus, cause: HoldCause | None = None) -> Record:
        item = (sent.shipment, sent.clearances)
        sent.clearances += 1
        return self.play.scribe.clearance(
            CN_CUSTOMS, [item], "CN", Regime.IMPORT, status, declarant=BROKER, cause=cause,
            caused_by=BROKER if cause == HoldCause.DOCUMENTS else 0,
        )  # fmt: skip


def _working(day: int) -> int:
    """That day, or the next on which something happens."""
    return next(later for later in itertools.count(day) if (later - FIRST) % 7 in WORKING_DAYS)
