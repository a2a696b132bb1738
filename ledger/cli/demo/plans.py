"""Advice that is followed: stock that would run out, and an order that would come late by sea.

Day 3    the ocean line and the forwarder attest what they ask, for every partner to plan with
Day 7    sixty cartons leave for the bonded warehouse, which bought them; day 28 they are there
Day 29   it sells 48 of them
Day 34   an order is promised in ten days: the plan says by air, and the forwarder flies it; day 39 it is there
Day 39   the warehouse is about to run out: the plan drafts a transfer from the blender, which signs it
"""

from typing import Any

from ledger.api.pages.plans.positions import positions
from ledger.cli.demo.cast import (
    BLENDER,
    BROKER,
    CN_CUSTOMS,
    FORWARDER,
    GTIN,
    LOT,
    MAKER,
    OCEAN,
    PLATFORM,
    RATE_CARD,
    WAREHOUSE,
)
from ledger.cli.demo.play import Play
from ledger.cli.demo.scribe import CURRENCY, Deal, details, place
from ledger.client.drafts import completed
from ledger.codes import ClearanceStatus, ExceptionBit, Gate, Mode, Purpose, Regime, SplitReason
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.planning.plan_file import parse_plan
from ledger.records.shipment_ids import child_id
from ledger.records.types import Child, Endorsement, Require, ShipmentRef, Split
from ledger.records.wallet_input import envelope_from_wallet
from ledger.services.planning.routes import RouteAnswer, RouteAsked, route_for
from ledger.services.planning.warehouses import Kind, WarehouseAnswer, drafts_for, plan_for

BOUGHT, SOLD = 60, 48
"""Cartons of the bonded warehouse's own."""
ORDERED = 40
SEA = {"perConsignment": 300_00, "perPackage": 4_50}
AIR = {"perConsignment": 150_00, "perPackage": 30_00}
"""What both ask from Auckland to Ningbo, minor units."""
ORDER_ALPHA, ORDER_CAP = 40_00, 6_000_00
WINDOW, COVER = 30, 30
"""Days of demand that the plan looks at, and that stock should last."""
PLAN = f"""lading = "plan/1"
currency = "{CURRENCY}"
window_days = {WINDOW}
warehouses = [{{partner = {BLENDER}, place = "NZAKL"}}, {{partner = {WAREHOUSE}, place = "CNNGB"}}]
products = [{{gtin = "{GTIN}", value = 50_00}}]

[rules]
lead_days = 23
safety_days = 2
cover_days = {COVER}
"""
NONE = ExceptionBit(0)
IMPORT = Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY), False)


class Plans:
    """`route` and `transfer` are the advice as it was given; None before."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.route: RouteAnswer | None = None
        self.transfer: WarehouseAnswer | None = None

    def ask_prices(self) -> None:
        self._rate_card(OCEAN, Mode.MARITIME, SEA)
        self._rate_card(FORWARDER, Mode.AIR, AIR)

    def send_stock(self) -> None:
        play, scribe = self.play, self.play.scribe
        deal = Deal("PO-6001", 3_000_00, 200_00, play.start + 60 * DAY, 1_00, 200_00, OCEAN, WAREHOUSE)
        terms = scribe.terms(
            deal, LOT, consignor=MAKER, consignee=WAREHOUSE, packages=BOUGHT, requires=(IMPORT,)
        )  # fmt: skip
        goods = play.shipments["stock"] = play.sign("terms of sixty cartons for the warehouse's stock", terms, MAKER)
        loading = scribe.handoff([(goods, 0, BOUGHT, NONE)], MAKER, OCEAN, place("NZ", "NZAKL", "Auckland"))
        play.sign("the ocean line takes them", loading, MAKER, OCEAN)

    def sell_stock(self) -> None:
        play, scribe, goods = self.play, self.play.scribe, self.play.shipments["stock"]
        ningbo = place("CN", "CNNGB", "Ningbo")
        play.at(28, 18)
        released = scribe.clearance(
            CN_CUSTOMS, [(goods, 0)], "CN", Regime.IMPORT, ClearanceStatus.RELEASED, declarant=BROKER
        )
        play.sign("customs release the warehouse's cartons", released, CN_CUSTOMS)
        arrival = scribe.handoff([(goods, 1, BOUGHT, NONE)], OCEAN, WAREHOUSE, ningbo)
        play.sign("the warehouse has its cartons", arrival, OCEAN, WAREHOUSE)
        play.at(29)
        children = (Child(SOLD, ()), Child(BOUGHT - SOLD, ()))
        split = Split(WAREHOUSE, goods, 2, children, int(SplitReason.PARTIAL), play.clock.now(), details())
        play.sign("it takes out what it sold", split, WAREHOUSE)
        play.shipments["stock left"] = RecordId(child_id(goods, 2, 1))
        deal = Deal("PO-6002", 2_600_00, 0, play.start + 60 * DAY, 0, 0, WAREHOUSE, PLATFORM)
        onward = scribe.terms(
            deal, LOT, consignor=WAREHOUSE, consignee=PLATFORM, packages=SOLD, mode=Mode.ROAD,
            purpose=Purpose.ONWARD, parents=(ShipmentRef(child_id(goods, 2, 0), 0),), destination=ningbo,
        )  # fmt: skip
        sold = play.shipments["sold"] = play.sign("onward terms of what it sold", onward, WAREHOUSE)
        pickup = scribe.handoff([(sold, 0, SOLD, NONE)], WAREHOUSE, PLATFORM, ningbo)
        play.sign("the platform fetches it", pickup, WAREHOUSE, PLATFORM)

    def choose_route(self) -> None:
        """The terms say by when, and what lateness costs; carriers what they ask; deliveries how long it takes."""
        play, scribe = self.play, self.play.scribe
        play.at(34, 15)
        deal = Deal("PO-5001", 8_000_00, 600_00, play.start + 44 * DAY - 1, ORDER_ALPHA, ORDER_CAP, FORWARDER, PLATFORM)
        terms = scribe.terms(
            deal,
            LOT,
            consignor=MAKER,
            consignee=PLATFORM,
            packages=ORDERED,
            mode=Mode.NOT_SPECIFIED,
            requires=(IMPORT,),
        )
        goods = play.shipments["urgent"] = play.sign("terms of an order that is promised in ten days", terms, MAKER)
        for partner in (FORWARDER, PLATFORM):
            play.sign(f"{play.parties[partner].name} endorses the terms", Endorsement(partner, goods), partner)
        node = play.trial.node
        self.route = route_for(
            node.reader.numbers, None, play.clock.now(), RouteAsked(shipment=goods, holidays=False), positions()
        )
        play.say("the plan: by air, for by sea the penalty would be more than the freight saves")
        auckland = place("NZ", "NZAKL", "Auckland")
        pickup = scribe.handoff([(goods, 0, ORDERED, NONE)], MAKER, FORWARDER, auckland)
        play.sign("the forwarder flies it", pickup, MAKER, FORWARDER)

    def deliver_by_air(self) -> None:
        play, scribe, goods = self.play, self.play.scribe, self.play.shipments["urgent"]
        play.at(39)
        released = scribe.clearance(
            CN_CUSTOMS, [(goods, 0)], "CN", Regime.IMPORT, ClearanceStatus.RELEASED, declarant=BROKER
        )
        play.sign("customs release the order", released, CN_CUSTOMS)
        delivery = scribe.handoff(
            [(goods, 1, ORDERED, NONE)], FORWARDER, PLATFORM, place("CN", "CNNGB", "Ningbo")
        )  # fmt: skip
        play.sign("the order is there in time", delivery, FORWARDER, PLATFORM)

    def move_stock(self) -> None:
        """What the plan drafts is signed as it is: a split, then the terms between both warehouses."""
        play, node = self.play, self.play.trial.node
        now = play.clock.now()
        plan = parse_plan(PLAN.encode())
        self.transfer = plan_for(node.reader.numbers, None, now, (Kind.TRIGGER, plan), positions())
        play.say("the plan: the bonded warehouse runs out before goods could come; the blender can spare some")
        for draft in drafts_for(node.home, self.transfer).drafts:
            record = envelope_from_wallet(completed(draft.template, now)).record
            name = f"the blender signs the draft: {draft.template['type']}"
            play.shipments["transfer"] = play.sign(name, record, *draft.signers)

    def _rate_card(self, by: int, mode: Mode, price: dict[str, Any]) -> None:
        play = self.play
        rate = {"mode": int(mode), "from": "NZAKL", "to": "CNNGB"} | price
        text = {"lading": "rate-card/1", "currency": CURRENCY, "for": "partners", "rates": [rate]}
        claims, until = canonical_json(text).decode(), play.clock.now() + 365 * DAY
        record = play.scribe.attestation(by, RATE_CARD, f"partner/{by}", claims=claims, until=until)
        play.sign(f"{play.parties[by].name} attests what it asks", record, by)
