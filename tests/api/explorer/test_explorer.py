"""What auditors look into: a record's bytes and neighbours, what cannot be true beside it, keys, council, anchors."""

import hashlib
import json
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from ledger.common.ids import RecordId, to_hex
from ledger.errors import InconsistentLog, TreeView
from ledger.log.leaf import LogSigner, parse_leaf
from ledger.records.places import Place, places_of
from ledger.services.node.news import WorkerNews, contradictions
from ledger.services.publish.witnesses import Contradiction
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, SHOP


def raw(world: World, name: str, token: str = "") -> dict[str, Any]:
    found: dict[str, Any] = world.get(f"/v1/records/{to_hex(world.ids[name])}/raw", token)
    return found


def test_a_records_leaf_and_those_beside_it_are_what_the_log_hashes(world: World) -> None:
    found = raw(world, "delivery")
    leaves = [found["before"], found["leaf"], found["after"]]
    assert [b["index"] - a["index"] for a, b in pairwise(leaves)] == [1, 1]
    for leaf in leaves:
        data = bytes.fromhex(leaf["leaf"][2:])
        assert hashlib.sha256(b"\x00" + data).hexdigest() == leaf["leafHash"][2:]
        assert to_hex(parse_leaf(data).record_id) == leaf["record"]
    signatures = b"".join(bytes.fromhex(one[2:]) for one in found["signatures"])
    leaf = parse_leaf(bytes.fromhex(found["leaf"]["leaf"][2:]))
    assert leaf.signatures_hash == hashlib.sha256(signatures).digest()
    (first,) = world.get("/v1/records?limit=1")["records"]
    assert world.get(f"/v1/records/{first['id']}/raw")["before"] is None


def test_what_signers_were_shown_is_for_those_who_may_see_it(world: World) -> None:
    for token in (world.token(AUDITOR), world.token(SHOP)):
        typed = raw(world, "delivery", token)["typedData"]
        signable = encode_typed_data(full_message=typed)
        assert keccak(b"\x19" + signable.version + signable.header + signable.body) == world.ids["delivery"]
    assert raw(world, "delivery")["typedData"] is None
    assert raw(world, "delivery", world.token(MAKER))["typedData"] is not None, "a party to the shipment"


def test_a_proposal_and_a_stranger_have_no_bytes(world: World) -> None:
    assert world.client.get(f"/v1/records/0x{'12' * 32}/raw").status_code == 404
    assert world.client.get(f"/v1/records/0x{'12' * 32}/rivals").status_code == 404


def test_two_records_of_one_place_are_found_from_either_and_shown_side_by_side(world: World) -> None:
    first, second = (to_hex(world.ids[name]) for name in ("first leg", "parcel leg"))
    for one, other in ((first, second), (second, first)):
        (rival,) = world.get(f"/v1/records/{one}/rivals")["rivals"]
        shared = {"shipment": to_hex(world.ids["late"]), "sequence": 0, "jurisdiction": "", "regime": 0}
        assert (rival["record"], rival["places"]) == (other, [shared])
        page = world.client.get(f"/records/{one}/beside/{other}").text
        assert "name the same place" in page
        assert "signed both" in page
        assert f"/records/{one}/beside/{other}" in world.client.get(f"/records/{one}").text
    delivery = to_hex(world.ids["delivery"])
    assert world.get(f"/v1/records/{delivery}/rivals") == {"rivals": []}
    assert "do not contradict each other" in world.client.get(f"/records/{first}/beside/{delivery}").text


def test_places_are_of_custody_and_of_clearances_apart(world: World) -> None:
    shipment = bytes(world.ids["late"])
    handed, held, lodged = (_record(world, name) for name in ("damage", "held", "lodged"))
    assert places_of(handed) == (Place(shipment, 1),)
    assert places_of(held) == (Place(shipment, 0, b"CN", 1),)
    assert places_of(lodged) == (), "lodged changes no slot"


def _record(world: World, name: str) -> Any:
    from ledger.store import records

    with world.stage.node.home.database.read() as connection:
        row = records.get(connection, RecordId(world.ids[name]))
    assert row is not None
    return row.record


def test_keys_of_a_moment_are_those_in_force_then(world: World) -> None:
    (key,) = world.get(f"/v1/partners/{CARRIER}/keys")["keys"]
    begins = key["valid_from"]
    for at, count in ((begins - 1, 0), (begins, 1), (world.stage.now, 1)):
        assert len(world.get(f"/v1/partners/{CARRIER}/keys?at={at}")["keys"]) == count
    page = world.client.get(f"/partners/{CARRIER}/keys").text
    assert key["address"] in page
    assert "No key was in force then" in world.client.get(f"/partners/{CARRIER}/keys?at=1990-01-01").text
    assert world.client.get(f"/partners/{CARRIER}/keys?at=yesterday").status_code == 400
    assert world.client.get("/partners/77/keys").status_code == 404


def test_the_council_in_time_and_what_it_changed(world: World) -> None:
    found = world.get("/v1/council")
    trust = world.get("/v1/consortium")["trust"]["genesis"]
    assert {m["address"] for m in found["members"] if m["status"] == "in force"} >= set(trust["council"])
    assert found["threshold"] == trust["threshold"]
    page = world.client.get("/council").text
    newest = world.get("/v1/records?type=RegistryChange&limit=100")["records"][-1]
    assert newest["id"] in page
    assert 'rel="next"' not in page or "before=" in page


def test_anchors_with_block_and_time_a_page_at_a_time(world: World) -> None:
    whole = world.get("/v1/log/anchors?limit=100")["anchors"]
    sizes = [anchor["size"] for anchor in whole]
    assert sizes == sorted(set(sizes), reverse=True)
    assert all(anchor["block"] > 0 and anchor["block_time"] > 0 for anchor in whole)
    paged, before = [], ""
    while True:
        page = world.get(f"/v1/log/anchors?limit=2{before}")
        paged += page["anchors"]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert paged == whole
    assert whole[0]["root"] in world.client.get("/log/anchors").text


def test_a_log_without_witnesses_says_that_nobody_contradicts_it(world: World) -> None:
    assert world.get("/v1/log/contradictions") == {"contradictions": []}
    assert "nobody but you can find one" in world.client.get("/log/contradictions").text


class Accusers:
    """Witnesses of which two say that they have cosigned another tree, one of them with its checkpoint."""

    OURS = "0x" + "ab" * 32

    def contradictions(self) -> dict[str, Contradiction]:
        first, second = TreeView(9, "as the witness has it"), TreeView(9, self.OURS)
        error = InconsistentLog("the witness has cosigned another tree of this size", first=first, second=second)
        return {"harbour": Contradiction(error, 9, self.note()), "union": Contradiction(error, 9, b"<b>")}

    @staticmethod
    def note() -> bytes:
        return LogSigner("log.example/other", Ed25519PrivateKey.generate()).checkpoint(9, bytes.fromhex("cd" * 32))


def test_what_witnesses_say_stands_beside_what_the_log_showed_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.stage.node.reader.publisher, "witnesses", Accusers())
    harbour, union = world.get("/v1/log/contradictions")["contradictions"]
    assert harbour["theirs"] == {"size": 9, "root": "0x" + "cd" * 32}
    assert harbour["ours"] == union["ours"] == {"size": 9, "root": Accusers.OURS}
    assert union["theirs"] == {"size": 9, "root": ""}
    page = world.client.get("/log/contradictions").text
    assert "cd" * 32 in page
    assert "&lt;b&gt;" in page
    assert "not told" in page


def test_what_the_worker_heard_of_witnesses_is_shown_by_the_service_beside_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = world.stage.node
    monkeypatch.setattr(node.reader.publisher, "witnesses", Accusers())
    worker, service = WorkerNews(), WorkerNews()
    worker.contradictions = contradictions(worker, node.reader.publisher)
    monkeypatch.setattr(node.reader.publisher, "witnesses", None)
    service.take(json.loads(json.dumps(worker.to_json())), 3)
    assert [said.witness for said in contradictions(service, node.reader.publisher)] == ["harbour", "union"]
    monkeypatch.setattr(node.reader, "contradictions", partial(contradictions, service, node.reader.publisher))
    assert world.get("/v1/log/contradictions")["contradictions"][0]["theirs"]["root"] == "0x" + "cd" * 32
    # A worker of an older version tells none.
    service.take({name: value for name, value in worker.to_json().items() if name != "contradictions"}, 3)
    assert contradictions(service, node.reader.publisher) == ()


def test_the_verify_page_may_ask_nobody(world: World) -> None:
    answer = world.client.get("/verify", headers=bearer(""))
    assert "connect-src 'none'" in answer.headers["content-security-policy"]
    assert "connect-src 'self'" in world.client.get("/log").headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/council?before=x", "/log/anchors?before=-1", f"/partners/{MAKER}/keys?start=-2"])
def test_a_bad_cursor_is_refused_in_words(world: World, path: str) -> None:
    assert world.client.get(path).status_code == 400
