"""The verify page's own modules, run in Node on the published vectors: every step that they check fails where the
ledger's does, and what they do not check they never call good."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ledger.bundle.format import parse_trust
from ledger.bundle.verify import verify_bundle
from ledger.common.canonical import canonical_json
from ledger.errors import MalformedRecord
from scripts.vectors.bundles import patched
from tests.unit.api.pages.node import in_the_page

FOLDER = Path(__file__).resolve().parents[4] / "docs" / "vectors" / "bundles"
GOOD = (
    ("shipment", "trust"), ("partner", "trust"), ("award", "trust"), ("award-withheld", "trust"), ("withheld", "trust"),
    ("product", "trust"), ("witnessed", "trust-with-witnesses"), ("shipment", "trust-with-partners"),
    ("sealed", "trust-with-validators"), ("sealed-award", "trust-with-validators"),
)  # fmt: skip
BAD = [
    (vector, vector.get("trust", "trust.json"))
    for name in ("bad", "bad-more", "bad-sealed")
    for vector in json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["vectors"]
]
BAD_TRUST = json.loads((FOLDER / "bad-trust.json").read_text(encoding="utf-8"))["vectors"]
NOT_HERE = {"seals", "anchors", "state", "figures"}
"""Steps that the page leaves to `lading verify`; of a product it makes the figures too."""


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def case(bundle: str, trust: str) -> dict[str, Any]:
    return {"files": [{"name": "bundle.json", "text": bundle}], "trust": trust}


def steps_of(cases: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The steps of the one file of each case."""
    return [answer[0]["steps"] for answer in in_the_page(cases)]


@pytest.fixture(scope="module")
def of_the_bad() -> list[Any]:
    bundles = [canonical_json(patched(json.loads(text_of(v["of"])), v["patch"])).decode() for v, _ in BAD]
    return steps_of([case(bundle, text_of(trust)) for bundle, (_, trust) in zip(bundles, BAD, strict=True)])


def test_the_good_hold_and_the_rest_is_called_unchecked() -> None:
    answers = steps_of([case(text_of(f"{b}.json"), text_of(f"{t}.json")) for b, t in GOOD])
    for (name, trust), steps in zip(GOOD, answers, strict=True):
        ours = verify_bundle(text_of(f"{name}.json").encode(), parse_trust(text_of(f"{trust}.json").encode()))
        assert [step["name"] for step in steps] == [step.name for step in ours], name
        unchecked = {step["name"] for step in steps if step["ok"] is None}
        expected = NOT_HERE & {step["name"] for step in steps}
        assert unchecked == (set() if name == "product" else expected), name
        assert [step for step in steps if step["ok"] is False] == [], name
        sealed = name.startswith("sealed")  # what seals prove is the log's word here
        assert sealed or [step["basis"] for step in steps] == [step.basis for step in ours], name


def test_the_bad_fail_at_the_step_where_the_ledger_lets_them_fail(of_the_bad: list[Any]) -> None:
    assert [
        (vector["name"], vector["step"], failed)
        for (vector, _), steps in zip(BAD, of_the_bad, strict=True)
        if (failed := [step["name"] for step in steps if not step["ok"] and step["ok"] is not None]) != [vector["step"]]
        and not rests_on_what_is_not_checked(vector)
    ] == []


def rests_on_what_is_not_checked(vector: dict[str, Any]) -> bool:
    """Figures of what is no product, and steps that the ledger decides by seals."""
    of, step = str(vector["of"]), str(vector["step"])
    sealed = of.startswith("sealed") and step != "format"
    return sealed or (step == "figures" and of != "product.json")


def test_what_it_cannot_refuse_it_does_not_call_checked(of_the_bad: list[Any]) -> None:
    passed = 0
    for (vector, _), steps in zip(BAD, of_the_bad, strict=True):
        if rests_on_what_is_not_checked(vector):
            assert any(step["ok"] is None for step in steps), vector["name"]
            assert not any(step["name"] in NOT_HERE and step["ok"] for step in steps), vector["name"]
            passed += 1
    assert passed > 50


def test_a_trust_file_is_read_as_strictly_as_the_ledger_reads_it() -> None:
    answers = in_the_page([{"files": [], "trust": vector["text"]} for vector in BAD_TRUST])
    assert [
        v["name"] for v, answer in zip(BAD_TRUST, answers, strict=True) if not str(answer).startswith("refused")
    ] == []
    names = ("trust.json", "trust-with-witnesses.json", "trust-with-validators.json", "trust-with-partners.json")
    assert in_the_page([{"files": [], "trust": text_of(name)} for name in names]) == [[]] * len(names)


# --- bits flipped anywhere -------------------------------------------------------------------------------------------


def test_a_chain_id_beyond_what_json_holds_is_refused_on_both_sides() -> None:
    """2^53 and 2^53 + 1 are one number for a browser, and two for a wallet's domain."""
    whole = text_of("trust.json")
    before = f'"chainId":{json.loads(whole)["chainId"]}'
    texts = [whole.replace(before, f'"chainId":{number}') for number in (2**53 - 1, 2**53, 2**53 + 1, 2**64)]
    answers = in_the_page([{"files": [], "trust": text} for text in texts])
    assert answers[0] == []
    assert parse_trust(texts[0].encode()).chain_id == 2**53 - 1
    for text, answer in zip(texts[1:], answers[1:], strict=True):
        assert answer != []
        with pytest.raises(MalformedRecord):
            parse_trust(text.encode())


FLIPPED = (("shipment", "trust"), ("award", "trust"), ("product", "trust"), ("witnessed", "trust-with-witnesses"))
"""Where something is changed at random: the same step must fail here as there."""


def test_a_digit_changed_anywhere_fails_at_the_same_step() -> None:
    rng, cases, expected = Random(14), [], []
    for name, trust in FLIPPED * 10:
        text = text_of(f"{name}.json")
        at = rng.choice([i for i, character in enumerate(text) if character in "0123456789abcdef"])
        bad = text[:at] + rng.choice([digit for digit in "0123456789abcdef" if digit != text[at]]) + text[at + 1 :]
        steps = verify_bundle(bad.encode(), parse_trust(text_of(f"{trust}.json").encode()))
        failed = [step.name for step in steps if not step.ok]
        expected.append([] if name != "product" and failed == ["figures"] else failed)
        cases.append(case(bad, text_of(f"{trust}.json")))
    answers = in_the_page(cases)
    # One without the word "bundle" in front is no file that the page would check.
    found = [[s["name"] for s in a[0]["steps"] if s["ok"] is False] if a else ["format"] for a in answers]
    assert found == expected
    assert {"format", "inclusion"} <= {step for failed in expected for step in failed}
