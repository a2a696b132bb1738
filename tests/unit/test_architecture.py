"""The order of the packages: a package imports only what stands above it in `PACKAGES`. Pure packages do no I/O."""

import ast
from collections.abc import Iterator
from functools import cache, lru_cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Pure packages first, cut by domain; then pictures, and what does I/O: store, chain, services by flow; then what people
# use.
PURE = (
    "ledger.errors",
    "ledger.codes",
    "ledger.merkle",
    "ledger.common",
    "ledger.records",
    "ledger.log",
    "ledger.seals",
    "ledger.custody",
    "ledger.products",
    "ledger.registry",
    "ledger.shipments",
    "ledger.penalties",
    "ledger.attested",
    "ledger.provenance",
    "ledger.stock",
    "ledger.scores",
    "ledger.access",
    "ledger.markets",
    "ledger.bonuses",
    "ledger.worklist",
    "ledger.columns",
    "ledger.network",
    "ledger.planning",
    "ledger.charts",
    "ledger.bundle",
    "ledger.explain",
    "ledger.formats",
)
PACKAGES = (
    *PURE,
    "ledger.drawing",
    "ledger.client",
    "ledger.store",
    "ledger.chain",
    "ledger.services.home",
    "ledger.services.validators",
    "ledger.services.state",
    "ledger.services.publish",
    "ledger.services.witness",
    "ledger.services.intake",
    "ledger.services.relay",
    "ledger.services.views",
    "ledger.services.products",
    "ledger.services.figures",
    "ledger.services.markets",
    "ledger.services.planning",
    "ledger.services.worklist",
    "ledger.services.events",
    "ledger.services.epcis",
    "ledger.services.node",
    "ledger.services.audit",
    "ledger.services.exports",
    "ledger.services.answers",
    "ledger.services.lifecycle",
    "ledger.api",
    "ledger.cli",
    "scripts",
)

# Beyond the order: neighbours that know nothing of each other, and what only services may touch.
NEVER = {
    "ledger.chain": {"ledger.store"},
    "ledger.api": {"ledger.store", "ledger.chain"},
    "ledger.cli": {"ledger.store", "ledger.chain"},
    "scripts": {"ledger.store", "ledger.chain"},
}

# The largest folder that one still reads at a glance.
MOST_FILES = 20
MOST_LEVELS = 15

# What a service needs comes in one `Home`, options in one object: more parameters than this are a sign of neither.
MOST_PARAMETERS = 5

# A library is used behind the one package named for it.
ONLY_IN = {
    "sqlalchemy": "ledger.store",
    "alembic": "ledger.store",
    "psycopg": "ledger.store",
    "web3": "ledger.chain",
    "eth_tester": "ledger.chain",
    "eth": "ledger.chain",
    "fastapi": "ledger.api",
    "starlette": "ledger.api",
    "typer": "ledger.cli",
    "numpy": "ledger.columns",
    "pygal": "ledger.drawing",
    "openpyxl": "ledger.formats",
    "lxml": "ledger.formats",
    "pydifact": "ledger.formats",
    "biip": "ledger.formats",
    "jsonschema": "ledger.formats",
    "cbor2": "ledger.formats",
    "joserfc": "ledger.formats",
    "httpx2": "ledger.client",
}

# The commands serve the API; the tools of the project build on the commands.
BESIDE = {"ledger.cli": ("ledger.api",), "scripts": ("ledger.api", "ledger.cli")}

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
MAKES_FUNCTIONS = {"ledger.records.codec": {"exec"}}
"""Of what structures declare, as `dataclasses` does: no value ever gets into the source."""
CLOCK_CALLS = {"now", "utcnow", "today"}


def package_of(module: str) -> str | None:
    """The package in `PACKAGES` that holds one of our modules by its dotted name; None for libraries.

    Raises `LookupError` for a module of ours that no package of the list holds: a new package gets its
    place there first.
    """
    parts = module.split(".")
    if parts[0] not in ("ledger", "scripts"):
        return None
    for length in range(len(parts), 0, -1):
        if (name := ".".join(parts[:length])) in PACKAGES:
            return name
    if module in ("ledger", "ledger.services"):
        return PACKAGES[0]
    raise LookupError(f"{module} has no place in PACKAGES")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree: ast.Module, package: str) -> Iterator[tuple[int, str, str]]:
    """Line, module and name ("" for a plain import) of everything imported, wherever in the file and for types too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                kept = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*kept, *([base] if base else [])])
            yield from ((node.lineno, base, alias.name) for alias in node.names)


@cache
def imports_in(path: Path) -> tuple[tuple[str, str], ...]:
    """Module and name of everything that one of our files imports."""
    module = module_name(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return tuple((base, name) for _, base, name in imports_of(ast.parse(path.read_text(encoding="utf-8")), package))


@lru_cache(2)
def parsed(source: str) -> ast.Module:
    """Of one file after the other: both kinds of breaches are looked for in the same tree."""
    return ast.parse(source)


def breaches_of_import(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """What this source of `module` imports although its package may not."""
    own = package_of(module)
    assert own is not None
    found = []
    for line, base, name in imports_of(parsed(source), module if is_package else module.rpartition(".")[0]):
        target, library = package_of(f"{base}.{name}".rstrip(".")), base.split(".")[0]
        where = f"{module}:{line}"
        if target is not None:
            if PACKAGES.index(target) > PACKAGES.index(own) or target in NEVER.get(own, set()):
                found.append(f"{where}: {own} imports {base} of {target}")
            elif target != own and name.startswith("_"):
                found.append(f"{where}: {own} reaches for {name} of {target}")
        elif own in PURE and library in IMPURE:
            found.append(f"{where}: a pure module imports {base}")
        elif ONLY_IN.get(library, own) not in (own, *BESIDE.get(own, ())):
            found.append(f"{where}: {base} belongs in {ONLY_IN[library]}, not in {own}")
    return found


def breaches_of_purity(source: str, module: str) -> list[str]:
    """Calls of the outside world, and of the clock, in a pure module."""
    found = []
    for node in ast.walk(parsed(source)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS - MAKES_FUNCTIONS.get(module, set()):
            found.append(f"{module}:{node.lineno}: a pure module calls {node.func.id}()")
        elif isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS:
            found.append(f"{module}:{node.lineno}: a pure module calls .{node.func.attr}(); pass the time in")
    return found


def constructors(source: str) -> Iterator[tuple[str, int]]:
    """Class and number of parameters of each constructor, written out or made by `dataclass`.

    Frozen dataclasses are values, not built from services; of others, fields with a default need not be given.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ClassDef):
            continue
        made = [ast.unparse(one) for one in node.decorator_list if "dataclass" in ast.unparse(one)]
        if made and "frozen=True" not in made[0]:
            yield node.name, sum(isinstance(one, ast.AnnAssign) and one.value is None for one in node.body)
        for one in node.body:
            if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                arguments = one.args
                yield node.name, len(arguments.posonlyargs + arguments.args + arguments.kwonlyargs) - 1


def our_files() -> list[Path]:
    return sorted(path for top in ("ledger", "scripts") for path in (ROOT / top).rglob("*.py"))


@pytest.mark.parametrize("path", our_files(), ids=module_name)
def test_imports_go_up_the_list_only(path: Path) -> None:
    source, module = path.read_text(encoding="utf-8"), module_name(path)
    breaches = breaches_of_import(source, module, is_package=path.name == "__init__.py")
    if package_of(module) in PURE:
        breaches += breaches_of_purity(source, module)
    assert not breaches, "\n".join(breaches)


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Not within a package either, and not for types alone: `prepare` raises for a circle and names it."""
    modules = {module_name(path): path for path in our_files()}
    graph = {}
    for module, path in modules.items():
        graph[module] = {
            f"{base}.{name}" if f"{base}.{name}" in modules else base
            for base, name in imports_in(path)
            if base in modules
        } - {module}
    TopologicalSorter(graph).prepare()
    assert sum(map(len, graph.values())) > len(modules)


def test_no_service_is_built_from_more_than_five_things() -> None:
    counted = [
        (f"{module_name(path)}.{name}", count)
        for path in (ROOT / "ledger" / "services").rglob("*.py")
        for name, count in constructors(path.read_text(encoding="utf-8"))
    ]
    assert [(name, count) for name, count in counted if count > MOST_PARAMETERS] == []
    assert len(counted) > 30


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("class A:\n    def __init__(self, a, b, /, c, *, d, e=1, f): ...", 6),
        ("@dataclass\nclass A:\n    a: int\n    b: int\n    c: int = 0", 2),
        ("@dataclass(slots=True)\nclass A:\n    a: int", 1),
    ],
)
def test_parameters_of_constructors_are_counted(source: str, count: int) -> None:
    assert list(constructors(source)) == [("A", count)]


def test_values_are_no_services() -> None:
    assert list(constructors("@dataclass(frozen=True, slots=True)\nclass A:\n    a: int")) == []


@pytest.mark.parametrize("store", ["ledger.store.records", "ledger.store.projections.bonuses"])
@pytest.mark.parametrize("package", [name for name in PACKAGES if name.startswith("ledger.services.")])
def test_the_store_knows_no_service(store: str, package: str) -> None:
    assert breaches_of_import(f"from {package} import anything", store)


def test_the_rooms_stand_on_few_levels() -> None:
    """Rooms are the packages with all services as one; a room stands above the highest that it imports."""
    rooms: dict[str, set[str]] = {}
    for path in our_files():
        module = module_name(path)
        own = _room(module)
        targets = {_room(f"{source}.{name}") for source, name in imports_in(path)}
        rooms.setdefault(own, set()).update(targets - {own, ""})
    levels: dict[str, int] = {}
    for room in TopologicalSorter(rooms).static_order():
        levels[room] = 1 + max((levels[target] for target in rooms.get(room, ())), default=0)
    assert max(levels.values()) <= MOST_LEVELS, levels


def _room(module: str) -> str:
    package = package_of(module.rstrip("."))
    return "" if package is None else "ledger.services" if package.startswith("ledger.services.") else package


@pytest.mark.parametrize("top", ["ledger", "scripts", "tests"])
def test_no_folder_is_crowded(top: str) -> None:
    folders = {path.parent for kind in ("*.py", "*.html") for path in (ROOT / top).rglob(kind)}
    counts = {str(folder.relative_to(ROOT)): len([*folder.glob("*.py"), *folder.glob("*.html")]) for folder in folders}
    assert {name: count for name, count in counts.items() if count > MOST_FILES} == {}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ledger.penalties.statement", "import time"),
        ("ledger.penalties.statement", "from os import path"),
        ("ledger.penalties.statement", "def f():\n    import sqlalchemy.orm"),
        ("ledger.penalties.statement", "from ledger.store import records"),
        ("ledger.penalties.statement", "from ..chain import client"),
        ("ledger.penalties.statement", "from ..services import node"),
        ("ledger.penalties.statement", "from ledger.scores.composite.card import Scorecard"),
        ("ledger.records.types", "from ledger.custody.rules import slot"),
        ("ledger.scores.composite", "from ledger.penalties.statement import _line"),
        ("ledger.store.records", "from ledger.chain import client"),
        ("ledger.store.records", "from ..chain.client import ChainClient"),
        ("ledger.store.records", "from ledger.services.intake import submission"),
        ("ledger.store.records", "import web3"),
        ("ledger.chain.client", "from ledger.store import records"),
        ("ledger.chain.client", "from ledger import store"),
        ("ledger.services.node.node", "import ledger.api.app"),
        ("ledger.services.node.node", "from sqlalchemy import select"),
        ("ledger.api.app", "from ledger.store import records"),
        ("ledger.api.app", "from ledger.chain.client import ChainClient"),
        ("ledger.api.app", "import ledger.cli.main"),
        ("ledger.cli.main", "import ledger.store"),
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
    assert breaches_of_purity(source, "ledger.penalties.statement")


def test_a_module_outside_every_package_is_found() -> None:
    with pytest.raises(LookupError):
        breaches_of_import("", "ledger.cellar.wine")


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (
            "ledger.penalties.statement",
            "from ledger.records.types import A\nfrom .lateness import b\nimport dataclasses",
        ),
        ("ledger.store.records", "from ledger.records.types import Terms\nimport sqlalchemy"),
        (
            "ledger.services.node.node",
            "from ledger.store import records\nfrom ledger.chain import client\nimport os",
        ),
        ("ledger.cli.main", "from ledger.api import app\nfrom ledger.services.node.node import node\nimport typer"),
    ],
)
def test_what_is_allowed_passes(module: str, source: str) -> None:
    assert not breaches_of_import(source, module)
