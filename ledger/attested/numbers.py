"""Numbers that issuers attest about partners: an audit's result, a rating, whatever a scorecard names by its schema.

The subject is `partner/N`, the claims are {"lading":"number/1","unit":"points","value":82}. The chain takes an
attestation from nobody but an issuer with the role for its schema, so what is applied came from one that the council
had let speak.

A number counts at a second if it was known by then, lies in its time of validity, and its author had not taken it back
(a later word that is dated back takes nothing from who relied on it). Of each issuer the newest of these counts.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger.attested.claims import CLOSED, Closed, table_of, text_of
from ledger.common.ids import RecordId
from ledger.common.json_fields import integer, text
from ledger.errors import MalformedRecord
from ledger.records.types import Attestation
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

KIND = "number/1"
LARGEST = 10**12
"""Of a number, either way."""
LONGEST_UNIT = 40
_ABOUT = "partner/"


class Number(NamedTuple):
    """An attested number, in the unit that its issuer names."""

    value: int
    unit: str


class Said(NamedTuple):
    """What an issuer attested about a partner. `place`: where it stands in the chain's order, of what one issuer said
    the last counts. `number`: `CLOSED` where the claims are withheld or erased here.
    """

    record: RecordId
    schema: bytes
    partner: int
    issuer: int
    place: tuple[int, int, int]
    number: Number | Closed


def parse_number(text_: str) -> Number:
    """The number that claims state; raises `MalformedRecord` for claims that state none."""
    table = table_of(text_, KIND, ("unit", "value"))
    unit = text(table["unit"], "claims.unit", 1, LONGEST_UNIT)
    return Number(integer(table["value"], "claims.value", -LARGEST, LARGEST), unit)


def said_about(journeys: Journeys, partner: int, at: int) -> tuple[Said, ...]:
    """Everything that is attested about a partner in numbers and counts at the second `at`, in log order."""
    return tuple(_said(journeys, partner, journeys.attestations.get(f"{_ABOUT}{partner}", ()), at))


def said_of_all(journeys: Journeys, at: int) -> tuple[Said, ...]:
    """The same of every partner."""
    return tuple(
        said
        for subject, found in journeys.attestations.items()
        if (partner := _partner_of(subject)) is not None
        for said in _said(journeys, partner, found, at)
    )


def counting(said: Iterable[Said], schema: bytes, unit: str, *, own: bool) -> tuple[Said, ...]:
    """Of what was said about one partner the newest of each issuer, of this schema and in this unit, by issuer.

    What is closed may be in any unit, so it stands. What a partner says of itself counts only with `own`.
    """
    newest: dict[int, Said] = {}
    for one in sorted(said, key=lambda one: one.place):
        fits = isinstance(one.number, Closed) or one.number.unit == unit
        if one.schema == schema and fits and (own or one.issuer != one.partner):
            newest[one.issuer] = one
    return tuple(newest[issuer] for issuer in sorted(newest))


def counts_at(journeys: Journeys, found: Found[Attestation], at: int) -> bool:
    """Whether an attestation was known, valid and not taken back at the second `at`."""
    record = found.record
    in_time = record.validFrom <= at and (record.validUntil == 0 or at <= record.validUntil)
    return in_time and found.verified.known <= at and not journeys.is_revoked(found, at)


def _said(journeys: Journeys, partner: int, found: Iterable[Found[Attestation]], at: int) -> Iterator[Said]:
    for one in found:
        if not counts_at(journeys, one, at):
            continue
        told = text_of(one.record)
        try:
            number = CLOSED if isinstance(told, Closed) else parse_number(told)
        except MalformedRecord:
            continue
        yield Said(one.verified.id, one.record.schema, partner, one.record.by, one.verified.place, number)


def _partner_of(subject: str) -> int | None:
    digits = subject.removeprefix(_ABOUT)
    if digits == subject or not digits.isascii() or not digits.isdigit() or digits.startswith("0") or len(digits) > 13:
        return None
    return int(digits)
