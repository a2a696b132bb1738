"""The league of a lane for one reader: whoever gives traffic sees who worked on its own shipments, auditors all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.codes import Mode, Role
from ledger.common.figure import to_json
from ledger.common.periods import Period
from ledger.errors import MalformedRecord
from ledger.explain.access.league import explained
from ledger.network.lane_times import Lane
from ledger.network.league import FIGURES, League, LeagueBy
from ledger.services.figures.network import limited_to
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.views.records import Reader


@dataclass(frozen=True, slots=True)
class LeagueAnswer:
    """A league, the lane that it is of, and the lanes that the reader may ask for with their shipments."""

    period: Period
    role: Role
    by: LeagueBy
    lane: Lane | None
    league: League | None
    lanes: Mapping[Lane, int]

    def to_json(self, *, evidence: bool = False) -> dict[str, Any]:
        """Without `evidence` no record is named."""
        listed = to_json(self.league) if self.league else None
        for entry in listed["entries"] if listed and not evidence else ():
            entry["evidence"] = None
        return {
            "role": self.role.name.lower(),
            "by": str(self.by),
            "period": to_json(self.period),
            "lane": lane_json(self.lane) if self.lane else None,
            "league": listed,
            "explanation": list(explained(self.league, self.by)) if self.league else [],
            "lanes": [lane_json(lane) | {"shipments": count} for lane, count in self.lanes.items()],
        }


def lane_json(lane: Lane) -> dict[str, str | None]:
    mode = None if lane.mode is None else lane.mode.name.lower()
    return {"origin": lane.origin, "destination": lane.destination, "mode": mode}


def lane_named(origin: str, destination: str, mode: str) -> Lane | None:
    """The lane that somebody asks for; None where nothing was said. Raises `MalformedRecord` for half of one."""
    if not origin and not destination:
        return None
    if not origin or not destination:
        where = "destination" if origin else "origin"
        raise MalformedRecord("half a lane", where=where, expected="origin and destination, country codes")
    modes = {one.name.lower(): one for one in Mode}
    if mode and mode not in modes:
        raise MalformedRecord("no such mode", where="mode", expected=", ".join(modes), found=mode[:40])
    return Lane(origin, destination, modes.get(mode))


def compared_by(role: str, by: LeagueBy) -> Role:
    """The role of this name, whose partners are compared by that figure. Raises `MalformedRecord` for another."""
    roles = {one.name.lower(): one for one in FIGURES}
    if role not in roles:
        raise MalformedRecord("no role that is compared", where="role", expected=", ".join(roles), found=role[:40])
    if by not in FIGURES[roles[role]]:
        known = ", ".join(FIGURES[roles[role]])
        raise MalformedRecord("no figure of this role", where="by", expected=known, found=str(by))
    return roles[role]


def league_for(
    numbers: Numbers,
    reader: Reader | None,
    period: Period,
    lane: Lane | None,
    wanted: tuple[Role, LeagueBy] = (Role.CARRIER, LeagueBy.TIME),
) -> LeagueAnswer:
    """Those of a role on `lane` in `period` in order of a figure, both `wanted`; without a lane, only which lanes there
    are, the busiest first. `reader` None: whoever runs this home, who knows it all. Raises `NotPermitted` for the
    public.
    """
    role, by = wanted
    only = limited_to(reader)
    known = numbers.lanes(period, only)
    ordered = dict(sorted(known.items(), key=lambda entry: (-entry[1], entry[0][:2], entry[0].mode or 0)))
    found = None if lane is None else numbers.league(period, lane, by, only, role)
    return LeagueAnswer(period, role, by, lane, found, ordered)
