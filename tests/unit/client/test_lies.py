"""What a lying service answers is refused, beside the honest answer that passes.

The service is a function here: its log has two leaves under one key, and a lie is one change of what it would say.
"""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.bundle.format import Trust
from ledger.client import AsyncClient, Client, checking, flows, submitting
from ledger.client.calls import MOST_ANSWER, NOTHING, Answer, Call, Flow, Pause
from ledger.client.desk import Desk
from ledger.client.following import MOST_PROBLEM, Following, Which
from ledger.common.ids import ConsortiumId, checksum_address, to_hex
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import InvalidInput, Misconfigured, Unavailable, VerificationFailed
from ledger.log.leaf import Leaf, LogSigner
from ledger.merkle import leaf_hash, root
from ledger.records.signing import Domain, SignedRecord, SigningKey
from ledger.records.types import Endorsement
from ledger.registry.history import Genesis
from ledger.registry.partner_book import BookEntry, signed_book

T = TypeVar("T")
MINE, THEIRS, STRANGER = (SigningKey(bytes([n]) * 32) for n in (7, 8, 9))
LOG = LogSigner("lies.example/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
DOMAIN = Domain(ConsortiumId(b"c" * 32))
BOOK = signed_book(
    LOG,
    9,
    [],
    [BookEntry(n, f"partner {n}", "", {key.address: ALL_SCOPES}) for n, key in ((1, MINE), (2, THEIRS))],
)
TRUST = Trust(Genesis(DOMAIN.consortium_id, 1, 0, (STRANGER.address,)), 1, bytes(20), (LOG.identity,), partners=BOOK)
RECORDS = [Endorsement(1, bytes([n]) * 32) for n in (1, 2)]
SIGNED = [SignedRecord(one, (MINE.sign(DOMAIN, one),)) for one in RECORDS]
IDS = [DOMAIN.record_id(one) for one in RECORDS]
LEAVES = [Leaf.of(Endorsement.NUMBER, IDS[i], SIGNED[i].signature_bytes(), 100 + i).encode() for i in range(2)]
HASHES = [leaf_hash(one) for one in LEAVES]
Lie = Callable[[dict[str, Any]], object]


def receipt(i: int, signer: LogSigner = LOG) -> dict[str, Any]:
    return signer.receipt(i, HASHES[i], 100 + i).to_json()


def honest(call: Call) -> dict[str, Any]:
    """What the log's operator answers if it does not lie."""
    if call.method == "POST":
        sent = call.body if isinstance(call.body, dict) else {}
        given = [submitted(one) for one in sent.get("records", [sent])]
        return {"results": given} if "records" in sent else given[0]
    i = next(i for i in range(2) if to_hex(IDS[i]) in call.path)
    if call.path.endswith("/proof"):
        note = LOG.checkpoint(2, root(HASHES)).decode()
        return {"index": i, "size": 2, "proof": [to_hex(HASHES[1 - i])], "checkpoint": note}
    return {"id": to_hex(IDS[i]), **SIGNED[i].to_json(), "log": {"index": i, "receipt": receipt(i)}}


def submitted(sent: dict[str, Any]) -> dict[str, Any]:
    i = [one.to_json()["message"] for one in SIGNED].index(sent["message"])
    return {"id": to_hex(IDS[i]), "status": "accepted", "receipt": receipt(i)}


def run(flow: Flow[T], lie: Lie = lambda _: None) -> T:
    """The flow's result, of a service that changes its honest answers by `lie`."""
    answer = NOTHING
    step = next(flow)
    while True:
        if not isinstance(step, Pause):
            told = honest(step)
            lie(told)
            answer = Answer(200, json.dumps(told).encode(), {})
        try:
            step = flow.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result


def changing(**changes: object) -> Lie:
    return lambda told: told.update({name: one for name, one in changes.items() if name in told})


OTHER = LogSigner("other.example/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
FORGED = receipt(0) | {"signature": "0x" + "00" * 64}
UNSIGNED_LEAF = LOG.receipt(0, leaf_hash(Leaf.of(15, IDS[0], STRANGER.sign(DOMAIN, RECORDS[0]), 100).encode()), 100)


# --- handing in ------------------------------------------------------------------------------------------------------

LIES_AT_SUBMISSION = {
    "another record's id": changing(id=to_hex(IDS[1])),
    "the receipt of another record": changing(receipt=receipt(1)),
    "the receipt of another log": changing(receipt=receipt(0, OTHER)),
    "a receipt that nobody signed": changing(receipt=FORGED),
    "no receipt": changing(receipt=None),
    "a leaf under a stranger's signature": changing(receipt=UNSIGNED_LEAF.to_json()),
}


def test_an_honest_receipt_is_taken() -> None:
    assert run(submitting.submit(SIGNED[0], TRUST))["id"] == to_hex(IDS[0])
    assert [one.get("id") for one in run(submitting.submit_many(SIGNED, TRUST))] == [to_hex(one) for one in IDS]


@pytest.mark.parametrize("lie", LIES_AT_SUBMISSION.values(), ids=LIES_AT_SUBMISSION)
def test_an_answer_to_another_submission_is_refused(lie: Lie) -> None:
    def of_batch(told: dict[str, Any]) -> None:
        for one in told.get("results", [told]):
            lie(one)

    with pytest.raises((VerificationFailed, InvalidInput)):
        run(submitting.submit(SIGNED[0], TRUST), lie)
    with pytest.raises((VerificationFailed, InvalidInput)):
        run(submitting.submit_many(SIGNED, TRUST), of_batch)


def test_what_stands_in_the_log_under_more_signatures_is_asked_for_and_checked() -> None:
    both = SignedRecord(RECORDS[0], (*SIGNED[0].signatures, THEIRS.sign(DOMAIN, RECORDS[0])))
    logged = leaf_hash(Leaf.of(Endorsement.NUMBER, IDS[0], both.signature_bytes(), 100).encode())
    promised = LOG.receipt(0, logged, 100).to_json()

    def with_both(told: dict[str, Any]) -> None:
        told.update({"receipt": promised} if "receipt" in told else {"signatures": both.to_json()["signatures"]})
        told.update({"log": {"receipt": promised}} if "log" in told else {})

    bare = replace(TRUST, partners=None)
    assert run(submitting.submit(SIGNED[0], bare), with_both)["status"] == "accepted"

    def without_mine(told: dict[str, Any]) -> None:
        theirs = SignedRecord(RECORDS[0], (STRANGER.sign(DOMAIN, RECORDS[0]),))
        other = LOG.receipt(0, leaf_hash(Leaf.of(15, IDS[0], theirs.signature_bytes(), 100).encode()), 100).to_json()
        told.update({"receipt": other} if "receipt" in told else {"signatures": theirs.to_json()["signatures"]})
        told.update({"log": {"receipt": other}} if "log" in told else {})

    for trust in (bare, TRUST):
        with pytest.raises(VerificationFailed, match=r"without a signature|no key that has a part"):
            run(submitting.submit(SIGNED[0], trust), without_mine)


def test_a_trust_file_of_another_consortium_is_told_apart() -> None:
    elsewhere = replace(TRUST, genesis=replace(TRUST.genesis, consortium_id=ConsortiumId(b"d" * 32)))
    with pytest.raises(VerificationFailed, match="of another consortium"):
        run(submitting.submit(SIGNED[0], elsewhere))


# --- reading and proving ---------------------------------------------------------------------------------------------

WHOLE = SIGNED[1].to_json()
LIES_AT_PROOF = {
    "another record": changing(message=WHOLE["message"]),
    "other signatures": changing(signatures=WHOLE["signatures"]),
    "the receipt of another record": changing(log={"receipt": receipt(1)}),
    "a receipt that nobody signed": changing(log={"receipt": FORGED}),
    "no log": changing(log=None),
    "the proof of another leaf": changing(index=1, proof=[to_hex(HASHES[0])]),
    "another path": changing(proof=[to_hex(HASHES[0])]),
    "a path that is no list": changing(proof="0x"),
    "another log's checkpoint": changing(checkpoint=OTHER.checkpoint(2, root(HASHES)).decode()),
    "a tree without the leaf": changing(checkpoint=LOG.checkpoint(1, HASHES[1]).decode()),
}


def test_an_honest_proof_is_taken() -> None:
    found = run(checking.proved(TRUST, to_hex(IDS[0])))
    assert (found.index, found.size, found.record) == (0, 2, SIGNED[0])


@pytest.mark.parametrize("lie", LIES_AT_PROOF.values(), ids=LIES_AT_PROOF)
def test_a_proof_of_something_else_is_refused(lie: Lie) -> None:
    with pytest.raises((VerificationFailed, InvalidInput)):
        run(checking.proved(TRUST, to_hex(IDS[0])), lie)


@pytest.mark.parametrize("lie", [changing(id=to_hex(IDS[1])), changing(message=WHOLE["message"])], ids=["id", "terms"])
def test_another_record_than_was_asked_for_is_refused(lie: Lie) -> None:
    assert run(checking.record(TRUST, to_hex(IDS[0]), ""))["id"] == to_hex(IDS[0])
    with pytest.raises(VerificationFailed, match="showed another"):
        run(checking.record(TRUST, to_hex(IDS[0]), ""), lie)


def test_another_shipment_enrolment_or_consent_is_refused() -> None:
    def answered(flow: Flow[T], told: dict[str, Any]) -> None:
        next(flow)
        with pytest.raises(StopIteration):
            flow.send(Answer(200, json.dumps(told).encode(), {}))

    asked, other = to_hex(IDS[0]), to_hex(IDS[1])
    text, digest = "{}", "0x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    answered(flows.shipment(asked, ""), {"summary": {"id": asked}})
    answered(flows.shipment(asked, ""), {"id": asked, "opener": None, "records": []})
    answered(flows.consent_status(asked), {"consent": asked})
    answered(flows.enrolment(digest), {"text": text})
    for flow, told in (
        (flows.shipment(asked, ""), {"summary": {"id": other}}),
        (flows.consent_status(asked), {"consent": other}),
        (flows.enrolment(digest), {"text": "{ }", "document": digest}),
    ):
        next(flow)
        with pytest.raises(VerificationFailed, match="showed another"):
            flow.send(Answer(200, json.dumps(told).encode(), {}))


# --- signing ---------------------------------------------------------------------------------------------------------


def test_terms_that_were_altered_after_their_signature_are_not_signed() -> None:
    desk = Desk("https://ledger.example", TRUST, MINE)
    view = {"id": to_hex(IDS[0]), **SignedRecord(RECORDS[0], ()).to_json()}
    assert desk.sign(desk.shown(view)).signatures == SIGNED[0].signatures
    with pytest.raises(VerificationFailed, match="showed another"):
        desk.shown(view | {"message": RECORDS[1].to_json()})
    altered = SignedRecord(RECORDS[1], SIGNED[0].signatures)  # under an id of its own, which is right
    with pytest.raises(VerificationFailed, match="no key that has a part"):
        desk.sign(altered)
    assert len(desk.sign(altered, unlisted=True).signatures) == 2


def test_a_receipt_is_checked_against_the_record_where_one_is_given() -> None:
    desk = Desk("https://ledger.example", TRUST, MINE)
    assert desk.check_receipt(receipt(0), SIGNED[0]).index == 0
    assert desk.check_receipt(receipt(1)).index == 1
    with pytest.raises(VerificationFailed, match="another leaf"):
        desk.check_receipt(receipt(1), SIGNED[0])


# --- following -------------------------------------------------------------------------------------------------------


def test_events_come_once_and_in_order() -> None:
    following = Following(Which(), 4)
    for index in (5, 9):
        event = following.take("record", str(index), json.dumps({"index": index}))
        assert event is not None
        assert event["index"] == index
    for index in (9, 3):
        with pytest.raises(VerificationFailed, match="order"):
            following.take("record", str(index), json.dumps({"index": index}))
    with pytest.raises(Unavailable, match="no answer"):
        following.take("record", "10", '{"index": "10"}')


# --- the answer itself -----------------------------------------------------------------------------------------------


class Hostile(BaseHTTPRequestHandler):
    """`/drop/N` closes the connection before its answers but the Nth; `seen` has all requests and their tokens."""

    seen: list[tuple[str, str]]

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization", "")))
        match self.path.split("/")[1:]:
            case ["redirect", port]:
                self.answer(307, b"", Location=f"http://127.0.0.1:{port}/stolen")
            case ["huge"]:
                self.answer(200, b'{"a":"' + b"x" * MOST_ANSWER + b'"}')
            case ["v1", "events", "stream"]:
                self.answer(400, b"x" * (MOST_PROBLEM + 1))
            case ["drop", n] if len(self.seen) < int(n):
                self.close_connection = True
            case _:
                self.answer(200, b'{"fine": true}')

    do_POST = do_GET

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hostile() -> Iterator[HTTPServer]:
    Hostile.seen = []
    server = HTTPServer(("127.0.0.1", 0), Hostile)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_redirect_gets_no_token(hostile: HTTPServer) -> None:
    with Client(f"http://127.0.0.1:{hostile.server_port}") as client:
        client._token = "secret"
        assert client.get("/v1/log") == {"fine": True}
        with pytest.raises(Misconfigured, match=r"sends elsewhere .*/stolen"):
            client.get(f"/redirect/{hostile.server_port}")
    assert Hostile.seen == [("/v1/log", "Bearer secret"), (f"/redirect/{hostile.server_port}", "Bearer secret")]


def test_nobody_waits_for_the_end_of_a_huge_answer(hostile: HTTPServer) -> None:
    with Client(f"http://127.0.0.1:{hostile.server_port}") as client, pytest.raises(Unavailable, match="too large"):
        client.get("/huge")


def test_nor_of_a_huge_refusal_to_follow(hostile: HTTPServer) -> None:
    class Enough(Exception):
        pass

    def sleep(_: float) -> None:
        raise Enough

    with Client(f"http://127.0.0.1:{hostile.server_port}", sleep) as client, pytest.raises(Enough):
        next(client.follow())
    assert len(Hostile.seen) == 1


def test_what_may_come_twice_is_sent_again_after_a_lost_answer(hostile: HTTPServer) -> None:
    slept: list[float] = []
    with Client(f"http://127.0.0.1:{hostile.server_port}", slept.append) as client:
        assert client.get("/drop/3") == {"fine": True}
        assert (slept, len(Hostile.seen)) == ([1, 3], 3)
        with pytest.raises(Unavailable, match="does not answer"):
            client.get("/drop/9")
        assert len(Hostile.seen) == 6
        with pytest.raises(Unavailable, match="does not answer"):
            client.post("/drop/9", {})
        assert len(Hostile.seen) == 7, "nobody knows what a second POST would do"
    slept.clear()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        port = taken.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}", slept.append) as closed, pytest.raises(Unavailable):
        closed.get("/v1/log")
    assert slept == [], "what was never sent is told at once"


def test_the_asynchronous_client_refuses_the_same(hostile: HTTPServer) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def all_of_it() -> None:
        async with AsyncClient(f"http://127.0.0.1:{hostile.server_port}", sleep) as client:
            client._token = "secret"
            assert await client.get("/drop/3") == {"fine": True}
            with pytest.raises(Unavailable, match="does not answer"):
                await client.post("/drop/9", {})
            with pytest.raises(Misconfigured, match="sends elsewhere"):
                await client.get(f"/redirect/{hostile.server_port}")
            with pytest.raises(Unavailable, match="too large"):
                await client.get("/huge")

    asyncio.run(all_of_it())
    assert slept == [1, 3]
    assert [path for path, _ in Hostile.seen if "stolen" in path] == []


LISTS = [{"records": {}}, {"records": [1]}, {}, {"records": [], "next": "same"}]


@pytest.mark.parametrize("page", LISTS, ids=str)
def test_a_list_that_is_none_or_never_ends_is_no_answer(page: dict[str, Any]) -> None:
    flow = flows.listed(dict[str, Any], "records", "/v1/records")
    next(flow)
    answer = Answer(200, json.dumps(page).encode(), {})
    if "next" in page:
        flow.send(answer)
    with pytest.raises(Unavailable, match="no answer"):
        flow.send(answer)


@pytest.mark.parametrize("results", [[1], [{}], [{"status": 3}], [], "x", None], ids=str)
def test_answers_to_a_batch_that_are_none(results: object) -> None:
    flow = submitting.submit_many(SIGNED[:1], None)
    next(flow)
    with pytest.raises(Unavailable, match="no answer"):
        flow.send(Answer(200, json.dumps({"results": results}).encode(), {}))


@pytest.mark.parametrize("token", [None, 3, "", "a b", "a\nHost: x", "é", "x" * 5000], ids=str)
def test_a_token_that_is_none_is_no_answer(token: object) -> None:
    flow = flows.sign_in(MINE, "http://127.0.0.1:1")
    next(flow)
    text = "x wants you to sign in with your Ethereum account:\n" + checksum_address(MINE.address)
    flow.send(Answer(200, json.dumps({"message": text}).encode(), {}))
    with pytest.raises(Unavailable, match="no answer"):
        flow.send(Answer(200, json.dumps({"token": token}).encode(), {}))


def test_a_filter_that_there_is_not_is_refused() -> None:
    with Client("https://ledger.invalid") as client, pytest.raises(InvalidInput, match=r"typ: no such filter .*type_"):
        client.records(typ="Handoff")  # type: ignore[call-arg]
