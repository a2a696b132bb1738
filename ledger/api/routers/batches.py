"""`/v1/records/batch`: many signed records in one request."""

from fastapi import APIRouter, Request, Response

from ledger.api.accounts import SenderAccount
from ledger.api.batches import MAX_BATCH, MOST_RECORDS, Intake
from ledger.api.deps import BudgetsOf, NodeOf, json_text
from ledger.api.schemas import examples
from ledger.api.schemas.answers import BatchAnswers
from ledger.common.json_members import members_of

router = APIRouter(prefix="/v1/records", tags=["records"])


@router.post(
    "/batch",
    response_model=BatchAnswers,
    response_model_exclude_none=True,
    responses=examples.write_responses({200: "An answer for each record, in their order"}),
    openapi_extra=examples.batch_body(MOST_RECORDS),
)
async def submit(request: Request, node: NodeOf, budgets: BudgetsOf) -> Response:
    """Take in up to 1,000 signed records, each as `POST /v1/records` would, one after the other.

    Each is accepted, proposed or refused by itself, with the problem that it would have got there; `retryAfter` is what
    stands in that answer's header. Nothing is undone because another record was refused. Whoever signed pays for its
    records as for single ones.
    """
    node.guard.refuse()
    sender, paid = request.state.payers
    account = SenderAccount(budgets, sender, paid, node.submission.signed_now)
    intake = Intake(node, account, request.app.state.batch_turns, (paid, budgets.writes.spent(paid)))
    texts = members_of(await json_text(request, MAX_BATCH), "records", MOST_RECORDS)
    answers = await intake.take(texts)
    return Response(b'{"results":[' + b",".join(answers) + b"]}", media_type="application/json")
