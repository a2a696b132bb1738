"""What the demo shows of governing and planning, in sentences, and the verdicts on it.

Expectations follow from the calendars in `ledger.cli.demo.rounds`, `blend` and `plans`, by hand.
"""

from collections.abc import Iterator
from typing import Any

from ledger.access.course import Stage
from ledger.cli.demo.blend import DUST, LACTOSE, MADE, POWDER
from ledger.cli.demo.cast import BLENDER, COURIER, GTIN, HAULIER, WAREHOUSE
from ledger.cli.demo.plans import AIR, BOUGHT, COVER, ORDER_ALPHA, ORDERED, SEA, SOLD, WINDOW, Plans
from ledger.cli.demo.play import Play
from ledger.cli.demo.verdict import verdict
from ledger.codes import Mode
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.explain.access.standing import stated
from ledger.explain.plans import route as route_text
from ledger.explain.plans import warehouses as warehouse_text
from ledger.planning.trigger import Triggered
from ledger.services.products.provenance import GoodsAsked
from ledger.services.products.provenance_views import ProvenanceView
from ledger.services.views.records import Reader

GRAMS = 1_000
ORDER = SOLD * COVER // WINDOW - (BOUGHT - SOLD)
"""What the warehouse should have, 30 days of what it sold in 30, less what it has."""


def advice_of(play: Play, plans: Plans) -> dict[str, Any]:
    """For people and `--json`: who stands where, what the blend is made of, what was advised."""
    if plans.route is None or plans.transfer is None:
        raise LookupError("nothing was advised")
    standings = play.trial.node.reader.access.standings()
    return {
        "access": [stated(one) for one in standings if one.partner in (COURIER, HAULIER)],
        "blend": [
            {"shipment": node.shipment, "direction": node.direction, "share": node.share.exact}
            for node in _blend(play).shipments
        ],
        "route": list(route_text.sentences(plans.route.plan)),
        "transfer": list(warehouse_text.sentences(plans.transfer.plan)),
    }


def verdicts(play: Play, plans: Plans) -> Iterator[dict[str, Any]]:
    yield from _access(play)
    yield from _goods(play)
    yield from _route(plans)
    yield from _transfer(play, plans)


def _access(play: Play) -> Iterator[dict[str, Any]]:
    standings = play.trial.node.reader.access.standings()
    stood = {int(one.partner): (one.course.stage, one.open) for one in standings}
    # It has delivered nothing since, so its return is prepared; the council has not signed it.
    yield verdict("the haulier's access is withdrawn by the gate", (Stage.RETURN, False), stood.get(HAULIER))
    yield verdict("the courier's appeal helped: it kept its access", (Stage.GOOD, True), stood.get(COURIER))
    others = {found for partner, found in stood.items() if partner != HAULIER}
    yield verdict("nobody else lost anything", {(Stage.GOOD, True)}, others)


def _goods(play: Play) -> Iterator[dict[str, Any]]:
    told = _blend(play)
    shares = {node.shipment: node.share.exact for node in told.shipments}
    found = [shares.get(to_hex(play.shipments[name])) for name in ("milk powder", "lactose")]
    yield verdict("what share of the blend is powder and lactose", ["3/4", "1/4"], found)
    sums = [
        (b.verdict, s.went_in, s.came_out, s.lost) for b in told.balances if b.made == "transformation" for s in b.sums
    ]
    grams = [str(kilograms * GRAMS) for kilograms in (POWDER + LACTOSE, MADE, DUST)]
    yield verdict("the blend's mass balances to the gram", [("even", *grams)], sums)


def _blend(play: Play) -> ProvenanceView:
    asked = GoodsAsked(to_hex(play.shipments["blend"]))
    return play.trial.node.reader.provenance.trace(asked, Reader(auditor=True))[0]


def _route(plans: Plans) -> Iterator[dict[str, Any]]:
    if plans.route is None:
        raise LookupError("no route was advised")
    plan = plans.route.plan
    ways = [([leg.mode for leg in way.legs], way.charge) for way in plan.ways]
    charges = [rate["perConsignment"] + ORDERED * rate["perPackage"] for rate in (AIR, SEA)]
    yield verdict("two ways, the quicker one first", [([Mode.AIR], charges[0]), ([Mode.MARITIME], charges[1])], ways)
    late = plan.ways[-1].p50.late
    yield verdict("what it costs to be late by sea", ORDER_ALPHA * late**2 // DAY**2, plan.ways[-1].p50.penalty)
    yield verdict("and by air nothing", (0, 0), (plan.ways[0].p50.late, plan.ways[0].p50.penalty))


def _transfer(play: Play, plans: Plans) -> Iterator[dict[str, Any]]:
    plan = plans.transfer and plans.transfer.plan
    if not isinstance(plan, Triggered):
        raise LookupError("no transfer was advised")
    orders = [(one.origin, one.destination, one.gtin, one.packages) for one in plan.orders]
    yield verdict("the transfer that keeps stock from running out", [(BLENDER, WAREHOUSE, GTIN, ORDER)], orders)
    yield verdict("and its price", SEA["perConsignment"] + ORDER * SEA["perPackage"], plan.moving)
    signed = play.trial.node.reader.views.shipment(play.shipments["transfer"])
    yield verdict(
        "the draft was signed as it stood", (ORDER, WAREHOUSE), (signed.summary.packages, signed.summary.consignee.id)
    )
