"""What the routes need from the node, and who is asking."""

from typing import Annotated, Any

from fastapi import Depends, Header, Request

from api.sessions import Sessions
from ledger.canonical import parse_json
from ledger.codes import Role
from ledger.errors import MalformedRecord, NotPermitted
from ledger.ids import RecordId, bytes_from_hex
from ledger.records import Handoff
from ledger.services.node import Node
from ledger.services.reading import PUBLIC, Reader

MAX_BODY = 512 * 1024
COOKIE = "lading_session"


def node(request: Request) -> Node:
    found: Node = request.app.state.node
    return found


def sessions(request: Request) -> Sessions:
    found: Sessions = request.app.state.sessions
    return found


def reader(
    request: Request,
    authorization: Annotated[str | None, Header(description="`Bearer` and a session token")] = None,
) -> Reader:
    """Who asks: the partner whose key signed in, or the public. Raises `NotPermitted` for a token that is not valid."""
    token = request.cookies.get(COOKIE)
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotPermitted("not a bearer token", where="Authorization", expected="Bearer and a token")
    if not token:
        return PUBLIC
    key = sessions(request).reader(token)
    registry = node(request).registry
    standing = registry.standing(key, Handoff.NUMBER)
    if standing is None:
        return Reader(key=key)
    return Reader(standing.partner, registry.has_role(standing.partner, Role.AUDITOR), key)


async def json_body(request: Request) -> Any:
    """The request's JSON, read up to the limit and parsed strictly; raises `MalformedRecord`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise MalformedRecord("not JSON", where="Content-Type", expected="application/json", found=kind[:80])
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise MalformedRecord("too large", where="body", expected=f"at most {MAX_BODY} bytes")
    return parse_json(bytes(body), max_size=MAX_BODY)


def record_id(text: str) -> RecordId:
    return RecordId(bytes_from_hex(text, 32, "record id"))


NodeOf = Annotated[Node, Depends(node)]
SessionsOf = Annotated[Sessions, Depends(sessions)]
ReaderOf = Annotated[Reader, Depends(reader)]
JsonBody = Annotated[Any, Depends(json_body)]
