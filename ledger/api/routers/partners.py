"""`/v1/partners`: who takes part, with which roles and keys; how to be enrolled; and what the consortium stands on."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, status

from ledger.api.deps import Cursor, JsonBody, Limit, NodeOf, PartnerPath, ReaderOf, fields
from ledger.api.schemas import examples
from ledger.api.schemas.partners import (
    ConsortiumView,
    Enrolled,
    EnrolmentDocument,
    EnrolmentPage,
    PartnerKeys,
    PartnerPage,
    SignedPartnerBook,
)
from ledger.api.schemas.products import OpenView
from ledger.common.ids import bytes_from_hex
from ledger.errors import MalformedRecord
from ledger.records.wallet_input import signature_from_wallet
from ledger.services.views.explorer import CouncilView
from ledger.services.views.models import PartnerView

router = APIRouter(prefix="/v1", tags=["partners"])


@router.get("/consortium", operation_id="getConsortium", response_model=ConsortiumView)
def consortium(node: NodeOf) -> dict[str, Any]:
    """Genesis, council, contracts in force, and what the next registry change must carry."""
    return node.reader.enrolment.consortium(node.home.consortium)


@router.get("/partners", operation_id="listPartners", response_model=PartnerPage, responses=examples.READ_RESPONSES)
def listing(node: NodeOf, after: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Every partner that was ever admitted, by id: pass `next` as `after`."""
    result = node.reader.views.partners(after=after or 0, limit=limit)
    return {"partners": result, "next": result[-1].id if len(result) == limit else None}


@router.get("/partners/book", operation_id="getPartnerBook", response_model=SignedPartnerBook)
def book(node: NodeOf) -> dict[str, Any]:
    """Who is who now, signed by the log: names and keys in force of all partners, and the council. As in the trust file
    that `lading trust` writes; a signer's browser takes names from it once the log's signature held."""
    return node.reader.views.partner_book().to_json()


@router.get("/partners/{partner}", operation_id="getPartner", responses=examples.READ_RESPONSES)
def read(partner: PartnerPath, node: NodeOf) -> PartnerView:
    """One partner: name and GLN as enrolled, roles with scope, keys in force."""
    return node.reader.views.partner(partner)


@router.get(
    "/partners/{partner}/keys",
    operation_id="listPartnerKeys",
    response_model=PartnerKeys,
    responses=examples.READ_RESPONSES,
)
def keys(
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    at: Annotated[
        int | None, Query(ge=0, le=2**40 - 1, description="UTC seconds: only keys that were in force then")
    ] = None,
) -> dict[str, Any]:
    """All keys that a partner has or had: what each may sign, until when, and whether it is in force.

    Names of devices are for the partner itself, signed in with a master key, and for auditors.
    """
    found = node.reader.partner_keys.of_partner(partner, reader)
    return {"partner": partner, "keys": found if at is None else [key for key in found if key.valid_at(at)]}


@router.get("/council", operation_id="getCouncil")
def council(node: NodeOf) -> CouncilView:
    """The council over time: who is, was or will be a member, and how many must sign. What it decided is listed by
    `/v1/records?type=RegistryChange`.
    """
    return node.reader.explorer.council()


@router.get(
    "/partners/{partner}/open",
    operation_id="listOpenAgainst",
    response_model=OpenView,
    responses=examples.READ_RESPONSES,
)
def open_against(partner: PartnerPath, node: NodeOf) -> dict[str, Any]:
    """What is open against a partner: packages that were missing when it handed goods over, until they are handed on or
    what became of them is declared; the newest first, at most 200.
    """
    return {"partner": partner, "open": node.reader.views.open_against(partner)}


@router.post(
    "/enrolments",
    operation_id="requestEnrolment",
    status_code=status.HTTP_201_CREATED,
    response_model=Enrolled,
    responses=examples.write_responses({}),
    openapi_extra=examples.body(examples.ENROLMENT),
)
def enrol(data: JsonBody, node: NodeOf) -> dict[str, Any]:
    """Ask to be admitted: `{document, signature}`, the document signed by the key it names (EIP-191).

    It proves possession of the key. The council decides with signed registry changes.
    """
    document, signature = fields(data, "document", "signature")
    if not isinstance(document, str):
        raise MalformedRecord("not a document", where="document", expected="RFC 8785 JSON as a string")
    return node.reader.enrolment.ask(document.encode(), signature_from_wallet(signature, "signature"))


@router.get(
    "/enrolments", operation_id="listEnrolments", response_model=EnrolmentPage, responses=examples.READ_RESPONSES
)
def enrolments(
    node: NodeOf,
    after: Annotated[str | None, Query(max_length=80, description="`next` of the page before")] = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Who has asked to be admitted, oldest first, and whether the council has done so."""
    result = node.reader.enrolment.listing(after=_cursor(after), limit=limit)
    last = result[-1] if len(result) == limit else None
    return {"enrolments": result, "next": f"{last['asked_at']}-{last['document']}" if last else None}


@router.get(
    "/enrolments/{document}",
    operation_id="getEnrolment",
    response_model=EnrolmentDocument,
    responses=examples.READ_RESPONSES,
)
def enrolment(document: str, node: NodeOf) -> dict[str, Any]:
    """An enrolment's signed document by its SHA-256: what a council member reads before signing an admission."""
    return node.reader.enrolment.document(bytes_from_hex(document, 32, "document"))


def _cursor(text: str | None) -> tuple[int, bytes] | None:
    if text is None:
        return None
    moment, _, document = text.partition("-")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 13):
        raise MalformedRecord("not a cursor", where="after", expected="`next` of the page before", found=text)
    return int(moment), bytes_from_hex(document, 32, "after")
