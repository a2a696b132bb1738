"""compose.yaml names only what there is, and gives each container as little as it needs.

What it describes is run in `tests/e2e/network/test_compose.py`, in namespaces instead of containers.
"""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from fastapi.routing import APIRoute
from sqlalchemy import make_url

from ledger.api.routers import system
from ledger.services.home.settings import TABLE, read_settings
from tests.command_line import check_command
from tests.containerfile import Containerfile

ROOT = Path(__file__).resolve().parents[3]
PACKAGING = ROOT / "packaging"
VALUES = {"LADING_ORIGIN": "ledger.example.org/log", "LADING_PUBLIC_URL": "https://ledger.example.org"}
TEXT = (PACKAGING / "compose.yaml").read_text(encoding="utf-8")
ASKED = re.compile(r"\$\{(\w+):\?[^}]*\}")
FILE: dict[str, Any] = yaml.safe_load(ASKED.sub(lambda match: VALUES[match[1]], TEXT))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
VALIDATORS = [f"validator-{number}" for number in range(1, 5)]
each = pytest.mark.parametrize("name", SERVICES)
each_of_lading = pytest.mark.parametrize(
    "name", [n for n, one in SERVICES.items() if one["image"].startswith("lading:")]
)


def image(name: str) -> Containerfile | None:
    """The file that a service's image is built from; None for one that others made."""
    build = SERVICES[name].get("build")
    return Containerfile((PACKAGING / build["context"] / build["dockerfile"]).read_text("utf-8")) if build else None


def settings_of(name: str) -> dict[str, str]:
    return {key: str(value) for key, value in SERVICES[name].get("environment", {}).items()}


def mounts(name: str) -> dict[str, str]:
    """What is mounted by the place where it is mounted."""
    pairs = (volume.split(":") for volume in SERVICES[name].get("volumes", []))
    return {target: source for source, target in pairs}


def test_there_is_everything_and_one_of_each() -> None:
    assert set(SERVICES) == {"postgres", *VALIDATORS, "witness-1", "witness-2", "worker", "api-1", "api-2", "lading"}
    assert [name for name, one in SERVICES.items() if "profiles" in one] == ["lading"]
    for same in (VALIDATORS, ["witness-1", "witness-2"], ["worker", "api-1", "api-2"]):
        assert len({SERVICES[name]["image"] for name in same}) == 1
    own = [SERVICES[name]["volumes"] for name in (*VALIDATORS, "witness-1", "witness-2", "postgres", "worker")]
    assert len({str(volumes) for volumes in own}) == len(own), "each has a volume of its own"
    assert mounts("api-1") == mounts("api-2") == mounts("worker"), "the processes of one machine share a home"


# --- what a container may do -----------------------------------------------------------------------------------------


@each
def test_a_container_may_write_its_volumes_and_gain_nothing(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    user, group = service["user"].split(":")
    assert int(user) > 0
    assert int(group) > 0
    known = {
        "build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init", "networks",
        "ports", "profiles", "read_only", "restart", "secrets", "security_opt", "stop_grace_period", "tmpfs", "user",
        "volumes", "working_dir",
    }  # fmt: skip
    assert set(service) <= known, "anything else is to be looked at: privileges, namespaces of the host, devices"
    if (made := image(name)) is not None:
        assert made.arguments("USER", made.image) == [service["user"]]


@each
def test_what_is_mounted_is_a_volume_where_the_image_has_a_folder_of_its_user(name: str) -> None:
    made = image(name)
    for target, source in mounts(name).items():
        if source.startswith("."):
            assert (name, source, target) == ("lading", "./office", SERVICES[name]["working_dir"])
            continue
        assert source in FILE["volumes"]
        if made is None:
            assert target == settings_of(name)["PGDATA"]
        else:
            assert target in made.folders, "a new volume there would be root's"


def test_every_volume_network_and_secret_is_used() -> None:
    for kind, used in (
        ("volumes", {source for name in SERVICES for source in mounts(name).values() if source != "./office"}),
        ("networks", {network for one in SERVICES.values() for network in one["networks"]}),
        ("secrets", {secret for one in SERVICES.values() for secret in one.get("secrets", [])}),
    ):
        assert set(FILE[kind]) == used


def test_only_what_has_to_meet_does() -> None:
    networks = {name: set(one["networks"]) for name, one in SERVICES.items()}
    assert all(networks[name] == {"chain"} for name in VALIDATORS)
    assert networks["postgres"] == {"data"}
    assert networks["witness-1"] == networks["witness-2"] == {"witnesses"}
    assert networks["api-1"] == networks["api-2"] == {"front", "data"}
    assert networks["worker"] == {"data", "chain", "witnesses"}
    assert {name for name, network in FILE["networks"].items() if network is None} == {"front"}
    assert all(network["internal"] for network in FILE["networks"].values() if network)


# --- images, secrets -------------------------------------------------------------------------------------------------


@each
def test_an_image_has_a_version_and_no_address(name: str) -> None:
    title, tag = SERVICES[name]["image"].split(":")
    assert "/" not in title
    if image(name) is None:
        assert re.match(r"\d+\.\d+", tag)
    else:
        version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
        assert tag == version


@each
def test_secrets_are_files_and_none_is_here(name: str) -> None:
    given = {f"/run/secrets/{secret}" for secret in SERVICES[name].get("secrets", [])}
    named = set(re.findall(r"/run/secrets/[\w-]+", str(SERVICES[name])))
    assert named == given
    for setting in settings_of(name):
        assert "PASS" not in setting or setting.endswith("_FILE")


def test_secrets_and_what_the_council_signs_stay_out_of_repository_and_image() -> None:
    for place in [secret["file"] for secret in FILE["secrets"].values()] + ["./office/trust.json"]:
        path = (PACKAGING / place).relative_to(ROOT)
        ignored = subprocess.run(["git", "check-ignore", "--quiet", str(path)], cwd=ROOT, check=False)
        assert ignored.returncode == 0, path
    first = next(line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#"))
    assert first == "*", "what an image is built from is named"


# --- commands, settings, addresses -----------------------------------------------------------------------------------


@each_of_lading
def test_a_command_is_one_that_there_is(name: str) -> None:
    command = SERVICES[name]["command"]
    if command != ["--help"]:
        check_command(command)
    made = image(name)
    assert made is not None
    assert made.words("ENTRYPOINT") == ["lading"]


@pytest.mark.parametrize("name", VALIDATORS)
def test_a_validator_is_started_as_its_image_does(name: str) -> None:
    made = image(name)
    assert made is not None
    assert SERVICES[name]["command"] == made.words("CMD")
    assert SERVICES[name]["healthcheck"]["test"][1:] == made.words("HEALTHCHECK")[-3:]
    assert list(mounts(name)) == made.arguments("VOLUME", made.image)


@each_of_lading
def test_every_setting_can_be_read(name: str) -> None:
    given = settings_of(name)
    assert set(given) <= set(TABLE)
    read_settings({key: value for key, value in given.items() if key != "LADING_PASSPHRASE_FILE"})
    if "LADING_HOME" in given:
        assert mounts(name)[given["LADING_HOME"]] == "home"


def test_addresses_are_those_of_services_that_listen_there() -> None:
    given = settings_of("worker")
    for node, validator in zip(given["LADING_CHAIN"].split(","), VALIDATORS, strict=True):
        assert node == f"http://{validator}:8545"
        assert "0.0.0.0:8545" in SERVICES[validator]["command"]
    seals = urlsplit(settings_of("lading")["LADING_COMETBFT"])
    assert f"tcp://0.0.0.0:{seals.port}" in SERVICES[str(seals.hostname)]["command"]
    url = make_url(given["LADING_DATABASE_URL"])
    assert (url.host, url.username, url.database) == ("postgres", "lading", "lading")
    assert url.password is None
    assert url.query == {"passfile": "/run/secrets/pgpass"}
    for name in ("api-1", "api-2", "lading"):
        assert settings_of(name)["LADING_DATABASE_URL"] == given["LADING_DATABASE_URL"]


def test_the_database_user_of_the_services_is_no_superuser() -> None:
    given = settings_of("postgres")
    assert set(given) == {"POSTGRES_PASSWORD_FILE", "PGDATA"}, "the image's superuser is postgres then"
    with_its_password = {name for name, one in SERVICES.items() if "postgres-password" in one.get("secrets", [])}
    assert with_its_password == {"postgres"}
    guide = (ROOT / "docs" / "packaging.md").read_text("utf-8")
    assert "CREATE ROLE lading LOGIN PASSWORD '$password';\nCREATE DATABASE lading OWNER lading;" in guide
    assert "random | secret postgres-password 999" in guide, "not the password of Lading's user"


def test_only_the_api_is_published_and_on_this_machine() -> None:
    published = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    assert published == {"api-1": ["127.0.0.1:8001:8000"], "api-2": ["127.0.0.1:8002:8000"]}
    made = image("api-1")
    assert made is not None
    assert made.environment["LADING_PORT"] == "8000"


@each
def test_health_is_asked_where_there_is_an_answer(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if check.get("disable"):
        assert name in ("worker", "lading"), "they listen nowhere"
        return
    kind, program, *words = check["test"]
    assert kind == "CMD"
    assert set(check) == {"test", "interval", "timeout", "retries", "start_period"}
    if name.startswith("api"):
        (asked,) = re.findall(r"http://127\.0\.0\.1:8000(/\w+)", words[-1])
        assert asked in {route.path for route in system.router.routes if isinstance(route, APIRoute)}
    elif name.startswith("witness"):
        command = SERVICES[name]["command"]
        assert f"'127.0.0.1', {command[command.index('--port') + 1]}," in words[-1]
    elif name == "postgres":
        assert program == "pg_isready"


def test_a_service_waits_for_the_health_of_those_that_have_any() -> None:
    for one in SERVICES.values():
        for other, how in one.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert not SERVICES[other]["healthcheck"].get("disable")
    assert SERVICES["worker"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert {*VALIDATORS, "witness-1", "witness-2"} <= set(SERVICES["worker"]["depends_on"])
    assert all("worker" in SERVICES[name]["depends_on"] for name in ("api-1", "api-2"))
