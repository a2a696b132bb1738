"""Forty-five days of goods that end in every way that a figure can take: each kind of stop, hold, part and dispute."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ledger.cli.demo.cast import GTIN
from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.codes import (
    AmendmentKind,
    ClearanceStatus,
    Gate,
    Hazard,
    HoldCause,
    Purpose,
    RecallAction,
    Regime,
    RevocationReason,
    StatementKind,
)
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY, HOUR
from ledger.records.types import Amendment, BonusAgreement, Recall, Require, Revocation, Share, ShipmentRef
from ledger.services.figures import award_files
from ledger.services.home.score_cards import default_card
from ledger.services.relay import pool_payments
from tests.e2e.shared_chain import Figures, Seat, figures
from tests.e2e.stage import (
    AUDITOR,
    BROKER,
    CARRIER,
    CN,
    LOCKER,
    MAKER,
    NZ,
    PURSE,
    SECOND,
    SHOP,
    SHORT,
    WAREHOUSE,
    remainder,
)

POOL = 10_000_00
NOTHING = RecordId(bytes(32))
JUDGED = 45
EXPORT = Require(b"NZ", int(Regime.EXPORT), int(Gate.DELIVERY), True)
SCANS = (f"01/{GTIN}/10/L1", f"01/{GTIN}/10/L2", f"01/{GTIN}/10/L3", f"01/{GTIN}")
RULE = f"""format = "lading/bonus-rule/1"
title = "Whoever carries something gets its share, less what it owes"
card = "{to_hex(default_card().hash)}"

[carrier.benchmark]
indicator = "shipments"
threshold = 1
samples = 0

[carrier.quality]
indicator = "in-full-undamaged"
threshold = 10_000
samples = 1
""".encode()
NAMES = (
    "late", "punctual", "tendered", "contested", "frozen", "held", "brokered", "breached", "family", "short", "locker",
    "onward", "relieved", "lost", "reported",
)  # fmt: skip
WINDOWS = frozenset({12, 13, 16, 17})
"""Days of what counts when others could see it (tenders, contests), of later terms, and of what was reported late."""


@dataclass
class ManyEnds:
    """Plays the days at `seat`. On those in `away`, the operator is away for six hours from the day's first record."""

    seat: Seat
    away: frozenset[int] = frozenset()
    goods: dict[str, RecordId] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)
    attested: RecordId = NOTHING
    agreement: RecordId = NOTHING
    start: int = 0

    @property
    def judged(self) -> int:
        return self.start + JUDGED * DAY

    def live(self) -> "ManyEnds":
        seat = self.seat
        self.start = seat.now + HOUR
        for day, happens in self._days().items():
            seat.clock.move_to(self.start + day * DAY)
            seat.away = day in self.away
            happens()
            seat.clock.move_to(self.start + day * DAY + 6 * HOUR)
            seat.away = False
            seat.settle()
        seat.clock.move_to(self.judged)
        seat.settle()
        return self

    def figures(self, seat: Seat | None = None) -> Figures:
        """All figures of this life as `seat` has them (by default the operator that took its records)."""
        return figures(seat or self.seat, self.judged, SCANS, self.agreement, self.names())

    def names(self) -> Mapping[str, str]:
        """The same for the same life led again: names of goods, and each record's number."""
        found = {to_hex(one): f"record {i}" for i, one in enumerate(self.seat.submitted)}
        found |= {to_hex(one): f"part {i}" for i, one in enumerate(self.parts)}
        found[to_hex(remainder(self.goods["short"], 1))] = "what was short"
        return found | {to_hex(one): name for name, one in self.goods.items()}

    def _days(self) -> dict[int, Callable[[], None]]:
        return {
            0: self._open, 2: self._lodge, 3: self._hold, 5: self._release_and_split, 7: self._pass_on,
            9: self._arrive_in_time, 12: self._tender, 13: self._contest, 14: self._arrive_late, 15: self._lose,
            16: self._report_late, 17: self._contest_again, 18: self._collect, 25: self._recall,
        }  # fmt: skip

    # --- the days ----------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        seat = self.seat
        self._agree()
        for name in NAMES:
            gated = name in ("held", "brokered", "breached")
            self.goods[name] = seat.open(requires=(EXPORT,) if gated else (), lot="L2" if name == "lost" else "L1")
        everything = sorted((self.goods[name], 0, 10) for name in NAMES)
        seat.hand(MAKER, CARRIER, *everything, due_at=seat.now + 6 * DAY)
        self.attested = seat.attest("L1")
        seat.attest("L2")

    def _agree(self) -> None:
        seat = self.seat
        node, end = seat.node, seat.now + (JUDGED - 1) * DAY
        token = node.home.deployment.token or b""
        keep_rule(seat)
        agreement = BonusAgreement(
            salt(), (Share(CARRIER, 6_000), Share(SECOND, 3_000)), SHOP, SHOP, token, "EUR",
            hashlib.sha256(RULE).digest(), seat.now, end, DAY, AUDITOR, DAY, end + 10 * DAY, end + 100 * DAY, details(),
        )  # fmt: skip
        self.agreement = seat.submit(agreement, CARRIER, SECOND)
        away, seat.away = seat.away, False
        seat.settle()
        pool_payments.fund(node.home, node.chain, PURSE, self.agreement, POOL)
        seat.away = away

    def _lodge(self) -> None:
        self._clear(BROKER, ClearanceStatus.LODGED, "late", 0, "CN", Regime.IMPORT)

    def _hold(self) -> None:
        seat = self.seat
        for name in ("held", "breached"):
            self._clear(NZ, ClearanceStatus.HELD, name, 0)
        self._clear(CN, ClearanceStatus.HELD, "late", 0, "CN", Regime.IMPORT)
        hold = self._clear(BROKER, ClearanceStatus.HELD, "brokered", 0)
        seat.endorse(hold, SHOP)

    def _release_and_split(self) -> None:
        seat = self.seat
        self._clear(NZ, ClearanceStatus.RELEASED, "held", 1)
        self._clear(CN, ClearanceStatus.PRESENTED, "late", 1, "CN", Regime.IMPORT)
        self._clear(BROKER, ClearanceStatus.RELEASED, "brokered", 1)
        self.parts = seat.split(CARRIER, self.goods["family"], 1, 4, 6)

    def _pass_on(self) -> None:
        self._clear(CN, ClearanceStatus.RELEASED, "late", 2, "CN", Regime.IMPORT)
        self.seat.hand(CARRIER, SECOND, (self.goods["late"], 1, 10), due_at=self.seat.now + 2 * DAY)

    def _arrive_in_time(self) -> None:
        seat, goods = self.seat, self.goods
        seat.hand(CARRIER, SHOP, *sorted([(goods["punctual"], 1, 10), (self.parts[0], 0, 4)]))
        seat.hand(CARRIER, SHOP, (goods["short"], 1, 7, SHORT))

    def _tender(self) -> None:
        seat, goods = self.seat, self.goods
        for name in ("tendered", "contested"):
            seat.state(StatementKind.TENDER, CARRIER, goods[name], 1, SHOP)
        seat.hand(CARRIER, LOCKER, (goods["locker"], 1, 10))

    def _contest(self) -> None:
        seat, goods = self.seat, self.goods
        seat.state(StatementKind.CONTEST, SHOP, goods["contested"], 1)
        self.goods["later terms"] = seat.open(
            consignor=SHOP, consignee=WAREHOUSE, holder=CARRIER, purpose=Purpose.ONWARD,
            parents=(ShipmentRef(goods["onward"], 1),),
        )  # fmt: skip

    def _arrive_late(self) -> None:
        seat, goods = self.seat, self.goods
        seat.hand(SECOND, SHOP, (goods["late"], 2, 10))
        delivered = [(goods[name], 1, 10) for name in ("held", "brokered", "breached", "relieved")]
        seat.hand(CARRIER, SHOP, *sorted([*delivered, (self.parts[1], 0, 6)]))
        seat.hand(CARRIER, WAREHOUSE, (goods["later terms"], 0, 10))
        relief = details('{"reason":"storm","seconds":86400}')
        amended = Amendment(goods["relieved"], NO_HASH, int(AmendmentKind.RELIEF), relief)
        seat.sign(amended, MAKER, CARRIER, SHOP)

    def _lose(self) -> None:
        self.seat.state(StatementKind.LOST, CARRIER, self.goods["lost"], 1)
        self.seat.state(StatementKind.LOST, CARRIER, remainder(self.goods["short"], 1), 0)

    def _report_late(self) -> None:
        """What both signed is told two days after it happened: it counts from a day before it was known."""
        seat = self.seat
        told = seat.scribe_handoff(CARRIER, SHOP, (self.goods["reported"], 1, 10), occurred_at=seat.now - 2 * DAY)
        seat.sign(told, CARRIER, SHOP)
        seat.state(StatementKind.TENDER, CARRIER, self.goods["frozen"], 1, SHOP)

    def _collect(self) -> None:
        seat, goods = self.seat, self.goods
        seat.hand(LOCKER, SHOP, (goods["locker"], 2, 10))
        seat.hand(CARRIER, SHOP, (goods["tendered"], 1, 10))

    def _recall(self) -> None:
        seat = self.seat
        recall = Recall(
            MAKER, f"01/{GTIN}", '[{"lot":"L2"}]', int(Hazard.LABELLING), int(RecallAction.RETURN), "x@example",
            NO_HASH, seat.now, details(),
        )  # fmt: skip
        seat.sign(recall, MAKER)
        error = int(RevocationReason.ERROR)
        seat.sign(Revocation(MAKER, self.attested, error, seat.now, details()), MAKER)
        seat.attest("L3")

    def _contest_again(self) -> None:
        self.seat.state(StatementKind.CONTEST, SHOP, self.goods["frozen"], 1)

    def _clear(
        self,
        by: int,
        status: ClearanceStatus,
        name: str,
        sequence: int,
        jurisdiction: str = "NZ",
        regime: Regime = Regime.EXPORT,
    ) -> RecordId:
        cause = HoldCause.RANDOM if status == ClearanceStatus.HELD else None
        goods = (self.goods[name], sequence)
        return self.seat.clear(by, status, goods, jurisdiction=jurisdiction, regime=regime, cause=cause)


def keep_rule(seat: Seat) -> None:
    """The file that the parties signed, which no chain carries."""
    with seat.node.home.database.write() as connection:
        award_files.keep_rule(connection, RULE)
