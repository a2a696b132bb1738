"""Signing in with a browser: with a wallet where there is one, else with `lading` and a paste."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from ledger.api.deps import FROM_OWN_PAGES, BudgetsOf, NodeOf, ReaderOf, SessionsOf
from ledger.api.pages.forms import form_of, local
from ledger.api.pages.render import page
from ledger.api.routers.sessions import end_sessions, keep_session, recognise
from ledger.errors import LadingError
from ledger.records.wallet_input import signature_from_wallet

router = APIRouter()
FIRST = "/worklist"
"""Where who signs in is led, unless it came from somewhere."""


@router.get("/sign-in")
def form(
    request: Request,
    sessions: SessionsOf,
    reader: ReaderOf,
    address: Annotated[str, Query(max_length=80)] = "",
    back: Annotated[str, Query(max_length=300)] = FIRST,
) -> Response:
    message, problem = "", ""
    if address:
        try:
            message = sessions.challenge(address.strip())
        except LadingError as error:
            problem = str(error)
    return page(
        request,
        "sign_in.html",
        reader,
        400 if problem else 200,
        address=address,
        message=message,
        problem=problem,
        back=local(back, FIRST),
    )


@router.post("/sign-in", dependencies=[FROM_OWN_PAGES])
async def sign_in(
    request: Request, sessions: SessionsOf, node: NodeOf, budgets: BudgetsOf, reader: ReaderOf
) -> Response:
    values = await form_of(request)
    back = local(values.get("back", FIRST), FIRST)
    try:
        if token := values.get("token", "").strip():
            key = await run_in_threadpool(sessions.reader, token)
        else:
            signature = signature_from_wallet(values.get("signature", "").strip())
            # Forms send line breaks as CR LF; the text was signed with LF.
            text = values.get("message", "").replace("\r\n", "\n")
            key, token = await run_in_threadpool(sessions.sign_in, text, signature)
    except LadingError as error:
        values = {"address": values.get("address", ""), "message": "", "problem": str(error), "back": back}
        return page(request, "sign_in.html", reader, 400, **values)
    await run_in_threadpool(recognise, key, token, node, budgets)
    response = RedirectResponse(back, status_code=303)
    keep_session(response, token, node)
    return response


@router.post("/sign-out", dependencies=[FROM_OWN_PAGES])
async def sign_out(request: Request, sessions: SessionsOf, budgets: BudgetsOf) -> Response:
    await form_of(request)
    # Pages that this reader saw are not there for the next one who presses "Back".
    response = RedirectResponse("/", status_code=303, headers={"Clear-Site-Data": '"cache"'})
    await run_in_threadpool(end_sessions, request, sessions, budgets, response)
    return response
