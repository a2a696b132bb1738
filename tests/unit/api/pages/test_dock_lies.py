"""What a dock believes of others: neither that something is in the log, nor that they sign what was signed before."""

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import merkle
from ledger.common.ids import to_hex
from ledger.errors import LadingError
from ledger.log.leaf import Leaf, LogSigner
from ledger.records.content_checks import check_content
from ledger.records.signing import SignedRecord
from ledger.records.types import Details, Handoff, HandoffItem, Load, Place
from tests.unit.api.pages.node import in_node
from tests.unit.api.pages.test_dock import NOW, SHIPMENTS, key
from tests.unit.history import DOMAIN

LOG = LogSigner("ledger.example.org/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = LogSigner("ledger.example.org/log", Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
TRUST = {
    "consortiumId": to_hex(DOMAIN.consortium_id),
    "logs": [{"origin": LOG.identity.origin, "key": to_hex(LOG.identity.public_key)}],
}


def handoff(text: str = "", packages: int = 10) -> Handoff:
    items = (HandoffItem(SHIPMENTS[0], 0, packages, 0),)
    where, load = Place(bytes(16), "NZ", "NZAKL", "", "Gate 3"), Load(bytes(16), "")
    return Handoff(items, 1, 2, where, load, NOW, 0, NOW + 1000, Details(bytes(16), text))


def signed(record: Handoff) -> SignedRecord:
    return SignedRecord(record, tuple(key(one).sign(DOMAIN, record) for one in ("1", "2")))


def receipt(one: SignedRecord, log: LogSigner = LOG) -> dict[str, Any]:
    leaf = Leaf.of(one.record.NUMBER, DOMAIN.record_id(one.record), b"".join(one.signatures), NOW)
    return log.receipt(7, merkle.leaf_hash(leaf.encode()), NOW).to_json()


def became(body: dict[str, Any], status: int = 201) -> dict[str, str]:
    data = signed(handoff()).to_json()
    releaser, receiver = data.pop("signatures")
    entry = {**data, "id": "", "signatures": {"releaser": releaser, "receiver": receiver}}
    response = {"ok": status < 300, "status": status}
    (answer,) = in_node([{"task": "became", "entry": entry, "response": response, "body": body, "trust": TRUST}])
    return dict(answer)


def test_what_the_log_signed_for_this_handoff_is_in_the_log() -> None:
    answer = {"status": "accepted", "receipt": receipt(signed(handoff()))}
    assert became(answer) == {"state": "accepted", "answer": "The log has it."}
    waits = became(answer | {"waitsFor": [{"shipment": "0x"}]})
    assert waits["answer"] == "The log has it. It waits for a record that comes before."


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 200),
        ({"status": "accepted"}, 201),
        ({"status": "accepted", "receipt": receipt(signed(handoff()), OTHER)}, 201),
        ({"status": "accepted", "receipt": receipt(signed(handoff(packages=9)))}, 201),
        ({"status": "accepted", "receipt": receipt(replace(signed(handoff()), signatures=(bytes(65),)))}, 201),
        ({"status": "proposed", "missing": ["a record"]}, 202),
        ({}, 403),
    ],
)
def test_whatever_else_is_answered_it_waits_to_be_handed_in(body: dict[str, Any], status: int) -> None:
    found = became(body, status)
    assert (found["state"], found["answer"] != "") == ("open", True)


@pytest.mark.parametrize(
    "name", ["Gate 3", "Gla\u0308rnisch", "\u212bngstr\u00f6m", "a\0b", "\ud800", "Gl\u00e4rnisch"]
)
def test_a_text_that_no_record_takes_is_refused_at_the_dock(name: str) -> None:
    """As acceptance does: goods would change hands by a handoff that nobody can record."""
    for where, load in ((Place(bytes(16), "NZ", "NZAKL", "", name), ""), (Place(bytes(16), "NZ", "", "", ""), name)):
        record = replace(handoff(), place=where, load=Load(bytes(16), load))
        try:
            check_content(record, NOW)
            refused = False
        except LadingError:
            refused = True
        (said,) = in_node([{"task": "faults", "message": record.to_json(), "now": NOW}])
        assert bool(said) is refused


def test_what_the_service_refuses_in_words_is_refused() -> None:
    assert became({"detail": "it has ended"}, 409) == {"state": "refused", "answer": "it has ended"}


def differences(before: Handoff, after: Handoff) -> list[str]:
    (said,) = in_node([{"task": "differences", "before": before.to_json(), "after": after.to_json()}])
    return list(said)


def test_what_the_other_side_writes_into_the_details_is_told() -> None:
    photos = {"photos": ["0x" + "ab" * 32]}
    said = json.dumps(photos | {"agreed": "who gives pays 5000 EUR"}, separators=(",", ":"), sort_keys=True)
    told = ["What is said besides is not what you signed: read every line."]
    assert differences(handoff(), handoff(said))[1:] == told
    assert differences(handoff(json.dumps(photos)), handoff(said)) == told
    assert differences(handoff(), handoff(json.dumps(photos))) == ["Other photos are named."]
    assert differences(handoff(said), handoff(said)) == []
    assert differences(handoff(), handoff("null")) == told, (
        "what is in no form of the records is refused, not stumbled over"
    )


@pytest.mark.parametrize(
    ("text", "more"),
    [("", False), ('{"photos":[]}', False), ('{"device":"Gate"}', False), ('{"agreed":1}', True), ("plain", True)],
)
def test_sentences_say_where_they_do_not_say_all(text: str, more: bool) -> None:
    record = {"type": "Handoff", "message": handoff(text).to_json()}
    (said,) = in_node([{"task": "summary", "record": record, "names": [], "terms": []}])
    assert (said[-1] == "It says more than these sentences do: read every line below.") is more
