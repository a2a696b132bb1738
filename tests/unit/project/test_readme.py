"""The pages that people read first say what is there: commands, options, settings, files, decisions.

Every shell block is checked for commands and options that exist; what the commands do is tested elsewhere.
"""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

from ledger.cli.groups import WithDefault
from ledger.cli.main import COMMANDS, loaded
from ledger.services.home.settings import TABLE

ROOT = Path(__file__).resolve().parents[3]
README = ROOT / "README.md"
GUIDES = tuple(sorted((ROOT / "docs" / "guides").glob("*.md")))
PAGES = (
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "contracts" / "SLITHER.md",
    *(ROOT / "docs").rglob("*.md"),
)
BLOCK = re.compile(r"^```sh\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)|!\[[^\]]+\]\((?P<picture>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
ADR_TITLE = re.compile(r"# (?P<number>[0-9]{4})\. (?P<title>\S.*)")


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def commands_of(code: str) -> Iterator[list[str]]:
    """The words of every `lading …` in a block of shell, whatever stands around it."""
    joined = re.sub(r"<<END\n.*?^END$", "", code.replace("\\\n", " "), flags=re.MULTILINE | re.DOTALL)
    for line in joined.splitlines():
        for part in re.split(r"\||;|&&|\$\(| do |\{ |until ", line):
            if re.match(r"\s*(\S*/)?lading( |$)", part):
                yield shlex.split(part.split(" #")[0].rstrip(")& ").replace("'", "").replace('"$', "$"), posix=True)[1:]


def inline_commands(page: str) -> Iterator[list[str]]:
    """The words of every `lading …` in running text."""
    for found in re.finditer(r"`(lading [^`]+)`", FENCE.sub("", page)):
        yield found[1].replace("…", "").split()[1:]


@cache
def command_named(name: str) -> Any:
    return loaded(name)


def problem_with(words: list[str]) -> str | None:
    """What is wrong with a command line: a command or option that is not there; None when all are."""
    if words[0] not in COMMANDS:
        return None if words == ["--help"] else f"no command {words[0]}"
    command = command_named(words[0])
    names, words = words[:1], words[1:]
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        found = command.commands.get(words[0])
        if found is None:
            return None if command.params and names else f"no command {' '.join([*names, words[0]])}"
        command, names, words = found, [*names, words[0]], words[1:]
    if isinstance(command, WithDefault):
        command = command.commands["show"]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in {*known, "--help"}]
    return f"lading {' '.join(names)} has no {', '.join(unknown)}" if unknown else None


def anchors_of(page: Path) -> set[str]:
    titles = (match["title"] for match in HEADING.finditer(FENCE.sub("", text_of(page))))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_readme_begins_with_the_two_commands() -> None:
    first = text_of(README).split("```")[1].splitlines()
    assert first[0] == "sh"
    assert [line.split("#")[0].strip() for line in first[1:] if line] == ["make demo", "make test"]
    assert text_of(README).startswith("```sh\n")


def test_the_settings_table_is_the_programs() -> None:
    rows = [line for line in text_of(README).splitlines() if line.startswith("| `LADING_")]
    assert rows == [f"| `{name}` | {default} | {meaning} |" for name, (default, meaning) in TABLE.items()]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_option_exists(page: Path) -> None:
    blocks = [words for block in BLOCK.finditer(text_of(page)) for words in commands_of(block["code"])]
    problems = [problem_with(words) for words in (*blocks, *inline_commands(text_of(page)))]
    assert [problem for problem in problems if problem] == []


def test_readme_and_guides_show_commands_at_all() -> None:
    shown = {
        words[0]
        for page in (README, *GUIDES)
        for block in BLOCK.finditer(text_of(page))
        for words in commands_of(block["code"])
    }
    assert {
        "audit",
        "bonuses",
        "export",
        "found",
        "keys",
        "network",
        "opening",
        "partners",
        "penalties",
        "rebuild",
        "recall",
        "report",
        "scores",
        "serve",
        "sign",
        "submit",
        "trust",
        "verify",
    } <= shown


def test_the_readme_is_short_and_a_guide_fits_on_two_screens() -> None:
    assert len(text_of(README).encode()) <= 9_000
    for guide in GUIDES:
        lines = text_of(guide).splitlines()
        assert len(lines) <= 100, guide.name
        assert [line for line in lines if len(line) > 120] == []


@pytest.mark.parametrize("page", [README, ROOT / "CONTRIBUTING.md", ROOT / "docs" / "running.md"], ids=name_of)
def test_no_line_is_too_long_to_read(page: Path) -> None:
    assert [line for line in text_of(page).splitlines() if len(line) > 160] == []


def test_a_wrong_command_line_is_noticed() -> None:
    assert problem_with(["audit", "--json"]) is None
    assert problem_with(["partners", "admit", "0x12", "--out", "x"]) is None
    assert problem_with(["audti"]) == "no command audti"
    assert problem_with(["audit", "--jsn"]) == "lading audit has no --jsn"
    assert list(commands_of("x=$(lading trust --out a | cat) && FOO=1\nlading audit # why\n")) == [
        ["trust", "--out", "a"],
        ["audit"],
    ]


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {
        name
        for page in PAGES
        for name in re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)", text_of(page), re.MULTILINE)
        for name in name
        if name
    }
    assert named <= targets
    assert {"demo", "test", "check", "slither"} <= named


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for match in LINK.finditer(FENCE.sub("", text_of(page))):
        target = match["target"] or match["picture"]
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors_of(file)):
            lost.append(target)
    assert lost == []


def test_paths_of_the_layout_exist() -> None:
    table = text_of(README).split("## Where things are")[1]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    paths = [path for row in rows for path in re.findall(r"`([^`]+/)`", row.split("|")[1])]
    assert paths
    assert [path for path in paths if not (ROOT / path).is_dir()] == []


def test_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs" / "adr"
    pages = sorted(folder.glob("[0-9]*.md"))
    listed = []
    for page in pages:
        match = ADR_TITLE.fullmatch(text_of(page).splitlines()[0])
        assert match is not None, f"{page.name}: the first line is not '# NNNN. Title'"
        assert page.name.startswith(match["number"] + "-")
        listed.append(f"| [{match['number']}]({page.name}) | {match['title']} |")
    assert len({page.name[:4] for page in pages}) == len(pages)
    assert [line for line in text_of(folder / "README.md").splitlines() if line.startswith("| [")] == listed


def test_the_changelog_keeps_its_form() -> None:
    titles = re.findall(r"^## (.+)$", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert titles[0] == "Unreleased"
    assert all(re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+ - [0-9]{4}-[0-9]{2}-[0-9]{2}", title) for title in titles[1:])
    lists = text_of(ROOT / "CHANGELOG.md").split("The `lading` command:")[1:]
    commands = {name for text in lists for name in re.findall(r"`([a-z]+)`", re.split(r"\n(?:\n|- )", text)[0])}
    assert commands == set(COMMANDS)
