"""Keep a home as this release writes it, for the tests of later ones: `make release-home` before a version goes out.

It plays the demo and packs its home, with what the release says of it, into `tests/fixtures/homes`. Its keys are those
of a demo. A home that is there is never written again: what a release wrote does not change afterwards. And it notes
the code of the release's contracts, by which later releases know those that were deployed.
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ledger.services.lifecycle.contract_succession import deployed_codes
from scripts.compile_contracts import ARTIFACTS

CODES = ARTIFACTS.parent / "released.json"
TARGET = Path(__file__).parent.parent / "tests" / "fixtures" / "homes"
KEPT = ("shipments", "records", "checkpoint", "penalty", "award", "products")
"""What of the demo's result a later release must say as well."""


def main() -> int:
    release = version("lading")
    packed, facts = TARGET / f"{release}.tar.xz", TARGET / f"{release}.json"
    if packed.exists():
        print(f"{packed} is there: raise the version in pyproject.toml first", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        result = _played(home)
        with tarfile.open(packed, "w:xz") as archive:
            archive.add(home, "home", filter=_anonymous)
    facts.write_text(json.dumps({name: result[name] for name in KEPT}, indent=1) + "\n")
    _note_codes(release)
    return 0


def _note_codes(release: str) -> None:
    """Add what the contracts of this release are deployed as to the list of all releases."""
    listed = json.loads(CODES.read_bytes())
    listed[release] = deployed_codes(sorted(path.stem for path in ARTIFACTS.glob("*.json")))
    CODES.write_text(_in_lines(listed))


def _in_lines(listed: dict[str, dict[str, Any]]) -> str:
    """JSON with a line for each contract."""
    releases = (
        f' "{release}": {{\n' + ",\n".join(f'  "{name}": {json.dumps(code)}' for name, code in codes.items()) + "\n }"
        for release, codes in listed.items()
    )
    return "{\n" + ",\n".join(releases) + "\n}\n"


def _played(home: Path) -> dict[str, Any]:
    """The demo's result; `home` is left as a stopped node leaves it."""
    command = [str(Path(sys.executable).with_name("lading")), "demo", "--no-serve", "--json"]
    environment = {**os.environ, "LADING_HOME": str(home)}
    done = subprocess.run(command, env=environment, check=True, capture_output=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    sys.exit(main())
