"""Who holds and who had goods: stays of shipments with partners, and how a recall is answered.

Counts are packages, and each package counts once: where custody says that it is, or ended. A partner is expected to
account for what it holds, and for what ended with it since the recall became known. Its answer is its own word and
stands until its next one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ledger.codes import ShipmentState

LIVE = (ShipmentState.OPEN, ShipmentState.DELIVERED)
GONE_ON = (ShipmentState.CLOSED_INTO_CHILDREN, ShipmentState.CLOSED_INTO_ONWARD)
"""These goods stand under other shipments now."""


class Way(StrEnum):
    """Which way goods are followed: to what they became, or up to what they came from."""

    DOWN = "down"
    UP = "up"


class Move(NamedTuple):
    """Custody passed to `to` with so many packages, at `at` (UTC seconds)."""

    at: int
    to: int
    packages: int


class Stay(NamedTuple):
    """A partner (0: a consumer) had packages of `shipment` from `since` to `until`; None: it has them still.

    `passed_on` is how many the next one took: what a short receipt left behind stays, as a shipment of its own. `ended`
    says in what state the shipment ended with it, where it did; one that closed into others goes on there.
    """

    shipment: bytes
    partner: int
    since: int
    until: int | None
    packages: int
    ended: ShipmentState | None = None
    passed_on: int = 0


def stays_of(
    shipment: bytes,
    first: Move,
    moves: Sequence[Move],
    state: ShipmentState,
    ended_at: int | None,
) -> tuple[Stay, ...]:
    """The stays of one shipment in order. `first` is its opening; refusals are no moves."""
    before, handed_on = first, []
    for move in moves:
        handed_on.append(Stay(shipment, before.to, before.at, move.at, before.packages, None, move.packages))
        before = move
    until, ended = ending_of(state, ended_at)
    return (*handed_on, Stay(shipment, before.to, before.at, until, before.packages, ended))


def ending_of(state: ShipmentState, ended_at: int | None) -> tuple[int | None, ShipmentState | None]:
    """Until when the last stay lasted, and in what state the shipment ended with it; None for one that lives."""
    return (None, None) if state in LIVE else (ended_at, state)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner says it found of the recalled goods, and did with them."""

    partner: int
    found: int
    quarantined: int
    disposed: int
    at: int


@dataclass(frozen=True, slots=True)
class Reached:
    """One partner's part in a recall. `holds` and `expected` by custody, `answer` by its own newest word (or None).

    `passed_on` are packages that it had and gave away; `sold`, `lost` and `destroyed` those that ended with it.
    """

    partner: int
    holds: int
    expected: int
    passed_on: int
    sold: int
    lost: int
    destroyed: int
    answer: Answer | None

    @property
    def found(self) -> int:
        """Packages found, by its answer, of those that custody says it has to account for; no more count."""
        return min(self.expected, self.answer.found) if self.answer else 0

    @property
    def disposed(self) -> int:
        return min(self.found, self.answer.disposed) if self.answer else 0

    @property
    def quarantined(self) -> int:
        return min(self.found - self.disposed, self.answer.quarantined) if self.answer else 0

    @property
    def unconfirmed(self) -> int:
        """Packages that it says it found and custody does not show with it."""
        return self.answer.found - self.found if self.answer else 0

    @property
    def outstanding(self) -> int:
        """Packages that it is expected to account for and has not."""
        return self.expected - self.found


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """How far the recall has come: partners and packages. `at_consumers` nobody but the seller can reach.

    An answer counts for at most what custody shows with its author; what it claims beyond that is `unconfirmed`.
    """

    asked: int
    answered: int
    expected: int
    found: int
    quarantined: int
    disposed: int
    outstanding: int
    unconfirmed: int
    at_consumers: int


def reached(stays: Iterable[Stay], answers: Sequence[Answer], known_at: int | None) -> tuple[Reached, ...]:
    """Everybody whom the goods passed, by partner id; consumers are not among them.

    `known_at`: since when the recall is known; None before there is one (then nothing is expected). `answers` in the
    order in which they were given.
    """
    newest: Mapping[int, Answer] = {answer.partner: answer for answer in answers}
    by_partner: dict[int, list[Stay]] = {}
    for stay in stays:
        if stay.partner and stay.ended not in GONE_ON:
            by_partner.setdefault(stay.partner, []).append(stay)
    result = []
    for partner in sorted({*by_partner, *newest}):
        own = by_partner.get(partner, [])
        holds = _packages(stay for stay in own if stay.until is None)
        since = [s for s in own if s.ended is not None and known_at is not None and (s.until or 0) >= known_at]
        result.append(
            Reached(
                partner=partner,
                holds=holds,
                expected=0 if known_at is None else holds + _packages(since),
                passed_on=sum(s.passed_on for s in own),
                sold=_packages(s for s in own if s.ended in (ShipmentState.SOLD, ShipmentState.LEFT)),
                lost=_packages(s for s in own if s.ended == ShipmentState.LOST),
                destroyed=_packages(s for s in own if s.ended in _DESTROYED),
                answer=newest.get(partner),
            )
        )
    return tuple(result)


def effectiveness(partners: Sequence[Reached], stays: Iterable[Stay]) -> Effectiveness:
    asked = [partner for partner in partners if partner.expected]
    return Effectiveness(
        asked=len(asked),
        answered=sum(partner.answer is not None for partner in asked),
        expected=sum(partner.expected for partner in asked),
        found=sum(partner.found for partner in asked),
        quarantined=sum(partner.quarantined for partner in asked),
        disposed=sum(partner.disposed for partner in asked),
        outstanding=sum(partner.outstanding for partner in asked),
        unconfirmed=sum(partner.unconfirmed for partner in partners),
        at_consumers=_packages(s for s in stays if not s.partner and s.until is None),
    )


_DESTROYED = (ShipmentState.DESTROYED, ShipmentState.ABANDONED, ShipmentState.SEIZED)


def _packages(stays: Iterable[Stay]) -> int:
    return sum(stay.packages for stay in stays)
