"""Two operators on one chain: what partners consented to is forwarded from one log to the other, and nothing else."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from ledger.api.app import create_app
from ledger.api.quota import Budgets, Rate
from ledger.cli.main import app
from ledger.client import Client, answers
from ledger.common.ids import LogId, PartnerId, RecordId, to_hex
from ledger.common.periods import DAY
from ledger.errors import LadingError, MalformedRecord, Misconfigured, NotFound, StorageFailed
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import Endorsement
from ledger.registry.forwarding import (
    ConsentRevocation,
    Forwarded,
    ForwardingConsent,
    document_hash,
    sign_forwarding,
)
from ledger.services.audit.run import audit
from ledger.services.exports.forwarding import Forwarding, ForwardingReport
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from ledger.services.home.peers import PEERS, read_peers
from ledger.services.views.access_journal import AccessRight
from ledger.services.views.records import Reader
from ledger.store import log, records
from ledger.store.documents import consents
from ledger.store.projections import outcomes
from tests.e2e.many_ends import ManyEnds, keep_rule
from tests.e2e.shared_chain import Figures, Seat, differences, network
from tests.e2e.stage import CARRIER, MAKER, ROLES, SECOND, SHOP, Stage, key_of

BOTH = (Forwarded.LOG_ONLY, Forwarded.PARTS)
UNLIMITED = Budgets(Rate(0, 1), Rate(0, 1))


@contextmanager
def served(seat: Stage) -> Iterator[str]:
    """The operator's API over HTTP; its worker rests, for tests settle it themselves."""
    config = uvicorn.Config(
        create_app(seat.node, UNLIMITED), host="127.0.0.1", port=0, lifespan="off", log_level="warning"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class Two:
    """`first` forwards, `second` is handed in to; `life` is what happened at the first, with its `figures`."""

    first: Seat
    second: Seat
    url: str
    life: ManyEnds
    figures: Figures

    def log_id(self, seat: Seat) -> LogId:
        result: LogId = seat.node.home.log_id
        return result

    def consent(self, partner: int, what: tuple[Forwarded, ...] = BOTH, **other: Any) -> ForwardingConsent:
        home = self.first.node.home
        said = ForwardingConsent(
            home.domain.consortium_id,
            PartnerId(partner),
            self.first.parties[partner].key.address,
            home.log_id,
            self.log_id(self.second),
            self.first.now + DAY,
            what,
        )
        return replace(said, **other)

    def give(self, said: ForwardingConsent | ConsentRevocation, key: SigningKey) -> bytes:
        """Hand it in at the first operator; the consent's id."""
        answer = self.first.node.reader.consents.take(said.document(), sign_forwarding(said, key))
        return bytes.fromhex(answer["consent"][2:])

    def consented(self, partner: int, what: tuple[Forwarded, ...] = BOTH, **other: Any) -> bytes:
        return self.give(self.consent(partner, what, **other), self.first.parties[partner].key)

    def revoke(self, consent: bytes, partner: int) -> None:
        key = self.first.parties[partner].key
        self.give(ConsentRevocation(self.first.node.home.domain.consortium_id, key.address, consent), key)

    def forward(self) -> ForwardingReport:
        result = Forwarding(self.first.node.reader, {self.log_id(self.second): self.url}).run()
        self.second.settle()
        return result


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with network(tmp_path_factory.mktemp("forwarding")) as net:
        life = ManyEnds(net.first).live()
        found = life.figures()
        second = net.join("second")
        with closing(second.node), served(second) as url:
            yield Two(net.first, second, url, life, found)


def size(seat: Seat) -> int:
    with seat.node.home.database.read() as connection:
        return log.head(connection).size


def has(seat: Stage, record_id: RecordId) -> bool:
    with seat.node.home.database.read() as connection:
        return records.get(connection, record_id) is not None


def settled(seat: Seat) -> dict[str, list[tuple[int, int]]]:
    """What the chain made of every record, as this operator's log says."""
    with seat.node.home.database.read() as connection:
        found = [(row.record_id, outcomes.of(connection, row.record_id)) for row in records.stream(connection)]
    return {to_hex(record_id): [(one.item, one.outcome) for one in items] for record_id, items in found if items}


def open_goods(two: Two) -> tuple[RecordId, RecordId]:
    """New goods of the first operator's partners that both logs know, and an endorsement that only the first has."""
    two.first.clock.advance(60)
    goods = two.first.open(endorsed=False)
    endorsement = Endorsement(CARRIER, goods)
    record_id = two.first.sign(endorsement, CARRIER)
    two.second.settle()
    assert not has(two.second, record_id)
    return goods, record_id


# --- all of a life ---------------------------------------------------------------------------------------------------


def test_with_the_consent_of_all_the_second_operator_has_the_same_figures(two: Two) -> None:
    """Before, it has what the chain carries. Its audit says in one note how much of that is closed to it."""
    assert settled(two.first) == settled(two.second)
    assert two.forward() == ForwardingReport(0, (), {}, ()), "nobody has consented"
    with pytest.raises(NotFound, match="withheld"):
        two.life.figures(two.second)
    closed = [note for note in audit(two.second.node).notes if note.field == "openings"]
    assert len(closed) == 1
    assert "the first 0x" in closed[0].found
    given = [two.consented(partner) for partner in ROLES]
    report = two.forward()
    assert report.forwarded > 30
    assert (report.refused, report.away, report.unconfigured) == ((), {}, ())
    keep_rule(two.second)
    assert differences(two.figures, two.life.figures(two.second)) == {}
    assert settled(two.first) == settled(two.second)
    for seat in (two.first, two.second):
        found = audit(seat.node)
        assert found.ok, found.to_json()["findings"]
    there = size(two.second)
    assert two.forward() == ForwardingReport(0, (), {}, ()), "all of it has arrived"
    assert size(two.second) == there
    for consent, partner in zip(given, ROLES, strict=True):
        two.revoke(consent, partner)


# --- consents --------------------------------------------------------------------------------------------------------


def test_only_what_a_consent_covers_goes(two: Two) -> None:
    goods, endorsement = open_goods(two)
    parts_only = two.consented(CARRIER, (Forwarded.PARTS,))
    assert two.forward().refused == ()
    assert not has(two.second, endorsement)
    with pytest.raises(NotFound, match="withheld"):
        two.second.penalty(goods)  # its terms do not name the carrier, so it may not read them here either
    two.revoke(parts_only, CARRIER)
    log_only = two.consented(CARRIER, (Forwarded.LOG_ONLY,))
    assert two.forward().forwarded == 1
    assert has(two.second, endorsement)
    maker = two.consented(MAKER, until=two.first.now + DAY + 1)
    assert two.forward().forwarded >= 1
    ours, theirs = two.first.penalty(goods), two.second.penalty(goods)
    assert (ours.amount, ours.promised_at, ours.liable) == (theirs.amount, theirs.promised_at, theirs.liable)
    two.revoke(log_only, CARRIER)
    two.revoke(maker, MAKER)


def test_a_partner_lets_nothing_out_that_it_may_not_read(two: Two) -> None:
    goods, endorsement = open_goods(two)
    stranger = two.consented(SECOND, until=two.first.now + DAY + 2)
    two.forward()
    assert not has(two.second, endorsement)
    with pytest.raises(NotFound, match="withheld"):
        two.second.penalty(goods)
    two.revoke(stranger, SECOND)


def test_an_expired_or_revoked_consent_counts_no_more(two: Two) -> None:
    short = two.consented(CARRIER, until=two.first.now + 100)
    other = two.consented(CARRIER, until=two.first.now + DAY + 3)
    two.revoke(other, CARRIER)
    _, endorsement = open_goods(two)
    two.first.clock.advance(100)
    assert two.forward() == ForwardingReport(0, (), {}, ())
    assert not has(two.second, endorsement)
    told = two.first.node.reader.consents.status
    assert (told(short)["counts"], told(short)["problem"]) == (False, "the consent is over")
    assert (told(other)["counts"], told(other)["problem"]) == (False, "it was revoked")
    two.consented(CARRIER, until=told(other)["until"])  # the same document again
    assert told(other)["problem"] == "it was revoked", "a revoked consent never counts again"


def test_what_is_no_consent_is_refused_in_words(two: Two) -> None:
    carrier, maker = two.first.parties[CARRIER].key, two.first.parties[MAKER].key
    good = two.consent(CARRIER)
    own = two.log_id(two.first)
    device = key_of("device of nobody")
    for said, key, words in (
        (good, maker, "not signed by the key that it names"),
        (replace(good, key=maker.address), maker, "only a master key of the partner"),
        (replace(good, key=device.address), device, "only a master key of the partner"),
        (replace(good, until=two.first.now), carrier, "the consent is over"),
        (replace(good, source=two.log_id(two.second), destination=own), carrier, "for another log's operator"),
        (replace(good, destination=own), carrier, "no such other log in force"),
        (replace(good, destination=LogId(b"\7" * 32)), carrier, "no such other log in force"),
        (ConsentRevocation(good.consortium, carrier.address, b"\7" * 32), carrier, "no such consent"),
        (replace(good, what=BOTH[::-1]), carrier, "sorted, each once"),
        (replace(good, what=()), carrier, "wrong number of entries"),
    ):
        with pytest.raises(LadingError, match=words):
            two.give(said, key)
    other = replace(good, consortium=type(good.consortium)(b"\1" * 32))
    with pytest.raises(MalformedRecord, match="another consortium"):
        two.give(other, carrier)
    consent = two.consented(CARRIER, until=two.first.now + DAY + 4)
    with pytest.raises(LadingError, match="only a master key of the partner"):
        two.revoke(consent, MAKER)
    two.revoke(consent, CARRIER)
    assert document_hash(two.consent(CARRIER, until=two.first.now + DAY + 4).document()) == consent


def test_an_edited_row_consents_for_nobody(two: Two) -> None:
    """As whoever holds the database could write it."""
    _, endorsement = open_goods(two)
    said = two.consent(CARRIER, until=two.first.now + DAY + 5)
    forged = sign_forwarding(said, two.first.parties[MAKER].key)
    named = document_hash(said.document())
    with two.first.node.home.database.write() as connection:
        consents.add(connection, consents.StoredConsent(named, named, said.document(), forged, two.first.now))
    assert two.forward().forwarded == 0
    assert not has(two.second, endorsement)
    (finding,) = audit(two.first.node).findings
    assert (finding.record, finding.field) == (to_hex(named), "consents")


# --- the way there ---------------------------------------------------------------------------------------------------


def test_a_crash_between_the_receipt_and_its_note_doubles_nothing(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    consent = two.consented(CARRIER, until=two.first.now + DAY + 6)
    two.forward()
    before = two.first.node.reader.consents.status(consent)["forwarded"]
    _, endorsement = open_goods(two)

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ledger.store.documents.consents.note_forwarded", crash)
        with pytest.raises(KeyboardInterrupt):
            two.forward()
    two.second.settle()
    assert has(two.second, endorsement)
    there = size(two.second)
    assert two.first.node.reader.consents.status(consent)["forwarded"] == before
    assert two.forward().forwarded == 1
    assert size(two.second) == there
    assert two.first.node.reader.consents.status(consent)["forwarded"] == before + 1
    two.revoke(consent, CARRIER)


def test_a_revocation_ends_a_run_that_is_under_way(two: Two) -> None:
    consent = two.consented(CARRIER, until=two.first.now + DAY + 9)
    two.forward()
    left = [open_goods(two)[1] for _ in range(2)]

    class Revoking(Client):
        def submit(self, signed: SignedRecord) -> answers.Submitted:
            two.revoke(consent, CARRIER)
            return super().submit(signed)

    peers = {two.log_id(two.second): two.url}
    assert Forwarding(two.first.node.reader, peers, Revoking).run() == ForwardingReport(1, (), {}, ())
    assert [has(two.second, one) for one in left] == [True, False]


def test_a_receipt_for_another_record_is_none(two: Two) -> None:
    """The other operator answers with what it promised before, and takes nothing."""
    consent = two.consented(CARRIER, until=two.first.now + DAY + 10)
    two.forward()
    _, promised = open_goods(two)
    assert two.forward().forwarded == 1
    receipt = Client(two.url).get(f"/v1/records/{to_hex(promised)}")["log"]["receipt"]
    _, left = open_goods(two)

    class Lying(Client):
        def submit(self, _signed: SignedRecord) -> answers.Submitted:
            return {"id": to_hex(left), "status": "accepted", "receipt": receipt}

        def get(self, path: str) -> dict[str, Any]:
            return super().get(path.replace(to_hex(left), to_hex(promised)))

    report = Forwarding(two.first.node.reader, {two.log_id(two.second): two.url}, Lying).run()
    assert report.forwarded == 0
    assert "a receipt for another leaf" in report.refused[0].why
    assert two.forward().forwarded == 1
    assert has(two.second, left)
    two.revoke(consent, CARRIER)


def test_only_peers_are_connected_to_and_they_must_serve_the_log_they_are_named_for(two: Two) -> None:
    open_goods(two)
    consent = two.consented(CARRIER, until=two.first.now + DAY + 7)
    reader, destination = two.first.node.reader, two.log_id(two.second)

    def connect(url: str) -> Client:
        raise AssertionError(f"connected to {url}")

    assert Forwarding(reader, {}, connect).run() == ForwardingReport(0, (), {}, (destination,))
    away = Forwarding(reader, {destination: "http://127.0.0.1:1"}).run()
    assert "does not answer" in away.away[destination]
    with served(two.first) as own:
        wrong = Forwarding(reader, {destination: own}).run()
    assert "another log answers there" in wrong.away[destination]
    assert (away.forwarded, wrong.forwarded) == (0, 0)
    two.revoke(consent, CARRIER)


def test_parties_are_told_of_parts_before_they_are_forwarded(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    goods, _ = open_goods(two)
    consent = two.consented(MAKER, until=two.first.now + DAY + 8)

    def refuse(*_: Any) -> None:
        raise StorageFailed("the disk is full", where="accesses")

    with monkeypatch.context() as patch:
        patch.setattr("ledger.store.openings.note_accesses", refuse)
        with pytest.raises(StorageFailed, match="disk is full"):
            two.forward()
    with pytest.raises(NotFound, match="withheld"):
        two.second.penalty(goods)
    assert two.forward().forwarded >= 1
    told = two.first.node.reader.views.openings(goods, Reader(SHOP))
    (entry,) = [one for one in told if one.right is AccessRight.FORWARDED and one.record == to_hex(goods)]
    assert (entry.partner.id, entry.key) == (MAKER, to_hex(two.log_id(two.second)))
    assert "commercial" in entry.paths
    two.revoke(consent, MAKER)


def test_the_commands_of_partner_and_operator(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """As partner and operator type them; their clock is the machine's, which is later than the consents above last."""
    _, endorsement = open_goods(two)
    home = two.first.node.home.settings.home
    write_keystore(home / "keys" / "carrier.json", two.first.parties[CARRIER].key, DEMO_PASSPHRASE, demo=True)
    for name, value in (
        ("HOME", str(home)),
        ("CHAIN", two.first.node.home.settings.chain),
        ("ORIGIN", "first.example/log"),
    ):
        monkeypatch.setenv(f"LADING_{name}", value)
    (home / PEERS).write_text(f"{to_hex(two.log_id(two.second))} {two.url}\n")
    with served(two.first) as own:
        given = lading("forward", "consent", "carrier", "--to", two.url, "--url", own, "--yes", "--json")
        consent = json.loads(given)["consent"]
        assert "0 forwarded" in lading("forward", "status", consent, "--url", own)
        assert "records forwarded" in lading("forward", "run")
        assert has(two.second, endorsement)
        assert "0 records forwarded" in lading("forward", "run")
        revoked = json.loads(lading("forward", "revoke", "carrier", consent, "--url", own, "--yes", "--json"))
    assert (revoked["counts"], revoked["problem"]) == (False, "it was revoked")
    assert revoked["forwarded"] >= 1
    assert f"{consent}  partner {CARRIER}" in lading("forward", "status")


def lading(*arguments: str) -> str:
    """What a command that ends well prints."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_file_of_peers_is_read_strictly(tmp_path: Path) -> None:
    assert read_peers(tmp_path) == {}
    log_id, url = LogId(b"\1" * 32), "https://other.example"
    line = f"{to_hex(log_id)} {url}"
    (tmp_path / PEERS).write_text(f"# the other operator\n\n{line}\n")
    assert read_peers(tmp_path) == {log_id: url}
    for wrong in (url, f"{to_hex(log_id)} file:///etc/passwd", f"0x01 {url}", f"{line}\n{line}"):
        (tmp_path / PEERS).write_text(wrong)
        with pytest.raises(Misconfigured, match=r"peers: line [12]"):
            read_peers(tmp_path)
