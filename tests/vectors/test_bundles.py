"""The published bundles: ours verifies the good and refuses the bad at the step named; a second reader agrees.

The second reader takes docs/bundle.md literally, with eth_account, hashlib, base64 and cryptography alone.
"""

import base64
import hashlib
import json
import re
import tomllib
from bisect import bisect_left
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from ledger.bundle.format import parse_trust
from ledger.bundle.verify import verify_bundle
from ledger.common.canonical import canonical_json
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.explain.bundle import step_text
from ledger.records.signing import Domain
from ledger.records.types import record_named
from scripts.vectors.bundles import patched

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "vectors" / "bundles"
TRUST = parse_trust((FOLDER / "trust.json").read_bytes())
BAD = json.loads((FOLDER / "bad.json").read_text(encoding="utf-8"))["vectors"]
SCHEMA = json.loads((FOLDER / "bundle.schema.json").read_text(encoding="utf-8"))
WHOLE = ("shipment.json", "partner.json", "award.json")
GOOD = (*WHOLE, "award-withheld.json")
BAD_TRUST = json.loads((FOLDER / "bad-trust.json").read_text(encoding="utf-8"))["vectors"]
each_bad = pytest.mark.parametrize("vector", BAD, ids=lambda vector: vector["name"])


def load(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", GOOD)
def test_the_good_hold(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    assert all(step.ok for step in verify_bundle(data, TRUST))
    assert canonical_json(json.loads(data)) == data
    assert valid(json.loads(data), SCHEMA)


@each_bad
def test_the_bad_fail_at_their_step(vector: dict[str, Any]) -> None:
    data = canonical_json(patched(load(vector["of"]), vector["patch"]))
    steps = verify_bundle(data, TRUST)
    assert [step.ok for step in steps] == [True] * (len(steps) - 1) + [False]
    assert (steps[-1].name, steps[-1].why) == (vector["step"], vector["why"])


READ_AGAIN = ("checkpoint", "inclusion", "complete", "cut-off")
"""Steps that the second reader takes."""
ORDERS = ("the first record twice", "rule files in another order")
"""No schema can state an order."""


@each_bad
def test_the_schema_refuses_wrong_formats_and_figures_of_another_subject_only(vector: dict[str, Any]) -> None:
    fits = valid(patched(load(vector["of"]), vector["patch"]), SCHEMA)
    if vector["step"] != "format" and vector["name"] not in ("no figures", "words among the figures"):
        assert fits
    elif vector["name"] not in ORDERS:
        assert not fits


def test_every_step_has_a_bad_vector_where_one_is_possible() -> None:
    assert {vector["step"] for vector in BAD} >= {
        "format", "log", "checkpoint", "inclusion", "registry", "complete", "figures",
    }  # fmt: skip


@pytest.mark.parametrize("vector", BAD_TRUST, ids=lambda vector: vector["name"])
def test_a_trust_file_is_read_as_strictly_as_a_bundle(vector: dict[str, Any]) -> None:
    with pytest.raises((MalformedRecord, VerificationFailed)) as caught:
        parse_trust(vector["text"].encode())
    assert str(caught.value) == vector["why"]


def test_a_partner_book_is_signed_over_the_bytes_that_the_page_names() -> None:
    """Read from docs/bundle.md alone, with hashlib and cryptography."""
    trust = load("trust-with-partners.json")
    book, (log,) = trust["partners"], trust["logs"]
    log_id = hashlib.sha256(log["origin"].encode() + b"\n\x01" + bytes.fromhex(log["key"][2:])).digest()
    assert book["logId"] == "0x" + log_id.hex()
    content = json.dumps(
        {name: book[name] for name in ("council", "entries")}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    message = b"lading/partners/v1\0" + log_id + book["size"].to_bytes(8, "big")
    message += hashlib.sha256(content.encode()).digest()
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(log["key"][2:]))
    key.verify(bytes.fromhex(book["signature"][2:]), message)
    read = parse_trust((FOLDER / "trust-with-partners.json").read_bytes())
    assert read.partners is not None
    assert read.partners.names == {entry["id"]: entry["name"] for entry in book["entries"]}
    assert read.logs == TRUST.logs


def test_the_last_step_says_what_was_asked_and_what_came_out() -> None:
    """Whoever reads only this line knows subject, period, scorecard, scores and amounts, and what was not shown."""
    said = {name: step_text(verify_bundle((FOLDER / name).read_bytes(), TRUST)[-1]) for name in GOOD}
    assert "partner 2 owes partner 3 482.25 EUR" in said["shipment.json"]
    for words in (
        "partner/2: 1 penalty statement, owes 482.25 EUR",
        "Scores of 2026-01-01 01:00:00 UTC to before 2026-01-02 01:00:00 UTC, judged at 2026-01-02 01:00:00 UTC",
        "measured by a card adopted from 2026-01-01 01:00:00 UTC on",
        "carrier without a score (1 delivery event)",
        "No part is withheld",
    ):
        assert words in said["partner.json"]
    for words in (
        "award 1 of 10,000.00 EUR", "partner 2 gets 5,035.50 EUR", "partner 3 the rest, 4,964.50 EUR",
        "the card that the council adopted for the period", "The chain took it", "given the outcomes attested below",
    ):  # fmt: skip
        assert words in said["award.json"]
    for words in (
        "partner 2 gets 5,035.50 EUR (by what is shown 0.00 EUR to ", "Of 1 shipment a part is withheld",
    ):  # fmt: skip
        assert words in said["award-withheld.json"]


def test_steps_that_rest_on_outcomes_say_so() -> None:
    steps = {step.name: step for step in verify_bundle((FOLDER / "partner.json").read_bytes(), TRUST)}
    for name in ("registry", "signatures", "figures"):
        assert "given the outcomes attested below" in steps[name].why


def test_the_wrong_trust_file_is_no_crash() -> None:
    for text in (b"", b"{}", b'{"lading":"trust/1"}', b'{"lading":"trust/1","genesis":[],"logs":{}}'):
        with pytest.raises(Exception, match=r"trust file|JSON"):
            parse_trust(text)


# --- a second reader -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WHOLE)
def test_a_second_reader_accepts_the_good(name: str) -> None:
    second_reader(load(name), load("trust.json"))


@pytest.mark.parametrize(
    "vector",
    [v for v in BAD if v["step"] in READ_AGAIN or "judged after" in v["name"]],
    ids=lambda v: v["name"],
)
def test_a_second_reader_refuses_the_bad(vector: dict[str, Any]) -> None:
    with pytest.raises((AssertionError, InvalidSignature)):
        second_reader(patched(load(vector["of"]), vector["patch"]), load("trust.json"))


def second_reader(bundle: Any, trust: Any) -> None:
    """Checkpoint, inclusion, the complete statement with the times, and of an award why it counts so many leaves."""
    (log,) = [log for log in trust["logs"] if log["origin"] == bundle["origin"]]
    public = bytes.fromhex(log["key"][2:])
    key = Ed25519PublicKey.from_public_bytes(public)
    log_id = hashlib.sha256(log["origin"].encode() + b"\n\x01" + public).digest()
    # The checkpoint.
    text, _, lines = bundle["checkpoint"].partition("\n\n")
    origin, size_text, root_text = text.split("\n")
    size, root = int(size_text), base64.b64decode(root_text)
    assert lines.count("\n") == 1, "the log's own signature line and no other"
    signature = base64.b64decode(lines.split("\n")[0].split(" ")[2])
    assert origin == log["origin"]
    assert signature[:4] == log_id[:4]
    key.verify(signature[4:], (text + "\n").encode())
    # Inclusion.
    leaves = []
    ids = []
    for record in bundle["records"]:
        record_id = _record_id(record, trust, bundle)
        number = record_named(record["type"]).NUMBER
        signatures = b"".join(bytes.fromhex(s[2:]) for s in record["signatures"])
        leaf = bytes([1, number]) + record_id + hashlib.sha256(signatures).digest()
        leaf += record["logTime"].to_bytes(8, "big")
        leaf_hash = hashlib.sha256(b"\0" + leaf).digest()
        assert "0x" + leaf_hash.hex() == record["leafHash"]
        leaves.append((record["index"], leaf_hash))
        ids.append(record_id)
    proof = [bytes.fromhex(value[2:]) for value in bundle["proof"]]
    assert _root(leaves, 0, size, proof) == root
    assert not proof
    # Nothing is judged later than the last leaf was logged: no witnesses here, and no anchor over this checkpoint.
    if bundle["subject"].startswith(("shipment/", "partner/")):
        latest = _last_logged(bundle["last"], size, root)
        figures = bundle["figures"]
        assert all((one["judged_at"] or 0) <= latest for one in figures["penalties"]["statements"])
        assert figures.get("scores", {}).get("period", {}).get("at", 0) <= latest
    # Complete.
    statement = bundle["complete"]
    hashes = [hashlib.sha256(b"\0" + one).digest() for one in sorted(ids)]
    message = b"lading/complete/v1\0" + log_id + size.to_bytes(8, "big")
    message += hashlib.sha256(bundle["subject"].encode()).digest() + _root(list(enumerate(hashes)), 0, len(hashes), [])
    key.verify(bytes.fromhex(statement["signature"][2:]), message)
    # The times.
    times = {name: bundle["times"][name] for name in ("checkpoints", "witnesses")}
    content = json.dumps(times, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    message = b"lading/times/v1\0" + log_id + size.to_bytes(8, "big")
    message += hashlib.sha256(bundle["subject"].encode()).digest() + hashlib.sha256(content).digest()
    key.verify(bytes.fromhex(bundle["times"]["signature"][2:]), message)
    # The cut-off.
    if "cutoff" in bundle:
        _cutoff(bundle, key)


def _cutoff(bundle: Any, key: Ed25519PublicKey) -> None:
    """By the words of docs/bundle.md."""
    messages = {record["type"]: record["message"] for record in bundle["records"]}
    agreement, award = messages["BonusAgreement"], messages["BonusAward"]
    rules = [text for text in bundle["rules"] if "0x" + hashlib.sha256(text.encode()).hexdigest() == agreement["rule"]]
    assert rules, "the rule file is not there"
    ends = agreement["periodEnd"] + tomllib.loads(rules[0]).get("grace", 0)
    anchored = {}
    for entry in bundle["times"]["checkpoints"]:
        text, _, lines = entry["checkpoint"].partition("\n\n")
        key.verify(base64.b64decode(lines.split("\n")[0].split(" ")[2])[4:], (text + "\n").encode())
        if entry["anchored"] is not None:
            anchored[int(text.split("\n")[1])] = base64.b64decode(text.split("\n")[2])
    size = int(award["logSize"])
    assert size in anchored
    assert _last_logged(bundle["cutoff"]["last"], size, anchored[size]) > ends
    smaller = [other for other in anchored if other < size]
    assert bool(smaller) == (bundle["cutoff"]["before"] is not None)
    if smaller:
        assert _last_logged(bundle["cutoff"]["before"], max(smaller), anchored[max(smaller)]) <= ends


def _last_logged(shown: Any, size: int, root: bytes) -> int:
    leaf = bytes.fromhex(shown["leaf"][2:])
    # The path to the last leaf: every hash of it stands to the left, the lowest first.
    value = hashlib.sha256(b"\0" + leaf).digest()
    for left in shown["proof"]:
        value = hashlib.sha256(b"\1" + bytes.fromhex(left[2:]) + value).digest()
    assert len(shown["proof"]) == (size - 1).bit_count()
    assert value == root
    assert (len(leaf), leaf[0]) == (74, 1)
    return int.from_bytes(leaf[66:], "big")


def _root(leaves: list[tuple[int, bytes]], start: int, stop: int, proof: list[bytes]) -> bytes:
    if not leaves:
        assert proof, "the proof is too short"
        return proof.pop(0)
    if stop - start == 1:
        return leaves[0][1]
    middle = start + (1 << ((stop - start - 1).bit_length() - 1))
    part = bisect_left(leaves, (middle, b""))
    left = _root(leaves[:part], start, middle, proof)
    return hashlib.sha256(b"\1" + left + _root(leaves[part:], middle, stop, proof)).digest()


def _record_id(record: Any, trust: Any, bundle: Any) -> bytes:
    """The EIP-712 digest by eth_account; the types of the structure are those of the published encodeType."""
    kind = record_named(record["type"])
    changes = [r["message"] for r in bundle["records"] if r["type"] == "RegistryChange"]
    pools = [change["key"] for change in changes if (change["action"], change["number"]) == (13, 4)]
    pool = bytes.fromhex(pools[0][2:]) if pools else bytes(20)
    domain = Domain(bytes.fromhex(trust["consortiumId"][2:]), trust["chainId"], pool)  # type: ignore[arg-type]
    data = domain.typed_data(kind.from_json(record["message"]))
    message = encode_typed_data(full_message=data)
    return keccak(b"\x19" + message.version + message.header + message.body)


# --- JSON Schema, as far as ours uses it -----------------------------------------------------------------------------


def valid(value: Any, schema: Any) -> bool:
    """Whether `value` fits; knows the keywords that the published schema uses and refuses others."""
    known = {
        "$schema", "$defs", "title", "description", "type", "properties", "required", "additionalProperties", "items",
        "minItems", "maxItems", "anyOf", "const", "$ref", "pattern", "minimum", "maximum", "maxLength", "minLength",
        "enum",
    }  # fmt: skip
    assert set(schema) <= known, set(schema) - known
    if "$ref" in schema:
        return valid(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    if "anyOf" in schema:
        return any(valid(value, option) for option in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    if "const" in schema:
        return bool(value == schema["const"])
    match schema.get("type"):
        case "object":
            if not isinstance(value, dict) or not set(schema.get("required", ())) <= set(value):
                return False
            properties = schema.get("properties", {})
            if not schema.get("additionalProperties", True) and not set(value) <= set(properties):
                return False
            return all(valid(value[name], properties[name]) for name in set(value) & set(properties))
        case "array":
            if not isinstance(value, list) or not schema.get("minItems", 0) <= len(value):
                return False
            return len(value) <= schema.get("maxItems", len(value)) and all(valid(v, schema["items"]) for v in value)
        case "integer":
            fits = isinstance(value, int) and not isinstance(value, bool)
            return bool(fits and schema["minimum"] <= value <= schema["maximum"])
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "string":
            if not isinstance(value, str) or not re.search(schema.get("pattern", ""), value):
                return False
            return bool(schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)))
        case _:
            raise AssertionError(f"a schema of no type: {schema}")
