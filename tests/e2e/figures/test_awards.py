"""A bonus from the rule that the parties sign to the award that they are paid, and to whoever checks it offline."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from ledger.api.app import create_app
from ledger.bonuses.amounts import Line, amounts_root
from ledger.bonuses.award_file import FORMAT, award_to_json
from ledger.bundle.format import parse_trust
from ledger.bundle.steps import Step
from ledger.bundle.verify import verify_bundle
from ledger.cli.demo.scribe import details, salt
from ledger.cli.main import app
from ledger.common.canonical import canonical_json
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord, NotFound, RuleBroken, VerificationFailed
from ledger.explain.bundle import step_text
from ledger.explain.units import money
from ledger.records.signing import SignedRecord
from ledger.records.types import BonusAgreement, BonusAward, Dispute, Ruling, Share
from ledger.services.audit.findings import AuditReport
from ledger.services.audit.run import audit
from ledger.services.exports.bundle import Exporter
from ledger.services.figures import award_files
from ledger.services.home.score_cards import default_card
from ledger.services.relay import pool_payments
from ledger.services.state.award_sizes import rule_text
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import meta, records
from ledger.store.projections import bonuses
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, PURSE, SECOND, SHOP, Stage, staged

POOL = 1_000_00
RULE = f"""format = "lading/bonus-rule/1"
title = "Whoever carries something gets its share"
card = "{to_hex(default_card().hash)}"

[carrier.benchmark]
indicator = "shipments"
threshold = 1
samples = 0

[carrier.quality]
indicator = "in-full-undamaged"
threshold = 10_000
samples = 1
"""


@dataclass
class Awarded:
    """The carrier delivered two shipments, one late; the second carrier keeps one back."""

    stage: Stage
    agreement: RecordId
    unawarded: RecordId
    award: RecordId
    computed: award_files.Computed
    late: RecordId
    kept_back: RecordId


@pytest.fixture(scope="module")
def awarded(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Awarded]:
    with staged(founded, tmp_path_factory.mktemp("awards") / "home") as stage:
        yield play(stage)


def agree(stage: Stage, rule_file: str = RULE, days: int = 40) -> RecordId:
    """A funded pool for both carriers, for so many days from now."""
    node = stage.node
    token = node.home.deployment.token or b""
    with node.home.database.write() as connection:
        rule = award_files.keep_rule(connection, rule_file.encode())
    end = stage.now + days * DAY
    terms = BonusAgreement(
        salt(), (Share(CARRIER, 6_000), Share(SECOND, 4_000)), SHOP, SHOP, token, "EUR", rule, stage.now, end, DAY,
        AUDITOR, DAY, end + 10 * DAY, end + 100 * DAY, details(),
    )  # fmt: skip
    agreement = stage.sign(terms, CARRIER, SECOND)
    pool_payments.fund(node.home, node.chain, PURSE, agreement, POOL)
    return agreement


def play(stage: Stage) -> Awarded:
    node = stage.node
    agreement, unawarded = agree(stage), agree(stage)
    early, late = stage.open(10), stage.open(10)
    kept_back = stage.open(10, liable=SECOND)
    stage.hand(MAKER, CARRIER, *((shipment, 0, 10) for shipment in sorted((early, late))))
    stage.hand(MAKER, SECOND, (kept_back, 0, 10))
    stage.pass_time(5 * DAY)
    stage.hand(CARRIER, SHOP, (early, 1, 10))
    stage.pass_time(7 * DAY)
    stage.hand(CARRIER, SHOP, (late, 1, 10))
    stage.pass_time(30 * DAY)
    size = stage.award_size(agreement)
    with node.home.database.read() as connection:
        reader = VerifiedRecords(connection, node.home.consortium, node.reader.registry.refreshed(connection))
        computed = award_files.computed(connection, reader, agreement, 1, POOL, size)
    record = computed.award.record(PartnerId(SHOP), node.home.consortium.log.log_id, size)
    award = stage.sign(record, SHOP)
    assert stage.outcome(award) == ["applied"]
    node.settle()
    return Awarded(stage, agreement, unawarded, award, computed, late, kept_back)


def published(awarded: Awarded) -> Any:
    return awarded.stage.node.reader.bonuses.agreement(awarded.agreement)["awards"][0]["file"]


# --- who gets what ---------------------------------------------------------------------------------------------------


def test_late_goods_and_goods_kept_back_both_cost_the_bonus(awarded: Awarded) -> None:
    carrier, second = awarded.computed.award.lines
    owed = awarded.stage.penalty(awarded.late).amount
    assert owed > 0
    assert [(charge.shipment, charge.amount) for charge in carrier.charges] == [(awarded.late, owed)]
    assert carrier.amount == POOL * 6 // 10 - owed
    assert [(charge.shipment, charge.amount) for charge in second.charges] == [(awarded.kept_back, 5_000_00)], "the cap"
    assert second.amount == 0


# --- offline ---------------------------------------------------------------------------------------------------------


def verified(awarded: Awarded, edit: Callable[[Any], None] | None = None, award: RecordId | None = None) -> list[Step]:
    data = Exporter(awarded.stage.node.reader).award(award or awarded.award)
    if edit is not None:
        value = json.loads(data)
        edit(value)
        data = canonical_json(value)
    trust = awarded.stage.node.home.consortium.trust_file()
    return verify_bundle(data, parse_trust(canonical_json(trust)))


def test_a_stranger_computes_the_award_again_from_its_bundle(awarded: Awarded) -> None:
    steps = verified(awarded)
    assert all(step.ok for step in steps), steps[-1]
    said = step_text(steps[-1])
    for line in awarded.computed.award.lines:
        assert f"partner {line.partner} gets {money(line.amount, 'EUR')}" in said
    assert "award 1 of 1,000.00 EUR" in said
    assert "Lading's default card" in said
    assert "The chain took it" in said


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (lambda value: value["figures"]["award"]["lines"][0].update(amount="1"), "award.lines[0].amount"),
        (lambda value: value["figures"]["award"].update(total="1"), "award.total"),
        (lambda value: value["figures"]["award"]["lines"][0]["judged"].clear(), "award.lines[0].judged"),
        (lambda value: value["rules"].pop(0), "rules"),
        (lambda value: value["rules"].__setitem__(1, value["rules"][1] + "\n"), "rules"),
        (lambda value: value["figures"].update(withheld=[{}]), "withheld"),
    ],
    ids=["a line", "the total", "why", "no rule", "another card", "withheld"],
)
def test_an_edited_award_is_named(awarded: Awarded, edit: Callable[[Any], None], where: str) -> None:
    step = verified(awarded, edit)[-1]
    assert not step.ok
    assert step.name == "figures" or (step.name, where) == ("cut-off", "rules"), "the rule file has the grace"
    assert step.why.startswith(where)


# --- what is shown of it ---------------------------------------------------------------------------------------------


def test_of_a_file_that_anyone_hands_in_only_the_lines_are_kept(awarded: Awarded) -> None:
    """Lines prove themselves by the award's root. Words, shares and residual would not, so they are not taken."""
    file = award_to_json(awarded.computed.award)
    forged = file | {
        "explanation": ["Gets nothing: the carrier is a swindler."],
        "residual": {"partner": CARRIER, "amount": "99999999"},
        "lines": [line | {"deducted": "7", "share": "7"} for line in file["lines"]],
    }
    client = TestClient(create_app(awarded.stage.node), base_url="http://127.0.0.1:8000")
    path = f"/v1/bonuses/{to_hex(awarded.agreement)}/awards/1"
    assert client.put(path, json=forged).status_code == 200
    lines = [{"partner": line["partner"], "amount": line["amount"]} for line in file["lines"]]
    assert published(awarded)["lines"] == lines
    assert not {"explanation", "residual"} & set(published(awarded))
    other = file | {"lines": [{"partner": CARRIER, "amount": "1"}, {"partner": SECOND, "amount": "0"}]}
    refused = client.put(path, json=other)
    assert refused.status_code == 422
    assert "not this award's" in refused.text

    with awarded.stage.node.home.database.write() as connection:
        award_files.keep_computed(connection, awarded.computed.award)
    assert published(awarded) == json.loads(json.dumps(file)), "what this node computed itself is shown whole"
    assert client.put(path, json=forged).status_code == 200
    assert published(awarded) == json.loads(json.dumps(file)), "and nothing that is handed in replaces it"


def test_an_audit_looks_at_the_whole_file(awarded: Awarded) -> None:
    """What contradicts the agreement or the amounts is found, and another way to the same amounts is noted."""
    settings = awarded.stage.node.home.settings
    with awarded.stage.node.home.database.write() as connection:
        kept = award_files.keep_computed(connection, awarded.computed.award)
        name = f"award/{to_hex(awarded.agreement)}/1/{kept['amounts']}"
    honest = json.loads(json.dumps(kept))
    assert _about_the_file(audit(settings, patience=0)) == ([], [])
    for edit, expected in (
        ({"total": "1"}, ([f"meta.{name}"], ["award file.total"])),
        ({"leftOut": ["0x" + "ab" * 32]}, ([], ["award file.leftOut"])),
        ({"lines": [{**line, "share": "1"} for line in honest["lines"]]}, ([], ["award file.lines"])),
    ):
        with awarded.stage.node.home.database.write() as connection:
            meta.put(connection, name, json.dumps(honest | edit))
        assert _about_the_file(audit(settings, patience=0)) == expected
    bare = {name: value for name, value in honest.items() if name != "leftOut"}
    with awarded.stage.node.home.database.write() as connection:
        meta.put(connection, name, json.dumps(bare | {"lines": [{**one, "share": "1"} for one in honest["lines"]]}))
    assert _about_the_file(audit(settings, patience=0)) == ([], ["award file.leftOut"]), "as of the first release"


def _about_the_file(report: AuditReport) -> tuple[list[str], list[str]]:
    return [f.field for f in report.findings], [n.field for n in report.notes if n.field.startswith("award file")]


# --- from the command line -------------------------------------------------------------------------------------------


def run(awarded: Awarded, *arguments: str, exit_code: int = 0) -> Any:
    home = str(awarded.stage.node.home.settings.home)
    result = CliRunner().invoke(app, ["bonuses", *arguments], env={"LADING_HOME": home})
    assert result.exit_code == exit_code, (result.output, result.exception)
    return result


def test_a_rule_file_is_checked_and_kept_before_it_is_signed(awarded: Awarded, tmp_path: Path) -> None:
    file = tmp_path / "rule.toml"
    file.write_bytes(RULE.replace("Whoever carries something", "Everybody").encode())
    kept = json.loads(run(awarded, "rule", "keep", str(file), "--json").stdout)
    with awarded.stage.node.home.database.read() as connection:
        assert rule_text(connection, bytes.fromhex(kept["rule"][2:])) == file.read_bytes()
    file.write_text("format = 1")
    assert isinstance(run(awarded, "rule", "keep", str(file), exit_code=1).exception, MalformedRecord)


def test_the_awarder_computes_an_award_signs_it_and_everybody_checks_it(awarded: Awarded, tmp_path: Path) -> None:
    stage, agreement = awarded.stage, awarded.unawarded
    stage.node.settle()
    file = tmp_path / "award.json"
    run(awarded, "award", to_hex(agreement), "--out", str(file))
    drafted = SignedRecord.from_json(json.loads(file.read_bytes())).record
    assert isinstance(drafted, BonusAward)
    assert (drafted.by, drafted.version, drafted.total) == (SHOP, 1, POOL)
    assert drafted.amounts == amounts_root(agreement, 1, awarded.computed.award.amounts), (
        "the same goods, the same rule"
    )
    award = stage.sign(drafted, SHOP)
    assert stage.outcome(award) == ["applied"]
    shown = json.loads(run(awarded, to_hex(agreement), "--json").stdout)
    assert shown["awards"][0]["explanation"], "its file was kept with the draft"
    assert "exactly this award" in run(awarded, "check", to_hex(agreement)).stdout
    again = run(awarded, "award", to_hex(agreement), exit_code=1)
    assert isinstance(again.exception, RuleBroken)
    assert "an award stands" in str(again.exception)

    stage.sign(Dispute(SECOND, agreement, 1, b"\5" * 32), SECOND)
    stage.node.settle()
    assert "and it is disputed" in step_text(verified(awarded, award=award)[-1])
    ruling = stage.sign(Ruling(AUDITOR, agreement, 1, True, b"\5" * 32), AUDITOR)
    stage.node.settle()
    step = verified(awarded, award=award)[-1]
    assert step.ok, "what it was computed from still gives it"
    assert f"a ruling voided it: {to_hex(ruling)}" in step_text(step)


def test_an_award_that_the_records_do_not_give_is_found_out_before_it_is_paid(awarded: Awarded) -> None:
    stage = awarded.stage
    agreement = agree(stage)
    stage.pass_time(41 * DAY)
    lines = [Line(PartnerId(CARRIER), 600_00), Line(PartnerId(SECOND), 400_00)]
    size = stage.award_size(agreement)
    log_id = stage.node.home.consortium.log.log_id
    stage.sign(BonusAward(SHOP, agreement, 1, log_id, size, POOL, amounts_root(agreement, 1, lines), bytes(32)), SHOP)
    found = run(awarded, "check", to_hex(agreement), exit_code=1).exception
    assert isinstance(found, VerificationFailed)
    assert "the records give another award" in str(found)


def test_an_award_file_that_somebody_hands_over_is_checked_without_the_records(
    awarded: Awarded, tmp_path: Path
) -> None:
    computed, file = awarded.computed.award, tmp_path / "award.json"
    handed = award_to_json(computed)
    file.write_bytes(canonical_json(handed))
    said = run(awarded, "check", to_hex(awarded.agreement), "--file", str(file))
    assert f"partner {CARRIER}: {money(computed.lines[0].amount, 'EUR')}" in said.stdout
    assert "A party may dispute the award until" in said.stdout
    found = json.loads(run(awarded, "check", to_hex(awarded.agreement), "--file", str(file), "--json").stdout)
    with awarded.stage.node.home.database.read() as connection:
        (row,) = bonuses.awards(connection, awarded.agreement)
    assert row.block_time is not None
    assert found == {"ok": True, "residual": str(computed.residual_amount), "disputeUntil": row.block_time + DAY}

    handed["lines"][0]["amount"] = str(computed.lines[0].amount + 1)
    file.write_bytes(canonical_json(handed))
    other = run(awarded, "check", to_hex(awarded.agreement), "--file", str(file), exit_code=1).exception
    assert isinstance(other, VerificationFailed)
    assert "the award commits to other amounts" in str(other)
    assert "dispute the award until its dispute window ends" in str(other)


def test_an_award_beyond_a_share_is_found_out_from_its_file(awarded: Awarded, tmp_path: Path) -> None:
    """The contract never sees the list, so it takes an award whose list exceeds the shares that were signed."""
    stage, agreement, file = awarded.stage, agree(awarded.stage), tmp_path / "greedy.json"
    stage.pass_time(41 * DAY)
    lines = [Line(PartnerId(CARRIER), 700_00), Line(PartnerId(SECOND), 0)]
    root, size = amounts_root(agreement, 1, lines), stage.award_size(agreement)
    stage.sign(BonusAward(SHOP, agreement, 1, stage.node.home.consortium.log.log_id, size, POOL, root, bytes(32)), SHOP)
    listed = [{"partner": line.partner, "amount": str(line.amount)} for line in lines]
    file.write_bytes(canonical_json({"format": FORMAT, "lines": listed}))
    found = run(awarded, "check", to_hex(agreement), "--file", str(file), exit_code=1).exception
    assert isinstance(found, VerificationFailed)
    assert "more than the party's share" in str(found)
    again = run(awarded, "check", to_hex(agreement), "--version", "2", "--file", str(file), exit_code=1).exception
    assert isinstance(again, NotFound)


def test_who_gets_what_and_which_penalties_were_taken_off_is_hidden_from_strangers(awarded: Awarded) -> None:
    """Neither the API nor the page of an agreement tells the public what has not been claimed."""
    bonuses, name = awarded.stage.node.reader.bonuses, to_hex(awarded.agreement)
    bonuses.keep_file(awarded.agreement, 1, award_to_json(awarded.computed.award))
    whole = bonuses.agreement(awarded.agreement)["awards"][0]
    secrets = {to_hex(awarded.late), to_hex(awarded.kept_back)}
    assert whole["file"]["lines"], "there is something to hide"
    client = TestClient(create_app(awarded.stage.node), base_url="http://127.0.0.1:8000")
    shown = client.get(f"/v1/bonuses/{name}").json()["awards"][0]
    assert (shown["file"], shown["explanation"]) == (None, [])
    page = client.get(f"/bonuses/{name}")
    assert page.status_code == 200
    assert not any(text in page.text for text in (*secrets, *whole["explanation"]))


def test_the_page_of_a_proposed_agreement_warns_before_anybody_signs(awarded: Awarded) -> None:
    stage = awarded.stage
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000")
    with stage.node.home.database.read() as connection:
        stored = records.get(connection, awarded.agreement)
    assert stored is not None
    assert isinstance(stored.record, BonusAgreement)
    terms = replace(
        stored.record, salt=salt(), details=details(), deadline=stage.now + 50 * DAY,
        claimUntil=stage.now + 99 * DAY,
    )  # fmt: skip
    body = {"type": "BonusAgreement", "message": terms.to_json()}
    asked = client.post("/v1/records/typed-data", json=body).json()
    assert asked["warnings"] == ["awarder-is-residual", "claims-are-public"]
    record_id = stage.node.home.domain.record_id(terms)
    signature = stage.parties[CARRIER].key.sign(stage.node.home.domain, terms)
    proposed = client.post("/v1/records", json=body | {"signatures": [to_hex(signature)]})
    assert proposed.status_code == 202
    page = client.get(f"/records/{to_hex(record_id)}", headers={"Accept": "text/html"}).text
    assert "The awarder is the residual partner" in page


def test_the_page_of_an_agreement_has_its_dates_and_payments_and_tells_amounts_to_parties_only(
    awarded: Awarded,
) -> None:
    client = TestClient(create_app(awarded.stage.node), base_url="http://127.0.0.1:8000")
    kept = client.put(f"/v1/bonuses/{to_hex(awarded.agreement)}/awards/1", json=award_to_json(awarded.computed.award))
    assert kept.status_code == 200
    page = client.get(f"/bonuses/{to_hex(awarded.agreement)}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    for words in (
        "Award due by",
        "Any party may dispute it for",
        "The arbiter answers within",
        "Paid in",
        "1,000.00 EUR",
    ):
        assert words in page.text
    assert "The amounts are shown to the agreement's parties and to auditors" in page.text
    paid = [int(line["amount"]) for line in published(awarded)["lines"]]
    assert any(paid)
    assert not any(money(amount, "EUR") in page.text for amount in paid if amount)
