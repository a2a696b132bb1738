"""Fulfilment, processing, sections, duty, returns, links and the choice of ways, every figure worked out by hand."""

import pytest

from ledger.codes import ClearanceStatus, Fulfilment, Mode, Purpose, Regime
from ledger.common.canonical import canonical_json
from ledger.common.periods import Period
from ledger.network.links import LINKS, Link, LinkCost
from ledger.network.performance import NetworkFigures, compare, network
from ledger.network.routes import GROUPS, By
from ledger.network.sections import Section, SectionFigures
from ledger.network.sight import Sight
from ledger.records.eip712 import Withheld
from ledger.records.types import Clearance, Details, Duty, Place, ShipmentTerms, TaxLine
from ledger.shipments.history import Journeys
from ledger.shipments.return_reason import ReturnReason
from tests.unit.history import CARRIER, DAY, HOUR, MAKER, SALT, SECOND, SHOP, History
from tests.unit.network.test_performance import CHINA, STATES, YEAR, figures, flight

HIDDEN = Withheld(bytes(32))


def only(history: History, sight: Sight) -> NetworkFigures:
    return network(Journeys(history.records), YEAR, sight=sight)["all"]


def test_figures_are_grouped_by_fulfilment() -> None:
    history = History()
    for fulfilment in (Fulfilment.EXPRESS, Fulfilment.DIRECT_MAIL, Fulfilment.DIRECT_MAIL, 0, 99):
        shipment = history.terms(fulfilment=fulfilment)
        history.handoff(shipment, CARRIER, SHOP, 5 * DAY)
    found = network(Journeys(history.records), YEAR, GROUPS[By.FULFILMENT])
    assert {name: one.delivered for name, one in found.items()} == {"express": 1, "direct_mail": 2, "not_stated": 2}


def test_processing_runs_from_the_opening_to_the_first_handoff() -> None:
    history = History()
    for days in (1, 2, 6):
        shipment = history.terms(holder=MAKER, known=DAY)
        history.handoff(shipment, MAKER, CARRIER, (1 + days) * DAY)
        history.handoff(shipment, CARRIER, SHOP, 9 * DAY)
    straight = history.terms(holder=CARRIER)
    history.handoff(straight, CARRIER, SHOP, 5 * DAY)
    history.terms(holder=MAKER)
    found = figures(history)
    assert found.processed == 3, "the delivery alone does not say when goods left"
    assert (found.processing_mean_seconds, found.processing_median_seconds, found.processing_p90_seconds) == (
        3 * DAY, 2 * DAY, 6 * DAY,
    )  # fmt: skip


def test_a_split_later_leaves_the_processing_where_the_terms_were() -> None:
    history = History()
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, CARRIER, DAY)
    for child in history.split(shipment, CARRIER, 2 * DAY, (5, 5)):
        history.handoff(child, CARRIER, SHOP, 3 * DAY, packages=5)
    assert figures(history).processed == 1


def test_legs_are_told_by_the_section_in_which_they_lie() -> None:
    history = History()
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, CARRIER, DAY, due=2 * DAY)
    history.handoff(shipment, CARRIER, SECOND, 3 * DAY, due=5 * DAY)
    history.handoff(shipment, SECOND, CARRIER, 4 * DAY, due=6 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 5 * DAY)
    direct = history.terms(holder=MAKER)
    history.handoff(direct, MAKER, CARRIER, DAY, due=2 * DAY)
    history.handoff(direct, CARRIER, SHOP, 5 * DAY)
    found = figures(history)
    assert found.sections == (
        SectionFigures(Section.FIRST, 1, 0),
        SectionFigures(Section.MIDDLE, 1, 1),
        SectionFigures(Section.LAST, 1, 1),
        SectionFigures(Section.WHOLE, 1, 0),
    )
    assert (found.legs_due, found.legs_in_time, found.sections[0].in_time_ppm) == (4, 2, 0)


def test_a_leg_in_which_goods_parted_ends_at_the_consignee_where_all_of_them_did() -> None:
    history = History()
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, CARRIER, DAY, due=2 * DAY)
    one, other = history.split(shipment, CARRIER, 2 * DAY, (5, 5))
    history.handoff(one, CARRIER, SHOP, 3 * DAY, packages=5)
    history.handoff(other, CARRIER, SECOND, 3 * DAY, packages=5)
    assert figures(history).sections == (SectionFigures(Section.FIRST, 1, 0),)
    assert Section.LAST.with_others(Section.MIDDLE) is Section.MIDDLE
    assert Section.WHOLE.with_others(Section.FIRST) is Section.FIRST


def duty(paid: int, currency: str = "EUR") -> Duty:
    return Duty(SALT, "", "", "", currency, (TaxLine("duty", 0, 0, 0, paid), TaxLine("VAT", 0, 0, 0, 1)))


def test_duty_is_what_the_last_clearance_of_each_procedure_says() -> None:
    history = History()
    shipment = flight(history, 5)
    history.clearance(ClearanceStatus.LODGED, shipment, 2 * DAY, duty=duty(900))
    history.clearance(ClearanceStatus.PRESENTED, shipment, 2 * DAY, duty=duty(700))
    history.clearance(ClearanceStatus.RELEASED, shipment, 3 * DAY, duty=duty(499))
    history.clearance(ClearanceStatus.RELEASED, shipment, 3 * DAY, jurisdiction=b"CN", regime=Regime.EXPORT)
    assert (figures(history).duty, figures(history).duties_hidden) == ({"EUR": 500}, 0)
    history.clearance(ClearanceStatus.AMENDED, shipment, 4 * DAY, duty=HIDDEN)
    found = figures(history)
    assert (found.duty, found.duties_hidden) == ({}, 1), "what came last is withheld, so nothing is known"


def test_duty_of_several_shipments_is_shared_to_the_last_unit() -> None:
    history = History()
    shipments = [flight(history, 5, mode=mode) for mode in (Mode.AIR, Mode.ROAD, Mode.RAIL)]
    history.clearance(ClearanceStatus.RELEASED, shipments, 3 * DAY, duty=duty(100))
    found = network(Journeys(history.records), YEAR, GROUPS[By.MODE])
    assert sorted(one.duty["EUR"] for one in found.values()) == [33, 34, 34]


def test_duty_that_one_may_not_read_is_hidden_and_not_none() -> None:
    history = History()
    shipment = flight(history, 5)
    history.clearance(ClearanceStatus.RELEASED, shipment, 3 * DAY, duty=duty(100))
    found = only(history, Sight(lambda _: True, lambda paper: not isinstance(paper.record, Clearance)))
    assert (found.duty, found.duties_hidden) == ({}, 1)
    assert Link.DUTY not in {one.link for one in found.links}


def came_back(history: History, shipment: bytes, details: Details | Withheld, packages: int = 10) -> bytes:
    return history.terms(
        known=8 * DAY, holder=SHOP, consignor=SHOP, consignee=MAKER, purpose=Purpose.RETURN, parents=[shipment],
        packages=packages, details=details, freight=2_000, mode=Mode.ROAD, promisedAt=300 * DAY,
    )  # fmt: skip


def said(reason: object) -> Details:
    return Details(SALT, canonical_json({"reason": reason}).decode())


def test_returns_count_packages_and_name_their_reasons() -> None:
    history = History()
    for reason in ("defective", "defective", "late"):
        came_back(history, flight(history, 5), said(reason))
    flight(history, 5)
    parted = flight(history, 5)
    child, _ = history.split(parted, SHOP, 7 * DAY, (3, 7))
    came_back(history, child, said("damaged"), 3)
    found = network(Journeys(history.records), YEAR, GROUPS[By.MODE])["air"]
    assert (found.reached, found.returned, found.reached_packages, found.returned_packages) == (5, 4, 50, 33)
    assert found.return_ppm == 660_000
    assert found.reasons == {ReturnReason.DEFECTIVE: 20, ReturnReason.DAMAGED: 3, ReturnReason.LATE: 10}


@pytest.mark.parametrize(
    "details",
    [HIDDEN, *(Details(SALT, text) for text in ("", "[]", "{")), *map(said, ("weather", 7, ["late"], "unknown"))],
)
def test_a_reason_that_is_not_told_is_unknown(details: Details | Withheld) -> None:
    history = History()
    came_back(history, flight(history, 5), details)
    assert figures(history).reasons == {ReturnReason.UNKNOWN: 10}


def test_a_reason_that_one_may_not_read_is_unknown() -> None:
    history = History()
    back = came_back(history, flight(history, 5), said("late"))
    found = only(history, Sight(lambda terms: terms.purpose != Purpose.RETURN, lambda paper: paper.id != back))
    assert (found.returned, found.reasons) == (1, {ReturnReason.UNKNOWN: 10})


def test_goods_that_never_arrived_and_came_back_count_among_those_that_might() -> None:
    history = History()
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, CARRIER, DAY)
    history.handoff(shipment, CARRIER, SHOP, 2 * DAY, packages=0)
    history.terms(
        known=3 * DAY, holder=CARRIER, consignee=MAKER, purpose=Purpose.RETURN, parents=[shipment],
        details=said("refused"), promisedAt=300 * DAY,
    )  # fmt: skip
    found = figures(history)
    assert (found.delivered, found.reached, found.returned_packages) == (0, 1, 10)
    assert found.reasons == {ReturnReason.REFUSED: 10}


def test_costs_are_told_by_link_and_mode() -> None:
    history = History()
    shipment = flight(history, 11)
    history.endorse(shipment, CARRIER, 20 * DAY)
    history.clearance(ClearanceStatus.RELEASED, shipment, 3 * DAY, duty=duty(99, "USD"))
    onward = history.terms(
        known=13 * DAY, holder=SHOP, consignor=SHOP, consignee=SECOND, purpose=Purpose.ONWARD, parents=[shipment],
        freight=300, mode=99, promisedAt=300 * DAY,
    )  # fmt: skip
    history.handoff(onward, SHOP, CARRIER, 14 * DAY)
    history.handoff(onward, CARRIER, SECOND, 15 * DAY)
    assert figures(history).links == (
        LinkCost(Link.FREIGHT, Mode.AIR, "EUR", 10_000),
        LinkCost(Link.ONWARD_FREIGHT, None, "EUR", 300),
        LinkCost(Link.DUTY, None, "USD", 100),
        LinkCost(Link.PENALTIES, None, "EUR", 400),
    )
    assert LINKS.keys() == set(Purpose)


def ways(history: History, mode: Mode, carrier: int, late: int, count: int = 10) -> None:
    """One delivery a day to the United States, some of them beyond the window of their mode."""
    for i in range(count):
        shipment = history.terms(holder=MAKER, origin=CHINA, destination=STATES, mode=mode, known=i * DAY)
        history.handoff(shipment, MAKER, carrier, (i + 1) * DAY)
        history.handoff(shipment, carrier, SHOP, (i + (30 if i < late else 5)) * DAY)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (((Mode.AIR, CARRIER, 1), (Mode.AIR, SECOND, 1)), (1, 0, 1, 1)),
        (((Mode.AIR, CARRIER, 1), (Mode.MARITIME, CARRIER, 0)), (1, 1, 0, 1)),
        (((Mode.AIR, CARRIER, 0), (Mode.MARITIME, SECOND, 2)), (1, 0, 0, 0)),
        (((Mode.AIR, CARRIER, 0), (Mode.MARITIME, SECOND, 1)), (1, 1, 1, 1)),
        (((Mode.ROAD, CARRIER, 0), (Mode.RAIL, SECOND, 0)), (0, 0, 0, 0)),
    ],
)
def test_a_lane_has_a_choice_where_two_ways_meet_its_window(
    others: tuple[tuple[Mode, int, int], ...], expected: tuple[int, ...]
) -> None:
    history = History()
    for mode, carrier, late in others:
        ways(history, mode, carrier, late)
    found = figures(history)
    assert (found.lanes_judged, found.lanes_by_mode, found.lanes_by_carrier, found.lanes_flexible) == expected
    assert found.flexible_ppm == (expected[3] * 1_000_000 if expected[0] else None)


def test_nine_shipments_prove_no_way() -> None:
    history = History()
    ways(history, Mode.AIR, CARRIER, 0)
    ways(history, Mode.AIR, SECOND, 0, 9)
    assert figures(history).lanes_flexible == 0
    history = History()
    ways(history, Mode.AIR, CARRIER, 0, 9)
    assert (figures(history).lanes_judged, figures(history).flexible_ppm) == (0, None)


def test_lanes_whose_origin_is_withheld_are_not_judged() -> None:
    history = History()
    for _ in range(10):
        shipment = history.terms(holder=MAKER, origin=Place(SALT, "", "", "", ""), destination=STATES, mode=Mode.AIR)
        history.handoff(shipment, MAKER, CARRIER, HOUR)
        history.handoff(shipment, CARRIER, SHOP, DAY)
    assert (figures(history).windowed, figures(history).lanes_judged) == (10, 0)


def test_two_periods_are_compared_in_the_new_figures_too() -> None:
    history = History()
    flight(history, 5)
    came_back(history, flight(history, 5, start=100), said("late"))
    journeys = Journeys(history.records)
    before = network(journeys, Period(0, 50 * DAY, 50 * DAY))["all"]
    after = network(journeys, Period(50 * DAY, 365 * DAY, 365 * DAY), GROUPS[By.MODE])["air"]
    changes = {change.figure: change for change in compare(before, after)}
    assert (changes["return_ppm"].before, changes["return_ppm"].after) == (0, 1_000_000)
    assert changes["processing_mean_seconds"].difference == 0
    assert changes["flexible_ppm"].difference is None


def test_terms_of_returns_are_read_and_those_of_others_are_not() -> None:
    history = History()
    shipment = flight(history, 5)
    history.terms(known=8 * DAY, holder=SHOP, purpose=Purpose.ONWARD, parents=[shipment], details=said("late"))
    assert any(isinstance(one.record, ShipmentTerms) for one in history.records)
    assert (figures(history).returned, figures(history).reasons) == (0, {})
