"""`/v1/products`: what a scanned code is answered with, and recalls."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api import examples
from api.deps import JsonBody, NodeOf, record_id
from ledger.errors import MalformedRecord

router = APIRouter(prefix="/v1/products", tags=["products"])


@router.get("/{path:path}")
def look_up(
    path: str,
    node: NodeOf,
    reader: Annotated[
        str, Query(max_length=64, description="Token of the scanning device; the scan is then kept")
    ] = "",
) -> dict[str, Any]:
    """Verdict, reasons and what to do for a GS1 Digital Link path such as `01/09506000134352/10/LOT/21/SERIAL`."""
    return node.products.look_up(path, reader)


@router.put("/codes/{attestation}", openapi_extra=examples.body(examples.ITEM_CODES))
def keep_codes(attestation: str, data: JsonBody, node: NodeOf) -> dict[str, Any]:
    """Publish the item codes behind an attestation's root: `{codes: [...]}`. Taken only with the signed root."""
    if not isinstance(data, dict) or not isinstance(data.get("codes"), list):
        raise MalformedRecord("not item codes", where="body", expected='{"codes": ["01/…/21/…"]}')
    return {"kept": node.products.keep_codes(record_id(attestation), data["codes"])}
