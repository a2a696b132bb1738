"""`lading epcis`: files are judged as the service would."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.commands.formats.epcis import epcis
from tests.unit.formats.epcis import SHARED

VECTORS = SHARED / "openepcis"
HASHES = SHARED / "epcis-event-hash"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the vectors are not here")


def run(capsys: pytest.CaptureFixture[str], *files: Path) -> tuple[int, Any]:
    with pytest.raises(SystemExit) as ended:
        epcis(list(files), json=True)
    return int(ended.value.code or 0), json.loads(capsys.readouterr().out)


def test_every_vector_is_judged_as_it_was_published(capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted(VECTORS.rglob("*.json"))
    status, told = run(capsys, *files)
    wrong = {one["file"] for one in told["files"] if not one["ok"]}
    assert wrong == {str(path) for path in files if path.parent.name == "Invalid"}
    assert (status, len(files)) == (1, 57)


def test_ids_are_told_for_json_and_xml(capsys: pytest.CaptureFixture[str]) -> None:
    name = "epcisDocWithShippingAndTransportingEvent"
    status, told = run(capsys, HASHES / f"{name}.jsonld", HASHES / f"{name}.xml")
    expected = (HASHES / f"{name}.hashes").read_text(encoding="utf-8").split()
    assert status == 0
    assert [one["events"] for one in told["files"]] == [expected, expected]


def test_what_cannot_be_read_is_told_and_no_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("a.json", "{"), ("b.xml", "<a"), ("c.json", "[]"), ("d.json", '{"query": 1}')):
        (tmp_path / name).write_text(text, encoding="utf-8")
    status, told = run(capsys, *sorted(tmp_path.iterdir()))
    assert status == 1
    assert [one["ok"] for one in told["files"]] == [False] * 4
    assert all(one["problems"][0]["what"] for one in told["files"])
    with pytest.raises(SystemExit):
        epcis([tmp_path / "a.json"])
    assert "not JSON" in capsys.readouterr().out
