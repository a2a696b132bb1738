"""A product passport as UNTP has it, from what a brand attested about its product.

Names, brand and description are those of the signed text (`ledger.products.description`). UNTP also asks for a
category, the facility and the country of production, which no record says: the issuer says them, on its own word.

Source: UNTP 0.7.0, Product.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ledger.common.gs1 import parse_product
from ledger.common.ids import to_hex
from ledger.common.iso_codes import COUNTRIES
from ledger.common.json_fields import text
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.formats.credentials.envelope import GS1_ID, Party
from ledger.formats.credentials.products import COUNTRY_ID, UNLOCODE, classification, facility_json, product_json
from ledger.products.description import PRODUCT_SCHEMA, in_language, parse_description
from ledger.records.types import Attestation, Place

KIND = "DigitalProductPassport"
_CPC = "https://unstats.un.org/unsd/classifications/Econ/cpc/"
_FACILITY = re.compile(
    rf"{re.escape(GS1_ID)}/414/[0-9]{{13}}|{re.escape(UNLOCODE)}[A-Z]{{2}}[A-Z0-9]{{3}}|{re.escape(COUNTRY_ID)}[A-Z]{{2}}"
)


@dataclass(frozen=True, slots=True)
class Production:
    """What the issuer says on its own word: a UN CPC code with its name, where it was made, and in which country."""

    category: str
    category_name: str
    facility: Place
    country: str


def title(name: str) -> str:
    """The name of the credential, from its product's."""
    return f"Product passport of {name}"


def check_schema(attestation: Attestation) -> None:
    """A passport rests on what a brand attested of its product; raises `VerificationFailed`."""
    if attestation.schema != PRODUCT_SCHEMA:
        raise VerificationFailed(
            "the attestation describes no product",
            where="evidence[0]",
            expected=to_hex(PRODUCT_SCHEMA),
            found=to_hex(attestation.schema),
        )


def made_again(attestation: Attestation, subject: Mapping[str, Any], brand: Party) -> dict[str, Any]:
    """The subject of a passport by `brand` that says in its own words what `subject` says in them: category, facility,
    country, name and description. Whatever else `subject` has is not in it. Raises `MalformedRecord`.
    """
    try:
        (category,), facility = subject["productCategory"], subject["producedAtFacility"]
        said = (subject["name"], category["code"], category["name"], facility["id"], facility["name"])
        country, words = subject["countryOfProduction"]["countryCode"], subject.get("description")
    except (KeyError, TypeError, ValueError):
        raise MalformedRecord("not a product passport", where="credentialSubject") from None
    for value in (*said, *(() if words is None else (words,))):
        text(value, "credentialSubject", 1)
    if not _FACILITY.fullmatch(facility["id"]) or country not in COUNTRIES:
        raise MalformedRecord(
            "not a place", where="producedAtFacility", expected="a GLN, UN/LOCODE or country, as a URI we print"
        )
    place = {"type": ["Facility"], "id": facility["id"], "name": facility["name"]}
    result = _product(attestation, said[0], _production((said[1], said[2]), place, country), brand)
    return result if words is None else result | {"description": words}


def passport_subject(
    attestation: Attestation, document: bytes, production: Production, brand: Party, language: str = "en"
) -> dict[str, Any]:
    """The subject of the credential. `document`: the description that the attestation commits to.

    Raises `MalformedRecord` where the attestation is of another schema or another text.
    """
    if attestation.schema != PRODUCT_SCHEMA or sha256(document).digest() != attestation.document:
        raise MalformedRecord(
            "not what the attestation commits to",
            where="document",
            expected=f"a product's description with the SHA-256 {to_hex(attestation.document)}",
            found=to_hex(sha256(document).digest()),
        )
    description = parse_description(document)
    product = parse_product(attestation.subject)
    if description.gtin != product.gtin:
        raise MalformedRecord("of another product", where="document", expected=product.gtin, found=description.gtin)
    category, place = (production.category, production.category_name), facility_json(production.facility, "facility")
    made = _production(category, place, production.country)
    result = _product(attestation, in_language(description.names, language), made, brand)
    if words := in_language(description.descriptions, language):
        result["description"] = words
    return result


def _product(attestation: Attestation, name: str, production: dict[str, Any], brand: Party) -> dict[str, Any]:
    return (
        product_json(parse_product(attestation.subject), name)
        | {
            "idScheme": {"type": ["IdentifierScheme"], "id": GS1_ID, "name": "GS1 Digital Link"},
            "relatedParty": [{"role": "brandOwner", "party": brand.to_json()}],
        }
        | production
    )


def _production(category: tuple[str, str], facility: Mapping[str, Any], country: str) -> dict[str, Any]:
    return {
        "productCategory": [classification(*category, _CPC, "UN Central Product Classification (CPC)")],
        "producedAtFacility": facility,
        "countryOfProduction": {"countryCode": country},
    }
