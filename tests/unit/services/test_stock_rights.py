"""What a reader may see of stock: as much as it may open of the records that say it."""

from ledger.codes import ExceptionBit, Outcome
from ledger.common.ids import RecordId
from ledger.records.types import Child, Goods, Place, Split
from ledger.services.figures.stock import AskedStock, Rights
from ledger.services.views.access_journal import AccessRight, Opened
from ledger.services.views.records import Reader
from ledger.shipments.history import Journeys
from ledger.stock.holdings import Holding, Stock
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History

PORT = Place(SALT, "DE", "DEHAM", "", "")
NEVER = 99


def goods(quantity: int) -> Goods:
    return Goods(SALT, "09506000134352", "L1", bytes(32), quantity, "H87", "", "")


class Case:
    """Ten packages from the maker by two carriers to the shop; of these the first is bound by the terms."""

    def __init__(self) -> None:
        self.history = history = History()
        self.terms = history.terms(
            known=DAY, holder=MAKER, packages=10, contents=[goods(100)], destination=PORT, promisedAt=9 * DAY
        )
        history.handoff(self.terms, MAKER, CARRIER, 2 * DAY, place=PORT)
        self.second = history.handoff(self.terms, CARRIER, SECOND, 3 * DAY, place=PORT).id

    def shown(self, reader: Reader, second: int = 3 * DAY) -> tuple[list[Holding], dict[RecordId, Opened]]:
        opened: dict[RecordId, Opened] = {}
        stock = Stock(Journeys(self.history.records))
        rights = Rights(stock, reader, opened)
        found = [rights.shown(h) for h in stock.at(second, {MAKER, SHOP}.__contains__, rights.may_know)]
        for holding in found:
            rights.note(holding)
        return found, opened


def test_sender_receiver_and_auditor_see_all() -> None:
    for reader, right in ((Reader(MAKER), "goods"), (Reader(SHOP), "goods"), (Reader(auditor=True), "auditor")):
        (found,), opened = Case().shown(reader)
        assert found.goods[0].quantity == 100
        assert found.place == found.destination == ("DE", "DEHAM", "", "")
        assert (found.due_at, found.closed) == (9 * DAY, False)
        assert {right for _, right in opened.values()} == (
            {AccessRight.AUDITOR} if right == "auditor" else {AccessRight.PARTY, AccessRight.GOODS}
        )


def test_who_only_carries_sees_no_goods_and_no_promise() -> None:
    case = Case()
    (found,), opened = case.shown(Reader(SECOND))
    assert (found.holder, found.packages, found.place) == (SECOND, 10, ("DE", "DEHAM", "", ""))
    assert (found.goods, found.closed, found.due_at, found.destination) == ((), True, None, None)
    assert {record: set(parts) for record, (parts, _) in opened.items()} == {case.second: {"place"}}


def test_who_is_liable_sees_goods_and_promise_but_not_where_others_met() -> None:
    case = Case()
    case.history.handoff(case.terms, SECOND, NEVER, 4 * DAY, place=PORT)
    (found,), opened = case.shown(Reader(CARRIER), 4 * DAY)
    assert (int(found.goods[0].quantity), found.due_at, found.place) == (100, 9 * DAY, None)
    assert {record: set(parts) for record, (parts, _) in opened.items()} == {
        case.terms: {"contents", "commercial", "destination"}
    }


def test_strangers_are_told_nothing() -> None:
    for reader in (
        Reader(NEVER),
        Reader(),
        Reader(key=b"k" * 20),
        Reader(MAKER, scopes=0),
        Reader(auditor=True, scopes=0),
    ):
        assert Case().shown(reader) == ([], {})


def test_a_device_that_may_not_read_terms_sees_what_its_partner_holds_without_them() -> None:
    handoffs = 1 << (5 - 1)
    (found,), _ = Case().shown(Reader(SECOND, key=b"k" * 20, scopes=handoffs))
    assert (found.goods, found.due_at) == ((), None)
    assert found.place is not None


def test_what_a_split_states_is_for_who_may_open_the_split() -> None:
    case = Case()
    children = (Child(4, (goods(90),)), Child(6, ()))
    record = Split(SECOND, case.terms, 2, children, 1, 4 * DAY, case.history.details())
    split = case.history.log(record, (SECOND,), 4 * DAY, outcomes=(Outcome.APPLIED,))
    for partner, seen in ((MAKER, [90, 10]), (SHOP, [90, 10]), (CARRIER, [None, None]), (SECOND, [90, None])):
        found, opened = case.shown(Reader(partner), 4 * DAY)
        assert [h.goods[0].quantity if h.goods else None for h in found] == seen, partner
        noted = opened.get(split.id)
        assert (noted is not None) == (90 in seen)
        assert noted is None or set(noted.paths) == {"children[0].contents", "children[1].contents"}


def test_a_manifest_with_goods_of_others_tells_no_place() -> None:
    case = Case()
    other = case.history.terms(
        known=DAY, holder=SECOND, consignor=NEVER, consignee=NEVER + 1, liable=NEVER, beneficiary=NEVER
    )
    case.history.handoff([case.terms, other], SECOND, NEVER, 4 * DAY, place=PORT, exceptions=int(ExceptionBit.DAMAGED))
    found, _ = case.shown(Reader(SHOP), 4 * DAY)
    assert [h.place for h in found] == [None]


def test_filters_take_what_is_held_and_what_is_awaited() -> None:
    case = Case()
    (found,), _ = case.shown(Reader(auditor=True))
    assert [AskedStock(0, partner).concerns(found) for partner in (None, SECOND, SHOP, MAKER)] == [
        True, True, True, False,
    ]  # fmt: skip
    assert AskedStock(0, gtin="09506000134352", lot="L1").only(found) == found
    assert AskedStock(0, lot="L2").only(found) is None
    assert AskedStock(0, gtin="09506000134369").only(found) is None
    # What is withheld may be what is asked for, and is counted as withheld.
    (hidden,), _ = case.shown(Reader(SECOND))
    assert AskedStock(0, gtin="09506000134369").only(hidden) == hidden
