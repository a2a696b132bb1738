"""Imports point one way: scripts, api -> ledger.services -> ledger.store | ledger.chain -> pure files of ledger."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What each layer may import of ours, itself included.
MAY_IMPORT = {
    "pure": {"pure"},
    "store": {"pure", "store"},
    "chain": {"pure", "chain"},
    "services": {"pure", "store", "chain", "services"},
    "api": {"pure", "services", "api"},
    "scripts": {"pure", "services", "api", "scripts"},
}

# A library is used behind the one layer named for it.
ONLY_IN = {
    "sqlalchemy": "store",
    "alembic": "store",
    "psycopg": "store",
    "web3": "chain",
    "eth_tester": "chain",
    "eth": "chain",
    "fastapi": "api",
    "starlette": "api",
    "typer": "scripts",
}

# A pure file takes values and gives values or errors: no I/O, no clock, no randomness.
IMPURE = {
    "aiohttp",
    "alembic",
    "asyncio",
    "eth",
    "eth_tester",
    "fastapi",
    "http",
    "httpx",
    "httpx2",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "platformdirs",
    "psycopg",
    "random",
    "requests",
    "secrets",
    "shutil",
    "socket",
    "sqlalchemy",
    "sqlite3",
    "starlette",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "typer",
    "urllib",
    "uvicorn",
    "uuid",
    "web3",
}
IMPURE_CALLS = {"open", "input", "print", "breakpoint", "exec", "eval", "__import__"}
CLOCK_CALLS = {"now", "utcnow", "today"}


def layer_of(module: str) -> str | None:
    """The layer of one of our modules by its dotted name; None for a library or the standard library."""
    parts = module.split(".")
    if parts[0] in ("api", "scripts"):
        return parts[0]
    if parts[0] != "ledger":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in ("store", "chain", "services") else "pure"


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported, wherever in the file it stands and for types too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                kept = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*kept, *([base] if base else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def breaches_of_import(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """What this source of `module` imports although its layer may not."""
    layer = layer_of(module)
    assert layer is not None
    package = module if is_package else module.rpartition(".")[0]
    found = []
    for line, name in imports_of(ast.parse(source), package):
        target, library = layer_of(name), name.split(".")[0]
        if target is not None:
            if target not in MAY_IMPORT[layer]:
                found.append(f"{module}:{line}: {layer} imports {name} of {target}")
        elif layer == "pure" and library in IMPURE:
            found.append(f"{module}:{line}: a pure file imports {name}")
        elif ONLY_IN.get(library, layer) != layer and not (layer == "scripts" and ONLY_IN[library] == "api"):
            found.append(f"{module}:{line}: {name} belongs in {ONLY_IN[library]}, not in {layer}")
    return found


def breaches_of_purity(source: str, module: str) -> list[str]:
    """Calls of the outside world, and of the clock, in a pure file."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
            found.append(f"{module}:{node.lineno}: a pure file calls {node.func.id}()")
        elif isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS:
            found.append(f"{module}:{node.lineno}: a pure file calls .{node.func.attr}(); pass the time in")
    return found


def our_files() -> list[Path]:
    return sorted(path for top in ("ledger", "api", "scripts") for path in (ROOT / top).rglob("*.py"))


@pytest.mark.parametrize("path", our_files(), ids=module_name)
def test_imports_point_one_way(path: Path) -> None:
    source, module = path.read_text(encoding="utf-8"), module_name(path)
    breaches = breaches_of_import(source, module, is_package=path.name == "__init__.py")
    if layer_of(module) == "pure":
        breaches += breaches_of_purity(source, module)
    assert not breaches, "\n".join(breaches)


def test_every_folder_of_ledger_has_a_layer() -> None:
    """A new folder would count as pure by its name: it has to be added above first."""
    folders = {path.parent.relative_to(ROOT / "ledger").parts[0] for path in (ROOT / "ledger").glob("*/*.py")}
    assert folders <= {"store", "chain", "services"}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ledger.penalties", "import time"),
        ("ledger.penalties", "from os import path"),
        ("ledger.penalties", "def f():\n    import sqlalchemy.orm"),
        ("ledger.penalties", "from ledger.store import records"),
        ("ledger.penalties", "from .chain import client"),
        ("ledger.penalties", "from . import services"),
        ("ledger.store.records", "from ledger.chain import client"),
        ("ledger.store.records", "from ..chain.client import ChainClient"),
        ("ledger.store.records", "from ledger.services import submit"),
        ("ledger.store.records", "import web3"),
        ("ledger.chain.client", "from ledger.store import records"),
        ("ledger.chain.client", "from ledger import store"),
        ("ledger.services.submit", "import api.app"),
        ("ledger.services.submit", "from sqlalchemy import select"),
        ("api.app", "from ledger.store import records"),
        ("api.app", "from ledger.chain.client import ChainClient"),
        ("api.app", "import scripts.cli"),
        ("scripts.cli", "import ledger.store"),
    ],
)
def test_a_breach_is_found(module: str, source: str) -> None:
    assert breaches_of_import(source, module)


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "open('x')",
        "print(1)",
    ],
)
def test_an_impure_call_is_found(source: str) -> None:
    assert breaches_of_purity(source, "ledger.penalties")


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ledger.penalties", "from ledger.records import Terms\nfrom .errors import Refused\nimport dataclasses"),
        ("ledger.store.records", "from ledger.records import Terms\nimport sqlalchemy"),
        ("ledger.services.submit", "from ledger.store import records\nfrom ledger.chain import client\nimport os"),
        ("scripts.cli", "from api import app\nfrom ledger.services import submit\nimport typer"),
    ],
)
def test_what_is_allowed_passes(module: str, source: str) -> None:
    assert not breaches_of_import(source, module)
