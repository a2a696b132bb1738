"""Faults for `make mutants`: what they are; those made by hand fit the contracts, and (a drill) forge sees them."""

from pathlib import Path

import pytest

from scripts.compile_contracts import ARTIFACTS
from scripts.mutants import Options, Results, all_mutants, judge_handmade, summary_of
from scripts.mutation.handmade import handmade_mutants
from scripts.mutation.operators import Mutant, code_members, mutants_of, tokens_of
from scripts.mutation.workshop import CONTRACTS, FORGE, PYTHON, PYTHON_TESTS, ROOT, SURVIVED, TESTS, Judgement

SOURCE = """
contract C is D {
    uint256 private constant MOST = 200; // not > 200
    error TooMany(uint256 count);

    function f(uint256 a, uint256 b) external returns (uint256 c) {
        if (a > MOST) revert TooMany(a);
        uint256 d = a + b;
        c = g(a, d);
        emit Done(Codes.SECOND);
        return a < b ? c : d;
    }
}
"""
CODES = {"Codes": ["FIRST", "SECOND", "THIRD"]}


def changes(operator: str) -> set[tuple[str, str]]:
    return {(m.before, m.after) for m in mutants_of("C.sol", SOURCE, CODES) if m.operator == operator}


def test_every_kind_of_fault_is_made_where_it_can_be() -> None:
    assert changes("sign") == {(">", ">="), (">", "<"), ("+", "-"), ("<", "<="), ("<", ">")}
    assert changes("number") == {("200", "201"), ("200", "199")}
    assert changes("statement") == {
        ("if (a > MOST) revert TooMany(a);", ""),
        ("c = g(a, d);", ""),
        ("emit Done(Codes.SECOND);", ""),
        ("return a < b ? c : d;", ""),
    }
    assert changes("code") == {("SECOND", "THIRD")}
    assert changes("branches") == {("c : d", "d : c")}
    assert changes("arguments") == {("a, d", "d, a")}


def test_comments_and_declarations_are_left_alone() -> None:
    lines = SOURCE.splitlines()
    touched = {m.line for m in mutants_of("C.sol", SOURCE, CODES)}
    assert not [lines[n - 1] for n in touched if "error" in lines[n - 1] or "function" in lines[n - 1]]
    comment = SOURCE.index("// not > 200")
    assert all(m.start < comment or m.start > comment + 12 for m in mutants_of("C.sol", SOURCE, CODES))


def test_a_fault_changes_its_place_and_nothing_else() -> None:
    for mutant in mutants_of("C.sol", SOURCE, CODES):
        changed = mutant.apply(SOURCE)
        assert changed != SOURCE
        assert changed[: mutant.start] == SOURCE[: mutant.start]
        assert changed.endswith(SOURCE[mutant.end :])


def test_a_fault_is_not_put_into_a_file_that_has_changed() -> None:
    mutant = mutants_of("C.sol", SOURCE, CODES)[0]
    with pytest.raises(ValueError, match="the file has changed"):
        mutant.apply("// one more line\n" + SOURCE)


def test_what_is_no_solidity_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="is no Solidity"):
        tokens_of("contract C { § }")


def test_the_contracts_give_thousands_of_faults_each_once() -> None:
    mutants = all_mutants()
    assert len(mutants) > 3000
    assert len({m.id for m in mutants}) == len(mutants)
    assert not [m for m in mutants if m.file.endswith(("Records.sol", "Codes.sol"))]
    codes = code_members((CONTRACTS / "src" / "Codes.sol").read_text(encoding="utf-8"))
    assert codes["Gates"] == ["HANDOVER", "DELIVERY", "SALE"]


def test_faults_made_by_hand_fit_the_contracts_as_they_are() -> None:
    mutants = handmade_mutants(CONTRACTS)
    assert len(mutants) >= 11
    for mutant in mutants.values():
        source = (CONTRACTS / mutant.file).read_text(encoding="utf-8")
        assert mutant.apply(source) != source


@pytest.mark.parametrize(("forge", "python", "enough"), [(80, 15, True), (79, 16, False), (80, 14, False)])
def test_enough_is_80_percent_by_forge_and_95_together(forge: int, python: int, enough: bool) -> None:
    verdicts = [FORGE] * forge + [PYTHON] * python + [SURVIVED] * (100 - forge - python)
    mutant = Mutant("C.sol", 0, 1, 1, "sign", "<", ">")
    judged = [(mutant, Judgement(verdict, "", 1.0)) for verdict in verdicts]
    text, result = summary_of(judged, Options(100, 1, only_forge=False, jobs=1, fresh=False))
    assert result is enough
    assert text.startswith(f"100 mutants, seed 1: forge alone notices {forge}\n")


def test_every_contract_has_python_tests_that_judge_its_faults() -> None:
    assert set(TESTS) == {path.stem for path in ARTIFACTS.glob("*.json")}
    assert not [path for paths in TESTS.values() for path in paths if not (ROOT / PYTHON_TESTS / path).exists()]


def test_what_forge_did_not_notice_is_asked_of_python_only_until_a_test_or_a_source_changes(tmp_path: Path) -> None:
    mutant = Mutant("C.sol", 0, 1, 1, "sign", "<", ">")

    def results(sources: str, tests: str, *, only_forge: bool) -> Results:
        return Results(tmp_path / "results.json", sources=sources, tests=tests, only_forge=only_forge, fresh=False)

    assert not results("s", "t", only_forge=True).passed_forge(mutant)
    survived = Judgement(SURVIVED, "", 1.0)
    results("s", "t", only_forge=True).keep(mutant, survived)
    assert results("s", "t", only_forge=True).of(mutant) == survived
    assert results("s", "t", only_forge=False).of(mutant) is None
    assert results("s", "t", only_forge=False).passed_forge(mutant)
    assert not results("s", "other", only_forge=False).passed_forge(mutant)
    assert not results("other", "t", only_forge=False).passed_forge(mutant)


@pytest.mark.drill
def test_forge_alone_notices_every_fault_made_by_hand() -> None:
    assert judge_handmade() == 0
