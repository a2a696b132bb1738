"""Published bundles with cosigned times, withheld parts and products: the good hold, the bad fail at the step named."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typer.testing import CliRunner

from ledger.bundle.format import parse_trust
from ledger.bundle.verify import verify_bundle
from ledger.cli.main import app
from ledger.common.canonical import canonical_json
from ledger.explain.bundle import step_text
from scripts.vectors.bundles import patched
from tests.api.scripts.test_browser import in_the_browser
from tests.vectors.test_bundles import FOLDER, SCHEMA, load, valid

GOOD = (("witnessed", "trust-with-witnesses"), ("withheld", "trust"), ("product", "trust"))
BAD = json.loads((FOLDER / "bad-more.json").read_text(encoding="utf-8"))["vectors"]
each_bad = pytest.mark.parametrize("vector", BAD, ids=lambda vector: vector["name"])
CHECKED_AT = 1_767_000_000 + 40 * 86_400


def text_of(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def last_step(name: str, trust: str) -> str:
    return step_text(verify_bundle(text_of(name), parse_trust(text_of(trust)))[-1])


@pytest.mark.parametrize(("name", "trust"), GOOD)
def test_the_good_hold(name: str, trust: str) -> None:
    data = text_of(name)
    assert [step.name for step in verify_bundle(data, parse_trust(text_of(trust))) if not step.ok] == []
    assert canonical_json(json.loads(data)) == data
    assert valid(json.loads(data), SCHEMA)


@each_bad
def test_the_bad_fail_at_their_step(vector: dict[str, Any]) -> None:
    data = canonical_json(patched(load(vector["of"]), vector["patch"]))
    steps = verify_bundle(data, parse_trust((FOLDER / vector["trust"]).read_bytes()))
    assert [step.ok for step in steps] == [True] * (len(steps) - 1) + [False]
    assert (steps[-1].name, steps[-1].why) == (vector["step"], vector["why"])


def test_every_part_has_bad_vectors() -> None:
    steps = {(vector["of"], vector["step"]) for vector in BAD}
    assert {step for of, step in steps if of == "witnessed.json"} == {
        "checkpoint", "witnesses", "times", "complete", "figures",
    }  # fmt: skip
    assert {step for of, step in steps if of == "product.json"} == {"inclusion", "registry", "complete", "figures"}
    assert ("withheld.json", "figures") in steps


@pytest.mark.parametrize(("more", "status"), [([], 3), (["--allow-withheld"], 0)])
def test_withheld_parts_end_with_status_three(more: list[str], status: int) -> None:
    done = CliRunner().invoke(
        app, ["verify", str(FOLDER / "withheld.json"), "--trust", str(FOLDER / "trust.json"), *more]
    )
    assert done.exit_code == status, done.output


def test_a_delivery_counts_from_when_witnesses_bore_it_out() -> None:
    """The statement lists the one checkpoint by which its times count, and on whose word."""
    bundle = load("witnessed.json")
    (statement,) = bundle["figures"]["penalties"]["statements"]
    (timed,) = bundle["times"]["checkpoints"]
    size = int(timed["checkpoint"].split("\n")[1])
    assert [entry["size"] for entry in statement["times"]] == [size]
    trusted, plain = (
        {step.name: step for step in verify_bundle(text_of("witnessed"), parse_trust(text_of(trust)))}
        for trust in ("trust-with-witnesses", "trust")
    )
    assert "on witnesses" in trusted["signatures"].why
    assert "names none of these witnesses" in plain["times"].why


def test_the_times_are_signed_and_cosigned_over_the_bytes_that_the_page_names() -> None:
    """Read from docs/bundle.md and C2SP tlog-cosignature alone, with hashlib, base64 and cryptography."""
    bundle, trust = load("witnessed.json"), load("trust-with-witnesses.json")
    times, (log,) = bundle["times"], trust["logs"]
    public = bytes.fromhex(log["key"][2:])
    log_id = hashlib.sha256(log["origin"].encode() + b"\n\x01" + public).digest()
    content = json.dumps(
        {name: times[name] for name in ("checkpoints", "witnesses")}, sort_keys=True, separators=(",", ":"),
        ensure_ascii=False,
    )  # fmt: skip
    size = int(bundle["checkpoint"].split("\n")[1])
    message = b"lading/times/v1\0" + log_id + size.to_bytes(8, "big")
    message += hashlib.sha256(bundle["subject"].encode()).digest() + hashlib.sha256(content.encode()).digest()
    Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(times["signature"][2:]), message)
    keys = {}
    for verifier_key in trust["witnesses"]["keys"]:
        name, _, encoded = verifier_key.split("+", 2)
        keys[name] = base64.b64decode(encoded)[1:]
    for note in (bundle["checkpoint"], times["checkpoints"][0]["checkpoint"]):
        text, lines = note.split("\n\n")
        cosignatures = [line.split(" ") for line in lines.split("\n")[1:-1]]
        assert len(cosignatures) == trust["witnesses"]["threshold"]
        for _, name, encoded in cosignatures:
            line = base64.b64decode(encoded)
            time = int.from_bytes(line[4:12], "big")
            signed = f"cosignature/v1\ntime {time}\n{text}\n".encode()
            Ed25519PublicKey.from_public_bytes(keys[name]).verify(line[12:], signed)


def test_the_product_is_attested_by_whom_the_brand_authorised_and_its_revoked_recall_does_not_count() -> None:
    path = load("product.json")["subject"]
    assert f"{path}: authentic, by what was known at " in last_step("product", "trust")


def test_the_browser_gives_the_same_answers_on_the_published_products() -> None:
    trust = load("trust.json")

    def case(text: bytes) -> dict[str, Any]:
        path = load("product.json")["subject"]
        return {"task": "bundle", "text": text.decode(), "path": path, "trust": trust, "time": CHECKED_AT}

    bad = [canonical_json(patched(load(v["of"]), v["patch"])) for v in BAD if v["of"] == "product.json"]
    good, *others = in_the_browser([case(text_of("product")), *map(case, bad)])
    assert good == "authentic"
    assert len(others) > 10
    assert all(answer.startswith("refused: ") for answer in others), others
