"""`/v1/records`: submitting, countersigning, listing and reading signed records."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from ledger.api.batches import member_of, records_of, submitted
from ledger.api.costs import is_batch
from ledger.api.deps import (
    MAX_BODY,
    SMALL,
    ChargeOf,
    Cursor,
    JsonBody,
    Limit,
    NodeOf,
    PartnerQuery,
    ReaderOf,
    RecordPath,
    SessionReader,
    charge,
    fields,
    json_text,
    record_id,
)
from ledger.api.plain_json import answer
from ledger.api.schemas import examples
from ledger.api.schemas.answers import Erasures, Proposals, RecordPage, RecordTypes, Submitted, TypedData
from ledger.api.schemas.logs import InclusionProof, Rivals
from ledger.bonuses.agreement import warning_codes
from ledger.common.canonical import parse_json, without_mark
from ledger.common.ids import KeyAddress, bytes_from_hex, to_hex
from ledger.errors import InvalidInput, LadingError, MalformedRecord, NotFound, NotPermitted, Refused
from ledger.records import index_keys
from ledger.records.erasure import ErasureReason
from ledger.records.signing import SignedRecord
from ledger.records.types import BY_NAME, Record, record_named
from ledger.records.wallet_input import (
    address_from_wallet,
    envelope_from_wallet,
    record_from_wallet,
    signatures_from_wallets,
)
from ledger.services.intake.submission import Accepted, Proposed
from ledger.services.node.node import Node
from ledger.services.views.explorer import RawRecord
from ledger.services.views.models import ErasedView, ReceiptView, RecordView

router = APIRouter(prefix="/v1/records", tags=["records"])
NO_NUL = r"^[^\x00]*$"
"""A database may refuse the character."""


@router.post(
    "",
    operation_id="submitRecord",
    status_code=status.HTTP_201_CREATED,
    response_model=Submitted,
    response_model_exclude_none=True,
    responses=examples.write_responses(
        {200: "Known before: the first receipt again", 202: "Proposed: signatures are missing"}, Submitted
    ),
    openapi_extra=examples.record_body(),
)
async def submit(request: Request) -> Response:
    """Take in a signed record: `{type, message, signatures}`.

    201 with a receipt once it is committed, and with `waitsFor` when its predecessors are missing; 200 with the first
    receipt when it was known; 202 when signatures, or the record that it is about, are missing and it waits for them.
    Nothing else authenticates a write but the record's own signatures.
    """
    body = await json_text(request)
    signed = _envelope(body) if len(body) <= SMALL else await run_in_threadpool(_envelope, body)
    request.app.state.node.guard.refuse()
    result = await request.app.state.together.submit(signed, await charge(request))
    return answer(submitted(result), _status_of(result))


async def submitting(scope: Scope, receive: Receive, send: Send) -> None:
    """`submit` as an application by itself: what a framework's route does around it takes longer than to read a record
    and to answer."""
    await (await submit(Request(scope, receive)))(scope, receive, send)


@router.post(
    "/typed-data",
    operation_id="getTypedData",
    response_model=TypedData,
    responses=examples.write_responses({200: "What to sign"}),
    openapi_extra=examples.unsigned_body(),
)
def typed_data(
    data: JsonBody,
    node: NodeOf,
    reader: ReaderOf,
    signer: Annotated[str | None, Query(max_length=80, description="Address of the key that is to sign")] = None,
) -> dict[str, Any]:
    """What a wallet signs: the `eth_signTypedData_v4` payload and the record's id, for `{type, message}`.

    Refused is what acceptance would refuse once all have signed, and a `signer` that has no part in the record. Beside
    it stands what to show before anybody signs: who has to sign, names of partners, and of shipments whose terms the
    session may read, order and goods. `warnings` are codes.
    """
    name, message = fields(data, "type", "message")
    record = record_from_wallet(name, message)
    payload = node.submission.domain_of(record).typed_data(record)
    key = None if signer is None else KeyAddress(address_from_wallet(signer, "signer"))
    signable = node.submission.check_signable(record, key)
    views = node.reader.signing
    (own,) = views.signers([signable.signer]) if signable.signer else (None,)
    return {
        "id": to_hex(signable.record_id),
        "typedData": payload,
        "warnings": warning_codes(record),
        "signers": views.signers(signable.signers),
        "signer": own,
        "market": node.reader.markets.told(record),
        "closed": list(signable.closed),
        "partners": views.names(record),
        "shipments": views.carried(record, reader),
    }


@router.post(
    "/{record}/signatures",
    operation_id="countersignRecord",
    status_code=status.HTTP_201_CREATED,
    response_model=Submitted,
    response_model_exclude_none=True,
    responses=examples.write_responses({200: "Accepted before", 202: "Signatures are still missing"}, Submitted),
    openapi_extra=examples.body(examples.SIGNATURES),
)
def countersign(record: RecordPath, data: JsonBody, node: NodeOf, charge: ChargeOf) -> Response:
    """Add signatures to a proposed record: `{signatures: [...]}`. When none is missing it is accepted."""
    (given,) = fields(data, "signatures")
    signatures = signatures_from_wallets(given, least=1)
    result = node.submission.countersign(record_id(record), signatures, charge)
    return answer(submitted(result), _status_of(result))


def signed_now(node: Node, path: str, body: bytes) -> set[int]:
    """The partners whose signatures a submission brings for the first time, of a batch its first record; none for what
    is no submission."""
    body = without_mark(body)
    try:
        if is_batch(path):
            member = member_of(next(iter(records_of(body)), None))
            return set() if isinstance(member, LadingError) else node.submission.signed_now(member)
        data = parse_json(body, max_size=MAX_BODY)
        if path == router.prefix:
            return node.submission.signed_now(envelope_from_wallet(data))
        signatures = signatures_from_wallets(fields(data, "signatures")[0], least=1)
        return node.submission.countersigned_now(record_id(path.split("/")[3]), signatures)
    except (InvalidInput, Refused):
        return set()


@router.delete(
    "/{record}/parts/{path}", operation_id="erasePart", response_model=Erasures, responses=examples.READ_RESPONSES
)
def erase(
    record: RecordPath,
    path: Annotated[str, Path(max_length=120, description="The part, such as `details` or `children[0].details`")],
    reason: Annotated[ErasureReason, Query(description="Why, for the note that stays")],
    node: NodeOf,
    reader: ReaderOf,
) -> dict[str, Any]:
    """Erase a private part of a record, or all that lie in it: body and salt leave this service, every proof holds.

    For whoever signed the record alone, asked with the key that signed it, and only parts that no figure or rule rests
    on; the operator decides about others. It is noted who erased what, when and why, and the part is not taken in
    again. Its bytes leave the database's files within ten minutes. To ask again changes nothing.
    """
    wanted = record_id(record)
    number = node.reader.views.record(wanted, reader).number
    if not reader.partner or not reader.may_read(number):
        raise NotPermitted("only a signer erases", where="session", mend="Sign in with a key of the signer.")
    result = node.erasing.erase(wanted, [path], reason=reason, by=reader.partner, key=reader.key)
    return {
        "record": to_hex(wanted),
        "erased": [ErasedView(e.path, e.erased_at, e.erased_by, e.reason) for e in result],
    }


@router.get("", operation_id="listRecords", response_model=RecordPage, responses=examples.READ_RESPONSES)
def listing(
    node: NodeOf,
    reader: ReaderOf,
    kind: Annotated[str | None, Query(alias="type", max_length=40, description="Record type, e.g. Handoff")] = None,
    partner: PartnerQuery = None,
    shipment: Annotated[str | None, Query(description="Shipment id")] = None,
    subject: Annotated[
        str | None, Query(max_length=512, pattern=NO_NUL, description="Subject of attestations and recalls")
    ] = None,
    target: Annotated[str | None, Query(description="Record that others are about, e.g. endorsed or amended")] = None,
    waiting: Annotated[bool, Query(description="Only records whose predecessors are missing")] = False,
    after: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Records in log order, a page at a time: pass `next` as `after`. At most one of partner, shipment, subject and
    target narrows the list; with `waiting`, only records that wait for others."""
    wanted = [
        (index_keys.PARTNER, None if partner is None else str(partner)),
        (index_keys.SHIPMENT, None if shipment is None else to_hex(bytes_from_hex(shipment, 32, "shipment"))),
        (index_keys.SUBJECT, subject),
        (index_keys.RECORD, None if target is None else to_hex(bytes_from_hex(target, 32, "target"))),
    ]
    named = [(about, key) for about, key in wanted if key is not None]
    if len(named) > 1:
        raise MalformedRecord("one filter at a time", where="query", found=", ".join(about for about, _ in named))
    about, key = named[0] if named else ("", "")
    result = node.reader.views.records(
        reader,
        kind=about,
        key=key,
        types=(record_named(kind).NUMBER,) if kind else (),
        after=-1 if after is None else after,
        limit=limit,
        waiting=waiting,
    )
    return {"records": result, "next": result[-1].log.index if len(result) == limit else None}


@router.get("/proposed", operation_id="listProposals", response_model=Proposals, responses=examples.READ_RESPONSES)
def proposed(node: NodeOf, reader: SessionReader, limit: Limit = 100) -> dict[str, Any]:
    """The newest records that wait for signatures and concern the signed-in partner; 401 for the public."""
    return {"records": node.reader.views.proposals_for(reader, node.home.clock.now(), limit)}


@router.get("/types", operation_id="listRecordTypes", response_model=RecordTypes, response_model_by_alias=True)
def types() -> dict[str, Any]:
    """Every record type: its number, its EIP-712 `encodeType`, and a JSON Schema of its message."""
    kinds = [kind for kind in BY_NAME.values() if issubclass(kind, Record)]
    return {"types": [examples.type_entry(kind) for kind in kinds]}


@router.get("/{record}", operation_id="getRecord", responses=examples.READ_RESPONSES)
def read(record: RecordPath, node: NodeOf, reader: ReaderOf) -> RecordView:
    """One record with its message, signers, log track with receipt, and chain track with an outcome an item."""
    return node.reader.views.record(record_id(record), reader)


@router.get("/{record}/receipt", operation_id="getReceipt", responses=examples.READ_RESPONSES)
def receipt(record: RecordPath, node: NodeOf) -> ReceiptView:
    """The log's signed receipt: the same bytes every time."""
    view = node.reader.views.record(record_id(record))
    if view.log.receipt is None:
        raise NotFound("only proposed: not in the log", where="record", found=record)
    return view.log.receipt


@router.get(
    "/{record}/proof", operation_id="proveRecord", response_model=InclusionProof, responses=examples.READ_RESPONSES
)
def proof(
    record: RecordPath, node: NodeOf, size: Annotated[int | None, Query(ge=1, le=2**53 - 1)] = None
) -> dict[str, Any]:
    """The RFC 9162 inclusion proof of a record in the newest checkpoint, or in the tree of `size` leaves."""
    view = node.reader.views.record(record_id(record))
    if view.log.index is None:
        raise NotFound("only proposed: not in the log", where="record", found=record)
    return node.reader.proof(view.log.index, size)


@router.get("/{record}/raw", operation_id="getRawRecord", responses=examples.READ_RESPONSES)
def raw(record: RecordPath, node: NodeOf, reader: ReaderOf) -> RawRecord:
    """A record as its signers and the log have it: what wallets were shown, signatures, the leaf's bytes, and the
    entries before and after it. `typedData` is null where the session may not see a private part.
    """
    return node.reader.explorer.raw(node.reader.views.record(record_id(record), reader))


@router.get("/{record}/rivals", operation_id="listRivals", response_model=Rivals, responses=examples.READ_RESPONSES)
def rivals(record: RecordPath, node: NodeOf) -> dict[str, Any]:
    """Other records of the log that name a place of a shipment which this one names too: its custody, or its clearance,
    at the same sequence. Only one of them can have it; whoever signed both said two things.
    """
    return {"rivals": node.reader.explorer.rivals(node.reader.views.record(record_id(record)))}


def _envelope(body: bytes) -> SignedRecord:
    return envelope_from_wallet(parse_json(body, max_size=MAX_BODY))


def _status_of(result: Accepted | Proposed) -> int:
    if isinstance(result, Proposed):
        return status.HTTP_202_ACCEPTED
    return status.HTTP_200_OK if result.again else status.HTTP_201_CREATED
