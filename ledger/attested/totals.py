"""Penalties of several currencies in one: by attested rates of the days of their promises, exactly, or left out.

The sum is one of fractions and rounded down once. What has no rate is in no sum, and stands beside it by currency.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Protocol

from ledger.attested.fx import Rate, Rates, day_of
from ledger.common.figure import Currency, figure
from ledger.common.ids import PartnerId, RecordId


class Penalty(Protocol):
    """A penalty as a sum needs it; `ledger.penalties.statement.PenaltyStatement` says what its fields mean."""

    @property
    def liable(self) -> int: ...
    @property
    def beneficiary(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def promised_at(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def frozen(self) -> int: ...
    @property
    def indicative(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which currency, and whose rates: of the day (UTC) on which a promise ends, grace included, or at most `older`
    days before it. `schema`: SHA-256 of the schema's name.
    """

    currency: str
    issuer: int
    schema: bytes
    older: int = 0


@figure("currency", "statements", "owes", "is_owed", "frozen")
@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is in no sum, for no rate is known: sums of one currency, in its minor units."""

    currency: Currency
    statements: int
    owes: int
    is_owed: int
    frozen: int


@figure("currency", "issuer", "statements", "owes", "is_owed", "frozen", "left_out", "rates")
@dataclass(frozen=True, slots=True)
class TotalInOne:
    """`owes`, `is_owed` and `frozen` mean what they do in `ledger.penalties.lists.Total`, of so many `statements` that
    owe something and whose liable is bound. `left_out`: the sums, by currency, of those without a rate. `rates`: the
    attestations that state the rates, ascending.
    """

    currency: Currency
    issuer: PartnerId
    statements: int
    owes: int
    is_owed: int
    frozen: int
    left_out: tuple[LeftOut, ...]
    rates: tuple[RecordId, ...]


def total_in_one(statements: Iterable[Penalty], chosen: Chosen, rates: Rates, partner: int | None = None) -> TotalInOne:
    """What these come to in one currency, for one `partner` as liable and as beneficiary if named.

    `rates`: those of the issuer.
    """
    owes, is_owed, frozen = Fraction(0), Fraction(0), Fraction(0)
    used: set[RecordId] = set()
    without: list[Penalty] = []
    counted = 0
    for one in statements:
        if one.indicative or not (one.amount or one.frozen):
            continue
        ratio = Fraction(1)
        if one.currency != chosen.currency:
            rate = rates.on(day_of(one.promised_at), (one.currency, chosen.currency), chosen.older)
            if not isinstance(rate, Rate):
                without.append(one)
                continue
            ratio = rate.ratio
            used.add(rate.record)
        counted += 1
        owes += one.amount * ratio if partner in (None, one.liable) else 0
        is_owed += one.amount * ratio if partner in (None, one.beneficiary) else 0
        frozen += one.frozen * ratio
    return TotalInOne(
        chosen.currency,
        PartnerId(chosen.issuer),
        counted,
        floor(owes),
        floor(is_owed),
        floor(frozen),
        _left_out(without, partner),
        tuple(sorted(used)),
    )


def _left_out(without: Iterable[Penalty], partner: int | None) -> tuple[LeftOut, ...]:
    by_currency: dict[str, list[Penalty]] = {}
    for one in without:
        by_currency.setdefault(one.currency, []).append(one)
    return tuple(
        LeftOut(
            currency,
            len(of),
            sum(one.amount for one in of if partner in (None, one.liable)),
            sum(one.amount for one in of if partner in (None, one.beneficiary)),
            sum(one.frozen for one in of),
        )
        for currency, of in sorted(by_currency.items())
    )
