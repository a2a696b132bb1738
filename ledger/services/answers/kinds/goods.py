"""Stock, traces and gaps, made and made again."""

from dataclasses import asdict, dataclass
from typing import Any

from ledger.common.figure import to_json
from ledger.common.gs1 import gtin14
from ledger.common.ids import bytes_from_hex
from ledger.products.recall_tracing import Way
from ledger.provenance.gaps import Gap
from ledger.services.answers.asked import asked_of
from ledger.services.answers.kinds.question import Question
from ledger.services.figures.stock import AskedStock, Window
from ledger.services.products.provenance import GoodsAsked
from ledger.services.products.provenance_views import findings_view
from ledger.services.views.records import Reader


@dataclass(frozen=True, slots=True)
class StockAsked:
    """Of a second, a partner, a GTIN, a lot; `after` and `limit` say which part of the list, None: all of it. `each`:
    every holding beside the sums, or with a limit in their place.
    """

    at: int
    partner: int | None
    gtin: str
    lot: str
    after: int = 0
    limit: int | None = None
    each: bool = False


@dataclass(frozen=True, slots=True)
class GapsAsked:
    """`limit` None: all findings, without their sentences."""

    code: list[Gap]
    at: int | None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class TraceAsked:
    """`recalls`: who holds and had the goods, too, as a recall would tell it."""

    subject: str
    lots: str
    ways: list[Way]
    most: int
    recalls: bool = False


def stock(question: Question) -> dict[str, Any]:
    asked, _ = asked_of(StockAsked, question.asked)
    goods = AskedStock(asked.at, asked.partner, gtin14(asked.gtin, "gtin") if asked.gtin else "", asked.lot)
    figures = question.ledger.stock
    if asked.limit is None:
        told = figures.of(goods, question.reader).to_json()
        each = figures.of(goods, question.reader, Window(each=True)) if asked.each else None
        return told if each is None else {**told, "holdings": [to_json(one) for one in each.holdings]}
    answer = figures.of(goods, question.reader, Window(asked.after, asked.limit, each=asked.each))
    until = asked.after + asked.limit
    following = until if until < answer.count else None
    if not asked.each:
        return {**answer.to_json(), "next": following}
    listed = [to_json(holding) for holding in answer.holdings]
    return {"at": asked.at, "log_size": answer.log_size, "holdings": listed, "next": following}


def gaps(question: Question) -> dict[str, Any]:
    asked, _ = asked_of(GapsAsked, question.asked)
    every = question.ledger.numbers.gaps(asked.at, question.reader)
    found = [one for one in every if not asked.code or one.code in asked.code]
    if asked.limit is None:
        return {"at": asked.at, "findings": [to_json(one) for one in found]}
    return asdict(findings_view(found, asked.limit))


def trace(question: Question) -> dict[str, Any]:
    """Private parts in it are noted before it is told."""
    asked, _ = asked_of(TraceAsked, question.asked)
    reader, ledger = question.reader or Reader(auditor=True), question.ledger
    goods = GoodsAsked(asked.subject, asked.lots, tuple(asked.ways), asked.most)
    if not asked.recalls:
        view, opened = ledger.provenance.trace(goods, reader)
        if question.reader is not None:
            ledger.views.note(reader, opened)
        return asdict(view)
    found = {}
    for way in asked.ways:
        if asked.subject.startswith("0x"):
            shipment = bytes_from_hex(asked.subject, 32, "subject")
            found[way] = ledger.recalls.trace_shipment(shipment, reader, way)
        else:
            found[way] = ledger.recalls.trace(asked.subject, asked.lots, reader, way)
    graph = ledger.provenance.trace(goods, reader)[0] if any(one.shipments for one in found.values()) else None
    whole = {str(way): asdict(view) for way, view in found.items()}
    return {"subject": asked.subject, **whole, "graph": None if graph is None else asdict(graph)}
