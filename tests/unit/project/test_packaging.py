"""What packages Lading names only what there is: commands with their options, settings, files, ports, folders.

Units and images are not run here: that takes a machine with systemd, and one that can build images.
"""

import re
import shlex
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path
from string import Template

import pytest
from fastapi.routing import APIRoute

from ledger.api.routers import system
from ledger.cli.main import COMMANDS
from ledger.services.home.settings import TABLE, read_settings
from ledger.services.publish.durable_files import READABLE, READABLE_FOLDER
from tests.command_line import check_command
from tests.containerfile import Containerfile

ROOT = Path(__file__).resolve().parents[3]
SYSTEMD = ROOT / "packaging" / "systemd"
UNITS = sorted(SYSTEMD.glob("*.service"))
IMAGES = sorted((ROOT / "packaging").glob("Containerfile*"))
TEXTS = [*UNITS, *SYSTEMD.glob("*.env"), *IMAGES, ROOT / "packaging" / "compose.yaml", ROOT / "docs" / "packaging.md"]
each_image = pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
each_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)


def read(path: Path) -> Containerfile:
    return Containerfile(path.read_text(encoding="utf-8"))


IMAGE, VALIDATOR = read(ROOT / "packaging" / "Containerfile"), read(ROOT / "packaging" / "Containerfile.validator")


def parsed(unit: Path) -> RawConfigParser:
    """The unit's settings; of one that is given twice the last."""
    parser = RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit, encoding="utf-8")
    return parser


def test_there_are_units() -> None:
    assert {unit.stem for unit in UNITS} >= {"lading", "lading-work", "lading-witness"}


@each_unit
def test_a_unit_runs_a_command_that_there_is(unit: Path) -> None:
    service = parsed(unit)["Service"]
    given = dict(word.split("=", 1) for word in shlex.split(service["Environment"]))
    program, *arguments = shlex.split(Template(service["ExecStart"]).substitute(given))
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


# --- images ----------------------------------------------------------------------------------------------------------


def within(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder}/")


@each_image
def test_an_image_is_made_of_files_that_there_are_and_of_nothing_that_is_secret(path: Path) -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [words.split() for words in read(path).arguments("COPY") if not words.startswith("--from")]
    assert len(copied) >= 2
    for *sources, _ in copied:
        for source in sources:
            assert (ROOT / source).exists(), source
            assert any(within(source, name) or within(name, source) for name in allowed), f"{source} is not handed over"
    assert not [name for name in allowed if name.split("/")[0] in ("packaging", "var", ".git", "tests")]


@each_image
def test_an_image_installs_what_is_locked_and_begins_with_a_version(path: Path) -> None:
    file = read(path)
    (version,) = file.arguments("ARG")
    assert re.fullmatch(r"PYTHON=3\.1[1-3]\.\d+", version)
    for line in file.arguments("FROM"):
        assert line.split()[0] == "python:${PYTHON}-slim-bookworm", "a name and a version; no registry's address"
    installs = [line for line in file.arguments("RUN") if "pip install" in line]
    for line in installs:
        if "--no-index" in line:
            continue  # the source itself
        locked = line.split("--requirement ")[1].split()[0]
        assert "--require-hashes --only-binary :all:" in line
        assert "--hash=sha256:" in (ROOT / locked).read_text(encoding="utf-8")
    assert installs


@each_image
def test_an_image_runs_as_nobody_in_particular_and_writes_a_folder_of_its_own(path: Path) -> None:
    file = read(path)
    (user,) = file.arguments("USER", file.image)
    number = user.split(":")[0]
    assert number.isdigit(), "a number, so that a runtime can see that it is not root"
    assert int(number) > 0
    (home,) = file.arguments("VOLUME", file.image)
    assert file.arguments("WORKDIR", file.image) == [home]
    assert home in file.folders
    assert f"--uid {number} " in file.image
    copied = file.arguments("COPY", file.image)
    assert all(words.startswith("--from=build ") for words in copied), "what builds it stays behind"


def test_the_home_may_be_passed_and_no_other_folder() -> None:
    folders = IMAGE.folders
    assert folders.pop(IMAGE.environment["LADING_HOME"]) == "0711"
    assert set(folders.values()) == {"0700"}
    assert set(VALIDATOR.folders.values()) == {"0700"}


def test_the_image_serves_on_the_port_that_it_names_and_is_asked_there() -> None:
    (exposed,) = IMAGE.arguments("EXPOSE")
    assert exposed == IMAGE.environment["LADING_PORT"]
    (asked,) = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", IMAGE.words("HEALTHCHECK")[-1])
    assert asked == (exposed, "/healthz")
    assert "/healthz" in {route.path for route in system.router.routes if isinstance(route, APIRoute)}
    assert IMAGE.words("ENTRYPOINT") == ["lading"]
    check_command(IMAGE.words("CMD"))


def test_the_validators_image_builds_as_the_makefile_does_and_listens_where_it_says() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (built,) = (line for line in VALIDATOR.arguments("RUN") if "go build" in line)
    (settings,) = re.findall(r"^GO := cd network && (.*) \S+/go$", makefile, re.MULTILINE)
    (flags,) = re.findall(r"\$\(GO\) build (-ldflags \S+ *\S+) -o", makefile)
    assert " ".join(built.split()).count(settings) == 1
    assert flags in built
    command = VALIDATOR.words("CMD")
    exposed = VALIDATOR.arguments("EXPOSE")[0].split()
    assert {word.rpartition(":")[2] for word in command if ":" in word} <= set(exposed)
    (asked,) = re.findall(r"http://127\.0\.0\.1:(\d+)/health", VALIDATOR.words("HEALTHCHECK")[-1])
    assert f"tcp://0.0.0.0:{asked}" in command
    assert command[command.index("--home") + 1] in VALIDATOR.folders


def test_the_guide_shows_commands_that_there_are() -> None:
    text = (ROOT / "docs" / "packaging.md").read_text(encoding="utf-8")
    shown = re.findall(r"(?:^|/|\s)lading ((?:serve|work|witness|backup|restore|upgrade|audit|found)\b[^\n`#]*)", text)
    assert {line.split()[0] for line in shown} >= {"backup", "restore"}
    for line in shown:
        name = line.split()[0]
        assert name in COMMANDS
