"""`/v1/penalties`: what delays cost, of a partner and of a period."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ledger.api.deps import Limit, Moment, NodeOf, PartnerQuery, ReaderOf, record_id
from ledger.api.schemas import examples
from ledger.api.schemas.figures import PenaltyPage
from ledger.attested.fx import OLDEST, SCHEMA
from ledger.attested.totals import Chosen
from ledger.common.figure import to_json
from ledger.common.ids import to_hex
from ledger.common.periods import FOREVER
from ledger.common.scopes import schema_hash
from ledger.errors import MalformedRecord
from ledger.explain.penalties.penalty import stated
from ledger.penalties.csv_export import penalties_csv, penalty_lines_csv
from ledger.services.figures.penalty_pages import Asked

router = APIRouter(prefix="/v1/penalties", tags=["shipments"])


class Form(StrEnum):
    JSON = "json"
    CSV = "csv"
    LINES = "lines"


CSV_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get(
    "", operation_id="listPenalties", response_model=PenaltyPage, responses=examples.READ_RESPONSES | CSV_ANSWER
)
def listing(
    node: NodeOf,
    reader: ReaderOf,
    partner: PartnerQuery = None,
    start: Moment = None,
    end: Moment = None,
    at: Moment = None,
    after: Annotated[str | None, Query(max_length=80, description="`next` of the page before")] = None,
    limit: Limit = 50,
    currency: Annotated[
        str | None, Query(alias="in", pattern="^[A-Z]{3}$", description="Sum up in this currency too, with `rates`")
    ] = None,
    rates: Annotated[
        int | None, Query(ge=1, lt=2**40, description="The partner whose attested rates of exchange count")
    ] = None,
    older: Annotated[int, Query(ge=0, le=OLDEST, description="Days by which a rate may be older than its day")] = 0,
    form: Annotated[
        Form, Query(alias="format", description="`csv`: a row a shipment; `lines`: a row a line; both are whole")
    ] = Form.JSON,
) -> Any:
    """Penalty statements in log order, of those shipments whose prices the reader may see.

    Parties of a shipment and auditors see its prices; the public sees none. `partner`: only what it owes or is owed.
    `start` and `end`: only goods promised from then to before then, grace included. `at`: goods still under way are
    judged at this time; without it they are left out of the sums. `totals` are over the whole list, by currency.

    With `in` and `rates`, `in_one` sums them up in one currency: by the rates that this issuer attested for the days of
    the promises (schema `fx`), as one exact sum, rounded down once. What has no rate is left out of it, and named. For
    that issuer and for auditors; for other partners by tables that are for all partners. `format=json` only.
    """
    if (currency is None) != (rates is None) or (currency is not None and form is not Form.JSON):
        raise MalformedRecord("a currency and whose rates", where="in", expected="`in` and `rates` together, as JSON")
    until = FOREVER if end is None else end
    if form is Form.JSON:
        place = None if after is None else record_id(after, "after")
        asked = Asked(reader, partner, at, start or 0, until)
        pages, in_one = node.reader.numbers.penalty_pages, None
        if currency is not None and rates is not None:
            in_one = pages.total_in_one(asked, Chosen(currency, rates, schema_hash(SCHEMA), older))
        page = pages.page(asked, place, limit)
        return {
            "in_one": None if in_one is None else to_json(in_one),
            "totals": [to_json(total) for total in page.totals],
            "penalties": [stated(statement) for statement in page.statements],
            "next": None if page.next is None else to_hex(page.next),
        }
    result = node.reader.numbers.penalties(partner=partner, at=at, start=start or 0, end=until, reader=reader)
    text = penalties_csv(result) if form is Form.CSV else penalty_lines_csv(result)
    name = "penalties.csv" if form is Form.CSV else "penalty-lines.csv"
    return Response(text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})
