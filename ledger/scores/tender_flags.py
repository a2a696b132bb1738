"""Who contests, and whose tenders are contested or borne out by the same third: signs that somebody plays with them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, cast

from ledger.codes import StatementKind
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.errors import NotFound
from ledger.records.types import NOBODY, Endorsement, Statement
from ledger.shipments.history import Journeys
from ledger.shipments.status import tenders_at
from ledger.shipments.tenders import Tender

FEWEST = 10
"""Tenders below which nothing stands out."""


@dataclass(slots=True)
class Count:
    """So many `records` of `of` tenders."""

    of: int = 0
    records: list[RecordId] = field(default_factory=list)

    @property
    def stands_out(self) -> bool:
        """Above one in five of at least ten."""
        return self.of >= FEWEST and len(self.records) * 5 > self.of


class Tendered(NamedTuple):
    """A tender of `shipment`: its holder, its addressee, itself, who contested it (None: nobody), and what thirds
    endorsed it.
    """

    shipment: bytes
    holder: int
    party: int
    tender: RecordId
    contester: int | None
    endorsers: frozenset[int]


Counted = tuple[int, Tendered]
"""When a tender was made, as counted, and what is said of it."""


def tendered(journeys: Journeys, period: Period) -> Iterator[Tendered]:
    """All tenders of a period."""
    return tendered_in(journeys, period, lambda shipment: tenders_on(journeys, shipment))


def tendered_in(journeys: Journeys, period: Period, on: Callable[[bytes], Iterable[Counted]]) -> Iterator[Tendered]:
    """As `tendered`, from what `on` says of each shipment as `tenders_on` does."""
    for shipment in journeys.stated(StatementKind.TENDER):
        yield from (one for at, one in on(shipment) if at in period)


def tenders_on(journeys: Journeys, shipment: bytes) -> tuple[Counted, ...]:
    """All tenders that were made of exactly this shipment; none while its terms are not known."""
    try:
        tenders = tenders_at(journeys, shipment)
        consignee = journeys.terms_of(shipment).record.consignee
    except NotFound:
        return ()
    return tuple(
        (tender.at, _tendered(shipment, tender, consignee))
        for tender in tenders
        if cast(Statement, tender.verified.record).shipment == shipment
    )


def _tendered(shipment: bytes, tender: Tender, consignee: int) -> Tendered:
    """What is said of it whenever it is judged: only how it stands depends on that."""
    contester = int(tender.contest.signers[0]) if tender.contest is not None else None
    thirds = frozenset(
        int(endorsement.signers[0])
        for endorsement in tender.endorsements
        if cast(Endorsement, endorsement.record).target == tender.verified.id
    )
    return Tendered(shipment, tender.verified.signers[0], consignee, tender.verified.id, contester, thirds)


class Tenders:
    """All tenders of a period, by who made them and to whom. They are read when somebody asks first."""

    def __init__(self, tenders: Iterable[Tendered]) -> None:
        self._tenders = tenders

    def contested(self, holder: int) -> Count:
        """The tenders of a holder, and those that were contested."""
        return self._read[0].get(holder, Count())

    def contests(self, partner: int) -> Count:
        """What this partner contested of the tenders made to it; or, if that stands out, what one did to whom this
        partner tendered and who contested it.
        """
        _, by_party, met, _ = self._read
        parties = [partner, *sorted(met.get(partner, ()))]
        found = [by_party[party] for party in parties if party in by_party and by_party[party].stands_out]
        return max(found, key=lambda count: len(count.records), default=Count())

    def endorsed(self, holder: int) -> Count:
        """The tenders of a holder, and those that the same third endorsed, the most by any; of equals the least id."""
        thirds = sorted(self._read[3].get(holder, {}).items())
        return max((count for _, count in thirds), key=lambda count: len(count.records), default=Count())

    @cached_property
    def _read(self) -> tuple[dict[int, Count], dict[int, Count], dict[int, set[int]], dict[int, dict[int, Count]]]:
        by_holder: dict[int, Count] = {}
        by_party: dict[int, Count] = {}
        met: dict[int, set[int]] = {}
        thirds: dict[int, dict[int, Count]] = {}
        made: Counter[int] = Counter()
        for _, holder, party, tender, contester, endorsers in self._tenders:
            made[holder] += 1
            own = by_holder.setdefault(holder, Count())
            own.of += 1
            if contester is not None:
                own.records.append(tender)
            if party != NOBODY:
                theirs = by_party.setdefault(party, Count())
                theirs.of += 1
                if contester == party:
                    theirs.records.append(tender)
                    met.setdefault(holder, set()).add(party)
            for third in endorsers:
                thirds.setdefault(holder, {}).setdefault(third, Count()).records.append(tender)
        for holder, counts in thirds.items():
            for count in counts.values():
                count.of = made[holder]
        return by_holder, by_party, met, thirds
