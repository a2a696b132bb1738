"""An award of which a part was erased: ranges that hold the amounts, status 3, and no way to pay more by hiding."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.bonuses.amounts import Line, amounts_root
from ledger.bonuses.award_file import FORMAT
from ledger.bundle.format import parse_trust
from ledger.bundle.steps import Step
from ledger.bundle.verify import verify_bundle
from ledger.cli.main import app
from ledger.common.canonical import canonical_json
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.errors import VerificationFailed
from ledger.explain.bundle import step_text
from ledger.explain.units import money
from ledger.records.erasure import ErasureReason
from ledger.records.types import BonusAward
from ledger.services.exports.award_drafts import check_award
from ledger.services.exports.bundle import Exporter
from ledger.services.figures import award_files
from tests.e2e.figures.test_awards import POOL, Awarded, play
from tests.e2e.stage import CARRIER, SECOND, SHOP, staged


@dataclass
class Erased:
    """The prices of the carrier's late shipment were erased after the award, of which `whole` is the bundle before.
    `greedy`: an award that pays the second carrier, who kept goods back.
    """

    awarded: Awarded
    whole: bytes
    greedy: RecordId


@pytest.fixture(scope="module")
def erased(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erased]:
    with staged(founded, tmp_path_factory.mktemp("erased") / "home") as stage:
        awarded = play(stage)
        node = stage.node
        with node.home.database.write() as connection:
            award_files.keep_computed(connection, awarded.computed.award)
        lines = [Line(PartnerId(CARRIER), 0), Line(PartnerId(SECOND), 400_00)]
        root, size = amounts_root(awarded.unawarded, 1, lines), stage.award_size(awarded.unawarded)
        log_id = node.home.consortium.log.log_id
        greedy = stage.sign(BonusAward(SHOP, awarded.unawarded, 1, log_id, size, POOL, root, bytes(32)), SHOP)
        listed = [{"partner": line.partner, "amount": str(line.amount)} for line in lines]
        node.reader.bonuses.keep_file(awarded.unawarded, 1, {"format": FORMAT, "lines": listed})
        node.settle()
        whole = Exporter(node.reader).award(awarded.award)
        node.erasing.erase(awarded.late, ["commercial"], reason=ErasureReason.MISTAKE)
        yield Erased(awarded, whole, greedy)


def trust_of(erased: Erased) -> bytes:
    return canonical_json(erased.awarded.stage.node.home.consortium.trust_file())


def verified(erased: Erased, edit: Callable[[Any], None] | None = None, award: RecordId | None = None) -> list[Step]:
    value = json.loads(Exporter(erased.awarded.stage.node.reader).award(award or erased.awarded.award))
    if edit is not None:
        edit(value)
    return verify_bundle(canonical_json(value), parse_trust(trust_of(erased)))


def test_an_award_with_an_erased_part_is_a_range_for_whom_it_concerns_and_exact_for_others(erased: Erased) -> None:
    before = {line["partner"]: int(line["amount"]) for line in json.loads(erased.whole)["figures"]["award"]["lines"]}
    steps = verified(erased)
    assert all(step.ok for step in steps), steps[-1]
    assert steps[-1].checked is not None
    award = steps[-1].checked.figures["award"]
    carrier, second = award["lines"]
    assert (carrier["low"], carrier["high"]) == ("0", str(POOL * 6 // 10))
    assert 0 < before[CARRIER] < int(carrier["high"]), "the penalty that was erased is within"
    assert second["low"] == second["high"] == second["amount"] == "0", "what it kept back is shown"
    assert [int(line["amount"]) for line in award["lines"]] == [before[CARRIER], before[SECOND]]
    said = step_text(steps[-1])
    assert f"partner {CARRIER} gets {money(before[CARRIER], 'EUR')} (by what is shown 0.00 EUR to 600.00 EUR)" in said
    assert "Of 1 shipment a part is withheld" in said


def test_verify_ends_with_3_for_an_award_with_an_erased_part(erased: Erased, tmp_path: Path) -> None:
    (tmp_path / "trust.json").write_bytes(trust_of(erased))
    (tmp_path / "whole").write_bytes(erased.whole)
    (tmp_path / "erased").write_bytes(Exporter(erased.awarded.stage.node.reader).award(erased.awarded.award))
    for name, options, status in (("whole", [], 0), ("erased", [], 3), ("erased", ["--allow-withheld"], 0)):
        result = CliRunner().invoke(app, ["verify", str(tmp_path / name), "--json", *options])
        assert result.exit_code == status, (name, options, result.output)
        assert json.loads(result.output)["ok"] is True


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (lambda award: award["lines"][0].update(amount="60000"), "award.amounts"),
        (lambda award: award["lines"].pop(), "award.amounts"),
        (lambda award: award["lines"][0].update(low="1"), "award.lines[0].low"),
        (lambda award: award["lines"][0].update(high="1"), "award.lines[0].high"),
        (lambda award: award["residual"].update(amount="1"), "award.residual.amount"),
        (lambda award: award["lines"][0].update(amount=[]), "figures.figures.award.lines[0].amount"),
    ],
    ids=["another amount", "a line less", "a better worst", "a worse best", "another rest", "no amount"],
)
def test_an_edited_range_is_named(erased: Erased, edit: Callable[[Any], None], where: str) -> None:
    step = verified(erased, lambda value: edit(value["figures"]["award"]))[-1]
    assert (step.ok, step.name) == (False, "figures")
    assert step.why.startswith(where)


def test_hiding_that_a_part_is_withheld_is_named(erased: Erased) -> None:
    step = verified(erased, lambda value: value["figures"].update(withheld=[]))[-1]
    assert (step.ok, step.why.split(":")[0]) == (False, "withheld")


def test_an_award_that_pays_for_goods_kept_back_is_refuted_though_another_part_is_erased(erased: Erased) -> None:
    step = verified(erased, award=erased.greedy)[-1]
    assert (step.ok, step.name) == (False, "figures")
    assert step.why.startswith(f"award line of {SECOND}: the records give another amount, whatever the withheld parts")
    assert (step.expected, step.found) == ("0", "40000")


def test_the_check_of_a_party_says_that_parts_are_withheld_here(erased: Erased) -> None:
    reader = erased.awarded.stage.node.reader
    with pytest.raises(VerificationFailed, match="the records give another amount"):
        check_award(reader, erased.awarded.unawarded, 1)
    checked = check_award(reader, erased.awarded.agreement, 1)
    assert [line["partner"] for line in checked.file["lines"]] == [CARRIER, SECOND]
    assert checked.ranges is not None
    assert to_hex(erased.awarded.late) not in json.dumps(checked.file)
    result = CliRunner().invoke(
        app,
        ["bonuses", "check", to_hex(erased.awarded.agreement)],
        env={"LADING_HOME": str(erased.awarded.stage.node.home.settings.home)},
    )
    assert result.exit_code == 3, result.output
    assert "0.00 EUR to 600.00 EUR" in result.output
    assert "exactly this award" not in result.output
