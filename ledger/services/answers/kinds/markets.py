"""Shipments beside rules of markets, deviations of taxes and what a version changes, made and made again."""

from dataclasses import dataclass
from typing import Any

from ledger.common.ids import RecordId
from ledger.errors import NotPermitted
from ledger.markets.market_file import parse_market
from ledger.records.types import ShipmentTerms
from ledger.services.answers.asked import asked_of
from ledger.services.answers.kinds.question import Question
from ledger.services.markets.views import currencies_of, duties_told, judgement_told


@dataclass(frozen=True, slots=True)
class ShipmentAsked:
    shipment: bytes


@dataclass(frozen=True, slots=True)
class DeviationsAsked:
    """Nothing: all that the reader may know."""


@dataclass(frozen=True, slots=True)
class ChangesAsked:
    """`file`: the text of a version that is not adopted, as if in force from `since` on; empty: those that come."""

    partner: int
    file: str = ""
    since: int = 0


def shipment(question: Question) -> dict[str, Any]:
    asked, _ = asked_of(ShipmentAsked, question.asked)
    markets = question.ledger.markets
    return judgement_told(markets.shipment(RecordId(asked.shipment), question.reader), currencies_of(markets.adopted()))


def deviations(question: Question) -> dict[str, Any]:
    asked_of(DeviationsAsked, question.asked)
    markets = question.ledger.markets
    return {"clearances": duties_told(markets.deviations(question.reader), currencies_of(markets.adopted()))}


def changes(question: Question) -> dict[str, Any]:
    """For the partner itself and for auditors."""
    asked, _ = asked_of(ChangesAsked, question.asked)
    reader, markets = question.reader, question.ledger.markets
    if reader is not None and (
        not reader.may_read(ShipmentTerms.NUMBER)
        or not (reader.auditor or (asked.partner and asked.partner == reader.partner))
    ):
        raise NotPermitted(
            "what changes is told to the partner itself and to auditors",
            where="partner",
            mend="Sign in with a key of the partner.",
        )
    if asked.file:
        return {
            "changes": [markets.changes_by(asked.partner, parse_market(asked.file.encode()), asked.since).to_json()]
        }
    return {"changes": [one.to_json() for one in markets.changes(asked.partner)]}
