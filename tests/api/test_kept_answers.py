"""Answers that are kept change with everything that they rest on, and nobody is served from what another may see."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from ledger.cli.demo.scribe import NO_HASH, details
from ledger.codes import Hazard, RecallAction
from ledger.common.periods import DAY
from ledger.records.types import Recall
from ledger.services.views.records import RecordViews
from tests.api.test_partners import document
from tests.api.test_products import attested, list_codes, look, reasons
from tests.api.world import GTIN, LOT, World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, OCEAN, SECOND, SHOP


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The shipments whose journeys are told while a test runs, not those that are kept."""
    shipments: list[bytes] = []
    stories = RecordViews.stories

    def counted(self: RecordViews, wanted: Sequence[bytes]) -> Any:
        shipments.extend(wanted)
        return stories(self, wanted)

    monkeypatch.setattr(RecordViews, "stories", counted)
    return shipments


def test_a_journey_is_told_once_until_the_log_goes_on(world: World, told: list[bytes]) -> None:
    attested(world, "L70")
    codes = [f"/v1/products/01/{GTIN}/10/{LOT}/21/{serial}" for serial in ("A1", "A2", "A3")]
    first = [world.get(code)["journey"] for code in codes]
    assert [world.get(code)["journey"] for code in codes] == first
    assert len(told) == 1, "one lot has one journey, whatever the serial"
    attested(world, "L71")
    assert world.get(codes[0])["journey"] == first[0]
    assert len(told) == 2


def test_strangers_who_enrol_have_nothing_told_again(world: World, told: list[bytes]) -> None:
    """Anybody can, as often as the budget for reading allows: it must not make the reading of others dear."""
    attested(world, "L79")
    code = f"/v1/products/01/{GTIN}/10/{LOT}/21/A9"
    world.get(code)
    before = len(told)
    for name in ("one", "another"):
        text, signature = document(world, name)
        assert world.post("/v1/enrolments", {"document": text, "signature": signature}).status_code == 201
        world.get(code)
    assert len(told) == before


def test_a_recall_is_seen_by_the_next_scan(world: World) -> None:
    attested(world, "L72")
    code = f"/v1/products/01/{GTIN}/10/L72"
    assert [world.get(code)["verdict"] for _ in range(2)] == ["authentic"] * 2
    recall = Recall(
        MAKER, f"01/{GTIN}/10/L72", "", int(Hazard.BIOLOGICAL), int(RecallAction.RETURN), "recall@maker.example",
        NO_HASH, world.stage.now, details(),
    )  # fmt: skip
    world.stage.sign(recall, MAKER)
    assert world.get(code)["verdict"] == "recalled"


def test_an_attestation_ends_by_the_clock_though_nothing_is_logged(world: World) -> None:
    attested(world, "L73", seconds=90)
    code = f"/v1/products/01/{GTIN}/10/L73"
    assert world.get(code)["verdict"] == "authentic"
    before = world.get("/v1/log")["size"]
    world.stage.clock.advance(91)
    assert world.get("/v1/log")["size"] == before
    assert world.get(code)["verdict"] != "authentic"


def test_codes_that_are_published_and_looks_of_others_count_at_once(world: World) -> None:
    codes = [f"01/{GTIN}/10/L74/21/{number:016x}" for number in range(0xA1B2C3D4E5F60718, 0xA1B2C3D4E5F60718 + 40)]
    world.get(f"/v1/products/{codes[0]}")
    list_codes(world, "L74", codes)
    assert look(world, codes[0], "first-device")["verdict"] == "authentic"
    assert reasons(world.get(f"/v1/products/{codes[0]}"))


def test_nobody_is_served_from_what_another_may_see(world: World) -> None:
    """Scores and the network, asked in every order: each gets what it gets from a service that nobody asked before."""
    partners: list[int | None] = [CARRIER, SHOP, SECOND, OCEAN, AUDITOR, None]
    tokens = {who: "" if who is None else world.token(who) for who in partners}
    paths = [
        f"/v1/partners/{CARRIER}/score",
        f"/v1/partners/{CARRIER}/score/trend",
        "/v1/network?by=mode",
        "/v1/network?by=mode&evidence=true",
        "/v1/network?by=lane",
    ]

    def ask(path: str, who: int | None) -> tuple[int, Any]:
        answer = world.client.get(path, headers=bearer(tokens[who]))
        return answer.status_code, answer.json()

    def forget() -> None:
        world.stage.node.reader.numbers._answers._kept.clear()

    alone = {}
    for path, who in itertools.product(paths, partners):
        forget()
        alone[path, who] = ask(path, who)
    assert alone[paths[0], CARRIER] != alone[paths[0], None]
    assert alone[paths[2], SHOP] != alone[paths[2], AUDITOR] != alone[paths[2], None]
    assert alone[paths[4], None][0] == 403
    for order in (partners, partners[::-1], partners[3:] + partners[:3]):
        forget()
        for path, who, _ in itertools.product(paths, order, range(2)):
            assert ask(path, who) == alone[path, who], (path, who)


def test_scores_follow_the_log_the_hour_and_the_period(world: World) -> None:
    path, own = f"/v1/partners/{CARRIER}/score", world.token(CARRIER)
    now = world.get(path, own)
    assert world.get(path, own) == now
    world.stage.clock.advance(3600)
    later = world.get(path, own)
    assert later["scores"][0]["period"]["at"] == now["scores"][0]["period"]["at"] + 3600
    assert world.get(f"{path}?rolling=30", own)["scores"][0]["period"] != later["scores"][0]["period"]
    kept = world.stage.node.reader.numbers._answers._kept
    subjects = [subject for subject in kept if isinstance(subject, tuple) and subject[:2] == ("score", CARRIER)]
    world.stage.clock.advance(DAY)
    world.get(path, world.token(CARRIER))
    after = [subject for subject in kept if isinstance(subject, tuple) and subject[:2] == ("score", CARRIER)]
    assert len(after) == len(subjects), "a new hour takes the place of the old one"
