"""The guide about labels and links, run as it stands there: its commands against a service, its Python line by line."""

import ast
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cli.processes import ROOT, environment, forked, wait_for
from tests.e2e.cli.test_guides import run

GUIDE = (ROOT / "docs" / "guides" / "gs1.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def told(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each command prints."""
    home, folder = tmp_path_factory.mktemp("gs1") / "home", tmp_path_factory.mktemp("desk")
    shutil.copytree(founded, home)
    commands = [line.split("  #")[0] for block in blocks("sh") for line in block.splitlines()]
    with forked(home, folder / "log") as (url, _):
        wait_for(f"{url}/readyz", lambda answer: answer["status"] == "ok")
        return [run(command, folder, environment(home) | {"url": url}, 60)[0] for command in commands]


def test_a_label_is_taken_apart_and_a_resolver_answers(told: list[str]) -> None:
    label, default, links, french, itself = told
    assert json.loads(label)["link"] == "https://id.gs1.org/01/09421900000012/10/L2601/21/000007"
    assert default.startswith("HTTP/1.1 307")
    assert re.search(r"^location: (http://[\d.:]+)?/p/01/09421900000012/10/L2601\r?$", default, re.MULTILINE)
    assert 'rel="linkset"' in default
    assert [level["itemDescription"] for level in json.loads(links)["linkset"]] == [
        "GTIN 09421900000012, lot L2601",
        "GTIN 09421900000012",
    ]
    assert re.search(r"^location: (http://[\d.:]+)?/p/01/09421900000012\?lang=fr\r?$", french, re.MULTILINE)
    assert json.loads(itself)["supportedPrimaryKeys"] == ["01", "8006", "00", "414", "417"]


def test_the_library_gives_what_the_guide_says() -> None:
    (code,) = blocks("python")
    names: dict[str, Any] = {}
    checked = 0
    for line in code.splitlines():
        statement, _, said = line.partition("  #")
        if said.strip().startswith("'"):
            expected = ast.literal_eval(re.match(r"'[^']*'", said.strip())[0])  # type: ignore[index] # it starts so
            assert eval(statement.strip(), names) == expected  # noqa: S307 our own guide
            checked += 1
        elif statement.strip():
            exec(statement, names)  # noqa: S102 our own guide
    assert checked == 5
