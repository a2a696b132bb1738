"""`/v1/webhooks`: addresses that events are delivered to, for partners that have signed in."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, status

from ledger.api.deps import FROM_OWN_PAGES, Cursor, JsonBody, Limit, NodeOf, SessionReader, fields
from ledger.api.schemas import events as schemas
from ledger.api.schemas import examples
from ledger.common.json_fields import entries, fields_of, integer, text
from ledger.errors import MalformedRecord
from ledger.services.events.feed import START
from ledger.services.events.webhooks import MOST_TYPES, Registered, WebhookView, wanted_of

router = APIRouter(prefix="/v1/webhooks", tags=["events"], dependencies=[FROM_OWN_PAGES])
WebhookPath = Annotated[str, Path(max_length=80, description="Webhook id")]
MOST_INDEXES = 1_000
MOST_TEXT = 600
_FILTERS = ("types", "shipment", "partner", "after")


@router.post(
    "",
    operation_id="registerWebhook",
    status_code=status.HTTP_201_CREATED,
    responses=examples.write_responses({201: "Registered, with the secret"}),
    openapi_extra=examples.body(schemas.NEW_WEBHOOK),
)
def register(data: JsonBody, node: NodeOf, reader: SessionReader) -> Registered:
    """Have events delivered to `url`, an `https` address of the public Internet: `{url}`, and any of `types`,
    `shipment` and `partner`, which events have to fit all. From now on, or from beyond the cursor `after`.

    Each event is posted as `listEvents` has it, signed as Standard Webhooks says (`webhook-id`, `webhook-timestamp`,
    `webhook-signature`). The `secret` is shown this once. An answer 2xx takes it; anything else is tried again for
    three days, and then kept as a dead letter. An event comes at least once: `webhook-id` tells what came before. Those
    of one shipment come in the log's order. At most 10 webhooks a partner.
    """
    read = fields_of(data, "body", ("url",), more=_FILTERS)
    types = [text(one, where, 1, 40) for where, one in entries(read.get("types") or [], "types", 0, MOST_TYPES)]
    shipment = text(read.get("shipment") or "", "shipment", 0, 80)
    partner = integer(read.get("partner") or 0, "partner", 0, 2**40 - 1)
    after = read.get("after")
    return node.reader.webhooks.register(
        reader,
        text(read["url"], "url", 1, MOST_TEXT),
        wanted_of(types, shipment, partner),
        None if after is None else integer(after, "after"),
    )


@router.get("", operation_id="listWebhooks", response_model=schemas.WebhookList, responses=examples.READ_RESPONSES)
def listing(node: NodeOf, reader: SessionReader) -> dict[str, Any]:
    """The webhooks of the session's partner, with what waits and what was given up."""
    return {"webhooks": node.reader.webhooks.of(reader)}


@router.get("/{webhook}", operation_id="getWebhook", responses=examples.READ_RESPONSES)
def read(webhook: WebhookPath, node: NodeOf, reader: SessionReader) -> WebhookView:
    """One webhook of the session's partner."""
    return node.reader.webhooks.one(reader, webhook)


@router.delete(
    "/{webhook}", operation_id="removeWebhook", response_model=schemas.Removed, responses=examples.READ_RESPONSES
)
def remove(webhook: WebhookPath, node: NodeOf, reader: SessionReader) -> dict[str, Any]:
    """Deliver nothing more, and forget what waits and what was given up."""
    node.reader.webhooks.remove(reader, webhook)
    return {"status": "removed"}


@router.put(
    "/{webhook}/state",
    operation_id="setWebhookState",
    responses=examples.write_responses({}),
    openapi_extra=examples.body(schemas.STATE),
)
def set_state(webhook: WebhookPath, data: JsonBody, node: NodeOf, reader: SessionReader) -> WebhookView:
    """`{state: paused}`: deliver nothing until `{state: active}`; nothing is lost meanwhile."""
    (state,) = fields(data, "state")
    match state:
        case "paused":
            return node.reader.webhooks.pause(reader, webhook)
        case "active":
            return node.reader.webhooks.resume(reader, webhook)
    raise MalformedRecord("no such state", where="state", expected="active or paused", found=str(state)[:40])


@router.post("/{webhook}/secret", operation_id="renewWebhookSecret", responses=examples.write_responses({}))
def renew(webhook: WebhookPath, node: NodeOf, reader: SessionReader) -> Registered:
    """Another secret, shown this once. For a day the one before signs beside it."""
    return node.reader.webhooks.new_secret(reader, webhook)


@router.get(
    "/{webhook}/dead",
    operation_id="listDeadLetters",
    response_model=schemas.DeadLetters,
    responses=examples.READ_RESPONSES,
)
def dead(
    webhook: WebhookPath, node: NodeOf, reader: SessionReader, after: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """What was given up after three days, in log order; the events themselves are `listEvents`' as ever."""
    found = node.reader.webhooks.dead(reader, webhook, START if after is None else after, limit)
    return {"dead": found, "next": found[-1].index if len(found) == limit else None}


@router.post(
    "/{webhook}/dead",
    operation_id="resendDeadLetters",
    response_model=schemas.Resent,
    responses=examples.write_responses({}),
    openapi_extra=examples.body(schemas.INDEXES),
)
def resend(webhook: WebhookPath, data: JsonBody, node: NodeOf, reader: SessionReader) -> dict[str, Any]:
    """Deliver dead letters again, for three days more: `{indexes: [...]}`, or `{indexes: null}` for all."""
    (given,) = fields(data, "indexes")
    indexes = None
    if given is not None:
        indexes = [integer(one, where) for where, one in entries(given, "indexes", 1, MOST_INDEXES)]
    return {"resent": node.reader.webhooks.resend(reader, webhook, indexes)}
