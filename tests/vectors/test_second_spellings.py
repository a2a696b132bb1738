"""One thing has one spelling: what Python refuses of a published product's bundle, the browser refuses too."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.bundle.format import parse_trust
from ledger.bundle.verify import verify_bundle
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from scripts.vectors.keys import LOG
from scripts.vectors.product_bundles import ITEM, Shelf
from tests.api.scripts.test_browser import in_the_browser
from tests.vectors.test_bundles import FOLDER, load

HONEST = (FOLDER / "product.json").read_text(encoding="utf-8")
TRUST = load("trust.json")
CHECKED_AT = 1_767_000_000 + 40 * 86_400


def answers(*texts: str) -> list[tuple[bool, str]]:
    """Whether Python takes each, and what the browser says."""
    trust = parse_trust(canonical_json(TRUST))
    cases = [{"task": "bundle", "text": text, "path": ITEM, "trust": TRUST, "time": CHECKED_AT} for text in texts]
    taken = [all(step.ok for step in verify_bundle(text.encode(), trust)) for text in texts]
    return list(zip(taken, in_the_browser(cases), strict=True))


def edited(edit: Callable[[Any], None]) -> str:
    value = json.loads(HONEST)
    edit(value)
    return canonical_json(value).decode()


def capitals(value: Any) -> None:
    record = next(record for record in value["records"] if record["signatures"])
    record["signatures"][0] = "0x" + record["signatures"][0][2:].upper()


def without_prefix(value: Any) -> None:
    record = next(record for record in value["records"] if record["signatures"])
    record["signatures"][0] = record["signatures"][0][2:]


def proof_in_capitals(value: Any) -> None:
    value["figures"]["codes"][0]["proof"][0] = "0x" + value["figures"]["codes"][0]["proof"][0][2:].upper()


def complete_in_capitals(value: Any) -> None:
    value["complete"]["signature"] = "0x" + value["complete"]["signature"][2:].upper()


def times_in_capitals(value: Any) -> None:
    value["times"]["signature"] = "0x" + value["times"]["signature"][2:].upper()


def unpadded(value: Any) -> None:
    assert value["checkpoint"].endswith("=\n")
    value["checkpoint"] = value["checkpoint"].rstrip("=\n") + "\n"


def loose_bits(value: Any) -> None:
    """The last character before the padding has bits that no byte takes."""
    body = value["checkpoint"].rstrip("=\n")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    value["checkpoint"] = body[:-1] + alphabet[alphabet.index(body[-1]) | 1] + "=\n"
    assert value["checkpoint"] != json.loads(HONEST)["checkpoint"]


def number_as_text(value: Any) -> None:
    value["figures"]["codes"][0]["index"] = str(value["figures"]["codes"][0]["index"])


def more_than_the_codes(value: Any) -> None:
    value["figures"]["remark"] = ""


def more_than_is_said(value: Any) -> None:
    value["complete"]["remark"] = ""


def more_than_the_times(value: Any) -> None:
    value["times"]["remark"] = ""


@pytest.mark.parametrize(
    "edit",
    [
        capitals, without_prefix, proof_in_capitals, complete_in_capitals, times_in_capitals, unpadded, loose_bits,
        number_as_text, more_than_the_codes, more_than_is_said, more_than_the_times,
    ],
    ids=lambda edit: edit.__name__,
)  # fmt: skip
def test_another_spelling_of_the_same_bytes_is_refused_here_and_there(edit: Callable[[Any], None]) -> None:
    honest, other = answers(HONEST, edited(edit))
    assert honest == (True, "authentic")
    assert (other[0], other[1].split(":")[0]) == (False, "refused")


def test_a_text_that_is_not_canonical_is_refused_here_and_there() -> None:
    """A key twice, of which parsers take the last or the first; spaces, another order, numbers and escapes."""
    value = json.loads(HONEST)
    first = next(iter(value))
    texts = {
        "a key twice": HONEST.replace("{", f'{{"{first}":"",', 1),
        "a key twice further in": HONEST.replace('"figures":{', '"figures":{"codes":[],', 1),
        "a space": HONEST.replace(":", ": ", 1),
        "a line break": HONEST + "\n",
        "another order": json.dumps(dict(reversed(value.items())), separators=(",", ":"), ensure_ascii=False),
        "a float": HONEST.replace('"index":0,', '"index":0.0,', 1),
        "an exponent": HONEST.replace('"index":0,', '"index":0e0,', 1),
        "an escape": HONEST.replace('"figures"', '"\\u0066igures"', 1),
    }
    assert len({hashlib.sha256(text.encode()).digest() for text in (HONEST, *texts.values())}) == len(texts) + 1
    for name, (taken, said) in zip(texts, answers(*texts.values()), strict=True):
        assert (taken, said.split(":")[0]) == (False, "refused"), name


def with_times(checkpoints: list[Any]) -> str:
    """The bundle with this evidence, which its log has signed, whatever it is."""
    value = json.loads(HONEST)
    times = {"checkpoints": checkpoints, "witnesses": None}
    size, subject = int(value["checkpoint"].split("\n")[1]), value["subject"]
    signature = LOG.times(subject, size, hashlib.sha256(canonical_json(times)).digest())
    return canonical_json(value | {"times": times | {"signature": to_hex(signature)}}).decode()


def test_a_block_in_which_a_checkpoint_was_anchored_is_read_as_strictly_as_here() -> None:
    """Signed by the log, and still no evidence: a block time is a whole number, and an entry has just its fields."""
    log = Shelf().log
    entry = log._timed(log.anchor(), log.leaf_hashes()).to_json()
    block = entry["anchored"]
    assert answers(with_times([entry])) == [(True, "authentic")]
    bad = [
        *(block | {"blockTime": time} for time in (str(block["blockTime"]), -1, None, [block["blockTime"]])),
        *(block | {"blockNumber": number} for number in ("1", -1, None)),
        block | {"transaction": "0x" + block["transaction"][2:].upper()},
        block | {"remark": ""},
        {name: value for name, value in block.items() if name != "transaction"},
        0, False, "",
    ]  # fmt: skip
    texts = [with_times([entry | {"anchored": anchored}]) for anchored in bad]
    texts += [
        with_times([entry]).replace(f'"blockTime":{block["blockTime"]}', f'"blockTime":{block["blockTime"]}.5'),
        with_times([entry | {"remark": ""}]),
        with_times([entry | {"consistency": None}]),
    ]
    for text, (taken, said) in zip(texts, answers(*texts), strict=True):
        assert (taken, said.split(":")[0]) == (False, "refused"), text[-600:]
