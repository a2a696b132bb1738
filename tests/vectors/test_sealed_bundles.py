"""The published bundles with seals: outcomes, anchors and block times are proved, and edits fail at the step named."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.bundle.format import parse_trust, trust_fingerprint
from ledger.bundle.steps import ATTESTED, Step
from ledger.bundle.verify import verify_bundle
from ledger.common.canonical import canonical_json
from ledger.errors import LadingError
from scripts.vectors.bundles import patched
from tests.vectors.test_bundles import SCHEMA, valid

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "vectors" / "bundles"
GOOD = ("sealed", "sealed-award")
BAD = json.loads((FOLDER / "bad-sealed.json").read_text(encoding="utf-8"))["vectors"]
VALIDATORS = json.loads((FOLDER / "bad-validators.json").read_text(encoding="utf-8"))
TRUST = (FOLDER / "trust-with-validators.json").read_bytes()


def data_of(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def by_name(steps: list[Step]) -> dict[str, Step]:
    return {step.name: step for step in steps}


@pytest.mark.parametrize("name", GOOD)
def test_what_validators_sealed_is_proved(name: str) -> None:
    steps = by_name(verify_bundle(data_of(name), parse_trust(TRUST)))
    assert all(step.ok for step in steps.values())
    assert {step.name for step in steps.values() if step.basis == ATTESTED} == {"times", "complete"}
    assert {"seals", "outcomes", "anchors", "state"} <= set(steps)
    assert "proved below" in steps["registry"].why
    assert canonical_json(json.loads(data_of(name))) == data_of(name)
    assert valid(json.loads(data_of(name)), SCHEMA)


def test_of_a_shipment_nothing_later_happened() -> None:
    why = by_name(verify_bundle(data_of("sealed"), parse_trust(TRUST)))["state"].why
    assert "the registry had taken 10 changes, all of which are here; nothing moved the shipment" in why


@pytest.mark.parametrize("vector", BAD, ids=lambda vector: vector["name"])
def test_the_bad_fail_at_their_step(vector: dict[str, Any]) -> None:
    data = canonical_json(patched(json.loads((FOLDER / vector["of"]).read_bytes()), vector["patch"]))
    steps = verify_bundle(data, parse_trust((FOLDER / vector["trust"]).read_bytes()))
    assert [step.ok for step in steps] == [True] * (len(steps) - 1) + [False]
    assert (steps[-1].name, steps[-1].why) == (vector["step"], vector["why"])


def test_there_are_bad_ones_of_every_kind() -> None:
    assert {vector["step"] for vector in BAD} == {"format", "seals", "outcomes", "anchors", "state", "cut-off"}
    assert len(BAD) >= 30


@pytest.mark.parametrize("name", GOOD)
def test_without_validators_or_seals_outcomes_are_the_logs_word(name: str) -> None:
    without = {key: value for key, value in json.loads(TRUST).items() if key != "cometbft"}
    steps = by_name(verify_bundle(data_of(name), parse_trust(canonical_json(without))))
    assert all(step.ok for step in steps.values())
    assert steps["outcomes"].basis == ATTESTED
    assert "names no validators" in steps["outcomes"].why
    assert "seals" not in steps

    bare = {key: value for key, value in json.loads(data_of(name)).items() if key != "seals"}
    steps = by_name(verify_bundle(canonical_json(bare), parse_trust(TRUST)))
    assert all(step.ok for step in steps.values())
    assert steps["outcomes"].basis == ATTESTED
    assert "has no seals" in steps["outcomes"].why
    assert "attested below" in steps["registry"].why


def test_a_product_has_no_seals() -> None:
    product = json.loads(data_of("product")) | {"seals": json.loads(data_of("sealed"))["seals"]}
    (step,) = verify_bundle(canonical_json(product), parse_trust(TRUST))
    assert (step.name, step.ok) == ("format", False)
    assert not valid(product, SCHEMA)


def test_validators_are_part_of_the_fingerprint() -> None:
    trust = json.loads(TRUST)
    without = {key: value for key, value in trust.items() if key != "cometbft"}
    assert trust_fingerprint(trust) != trust_fingerprint(without)


def test_validators_that_the_council_signed_take_over() -> None:
    network = parse_trust(VALIDATORS["good"].encode()).network
    assert network is not None
    assert [one.start for one in network.sets] == [1, 5_000]
    assert (network.at(4_999), network.at(5_000)) == network.sets
    with pytest.raises(LadingError, match="before the first validators"):
        network.at(0)


@pytest.mark.parametrize("vector", VALIDATORS["vectors"], ids=lambda vector: vector["name"])
def test_other_validators_are_in_no_trust_file(vector: dict[str, str]) -> None:
    with pytest.raises(LadingError) as caught:
        parse_trust(vector["text"].encode())
    assert str(caught.value) == vector["why"]
