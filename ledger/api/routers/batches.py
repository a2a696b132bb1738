"""`/v1/records/batch`: many signed records in one request."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from ledger.api.batches import MAX_BATCH, MOST_RECORDS, Intake, LineAnswers, intake, records_of
from ledger.api.deps import SMALL, json_text, media_type
from ledger.api.schemas import examples
from ledger.api.schemas.answers import BatchAnswers

router = APIRouter(prefix="/v1/records", tags=["records"])


@router.post(
    "/batch",
    operation_id="submitRecords",
    response_model=BatchAnswers,
    response_model_exclude_none=True,
    responses=examples.write_responses({200: "An answer for each record, in their order"}),
    openapi_extra=examples.batch_body(MOST_RECORDS),
)
async def submit(request: Request, intake: Annotated[Intake, Depends(intake)]) -> Response:
    """Take in up to 1,000 signed records, each as `POST /v1/records` would, one after the other.

    Each is accepted, proposed or refused by itself, with the problem that it would have got there; `retryAfter` is what
    stands in that answer's header. Nothing is undone because another record was refused. Whoever signed pays for its
    records as for single ones.

    As `application/x-ndjson` they come a record a line, any number of them, and are answered a line each, in order,
    while more of them come. Who sends without reading its answers may be 4 MiB ahead of them. A last line with the
    status `ended` says why nothing more was read, if so.
    """
    if media_type(request) == LineAnswers.media_type:
        return LineAnswers(request, intake)
    with intake.room.part() as part:
        body = await json_text(request, MAX_BATCH, part.change)
        sent = records_of(body) if len(body) <= SMALL else await run_in_threadpool(records_of, body)
        answers = await intake.take(sent)
    return Response(b'{"results":[' + b",".join(answers) + b"]}", media_type="application/json")
