"""Integer programs, solved by HiGHS and then proved in integers.

A solver reckons in floating point, so nothing that it says is taken over. Its answer is rounded, held against every
limit in exact integers, and its objective added up anew. What it says about the optimum is a guide to prices (duals):
by weak duality *any* prices give a bound that no plan exceeds, and this bound is worked out exactly here
(`dual_bound`), so that whoever has the program and the prices checks it with pencil and paper. Only where the bound of
prices lies above the plan does the proof rest on the solver's own search, and then the result says so (`Proof`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from ledger.common.figure import figure
from ledger.errors import MalformedRecord
from ledger.planning.libraries import library

MILLION = 1_000_000
MOST_COEFFICIENT = 2**40
"""The largest number in a program: floating point still tells its neighbours apart after some additions."""
NODES = 20_000
"""Of the solver's search: a count, not a time, so that the same plan comes out on a slow machine."""
SECONDS = 60.0
"""A stop for what the count does not catch. A plan that meets it says `LIMIT`."""
PRICE_PARTS = 2**20
"""Prices are rounded to this part of a unit."""


class Answer(StrEnum):
    """`limit`: search stopped at its limit; the plan is the best that was found, and `bound` says what may be left."""

    OPTIMAL = "optimal"
    LIMIT = "limit"
    INFEASIBLE = "infeasible"


class Proof(StrEnum):
    """Why no plan is better. `prices`: the exact bound of prices is met; `search`: the solver searched all others, in
    floating point; `none`: nothing says so.
    """

    PRICES = "prices"
    SEARCH = "search"
    NONE = "none"


@figure("answer", "objective", "bound", "gap_ppm", "proof")
@dataclass(frozen=True, slots=True)
class Optimum:
    """What a plan reaches. `objective` is exact, None without a plan; no plan exceeds `bound`."""

    answer: Answer
    objective: int | None
    bound: int | None
    proof: Proof

    @property
    def gap_ppm(self) -> int | None:
        """What may be missing, in millionths of the bound, rounded up."""
        if self.objective is None or self.bound is None:
            return None
        return -(-(self.bound - self.objective) * MILLION // max(1, abs(self.bound)))


@dataclass(frozen=True, slots=True)
class Row:
    """`least` ≤ Σ coefficient · column ≤ `most`; None: no limit on that side."""

    terms: tuple[tuple[int, int], ...]
    most: int | None
    least: int | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """Maximise Σ gain · column over integers 0 ≤ column ≤ `most` under `rows`. All limits are finite: no program is
    unbounded."""

    gains: tuple[int, ...]
    most: tuple[int, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """`columns` empty where nothing is feasible. `prices` of the rows, in parts of `PRICE_PARTS`."""

    optimum: Optimum
    columns: tuple[int, ...]
    prices: tuple[int, ...]


def solve(program: Program, nodes: int = NODES) -> Solution:
    """The best columns. Raises `MalformedRecord` for numbers that floating point cannot carry, `Misconfigured` where
    the solver is not installed.
    """
    _check(program)
    if not program.gains:
        feasible = is_feasible(program, ())
        answer = Answer.OPTIMAL if feasible else Answer.INFEASIBLE
        worth = 0 if feasible else None
        return Solution(Optimum(answer, worth, worth, Proof.PRICES), (), (0,) * len(program.rows))
    relaxed = _run(program, whole=False, nodes=nodes)
    if relaxed.infeasible:
        return Solution(Optimum(Answer.INFEASIBLE, None, None, Proof.SEARCH), (), ())
    prices = _whole_prices(program, relaxed.prices)
    bound = dual_bound(program, prices)
    columns = _rounded(program, relaxed.columns)
    if columns is not None and worth_of(program, columns) == bound:
        return Solution(Optimum(Answer.OPTIMAL, bound, bound, Proof.PRICES), columns, prices)
    searched = _run(program, whole=True, nodes=nodes)
    if searched.infeasible:
        return Solution(Optimum(Answer.INFEASIBLE, None, None, Proof.SEARCH), (), ())
    found = _rounded(program, searched.columns)
    both = [each for each in (columns, found) if each is not None]
    best = max(both, key=lambda each: worth_of(program, each), default=None)
    return Solution(_judged(program, best, bound, searched), best or (), prices)


def _judged(program: Program, best: tuple[int, ...] | None, bound: int, searched: "_Run") -> Optimum:
    """`bound` is that of prices."""
    said = bound if searched.bound is None else min(bound, searched.bound)
    if best is None:
        return Optimum(Answer.LIMIT, None, said, Proof.NONE)
    worth = worth_of(program, best)
    if worth == bound:
        return Optimum(Answer.OPTIMAL, worth, worth, Proof.PRICES)
    if searched.finished and said <= worth:
        return Optimum(Answer.OPTIMAL, worth, worth, Proof.SEARCH)
    return Optimum(Answer.LIMIT, worth, max(said, worth), Proof.NONE)


def worth_of(program: Program, columns: Sequence[int]) -> int:
    return sum(gain * count for gain, count in zip(program.gains, columns, strict=True) if count)


def is_feasible(program: Program, columns: Sequence[int]) -> bool:
    """In exact integers."""
    if any(not 0 <= count <= most for count, most in zip(columns, program.most, strict=True)):
        return False
    for row in program.rows:
        total = sum(factor * columns[column] for column, factor in row.terms)
        if (row.most is not None and total > row.most) or (row.least is not None and total < row.least):
            return False
    return True


def dual_bound(program: Program, prices: Sequence[int]) -> int:
    """What no feasible plan exceeds, by `prices` of the rows in parts of `PRICE_PARTS` (empty: all 0), exactly.

    Σ gain·x = Σ (gain − Σ price·coefficient)·x + Σ price·row ≤ Σ max(0, reduced gain)·most + Σ price·limit, where the
    limit is the upper one for a positive price and the lower one for a negative. A price at a side without a limit
    would prove nothing, and counts as 0.
    """
    reduced = [gain * PRICE_PARTS for gain in program.gains]
    total = 0
    for row, price in zip(program.rows, prices or (0,) * len(program.rows), strict=True):
        limit = row.most if price > 0 else row.least
        if price == 0 or limit is None:
            continue
        total += price * limit
        for column, factor in row.terms:
            reduced[column] -= price * factor
    total += sum(gain * most for gain, most in zip(reduced, program.most, strict=True) if gain > 0)
    return total // PRICE_PARTS


def _check(program: Program) -> None:
    numbers = [*program.gains, *program.most]
    for row in program.rows:
        numbers += [factor for _, factor in row.terms]
        numbers += [limit for limit in (row.most, row.least) if limit is not None]
    if (largest := max(map(abs, numbers), default=0)) > MOST_COEFFICIENT:
        raise MalformedRecord("a number too large for a plan", where="plan", expected=f"at most {MOST_COEFFICIENT}",
                              found=largest)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Run:
    """What the solver says, in floating point but for `bound`."""

    infeasible: bool
    finished: bool
    columns: Sequence[float]
    prices: Sequence[float]
    bound: int | None


def _run(program: Program, *, whole: bool, nodes: int) -> _Run:
    solver, highspy = _solver(nodes)
    solver.passModel(_model(program, highspy, whole=whole))
    solver.run()
    status = solver.getModelStatus()
    kinds = highspy.HighsModelStatus
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):  # unbounded is none: all columns have limits
        return _Run(True, True, (), (), None)
    solution, info = solver.getSolution(), solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    bound = info.mip_dual_bound if whole else None
    return _Run(
        infeasible=False,
        finished=status == kinds.kOptimal,
        columns=tuple(solution.col_value) if found else (),
        prices=tuple(solution.row_dual) if not whole else (),
        bound=_floor(bound) if bound is not None and abs(bound) < 2.0**62 else None,
    )


def _floor(bound: float) -> int:
    """Gains are integers: what lies a hair below one is that one."""
    return int(Fraction(bound + 1e-6 * max(1.0, abs(bound) * 1e-6)).__floor__())


def _solver(nodes: int) -> tuple[Any, Any]:
    highspy = library("highspy")
    solver = highspy._Highs()  # noqa: SLF001 (`Highs` around it prints to standard output before any option can be set)
    for name, value in {
        "output_flag": False,
        "threads": 1,
        "random_seed": 1,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.0,
        "mip_feasibility_tolerance": 1e-9,
        "primal_feasibility_tolerance": 1e-9,
        "dual_feasibility_tolerance": 1e-9,
        "mip_max_nodes": nodes,
        "time_limit": SECONDS,
    }.items():
        solver.setOptionValue(name, value)
    return solver, highspy


def _model(program: Program, highspy: Any, *, whole: bool) -> Any:
    numpy = library("numpy")
    count = len(program.gains)
    starts, columns, factors = [0], [], []
    for row in program.rows:
        columns += [column for column, _ in row.terms]
        factors += [factor for _, factor in row.terms]
        starts.append(len(columns))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, len(program.rows)
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = numpy.array(program.gains, dtype=float)
    model.col_lower_ = numpy.zeros(count)
    model.col_upper_ = numpy.array(program.most, dtype=float)
    infinite = highspy.kHighsInf
    model.row_lower_ = numpy.array([-infinite if row.least is None else row.least for row in program.rows], dtype=float)
    model.row_upper_ = numpy.array([infinite if row.most is None else row.most for row in program.rows], dtype=float)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = numpy.array(starts, dtype=numpy.int32)
    model.a_matrix_.index_ = numpy.array(columns, dtype=numpy.int32)
    model.a_matrix_.value_ = numpy.array(factors, dtype=float)
    if whole:
        model.integrality_ = [highspy.HighsVarType.kInteger] * count
    return model


def _rounded(program: Program, columns: Sequence[float]) -> tuple[int, ...] | None:
    """The nearest integers, where they keep every limit."""
    if not columns:
        return None
    near = tuple(round(value) for value in columns)
    return near if is_feasible(program, near) else None


def _whole_prices(program: Program, prices: Sequence[float]) -> tuple[int, ...]:
    if not prices:
        return (0,) * len(program.rows)
    return tuple(round(price * PRICE_PARTS) for price in prices)
