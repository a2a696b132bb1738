"""What packages Lading names only what there is: commands with their options, settings, files, ports, folders.

Units and image are not run here: that takes a machine with systemd, and one that can build images.
"""

import re
import shlex
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.main import COMMANDS, loaded
from ledger.services.home.settings import TABLE, read_settings
from ledger.services.publish.durable_files import READABLE, READABLE_FOLDER

ROOT = Path(__file__).resolve().parents[3]
SYSTEMD = ROOT / "packaging" / "systemd"
UNITS = sorted(SYSTEMD.glob("*.service"))
IMAGE = (ROOT / "packaging" / "Containerfile").read_text(encoding="utf-8")
TEXTS = [*UNITS, *SYSTEMD.glob("*.env"), ROOT / "packaging" / "Containerfile", ROOT / "docs" / "packaging.md"]
each_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)


def parsed(unit: Path) -> RawConfigParser:
    """The unit's settings; of one that is given twice the last."""
    parser = RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit, encoding="utf-8")
    return parser


def check_command(arguments: list[str]) -> None:
    """`lading …` as far as Click can say without running it: each command and option is one that there is."""
    assert arguments[0] in COMMANDS, arguments
    command: Any = loaded(arguments[0])
    rest = arguments[1:]
    while hasattr(command, "commands"):
        assert rest, f"{arguments}: a command is missing"
        assert rest[0] in command.commands, arguments
        command, rest = command.commands[rest[0]], rest[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    named = [word.partition("=")[0] for word in rest if word.startswith("--")]
    assert set(named) <= known, f"{arguments}: {sorted(known)}"
    values = [word for i, word in enumerate(rest) if not word.startswith("--") and not rest[i - 1].startswith("--")]
    takes = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    assert len(values) == len(takes), f"{arguments}: {values}"


def test_there_are_units() -> None:
    assert {unit.stem for unit in UNITS} >= {"lading", "lading-work", "lading-witness"}


@each_unit
def test_a_unit_runs_a_command_that_there_is(unit: Path) -> None:
    program, *arguments = shlex.split(parsed(unit)["Service"]["ExecStart"])
    assert program == "/opt/lading/bin/lading"
    check_command(arguments)


@each_unit
def test_a_unit_is_ready_when_the_program_says_so_and_begins_again_when_it_fails(unit: Path) -> None:
    service = parsed(unit)["Service"]
    assert (service["Type"], service["NotifyAccess"]) == ("notify", "main")
    assert service["Restart"] == "on-failure"
    assert int(service["RestartSec"]) > 0
    command = shlex.split(service["ExecStart"])[1]
    source = Path(str(__import__(f"ledger.cli.commands.{COMMANDS[command].module}", fromlist=["x"]).__file__))
    assert "notify(READY)" in source.read_text(encoding="utf-8"), "a unit of this type would never be up"


@each_unit
def test_a_unit_may_do_nothing_but_serve(unit: Path) -> None:
    service = parsed(unit)["Service"]
    assert service["User"] not in ("", "root")
    assert (service["ProtectSystem"], service["ProtectHome"], service["NoNewPrivileges"]) == ("strict", "yes", "yes")
    assert service["CapabilityBoundingSet"] == ""
    assert service["UMask"] == "0077"
    state = f"/var/lib/{service['StateDirectory']}"
    places = re.findall(r"/var/lib/[\w-]+", unit.read_text(encoding="utf-8"))
    assert set(places) == {state}, "only what systemd makes for it may be written"
    assert "passphrase:" in service["LoadCredential"]
    assert "LADING_PASSPHRASE_FILE=%d/passphrase" in service["Environment"]


@each_unit
def test_systemd_knows_every_setting_of_a_unit(unit: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd here")
    done = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if unit.name in line and "is not executable" not in line]
    assert said == []


def test_through_the_home_to_the_log_and_nowhere_else() -> None:
    """Files of the log are everybody's; the folder above may be passed, not listed."""
    mode = int(parsed(SYSTEMD / "lading.service")["Service"]["StateDirectoryMode"], 8)
    assert mode & 0o077 == 0o011
    assert (READABLE & 0o004, READABLE_FOLDER & 0o005) == (0o004, 0o005)


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_setting_that_is_named_is_one(path: Path) -> None:
    named = set(re.findall(r"LADING_[A-Z_]+", path.read_text(encoding="utf-8")))
    assert named <= set(TABLE)


def test_the_settings_of_the_service_can_be_read(tmp_path: Path) -> None:
    lines = (SYSTEMD / "lading.env").read_text(encoding="utf-8").splitlines()
    plain = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    every = plain | dict(line[2:].split("=", 1) for line in lines if line.startswith("# LADING_"))
    assert len(every) > len(plain) > 0
    for environment in (plain, every):
        assert read_settings(environment, home=tmp_path).public_url.startswith("https://")


# --- the image -------------------------------------------------------------------------------------------------------


def instructions(name: str) -> list[str]:
    """The arguments of an instruction, wherever it stands, continued lines as one."""
    joined = re.sub(r"\\\n\s*", " ", IMAGE)
    return [line.partition(" ")[2].strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_the_image_is_made_of_files_that_there_are() -> None:
    copied = [words.split() for words in instructions("COPY") if not words.startswith("--from")]
    assert len(copied) >= 3
    for *sources, _ in copied:
        for source in sources:
            assert (ROOT / source).exists(), source
    (installed,) = (line for line in instructions("RUN") if "--require-hashes" in line)
    locked = installed.split("--requirement ")[1].split()[0]
    assert "--hash=sha256:" in (ROOT / locked).read_text(encoding="utf-8")


def test_the_image_runs_as_nobody_in_particular_and_writes_its_home_alone() -> None:
    (user,) = instructions("USER")
    number = user.split(":")[0]
    assert number.isdigit(), "a number, so that a runtime can see that it is not root"
    assert int(number) > 0
    environment = dict(word.split("=", 1) for line in instructions("ENV") for word in line.split() if "=" in word)
    (home,) = instructions("VOLUME")
    assert environment["LADING_HOME"] == home
    last = IMAGE.rindex("FROM ")
    assert IMAGE.index("USER ") > last
    assert "COPY ledger" not in IMAGE[last:], "what builds it stays behind"


def test_the_image_serves_on_the_port_that_it_names_and_is_asked_there() -> None:
    environment = dict(word.split("=", 1) for line in instructions("ENV") for word in line.split() if "=" in word)
    (exposed,) = instructions("EXPOSE")
    assert exposed == environment["LADING_PORT"]
    (check,) = instructions("HEALTHCHECK")
    (asked,) = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", check)
    assert asked == (exposed, "/healthz")
    assert any('"/healthz"' in path.read_text(encoding="utf-8") for path in (ROOT / "ledger" / "api").rglob("*.py"))
    (entry,), (command,) = instructions("ENTRYPOINT"), instructions("CMD")[-1:]
    assert entry == '["lading"]'
    check_command(re.findall(r'"([^"]+)"', command))


def test_the_guide_shows_commands_that_there_are() -> None:
    text = (ROOT / "docs" / "packaging.md").read_text(encoding="utf-8")
    shown = re.findall(r"(?:^|/|\s)lading ((?:serve|work|witness|backup|restore|upgrade|audit|found)\b[^\n`#]*)", text)
    assert {line.split()[0] for line in shown} >= {"backup", "restore"}
    for line in shown:
        name = line.split()[0]
        assert name in COMMANDS
