"""Rules of markets as readers get them: the files, what terms need, a shipment beside the rules, and what changes.

Parties get what rests on shipments whose terms they may read, and auditors all; files that the council adopted are
everybody's. Who is shown anything that follows from private parts is noted, as everywhere.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from typing import Any

from ledger.common.figure import to_json
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import LadingError, NotFound, NotPermitted
from ledger.explain.markets.changes import case_text, change_text
from ledger.explain.markets.taxes import deviation_text
from ledger.explain.markets.terms import lack_text, need_text
from ledger.markets.adopted_markets import MARKETS, AdoptedMarket, adopted_markets, coming, in_force
from ledger.markets.changes import CaseChange, changes_for
from ledger.markets.judging import DutyCheck, Rights, ShipmentJudgement, duties_of, judge_shipment
from ledger.markets.needs import Case, case_of, lacks_of, needs_of, refused_by, required_by
from ledger.markets.rules import Market
from ledger.records.types import Clearance, Record, ShipmentTerms
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.home import kept_rules
from ledger.services.home.home import Home
from ledger.services.state.answers import Answers
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.extent import extent_of
from ledger.services.views.access_journal import AccessRight, Opened
from ledger.services.views.records import Reader, RecordViews, may_open_terms
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found
from ledger.store.database import Connection

MOST = 100
"""Cases of a partner whose changes are told, those with the most shipments, and clearances that deviate, the newest."""
_KEPT = 64
PATIENCE = 0.5
"""Seconds that a worklist waits for deviations that are counted."""


@dataclass(frozen=True, slots=True)
class MarketChanges:
    """What a version changes for a partner; `since`: when it begins. `open`: shipments under way, which it leaves as
    they are.
    """

    partner: int
    market: Market
    since: int
    replaces: Market | None
    open: int
    cases: tuple[CaseChange, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "partner": self.partner,
            "market": to_hex(self.market.hash),
            "jurisdiction": self.market.jurisdiction,
            "version": self.market.version,
            "since": self.since,
            "replaces": to_hex(self.replaces.hash) if self.replaces else None,
            "open": self.open,
            "cases": [
                to_json(case) | {"explanation": [case_text(case), *map(change_text, case.changes)]}
                for case in self.cases
            ],
        }


class Markets:
    def __init__(self, home: Home, registry: CurrentRegistry, numbers: Numbers, views: RecordViews) -> None:
        self._db = home.database
        self._clock = home.clock
        self._registry = registry
        self._numbers = numbers
        self._views = views
        self._answers = Answers(_KEPT)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="markets")

    def close(self) -> None:
        self._worker.shutdown(cancel_futures=True)

    # --- files -------------------------------------------------------------------------------------------------------

    def adopted(self) -> tuple[AdoptedMarket, ...]:
        """The adopted files that are kept here, by when they come into force."""
        with self._db.read() as connection:
            view = self._registry.refreshed(connection).now()
            return adopted_markets(view, kept_rules.kept_others(connection, view))

    def in_force(self) -> list[Market]:
        """The version in force now of each jurisdiction."""
        return [one.market for one in in_force(self.adopted(), self._clock.now())]

    def listing(self) -> list[dict[str, Any]]:
        """Every adopted file, the newest last: `in force`, `coming` or `replaced`."""
        adopted, now = self.adopted(), self._clock.now()
        governing = {one.market.hash for one in in_force(adopted, now)}
        return [
            {
                "market": to_hex(one.market.hash),
                "jurisdiction": one.market.jurisdiction,
                "title": one.market.title,
                "version": one.market.version,
                "currency": one.market.currency,
                "since": one.since,
                "state": _state(one, governing, now),
                "rules": len(one.market.rules),
                "sources": [
                    {"id": source.id, "title": source.title, "date": source.date, "url": source.url}
                    for source in one.market.sources
                ],
            }
            for one in adopted
        ]

    def text(self, document: bytes) -> bytes:
        """An adopted file, byte for byte; raises `NotFound`, also for one that is kept here and was never adopted."""
        if all(one.market.hash != document for one in self.adopted()):
            raise NotFound("no adopted file of a market", where="market", found=to_hex(document))
        with self._db.read() as connection:
            return kept_rules.kept(connection, MARKETS, document)

    # --- terms -------------------------------------------------------------------------------------------------------

    def needs(self, terms: ShipmentTerms) -> dict[str, Any]:
        """What terms that open now need by the versions in force, what they lack, and the clearances that would do."""
        return needs_told(self.in_force(), terms, self._clock.now())

    def told(self, record: Record) -> list[str]:
        """What `needs` tells of terms, in words; nothing of other records."""
        return list(self.needs(record)["explanation"]) if isinstance(record, ShipmentTerms) else []

    # --- a shipment --------------------------------------------------------------------------------------------------

    def shipment(self, shipment: RecordId, reader: Reader | None) -> ShipmentJudgement:
        """A shipment beside the rules of its lane; raises `NotFound`, and `NotPermitted` unless the reader may open its
        terms. `reader` None: whoever runs this home.
        """
        adopted = self.adopted()
        with self._numbers.history() as journeys, self._db.read() as connection:
            terms = journeys.terms_of(shipment)
            if reader is not None and not may_open_terms(terms.record, reader):
                raise NotPermitted(
                    "what its terms need is told to the parties of the shipment and to auditors",
                    where="shipment",
                    mend="Sign in with a key of a party.",
                )
            rights = self._rights(connection, reader)
            judged = judge_shipment(journeys, shipment, adopted, rights, self._clock.now())
        if reader is not None:
            self._note(reader, {RecordId(terms.verified.id): ("contents", "commercial")}, judged.duties)
        return judged

    def deviations(self, reader: Reader | None) -> tuple[DutyCheck, ...]:
        """Clearances whose taxes deviate, the last of each shipment and procedure that states any, the newest first, at
        most `MOST`; raises `NotPermitted` for the public.
        """
        if reader is not None and not (reader.partner or reader.auditor):
            raise NotPermitted(
                "taxes are told to the parties of the shipments and to auditors",
                where="reader",
                mend="Sign in with a key of a party.",
            )
        adopted = self.adopted()
        if not adopted:
            return ()
        with self._db.read() as connection:
            state = extent_of(connection), tuple(one.market.hash for one in adopted)
        found = self._answers.get(("deviations", reader), state, lambda: self._deviations(adopted, reader))
        if reader is not None:
            self._note(reader, {}, found)
        return found

    def deviations_soon(self, reader: Reader) -> tuple[DutyCheck, ...]:
        """As `deviations`; none while they are counted, for no page waits long."""
        if not self.adopted():
            return ()
        try:
            found = self._worker.submit(self.deviations, reader).result(PATIENCE)
        except (TooLate, LadingError):
            return ()
        return found

    def _deviations(self, adopted: Iterable[AdoptedMarket], reader: Reader | None) -> tuple[DutyCheck, ...]:
        with self._numbers.history() as journeys, self._db.read() as connection:
            rights = self._rights(connection, reader)
            found = [one for one in _all_duties(journeys, tuple(adopted), rights) if one.deviations]
        found.sort(key=lambda one: (-one.at, one.clearance, one.shipment))
        return tuple(found[:MOST])

    def _rights(self, connection: Connection, reader: Reader | None) -> Rights:
        if reader is None:
            return Rights(lambda _: True, lambda _: True)

        def duty(found: Found[Clearance]) -> bool:
            right = self._views.right_to(connection, found.record, RecordId(found.verified.id), reader)
            return right is not None

        return Rights(lambda terms: may_open_terms(terms, reader), duty)

    def _note(self, reader: Reader, opened: Mapping[RecordId, tuple[str, ...]], duties: Iterable[DutyCheck]) -> None:
        right = (
            AccessRight.AUDITOR if reader.auditor else AccessRight.PARTY if reader.partner else AccessRight.RECIPIENT
        )
        told = {record: Opened(paths, right) for record, paths in opened.items()}
        told |= {RecordId(one.clearance): Opened(("duty",), right) for one in duties if one.judged}
        self._views.note(reader, told)

    # --- what changes ------------------------------------------------------------------------------------------------

    def changes(self, partner: int) -> tuple[MarketChanges, ...]:
        """What each version that is adopted and not in force yet changes for a partner."""
        adopted, now = self.adopted(), self._clock.now()
        return tuple(self.changes_by(partner, one.market, one.since) for one in coming(adopted, now))

    def changes_by(self, partner: int, market: Market, since: int) -> MarketChanges:
        """What `market` would change for a partner if it were in force from `since` on; raises `NotFound` for one that
        was never admitted.
        """
        self._views.partner(partner)
        before = {one.market.jurisdiction: one.market for one in in_force(self.adopted(), since - 1)}
        replaced = before.get(market.jurisdiction)
        with self._db.read() as connection:
            state = extent_of(connection), replaced and replaced.hash

        def compute() -> MarketChanges:
            reader = Reader(partner)
            with self._numbers.history() as journeys:
                cases, under_way = _cases_of(journeys, lambda terms: may_open_terms(terms, reader))
            found = changes_for(cases, replaced, market, since)
            return MarketChanges(partner, market, since, replaced, under_way, found[:MOST])

        return self._answers.get(("changes", partner, market.hash, since), state, compute)


def needs_told(markets: Iterable[Market], terms: ShipmentTerms, at: int) -> dict[str, Any]:
    """What terms need by these files, as JSON with its sentences."""
    needs = needs_of(markets, case_of(terms), at)
    lacks, refused = lacks_of(terms.requires, needs), refused_by(needs)
    return {
        "at": at,
        "needs": [to_json(need) for need in needs],
        "lacks": [to_json(lack) for lack in lacks],
        "requires": [one.to_json() for one in required_by(needs)],
        "refused": refused.rule if refused else None,
        "explanation": [*map(need_text, needs), *map(lack_text, lacks)],
    }


def judgement_told(judged: ShipmentJudgement, currencies: Mapping[bytes, str]) -> dict[str, Any]:
    """A shipment beside the rules, as JSON with its sentences. `currencies` of the files, by SHA-256."""
    explanation = [*map(need_text, judged.needs), *map(lack_text, judged.lacks)]
    for duty in judged.duties:
        explanation += [deviation_text(one, currencies.get(duty.market, "")) for one in duty.deviations]
    return to_json(judged) | {"explanation": explanation}


def duties_told(duties: Iterable[DutyCheck], currencies: Mapping[bytes, str]) -> list[dict[str, Any]]:
    """Clearances that deviate, each with its sentences."""
    return [
        to_json(duty)
        | {"explanation": [deviation_text(one, currencies.get(duty.market, "")) for one in duty.deviations]}
        for duty in duties
    ]


def currencies_of(adopted: Iterable[AdoptedMarket]) -> dict[bytes, str]:
    return {one.market.hash: one.market.currency for one in adopted}


def document_of(text: str) -> bytes:
    """The SHA-256 that names a file in an address."""
    return bytes_from_hex(text, 32, "market")


def _state(one: AdoptedMarket, governing: set[bytes], now: int) -> str:
    return "coming" if one.since > now else "in force" if one.market.hash in governing else "replaced"


def _all_duties(journeys: Journeys, adopted: tuple[AdoptedMarket, ...], rights: Rights) -> Iterator[DutyCheck]:
    for shipment in journeys.shipments():
        if not journeys.clearances(shipment):
            continue
        try:
            terms = journeys.terms_of(shipment)
        except NotFound:
            continue
        if rights.terms(terms.record):
            markets = [one.market for one in in_force(adopted, terms.verified.known)]
            newest = {(one.jurisdiction, one.regime): one for one in duties_of(journeys, shipment, markets, rights)}
            yield from newest.values()


def _cases_of(journeys: Journeys, wanted: Callable[[ShipmentTerms], bool]) -> tuple[dict[Case, int], int]:
    """The cases of all shipments that terms opened, with how many there were of each, and how many did not end yet."""
    cases: dict[Case, int] = {}
    under_way = 0
    for shipment, terms in journeys.terms.items():
        if wanted(terms.record):
            case = case_of(terms.record)
            cases[case] = cases.get(case, 0) + 1
            under_way += _is_open(journeys, shipment, terms.record)
    return cases, under_way


def _is_open(journeys: Journeys, shipment: bytes, terms: ShipmentTerms) -> bool:
    if journeys.split_of(shipment) or journeys.onward(shipment):
        return False
    moves = journeys.moves(shipment)
    return not (moves and moves[-1].receiver == terms.consignee and moves[-1].packages)
