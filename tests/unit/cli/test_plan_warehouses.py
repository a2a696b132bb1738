"""`lading plan allocate FILE --drafts FOLDER`: what is printed, and what lies there to be signed."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ledger.cli.commands.market import app as market
from ledger.cli.commands.plan import app
from ledger.cli.commands.plan.drafts import written
from ledger.errors import MalformedRecord
from ledger.planning.transfer_drafts import Draft
from ledger.records.types import Split
from ledger.records.wallet_input import envelope_from_wallet

NOW = 1_800_000_000
SPLIT = {
    "type": "Split",
    "message": {
        "by": 7, "shipment": "0x" + "ab" * 32, "sequence": 1, "reason": 2,
        "children": [{"packages": 5, "contents": []}, {"packages": 3, "contents": []}],
    },
}  # fmt: skip


def test_a_draft_is_a_record_to_sign_and_one_that_is_there_stays(tmp_path: Path) -> None:
    draft = Draft("split-abab", SPLIT, (7,))
    path = written(draft, tmp_path, NOW)
    text = path.read_bytes()
    signed = envelope_from_wallet(json.loads(text))
    assert isinstance(signed.record, Split)
    assert [child.packages for child in signed.record.children] == [5, 3]
    assert signed.signatures == ()
    assert written(draft, tmp_path, NOW + 9) == path
    assert path.read_bytes() == text, "its salts are those that somebody may have signed"


@pytest.mark.parametrize("kind", ["allocate", "trigger", "cover", "balance"])
def test_a_file_that_is_no_plan_is_refused_before_the_ledger_is_opened(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "plan.toml"
    file.write_text('lading = "plan/2"\ncurrency = "EUR"\nwarehouses = []\n', encoding="utf-8")
    done = CliRunner().invoke(app, [kind, str(file)])
    assert done.exit_code != 0
    assert "unknown format" in str(done.exception)


@pytest.mark.parametrize(
    ("commands", "asked"),
    [(app, ["consolidate", "EUR", "--classes"]), (market, ["changes", "--partner", "7", "--json"])],
)
def test_a_file_that_is_no_text_is_refused_before_the_ledger_is_opened(
    tmp_path: Path, commands: typer.Typer, asked: list[str]
) -> None:
    file = tmp_path / "other.toml"
    file.write_bytes(b"\xff\xfe\x00")
    done = CliRunner().invoke(commands, [*asked, str(file)])
    assert isinstance(done.exception, MalformedRecord)
    assert done.exception.where == str(file)
