"""Lists of penalties, page by page, as the parties of the shipments and auditors read them.

Sums are over the whole list, statements are made for what a page shows. Both are kept until the store goes on, and
where it did, only shipments that records or time have touched are computed again (`ledger.penalties.kept_sums`).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ledger.attested.fx import rates_of
from ledger.attested.totals import Chosen, TotalInOne, total_in_one
from ledger.bundle.figures import of_openings
from ledger.charts.chart import Chart
from ledger.charts.lateness import late_charts
from ledger.common.ids import RecordId
from ledger.common.periods import FOREVER, full_hour, period_of
from ledger.errors import NotPermitted
from ledger.penalties import lists
from ledger.penalties.amounts import Owed
from ledger.penalties.kept_sums import KeptSums, Party
from ledger.penalties.lists import Total
from ledger.penalties.statement import PenaltyStatement, family_statements
from ledger.records.types import ShipmentTerms
from ledger.scores.incremental import Running
from ledger.services.home.clock import Clock
from ledger.services.state.answers import Answers
from ledger.services.state.extent import Extent
from ledger.services.views.access_journal import AccessRight, Opened
from ledger.services.views.records import Reader, RecordViews, may_open_terms

KEPT_LISTS, KEPT_PAGES = 8, 16
"""Lists have an entry for each shipment of a partner."""
Figures = Callable[[], AbstractContextManager[tuple[int, Running]]]
Opening = bytes
"""A shipment that terms opened."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Penalties of goods promised from `start` to before `end` (grace included), of one partner (as liable or
    beneficiary) if named. `at` judges goods still under way. `reader` sees those whose prices it may see.
    """

    reader: Reader
    partner: int | None = None
    at: int | None = None
    start: int = 0
    end: int = FOREVER


@dataclass(frozen=True, slots=True)
class PenaltyList:
    """All that was asked for, in the chain's order, each with the shipment as its terms opened it."""

    owed: Sequence[tuple[Opening, Owed]]
    totals: Sequence[Total]
    charts: Sequence[Chart]


@dataclass(frozen=True, slots=True)
class PenaltyPage:
    """`statements` of a list of `count`, and what to pass on for the next page; `totals` and `charts` are of the whole
    list.
    """

    totals: Sequence[Total]
    charts: Sequence[Chart]
    count: int
    statements: Sequence[PenaltyStatement]
    next: bytes | None


class PenaltyPages:
    """`figures`: all figures from the log, for one reader at a time; `extent`: how far the store has come."""

    def __init__(self, figures: Figures, extent: Callable[[], Extent], views: RecordViews, clock: Clock) -> None:
        self._figures = figures
        self._extent = extent
        self._views = views
        self._clock = clock
        self._sums: WeakKeyDictionary[Running, KeptSums] = WeakKeyDictionary()
        self._lists, self._pages, self._noted = Answers(KEPT_LISTS), Answers(KEPT_PAGES), Answers(KEPT_LISTS)

    def page(self, asked: Asked, after: bytes | None, limit: int) -> PenaltyPage:
        """Up to `limit` statements behind the one of shipment `after`.

        Raises `NotPermitted` for the public, `NotFound` when `after` is not in the list, `MalformedRecord` for a period
        that ends before it starts, and `Busy`.
        """
        period_of(0, asked.start, asked.end)
        require_reader(asked.reader)
        state = self._extent()
        whole = self._lists.get(asked, state, lambda: self._list(asked))
        # The sums tell of every shipment of the list, so each is noted.
        noted = state, full_hour(self._clock.now())
        self._noted.get(asked, noted, lambda: self._views.note(asked.reader, _opened(whole, asked.reader)))
        return self._pages.get((asked, after, limit), state, lambda: self._page(whole, asked.at, after, limit))

    def total_in_one(self, asked: Asked, chosen: Chosen) -> TotalInOne:
        """The sums of the whole list in one currency, by attested rates as they stand when the list is judged.

        Raises what `page` raises. Its issuer and auditors reckon with every table, others with those that are for all
        partners: by what else was attested, nothing is told to them.
        """
        period_of(0, asked.start, asked.end)
        require_reader(asked.reader)
        whole = self._lists.get(asked, self._extent(), lambda: self._list(asked))
        with self._figures() as (_, running):
            at = running.journeys.latest if asked.at is None else asked.at
            rates = rates_of(running.journeys, chosen.issuer, chosen.schema, at)
        if not (asked.reader.auditor or asked.reader.partner == chosen.issuer):
            rates = rates.for_partners()
        total = total_in_one([one for _, one in whole.owed], chosen, rates, asked.partner)
        right = right_of(asked.reader)
        opened = {record: Opened(("claims",), right) for record in total.rates}
        self._views.note(asked.reader, _opened(whole, asked.reader) | opened)
        return total

    def _list(self, asked: Asked) -> PenaltyList:
        def wanted(terms: ShipmentTerms) -> bool:
            return may_open_terms(terms, asked.reader)

        with self._figures() as (_, running):
            sums = self._sums_of(running)
            openings = sums.openings(_parties(asked))
            every = of_openings(
                running.journeys,
                openings,
                lambda shipment: [(shipment, one) for one in sums.owed(shipment, asked.at)],
                asked.partner,
                wanted,
            )
        owed = tuple(entry for entry in every if asked.start <= entry[1].promised_at < asked.end)
        plain = [one for _, one in owed]
        return PenaltyList(owed, tuple(lists.totals(plain, asked.partner)), late_charts(plain, asked.partner))

    def _page(self, whole: PenaltyList, at: int | None, after: bytes | None, limit: int) -> PenaltyPage:
        shown, following = lists.page_of([one for _, one in whole.owed], after, limit)
        wanted = {one.shipment for one in shown}
        openings = dict.fromkeys(opening for opening, one in whole.owed if one.shipment in wanted)
        with self._figures() as (_, running):
            statements = [
                statement
                for opening in openings
                for statement in family_statements(running.journeys, opening, at)
                if statement.shipment in wanted
            ]
        return PenaltyPage(whole.totals, whole.charts, len(whole.owed), statements, following)

    def _sums_of(self, running: Running) -> KeptSums:
        if running not in self._sums:
            sums = self._sums[running] = KeptSums(running.journeys)
            running.watch(sums.kept)
        return self._sums[running]


def require_reader(reader: Reader) -> None:
    """Raise `NotPermitted` for the public."""
    if not reader.key and not reader.partner and not reader.auditor:
        raise NotPermitted(
            "penalties are shown to the parties of the shipments and to auditors",
            where="reader",
            mend="Sign in with a key of a party.",
        )


def right_of(reader: Reader) -> AccessRight:
    """On what right a reader sees the prices in a list."""
    if reader.auditor:
        return AccessRight.AUDITOR
    return AccessRight.PARTY if reader.partner else AccessRight.RECIPIENT


def _opened(whole: PenaltyList, reader: Reader) -> dict[RecordId, Opened]:
    """A shipment that terms opened has their id."""
    right = right_of(reader)
    return {RecordId(opening): Opened(("commercial",), right) for opening, _ in whole.owed}


def _parties(asked: Asked) -> set[Party] | None:
    """Whom the terms have to name for this reader to see them; None: anybody."""
    if not asked.reader.auditor:
        return {party for party in (asked.reader.partner, asked.reader.key) if party}
    return None if asked.partner is None else {asked.partner}
