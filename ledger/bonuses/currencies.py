"""Penalties of another currency in a bonus: counted where the rule file says by whose rates and of which day.

    [currencies]
    issuer = 9                      # whose rates: a partner with the issuer's role for the schema
    day = "period-end"              # the rate of the period's last day; or "promised", of the day of the promise
    older = 4                       # at most so many days older, where that day has no rate; left out, 0
    schema = "fx"                   # left out, fx

The day is written in what all parties signed, so nobody chooses it later: not even by when he delivers. `grace` has to
leave the time in which rates become fixed (`ledger.attested.fx`), so that no award is computed before its rates are.
A penalty is converted by itself and rounded down. One without a rate is set aside and said to be, never guessed. Rates
from the awarder, the arbiter, the residual partner or a party of the agreement count for nobody: whoever gains by a
rate does not state it.
"""

from dataclasses import dataclass
from enum import StrEnum

from ledger.attested.fx import FIXED_AFTER, OLDEST, SCHEMA
from ledger.common.json_fields import fields_of, integer, shown, text
from ledger.common.scopes import schema_hash
from ledger.errors import MalformedRecord
from ledger.records.types import BonusAgreement


class RateDay(StrEnum):
    """Of which day the rate is: the last of the agreement's period, or that of the promise, grace included (UTC)."""

    PERIOD_END = "period-end"
    PROMISED = "promised"


@dataclass(frozen=True, slots=True)
class CurrencyRule:
    """`schema`: SHA-256 of the schema's name. `older`: by how many days a rate may be older than its day."""

    issuer: int
    day: RateDay
    older: int = 0
    schema: bytes = schema_hash(SCHEMA)


def parse_currencies(value: object, grace: int, *, penalties: bool) -> CurrencyRule:
    """What `[currencies]` of a rule file states. Raises `MalformedRecord` naming the key."""
    table = fields_of(value, "currencies", ("issuer", "day"), more=("older", "schema"))
    if not penalties:
        raise MalformedRecord(
            "rates without penalties", where="currencies", expected="penalties = true: only penalties are converted"
        )
    if grace < FIXED_AFTER:
        raise MalformedRecord(
            "too short for the period's last rates", where="grace", expected=f"at least {FIXED_AFTER}", found=grace
        )
    if table["day"] not in list(RateDay):
        expected = " or ".join(f'"{day}"' for day in RateDay)
        raise MalformedRecord("unknown day", where="currencies.day", expected=expected, found=shown(table["day"]))
    return CurrencyRule(
        issuer=integer(table["issuer"], "currencies.issuer", 1, 2**40 - 1),
        day=RateDay(table["day"]),
        older=integer(table.get("older", 0), "currencies.older", 0, OLDEST),
        schema=schema_hash(text(table.get("schema", SCHEMA), "currencies.schema", 1, 64)),
    )


def interested(agreement: BonusAgreement, issuer: int) -> bool:
    """Whether the issuer gains or loses by a rate, or judges about it."""
    parties = {share.partner for share in agreement.parties}
    return issuer in parties | {agreement.awarder, agreement.arbiter, agreement.residual}
