"""Where a mutant is judged: a copy of the project in which one contract has the fault, forge, then the Python tests.

Only what a fault touches is compiled: under the profile `mutants` forge links tests dynamically, and the copy starts
each time from what was compiled without a fault.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.mutation.operators import Mutant

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "contracts"
ARTIFACTS = Path("ledger", "chain", "artifacts")

FORGE_SECONDS = 300
PYTHON_SECONDS = 600
PYTHON_TESTS = Path("tests", "chain", "contracts")
TESTS = {
    "PartnerRegistry": ("registry", "test_signing_domains.py", "test_anchor.py", "test_attacks.py"),
    "CustodyLedger": ("custody", "test_last_sequence.py", "test_attacks.py", "test_gas.py"),
    "ClearanceLedger": ("clearance", "test_last_sequence.py", "test_attacks.py", "test_gas.py"),
    "AttestationRegistry": ("test_attestation.py", "test_attacks.py", "test_gas.py"),
    "BonusPool": ("bonus", "test_signing_domains.py"),
    "CheckpointAnchor": ("test_anchor.py", "test_gas.py"),
    "SettlementToken": ("bonus",),
    "Courier": ("../relay/test_courier.py", "test_gas.py"),
}
"""Contract to the Python tests that are about it, the likeliest to notice first."""

INVALID, SAME, FORGE, PYTHON, SURVIVED = "invalid", "same", "forge", "python", "survived"
VERDICTS = (FORGE, PYTHON, SURVIVED)
"""What counts. INVALID does not compile, SAME compiles to the same code: neither is a mutant of anything."""


class WorkshopBroken(Exception):
    """The tests do not even pass without a fault, so they could tell nothing about one."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and the first test that noticed ("" when none did)."""

    verdict: str
    killer: str
    seconds: float


class Workshop:
    """A copy of the project at `place`, compiled and tested once without a fault. Not for two mutants at a time.

    Raises `WorkshopBroken` when what it would judge by does not pass without a fault.
    """

    def __init__(self, place: Path, *, only_forge: bool) -> None:
        self._place = place
        self._only_forge = only_forge
        _copy_project(place)
        self._contracts = place / "contracts"
        built = self._forge("build")
        if built.returncode != 0:
            raise WorkshopBroken(f"contracts do not compile without a fault:\n{built.stdout}{built.stderr}")
        tested = self._forge("test")
        if tested.returncode != 0:
            raise WorkshopBroken(f"forge fails without a fault:\n{tested.stdout[-4000:]}{tested.stderr[-2000:]}")
        self._code = self._compiled()
        for name in ("out", "cache"):
            shutil.copytree(self._contracts / name, place / f"clean-{name}", dirs_exist_ok=True)
        if not only_forge:
            self._write_artifacts(self._code)
            if killer := self._killed_by_python(list(TESTS)):
                raise WorkshopBroken(f"the Python tests fail without a fault: {killer}")

    def judge(self, mutant: Mutant, *, passed_forge: bool = False) -> Judgement:
        """Who notices the fault first; forge is not asked again where it is known to notice nothing. The copy is
        without the fault afterwards."""
        started = time.monotonic()
        file = self._contracts / mutant.file
        source = file.read_text(encoding="utf-8")
        file.write_text(mutant.apply(source), encoding="utf-8")
        try:
            verdict, killer = self._verdict(passed_forge=passed_forge)
        finally:
            file.write_text(source, encoding="utf-8")
            self._restore()
        return Judgement(verdict, killer, round(time.monotonic() - started, 1))

    def _verdict(self, *, passed_forge: bool) -> tuple[str, str]:
        if self._forge("build").returncode != 0:
            return INVALID, ""
        code = self._compiled()
        changed = [name for name in code if code[name] != self._code[name]]
        if not changed:
            return SAME, ""
        if not passed_forge and (killer := self._killed_by_forge()):
            return FORGE, killer
        if self._only_forge:
            return SURVIVED, ""
        self._write_artifacts(code)
        killer = self._killed_by_python(changed)
        return (PYTHON, killer) if killer else (SURVIVED, "")

    def _killed_by_forge(self) -> str:
        # Single tests take a second or two; most faults need no more.
        for which in ("--no-match-contract", "--match-contract"):
            try:
                tested = self._forge("test", "--fail-fast", which, "Invariants", timeout=FORGE_SECONDS)
            except subprocess.TimeoutExpired:
                return "timeout"
            if tested.returncode != 0:
                break
        else:
            return ""
        failed = re.findall(r"^(?:\[FAIL.*\])? (\w+)\(", tested.stdout, re.MULTILINE)
        return failed[0] if failed else "forge"

    def _killed_by_python(self, contracts: list[str]) -> str:
        tests = dict.fromkeys(str(PYTHON_TESTS / path) for name in contracts for path in TESTS[name])
        command = [str(ROOT / ".venv" / "bin" / "python"), "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        environment = os.environ | {"PYTHONPATH": str(self._place), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            tested = subprocess.run(
                command, cwd=self._place, env=environment, capture_output=True, text=True, check=False,
                timeout=PYTHON_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "timeout"
        if tested.returncode == 0:
            return ""
        failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", tested.stdout, re.MULTILINE)
        # Tests that could not be run have noticed nothing.
        if tested.returncode != 1 or not failed:
            raise WorkshopBroken(
                f"pytest ended with {tested.returncode}:\n{tested.stdout[-4000:]}{tested.stderr[-2000:]}"
            )
        killer: str = failed[0]
        return killer

    def _forge(self, *arguments: str, timeout: int | None = None) -> subprocess.CompletedProcess[str]:
        binaries = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [str(self._contracts / "node_modules" / ".bin" / "forge"), *arguments],
            cwd=self._contracts, env=os.environ | {"PATH": binaries, "FOUNDRY_PROFILE": "mutants"},
            capture_output=True, text=True, check=False, timeout=timeout,
        )  # fmt: skip

    def _compiled(self) -> dict[str, dict[str, object]]:
        """What forge compiled, in the form of the committed artifacts, by contract."""
        found = {}
        for name in TESTS:
            compiled = json.loads(
                (self._contracts / "out" / f"{name}.sol" / f"{name}.json").read_text(encoding="utf-8")
            )
            deployed = compiled["deployedBytecode"]
            places = [place for places in deployed.get("immutableReferences", {}).values() for place in places]
            found[name] = {
                "contractName": name,
                "sourceName": f"src/{name}.sol",
                "abi": compiled["abi"],
                "bytecode": compiled["bytecode"]["object"],
                "deployedBytecode": deployed["object"],
                "immutableReferences": sorted(places, key=lambda place: place["start"]),
            }
        return found

    def _write_artifacts(self, code: dict[str, dict[str, object]]) -> None:
        for name, artifact in code.items():
            path = self._place / ARTIFACTS / f"{name}.json"
            path.write_text(json.dumps(artifact, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    def _restore(self) -> None:
        for name in ("out", "cache"):
            shutil.rmtree(self._contracts / name)
            shutil.copytree(self._place / f"clean-{name}", self._contracts / name)
        self._write_artifacts(self._code)


def _copy_project(place: Path) -> None:
    """All files of the project as they stand, and links to what is installed. Unchanged compiled output is kept."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - whichever git is there
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in ("contracts/src", "contracts/test", "tests", "ledger"):
        shutil.rmtree(place / name, ignore_errors=True)
    for name in filter(None, listed.stdout.split("\0")):
        source = ROOT / name
        if source.is_symlink() or not source.is_file():
            continue
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, place / name)
    for name in (".venv", "contracts/node_modules"):
        if not (place / name).is_symlink():
            (place / name).symlink_to((ROOT / name).resolve(), target_is_directory=True)


def digest_of(*folders: Path) -> str:
    """A fingerprint of all files below these folders, names and content."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in (".sol", ".py", ".toml")):
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
