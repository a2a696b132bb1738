"""Who is told where records do not add up: what rests on contents only who may open these."""

from typing import Any

from ledger.provenance.gaps import Gap, find_gaps
from ledger.records.types import Goods
from ledger.services.figures.record_rights import FindingRights
from ledger.services.views.records import Reader
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SECOND, SHOP, History

READERS = {
    "maker": Reader(MAKER),
    "shop": Reader(SHOP),
    "carrier": Reader(CARRIER),
    "second": Reader(SECOND),
    "auditor": Reader(auditor=True),
    "nobody": Reader(),
}


def goods(quantity: int) -> Goods:
    return Goods(bytes(16), "09506000134352", "L1", bytes(32), quantity, "KGM", "", "")


def told(history: History) -> dict[Gap, set[str]]:
    journeys = Journeys(history.records)
    found = find_gaps(journeys, history.records)
    return {
        one.code: {name for name, reader in READERS.items() if FindingRights(journeys, reader).may_know(one)}
        for one in found
    }


def test_who_carries_under_the_terms_is_told_that_they_are_late_and_not_what_a_split_lacks() -> None:
    history = History()
    one = history.terms(holder=CARRIER, contents=[goods(10)], promisedAt=DAY)
    history.handoff(one, CARRIER, SECOND, DAY)
    history.split(one, SECOND, 2 * DAY, [4, 6], contents=[[goods(4)], [goods(5)]])
    assert told(history) == {
        Gap.NEVER_RECEIVED: {"maker", "shop", "carrier", "auditor"},
        Gap.LESS_OUT: {"maker", "shop", "auditor"},
    }


def test_what_was_inherited_is_for_who_may_open_where_it_comes_from() -> None:
    history = History()
    sides: dict[str, Any] = {"consignor": SECOND, "consignee": MAKER, "liable": SECOND, "beneficiary": MAKER}
    first = history.terms(holder=MAKER, contents=[goods(10)], promisedAt=0, **sides)
    on = history.terms(holder=MAKER, parents=[first], promisedAt=0)
    history.terms(holder=MAKER, parents=[on], contents=[goods(11)], promisedAt=0)
    found = told(history)
    assert found == {Gap.MORE_OUT: {"maker", "auditor"}}, "the shop may read both terms, and not those of the first"
