"""An award is computed at the first anchored size after its period and grace: its awarder chooses nothing."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.bundle.format import parse_trust
from ledger.bundle.steps import Step
from ledger.bundle.verify import verify_bundle
from ledger.common.canonical import canonical_json
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.common.periods import DAY, HOUR
from ledger.errors import NotFound, RuleBroken, VerificationFailed
from ledger.log.leaf import Leaf, parse_leaf
from ledger.records.types import BonusAward, Observation
from ledger.services.audit.run import audit
from ledger.services.exports.award_drafts import check_award, draft_award
from ledger.services.exports.bundle import Exporter
from ledger.services.figures import award_files
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import records
from tests.e2e.figures.test_awards import POOL, RULE, agree
from tests.e2e.stage import CARRIER, MAKER, SHOP, Stage, staged

GRACE = DAY
WITH_GRACE = RULE.replace("\n\n", f"\ngrace = {GRACE}\n\n", 1)


@dataclass
class Played:
    """Sizes that the chain took: `early` within the grace, `first` after it, `later` another. One award at each."""

    stage: Stage
    early: int
    first: int
    later: int
    refusals: dict[str, RuleBroken]
    at_early: RecordId
    at_first: RecordId
    at_later: RecordId
    at_none: RecordId


def award_at(stage: Stage, agreement: RecordId, size: int) -> BonusAward:
    """The award that the records give at `size`, whatever size that is."""
    node = stage.node
    with node.home.database.read() as connection:
        reader = VerifiedRecords(connection, node.home.consortium, node.reader.registry.refreshed(connection))
        award = award_files.computed(connection, reader, agreement, 1, POOL, size).award
    return award.record(PartnerId(SHOP), node.home.consortium.log.log_id, size)


def refusal(act: Callable[[], object]) -> RuleBroken:
    with pytest.raises(RuleBroken) as caught:
        act()
    return caught.value


@pytest.fixture(scope="module")
def played(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with staged(founded, tmp_path_factory.mktemp("sizes") / "home") as stage:
        yield play(stage)


def play(stage: Stage) -> Played:
    reader, refusals = stage.node.reader, {}
    goods = stage.open(10)
    honest, hasty, choosy, careless = (agree(stage, WITH_GRACE, days=2) for _ in range(4))
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    stage.hand(CARRIER, SHOP, (goods, 1, 10))
    stage.pass_time(2 * DAY + 12 * HOUR)
    early = stage.log_anything()
    refusals["within the grace"] = refusal(lambda: draft_award(reader, honest))
    stage.pass_time(DAY)
    stage.sign(Observation(CARRIER, b"\1" * 32, stage.now), CARRIER)
    refusals["not anchored"] = refusal(lambda: draft_award(reader, honest))
    first = stage.log_anything()
    stage.pass_time(HOUR)
    later = stage.log_anything()
    for name, size in (("early", early), ("later", later), ("none", first - 1)):
        record = award_at(stage, honest, size)
        refusals[f"signed at {name}"] = refusal(partial(stage.submit, record, SHOP))
        refusals[f"shown at {name}"] = refusal(partial(stage.node.submission.check_signable, record))
    drafted = draft_award(reader, honest).record
    assert drafted.logSize == first
    at_first = stage.sign(drafted, SHOP)
    straight = stage.straight_to_the_contract
    at_early = straight(award_at(stage, hasty, early), SHOP)
    at_later = straight(award_at(stage, choosy, later), SHOP)
    at_none = straight(award_at(stage, careless, first - 1), SHOP)
    for award in (at_early, at_first, at_later, at_none):
        assert stage.outcome(award) == ["applied"], "the contract knows no log times"
    stage.node.settle()
    return Played(stage, early, first, later, refusals, at_early, at_first, at_later, at_none)


def verified(played: Played, award: RecordId, edit: Callable[[Any], None] | None = None) -> Step:
    value = json.loads(Exporter(played.stage.node.reader).award(award))
    if edit is not None:
        edit(value)
    trust = played.stage.node.home.consortium.trust_file()
    steps = verify_bundle(canonical_json(value), parse_trust(canonical_json(trust)))
    return next(step for step in steps if not step.ok or step.name == "cut-off")


# --- before it is signed ---------------------------------------------------------------------------------------------


def test_no_award_is_drafted_before_something_is_logged_and_anchored_after_the_grace(played: Played) -> None:
    assert "no record was logged after the period and its grace" in str(played.refusals["within the grace"])
    assert "Wait for the next record" in played.refusals["within the grace"].mend
    assert "no checkpoint after the period and its grace is anchored" in str(played.refusals["not anchored"])
    assert "anchored its newest checkpoint" in played.refusals["not anchored"].mend


@pytest.mark.parametrize("act", ["signed", "shown"])
@pytest.mark.parametrize(
    ("size", "why"),
    [
        ("early", "before the period and its grace were over"),
        ("later", "not computed at the first anchored size"),
        ("none", "not computed at an anchored size"),
    ],
)
def test_an_award_at_a_size_of_the_awarders_choice_is_refused_before_and_after_it_is_signed(
    played: Played, act: str, size: str, why: str
) -> None:
    error = played.refusals[f"{act} at {size}"]
    assert why in str(error)
    assert error.where == "award.logSize"


def test_a_size_that_no_store_can_hold_is_refused_like_any_other(played: Played) -> None:
    record = award_at(played.stage, agree(played.stage, WITH_GRACE, days=2), played.first)
    huge = BonusAward.from_json(record.to_json() | {"logSize": str(2**64 - 1)})
    with pytest.raises(RuleBroken, match="not computed at an anchored size"):
        played.stage.submit(huge, SHOP)
    client = TestClient(create_app(played.stage.node), base_url="http://127.0.0.1:8000")
    answer = client.post("/v1/records/typed-data", json={"type": "BonusAward", "message": huge.to_json()})
    assert (answer.status_code, "anchored size" in answer.text) == (422, True)


# --- what the contract took all the same -----------------------------------------------------------------------------


def test_a_stranger_sees_that_an_award_counts_what_was_logged_in_time_and_no_more(played: Played) -> None:
    step = verified(played, played.at_first)
    assert (step.name, step.ok, step.basis) == ("cut-off", True, "attested by the log")
    assert f"the last of the {played.first} leaves" in step.why
    assert f"the anchored size before it is {played.early}" in step.why


@pytest.mark.parametrize("size", ["early", "later"])
def test_an_award_at_another_size_fails_verification_and_the_check_of_the_parties(played: Played, size: str) -> None:
    award = {"early": played.at_early, "later": played.at_later}[size]
    why = {"early": "before the period and its grace were over", "later": "not computed at the first anchored"}[size]
    step = verified(played, award)
    assert (step.name, step.ok) == ("cut-off", False)
    assert why in step.why
    with played.stage.node.home.database.read() as connection:
        stored = records.get(connection, award)
    assert stored is not None
    assert isinstance(stored.record, BonusAward)
    with pytest.raises(VerificationFailed, match=why):
        check_award(played.stage.node.reader, RecordId(stored.record.agreement), 1)


def test_of_an_award_at_no_checkpoint_there_is_nothing_to_export(played: Played) -> None:
    with pytest.raises(NotFound, match="not computed at a checkpoint of this log"):
        Exporter(played.stage.node.reader).award(played.at_none)


def test_an_audit_notes_awards_at_other_sizes_and_keeps_what_is_recorded(played: Played) -> None:
    report = audit(played.stage.node)
    assert report.ok, report.findings
    noted = {note.record: note.what for note in report.notes if note.field == "award.logSize"}
    assert set(noted) == {to_hex(award) for award in (played.at_early, played.at_later, played.at_none)}
    assert all("a party may dispute it" in what for what in noted.values())


# --- forged bundles --------------------------------------------------------------------------------------------------


def test_stripping_the_last_leaf_is_found_out(played: Played) -> None:
    def strip(value: Any) -> None:
        value["cutoff"]["last"] = value["cutoff"]["before"]

    step = verified(played, played.at_first, strip)
    assert (step.name, step.ok) == ("cut-off", False)
    assert step.why.startswith("cutoff.last, inclusion proof")


def test_leaving_the_cut_off_out_is_found_out(played: Played) -> None:
    step = verified(played, played.at_first, lambda value: value.pop("cutoff"))
    assert (step.name, step.ok) == ("format", False)


def test_hiding_the_checkpoint_before_is_found_out(played: Played) -> None:
    """It was late enough already: without it, a later size would look like the first."""

    def hide(value: Any) -> None:
        value["times"]["checkpoints"] = [
            entry for entry in value["times"]["checkpoints"] if entry["checkpoint"].split("\n")[1] != str(played.first)
        ]
        value["cutoff"]["before"] = None

    step = verified(played, played.at_later, hide)
    assert (step.name, step.ok) == ("complete", False)

    def unanchored(value: Any) -> None:
        for entry in value["times"]["checkpoints"]:
            if entry["checkpoint"].split("\n")[1] == str(played.first):
                entry["anchored"] = None

    assert not verified(played, played.at_later, unanchored).ok


def test_hiding_the_leaf_of_the_checkpoint_before_is_found_out(played: Played) -> None:
    step = verified(played, played.at_later, lambda value: value["cutoff"].update(before=None))
    assert (step.name, step.ok) == ("cut-off", False)
    assert "the last leaf of the anchored size before is missing" in step.why


@pytest.mark.parametrize("which", ["last", "before"])
def test_a_leaf_with_a_forged_log_time_is_found_out(played: Played, which: str) -> None:
    """An early size whose last leaf claims to be late, and a late one before that claims to be early."""

    def forge(value: Any) -> None:
        shown = value["cutoff"][which]
        leaf = parse_leaf(bytes.fromhex(shown["leaf"][2:]))
        moved = leaf.log_time + (-10 if which == "before" else 10) * DAY
        shown["leaf"] = to_hex(Leaf(leaf.type_number, leaf.record_id, leaf.signatures_hash, moved).encode())

    award = {"last": played.at_early, "before": played.at_later}[which]
    step = verified(played, award, forge)
    assert (step.name, step.ok) == ("cut-off", False)
    assert step.why.startswith(f"cutoff.{which}, inclusion proof")
