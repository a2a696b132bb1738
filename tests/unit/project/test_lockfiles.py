"""Lock files pin every byte that is installed and name no place it comes from: the index is the reader's choice."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==[^\s;]+( ;[^\\]+)?( \\)?$")
HASH = re.compile(r"^ {4}--hash=sha256:[0-9a-f]{64}( \\)?$")
HOST = re.compile(
    r"://|\b[a-z0-9-]+\.(org|com|io|net|dev)\b|--(extra-)?index-url|--find-links|--trusted-host", re.IGNORECASE
)


def pinned(path: Path) -> dict[str, int]:
    """Each requirement with its number of hashes; fails at a line that is neither comment, pin nor hash."""
    found: dict[str, int] = {}
    name = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        if match := REQUIREMENT.match(line):
            name = match["name"]
            found[name] = 0
        else:
            assert HASH.match(line), f"{path.name}:{number}: neither a pin nor a hash: {line}"
            found[name] += 1
    return found


def test_there_are_lock_files() -> None:
    assert [path.name for path in REQUIREMENTS] == ["base.txt", "dev.txt", "network.txt", "run.txt", "slither.txt"]


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_and_hashed(path: Path) -> None:
    without = [name for name, hashes in pinned(path).items() if not hashes]
    assert not without, f"{path.name}: no hash: {without}"


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_no_host_is_named(path: Path) -> None:
    named = [line for line in path.read_text(encoding="utf-8").splitlines() if HOST.search(line)]
    assert not named, f"{path.name} names a host: {named}"


def test_each_lock_holds_the_smaller_one() -> None:
    def lines(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8").replace(" \\", "")
        # What a larger lock needs too, it may need on more platforms.
        return {line.partition(" ;")[0] for line in text.splitlines() if not line.startswith("#")}

    assert not lines("base.txt") - lines("run.txt")
    assert not lines("run.txt") - lines("dev.txt")


def test_the_base_lock_holds_what_the_base_declares_and_nothing_of_the_node() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = pinned(ROOT / "requirements" / "base.txt").keys()

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[<>=!~ \[]", requirement)[0].lower() for requirement in requirements}

    assert names(project["dependencies"]) <= base
    # Typer brings pydantic; nothing in the base imports it otherwise.
    assert names(project["optional-dependencies"]["node"]) & base == {"pydantic"}


def test_the_build_backend_is_in_both_locks() -> None:
    """Installing the project itself then fetches nothing."""
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    names = {re.split(r"[<>=!~ \[]", requirement)[0] for requirement in requires}
    assert names <= pinned(ROOT / "requirements" / "run.txt").keys()
    assert names <= pinned(ROOT / "requirements" / "dev.txt").keys()


@pytest.mark.parametrize("folder", ["contracts", "web"])
def test_node_packages_are_hashed_and_name_no_registry(folder: str) -> None:
    packages = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    del packages[""]
    assert packages
    assert not [name for name, entry in packages.items() if "resolved" in entry]
    assert not [name for name, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")]
