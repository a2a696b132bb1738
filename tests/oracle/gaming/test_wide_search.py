"""Nobody, and no two together, move a figure against who did not sign, but by what is accepted and says why."""

from collections import Counter
from collections.abc import Collection, Iterable
from random import Random

import pytest

from ledger.penalties import families
from ledger.records.verification import Facts
from ledger.scores.roles import supplier
from ledger.shipments import amendments, clock_stop
from tests.oracle.gaming.accepted import ACCEPTED, because
from tests.oracle.gaming.wide_search import SORTS, Report, search
from tests.oracle.journeys import random_journey

TRIED = {
    "add",
    "leave out",
    "delay",
    "back-date",
    "date on",
    "correct in time by",
    "correct late by",
    "log time of",
    "log time on the embedded chain of",
}


def report_of(numbers: Iterable[int], most: int | None, sorts: Collection[str] = SORTS) -> Report:
    report = Report()
    for number in numbers:
        search(random_journey(Random(number)), Random(number), report, most, sorts)
    return report


def new_ones(report: Report) -> Counter[str]:
    return Counter(finding.family for finding in report.findings if because(finding.family) is None)


def told(report: Report) -> str:
    reasons = Counter(because(finding.family) or "NEW" for finding in report.findings)
    lines = [f"{count} {what}" for what, count in sorted(report.tried.items())]
    return "\n".join(["tried:", *lines, *(f"{n} accepted, because {why}" for why, n in reasons.most_common())])


def _check(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n" + told(report))
    assert {what for what, count in report.tried.items() if count} == TRIED
    assert report.findings, "the search moves nothing: it cannot fail"
    assert new_ones(report) == Counter()


def test_no_two_move_a_figure_against_a_third_but_by_what_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    _check(report_of(range(16), 10), capsys)


@pytest.mark.drill
def test_no_two_move_a_figure_over_many_journeys(capsys: pytest.CaptureFixture[str]) -> None:
    _check(report_of(range(16, 140), 40), capsys)


def test_the_search_finds_that_two_excuse_a_leg_in_hindsight(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the rule was: a correction of a handoff counts whenever it is signed."""
    monkeypatch.setattr(clock_stop, "versions", lambda journeys, found, _: amendments.versions(journeys, found))
    new = new_ones(report_of((15,), None, ("corrections",)))
    assert new["correct late by correction of Handoff (dueAt): recourse hurts a stranger"]
    assert new["correct late by correction of Handoff (dueAt): carrier's legs-on-time serves a signer"]


def test_the_search_finds_that_two_blame_a_suppliers_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supplier, "_answers", lambda *_: True)
    new = new_ones(report_of((13,), None, ("together",)))
    assert new["add held (assurance 1): supplier's no-hold-by-papers hurts a stranger"]


def test_the_search_finds_that_the_operator_sets_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Facts, "known", property(lambda facts: facts.logged_at))
    new = new_ones(report_of((5, 8), None, ("log times",)))
    assert any(family.startswith("log time of Handoff") and "debt hurts" in family for family in new)


def test_the_search_finds_that_one_parts_share_moves_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the parts of a family paid alike, whoever was late."""
    monkeypatch.setattr(families, "spread", lambda terms: [int(sum(terms)) // len(terms) for _ in terms])
    new = new_ones(report_of((22,), 30, ("alone",)))
    assert any("another part's share" in family for family in new)


def test_the_table_of_what_is_accepted_does_not_accept_everything() -> None:
    for family in (
        "correct late by correction of Handoff (dueAt): recourse hurts a stranger",
        "log time of tender: claim hurts a stranger",
        "add Split: another part's share hurts a stranger",
        "add Handoff to another: breaches serves a signer",
        "add held (assurance 1): supplier's no-hold-by-papers hurts a stranger",
    ):
        assert because(family) is None
    assert all(len(why) > 20 for _, why in ACCEPTED)
