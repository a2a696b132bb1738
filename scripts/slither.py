"""Static analysis of the contracts, compared with the answers in contracts/SLITHER.md.

    python -m scripts.slither

Exit status 1 when slither finds what is not answered there, or when an answer has lost its finding. Slither lives in an
environment of its own (`make slither` makes it), since it needs another web3 than Lading.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
ANSWERS = CONTRACTS / "SLITHER.md"
BINARIES = (CONTRACTS / "node_modules" / ".bin", ROOT / ".venv-slither" / "bin", ROOT / ".venv" / "bin")
ARGUMENTS = (".", "--exclude-dependencies", "--filter-paths", "node_modules|test")

Findings = Counter[tuple[str, str]]
"""How often each (detector, place) is found; a place is `Contract.function`, `Contract.variable` or one inside."""

_SECTION = re.compile(r"^## (?P<detector>[a-z0-9-]+)$")
_PLACE = re.compile(r"`(?P<place>[^`]+)`(?: ×(?P<times>[0-9]+))?")


class AnalysisFailed(Exception):
    """Slither did not come to an end."""


def answered(text: str) -> Findings:
    """The findings that SLITHER.md answers: under a heading with the detector's name, paragraphs `Where: …`."""
    result: Findings = Counter()
    detector = ""
    listing = False
    for line in text.splitlines():
        if match := _SECTION.match(line):
            detector = match["detector"]
        listing = bool(line.strip()) and (listing or line.startswith("Where: "))
        if listing and detector:
            for match in _PLACE.finditer(line):
                result[detector, match["place"]] += int(match["times"] or 1)
    return result


def reported(report: dict[str, Any]) -> Findings:
    """The findings of slither's JSON report."""
    if not report["success"]:
        raise AnalysisFailed(report["error"])
    findings = report["results"].get("detectors", [])
    return Counter((finding["check"], _place(finding["elements"][0])) for finding in findings)


def _place(element: dict[str, Any]) -> str:
    parent = element.get("type_specific_fields", {}).get("parent")
    inside = parent is not None and parent["type"] in ("contract", "function")
    return f"{_place(parent)}.{element['name']}" if inside else str(element["name"])


def analyse() -> dict[str, Any]:
    """Run slither on contracts/src; forge's own output folders are left alone."""
    with tempfile.TemporaryDirectory(prefix="lading-slither-") as folder:
        report = Path(folder) / "report.json"
        environment = os.environ | {
            "PATH": os.pathsep.join([*map(str, BINARIES), os.environ.get("PATH", "")]),
            "FOUNDRY_OUT": str(Path(folder) / "out"),
            "FOUNDRY_CACHE_PATH": str(Path(folder) / "cache"),
        }
        command = [str(ROOT / ".venv-slither" / "bin" / "slither"), *ARGUMENTS, "--json", str(report)]
        # Its exit status only says that there are findings; a run that failed leaves no report.
        done = subprocess.run(command, cwd=CONTRACTS, env=environment, capture_output=True, text=True, check=False)
        if not report.exists():
            raise AnalysisFailed(done.stderr[-4000:])
        data: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return data


def main() -> int:
    try:
        found = reported(analyse())
    except (AnalysisFailed, OSError) as error:
        print(f"slither failed: {error}", file=sys.stderr)
        return 2
    answers = answered(ANSWERS.read_text(encoding="utf-8"))
    for (detector, place), times in sorted((found - answers).items()):
        print(f"not answered: {detector} in {place}" + (f", {times} times" if times > 1 else ""), file=sys.stderr)
    for (detector, place), times in sorted((answers - found).items()):
        print(f"not found any more: {detector} in {place}" + (f", {times} times" if times > 1 else ""), file=sys.stderr)
    if found != answers:
        print(
            "Mend the contract, or answer in contracts/SLITHER.md.",
            file=sys.stderr,
        )
        return 1
    print(f"slither: {found.total()} findings, each answered in contracts/SLITHER.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
