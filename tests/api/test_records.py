"""Submitting, countersigning, listing and reading records, with proofs that a stranger can check."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from ledger import merkle
from ledger.cli.commands.submit import waits_in_words
from ledger.cli.demo.scribe import Deal, details
from ledger.codes import Mode
from ledger.common.ids import RecordId, bytes_from_hex, checksum_address, to_hex
from ledger.common.periods import DAY
from ledger.log.leaf import Leaf, LogIdentity, Receipt
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import RECORDS, Commercial, Endorsement, Handoff, HandoffItem, KeyGrant, Place, Record
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, OCEAN, SECOND, SHOP, key_of
from tests.samples import sample


def identity(world: World) -> LogIdentity:
    state = world.get("/v1/log")
    return LogIdentity(state["origin"], bytes_from_hex(state["publicKey"], 32, "key"))


def endorsement(world: World, by: int = SECOND, name: str = "late") -> Endorsement:
    return Endorsement(by, world.ids[name])


# --- writing -----------------------------------------------------------------------------------------------------


def test_an_accepted_record_is_answered_with_a_receipt_that_the_log_signed(world: World) -> None:
    body = world.signed(endorsement(world), SECOND)
    answer = world.post("/v1/records", body)
    assert answer.status_code == 201
    found = answer.json()
    assert found["status"] == "accepted"
    receipt = Receipt.from_json(found["receipt"])
    identity(world).verify_receipt(receipt)
    record_id = RecordId(bytes_from_hex(found["id"], 32, "id"))
    leaf = Leaf.of(15, record_id, bytes.fromhex(body["signatures"][0][2:]), receipt.log_time)
    assert merkle.leaf_hash(leaf.encode()) == receipt.leaf_hash
    assert world.get(f"/v1/records/{found['id']}/receipt") == found["receipt"]


def test_the_same_record_again_gets_the_first_receipt(world: World) -> None:
    body = world.signed(endorsement(world, OCEAN), OCEAN)
    first = world.post("/v1/records", body)
    again = world.post("/v1/records", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["receipt"] == again.json()["receipt"]


def test_a_one_sided_handoff_waits_for_the_other_side(world: World) -> None:
    record = world.handoff()
    answer = world.post("/v1/records", world.signed(record, MAKER))
    assert answer.status_code == 202
    assert answer.json()["missing"] == [f"partner {CARRIER} as receiver"]
    record_id = answer.json()["id"]
    view = world.get(f"/v1/records/{record_id}")
    assert view["log"]["status"] == "proposed"
    assert view["log"]["missing"] == [f"partner {CARRIER} as receiver"]
    assert [signer["id"] for signer in view["signers"]] == [MAKER]
    assert world.client.get(f"/v1/records/{record_id}/receipt").status_code == 404
    assert world.client.get(f"/v1/records/{record_id}/proof").status_code == 404
    token = world.token(CARRIER)
    waiting = world.get("/v1/records/proposed", token)["records"]
    assert record_id in [entry["id"] for entry in waiting]
    unsigned = world.client.get("/v1/records/proposed")
    assert (unsigned.status_code, unsigned.headers["www-authenticate"]) == (401, 'Bearer realm="lading"')
    assert "records" not in unsigned.json()
    # Nothing has moved.
    assert world.stage.held_by(world.ids["open"])[0] == MAKER

    other = to_hex(world.stage.parties[CARRIER].key.sign(world.stage.node.home.domain, record))
    wrong = world.post(
        f"/v1/records/{record_id}/signatures", {"signatures": [world.signed(record, OCEAN)["signatures"][0]]}
    )
    assert wrong.status_code == 403
    done = world.post(f"/v1/records/{record_id}/signatures", {"signatures": [other]})
    assert done.status_code == 201
    again = world.post(f"/v1/records/{record_id}/signatures", {"signatures": [other]})
    assert (again.status_code, again.json()["receipt"]) == (200, done.json()["receipt"])
    world.stage.settle()
    assert world.stage.held_by(world.ids["open"])[0] == CARRIER


def test_a_conflicting_record_is_refused_and_both_are_shown(world: World) -> None:
    record = world.handoff("late", 0)
    answer = world.post("/v1/records", world.signed(record, MAKER, CARRIER))
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["first"] == world.id("first leg")
    assert problem["second"] == to_hex(world.stage.node.home.domain.record_id(record))


def test_a_forged_signature_is_refused(world: World) -> None:
    record = endorsement(world, MAKER, "parcel")
    answer = world.post("/v1/records", world.signed(record, key_of("a stranger")))
    assert answer.status_code == 403
    assert answer.json()["where"] == "signatures[0]"
    assert "no known key" in answer.json()["found"]
    assert world.client.get(f"/v1/records/{to_hex(world.stage.node.home.domain.record_id(record))}").status_code == 404


MALFORMED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"message": {"extra": 1}}, "message.extra"),
    ({"message": {"by": None}}, "message.by"),
    ({"message": {"by": "7"}}, "message.by"),
    ({"message": {"by": 2**40}}, "message.by"),
    ({"message": {"target": "0x12"}}, "message.target"),
    ({"signatures": "0x"}, "signatures"),
    ({"signatures": ["0x12"]}, "signatures[0]"),
    ({"signatures": ["0x" + "ff" * 65]}, "signatures[0]"),
    ({"signatures": ["0x" + "FF" * 65]}, "signatures[0]"),
    ({"type": "Outcome"}, "message"),
    ({"type": "Nothing"}, "type"),
    ({"more": 1}, "record"),
)


@pytest.mark.parametrize("number", range(len(MALFORMED)))
def test_malformed_records_are_refused_with_the_place(world: World, number: int) -> None:
    change, where = MALFORMED[number]
    body = world.signed(endorsement(world, SECOND, "open"), SECOND)
    body |= change | ({"message": body["message"] | change["message"]} if "message" in change else {})
    answer = world.post("/v1/records", body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["where"].startswith(where)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{"type":"Endorsement","type":"Handoff","message":{},"signatures":[]}', "duplicate key"),
        ('{"type":"Endorsement","message":{"by":1.5,"target":""},"signatures":[]}', "not an integer"),
        ('{"type":"Endorsement","message":{"by":1e2,"target":""},"signatures":[]}', "not an integer"),
        ('{"type":"Endorsement","message":{"by":NaN},"signatures":[]}', "not an integer"),
        ("[" * 13 + "]" * 13, "nested too deeply"),
        ("[" * 5000, "nested too deeply"),
        ('{"type":', "not JSON"),
        ("", "not JSON"),
        ("null", "not an object"),
        ("[]", "not an object"),
        ('"\\ud800"', "not valid Unicode"),
        ("9" * 30, "too large"),
    ],
)
def test_json_that_signs_ambiguously_is_refused(world: World, text: str, word: str) -> None:
    answer = world.client.post("/v1/records", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert word in answer.json()["what"]


def test_bodies_have_a_type_and_a_limit(world: World) -> None:
    json_type = {"Content-Type": "application/json"}
    assert world.client.post("/v1/records", content="{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert world.client.post("/v1/records", content="{}").status_code == 415
    large = world.client.post("/v1/records", content=b" " * (512 * 1024 + 1), headers=json_type)
    assert large.status_code == 413
    assert large.json()["expected"] == "at most 524288 bytes"
    charset = {"Content-Type": "application/json; charset=utf-8"}
    assert world.client.post("/v1/records", content="{}", headers=charset).status_code == 400


def test_a_list_may_hold_two_hundred_items_and_no_more(world: World) -> None:
    body = world.signed(world.handoff(), MAKER)
    body["message"]["items"] = body["message"]["items"] * 201
    answer = world.post("/v1/records", body)
    assert answer.status_code == 400
    assert answer.json()["where"] == "message.items"


def test_records_that_the_log_writes_are_refused(world: World) -> None:
    outcome = sample(RECORDS[-1], random.Random(1))
    answer = world.post("/v1/records", {"type": "Outcome", "message": outcome.to_json(), "signatures": []})
    assert answer.status_code == 422
    assert "only the log" in answer.json()["what"]


def test_a_record_from_the_future_is_refused(world: World) -> None:
    late = world.handoff()
    body = world.signed(late, MAKER, CARRIER)
    body["message"]["occurredAt"] = world.stage.now + 3600
    answer = world.post("/v1/records", body)
    assert answer.status_code == 422
    assert answer.json()["where"] == "occurredAt"


def test_countersigning_what_nobody_proposed_is_not_found(world: World) -> None:
    answer = world.post(f"/v1/records/0x{'12' * 32}/signatures", {"signatures": ["0x" + "11" * 64 + "1b"]})
    assert answer.status_code == 404
    assert world.post(f"/v1/records/0x{'12' * 32}/signatures", {"signatures": []}).status_code == 400
    assert world.post(f"/v1/records/0x{'12' * 32}/signatures", {"signatures": ["0x"] * 201}).status_code == 400


def fresh(world: World) -> Handoff:
    """The first step of a shipment of its own, with the maker."""
    shipment = world.stage.open(lot="L9")
    return world.stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10))


def test_typed_data_is_what_the_id_is_the_digest_of(world: World) -> None:
    record = fresh(world)
    answer = world.post("/v1/records/typed-data", {"type": "Handoff", "message": record.to_json()})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["id"] == to_hex(world.stage.node.home.domain.record_id(record))
    assert found["typedData"]["primaryType"] == "Handoff"
    assert found["typedData"]["message"] == record.to_json()
    assert found["warnings"] == []
    assert [signer["role"] for signer in found["signers"]] == ["releaser", "receiver"]


def typed(world: World, record: Record, **options: Any) -> Any:
    return world.post("/v1/records/typed-data", {"type": type(record).__name__, "message": record.to_json()}, **options)


def test_before_signing_it_is_said_who_signs_for_whom(world: World) -> None:
    record, stage = fresh(world), world.stage
    for partner, role in ((MAKER, "releaser"), (CARRIER, "receiver")):
        address = checksum_address(stage.parties[partner].key.address)
        found = typed(world, record, params={"signer": address}).json()
        assert (found["signer"]["partner"], found["signer"]["role"]) == (partner, role)
        assert found["partners"][str(partner)] == found["signer"]["name"] != f"partner {partner}"
    for key in (stage.parties[SHOP].key, SigningKey(b"\x77" * 32)):
        refused = typed(world, record, params={"signer": to_hex(key.address)})
        assert refused.status_code == 403
        assert "no part in this record" in refused.json()["what"]
        assert "partner" in refused.json()["expected"]
    assert typed(world, record, params={"signer": "0x12"}).status_code == 400


def test_orders_and_goods_stand_beside_the_numbers_for_those_who_may_know_them(world: World) -> None:
    record = fresh(world)
    assert typed(world, record).json()["shipments"] == []
    options = {"headers": {"Authorization": f"Bearer {world.token(MAKER)}"}}
    (carried,) = typed(world, record, **options).json()["shipments"]
    assert (carried["shipment"], carried["order"]) == (to_hex(record.items[0].shipment), "PO-1")
    assert carried["goods"][0]["lot"] == "L9"


def test_nobody_is_asked_to_sign_what_acceptance_refuses(world: World) -> None:
    """Each is refused by typed data as acceptance refuses it, signed in full."""
    stage, record = world.stage, fresh(world)
    assert isinstance(record.place, Place)
    first = record.items[0]
    for wrong, what in (
        (replace(record, submitBy=stage.now - 1), "deadline for recording has passed"),
        (replace(record, occurredAt=stage.now + DAY), "in the future"),
        (replace(record, place=replace(record.place, country="QQ", locode="")), "not a country"),
        (replace(record, items=(replace(first, sequence=9_000),)), "too far ahead"),
        (world.handoff("late"), "moved on"),
        (replace(record, items=(replace(first, packages=11),)), "do not add up"),
        (replace(record, releaser=OCEAN), "does not hold the shipment"),
        (replace(record, receiver=999), "nobody can sign for this partner"),
    ):
        answer = typed(world, wrong)
        assert answer.status_code in (400, 403, 409, 422), what
        assert what in answer.json()["what"], what
        if wrong.receiver != 999:
            both = (wrong.releaser,) if what == "moved on" else (wrong.releaser, CARRIER)
            accepted = world.post("/v1/records", world.signed(wrong, *both))
            assert (accepted.status_code, accepted.json()["what"]) == (answer.status_code, answer.json()["what"])
    terms = stage.scribe.terms(
        Deal("PO-1", 100_00, 10_00, stage.now + DAY, 1, 10_00, CARRIER, SHOP), "L1", consignor=MAKER, consignee=SHOP,
        packages=1, mode=Mode.ROAD,
    )  # fmt: skip
    assert isinstance(terms.commercial, Commercial)
    assert typed(world, terms).status_code == 200
    slip = replace(terms, commercial=replace(terms.commercial, currency="EUO"))
    assert typed(world, slip).json()["where"] == "commercial.currency"


def test_a_wallets_spelling_of_a_signature_is_taken_and_kept_as_one(world: World) -> None:
    record, key = fresh(world), world.stage.parties[MAKER].key
    signature = key.sign(world.stage.node.home.domain, record)
    spelt = signature[:64].hex().upper() + f"{signature[64] - 27:02X}"
    envelope = world.signed(record, MAKER) | {"signatures": [spelt]}
    answer = world.post("/v1/records", envelope)
    assert answer.status_code == 202, answer.text
    assert world.get(f"/v1/records/{answer.json()['id']}")["signatures"] == [to_hex(signature)]


# --- reading -----------------------------------------------------------------------------------------------------


def test_pages_by_key_have_every_record_once(world: World) -> None:
    size = world.get("/v1/log")["size"]
    found, after = [], None
    while True:
        page = world.get(f"/v1/records?limit=33{'' if after is None else f'&after={after}'}")
        found += [record["log"]["index"] for record in page["records"]]
        after = page["next"]
        if after is None:
            break
    assert found[:size] == list(range(size))


def test_lists_are_narrowed_by_type_partner_shipment_subject_and_target(world: World) -> None:
    handoffs = world.get("/v1/records?type=Handoff&limit=100")["records"]
    assert {record["type"] for record in handoffs} == {"Handoff"}
    of_ocean = world.get(f"/v1/records?partner={OCEAN}&type=Handoff")["records"]
    assert {world.id("damage"), world.id("delivery")} <= {record["id"] for record in of_ocean}
    of_shipment = world.get(f"/v1/records?shipment={world.id('late')}")["records"]
    assert world.id("held") in {record["id"] for record in of_shipment}
    assert world.id("tender") not in {record["id"] for record in of_shipment}
    assert world.get("/v1/records?subject=01/09421900000012/10/L2")["records"][0]["id"] == world.id("attested bad lot")
    about = world.get(f"/v1/records?target={world.id('late')}")["records"]
    assert {record["type"] for record in about} == {"Endorsement", "Outcome"}
    both = world.client.get(f"/v1/records?partner=2&shipment={world.id('late')}")
    assert both.status_code == 400
    assert world.client.get("/v1/records?type=Nothing").status_code == 400
    assert world.client.get("/v1/records?limit=101").status_code == 400
    assert world.client.get("/v1/records?after=99999999999999999999").status_code == 400


def test_both_tracks_are_shown(world: World) -> None:
    view = world.get(f"/v1/records/{world.id('parcel leg')}")
    assert view["log"]["status"] == "anchored"
    assert view["chain"]["status"] == "recorded"
    assert sorted(item["outcome"] for item in view["chain"]["items"]) == ["applied", "stale"]
    assert view["number"] == Handoff.NUMBER
    assert [signer["id"] for signer in view["signers"]] == [MAKER, CARRIER]
    only_logged = world.get(f"/v1/records?target={world.id('late')}&type=Endorsement")["records"][0]
    assert only_logged["chain"] == {"status": "none", "items": [], "problem": "", "waitsFor": []}
    breach = world.get(f"/v1/records/{world.id('uncleared delivery')}")
    assert breach["chain"]["items"][0]["outcome"] == "applied in breach"


def test_what_waits_is_answered_listed_and_shown_with_its_shipment(world: World) -> None:
    ahead = world.signed(world.handoff("open", 7), MAKER, CARRIER)
    answer = world.post("/v1/records", ahead).json()
    assert answer["status"] == "accepted"
    (awaited,) = answer["waitsFor"]
    assert awaited | {"standing": 0} == {
        "where": "items[0].sequence",
        "shipment": world.id("open"),
        "sequence": 7,
        "standing": 0,
    }
    for query in ("", f"&shipment={world.id('open')}", f"&partner={CARRIER}", "&type=Handoff"):
        (listed,) = world.get(f"/v1/records?waiting=true{query}")["records"]
        assert (listed["id"], listed["chain"]["waitsFor"][0]["sequence"]) == (answer["id"], 7)
    assert world.get("/v1/records?waiting=true&type=Split")["records"] == []
    unknown = b"\x11" * 32
    record = replace(world.handoff(), items=(HandoffItem(unknown, 0, 1, 0),))
    early = world.post("/v1/records", world.signed(record, MAKER, CARRIER)).json()
    assert early["waitsFor"][0].get("standing") is None
    shown = world.get(f"/v1/shipments/{to_hex(unknown)}")
    assert shown == {"id": to_hex(unknown), "opener": None, "records": [early["id"]], "status": "not opened yet"}
    assert "nobody has opened it yet" in waits_in_words(early["waitsFor"][0])
    assert f"it stands at {awaited['standing']}" in waits_in_words(awaited)
    assert world.client.get(f"/v1/shipments/0x{'22' * 32}").status_code == 404


def test_a_proof_leads_to_the_root_that_the_log_signed(world: World) -> None:
    for name in ("late", "held", "recall"):
        proof = world.get(f"/v1/records/{world.id(name)}/proof")
        view = world.get(f"/v1/records/{world.id(name)}")
        signatures = b"".join(bytes.fromhex(s[2:]) for s in view["signatures"])
        leaf = Leaf.of(view["number"], world.ids[name], signatures, view["log"]["logged_at"])
        head = identity(world).verify_checkpoint(proof["checkpoint"].encode())
        path = [bytes.fromhex(h[2:]) for h in proof["proof"]]
        merkle.verify_inclusion(merkle.leaf_hash(leaf.encode()), proof["index"], proof["size"], path, head.root)
        assert (head.size, to_hex(head.root)) == (proof["size"], proof["root"])
        assert world.get(f"/v1/log/proof/inclusion?index={proof['index']}&size={proof['size']}") == proof


def test_what_is_not_there_is_not_found(world: World) -> None:
    for path in ("", "/proof", "/receipt"):
        assert world.client.get(f"/v1/records/0x{'77' * 32}{path}").status_code == 404
        assert world.client.get(f"/v1/records/0x77{path}").status_code == 400


# --- privacy -----------------------------------------------------------------------------------------------------


def opened(world: World, name: str, token: str = "") -> dict[str, bool]:
    """Which private parts of a record an answer shows opened."""
    message = world.get(f"/v1/records/{world.id(name)}", token)["message"]
    parts = ("origin", "commercial", "details", "place", "load", "duty", "claims")
    return {part: not isinstance(message[part], str) for part in parts if part in message}


def test_the_public_sees_hashes_of_private_parts(world: World) -> None:
    for name in ("late", "first leg", "held", "attested"):
        assert not any(opened(world, name).values())
    assert '"promisedAt"' not in json.dumps(world.get("/v1/records?type=ShipmentTerms&limit=100"))


def test_parties_see_what_concerns_them_and_auditors_everything(world: World) -> None:
    carrier, shop, auditor, maker = (world.token(who) for who in (CARRIER, SHOP, AUDITOR, MAKER))
    assert all(opened(world, "late", maker).values())
    assert all(opened(world, "late", shop).values())
    assert all(opened(world, "late", carrier).values())  # the terms name it as liable
    assert all(opened(world, "late", auditor).values())
    assert not any(opened(world, "late", world.token(SECOND)).values())
    assert all(opened(world, "damage", carrier).values())
    assert all(opened(world, "delivery", maker).values())  # its own goods
    assert not any(opened(world, "delivery", carrier).values())  # it neither handed on nor received there


def test_an_opened_record_has_the_same_id(world: World) -> None:
    view = world.get(f"/v1/records/{world.id('late')}", world.token(SHOP))
    signed = SignedRecord.from_json({name: view[name] for name in ("type", "message", "signatures")})
    assert to_hex(world.stage.node.home.domain.record_id(signed.record)) == world.id("late")


def test_a_device_key_sees_only_what_it_may_sign(world: World) -> None:
    """A driver's device that signs handoffs is shown no prices."""
    device = key_of("driver")
    now = world.stage.now
    grant = KeyGrant(CARRIER, device.address, 0, 1 << (Handoff.NUMBER - 1), now, now + 30 * DAY, details())
    world.stage.sign(grant, CARRIER, device)
    world.stage.pass_time(60)
    token = world.token(device)
    assert world.get("/v1/session", token) == {"partner": CARRIER, "auditor": False}
    assert all(opened(world, "first leg", token).values())
    assert not any(opened(world, "late", token).values())


def test_a_session_that_is_none_is_refused(world: World) -> None:
    for header in ("Bearer x", "Bearer", "Basic abc", "Bearer a.b.c", "Bearer " + "x" * 5000):
        answer = world.client.get("/v1/session", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert world.get("/v1/session") == {"partner": 0, "auditor": False}
    stale = world.client.get("/v1/session", headers={"Cookie": "lading_session=old.token"})
    world.client.cookies.clear()
    assert stale.json() == {"partner": 0, "auditor": False}


def test_a_key_without_a_partner_reads_as_the_public(world: World) -> None:
    token = world.token(key_of("nobody"))
    assert world.get("/v1/session", token) == {"partner": 0, "auditor": False}
    assert not any(opened(world, "late", token).values())


def test_a_session_lasts_an_hour(world: World) -> None:
    token = world.token(SHOP)
    world.stage.clock.advance(3601)
    assert world.client.get("/v1/session", headers=bearer(token)).status_code == 401
