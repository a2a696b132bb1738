"""Keep a home as this release writes it, for the tests of later ones: `make release-home` before a version goes out.

It plays the demo and packs its home, with what the release says of it, into `tests/fixtures/homes`. Its keys are those
of a demo. A home that is there is never written again: what a release wrote does not change afterwards.
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
    return 0


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
