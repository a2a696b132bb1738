"""Two operators on one chain: each its own log and database, the same shipments, the chain between them."""

import random
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.bundle.format import parse_trust
from ledger.bundle.verify import verify_bundle
from ledger.chain.contracts import COURIER, artifact
from ledger.chain.rpc import RpcChain
from ledger.cli.demo.scribe import Scribe
from ledger.cli.main import app
from ledger.cli.sandbox import OPERATOR, Party, Trial, found_trial, open_for_business, open_trial
from ledger.codes import ContractKind, RegistryAction, Role, StatementKind
from ledger.common.canonical import canonical_json
from ledger.common.ids import ConsortiumId, RecordId, to_hex
from ledger.errors import ChainUnavailable, Misconfigured, NotFound, Unavailable
from ledger.records.signing import SignedRecord
from ledger.records.types import LOG_ONLY, Checkpoint
from ledger.registry.changes import change
from ledger.registry.enrolment import RoleRequest
from ledger.services.audit.run import audit
from ledger.services.exports.bundle import Exporter
from ledger.services.home.clock import SystemClock
from ledger.services.home.consortium import read_consortium, with_logs_of
from ledger.services.home.settings import Settings, read_settings
from ledger.services.intake.submission import Accepted
from ledger.services.lifecycle.contract_succession import replace_contract
from ledger.services.lifecycle.joining import join
from ledger.services.state import shipment_state
from ledger.store import records
from ledger.store.projections import outcomes
from tests.chain.conftest import start_anvil
from tests.e2e.stage import CARRIER, HOUR, MAKER, ROLES, SECOND, SHOP, Stage, key_of, parties

OTHER_OPERATOR = 20
CLOCK = SystemClock()


def settings_of(home: Path, url: str, origin: str) -> Settings:
    environment = {"LADING_HOME": str(home), "LADING_CHAIN": url, "LADING_ORIGIN": origin}
    return read_settings(environment)


@dataclass
class Seat(Stage):
    """One operator's side, on the system's clock. Nobody but this operator carries what it settles."""

    clock: Any

    def settle(self) -> None:
        quiet = 0
        while quiet < 2:
            quiet = 0 if self.node.tick(anchor=False) else quiet + 1


@dataclass
class Pair:
    """Two operators: `one` founded the consortium, `two` joined it."""

    one: Seat
    two: Seat

    def settle(self) -> None:
        for seat in (self.one, self.two, self.one):
            seat.settle()

    def found(self, cast: dict[int, Party]) -> None:
        """Contracts open, everybody admitted, both logs registered; the second log by way of the first operator."""
        one = self.one.trial
        newcomer = Party(OTHER_OPERATOR, "Second operator", key_of("second operator"))
        open_for_business(one, cast[OPERATOR])
        self.one.settle()
        one.admit([(cast[number], "", roles) for number, roles in ROLES.items()])
        one.admit([(newcomer, "", [RoleRequest(Role.OPERATOR)])])
        self.one.settle()
        node = self.two.node
        anchor, log_id = node.reader.keys.anchor.address, node.home.consortium.log.log_id
        one.decide([change(0, RegistryAction.REGISTER_LOG, partner=OTHER_OPERATOR, key=anchor, scope=log_id)])
        self.settle()

    def audited(self) -> None:
        """Both anchor what they have, and both audits are clean."""
        for seat in (self.one, self.two):
            seat.node.tick()
            seat.settle()
        self.settle()
        for seat in (self.one, self.two):
            report = audit(seat.node)
            assert report.ok, report.to_json()["findings"]
            assert report.anchored_size


def facts(seat: Seat) -> dict[str, list[tuple[int, int]]]:
    """Every record with a chain track, and what became of each item; outcome leaves too, which are the same bytes."""
    with seat.node.home.database.read() as connection:
        rows = [row for row in records.stream(connection) if not isinstance(row.record, (*LOG_ONLY, Checkpoint))]
        return {
            to_hex(row.record_id): [(one.item, one.outcome) for one in outcomes.of(connection, row.record_id)]
            for row in rows
        }


def join_as_second(first: Settings, second: Settings) -> None:
    trust = read_consortium(first.home).trust_file()
    chain = RpcChain(second.chain)
    with closing(chain):
        join(second, chain, parse_trust(canonical_json(trust)), bytes.fromhex(trust["bonusPool"][2:]), demo=True)


@contextmanager
def founded_pair(first: Settings, second: Settings, seat: type[Seat]) -> Iterator[Pair]:
    """Two operators of one consortium that the first founds, everybody admitted; each with a `seat`."""
    found_trial(first, CLOCK, delay=0)
    one = open_trial(first, CLOCK)
    join_as_second(first, second)
    two = Trial(open_trial(second, CLOCK).node, one.council)
    cast = parties()
    one.parties = two.parties = cast
    with closing(one.node), closing(two.node):
        both = Pair(*(seat(trial, CLOCK, cast, Scribe(trial, cast)) for trial in (one, two)))
        both.found(cast)
        yield both


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    home = tmp_path_factory.mktemp("network")
    with start_anvil("--slots-in-an-epoch", "0") as anvil:  # a block is final when it exists
        first, second = (settings_of(home / name, anvil.url, f"{name}.example/log") for name in ("one", "two"))
        with founded_pair(first, second, Seat) as both:
            yield both


def test_a_shipment_goes_through_both_and_both_logs_end_the_same(pair: Pair) -> None:
    """Every record of a contract and every outcome is in both logs, whoever took it; both audits are clean."""
    one, two = pair.one, pair.two
    goods = one.open(4)
    two.settle()
    two.hand(MAKER, CARRIER, (goods, 0, 4))
    one.settle()
    left, right = one.split(CARRIER, goods, 1, 1, 3)
    two.settle()
    two.hand(CARRIER, SHOP, (left, 0, 1))
    one.state(StatementKind.TENDER, CARRIER, right, 0, SHOP)
    pair.settle()
    for seat in (one, two):
        assert seat.status(left) == "delivered"
        assert seat.held_by(right) == (CARRIER, 3, 0)
    assert facts(one) == facts(two)
    pair.audited()


def test_a_home_put_back_beside_the_networks_chain_signs_nothing(pair: Pair, tmp_path: Path) -> None:
    """All of it is old and agrees with itself; only the contract and the relayer's account tell."""
    one = pair.one
    one.open(2)
    pair.audited()
    shutil.copytree(one.node.home.settings.home, tmp_path / "old")
    one.open(2)
    pair.audited()
    settings = settings_of(tmp_path / "old", one.node.home.settings.chain, "one.example/log")
    trial = open_trial(settings, CLOCK)
    with closing(trial.node):
        before = (tmp_path / "old" / "log" / "checkpoint").read_bytes()
        seat = Seat(trial, CLOCK, one.parties, Scribe(trial, one.parties))
        for work in (lambda: seat.open(3), trial.node.tick, trial.node.settle):
            with pytest.raises(Unavailable, match="signed any more"):
                work()
        assert "old backup" in trial.node.health.readiness().checks["log"]
        assert (tmp_path / "old" / "log" / "checkpoint").read_bytes() == before


def test_a_service_that_starts_while_its_node_is_away_accepts_and_goes_on_when_it_answers(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.audited()
    shutil.copytree(pair.one.node.home.settings.home, tmp_path / "copy")
    settings = settings_of(tmp_path / "copy", pair.one.node.home.settings.chain, "one.example/log")

    def away(*_: Any, **__: Any) -> Any:
        raise ChainUnavailable("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr("ledger.chain.jsonrpc.HttpNode.attempt", away)
        patch.setattr("ledger.chain.jsonrpc.HttpNode.attempt_many", away)
        trial = open_trial(settings, CLOCK)
        node: Any = trial.node
        seat = Seat(trial, CLOCK, pair.one.parties, Scribe(trial, pair.one.parties))
        size = node.reader.publisher.current().head.size
        for work in (lambda: seat.open(3), node.tick):
            with pytest.raises(ChainUnavailable, match="refused"):
                work()
        assert node.reader.publisher.current().head.size == size + 1, "accepted, and published"
        assert "refused" in node.health.readiness().checks["chain"]
    with closing(node):
        node.tick()
        assert node.health.readiness().checks["chain"] == "ok"


def test_of_two_handoffs_for_one_sequence_the_chain_takes_the_first_and_both_logs_say_so(pair: Pair) -> None:
    one, two = pair.one, pair.two
    goods = one.open(4)
    two.settle()
    # Each operator accepts in good faith: it cannot know what the other has just accepted.
    first = one.submit(one.scribe_handoff(MAKER, CARRIER, (goods, 0, 4)), MAKER, CARRIER)
    second = two.submit(two.scribe_handoff(MAKER, SECOND, (goods, 0, 4)), MAKER, SECOND)
    two.settle()
    one.settle()
    pair.settle()
    for seat in (one, two):
        assert (seat.outcome(first), seat.outcome(second)) == (["stale"], ["applied"])
        assert seat.held_by(goods) == (SECOND, 4, 1)
    # What was built on the loser is stale too, and the winner's goods go on through either operator.
    one.hand(SECOND, SHOP, (goods, 1, 4))
    pair.settle()
    assert {seat.status(goods) for seat in (one, two)} == {"delivered"}
    assert facts(one) == facts(two)
    pair.audited()


def test_two_operators_race_for_many_shipments_and_agree(pair: Pair) -> None:
    """Both work in the background while each is handed the same sequences with another receiver: one of two applies."""
    one, two = pair.one, pair.two
    goods = [one.open(3, endorsed=False) for _ in range(8)]
    two.settle()
    offers: dict[RecordId, list[RecordId]] = {}
    chance = random.Random(7)
    for seat in (one, two):
        seat.node.start()
    try:
        for shipment in goods:
            for seat, receiver in ((one, CARRIER), (two, SECOND))[:: chance.choice((1, -1))]:
                manifest = seat.scribe_handoff(MAKER, receiver, (shipment, 0, 3))
                offers.setdefault(shipment, []).append(seat.submit(manifest, MAKER, receiver))
    finally:
        for seat in (one, two):
            seat.node.stop()
    pair.settle()
    for shipment, ids in offers.items():
        assert sorted(one.outcome(record_id) for record_id in ids) == [["applied"], ["stale"]]
        assert one.held_by(shipment) == two.held_by(shipment)
    assert facts(one) == facts(two)
    pair.audited()


def test_a_record_given_to_both_is_one_leaf_in_each_and_has_one_outcome(pair: Pair) -> None:
    one, two = pair.one, pair.two
    goods = one.open(4)
    two.settle()
    handoff = one.scribe_handoff(MAKER, CARRIER, (goods, 0, 4))
    ids = {seat.submit(handoff, MAKER, CARRIER) for seat in (one, two)}
    pair.settle()
    (record_id,) = ids
    assert one.outcome(record_id) == two.outcome(record_id) == ["applied"]
    assert facts(one) == facts(two)
    pair.audited()


def test_parts_are_opened_to_an_operator_by_who_hands_the_record_in_there(pair: Pair) -> None:
    """The chain carries hashes of the private parts: who wants the second operator to compute with them opens them."""
    one, two = pair.one, pair.two
    goods = one.open(4, endorsed=False)
    two.settle()
    one.hand(MAKER, SHOP, (goods, 0, 4))
    pair.settle()
    with pytest.raises(NotFound, match="withheld"):
        two.penalty(goods)
    with one.node.home.database.read() as connection:
        row = records.get(connection, goods)
        assert row is not None
        opened = shipment_state.opened(connection, row)
    again = two.node.submission.submit(SignedRecord(opened, row.signature_list))
    assert isinstance(again, Accepted)
    assert again.again
    ours, theirs = one.penalty(goods), two.penalty(goods)
    assert ours.evidence == theirs.evidence
    assert (ours.amount, ours.liable, ours.promised_at) == (theirs.amount, theirs.liable, theirs.promised_at)
    assert ours.delivered_at is not None
    assert theirs.delivered_at is not None
    assert abs(ours.delivered_at - theirs.delivered_at) <= HOUR  # each log's own time moves it by an hour at most


def test_a_bundle_of_either_operator_verifies_with_a_trust_file_that_names_its_log(pair: Pair) -> None:
    one, two = pair.one, pair.two
    goods = two.open(2)
    two.hand(MAKER, SHOP, (goods, 0, 2))
    two.node.tick()
    two.settle()
    bundle = Exporter(two.node.reader).shipment(goods, None)
    own, other = (seat.node.home.consortium.trust_file() for seat in (two, one))
    assert all(step.ok for step in verify_bundle(bundle, parse_trust(canonical_json(own))))
    failed = [step for step in verify_bundle(bundle, parse_trust(canonical_json(other))) if not step.ok]
    assert failed[0].name == "log"
    both = with_logs_of(other, parse_trust(canonical_json(own)))
    assert all(step.ok for step in verify_bundle(bundle, parse_trust(canonical_json(both))))


def test_the_council_replaces_a_contract_and_both_operators_go_on(pair: Pair) -> None:
    one, two = pair.one, pair.two
    goods = one.open(4)
    two.settle()
    with one.node.home.database.read() as connection:
        history = one.node.reader.registry.refreshed(connection).history
    node = one.node
    found = replace_contract(node.home.settings, node.chain, node.home.consortium, history, ContractKind.CUSTODY, CLOCK)
    for record in found.changes:
        two.trial.change(record)
        two.settle()
    # Accepted by an operator that has not heard of the successor yet.
    handoff = one.submit(one.scribe_handoff(MAKER, CARRIER, (goods, 0, 4)), MAKER, CARRIER)
    pair.settle()
    for seat in (one, two):
        assert seat.outcome(handoff) == ["applied"]
        with seat.node.home.database.read() as connection:
            assert (
                seat.node.reader.registry.refreshed(connection).now().contract(ContractKind.CUSTODY) == found.successor
            )
    assert facts(one) == facts(two)
    pair.audited()


def test_who_joins_looks_at_the_chain_first(pair: Pair, tmp_path: Path) -> None:
    node = pair.one.node
    trust = node.home.consortium.trust_file()
    pool = bytes.fromhex(trust["bonusPool"][2:])
    known = parse_trust(canonical_json(trust))
    other = replace(known.genesis, consortium_id=ConsortiumId(b"\x01" * 32))
    settings = settings_of(tmp_path / "three", node.home.settings.chain, "three.example/log")
    for wrong, asked, what in (
        (replace(known, chain_id=7), pool, "another chain"),
        (replace(known, registry=b"\x01" * 20), pool, "no such contract there"),
        (known, known.registry, "no such contract there"),
        (replace(known, genesis=other), pool, "another consortium's"),
    ):
        with pytest.raises(Misconfigured, match=what):
            join(settings, node.chain, wrong, asked)
    for refused, what in (
        (replace(settings, chain="embedded"), "one operator"),
        (node.home.settings, "this home has a consortium"),
        (replace(settings, origin="one.example/log", passphrase="x"), "another log has this name"),
    ):
        with pytest.raises(Misconfigured, match=what):
            join(refused, node.chain, known, pool)
    assert not (settings.home / "consortium.json").exists()


def test_a_command_passes_over_a_node_of_another_network(pair: Pair, tmp_path: Path) -> None:
    """Which chain is meant is the consortium's to say, not that of the node that answers first."""
    node = pair.one.node
    trust = tmp_path / "trust.json"
    trust.write_bytes(canonical_json(node.home.consortium.trust_file()))
    with start_anvil(chain_id=7) as stranger:
        given = {
            "LADING_HOME": str(tmp_path / "three"),
            "LADING_CHAIN": f"{stranger.url},{node.home.settings.chain}",
            "LADING_ORIGIN": "three.example/log",
            "LADING_PASSPHRASE": "three",
        }
        for command in (["join", str(trust)], ["contracts", "courier"]):
            done = CliRunner().invoke(app, command, env=given)
            assert done.exit_code == 0, (command, done.output, done.exception)
    courier = read_consortium(tmp_path / "three").deployment.courier
    assert courier is not None
    assert artifact(COURIER).is_deployed_as(node.chain.code(courier))
