"""`/epcis/queries/{name}/subscriptions`: what a named query finds, posted to an address of the subscriber's."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from ledger.api.deps import FROM_OWN_PAGES, MAX_BODY, json_text
from ledger.api.routers.epcis.capture import iso
from ledger.api.routers.epcis.events import PerPage
from ledger.api.routers.epcis.protocol import Captor, EpcisOf, EpcisRoute, json_answer, paged, per_page
from ledger.api.routers.epcis.queries import Name
from ledger.api.schemas import examples
from ledger.formats.epcis.json_text import parse
from ledger.formats.epcis.subscription import parse_subscription
from ledger.services.epcis.results import moment_text
from ledger.services.epcis.subscriptions import SubscriptionView

router = APIRouter(prefix="/epcis/queries/{name}/subscriptions", tags=["epcis"], route_class=EpcisRoute)
Id = Annotated[str, Path(max_length=80, description="The subscription's id")]
_EXAMPLE = {
    "dest": "https://erp.example.org/epcis",
    "signatureToken": "13df38d8275b13f05704629e5f1cf3d45d6132d5",
    "reportIfEmpty": True,
    "schedule": {"hour": "1", "minute": "5"},
}


@router.post(
    "",
    operation_id="registerEpcisSubscription",
    status_code=HTTPStatus.CREATED,
    responses=examples.write_responses({201: "Subscribed, at the Location"}),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object", "required": ["dest"]}, "example": _EXAMPLE}},
        }
    },
    dependencies=[FROM_OWN_PAGES],
)
async def subscribe(name: Name, request: Request, service: EpcisOf, reader: Captor) -> Response:
    """Have what the query finds posted to `dest`, an `https` address of the public Internet: `{dest}`, either
    `stream: true` or a `schedule` (in UTC), and any of `signatureToken`, `reportIfEmpty`, `initialRecordTime` and
    `minRecordTime`.

    Each message is an `EPCISQueryDocument`. With a token, `GS1-Signature` is the Base64 of HMAC-SHA256 over the body,
    keyed with the token, and the headers of Standard Webhooks are signed by it too. An answer 2xx takes it; anything
    else is tried again for three days, and holds up what comes later. What its subscriber may not see then is in no
    message. It is paused, resumed and sent again as any webhook, under its id. At most 20 subscriptions a partner.
    """
    body = await json_text(request)

    def add() -> SubscriptionView:
        return service.subscriptions.add(reader, name, parse_subscription(parse(body, most=MAX_BODY)))

    made = await run_in_threadpool(add)
    location = f"/epcis/queries/{quote(name)}/subscriptions/{made.id}"
    return json_answer(_shown(made), HTTPStatus.CREATED, {"Location": location})


@router.get("", operation_id="listEpcisSubscriptions", responses=examples.READ_RESPONSES)
def listing(
    name: Name,
    request: Request,
    service: EpcisOf,
    reader: Captor,
    perPage: PerPage = None,  # noqa: N803 - GS1's names
    nextPageToken: Annotated[str | None, Query(max_length=100)] = None,  # noqa: N803
) -> Response:
    """The partner's subscriptions to the query."""
    size = per_page(perPage)
    found = service.subscriptions.of(reader, name, nextPageToken or "", size + 1)
    more, found = len(found) > size, found[:size]
    return json_answer([_shown(one) for one in found], headers=paged(request, found[-1].id if more else ""))


@router.get("/{subscription}", operation_id="getEpcisSubscription", responses=examples.READ_RESPONSES)
def read(name: Name, subscription: Id, service: EpcisOf, reader: Captor) -> Response:
    """One subscription, with what waits and what was given up."""
    return json_answer(_shown(service.subscriptions.one(reader, name, subscription)))


@router.delete(
    "/{subscription}",
    operation_id="removeEpcisSubscription",
    status_code=HTTPStatus.NO_CONTENT,
    responses=examples.READ_RESPONSES,
    dependencies=[FROM_OWN_PAGES],
)
def remove(name: Name, subscription: Id, service: EpcisOf, reader: Captor) -> Response:
    """Deliver nothing more, and forget what waits."""
    service.subscriptions.remove(reader, name, subscription)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _shown(one: SubscriptionView) -> dict[str, Any]:
    """Without its token."""
    controls = one.controls
    when: dict[str, Any] = {"stream": True}
    if controls.schedule is not None:
        when = {"schedule": dict(controls.schedule.given), "reportIfEmpty": controls.report_if_empty}
    times = {"initialRecordTime": controls.initial, "minRecordTime": controls.least}
    return {
        "subscriptionID": one.id,
        "queryName": one.query,
        "dest": one.dest,
        **when,
        **{name: iso(micros) for name, micros in times.items() if micros is not None},
        "createdAt": moment_text(one.created_at),
        **({"lastNotifiedAt": moment_text(one.notified_at)} if one.notified_at is not None else {}),
        "lading:state": one.state,
        "lading:problem": one.problem,
        "lading:waiting": one.waiting,
        "lading:dead": one.dead,
    }
