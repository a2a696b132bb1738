"""What a shipment's page says of the rules of the markets on its lane."""

from dataclasses import dataclass

from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError
from ledger.explain.markets.taxes import deviation_text
from ledger.explain.markets.terms import lack_text, need_text
from ledger.explain.text import Text, say
from ledger.markets.judging import DutyCheck, Paper
from ledger.services.markets.views import currencies_of
from ledger.services.node.node import Node
from ledger.services.views.records import Reader


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A clearance that states taxes: its record, where, and what is to be said of it."""

    record: str
    jurisdiction: str
    words: tuple[Text, ...]
    agrees: bool


@dataclass(frozen=True, slots=True)
class MarketSection:
    """`markets`: hashes of the files by which it is judged."""

    needs: tuple[Text, ...]
    lacks: tuple[Text, ...]
    papers: tuple[Text, ...]
    duties: tuple[DutyLine, ...]
    markets: tuple[str, ...]


def market_section(node: Node, shipment: RecordId, reader: Reader) -> MarketSection | None:
    """For who may read its terms; None for others, and where no rules touch the lane."""
    adopted = node.reader.markets.adopted()
    if not adopted or not (reader.partner or reader.key):
        return None
    try:
        judged = node.reader.markets.shipment(shipment, reader)
    except LadingError:
        return None
    if not judged.markets:
        return None
    currencies = currencies_of(adopted)
    return MarketSection(
        needs=tuple(map(need_text, judged.needs)),
        lacks=tuple(map(lack_text, judged.lacks)),
        papers=tuple(map(_paper, judged.papers)),
        duties=tuple(_duty(duty, currencies.get(duty.market, "")) for duty in judged.duties),
        markets=tuple(map(to_hex, judged.markets)),
    )


def _paper(paper: Paper) -> Text:
    named = {"schema": paper.schema, "subject": paper.subject or "–"}
    if paper.attested is None:
        return say("{schema} of {subject}: nothing in force attests it.", **named)
    return say("{schema} of {subject}: attested.", **named)


def _duty(duty: DutyCheck, currency: str) -> DutyLine:
    words = tuple(deviation_text(one, currency) for one in duty.deviations)
    if not duty.judged:
        words = (say("Its duty, or other goods of the same declaration, are closed to you: not checked."),)
    elif not words:
        words = (say("The assessed taxes agree with what the file holds of rates and bases."),)
    return DutyLine(to_hex(duty.clearance), duty.jurisdiction, words, duty.judged and not duty.deviations)
