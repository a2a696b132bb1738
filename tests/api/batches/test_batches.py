"""A batch gives the same as its records one by one: answers, rows, receipts, proposals, and who has paid."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.concurrency import run_in_threadpool
from fastapi.testclient import TestClient
from sqlalchemy import inspect

from ledger.api.accounts import MOST_UNVOUCHED
from ledger.api.app import create_app
from ledger.api.quota import REFUSED, Budgets, Rate, paid_by
from ledger.codes import Assurance, ClearanceStatus, Gate, Regime
from ledger.common.ids import RecordId
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import Endorsement, HandoffItem, Record, Require, ShipmentRef
from ledger.services.intake.submission import Accepted, Charge, Proposed
from ledger.store import log
from tests.api.batches.deck import Deck, Living, batch_of
from tests.api.world import UNLIMITED
from tests.e2e.attacks import Scene
from tests.e2e.intake.test_refusals import OWN_BOOKS
from tests.e2e.stage import CARRIER, MAKER, NZ, SECOND, SHOP, Stage, key_of, staged
from tests.postgresql import copy_rows, new_database

_numbers = itertools.count()
JSON = {"Content-Type": "application/json"}
NDJSON = {"Content-Type": "application/x-ndjson"}


class Seconds:
    """A clock for budgets that stands still: no point comes back while records are handed in."""

    def __call__(self) -> float:
        return 0.0


@dataclass
class Service:
    stage: Stage
    client: TestClient
    budgets: Budgets

    def singly(self, members: list[bytes]) -> list[dict[str, Any]]:
        """The answers to records sent one by one, as a batch gives them."""
        return [as_in_a_batch(self.client.post("/v1/records", content=one, headers=JSON)) for one in members]

    def together(self, members: list[bytes]) -> list[dict[str, Any]]:
        answer = self.client.post("/v1/records/batch", content=batch_of(members), headers=JSON)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        assert len(results) == len(members)
        return results

    def streamed(self, members: list[bytes]) -> list[dict[str, Any]]:
        """The answers to a record a line."""
        answer = self.client.post("/v1/records/batch", content=b"\n".join(members) + b"\n\n", headers=NDJSON)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/x-ndjson")
        return [json.loads(line) for line in answer.text.splitlines()]

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        with self.stage.node.home.database.read() as connection:
            names = [name for name in inspect(connection).get_table_names() if name not in OWN_BOOKS]
            return {
                name: sorted(map(tuple, connection.exec_driver_sql(f'SELECT * FROM "{name}"')), key=repr)
                for name in names
            }

    def left(self) -> dict[str, float]:
        """What everybody has left for writing."""
        writes = self.budgets.writes
        return {payer: points for payer, (points, _) in writes._left.items() if points != writes._rate.burst}


class OneByOne:
    """Takes in every record by itself: what all that is taken in together is held against."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def submit(self, signed: SignedRecord, charge: Charge) -> Accepted | Proposed:
        return await run_in_threadpool(self._stage.node.submission.submit, signed, charge)


def as_in_a_batch(answer: Any) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    if answer.status_code in (200, 201, 202):
        return body
    result = {"status": "refused", "problem": body}
    return result | ({"retryAfter": int(answer.headers["Retry-After"])} if "Retry-After" in answer.headers else {})


def told(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`results` without the ids of what was refused, which a problem document does not have."""
    return [{n: v for n, v in one.items() if n != "id" or one["status"] != "refused"} for one in results]


Settings = Callable[[], dict[str, str]]


@contextmanager
def services(
    before: Living, folder: Path, writes: Rate | None = None, settings: Settings = dict
) -> Iterator[tuple[Service, Service]]:
    """Two services that know the same; the first takes in every record by itself. `settings`: those of each."""
    with ExitStack() as closing:
        made = []
        for name in ("singly", "together"):
            stage = closing.enter_context(staged(before.home, folder / name, **settings()))
            budgets = Budgets(Rate(0, 1), writes, Seconds()) if writes else UNLIMITED
            app = create_app(stage.node, budgets)
            if name == "singly":
                app.state.together = OneByOne(stage)
            made.append(Service(stage, TestClient(app, base_url="http://127.0.0.1:8000"), budgets))
        yield made[0], made[1]


@pytest.mark.parametrize(
    ("seed", "streamed"),
    [(0, False), (1, False), (5, True), *(pytest.param(seed, False, marks=pytest.mark.drill) for seed in (2, 3, 4))],
)
def test_a_batch_is_what_its_records_are_one_by_one(
    before: Living, tmp_path: Path, seed: int, *, streamed: bool
) -> None:
    members = Deck(before.scene, before.goods, seed, 120).members()
    with services(before, tmp_path) as (one, other):
        expected, found = one.singly(members), told((other.streamed if streamed else other.together)(members))
        for i, (single, member) in enumerate(zip(expected, found, strict=True)):
            assert member == single, (i, members[i])
        assert other.rows() == one.rows()
        statuses = {result["status"] for result in found}
        assert statuses == {"accepted", "proposed", "refused"}


def test_so_it_is_on_postgresql(before: Living, tmp_path: Path, postgresql: str) -> None:
    members = Deck(before.scene, before.goods, 6, 100).members()

    def copied() -> dict[str, str]:
        url = new_database(postgresql, f"batches_{next(_numbers)}")
        copy_rows(f"sqlite:///{before.home / 'ledger.db'}", url)
        return {"LADING_DATABASE_URL": url}

    with services(before, tmp_path, settings=copied) as (one, other):
        assert told(other.together(members)) == one.singly(members)
        assert other.rows() == one.rows()


@pytest.mark.parametrize("points", [2, 7, 19, 31])
@pytest.mark.parametrize("streamed", [False, True])
def test_who_pays_for_a_batch_is_who_pays_for_its_records(
    before: Living, tmp_path: Path, points: int, *, streamed: bool
) -> None:
    """Down to the last point: signers for what is taken in, the sender for what is refused; over quota one by one."""
    members = Deck(before.scene, before.goods, 100 + points, 60).members()
    with services(before, tmp_path, Rate(1, points)) as (one, other):
        expected, found = one.singly(members), told((other.streamed if streamed else other.together)(members))
        for i, (single, member) in enumerate(zip(expected, found, strict=True)):
            assert member == single, (i, members[i])
        assert other.rows() == one.rows()
        assert other.left() == one.left()
        busy = [one for one in found if one["status"] == "refused" and one["problem"]["status"] == 429]
        assert busy
        assert all(one["retryAfter"] >= 1 for one in busy)


def sent(scene: Scene, record: Record, *signers: int | SigningKey) -> bytes:
    return json.dumps(scene.sign(record, *signers).to_json()).encode()


def two_legs(scene: Scene, shipment: RecordId) -> list[bytes]:
    """From the maker to the carrier, and on to the second one."""
    return [
        sent(scene, scene.handoff(HandoffItem(shipment, i, 10, 0), releaser=a, receiver=b), a, b)
        for i, (a, b) in enumerate(((MAKER, CARRIER), (CARRIER, SECOND)))
    ]


def test_what_comes_twice_in_a_batch_is_paid_for_once(before: Living, tmp_path: Path) -> None:
    scene = before.scene
    one, two = (sent(scene, Endorsement(SHOP, bytes([i]) * 32), SHOP) for i in (1, 2))
    with services(before, tmp_path, Rate(1, 20)) as (alone, together):
        assert told(together.together([one, one, two, one])) == alone.singly([one, one, two, one])
        assert together.left() == alone.left() == {"partner 7": 18.0, "testclient": 18.0}


def test_nothing_builds_on_what_was_refused_for_its_quota(before: Living, tmp_path: Path) -> None:
    """The maker has two points left, so its handoff is not taken; the next leg waits for it, as it would by itself."""
    scene, shipment = before.scene, before.goods[0]
    moves = two_legs(scene, shipment)
    members = [sent(scene, Endorsement(MAKER, bytes([i]) * 32), MAKER) for i in (1, 2)] + moves
    with services(before, tmp_path, Rate(1, 40)) as (alone, together):
        for service in (alone, together):
            service.budgets.writes.take(paid_by(MAKER), 38)
        found = told(together.together(members))
        assert found == alone.singly(members)
        assert [one["status"] for one in found] == ["accepted", "accepted", "refused", "accepted"]
        assert found[3]["waitsFor"]
        assert together.rows() == alone.rows()
        assert together.left() == alone.left()


def test_who_judges_a_clearance_tells_nobody_what_is_pending(before: Living, tmp_path: Path) -> None:
    """A clearance of two shipments is pending when a second one of the first is judged, beside a proposal for the
    other, whose gate is closed until the chain has recorded it."""
    scene, gate = before.scene, (Require(b"NZ", int(Regime.EXPORT), int(Gate.DELIVERY), False),)
    terms = [scene.terms(requires=gate) for _ in range(2)]
    one, other = sorted(scene.stage.node.home.domain.record_id(each) for each in terms)
    both = scene.clearance(items=(ShipmentRef(one, 0), ShipmentRef(other, 0)))
    again = scene.clearance(items=(ShipmentRef(one, 1),), status=int(ClearanceStatus.AMENDED))
    delivery = scene.handoff(HandoffItem(other, 0, 10, 0), receiver=SHOP)
    before_that = [*(sent(scene, each, MAKER) for each in terms), sent(scene, both, NZ)]
    members = [sent(scene, again, NZ), sent(scene, delivery, MAKER)]
    with services(before, tmp_path) as (alone, together):
        assert told(together.together(before_that)) == alone.singly(before_that)
        found = told(together.together(members))
        assert found == alone.singly(members)
        assert [result["status"] for result in found] == ["accepted", "refused"]
        assert found[1]["problem"]["what"] == "a required clearance is not released"


def test_a_clearance_of_goods_that_others_of_the_batch_move(before: Living, tmp_path: Path) -> None:
    """Lodged by a carrier that has just handed the goods on, so that it is no party to them any more."""
    scene, shipment = before.scene, before.goods[0]
    moves = two_legs(scene, shipment)
    lodged = scene.clearance(
        by=CARRIER,
        declarant=CARRIER,
        items=(ShipmentRef(shipment, 0),),
        status=int(ClearanceStatus.LODGED),
        assurance=int(Assurance.BROKER_WORD),
    )
    with services(before, tmp_path) as (alone, together):
        assert together.together(moves[:1]) == alone.singly(moves[:1])
        members = [moves[1], sent(scene, lodged, CARRIER)]
        found = told(together.together(members))
        assert found == alone.singly(members)
        assert [result["status"] for result in found] == ["accepted", "refused"]


def test_two_hundred_handoffs_are_one_commit(before: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = before.scene
    terms = [scene.terms() for _ in range(100)]
    ids = [scene.stage.node.home.domain.record_id(one) for one in terms]
    members = [sent(scene, one, MAKER) for one in terms]
    members += [sent(scene, scene.handoff(HandoffItem(one, 0, 10, 0)), MAKER, CARRIER) for one in ids]
    commits: list[int] = []
    writing = log.append

    def counted(connection: Any, entries: Any, now: int) -> Any:
        commits.append(len(entries))
        return writing(connection, entries, now)

    monkeypatch.setattr(log, "append", counted)
    with services(before, tmp_path) as (_, together):
        assert {one["status"] for one in together.together(members)} == {"accepted"}
    assert commits == [200]


@pytest.mark.parametrize(
    ("body", "status", "what"),
    [
        (b"", 400, "not an object with one list"),
        (b"[]", 400, "not an object with one list"),
        (b'{"records": {}}', 400, "not an object with one list"),
        (b'{"records": []', 400, "not an object with one list"),
        (b'{"records": [null}', 400, "not an object with one list"),
        (b'{"records": [null,]}', 400, "not an object with one list"),
        (b'{"records": [], "more": 1}', 400, "not an object with one list"),
        (b'{"records": [' + b"1," * 1_000 + b"1]}", 400, "too many"),
        (b'{"records": [' + b"1.5," * 1_000 + b"1]}", 400, "too many"),
        (b'{"records": ["' + b"x" * (4 * 1024 * 1024) + b'"]}', 413, "too large"),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(
    before: Living, tmp_path: Path, body: bytes, status: int, what: str
) -> None:
    with services(before, tmp_path) as (_, other):
        answer = other.client.post("/v1/records/batch", content=body, headers=JSON)
        assert (answer.status_code, answer.json()["what"]) == (status, what)
        assert other.client.post("/v1/records/batch", content=body).status_code == 415


def test_an_empty_batch_and_one_that_is_as_large_as_may_be(before: Living, tmp_path: Path) -> None:
    with services(before, tmp_path) as (one, other):
        assert other.together([]) == []
        assert other.streamed([]) == []
        large = [b'{"type": "' + b"x" * (512 * 1024) + b'"}', b"null"]
        assert told(other.together(large)) == told(other.streamed(large)) == one.singly(large)
        many = [b"null"] * 1_000
        assert [one["problem"]["status"] for one in other.together(many)] == [400] * 1_000


def test_of_a_flood_little_is_looked_at_for_nothing(
    before: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bad signatures cost their sender; once it has nothing left, eight more are looked at, and nothing after them."""
    stranger = key_of("stranger")
    forged = [sent(before.scene, Endorsement(SHOP, bytes([i]) * 32), stranger) for i in range(200)]
    honest = sent(before.scene, Endorsement(SHOP, bytes(32)), SHOP)
    with services(before, tmp_path, Rate(1, 3 * (1 + REFUSED))) as (_, other):
        looked: list[object] = []
        asking = other.stage.node.submission.signed_now

        def counted(signed: Any) -> Any:
            looked.append(signed)
            return asking(signed)

        monkeypatch.setattr(other.stage.node.submission, "signed_now", counted)
        found = [one["problem"]["status"] for one in other.together([*forged, honest])]
        assert found == [403] * 3 + [429] * 198
        assert len(looked) == MOST_UNVOUCHED
        # By itself the honest one has its signer to speak for it, and so has a batch that begins with it.
        assert other.together([honest])[0]["status"] == "accepted"
        again = other.client.post("/v1/records/batch", content=batch_of([honest]), headers=JSON)
        assert (again.status_code, again.json()["type"]) == (429, "/problems#Busy")
