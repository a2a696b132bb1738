"""`/v1/session`: signing in with a key (EIP-4361) to read private parts."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from ledger.api.deps import FROM_OWN_PAGES, BudgetsOf, JsonBody, NodeOf, ReaderOf, SessionsOf, fields, tokens_of
from ledger.api.quota import COOKIE, Budgets
from ledger.api.schemas import examples
from ledger.api.schemas.answers import Challenge, SessionView, SignedIn, SignedOut
from ledger.common.ids import KeyAddress, to_hex
from ledger.errors import MalformedRecord
from ledger.records.wallet_input import signature_from_wallet
from ledger.services.node.node import Node
from ledger.services.state.sessions import SESSION_SECONDS, Sessions

router = APIRouter(prefix="/v1/session", tags=["session"])


@router.get("/challenge", operation_id="getChallenge", response_model=Challenge, responses=examples.READ_RESPONSES)
def challenge(
    sessions: SessionsOf, address: Annotated[str, Query(description="0x-address that will sign", max_length=80)]
) -> dict[str, str]:
    """The EIP-4361 message to sign with `personal_sign`, valid for five minutes and once."""
    return {"message": sessions.challenge(address)}


@router.post(
    "",
    operation_id="signIn",
    response_model=SignedIn,
    responses=examples.write_responses({}),
    openapi_extra=examples.body(examples.SIGN_IN),
    dependencies=[FROM_OWN_PAGES],
)
def sign_in(
    data: JsonBody, sessions: SessionsOf, node: NodeOf, budgets: BudgetsOf, response: Response
) -> dict[str, Any]:
    """Exchange a signed challenge `{message, signature}` for a session token, valid for an hour: for reading, and for
    erasing what its key signed. A browser's `Origin`, where it sends one, has to be the service's own.
    """
    message, signature = fields(data, "message", "signature")
    if not isinstance(message, str):
        raise MalformedRecord("not a text", where="message", expected="the EIP-4361 text as it was given")
    key, token = sessions.sign_in(message, signature_from_wallet(signature, "signature"))
    recognise(key, token, node, budgets)
    keep_session(response, token, node)
    return {"address": to_hex(key), "token": token}


@router.get("", operation_id="getSession", response_model=SessionView, responses=examples.READ_RESPONSES)
def who_am_i(reader: ReaderOf) -> dict[str, Any]:
    """The signed-in partner; 0 for the public and for keys without a partner."""
    return {"partner": reader.partner, "auditor": reader.auditor}


@router.delete(
    "",
    operation_id="signOut",
    response_model=SignedOut,
    responses={403: examples.PROBLEM},
    dependencies=[FROM_OWN_PAGES],
)
def sign_out(request: Request, sessions: SessionsOf, budgets: BudgetsOf, response: Response) -> dict[str, str]:
    """End the session, whoever else holds its token: that of the bearer token, and that of the cookie."""
    end_sessions(request, sessions, budgets, response)
    return {"status": "signed out"}


def end_sessions(request: Request, sessions: Sessions, budgets: Budgets, response: Response) -> None:
    """End every session that a request carries, and let the browser forget its cookie."""
    for token in tokens_of(request):
        sessions.sign_out(token)
        budgets.forget(token)
    response.delete_cookie(COOKIE)


def recognise(key: KeyAddress, token: str, node: Node, budgets: Budgets) -> None:
    """From now on the key's partner, if it has one, pays for what is asked with this session."""
    if partner := node.reader.views.reader(key).partner:
        budgets.remember(token, partner)


def keep_session(response: Response, token: str, node: Node) -> None:
    """Let the browser keep a session token where no script can read it."""
    secure = node.home.settings.public_url.startswith("https://")
    response.set_cookie(COOKIE, token, max_age=SESSION_SECONDS, httponly=True, samesite="strict", secure=secure)
