"""Rules of a market, adopted by the council: what is refused before it is signed, what is judged, what changes."""

import hashlib
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.cli.demo.scribe import Deal
from ledger.codes import ClearanceStatus, Gate, Regime, RegistryAction
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord, NotPermitted, RuleBroken
from ledger.markets.adopted_markets import MARKETS
from ledger.markets.market_file import parse_market
from ledger.records.types import Duty, Require, TaxLine
from ledger.services.home import kept_rules
from ledger.services.intake.submission import Accepted
from ledger.services.views.records import PUBLIC, Reader
from tests.api.world import World, bearer
from tests.e2e.stage import ALPHA, AUDITOR, BROKER, CAP, CARRIER, CN, MAKER, PROMISED, SECOND, SHOP, Stage

FILE = b"""format = "lading/market/1"
title = "China, imports of a test"
jurisdiction = "CN"
version = 1
currency = "EUR"
offsets = ["+08:00"]
[[clearance]]
id = "import"
lane = "import"
gates = ["delivery"]
[[paper]]
id = "authentic"
lane = "import"
schema = "lading/authenticity/1"
about = "lot"
[[tax]]
id = "duty"
lane = "import"
tax = "duty"
rates = [0]
[[tax]]
id = "vat"
lane = "import"
tax = "vat"
rates = [91_000]
base = ["value", "duty"]
"""
STRICTER = FILE.replace(b"version = 1", b"version = 2").replace(b"[91_000]", b"[130_000]") + (
    b'[[goods]]\nid = "ban"\nlane = "import"\nhs = ["19"]\nstanding = "prohibited"\n'
)


def client_of(stage: Stage, who: Reader) -> TestClient:
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000")
    if who.partner:
        client.headers |= bearer(World(stage, client, {}).token(who.partner))
    return client


def adopt(stage: Stage, text: bytes, begins: int) -> None:
    with stage.node.home.database.write() as connection:
        market = kept_rules.keep(connection, MARKETS, text)
    stage.decide(RegistryAction.ADOPT_RULES, document=market.hash, number=begins)


def duty(*lines: TaxLine, currency: str = "EUR") -> Duty:
    return Duty(bytes(16), "MRN1", "1210", "green", currency, lines)


@pytest.fixture
def ruled(stage: Stage) -> Stage:
    stage.node.settle()
    adopt(stage, FILE, stage.now + 2 * DAY)
    stage.pass_time(3 * DAY)
    return stage


def test_a_shipment_is_judged_by_the_rules_in_force_when_it_opened(stage: Stage) -> None:
    stage.attest("L1")
    early = stage.open()
    adopt(stage, FILE, stage.now + 2 * DAY)
    stage.pass_time(3 * DAY)
    lacking = stage.open()
    whole = stage.open(requires=(Require(b"CN", Regime.IMPORT, Gate.DELIVERY, False),))
    adopt(stage, STRICTER, stage.now + 2 * DAY)
    stage.pass_time(3 * DAY)
    markets = stage.node.reader.markets
    own = Reader(SHOP, key=stage.parties[SHOP].key.address)
    assert markets.shipment(early, own).needs == ()
    judged = markets.shipment(lacking, own)
    assert [need.rule for need in judged.needs] == ["import", "authentic", "duty", "vat"], "version 2 bans what opened"
    assert [lack.lacking for lack in judged.lacks] == ["clearance"]
    assert [bool(paper.attested) for paper in judged.papers] == [True]
    assert markets.shipment(whole, own).lacks == ()
    with pytest.raises(NotPermitted):
        markets.shipment(lacking, Reader(SECOND, key=stage.parties[SECOND].key.address))
    with pytest.raises(NotPermitted):
        markets.shipment(lacking, PUBLIC)
    stage.audited()


@pytest.mark.parametrize(
    ("lines", "deviations"),
    [
        ((TaxLine("duty", 1_000_000, 0, 0, 0), TaxLine("vat", 1_000_000, 91_000, 91_000, 91_000)), []),
        ((TaxLine("vat", 1_000_000, 91_000, 91_001, 0),), [("sum", "91000", "91001")]),
        ((TaxLine("vat", 1_000_000, 130_000, 130_000, 0),), [("rate", "91000", "130000")]),
        ((TaxLine("vat", 900_000, 91_000, 81_900, 0),), [("base", "1000000", "900000")]),
        ((TaxLine("duty", 1_000_000, 0, 0, 0),), [("missing", None, None)]),
        ((TaxLine("vat", 1_000_000, 91_000, 91_000, 0), TaxLine("stamp", 1, 0, 5, 5)), [("unknown-tax", None, "5")]),
    ],
)
def test_assessed_taxes_are_checked_against_the_rates(
    ruled: Stage, lines: tuple[TaxLine, ...], deviations: list[tuple[str, Any, Any]]
) -> None:
    shipment = ruled.open()
    clearance = ruled.clear(
        CN, ClearanceStatus.RELEASED, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT, duty=duty(*lines)
    )
    own = Reader(SHOP, key=ruled.parties[SHOP].key.address)
    client = client_of(ruled, own)
    told = client.get(f"/v1/shipments/{to_hex(shipment)}/market").json()
    (checked,) = told["duties"]
    assert checked["clearance"] == to_hex(clearance)
    assert checked["judged"]
    assert [(d["deviation"], d["expected"], d["found"]) for d in checked["deviations"]] == deviations
    listed = client.get("/v1/markets/deviations").json()["clearances"]
    assert [one["clearance"] for one in listed] == ([to_hex(clearance)] if deviations else [])
    assert all(one["explanation"] for one in listed)
    others = client_of(ruled, Reader(SECOND, key=ruled.parties[SECOND].key.address))
    assert others.get("/v1/markets/deviations").json()["clearances"] == []
    assert client_of(ruled, PUBLIC).get("/v1/markets/deviations").status_code == 403


def test_goods_that_a_market_refuses_are_refused_before_they_are_signed(ruled: Stage) -> None:
    adopt(ruled, STRICTER, ruled.now + 2 * DAY)
    ruled.pass_time(3 * DAY)
    deal = Deal("PO-1", 10_000_00, CAP, ruled.now + PROMISED, ALPHA, CAP, CARRIER, SHOP)
    terms = ruled.scribe.terms(deal, "L1", consignor=MAKER, consignee=SHOP, packages=10, holder=CARRIER)
    with pytest.raises(RuleBroken, match="rule ban"):
        ruled.node.submission.check_signable(terms)
    half = ruled.trial.signed(terms, *ruled.keys([MAKER]))
    with pytest.raises(RuleBroken, match="rule ban"):
        ruled.node.submission.submit(half)
    both = ruled.trial.signed(terms, *ruled.keys([MAKER, CARRIER]))
    assert isinstance(ruled.node.submission.submit(both), Accepted), "what all have signed is a fact"
    ruled.audited()


def test_a_partner_sees_what_a_new_version_changes_before_it_is_in_force(ruled: Stage) -> None:
    ruled.open()
    adopt(ruled, STRICTER, ruled.now + 5 * DAY)
    own = client_of(ruled, Reader(SHOP, key=ruled.parties[SHOP].key.address))
    (changes,) = own.get("/v1/markets/changes").json()["changes"]
    assert (changes["version"], changes["open"], changes["replaces"]) == (2, 1, to_hex(parse_market(FILE).hash))
    (case,) = changes["cases"]
    assert [(c["change"], (c["after"] or {}).get("rule")) for c in case["changes"]] == [
        ("added", "ban"),
        ("changed", "vat"),
    ]
    assert len(case["explanation"]) == 3
    other = client_of(ruled, Reader(SECOND, key=ruled.parties[SECOND].key.address))
    assert other.get("/v1/markets/changes").json()["changes"][0]["cases"] == []
    assert other.get(f"/v1/markets/changes?partner={SHOP}").status_code == 403
    auditor = client_of(ruled, Reader(AUDITOR, auditor=True, key=ruled.parties[AUDITOR].key.address))
    assert auditor.get(f"/v1/markets/changes?partner={SHOP}").json()["changes"] == [changes]
    listed = own.get("/v1/markets").json()["markets"]
    assert [(one["version"], one["state"]) for one in listed] == [(1, "in force"), (2, "coming")]
    text = own.get(f"/v1/markets/{listed[1]['market']}")
    assert hashlib.sha256(text.content).hexdigest() == listed[1]["market"][2:]
    ruled.pass_time(6 * DAY)
    own = client_of(ruled, Reader(SHOP, key=ruled.parties[SHOP].key.address))
    assert own.get("/v1/markets/changes").json()["changes"] == []
    assert [one["state"] for one in own.get("/v1/markets").json()["markets"]] == ["replaced", "in force"]


def test_a_file_that_is_none_is_not_kept(stage: Stage) -> None:
    with stage.node.home.database.write() as connection, pytest.raises(MalformedRecord):
        kept_rules.keep(connection, MARKETS, FILE.replace(b"market/1", b"market/7"))


def test_a_deviation_is_told_on_the_page_and_the_worklist_of_who_may_know_it(ruled: Stage) -> None:
    shipment = ruled.open()
    customs: dict[str, Any] = {"jurisdiction": "CN", "regime": Regime.IMPORT}
    wrong = duty(TaxLine("vat", 900_000, 91_000, 81_900, 81_900))
    lodged = ruled.clear(BROKER, ClearanceStatus.LODGED, (shipment, 0), duty=wrong, **customs)
    ruled.clear(CN, ClearanceStatus.RELEASED, (shipment, 0), **customs)
    own = client_of(ruled, Reader(SHOP, key=ruled.parties[SHOP].key.address))
    items = own.get("/v1/worklist").json()["items"]
    (item,) = [one for one in items if one["kind"] == "tax"]
    assert (item["shipment"], item["facts"]["found"]) == (to_hex(shipment), "vat base")
    page = own.get(f"/shipments/{to_hex(shipment)}", headers={"Accept": "text/html"}).text
    assert "its bases add up to 9,000.00 EUR instead of 10,000.00 EUR" in page
    assert "The terms do not require clearance for import in CN" in page
    assert to_hex(lodged) in page
    assert "no line states it" not in page, "an earlier record of the procedure states the tax"
    rules = own.get("/markets", headers={"Accept": "text/html"}).text
    assert "its bases add up to" in rules
    stranger = client_of(ruled, Reader(SECOND, key=ruled.parties[SECOND].key.address))
    assert not [one for one in stranger.get("/v1/worklist").json()["items"] if one["kind"] == "tax"]
    for client in (stranger, client_of(ruled, PUBLIC)):
        assert "bases add up" not in client.get(f"/shipments/{to_hex(shipment)}", headers={"Accept": "text/html"}).text
        assert "bases add up" not in client.get("/markets", headers={"Accept": "text/html"}).text
    ruled.pass_time(31 * DAY)
    own = client_of(ruled, Reader(SHOP, key=ruled.parties[SHOP].key.address))
    assert not [one for one in own.get("/v1/worklist").json()["items"] if one["kind"] == "tax"], "told for a month"
