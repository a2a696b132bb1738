"""Sentences can be mended and translated at any time: no figure, bundle or verification depends on one."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.bundle.figures import AwardFigures, PartnerFigures, ShipmentFigures
from ledger.common.figure import json_schema
from ledger.network.performance import Change, NetworkFigures
from ledger.penalties.csv_export import StatementLine
from ledger.penalties.lists import Total
from ledger.scores.adopted_card import Measure
from ledger.services.figures.penalties_and_scores import TrendPoint

ROOT = Path(__file__).resolve().parents[3]
EXPLAIN = sorted((ROOT / "ledger" / "explain").glob("*.py"))
BUNDLES = ROOT / "docs" / "vectors" / "bundles"

# Loads every module of ledger.explain with each of its texts replaced, then makes the published bundles anew from their
# records and verifies them; prints what came of it.
OTHER_WORDS = '''
import ast, importlib.abc, importlib.machinery, json, sys
from pathlib import Path

class Mangled(ast.NodeTransformer):
    """Every text of a module becomes another one; names in `match` patterns and formats stay what they are."""

    def visit_Constant(self, node):
        return ast.copy_location(ast.Constant("other words"), node) if isinstance(node.value, str) else node

    def visit_FormattedValue(self, node):
        node.value = self.visit(node.value)
        return node

    def visit_Subscript(self, node):
        return node  # keys of figures are no sentences

class Broken(ast.NodeTransformer):
    """Every function of a module fails."""

    def visit_FunctionDef(self, node):
        node.body = ast.parse("raise AssertionError('a figure asked for a sentence')").body
        return node

class Loader(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data, path, *, _optimization=-1):
        changed = (Broken if BROKEN else Mangled)().visit(ast.parse(data))
        return compile(ast.fix_missing_locations(changed), path, "exec", dont_inherit=True)

    def get_code(self, name):
        return self.source_to_code(self.get_data(self.path), self.path)

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if not name.startswith("ledger.explain.") or name == "ledger.explain.text":  # which has no sentence of its own
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        spec.loader = Loader(name, spec.origin)
        return spec

BROKEN = "--broken" in sys.argv
if BROKEN or "--mangled" in sys.argv:
    sys.meta_path.insert(0, Finder())

from ledger.bundle.format import parse_trust
from ledger.bundle.verify import verify_bundle
from ledger.explain.bundle import step_text
from scripts.vectors.bundles import bundles

WANTED = ("bundles/shipment.json", "bundles/partner.json", "bundles/award.json")
made = {name: text for name, text in bundles().items() if name in WANTED}
trust = parse_trust(Path("docs/vectors/bundles/trust.json").read_bytes())
steps = {name: verify_bundle(text.encode(), trust) for name, text in made.items()}
print(json.dumps({
    "made": made,
    "steps": {name: [step.to_json() for step in found] for name, found in steps.items()},
    "words": None if BROKEN else {name: step_text(found[-1]) for name, found in steps.items()},
}))
'''


def run(*arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", OTHER_WORDS, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_other_sentences_change_no_figure_no_bundle_and_no_verification() -> None:
    plain, mangled = run(), run("--mangled")
    assert plain["made"] == mangled["made"]
    assert plain["steps"] == mangled["steps"]
    assert all(step["ok"] for steps in mangled["steps"].values() for step in steps)
    for name, text in plain["made"].items():
        assert text == (ROOT / "docs" / "vectors" / name).read_text(encoding="utf-8")
        assert plain["words"][name] != mangled["words"][name], "the sentences did change"


def test_no_figure_asks_for_a_sentence() -> None:
    """Bundles are made and verified while every function of `ledger.explain` fails."""
    plain, broken = run(), run("--broken")
    assert (plain["made"], plain["steps"]) == (broken["made"], broken["steps"])


def test_no_module_that_proves_imports_a_sentence() -> None:
    """Below `explain` in the list of packages nothing can; this names the ones that make and verify figures."""
    for package in ("penalties", "scores", "bonuses", "network", "bundle"):
        for path in (ROOT / "ledger" / package).glob("*.py"):
            names = [
                node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
            ]
            assert not [name for name in names if name.startswith("ledger.explain")], path


@pytest.mark.parametrize(
    "figure",
    [ShipmentFigures, PartnerFigures, AwardFigures, Total, NetworkFigures, Change, Measure, TrendPoint, StatementLine],
)
def test_every_text_in_a_figure_has_a_pattern_or_is_a_code(figure: type) -> None:
    texts = list(texts_of(json_schema(figure)))
    assert texts
    for schema in texts:
        assert "pattern" in schema or "enum" in schema, schema
        assert all(" " not in str(code) for code in schema.get("enum", ())), schema


def test_a_figure_with_free_text_is_refused() -> None:
    from dataclasses import dataclass

    from ledger.common.figure import figure

    @figure("remark")
    @dataclass(frozen=True)
    class Remarked:
        remark: str

    with pytest.raises(TypeError, match="free text"):
        json_schema(Remarked)


def texts_of(schema: Any) -> Any:
    if isinstance(schema, dict):
        if schema.get("type") == "string" or "enum" in schema:
            yield schema
        for value in schema.values():
            yield from texts_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from texts_of(value)
