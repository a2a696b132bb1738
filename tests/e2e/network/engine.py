"""What `docker compose` does with a `compose.yaml`, as far as that of Lading asks for it, by Linux namespaces alone.

    python -m tests.e2e.network.engine compose --file FILE up --wait [SERVICE …]
    python -m tests.e2e.network.engine compose --file FILE run|exec|restart|down …

Each service runs in mounts and networks of its own, as the user and with the rights, commands, volumes, secrets and
names that file and image give it. For images there are this machine's files, read-only, with the programs under `/opt`.
Not done: building, publishing ports, restarts after failures, limits. It wants root, and keeps what it knows in the
folder `ENGINE_STATE`.
"""

import argparse
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.containerfile import Containerfile
from tests.e2e.network.container import confined

ROOT = Path(__file__).resolve().parents[3]
PATH = "/opt/lading/bin:/opt/libraries/pgserver/pginstall/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
PYTHON = f"/opt/python/bin/python{sysconfig.get_python_version()}"
LIBRARIES = "/opt/source:/opt/libraries"
# The path to a shared libpython is Python's own, and may lie in a folder that its user does not see.
PROGRAM = f'#!/bin/sh\nLD_LIBRARY_PATH=/opt/python/lib PYTHONPATH={LIBRARIES} exec {PYTHON} {{}}"$@"\n'
POSTGRES = """#!/bin/sh
# What the image of PostgreSQL does when it starts: make the cluster, then serve it.
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 --auth-local=trust \
    --encoding=UTF8 --no-locale
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
fi
exec "$@" -c listen_addresses='*' -k /run/postgresql
"""
SCRIPTS = {
    "lading/bin/lading": PROGRAM.format("-m ledger.cli.main "),
    "lading/bin/python": PROGRAM.format(""),
    "postgres/entrypoint": POSTGRES,
}
STOP_SECONDS, HEALTHY_SECONDS = 90, 240


def interpolated(text: str) -> str:
    """`${NAME:?why}` from the environment."""

    def value(match: re.Match[str]) -> str:
        if not (found := os.environ.get(match[1])):
            sys.exit(f"required variable {match[1]} is missing a value: {match[2]}")
        return found

    return re.sub(r"\$\{(\w+):\?([^}]*)\}", value, text)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


class Project:
    """The services of a file, and what runs of them."""

    def __init__(self, file: Path, state: Path) -> None:
        self.folder, self.state = file.resolve().parent, state
        data = yaml.safe_load(interpolated(file.read_text(encoding="utf-8")))
        self.services: dict[str, dict[str, Any]] = data["services"]
        self.networks, self.secrets = list(data["networks"]), data["secrets"]
        self.tag = hashlib.sha256(str(state).encode()).hexdigest()[:5]
        for name in ("volumes", "containers"):
            (state / name).mkdir(parents=True, exist_ok=True)

    # --- plans -------------------------------------------------------------------------------------------------------

    def image(self, service: dict[str, Any]) -> Containerfile | None:
        """The file that the service's image is built from; none for PostgreSQL's."""
        if "build" not in service:
            return None
        return Containerfile((ROOT / service["build"]["dockerfile"]).read_text(encoding="utf-8"))

    def plan(self, name: str, container: str, number: int) -> dict[str, Any]:
        """Everything that a container of this service is started with."""
        service = self.services[name]
        image = self.image(service)
        own = {"PGHOST": "/run/postgresql"} if image is None else image.environment
        return {
            "programs": self.programs(),
            "scripts": SCRIPTS,
            "mounts": [*self.volumes(service), *self.secret_files(service)],
            "hosts": str(self.names(name, container, number)),
            "passwd": str(self.passwd()),
            "tmpfs": service.get("tmpfs", []),
            "read_only": service["read_only"],
            "user": service["user"],
            "no_new_privileges": "no-new-privileges:true" in service["security_opt"],
            "no_capabilities": service["cap_drop"] == ["ALL"],
            "folder": service.get("working_dir", "/"),
            "environment": own | service.get("environment", {}) | {"PATH": PATH},
            "entrypoint": ["/opt/postgres/entrypoint"] if image is None else image.words("ENTRYPOINT"),
            "command": service["command"],
        }

    def programs(self) -> dict[str, str]:
        shown = {sys.base_prefix: "python", sysconfig.get_path("purelib"): "libraries", str(ROOT): "source"}
        if program := os.environ.get("LADING_NETWORK_PROGRAM"):
            shown[program] = "lading/bin/lading-node"
        return shown

    def volumes(self, service: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """A new volume is its user's, as if the image had the folder."""
        for volume in service.get("volumes", []):
            source, target = volume.split(":")
            place = self.folder / source if source.startswith(".") else self.state / "volumes" / source
            if not place.exists():
                place.mkdir()
                os.chown(place, *map(int, service["user"].split(":")))
            yield str(place), target

    def secret_files(self, service: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for name in service.get("secrets", []):
            yield str(self.folder / self.secrets[name]["file"]), f"/run/secrets/{name}"

    def address(self, network: str, number: int) -> str:
        return f"10.213.{self.networks.index(network)}.{number}"

    def numbered(self, name: str) -> int:
        return 10 + list(self.services).index(name)

    def names(self, name: str, container: str, number: int) -> Path:
        """The names that this container knows: those of its own networks."""
        lines = ["127.0.0.1 localhost"]
        for network in self.services[name]["networks"]:
            lines.append(f"{self.address(network, number)} {name}")
            lines += [
                f"{self.address(network, self.numbered(other))} {other}"
                for other, service in self.services.items()
                if other != name and network in service["networks"]
            ]
        path = self.state / "containers" / f"{container}.hosts"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def passwd(self) -> Path:
        path = self.state / "passwd"
        path.write_text("root:x:0:0::/:/bin/sh\npostgres:x:999:999::/:/bin/sh\nlading:x:10001:10001::/:/bin/sh\n")
        return path

    # --- containers --------------------------------------------------------------------------------------------------

    def connect(self, name: str, container: str, number: int) -> str:
        """A network namespace with a cable to each of the service's networks; its name."""
        space = f"l{self.tag}-{container}"
        ip("netns", "add", space)
        ip("-n", space, "link", "set", "lo", "up")
        for i, network in enumerate(self.services[name]["networks"]):
            bridge = f"b{self.tag}{self.networks.index(network)}"
            if not Path("/sys/class/net", bridge).exists():
                ip("link", "add", bridge, "type", "bridge")
                ip("link", "set", bridge, "up")
            cable = f"v{self.tag}{number}n{i}"
            ip("link", "add", cable, "type", "veth", "peer", "name", f"eth{i}", "netns", space)
            ip("link", "set", cable, "master", bridge, "up")
            ip("-n", space, "addr", "add", f"{self.address(network, number)}/24", "dev", f"eth{i}")
            ip("-n", space, "link", "set", f"eth{i}", "up")
        return space

    def begin(self, space: str, container: str, plan: dict[str, Any], log: Path | None) -> "subprocess.Popen[bytes]":
        path = self.state / "containers" / f"{container}.json"
        path.write_text(json.dumps(plan), encoding="utf-8")
        inside = [sys.executable, "-m", "tests.e2e.network.container", str(path)]
        command = ["ip", "netns", "exec", space, "unshare", "--mount", "--propagation", "private", *inside]
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        if log is None:
            return subprocess.Popen(command, env=env)
        with log.open("ab") as out:
            return subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )

    def start(self, name: str) -> None:
        plan = self.plan(name, name, self.numbered(name))
        plan["command"] = [*plan["entrypoint"], *plan["command"]]
        space = self.connect(name, name, self.numbered(name))
        begun = self.begin(space, name, plan, self.state / f"{name}.log")
        (self.state / "containers" / f"{name}.pid").write_text(str(begun.pid), encoding="ascii")
        while begun.poll() is None and self.running(name) is None:
            time.sleep(0.02)

    def running(self, name: str) -> int | None:
        """The process of a service once it is in its network and its user's; not another that has its number by now."""
        try:
            pid = int((self.state / "containers" / f"{name}.pid").read_text(encoding="ascii"))
            here = Path(f"/proc/{pid}/ns/net").stat().st_ino == Path("/run/netns", f"l{self.tag}-{name}").stat().st_ino
            lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        except OSError:
            return None
        status = dict(line.split(":\t", 1) for line in lines)
        return pid if here and not status["Uid"].startswith("0\t") and status["State"][0] != "Z" else None

    def stop(self, name: str) -> None:
        if (pid := self.running(name)) is not None:
            os.kill(pid, signal.SIGTERM)
            end = time.monotonic() + STOP_SECONDS
            while self.running(name) is not None:
                if time.monotonic() > end:
                    os.kill(pid, signal.SIGKILL)
                    print(f"{name} did not end when told to", file=sys.stderr)
                time.sleep(0.1)
        if Path("/run/netns", space := f"l{self.tag}-{name}").exists():
            ip("netns", "delete", space)

    def inside(self, name: str, command: list[str]) -> list[str]:
        """The words that run a command in a service's container."""
        if (pid := self.running(name)) is None:
            sys.exit(f"{name} is not running; its log ends:\n{self.said(name)}")
        plan = json.loads((self.state / "containers" / f"{name}.json").read_text(encoding="utf-8"))
        named = [f"{key}={value}" for key, value in plan["environment"].items()]
        return ["nsenter", f"--target={pid}", "--mount", "--net", "env", "-i", *named, *confined(plan), *command]

    def healthy(self, name: str) -> bool:
        check = self.services[name]["healthcheck"]
        if check.get("disable"):
            return self.running(name) is not None
        kind, *command = check["test"]
        assert kind == "CMD"
        return subprocess.run(self.inside(name, command), capture_output=True, check=False).returncode == 0

    def await_health(self, name: str) -> None:
        end = time.monotonic() + HEALTHY_SECONDS
        while not self.healthy(name):
            if time.monotonic() > end or self.running(name) is None:
                sys.exit(f"{name} is not healthy; its log ends:\n{self.said(name)}")
            time.sleep(0.5)

    def said(self, name: str) -> str:
        return (self.state / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    # --- commands ----------------------------------------------------------------------------------------------------

    def up(self, names: list[str]) -> None:
        chosen = names or [name for name, service in self.services.items() if "profiles" not in service]
        for name in chosen:
            self.start_after_others(name)
        for name in chosen:
            self.await_health(name)

    def start_after_others(self, name: str) -> None:
        for other, how in self.services[name].get("depends_on", {}).items():
            self.start_after_others(other)
            if how["condition"] == "service_healthy":
                self.await_health(other)
        if self.running(name) is None:
            self.stop(name)
            self.start(name)

    def run(self, name: str, words: list[str], entrypoint: str | None, env: list[str]) -> int:
        """A container of its own for one command, which is gone afterwards."""
        container, number = f"run{os.getpid()}", 100 + os.getpid() % 150
        plan = self.plan(name, container, number)
        plan["command"] = [*([entrypoint] if entrypoint else plan["entrypoint"]), *(words or plan["command"])]
        plan["environment"] |= dict(word.split("=", 1) for word in env)
        space = self.connect(name, container, number)
        try:
            return self.begin(space, container, plan, None).wait()
        finally:
            ip("netns", "delete", space)

    def down(self) -> None:
        for name in reversed(list(self.services)):
            self.stop(name)
        for space in Path("/run/netns").glob(f"l{self.tag}-*"):  # of a command that was cut off
            ip("netns", "delete", space.name)
        for i in range(len(self.networks)):
            if Path("/sys/class/net", bridge := f"b{self.tag}{i}").exists():
                ip("link", "delete", bridge)


def main() -> int:
    parser = argparse.ArgumentParser(prog="docker")
    compose = parser.add_subparsers(required=True).add_parser("compose")
    compose.add_argument("--file", type=Path, required=True)
    commands = compose.add_subparsers(dest="what", required=True)
    up, run = commands.add_parser("up"), commands.add_parser("run")
    inside, restart = commands.add_parser("exec"), commands.add_parser("restart")
    commands.add_parser("down")
    up.add_argument("--wait", action="store_true", required=True)
    for command in (up, restart):
        command.add_argument("names", nargs="*")
    run.add_argument("--rm", action="store_true", required=True)
    run.add_argument("--no-deps", action="store_true", required=True)
    run.add_argument("--entrypoint")
    run.add_argument("--env", action="append", default=[])
    for command in (run, inside):
        command.add_argument("-T", action="store_true", required=True)
        command.add_argument("name")
        command.add_argument("words", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    os.umask(0o022)  # what images hold is for everybody, whatever the users of this machine give each other
    project = Project(asked.file, Path(os.environ["ENGINE_STATE"]))
    match asked.what:
        case "up":
            project.up(asked.names)
        case "run":
            return project.run(asked.name, asked.words, asked.entrypoint, asked.env)
        case "exec":
            return subprocess.run(project.inside(asked.name, asked.words), check=False).returncode
        case "restart":
            for name in asked.names:
                project.stop(name)
            project.up(asked.names)
        case _:
            project.down()
    return 0


if __name__ == "__main__":
    sys.exit(main())
