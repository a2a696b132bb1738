"""What each reader of a shipment's page looks for first, and what it is told to do."""

from dataclasses import replace
from itertools import product

import pytest

from ledger.codes import Role
from ledger.services.state.partner_names import PartnerName
from ledger.services.views.course.next_step import next_step
from ledger.services.views.course.perspective import ORDER, UNDER_WAY, Perspective, Section, perspective_of
from ledger.services.views.course.private_parts import PrivateView
from ledger.services.views.course.spans import HeldView, StayView
from ledger.services.views.models import ClearanceView, ShipmentSummary, ShipmentView

MAKER, CARRIER, SECOND, SHOP, OTHER = range(1, 6)
ENDED = ("delivered", "lost", "closed into children")


def name(number: int) -> PartnerName:
    return PartnerName(number, f"Partner {number}")


def shipment(
    status: str = "in transit", held_by: int = SECOND, clearances: tuple[ClearanceView, ...] = ()
) -> ShipmentView:
    """From the maker to the shop, by the carrier and then whoever holds it."""
    summary = ShipmentSummary(
        "0x01", "0x01", name(MAKER), name(SHOP), name(held_by), 10, 1, status, "original", "road", 0, None
    )
    stays = tuple(StayView(name(one), i, i + 1, 10) for i, one in enumerate((MAKER, CARRIER, held_by)))
    return ShipmentView(summary, None, (), (), (), clearances, (), (), stays=stays)


def needs(gate: str, *, released: bool = False) -> ClearanceView:
    return ClearanceView("CN", "import", "lodged", 0, (gate,), released)


def test_every_order_has_every_section_once() -> None:
    assert ORDER.keys() == set(Perspective)
    for order in ORDER.values():
        assert sorted(order) == sorted(Section)


@pytest.mark.parametrize(
    ("perspective", "first"),
    [
        (Perspective.CUSTOMS, Section.CUSTOMS),
        (Perspective.HOLDER, Section.NOW),
        (Perspective.PARTY, Section.OWES),
        (Perspective.PUBLIC, Section.NOW),
    ],
)
def test_each_begins_with_its_own(perspective: Perspective, first: Section) -> None:
    assert ORDER[perspective][0] is first


@pytest.mark.parametrize(
    ("reader", "roles", "prices", "status", "found"),
    [
        (0, [], False, "in transit", Perspective.PUBLIC),
        (0, [], True, "in transit", Perspective.PARTY),
        (OTHER, [Role.CUSTOMS], False, "in transit", Perspective.CUSTOMS),
        (OTHER, [Role.BROKER], False, "delivered", Perspective.CUSTOMS),
        (OTHER, [Role.CARRIER], False, "in transit", Perspective.PUBLIC),
        (OTHER, [Role.AUDITOR], True, "delivered", Perspective.PARTY),
        (SECOND, [Role.CARRIER], False, "in transit", Perspective.HOLDER),
        (SECOND, [Role.CARRIER], True, "tendered", Perspective.HOLDER),
        (SECOND, [Role.CARRIER], True, "delivered", Perspective.PARTY),
        (SECOND, [Role.BROKER], False, "in transit", Perspective.HOLDER),
        (CARRIER, [Role.CARRIER], False, "in transit", Perspective.HOLDER),
        (CARRIER, [Role.BROKER], False, "in transit", Perspective.CUSTOMS),
        (SHOP, [Role.RETAILER], True, "in transit", Perspective.PARTY),
    ],
    ids=[
        "anybody", "a recipient's key", "customs", "a broker", "a stranger", "an auditor",
        "the holder", "a holder who is liable", "one who was", "a broker who holds",
        "who had it", "a broker who had it", "the consignee",
    ],
)  # fmt: skip
def test_the_reader_is_known_by_what_it_is_to_the_goods(
    reader: int, roles: list[Role], prices: bool, status: str, found: Perspective
) -> None:
    assert perspective_of(shipment(status), reader, roles, sees_prices=prices) is found


def test_the_order_never_depends_on_what_is_hidden() -> None:
    """Two shipments that differ in their private parts alone look the same to whoever may not see these."""
    for status, reader in product([*UNDER_WAY, *ENDED], range(6)):
        plain = shipment(status)
        rich = replace(plain, private=PrivateView(True, "PO-1"))
        assert perspective_of(plain, reader, [], sees_prices=False) is perspective_of(
            rich, reader, [], sees_prices=False
        )


# --- what to do ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ENDED)
def test_nothing_is_to_be_done_about_what_has_ended(status: str) -> None:
    assert all(next_step(shipment(status), reader) is None for reader in range(6))


@pytest.mark.parametrize("reader", [0, MAKER, CARRIER, OTHER])
def test_whoever_neither_holds_nor_receives_is_told_nothing(reader: int) -> None:
    assert next_step(shipment(), reader) is None


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("open", "Hand them over, to Partner 4 or to the next on the way: both count, and both sign."),
        ("in transit", "Hand them over, to Partner 4"),
        ("tendered", "Delivery was offered: once Partner 4 takes them, both sign the handoff."),
        ("refused", "The consignee refused them"),
        ("missing", "State what became of the packages"),
        ("found", "State what became of the packages"),
    ],
)
def test_the_holder_is_told_the_next_step(status: str, said: str) -> None:
    assert str(next_step(shipment(status), SECOND)).startswith(said)


def test_a_gate_that_is_not_released_comes_before_the_next_step() -> None:
    before_handover = str(next_step(shipment(clearances=(needs("handover"),)), SECOND))
    assert before_handover.startswith("Do not hand them over before customs have released: CN import.")
    before_delivery = str(next_step(shipment(clearances=(needs("delivery"),)), SECOND))
    assert before_delivery.startswith("Do not deliver before customs have released: CN import.")
    released = str(next_step(shipment(clearances=(needs("handover", released=True), needs("sale"))), SECOND))
    assert released.startswith("Hand them over")


def test_a_hold_that_runs_is_said_first_and_one_that_ended_is_not() -> None:
    held, over = (replace(shipment(), holds=(HeldView("CN", "import", "risk", 0, end),)) for end in (None, 9))
    assert str(next_step(held, SECOND)).startswith("Customs hold the goods: wait for the release.")
    assert "hold the goods" not in str(next_step(over, SECOND))


def test_the_consignee_is_told_to_sign_or_to_contest() -> None:
    assert "contest the offer in time" in str(next_step(shipment("tendered"), SHOP))
    assert str(next_step(shipment(), SHOP)).startswith(f"When Partner {SECOND} hands them over")
