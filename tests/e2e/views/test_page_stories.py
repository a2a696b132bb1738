"""What a claims handler reads on the pages of shipments and records: what stands, what stood, who signed it and why."""

import hashlib
import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.cli.demo.cast import GTIN
from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.codes import (
    AmendmentKind,
    ClearanceStatus,
    Gate,
    Hazard,
    RecallAction,
    Regime,
    RegistryAction,
    Role,
    StatementKind,
)
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.explain.units import money
from ledger.records.shipment_ids import remainder_id
from ledger.records.signing import SigningKey
from ledger.records.types import (
    Amendment,
    Attestation,
    Claims,
    KeyRevoke,
    Override,
    Recall,
    RecallAnswer,
    Require,
)
from ledger.services.views import pending as coming_up
from tests.api.world import World
from tests.e2e.stage import (
    ALPHA,
    BROKER,
    CARRIER,
    DELAY,
    HOUR,
    LOT,
    MAKER,
    NZ,
    PROMISED,
    SECOND,
    SHOP,
    SHORT,
    WAREHOUSE,
    Stage,
)
from tests.e2e.views.test_pages import Page, sign_in


@pytest.fixture
def world(stage: Stage) -> World:
    """The stage, empty of goods, behind the pages."""
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000", follow_redirects=False)
    return World(stage, client, {})


def read(world: World, path: str, *, reader: int = 0) -> str:
    """The words of a page, for a partner's eyes or for the public's."""
    world.client.cookies.clear()
    if reader:
        sign_in(world, reader)
    return re.sub(r" ([,.:;)])", r"\1", Page(world.page(path)).text)


def amend(
    stage: Stage, target: RecordId, kind: AmendmentKind, changes: dict[str, object], *signers: int | SigningKey
) -> RecordId:
    text = canonical_json(changes).decode()
    return stage.sign(Amendment(target, NO_HASH, int(kind), details(text)), *signers)


def test_a_records_page_tells_what_was_signed_about_it_later(world: World) -> None:
    stage = world.stage
    goods = stage.open(10)
    leg = stage.hand(MAKER, CARRIER, (goods, 0, 10))
    happened = stage.now
    stage.pass_time(HOUR)
    change = amend(stage, leg, AmendmentKind.CORRECTION, {"occurredAt": happened - HOUR}, MAKER, CARRIER)
    stage.endorse(leg, SHOP)
    public = read(world, f"/records/{to_hex(leg)}")
    assert f"Amended by Partner {MAKER}, Partner {CARRIER}" in public
    assert f"Endorsed by Partner {SHOP}" in public
    assert "becomes" not in public
    for reader in (MAKER, CARRIER, SHOP):
        own = read(world, f"/records/{to_hex(leg)}", reader=reader)
        assert "Correction" in own
        assert "Was" in own
        assert "Becomes" in own
    assert "becomes" not in read(world, f"/records/{to_hex(leg)}", reader=SECOND).lower()
    assert "Becomes" in read(world, f"/records/{to_hex(change)}", reader=CARRIER)


def test_a_correction_is_noted_where_the_step_is_read(world: World) -> None:
    stage = world.stage
    goods = stage.open(10)
    leg = stage.hand(MAKER, CARRIER, (goods, 0, 10))
    happened = stage.now
    stage.pass_time(HOUR)
    amend(stage, leg, AmendmentKind.CORRECTION, {"occurredAt": happened - HOUR}, MAKER, CARRIER)
    amend(stage, goods, AmendmentKind.RELIEF, {"seconds": 7200, "reason": "a storm"}, MAKER, CARRIER, SHOP)
    path = f"/shipments/{to_hex(goods)}"
    public = read(world, path)
    assert f"Corrected by Partner {MAKER} and Partner {CARRIER}" in public
    assert "what changed is shown to its parties" in public
    assert "storm" not in public
    own = read(world, path, reader=SHOP)
    assert "happened:" in own
    assert "before," in own
    assert f"Relief agreed by Partner {MAKER}, Partner {CARRIER} and Partner {SHOP}" in own
    assert "time in all: 02:00:00; reason: a storm" in own
    assert f"Endorsed later by Partner {CARRIER} and Partner {SHOP}" in public


def test_a_late_report_is_flagged_by_when_it_became_known(world: World) -> None:
    stage = world.stage
    goods = stage.open(10)
    leg = stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 10))
    stage.straight_to_the_contract(leg, MAKER, CARRIER, heard_after=3 * DAY)
    step = stage.view(goods).steps[-1]
    assert step.logged_at is not None
    assert step.logged_at >= step.at + 3 * DAY, "the log heard late of it"
    assert "Reported 72 hours after it happened." in step.note, "blocks of the embedded chain are the operator's word"
    assert (step.known_at, step.known_by) == (step.logged_at, "operator")
    assert "on the operator's word alone" in read(world, f"/shipments/{to_hex(goods)}")
    late = stage.scribe_handoff(CARRIER, SECOND, (goods, 1, 10), occurred_at=stage.now - 2 * DAY)
    stage.sign(late, CARRIER, SECOND)
    assert "Reported 48 hours after it happened." in stage.view(goods).steps[-1].note


def test_the_first_thing_a_party_reads_is_who_owes_what_and_why(world: World) -> None:
    stage = world.stage
    opened = stage.now
    goods = stage.open(10, endorsed=False)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    path = f"/shipments/{to_hex(goods)}"
    early = read(world, path, reader=SHOP)
    assert "Nothing is owed so far: the goods have not arrived, and are due by" in early
    assert "The clock is running" in early
    stage.clock.move_to(opened + PROMISED + DAY // 2 + 2 * DAY)
    stage.hand(CARRIER, SHOP, (goods, 1, 10))
    late = read(world, path, reader=CARRIER)
    assert f"Partner {CARRIER} owes Partner {SHOP} {money(4 * ALPHA, 'EUR')}, because the goods arrived on" in late
    assert "2 days after the last second on time" in late
    assert f"It is indicative until Partner {CARRIER} endorses the terms" in late
    assert late.index("Who owes what") < late.index("The penalty's clock") < late.index("What happened")
    stage.endorse(goods, CARRIER)
    assert "indicative" not in read(world, path, reader=CARRIER)
    assert "owes Partner" not in read(world, path, reader=SECOND)


def test_goods_that_are_lost_cost_what_the_end_of_accrual_costs_at_once(world: World) -> None:
    stage = world.stage
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    stage.state(StatementKind.LOST, CARRIER, goods, 1)
    early = read(world, f"/shipments/{to_hex(goods)}", reader=SHOP)
    assert "because the goods never arrived (lost), and the clock ran on for 30 days" in early
    assert "Ran to the end never delivered: lost" in early


def test_what_waits_for_its_predecessor_is_shown_at_the_end_of_the_story(world: World) -> None:
    stage = world.stage
    goods = stage.open(10)
    stage.hand(CARRIER, SECOND, (goods, 1, 10))
    text = read(world, f"/shipments/{to_hex(goods)}")
    assert f"Partner {CARRIER} hands 10 packages to Partner {SECOND} waiting" in text
    assert "It waits: 1 step before it is still missing." in text
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    text = read(world, f"/shipments/{to_hex(goods)}")
    assert "waits" not in text
    assert f"Partner {CARRIER} handed 10 packages to Partner {SECOND}" in text


def test_what_is_missing_is_open_against_who_handed_it_over(world: World) -> None:
    stage = world.stage
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    stage.hand(CARRIER, SHOP, (goods, 1, 7, SHORT))
    missing = to_hex(remainder_id(goods, 1))
    whole = read(world, f"/shipments/{to_hex(goods)}")
    assert "Missing" in whole
    assert f"Missing from it: 3 packages, still missing, and open against Partner {CARRIER}." in whole
    part = read(world, f"/shipments/{missing}")
    assert f"3 packages missing, open against Partner {CARRIER}, since" in part
    assert f"Open against Partner {CARRIER}" in read(world, f"/partners/{CARRIER}")
    assert "Open against" not in read(world, f"/partners/{MAKER}")
    (found,) = world.get(f"/v1/partners/{CARRIER}/open")["open"]
    assert (found["shipment"], found["packages"], found["status"]) == (missing, 3, "missing")
    assert world.get(f"/v1/partners/{MAKER}/open")["open"] == []
    assert world.client.get("/v1/partners/77/open").status_code == 404


@pytest.fixture
def recalled(world: World) -> tuple[str, bytes]:
    """Twenty packages of a bad lot: the shop has twelve, the warehouse eight; the maker recalls them."""
    stage = world.stage
    bad = stage.open(20, lot="L-BAD", endorsed=False)
    stage.hand(MAKER, CARRIER, (bad, 0, 20))
    stage.hand(CARRIER, WAREHOUSE, (bad, 1, 20))
    here, there = stage.split(WAREHOUSE, bad, 2, 8, 12)
    stage.hand(WAREHOUSE, SHOP, (there, 0, 12))
    lots = canonical_json([{"lot": "L-BAD"}]).decode()
    recall = Recall(
        MAKER, f"01/{GTIN}", lots, int(Hazard.CHEMICAL), int(RecallAction.DESTROY), "call 0800 1", NO_HASH, stage.now,
        details(),
    )  # fmt: skip
    found = stage.sign(recall, MAKER)
    stage.pass_time(HOUR)
    stage.sign(RecallAnswer(SHOP, found, 12, 9, 3, stage.now, details()), SHOP)
    return to_hex(found), here


def test_a_recalls_page_tells_everybody_what_to_do(world: World, recalled: tuple[str, bytes]) -> None:
    recall, _ = recalled
    text = read(world, f"/recalls/{recall}")
    for words in ("asks to destroy lot L-BAD", "Do not use it; destroy it", "Contact: call 0800 1", "Chemical", GTIN):
        assert words in text
    assert "has not answered" not in text, "who holds the goods is not everybody's business"
    assert "Sign in to see it" in text
    assert "L-BAD" in read(world, "/recalls")
    assert f"/recalls/{recall}" in world.page(f"/p/01/{GTIN}/10/L-BAD")


def test_who_recalled_sees_answers_against_what_each_holds(world: World, recalled: tuple[str, bytes]) -> None:
    recall, _ = recalled
    text = read(world, f"/recalls/{recall}", reader=MAKER)
    assert "Accounted for 60 %" in text
    assert "Set apart or disposed of 60 %" in text
    assert "Holders that answered 50 %" in text
    assert f"Partner {SHOP} 12 12 12 9 3 0 answered" in text
    assert f"Partner {WAREHOUSE} 8 8 – – – 8 has not answered" in text
    own = read(world, f"/recalls/{recall}", reader=WAREHOUSE)
    assert f"Partner {WAREHOUSE} holds 8 packages and has not answered" in own
    assert f"Partner {SHOP}" not in own
    assert "You had none of these goods" in read(world, f"/recalls/{recall}", reader=SECOND)


def test_a_shipment_of_recalled_goods_says_so(world: World, recalled: tuple[str, bytes]) -> None:
    recall, part = recalled
    for reader in (MAKER, WAREHOUSE):
        assert "Goods of this shipment are recalled by" in read(world, f"/shipments/{to_hex(part)}", reader=reader)
        assert f"/recalls/{recall}" in world.page(f"/shipments/{to_hex(part)}")
    other = world.stage.open(3, lot="L-GOOD", endorsed=False)
    assert "recalled" not in world.page(f"/shipments/{to_hex(other)}")


def test_a_recall_tells_nobody_which_shipments_carry_the_goods(world: World, recalled: tuple[str, bytes]) -> None:
    _, part = recalled
    for reader in (0, BROKER, SECOND):
        assert "recalled" not in read(world, f"/shipments/{to_hex(part)}", reader=reader)


def test_a_recall_by_who_does_not_speak_for_the_brand_is_a_remark_that_asks_nothing(world: World) -> None:
    stage = world.stage
    goods, schema = stage.open(3, endorsed=False), hashlib.sha256(b"lading/other/1").digest()
    stage.decide(RegistryAction.GRANT_ROLE, partner=BROKER, role=int(Role.ISSUER), scope=schema)
    stage.pass_time(DELAY + HOUR)
    claims = Claims(salt(), "{}")
    ends = stage.now + 300 * DAY
    attested = Attestation(
        BROKER, schema, f"01/{GTIN}", NO_HASH, stage.now, ends, NO_HASH, claims, NO_HASH, details()
    )  # fmt: skip
    stage.sign(attested, BROKER)
    call = Recall(
        BROKER, f"01/{GTIN}", "", int(Hazard.CHEMICAL), int(RecallAction.DESTROY), "me", NO_HASH, stage.now, details()
    )  # fmt: skip
    recall = to_hex(stage.sign(call, BROKER))
    text = read(world, f"/shipments/{to_hex(goods)}", reader=MAKER)
    assert f"Partner {BROKER} calls for a recall of" in text
    assert "it does not speak for this brand and is no authority" in text
    for words in (text, read(world, f"/recalls/{recall}")):
        assert "Do not use it" not in words
        assert "Goods of this shipment are recalled" not in words


def test_a_release_that_customs_gave_in_time_clears_a_breach_that_the_chain_marked(world: World) -> None:
    stage = world.stage
    goods = stage.open(10, requires=(Require(b"NZ", int(Regime.EXPORT), int(Gate.DELIVERY), False),))
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    in_time = stage.now
    stage.pass_time(HOUR)
    stage.hand(CARRIER, SHOP, (goods, 1, 10))
    assert stage.view(goods).steps[-1].breach
    assert "A required clearance was not released" in read(world, f"/shipments/{to_hex(goods)}")
    release = stage.scribe.clearance(
        NZ, [(goods, 0)], "NZ", Regime.EXPORT, ClearanceStatus.RELEASED, declarant=BROKER
    )  # fmt: skip
    stage.sign(replace(release, occurredAt=in_time), NZ)
    delivery = next(step for step in stage.view(goods).steps if step.outcome == "applied in breach")
    assert not delivery.breach
    assert "counts as no breach" in delivery.note
    (journey,) = world.get(f"/v1/products/01/{GTIN}/10/{LOT}")["journey"]
    assert [step["breach"] for step in journey["steps"]] == [False] * 4
    assert all(step["counts"] for step in journey["steps"])


def test_what_waits_for_a_shipment_that_nobody_has_opened_has_a_page(world: World) -> None:
    stage = world.stage
    unknown = RecordId(bytes([9]) * 32)
    stage.hand(MAKER, CARRIER, (unknown, 0, 4))
    text = read(world, f"/shipments/{to_hex(unknown)}")
    assert "not opened yet" in text
    assert "Nobody has handed in what opens it." in text
    assert f"Partner {MAKER}, Partner {CARRIER}" in text


def test_an_announced_override_says_when_it_moves_and_keeps_its_mark(world: World) -> None:
    stage = world.stage
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    stage.sign(Override(goods, 1, CARRIER, SECOND, 10, 0, details()), *stage.trial.council, SECOND)
    announced = read(world, f"/shipments/{to_hex(goods)}")
    assert "Not before" in announced
    assert f"The council moves 10 packages from Partner {CARRIER} to Partner {SECOND}" in announced
    assert "A handoff that both sides sign before it moves makes it void." in announced
    (coming,) = stage.view(goods).coming
    assert coming.not_before is not None
    assert stage.now < coming.not_before <= stage.now + 2 * DAY
    stage.pass_time(coming.not_before - stage.now + HOUR)
    stage.settle()
    moved = read(world, f"/shipments/{to_hex(goods)}")
    assert "Not before" not in moved
    assert "moved by the council without the holder's signature" in moved
    assert "The releaser did not sign. This mark stays on the goods for ever" in moved


def test_an_override_that_only_waits_or_reverts_is_not_told_as_announced(world: World) -> None:
    stage = world.stage
    goods = stage.open(10)
    override = Override(goods, 1, CARRIER, SECOND, 10, 0, details())
    stage.sign(override, *stage.trial.council, SECOND)
    (coming,) = stage.view(goods).coming
    assert coming.not_before is None
    assert coming.waits_for == "It waits: 1 step before it is still missing."
    assert "Not before" not in read(world, f"/shipments/{to_hex(goods)}")
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    (coming,) = stage.view(goods).coming
    assert coming.not_before is not None
    stage.sign(KeyRevoke(SECOND, stage.parties[SECOND].key.address, details()), SECOND)
    stage.pass_time(coming.not_before - stage.now + HOUR)
    (coming,) = stage.view(goods).coming
    assert coming.not_before is None
    assert coming.waits_for.startswith("Not recorded yet: ")
    assert "NotItsKey" in coming.waits_for


def test_what_outsiders_sign_about_goods_stands_apart_and_hides_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = world.stage
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    for sequence in (5, 6):  # it never had the goods, and still may say so: this has no effect
        stage.sign(stage.statement(StatementKind.LOST, SECOND, goods, sequence), SECOND)
    stage.sign(stage.scribe_handoff(CARRIER, WAREHOUSE, (goods, 2, 10)), CARRIER, WAREHOUSE)
    assert [one.by_outsiders for one in stage.view(goods).coming] == [True, True, False]
    text = read(world, f"/shipments/{to_hex(goods)}")
    others = text.index("Waiting too: 2 records of others, who are no party to this shipment and never had the goods")
    assert text.index(f"Partner {CARRIER} hands 10 packages to Partner {WAREHOUSE}") < others
    assert text.index(f"Partner {SECOND} states: lost") > others
    monkeypatch.setattr(coming_up, "MOST", 1)
    assert [one.by_outsiders for one in stage.view(goods).coming] == [False]  # the newest


def test_what_is_no_longer_tried_is_not_shown_as_coming(world: World) -> None:
    stage = world.stage
    goods = stage.open(10)
    stage.sign(stage.statement(StatementKind.LOST, CARRIER, goods, 5), CARRIER)
    assert len(stage.view(goods).coming) == 1
    stage.pass_time(31 * DAY)
    assert stage.view(goods).coming == ()
