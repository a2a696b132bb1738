"""Several services and workers of one log as processes of their own: each with its home, as on a machine of its own."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from ledger.chain.deploy import TokenPlan
from ledger.cli.demo.scribe import Scribe
from ledger.cli.sandbox import OPERATOR, Trial, found_trial, open_for_business, open_trial
from ledger.services.home.clock import SystemClock
from ledger.services.home.keystores import DEMO_PASSPHRASE
from ledger.services.home.settings import Settings, read_settings
from tests.e2e.cli.processes import LADING, environment, free_port
from tests.e2e.stage import CARRIER, MAKER, PURSE, ROLES, SHOP, parties
from tests.forks import Lading

ACCEPTING_NEEDS = ("consortium.json", "keys/log.pem", "keys/session.key")
"""What a machine that only accepts has of the home; no key that sends anything."""
FREE = {f"LADING_QUOTA_{what}": "0" for what in ("READS", "WRITES")}


@dataclass
class Running:
    """A process that is started again as it was. `url`: of one that serves."""

    command: tuple[str, ...]
    env: dict[str, str]
    log: Path
    url: str = ""
    process: Lading = field(init=False)

    def start(self) -> None:
        self.process = Lading(self.command, self.env, self.log)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def readiness(self) -> dict[str, Any]:
        """What it says of itself; nothing while it does not answer."""
        with suppress(requests.RequestException):
            answer: dict[str, Any] = requests.get(f"{self.url}/readyz", timeout=5).json()
            return answer
        return {"status": "away", "checks": {}}


@dataclass
class Deployment:
    """A log whose home is on the first machine; the others see its folder `log`, and who works its `keys`."""

    folder: Path
    settings: Settings
    trial: Trial
    scribe: Scribe
    processes: list[Running] = field(default_factory=list)

    def alone(self, name: str = "alone") -> Running:
        """A service with a worker of its own, in the home itself."""
        return self._started(name, self.settings.home, ("serve",), free_port())

    def worker(self, name: str) -> Running:
        """A process that works, or waits for its turn; the first has the home itself."""
        home = self.folder / name
        if not home.exists():
            home.mkdir()
            (home / "keys").symlink_to(self.settings.home / "keys")  # where the highest checkpoint is kept
            self._machine(home, ("consortium.json",))
        return self._started(name, home, ("work",))

    def service(self, name: str, **settings: str) -> Running:
        """A process that accepts and reads, of everybody as much as comes unless `settings` say otherwise."""
        home, port = self.folder / name, free_port()
        (home / "keys").mkdir(parents=True)
        self._machine(home, ACCEPTING_NEEDS)
        return self._started(name, home, ("serve", "--no-worker"), port, **settings)

    def _machine(self, home: Path, needs: tuple[str, ...]) -> None:
        for name in needs:
            shutil.copy(self.settings.home / name, home / name)
        (home / "log").symlink_to(self.settings.home / "log")

    def _started(self, name: str, home: Path, command: tuple[str, ...], port: int = 0, **settings: str) -> Running:
        env = environment(
            home,
            LADING_CHAIN=self.settings.chain,
            LADING_DATABASE_URL=self.settings.database_url,
            LADING_PASSPHRASE=DEMO_PASSPHRASE,
            LADING_PORT=str(port or 8000),
            **FREE | settings,
        )
        running = Running(command, env, self.folder / f"{name}.log", f"http://127.0.0.1:{port}" if port else "")
        running.start()
        self.processes.append(running)
        return running

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A command in the first machine's home."""
        named = {"LADING_CHAIN": self.settings.chain, "LADING_DATABASE_URL": self.settings.database_url}
        env = environment(self.settings.home, **named)
        return subprocess.run([*LADING, *words], env=env, capture_output=True, text=True, check=False)

    def said(self) -> str:
        """The end of every process's log, for a test that fails."""
        return "\n".join(f"--- {one.log.name}\n{one.log.read_text()[-2000:]}" for one in self.processes)


@contextmanager
def deployed(folder: Path, chain: str, database_url: str) -> Iterator[Deployment]:
    """A consortium on `chain`, everybody admitted, and nothing running yet; in the end nothing runs any more."""
    settings = read_settings({"LADING_CHAIN": chain, "LADING_DATABASE_URL": database_url}, home=folder / "first")
    clock, cast = SystemClock(), parties()
    found_trial(settings, clock, delay=0, token=TokenPlan("Stage Euro", "sEUR", PURSE.address, 10**10))
    trial = open_trial(settings)
    open_for_business(trial, cast[OPERATOR])
    trial.admit([(cast[number], "", ROLES[number]) for number in (MAKER, CARRIER, SHOP)])
    trial.parties = cast
    trial.node.close()
    deployment = Deployment(folder, settings, trial, Scribe(trial, cast))
    try:
        yield deployment
    finally:
        for one in deployment.processes:
            if one.process.poll() is None:
                one.go_on()
                one.kill()


def until(condition: Any, seconds: float, what: str) -> float:
    """Wait for something that must come true; how many seconds it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, f"waited {seconds} s: {what}"
        time.sleep(0.2)
    return time.monotonic() - begun
