"""The commands by which each kind of adopted files is checked, kept, and prepared for the council."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger.access.adopted_gates import GATES
from ledger.cli.main import app
from ledger.codes import RegistryAction
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.errors import Misconfigured, NotFound
from ledger.markets.adopted_markets import MARKETS
from ledger.records.types import RegistryChange
from ledger.registry.adopted_files import FileKind
from ledger.scores.adopted_card import CARDS, DEFAULT_CARDS
from ledger.services.home import kept_rules
from ledger.store import meta
from tests.e2e.stage import Stage
from tests.unit.registry.test_adopted_files import KINDS, TEXTS

LATER = 4_000_000_000


def lading(kind: FileKind, *args: str) -> str:  # type: ignore[type-arg]
    result = CliRunner().invoke(app, [*kind.command.split()[1:], *args])
    return f"{result.output}{result.exception or ''}"


def test_each_is_kept_before_its_adoption_is_prepared(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LADING_HOME", str(stage.node.home.settings.home))
    stage.node.close()
    for kind in KINDS:
        file, start = tmp_path / f"{kind.name}.toml", ("--start", str(LATER))
        file.write_bytes(TEXTS[kind.name].replace(b'title = "', b'title = "Our own: ', 1))
        digest = kind.parse(file.read_bytes()).hash
        assert digest.hex() in lading(kind, "check", str(file))
        assert f"{kind.command} keep FILE" in lading(kind, "adopt", str(file), *start)
        assert digest.hex() in lading(kind, "keep", str(file), "--json")
        prepared = json.loads(lading(kind, "adopt", str(file), *start).partition("\n")[2])
        change = RegistryChange.from_json(prepared["changes"][0]["message"])
        assert (change.action, change.document, change.number) == (RegistryAction.ADOPT_RULES, digest, LATER)
        assert "adopted before it governs" in lading(kind, "adopt", str(file), "--start", "5")
    for kind, other in ((CARDS, GATES), (GATES, MARKETS), (MARKETS, CARDS)):
        assert "MalformedRecord" in repr(
            CliRunner().invoke(app, [*kind.command.split()[1:], "keep", str(tmp_path / f"{other.name}.toml")]).exception
        )


def test_a_file_that_was_edited_where_it_is_kept_counts_as_none(stage: Stage) -> None:
    with stage.node.home.database.write() as connection:
        gates = kept_rules.keep(connection, GATES, TEXTS["gates"])
        assert kept_rules.kept(connection, GATES, gates.hash) == TEXTS["gates"]
    stage.decide(RegistryAction.ADOPT_RULES, document=b"\x05" * 32, number=stage.now + 60)
    stage.decide(RegistryAction.ADOPT_RULES, document=gates.hash, number=stage.now + DAY)
    stage.pass_time(2 * DAY)
    assert stage.node.reader.access.standings(), "what was adopted before may have been gates, and is none in force"
    with stage.node.home.database.write() as connection:
        meta.put(connection, f"rules/{to_hex(gates.hash)}", TEXTS["gates"].decode().replace("4000", "9999"))
    with stage.node.home.database.read() as connection, pytest.raises(NotFound, match="lading access gates keep"):
        kept_rules.kept(connection, GATES, gates.hash)
    with pytest.raises(Misconfigured, match="not kept here"):
        stage.node.reader.access.standings()
    with pytest.raises(Misconfigured, match="not kept here"):
        list(stage.node.reader.numbers.scorecards())


def test_the_default_card_is_in_every_home(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LADING_HOME", str(stage.node.home.settings.home))
    stage.node.close()
    file = tmp_path / "default.toml"
    file.write_bytes(TEXTS["scorecard"])
    assert CARDS.shipped == DEFAULT_CARDS[-1:]
    assert DEFAULT_CARDS[-1].hex() in lading(CARDS, "adopt", str(file), "--start", str(LATER))
