"""Who opened whose private parts is noted before they are shown, and told to the parties."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from ledger.cli.main import app
from ledger.errors import StorageFailed
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, CN, CONSUMER, MAKER, SECOND, SHOP


def told(world: World, name: str, token: str) -> list[tuple[int, str, str, tuple[str, ...]]]:
    entries = world.get(f"/v1/shipments/{world.id(name)}/openings", token)["openings"]
    assert [e["at"] for e in entries] == sorted((e["at"] for e in entries), reverse=True)
    return [(e["partner"]["id"], e["right"], e["record"], tuple(e["paths"])) for e in entries]


def rows(world: World) -> int:
    with world.stage.node.home.database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM accesses")).scalar_one())


def test_whoever_reads_a_record_with_its_private_parts_is_told_to_the_parties(world: World) -> None:
    auditor, maker, terms = world.token(AUDITOR), world.token(MAKER), world.id("breach")
    assert world.get(f"/v1/records/{terms}", auditor)["message"]["commercial"]["currency"] == "EUR"
    world.get(f"/v1/records/{terms}", maker)
    found = told(world, "breach", world.token(SHOP))
    read = {(partner, right) for partner, right, record, paths in found if record == terms and "commercial" in paths}
    assert {(AUDITOR, "auditor"), (MAKER, "party")} <= read
    whole = {"destination", "origin", "details"}  # what others read before may have opened less
    assert any(whole <= set(paths) for partner, _, record, paths in found if (partner, record) == (MAKER, terms))


def test_the_same_again_within_an_hour_is_noted_once(world: World) -> None:
    token, path = world.token(SHOP), f"/v1/records/{world.id('late')}"
    world.get(path, token)
    before = rows(world)
    for _ in range(5):
        world.get(path, token)
    world.stage.node.reader.views._journal._noted.clear()
    world.get(path, token)
    assert rows(world) == before


def test_who_opens_nothing_is_not_noted_and_is_told_nothing(world: World) -> None:
    before = rows(world)
    strangers = ("", world.token(SECOND), world.token(CN))
    for token in strangers:
        world.get(f"/v1/records/{world.id('open')}", token)
        world.get(f"/v1/shipments/{world.id('open')}", token)
        refused = world.client.get(f"/v1/shipments/{world.id('open')}/openings", headers=bearer(token))
        assert refused.status_code == 403
        assert "parties" in refused.json()["what"]
    assert rows(world) == before
    assert world.client.get(f"/v1/shipments/0x{'00' * 32}/openings").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/v1/shipments/{open}/penalty",
        "/v1/penalties",
        "/v1/penalties?format=csv",
        "/v1/records?shipment={open}",
        "/v1/records/{open}",
        "/shipments/{open}",
        "/records/{open}",
        "/penalties",
    ],
)
def test_every_way_to_prices_is_noted(world: World, path: str) -> None:
    """By API, pages and CSV; each time as if it were the first in this hour."""
    token, shipment = world.token(CARRIER), world.id("open")
    noted: list[Any] = []
    journal = world.stage.node.reader.views._journal
    kept = journal.note

    def note(partner: int, key: bytes, opened: Any) -> None:
        noted.extend((partner, record, tuple(entry.paths)) for record, entry in opened.items())
        kept(partner, key, opened)

    journal.note = note
    try:
        answer = world.client.get(path.format(open=shipment), headers=bearer(token) | {"Accept": "text/html"})
    finally:
        journal.note = kept
    assert answer.status_code == 200
    assert any(
        partner == CARRIER and record == world.ids["open"] and "commercial" in paths for partner, record, paths in noted
    )
    assert (CARRIER, "party") in {(partner, right) for partner, right, *_ in told(world, "open", token)}


def test_a_recipient_is_told_and_noted_by_its_key(world: World) -> None:
    token = world.token(CONSUMER)
    world.get(f"/v1/records/{world.id('parcel')}", token)
    found = told(world, "parcel", token)
    assert (0, "recipient") in {(partner, right) for partner, right, *_ in found}


def test_what_the_operator_exports_is_told_too(world: World, tmp_path: Path) -> None:
    home = {"LADING_HOME": str(world.stage.node.home.settings.home)}
    arguments = ["export", "--shipment", world.id("late"), "--out", str(tmp_path / "bundle.json")]
    assert CliRunner().invoke(app, arguments, env=home).exit_code == 0
    entries = world.get(f"/v1/shipments/{world.id('late')}/openings", world.token(SHOP))["openings"]
    (terms,) = [e for e in entries if e["right"] == "export" and e["record"] == world.id("late")]
    assert terms["partner"] == {"id": 0, "name": "the operator"}
    assert "commercial" in terms["paths"]


def test_what_cannot_be_noted_is_not_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token, path = world.token(SHOP), f"/v1/records/{world.id('delivery')}"

    def refuse(*_: object) -> None:
        raise StorageFailed("the disk is full", where="accesses")

    monkeypatch.setattr("ledger.store.openings.note_accesses", refuse)
    answer = world.client.get(path, headers=bearer(token))
    assert answer.status_code == 503
    assert "EUR" not in answer.text


def test_the_page_of_a_shipment_tells_its_parties(world: World) -> None:
    shipment = f"/shipments/{world.id('open')}"
    heading = "Who opened its private parts"
    assert heading not in world.page(shipment)
    answer = world.client.get(shipment, headers=bearer(world.token(MAKER)) | {"Accept": "text/html"})
    assert heading in answer.text
    assert "as a party or signer" in answer.text
