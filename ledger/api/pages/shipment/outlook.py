"""What a shipment's page shows beside its story, put together for one reader."""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.api.pages.shipment.airports import known_airports
from ledger.api.pages.shipment.custody_bar import Picture, picture
from ledger.api.pages.shipment.world_map import Map, Point, known_places, map_of
from ledger.codes import Mode, Role
from ledger.explain.text import Text
from ledger.explain.words import name_of
from ledger.network.lane_times import Expected
from ledger.penalties.lateness import PortionLine
from ledger.penalties.statement import PenaltyStatement
from ledger.services.node.node import Node
from ledger.services.views.course.arrival import expected_arrival, lane_of_shipment
from ledger.services.views.course.next_step import next_step
from ledger.services.views.course.perspective import ORDER, UNDER_WAY, Perspective, Section, perspective_of
from ledger.services.views.models import ShipmentView
from ledger.services.views.records import Reader

_ROLES = {str(name_of(role)): role for role in Role}


@dataclass(frozen=True, slots=True)
class Outlook:
    """`order`: of the sections, for `perspective`. `counting`: the lane's times are being counted. `line`: the clock of
    the latest goods, None for who may not see it or where none runs."""

    perspective: Perspective
    order: tuple[Section, ...]
    under_way: bool
    step: Text | None
    picture: Picture | None
    line: PortionLine | None
    map: Map | None
    expected: Expected | None
    counting: bool


def outlook(node: Node, reader: Reader, view: ShipmentView, statement: PenaltyStatement | None, at: int) -> Outlook:
    """`statement`: for who may see prices; `at`: when all is judged."""
    perspective = perspective_of(view, reader.partner, _roles(node, reader), sees_prices=statement is not None)
    under_way = view.summary.status in UNDER_WAY
    asked = under_way and lane_of_shipment(view) is not None
    times = node.reader.lanes.of(reader) if asked else None
    line = None
    if statement is not None and statement.promised:
        line = max(statement.portions, key=lambda one: (one.late_seconds, one.counted_until), default=None)
    return Outlook(
        perspective=perspective,
        order=ORDER[perspective],
        under_way=under_way,
        step=next_step(view, reader.partner),
        picture=picture(view.stays, view.holds, line, statement.opened_at if statement else 0, at),
        line=line,
        map=map_of(view.private, arrived=not under_way, known=_places(view.summary.mode)),
        expected=expected_arrival(view, times, statement) if times is not None else None,
        counting=asked and times is None,
    )


def _places(mode: str) -> Mapping[str, Point]:
    """Where codes lie for goods that go so: airports first for those that fly."""
    return ChainMap(known_airports(), known_places()) if mode == str(name_of(Mode.AIR)) else known_places()


def _roles(node: Node, reader: Reader) -> set[Role]:
    if not reader.partner:
        return set()
    return {_ROLES[str(one.role)] for one in node.reader.views.partner(reader.partner).roles if one.in_force}
