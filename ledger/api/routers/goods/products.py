"""`/v1/products`: what a scanned code is answered with."""

import base64
import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response

from ledger.api.deps import BundlesOf, JsonBody, LookCounts, NodeOf, RecordPath, fields, raw_tail, record_id
from ledger.api.schemas import examples
from ledger.api.schemas.answers import Kept
from ledger.api.schemas.products import ProductView
from ledger.common.ids import bytes_from_hex
from ledger.common.periods import MINUTE
from ledger.errors import MalformedRecord
from ledger.formats.gs1.scanned import product_of_code
from ledger.services.exports.bundle import Exporter

router = APIRouter(prefix="/v1/products", tags=["products"])
MOST_TOKEN = 64
FRESH = {"Cache-Control": "no-cache"}
BUNDLE: dict[str, Any] = {"content": {"application/json": {"schema": {"type": "object"}}}}
PICTURE: dict[str, Any] = {"content": {"image/*": {}}}
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_TOKEN = re.compile(r"[0-9A-Za-z_-]{8,64}")
Device = Annotated[
    str,
    Header(
        alias="Lading-Device", max_length=MOST_TOKEN, description="A scanning device's own random token, if it has one"
    ),
]
ProductPath = Annotated[str, Path(description="GS1 Digital Link path, e.g. `01/09506000134352/10/LOT/21/SERIAL`")]


@router.put(
    "/codes/{attestation}",
    operation_id="putItemCodes",
    response_model=Kept,
    responses=examples.write_responses({}),
    openapi_extra=examples.body(examples.ITEM_CODES),
)
def keep_codes(attestation: RecordPath, data: JsonBody, node: NodeOf) -> dict[str, Any]:
    """Publish the item codes behind an attestation's root: `{codes: [...]}`. Taken only with the signed root."""
    (codes,) = fields(data, "codes")
    if not isinstance(codes, list):
        raise MalformedRecord("not item codes", where="codes", expected='["01/…/21/…"]')
    return {"kept": node.reader.products.keep_codes(record_id(attestation, "attestation"), codes)}


@router.put(
    "/data/{attestation}",
    operation_id="putProductData",
    response_model=Kept,
    responses=examples.write_responses({}),
    openapi_extra=examples.body(examples.PRODUCT_DATA),
)
def keep_description(attestation: RecordPath, data: JsonBody, node: NodeOf) -> dict[str, Any]:
    """Publish what an attestation of the schema `product` says: `{document, picture}`, the signed text, and the bytes
    of its picture in base64, empty where there is none. Taken only where both have the hashes that were signed."""
    document, picture = fields(data, "document", "picture")
    if not isinstance(document, str) or not isinstance(picture, str):
        raise MalformedRecord("not a product's data", where="body", expected="document, and picture in base64")
    try:
        body = base64.b64decode(picture, validate=True)
    except ValueError:
        raise MalformedRecord("not base64", where="picture", expected="base64") from None
    node.reader.products.keep_description(record_id(attestation, "attestation"), document.encode(), body)
    return {"kept": 1 + bool(body)}


@router.get(
    "/data/{document}",
    operation_id="getProductData",
    response_class=Response,
    responses={200: BUNDLE, 404: examples.PROBLEM},
)
def description(document: Annotated[str, Path(description="SHA-256 of the text")], node: NodeOf) -> Response:
    """What a brand says of its product, byte by byte as it was signed, by its SHA-256."""
    text = node.reader.products.description(bytes_from_hex(document, 32, "document"))
    return Response(text, media_type="application/json", headers=FOREVER)


@router.get(
    "/pictures/{sha256}",
    operation_id="getPicture",
    response_class=Response,
    responses={200: PICTURE, 404: examples.PROBLEM},
)
def picture(sha256: Annotated[str, Path(description="SHA-256 of the picture")], node: NodeOf) -> Response:
    """The picture of a product by its SHA-256."""
    kept = node.reader.products.picture(bytes_from_hex(sha256, 32, "sha256"))
    return Response(kept.body, media_type=kept.type, headers=FOREVER)


@router.post(
    "/scans",
    operation_id="reportScan",
    response_model=ProductView,
    responses=examples.write_responses({}),
    openapi_extra=examples.body(examples.SCAN),
)
def scan(data: JsonBody, node: NodeOf, counts: LookCounts) -> dict[str, Any]:
    """Look a code up and count the look: `{code, device}`. A one-time code that turns up in other hands is a risk.

    `code` is what the scanner gave: a GS1 Digital Link, compressed or not, its path, an element string (with FNC1 or
    in brackets), or the digits of a GTIN; `device` a random token that the scanning device made for itself.
    """
    code, device = fields(data, "code", "device")
    if not isinstance(code, str) or not isinstance(device, str) or not is_token(device):
        expected = f"code, and device of 8 to {MOST_TOKEN} letters and digits"
        raise MalformedRecord("not a scan", where="body", expected=expected)
    return node.reader.products.look_up(product_of_code(code).path(), device, keep=counts)


@router.get(
    "/bundle/{path:path}",
    operation_id="getProductBundle",
    response_class=Response,
    responses={200: BUNDLE, 400: examples.PROBLEM, 404: examples.PROBLEM},
)
def bundle(path: ProductPath, request: Request, node: NodeOf, bundles: BundlesOf) -> Response:  # noqa: ARG001 the path as it was sent counts
    """All that the verdict on a product rests on, signed: what its page recomputes, and `lading verify` checks.

    The registry's history, the records about the product, one proof to the newest checkpoint, and the log's statement
    that these are all. Private parts stay closed. Format: `docs/bundle.md`.
    """
    product = product_of_code(raw_tail(request, "/v1/products/bundle/"), "path")
    published = node.reader.publisher.current()
    # Who is in force is told as of now: hence the minute.
    state = node.reader.extent(), published and published.note, node.home.clock.now() // MINUTE
    text = bundles.get(product.path(), state, lambda: Exporter(node.reader).product(product))
    return Response(text, media_type="application/json", headers=FRESH)


@router.get("/{path:path}", operation_id="lookUpProduct", response_model=ProductView, responses=examples.READ_RESPONSES)
def look_up(path: ProductPath, request: Request, node: NodeOf, device: Device = "") -> dict[str, Any]:  # noqa: ARG001
    """Verdict, reasons and what to do for a GS1 Digital Link path, in any spelling that the standard allows.

    Nothing is remembered of it. `Lading-Device`: its own earlier looks at a one-time code are no sign of a copy.
    """
    known = device if is_token(device) else ""
    return node.reader.products.look_up(product_of_code(raw_tail(request, "/v1/products/"), "path").path(), known)


def is_token(text: str) -> bool:
    """Whether `text` may name a scanning device."""
    return _TOKEN.fullmatch(text) is not None
