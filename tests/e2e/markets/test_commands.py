"""`lading market` and what `lading sign` does with it: without a network, from files."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.cli.main import app
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.markets.market_file import parse_market
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from tests.e2e.markets.test_markets import FILE, STRICTER, adopt
from tests.e2e.stage import CARRIER, MAKER, SHOP, Stage

TEMPLATE = {
    "type": "ShipmentTerms",
    "message": {
        "consignor": MAKER,
        "consignee": SHOP,
        "holder": MAKER,
        "purpose": "original",
        "packages": 1,
        "mode": "air",
        "origin": {"country": "NZ"},
        "destination": {"country": "CN"},
        "contents": [{"quantity": "1", "unit": "tin", "hs": "190110"}],
        "commercial": {"value": "100000", "currency": "EUR", "liable": CARRIER, "beneficiary": SHOP},
    },
}


def lading(*words: str, status: int = 0, **options: Any) -> str:
    result = CliRunner().invoke(app, list(words), **options)
    assert result.exit_code == status, result.output + repr(result.exception)
    return result.output


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "cn.toml").write_bytes(FILE)
    (tmp_path / "strict.toml").write_bytes(STRICTER)
    (tmp_path / "terms.json").write_text(json.dumps(TEMPLATE))
    return tmp_path


def test_a_file_is_checked_and_terms_are_told_what_they_need(files: Path) -> None:
    told = json.loads(lading("market", "check", str(files / "cn.toml"), "--json"))
    assert told["market"] == "0x" + hashlib.sha256(FILE).hexdigest()
    filled = files / "filled.json"
    answer = json.loads(
        lading("market", "needs", str(files / "terms.json"), "--market", str(files / "cn.toml"), "--fill", str(filled),
               "--json").partition("\n")[2] or "{}"
    )  # fmt: skip
    assert answer["requires"] == [{"jurisdiction": "0x434e", "regime": 1, "gate": 2, "relay": False}]
    assert [lack["lacking"] for lack in answer["lacks"]] == ["clearance"]
    assert json.loads(filled.read_text())["message"]["requires"] == answer["requires"]
    again = lading("market", "needs", str(filled), "--market", str(files / "cn.toml"))
    assert "do not require" not in again
    refused = lading("market", "needs", str(files / "terms.json"), "--market", str(files / "strict.toml"))
    assert "Refused by rule ban" in refused


def test_what_is_signed_is_filled_in_and_what_is_refused_is_not_signed(
    files: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LADING_HOME", str(files / "dock"))
    key = files / "maker.json"
    write_keystore(key, stage.parties[MAKER].key, DEMO_PASSPHRASE, demo=True)
    consortium = to_hex(stage.node.home.domain.consortium_id)
    sign = ["sign", str(key), str(files / "terms.json"), "--consortium", consortium, "--yes", "--unlisted", "--json"]
    signed = lading(*sign, "--market", str(files / "cn.toml"))
    assert '"regime":1' in signed.replace(" ", "")
    assert "Judged by the rules of CN, version 1" in signed
    assert "Filled in by the rules of its markets: the clearances that it requires." in signed
    refused = CliRunner().invoke(app, [*sign, "--market", str(files / "strict.toml")])
    assert refused.exit_code != 0
    assert "rule ban" in (refused.output + str(refused.exception)), refused.output
    both = CliRunner().invoke(app, [*sign, "--market", str(files / "cn.toml"), "--market", str(files / "strict.toml")])
    assert "two files of one jurisdiction" in (both.output + str(both.exception))


def test_a_home_keeps_prepares_lists_and_tells_what_changes(
    files: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LADING_HOME", str(stage.node.home.settings.home))
    start = stage.now + 10 * 365 * DAY
    stage.open()
    stage.node.settle()
    adopt(stage, FILE, stage.now + 2 * DAY)
    told = lading("market", "changes", str(files / "strict.toml"), "--partner", str(SHOP), "--start", str(start))
    assert "the goods are prohibited" in told
    assert "CN" in lading("market", "list")
    assert "no assessed tax deviates" in lading("market", "deviations")
    stage.node.close()
    missing = CliRunner().invoke(app, ["market", "adopt", str(files / "strict.toml"), "--start", str(start)])
    assert "lading market keep" in (missing.output + str(missing.exception))
    lading("market", "keep", str(files / "strict.toml"))
    prepared = lading("market", "adopt", str(files / "strict.toml"), "--start", str(start))
    assert to_hex(parse_market(STRICTER).hash) in prepared
    past = CliRunner().invoke(app, ["market", "adopt", str(files / "strict.toml"), "--start", "5"])
    assert "adopted before it governs" in (past.output + str(past.exception))
