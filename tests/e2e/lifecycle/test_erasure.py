"""Erasing a private part: nothing of it is left in the home, no proof breaks, and it does not come back."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from ledger.api.app import create_app
from ledger.bonuses.award_file import FORMAT
from ledger.bundle.format import parse_trust
from ledger.bundle.verify import verify_bundle
from ledger.cli.demo.scribe import details, salt
from ledger.cli.main import app
from ledger.codes import StatementKind
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY, FOREVER, Period
from ledger.errors import InvalidInput, NotFound, NotPermitted
from ledger.explain.bundle import step_text
from ledger.records.eip712 import part_hash
from ledger.records.erasure import Erasure, ErasureReason
from ledger.records.signing import SignedRecord
from ledger.records.types import Commercial, Goods, ShipmentTerms, Statement
from ledger.registry.enrolment import personal_digest
from ledger.services.audit.run import audit
from ledger.services.exports.bundle import Exporter
from ledger.services.home.keystores import new_key
from ledger.services.intake.submission import Proposed
from ledger.services.lifecycle.rebuild import rebuild_projections, restore_from_chain
from ledger.services.node.node import Node
from ledger.services.state.erasure import BETWEEN_SCRUBS, UNSCRUBBED, append_to_file, read_file
from ledger.store import meta, openings, records
from tests.e2e.stage import CARRIER, MAKER, SECOND, SHOP, Stage

ORDER, GATE, LOT = "ORDER-7F3A-UNMISTAKABLE", "ask for Ms Hinemoa Unmistakable at gate 4", "LOT-UNMISTAKABLE"
YARN = "Unmistakable merino yarn, undyed"


def contents_of(terms: ShipmentTerms) -> tuple[Goods, ...]:
    return cast(tuple[Goods, ...], terms.contents)


def deliver(stage: Stage) -> tuple[RecordId, ShipmentTerms]:
    """A shipment that one side proposed and the other signed, delivered late; its terms as both know them."""
    opened = stage.open(10)
    with stage.node.home.database.read() as connection:
        row = records.get(connection, opened)
        assert row is not None
        usual = cast(ShipmentTerms, openings.richest(connection, row))
    contents = tuple(replace(goods, salt=salt(), lot=LOT, description=YARN) for goods in contents_of(usual))
    commercial = replace(cast(Commercial, usual.commercial), salt=salt(), orderRef=ORDER)
    said = details(f'{{"gate":"{GATE}"}}')
    terms = replace(usual, salt=salt(), holder=CARRIER, contents=contents, commercial=commercial, details=said)
    proposed = stage.node.submission.submit(stage.trial.signed(terms, stage.parties[MAKER].key))
    assert isinstance(proposed, Proposed)
    shipment = stage.sign(terms, MAKER, CARRIER)
    stage.endorse(shipment, CARRIER, SHOP)
    stage.pass_time(20 * DAY)
    stage.hand(CARRIER, SHOP, (shipment, 0, 10))
    stage.node.settle()
    return shipment, terms


def traces(home: Path, terms: Sequence[bytes | str]) -> list[str]:
    """The files of a home in which any of these stands, as bytes or as the hex that JSON has."""
    forms = {term.encode() if isinstance(term, str) else term for term in terms}
    forms |= {term.hex().encode() for term in terms if isinstance(term, bytes)}
    data = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    return sorted(f"{path.relative_to(home)}: {form!r}" for path in data for form in forms if form in data[path])


def secrets_of(terms: ShipmentTerms) -> dict[str, list[bytes | str]]:
    (goods,) = contents_of(terms)
    return {
        "commercial": [ORDER, cast(Commercial, terms.commercial).salt],
        "contents[0]": [YARN, LOT, goods.salt],
        "details": [GATE, cast(Any, terms.details).salt],
    }


def run(home: Path, *arguments: str, exit_code: int = 0) -> Any:
    done = CliRunner().invoke(app, list(arguments), env={"LADING_HOME": str(home)})
    assert done.exit_code == exit_code, (done.output, done.exception)
    return done


def parts_open(node: Node, record: RecordId) -> set[str]:
    with node.home.database.read() as connection:
        row = records.get(connection, record)
        assert row is not None
        return set(openings.of(connection, row))


# --- nothing is left -------------------------------------------------------------------------------------------------


def test_no_byte_of_an_erased_part_is_left_in_the_home(stage: Stage) -> None:
    """Neither in rows, nor in free pages of the proposal it was, nor in the write-ahead log; beside a running node."""
    home = stage.node.home.settings.home
    shipment, terms = deliver(stage)
    hidden = secrets_of(terms)
    for part, words in hidden.items():
        assert traces(home, words), f"{part} is there before"
    run(home, "erase", to_hex(shipment), "details", "--reason", "data-subject", "--yes")
    assert traces(home, hidden["details"]) == []
    assert traces(home, hidden["commercial"]), "what was not asked for stays"
    said = run(home, "erase", to_hex(shipment), "--all", "--reason", "order", "--yes", "--json")
    assert [e["path"] for e in json.loads(said.stdout)["erased"]] == sorted(
        ["commercial", "contents[0]", "destination", "details", "origin"]
    )
    assert traces(home, [word for words in hidden.values() for word in words]) == []
    assert parts_open(stage.node, shipment) == set()
    stage.node.settle()
    assert traces(home, [word for words in hidden.values() for word in words]) == []
    stage.audited()


def test_every_proof_holds_and_the_audit_tells(stage: Stage) -> None:
    shipment, terms = deliver(stage)
    stage.node.settle()
    trust = parse_trust(canonical_json(stage.node.home.consortium.trust_file()))
    proof = stage.node.reader.proof(stage.node.reader.views.record(shipment).log.index, None)
    assert stage.penalty(shipment).amount > 0
    before = list(stage.node.reader.numbers.scorecards(CARRIER))
    home = stage.node.home.settings.home
    run(home, "erase", to_hex(shipment), "details", "--reason", "retention", "--yes")
    bundle = Exporter(stage.node.reader).shipment(shipment)
    assert [step for step in verify_bundle(bundle, trust) if not step.ok] == []
    (shown,) = (r["message"] for r in json.loads(bundle)["records"] if r["type"] == "ShipmentTerms")
    assert shown["details"] == to_hex(part_hash(terms.details)), "its hash stands there"
    said = run(home, "erase", to_hex(shipment), "commercial", "--reason", "retention", "--yes")
    assert "commercial: erased at" in said.stdout

    assert stage.node.reader.proof(proof["index"], proof["size"]) == proof
    steps = verify_bundle(Exporter(stage.node.reader).partner(CARRIER, Period(0, FOREVER, stage.now)), trust)
    assert [step for step in steps if not step.ok] == []
    assert "Of 1 shipment a part is withheld" in step_text(steps[-1])
    with pytest.raises(NotFound):
        stage.penalty(shipment)
    after = list(stage.node.reader.numbers.scorecards(CARRIER))
    assert [card.shipments for card in after] == [card.shipments - 1 for card in before], "nothing remembered is told"
    stage.node.settle()
    report = audit(stage.node)
    assert report.ok
    (note,) = (note.what for note in report.notes if note.field == "openings.commercial")
    assert "by the operator, reason retention" in note


def test_what_was_erased_and_lies_there_again_is_found(stage: Stage) -> None:
    shipment, _ = deliver(stage)
    home = stage.node.home.settings.home
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        (body,) = db.execute(
            "SELECT body FROM openings WHERE record_id = ? AND path = 'details'", [shipment]
        ).fetchone()
        run(home, "erase", to_hex(shipment), "details", "--reason", "mistake", "--yes")
        db.execute("INSERT INTO openings VALUES (?, 'details', ?)", [shipment, body])
        db.commit()
    stage.node.settle()
    (finding,) = audit(stage.node).findings
    assert (finding.record, finding.field) == (to_hex(shipment), "openings.details")
    assert "lies here again" in finding.what


# --- it does not come back -------------------------------------------------------------------------------------------


def test_neither_a_signer_nor_a_rebuild_brings_it_back(stage: Stage) -> None:
    shipment, terms = deliver(stage)
    settings = stage.node.home.settings
    run(settings.home, "erase", to_hex(shipment), "commercial", "contents", "--reason", "order", "--yes")
    left = parts_open(stage.node, shipment)
    assert not left & {"commercial", "contents[0]"}
    again = stage.submit(terms, MAKER, CARRIER)
    assert again == shipment, "the first receipt, as for every record that is known"
    assert parts_open(stage.node, shipment) == left
    stage.node.settle()
    with stage.node.home.database.read() as connection:
        rows = list(records.stream(connection))
        given = [SignedRecord(openings.richest(connection, row), row.signature_list) for row in rows]
    whole = {shipment: terms}
    given = [SignedRecord(whole.get(stage.node.home.domain.record_id(s.record), s.record), s.signatures) for s in given]
    stage.node.close()

    rebuild_projections(settings)
    assert traces(settings.home, [ORDER, YARN]) == []
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (settings.home / name).unlink(missing_ok=True)
    assert restore_from_chain(settings, given=given, clock=stage.clock).done
    node = Node(settings, stage.clock)
    try:
        assert parts_open(node, shipment) == left
        node.settle()
        assert audit(node).ok
    finally:
        node.close()
    listed = json.loads(run(settings.home, "erased", "--json").stdout)["erased"]
    assert [(e["record_id"], e["path"], e["erased_by"], e["reason"]) for e in listed] == [
        (to_hex(shipment), "commercial", 0, "order"),
        (to_hex(shipment), "contents[0]", 0, "order"),
    ]


def test_a_restored_backup_is_erased_again_at_the_start(stage: Stage) -> None:
    shipment, _ = deliver(stage)
    settings = stage.node.home.settings
    with closing(sqlite3.connect(settings.home / "ledger.db")) as db, closing(sqlite3.connect(":memory:")) as backup:
        db.backup(backup)
        stage.node.erasing.erase(shipment, ["commercial"], reason=ErasureReason.ORDER)
        stage.node.close()
        backup.backup(db)
    assert traces(settings.home, [ORDER])
    node = Node(settings, stage.clock)
    try:
        assert "commercial" not in parts_open(node, shipment)
        node.settle()
        assert traces(settings.home, [ORDER]) == []
        assert [e.path for e in node.erasing.listing()] == ["commercial"]
        assert audit(node).ok
    finally:
        node.close()


@pytest.mark.parametrize("kept", [0, 1])
def test_an_older_file_of_erasures_is_completed_at_the_start(stage: Stage, kept: int) -> None:
    """Else the next rebuild would take back what the database, which is lost by then, knew to be erased."""
    shipment, _ = deliver(stage)
    settings, file = stage.node.home.settings, stage.node.home.settings.home / "erasures.jsonl"
    for path in ("commercial", "details"):
        stage.node.erasing.erase(shipment, [path], reason=ErasureReason.ORDER)
    stage.node.settle()
    stage.node.close()
    newest = read_file(file)
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:kept]))
    if not kept:
        file.unlink()
    node = Node(settings, stage.clock)
    try:
        assert sorted(map(str, read_file(file))) == sorted(map(str, newest))
        assert audit(node).ok
    finally:
        node.close()


def test_goods_that_were_noted_are_noted_no_more(stage: Stage) -> None:
    shipment, terms = deliver(stage)
    (goods,) = contents_of(terms)
    gtin = goods.gtin.zfill(14)

    def carrying() -> int:
        with closing(sqlite3.connect(stage.node.home.settings.home / "ledger.db")) as db:
            query = "SELECT count(*) FROM goods WHERE gtin = ? AND shipment = ?"
            return int(db.execute(query, [gtin, shipment]).fetchone()[0])

    assert carrying() == 1
    stage.node.erasing.erase(shipment, ["commercial"], reason=ErasureReason.MISTAKE)
    assert carrying() == 1
    stage.node.erasing.erase(shipment, ["contents"], reason=ErasureReason.MISTAKE)
    assert carrying() == 0
    stage.audited()


def test_a_computed_award_file_that_rests_on_the_record_keeps_its_amounts_only(stage: Stage) -> None:
    """Parties still prove and claim their amounts; what was computed from the part is not told any more."""
    shipment = stage.open(5)
    lines = [{"partner": CARRIER, "amount": "7", "charges": [{"shipment": to_hex(shipment), "amount": "3"}]}]
    file = {"format": FORMAT, "agreement": "0x01", "version": 1, "lines": lines, "evidence": [to_hex(shipment)]}
    with stage.node.home.database.write() as connection:
        meta.put(connection, "award/0x01/1/0x02", json.dumps(file))
        meta.put(connection, "award/0x03/1/0x04", json.dumps(file | {"lines": [], "evidence": []}))
    stage.node.erasing.erase(shipment, ["commercial"], reason=ErasureReason.MISTAKE)
    with stage.node.home.database.read() as connection:
        names = ("award/0x01/1/0x02", "award/0x03/1/0x04")
        left, other = (json.loads(str(meta.get(connection, name))) for name in names)
    assert left == {
        "format": FORMAT, "agreement": "0x01", "version": 1, "lines": [{"partner": CARRIER, "amount": "7"}],
    }  # fmt: skip
    assert "evidence" in other


# --- who may ---------------------------------------------------------------------------------------------------------


def lost(stage: Stage) -> RecordId:
    """A statement that the carrier signed alone, with a name in its details."""
    shipment, _ = deliver(stage)
    goods = stage.open(5)
    stage.hand(MAKER, CARRIER, (goods, 0, 5))
    statement = stage.statement(StatementKind.LOST, CARRIER, goods, 1)
    assert isinstance(statement, Statement)
    assert shipment
    return stage.sign(replace(statement, details=details(f'{{"driver":"{GATE}!"}}')), CARRIER)


def client_of(stage: Stage, partner: int) -> TestClient:
    """Signed in as a partner; 0 is the public."""
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000")
    if partner:
        key = stage.parties[partner].key
        asked = client.get(f"/v1/session/challenge?address={to_hex(key.address)}").json()["message"]
        signature = to_hex(key.sign_digest(personal_digest(asked.encode())))
        token = client.post("/v1/session", json={"message": asked, "signature": signature}).json()["token"]
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {token}"
    return client


def test_who_signed_alone_erases_over_http_and_the_parties_see_it(stage: Stage) -> None:
    statement = lost(stage)
    path = f"/v1/records/{to_hex(statement)}"
    for partner in (0, MAKER, SHOP, SECOND):
        assert client_of(stage, partner).delete(f"{path}/parts/details?reason=data-subject").status_code == 403, partner
    carrier = client_of(stage, CARRIER)
    assert carrier.delete(f"{path}/parts/details?reason=boredom").status_code == 400
    assert carrier.delete(f"{path}/parts/details").status_code == 400
    assert carrier.delete(f"{path}/parts/commercial?reason=mistake").status_code == 404
    assert carrier.delete(f"/v1/records/0x{'12' * 32}/parts/details?reason=mistake").status_code == 404

    answer = carrier.delete(f"{path}/parts/details?reason=data-subject")
    assert answer.status_code == 200, answer.text
    entry = {"path": "details", "erased_at": stage.now, "by": CARRIER, "reason": "data-subject"}
    assert answer.json() == {"record": to_hex(statement), "erased": [entry]}
    stage.clock.advance(5)
    assert carrier.delete(f"{path}/parts/details?reason=mistake").json()["erased"] == [entry], "the first note stays"

    stage.node.tick()
    assert traces(stage.node.home.settings.home, [f"{GATE}!"]) == []
    assert carrier.get(path).json()["erased"] == [entry]
    assert client_of(stage, 0).get(path).json()["erased"] == []
    page = carrier.get(f"/records/{to_hex(statement)}", headers={"Accept": "text/html"}).text
    assert "a person whom it is about asked for it" in page
    stage.audited()


def test_no_signer_erases_alone_what_is_others_too_or_what_figures_rest_on(stage: Stage) -> None:
    """Else who owes a penalty would erase its terms."""
    shipment, _ = deliver(stage)
    both = client_of(stage, CARRIER).delete(f"/v1/records/{to_hex(shipment)}/parts/details?reason=mistake")
    assert both.status_code == 403
    assert "signed a record alone" in both.text
    alone = stage.open(10, holder=MAKER)
    maker = client_of(stage, MAKER)
    for part in ("commercial", "contents[0]", "contents", "origin"):
        refused = maker.delete(f"/v1/records/{to_hex(alone)}/parts/{part}?reason=mistake")
        assert refused.status_code == 403, part
        assert "figures or rules rest on this part" in refused.text
    assert maker.delete(f"/v1/records/{to_hex(alone)}/parts/details?reason=mistake").status_code == 200
    with pytest.raises(NotPermitted):
        stage.node.erasing.erase(alone, reason=ErasureReason.MISTAKE, by=MAKER)


def test_many_erasures_share_one_rewriting_of_the_files(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    node, scrubs = stage.node, []
    real = node.home.database.scrub

    def scrub() -> None:
        scrubs.append(stage.now)
        real()

    monkeypatch.setattr(node.home.database, "scrub", scrub)

    def due() -> bool:
        with node.home.database.read() as connection:
            return meta.get(connection, UNSCRUBBED) is not None

    first, second = stage.open(5), stage.open(5)
    node.tick()
    assert scrubs == []
    node.erasing.erase(first, ["details"], reason=ErasureReason.MISTAKE)
    node.tick()
    assert (len(scrubs), due()) == (1, False)
    node.erasing.erase(second, ["details"], reason=ErasureReason.MISTAKE)
    node.tick()
    assert (len(scrubs), due()) == (1, True)
    stage.clock.advance(BETWEEN_SCRUBS)
    node.tick()
    assert (len(scrubs), due()) == (2, False)


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_says_what_is_not_there_and_asks_first(stage: Stage) -> None:
    home, shipment = stage.node.home.settings.home, stage.open(5)
    record = to_hex(shipment)
    for said in (["details", "--all"], []):
        assert isinstance(run(home, "erase", record, *said, "--reason", "order", exit_code=1).exception, InvalidInput)
    missing = run(home, "erase", record, "price", "--reason", "order", "--yes", exit_code=1).exception
    assert isinstance(missing, NotFound)
    assert "commercial" in str(missing), "it says which parts are open"
    run(home, "erase", record, "details", "--reason", "order", exit_code=1)
    assert "details" in parts_open(stage.node, shipment), "nobody said yes"
    assert "0x" not in run(home, "erased").stdout
    run(home, "erase", record, "details", "--reason", "order", "--yes")
    assert "details" in run(home, "erased").stdout


def test_another_key_of_the_same_partner_erases_nothing(stage: Stage) -> None:
    """A stolen session or a device would undo for ever what it never signed."""
    statement = lost(stage)
    erasing = stage.node.erasing
    with pytest.raises(NotPermitted, match="the key that signed"):
        erasing.erase(statement, ["details"], reason=ErasureReason.MISTAKE, by=CARRIER, key=new_key().address)
    with pytest.raises(NotPermitted, match="the key that signed"):
        erasing.erase(statement, ["details"], reason=ErasureReason.MISTAKE, by=CARRIER)
    own = stage.parties[CARRIER].key.address
    assert erasing.erase(statement, ["details"], reason=ErasureReason.MISTAKE, by=CARRIER, key=own)


def test_a_torn_last_line_of_the_file_of_erasures_names_nothing(tmp_path: Path) -> None:
    path = tmp_path / "erasures.jsonl"
    first, second = (Erasure(RecordId(bytes([n]) * 32), "details", n, CARRIER, "mistake") for n in (1, 2))
    append_to_file(path, [first])
    path.write_bytes(path.read_bytes() + b'{"at":3,"by":')
    assert read_file(path) == [first]
    append_to_file(path, [second])
    assert read_file(path) == [first, second]
