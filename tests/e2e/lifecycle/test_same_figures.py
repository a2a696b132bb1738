"""All figures of operators that had the same records at other times: joined late, rebuilt, away for six hours."""

import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ledger.common.periods import HOUR
from ledger.records.signing import SignedRecord
from ledger.services.audit.run import audit
from ledger.services.home.settings import Settings
from ledger.services.lifecycle.rebuild import Restored, restore_from_chain
from tests.e2e.many_ends import JUDGED, NAMES, SCANS, WINDOWS, ManyEnds, keep_rule
from tests.e2e.shared_chain import Figures, Network, Seat, differences, network, public_figures


@dataclass
class Lived:
    """A life whose operator was always there, its figures, and what its partners can hand in elsewhere."""

    net: Network
    life: ManyEnds
    figures: Figures
    copies: list[SignedRecord]
    second: Seat


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with network(tmp_path_factory.mktemp("calm")) as net:
        life = ManyEnds(net.first).live()
        copies, found = list(net.first.copies()), life.figures()
        second = net.join("second")
        with closing(second.node):
            yield Lived(net, life, found, copies, second)


def lose_the_database(settings: Settings) -> None:
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (settings.home / name).unlink(missing_ok=True)


def hand_in(seat: Seat, copies: list[SignedRecord]) -> None:
    """What the chain does not carry: opened parts, records that only logs have, the rule file of the agreement."""
    seat.take(copies, log_only=False)
    seat.take(copies, log_only=True)
    keep_rule(seat)


def audited(seat: Seat) -> None:
    report = audit(seat.node)
    assert report.ok, report.to_json()["findings"]


# --- a second operator -----------------------------------------------------------------------------------------------


def test_the_life_has_every_kind_of_end(lived: Lived) -> None:
    """What is compared below is worth comparing."""
    found, breached = lived.figures["penalties"], lived.figures["breaches"]
    assert {name for name in NAMES if found[name]["amount"]} == {*NAMES} - {"punctual", "breached"}
    assert [name for name in NAMES if found[name]["frozen"]] == ["frozen"]
    assert {name for name in NAMES if found[name]["customs_seconds"]} == {"late", "held", "brokered", "breached"}
    assert [name for name in NAMES if found[name]["relief_seconds"]] == ["relieved"]
    assert [name for name in NAMES if breached[name]] == ["breached"]
    verdicts = [answer["verdict"] for answer in lived.figures["verdicts"].values()]
    assert len(set(verdicts)) == len(verdicts) == 4, verdicts
    assert all(line["amount"] for line in lived.figures["award"].values())
    assert len(lived.figures["scorecards"]) >= 6


def test_an_operator_that_joins_late_has_the_same_figures(lived: Lived) -> None:
    second = lived.second
    shown = public_figures(second, SCANS)
    assert shown == public_figures(lived.net.first, SCANS), "these rest on no opened part"
    hand_in(second, lived.copies)
    assert differences(lived.figures, lived.life.figures(second)) == {}
    audited(second)


# --- a rebuilt log ---------------------------------------------------------------------------------------------------


@contextmanager
def rebuilt(lived: Lived, seat: Seat, tmp_path: Path, *, new_log: bool) -> Iterator[tuple[Seat, Restored]]:
    """A copy of the operator's home that lost its database, restored; a new log is registered by the council."""
    home = tmp_path / "rebuilt"
    settings = replace(seat.node.home.settings, home=home, database_url=f"sqlite:///{home / 'ledger.db'}")
    shutil.copytree(seat.node.home.settings.home, home)
    lose_the_database(settings)
    given = () if new_log else lived.copies
    restored = restore_from_chain(settings, given=given, new_log=new_log, clock=lived.net.clock)
    assert (restored.done, restored.lost) == (True, ())
    if restored.registration is not None:
        lived.net.first.trial.change(restored.registration)
        lived.net.first.settle()
    again = lived.net.seat(settings)
    with closing(again.node):
        again.settle()
        yield again, restored


def test_the_same_log_restored_gives_the_same_figures(lived: Lived, tmp_path: Path) -> None:
    """Every leaf went back to its place, those that only logs have from the partners' copies."""
    with rebuilt(lived, lived.net.first, tmp_path, new_log=False) as (again, restored):
        assert restored.in_place > restored.appended
        keep_rule(again)
        assert differences(lived.figures, lived.life.figures(again)) == {}
        audited(again)


def test_a_new_log_in_its_place_gives_the_same_figures_once_all_is_handed_in(lived: Lived, tmp_path: Path) -> None:
    with rebuilt(lived, lived.net.first, tmp_path, new_log=True) as (again, restored):
        assert restored.in_place == 0
        assert public_figures(again, SCANS) == public_figures(lived.net.first, SCANS)
        again.take(lived.copies, log_only=False)
        keep_rule(again)
        _without_what_only_logs_have(lived, lived.life.figures(again))
        again.take(lived.copies, log_only=True)
        assert differences(lived.figures, lived.life.figures(again)) == {}
        audited(again)


def _without_what_only_logs_have(lived: Lived, found: Figures) -> None:
    """No chain carries endorsements and amendments: what each of them changes is missing, and nothing else."""
    for name in (*NAMES, "later terms"):
        before, after = lived.figures["penalties"][name], found["penalties"][name]
        changed = {path.split("/")[1] for path in differences(before, after)}
        if name == "later terms":
            assert changed == {"evidence"}, "who is liable held the goods, and signed the terms themselves"
            continue
        assert (before["indicative"], after["indicative"]) == (False, True), "who is liable endorsed the terms"
        match name:
            case "brokered":
                assert (after["customs_seconds"], after["amount"] > before["amount"]) == (0, True), "of the hold"
            case "relieved":
                assert (after["relief_seconds"], after["amount"] > before["amount"]) == (0, True)
            case _:
                assert changed == {"indicative", "evidence"}


# --- an outage -------------------------------------------------------------------------------------------------------

WAITED = {"tendered", "contested", "frozen", "onward", "later terms", "reported"}
"""Goods about which something counts from when others could see or know it."""


@contextmanager
def outage(folder: Path, days: frozenset[int]) -> Iterator[Figures]:
    """The same life, but on these days six hours pass before what came in is relayed, published and anchored."""
    with network(folder) as net:
        yield ManyEnds(net.first, away=days).live().figures()


OPENED = re.compile(r"/(processed|processing_[a-z0-9_]+|evidence|records)(/|$)")
"""From the opening to the first handoff, and the records of that: nobody but the consignor signs when it opened."""


def moved(before: Figures, after: Figures) -> dict[str, tuple[int, int]]:
    """What differs in penalties, but for when terms were known: those rest on the consignor's signature alone."""
    found = differences(before["penalties"], after["penalties"]) | differences(before["children"], after["children"])
    return {path: values for path, values in found.items() if not path.endswith("/opened_at")}


def test_an_outage_of_six_hours_changes_no_figure_that_two_signed_in_time(lived: Lived, tmp_path: Path) -> None:
    """Neither an amount nor a score, share, breach, verdict or award: the operator was away on every day of a delivery,
    hold, release, split or loss."""
    with outage(tmp_path, frozenset(range(JUDGED)) - WINDOWS) as after:
        assert moved(lived.figures, after) == {}
        for kind in ("scorecards", "breaches", "verdicts", "award"):
            assert differences(lived.figures[kind], after[kind]) == {}, kind
        found = differences(lived.figures["network"], after["network"])
        assert {path for path in found if not OPENED.search(path)} == set()


def test_an_outage_moves_what_runs_from_when_others_could_see_it_and_by_no_more(lived: Lived, tmp_path: Path) -> None:
    """Tenders count when visible, later terms when known, and what two signed late a day before it was known. The other
    side has its window whole: whoever is liable bears the hours."""
    with outage(tmp_path, frozenset(range(JUDGED))) as after:
        found = moved(lived.figures, after)
        assert {path.split("/")[1] for path in found} == WAITED - {"later terms"}
        for name in WAITED:
            old, new = lived.figures["penalties"][name], after["penalties"][name]
            assert new["amount"] >= old["amount"]
            assert new["amount_high"] >= old["amount_high"]
        hours = {path: new - old for path, (old, new) in found.items() if path.endswith(("_at", "_until", "_seconds"))}
        assert hours
        assert {path: by for path, by in hours.items() if not 0 < by <= 6 * HOUR} == {}
        for kind in ("breaches", "verdicts"):
            assert differences(lived.figures[kind], after[kind]) == {}, kind
