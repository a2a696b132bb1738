"""Deliveries: signed, once where all goes well, again and later where it does not, never out of a shipment's order."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ledger.codes import RegistryAction
from ledger.common.periods import DAY, HOUR
from ledger.errors import MalformedRecord, NotFound, NotPermitted, RuleBroken
from ledger.formats.standard_webhooks import secret_of
from ledger.services.events import planning
from ledger.services.events.event import Wanted
from ledger.services.events.sending import WebhookSender
from ledger.services.events.webhooks import MOST_WEBHOOKS, Registered, Webhooks, wanted_of
from ledger.services.home.clock import ManualClock
from ledger.services.views.records import Reader
from ledger.store.events import webhooks as store
from tests.e2e.stage import CARRIER, DELAY, MAKER, OCEAN, Stage
from tests.e2e.webhooks.receiver import TAKE, Message, Receiver, receiving

LOCAL = "127.0.0.0/8"
ME = Reader(MAKER)


class Desk:
    """One partner's webhooks and the sender, on the clock of the stage."""

    def __init__(self, stage: Stage, networks: str = LOCAL) -> None:
        self.stage = stage
        home = stage.node.home
        self.home = replace(home, settings=replace(home.settings, webhook_networks=networks))
        self.key: bytes = stage.node.reader.keys.session_secret
        self.webhooks = Webhooks(self.home, self.key)
        self.sender = WebhookSender(self.home, self.key)

    @property
    def clock(self) -> ManualClock:
        return self.stage.clock

    def register(self, receiver: Receiver, wanted: Wanted = Wanted(), path: str = "/hook") -> Registered:  # noqa: B008
        made = self.webhooks.register(ME, receiver.url + path, wanted, after=-1)
        receiver.secrets[path] = secret_of(made.secret)
        receiver.tolerance = 10**9  # the stage plays in another year
        return made

    def pass_time(self, seconds: int, step: int = 1800) -> None:
        """So much time with a sender at work."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            self.clock.advance(min(step, end - self.clock.now()))
            self.sender.work_through()


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_all_events_come_signed_and_in_order(desk: Desk, receiver: Receiver) -> None:
    desk.stage.open()
    made = desk.register(receiver)
    desk.sender.work_through()
    size, _ = desk.stage.node.reader.feed.extent()
    assert receiver.indexes("/hook") == list(range(size))
    assert receiver.wrong == []
    events = {event.index: event for event in desk.stage.node.reader.feed.page(Wanted(), limit=size).events}
    assert all(message.body == events[message.event["index"]].body for message in receiver.taken)
    view = desk.webhooks.one(ME, made.webhook.id)
    assert (view.waiting, view.dead, view.delivered, view.cursor) == (0, 0, size, size - 1)
    desk.sender.work_through()
    assert len(receiver.taken) == size, "what was taken does not come again"


def test_what_is_refused_comes_again_and_holds_up_its_shipment_alone(desk: Desk, receiver: Receiver) -> None:
    first, second = desk.stage.open(), desk.stage.open()
    desk.register(receiver, wanted_of(["ShipmentTerms", "Handoff", "Outcome"], None, None))
    desk.sender.work_through()
    held = desk.stage.hand(MAKER, CARRIER, (first, 0, 10))
    desk.stage.hand(MAKER, CARRIER, (second, 0, 10))
    troubled = "0x" + held.hex()
    receiver.answer = lambda message: 400 if message.event["id"] == troubled else TAKE
    desk.sender.work_through()
    later = [m.event for m in receiver.taken if "0x" + first.hex() in m.event["shipments"]]
    assert all(event["type"] != "Handoff" for event in later), "nothing overtakes the handoff of its shipment"
    assert not any((event.get("outcome") or {}).get("record") == troubled for event in later)
    assert any(m.event["type"] == "Handoff" for m in receiver.taken), "the other shipment's came"
    assert [m.event["id"] for m in receiver.refused] == [troubled]
    receiver.answer = lambda _: TAKE
    desk.pass_time(5, step=5)
    events = [e for e in receiver.firsts("/hook") if "0x" + first.hex() in e["shipments"]]
    assert [e["index"] for e in events] == sorted(e["index"] for e in events)
    assert {e["id"] for e in events} >= {troubled}


def test_an_endpoint_that_is_down_is_asked_less_and_less_and_loses_nothing(desk: Desk, receiver: Receiver) -> None:
    made = desk.register(receiver)
    receiver.answer = lambda _: 503
    desk.sender.work_through()
    assert len(receiver.refused) == 1, "one that is told no asks no more for now"
    desk.pass_time(DAY, step=60)
    assert len(receiver.refused) < 300
    assert desk.webhooks.one(ME, made.webhook.id).problem == "status 503"
    receiver.answer = lambda _: TAKE
    desk.pass_time(6 * 3600 + 300)
    size, _ = desk.stage.node.reader.feed.extent()
    assert receiver.indexes("/hook") == list(range(size))
    assert desk.webhooks.one(ME, made.webhook.id).problem == ""


def test_after_three_days_a_letter_is_dead_can_be_looked_at_and_sent_again(desk: Desk, receiver: Receiver) -> None:
    made = desk.register(receiver)
    receiver.answer = lambda message: 422 if message.event["index"] == 7 else TAKE
    desk.pass_time(3 * DAY - 3600)
    assert desk.webhooks.dead(ME, made.webhook.id) == []
    desk.pass_time(7 * 3600)
    (letter,) = desk.webhooks.dead(ME, made.webhook.id)
    assert (letter.index, letter.status, letter.problem) == (7, 422, "status 422")
    assert letter.attempts > 10
    size, _ = desk.stage.node.reader.feed.extent()
    assert set(receiver.indexes("/hook")) == set(range(size)) - {7}, "what came after it went on"
    receiver.answer = lambda _: TAKE
    desk.pass_time(DAY)
    assert 7 not in receiver.indexes("/hook")
    assert desk.webhooks.resend(ME, made.webhook.id, [8]) == 0
    assert desk.webhooks.resend(ME, made.webhook.id) == 1
    desk.sender.work_through()
    assert receiver.indexes("/hook")[-1] == 7
    assert desk.webhooks.dead(ME, made.webhook.id) == []
    ids = {m.headers["webhook-id"] for m in (*receiver.refused, receiver.taken[-1]) if m.event["index"] == 7}
    assert len(ids) == 1, "the same message as ever"


def test_filters_are_kept(desk: Desk, receiver: Receiver) -> None:
    shipment = desk.stage.open()
    desk.stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    desk.stage.open(liable=OCEAN)
    wanted = wanted_of(["Handoff", "Outcome"], "0x" + shipment.hex(), CARRIER)
    desk.register(receiver, wanted)
    desk.sender.work_through()
    events = desk.stage.node.reader.feed.page(wanted, limit=100).events
    assert receiver.indexes("/hook") == [event.index for event in events]
    assert len(events) == 2


def test_a_pause_loses_nothing_and_a_new_secret_signs_beside_the_old(desk: Desk, receiver: Receiver) -> None:
    made = desk.register(receiver)
    name = made.webhook.id
    desk.sender.work_through()
    before = len(receiver.taken)
    desk.webhooks.pause(ME, name)
    desk.stage.open()
    desk.sender.work_through()
    assert len(receiver.taken) == before
    renewed = desk.webhooks.new_secret(ME, name)
    desk.webhooks.resume(ME, name)
    desk.sender.work_through()
    assert (len(receiver.taken) > before, receiver.wrong) == (True, [])
    assert receiver.taken[-1].headers["webhook-signature"].count("v1,") == 2
    receiver.secrets["/hook"] = secret_of(renewed.secret)
    desk.stage.open()
    desk.sender.work_through()
    desk.clock.advance(DAY)
    desk.stage.open()
    desk.sender.work_through()
    assert receiver.wrong == []
    assert receiver.taken[-1].headers["webhook-signature"].count("v1,") == 1
    assert renewed.secret != made.secret


def test_under_another_key_of_the_home_nothing_is_signed(desk: Desk, receiver: Receiver) -> None:
    made = desk.register(receiver)
    stranger = WebhookSender(desk.home, bytes(32))
    stranger.work_through()
    view = desk.webhooks.one(ME, made.webhook.id)
    assert (receiver.taken, view.state) == ([], "paused")
    assert "secret is lost" in view.problem
    other = Webhooks(desk.home, bytes(32))
    with pytest.raises(RuleBroken, match="secret is lost"):
        other.resume(ME, made.webhook.id)
    receiver.secrets["/hook"] = secret_of(other.new_secret(ME, made.webhook.id).secret)
    other.resume(ME, made.webhook.id)
    stranger.work_through()
    assert receiver.taken
    assert receiver.wrong == []


def test_the_database_holds_no_secret(desk: Desk, receiver: Receiver) -> None:
    made = desk.register(receiver)
    secret = secret_of(made.secret)
    with desk.home.database.read() as connection:
        row = store.get(connection, made.webhook.id)
    assert row is not None
    kept = repr(row).encode() + row.salt + row.fingerprint
    assert secret not in kept
    assert secret.hex().encode() not in kept


@pytest.mark.parametrize("networks", ["", "10.0.0.0/8"])
def test_nothing_goes_to_an_address_that_is_not_public(stage: Stage, receiver: Receiver, networks: str) -> None:
    home = stage.node.home
    allowed = Webhooks(replace(home, settings=replace(home.settings, webhook_networks=LOCAL)), bytes(32))
    port = receiver.url.rpartition(":")[2]
    for scheme, host in (("http", "127.0.0.1"), ("http", "localhost"), ("https", "127.0.0.1"), ("https", "[::1]")):
        allowed.register(ME, f"{scheme}://{host}:{port}/in", Wanted(), after=-1)
    sender = WebhookSender(replace(home, settings=replace(home.settings, webhook_networks=networks)), bytes(32))
    sender.work_through()
    assert receiver.taken == receiver.refused == []
    problems = {one.problem for one in allowed.of(ME)}
    assert problems <= {"not an address that may be delivered to", "not an address to deliver to"}


def test_a_redirect_is_not_followed_and_a_gone_endpoint_is_left_alone(desk: Desk, receiver: Receiver) -> None:
    made = desk.register(receiver)
    receiver.replies["Location"] = receiver.url + "/elsewhere"
    receiver.answer = lambda message: 307 if message.path == "/hook" else TAKE
    desk.sender.work_through()
    assert {message.path for message in receiver.refused} == {"/hook"}
    assert receiver.taken == []
    receiver.answer = lambda _: 410
    desk.pass_time(3600)
    assert desk.webhooks.one(ME, made.webhook.id).state == "paused"


def test_an_endpoint_says_when_to_come_again(desk: Desk, receiver: Receiver) -> None:
    desk.register(receiver)
    receiver.answer = lambda _: 429
    receiver.replies["Retry-After"] = "1000"
    desk.sender.work_through()
    desk.pass_time(900, step=30)
    assert len(receiver.refused) == 1
    desk.pass_time(200, step=50)
    assert len(receiver.refused) == 2


def test_much_that_waits_stays_in_the_log(desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MOST_WAITING", 10)
    monkeypatch.setattr(planning, "PAGE", 4)
    made = desk.register(receiver)
    receiver.answer = lambda _: 503
    desk.sender.work_through()
    view = desk.webhooks.one(ME, made.webhook.id)
    assert view.waiting <= 14
    receiver.answer = lambda _: TAKE
    desk.pass_time(60, step=10)
    size, _ = desk.stage.node.reader.feed.extent()
    assert receiver.indexes("/hook") == list(range(size))


def test_too_many_dead_letters_pause_it(desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    made = desk.register(receiver)
    receiver.answer = lambda _: 400
    desk.pass_time(3 * DAY + 7 * 3600, step=3600)
    monkeypatch.setattr(planning, "MOST_DEAD", 1)
    desk.sender.work_through()
    view = desk.webhooks.one(ME, made.webhook.id)
    assert (view.state, view.problem) == ("paused", "too many dead letters")


def test_only_its_partner_sees_a_webhook(desk: Desk, receiver: Receiver) -> None:
    made = desk.register(receiver)
    for stranger in (Reader(CARRIER), Reader(CARRIER, auditor=True)):
        assert desk.webhooks.of(stranger) == []
        for act in (desk.webhooks.one, desk.webhooks.remove, desk.webhooks.pause, desk.webhooks.dead):
            with pytest.raises(NotFound):
                act(stranger, made.webhook.id)
    for nobody in (Reader(), Reader(MAKER, scopes=1)):
        with pytest.raises(NotPermitted):
            desk.webhooks.of(nobody)
    desk.webhooks.remove(ME, made.webhook.id)
    assert desk.webhooks.of(ME) == []
    desk.sender.work_through()
    assert receiver.taken == []


def test_a_partner_has_so_many_and_only_addresses_that_make_sense(desk: Desk) -> None:
    for number in range(MOST_WEBHOOKS):
        desk.webhooks.register(ME, f"https://example.org/{number}", Wanted())
    with pytest.raises(RuleBroken, match="too many webhooks"):
        desk.webhooks.register(ME, "https://example.org/more", Wanted())
    for url in ("ftp://example.org", "https://", "https://me@example.org/", "https://example.org/#a", "x" * 600):
        with pytest.raises(MalformedRecord):
            desk.webhooks.register(Reader(CARRIER), url, Wanted())
    strict = Webhooks(desk.stage.node.home, desk.key)
    with pytest.raises(MalformedRecord, match="not an address"):
        strict.register(Reader(CARRIER), "http://example.org/", Wanted())


def test_to_a_suspended_partner_nothing_goes_until_it_is_reinstated(desk: Desk, receiver: Receiver) -> None:
    made = desk.register(receiver)
    desk.webhooks.register(Reader(CARRIER), receiver.url + "/other", Wanted(), after=-1)
    desk.stage.decide(RegistryAction.SUSPEND, partner=MAKER)
    desk.pass_time(4 * DAY, step=HOUR)
    assert receiver.indexes("/hook") == []
    size, _ = desk.stage.node.reader.feed.extent()
    assert receiver.indexes("/other") == list(range(size)), "others are delivered to as ever"
    view = desk.webhooks.one(ME, made.webhook.id)
    assert (view.state, view.problem, view.dead) == ("active", "the partner is suspended", 0)
    desk.stage.decide(RegistryAction.REINSTATE, partner=MAKER)
    desk.stage.pass_time(DELAY + HOUR)
    desk.pass_time(HOUR)
    size, _ = desk.stage.node.reader.feed.extent()
    assert receiver.indexes("/hook") == list(range(size)), "nothing of what came meanwhile is lost"
    assert desk.webhooks.one(ME, made.webhook.id).problem == ""


def test_turns_in_the_background_leave_nothing(desk: Desk, receiver: Receiver) -> None:
    desk.register(receiver)
    desk.webhooks.register(Reader(CARRIER), receiver.url + "/other", Wanted(), after=-1)
    size, _ = desk.stage.node.reader.feed.extent()

    async def until_all_came() -> None:
        async with asyncio.timeout(30):
            while len(receiver.taken) < 2 * size:
                desk.sender.step()
                await asyncio.sleep(0.01)

    asyncio.run(until_all_came())
    desk.sender.close()
    assert sorted(receiver.indexes("/other")) == sorted(receiver.indexes("/hook")) == list(range(size))


def test_a_message_reads_as_its_event(desk: Desk, receiver: Receiver) -> None:
    desk.register(receiver)
    desk.sender.work_through()
    message: Message = receiver.taken[-1]
    assert message.headers["content-type"] == "application/json"
    assert message.headers["host"] == receiver.url.partition("//")[2]
    assert message.event["logSize"] == message.event["index"] + 1
