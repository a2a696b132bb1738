"""The log asks k of n witnesses before it publishes: never for more, never for long, and never in vain."""

import base64
import logging
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import merkle
from ledger.errors import Busy, InconsistentLog, StorageFailed
from ledger.log.cosignature import Cosignature, WitnessKey, WitnessPolicy
from ledger.log.leaf import LogSigner
from ledger.log.signed_note import parse_checkpoint
from ledger.log.witness import LATEST, SIZE_TYPE
from ledger.log.witness_policy import AskedWitnesses
from ledger.services.home.clock import ManualClock
from ledger.services.intake.sequencer import Sequencer
from ledger.services.publish import witnesses as asking
from ledger.services.publish.publisher import Publisher
from ledger.services.publish.witnesses import SOON, Witnesses, _Asker, _Round
from ledger.services.witness.service import Answer, Witness
from ledger.store import checkpoints
from ledger.store.checkpoints import Evidenced
from ledger.store.database import Database
from tests.e2e.witness.logs import new_witness, serving
from tests.store.entries import SIGNER, endorsements

NOW = 1_700_000_000


class House:
    """A publisher with its database, and the witnesses around it, each in a folder of its own."""

    def __init__(self, home: Path, stack: ExitStack, threshold: int, count: int) -> None:
        self.home, self.stack = home, stack
        self.clock = ManualClock(NOW)
        self.names = [f"w{i}" for i in range(count)]
        self.keys = tuple(new_witness(home / name, f"witness.example/{name}", SIGNER) for name in self.names)
        self.policy = WitnessPolicy(threshold, self.keys)
        self.ports = [free_port() for _ in self.names]
        self.database = Database.open(f"sqlite:///{home / 'ledger.db'}")
        self.sequencer = Sequencer(self.database, SIGNER, self.clock)
        self.leaves = 0
        self.publisher = self.opened()
        stack.callback(self.database.close)

    def opened(self, patience: float = 1.0, pause: float = 0.05) -> Publisher:
        publisher = Publisher(self.database, SIGNER, self.home / "log", self.home / "highest")
        urls = tuple(f"http://127.0.0.1:{port}" for port in self.ports)
        publisher.witnesses = Witnesses(AskedWitnesses(self.policy, urls), patience=patience, pause=pause)
        self.stack.callback(publisher.witnesses.close)
        return publisher

    @contextmanager
    def awake(self, *numbers: int) -> Iterator[None]:
        """These witnesses serve meanwhile."""
        with ExitStack() as stack:
            for i in numbers:
                stack.enter_context(serving(self.home / self.names[i], self.clock, self.ports[i]))
            yield

    def grow(self, count: int = 3) -> None:
        self.sequencer.append(endorsements(count, start=self.leaves))
        self.leaves += count
        self.clock.advance(10)

    def publish(self) -> tuple[list[str], float]:
        """Who has cosigned what readers see now, and how many seconds it took."""
        begun = time.monotonic()
        note = self.publisher.publish(self.clock.now()).note
        took = time.monotonic() - begun
        assert (self.home / "log" / "checkpoint").read_bytes() == note
        assert SIGNER.identity.verify_checkpoint(note).size == self.leaves
        return sorted(c.witness.name[-2:] for c in self.policy.cosignatures(parse_checkpoint(note))), took

    def until(self, wanted: list[str]) -> None:
        ends = time.monotonic() + 10
        while (found := self.publish()[0]) != wanted:
            assert time.monotonic() < ends, found
            time.sleep(0.02)

    def problems(self) -> list[str]:
        assert self.publisher.witnesses is not None
        return list(self.publisher.witnesses.problems().values())

    def until_problem(self, text: str, of: int = 0) -> None:
        ends = time.monotonic() + 10
        while text not in self.problems()[of]:
            assert time.monotonic() < ends, self.problems()
            time.sleep(0.02)

    def evidenced(self) -> list[Evidenced]:
        with self.database.read() as connection:
            keys = [key.verifier_key() for key in self.keys]
            return checkpoints.evidenced(connection, keys, self.policy.threshold)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as plug:
        return int(plug.getsockname()[1])


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def test_every_checkpoint_has_its_quorum_when_readers_see_it(tmp_path: Path, stack: ExitStack) -> None:
    house = House(tmp_path, stack, 2, 3)
    expected = []
    with house.awake(0, 1, 2):
        for count in (1, 5, 250, 300):
            house.grow(count)
            assert len(house.publish()[0]) >= 2
            expected.append((house.leaves, house.clock.now()))
    assert [(e.size, e.time) for e in house.evidenced()] == expected
    current = house.publisher.current()
    assert current is not None
    assert house.policy.verify(current.note) == house.clock.now()


def test_nobody_waits_for_more_than_the_quorum(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third witness is slow: readers get the checkpoint without it, and its cosignature afterwards."""
    house = House(tmp_path, stack, 2, 3)
    house.publisher = house.opened(patience=5)
    answer = Witness.add_checkpoint

    def slowly(self: Witness, body: bytes) -> Answer:
        if self._folder.cosigner.identity == house.keys[2]:
            time.sleep(3)
        return answer(self, body)

    monkeypatch.setattr(Witness, "add_checkpoint", slowly)
    with house.awake(0, 1, 2):
        house.grow()
        seen, took = house.publish()
        assert (seen, took < 2.5) == (["w0", "w1"], True)
        house.until(["w0", "w1", "w2"])


def test_one_that_is_away_is_asked_for_the_newest_now_and_then_and_not_for_each(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path, stack, 1, 1)
    house.publisher = house.opened(pause=60)
    asked: list[int] = []
    ask = _Asker._cosignature

    def noted(self: _Asker, wanted: _Round) -> Cosignature:
        asked.append(wanted.checkpoint.head.size)
        return ask(self, wanted)

    monkeypatch.setattr(_Asker, "_cosignature", noted)
    begun = time.monotonic()
    for _ in range(20):
        house.grow()
        house.publish()
    assert len(asked) <= 2 + (time.monotonic() - begun) / SOON
    while asked[-1] < house.leaves:
        assert time.monotonic() < begun + 30
        time.sleep(0.02)


def test_the_log_goes_on_without_them_and_says_so(
    tmp_path: Path, stack: ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path, stack, 2, 2)
    with caplog.at_level(logging.WARNING, "lading.witnesses"):
        with house.awake(0):
            for _ in range(3):
                house.grow()
                house.publish()
                house.until(["w0"])
        said = [record.getMessage() for record in caplog.records]
        assert len(said) == 1, "once, not at every checkpoint"
        assert " needed=2 away: witness.example/w1 (" in said[0]
        assert [bool(problem) for problem in house.problems()] == [False, True]
        assert house.evidenced() == []
        size = house.leaves
        house.clock.advance(500)
        with house.awake(0, 1):  # it comes back: the checkpoint that readers see is completed, and then they are all
            house.until(["w0", "w1"])
            assert [(e.size, e.time) for e in house.evidenced()] == [(size, house.clock.now())]
            house.grow()
            assert house.publish()[0] == ["w0", "w1"]
    assert "the quorum is back" in caplog.records[-1].getMessage()


def test_a_witness_that_is_silent_costs_its_time_once(tmp_path: Path, stack: ExitStack) -> None:
    """A port that takes connections and never answers."""
    house = House(tmp_path, stack, 2, 2)
    house.publisher = house.opened(patience=3)
    with socket.create_server(("127.0.0.1", house.ports[1])), house.awake(0):
        house.grow()
        assert house.publish()[1] > 2.9
        house.until_problem("timed out", of=1)
        for _ in range(3):
            house.grow()
            assert house.publish()[1] < 2.5
        assert house.publish()[1] < 2.5


def test_asked_once_a_checkpoint(tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path, stack, 1, 1)
    bodies = []
    answer = Witness.add_checkpoint

    def noted(self: Witness, body: bytes) -> Answer:
        bodies.append(body)
        return answer(self, body)

    monkeypatch.setattr(Witness, "add_checkpoint", noted)
    with house.awake(0):
        for _ in range(3):
            house.grow()
            for _ in range(4):
                assert house.publish()[0] == ["w0"]
    assert len(bodies) == 3, "with the size that the witness has, remembered"


def test_a_restart_shows_the_same_cosignatures_and_goes_on(tmp_path: Path, stack: ExitStack) -> None:
    house = House(tmp_path, stack, 1, 2)
    with house.awake(0, 1):
        house.grow()
        house.until(["w0", "w1"])
        note = (house.home / "log" / "checkpoint").read_bytes()
        house.publisher = house.opened()
        assert house.publish()[0] == ["w0", "w1"]
        assert (house.home / "log" / "checkpoint").read_bytes() == note
        house.grow()  # the new process learns the witnesses' sizes by 409
        house.until(["w0", "w1"])


def test_killed_between_cosigning_and_showing(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The witnesses have cosigned, the database was not written: the next run gets the cosignatures again."""
    house = House(tmp_path, stack, 2, 2)
    with house.awake(0, 1):
        house.grow()

        def refuse(*_: object) -> None:
            raise StorageFailed("killed here")

        with monkeypatch.context() as patched:
            patched.setattr(checkpoints, "add_cosignatures", refuse)
            with pytest.raises(StorageFailed, match="killed here"):
                house.publish()
        assert not (house.home / "log" / "checkpoint").exists()
        house.publisher = house.opened()
        house.clock.advance(5)
        assert house.publish()[0] == ["w0", "w1"]


def test_a_database_that_was_busy_loses_no_cosignature(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same process publishes again, and asks again."""
    house = House(tmp_path, stack, 2, 2)
    with house.awake(0, 1):
        house.grow()

        def refuse(*_: object) -> None:
            raise Busy("another process is writing")

        with monkeypatch.context() as patched:
            patched.setattr(checkpoints, "add_cosignatures", refuse)
            with pytest.raises(Busy):
                house.publish()
        assert house.publish()[0] == ["w0", "w1"]


def test_a_log_that_was_rolled_back_or_forked_gets_no_cosignature(tmp_path: Path, stack: ExitStack) -> None:
    """All of the home is put back, its memory of what it signed too: the witness remembers."""
    house = House(tmp_path, stack, 1, 1)
    with house.awake(0):
        house.grow()
        house.publish()
        copy = tmp_path / "copy"
        house.database.close()
        shutil.copytree(tmp_path, copy, ignore=shutil.ignore_patterns("copy", "w0"))
        house.grow()
        assert house.publish()[0] == ["w0"]
        for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm", "highest"):
            (tmp_path / name).unlink(missing_ok=True)
            if (copy / name).exists():
                shutil.copy(copy / name, tmp_path / name)
        shutil.rmtree(tmp_path / "log")
        shutil.copytree(copy / "log", tmp_path / "log")
        house.database.close()
        house.leaves = 3
        house.publisher = house.opened()
        house.sequencer = Sequencer(house.database, SIGNER, house.clock)
        before = (tmp_path / "highest").read_bytes()
        for leaves, said in (
            (5, "more leaves of this log than there are"),  # the witness has seen 6
            (6, "more leaves of this log than there are"),
            (7, "more leaves of this log than there are"),
        ):
            house.sequencer.append(endorsements(leaves - house.leaves, start=70 + 10 * leaves))
            house.leaves = leaves
            with pytest.raises(InconsistentLog, match=said):
                house.publish()
            assert (tmp_path / "highest").read_bytes() == before, "nothing is signed that the witness contradicts"


class _Odd(BaseHTTPRequestHandler):
    """A witness that answers nonsense."""

    nonsense: tuple[int, str, bytes] = (200, "text/plain", b"")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, media_type, body = self.nonsense
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


OTHER = WitnessKey("witness.example/w0", bytes(32))
NONSENSE = {
    "nothing": (200, "text/plain", b""),
    "no line": (200, "text/plain", b"yes\n"),
    "no text": (200, "text/plain", b"\xff\xfe\n"),
    "another key": (200, "text/plain", f"— {OTHER.name} {'A' * 104}\n".encode()),
    "too long": (200, "text/plain", b"x" * (1 << 20)),
    "an error": (500, "text/html", b"<h1>no</h1>"),
    "elsewhere": (302, "text/plain", b""),
    "no size": (409, "text/x.tlog.size", b"many\n"),
    "a size that cannot be": (409, "text/x.tlog.size", b"9" * 19 + b"\n"),
    "a size of another type": (409, "text/plain", b"1\n"),
    "the same size for ever": (409, "text/x.tlog.size", b"1\n"),
    "unknown log": (404, "text/plain", b"who?\n"),
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_no_cosignature(tmp_path: Path, stack: ExitStack, nonsense: tuple[int, str, bytes]) -> None:
    house = House(tmp_path, stack, 1, 1)
    handler = type("Handler", (_Odd,), {"nonsense": nonsense})
    server = ThreadingHTTPServer(("127.0.0.1", house.ports[0]), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        house.grow()
        assert house.publish()[0] == []
        assert house.problems() != [""]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Liar(BaseHTTPRequestHandler):
    """A witness that says it has seen what nobody signed, and names whatever proof it has."""

    status, size, proof = 409, 10_000, b""
    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        body = f"{self.size}\n".encode()
        self.send_response(self.status)
        self.send_header("Content-Type", SIZE_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.send_header(LATEST, base64.b64encode(self.proof).decode())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def lying(port: int, **lies: object) -> Iterator[type[_Liar]]:
    handler = type("Liar", (_Liar,), lies)
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield handler
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


FOREIGN = LogSigner(SIGNER.identity.origin, Ed25519PrivateKey.generate())
OWN_AND_OLD = SIGNER.checkpoint(0, merkle.EMPTY_ROOT)
LIES = {
    "a size without proof": {},
    "another tree without proof": {"size": 3},
    "no consistency": {"status": 422},
    "a proof that no log signed": {"proof": b"not a note"},
    "a proof of the same name and another key": {"proof": FOREIGN.checkpoint(10_000, bytes(32))},
    "an old checkpoint as proof of a larger one": {"proof": OWN_AND_OLD},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
@pytest.mark.parametrize("threshold", [1, 2, 3])
def test_the_bare_word_of_one_witness_of_several_stops_no_log(
    tmp_path: Path, stack: ExitStack, lie: dict[str, object], threshold: int
) -> None:
    house = House(tmp_path, stack, threshold, 3)
    with house.awake(1, 2), lying(house.ports[0], **lie):
        for _ in range(2):
            for _ in range(3):
                house.grow()
                house.publish()
            house.until(["w1", "w2"])
            house.publisher = house.opened()  # a restart asks everybody first
        house.publish()
        assert house.problems()[0] != ""
    with house.awake(0, 1, 2):  # an honest one takes its place, and is heard
        house.grow()
        house.until(["w0", "w1", "w2"])


def test_the_word_of_most_witnesses_stops_a_log_without_proof(tmp_path: Path, stack: ExitStack) -> None:
    """Witnesses of other programs give no proof: where all that count say so, this log was put back."""
    house = House(tmp_path, stack, 2, 3)
    house.grow()
    house.publish()
    house.publisher = house.opened()
    with house.awake(2), lying(house.ports[0]), lying(house.ports[1]):
        house.grow()
        with pytest.raises(InconsistentLog, match="more leaves"):
            house.publish()


def test_one_witness_that_shows_what_the_log_has_signed_stops_it(tmp_path: Path, stack: ExitStack) -> None:
    """One of three, against two that have seen nothing of it: the log's own signature is no bare word."""
    house = House(tmp_path, stack, 2, 3)
    house.grow()
    house.publish()
    house.publisher = house.opened()
    shown = SIGNER.checkpoint(10_000, bytes(32))
    with house.awake(1, 2), lying(house.ports[0], proof=shown):
        house.grow()
        with pytest.raises(InconsistentLog, match="more leaves"):
            house.publish()


def test_of_two_services_on_copies_of_a_home_the_second_shows_nobody_its_tree(tmp_path: Path, stack: ExitStack) -> None:
    """Both started from the same state, and go on with other leaves: the same number of them, or fewer."""
    house = House(tmp_path, stack, 2, 3)
    with house.awake(0, 1, 2):
        house.grow()
        house.until(["w0", "w1", "w2"])
        house.database.close()
        shutil.copytree(tmp_path, tmp_path / "copy", ignore=shutil.ignore_patterns("copy", "w?"))
        copy = Database.open(f"sqlite:///{tmp_path / 'copy' / 'ledger.db'}")
        stack.callback(copy.close)
        other = Publisher(copy, SIGNER, tmp_path / "copy" / "log", tmp_path / "copy" / "highest")
        urls = tuple(f"http://127.0.0.1:{port}" for port in house.ports)
        other.witnesses = Witnesses(AskedWitnesses(house.policy, urls), patience=3, pause=0.05)
        stack.callback(other.witnesses.close)
        shown = other.publish(house.clock.now())
        house.grow()
        house.until(["w0", "w1", "w2"])
        for _ in range(2):
            Sequencer(copy, SIGNER, house.clock).append(endorsements(2, start=70 + house.clock.now() % 1000))
            with pytest.raises(InconsistentLog):
                other.publish(house.clock.now())
            assert (tmp_path / "copy" / "log" / "checkpoint").read_bytes() == shown.note
            house.clock.advance(10)


def test_an_edited_cosignature_is_not_shown(tmp_path: Path, stack: ExitStack) -> None:
    house = House(tmp_path, stack, 1, 1)
    with house.awake(0):
        house.grow()
        house.publish()
    read: Callable[..., Sequence[checkpoints.StoredCosignature]] = checkpoints.cosignatures_of
    with pytest.MonkeyPatch.context() as patched:
        edited = lambda *a: [replace(row, time=row.time - 1) for row in read(*a)]  # noqa: E731
        patched.setattr(checkpoints, "cosignatures_of", edited)
        assert house.publish()[0] == []
    assert house.publish()[0] == ["w0"]


def test_defaults_keep_a_record_on_its_way() -> None:
    assert asking.PATIENCE <= 5, "a receipt promises a checkpoint within 60 seconds"
