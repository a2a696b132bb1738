"""Numbers and rates that issuers attest, from the council's grant to scores, awards and bundles that anybody checks."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from ledger.api.app import create_app
from ledger.attested.fx import FIXED_AFTER, day_of, day_text
from ledger.bundle.format import parse_trust
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.steps import Step
from ledger.bundle.verify import verify_bundle
from ledger.cli.demo.scribe import details, salt
from ledger.cli.main import app
from ledger.codes import RegistryAction, Role
from ledger.common.canonical import canonical_json
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.common.periods import DAY, Period
from ledger.common.scopes import schema_hash
from ledger.errors import LadingError
from ledger.explain.bundle import step_text
from ledger.records.erasure import ErasureReason
from ledger.records.types import Attestation, BonusAgreement, Claims, Share
from ledger.registry.history import RegistryView
from ledger.scores.adopted_card import CARDS
from ledger.scores.card import parse_card
from ledger.services.exports.award_drafts import check_award, draft_award
from ledger.services.exports.bundle import Exporter
from ledger.services.figures import award_files
from ledger.services.home import kept_rules
from ledger.services.home.score_cards import default_card
from ledger.services.intake.submission import Accepted
from ledger.services.relay import pool_payments
from ledger.services.views.records import Reader
from tests.api.world import World as ApiWorld
from tests.api.world import bearer
from tests.e2e.stage import AUDITOR, BROKER, CARRIER, MAKER, PURSE, SHOP, Stage, staged

NONE = bytes(32)
POOL = 1_000_00
CARD = b"""format = "lading/scorecard/1"
title = "With a rating"

[[carrier]]
group = "performance"
weight = 60
indicators = [{ name = "on-time", weight = 100, zero = 0, full = 980_000 }]

[[carrier]]
group = "finance"
weight = 40
indicators = [{ name = "attested:rating", weight = 100, zero = 0, full = 100, unit = "points", missing = "zero" }]
"""
RULE = f"""format = "lading/bonus-rule/2"
title = "Whoever carries something gets its share"
card = "{to_hex(default_card().hash)}"
grace = {FIXED_AFTER}
penalties = true

[carrier.benchmark]
indicator = "shipments"
threshold = 1
samples = 0

[carrier.quality]
indicator = "in-full-undamaged"
threshold = 10_000
samples = 1

[currencies]
issuer = {BROKER}
day = "period-end"
"""


@dataclass
class World:
    """The broker may attest ratings and rates. The carrier was rated, delivered late, and gets a bonus in USD."""

    stage: Stage
    card_since: int
    rating: RecordId
    held: HeldReceipt
    rate: RecordId
    agreement: RecordId
    award: RecordId

    @property
    def trust(self) -> Any:
        return parse_trust(canonical_json(self.stage.node.home.consortium.trust_file()))


def attest(stage: Stage, by: int, about: int, schema: str, claims: dict[str, Any]) -> Attestation:
    text = canonical_json(claims).decode()
    return Attestation(
        by, schema_hash(schema), f"partner/{about}", NONE, stage.now, 0, NONE, Claims(salt(), text), NONE, details()
    )


@pytest.fixture(scope="module")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with staged(founded, tmp_path_factory.mktemp("attested") / "home") as stage:
        yield play(stage)


def play(stage: Stage) -> World:
    node = stage.node
    for schema in ("rating", "fx"):
        scope = schema_hash(schema)
        stage.decide(RegistryAction.GRANT_ROLE, partner=BROKER, role=Role.ISSUER, scope=scope)
    stage.pass_time(DAY)
    with node.home.database.write() as connection:
        kept_rules.keep(connection, CARDS, CARD)
        rule = award_files.keep_rule(connection, RULE.encode())
    since = stage.now + DAY
    stage.decide(RegistryAction.ADOPT_RULES, document=parse_card(CARD).hash, number=since)
    stage.pass_time(2 * DAY)
    end = stage.now + 20 * DAY
    terms = BonusAgreement(
        salt(), (Share(CARRIER, 10_000),), SHOP, SHOP, node.home.deployment.token or b"", "USD", rule, stage.now, end,
        DAY, AUDITOR, DAY, end + 20 * DAY, end + 100 * DAY, details(),
    )  # fmt: skip
    agreement = stage.sign(terms, CARRIER)
    pool_payments.fund(node.home, node.chain, PURSE, agreement, POOL)
    late = stage.open(10)
    stage.hand(MAKER, CARRIER, (late, 0, 10))
    number = {"lading": "number/1", "unit": "points", "value": 82}
    signed = stage.trial.signed(attest(stage, BROKER, CARRIER, "rating", number), *stage.keys((BROKER,)))
    accepted = node.submission.submit(signed)
    assert isinstance(accepted, Accepted)
    held, rating = HeldReceipt(signed, accepted.receipt), accepted.record_id
    stage.settle()
    stage.pass_time(12 * DAY)
    stage.hand(CARRIER, SHOP, (late, 1, 10))
    stage.clock.advance(end - 3600 - stage.now)
    table = {
        "lading": "fx/1", "base": "EUR", "day": day_text(day_of(end - 1)), "source": "fixing",
        "rates": {"USD": {"amount": 108, "per": 100}},
    }  # fmt: skip
    rate = stage.sign(attest(stage, BROKER, BROKER, "fx", table), BROKER)
    stage.pass_time(FIXED_AFTER + DAY)
    stage.award_size(agreement, FIXED_AFTER)
    draft = draft_award(node.reader, agreement)
    award = stage.sign(draft.record, SHOP)
    assert stage.outcome(award) == ["applied"]
    node.settle()
    return World(stage, since, rating, held, rate, agreement, award)


def partner_bundle(world: World) -> bytes:
    now = world.stage.now
    return Exporter(world.stage.node.reader).partner(CARRIER, Period(world.card_since, now, now))


def verified(world: World, data: bytes, edit: Callable[[Any], None] | None = None) -> list[Step]:
    value = json.loads(data)
    if edit is not None:
        edit(value)
    return verify_bundle(canonical_json(value), world.trust)


def rating_in(data: bytes) -> Any:
    (card,) = json.loads(data)["figures"]["scores"]["cards"]
    return next(entry for entry in card["indicators"] if entry["name"] == "attested:rating")


def test_only_an_accredited_issuers_number_is_recorded(world: World) -> None:
    """The API refuses a stranger; past it the chain does, so that nothing of it ever counts."""
    number = {"lading": "number/1", "unit": "points", "value": 1}
    stranger = attest(world.stage, SHOP, CARRIER, "rating", number)
    with pytest.raises(LadingError):
        world.stage.submit(stranger, SHOP)


def test_a_bundle_in_which_the_issuer_had_no_role_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever outcome an operator writes into its log: the council's own records say who might attest."""
    data = partner_bundle(world)
    monkeypatch.setattr(RegistryView, "has_role", lambda *_: False)
    last = verify_bundle(data, world.trust)[-1]
    assert (last.name, last.ok) == ("outcomes", False)
    assert "had no role for the schema" in step_text(last)


def test_the_score_and_its_bundle_carry_the_number_and_a_stranger_computes_it_again(world: World) -> None:
    data = partner_bundle(world)
    entry = rating_in(data)
    assert (entry["value"], entry["points"], entry["due"], entry["status"]) == (82, 8_200, 1, "known")
    steps = verified(world, data)
    assert all(step.ok for step in steps), steps[-1]
    (live,) = [c for c in world.stage.node.reader.numbers.scorecards(CARRIER) if c.role is Role.CARRIER]
    assert next(e.value for e in live.indicators if str(e.name) == "attested:rating") == 82

    def better(value: Any) -> None:
        (card,) = value["figures"]["scores"]["cards"]
        next(e for e in card["indicators"] if e["name"] == "attested:rating")["value"] = 99

    assert "indicators[1].value" in step_text(verified(world, data, better)[-1])


def test_whoever_leaves_the_number_out_is_caught_by_its_receipt(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator that calls a list complete without the number passes all steps but the one of the receipt."""
    monkeypatch.setattr("ledger.services.exports.bundle.numbers_about", lambda *_: {})
    lied = partner_bundle(world)
    assert rating_in(lied)["status"] == "missing"
    assert all(step.ok for step in verify_bundle(lied, world.trust))
    last = verify_bundle(lied, world.trust, [world.held])[-1]
    assert (last.name, last.ok) == ("receipts", False)
    monkeypatch.undo()
    assert all(step.ok for step in verify_bundle(partner_bundle(world), world.trust, [world.held]))


def test_the_award_counts_a_penalty_of_another_currency_and_everybody_checks_it(world: World) -> None:
    node = world.stage.node
    checked = check_award(node.reader, world.agreement, 1)
    assert checked.ranges is None
    (line,) = checked.file["lines"]
    (charge,) = line["penalties"]
    assert charge["currency"] == "EUR"
    assert int(charge["converted"]) == int(charge["amount"]) * 108 // 100
    assert charge["rate"] == to_hex(world.rate)
    assert int(line["amount"]) == POOL - int(charge["converted"])
    assert to_hex(world.rate) in checked.file["evidence"]["records"]
    steps = verified(world, Exporter(node.reader).award(world.award))
    assert all(step.ok for step in steps), steps[-1]


def test_sums_in_one_currency_by_command_and_api(world: World) -> None:
    node = world.stage.node
    client = TestClient(create_app(node), base_url="http://127.0.0.1:8000")
    signing_in = ApiWorld(world.stage, client, {})
    asked = f"/v1/penalties?partner={CARRIER}&in=USD&rates={BROKER}&older=31"

    def answer(who: Reader, where: str = asked) -> Any:
        return client.get(where, headers=bearer(signing_in.token(who.partner)))

    auditor = Reader(AUDITOR, key=world.stage.parties[AUDITOR].key.address, auditor=True)
    carrier = Reader(CARRIER, key=world.stage.parties[CARRIER].key.address)
    told = answer(auditor).json()
    assert told["in_one"]["currency"] == "USD"
    assert [entry["currency"] for entry in told["in_one"]["left_out"]] == ["EUR"], "the promise's day has no rate"
    others = answer(carrier).json()["in_one"]
    assert (others["owes"], others["rates"]) == (0, []), (
        "a rate would follow from the sums, and the table is not for him"
    )
    assert answer(carrier, f"/v1/penalties?partner={CARRIER}").json()["in_one"] is None
    assert answer(auditor, f"/v1/penalties?partner={CARRIER}&in=USD").status_code == 400
    home = {"LADING_HOME": str(node.home.settings.home)}
    command = ["penalties", "--in", "USD", "--rates", str(BROKER), "--older", "31", "--partner", str(CARRIER)]
    result = CliRunner().invoke(app, [*command, "--json"], env=home)
    assert json.loads(result.output)["in_one"]["left_out"] == told["in_one"]["left_out"]
    result = CliRunner().invoke(app, command, env=home)
    assert f"by the rates of partner {BROKER}" in result.output
    assert CliRunner().invoke(app, command[:3], env=home).exit_code != 0
    page = answer(carrier, f"/partners/{CARRIER}/score").text
    assert "Attested: rating" in page
    assert "attested by 1 issuer" in page


def test_erased_claims_leave_ranges_and_verify_says_so(world: World, tmp_path: Path) -> None:
    """Last, for it takes the claims away: what was signed lies in the ranges, and nothing is guessed."""
    stage, node = world.stage, world.stage.node
    for record in (world.rating, world.rate):
        node.erasing.erase(record, ["claims"], reason=ErasureReason.ORDER)
    data = partner_bundle(world)
    entry = rating_in(data)
    assert (entry["status"], entry["value"], entry["points"]) == ("known", None, None)
    steps = verified(world, data)
    assert all(step.ok for step in steps), steps[-1]
    assert "Of 1 attestation a part is withheld" in step_text(steps[-1])
    (tmp_path / "trust.json").write_bytes(canonical_json(node.home.consortium.trust_file()))
    (tmp_path / "bundle").write_bytes(data)
    assert CliRunner().invoke(app, ["verify", str(tmp_path / "bundle"), "--json"]).exit_code == 3

    def hidden(value: Any) -> None:
        value["figures"]["withheld"].clear()

    assert not verified(world, data, hidden)[-1].ok
    checked = check_award(node.reader, world.agreement, 1)
    assert checked.ranges is not None
    (line,) = checked.ranges.lines
    assert (line.partner, line.low, line.high) == (PartnerId(CARRIER), 0, POOL)
    steps = verified(world, Exporter(node.reader).award(world.award))
    assert all(step.ok for step in steps), steps[-1]
    assert "Of 1 attestation a part is withheld" in step_text(steps[-1])
    stage.audited()
