"""Texts that look like signed records and must be refused, each with the reason; and signatures that are none."""

import json
from collections.abc import Callable
from typing import Any

from ledger.common.ids import to_hex
from ledger.records.signing import SignedRecord
from scripts.vectors.examples import HANDOFF, SHIPMENT, Example
from scripts.vectors.keys import DOMAIN, key

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
Change = Callable[[dict[str, Any]], None]


def bad_texts(good: dict[str, Example]) -> list[dict[str, str]]:
    """`text` is what arrives, byte for byte in UTF-8; `where` the place that is at fault, `what` the reason."""
    cases: list[dict[str, str]] = []

    def case(name: str, what: str, where: str, text: str) -> None:
        cases.append({"name": name, "what": what, "where": where, "text": text})

    def message(name: str, what: str, where: str, change: Change, of: str = "handoff") -> None:
        data = json_of(good[of])
        change(data["message"])
        case(name, what, f"message.{where}" if where else "message", compact(data))

    def envelope(name: str, what: str, where: str, change: Change) -> None:
        data = json_of(good["endorsement"])
        change(data)
        case(name, what, where, compact(data))

    # The text itself.
    text = compact(json_of(good["endorsement"]))
    case("duplicate key", "duplicate key", "body", text.replace('"by":2', '"by":3,"by":2'))
    case("duplicate key, escaped", "duplicate key", "body", text.replace('"by":2', '"b\\u0079":3,"by":2'))
    case("number with a fraction", "not an integer", "body", text.replace('"by":2', '"by":2.0'))
    case("number with an exponent", "not an integer", "body", text.replace('"by":2', '"by":2e0'))
    case("not a number", "not an integer", "body", text.replace('"by":2', '"by":NaN'))
    case("number beyond 2^53", "integer too large", "body", text.replace('"by":2', '"by":9007199254740992'))
    case("lone surrogate", "lone surrogate", "body", text.replace('"type":"E', '"type":"\\ud800E'))
    case("nested too deeply", "nested too deeply", "body", text.replace('"by":2', '"by":' + "[" * 12 + "]" * 12))
    case("cut off", "not JSON", "body", text[:-1])
    case("trailing comma", "not JSON", "body", text[:-1] + ",}")
    case("single quotes", "not JSON", "body", text.replace('"', "'"))
    # The envelope.
    envelope("no signatures", "missing field", "record.signatures", lambda d: d.pop("signatures"))
    envelope("unknown member", "unknown field", "record.hash", lambda d: d.update(hash="0x00"))
    envelope("unknown type", "no such record type", "type", lambda d: d.update(type="endorsement"))
    envelope("a part is no record", "no such record type", "type", lambda d: d.update(type="Details"))
    envelope(
        "short signature",
        "wrong length",
        "signatures[0]",
        lambda d: d["signatures"].append(d["signatures"].pop()[:-2]),
    )
    envelope(
        "upper-case signature",
        "not lower-case hex",
        "signatures[0]",
        lambda d: d["signatures"].append("0x" + d["signatures"].pop()[2:].upper()),
    )
    # Fields of a message.
    message("missing field", "missing field", "dueAt", lambda m: m.pop("dueAt"))
    message("unknown field", "unknown field", "note", lambda m: m.update(note=""))
    message("field in other case", "unknown field", "DueAt", lambda m: m.update(DueAt=m.pop("dueAt")))
    message("number as text", "not an integer", "releaser", lambda m: m.update(releaser="1"))
    message("number as boolean", "not an integer", "releaser", lambda m: m.update(releaser=True))
    message("null", "not an integer", "releaser", lambda m: m.update(releaser=None))
    message("negative number", "not in range", "releaser", lambda m: m.update(releaser=-1))
    message("number too wide", "not in range", "releaser", lambda m: m.update(releaser=1 << 40))
    message("empty manifest", "wrong number of entries", "items", lambda m: m.update(items=[]))
    message("manifest of 201", "wrong number of entries", "items", lambda m: m.update(items=m["items"] * 201))
    message("object for a list", "not a list", "items", lambda m: m.update(items=m["items"][0]))
    message("list for an object", "not an object", "place", lambda m: m.update(place=[]))
    message("item without sequence", "missing field", "items[0].sequence", lambda m: m["items"][0].pop("sequence"))
    message(
        "upper-case hex",
        "not lower-case hex",
        "items[0].shipment",
        lambda m: m["items"][0].update(shipment="0x" + SHIPMENT.hex().upper()),
    )
    message(
        "hex without 0x",
        "not lower-case hex",
        "items[0].shipment",
        lambda m: m["items"][0].update(shipment=SHIPMENT.hex()),
    )
    message(
        "id of 31 bytes",
        "wrong length",
        "items[0].shipment",
        lambda m: m["items"][0].update(shipment=to_hex(SHIPMENT[:31])),
    )
    message("hash of 31 bytes for a part", "wrong length", "place", lambda m: m.update(place=to_hex(SHIPMENT[:31])))
    message(
        "text not in normal form C",
        "not in Unicode normal form NFC",
        "place.name",
        lambda m: m["place"].update(name="Cafe\u0301"),
    )
    message("text with NUL", "NUL", "place.name", lambda m: m["place"].update(name="a\0b"))
    message("text too long", "text too long", "place.name", lambda m: m["place"].update(name="a" * 513))
    message("public part withheld", "not an object", "items[0]", lambda m: m.update(items=[to_hex(SHIPMENT)]))
    message("public list withheld", "not a list", "items", lambda m: m.update(items=to_hex(SHIPMENT)))
    terms = "shipment-terms"
    message(
        "wide number as number",
        "not a decimal string",
        "commercial.value",
        lambda m: m["commercial"].update(value=1),
        terms,
    )
    message(
        "leading zero", "not a decimal string", "commercial.value", lambda m: m["commercial"].update(value="01"), terms
    )
    message(
        "plus sign", "not a decimal string", "commercial.value", lambda m: m["commercial"].update(value="+1"), terms
    )
    message(
        "hex for a wide number",
        "not a decimal string",
        "commercial.value",
        lambda m: m["commercial"].update(value="0x1"),
        terms,
    )
    message(
        "amount over 128 bits",
        "not in range",
        "commercial.value",
        lambda m: m["commercial"].update(value=str(1 << 128)),
        terms,
    )
    message(
        "five requirements",
        "wrong number of entries",
        "requires",
        lambda m: m.update(requires=(m["requires"] * 3)[:5]),
        terms,
    )
    message(
        "number for a boolean",
        "not true or false",
        "requires[0].relay",
        lambda m: m["requires"][0].update(relay=0),
        terms,
    )
    message(
        "address of 32 bytes", "wrong length", "recipientKey", lambda m: m.update(recipientKey=to_hex(bytes(32))), terms
    )
    return cases


def bad_signatures() -> list[dict[str, str]]:
    """Signatures of 65 bytes or not, over `digest`, that no verifier may accept."""
    digest = DOMAIN.record_id(HANDOFF)
    good = key("partner/1").sign_digest(digest)
    s = int.from_bytes(good[32:64], "big")
    flipped = bytes([55 - good[64]])
    cases = {
        "high s": ("s is in the upper half of the order", good[:32] + (ORDER - s).to_bytes(32, "big") + flipped),
        "v of 0 or 1": ("v is not canonical", good[:64] + bytes([good[64] - 27])),
        "v of EIP-155": ("v is not canonical", good[:64] + bytes([good[64] + 10])),
        "compact, 64 bytes": ("wrong length", good[:64]),
        "a byte too many": ("wrong length", good + b"\0"),
        "all zero": ("v is not canonical", bytes(65)),
        "r of zero": ("no key can have made this signature", bytes(32) + good[32:]),
        "s of zero": ("no key can have made this signature", good[:32] + bytes(32) + good[64:]),
        "r not below the order": ("no key can have made this signature", ORDER.to_bytes(32, "big") + good[32:]),
    }
    return [
        {"name": name, "what": what, "digest": to_hex(digest), "signature": to_hex(signature)}
        for name, (what, signature) in cases.items()
    ]


def json_of(example: Example) -> dict[str, Any]:
    """The envelope of `example`, signed by its keys."""
    digest = DOMAIN.record_id(example.record)
    return SignedRecord(example.record, tuple(key(name).sign_digest(digest) for name in example.signers)).to_json()


def compact(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
