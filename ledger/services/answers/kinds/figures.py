"""Figures of the network and leagues, made and made again."""

from dataclasses import dataclass, replace
from typing import Any

from ledger.common.periods import Period
from ledger.network.benchmark import parse_benchmark
from ledger.network.league import LeagueBy
from ledger.network.routes import EXPECTED, By, parse_windows
from ledger.services.answers.asked import asked_of
from ledger.services.answers.kinds.question import Question
from ledger.services.figures.league import compared_by, lane_named, league_for
from ledger.services.figures.network import network_for


@dataclass(frozen=True, slots=True)
class LeagueAsked:
    """`start` to before `end`, judged at `judged` (UTC seconds); a lane by countries and mode, empty for none;
    `role`: who is compared."""

    origin: str
    destination: str
    mode: str
    role: str
    by: LeagueBy
    start: int
    end: int
    judged: int
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class NetworkAsked:
    """`before_…`: of the earlier period, None without one. `windows` and `benchmark`: texts of
    files with expected times and costs; empty: what ships, and none.
    """

    by: By | None
    start: int
    end: int
    judged: int
    before_start: int | None = None
    before_end: int | None = None
    before_judged: int | None = None
    windows: str = ""
    benchmark: str = ""
    evidence: bool = False


def network_asked(
    by: By | None, period: Period, before: Period | None, *, windows: str = "", benchmark: str = "", evidence: bool
) -> NetworkAsked:
    """What is asked of a period beside an earlier one."""
    start, end, at = (None, None, None) if before is None else (before.start, before.end, before.at)
    return NetworkAsked(by, period.start, period.end, period.at, start, end, at, windows, benchmark, evidence)


def league(question: Question) -> dict[str, Any]:
    asked, _ = asked_of(LeagueAsked, question.asked)
    period = Period(asked.start, asked.end, asked.judged)
    lane = lane_named(asked.origin, asked.destination, asked.mode)
    answer = league_for(
        question.ledger.numbers, question.reader, period, lane, (compared_by(asked.role, asked.by), asked.by)
    )
    return answer.to_json(evidence=asked.evidence)


def network(question: Question) -> dict[str, Any]:
    asked, _ = asked_of(NetworkAsked, question.asked)
    before = None
    if asked.before_start is not None and asked.before_end is not None and asked.before_judged is not None:
        before = Period(asked.before_start, asked.before_end, asked.before_judged)
    answer = network_for(
        question.ledger.numbers,
        question.reader,
        Period(asked.start, asked.end, asked.judged),
        by=asked.by,
        before=before,
        windows=parse_windows(asked.windows.encode()) if asked.windows else EXPECTED,
    )
    benchmark = parse_benchmark(asked.benchmark.encode()) if asked.benchmark else None
    return replace(answer, benchmark=benchmark).to_json(evidence=asked.evidence)
