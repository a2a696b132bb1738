"""Our own code reads the published vectors, gives what they say, refuses the bad ones, and makes them anew."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger import merkle
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import ConsortiumId, KeyAddress, RecordId, bytes_from_hex
from ledger.errors import LadingError, MalformedRecord
from ledger.log.leaf import Complete, Receipt, parse_leaf, parse_verifier_key
from ledger.records.disclosure import join, parts_for, split
from ledger.records.signers import (
    AnchorSigner,
    CouncilSigners,
    GrantedKeySigner,
    MasterSigner,
    PartnerSigner,
    RecipientSigner,
    expected_signers,
)
from ledger.records.signing import Domain, SignedRecord, recover
from ledger.records.types import Amendment, Record, ShipmentTerms
from scripts import generate_vectors

VECTORS = Path(__file__).resolve().parents[2] / "docs" / "vectors"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "RECORDS.md"


def load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


RECORDS, LISTS, LOG, BAD = map(load, ("records", "lists", "log", "bad"))
ALL = [*RECORDS["vectors"], *LISTS["vectors"]]
BY_NAME = {vector["name"]: vector for vector in ALL}
each_vector = pytest.mark.parametrize("vector", ALL, ids=lambda vector: vector["name"])
MONEY = RECORDS["domains"]["money"]["domain"]
DOMAIN = Domain(
    ConsortiumId(bytes.fromhex(MONEY["salt"][2:])),
    MONEY["chainId"],
    bytes.fromhex(MONEY["verifyingContract"][2:]),
)


def signed(vector: dict[str, Any]) -> SignedRecord:
    return SignedRecord.from_json({name: vector[name] for name in ("type", "message", "signatures")})


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return generate_vectors.generate()


def test_the_files_are_what_the_code_gives(generated: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate_vectors, "generate", lambda: generated)
    assert generate_vectors.main(["--check"]) == 0
    found = {path.relative_to(VECTORS).as_posix() for path in VECTORS.rglob("*") if path.is_file()}
    assert found == generated.keys()


def test_a_stale_file_is_noticed(
    generated: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate_vectors, "generate", lambda: generated)
    monkeypatch.setattr(generate_vectors, "TARGET", tmp_path / "vectors")
    assert generate_vectors.main(["--check"]) == 1
    assert generate_vectors.main([]) == 0
    assert generate_vectors.main(["--check"]) == 0
    (tmp_path / "vectors" / "log.json").write_text("{}")
    assert generate_vectors.main(["--check"]) == 1
    assert "log.json" in capsys.readouterr().err


@each_vector
def test_a_vector_reads_as_its_record(vector: dict[str, Any]) -> None:
    found = signed(vector)
    assert vector["number"] == type(found.record).NUMBER
    assert DOMAIN.record_id(found.record) == bytes.fromhex(vector["id"][2:])
    assert found.to_json() == {name: vector[name] for name in ("type", "message", "signatures")}
    text = canonical_json(found.to_json())
    assert SignedRecord.from_json(parse_json(text)) == found
    assert {"evidence": DOMAIN.evidence_separator, "money": DOMAIN.money_separator}[vector["domain"]] == bytes.fromhex(
        RECORDS["domains"][vector["domain"]]["separator"][2:]
    )


class Context:
    """The vectors' records by id."""

    def __init__(self) -> None:
        self.records = {bytes.fromhex(v["id"][2:]): signed(v).record for v in RECORDS["vectors"] if "opened" not in v}

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        found = self.records.get(shipment)
        return found if isinstance(found, ShipmentTerms) else None

    def record(self, record_id: bytes) -> Record | None:
        return self.records.get(record_id)


@each_vector
def test_signers_stand_in_canonical_order(vector: dict[str, Any]) -> None:
    found = signed(vector)
    names: list[str] = []
    device = KeyAddress(bytes_from_hex(RECORDS["keys"]["device/2"]["address"], 20, "device"))
    for signer in expected_signers(found.record, Context()):
        match signer:
            case PartnerSigner(partner):
                names.append(f"partner/{partner}")
            case RecipientSigner():
                names.append("recipient/1")
            case MasterSigner(partner, itself):
                names.append("device/2" if itself == device else f"partner/{partner}")
            case GrantedKeySigner(granted):
                assert granted == device
                names.append("device/2")
            case CouncilSigners():
                names += [name for name in vector["signers"] if name.startswith("council/")]
            case AnchorSigner():
                names.append("anchor")
    assert names == vector["signers"]
    keys = [recover(DOMAIN.record_id(found.record), s) for s in found.signatures]
    council = [key for key, name in zip(keys, names, strict=True) if name.startswith("council/")]
    assert council == sorted(set(council))
    assert len(council) != 1


def test_an_amendment_finds_its_target() -> None:
    amendment = signed(BY_NAME["amendment"]).record
    assert isinstance(amendment, Amendment)
    assert Context().record(amendment.target) is not None


def test_withheld_parts_can_be_opened_again() -> None:
    for vector in RECORDS["vectors"]:
        if "opened" in vector:
            public, opened = signed(vector).record, signed(BY_NAME[vector["opened"]]).record
            assert join(public, parts_for(public, opened)) == opened
            assert DOMAIN.record_id(split(opened)[0]) == DOMAIN.record_id(opened)


def test_the_log_verifies() -> None:
    identity = parse_verifier_key(LOG["verifierKey"])
    assert (identity.origin, "0x" + identity.log_id.hex()) == (LOG["origin"], LOG["logId"])
    for entry in LOG["checkpoints"]:
        head = identity.verify_checkpoint(entry["note"].encode())
        assert (head.size, "0x" + head.root.hex()) == (entry["size"], entry["root"])
    for entry in LOG["receipts"]:
        identity.verify_receipt(Receipt.from_json({name: value for name, value in entry.items() if name != "signed"}))
    complete = {k: v for k, v in LOG["complete"].items() if k not in ("signed", "recordIds")}
    ids = [RecordId(bytes.fromhex(i[2:])) for i in LOG["complete"]["recordIds"]]
    identity.verify_complete(Complete.from_json(complete), ids)
    for entry in LOG["inclusion"]:
        proof = [bytes.fromhex(h[2:]) for h in entry["proof"]]
        leaf, root = (bytes.fromhex(entry[name][2:]) for name in ("leafHash", "root"))
        merkle.verify_inclusion(leaf, entry["index"], entry["size"], proof, root)
    for entry in LOG["consistency"]:
        proof = [bytes.fromhex(h[2:]) for h in entry["proof"]]
        root1, root2 = (bytes.fromhex(entry[name][2:]) for name in ("root1", "root2"))
        merkle.verify_consistency(entry["size1"], entry["size2"], proof, root1, root2)
    for entry in LOG["leaves"]:
        leaf = bytes.fromhex(entry["leaf"][2:])
        assert parse_leaf(leaf).encode() == leaf


@pytest.mark.parametrize("case", BAD["texts"], ids=lambda case: case["name"])
def test_malformed_texts_are_refused_for_the_reason_given(case: dict[str, str]) -> None:
    with pytest.raises(MalformedRecord) as caught:
        SignedRecord.from_json(parse_json(case["text"].encode("utf-8", "surrogatepass")))
    assert case["what"] in caught.value.what
    assert caught.value.where == case["where"]


@pytest.mark.parametrize("case", BAD["signatures"], ids=lambda case: case["name"])
def test_bad_signatures_are_refused_for_the_reason_given(case: dict[str, str]) -> None:
    with pytest.raises(LadingError) as caught:
        recover(bytes.fromhex(case["digest"][2:]), bytes.fromhex(case["signature"][2:]))
    assert case["what"] in caught.value.what


def test_names_of_cases_differ() -> None:
    for cases in (BAD["texts"], BAD["signatures"], ALL):
        assert len({case["name"] for case in cases}) == len(cases)
    assert len({case["text"] for case in BAD["texts"]}) == len(BAD["texts"])
