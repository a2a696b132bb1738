"""The pages' scripts can be read: short modules, imports one way, and what verifies asks nobody and shows nothing."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from ledger.api.pages.libraries import LIBRARIES

STATIC = Path(__file__).resolve().parents[3] / "ledger" / "api" / "pages" / "static"
LIB = STATIC / "lib"
"""What `make web` bundles; tests/unit/project/test_web_build.py is about it."""
SCRIPTS = sorted(path for path in STATIC.rglob("*.js") if LIB not in path.parents)
IMPORT = re.compile(r'^import .* from "(\.[^"]+)";$', re.MULTILINE)
MOST_LINES = 200
OUTSIDE = re.compile(
    r"\b(localStorage|sessionStorage|fetch\(|XMLHttpRequest|location\.|window\.|Date\.now|new Date\(\)|Math\.random)"
    r"|\bdocument\.(querySelector|getElement|createElement|title|body|cookie)"
)


def name_of(path: Path) -> str:
    return path.relative_to(STATIC).as_posix()


def imports_of(path: Path) -> list[Path]:
    return [(path.parent / found).resolve() for found in IMPORT.findall(path.read_text(encoding="utf-8"))]


def test_imports_go_one_way_and_lead_somewhere() -> None:
    graph = {path: imports_of(path) for path in SCRIPTS}
    libraries = {LIB / f"{name}.js" for name in LIBRARIES}
    assert {target for targets in graph.values() for target in targets} <= set(SCRIPTS) | libraries
    graph = {path: [target for target in targets if target not in libraries] for path, targets in graph.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(SCRIPTS)  # raises for a cycle
    below = STATIC / "verify"
    assert [
        name_of(path) for path in graph if below in path.parents and any(below not in t.parents for t in graph[path])
    ] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_is_short_and_ours_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert "://" not in text
    assert not re.search(r"\b(eval|Function)\(|innerHTML|insertAdjacentHTML|document\.write", text)


VERIFYING = sorted(path for folder in ("verify", "bundles") for path in (STATIC / folder).glob("*.js"))


@pytest.mark.parametrize("path", VERIFYING, ids=name_of)
def test_what_verifies_takes_values_and_gives_values_or_refuses(path: Path) -> None:
    assert OUTSIDE.search(path.read_text(encoding="utf-8")) is None
