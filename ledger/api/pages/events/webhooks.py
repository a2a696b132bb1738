"""The page of webhooks: where events are delivered to, what waits, and dead letters to send again."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from ledger.api.deps import FROM_OWN_PAGES, NodeOf, ReaderOf
from ledger.api.pages.forms import form_of
from ledger.api.pages.render import page
from ledger.errors import LadingError, MalformedRecord
from ledger.explain.record import TITLES
from ledger.explain.text import Text, say
from ledger.records.types import BY_NUMBER
from ledger.services.events.webhooks import MOST_WEBHOOKS, Registered, Webhooks, wanted_of
from ledger.services.node.node import Node
from ledger.services.views.records import Reader

router = APIRouter()
MOST_SHOWN = 50
"""Dead letters of one webhook."""
PROBLEMS = {
    "too many dead letters": say("too many dead letters"),
    "the endpoint says that it is gone": say("the endpoint says that it is gone"),
    "the secret is lost: the service's own key was replaced": say("its secret is lost: ask for a new one, then resume"),
    "not an address that may be delivered to": say("not an address that may be delivered to"),
    "the partner is suspended": say("the partner is suspended: what comes meanwhile waits"),
    "the key that subscribed is in force no more": say(
        "the key that subscribed is in force no more: resume it with another"
    ),
}


def in_words(problem: str) -> Text:
    """What went wrong with a delivery, for the page; `problem` as the sender noted it."""
    kind, _, code = problem.partition(" ")
    if kind == "status":
        return say("it answered with status {code}", code=code)
    return PROBLEMS.get(problem, say("it did not answer as it should"))


@router.get("/webhooks")
def webhooks(request: Request, node: NodeOf, reader: ReaderOf) -> Response:
    if not reader.key:
        return RedirectResponse("/sign-in?back=/webhooks", status_code=303)
    return _shown(request, node, reader)


@router.post("/webhooks", dependencies=[FROM_OWN_PAGES])
async def change(request: Request, node: NodeOf, reader: ReaderOf) -> Response:
    values = await form_of(request)
    return await run_in_threadpool(_changed, request, node, reader, values)


def _changed(request: Request, node: Node, reader: Reader, values: dict[str, str]) -> Response:
    hooks, name = node.reader.webhooks, values.get("webhook", "")
    try:
        match values.get("do", ""):
            case "add":
                return _shown(request, node, reader, made=_added(hooks, reader, values))
            case "secret":
                return _shown(request, node, reader, made=hooks.new_secret(reader, name))
            case "pause":
                hooks.pause(reader, name)
            case "resume":
                hooks.resume(reader, name)
            case "remove":
                hooks.remove(reader, name)
            case "resend":
                hooks.resend(reader, name, _index(values.get("index", "")))
            case other:
                raise MalformedRecord("nothing that can be done here", where="do", found=other[:40])
    except LadingError as error:
        return _shown(request, node, reader, problem=str(error))
    return RedirectResponse("/webhooks", status_code=303)


def _added(hooks: Webhooks, reader: Reader, values: dict[str, str]) -> Registered:
    kind = values.get("type", "")
    return hooks.register(reader, values.get("url", "").strip(), wanted_of([kind] if kind else [], None, None))


def _index(text: str) -> list[int] | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise MalformedRecord("no index of an event", where="index", found=text[:40])
    return [int(text)]


def _shown(
    request: Request, node: Node, reader: Reader, *, made: Registered | None = None, problem: str = ""
) -> Response:
    if not reader.partner:
        return page(request, "events/webhooks.html", reader, 403, own=False, problem=problem)
    found = node.reader.webhooks.of(reader)
    return page(
        request,
        "events/webhooks.html",
        reader,
        400 if problem else 200,
        own=True,
        hooks=found,
        room=sum(not one.query for one in found) < MOST_WEBHOOKS,
        dead={one.id: node.reader.webhooks.dead(reader, one.id, limit=MOST_SHOWN) for one in found if one.dead},
        in_words=in_words,
        types=[(kind.__name__, TITLES[kind.__name__]) for kind in BY_NUMBER.values() if kind.__name__ in TITLES],
        titles=TITLES,
        made=made,
        problem=problem,
    )
