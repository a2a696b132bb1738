"""Penalties and scores as readers get them: computed from verified records, never stored.

What was computed for one reader is remembered for the next who may see the same until the store goes on or the hour is
over, in bounded memory.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any, TypeVar
from weakref import WeakKeyDictionary

from ledger.attested.fx import rates_of
from ledger.attested.totals import Chosen, TotalInOne, total_in_one
from ledger.bundle.figures import statements_of
from ledger.charts.chart import Chart
from ledger.charts.network import network_charts
from ledger.codes import Role
from ledger.columns.parts import Asked, part_of, tallies_of
from ledger.columns.sealing import Sealed, sealed
from ledger.common.distribution import Distribution
from ledger.common.figure import Pattern, Points, figure, to_json
from ledger.common.ids import RecordId
from ledger.common.periods import FOREVER, Period, Step, before, full_hour, period_of
from ledger.errors import Busy, NotPermitted
from ledger.explain.penalties.penalty import stated
from ledger.explain.score import measure_stated, stated_in_short
from ledger.network.benchmark import Benchmark
from ledger.network.contributions import KeptContributions
from ledger.network.lane_times import Lane, times_by_lane
from ledger.network.league import League, LeagueBy, lanes, league
from ledger.network.leagues.by_role import league_of
from ledger.network.leagues.served import KeptServed
from ledger.network.performance import NetworkFigures, contributions_by, network
from ledger.network.routes import EXPECTED, GROUPS, By, Windows
from ledger.network.turnover import Turnover, turnover_by
from ledger.penalties.statement import PenaltyStatement, penalty_of
from ledger.provenance.gaps import Finding, as_of, find_gaps
from ledger.records.types import ShipmentTerms
from ledger.scores.adopted_card import Measure
from ledger.scores.card import Card, Indicator
from ledger.scores.composite import Scorecard
from ledger.scores.estimate import Effect
from ledger.scores.incremental import Running
from ledger.services.figures.cache import Feed
from ledger.services.figures.penalty_pages import PenaltyPages, require_reader, right_of
from ledger.services.figures.record_rights import FindingRights
from ledger.services.figures.sealed_records import SealedRecords
from ledger.services.figures.sight import sight_of
from ledger.services.home.benchmarks import kept_benchmark
from ledger.services.home.home import Home
from ledger.services.home.score_cards import measure_for
from ledger.services.state.answers import Answers
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.extent import Extent, extent_of
from ledger.services.state.verified_records import VerifiedRecords
from ledger.services.views.access_journal import Opened
from ledger.services.views.records import Reader, RecordViews, may_open_terms
from ledger.shipments.history import Journeys
from ledger.stock.holdings import Stock
from ledger.store import log, records

ANSWERED = 64
"""Answers that are kept: of a partner's scores or trend, of the network as one reader may see it."""
LISTED = 8
"""Lists of samples that are kept while somebody pages through them: each has everything that an indicator counted."""
REMEMBERED = 64
"""Figures that are kept: scorecards of a partner or of everybody in a period, trends."""
PATIENCE = 20
"""Seconds that a request waits for figures that another one computes."""
T = TypeVar("T")


@figure("name", "period", "card", "score", "low", "high", "samples")
@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A partner's score in one quarter or month; None where there was none."""

    name: Annotated[str, Pattern("[0-9]{4}( Q[1-4]|-[0-9]{2})")]
    period: Period
    card: bytes
    score: Points | None
    low: Points | None
    high: Points | None
    samples: int


class Numbers:
    def __init__(self, home: Home, registry: CurrentRegistry, views: RecordViews, secret: bytes) -> None:
        """`secret`: under which this home's processes seal what they verified."""
        self._db = home.database
        self._registry = registry
        self._home = home
        self._clock = home.clock
        self._views = views
        self._lock = Lock()
        self.sealed = SealedRecords(home, secret)
        self._feed = Feed(home, self.sealed)
        self._answers = Answers(ANSWERED)
        self._samples = Answers(LISTED)
        self.penalty_pages = PenaltyPages(self._figures, self._extent, views, home.clock)
        self._contributions: WeakKeyDictionary[Running, KeptContributions] = WeakKeyDictionary()
        self._served: WeakKeyDictionary[Running, KeptServed] = WeakKeyDictionary()
        self._remembered: dict[Hashable, Any] = {}
        self._of: Running | None = None
        self._columns: tuple[int, Sealed] | None = None
        """Of a version of the figures."""
        self._stock: tuple[int, Stock] | None = None
        """Of a version of the journeys."""

    # --- penalties -----------------------------------------------------------------------------------------

    def penalty(self, shipment: bytes, at: int | None = None) -> PenaltyStatement:
        """The delay penalty of a shipment; raises `NotFound` when its terms are unknown or withheld.

        Without `at`, windows and disputes are judged at the last log time, as for all shipments at once.
        """
        with self._db.read() as connection:
            registry = self._registry.refreshed(connection)
            journeys = Journeys(VerifiedRecords(connection, self._home.consortium, registry).of_shipment(shipment))
            journeys.latest = max(journeys.latest, log.head(connection).log_time)
        return penalty_of(shipment, journeys, at)

    def statement_for(self, shipment: RecordId, reader: Reader, at: int | None = None) -> PenaltyStatement:
        """As `penalty`; raises `NotPermitted` unless the reader may see the terms' prices."""
        statement = self.penalty(shipment, at)
        with self._db.read() as connection:
            terms = records.get(connection, statement.terms)
            right = self._views.right_to(connection, terms.record, terms.record_id, reader) if terms else None
            if right is None:
                raise NotPermitted(
                    "prices are shown to the parties of the shipment and to auditors",
                    where="shipment",
                    mend="Sign in with a key of a party.",
                )
        self._views.note(reader, {statement.terms: Opened(("commercial",), right)})
        return statement

    def penalty_for(self, shipment: RecordId, reader: Reader, at: int | None = None) -> dict[str, Any]:
        """`statement_for` as JSON, and beside it its sentences."""
        return stated(self.statement_for(shipment, reader, at))

    def penalties(
        self,
        *,
        partner: int | None = None,
        at: int | None = None,
        start: int = 0,
        end: int = FOREVER,
        reader: Reader | None = None,
    ) -> list[PenaltyStatement]:
        """Every penalty statement of goods promised from `start` to before `end` (grace included), of one partner (as
        liable or beneficiary) if named, in the chain's order. `at` judges goods still under way. Computed anew each
        time: for pages there are `penalty_pages`.

        With a `reader`, only those whose prices it may see; raises `NotPermitted` for the public.
        """
        period_of(0, start, end)
        if reader is not None:
            require_reader(reader)

        def wanted(terms: ShipmentTerms) -> bool:
            return reader is None or may_open_terms(terms, reader)

        with self._figures() as (_, running):
            every = statements_of(running.journeys, at, partner=partner, wanted=wanted)
        result = [s for s in every if start <= s.promised_at < end]
        if reader is not None:
            self._views.note(reader, {s.terms: Opened(("commercial",), right_of(reader)) for s in result})
        return result

    def total_in_one(
        self, statements: Sequence[PenaltyStatement], chosen: Chosen, partner: int | None, at: int | None
    ) -> TotalInOne:
        """What statements come to in one currency, by attested rates as they stand at `at`, by default now."""
        with self._figures() as (_, running):
            known = running.journeys.latest if at is None else at
            rates = rates_of(running.journeys, chosen.issuer, chosen.schema, known)
        return total_in_one(statements, chosen, rates, partner)

    # --- scores --------------------------------------------------------------------------------------------

    def scorecards(self, partner: int | None = None, period: Period | None = None) -> Iterator[Scorecard]:
        """The scorecards of everybody, or of one partner, in every role that the card scores and anything was due in.

        By the card that governs the period; without a period, by today's card over all that it governs so far.
        """
        measure = self.measure(period.start if period else None)
        judged, chosen = period or self.governed_by(measure), measure.card
        with self._figures() as (_, running):
            version = running.journeys.version  # most of what is logged changes no figure
            if period is None:
                key: Hashable = (version, judged, chosen.hash, partner)
                cards = self._once(key, lambda: _current(running, judged, partner, chosen))
            else:
                key = (version, judged, chosen.hash)
                cards = self._once(key, lambda: tuple(_everybody(self._parted(version), judged, chosen)))
        yield from (match for match in cards if partner in (None, match.partner))

    def measure(self, start: int | None = None) -> Measure:
        """The scorecard that governs a period from `start`, by default one that starts now.

        Raises `Misconfigured` while the file that the council adopted is not kept here.
        """
        with self._db.read() as connection:
            return measure_for(connection, self._registry.for_request(connection).now(), start)

    def card(self, start: int) -> Card:
        """The card of `measure`."""
        return self.measure(start).card

    def governed_by(self, measure: Measure) -> Period:
        """All that a card governs so far, up to the last full hour."""
        return period_of(self._hour(), measure.since)

    def score_of(self, partner: int, period: Period | None = None) -> dict[str, Any]:
        """The scorecards of a partner as JSON, with the largest samples; raises `NotFound` for one that was never
        admitted.
        """
        self._views.partner(partner)
        measure = self.measure(period.start if period else None)
        state = self._score_state(measure, period)

        def compute() -> dict[str, Any]:
            cards = [stated_in_short(card) for card in self.scorecards(partner, period)]
            return {"partner": partner, "measure": measure_stated(measure), "published": None, "scores": cards}

        asked = period and (period.start, period.end)
        return self._answers.get(("score", partner, asked), state, compute)

    def samples_of(
        self, partner: int, role: Role, indicator: Indicator, period: Period | None = None, *, lowered: bool
    ) -> tuple[Effect, ...]:
        """Everything that an indicator of a partner's score counted and that lowered it, or that did not; the largest
        effect first. Raises `NotFound` for a partner that was never admitted.
        """
        self._views.partner(partner)
        measure = self.measure(period.start if period else None)
        state = self._score_state(measure, period)

        def compute() -> tuple[Effect, ...]:
            cards = (card for card in self.scorecards(partner, period) if card.role is role)
            entries = (entry for card in cards for entry in card.indicators if entry.indicator is indicator)
            return next((entry.lowered if lowered else entry.raised for entry in entries), ())

        asked = partner, role, indicator, lowered, period and (period.start, period.end)
        return self._samples.get(asked, state, compute)

    def _score_state(self, measure: Measure, period: Period | None) -> Hashable:
        """What a partner's score rests on; to be read before it is computed."""
        return self._extent(), measure.card.hash, measure.since, period.at if period else self._hour()

    def asked(self, start: int | None, end: int | None, rolling: int | None) -> Period | None:
        """The period that somebody asks for, judged at the last full hour; None when nothing was said.

        Raises `MalformedRecord` as `ledger.common.periods.period_of` does.
        """
        if start is None and end is None and rolling is None:
            return None
        return period_of(self._hour(), start, end, rolling)

    def trend(
        self, partner: int, step: Step = Step.QUARTER, count: int = 8, at: int | None = None
    ) -> dict[Role, list[TrendPoint]]:
        """The partner's scores in the last quarters or months before `at` (by default now), oldest first, by role; each
        judged by its own card.

        Computed at most once an hour: so many periods of everybody are no work for every new record. Raises `NotFound`
        for a partner that was never admitted. Roles in which it was never scored are left out.
        """
        self._views.partner(partner)
        until = self._hour() if at is None else full_hour(at)
        spans = [(name, period, self.card(period.start)) for name, period in before(until, step, count)]
        with self._figures() as (version, _):
            key = tuple((period, card.hash) for _, period, card in spans)
            result = self._once(key, lambda: [_brief(self._parted(version), period, card) for _, period, card in spans])
        roles = sorted({role for cards in result for who, role in cards if who == partner})
        return {
            role: [
                TrendPoint(name, period, card.hash, *cards.get((partner, role), (None, None, None, 0)))
                for (name, period, card), cards in zip(spans, result, strict=True)
            ]
            for role in roles
        }

    def trend_of(self, partner: int, step: Step = Step.QUARTER, count: int = 8) -> dict[str, Any]:
        """`trend` as JSON."""

        def compute() -> dict[str, Any]:
            roles = [
                {"role": role.name.lower(), "points": [to_json(point) for point in points]}
                for role, points in self.trend(partner, step, count).items()
            ]
            return {"partner": partner, "by": str(step), "roles": roles}

        state = self._extent(), self._hour(), self.measure().card.hash
        return self._answers.get(("trend", partner, step, count), state, compute)

    # --- the network ---------------------------------------------------------------------------------------

    def network(
        self, period: Period, by: By | None = None, windows: Windows = EXPECTED, reader: Reader | None = None
    ) -> Mapping[str, NetworkFigures]:
        """Network figures of `period` by group, or together as "all"; with a `reader`, of the shipments whose terms it
        may read.
        """
        group, windowed = GROUPS[by] if by is not None else None, tuple(windows.items())

        def compute() -> Mapping[str, NetworkFigures]:
            with self._figures() as (_, running):
                kept = self._contributions_of(running) if windows == EXPECTED else None
                return network(running.journeys, period, group, windows, sight_of(reader, running.journeys), kept)

        # The reader as a whole is part of what is asked: partner, rights, scopes and key say which terms it may read.
        subject = "network", period.start, period.end, by, windowed, reader
        return self._answers.get(subject, (self._extent(), period.at), compute)

    def turnover(
        self, period: Period, by: By | None = None, reader: Reader | None = None
    ) -> Mapping[str, tuple[Turnover, ...]]:
        """What every partner passed on over what it held, by the same groups, of the same shipments. A group by carrier
        is what that carrier held."""

        def compute() -> Mapping[str, tuple[Turnover, ...]]:
            with self._figures() as (version, running):
                sight = sight_of(reader, running.journeys)
                return turnover_by(running.journeys, period, by, sight, self._stock_of(version, running))

        return self._answers.get(
            ("turnover", period.start, period.end, by, reader), (self._extent(), period.at), compute
        )

    def benchmark(self) -> Benchmark | None:
        """The costs that somebody provided to compare with."""
        with self._db.read() as connection:
            return kept_benchmark(connection)

    def lane_times(self, reader: Reader, at: int) -> Mapping[Lane, Distribution]:
        """The delivery times on each lane of the shipments whose terms the reader may read, as judged at `at`."""
        with self._figures() as (_, running):
            kept = self._contributions_of(running)
            return times_by_lane(running.journeys, at, sight_of(reader, running.journeys).terms, kept)

    def network_charts(
        self, period: Period, by: By | None = None, windows: Windows = EXPECTED, reader: Reader | None = None
    ) -> Mapping[str, Sequence[Chart]]:
        """Of the shipments that `network` sums up, by the same groups: what their delivery times and customs holds look
        like. Groups with nothing to show are left out.
        """
        group = GROUPS[by] if by is not None else lambda _: "all"

        def compute() -> Mapping[str, Sequence[Chart]]:
            with self._figures() as (_, running):
                kept = self._contributions_of(running) if windows == EXPECTED else None
                sight = sight_of(reader, running.journeys)
                groups = contributions_by(running.journeys, period, group, windows, sight, kept)
            return network_charts(groups, windows)

        subject = "charts", period.start, period.end, by, tuple(windows.items()), reader
        return self._answers.get(subject, (self._extent(), period.at), compute)

    def league(
        self,
        period: Period,
        lane: Lane,
        by: LeagueBy = LeagueBy.TIME,
        reader: Reader | None = None,
        role: Role = Role.CARRIER,
    ) -> League:
        """Those of a role on a lane side by side; with a `reader`, from the shipments whose terms it may read."""

        def compute() -> League:
            with self._figures() as (_, running):
                if role is Role.CARRIER:
                    kept = self._contributions_of(running)
                    return league(running.journeys, period, lane, by, (_wanted(reader), kept))
                seen = _wanted(reader), self._served_of(running)
                return league_of(role, running.journeys, period, lane, seen)(by)

        subject = "league", period.start, period.end, lane, by, reader, role
        return self._answers.get(subject, (self._extent(), period.at), compute)

    def lanes(self, period: Period, reader: Reader | None = None) -> Mapping[Lane, int]:
        """How many shipments the period has on each lane, of those whose terms the reader may read."""

        def compute() -> Mapping[Lane, int]:
            with self._figures() as (_, running):
                return lanes(running.journeys, period, _wanted(reader), self._contributions_of(running))

        subject = "lanes", period.start, period.end, reader
        return self._answers.get(subject, (self._extent(), period.at), compute)

    def _contributions_of(self, running: Running) -> KeptContributions:
        kept = self._contributions.get(running)
        if kept is None:
            kept = self._contributions[running] = KeptContributions(running.journeys)
            running.watch(kept.kept)
        return kept

    def _served_of(self, running: Running) -> KeptServed:
        kept = self._served.get(running)
        if kept is None:
            kept = self._served[running] = KeptServed(running.journeys)
            running.watch(kept.kept)
        return kept

    # --- stock ---------------------------------------------------------------------------------------------

    @contextmanager
    def stock(self) -> Iterator[tuple[Stock, int]]:
        """Stock from custody as all records below a log size tell it, and that size, for one reader at a time; raises
        `Busy` when others take long.
        """
        with self._figures() as (version, running):
            yield self._stock_of(version, running), self._feed.size

    def _stock_of(self, version: int, running: Running) -> Stock:
        if self._stock is None or self._stock[0] != version:
            self._stock = version, Stock(running.journeys)
        return self._stock[1]

    # --- where records do not add up -----------------------------------------------------------------------

    def gaps(self, at: int | None = None, reader: Reader | None = None) -> tuple[Finding, ...]:
        """Where records do not add up, as of `at` (by default the last full hour); with a `reader`, those that
        `FindingRights` lets it know, and clearances of nothing to auditors alone. Raises `NotPermitted` for the public.
        """
        if reader is not None:
            require_reader(reader)
        judged = self._hour() if at is None else at
        with self._figures() as (version, running):
            journeys = running.journeys
            found = self._once(("gaps", version), lambda: find_gaps(journeys, self._feed.records()))
            rights = None if reader is None else FindingRights(journeys, reader)
            return tuple(one for one in as_of(found, judged) if rights is None or rights.may_know(one))

    # --- all journeys --------------------------------------------------------------------------------------

    def journeys(self) -> Journeys:
        """All journeys that the ledger knows. For one reader alone: with more records they grow."""
        with self._figures() as (_, running):
            return running.journeys

    @contextmanager
    def history(self) -> Iterator[Journeys]:
        """All journeys, for one reader at a time; raises `Busy` when others take long."""
        with self._figures() as (_, running):
            yield running.journeys

    @contextmanager
    def known(self) -> Iterator[tuple[Journeys, KeptContributions]]:
        """All journeys, and what each adds to the figures of the network, for one reader at a time; raises `Busy`."""
        with self._figures() as (_, running):
            yield running.journeys, self._contributions_of(running)

    def _parted(self, version: int) -> Sealed:
        """All that the ledger knows, what is plain in columns: so several periods cost little more than one."""
        if self._columns is None or self._columns[0] != version:
            self._columns = version, sealed(self._feed.records())
        return self._columns[1]

    def _extent(self) -> Extent:
        with self._db.read() as connection:
            return extent_of(connection)

    def _hour(self) -> int:
        return full_hour(self._clock.now())

    @contextmanager
    def _figures(self) -> Iterator[tuple[int, Running]]:
        """A number that grows with every change, and all figures from the log, for one reader at a time; raises `Busy`
        when others take long.
        """
        if not self._lock.acquire(timeout=PATIENCE):
            raise Busy("figures are being computed for others", retry_after=PATIENCE)
        try:
            with self._db.read() as connection:
                result = self._feed.refreshed(connection, self._registry.refreshed(connection))
            if result[1] is not self._of:  # read anew: a part was opened or erased, though the log may not have grown
                self._remembered, self._of, self._columns = {}, result[1], None
            yield result
        finally:
            self._lock.release()

    def _once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """What `compute` gives, remembered under `key`; the oldest is forgotten first."""
        if key not in self._remembered:
            while len(self._remembered) >= REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[key] = compute()
        result: T = self._remembered[key]
        return result


def _wanted(reader: Reader | None) -> Callable[[ShipmentTerms], bool]:
    """Which terms a reader may read; None may read all."""
    return lambda terms: reader is None or may_open_terms(terms, reader)


def _current(running: Running, period: Period, partner: int | None, card: Card) -> tuple[Scorecard, ...]:
    """The scores that most readers ask for: computed again only where records or time have changed something."""
    running.judge(period)
    return tuple(
        running.score(match, role, card)
        for role in card.roles
        for match in running.partners(role)
        if partner in (None, match)
    )


def _everybody(known: Sealed, period: Period, card: Card) -> Iterator[Scorecard]:
    tallies = tallies_of([part_of(known.rest, Asked(period), known.columns)], period)
    for role in card.roles:
        for partner in tallies.partners(role):
            yield tallies.score(partner, role, card)


def _brief(
    known: Sealed, period: Period, card: Card
) -> dict[tuple[int, Role], tuple[int | None, int | None, int | None, int]]:
    """Everybody's score with its interval and delivery events, without the evidence."""
    cards = _everybody(known, period, card)
    return {(c.partner, c.role): (c.score, c.low, c.high, c.samples) for c in cards}
