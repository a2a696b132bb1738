"""The sentences of the delivery report, and the words for its codes."""

from ledger.codes import Mode
from ledger.common.periods import Period
from ledger.explain.report import Sentence, findings, lane_text, late_class_text, mode_text, partner_text
from ledger.explain.units import days
from ledger.network.report import LateClass, compute_report
from ledger.services.home.score_cards import default_card
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, SHOP, History

YEAR = Period(0, 365 * DAY, 365 * DAY)


def sentences(history: History) -> list[Sentence]:
    return findings(compute_report(Journeys(history.records), YEAR, default_card()), lambda partner: f"No. {partner}")


def test_nothing_is_said_of_nothing() -> None:
    assert sentences(History()) == []


def test_none_late() -> None:
    history = History()
    history.handoff(history.terms(), CARRIER, SHOP, 9 * DAY)
    assert sentences(history) == [Sentence("None of the 1 shipments is late.")]


def test_few_late_ones_have_a_latest_and_many_a_median() -> None:
    history = History()
    for late in range(1, 10):
        history.handoff(history.terms(), CARRIER, SHOP, (10 + late) * DAY)
    lead, rest = sentences(history)[0]
    assert lead == "0.0 % of 9 shipments are not late."
    assert rest == " The latest of the 9 late ones is late by 9 days."
    history.handoff(history.terms(), CARRIER, SHOP, 20 * DAY)
    assert sentences(history)[0].rest == (
        " Of the 10 late ones half were late by 5.5 days or more, and at most one in ten by more than 9 days."
    )


def test_who_comes_first_is_named_by_the_reader() -> None:
    history = History()
    for partner in range(21, 27):
        for _ in range(4):
            shipment = history.terms(holder=partner, liable=partner)
            history.handoff(shipment, partner, SHOP, 12 * DAY)
    (found,) = (sentence for sentence in sentences(history) if "partners account" in sentence.lead)
    assert found.lead == "3 of 6 partners account for 50.0 % of the late shipments."
    assert found.rest.startswith(" No. 21 comes first, with 4 of its 4 late;")


def test_codes_and_places_in_words() -> None:
    assert [mode_text(mode) for mode in (Mode.NOT_SPECIFIED, Mode.MARITIME, Mode.INLAND_WATER)] == [
        "mode not stated",
        "sea",
        "inland water",
    ]
    lanes = (("CN", "DE"), ("", "DE"), ("CN", ""), ("", ""))
    assert [lane_text(*lane) for lane in lanes] == ["CN → DE", "to DE", "from CN", "not stated"]
    assert [partner_text(partner, {7: "Dock AG"}) for partner in (7, 8, 0)] == ["Dock AG", "partner 8", "nobody named"]
    classes = (LateClass(0, 0, 5), LateClass(8, 14, 0), LateClass(91, None, 1))
    assert [late_class_text(late) for late in classes] == ["on time", "8–14", "over 90"]
    assert days(None) == "–"
