"""Journeys that do not go straight, between the acts of the plot: parcels of the lot that will be recalled.

Days 8 to 9   twenty cartons of it go to the warehouse; two are missing
Day 10        the warehouse splits them: a parcel for a locker, a parcel for a doorstep, the rest
Days 11, 12   the locker co-signs; the doorstep delivery is tendered, and not contested
Day 13        what was missing is found, spoilt, and destroyed before a witness
Days 13 to 18 a broker's wrong papers hold up another shipment; the broker answers for it, not the carrier
Days 35 to 37 a parcel is tendered at the platform's door, and the platform contests: a dispute that still runs
After the recall: who holds what is known at once, and the warehouse answers
"""

from ledger.cli.demo.cast import (
    BAD_LOT,
    BROKER,
    FORWARDER,
    LAST_MILE,
    LOCKER,
    LOT,
    MAKER,
    NZ_CUSTOMS,
    PLATFORM,
    WAREHOUSE,
)
from ledger.cli.demo.play import Play
from ledger.cli.demo.scribe import Deal, details, place
from ledger.codes import (
    ClearanceStatus,
    ExceptionBit,
    Fulfilment,
    Gate,
    HoldCause,
    Mode,
    Purpose,
    Regime,
    SplitReason,
    StatementKind,
)
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import Child, Endorsement, RecallAnswer, Require, ShipmentRef, Split, Statement

NONE = ExceptionBit(0)
CARTONS, MISSING = 20, 2
PROMISED_DAY = 12
HELD_DAY, RELEASED_DAY, DELIVERED_DAY = 14, 17, 18


def wander(play: Play) -> None:
    """All of it but the recall, in the order of the days."""
    _split(play)
    _unattended(play)
    _destroyed(play)
    _held_by_a_broker(play)


def dispute(play: Play) -> None:
    """The carrier says that it offered the goods, the platform that nobody came: the difference is frozen."""
    scribe, town = play.scribe, place("NZ", "NZAKL", "Auckland")
    play.at(35)
    deal = Deal("PO-4001", 900_00, 60_00, play.start + 36 * DAY - 1, 2_00, 60_00, LAST_MILE, PLATFORM)
    terms = scribe.terms(
        deal, LOT, consignor=MAKER, consignee=PLATFORM, packages=3, mode=Mode.ROAD, destination=town
    )  # fmt: skip
    goods = play.shipments["disputed"] = play.sign("terms of three cartons", terms, MAKER)
    for partner in (LAST_MILE, PLATFORM):
        play.sign(f"{play.parties[partner].name} endorses the terms", Endorsement(partner, goods), partner)
    pickup = scribe.handoff([(goods, 0, 3, NONE)], MAKER, LAST_MILE, town)
    play.sign("the last-mile carrier takes them", pickup, MAKER, LAST_MILE)
    play.at(36)
    tender = Statement(LAST_MILE, PLATFORM, int(StatementKind.TENDER), goods, 1, play.clock.now(), town, details())
    play.sign("the carrier tenders them at the platform's door", tender, LAST_MILE)
    play.at(37)
    contest = Statement(PLATFORM, 0, int(StatementKind.CONTEST), goods, 1, play.clock.now(), town, details())
    play.sign("the platform contests: nobody came", contest, PLATFORM)


def answer(play: Play, recall: RecordId) -> None:
    """The warehouse says what it found of the recalled lot; locker and carrier have yet to answer."""
    record = RecallAnswer(WAREHOUSE, recall, 16, 12, 4, play.clock.now(), details())
    play.sign("the warehouse answers the recall", record, WAREHOUSE)


def _split(play: Play) -> None:
    scribe, auckland = play.scribe, place("NZ", "NZAKL", "Auckland")
    play.at(8)
    deal = Deal("PO-2001", 4_000_00, 200_00, play.start + 20 * DAY, 2_00, 200_00, FORWARDER, PLATFORM)
    terms = scribe.terms(deal, BAD_LOT, consignor=MAKER, consignee=PLATFORM, packages=CARTONS, mode=Mode.ROAD)
    cartons = play.shipments["cartons"] = play.sign("terms of twenty cartons", terms, MAKER)
    pickup = scribe.handoff([(cartons, 0, CARTONS, NONE)], MAKER, FORWARDER, auckland)
    play.sign("the forwarder takes the cartons", pickup, MAKER, FORWARDER)
    play.at(9)
    arrival = scribe.handoff([(cartons, 1, CARTONS - MISSING, ExceptionBit.SHORT)], FORWARDER, WAREHOUSE, auckland)
    play.sign("two cartons are missing; they stay open against the forwarder", arrival, FORWARDER, WAREHOUSE)
    play.shipments["missing"] = RecordId(remainder_id(cartons, 1))
    play.at(10)
    children = (Child(1, ()), Child(1, ()), Child(16, ()))
    split = Split(WAREHOUSE, cartons, 2, children, int(SplitReason.PARCELS), play.clock.now(), details())
    play.sign("the warehouse splits the rest", split, WAREHOUSE)
    for i, name in enumerate(("for the locker", "for the doorstep", "in stock")):
        play.shipments[name] = RecordId(child_id(cartons, 2, i))


def _unattended(play: Play) -> None:
    """Nobody is at home: once a locker co-signs, once the carrier offers delivery at the door."""
    scribe, goods, town = play.scribe, play.shipments, place("NZ", "NZAKL", "Auckland")
    for name in ("locker", "doorstep"):
        deal = Deal(
            f"ORDER-{name}", 45_00, 5_00, play.start + (PROMISED_DAY + 1) * DAY - 1, 5, 5_00, LAST_MILE, PLATFORM
        )
        onward = scribe.terms(
            deal,
            BAD_LOT,
            consignor=PLATFORM,
            consignee=0,
            holder=WAREHOUSE,
            packages=1,
            mode=Mode.ROAD,
            fulfilment=Fulfilment.OWN_WAREHOUSE,
            purpose=Purpose.ONWARD,
            parents=(ShipmentRef(goods[f"for the {name}"], 0),),
            recipient_key=play.consumer.address,
            destination=town,
        )
        goods[name] = play.sign(f"onward terms of the {name} parcel", onward, PLATFORM, WAREHOUSE)
    play.at(11)
    both = [(goods["locker"], 0, 1, NONE), (goods["doorstep"], 0, 1, NONE)]
    play.sign("the last mile begins", scribe.handoff(both, WAREHOUSE, LAST_MILE, town), WAREHOUSE, LAST_MILE)
    play.at(PROMISED_DAY)
    drop = scribe.handoff([(goods["locker"], 1, 1, NONE)], LAST_MILE, LOCKER, town)
    play.sign("the locker takes the parcel and co-signs", drop, LAST_MILE, LOCKER)
    tender = Statement(LAST_MILE, 0, int(StatementKind.TENDER), goods["doorstep"], 1, play.clock.now(), town, details())
    play.sign("nobody opens the door: the carrier tenders the other", tender, LAST_MILE)


def _destroyed(play: Play) -> None:
    play.at(13)
    missing, where = play.shipments["missing"], place("NZ", "NZAKL", "Auckland")
    now = play.clock.now()
    result = Statement(FORWARDER, 0, int(StatementKind.FOUND), missing, 0, now, where, details())
    play.sign("the missing cartons are found", result, FORWARDER)
    destroyed = Statement(FORWARDER, MAKER, int(StatementKind.DESTROYED), missing, 0, now, where, details())
    play.sign("spoilt: destroyed, and the maker bears witness", destroyed, FORWARDER, MAKER)
    again = play.scribe.handoff([(missing, 0, MISSING, NONE)], FORWARDER, WAREHOUSE, where)
    play.refused(
        "handing on what was destroyed",
        lambda: play.trial.sign_and_submit(again, play.parties[FORWARDER].key, play.parties[WAREHOUSE].key),
    )


def _held_by_a_broker(play: Play) -> None:
    """The broker's papers are wrong. The hold is not the carrier's doing, so it is not its delay."""
    scribe, auckland = play.scribe, place("NZ", "NZAKL", "Auckland")
    export = Require(b"NZ", int(Regime.EXPORT), int(Gate.DELIVERY), False)
    promised = play.start + 15 * DAY
    deal = Deal("PO-3001", 2_000_00, 150_00, promised, 1_50, 150_00, FORWARDER, PLATFORM)
    terms = scribe.terms(deal, LOT, consignor=MAKER, consignee=PLATFORM, packages=5, requires=(export,))
    goods = play.shipments["papers"] = play.sign("terms of the shipment with wrong papers", terms, MAKER)
    for partner in (FORWARDER, PLATFORM):
        play.sign(f"{play.parties[partner].name} endorses them", Endorsement(partner, goods), partner)
    pickup = scribe.handoff([(goods, 0, 5, NONE)], MAKER, FORWARDER, auckland)
    play.sign("the forwarder takes it", pickup, MAKER, FORWARDER)
    play.at(HELD_DAY)
    held = scribe.clearance(
        NZ_CUSTOMS, [(goods, 0)], "NZ", Regime.EXPORT, ClearanceStatus.HELD, declarant=BROKER,
        cause=HoldCause.DOCUMENTS, caused_by=BROKER,
    )  # fmt: skip
    play.sign("customs hold it: the broker's papers are wrong", held, NZ_CUSTOMS)
    play.at(RELEASED_DAY)
    released = scribe.clearance(
        NZ_CUSTOMS, [(goods, 1)], "NZ", Regime.EXPORT, ClearanceStatus.RELEASED, declarant=BROKER
    )
    play.sign("customs release it", released, NZ_CUSTOMS)
    play.at(DELIVERED_DAY)
    delivery = scribe.handoff([(goods, 1, 5, NONE)], FORWARDER, PLATFORM, auckland)
    play.sign("it arrives late, and not by the carrier's doing", delivery, FORWARDER, PLATFORM)
