"""What lists show of a shipment, from its lines and terms alone."""

from dataclasses import dataclass, replace

from ledger.codes import AmendmentKind, Assurance, ClearanceStatus, Outcome, ShipmentState
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.records.eip712 import Withheld
from ledger.records.types import Amendment, Details, ShipmentTerms
from ledger.services.views.records import Reader, may_open_terms
from ledger.shipments.parties import (
    READS_TERMS,
    Course,
    Part,
    course_after,
    disputed_until,
    held_since,
    parts_of,
    promise_of,
    stopped_at,
)
from tests.oracle.story import HAMBURG, Story
from tests.samples import sample

APPLIED, STALE = int(Outcome.APPLIED), int(Outcome.STALE)
SHIPMENT, CHILD = b"\1" * 32, b"\2" * 32


@dataclass(frozen=True)
class Line:
    kind: str = "handoff"
    from_partner: int = 1
    to_partner: int = 2
    packages: int = 5
    outcome: int = APPLIED
    occurred_at: int = 100
    block_time: int | None = 110


@dataclass(frozen=True)
class Decided:
    status: int
    regime: int = 1
    jurisdiction: str = "NZ"
    by: int = 8
    declarant: int = 9
    assurance: int = int(Assurance.AUTHORITY_SIGNED)
    outcome: int = APPLIED
    occurred_at: int = 50


def terms() -> ShipmentTerms:
    import random

    rng = random.Random(3)
    story = Story(rng, None)  # type: ignore[arg-type]
    commercial = replace(story.commercial(1000, 5, 6), grace=10, reportLag=DAY, orderRef="PO-7")
    return replace(
        sample(ShipmentTerms, rng), consignor=1, consignee=3, holder=4, recipientKey=bytes(20),
        commercial=commercial, origin=story.place(HAMBURG), destination=story.place(("NZ", "", "")),
    )  # fmt: skip


def test_a_course_is_moved_by_taking_over_and_astray_by_what_needs_a_look() -> None:
    moved = course_after(Course(0), Line())
    assert moved == Course.MOVED
    assert course_after(moved, Line(outcome=STALE, kind="tender")) == Course.MOVED
    assert course_after(moved, Line(kind="tender", packages=0)) == Course.MOVED | Course.STRAY
    assert course_after(Course(0), Line(packages=0)) == Course.STRAY, "refused"
    assert course_after(Course(0), Line(kind="contest", packages=0)) == Course(0)


def test_everybody_named_or_handed_to_or_signing_a_clearance_has_a_part() -> None:
    steps = [Line("opened", 1, 4), Line(from_partner=4, to_partner=7), Line(to_partner=11, outcome=STALE)]
    decided = [Decided(3), Decided(1, by=12, declarant=13, assurance=1), Decided(1, by=14, declarant=14, assurance=1)]
    found = parts_of(terms(), 7, steps, decided)
    assert found == {
        "1": Part.CONSIGNOR, "3": Part.CONSIGNEE, "4": Part.HOLDER | Part.CUSTODIAN, "5": Part.LIABLE,
        "6": Part.BENEFICIARY, "7": Part.CUSTODIAN, "8": Part.CUSTOMS, "9": Part.DECLARANT, "12": Part.BROKER,
        "13": Part.DECLARANT, "14": Part.DECLARANT,
    }  # fmt: skip
    consumer = replace(terms(), consignee=0, recipientKey=b"\7" * 20)
    assert parts_of(consumer, 4, [], [])[to_hex(b"\7" * 20)] == Part.RECIPIENT


def test_those_who_read_the_terms_are_those_to_whom_they_are_opened() -> None:
    one = replace(terms(), recipientKey=b"\7" * 20)
    parts = parts_of(one, 7, [Line(from_partner=4, to_partner=7)], [Decided(3)])
    readers = {str(who): Reader(who, key=b"k") for who in range(1, 15)} | {to_hex(b"\7" * 20): Reader(key=b"\7" * 20)}
    for who, reader in readers.items():
        assert bool(parts.get(who, Part(0)) & READS_TERMS) == may_open_terms(one, reader), who


def test_what_is_promised_is_as_amended_of_this_shipment_and_unknown_while_an_amendment_is_closed() -> None:
    def amendment(text: str) -> Amendment:
        return Amendment(SHIPMENT, bytes(32), int(AmendmentKind.TERMS), Details(bytes(16), text))

    plain = promise_of(terms(), [], [SHIPMENT])
    assert (plain.order_ref, plain.origin, plain.destination, plain.due_at) == ("PO-7", "DEHAM", "NZ", 1010)
    for_all = amendment('{"commercial":{"promisedAt":2000}}')
    for_child = amendment(f'{{"commercial":{{"promisedAt":3000}},"shipment":"{to_hex(CHILD)}"}}')
    unreadable = amendment('{"commercial":{"liable":1}}')
    assert promise_of(terms(), [for_all, unreadable], [SHIPMENT]).due_at == 2010
    assert promise_of(terms(), [for_all, for_child], [SHIPMENT]).due_at == 2010
    assert promise_of(terms(), [for_all, for_child], [SHIPMENT, CHILD]).due_at == 3010
    closed = replace(for_all, changes=Withheld(bytes(32)))
    assert promise_of(terms(), [closed], [SHIPMENT]).due_at is None
    hidden = replace(terms(), commercial=Withheld(bytes(32)), origin=Withheld(bytes(32)))
    assert promise_of(hidden, [], [SHIPMENT]) == replace(plain, order_ref=None, origin=None, due_at=None, report_lag=0)


def test_held_is_from_the_first_hold_to_the_release_of_each_pair() -> None:
    held, seized, released = (Decided(int(s), occurred_at=t) for s, t in (
        (ClearanceStatus.HELD, 50), (ClearanceStatus.SEIZED, 60), (ClearanceStatus.RELEASED, 70),
    ))  # fmt: skip
    inspected = Decided(int(ClearanceStatus.INSPECTED))
    assert held_since(ShipmentState.OPEN, [held, inspected, seized]) == 50
    assert held_since(ShipmentState.OPEN, [held, released]) is None
    assert held_since(ShipmentState.OPEN, [held, replace(seized, regime=2), released]) == 60
    assert held_since(ShipmentState.OPEN, [held, replace(released, outcome=STALE)]) == 50
    assert held_since(ShipmentState.DELIVERED, [held]) is None


def test_disputed_are_30_days_from_a_partys_contest_of_a_tender() -> None:
    tender, contest = Line("tender", 2, 3, 0), Line("contest", 3, 2, 0, block_time=200)
    assert disputed_until([tender, contest], (1, 3)) == 200 + 30 * DAY
    assert disputed_until([contest, tender], (1, 3)) is None
    assert disputed_until([tender, replace(contest, from_partner=9)], (1, 3)) is None
    assert disputed_until([tender, replace(contest, outcome=STALE)], (1, 3)) is None


def test_the_clock_stops_at_the_delivery_as_signed_but_told_in_time() -> None:
    line = [Line(occurred_at=100), Line("contest", occurred_at=150)]
    assert stopped_at(ShipmentState.DELIVERED, 300, line, 1000) == 100
    assert stopped_at(ShipmentState.DELIVERED, 300, line, 50) == 250, "who tells it late cannot say it was early"
    assert stopped_at(ShipmentState.CLOSED_INTO_CHILDREN, 300, line, 50) == 300
    assert stopped_at(ShipmentState.LOST, 300, line, 50) is None, "late for ever"
    assert stopped_at(ShipmentState.OPEN, None, line, 50) is None
