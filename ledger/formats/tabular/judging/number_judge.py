"""Which sign stands before decimals in a column: by the map, else by what its own lines prove; else it is asked."""

from collections.abc import Iterable
from dataclasses import replace

from ledger.formats.tabular.judging.choices import Decision, Evidence, decide
from ledger.formats.tabular.judging.findings import Cells, Findings
from ledger.formats.tabular.mapping.import_map import Numbers, Source
from ledger.formats.tabular.values.amounts import number_of

_SIGNS = {".": "a point before decimals", ",": "a comma before decimals"}
_KEY = "numbers.decimal"


def judge_numbers(source: Source, given: Numbers, cells: Cells, findings: Findings) -> Numbers:
    """How the numbers of a column are written; while anything is asked about it, nothing may be read by it."""
    texts = [(line, cell) for line, cell in cells if isinstance(cell, str)]
    decision = decide(map(_evidence, texts), tuple(_SIGNS), given.decimal)
    if not given.decimal and decision.chosen and decision.apart and not _groups(texts, decision.chosen):
        # `1,234` beside `1234.56`: that decimals have a point does not yet say that the comma is none of them.
        decision = Decision(open=(*decision.apart[:2], *([decision.proof] if decision.proof else [])))
    column = source.column
    if decision.against:
        what = f"the map says {_SIGNS[given.decimal]}, and in {column!r} these lines cannot be read so"
        findings.ask(_KEY, what, [(cell.line, cell.text) for cell in decision.against], "the sign before decimals")
    elif decision.open:
        mixed = any(len(cell.says) == 1 for cell in decision.open)
        how = "are written in two ways" if mixed else "can be read both ways"
        choices = '"." or ",", and numbers.thousands for the sign between thousands'
        findings.ask(_KEY, f"numbers in {column!r} {how}", list(map(_read, decision.open)), choices)
    elif decision.proof is not None and not given.decimal:
        shown = f"as line {decision.proof.line} shows ({decision.proof.text})"
        findings.told.append(f"numbers in {column!r}: {_SIGNS[decision.chosen]}, {shown}")
    return replace(given, decimal=decision.chosen or given.decimal)


def _evidence(cell: tuple[int, str]) -> Evidence:
    line, text = cell
    return Evidence(line, text, {sign: n for sign in _SIGNS if (n := number_of(text, sign, None)) is not None})


def _read(cell: Evidence) -> tuple[int, str]:
    """A line with the numbers that stand there, one or both."""
    return cell.line, f"{cell.text} is {' or '.join(dict.fromkeys(str(number) for number in cell.says.values()))}"


def _groups(texts: Iterable[tuple[int, str]], decimal: str) -> bool:
    """Whether any number has the other sign between thousands beyond doubt: beside decimals, or twice."""
    other = "," if decimal == "." else "."
    return any(
        other in text and (decimal in text or text.count(other) > 1) and number_of(text, decimal, other) is not None
        for _, text in texts
    )
