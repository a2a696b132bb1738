"""Rates of exchange that issuers attest, and amounts of one currency in another: exactly, and never guessed.

An issuer attests one table a day about itself (subject `partner/N`, N its own number), of the schema `fx`:

    {"base":"EUR","day":"2026-03-02","lading":"fx/1","rates":{"USD":{"amount":108,"per":100}},"source":"…"}

`per` minor units of `base` are `amount` minor units of the other currency. A rate is used both ways, and between two
currencies of one table over its base. Amounts are fractions until somebody rounds them down. With `"for":"partners"`
the issuer lets every partner of the consortium reckon with the table; else its own parties and auditors do.

Nobody may choose a rate once it is seen whom it serves:

- a table is of its day only if it was known from the beginning of that day on and within two days of its end: neither
  foretold nor dated back;
- of several of one day the first counts that was not taken back within that time. Then it is fixed: a later table, and
  a revocation that comes later, change nothing;
- a table whose claims are closed may be of any day on which it can count, so nothing is known of these days.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from math import floor
from typing import NamedTuple

from ledger.attested.claims import CLOSED, Closed, table_of, text_of
from ledger.common.ids import RecordId
from ledger.common.json_fields import fields_of, integer, shown, text
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord
from ledger.records.types import Attestation
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

KIND = "fx/1"
SCHEMA = "fx"
PARTNERS = "partners"
FIXED_AFTER = 2 * DAY
"""Seconds from the end of a day until its rate is fixed."""
OLDEST = 31
"""Days by which a rate may at most be older than the day that is asked for."""
MOST_RATES = 400
_LARGEST = 10**12
_CURRENCY = re.compile(r"[A-Z]{3}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Table:
    """The rates of one day (days since 1970): so many minor units of a currency for one of `base`."""

    base: str
    day: int
    source: str
    rates: Mapping[str, Fraction]
    for_partners: bool = False
    """Every partner may reckon with it."""

    def between(self, source: str, target: str) -> Fraction | None:
        """Minor units of `target` for one of `source`; None where the table does not say."""
        own = {self.base: Fraction(1), **self.rates}
        return own[target] / own[source] if source in own and target in own else None


class Fixed(NamedTuple):
    """A table, the attestation that states it, and the day that it is of."""

    record: RecordId
    day: int
    table: Table


class Rate(NamedTuple):
    """Minor units of one currency for one of another, by the table of this attestation and day (days since 1970)."""

    ratio: Fraction
    record: RecordId
    day: int

    def of(self, amount: int) -> int:
        """So many minor units in the other currency, rounded down."""
        return floor(amount * self.ratio)


def parse_table(claims: str) -> Table:
    """The table that claims state; raises `MalformedRecord` naming the member. No rate is 0."""
    table = table_of(claims, KIND, ("base", "day", "rates", "source"), ("for",))
    if (readers := table.get("for", PARTNERS)) != PARTNERS:
        expected = f"{PARTNERS}, or no such member"
        raise MalformedRecord("not readers", where="claims.for", expected=expected, found=shown(readers))
    base = _currency(table["base"], "claims.base")
    stated = table["rates"]
    if not isinstance(stated, Mapping) or not 1 <= len(stated) <= MOST_RATES:
        expected = f"an object of 1 to {MOST_RATES} currencies"
        raise MalformedRecord("no rates", where="claims.rates", expected=expected, found=shown(stated))
    rates = {}
    for name, ratio in stated.items():
        where = f"claims.rates.{_currency(name, 'claims.rates')}"
        if name == base:
            raise MalformedRecord("a rate of the base itself", where=where, found=name)
        members = fields_of(ratio, where, ("amount", "per"))
        amount, per = (integer(members[key], f"{where}.{key}", 1, _LARGEST) for key in ("amount", "per"))
        rates[name] = Fraction(amount, per)
    source = text(table["source"], "claims.source", 1, 200)
    return Table(base, _day(table["day"]), source, rates, "for" in table)


class Rates:
    """The tables of one issuer and schema, as fixed or known at the second `at`."""

    def __init__(self, fixed: Iterable[Fixed], closed: Iterable[tuple[int, RecordId]] = ()) -> None:
        """`fixed`: one a day. `closed`: days of which nothing is known, with the attestation that may be of them."""
        self._of = {one.day: one for one in fixed}
        self.closed = dict(closed)

    def for_partners(self) -> "Rates":
        """As far as every partner may reckon with them: what is kept from them is closed."""
        shown = [one for one in self._of.values() if one.table.for_partners]
        kept = [(one.day, one.record) for one in self._of.values() if not one.table.for_partners]
        return Rates(shown, [*self.closed.items(), *kept])

    def on(self, day: int, pair: tuple[str, str], older: int = 0) -> Rate | Closed | None:
        """The rate from one currency to another on `day`, or on the last of up to `older` days before that has one.

        None: nobody attested it. `CLOSED`: it may be in claims that are not shown here.
        """
        for candidate in range(day, day - older - 1, -1):
            if candidate in self.closed:
                return CLOSED
            fixed = self._of.get(candidate)
            ratio = fixed.table.between(*pair) if fixed is not None else None
            if fixed is not None and ratio is not None:
                return Rate(ratio, fixed.record, candidate)
        return None


def rates_of(journeys: Journeys, issuer: int, schema: bytes, at: int) -> Rates:
    """The rates that `issuer` attested, as they stood at the second `at`."""
    first: dict[int, Fixed] = {}
    closed: dict[int, RecordId] = {}
    found = [one for one in journeys.attestations.get(f"partner/{issuer}", ()) if _stands(one, issuer, schema, at)]
    for one in sorted(found, key=lambda one: one.verified.place):
        told = text_of(one.record)
        try:
            table = CLOSED if isinstance(told, Closed) else parse_table(told)
        except MalformedRecord:
            continue
        days = _days_of(one.verified.known) if isinstance(table, Closed) else (table.day,)
        for day in days:
            if day in first or day in closed or not _counts(journeys, one, day, at):
                continue
            if isinstance(table, Closed):
                closed[day] = one.verified.id
            else:
                first[day] = Fixed(one.verified.id, day, table)
    return Rates(first.values(), closed.items())


def day_of(second: int) -> int:
    """The day (UTC, days since 1970) in which a second lies."""
    return second // DAY


def day_text(day: int) -> str:
    """`2026-03-02`."""
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()


def _stands(found: Found[Attestation], issuer: int, schema: bytes, at: int) -> bool:
    record = found.record
    return record.by == issuer and record.schema == schema and found.verified.known <= at


def _counts(journeys: Journeys, found: Found[Attestation], day: int, at: int) -> bool:
    """Whether it was known in time to be of `day`, is valid then, and was not taken back before the rate was fixed."""
    record, begins, ends = found.record, day * DAY, (day + 1) * DAY
    in_time = begins <= found.verified.known < ends + FIXED_AFTER
    valid = record.validFrom < ends and (record.validUntil == 0 or begins <= record.validUntil)
    return in_time and valid and not journeys.is_revoked(found, min(at, ends + FIXED_AFTER - 1))


def _days_of(known: int) -> Sequence[int]:
    """The days that a table may be of which became known at this second."""
    return range(day_of(known - FIXED_AFTER), day_of(known) + 1)


def _currency(value: object, where: str) -> str:
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise MalformedRecord("no currency", where=where, expected="three letters, as ISO 4217", found=shown(value))
    return value


def _day(value: object) -> int:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return (date.fromisoformat(value) - date(1970, 1, 1)).days
    except ValueError:
        pass
    raise MalformedRecord("no day", where="claims.day", expected="YYYY-MM-DD", found=shown(value))
