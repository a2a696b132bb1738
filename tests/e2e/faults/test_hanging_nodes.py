"""The chain's node hangs: nobody who asks the service waits for it, records are accepted, readiness says since when."""

import re
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.api.quota import Budgets, Rate
from ledger.cli.demo.cast import GTIN
from ledger.cli.demo.scribe import NO_HASH, Deal, details, salt
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash
from ledger.records.types import Attestation, BonusAgreement, Claims, Record, Share
from ledger.services.home.clock import ManualClock
from ledger.services.node.node import Node
from ledger.store.projections import bonuses
from tests.chain.hanging import hanging_node
from tests.e2e.shared_chain import Network, network
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, SCHEMA, SHOP, WAREHOUSE

PAGES = (
    "/", "/bonuses", "/council", "/docs", "/log", "/log/anchors", "/log/contradictions", "/network", "/partners",
    "/penalties", "/problems", "/recalls", "/records", "/verify",
    "/shipments", "/sign-in",
)  # fmt: skip
FREE = Budgets(Rate(0, 1), Rate(0, 1))
PROMPT = 3
"""Seconds within which every answer has to come, on a machine that does other things as well; the node takes ten."""


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("network")) as made:
        made.first.open(10)
        made.first.sign(agreement(made), CARRIER, WAREHOUSE)
        made.first.node.settle()
        yield made


def agreement(net: Network) -> BonusAgreement:
    token, now = net.first.node.home.deployment.token, net.clock.now()
    return BonusAgreement(
        salt(), (Share(CARRIER, 6_000), Share(WAREHOUSE, 4_000)), SHOP, SHOP, token or b"", "EUR", NO_HASH, now,
        now + DAY, DAY, AUDITOR, DAY, now + 10 * DAY, now + 100 * DAY, details(),
    )  # fmt: skip


def terms(net: Network) -> Record:
    deal = Deal("PO-1", 10_000_00, 5_000_00, net.clock.now() + 10 * DAY, 100_00, 5_000_00, CARRIER, SHOP)
    return net.first.scribe.terms(deal, "L1", consignor=MAKER, consignee=SHOP, packages=4)


def attestation(net: Network) -> Record:
    """Before a record of this kind is accepted, an operator with a chain of its own asks the contract."""
    now = net.clock.now()
    return Attestation(
        MAKER, schema_hash(SCHEMA), f"01/{GTIN}/10/L1", NO_HASH, now, now + 300 * DAY, NO_HASH, Claims(salt(), "{}"),
        NO_HASH, details(),
    )  # fmt: skip


def prompt(client: TestClient, method: str, path: str, **options: Any) -> Any:
    begun = time.monotonic()
    answer = client.request(method, path, **options)
    assert time.monotonic() - begun < PROMPT, (path, time.monotonic() - begun)
    return answer


def plain_paths(client: TestClient) -> list[str]:
    """What can be read without naming what, and pages; a stream is not read to an end that it does not have."""
    described = client.get("/openapi.json").json()["paths"]
    paths = [path for path, methods in described.items() if "get" in methods and "{" not in path]
    paths = [path for path in paths if not path.endswith("/stream")]
    return sorted({*paths, *PAGES})


def test_no_answer_waits_for_a_node_that_hangs(net: Network, tmp_path: Path) -> None:
    first = net.first.node.home
    shutil.copytree(first.settings.home, tmp_path / "home")
    clock = ManualClock(net.clock.now())
    with hanging_node() as hanging:
        copy = {"home": tmp_path / "home", "database_url": f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"}
        node = Node(replace(first.settings, chain=hanging.url, **copy), clock)
        with closing(node), TestClient(create_app(node, FREE)) as client:
            ids = [to_hex(row.record_id) for row in agreements(node)]
            paths = [*plain_paths(client), *(f"/v1/bonuses/{i}" for i in ids), *(f"/bonuses/{i}" for i in ids)]
            assert len(paths) > 25
            asked = hanging.asked
            for path in paths:
                answer = prompt(client, "GET", path)
                assert answer.status_code != 500, (path, answer.text)
            for record in (terms(net), attestation(net)):
                body = net.first.trial.signed(record, net.first.parties[MAKER]).to_json()
                assert prompt(client, "POST", "/v1/records", json=body).status_code == 201
            assert hanging.asked >= asked > 0, "meanwhile the worker waits for the node"
            clock.advance(90)
            answer = prompt(client, "GET", "/readyz")
            assert answer.status_code == 200
            status, checks = answer.json()["status"], answer.json()["checks"]
            assert status.startswith("accepting, chain away since 2025-")
            assert checks["chain"].startswith("accepting, chain away since 2025-")
            assert checks["log"] == "accepting, the tree is 90 s behind", "no worker runs in this process"
            assert {word for part, word in checks.items() if part not in ("chain", "log")} == {"ok"}
            metrics = prompt(client, "GET", "/metrics").text
            assert "lading_chain_away_seconds 90.0" in metrics
            assert "lading_outbox_waiting 2.0" in metrics
            assert "lading_oldest_waiting_seconds 90.0" in metrics
            # Its own worker waits for the node, ten seconds at a time, and may have the lease meanwhile.
            assert re.search(r"^lading_lease_held [01]\.0$", metrics, re.MULTILINE)


def agreements(node: Node) -> Any:
    with node.home.database.read() as connection:
        return bonuses.agreements(connection)


def test_a_node_that_is_stopped_for_a_while_stops_nobody(net: Network) -> None:
    node = net.first.node
    with TestClient(create_app(node, FREE)) as client:
        assert client.get("/readyz").json()["status"] == "ok"
        net.chain.send_signal(signal.SIGSTOP)
        try:
            answers: list[dict[str, Any]] = []
            body = net.first.trial.signed(terms(net), net.first.parties[MAKER]).to_json()
            accepted = prompt(client, "POST", "/v1/records", json=body)
            assert accepted.status_code == 201
            ends = time.monotonic() + 40
            while time.monotonic() < ends and not (answers and answers[-1]["status"].startswith("accepting")):
                answers.append(prompt(client, "GET", "/readyz").json())
                assert prompt(client, "GET", "/v1/bonuses").status_code == 200
                assert prompt(client, "GET", "/healthz").status_code == 200
                time.sleep(0.3)
            assert answers[-1]["status"].startswith("accepting, chain away since"), answers[-1]
        finally:
            net.chain.send_signal(signal.SIGCONT)
        path, ends = f"/v1/records/{accepted.json()['id']}", time.monotonic() + 60
        while client.get(path).json()["chain"]["status"] != "recorded":
            assert time.monotonic() < ends
            time.sleep(0.2)
        while client.get("/readyz").json()["status"] != "ok":
            assert time.monotonic() < ends
            time.sleep(0.2)
