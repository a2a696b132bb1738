"""A plan that somebody states, confirmed without a solver: it keeps every limit, its objective adds up, and its bound
follows from the prices beside it.

What only a solver's search can know stays its maker's word: that nothing is feasible, and that no plan is better where
`Proof` is not `prices`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.common.json_fields import entries, shown
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.planning.optimum import Answer, Optimum, Program, Proof, Solution, dual_bound, is_feasible, worth_of

MOST = 2**80
"""The largest number in a claim."""


def confirmed(program: Program, columns: Sequence[int], told: Mapping[str, Any]) -> Solution:
    """The solution that an answer tells, held against the program. Raises `VerificationFailed`, `MalformedRecord`."""
    optimum, prices = optimum_told(told), prices_told(told)
    if optimum.objective is None:
        return Solution(optimum, (), prices)
    if not is_feasible(program, columns):
        raise VerificationFailed("the plan does not keep its limits", where="plan")
    if len(prices) not in (0, len(program.rows)):
        raise VerificationFailed("not a price for each limit", where="prices", expected=len(program.rows),
                                 found=len(prices))  # fmt: skip
    check_optimum(optimum, worth_of(program, columns), dual_bound(program, prices))
    return Solution(optimum, tuple(columns), prices)


def check_optimum(optimum: Optimum, worth: int, most: int | None) -> None:
    """Raise `VerificationFailed` unless a plan is worth what is said, and its bound is one; `most`: what follows from
    prices, None where none are told.
    """
    objective, bound = optimum.objective, optimum.bound
    if objective != worth:
        raise VerificationFailed("the objective is another", where="plan.optimum.objective", expected=worth,
                                 found=objective)  # fmt: skip
    if bound is None or bound < worth or (optimum.answer is Answer.OPTIMAL and bound != worth):
        raise VerificationFailed("no bound of this plan", where="plan.optimum.bound", expected=worth, found=bound)
    proved = optimum.answer is Answer.OPTIMAL and worth == most
    if most is not None and (bound > most or (optimum.proof is Proof.PRICES) != proved):
        raise VerificationFailed("not the bound of its prices", where="plan.optimum.bound", expected=most, found=bound)
    if (optimum.answer is Answer.OPTIMAL) == (optimum.proof is Proof.NONE):
        raise VerificationFailed("not what proves such an answer", where="plan.optimum.proof", found=optimum.proof)


def optimum_told(told: Mapping[str, Any]) -> Optimum:
    """What an answer says of the optimum. Raises `MalformedRecord`."""
    stated = told["plan"].get("optimum") if isinstance(told.get("plan"), dict) else None
    if not isinstance(stated, dict):
        raise MalformedRecord("no optimum", where="plan.optimum", found=shown(stated))
    try:
        answer, proof = Answer(str(stated.get("answer"))), Proof(str(stated.get("proof")))
    except ValueError:
        raise MalformedRecord("no such answer or proof", where="plan.optimum", found=shown(stated)) from None
    objective, bound = (
        None if stated.get(name) is None else whole(stated[name], f"plan.optimum.{name}")
        for name in ("objective", "bound")
    )
    return Optimum(answer, objective, bound, proof)


def prices_told(told: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(whole(value, where) for where, value in entries(told.get("prices") or [], "prices"))


def listed(told: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The entries of a list in a plan that is told. Raises `MalformedRecord`."""
    found = [(where, entry) for where, entry in entries(told["plan"].get(name), f"plan.{name}")]
    for where, entry in found:
        if not isinstance(entry, dict):
            raise MalformedRecord("not an object", where=where, found=shown(entry))
    return [entry for _, entry in found]


def whole(value: object, where: str) -> int:
    """A whole number, as such or as a decimal text. Raises `MalformedRecord`."""
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, int | str) or not text.removeprefix("-").isdecimal():
        raise MalformedRecord("not a whole number", where=where, found=shown(value))
    if len(text) > 30 or not -MOST < int(text) < MOST:
        raise MalformedRecord("too large a number", where=where, found=text[:40])
    return int(text)
