"""`/v1/session`: signing in with a key (EIP-4361) to read private parts."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api import examples
from api.deps import COOKIE, JsonBody, NodeOf, ReaderOf, SessionsOf
from api.sessions import SESSION_SECONDS
from ledger.errors import MalformedRecord
from ledger.ids import to_hex
from ledger.signing import signature_from_hex

router = APIRouter(prefix="/v1/session", tags=["session"])


@router.get("/challenge")
def challenge(
    sessions: SessionsOf, address: Annotated[str, Query(description="0x-address that will sign")]
) -> dict[str, str]:
    """The EIP-4361 message to sign with `personal_sign`, valid for five minutes and once."""
    return {"message": sessions.challenge(address)}


@router.post("", openapi_extra=examples.body(examples.SIGN_IN))
def sign_in(data: JsonBody, sessions: SessionsOf, node: NodeOf, response: Response) -> dict[str, Any]:
    """Exchange a signed challenge `{message, signature}` for a session token, valid for an hour, for reading only."""
    if not isinstance(data, dict) or set(data) != {"message", "signature"} or not isinstance(data["message"], str):
        raise MalformedRecord("not a sign-in", where="body", expected="an object with message and signature")
    key, token = sessions.sign_in(data["message"], signature_from_hex(data["signature"], "signature"))
    secure = node.settings.public_url.startswith("https://")
    response.set_cookie(COOKIE, token, max_age=SESSION_SECONDS, httponly=True, samesite="strict", secure=secure)
    return {"address": to_hex(key), "token": token}


@router.get("")
def who_am_i(reader: ReaderOf) -> dict[str, Any]:
    """The signed-in partner; 0 for the public and for keys without a partner."""
    return {"partner": reader.partner, "auditor": reader.auditor}


@router.delete("")
def sign_out(response: Response) -> dict[str, str]:
    response.delete_cookie(COOKIE)
    return {"status": "signed out"}
