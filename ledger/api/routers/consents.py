"""`/v1/consents`: what partners let this operator forward to another operator's log."""

from typing import Any

from fastapi import APIRouter, status

from ledger.api.deps import JsonBody, NodeOf, fields
from ledger.api.schemas import examples
from ledger.api.schemas.partners import ConsentView
from ledger.common.ids import bytes_from_hex
from ledger.errors import MalformedRecord
from ledger.records.wallet_input import signature_from_wallet

router = APIRouter(prefix="/v1/consents", tags=["partners"])


@router.post(
    "",
    operation_id="submitConsent",
    status_code=status.HTTP_201_CREATED,
    response_model=ConsentView,
    responses=examples.write_responses({}),
    openapi_extra=examples.body(examples.CONSENT),
)
def take(data: JsonBody, node: NodeOf) -> dict[str, Any]:
    """Consent to forwarding, or revoke a consent: `{document, signature}`, signed by a master key of the partner
    (EIP-191).

    By a consent this operator hands in, at the log that it names and until then, what the partner could hand in there
    itself: records that only logs take, opened parts. A revocation counts at once; what was forwarded stays there.
    """
    document, signature = fields(data, "document", "signature")
    if not isinstance(document, str):
        raise MalformedRecord("not a document", where="document", expected="RFC 8785 JSON as a string")
    return node.reader.consents.take(document.encode(), signature_from_wallet(signature, "signature"))


@router.get("/{consent}", operation_id="getConsent", response_model=ConsentView, responses=examples.READ_RESPONSES)
def read(consent: str, node: NodeOf) -> dict[str, Any]:
    """Where a consent stands, by the SHA-256 of its document: whether it counts, and how many records went by it."""
    return node.reader.consents.status(bytes_from_hex(consent, 32, "consent"))
