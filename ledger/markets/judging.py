"""A shipment beside the rules of the markets on its lane: what it needed when it opened, which papers are there, and
whether the taxes that customs assessed agree with the rates.

It is judged by the version of each market's file that was in force when its terms became known; rates within that file
count at the day on which customs decided.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from ledger.codes import RELEASES, Regime
from ledger.common.figure import Code, Country, Pattern, Seconds, figure
from ledger.common.gs1 import Product, gtin14
from ledger.common.ids import to_hex
from ledger.common.scopes import schema_hash
from ledger.errors import MalformedRecord, NotFound
from ledger.markets.adopted_markets import AdoptedMarket, in_force
from ledger.markets.needs import Case, Lack, Need, RuleName, SchemaName, case_of, lacks_of, needs_of
from ledger.markets.rules import About, GoodsStanding, Lane, Market, NeededPaper, Standing, plain_hs
from ledger.markets.taxes import Consignment, TaxDeviation, deviations_of
from ledger.records.eip712 import Withheld
from ledger.records.types import Clearance, Commercial, Duty, ShipmentTerms
from ledger.shipments.amendments import commercial_after
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

Subject = Annotated[str, Pattern(r"[!-~]{1,200}")]
_LANES = {Regime.IMPORT: Lane.IMPORT, Regime.EXPORT: Lane.EXPORT, Regime.TRANSIT: Lane.TRANSIT}
"""Procedures that say by themselves what the way is to their jurisdiction; of others the terms say it."""
MayOpen = Callable[[ShipmentTerms], bool]


@figure("rule", "schema", "about", "subject", "attested")
@dataclass(frozen=True, slots=True)
class Paper:
    """An attestation that is needed. `subject`: about what; None where the terms do not say. `attested`: the newest
    record that says it, in force when the shipment was judged; None where there is none.
    """

    rule: RuleName
    schema: SchemaName
    about: About | None
    subject: Subject | None
    attested: bytes | None


@figure("clearance", "shipment", "jurisdiction", "regime", "status", "at", "market", "judged", "deviations")
@dataclass(frozen=True, slots=True)
class DutyCheck:
    """The taxes of one clearance beside the rates of `market` (SHA-256). `judged` false: the duty, or terms of another
    shipment of the same declaration, are closed to the reader or erased, and nothing is said.
    """

    clearance: bytes
    shipment: bytes
    jurisdiction: Country
    regime: Code
    status: Code
    at: Seconds
    market: bytes
    judged: bool
    deviations: tuple[TaxDeviation, ...]


@figure("shipment", "opened", "markets", "needs", "lacks", "papers", "duties")
@dataclass(frozen=True, slots=True)
class ShipmentJudgement:
    """`opened`: when its terms became known; `markets`: files in force then that its lane touches, by SHA-256."""

    shipment: bytes
    opened: Seconds
    markets: tuple[bytes, ...]
    needs: tuple[Need, ...]
    lacks: tuple[Lack, ...]
    papers: tuple[Paper, ...]
    duties: tuple[DutyCheck, ...]


@dataclass(frozen=True, slots=True)
class Rights:
    """Whose terms, and which clearances' duties, may be judged for whoever asks."""

    terms: MayOpen
    duty: Callable[[Found[Clearance]], bool]


def judge_shipment(
    journeys: Journeys, shipment: bytes, adopted: Iterable[AdoptedMarket], rights: Rights, at: int
) -> ShipmentJudgement:
    """A shipment beside the rules; papers are looked for as they stand at `at`. Raises `NotFound` for unknown terms."""
    found = journeys.terms_of(shipment)
    terms, opened = found.record, found.verified.known
    case = case_of(terms)
    touched = [one.market for one in in_force(adopted, opened) if _lane(one.market, case) is not None]
    needs = needs_of(touched, case, opened)
    return ShipmentJudgement(
        shipment=shipment,
        opened=opened,
        markets=tuple(market.hash for market in touched),
        needs=needs,
        lacks=lacks_of(terms.requires, needs),
        papers=tuple(_papers(journeys, found, needs, at)),
        duties=tuple(duties_of(journeys, shipment, touched, rights)),
    )


def duties_of(journeys: Journeys, shipment: bytes, markets: Sequence[Market], rights: Rights) -> Iterator[DutyCheck]:
    """The clearances of a shipment that state taxes, or that release it and lack some, beside the rates of the market
    that decides.
    """
    clearances = journeys.clearances(shipment)
    for found in clearances:
        record = found.record
        jurisdiction = record.jurisdiction.decode("ascii", "replace")
        market = _market_of(markets, jurisdiction)
        silent = rights.duty(found) and isinstance(record.duty, Duty) and not record.duty.lines
        if market is None or record.regime not in market.taxes_by_regime or (silent and record.status not in RELEASES):
            continue  # of a regime without taxes the file says nothing, and nothing agrees with it
        deviations = _judged(journeys, found, market, rights, _elsewhere(clearances, found, rights))
        if deviations or not silent:
            yield DutyCheck(
                found.verified.id, shipment, jurisdiction, record.regime, record.status, record.occurredAt, market.hash,
                deviations is not None, deviations or (),
            )  # fmt: skip


def _elsewhere(
    clearances: Iterable[Found[Clearance]], found: Found[Clearance], rights: Rights
) -> frozenset[str] | None:
    """The taxes that the other records of this procedure state; None before a release, and where one is closed."""
    if found.record.status not in RELEASES:
        return None
    pair = found.record.jurisdiction, found.record.regime
    stated: set[str] = set()
    for one in clearances:
        if (one.record.jurisdiction, one.record.regime) == pair:
            if not isinstance(one.record.duty, Duty) or not rights.duty(one):
                return None
            if one is not found:
                stated.update(line.tax for line in one.record.duty.lines)
    return frozenset(stated)


def _market_of(markets: Sequence[Market], jurisdiction: str) -> Market | None:
    """The file of the very jurisdiction, else one that speaks for its territory."""
    exact = next((market for market in markets if market.jurisdiction == jurisdiction), None)
    return exact or next((market for market in markets if jurisdiction in market.territory), None)


def _judged(
    journeys: Journeys, found: Found[Clearance], market: Market, rights: Rights, elsewhere: frozenset[str] | None
) -> tuple[TaxDeviation, ...] | None:
    record = found.record
    if not isinstance(record.duty, Duty) or not rights.duty(found):
        return None
    cases, freights, whole = [], [], True
    for ref in record.items:
        try:
            terms = journeys.terms_of(ref.shipment).record
        except NotFound:
            return None
        if not rights.terms(terms) or isinstance(terms.contents, Withheld):
            return None
        opened = ref.shipment in journeys.terms  # of a part nobody stated the value
        commercial = _commercial_then(journeys, ref.shipment, found) if opened else None
        case = case_of(terms)
        cases.append(replace(case, value=(commercial.value or None) if commercial else None))
        freights.append(commercial.freight if commercial and commercial.currency == market.currency else None)
        whole = whole and opened
    lane = _LANES.get(Regime(record.regime)) or _lane(market, cases[0])
    if lane is None:
        return None
    freight = None if not whole or None in freights else sum(freight or 0 for freight in freights)
    about = Consignment(lane, record.regime, record.occurredAt, tuple(cases), freight, whole)
    return deviations_of(record.duty, market, about, elsewhere)


def _commercial_then(journeys: Journeys, shipment: bytes, decision: Found[Clearance]) -> Commercial | None:
    """The commercial terms as amended when customs' decision became known: what is agreed later alters no value that
    was declared. None while any of them is closed.
    """
    terms = journeys.terms_of(shipment)
    if not isinstance(terms.record.commercial, Commercial):
        return None
    papers = journeys.amendments(terms.verified.id)
    before = [paper.record for paper in papers if paper.verified.known <= decision.verified.known]
    return commercial_after(terms.record.commercial, before, (to_hex(shipment),))


def _lane(market: Market, case: Case) -> Lane | None:
    return market.lane(case.origin, case.destination, case.via)


# --- papers ------------------------------------------------------------------------------------------------------


def _papers(journeys: Journeys, found: Found[ShipmentTerms], needs: Iterable[Need], at: int) -> Iterator[Paper]:
    """The attestations that are needed for certain, and those that are there."""
    for need in needs:
        says = need.says.says
        if not need.certain:
            continue
        if isinstance(says, NeededPaper):
            about = says.about
        elif isinstance(says, GoodsStanding) and says.standing is Standing.LICENCE:
            about = About.CONSIGNOR
        else:
            continue
        schema = says.schema
        for subject in _subjects(found, about, need):
            held = None if subject is None else _held(journeys, subject, schema, at)
            yield Paper(need.rule, schema, about, subject, held)


def _subjects(found: Found[ShipmentTerms], about: About, need: Need) -> list[str | None]:
    terms = found.record
    match about:
        case About.SHIPMENT:
            return [f"shipment/{to_hex(found.verified.id)}"]
        case About.CONSIGNOR:
            return [f"partner/{terms.consignor}"] if terms.consignor else [None]
        case About.CONSIGNEE:
            return [f"partner/{terms.consignee}"] if terms.consignee else [None]
    contents = () if isinstance(terms.contents, Withheld) else terms.contents
    paths: dict[str | None, None] = {}
    for goods in contents:
        if isinstance(goods, Withheld) or plain_hs(goods.hs) not in need.goods:
            continue
        paths[_path(goods.gtin, goods.lot if about is About.LOT else "")] = None
    return list(paths) or [None]


def _path(gtin: str, lot: str) -> str | None:
    try:
        return Product(gtin14(gtin), lot).path()
    except MalformedRecord:
        return None


def _held(journeys: Journeys, subject: str, schema: str, at: int) -> bytes | None:
    """The newest attestation of this schema that is in force at `at` and not taken back."""
    wanted = schema_hash(schema)
    for found in reversed(journeys.attestations.get(subject, [])):
        record = found.record
        in_time = record.validFrom <= at and (not record.validUntil or at <= record.validUntil)
        if record.schema == wanted and in_time and not journeys.is_revoked(found, at):
            return found.verified.id
    return None
