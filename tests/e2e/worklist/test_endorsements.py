"""Terms that make a partner liable wait for its name: until it signed or endorsed them, or nothing is under way."""

from ledger.cli.demo.scribe import NO_HASH, Deal, details
from ledger.codes import AmendmentKind, StatementKind
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY, FOREVER
from ledger.records.erasure import ErasureReason
from ledger.records.types import Amendment, Endorsement, Handoff, KeyGrant, ShipmentTerms
from ledger.worklist.items import Action, Item, Kind
from tests.e2e.stage import CARRIER, LOT, MAKER, OCEAN, SECOND, SHOP, SHORT, Stage, key_of, remainder
from tests.e2e.worklist.reading import drafted, only, reader_of, worklist


def to_endorse(stage: Stage, partner: int) -> set[bytes]:
    return {item.subject for item in worklist(stage, partner) if item.kind is Kind.ENDORSEMENT}


def amend(stage: Stage, shipment: RecordId, text: str, previous: bytes = NO_HASH) -> RecordId:
    amendment = Amendment(shipment, previous, int(AmendmentKind.TERMS), details(text))
    return stage.sign(amendment, MAKER, SHOP, CARRIER)


def test_who_is_liable_endorses_what_it_did_not_sign(stage: Stage) -> None:
    shipment = stage.open(endorsed=False)
    assert stage.penalty(shipment).indicative
    item = only(stage, CARRIER, Kind.ENDORSEMENT)
    assert (item.subject, item.action, item.until) == (shipment, Action.ENDORSE, FOREVER)
    assert [to_endorse(stage, partner) for partner in (MAKER, SHOP, SECOND)] == [set(), set(), set()]
    record = drafted(stage, item)
    assert record == Endorsement(CARRIER, shipment)
    stage.sign(record, CARRIER)
    assert not stage.penalty(shipment).indicative
    assert to_endorse(stage, CARRIER) == set()
    stage.audited()


def test_who_signed_the_terms_or_endorsed_them_before_they_came_is_asked_nothing(stage: Stage) -> None:
    stage.open(liable=MAKER, endorsed=False)
    stage.open(holder=OCEAN, liable=OCEAN, endorsed=False)
    stage.open(liable=0, endorsed=False)
    assert [to_endorse(stage, partner) for partner in (MAKER, OCEAN)] == [set(), set()]
    deal = Deal("PO-2", 100_00, 10_00, stage.now + 9 * DAY, 10, 1000, CARRIER, SHOP)
    terms = stage.scribe.terms(deal, LOT, consignor=MAKER, consignee=SHOP, holder=MAKER, packages=3)
    stage.endorse(stage.node.home.domain.record_id(terms), CARRIER)
    assert stage.outcome(stage.sign(terms, MAKER)) == ["applied"]
    assert to_endorse(stage, CARRIER) == set()
    stage.audited()


def test_another_partners_endorsement_is_not_that_of_who_is_liable(stage: Stage) -> None:
    shipment = stage.open(endorsed=False)
    stage.endorse(shipment, SHOP, OCEAN)
    assert to_endorse(stage, CARRIER) == {shipment}


def test_nothing_is_to_be_endorsed_once_nothing_is_under_way(stage: Stage) -> None:
    shipment = stage.open(endorsed=False)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.hand(CARRIER, SHOP, (shipment, 1, 7, SHORT))
    assert to_endorse(stage, CARRIER) == {shipment}, "three packages are missing yet"
    stage.state(StatementKind.LOST, CARRIER, remainder(shipment, 1), 0)
    assert to_endorse(stage, CARRIER) == set()
    other = stage.open(endorsed=False)
    one, rest = stage.split(MAKER, other, 0, 4, 6)
    assert to_endorse(stage, CARRIER) == {other}, "one item for both parts"
    stage.hand(MAKER, SHOP, (one, 0, 4))
    assert to_endorse(stage, CARRIER) == {other}
    stage.hand(MAKER, SHOP, (rest, 0, 6))
    assert to_endorse(stage, CARRIER) == set(), "both were delivered"
    stage.audited()


def test_new_terms_that_who_is_liable_signed_bind_it_but_not_those_for_one_part(stage: Stage) -> None:
    shipment = stage.open(endorsed=False)
    one, other = stage.split(MAKER, shipment, 0, 4, 6)
    changed = f'"commercial":{{"promisedAt":{stage.now + 20 * DAY}}}'
    first = amend(stage, shipment, f'{{{changed},"shipment":"{to_hex(one)}"}}')
    assert (stage.penalty(one).indicative, stage.penalty(other).indicative) == (False, True)
    assert to_endorse(stage, CARRIER) == {shipment}
    amend(stage, shipment, f"{{{changed}}}", first)
    assert not stage.penalty(other).indicative
    assert to_endorse(stage, CARRIER) == set()
    stage.audited()


def test_prices_that_were_erased_name_nobody(stage: Stage) -> None:
    shipment = stage.open(endorsed=False)
    stage.node.erasing.erase(shipment, ["commercial"], reason=ErasureReason.ORDER)
    assert to_endorse(stage, CARRIER) == set()
    stage.audited()


def test_a_key_that_may_not_read_terms_is_not_told_who_is_liable(stage: Stage) -> None:
    stage.open(endorsed=False)
    may = {
        "endorse and read": 1 << Endorsement.NUMBER - 1 | 1 << ShipmentTerms.NUMBER - 1,
        "endorse": 1 << Endorsement.NUMBER - 1,
        "hand over": 1 << Handoff.NUMBER - 1 | 1 << ShipmentTerms.NUMBER - 1,
    }
    for name, scopes in may.items():
        device = key_of(name)
        grant = KeyGrant(CARRIER, device.address, 0, scopes, stage.now, stage.now + 9 * DAY, details())
        stage.sign(grant, CARRIER, device)
        kinds = [item.kind for item in worklist(stage, device)]
        assert (Kind.ENDORSEMENT in kinds) is (name == "endorse and read"), name


def test_an_item_is_found_by_its_id_and_on_the_pages_of_its_shipments(stage: Stage) -> None:
    shipment = stage.open(endorsed=False)
    parts = stage.split(MAKER, shipment, 0, 4, 6)
    lists, reader = stage.node.reader.worklists, reader_of(stage, CARRIER)
    item = only(stage, CARRIER, Kind.ENDORSEMENT)
    view = lists.find(reader, item.place)
    assert view is not None
    assert view.page.startswith("/worklist/do?item=")
    assert (view.shipment, view.draft and view.draft.type) == (to_hex(shipment), "Endorsement")
    for goods in (shipment, *map(RecordId, parts)):
        assert [one.id for one in lists.about(reader, goods)] == [view.id]
    assert lists.find(reader_of(stage, SECOND), item.place) is None


def test_many_are_read_a_page_at_a_time(stage: Stage) -> None:
    opened = {stage.open(endorsed=False) for _ in range(9)}
    stage.hand(MAKER, CARRIER, *((one, 0, 10) for one in sorted(opened)[:4]))
    items: list[Item] = worklist(stage, CARRIER, limit=3)
    assert {item.subject for item in items if item.kind is Kind.ENDORSEMENT} == opened
    assert len(items) == 9 + 4
