"""`/v1/network`: how the network performs, by lane, market, mode, carrier, fulfilment and period."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ledger.api.deps import Moment, NodeOf, ReaderOf, Rolling
from ledger.api.schemas import examples
from ledger.api.schemas.figures import NetworkView
from ledger.common.periods import full_hour
from ledger.errors import NotPermitted
from ledger.network.routes import By
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.figures import network_asked
from ledger.services.figures.network import Asked, knows_shipments, network_for, periods_of
from ledger.services.node.node import Node

router = APIRouter(prefix="/v1/network", tags=["network"])


class Form(StrEnum):
    JSON = "json"
    CSV = "csv"


CSV_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get(
    "", operation_id="getNetwork", response_model=NetworkView, responses={**examples.READ_RESPONSES, **CSV_ANSWER}
)
def network(
    node: NodeOf,
    reader: ReaderOf,
    by: Annotated[By | None, Query(description="Figures for each; without it, for all together")] = None,
    start: Moment = None,
    end: Moment = None,
    rolling: Rolling = None,
    against_start: Moment = None,
    against_end: Moment = None,
    evidence: Annotated[bool, Query(description="Name the records, where the reader may know the prices")] = False,
    form: Annotated[Form, Query(alias="format", description="`csv`: a row a number, both periods side by side")] = (
        Form.JSON
    ),
) -> Any:
    """Delivery and processing times, abnormal delays, legs in time by section, first-time release, customs time by
    cause, cost by link, duty, returns and their reasons, lanes with a choice of ways, turnover, and nodes.

    Of shipments whose clock stopped, or whose promise lies, from `start` to before `end`, or in the last `rolling`
    days; `against_start` and `against_end` name another period, which may not overlap it, and every figure is given in
    both; where nothing else is said, what follows that period stands beside it. A partner gets
    figures of its own shipments, auditors of all. The public gets them by mode (other groupings: 403), without
    prices, of closed calendar quarters (by default the newest), taken once, 30 days after their end; in whole hours and
    per cent, modes of fewer than ten shipments together, and no figure of fewer than ten events.
    """
    now = full_hour(node.home.clock.now())
    period, before = periods_of(now, Asked(start, end, rolling), Asked(against_start, against_end))
    if not knows_shipments(reader):
        if form is Form.CSV:
            raise NotPermitted(
                "the table is for the parties of the shipments and for auditors",
                where="format",
                mend="Sign in with a key of a party.",
            )
        return published(node, by, start, end, rolling, compares=before is not None)
    if form is Form.CSV:
        answer = network_for(node.reader.numbers, reader, period, by=by, before=before)
        headers = {"Content-Disposition": 'attachment; filename="network.csv"'}
        return Response(answer.to_csv(), media_type="text/csv", headers=headers)
    asked = network_asked(by, period, before, benchmark=node.reader.benchmark_text(), evidence=evidence)
    return answered(node.reader, reader, Kind.NETWORK, asked_json(asked))


def published(
    node: Node, by: By | None, start: int | None, end: int | None, rolling: int | None, *, compares: bool
) -> dict[str, Any]:
    """What the public sees; raises `NotPermitted` for anything but one closed quarter."""
    if compares:
        raise NotPermitted(
            "periods are compared for the parties of the shipments and for auditors",
            where="against_start",
            mend="Sign in with a key of a party.",
        )
    return node.reader.publication.network(by, node.reader.publication.asked(start, end, rolling))
