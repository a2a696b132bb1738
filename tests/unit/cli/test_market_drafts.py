"""Drafts of an import by the rules of markets: clearances filled in, goods that are refused get no draft."""

import json
from pathlib import Path

from ledger.cli.imports.drafts import Desk
from ledger.cli.imports.maps import open_map
from ledger.common.ids import ConsortiumId
from ledger.formats.tabular.mapping.import_map import PenaltyTerms
from ledger.formats.tabular.plan import plan_of
from ledger.markets.market_file import parse_market
from ledger.records.signing import Domain

MAP = """
lading = "import/1"
[dates]
zone = "Pacific/Auckland"
promised = "due"
delivered = "arrived"
[line]
id = "no"
[parties]
consignor = { value = "Kea Farms" }
carrier = "carrier"
consignee = "to"
liable = "carrier"
[shipment]
packages = "boxes"
value = "worth"
currency = { value = "NZD" }
hs = "code"
[origin]
country = { value = "NZ" }
[destination]
country = { value = "US" }
"""
LINES = b"""no;carrier;to;boxes;worth;code;due;arrived
A-1;Tui Trucks;Panda;12;1000,00;190110;2026-03-01;
A-2;Tui Trucks;Panda;3;10,00;2524.90;2026-03-01;
"""
RULES = b"""format = "lading/market/1"
title = "T"
jurisdiction = "US"
version = 1
currency = "USD"
offsets = ["-05:00"]
[[clearance]]
id = "entry"
lane = "import"
gates = ["delivery"]
relay = true
[[goods]]
id = "asbestos"
lane = "import"
hs = ["2524"]
standing = "prohibited"
"""
NOW = 1_770_000_000
NUMBERS = {"Kea Farms": 2, "Tui Trucks": 3, "Panda": 5}


def desk(folder: Path, *markets: bytes) -> Desk:
    domain = Domain(ConsortiumId(bytes(32)), 0, bytes(20))
    terms = PenaltyTerms(None, None, None, 0)
    return Desk(folder, domain, NUMBERS, terms, NOW, tuple(map(parse_market, markets)))


def test_drafts_require_what_the_lane_needs_and_refused_goods_get_none(tmp_path: Path) -> None:
    chart = tmp_path / "map.toml"
    chart.write_text(MAP)
    lines = plan_of(LINES, open_map(str(chart), ()), NOW).lines
    plain = desk(tmp_path).draft(lines)
    assert [json.loads(one.path.read_text())["message"]["requires"] for one in plain] == [[], []]
    ruled = desk(tmp_path / "ruled", RULES)
    ruled.folder.mkdir()
    (made,) = ruled.draft(lines)
    assert json.loads(made.path.read_text())["message"]["requires"] == [
        {"jurisdiction": "0x5553", "regime": 1, "gate": 2, "relay": True}
    ]
    (refused,) = ruled.refused
    assert refused.line == 3
    assert "asbestos" in refused.reason
    assert len(list(ruled.folder.iterdir())) == 1, "no draft of what is refused"
    (again,) = ruled.draft(lines)
    assert (again.record_id, again.new) == (made.record_id, False), "a draft that is there stays"
