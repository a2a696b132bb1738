"""A product passport as UNTP has it, from what a brand attested about its product.

Names, brand and description are those of the signed text (`ledger.products.description`). UNTP also asks for a
category, the facility and the country of production, which no record says: the issuer says them, on its own word.

Source: UNTP 0.7.0, Product.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ledger.common.gs1 import parse_product
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord
from ledger.formats.credentials.envelope import GS1_ID, Party
from ledger.formats.credentials.products import classification, facility_json, product_json
from ledger.products.description import PRODUCT_SCHEMA, in_language, parse_description
from ledger.records.types import Attestation, Place

KIND = "DigitalProductPassport"
FROM_RECORD = ("type", "id", "name", "idGranularity", "modelNumber", "batchNumber", "itemNumber")
"""Of a passport, what the record says; the name only where the text that it commits to is at hand."""
_CPC = "https://unstats.un.org/unsd/classifications/Econ/cpc/"


@dataclass(frozen=True, slots=True)
class Production:
    """What the issuer says on its own word: a UN CPC code with its name, where it was made, and in which country."""

    category: str
    category_name: str
    facility: Place
    country: str


def from_record(attestation: Attestation, name: str) -> dict[str, Any]:
    """What a passport of this attestation has in the fields `FROM_RECORD`; None for those that its product has not."""
    product = product_json(parse_product(attestation.subject), name)
    return {field: product.get(field) for field in FROM_RECORD}


def passport_subject(
    attestation: Attestation, text: bytes, production: Production, brand: Party, language: str = "en"
) -> dict[str, Any]:
    """The subject of the credential. `text`: the description that the attestation commits to.

    Raises `MalformedRecord` where the attestation is of another schema or another text.
    """
    if attestation.schema != PRODUCT_SCHEMA or sha256(text).digest() != attestation.document:
        raise MalformedRecord(
            "not what the attestation commits to",
            where="document",
            expected=f"a product's description with the SHA-256 {to_hex(attestation.document)}",
            found=to_hex(sha256(text).digest()),
        )
    description = parse_description(text)
    product = parse_product(attestation.subject)
    if description.gtin != product.gtin:
        raise MalformedRecord("of another product", where="document", expected=product.gtin, found=description.gtin)
    result = product_json(product, in_language(description.names, language)) | {
        "idScheme": {"type": ["IdentifierScheme"], "id": GS1_ID, "name": "GS1 Digital Link"},
        "productCategory": [
            classification(
                production.category, production.category_name, _CPC, "UN Central Product Classification (CPC)"
            )
        ],
        "producedAtFacility": facility_json(production.facility, "facility"),
        "countryOfProduction": {"countryCode": production.country},
        "relatedParty": [{"role": "brandOwner", "party": brand.to_json()}],
    }
    if words := in_language(description.descriptions, language):
        result["description"] = words
    return result
