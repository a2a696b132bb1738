"""A tender is contested when the period of a bonus ends: the award waits, or leaves the shipment out, as was signed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.bonuses.amounts import Line, amounts_root
from ledger.bonuses.disputed import reckoning
from ledger.bonuses.rule_file import parse_rule
from ledger.bundle.format import parse_trust
from ledger.bundle.steps import Step
from ledger.bundle.verify import verify_bundle
from ledger.cli.demo.scribe import details, salt
from ledger.codes import StatementKind
from ledger.common.canonical import canonical_json
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.common.periods import DAY, HOUR
from ledger.errors import RuleBroken, VerificationFailed
from ledger.explain.bundle import step_text
from ledger.records.erasure import ErasureReason
from ledger.records.types import BonusAgreement, BonusAward, Share
from ledger.services.audit.run import audit
from ledger.services.exports.award_drafts import check_award, draft_award
from ledger.services.exports.bundle import Exporter
from ledger.services.figures import award_files
from ledger.services.relay import pool_payments
from ledger.services.state.verified_records import VerifiedRecords
from ledger.shipments.history import Journeys
from ledger.store import records
from tests.e2e.figures.test_awards import POOL, RULE
from tests.e2e.stage import ALPHA, AUDITOR, CAP, CARRIER, MAKER, PURSE, SECOND, SHOP, Stage, staged

NEWER = RULE.replace("bonus-rule/1", "bonus-rule/2").replace("\n\n", "\npenalties = true\n\n", 1)
WAITS = NEWER
LEAVES_OUT = NEWER.replace("\n\n", '\ndisputed = "left out"\n\n', 1)
PERIOD = 20 * DAY


@dataclass
class Played:
    """The carrier delivered `early`, and tendered `contested` two days late, which the shop contests. Two agreements
    wait, one with little time; two leave disputed shipments out. `lied`: an award that counts the disputed one too.
    """

    stage: Stage
    early: RecordId
    contested: RecordId
    refused: RuleBroken
    hurried: RuleBroken
    unsigned: RuleBroken
    hasty: RecordId
    waited: RecordId
    left_out: RecordId
    lied: RecordId
    sizes: tuple[int, int]


def agree(stage: Stage, rule: str, deadline: int) -> RecordId:
    """A funded pool for both carriers, to be awarded `deadline` seconds after the period."""
    node = stage.node
    token = node.home.deployment.token or b""
    with node.home.database.write() as connection:
        kept = award_files.keep_rule(connection, rule.encode())
    end = stage.now + PERIOD
    terms = BonusAgreement(
        salt(), (Share(CARRIER, 6_000), Share(SECOND, 4_000)), SHOP, SHOP, token, "EUR", kept, stage.now, end, DAY,
        AUDITOR, DAY, end + deadline, end + deadline + 100 * DAY, details(),
    )  # fmt: skip
    agreement = stage.sign(terms, CARRIER, SECOND)
    pool_payments.fund(node.home, node.chain, PURSE, agreement, POOL)
    return agreement


def refusal(act: Callable[[], object]) -> RuleBroken:
    with pytest.raises(RuleBroken) as caught:
        act()
    return caught.value


def play(stage: Stage) -> Played:
    reader = stage.node.reader
    waits, hasty = agree(stage, WAITS, 60 * DAY), agree(stage, WAITS, 60 * DAY)
    hurried = agree(stage, WAITS, 26 * DAY)
    leaves, lies = agree(stage, LEAVES_OUT, 60 * DAY), agree(stage, LEAVES_OUT, 60 * DAY)
    early, contested = stage.open(10), stage.open(10)
    stage.hand(MAKER, CARRIER, *((shipment, 0, 10) for shipment in sorted((early, contested))))
    stage.pass_time(5 * DAY)
    stage.hand(CARRIER, SHOP, (early, 1, 10))
    stage.pass_time(7 * DAY)
    stage.state(StatementKind.TENDER, CARRIER, contested, 1, SHOP)
    stage.pass_time(2 * DAY)
    stage.state(StatementKind.CONTEST, SHOP, contested, 1)
    stage.pass_time(7 * DAY)
    first = stage.log_anything()

    refused, hurry = (refusal(lambda a=a: draft_award(reader, a)) for a in (waits, hurried))  # type: ignore[misc]
    log_id = stage.node.home.consortium.log.log_id
    lines = [Line(PartnerId(CARRIER), 600_00 - 4 * ALPHA), Line(PartnerId(SECOND), 0)]
    early_award = BonusAward(SHOP, hasty, 1, log_id, first, POOL, amounts_root(hasty, 1, lines), bytes(32))
    unsigned = refusal(lambda: stage.submit(early_award, SHOP))
    hasty_award = stage.straight_to_the_contract(early_award, SHOP)
    left_out = stage.sign(draft_award(reader, leaves).record, SHOP)
    lie = BonusAward(SHOP, lies, 1, log_id, first, POOL, amounts_root(lies, 1, lines), bytes(32))
    lied = stage.sign(lie, SHOP)
    stage.pass_time(20 * DAY)
    stage.log_anything()
    assert "disputed" in str(refusal(lambda: draft_award(reader, waits))), "for ten days more"
    stage.pass_time(10 * DAY)
    last = stage.log_anything()
    stage.pass_time(HOUR)
    stage.log_anything()
    waited = stage.sign(draft_award(reader, waits).record, SHOP)
    for award in (hasty_award, left_out, lied, waited):
        assert stage.outcome(award) == ["applied"]
    stage.node.settle()
    return Played(
        stage, early, contested, refused, hurry, unsigned, hasty_award, waited, left_out, lied, (first, last)
    )  # fmt: skip


@pytest.fixture(scope="module")
def played(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with staged(founded, tmp_path_factory.mktemp("disputed") / "home") as stage:
        yield play(stage)


def verified(played: Played, award: RecordId, edit: Callable[[Any], None] | None = None) -> list[Step]:
    value = json.loads(Exporter(played.stage.node.reader).award(award))
    if edit is not None:
        edit(value)
    trust = played.stage.node.home.consortium.trust_file()
    return verify_bundle(canonical_json(value), parse_trust(canonical_json(trust)))


def figures(played: Played, award: RecordId) -> Any:
    steps = verified(played, award)
    assert all(step.ok for step in steps), steps[-1]
    assert steps[-1].checked is not None
    return steps[-1].checked.figures["award"]


def agreement_of(played: Played, award: RecordId) -> RecordId:
    with played.stage.node.home.database.read() as connection:
        stored = records.get(connection, award)
    assert stored is not None
    assert isinstance(stored.record, BonusAward)
    return RecordId(stored.record.agreement)


# --- wait ------------------------------------------------------------------------------------------------------------


def test_no_award_is_drafted_while_a_shipment_that_counts_is_disputed_and_the_words_name_it(played: Played) -> None:
    assert "shipments that count in the award are disputed" in str(played.refused)
    assert to_hex(played.contested) in str(played.refused)
    assert to_hex(played.early) not in str(played.refused)
    assert "contested or contestable tender" in played.refused.mend
    assert "deadline" not in played.refused.mend
    assert "The deadline nears" in played.hurried.mend


def test_an_award_at_a_size_at_which_it_has_to_wait_is_refused_before_it_is_signed_and_found_out_after(
    played: Played,
) -> None:
    assert played.unsigned.where == "award.logSize"
    assert "shipments that count are disputed" in str(played.unsigned)
    step = verified(played, played.hasty)[-1]
    assert (step.name, step.ok) == ("cut-off", False)
    assert to_hex(played.contested) in step.why
    with pytest.raises(VerificationFailed, match="shipments that count are disputed"):
        check_award(played.stage.node.reader, agreement_of(played, played.hasty), 1)
    report = audit(played.stage.node)
    assert report.ok, report.findings
    noted = [note.record for note in report.notes if note.field == "award.logSize"]
    assert noted == [to_hex(played.hasty)], "those that waited, or leave out, are at their size"


def test_what_services_read_to_find_disputes_gives_the_same_as_all_records(played: Played) -> None:
    """A bundle has all of them; a service that is asked to take an award in reads families with tenders alone."""
    node = played.stage.node
    with node.home.database.read() as connection:
        reader = VerifiedRecords(connection, node.home.consortium, node.reader.registry.refreshed(connection))
        for award in (played.waited, played.left_out):
            terms, rule = award_files.agreed(connection, agreement_of(played, award))
            for size in played.sizes:
                whole = reckoning(terms, parse_rule(rule), Journeys(reader.known_at(size)))
                few = reader.tendered_known_at(size)
                assert reckoning(terms, parse_rule(rule), Journeys(few)) == whole
                assert {entry.shipment for entry in whole.waits_for} | set(whole.left_out) == {played.contested}
                assert played.early not in {record.id for record in few}


def test_after_thirty_days_the_award_stands_and_counts_what_was_decided(played: Played) -> None:
    award = figures(played, played.waited)
    carrier, _ = award["lines"]
    assert [(p["shipment"], p["amount"]) for p in carrier["penalties"]] == [(to_hex(played.contested), str(CAP))]
    assert (carrier["amount"], award["leftOut"]) == ("0", [])
    cutoff = next(step for step in verified(played, played.waited) if step.name == "cut-off")
    assert f"the last of the {played.sizes[1]} leaves" in cutoff.why
    assert "after the disputes that it waited for ended at" in cutoff.why
    assert "(shipments: 1)" in cutoff.why
    assert check_award(played.stage.node.reader, agreement_of(played, played.waited), 1).ranges is None


# --- left out --------------------------------------------------------------------------------------------------------


def test_what_is_left_out_is_listed_and_the_amounts_are_without_it(played: Played) -> None:
    award = figures(played, played.left_out)
    carrier, second = award["lines"]
    assert award["leftOut"] == [to_hex(played.contested)]
    assert (carrier["penalties"], carrier["amount"], second["amount"]) == ([], "60000", "0")
    said = step_text(verified(played, played.left_out)[-1])
    assert f"Left out, for they are disputed and the rule says so: {to_hex(played.contested)}" in said
    assert check_award(played.stage.node.reader, agreement_of(played, played.left_out), 1).ranges is None


@pytest.mark.parametrize(
    "edit",
    [
        lambda listed, _: listed.clear(),
        lambda listed, played: listed.append(to_hex(played.early)),
        lambda listed, played: listed.__setitem__(0, to_hex(played.early)),
    ],
    ids=["nothing", "another too", "another"],
)
def test_an_awarder_that_lies_about_what_was_left_out_is_found_out(
    played: Played, edit: Callable[[Any, Played], None]
) -> None:
    step = verified(played, played.left_out, lambda value: edit(value["figures"]["award"]["leftOut"], played))[-1]
    assert (step.name, step.ok) == ("figures", False)
    assert step.why.startswith("award.leftOut")


def test_an_award_that_counts_a_disputed_shipment_although_the_rule_leaves_it_out_is_found_out(played: Played) -> None:
    reader, agreement = played.stage.node.reader, agreement_of(played, played.lied)
    with pytest.raises(VerificationFailed, match="the records give another award"):
        check_award(reader, agreement, 1)
    step = verified(played, played.lied)[-1]
    assert (step.name, step.ok) == ("figures", False)


# --- withheld parts: last, for what is erased stays away --------------------------------------------------------------


def test_where_parts_are_withheld_an_award_that_waited_or_left_something_out_is_a_range(played: Played) -> None:
    node = played.stage.node
    for award in (played.waited, played.left_out):
        node.reader.bonuses.keep_file(
            agreement_of(played, award), 1, check_award(node.reader, agreement_of(played, award), 1).file
        )
    node.erasing.erase(played.contested, ["commercial"], reason=ErasureReason.MISTAKE)
    for award, signed, most in ((played.waited, "0", "40000"), (played.left_out, "60000", "0")):
        carrier, second = figures(played, award)["lines"]
        assert (carrier["low"], carrier["high"], carrier["amount"]) == ("0", "60000", signed)
        assert (second["low"], second["high"]) == ("0", most), "when an award that waited was judged is hidden too"
