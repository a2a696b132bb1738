"""What judging a file gathers: what is open, what its own lines settled, and where a zone is needed."""

from dataclasses import dataclass, field

from ledger.formats.tabular.judging.choices import MOST_PROOF
from ledger.formats.tabular.table import Cell, Question

Cells = list[tuple[int, Cell]]
"""The cells of a column that hold anything, with their lines."""


@dataclass(slots=True)
class Findings:
    """`naive`: lines with days, or times of day, that say of no zone which they are in."""

    questions: list[Question] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    naive: list[tuple[int, str]] = field(default_factory=list)

    def ask(self, key: str, what: str, proof: list[tuple[int, str]], choices: str) -> None:
        self.questions.append(Question(key, what, tuple(proof[:MOST_PROOF]), choices))
