"""A copy of a log: the same files at every size, and nothing taken that the log did not sign, before or now."""

import http.server
import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from ledger.cli.main import app
from ledger.errors import InconsistentLog, LadingError, MalformedRecord, NotFound, Unavailable, VerificationFailed
from ledger.log.contradiction import parse_contradiction
from ledger.log.cosignature import Cosigner, WitnessPolicy
from ledger.log.tiles import TileTree, partial_tiles
from ledger.log.witness import origin_hash
from ledger.services.home.clock import ManualClock
from ledger.services.intake.sequencer import Sequencer
from ledger.services.publish.durable_files import LogFolder
from ledger.services.publish.publisher import Publisher
from ledger.services.witness.mirror import Mirror, split_entries
from ledger.store.database import Database
from tests.store.entries import SIGNER, endorsements

NOW = 1_700_000_000
LOG = SIGNER.identity


class Log:
    """A log in a folder that grows, read file by file."""

    def __init__(self, home: Path, start: int = 0) -> None:
        self.folder, self.start, self.size = home / "log", start, 0
        self.database = Database.open(f"sqlite:///{home / 'ledger.db'}")
        self.sequencer = Sequencer(self.database, SIGNER, ManualClock(NOW))
        self.publisher = Publisher(self.database, SIGNER, self.folder, home / "highest")

    def grow(self, size: int) -> None:
        if size > self.size:
            self.sequencer.append(endorsements(size - self.size, start=self.start + self.size))
            self.size = size
        self.publisher.publish(NOW)

    def fetch(self, name: str, most: int) -> bytes:
        data = LogFolder(self.folder).read(name)
        assert len(data) <= most
        return data


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    (tmp_path / "source").mkdir()
    log = Log(tmp_path / "source")
    yield log
    log.database.close()


@pytest.fixture
def fork(tmp_path: Path) -> Iterator[Log]:
    """A log of the same key with other leaves."""
    (tmp_path / "fork").mkdir()
    log = Log(tmp_path / "fork", start=5000)
    yield log
    log.database.close()


def mirror_in(folder: Path, policy: WitnessPolicy | None = None) -> Mirror:
    return Mirror(LOG, LogFolder(folder), policy)


def whole(folder: Path) -> TileTree:
    """The tree of the newest checkpoint, read from a folder's tiles alone."""
    files = LogFolder(folder)
    size = LOG.verify_checkpoint(files.read("checkpoint")).size
    return TileTree(size, lambda tile: files.read(tile.path()))


@pytest.mark.parametrize("steps", [(1, 2, 3, 9), (255, 256, 257), (700,), (1, 513, 700), (256, 512, 700)], ids=str)
def test_the_copy_is_the_log_at_every_size(log: Log, tmp_path: Path, steps: tuple[int, ...]) -> None:
    copy = tmp_path / "copy"
    before = 0
    for size in steps:
        log.grow(size)
        done = mirror_in(copy).update(log.fetch)
        assert (done.before, done.head.size) == (before, size)
        assert (copy / "checkpoint").read_bytes() == (log.folder / "checkpoint").read_bytes()
        tree = whole(copy)
        assert tree.root() == done.head.root
        for tile in partial_tiles(size):
            assert (copy / tile.path()).read_bytes() == (log.folder / tile.path()).read_bytes()
        entries = [path for path in (copy / "tile" / "entries").rglob("*") if path.is_file()]
        assert sum(len(list(split_entries(path.read_bytes()))) for path in entries) >= size
        before = size
    assert mirror_in(copy).update(log.fetch).before == before, "again changes nothing"
    second = tmp_path / "copy of the copy"
    assert mirror_in(second).update(lambda name, _: LogFolder(copy).read(name)).head.size == before
    assert whole(second).root() == whole(copy).root()


def test_an_older_checkpoint_changes_nothing(log: Log, tmp_path: Path) -> None:
    log.grow(5)
    shutil.copytree(log.folder, tmp_path / "older")
    log.grow(9)
    copy = tmp_path / "copy"
    mirror_in(copy).update(log.fetch)
    done = mirror_in(copy).update(lambda name, _: LogFolder(tmp_path / "older").read(name))
    assert (done.before, done.head.size) == (9, 9)
    assert LOG.verify_checkpoint((copy / "checkpoint").read_bytes()).size == 9


@pytest.mark.parametrize(("first", "second"), [(3, 3), (3, 8), (300, 300), (300, 310), (300, 900), (255, 600)])
def test_a_log_that_shows_another_tree_is_convicted(
    log: Log, fork: Log, tmp_path: Path, first: int, second: int
) -> None:
    log.grow(first)
    fork.grow(second)
    copy = tmp_path / "copy"
    mirror_in(copy).update(log.fetch)
    with pytest.raises(InconsistentLog, match="contradicts what it signed before"):
        mirror_in(copy).update(fork.fetch)
    (path,) = (copy / "evidence").iterdir()
    heads = parse_contradiction(path.read_bytes()).verify(LOG)
    assert [head.size for head in heads] == [first, second]
    assert LOG.verify_checkpoint((copy / "checkpoint").read_bytes()).size == first
    assert whole(copy).root() == heads[0].root, "what was copied stands"


def test_entries_that_the_log_did_not_sign_are_refused(log: Log, tmp_path: Path) -> None:
    log.grow(5)
    copy = tmp_path / "copy"
    mirror_in(copy).update(log.fetch)
    log.grow(400)

    def spoilt(name: str, most: int) -> bytes:
        data = log.fetch(name, most)
        return data[:-1] + bytes([data[-1] ^ 1]) if "entries" in name else data

    def cut(name: str, most: int) -> bytes:
        return log.fetch(name, most)[: -76 if "entries" in name else None]

    for fetch in (spoilt, cut):
        with pytest.raises(VerificationFailed):
            mirror_in(copy).update(fetch)
        assert LOG.verify_checkpoint((copy / "checkpoint").read_bytes()).size == 5
        assert whole(copy).size == 5
    assert mirror_in(copy).update(log.fetch).head.size == 400
    assert whole(copy).root() == log.publisher.root(400)


def test_a_bundle_that_filled_up_meanwhile_is_taken_from_the_full_one(log: Log, tmp_path: Path) -> None:
    log.grow(40)
    note = (log.folder / "checkpoint").read_bytes()
    log.grow(300)
    assert not (log.folder / "tile" / "entries" / "000.p").exists()
    done = mirror_in(tmp_path / "copy").update(
        lambda name, most: note if name == "checkpoint" else log.fetch(name, most)
    )
    assert done.head.size == 40
    assert whole(tmp_path / "copy").root() == log.publisher.root(40)


def test_a_mirror_states_what_it_holds(log: Log, tmp_path: Path) -> None:
    cosigner = Cosigner("mirror.example/m1", Ed25519PrivateKey.from_private_bytes(b"m" * 32))
    policy = WitnessPolicy(1, (cosigner.identity,))
    log.grow(7)
    mirror_in(tmp_path / "copy").update(log.fetch, cosigner, NOW)
    note = (tmp_path / "copy" / "checkpoint").read_bytes()
    assert policy.verify(note) == NOW
    assert LOG.verify_checkpoint(note).size == 7
    with pytest.raises(VerificationFailed, match="too few witnesses"):
        mirror_in(tmp_path / "other", policy).update(log.fetch)
    done = mirror_in(tmp_path / "other", policy).update(lambda name, _: LogFolder(tmp_path / "copy").read(name))
    assert done.head.size == 7


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x05abc", b"\x00\x01a\x00"])
def test_what_is_no_bundle(data: bytes) -> None:
    with pytest.raises(MalformedRecord):
        list(split_entries(data))


# --- lading witness mirror ------------------------------------------------------------------------------------------


@pytest.fixture
def url(log: Log) -> Iterator[str]:
    """The log's folder, shown by a plain web server."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    log.grow(300)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(log.folder)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_command_copies_a_log_over_http(log: Log, url: str, tmp_path: Path) -> None:
    def run(*more: str, source: str = url) -> dict[str, object]:
        answer = CliRunner().invoke(app, ["witness", "mirror", str(tmp_path / "mirror"), source, "--json", *more])
        assert answer.exit_code == 0, answer.exception
        result: dict[str, object] = json.loads(answer.stdout)
        return result

    key = ("--log", LOG.verifier_key())
    assert run(*key) == {
        "origin": LOG.origin, "before": 0, "size": 300, "root": "0x" + log.publisher.root(300).hex(),
    }  # fmt: skip
    copy = tmp_path / "mirror" / origin_hash(LOG.origin)
    assert whole(copy).root() == log.publisher.root(300)
    log.grow(310)
    assert run(*key)["before"] == 300


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["ftp://log.example", "--log", LOG.verifier_key()], MalformedRecord),
        (["http://127.0.0.1:9", "--log", LOG.verifier_key()], Unavailable),
        (["http://127.0.0.1:9"], MalformedRecord),
        (["http://127.0.0.1:9", "--log", "log"], MalformedRecord),
    ],
)
def test_the_command_says_what_is_wrong(tmp_path: Path, arguments: list[str], kind: type[LadingError]) -> None:
    answer = CliRunner().invoke(app, ["witness", "mirror", str(tmp_path), *arguments])
    assert isinstance(answer.exception, kind)


def test_the_command_says_what_the_source_lacks(log: Log, url: str, tmp_path: Path) -> None:
    arguments = ["witness", "mirror", str(tmp_path / "m"), f"{url}/nothing", "--log", LOG.verifier_key()]
    assert isinstance(CliRunner().invoke(app, arguments).exception, NotFound)
