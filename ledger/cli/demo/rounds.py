"""Parcels to thirty towns at home, in two months long before the story: an appeal that helps, and a gate that bites.

The council adopts gates for whoever carries. In both months a courier and a haulier bring twelve of thirty parcels
eight days late, so both are on probation once the second month is settled. The courier's road was washed away: maker
and platform sign reliefs with it, and its probation is lifted. For the haulier nobody signs anything: when the window
to appeal is over the council's change is due, and two of three members sign it. What the haulier is offered after that
is refused.
"""

from collections.abc import Callable
from functools import partial

from ledger.access.evidence import changes_for
from ledger.cli.demo.cast import COURIER, HAULIER, MAKER, PLATFORM
from ledger.cli.demo.play import Play
from ledger.cli.demo.scribe import Deal, details, place
from ledger.codes import AmendmentKind, ExceptionBit, Fulfilment, Mode
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId
from ledger.common.periods import DAY, Period, Step, before
from ledger.records.types import Amendment, Details, Record

GATE = "carriers"
SETTLED, APPEAL = 30, 14
"""Days after a month's end, and days that a probation lasts."""
TOWNS = (
    ("NZBHE", "Blenheim"), ("NZBLU", "Bluff"), ("NZCHC", "Christchurch"), ("NZDUD", "Dunedin"), ("NZGIS", "Gisborne"),
    ("NZHKK", "Hokitika"), ("NZHLZ", "Hamilton"), ("NZIVC", "Invercargill"), ("NZKAT", "Kaitaia"),
    ("NZKBZ", "Kaikoura"), ("NZKKE", "Kerikeri"), ("NZLYT", "Lyttelton"), ("NZMRO", "Masterton"), ("NZNPE", "Napier"),
    ("NZNPL", "New Plymouth"), ("NZNSN", "Nelson"), ("NZOAM", "Oamaru"), ("NZPMR", "Palmerston North"),
    ("NZPPQ", "Paraparaumu"), ("NZROT", "Rotorua"), ("NZTIU", "Timaru"), ("NZTRG", "Tauranga"), ("NZTUO", "Taupo"),
    ("NZWAG", "Wanganui"), ("NZWHK", "Whakatane"), ("NZWIR", "Wairoa"), ("NZWKA", "Wanaka"), ("NZWLG", "Wellington"),
    ("NZWRE", "Whangarei"), ("NZZQN", "Queenstown"),
)  # fmt: skip
"""Of two parcels to one town on one day only one would be a sample."""
LATE, FORGIVEN = 12, 8
"""Of thirty: late in each month, and those of the courier's second month for which a relief is signed."""
LEAVES, PROMISED, ARRIVES, COMES_LATE = 2, 5, 4, 13
"""Days of the month, counted from 0."""
RELIEF = 9 * DAY
WITHDRAWN = "the council suspends the haulier"
NONE = ExceptionBit(0)
Plan = Callable[[int, Callable[[], Record]], None]
Do = Callable[[int, Callable[[], None]], None]


def gates_file() -> bytes:
    """Below four fifths on time in two months on end, a carrier's access is called into question."""
    return f"""format = "lading/gates/1"
title = "Who carries for us"
period = "month"
settle_days = {SETTLED}
appeal_days = {APPEAL}

[[gates]]
name = "{GATE}"
role = "carrier"
indicator = "on-time"
threshold = 800_000
samples = 30
action = "suspend"
""".encode()


class Rounds:
    """`first`: the second after which the first month may begin. Seconds are those of the demo's clock."""

    def __init__(self, play: Play, first: int) -> None:
        self.play = play
        self.months = [month for _, month in before(first + 70 * DAY, Step.MONTH, 3) if month.start >= first][:2]
        self.parcels: dict[tuple[int, int], list[RecordId]] = {}

    def plan(self, write: Plan, do: Do) -> None:
        """`write` records on a day, counted from the start of the play, `do` something on a day."""
        for number, month in enumerate(self.months):
            for carrier in (COURIER, HAULIER):
                self._round(carrier, number, month, write)
        read = self._day(self.months[1].end) + SETTLED + 1
        do(read + 2, self._appeal)
        do(read + APPEAL + 3, self._withdraw)

    def _day(self, second: int) -> int:
        """The first day of the play that begins at that second or later."""
        return -((self.play.start - second) // DAY)

    def _round(self, carrier: int, number: int, month: Period, write: Plan) -> None:
        first = self._day(month.start)
        for locode, town in TOWNS:
            write(first + LEAVES, partial(self._terms, (carrier, number), first, locode, town))
        for day, sequence, part in (
            (LEAVES, 0, slice(None)), (ARRIVES, 1, slice(LATE, None)), (COMES_LATE, 1, slice(LATE))
        ):  # fmt: skip
            write(first + day, partial(self._handoff, (carrier, number), sequence, part))

    def _terms(self, which: tuple[int, int], first: int, locode: str, town: str) -> Record:
        carrier, number = which
        due = self.play.start + (first + PROMISED) * DAY - 1
        deal = Deal(f"R{number + 1}-{carrier}-{locode[2:]}", 180_00, 12_00, due, 1_00, 12_00, carrier, PLATFORM)
        record = self.play.scribe.terms(
            deal, "R2601", consignor=MAKER, consignee=PLATFORM, packages=1, mode=Mode.ROAD,
            fulfilment=Fulfilment.DIRECT_MAIL, destination=place("NZ", locode, town),
        )  # fmt: skip
        self.parcels.setdefault(which, []).append(self.play.trial.node.home.domain.record_id(record))
        return record

    def _handoff(self, which: tuple[int, int], sequence: int, part: slice) -> Record:
        items = [(parcel, sequence, 1, NONE) for parcel in self.parcels[which][part]]
        sides = (MAKER, which[0]) if sequence == 0 else (which[0], PLATFORM)
        return self.play.scribe.handoff(items, *sides, place("NZ", "NZAKL", "Auckland"))

    def _appeal(self) -> None:
        self.play.say("two carriers are on probation; the courier's road was washed away, and it appeals")
        changes = canonical_json({"seconds": RELIEF}).decode()
        for parcel in self.parcels[COURIER, 1][:FORGIVEN]:
            relief = Amendment(parcel, RecordId(bytes(32)), int(AmendmentKind.RELIEF), Details(details().salt, changes))
            self.play.trial.sign_and_submit(relief, *(self.play.parties[p] for p in (MAKER, COURIER, PLATFORM)))
        self.play.trial.node.settle()
        self.play.say(f"maker, courier and platform sign {FORGIVEN} reliefs")

    def _withdraw(self) -> None:
        """The council signs what the evidence asks for, and that alone: for the courier there is none."""
        play, access = self.play, self.play.trial.node.reader.access
        evidence = access.evidence(HAULIER, GATE)
        with play.trial.node.home.database.write() as connection:
            access.keep(connection, evidence)
        for change in changes_for(evidence, play.trial.next_sequence()):
            play.trial.change(change)
            play.trial.node.settle()
        play.say(WITHDRAWN)
        self._try_again()

    def _try_again(self) -> None:
        play = self.play
        deal = Deal("R3-1", 180_00, 12_00, play.clock.now() + 4 * DAY, 1_00, 12_00, HAULIER, PLATFORM)
        auckland = place("NZ", "NZAKL", "Auckland")
        terms = play.scribe.terms(
            deal, "R2601", consignor=MAKER, consignee=PLATFORM, packages=1, mode=Mode.ROAD, destination=auckland
        )
        parcel = play.sign("terms of one more parcel", terms, MAKER)
        pickup = play.scribe.handoff([(parcel, 0, 1, NONE)], MAKER, HAULIER, auckland)
        play.refused(
            "handing goods to the haulier that lost its access",
            lambda: play.trial.sign_and_submit(pickup, play.parties[MAKER], play.parties[HAULIER]),
        )
