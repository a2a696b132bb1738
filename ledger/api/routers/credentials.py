"""`/v1/credentials`: Verifiable Credentials that partners publish of what they signed, and their status lists.

The service signs none. What is here is public, as its issuer published it, and is checked as if it came from anywhere.
"""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from ledger.api.deps import FROM_OWN_PAGES, READ, NodeOf, PartnerPath, RecordPath, SessionReader, media_type, read_body
from ledger.api.deps import record_id as record_of
from ledger.api.problems import Limited
from ledger.api.routers.log import FRESH
from ledger.api.schemas import examples
from ledger.api.schemas.answers import PublishedCredentials
from ledger.common.canonical import canonical_json
from ledger.common.ids import LogId, bytes_from_hex
from ledger.errors import MalformedRecord
from ledger.formats.credentials.envelope import VCDM
from ledger.formats.credentials.jose import MEDIA_TYPE
from ledger.services.products.credentials import MOST_BYTES, ListName, PublishedCredential

router = APIRouter(prefix="/v1", tags=["credentials"])
ENVELOPE = "application/vc"
"""What is asked for by who reads JSON and no tokens (VC Data Model 2.0, section 4.13.2)."""
_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
TOKEN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "As its issuer signed it",
        "content": {MEDIA_TYPE: _TEXT, ENVELOPE: {"schema": {"type": "object"}}},
    }
}
LIST: dict[int | str, dict[str, Any]] = {
    200: {"description": "As its issuer signed it", "content": {MEDIA_TYPE: _TEXT}}
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {MEDIA_TYPE: _TEXT | {"example": "eyJhbGciOiJFUzI1NksiLCJ0eXAiOiJ2Yytqd3Qi…"}},
    }
}
CredentialPath = Annotated[str, Path(max_length=300, description="The credential's id: `urn:lading:credential:…`")]
LogPath = Annotated[str, Path(description="The log's id: 32 bytes as 0x and lower-case hex")]
NumberPath = Annotated[int, Path(ge=0, le=2**36, description="Entries 131,072 × number and on of the log")]


async def _listed(partner: PartnerPath, log: LogPath, number: NumberPath) -> ListName:
    return ListName(partner, LogId(bytes_from_hex(log, 32, "log")), number)


Listed = Annotated[ListName, Depends(_listed)]


@router.post(
    "/credentials",
    operation_id="submitCredential",
    status_code=HTTPStatus.CREATED,
    response_model=PublishedCredential,
    responses=examples.write_responses({201: "Published, at the Location"}),
    openapi_extra=BODY,
    dependencies=[FROM_OWN_PAGES],
)
async def publish(request: Request, response: Response, node: NodeOf, reader: SessionReader) -> PublishedCredential:
    """Publish a conformity credential or a product passport that the signed-in partner issued, as `application/vc+jwt`.

    It is checked as `lading verify` checks it, and takes the place of an earlier one with its id. 403 for another's.
    """
    token = await _token(request)
    made = await run_in_threadpool(node.reader.credentials.publish, token, reader.partner)
    response.headers["Location"] = f"/v1/credentials/{made.id}"
    return made


@router.get("/credentials/{credential}", operation_id="getCredential", response_class=Response,
    responses=examples.READ_RESPONSES | TOKEN)  # fmt: skip
def read(credential: CredentialPath, node: NodeOf, accept: Annotated[str, Header()] = "") -> Response:
    """A published credential: `application/vc+jwt`, the token that its issuer signed. Who accepts `application/vc` and
    not that gets it in an EnvelopedVerifiableCredential.
    """
    token = node.reader.credentials.read(credential)
    headers = FRESH | {"Vary": "Accept"}
    wanted = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    if ENVELOPE not in wanted or MEDIA_TYPE in wanted:
        return Response(token, media_type=MEDIA_TYPE, headers=headers)
    enveloped = {
        "@context": [VCDM],
        "id": f"data:{MEDIA_TYPE},{token.decode('ascii')}",
        "type": "EnvelopedVerifiableCredential",
    }
    return Response(canonical_json(enveloped), media_type=ENVELOPE, headers=headers)


@router.delete(
    "/credentials/{credential}",
    operation_id="removeCredential",
    status_code=HTTPStatus.NO_CONTENT,
    responses=examples.write_responses({204: "No longer published"}),
    dependencies=[FROM_OWN_PAGES],
)
def withdraw(credential: CredentialPath, node: NodeOf, reader: SessionReader) -> None:
    """Publish a credential no longer; for its issuer. It is not revoked by that: whoever has it has it."""
    node.reader.credentials.withdraw(credential, reader.partner)


@router.get(
    "/records/{record}/credentials",
    operation_id="listCredentials",
    response_model=PublishedCredentials,
    responses=examples.READ_RESPONSES,
)
def of_record(record: RecordPath, node: NodeOf) -> dict[str, Any]:
    """What is published of a record, by its signers. `revoked_from`: when its author's Revocation here takes effect."""
    return {"credentials": node.reader.credentials.of_record(record_of(record))}


@router.put(
    "/partners/{partner}/status-lists/{log}/{number}",
    operation_id="putStatusList",
    status_code=HTTPStatus.NO_CONTENT,
    responses=examples.write_responses({204: "Published"}),
    openapi_extra=BODY,
    dependencies=[FROM_OWN_PAGES],
)
async def publish_list(request: Request, listed: Listed, node: NodeOf, reader: SessionReader) -> None:
    """Publish a W3C Bitstring Status List that the signed-in partner signed for its own credentials.

    It has to be newer than the one before and to revoke all that that revokes.
    """
    await run_in_threadpool(node.reader.credentials.publish_list, await _token(request), listed, reader.partner)


@router.get(
    "/partners/{partner}/status-lists/{log}/{number}",
    operation_id="getStatusList",
    response_class=Response,
    responses=examples.READ_RESPONSES | LIST,
)
def read_list(listed: Listed, node: NodeOf) -> Response:
    """A partner's newest status list, as it signed it: its own word about its credentials, until its `validUntil`.

    What proves a revocation is the record: `lading verify --bundle`.
    """
    return Response(node.reader.credentials.read_list(listed), media_type=MEDIA_TYPE, headers=FRESH)


async def _token(request: Request) -> bytes:
    kind = media_type(request)
    if kind != MEDIA_TYPE:
        problem = MalformedRecord("not a credential", where="Content-Type", expected=MEDIA_TYPE, found=kind[:80])
        raise Limited(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, problem)
    body: bytes | None = request.scope.get("state", {}).get(READ)
    if body is None:
        return await read_body(request, MOST_BYTES)
    if len(body) > MOST_BYTES:
        problem = MalformedRecord("too large", where="body", expected=f"at most {MOST_BYTES} bytes")
        raise Limited(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
    return body
