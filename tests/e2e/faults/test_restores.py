"""A home in any mix of old and new parts heals or refuses in words: its log never forks."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from sqlalchemy import make_url

from ledger import merkle
from ledger.chain.transactions import sign_transaction
from ledger.cli.demo.scribe import Deal, Scribe
from ledger.cli.demo.witnesses import DemoWitnesses
from ledger.cli.sandbox import open_trial
from ledger.codes import Mode
from ledger.errors import ChainUnavailable, LadingError, Unavailable
from ledger.records.signing import SignedRecord
from ledger.records.types import ShipmentTerms
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import WITNESSES, read_consortium
from ledger.services.home.settings import Settings, read_settings
from ledger.services.lifecycle.rebuild import restore_from_chain
from ledger.services.relay.chain_memory import ChainMemory
from ledger.store import records
from tests.e2e.stage import MAKER, SHOP, Stage, parties
from tests.postgresql import copy_rows, new_database

HIGHEST = "keys/highest-checkpoint"
OLD, NEW = "restores_old", "restores_new"
PARTS = ("ledger.db", "chain.db", "log", HIGHEST)
MIXES = [mix for mix in product((False, True), repeat=len(PARTS)) if any(mix)]


@dataclass
class Ages:
    """One home as it was, and as it is: `leaves` is the true log, of which both are a beginning."""

    old: Path
    new: Path
    now: int
    leaves: list[bytes]
    later: list[SignedRecord]
    """Records that came between the two ages."""
    watchers: Path
    """Where the witnesses keep what they have seen; beside it, what they had seen when the new age was copied."""
    databases: "Databases | None" = None

    def settings(self, home: Path) -> Settings:
        return settings_of(home, self.databases)

    def mixed(self, home: Path, old: tuple[bool, ...]) -> Path:
        """A home of which those parts are old; witnesses know the new age, and nothing of other tests."""
        for seen in self.watchers.with_name("seen").iterdir():
            shutil.rmtree(self.watchers / seen.name)
            shutil.copytree(seen, self.watchers / seen.name)
        shutil.copytree(self.new, home)
        for part, is_old in zip(PARTS, old, strict=True):
            if is_old:
                put_back(self.old, home, part)
        if self.databases is not None:
            self.databases.restore(home, OLD if old[0] else NEW)
        return home


@dataclass
class Databases:
    """Databases of homes on one PostgreSQL server, and what was kept of them."""

    server: str
    urls: dict[Path, str] = field(default_factory=dict)

    def take_over(self, home: Path) -> None:
        """The rows of a home's SQLite database, which is no more."""
        self.urls[home] = new_database(self.server, f"restores_{len(self.urls)}")
        copy_rows(f"sqlite:///{home / 'ledger.db'}", self.urls[home])
        (home / "ledger.db").unlink()

    def keep(self, home: Path, name: str) -> None:
        new_database(self.server, name, template=str(make_url(self.urls[home]).database))

    def restore(self, home: Path, name: str) -> None:
        """Give a home what was kept under that name."""
        self.urls[home] = new_database(self.server, f"restores_{len(self.urls)}", template=name)


def settings_of(home: Path, databases: Databases | None) -> Settings:
    return read_settings({"LADING_DATABASE_URL": databases.urls[home]} if databases else {}, home=home)


def put_back(source: Path, home: Path, part: str) -> None:
    for path in (home / part, home / f"{part}-wal", home / f"{part}-shm"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for path in (source / part, source / f"{part}-wal"):
        if path.is_dir():
            shutil.copytree(path, home / part)
        elif path.exists():
            shutil.copy(path, home / path.relative_to(source))


def leaves_of(stage: Stage) -> list[bytes]:
    with stage.node.home.database.read() as connection:
        return [row.leaf_hash for row in records.leaves(connection)]


@pytest.fixture(scope="module")
def ages(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ages]:
    with grown(founded, tmp_path_factory.mktemp("ages")) as ages:
        yield ages


@pytest.fixture(scope="module")
def ages_on_postgresql(founded: Path, tmp_path_factory: pytest.TempPathFactory, postgresql: str) -> Iterator[Ages]:
    with grown(founded, tmp_path_factory.mktemp("ages"), Databases(postgresql)) as ages:
        yield ages


@contextmanager
def grown(founded: Path, top: Path, databases: Databases | None = None) -> Iterator[Ages]:
    """Both witnesses have seen the newer age, and are awake."""
    prepared, home = top / "prepared", top / "home"
    shutil.copytree(founded, prepared)
    clock = ManualClock(int((founded / "now").read_text()))
    witnesses = DemoWitnesses(prepared, read_consortium(prepared).log, clock)
    try:
        shutil.copytree(prepared, home)
        if databases is not None:
            databases.take_over(home)
        stage = stage_of(settings_of(home, databases), clock)
        with closing(stage.node):
            stage.open()
            stage.node.settle()
            before = len(leaves_of(stage))
        shutil.copytree(home, top / "old")
        if databases is not None:
            databases.keep(home, OLD)
        stage = stage_of(settings_of(home, databases), clock)
        with closing(stage.node):
            goods = stage.open()
            stage.hand(MAKER, SHOP, (goods, 0, 10))
            stage.node.settle()
            leaves = leaves_of(stage)
            with stage.node.home.database.read() as connection:
                later = [row.signed for row in records.stream(connection) if row.log_index >= before and row.signatures]
        if databases is not None:
            databases.keep(home, NEW)
        assert len(leaves) > before + 3
        for folder in prepared.glob("witness-*"):
            shutil.copytree(folder, top / "seen" / folder.name)
        yield Ages(top / "old", home, clock.now(), leaves, later, prepared, databases)
    finally:
        witnesses.close()


def stage_of(settings: Settings, clock: ManualClock) -> Stage:
    trial, cast = open_trial(settings, clock), parties()
    return Stage(trial, clock, cast, Scribe(trial, cast))


def signed_in(home: Path) -> list[tuple[int, bytes]]:
    """Every checkpoint that a home shows or keeps."""
    log = read_consortium(home).log
    notes = [home / "log" / "checkpoint", home / HIGHEST]
    heads = [log.verify_checkpoint(note.read_bytes()) for note in notes if note.exists()]
    return [(head.size, head.root) for head in heads]


def attacked(home: Path, ages: Ages) -> str:
    """Open the home, hand in what came between the ages and something new, and work; nothing may fork.

    Returns why it refuses, or nothing when everything was accepted.
    """
    before = signed_in(home)
    stage = stage_of(ages.settings(home), ManualClock(ages.now))
    refused = []
    try:
        for signed in ages.later:
            try:
                receipt = stage.node.submission.submit(signed).receipt
            except LadingError as error:
                refused.append(error)
            else:
                assert receipt.leaf_hash == ages.leaves[receipt.index], "a second receipt for a record"
        for work in (lambda: stage.submit(new_terms(stage), MAKER), stage.node.tick, stage.node.settle):
            try:
                work()
            except LadingError as error:
                refused.append(error)
        leaves, readiness = leaves_of(stage), stage.node.health.readiness().checks
        stage.node.health.measure()
        halted = b"lading_halted 1.0" in generate_latest(stage.node.health.metrics)
    finally:
        stage.node.close()
    assert leaves[: len(ages.leaves)] == ages.leaves[: len(leaves)]
    if not refused:
        assert set(readiness.values()) == {"ok"}
        assert len(leaves) > len(ages.leaves)
        assert all(root == merkle.root(leaves[:size]) for size, root in signed_in(home))
        assert all(size == len(leaves) for size, _ in signed_in(home))
        return ""
    assert halted
    assert len(refused) == len(ages.later) + 3, "all of it or nothing"
    assert all(isinstance(error, Unavailable) for error in refused)
    assert signed_in(home) == before, "nothing is signed any more"
    assert readiness["log"] != "ok"
    return str(readiness["log"])


def new_terms(stage: Stage) -> ShipmentTerms:
    deal = Deal("PO-2", 100, 100, stage.now + 1000, 1, 100, MAKER, SHOP)
    return stage.scribe.terms(deal, "L1", consignor=MAKER, consignee=SHOP, packages=3, holder=None, mode=Mode.ROAD)


def in_words(mix: tuple[bool, ...]) -> str:
    return "+".join(part for part, is_old in zip(PARTS, mix, strict=True) if is_old)


each_mix = pytest.mark.parametrize("old", MIXES, ids=in_words)
with_one_or_all_old = [
    mix if sum(mix) in (1, len(PARTS)) else pytest.param(mix, marks=pytest.mark.drill) for mix in MIXES
]


@each_mix
def test_every_mix_of_old_and_new_parts_heals_or_refuses_and_none_forks(
    ages: Ages, tmp_path: Path, old: tuple[bool, ...]
) -> None:
    heals_or_refuses(ages, tmp_path, old)


@pytest.mark.parametrize("old", with_one_or_all_old, ids=in_words)
def test_every_mix_with_a_database_on_postgresql_heals_or_refuses_and_none_forks(
    ages_on_postgresql: Ages, tmp_path: Path, old: tuple[bool, ...]
) -> None:
    """Restored there from an older dump, beside newer parts of the home, or left as it is beside older ones."""
    heals_or_refuses(ages_on_postgresql, tmp_path, old)


def heals_or_refuses(ages: Ages, tmp_path: Path, old: tuple[bool, ...]) -> None:
    refusal = attacked(ages.mixed(tmp_path / "home", old), ages)
    database, chain, *_ = old
    if database or chain:
        assert "old backup" in refusal or "newest chain.db" in refusal, refusal
    else:
        assert refusal == "", "log folder and highest checkpoint are made again from the database"


something_newer = pytest.mark.parametrize(
    "old",
    [
        pytest.param((True, False, True, True), id="all but the chain"),
        pytest.param((True, True, False, True), id="all but the log folder"),
        pytest.param((True, True, True, False), id="all but the highest checkpoint"),
        pytest.param((False, True, False, False), id="the chain alone"),
    ],
)


@something_newer
def test_without_witnesses_whatever_is_newer_gives_an_old_home_away(
    ages: Ages, tmp_path: Path, old: tuple[bool, ...]
) -> None:
    home = ages.mixed(tmp_path / "home", old)
    (home / WITNESSES).unlink()
    assert attacked(home, ages)


@something_newer
def test_without_witnesses_whatever_is_newer_gives_an_old_database_on_postgresql_away(
    ages_on_postgresql: Ages, tmp_path: Path, old: tuple[bool, ...]
) -> None:
    home = ages_on_postgresql.mixed(tmp_path / "home", old)
    (home / WITNESSES).unlink()
    assert attacked(home, ages_on_postgresql)


def test_the_way_out_that_the_refusal_names_leads_to_a_new_log(ages: Ages, tmp_path: Path) -> None:
    """Nothing newer is left but the chain: the old log ends openly, and a new one takes over what was recorded."""
    home = ages.mixed(tmp_path / "home", (True, False, True, True))
    (home / WITNESSES).unlink()
    old = read_consortium(home).log
    assert "rebuild --from-chain" in attacked(home, ages)
    (home / "ledger.db").rename(tmp_path / "aside.db")
    settings, clock = read_settings({}, home=home), ManualClock(ages.now)
    assert not restore_from_chain(settings, clock=clock).done, "the log's files are too old to name each leaf"
    assert restore_from_chain(settings, clock=clock, new_log=True).done
    assert read_consortium(home).log != old
    stage = opened(home, ages)
    with closing(stage.node):
        stage.submit(new_terms(stage), MAKER)
        stage.node.tick()
        assert set(stage.node.health.readiness().checks.values()) == {"ok"}


# --- while the chain is away -----------------------------------------------------------------------------------------


@dataclass
class Away:
    """A chain that does not say what it knows of the home, until it is `back`."""

    back: bool = False


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Away:
    away, meet = Away(), ChainMemory.meet

    def meet_when_back(memory: ChainMemory) -> None:
        if not away.back:
            raise ChainUnavailable("the node does not answer")
        meet(memory)

    monkeypatch.setattr(ChainMemory, "meet", meet_when_back)
    return away


def opened(home: Path, ages: Ages) -> Stage:
    return stage_of(ages.settings(home), ManualClock(ages.now))


def test_a_home_that_is_no_older_than_its_highest_checkpoint_accepts_while_the_chain_is_away(
    ages: Ages, tmp_path: Path, away: Away
) -> None:
    stage = opened(ages.mixed(tmp_path / "home", (False,) * 4), ages)
    with closing(stage.node):
        block = stage.node.chain.head()
        stage.submit(new_terms(stage), MAKER)
        with pytest.raises(ChainUnavailable):
            stage.node.tick()
        assert stage.node.reader.publisher.current().head.size == len(leaves_of(stage)), "published all the same"
        assert stage.node.chain.head() == block
        away.back = True
        stage.node.settle()
        assert stage.node.chain.head() > block
        assert set(stage.node.health.readiness().checks.values()) == {"ok"}


def test_a_home_without_any_checkpoint_file_waits_for_the_chain(ages: Ages, tmp_path: Path, away: Away) -> None:
    home = ages.mixed(tmp_path / "home", (False,) * 4)
    shutil.rmtree(home / "log")
    (home / HIGHEST).unlink()
    stage = opened(home, ages)
    with closing(stage.node):
        for work in (lambda: stage.submit(new_terms(stage), MAKER), stage.node.tick):
            with pytest.raises(ChainUnavailable, match="does not answer"):
                work()
        assert signed_in(home) == []
        assert "does not answer" in stage.node.health.readiness().checks["chain"]
        away.back = True
        stage.node.tick()
        stage.submit(new_terms(stage), MAKER)
        assert leaves_of(stage)[: len(ages.leaves)] == ages.leaves


def test_a_home_that_was_put_back_halts_as_soon_as_the_chain_answers(ages: Ages, tmp_path: Path, away: Away) -> None:
    home = ages.mixed(tmp_path / "home", (True, False, True, True))
    (home / WITNESSES).unlink()
    stage = opened(home, ages)
    with closing(stage.node):
        before = signed_in(home)
        away.back = True
        with pytest.raises(LadingError, match="old backup"):
            stage.node.tick()
        with pytest.raises(Unavailable, match="signed any more"):
            stage.submit(new_terms(stage), MAKER)
        assert signed_in(home) == before


# --- before anything is anchored -------------------------------------------------------------------------------------


def test_what_was_relayed_and_not_yet_anchored_gives_an_old_home_away(stage: Stage, tmp_path: Path) -> None:
    home = stage.node.home.settings.home
    stage.open()
    stage.node.close()
    shutil.copytree(home, tmp_path / "old")
    later = reopened(stage)
    later.open()  # relayed, published by nobody, anchored by nobody
    later.node.close()
    for part in ("ledger.db", "log", HIGHEST):
        put_back(tmp_path / "old", home, part)
    restored = reopened(stage)
    said = "signed any more: the chain holds a record that this home has relayed"
    with closing(restored.node), pytest.raises(Unavailable, match=said):
        restored.open()


def test_what_another_program_sent_from_the_relayers_account_halts_nothing(stage: Stage) -> None:
    stage.open()
    chain, key = stage.node.chain, stage.node.reader.keys.relayer
    for nonce in (chain.nonce(key.address), chain.nonce(key.address) + 1):
        raw = sign_transaction(
            key, chain_id=chain.chain_id, nonce=nonce, to=bytes(20), data=b"", gas_limit=21_000, gas_price=0
        ).raw
        chain.send(raw)
    chain.seal(stage.now)
    stage.node.close()
    again = reopened(stage)
    with closing(again.node):
        again.open()
        again.node.settle()
        assert set(again.node.health.readiness().checks.values()) == {"ok"}


def reopened(stage: Stage) -> Stage:
    """The home of a stage that was closed, opened by another process."""
    trial = open_trial(stage.node.home.settings, stage.clock)
    return Stage(trial, stage.clock, stage.parties, Scribe(trial, stage.parties))
