"""Descriptions of products and their pictures, kept by the hash that their brand signed, and given by nothing else."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError, MalformedRecord, NotFound, RuleBroken
from ledger.products.description import (
    MOST_PICTURE,
    PICTURE_TYPES,
    PRODUCT_SCHEMA,
    Description,
    parse_description,
)
from ledger.records.types import Attestation
from ledger.store import meta, records
from ledger.store.database import Connection, Database

TEXTS, PICTURES = "described", "picture"
"""Kinds of names in `meta`; a picture is kept as its type, a space, and base64."""


@dataclass(frozen=True, slots=True)
class KeptPicture:
    type: str
    body: bytes


def keep(database: Database, attestation_id: RecordId, text: bytes, picture: bytes) -> Description:
    """Keep a description that an attestation commits to, and its picture, empty where it has none or brings none.

    Anyone may bring them: they are taken only where their hashes are those that were signed. Raises `NotFound`,
    `MalformedRecord`, `RuleBroken`.
    """
    with database.write() as connection:
        row = records.get(connection, attestation_id)
        if row is None or not isinstance(row.record, Attestation) or row.record.schema != PRODUCT_SCHEMA:
            raise NotFound("no such attestation of a product's data", where="attestation", found=to_hex(attestation_id))
        _must_be("these are not the attested data", "document", text, row.record.document)
        description = parse_description(text)
        if picture:
            if description.picture is None:
                raise RuleBroken("the attested data name no picture", where="picture")
            if len(picture) > MOST_PICTURE:
                expected = f"at most {MOST_PICTURE} bytes"
                raise MalformedRecord("too large", where="picture", expected=expected, found=len(picture))
            _must_be("this is not the attested picture", "picture", picture, description.picture.sha256)
            kept = f"{description.picture.type} {base64.b64encode(picture).decode()}"
            meta.put(connection, f"{PICTURES}/{to_hex(description.picture.sha256)}", kept)
        meta.put(connection, f"{TEXTS}/{to_hex(row.record.document)}", text.decode())
    return description


def text_of(connection: Connection, document: bytes) -> bytes | None:
    """The text with this hash; None where it is not here, or was edited."""
    text = (meta.get(connection, f"{TEXTS}/{to_hex(document)}") or "").encode()
    return text if hashlib.sha256(text).digest() == document else None


def picture_of(connection: Connection, sha256: bytes) -> KeptPicture | None:
    """The picture with this hash; None where it is not here, or was edited."""
    value = meta.get(connection, f"{PICTURES}/{to_hex(sha256)}")
    return None if value is None else read_picture(value, sha256)


def read_picture(value: str, sha256: bytes) -> KeptPicture | None:
    """The picture in a kept value, where its hash fits."""
    type_, _, body = value.partition(" ")
    try:
        decoded = base64.b64decode(body, validate=True)
    except ValueError:
        return None
    fits = type_ in PICTURE_TYPES and hashlib.sha256(decoded).digest() == sha256
    return KeptPicture(type_, decoded) if fits else None


def told(
    connection: Connection, record_id: RecordId, document: bytes, gtin: str, *, whole: bool = False
) -> dict[str, Any] | None:
    """What an attested description says of the product `gtin`, for answers; None where its text is not here, is about
    another, or with `whole` its picture is not here."""
    text = text_of(connection, document)
    if text is None:
        return None
    try:
        description = parse_description(text)
    except LadingError:  # a brand may sign anything
        return None
    if description.gtin != gtin:
        return None
    picture = description.picture
    here = picture is not None and picture_of(connection, picture.sha256) is not None
    if whole and picture is not None and not here:
        return None
    return {
        "record": to_hex(record_id),
        "document": to_hex(document),
        "brand": description.brand,
        "names": dict(description.names),
        "descriptions": dict(description.descriptions),
        "picture": to_hex(picture.sha256) if picture is not None and here else None,
    }


def _must_be(what: str, where: str, body: bytes, expected: bytes) -> None:
    if (found := hashlib.sha256(body).digest()) != expected:
        raise RuleBroken(what, where=where, expected=to_hex(expected), found=to_hex(found))
