"""Which customs holds count, and for whom: a broker's word moves nothing against who did not put its name to it.

α is 100 a day², promised the end of day 10, delivered on day 18: without any hold, 6,400 are owed.
"""

from typing import Any

import pytest

from ledger.codes import AmendmentKind, Assurance, ClearanceStatus, Regime
from ledger.penalties.lateness import PortionLine
from ledger.penalties.statement import penalty_of
from tests.unit.history import BROKER, CARRIER, CUSTOMS, DAY, HOUR, MAKER, SECOND, SHOP, US_IMPORT, History

HELD, PRESENTED, RELEASED = ClearanceStatus.HELD, ClearanceStatus.PRESENTED, ClearanceStatus.RELEASED
WORD: dict[str, Any] = {"by": BROKER, "declarant": MAKER, "assurance": Assurance.BROKER_WORD}
MESSAGE: dict[str, Any] = WORD | {"assurance": Assurance.CUSTOMS_MESSAGE}


@pytest.fixture
def history() -> History:
    return History()


def opened(history: History, **terms: Any) -> bytes:
    return history.terms(**({"requires": [US_IMPORT]} | terms))


def line_of(history: History, shipment: bytes) -> PortionLine:
    """Delivered on day 18, unless it has moved there already."""
    if history.sequences.get(shipment, 0) == 0:
        history.handoff(shipment, CARRIER, SHOP, 18 * DAY)
    return penalty_of(shipment, history.records).portions[0]


def excused(history: History, shipment: bytes) -> int:
    return line_of(history, shipment).customs_seconds // DAY


# --- whose word counts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", [WORD, MESSAGE])
def test_a_hold_on_a_brokers_word_counts_once_the_beneficiary_put_its_name_to_it(
    history: History, word: dict[str, Any]
) -> None:
    shipment = opened(history)
    hold = history.clearance(HELD, shipment, 3 * DAY, **word)
    history.clearance(RELEASED, shipment, 5 * DAY)
    assert excused(history, shipment) == 0
    history.endorse(hold.id, CARRIER, 19 * DAY)
    assert excused(history, shipment) == 0, "the liable partner's own word is no other side's"
    history.endorse(hold.id, SHOP, 19 * DAY)
    assert excused(history, shipment) == 2


def test_a_beneficiary_that_declared_has_signed_the_hold(history: History) -> None:
    shipment = opened(history)
    history.clearance(HELD, shipment, 3 * DAY, **(WORD | {"declarant": SHOP}), signers=(BROKER, SHOP))
    history.clearance(RELEASED, shipment, 5 * DAY)
    assert excused(history, shipment) == 2


def test_a_late_presentation_on_a_brokers_word_shortens_no_hold(history: History) -> None:
    shipment = opened(history)
    history.clearance(HELD, shipment, 3 * DAY)
    shown = history.clearance(PRESENTED, shipment, 7 * DAY, **WORD)
    history.clearance(RELEASED, shipment, 8 * DAY)
    assert excused(history, shipment) == 5
    history.endorse(shown.id, CARRIER, 19 * DAY)
    assert excused(history, shipment) == 1


def test_a_back_dated_release_on_a_brokers_word_ends_no_hold_of_customs_itself(history: History) -> None:
    shipment = opened(history)
    history.clearance(HELD, shipment, 3 * DAY)
    word = history.clearance(RELEASED, shipment, 4 * DAY, known=9 * DAY, **WORD)
    history.clearance(RELEASED, shipment, 8 * DAY)
    assert excused(history, shipment) == 5
    history.endorse(word.id, CARRIER, 19 * DAY)
    assert excused(history, shipment) == 1


def test_a_hold_on_a_brokers_word_ends_by_a_release_on_one_but_not_before_it_was_known(history: History) -> None:
    """Known on day 9 with a reportLag of a day: not before day 8, whatever it claims."""
    shipment = opened(history)
    hold = history.clearance(HELD, shipment, 3 * DAY, **WORD)
    history.endorse(hold.id, SHOP, 3 * DAY)
    history.clearance(RELEASED, shipment, 4 * DAY, known=9 * DAY, **WORD)
    assert excused(history, shipment) == 5


def test_a_correction_of_what_the_beneficiary_endorsed_needs_its_name_too(history: History) -> None:
    shipment = opened(history)
    hold = history.clearance(HELD, shipment, 3 * DAY, **WORD, signers=(BROKER, MAKER))
    history.endorse(hold.id, SHOP, 3 * DAY)
    history.clearance(RELEASED, shipment, 5 * DAY)
    earlier = history.amend(hold.id, AmendmentKind.CORRECTION, {"occurredAt": DAY}, (BROKER, MAKER), 19 * DAY)
    assert excused(history, shipment) == 2
    history.endorse(earlier.id, SHOP, 20 * DAY)
    assert excused(history, shipment) == 4


@pytest.mark.parametrize(
    ("status", "claimed", "excuses", "corrected"), [(RELEASED, 5, 2, 6), (PRESENTED, 4, 2, 3), (PRESENTED, 4, 2, 5)]
)
def test_a_release_or_presentation_on_a_brokers_word_is_corrected_by_both_sides_or_not_at_all(
    history: History, status: ClearanceStatus, claimed: int, excuses: int, corrected: int
) -> None:
    """Broker and declarant alone could lengthen a hold that the beneficiary endorsed, or shorten another's."""
    shipment = opened(history, reportLag=2**40 - 1)
    hold = history.clearance(HELD, shipment, (3 if status is RELEASED else 2) * DAY, **WORD)
    history.endorse(hold.id, SHOP, 3 * DAY)
    said = history.clearance(status, shipment, claimed * DAY, **WORD, known=7 * DAY, signers=(BROKER, MAKER))
    if status is PRESENTED:
        history.endorse(said.id, CARRIER, 7 * DAY)
        history.clearance(RELEASED, shipment, 6 * DAY, **WORD, known=7 * DAY)
    assert excused(history, shipment) == excuses
    change = history.amend(
        said.id, AmendmentKind.CORRECTION, {"occurredAt": corrected * DAY}, (BROKER, MAKER), 19 * DAY
    )
    for side in (CARRIER, SHOP):
        assert excused(history, shipment) == excuses
        history.endorse(change.id, side, 20 * DAY)
    assert excused(history, shipment) == excuses + (1 if (status is RELEASED) == (corrected > claimed) else -1)


def test_a_beneficiary_does_not_take_its_word_for_a_hold_back_through_the_broker(history: History) -> None:
    shipment = opened(history)
    hold = history.clearance(HELD, shipment, 3 * DAY, **WORD, signers=(BROKER, MAKER))
    history.endorse(hold.id, SHOP, 3 * DAY)
    history.clearance(RELEASED, shipment, 5 * DAY)
    blame = history.amend(hold.id, AmendmentKind.CORRECTION, {"causedBy": CARRIER}, (BROKER, MAKER), 19 * DAY)
    history.endorse(blame.id, SHOP, 20 * DAY)
    assert excused(history, shipment) == 2


# --- which pairs -----------------------------------------------------------------------------------------------------


def test_a_hold_of_a_pair_that_nobody_required_or_lodged_excuses_nothing(history: History) -> None:
    shipment = opened(history, requires=())
    hold = history.clearance(HELD, shipment, 3 * DAY)
    history.clearance(RELEASED, shipment, 5 * DAY)
    assert excused(history, shipment) == 0
    history.endorse(hold.id, SHOP, 19 * DAY)
    assert excused(history, shipment) == 2


@pytest.mark.parametrize(
    ("lodged", "days"),
    [
        ({"at": 2 * DAY}, 2),
        ({"at": 2 * DAY, **WORD}, 2),
        ({"at": 2 * DAY, **WORD, "declarant": SECOND}, 0),
        ({"at": 2 * DAY, "known": 3 * DAY}, 0),
        ({"at": 2 * DAY, "regime": Regime.EXPORT}, 0),
    ],
)
def test_a_hold_was_to_be_expected_once_customs_or_a_party_lodged_before_it(
    history: History, lodged: dict[str, Any], days: int
) -> None:
    """A stranger's declaration, one that became known only with the hold, and one of another pair announce nothing."""
    shipment = opened(history, requires=())
    history.clearance(ClearanceStatus.LODGED, shipment, **lodged)
    history.clearance(HELD, shipment, 3 * DAY)
    history.clearance(RELEASED, shipment, 5 * DAY)
    assert excused(history, shipment) == days


def test_a_seizure_by_customs_itself_is_a_hold_until_the_goods_next_move(history: History) -> None:
    shipment = opened(history, requires=())
    history.clearance(ClearanceStatus.SEIZED, shipment, 3 * DAY)
    history.handoff(shipment, CARRIER, SECOND, 7 * DAY)
    history.handoff(shipment, SECOND, SHOP, 18 * DAY)
    assert excused(history, shipment) == 4


def test_a_seizure_on_a_brokers_word_neither_excuses_nor_ends_anything(history: History) -> None:
    shipment = opened(history)
    history.clearance(ClearanceStatus.SEIZED, shipment, 3 * DAY, **WORD)
    assert penalty_of(shipment, history.records, 12 * DAY).amount == 400
    assert excused(history, shipment) == 0


def test_only_customs_itself_ends_a_shipment_and_only_for_a_required_pair(history: History) -> None:
    for requires, ended in ((), None), ((US_IMPORT,), "seized"):
        shipment = opened(history, requires=requires)
        history.clearance(ClearanceStatus.SEIZED, shipment, 3 * DAY)
        ending = penalty_of(shipment, history.records, 12 * DAY).portions[0].ending
        assert (ending and ending.kind.value) == ended


# --- how holds run ---------------------------------------------------------------------------------------------------


def test_of_several_presentations_the_last_before_the_release_counts(history: History) -> None:
    shipment = opened(history)
    for status, day in ((PRESENTED, 1), (HELD, 2), (PRESENTED, 4), (RELEASED, 6), (PRESENTED, 7)):
        history.clearance(status, shipment, day * DAY)
    assert excused(history, shipment) == 2


def test_a_refusal_by_customs_ends_a_hold(history: History) -> None:
    shipment = opened(history)
    history.clearance(HELD, shipment, 3 * DAY)
    history.clearance(ClearanceStatus.REFUSED, shipment, 6 * DAY)
    assert excused(history, shipment) == 3


def test_a_hold_that_the_liable_partner_caused_excuses_nothing(history: History) -> None:
    shipment = opened(history)
    history.clearance(HELD, shipment, 3 * DAY, caused_by=CARRIER)
    history.clearance(RELEASED, shipment, 5 * DAY)
    assert excused(history, shipment) == 0


def test_a_hold_that_became_known_over_a_day_late_is_flagged_and_counts(history: History) -> None:
    shipment = opened(history)
    history.clearance(HELD, shipment, 3 * DAY, known=4 * DAY + 1)
    history.clearance(RELEASED, shipment, 5 * DAY)
    (hold,) = line_of(history, shipment).holds
    assert (hold.hold.known_late, hold.taken_out) == (True, True)


def test_holds_of_an_ancestor_run_until_the_childs_release(history: History) -> None:
    shipment = opened(history)
    history.clearance(HELD, shipment, 3 * DAY)
    first, second = history.split(shipment, CARRIER, 4 * DAY, [5, 5])
    history.clearance(RELEASED, first, 6 * DAY)
    history.handoff([first, second], CARRIER, SHOP, 18 * DAY, packages=5)
    assert [line.customs_seconds // DAY for line in penalty_of(shipment, history.records).portions] == [3, 15]


def test_a_hold_in_the_second_of_a_split_reaches_the_children_if_its_block_came_first(history: History) -> None:
    """Whenever the log of an embedded chain made it visible."""
    shipment = opened(history)
    history.clearance(HELD, shipment, 4 * DAY, known=4 * DAY + HOUR, own_clock=True)
    children = history.split(shipment, CARRIER, 4 * DAY, [5, 5])
    history.clearance(HELD, shipment, 4 * DAY)
    history.clearance(RELEASED, children, 6 * DAY)
    history.handoff(children, CARRIER, SHOP, 18 * DAY, packages=5)
    lines = penalty_of(shipment, history.records).portions
    assert [(len(line.holds), line.customs_seconds // DAY) for line in lines] == [(1, 2), (1, 2)]


def test_a_hold_under_later_terms_that_do_not_count_is_taken_out_of_the_first_promise(history: History) -> None:
    shipment = opened(history)
    later = history.terms(known=5 * DAY, parents=[shipment], promisedAt=90 * DAY, requires=[US_IMPORT])
    history.clearance(HELD, later, 6 * DAY)
    history.clearance(RELEASED, later, 8 * DAY)
    history.handoff(later, CARRIER, SHOP, 18 * DAY)
    assert penalty_of(shipment, history.records).portions[0].customs_seconds == 2 * DAY


# --- ordinary days ---------------------------------------------------------------------------------------------------


def test_customs_that_report_in_batches_are_read_by_what_they_say_happened(history: History) -> None:
    """A week's worth reported on day 9, released before held: a hold of two days all the same."""
    shipment = opened(history)
    for status, day in ((RELEASED, 5), (HELD, 3), (PRESENTED, 2)):
        history.clearance(status, shipment, day * DAY, known=9 * DAY)
    assert excused(history, shipment) == 2


def test_a_transit_hold_that_was_lodged_is_taken_out_beside_the_import(history: History) -> None:
    shipment = opened(history)
    transit: dict[str, Any] = {"jurisdiction": b"PA", "regime": Regime.TRANSIT, "by": CUSTOMS + 100}
    history.clearance(ClearanceStatus.LODGED, shipment, DAY, **WORD | {"jurisdiction": b"PA", "regime": Regime.TRANSIT})
    history.clearance(HELD, shipment, 2 * DAY, **transit)
    history.clearance(HELD, shipment, 3 * DAY)
    history.clearance(RELEASED, shipment, 4 * DAY + 12 * HOUR)
    history.clearance(RELEASED, shipment, 5 * DAY, **transit)
    assert excused(history, shipment) == 3
