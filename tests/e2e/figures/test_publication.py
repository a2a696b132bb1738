"""What everybody may ask: closed quarters, taken once. Nothing public has two answers that differ by one shipment."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.common.ids import RecordId
from ledger.common.periods import DAY, Step, before
from ledger.records.erasure import ErasureReason
from ledger.records.evidence import Basis
from ledger.scores.publication import PUBLISHED_AFTER
from ledger.services.audit.run import audit
from ledger.services.views.lists.shipment_list import ShipmentQuery
from ledger.services.views.records import PUBLIC as EVERYBODY
from ledger.store import meta, openings
from tests.e2e.stage import CARRIER, MAKER, SHOP, Stage, living, staged

PUBLIC = (
    f"/v1/partners/{CARRIER}/score",
    f"/v1/partners/{MAKER}/score",
    f"/v1/partners/{CARRIER}/score/trend",
    f"/v1/partners/{CARRIER}/score/trend?count=2",
    "/v1/network",
    "/v1/network?by=mode",
    "/v1/bonuses",
    f"/partners/{CARRIER}/score",
    "/network",
    "/network?by=mode",
    "/penalties",
    f"/partners/{CARRIER}/penalties",
)
"""Everything public that sums up more than one shipment."""
REFUSED = (
    "/v1/penalties",
    f"/v1/penalties?partner={CARRIER}&format=csv",
    "/v1/penalties?format=lines",
    f"/v1/partners/{CARRIER}/score?rolling=30",
    f"/v1/partners/{CARRIER}/score?start=0",
    f"/v1/partners/{CARRIER}/score?start=1759276800&end=1767225599",
    f"/v1/partners/{CARRIER}/score?start=1761955200&end=1764547200",
    f"/v1/partners/{CARRIER}/score/judgement?threshold=1",
    f"/v1/partners/{CARRIER}/score/trend?by=month",
    "/v1/network?rolling=30",
    "/v1/network?start=5",
    "/v1/network?by=carrier",
    "/v1/network?by=lane",
    "/v1/network?by=market",
    "/v1/network?against_start=1&against_end=9",
)
PAST = ("start=1759276800", "end=1767225600")
"""The fourth quarter of 2025, in which the stage plays."""


def ship(stage: Stage, days: int, *, freight: bool = True) -> Any:
    shipment = stage.open(endorsed=freight)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.pass_time(days * DAY)
    stage.hand(CARRIER, SHOP, (shipment, 1, 10))
    return shipment


def answers(stage: Stage) -> dict[str, str]:
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000")
    found = {}
    for path in (*PUBLIC, f"/v1/network?{'&'.join(PAST)}", f"/v1/partners/{CARRIER}/score?{'&'.join(PAST)}"):
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        found[path] = re.sub(r"<time.*?</time>|\bat=\d+", "", answer.text)  # a page says when it was asked
    return found


def refused(stage: Stage) -> None:
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000")
    for path in REFUSED:
        answer = client.get(path)
        assert answer.status_code == 403, (path, answer.text)
        assert answer.json()["mend"], path


def to_publication(stage: Stage) -> None:
    """Until the first checkpoint 30 days after the quarter's end."""
    ((_, period),) = before(stage.now, Step.QUARTER, 1)
    stage.pass_time(period.end + PUBLISHED_AFTER - stage.now + DAY)
    stage.open()
    stage.node.settle()


@pytest.fixture(scope="module")
def a_quarter_later(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("quarter") / "home"
    with living(founded, home) as stage:
        for days in (2, 12, 3, 4, 5, 2, 3, 2, 2, 3, 2):
            ship(stage, days)
        to_publication(stage)
    return home


@pytest.fixture
def published(a_quarter_later: Path, tmp_path: Path) -> Iterator[Stage]:
    with staged(a_quarter_later, tmp_path / "published") as stage:
        yield stage


def test_a_quarter_is_public_from_the_first_checkpoint_thirty_days_after_its_end(stage: Stage) -> None:
    ship(stage, 3)
    stage.node.settle()
    publication = stage.node.reader.publication
    ((name, period),) = before(stage.now, Step.QUARTER, 1)
    stage.pass_time(period.end + PUBLISHED_AFTER - stage.now - 60)
    stage.node.settle()
    assert publication.of(name, period) is None
    stage.pass_time(120)
    assert publication.of(name, period) is None, "no checkpoint stands since then"
    stage.open()
    stage.node.settle()
    taken = publication.of(name, period)
    assert taken is not None
    assert taken["taken"]["basis"] == Basis.OPERATOR.name.lower(), "nobody else is asked in this consortium"
    assert taken["taken"]["time"] >= period.end + PUBLISHED_AFTER
    assert [card["samples"] for card in taken["scores"] if card["role"] == "carrier"] == [1]
    stage.audited()


def test_no_two_public_answers_differ_by_one_shipment(published: Stage) -> None:
    """One more shipment of the running quarter, one more record about the closed one, one part erased: all the same."""
    stage = published
    before_it = answers(stage)
    score = json.loads(before_it[PUBLIC[0]])
    assert score["published"]["name"] == "2025 Q4"
    assert score["scores"][0]["score"] is not None
    late = ship(stage, 12)
    stage.node.settle()
    assert answers(stage) == before_it
    with stage.node.home.database.write() as connection:
        openings.forget(connection, late, "commercial")
        first = stage.node.reader.lists.page(ShipmentQuery(), EVERYBODY, 100).shipments[-1]
        assert openings.forget(connection, RecordId(bytes.fromhex(first.id[2:])), "commercial") == 1
    assert answers(stage) == before_it
    stage.node.reader.publication._kept.clear()
    assert answers(stage) == before_it, "it was kept, not computed again"


def test_prices_cannot_be_solved_from_overlapping_windows(published: Stage) -> None:
    """With every window public, the difference of two of them is one shipment's penalty over freight: none is asked."""
    stage = published
    refused(stage)
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000")
    starts = range(stage.now - 120 * DAY, stage.now, 6 * DAY)
    tried = [(start, end) for start in starts for end in (start + DAY, start + 30 * DAY, stage.now)]
    statuses = {client.get(f"/v1/partners/{CARRIER}/score?start={s}&end={e}").status_code for s, e in tried}
    assert statuses == {403}
    text = client.get(f"/v1/partners/{CARRIER}/score?{'&'.join(PAST)}").text
    assert "freight" not in text
    for card in json.loads(text)["scores"]:
        assert "flag_texts" not in card
        assert all(set(entry) & {"good", "due", "raised", "lowered"} == set() for entry in card["indicators"])
    own = next(c for c in stage.node.reader.numbers.score_of(CARRIER)["scores"] if c["role"] == "carrier")
    assert any(entry["name"] == "penalty-over-freight" and entry["due"] for entry in own["indicators"]), "there is some"


def test_the_network_is_published_in_one_partition_and_without_a_total(published: Stage) -> None:
    """Of two answers that group the same shipments differently, one minus the other may be a single shipment."""
    client = TestClient(create_app(published.node), base_url="http://127.0.0.1:8000")
    plain, by_mode = (client.get(path).json() for path in ("/v1/network", "/v1/network?by=mode"))
    assert plain == by_mode
    assert (plain["by"], [group["group"] for group in plain["groups"]]) == ("mode", ["road"])
    for by in ("carrier", "lane", "market"):
        for path in (f"/v1/network?by={by}", f"/network?by={by}"):
            assert client.get(path).status_code == 403, path


def edit_quarter(stage: Stage, change: Callable[[dict[str, Any]], None]) -> None:
    """As somebody with the database would."""
    with stage.node.home.database.write() as connection:
        name = f"published/{PAST[0].removeprefix('start=')}"
        text = meta.get(connection, name) or ""
        kept = json.loads(text)
        change(kept)
        meta.put(connection, name, json.dumps(kept))


def test_an_audit_takes_published_quarters_again(published: Stage) -> None:
    """Unchanged they agree, whatever is recorded later; a figure that somebody edits is named by quarter and card."""
    stage = published
    answers(stage)
    ship(stage, 12)
    stage.audited()
    edit_quarter(stage, lambda kept: kept["scores"][0].update(samples=99))
    (finding,) = audit(stage.node).findings
    assert finding.field.startswith("meta.published/1759276800.scores[carrier 3].samples")
    assert (finding.expected, finding.found) == ("11", "99")


def forged_first(kept: dict[str, Any]) -> None:
    kept["scores"].insert(0, kept["scores"][0] | {"samples": 500})


@pytest.mark.parametrize(
    "edit",
    [
        forged_first,
        lambda kept: kept["scores"][0].update(samples=float(kept["scores"][0]["samples"])),
        lambda kept: kept["from"].update(more=1),
        lambda kept: kept["scores"].reverse(),
        lambda kept: kept.update(name=kept.pop("name")),
        lambda kept: kept["from"].update(witnesses=kept["from"].pop("witnesses")),
    ],
    ids=["a card before the true one", "11.0 for 11", "another field", "other cards first", "name last", "from"],
)
def test_a_published_quarter_is_as_it_was_written(published: Stage, edit: Callable[[dict[str, Any]], None]) -> None:
    stage = published
    answers(stage)
    stage.audited()
    edit_quarter(stage, edit)
    (finding,) = audit(stage.node).findings
    assert finding.field.startswith("meta.published/1759276800")


def test_a_quarter_that_lists_evidence_which_nobody_bears_out_is_named(published: Stage) -> None:
    stage = published
    answers(stage)
    edit_quarter(stage, lambda kept: kept["from"].update(times=[[5, kept["taken"]["time"], "witnesses"]]))
    (finding,) = audit(stage.node).findings
    assert "nobody bears this time out" in finding.found


def test_a_quarter_taken_before_its_time_is_named(published: Stage) -> None:
    stage = published
    answers(stage)
    edit_quarter(stage, lambda kept: kept["taken"].update(time=kept["period"]["end"] + DAY))
    (finding,) = audit(stage.node).findings
    assert "not the first that stood late enough" in finding.found


def test_parts_erased_after_publication_are_a_note_and_no_finding(published: Stage) -> None:
    stage = published
    answers(stage)
    first = stage.node.reader.lists.page(ShipmentQuery(), EVERYBODY, 100).shipments[-1]
    stage.node.erasing.erase(RecordId(bytes.fromhex(first.id[2:])), ["commercial"], reason=ErasureReason.ORDER)
    report = audit(stage.node)
    assert report.findings == ()
    assert any("it cannot be taken again" in note.what for note in report.notes)
