"""Subscriptions: signed, in order, at least once; and nothing that their subscriber may not see."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ledger.cli.sandbox import Party
from ledger.codes import RegistryAction
from ledger.common.periods import DAY, HOUR
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import MalformedRecord, NotFound, NotPermitted, RuleBroken
from ledger.formats import standard_webhooks
from ledger.formats.epcis import json_text
from ledger.formats.epcis.query import EventQuery
from ledger.services.epcis import delivering, queries
from ledger.services.epcis.schema import own_validator
from ledger.services.epcis.subscriptions import MOST_SUBSCRIPTIONS
from ledger.services.events.sending import WebhookSender
from ledger.services.views.records import Reader
from ledger.store.epcis import events as stored_events
from ledger.store.epcis import subscriptions as store
from ledger.store.events import webhooks as hooks
from tests.e2e.epcis.desk import ITEM, TOKEN, Desk, all_serials, document, events, serials
from tests.e2e.stage import CARRIER, DELAY, MAKER, OCEAN, SHOP, Stage, key_of
from tests.e2e.webhooks.receiver import TAKE, Receiver, receiving


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_what_is_captured_comes_signed_as_a_document_of_the_query(desk: Desk, receiver: Receiver) -> None:
    desk.capture("before")
    desk.epcis.named.add(SHOP, "received", {"EQ_bizStep": ["receiving"]})
    made = desk.subscribe(receiver, query="received")
    desk.capture("a1", "a2", bizStep="receiving")
    desk.capture("a3", bizStep="shipping")
    desk.sender.work_through()
    (message,) = receiver.taken
    assert serials(message) == ["a1", "a2"]
    told = document(message)
    assert own_validator().problems(told) == []
    results = told["epcisBody"]["queryResults"]
    assert (results["queryName"], results["subscriptionID"]) == ("received", made.id)
    assert message.headers["gs1-epcis-version"] == "2.0.0"
    now = desk.clock.now()
    name = standard_webhooks.verify(TOKEN.encode(), message.headers, message.body, now)
    assert name.startswith(made.id)
    desk.sender.work_through()
    assert len(receiver.taken) == 1, "what was taken does not come again"
    seen = desk.epcis.subscriptions.one(desk.reader(), "received", made.id)
    assert (seen.waiting, seen.dead, seen.state, seen.notified_at) == (0, 0, "active", now)


def test_without_a_token_nothing_is_signed(desk: Desk, receiver: Receiver) -> None:
    desk.subscribe(receiver, signatureToken="")
    desk.capture("b1")
    desk.sender.work_through()
    (message,) = receiver.taken
    assert "gs1-signature" not in message.headers
    assert "webhook-signature" not in message.headers


def test_each_subscriber_is_told_what_it_may_see(desk: Desk, receiver: Receiver) -> None:
    """Of the same goods' records: to a party all of it, to others what is public."""
    party, other = desk.subscribe(receiver, partner=MAKER), desk.subscribe(receiver, partner=OCEAN)
    desk.capture("c1")
    shipment = desk.stage.open()
    desk.stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    desk.sender.work_through()
    told: dict[str, set[str]] = {party.id: set(), other.id: set()}
    for message in receiver.taken:
        name = document(message)["epcisBody"]["queryResults"]["subscriptionID"]
        told[name] |= {event["eventID"] for event in events(message)}
    for made, partner in ((party, MAKER), (other, OCEAN)):
        asked = desk.epcis.querying.stretch(EventQuery(), desk.reader(partner), 0)
        new = {str(event.members["eventID"]) for event in asked.answer.events if event.members.get("lading:record")}
        assert told[made.id] <= new
        about = "0x" + shipment.hex()
        expected = {
            str(event.members["eventID"]) for event in asked.answer.events if about in json_text.dump(event.whole())
        }
        assert told[made.id] == expected
    assert told[party.id] > told[other.id], "the party is told more"
    assert not any(ITEM + "c1" in message.body.decode() for message in receiver.taken), (
        "what the shop captured is its own"
    )


def test_rights_are_those_of_when_it_is_delivered(desk: Desk, receiver: Receiver) -> None:
    """What was entered for a delivery while a right was there is not told once it has ended."""
    made = desk.subscribe(receiver, partner=MAKER)
    receiver.answer = lambda _: 503
    desk.stage.open()
    desk.sender.work_through()
    assert len(receiver.refused) == 1
    lost, fresh = desk.stage.parties[MAKER], key_of("the maker's new key")
    desk.stage.decide(RegistryAction.REVOKE_KEY, partner=MAKER, key=lost.key.address)
    receiver.answer = lambda _: TAKE
    desk.pass_time(HOUR, step=60)
    assert receiver.taken == []
    view = next(one for one in desk.hooks.of(Reader(MAKER, scopes=ALL_SCOPES)) if one.id == made.id)
    assert (view.state, view.problem) == ("paused", "the key that subscribed is in force no more")
    desk.stage.decide(RegistryAction.ADD_KEY, partner=MAKER, key=fresh.address)
    desk.stage.parties[MAKER] = Party(MAKER, lost.name, fresh)
    desk.stage.pass_time(DELAY + HOUR)
    desk.hooks.resume(desk.reader(MAKER), made.id)
    desk.sender.work_through()
    assert any(event["bizStep"] == "packing" for message in receiver.taken for event in events(message))


def test_it_is_told_that_the_key_is_over_though_nothing_is_due(desk: Desk, receiver: Receiver) -> None:
    made = desk.subscribe(receiver, partner=MAKER)
    desk.stage.decide(RegistryAction.REVOKE_KEY, partner=MAKER, key=desk.stage.parties[MAKER].key.address)
    desk.sender.work_through()
    (view,) = [one for one in desk.hooks.of(Reader(MAKER, scopes=ALL_SCOPES)) if one.id == made.id]
    assert (view.state, view.problem) == ("paused", "the key that subscribed is in force no more")


def test_to_a_suspended_partner_nothing_goes_and_nothing_is_lost(desk: Desk, receiver: Receiver) -> None:
    made = desk.subscribe(receiver)
    desk.capture("d1")
    desk.stage.decide(RegistryAction.SUSPEND, partner=SHOP)
    desk.capture("d2")
    desk.pass_time(4 * DAY, step=HOUR)
    assert receiver.taken == receiver.refused == []
    with pytest.raises(NotPermitted, match="suspended"):
        desk.subscribe(receiver)
    desk.stage.decide(RegistryAction.REINSTATE, partner=SHOP)
    desk.stage.pass_time(DELAY + HOUR)
    desk.pass_time(HOUR)
    assert all_serials(receiver) == ["d1", "d2"]
    assert desk.epcis.subscriptions.one(desk.reader(), "SimpleEventQuery", made.id).problem == ""


def test_what_was_erased_meanwhile_is_told_no_more(desk: Desk, receiver: Receiver) -> None:
    desk.subscribe(receiver, partner=MAKER)
    receiver.answer = lambda _: 503
    desk.stage.open()
    desk.sender.work_through()
    (first,) = receiver.refused
    gone = {event["eventID"] for event in events(first) if event["bizStep"] == "packing"}
    assert gone
    record = bytes.fromhex(events(first)[0]["lading:record"][-64:])
    with desk.stage.node.home.database.write() as connection:
        stored_events.forget(connection, record)
    receiver.answer = lambda _: TAKE
    desk.pass_time(HOUR, step=60)
    again = [event["eventID"] for message in receiver.taken for event in events(message)]
    assert len(again) == len(set(again)), "its row went with it; what was made anew comes once"


def test_nothing_overtakes_what_was_refused_and_after_three_days_it_is_dead(desk: Desk, receiver: Receiver) -> None:
    made = desk.subscribe(receiver)
    receiver.answer = lambda message: 400 if serials(message) == ["e1"] else TAKE
    desk.capture("e1")
    desk.sender.work_through()
    desk.capture("e2")
    desk.pass_time(3 * DAY - HOUR)
    assert receiver.taken == []
    desk.pass_time(7 * HOUR)
    assert all_serials(receiver) == ["e2"]
    (letter,) = desk.hooks.dead(desk.reader(), made.id)
    assert (letter.status, letter.problem) == (400, "status 400")
    receiver.answer = lambda _: TAKE
    assert desk.hooks.resend(desk.reader(), made.id) == 1
    desk.sender.work_through()
    assert all_serials(receiver) == ["e2", "e1"]
    ids = {one.headers["webhook-id"] for one in (*receiver.refused, receiver.taken[-1])}
    assert len(ids) == 1, "the same message as ever"


def test_who_cannot_take_so_much_at_once_is_told_in_parts(desk: Desk, receiver: Receiver) -> None:
    desk.subscribe(receiver)
    receiver.answer = lambda message: 413 if len(serials(message)) > 2 else TAKE
    names = [f"f{number}" for number in range(9)]
    desk.capture(*names)
    desk.sender.work_through()
    assert all_serials(receiver) == names
    assert max(len(serials(message)) for message in receiver.taken) == 2


def test_much_comes_in_several_messages(desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_PER_PAGE", 4)
    desk.subscribe(receiver)
    names = [f"g{number}" for number in range(10)]
    desk.capture(*names)
    desk.sender.work_through()
    assert [len(serials(message)) for message in receiver.taken] == [4, 4, 2]
    monkeypatch.setattr(queries, "LARGE", 600)
    monkeypatch.setattr(delivering, "LARGE", 600)
    desk.capture(*(f"h{number}" for number in range(4)))
    desk.sender.work_through()
    assert all_serials(receiver) == names + [f"h{number}" for number in range(4)]
    assert all(len(serials(message)) <= 2 for message in receiver.taken[3:])


def test_a_scheduled_query_runs_when_it_is_due(desk: Desk, receiver: Receiver) -> None:
    desk.subscribe(receiver, {"schedule": {"hour": "1", "minute": "5"}})
    desk.capture("i1")
    desk.sender.work_through()
    assert receiver.taken == []
    desk.pass_time(2 * DAY, step=300)
    (message,) = receiver.taken
    assert serials(message) == ["i1"]
    created = datetime.fromisoformat(document(message)["creationDate"]).astimezone(UTC)
    assert (created.hour, created.minute // 10) == (1, 0), "and not again while there is nothing new"


def test_an_empty_report_is_sent_where_one_is_asked_for(desk: Desk, receiver: Receiver) -> None:
    desk.subscribe(receiver, {"schedule": {"hour": "1", "minute": "5"}, "reportIfEmpty": True})
    desk.pass_time(2 * DAY, step=300)
    assert [serials(message) for message in receiver.taken] == [[], []]
    assert len({message.headers["webhook-id"] for message in receiver.taken}) == 2
    assert own_validator().problems(document(receiver.taken[0])) == []
    desk.capture("j1")
    desk.pass_time(DAY, step=300)
    assert [serials(message) for message in receiver.taken] == [[], [], ["j1"]]
    desk.clock.advance(10 * DAY)
    desk.sender.work_through()
    assert len(receiver.taken) == 4, "runs that were missed are one"


def test_it_begins_at_the_record_time_that_is_asked_for(desk: Desk, receiver: Receiver) -> None:
    desk.capture("k1")
    desk.clock.advance(100)
    since = datetime.fromtimestamp(desk.clock.now(), UTC).isoformat()
    desk.capture("k2")
    desk.clock.advance(100)
    desk.subscribe(receiver, initialRecordTime=since)
    desk.capture("k3")
    desk.sender.work_through()
    assert all_serials(receiver) == ["k2", "k3"]
    later = datetime.fromtimestamp(desk.clock.now() + 50, UTC).isoformat()
    receiver.taken.clear()
    desk.subscribe(receiver, initialRecordTime=since, minRecordTime=later, signatureToken="another token")
    desk.clock.advance(60)
    receiver.answer = lambda message: TAKE if b"k4" in message.body else 400
    desk.capture("k4")
    desk.sender.work_through()
    told = [json.loads(one.body) for one in receiver.taken]
    lists = [one["epcisBody"]["queryResults"]["resultsBody"]["eventList"] for one in told]
    assert [[event["epcList"][0][-2:] for event in one] for one in lists] == [["k4"], ["k4"]]
    assert receiver.refused == []


def test_only_its_partner_sees_it_and_it_goes_with_its_query(desk: Desk, receiver: Receiver) -> None:
    desk.epcis.named.add(SHOP, "mine", {})
    made = desk.subscribe(receiver, query="mine")
    mine, stranger = desk.reader(), desk.reader(CARRIER)
    assert [one.id for one in desk.epcis.subscriptions.of(mine, "mine", "", 10)] == [made.id]
    for act in (desk.epcis.subscriptions.one, desk.epcis.subscriptions.remove):
        with pytest.raises(NotFound):
            act(stranger, "mine", made.id)
        with pytest.raises(NotFound):
            act(mine, "SimpleEventQuery", made.id)
    with pytest.raises(NotFound):
        desk.epcis.subscriptions.of(stranger, "mine", "", 10)
    for nobody in (Reader(), Reader(SHOP, scopes=1)):
        with pytest.raises(NotPermitted):
            desk.epcis.subscriptions.add(nobody, "mine", None)  # type: ignore[arg-type]
    desk.capture("l1")
    desk.epcis.named.remove(SHOP, "mine")
    desk.sender.work_through()
    assert receiver.taken == []
    with pytest.raises(NotFound):
        desk.epcis.subscriptions.one(mine, "mine", made.id)
    with desk.stage.node.home.database.read() as connection:
        assert (hooks.get(connection, made.id), store.of(connection, made.id)) == (None, None)


def test_it_is_among_the_webhooks_of_its_partner(desk: Desk, receiver: Receiver) -> None:
    made, mine = desk.subscribe(receiver), desk.reader()
    (view,) = desk.hooks.of(mine)
    assert (view.id, view.query, view.url) == (made.id, "SimpleEventQuery", receiver.url + "/epcis")
    with pytest.raises(RuleBroken, match="token"):
        desk.hooks.new_secret(mine, made.id)
    desk.hooks.pause(mine, made.id)
    desk.capture("m1")
    desk.sender.work_through()
    assert receiver.taken == []
    desk.hooks.resume(mine, made.id)
    desk.sender.work_through()
    assert all_serials(receiver) == ["m1"]
    desk.hooks.remove(mine, made.id)
    assert desk.epcis.subscriptions.of(mine, "SimpleEventQuery", "", 10) == []


def test_the_database_holds_no_token(desk: Desk, receiver: Receiver) -> None:
    made = desk.subscribe(receiver)
    with desk.stage.node.home.database.read() as connection:
        stored = store.of(connection, made.id)
    assert stored is not None
    assert TOKEN.encode() not in stored.token
    node, other = desk.stage.node, bytes(32)
    results = delivering.Results(node.home, other, node.reader.views, desk.epcis.querying, desk.epcis.rights)
    stranger = WebhookSender(node.home, other, results=results)
    desk.capture("n1")
    stranger.work_through()
    assert receiver.taken == []
    assert "secret is lost" in desk.hooks.one(desk.reader(), made.id).problem


def test_there_are_so_many_and_only_at_addresses_that_make_sense(desk: Desk, receiver: Receiver) -> None:
    for url in ("ftp://example.org", "https://me@example.org/", "x" * 600):
        with pytest.raises(MalformedRecord) as refused:
            desk.subscribe(receiver, dest=url)
        assert refused.value.where == "dest"
    strict = Desk(desk.stage, networks="")
    with pytest.raises(MalformedRecord):
        strict.subscribe(receiver)
    desk.epcis.named.add(SHOP, "limited", {"eventCountLimit": 3})
    with pytest.raises(MalformedRecord, match="no order, limit or end"):
        desk.subscribe(receiver, query="limited")
    made = [desk.subscribe(receiver) for _ in range(MOST_SUBSCRIPTIONS)]
    with pytest.raises(RuleBroken, match="too many subscriptions"):
        desk.subscribe(receiver)
    desk.capture("o1")
    strict.sender.work_through()
    assert receiver.taken == []
    problems = {one.problem for one in desk.hooks.of(desk.reader())}
    assert problems <= {"not an address that may be delivered to", "not an address to deliver to"}
    assert receiver.refused == []
    assert len(made) == MOST_SUBSCRIPTIONS


def test_one_that_asks_for_too_much_holds_nobody_else_up(desk: Desk, receiver: Receiver) -> None:
    """The endpoint of one is down: those of others, and other webhooks of its partner, go on."""
    desk.subscribe(receiver, dest=receiver.url + "/down")
    desk.subscribe(receiver)
    receiver.answer = lambda message: 503 if message.path == "/down" else TAKE
    desk.capture("p1")
    desk.sender.work_through()
    assert [message.path for message in receiver.taken] == ["/epcis"]
