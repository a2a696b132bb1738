"""Receipts, kept checkpoints, contradictions: the verify page takes and refuses what `lading verify` does; in Node."""

import json
from itertools import pairwise
from typing import Any

from ledger import merkle
from ledger.bundle.format import parse_bundle, parse_trust
from ledger.bundle.kept_checkpoints import verify_contradiction
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.subject import bears_on, parse_subject
from ledger.bundle.trace import trace_subject
from ledger.bundle.verify import verify_bundle
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.log.contradiction import Contradiction
from ledger.log.leaf import Leaf, Receipt
from ledger.records.signing import SignedRecord
from ledger.records.types import Endorsement, Record, ShipmentTerms
from scripts.vectors.keys import DOMAIN, LOG
from tests.unit.api.pages.node import in_the_page
from tests.unit.api.pages.test_bundles import text_of

TRUST = text_of("trust.json")
SUBJECTS = ("shipment.json", "partner.json", "award.json", "product.json")


def held(record: Record, index: int, time: int = 1_767_300_000, *, signed: bool = True) -> HeldReceipt:
    """A receipt of the vectors' log. Nobody's signature is under the record: a receipt does not speak of that."""
    signatures = (bytes(64) + b"\x1b",)
    leaf = Leaf.of(record.NUMBER, DOMAIN.record_id(record), b"".join(signatures), time)
    receipt = LOG.receipt(index, merkle.leaf_hash(leaf.encode()), time)
    if not signed:
        receipt = Receipt(receipt.log_id, index + 1, receipt.leaf_hash, time, receipt.signature)
    return HeldReceipt(SignedRecord(record, signatures), receipt)


def text_of_held(one: HeldReceipt) -> str:
    return json.dumps({"record": one.signed.to_json(), "receipt": one.receipt.to_json()})


def test_a_record_left_out_convicts_the_log_here_as_there() -> None:
    bundle = parse_bundle(text_of("shipment.json").encode())
    terms = next(r for r in bundle.records if isinstance(r.signed.record, ShipmentTerms))
    about = Endorsement(4, DOMAIN.record_id(terms.signed.record))
    present = HeldReceipt(terms.signed, LOG.receipt(terms.index, terms.leaf_hash, terms.log_time))
    elsewhere = HeldReceipt(terms.signed, LOG.receipt(terms.index + 1, terms.leaf_hash, terms.log_time))
    cases = {
        "present": present, "elsewhere": elsewhere, "omitted": held(about, 5), "later": held(about, 5_000),
        "about something else": held(Endorsement(3, bytes(31) + b"\x07"), 5), "forged": held(about, 5, signed=False),
    }  # fmt: skip
    bundle_file = {"name": "b", "text": text_of("shipment.json")}
    answers = in_the_page(
        [{"files": [bundle_file, {"name": "r", "text": text_of_held(one)}], "trust": TRUST} for one in cases.values()]
    )
    trust = parse_trust(TRUST.encode())
    for (name, one), ((answer,)) in zip(cases.items(), answers, strict=True):
        ours = verify_bundle(text_of("shipment.json").encode(), trust, [one])[-1]
        assert (answer["steps"][-1]["name"], answer["steps"][-1]["ok"]) == (ours.name, ours.ok), name
    failed = [name for name, ((answer,)) in zip(cases, answers, strict=True) if not answer["steps"][-1]["ok"]]
    assert failed == ["elsewhere", "omitted", "forged"]
    assert "left out" in answers[2][0]["steps"][-1]["words"]


def test_what_bears_on_a_subject_is_the_same_here_and_there() -> None:
    bundles = {name: parse_bundle(text_of(name).encode()) for name in SUBJECTS}
    every: dict[bytes, tuple[Record, int]] = {}
    for bundle in bundles.values():
        for one in bundle.records:
            every[bytes(DOMAIN.record_id(one.signed.record))] = (one.signed.record, one.index)
    cases, expected = [], []
    for bundle in bundles.values():
        known = {DOMAIN.record_id(one.signed.record): one.signed.record for one in bundle.records}
        subject = parse_subject(bundle.subject)
        expected.append(
            [bears_on(subject, DOMAIN.record_id(record), record, index, known) for record, index in every.values()]
        )
        cases.append(
            {
                "subject": bundle.subject,
                "records": [view(record) for record in known.values()],
                "candidates": [view(record) | {"index": index} for record, index in every.values()],
            }
        )
    shipment = parse_subject(bundles["shipment.json"].subject).id
    about = trace_subject([shipment])
    expected.append(
        [bears_on(about, DOMAIN.record_id(one), one, index, {}, [shipment]) for one, index in every.values()]
    )
    cases.append(cases[0] | {"subject": str(about), "records": [], "traced": [to_hex(shipment)]})
    assert in_the_page(cases) == expected
    assert all(0 < sum(answers) < len(answers) for answers in expected)


def view(record: Record) -> dict[str, Any]:
    return {"id": to_hex(DOMAIN.record_id(record)), "type": type(record).__name__, "message": record.to_json()}


# --- receipts and checkpoints alone ----------------------------------------------------------------------------------

LEAVES = [merkle.leaf_hash(bytes([n])) for n in range(20)]
OTHERS = [merkle.leaf_hash(bytes([n, 1])) for n in range(20)]


def note(size: int, leaves: list[bytes] = LEAVES) -> str:
    return LOG.checkpoint(size, merkle.root(leaves[:size])).decode()


def consistency(first: int, second: int, leaves: list[bytes] = LEAVES) -> str:
    proof = [to_hex(h) for h in merkle.consistency_proof(leaves[:second], first)]
    return json.dumps({"first": first, "second": second, "proof": proof})


def last_of(*texts: str) -> tuple[str, Any]:
    """The last step of the one check of these files, and whether it holds."""
    files = [{"name": f"file {i}", "text": text} for i, text in enumerate(texts)]
    ((answer,),) = in_the_page([{"files": files, "trust": TRUST}])
    return answer["steps"][-1]["name"], answer["steps"][-1]["ok"]


def test_kept_checkpoints_are_of_one_log_that_only_grew() -> None:
    assert last_of(note(20)) == ("witnesses", None)
    assert last_of(note(20), note(7), consistency(7, 20)) == ("kept checkpoints", True)
    assert last_of(note(20), note(7)) == ("kept checkpoints", False), "no proof"
    assert last_of(note(20), note(7), consistency(7, 20, OTHERS)) == ("kept checkpoints", False)
    assert last_of(note(20), note(7, OTHERS), consistency(7, 20)) == ("kept checkpoints", False)
    assert last_of(note(20), note(20, OTHERS)) == ("kept checkpoints", False)
    assert last_of(note(20).replace("\n20\n", "\n21\n")) == ("checkpoint", False)


def test_a_receipt_alone_and_with_its_proof() -> None:
    time, index = 1_767_300_000, 5
    one = held(Endorsement(3, bytes(31) + b"\x07"), index, time)
    leaves = [*LEAVES[:index], one.receipt.leaf_hash, *LEAVES[index + 1 :]]
    path = [to_hex(h) for h in merkle.inclusion_proof(leaves, index)]
    entry = {"index": index, "size": 20, "leafHash": to_hex(one.receipt.leaf_hash), "proof": path}
    shown = json.dumps(entry | {"checkpoint": note(20, leaves)})
    assert last_of(text_of_held(one)) == ("inclusion", None)
    assert last_of(text_of_held(one), shown) == ("inclusion", True)
    assert last_of(text_of_held(one), json.dumps(entry | {"checkpoint": note(20)})) == ("inclusion", False)
    assert last_of(text_of_held(held(one.signed.record, index, time, signed=False))) == ("receipt", False)
    assert last_of(json.dumps(one.receipt.to_json())) == ("inclusion", None)
    other = {"record": one.signed.to_json(), "receipt": held(Endorsement(4, bytes(32)), index).receipt.to_json()}
    assert last_of(json.dumps(other)) == ("record", False)


def test_a_contradiction_convicts_here_as_there() -> None:
    two = Contradiction(note(7, OTHERS), note(20), merkle.root(LEAVES[:7]), tuple(merkle.consistency_proof(LEAVES, 7)))
    same = Contradiction(note(7), note(20), two.root, two.proof)
    cut = Contradiction(two.first, two.second, two.root, two.proof[1:])
    forged = Contradiction(two.first.replace("\n7\n", "\n8\n"), two.second, two.root, two.proof)
    # The log signed the empty tree, as every log does; nothing contradicts that.
    empty = Contradiction(note(0), note(20), bytes(32))
    texts = [one.to_bytes() for one in (two, same, cut, forged, empty)] + [
        canonical_json({"lading": "contradiction/1"})
    ]
    cases = [{"files": [{"name": "c", "text": text.decode()}], "trust": TRUST} for text in texts]
    for text, ((answer,)) in zip(texts, in_the_page(cases), strict=True):
        ours = verify_contradiction(text, parse_trust(TRUST.encode()))
        assert [(step["name"], step["ok"]) for step in answer["steps"]] == [(step.name, step.ok) for step in ours]
    assert [a["ok"] for a, _ in pairwise(in_the_page(cases)[0][0]["steps"])] == [True, True]
