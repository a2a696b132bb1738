"""Whatever is counted in words has its noun."""

import ast
import re
from pathlib import Path

from ledger.explain.words import NOUNS

LEDGER = Path(__file__).resolve().parents[3] / "ledger"
IN_TEMPLATES = re.compile(r'counted\("([^"]+)"\)')


def nouns_in_code(source: str) -> set[str]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and len(node.args) == 2]
    counting = [call.args[1] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "counted"]
    return {noun.value for noun in counting if isinstance(noun, ast.Constant) and isinstance(noun.value, str)}


def test_every_noun_that_is_counted_is_there() -> None:
    used = set[str]()
    for path in LEDGER.rglob("*.py"):
        used |= nouns_in_code(path.read_text(encoding="utf-8"))
    for path in LEDGER.rglob("*.html"):
        used |= set(IN_TEMPLATES.findall(path.read_text(encoding="utf-8")))
    assert {"handoff", "package", "record"} <= used
    assert used - NOUNS.keys() == set()
