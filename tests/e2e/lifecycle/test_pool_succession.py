"""The council closes the bonus pool and opens its successor: the old one pays out what it has, the new one takes what
is new, and nobody gains by signing or sending for the wrong one.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from ledger.api.app import create_app
from ledger.bonuses.amounts import Line, amounts_root
from ledger.bundle.format import parse_trust
from ledger.bundle.verify import verify_bundle
from ledger.chain.contracts import TOKEN, decode_result, encode_call, encode_function, revert_reason
from ledger.chain.deploy import deploy_successor
from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.cli.main import app
from ledger.cli.sandbox import open_trial
from ledger.codes import ContractKind, RegistryAction
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.common.periods import DAY
from ledger.errors import NotPermitted, RuleBroken
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import (
    BonusAgreement,
    BonusAward,
    Claim,
    Dispute,
    Endorsement,
    Observation,
    Outcome,
    Record,
    Ruling,
    Share,
)
from ledger.registry.changes import change
from ledger.services.audit.held_evidence import Held, HeldCheckpoint
from ledger.services.audit.run import audit
from ledger.services.exports.bundle import Exporter
from ledger.services.figures import award_files
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from ledger.services.lifecycle.rebuild import restore_from_chain
from ledger.services.relay import pool_payments
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import records
from ledger.store.projections import outcomes
from tests.e2e.figures.test_awards import POOL, agree
from tests.e2e.lifecycle.test_contract_succession import decide, prepare
from tests.e2e.stage import AUDITOR, CARRIER, DELAY, HOUR, MAKER, PURSE, SECOND, SHOP, Stage, key_of, living, staged

GIVEN = (BonusAgreement, Endorsement, Observation)
"""What partners give back of a lost database: what only the log had, and the agreements with their details."""


@dataclass
class Succeeded:
    """`old` was agreed and funded in the first pool, `new` in its successor; both periods are over."""

    stage: Stage
    pools: tuple[bytes, bytes]
    old: RecordId
    new: RecordId


def succeed(stage: Stage) -> tuple[bytes, bytes]:
    """Replace the pool in force; the old one and the new one."""
    result = prepare(stage, ContractKind.BONUS)
    for one in result.changes:
        decide(stage, one)
    stage.pass_time(DELAY + HOUR)
    return result.predecessor, result.successor


@pytest.fixture(scope="module")
def two_pools(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Succeeded]:
    home = tmp_path_factory.mktemp("pools") / "home"
    with living(founded, home) as stage:
        old = agree(stage)
        pools = succeed(stage)
        new = agree(stage)
        goods = stage.open(10)
        stage.hand(MAKER, CARRIER, (goods, 0, 10))
        stage.pass_time(5 * DAY)
        stage.hand(CARRIER, SHOP, (goods, 1, 10))
        stage.pass_time(40 * DAY)
    return home, Succeeded(stage, pools, old, new)


@pytest.fixture
def succeeded(two_pools: tuple[Path, Succeeded], tmp_path: Path) -> Iterator[Succeeded]:
    home, made = two_pools
    with staged(home, tmp_path / "succeeded") as stage:
        yield replace(made, stage=stage)


def award(stage: Stage, agreement: RecordId) -> RecordId:
    """The award that follows from the records, whose file is kept."""
    node = stage.node
    size = stage.award_size(agreement)
    with node.home.database.write() as connection:
        reader = VerifiedRecords(connection, node.home.consortium, node.reader.registry.refreshed(connection))
        computed = award_files.computed(connection, reader, agreement, 1, POOL, size)
        award_files.keep_computed(connection, computed.award)
    return stage.sign(computed.award.record(PartnerId(SHOP), node.home.log_id, size), SHOP)


def target(stage: Stage, record_id: RecordId) -> bytes:
    """The contract that took a record."""
    with stage.node.home.database.read() as connection:
        (one,) = outcomes.of(connection, record_id)
        row = records.get(connection, one.outcome_record)
    assert row is not None
    assert isinstance(row.record, Outcome)
    return row.record.target


def balance(stage: Stage, account: bytes) -> int:
    result = stage.node.chain.call(stage.node.home.deployment.token, encode_function(TOKEN, "balanceOf", account))
    return int(decode_result(TOKEN, "balanceOf", result.output)[0])


def terms(stage: Stage, start: int = 0) -> BonusAgreement:
    """An agreement whose period begins now, unless another second is named."""
    start = start or stage.now
    end = start + DAY
    return BonusAgreement(
        salt(), (Share(CARRIER, 6_000), Share(SECOND, 4_000)), SHOP, SHOP, stage.node.home.deployment.token, "EUR",
        NO_HASH, start, end, DAY, AUDITOR, DAY, end + 10 * DAY, end + 100 * DAY, details(),
    )  # fmt: skip


def signed_for(stage: Stage, pool: bytes, record: Record, *signers: int) -> SignedRecord:
    domain = stage.node.home.deployment.domain(pool)
    return SignedRecord(record, tuple(stage.parties[one].key.sign(domain, record) for one in signers))


def test_each_pool_awards_and_pays_its_own_agreements(succeeded: Succeeded) -> None:
    stage, (first, second) = succeeded.stage, succeeded.pools
    for agreement, pool in ((succeeded.old, first), (succeeded.new, second)):
        assert (target(stage, agreement), balance(stage, pool)) == (pool, POOL)
        assert stage.node.reader.bonuses.pool_of(agreement) == pool
        awarded = award(stage, agreement)
        assert stage.outcome(awarded) == ["applied"]
        assert target(stage, awarded) == pool
    stage.pass_time(2 * DAY)
    for agreement, pool in ((succeeded.old, first), (succeeded.new, second)):
        (file,) = (one["file"] for one in stage.node.reader.bonuses.agreement(agreement)["awards"])
        amounts = {line["partner"]: int(line["amount"]) for line in file["lines"]}
        purse = key_of(f"purse at {pool.hex()}").address
        claim = stage.sign(Claim(CARRIER, agreement, 1, amounts[CARRIER], purse), CARRIER)
        assert (stage.outcome(claim), target(stage, claim)) == (["applied"], pool)
        assert balance(stage, purse) == amounts[CARRIER] > 0
        left = POOL - sum(amounts.values())
        rest = stage.sign(Claim(SHOP, agreement, 1, left, purse), SHOP)
        assert stage.outcome(rest) == ["applied"]
        assert balance(stage, pool) == amounts[SECOND], "nobody has claimed the second carrier's amount yet"
    stage.audited()


def test_a_dispute_in_a_closed_pool_is_ruled_and_its_silence_refunds(succeeded: Succeeded) -> None:
    stage = succeeded.stage
    award(stage, succeeded.old)
    stage.sign(Dispute(CARRIER, succeeded.old, 1, b"\5" * 32), CARRIER)
    stage.sign(Ruling(AUDITOR, succeeded.old, 1, True, b"\5" * 32), AUDITOR)
    stage.pass_time(2 * DAY)
    before = balance(stage, PURSE.address)
    assert pool_payments.refund(stage.node.home, stage.node.chain, key_of("passer-by"), succeeded.old) == 1
    assert balance(stage, PURSE.address) - before == POOL
    assert balance(stage, succeeded.pools[1]) == POOL, "the successor's money is another's"
    stage.audited()


def test_pages_api_and_bundles_know_both_pools(succeeded: Succeeded) -> None:
    stage, (first, second) = succeeded.stage, succeeded.pools
    awards = [award(stage, agreement) for agreement in (succeeded.old, succeeded.new)]
    stage.node.settle()
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000")
    listed = client.get("/v1/bonuses").json()["agreements"]
    assert [(one["id"], one["pool"]) for one in listed] == [
        (to_hex(succeeded.old), to_hex(first)),
        (to_hex(succeeded.new), to_hex(second)),
    ]
    assert client.get(f"/bonuses/{to_hex(succeeded.old)}").status_code == 200
    consortium = client.get("/v1/consortium").json()
    assert (consortium["pools"], consortium["contracts"]["bonus"]) == ([to_hex(first), to_hex(second)], to_hex(second))
    trust = parse_trust(canonical_json(stage.node.home.consortium.trust_file()))
    for record_id in awards:
        steps = verify_bundle(Exporter(stage.node.reader).award(record_id), trust)
        assert all(step.ok for step in steps), steps[-1]


def test_a_bundle_whose_outcome_names_the_other_pool_is_refused(succeeded: Succeeded) -> None:
    """An award in the closed pool was taken by that pool, and by no other, in force or not."""
    stage, (first, second) = succeeded.stage, succeeded.pools
    awarded = award(stage, succeeded.old)
    stage.node.settle()
    trust = parse_trust(canonical_json(stage.node.home.consortium.trust_file()))
    value = parse_json(Exporter(stage.node.reader).award(awarded), max_size=1 << 26)
    (outcome,) = (
        one for one in value["records"] if one["type"] == "Outcome" and one["message"]["record"] == to_hex(awarded)
    )
    assert outcome["message"]["target"] == to_hex(first)
    outcome["message"]["target"] = to_hex(second)
    assert not all(step.ok for step in verify_bundle(canonical_json(value), trust))


def test_wallets_are_given_the_pool_that_their_signature_is_for(succeeded: Succeeded) -> None:
    stage, (first, second) = succeeded.stage, succeeded.pools
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000")
    drafts = {
        first: Claim(CARRIER, succeeded.old, 1, 5, key_of("purse").address),
        second: terms(stage),
    }
    for pool, record in drafts.items():
        body = {"type": type(record).__name__, "message": record.to_json()}
        answer = client.post("/v1/records/typed-data", json=body).json()
        assert answer["typedData"]["domain"]["verifyingContract"] == to_hex(pool)
        assert answer["id"] == to_hex(stage.node.home.deployment.domain(pool).record_id(record))


# --- hostile ---------------------------------------------------------------------------------------------------------


def test_a_closed_pool_takes_no_new_agreement_and_no_money(succeeded: Succeeded) -> None:
    stage, (first, second) = succeeded.stage, succeeded.pools
    record = terms(stage)
    with pytest.raises(RuleBroken, match="takes no new agreements") as caught:
        stage.node.submission.submit(signed_for(stage, first, record, CARRIER, SECOND))
    assert to_hex(second) in caught.value.expected
    with pytest.raises(RuleBroken, match="pool is closed"):
        pool_payments.fund(stage.node.home, stage.node.chain, PURSE, succeeded.old, 2 * POOL)
    assert balance(stage, first) == POOL
    assert stage.outcome(stage.sign(record, CARRIER, SECOND)) == ["applied"], "signed for the pool in force it is taken"


def test_a_stranger_replays_nothing_of_the_old_pool_into_its_successor(succeeded: Succeeded) -> None:
    stage, (first, second) = succeeded.stage, succeeded.pools
    awarded = award(stage, succeeded.old)
    for record_id in (succeeded.old, awarded):
        with stage.node.home.database.read() as connection:
            row = records.get(connection, record_id)
        assert row is not None
        call = encode_call(row.signed)
        result = stage.node.chain.call(second, call, sender=key_of("stranger").address)
        assert not result.succeeded
        assert revert_reason(result.output).name in ("BonusPoolNotItsKey", "BonusPoolNotNow")
        again = stage.node.chain.call(first, call, sender=key_of("stranger").address)
        assert not again.succeeded, "nor once more into the old one"
    assert balance(stage, second) == POOL


def test_what_is_signed_for_one_pool_says_nothing_in_the_other(succeeded: Succeeded) -> None:
    stage, (first, second) = succeeded.stage, succeeded.pools
    lines = [Line(PartnerId(CARRIER), POOL), Line(PartnerId(SECOND), 0)]
    for agreement, other in ((succeeded.old, second), (succeeded.new, first)):
        root = amounts_root(agreement, 1, lines)
        record = BonusAward(
            SHOP, agreement, 1, stage.node.home.log_id, stage.award_size(agreement), POOL, root, NO_HASH
        )
        with pytest.raises(NotPermitted):
            stage.node.submission.submit(signed_for(stage, other, record, SHOP))
        assert stage.node.reader.bonuses.status(agreement) == "funded"


@pytest.mark.parametrize("before", ["nobody", "itself a stranger"])
def test_a_successor_of_another_pool_is_not_opened(stage: Stage, before: str) -> None:
    node, consortium = stage.node, stage.node.home.consortium
    old = consortium.deployment.contracts[ContractKind.BONUS]
    predecessor = bytes(20) if before == "nobody" else key_of("stranger").address
    stranger: SigningKey = key_of("a stranger who deploys")
    wrong = deploy_successor(
        node.chain, stranger, 0, ContractKind.BONUS, consortium.deployment.registry, predecessor, stage.clock.now
    )
    numbers = stage.trial.next_sequence()
    decide(stage, change(numbers, RegistryAction.CLOSE_CONTRACT, key=old, number=int(ContractKind.BONUS)))
    with pytest.raises(RuleBroken, match="no contract of this kind that goes on from the latest"):
        decide(stage, change(0, RegistryAction.OPEN_CONTRACT, key=wrong, number=int(ContractKind.BONUS)))
    stage.pass_time(DELAY + HOUR)
    with pytest.raises(RuleBroken, match="NotOpen"):
        stage.sign(terms(stage), CARRIER, SECOND)
    assert len(stage.node.reader.bonuses.pools()) == 1


def test_two_of_its_kind_are_never_open_and_the_old_pool_says_so_first(stage: Stage) -> None:
    """Before the council has closed the pool no other opens; closed, it waits for the successor to be in force."""
    close, open_ = prepare(stage, ContractKind.BONUS).changes
    with pytest.raises(RuleBroken, match="KindOpen"):
        decide(stage, open_)
    decide(stage, close)
    decide(stage, open_)
    early = stage.sign(terms(stage), CARRIER, SECOND)
    assert stage.outcome(early) == ["applied"], "until the delay is over the old pool takes agreements"
    assert target(stage, early) == close.key
    stage.pass_time(DELAY + HOUR)
    late = stage.sign(terms(stage), CARRIER, SECOND)
    assert target(stage, late) == open_.key
    stage.audited()


# --- signing without a network ---------------------------------------------------------------------------------------


def sign_offline(stage: Stage, trust: Path, record: Record, partner: int, *more: str, exit_code: int = 0) -> str:
    """What `lading sign` prints, with the partner's key, a trust file and nothing else."""
    folder = trust.parent
    (folder / "draft.json").write_bytes(canonical_json(SignedRecord(record, ()).to_json()))
    store = folder / f"{partner}.json"
    if not store.exists():
        write_keystore(store, stage.parties[partner].key, DEMO_PASSPHRASE, demo=True)
    arguments = ["sign", str(store), str(folder / "draft.json"), "--trust", str(trust), "--yes", "--json", *more]
    result = CliRunner().invoke(app, arguments, env={"LADING_HOME": str(folder)})
    assert result.exit_code == exit_code, (result.output, result.exception)
    return str(result.exception) if exit_code else str(json.loads(result.stdout)["id"])


def test_an_offline_signer_signs_for_the_right_pool(succeeded: Succeeded, tmp_path: Path) -> None:
    stage, (first, second) = succeeded.stage, succeeded.pools
    trust = tmp_path / "office" / "trust.json"
    trust.parent.mkdir()
    done = CliRunner().invoke(
        app, ["trust", "--out", str(trust)], env={"LADING_HOME": str(stage.node.home.settings.home)}
    )
    assert done.exit_code == 0, done.output
    known = parse_trust(trust.read_bytes())
    assert (known.bonus_pool, known.later_pools) == (first, (second,))
    whole = audit(stage.node, held=Held(trust=known))
    assert whole.ok
    kept = HeldCheckpoint.read("kept", whole.checkpoint)
    assert audit(stage.node, held=Held(trust=known), since=kept).ok
    other = Held(trust=replace(known, later_pools=(key_of("stranger").address,)))
    for begin in (None, kept):
        forged = audit(stage.node, held=other, since=begin)
        assert [finding.field for finding in forged.findings] == ["trust file: laterPools"]
    ids = {pool: stage.node.home.deployment.domain(pool).record_id for pool in succeeded.pools}
    record, claim = terms(stage, int(time.time())), Claim(CARRIER, succeeded.old, 1, 5, key_of("purse").address)
    assert sign_offline(stage, trust, record, CARRIER) == to_hex(ids[second](record)), "new agreements: the newest pool"
    assert "nothing tells which" in sign_offline(stage, trust, claim, CARRIER, exit_code=1)
    named = sign_offline(stage, trust, claim, CARRIER, "--bonus-pool", to_hex(first))
    with stage.node.home.database.read() as connection:
        agreement = records.get(connection, succeeded.old)
    assert agreement is not None
    file = tmp_path / "agreement.json"
    file.write_bytes(canonical_json(replace(agreement.signed, record=agreement.record).to_json()))
    beside = sign_offline(stage, trust, claim, CARRIER, "--about", str(file))
    assert named == beside == to_hex(ids[first](claim))
    stranger = to_hex(key_of("stranger").address)
    assert "knows no such" in sign_offline(stage, trust, claim, CARRIER, "--bonus-pool", stranger, exit_code=1)


def test_the_awarder_is_told_the_pool_to_sign_for(succeeded: Succeeded, tmp_path: Path) -> None:
    stage, (first, second) = succeeded.stage, succeeded.pools
    stage.log_anything()
    home = {"LADING_HOME": str(stage.node.home.settings.home)}
    for agreement, pool in ((succeeded.old, first), (succeeded.new, second)):
        arguments = ["bonuses", "award", to_hex(agreement), "--out", str(tmp_path / f"{pool.hex()}.json")]
        drafted = CliRunner().invoke(app, arguments, env=home)
        assert drafted.exit_code == 0, (drafted.output, drafted.exception)
        assert f"--bonus-pool {to_hex(pool)}" in " ".join(drafted.output.split())
        shown = CliRunner().invoke(app, ["bonuses", "show", to_hex(agreement)], env=home)
        assert f"in the bonus pool {to_hex(pool)}" in " ".join(shown.output.split())
    listed = json.loads(CliRunner().invoke(app, ["contracts", "--json"], env=home).stdout)
    assert (listed["contracts"]["bonus"], listed["pools"]) == (to_hex(second), [to_hex(first), to_hex(second)])


# --- what outlives the database --------------------------------------------------------------------------------------


def test_both_pools_come_back_when_the_database_is_lost(founded: Path, tmp_path: Path) -> None:
    with staged(founded, tmp_path / "home") as stage:
        old = agree(stage)
        first, second = succeed(stage)
        new = agree(stage)
        stage.pass_time(41 * DAY)
        awarded = [award(stage, agreement) for agreement in (old, new)]
        stage.audited()
        settings, clock = stage.node.home.settings, stage.clock
        with stage.node.home.database.read() as connection:
            given = [row.signed for row in records.stream(connection) if isinstance(row.record, GIVEN)]
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (settings.home / name).unlink(missing_ok=True)
    assert restore_from_chain(settings, given=given, clock=clock).done
    assert audit(settings).ok
    with closing(open_trial(settings, clock).node) as node:
        assert [node.reader.bonuses.pool_of(one) for one in (old, new)] == [first, second]
        for record_id in awarded:
            assert [item.outcome for item in node.reader.views.record(record_id).chain.items] == ["applied"]
