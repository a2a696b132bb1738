"""Answers in contracts/SLITHER.md are read as they stand there; slither itself runs in `make slither`."""

from collections import Counter

import pytest

from scripts.slither import ANSWERS, AnalysisFailed, answered, reported


def function(name: str, contract: str) -> dict[str, object]:
    parent = {"type": "contract", "name": contract, "type_specific_fields": {}}
    return {"type": "function", "name": name, "type_specific_fields": {"parent": parent}}


def test_places_are_read_only_from_where_paragraphs() -> None:
    text = "\n".join(
        (
            "`Before.any` heading",
            "## calls-loop",
            "Because `Other.thing` is bounded.",
            "",
            "Where: `A.f`, `A.g` ×2,",
            "`B.h`",
            "",
            "`C.not` listed any more.",
            "## timestamp",
            "Where: `A.f`",
        )
    )
    assert answered(text) == Counter(
        {("calls-loop", "A.f"): 1, ("calls-loop", "A.g"): 2, ("calls-loop", "B.h"): 1, ("timestamp", "A.f"): 1}
    )


def test_findings_are_placed_by_contract_function_and_variable() -> None:
    variable = {"type": "variable", "name": "kind", "type_specific_fields": {"parent": function("state", "Custody")}}
    report = {
        "success": True,
        "results": {
            "detectors": [
                {"check": "timestamp", "elements": [function("f", "A"), function("g", "A")]},
                {"check": "timestamp", "elements": [function("f", "A")]},
                {"check": "shadowing-local", "elements": [variable]},
            ]
        },
    }
    assert reported(report) == Counter({("timestamp", "A.f"): 2, ("shadowing-local", "Custody.state.kind"): 1})


def test_a_failed_run_is_no_clean_run() -> None:
    with pytest.raises(AnalysisFailed, match="does not compile"):
        reported({"success": False, "error": "does not compile", "results": {}})


def test_every_answer_names_a_place() -> None:
    text = ANSWERS.read_text(encoding="utf-8")
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert {detector for detector, _ in answered(text)} == set(headings)
    assert len(headings) == len(set(headings))
