"""Receipts of the whole small world as strangers read them: `scitt-cose` from PyPI, and the log's public key alone."""

import base64
import json
import re
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from scitt_cose.receipt import verify_receipt
from typer.testing import CliRunner, Result

from ledger.cli.main import app
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.errors import InvalidInput
from ledger.log.leaf import parse_verifier_key
from ledger.log.signed_note import parse_checkpoint
from ledger.log.tlog_proof import parse_tlog_proof
from tests.api.test_log import entries
from tests.api.world import World

NOBODY = "0x" + "ab" * 32


def all_entries(world: World) -> list[bytes]:
    return entries(world, world.get("/v1/log")["published"]["size"])


def public_key(world: World) -> bytes:
    """As the API's key set has it, for whoever knows COSE only."""
    answer = world.client.get("/.well-known/scitt-keys", headers={"Accept": "application/cbor"})
    assert answer.headers["content-type"] == "application/cbor"
    (key,) = cbor2.loads(answer.content)
    assert (key[1], key[-1], key[3]) == (1, 6, -8)
    assert world.get("/v1/log")["publicKey"] == to_hex(key[-2])
    kid = base64.urlsafe_b64encode(key[2]).decode().rstrip("=")
    assert cbor2.loads(world.client.get(f"/.well-known/scitt-keys/{kid}").content) == key
    return Ed25519PublicKey.from_public_bytes(key[-2]).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_stranger_takes_the_receipt_of_every_record_and_of_no_altered_leaf(world: World) -> None:
    key, leaves = public_key(world), all_entries(world)
    head = parse_checkpoint(world.client.get("/v1/log/checkpoint").content).head
    for index, leaf in enumerate(leaves):
        answer = world.client.get(f"/v1/records/0x{leaf[2:34].hex()}/receipt.cose")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/cose")
        result = verify_receipt(answer.content, leaf_entry_hex=leaf.hex(), log_public_key_pem=key)
        assert result.ok, result.errors
        assert (result.leaf_index, result.tree_size, result.root) == (index, len(leaves), head.root.hex())
        assert (result.issuer, result.subject) == (head.origin, f"{world.get('/v1/log')['logId']}/{len(leaves)}")
        altered = leaf[:-1] + bytes([leaf[-1] ^ 1])
        assert not verify_receipt(answer.content, leaf_entry_hex=altered.hex(), log_public_key_pem=key).ok
    assert len(leaves) > 40


def test_the_entry_of_the_reference_api_is_the_receipt(world: World) -> None:
    record = world.id("delivery")
    receipt = world.client.get(f"/v1/records/{record}/receipt.cose").content
    for name in (record, record[2:]):
        answer = world.client.get(f"/entries/{name}", headers={"Accept": "application/cose"})
        assert (answer.status_code, answer.content) == (200, receipt)
        assert answer.headers["content-type"] == "application/cose"
        assert answer.headers["location"].endswith(f"/entries/{record}")


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        (f"/entries/{NOBODY}", 404, "no such record"),
        (f"/entries/{NOBODY[2:]}", 404, "no such record"),
        ("/entries/12", 400, ""),
        ("/entries/x'y", 400, ""),
        ("/entries/" + "a" * 500, 400, ""),
        ("/.well-known/scitt-keys/abc", 404, "no such key"),
        ("/.well-known/scitt-keys/%C3%A4", 404, "no such key"),
    ],
)
def test_problems_of_the_reference_api_are_cbor(world: World, path: str, status: int, title: str) -> None:
    answer = world.client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/concise-problem-details+cbor"
    problem = cbor2.loads(answer.content)
    assert set(problem) == {-1, -2}
    assert problem[-1]
    assert title in problem[-1]
    assert len(problem[-2]) < 400


def test_what_is_no_record_has_no_receipt(world: World) -> None:
    for path in ("receipt.cose", "tlog-proof"):
        assert world.client.get(f"/v1/records/{NOBODY}/{path}").status_code == 404
        assert world.client.get(f"/v1/records/0x12/{path}").status_code == 400


def test_a_record_that_no_checkpoint_has_yet_is_on_its_way(world: World) -> None:
    record = world.handoff(packages=10)
    answer = world.post("/v1/records", world.signed(record, *record_signers(world)))
    assert answer.status_code == 201, answer.text
    entry = answer.json()["id"]
    assert world.client.get(f"/v1/records/{entry}/receipt.cose").status_code == 404
    waiting = world.client.get(f"/entries/{entry}")
    assert waiting.status_code == 302
    assert int(waiting.headers["retry-after"]) > 0
    assert waiting.headers["location"].endswith(f"/entries/{entry}")
    world.stage.node.settle()
    assert world.client.get(f"/entries/{entry}").status_code == 200


def record_signers(world: World) -> tuple[int, int]:
    handoff = world.handoff()
    return handoff.releaser, handoff.receiver


def test_receipts_and_proofs_say_nothing_of_what_a_record_holds(world: World) -> None:
    """The same bytes for everybody, and in them no more than the public tiles have: hashes, index, size, times."""
    record = world.id("held")
    for path in ("receipt.cose", "tlog-proof"):
        public = world.client.get(f"/v1/records/{record}/{path}").content
        token = world.token(1)
        signed_in = world.client.get(f"/v1/records/{record}/{path}", headers={"Authorization": f"Bearer {token}"})
        assert signed_in.content == public
    (leaf,) = [leaf for leaf in all_entries(world) if f"0x{leaf[2:34].hex()}" == record]
    assert parse_tlog_proof(world.client.get(f"/v1/records/{record}/tlog-proof").content).extra == leaf


def test_a_tlog_proof_holds_by_the_verifier_key_alone(world: World) -> None:
    log = parse_verifier_key(world.get("/v1/log")["verifierKey"])
    for name in ("open", "held", "delivery", "recall"):
        answer = world.client.get(f"/v1/records/{world.id(name)}/tlog-proof")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        proof = parse_tlog_proof(answer.content)
        assert proof.extra is not None
        proof.verify(log, proof.extra)
        assert to_hex(proof.leaf().record_id) == world.id(name)


# --- lading verify --------------------------------------------------------------------------------------------------


def lading(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def verified(folder: Path, *arguments: str) -> tuple[int, list[tuple[str, bool]]]:
    """Exit status of `lading verify`, and its steps."""
    answer = lading("verify", *arguments, "--trust", str(folder / "trust.json"), "--json")
    return answer.exit_code, [(step["name"], step["ok"]) for step in json.loads(answer.stdout)["steps"]]


@pytest.fixture
def files(world: World, tmp_path: Path) -> Path:
    """A record's receipt and proof, and the trust file."""
    (tmp_path / "trust.json").write_bytes(canonical_json(world.stage.node.home.consortium.trust_file()))
    record = world.id("delivery")
    for name in ("receipt.cose", "tlog-proof"):
        (tmp_path / name).write_bytes(world.client.get(f"/v1/records/{record}/{name}").content)
    return tmp_path


ALL = [("format", True), ("log", True), ("record", True), ("inclusion", True)]


def test_verify_takes_both_files(world: World, files: Path) -> None:
    raw = world.get(f"/v1/records/{world.id('delivery')}/raw")
    assert verified(files, str(files / "tlog-proof")) == (0, ALL)
    assert verified(files, str(files / "receipt.cose"), "--leaf", raw["leaf"]["leaf"]) == (0, ALL)
    other = world.get(f"/v1/records/{world.id('held')}/raw")["leaf"]["leaf"]
    assert verified(files, str(files / "receipt.cose"), "--leaf", other) == (1, [*ALL[:3], ("inclusion", False)])
    told = lading("verify", str(files / "tlog-proof"), "--trust", str(files / "trust.json"))
    assert f"Handoff {world.id('delivery')}, logged at" in told.stdout


def test_verify_names_the_step_that_does_not_hold(files: Path) -> None:
    proof = (files / "tlog-proof").read_bytes()
    cases = {
        "cut": (proof[:-9], [("format", False)]),
        "another index": (proof.replace(b"\nindex ", b"\nindex 1", 1), [*ALL[:3], ("inclusion", False)]),
        "another log": (proof.replace(b"\n\n", b"\n\nx", 1), [ALL[0], ("log", False)]),
        "no leaf": (re.sub(rb"extra [^\n]*\n", b"", proof), [*ALL[:2], ("record", False)]),
    }
    for name, (data, steps) in cases.items():
        (files / "altered").write_bytes(data)
        assert verified(files, str(files / "altered")) == (1, steps), name
    receipt = (files / "receipt.cose").read_bytes()
    (files / "altered").write_bytes(receipt[:-1])
    assert verified(files, str(files / "altered"), "--leaf", "0x" + "01" * 74) == (1, [("format", False)])


def test_verify_asks_for_the_leaf_of_a_receipt(files: Path) -> None:
    options: tuple[list[str], ...] = ([], ["--leaf", "0x12"], ["--leaf", "leaf"])
    for more in options:
        answer = lading("verify", str(files / "receipt.cose"), "--trust", str(files / "trust.json"), *more)
        assert isinstance(answer.exception, InvalidInput)  # status 2, as `main` ends with
        assert "leaf" in str(answer.exception)
