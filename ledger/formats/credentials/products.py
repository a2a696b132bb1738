"""Products and places as UNTP names them: GS1 identifiers where records have them.

Source: UNTP 0.7.0, classes Product, Facility, Measure and Classification.
"""

from collections.abc import Mapping
from typing import Any

from ledger.common.gs1 import Product
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord
from ledger.formats.credentials.envelope import GS1_ID
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods, Place

UNLOCODE = "https://vocabulary.uncefact.org/unlocode#"
COUNTRY_ID = "https://vocabulary.uncefact.org/CountryId#"
MOST_QUANTITY = 2**53 - 1
"""JSON's largest exact number."""


def product_json(product: Product, name: str) -> dict[str, Any]:
    """A GTIN, or a lot or item of it."""
    result: dict[str, Any] = {
        "type": ["Product"],
        "id": f"{GS1_ID}/{product.path()}",
        "name": name or f"GTIN {product.gtin}",
        "idGranularity": "item" if product.serial else "batch" if product.lot else "model",
        "modelNumber": product.gtin,
    }
    return result | {
        field: value for field, value in (("batchNumber", product.lot), ("itemNumber", product.serial)) if value
    }


def goods_json(goods: Goods | Withheld, where: str) -> dict[str, Any]:
    """One line of a shipment's contents with its quantity; raises `MalformedRecord` where it is withheld."""
    if isinstance(goods, Withheld):
        raise MalformedRecord(
            "the contents are withheld", where=where, mend="Take the terms with their contents opened."
        )
    if goods.quantity > MOST_QUANTITY:
        raise MalformedRecord("too large a quantity", where=where, expected=f"at most {MOST_QUANTITY}")
    if goods.gtin:
        product = product_json(Product(goods.gtin.rjust(14, "0"), goods.lot), goods.description)
    else:
        product = {
            "type": ["Product"],
            "id": f"urn:lading:goods:{to_hex(goods.hash_struct())}",
            "name": goods.description or "goods without a GTIN",
            "idGranularity": "batch" if goods.lot else "model",
        }
    return {"product": product, "quantity": {"value": goods.quantity, "unit": goods.unit or "C62"}}


def facility_json(place: Place | Withheld, where: str) -> dict[str, Any]:
    """A place by GLN, else UN/LOCODE, else country; raises `MalformedRecord` where it is withheld or names none."""
    if isinstance(place, Withheld):
        raise MalformedRecord("the place is withheld", where=where, mend="Take the record with its place opened.")
    if place.gln:
        identifier = f"{GS1_ID}/414/{place.gln}"
    elif place.locode:
        identifier = f"{UNLOCODE}{place.locode.replace(' ', '')}"
    elif place.country:
        identifier = f"{COUNTRY_ID}{place.country}"
    else:
        raise MalformedRecord("the place has no code", where=where, expected="GLN, UN/LOCODE or country")
    return {"type": ["Facility"], "id": identifier, "name": place.name or place.locode or place.country}


def classification(code: str, name: str, scheme: str, scheme_name: str) -> Mapping[str, str]:
    return {"code": code, "name": name, "schemeId": scheme, "schemeName": scheme_name}
