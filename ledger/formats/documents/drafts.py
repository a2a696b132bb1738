"""Drafts from an advice of despatch: a template of terms, and of the manifest under which they are handed over.

A template leaves out what the document does not say: prices, who owes a penalty, and by when. `lading sign` shows it in
words, and whoever signs fills that in first.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from ledger.common.canonical import canonical_json, parse_json
from ledger.errors import MalformedRecord
from ledger.formats.documents.advice import Advice, Moment, Site
from ledger.records.types import ShipmentTerms

_LAST_SECOND = "23:59:59"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a document cannot tell: partners' ids, and what its times without an offset mean, in seconds from UTC (None:
    nobody said). `packages`: 0 takes the document's.
    """

    consignor: int
    consignee: int
    carrier: int = 0
    packages: int = 0
    offset: int | None = None


def terms_draft(advice: Advice, choices: Choices, document: bytes) -> dict[str, Any]:
    """The template of the terms. `document`: its bytes, whose hash is signed with the rest."""
    packages = choices.packages or advice.packages
    if not packages:
        raise MalformedRecord(
            "the document does not say how many packages these are",
            where="packages",
            expected="a count of packages or of logistic units",
            mend="Say how many: packages.",
        )
    commercial: dict[str, Any] = {"orderRef": advice.order} if advice.order else {}
    if advice.expected is not None:
        commercial["promisedAt"] = _seconds(advice.expected, choices.offset, "expected delivery", last=True)
    return {
        "type": ShipmentTerms.__name__,
        "message": {
            "consignor": choices.consignor,
            "consignee": choices.consignee,
            "holder": choices.consignor,
            "purpose": "original",
            "packages": packages,
            "origin": _place(advice.origin, advice.supplier),
            "destination": _place(advice.destination, advice.customer),
            "contents": [
                {
                    "gtin": line.gtin,
                    "lot": line.lot,
                    "quantity": str(line.quantity),
                    "unit": line.unit,
                    "description": line.description,
                }
                for line in advice.lines
            ],
            "commercial": commercial,
            "details": {"text": canonical_json({"document": _document(advice, document)}).decode()},
        }
        | ({"mode": advice.mode} if advice.mode else {}),
    }


def manifest_draft(advice: Advice, choices: Choices, shipment: str, packages: int) -> dict[str, Any]:
    """The template of the handoff of this shipment (0x and its id) to the carrier, of all its packages."""
    message: dict[str, Any] = {
        "items": [{"shipment": shipment, "sequence": 0, "packages": packages, "exceptions": 0}],
        "releaser": choices.consignor,
        "receiver": choices.carrier,
        "place": _place(advice.origin, advice.supplier),
    }
    load = advice.load or (advice.units[0] if len(advice.units) == 1 else "")
    if load:
        message["load"] = {"identifier": load}
    if advice.despatched is not None and advice.despatched.time:
        message["occurredAt"] = _seconds(advice.despatched, choices.offset, "despatch")
    return {"type": "Handoff", "message": message}


def document_of(details: str) -> Mapping[str, Any] | None:
    """What the details of terms say of the document that they were drafted from; None where they say nothing."""
    data = parse_json(details.encode()) if details else None
    found = data.get("document") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else None


def _document(advice: Advice, document: bytes) -> dict[str, Any]:
    """Kind, number and hash of the document, and its lines' numbers in the order of the contents."""
    told: dict[str, Any] = {
        "type": advice.kind,
        "number": advice.number,
        "issued": advice.issued.day,
        "lines": [line.number for line in advice.lines],
        "sha256": f"0x{hashlib.sha256(document).hexdigest()}",
    }
    if advice.issued.time:
        told["issuedTime"] = advice.issued.time
    if len(advice.units) > 1:
        told["units"] = list(advice.units)
    return told


def _place(place: Site, party: Site) -> dict[str, str]:
    site = place if place != Site() else party
    told = {"country": site.country, "locode": site.locode, "gln": site.gln, "name": site.name}
    return {name: value for name, value in told.items() if value}


def _seconds(moment: Moment, offset: int | None, what: str, *, last: bool = False) -> int:
    """UTC seconds; a day alone ends with its last second, where the goods are."""
    known = moment.offset if moment.offset is not None else offset
    if known is None:
        raise MalformedRecord(
            "a time without its offset from UTC",
            where=what,
            expected="the zone of the place where it counts",
            found=f"{moment.day} {moment.time}".strip(),
            mend="Say in which zone the document's times are: zone, such as Europe/Oslo.",
        )
    zone = timezone(timedelta(seconds=known))
    try:
        found = datetime.fromisoformat(f"{moment.day}T{moment.time or (_LAST_SECOND if last else '00:00:00')}")
    except ValueError:
        raise MalformedRecord("no such day", where=what, expected="a date", found=moment.day) from None
    return int(found.replace(tzinfo=zone).astimezone(UTC).timestamp())
