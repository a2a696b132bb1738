"""Many penalty statements at once: what one partner owes and is owed, by currency, and a page of the list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ledger.common.figure import Currency, figure
from ledger.common.figure import to_json as figure_json
from ledger.common.ids import to_hex
from ledger.errors import NotFound
from ledger.penalties.amounts import Owed
from ledger.penalties.statement import PenaltyStatement

S = TypeVar("S", PenaltyStatement, Owed)


@figure("currency", "statements", "late", "owes", "is_owed", "frozen", "open", "indicative")
@dataclass(frozen=True, slots=True)
class Total:
    """Sums in minor units of one currency. `late`: statements of goods that are late, be it too little for an
    amount. `owes` and `is_owed` are those of the partner asked about; without one both are what all owe. `frozen`: what
    disputes may add to that. `open`: the part that may still change. Amounts whose liable has neither signed nor
    endorsed the terms are `indicative`, and in none of the other sums.
    """

    currency: Currency
    statements: int
    late: int
    owes: int
    is_owed: int
    frozen: int
    open: int
    indicative: int


def totals(statements: Sequence[PenaltyStatement | Owed], partner: int | None = None) -> list[Total]:
    """By currency, ascending. Amounts of different currencies are never summed."""
    result = []
    for currency in sorted({s.currency for s in statements}):
        of = [s for s in statements if s.currency == currency]
        bound = [s for s in of if not s.indicative]
        result.append(
            Total(
                currency,
                len(of),
                sum(s.late_seconds > 0 for s in of),
                sum(s.amount for s in bound if partner in (None, s.liable)),
                sum(s.amount for s in bound if partner in (None, s.beneficiary)),
                sum(s.frozen for s in bound),
                sum(s.amount for s in bound if not s.settled),
                sum(s.amount for s in of if s.indicative),
            )
        )
    return result


def page_of(statements: Sequence[S], after: bytes | None, limit: int) -> tuple[Sequence[S], bytes | None]:
    """Up to `limit` statements behind the one of shipment `after`, and what to pass on for the next page.

    Raises `NotFound` when `after` is not in the list.
    """
    begin = 0
    if after is not None:
        places = (i for i, statement in enumerate(statements) if statement.shipment == after)
        if (place := next(places, None)) is None:
            raise NotFound("no such place in the list", where="after", found=to_hex(after))
        begin = place + 1
    shown = statements[begin : begin + limit]
    return shown, shown[-1].shipment if begin + limit < len(statements) else None


def to_json(
    statements: Sequence[PenaltyStatement],
    partner: int | None,
    after: bytes | None = None,
    limit: int | None = None,
    *,
    form: Callable[[PenaltyStatement], dict[str, Any]] = figure_json,
) -> dict[str, Any]:
    """The list as JSON: totals over all of it, and a page of statements, each in `form`."""
    shown, following = page_of(statements, after, len(statements) if limit is None else limit)
    return {
        "totals": [figure_json(total) for total in totals(statements, partner)],
        "penalties": [form(statement) for statement in shown],
        "next": None if following is None else to_hex(following),
    }
