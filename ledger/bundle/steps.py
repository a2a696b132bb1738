"""What a verifier says of each step: whether it holds, why, and on what it rests."""

from dataclasses import dataclass
from typing import Any

from ledger.bundle.figure_checks import CheckedFigures
from ledger.errors import LadingError

PROVED, ATTESTED = "proved", "attested by the log"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of verification. `basis` says whether it is proved here or attested by the log. `checked`: the figures
    that it made again, for whoever puts them in words.
    """

    name: str
    ok: bool
    basis: str
    expected: str = ""
    found: str = ""
    why: str = ""
    checked: CheckedFigures | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ok": self.ok,
            "basis": self.basis,
            "expected": self.expected,
            "found": self.found,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Said:
    """What a step found, where that is not always on the same basis."""

    why: str
    basis: str


def failed(name: str, basis: str, error: LadingError) -> Step:
    where = f"{error.where}: " if error.where else ""
    return Step(name, False, basis, error.expected, error.found, f"{where}{error.what}. {error.mend}".strip())
