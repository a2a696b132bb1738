"""A shipment's page, from which a claims handler sees who owes what and why."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, ReaderOf, RecordPath, record_id
from ledger.api.moments import When, second_of
from ledger.api.pages.render import page
from ledger.api.pages.shipment.market import market_section
from ledger.api.pages.shipment.outlook import outlook
from ledger.codes import Assurance, HoldCause, Regime
from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError, NotFound, NotPermitted
from ledger.explain.penalties.penalty import ENDINGS, HOLD_REASONS, explain
from ledger.explain.penalties.penalty_summary import gist, standing
from ledger.explain.record import TITLES
from ledger.explain.text import Text, partner, say
from ledger.explain.words import word
from ledger.penalties.lateness import HoldLine, PortionLine
from ledger.penalties.statement import PenaltyStatement
from ledger.records.types import NOBODY
from ledger.services.exports.shipment_documents import Form, forms_for
from ledger.services.node.node import Node
from ledger.services.state.partner_names import PartnerName
from ledger.services.views.access_journal import AccessRight, AccessView
from ledger.services.views.models import ShipmentView
from ledger.services.views.records import Reader
from ledger.shipments.clock_stop import StopKind

router = APIRouter()
PAGE = 50
_FORMATS = {Form.STATUS: "UBL Transportation Status", Form.IFTSTA: "EDIFACT IFTSTA", Form.X12: "X12 214"}
_RIGHTS = {
    AccessRight.PARTY: say("as a party or signer"),
    AccessRight.RECIPIENT: say("as the recipient"),
    AccessRight.GOODS: say("as sender or receiver of the goods"),
    AccessRight.AMENDED: say("as a party of what it amends"),
    AccessRight.AUDITOR: say("as an auditor"),
    AccessRight.EXPORT: say("into a bundle, to be handed over"),
    AccessRight.FORWARDED: say("forwarded to another operator's log with its consent"),
}
_STOPS = {
    StopKind.DELIVERY: say("both sides signed the delivery"),
    StopKind.LOCKER: say("a locker signed for the goods; this is no delivery"),
    StopKind.REFUSAL: say("the consignee signed that it refused the goods; this is no delivery"),
    StopKind.TENDER: say("delivery was offered; this is no delivery"),
    StopKind.ONWARD: say("new terms took the goods over"),
}

_SAID = {
    0: say("nobody says on what authority"),
    Assurance.BROKER_WORD: say("on the broker's word"),
    Assurance.CUSTOMS_MESSAGE: say("by customs' message, which a broker attached"),
    Assurance.AUTHORITY_SIGNED: say("signed by customs"),
}


@dataclass(frozen=True, slots=True)
class Hold:
    """A customs hold as it bears on a clock: what it was and who says so, and why it is taken out or not."""

    what: str
    why: str
    line: HoldLine


@dataclass(frozen=True, slots=True)
class Clock:
    """The penalty's clock of one portion of the goods: `stopped_by` in words and `record`, or it runs (both empty)."""

    packages: int
    shipment: str
    stopped_by: str
    record: str
    stopped_at: int | None
    claimed_at: int | None
    contestable_until: int | None
    line: PortionLine
    holds: tuple[Hold, ...]


@router.get("/shipments/{shipment}")
def shipment(request: Request, shipment: RecordPath, node: NodeOf, reader: ReaderOf, at: When = "") -> Response:
    wanted = record_id(shipment, "shipment")
    judged_at = second_of(at, "at", through=True)
    try:
        view = node.reader.views.shipment(wanted, reader)
    except NotFound:
        unopened = node.reader.views.unopened(wanted)
        result = [node.reader.views.record(RecordId(bytes.fromhex(one[2:])), reader) for one in unopened.records[:PAGE]]
        return page(request, "unopened.html", reader, shipment=unopened, records=result, titles=TITLES)
    second = node.home.clock.now() if judged_at is None else judged_at
    statement, hidden = _penalty(node, wanted, reader, second)
    return page(
        request,
        "shipment.html",
        reader,
        shipment=view,
        recalls=node.reader.recalls.of_shipment(wanted, reader, concerned=_concerned(view, reader)),
        statement=statement,
        gist=gist(statement) if statement else "",
        standing=standing(statement) if statement else (),
        clocks=list(_clocks(statement)) if statement else [],
        penalty_words=explain(statement) if statement else (),
        penalty_hidden=hidden,
        openings=_openings(node, wanted, reader),
        rights=_RIGHTS,
        look=outlook(node, reader, view, statement, second),
        forms=forms_for(node.reader, wanted, reader) if reader.key else (),
        formats=_FORMATS,
        despatch_example="DA-1001,2026-11-20,12:00:00",
        receivers=_receivers(view, reader),
        market=market_section(node, wanted, reader),
        work=node.reader.worklists.about(reader, wanted),
        at=second,
    )


def _receivers(view: ShipmentView, reader: Reader) -> list[PartnerName]:
    """Whom a report could go to: everybody else who has a part in the shipment."""
    summary = view.summary
    named = [summary.consignee, summary.consignor, *(stay.partner for stay in view.stays)]
    return list({one.id: one for one in named if one.id not in (0, reader.partner)}.values())


def _concerned(view: ShipmentView, reader: Reader) -> bool:
    """Whether the reader has or had the goods, or may see what private parts say of them."""
    held = bool(reader.partner) and any(stay.partner.id == reader.partner for stay in view.stays)
    return held or view.private is not None


def _openings(node: Node, shipment: RecordId, reader: Reader) -> list[AccessView] | None:
    """Who opened private parts, for those who may; None for others."""
    try:
        return node.reader.views.openings(shipment, reader)
    except NotPermitted:
        return None


def _clocks(statement: PenaltyStatement) -> Iterator[Clock]:
    if not statement.promised:
        return
    for line in statement.portions:
        stop, ending = line.stop, line.ending
        open_until = stop.open_until if stop and stop.kind is StopKind.TENDER and not line.settled else None
        record = stop.verified.id if stop else ending.verified.id if ending else None
        yield Clock(
            packages=line.packages,
            shipment=to_hex(line.shipment),
            stopped_by=_stopped_by(line),
            record=to_hex(record) if record else "",
            stopped_at=stop.at if stop else None,
            claimed_at=stop.occurred_at if stop and stop.occurred_at != stop.at else None,
            contestable_until=open_until,
            line=line,
            holds=tuple(_hold(hold, statement.liable) for hold in line.holds),
        )


def _hold(line: HoldLine, liable: int) -> Hold:
    hold = line.hold
    said = {
        "country": hold.jurisdiction.decode("ascii", "replace"),
        "regime": word(Regime, hold.regime),
        "assurance": _SAID[hold.assurance],
    }
    if hold.cause:
        what = say("{country} {regime}, cause: {cause}, {assurance}", cause=word(HoldCause, hold.cause), **said)
    else:
        what = say("{country} {regime}, {assurance}", **said)
    why = HOLD_REASONS[line.reason]
    if hold.caused_by not in (NOBODY, liable):
        why = say("caused by {partner}, {reason}", partner=partner(hold.caused_by), reason=why)
    return Hold(what, why, line)


def _stopped_by(line: PortionLine) -> Text | str:
    """What stopped the clock, or what became of goods that were never delivered; nothing while it runs."""
    if line.stop:
        return _STOPS[line.stop.kind]
    return say("never delivered: {ending}", ending=ENDINGS[line.ending.kind]) if line.ending else ""


def _penalty(node: Node, shipment: RecordId, reader: Reader, at: int) -> tuple[PenaltyStatement | None, str]:
    """The statement for those who may see prices; for others, why there is none."""
    try:
        return node.reader.numbers.statement_for(shipment, reader, at), ""
    except NotPermitted:
        return None, "private"
    except NotFound:
        return None, "withheld"
    except LadingError as error:
        return None, str(error)
