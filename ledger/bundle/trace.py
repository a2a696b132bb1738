"""What the bundle of a trace claims: its shipments, and what lies one step beyond them.

The subject is the root over the shipments' ids, so nobody can take one out or put one in under the same name. Which
goods were asked for is not part of it: that is told by the terms, where their contents are open.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger import merkle
from ledger.bundle.subject import Subject, SubjectKind
from ledger.common.figure import figure, to_json
from ledger.common.ids import to_hex
from ledger.common.json_fields import entries, hex_bytes
from ledger.errors import MalformedRecord, NotFound, VerificationFailed
from ledger.shipments.history import Journeys


@figure("shipments", "beyond")
@dataclass(frozen=True, slots=True)
class TraceFigures:
    """The shipments of a trace, and those that goods came from or went into and that are not among them; ascending."""

    shipments: tuple[bytes, ...]
    beyond: tuple[bytes, ...]


def trace_subject(traced: Collection[bytes]) -> Subject:
    """The subject of a bundle about these shipments."""
    return Subject(SubjectKind.TRACE, merkle.sorted_root(traced))


def trace_figures(journeys: Journeys, traced: Collection[bytes]) -> dict[str, Any]:
    """The figures of a trace of these shipments, from all records about them.

    Raises `NotFound` for a shipment that no applied record among these opened.
    """
    inside = set(traced)
    for shipment in sorted(inside):
        if shipment not in journeys.terms and shipment not in journeys.origins:
            raise NotFound("no record here opened this shipment", where="shipments", found=to_hex(shipment))
    left_behind: dict[bytes, list[bytes]] = {}
    for child, origin in journeys.origins.items():
        left_behind.setdefault(origin.parent, []).append(child)
    beyond = {near for one in inside for near in _neighbours(journeys, one, left_behind)} - inside
    return to_json(TraceFigures(tuple(sorted(inside)), tuple(sorted(beyond))))


def check_trace(subject: Subject, figures: Mapping[str, Any], journeys: Journeys) -> dict[str, Any]:
    """The figures made again for the shipments that are claimed, which must be those of the subject."""
    traced = traced_in(figures)
    if trace_subject(traced) != subject:
        raise VerificationFailed(
            "these are not the shipments that the bundle is about",
            where="shipments",
            expected=str(subject),
            found=str(trace_subject(traced)),
        )
    if len(set(traced)) != len(traced):
        raise MalformedRecord("a shipment is named twice", where="figures.shipments")
    return trace_figures(journeys, traced)


def traced_in(figures: Mapping[str, Any]) -> tuple[bytes, ...]:
    """The shipments that the figures of a trace name; none in those of anything else."""
    named = figures.get("shipments", [])
    return tuple(hex_bytes(value, at, 32) for at, value in entries(named, "figures.shipments"))


def _neighbours(journeys: Journeys, shipment: bytes, left_behind: Mapping[bytes, list[bytes]]) -> Iterator[bytes]:
    if (origin := journeys.origins.get(shipment)) is not None:
        yield origin.parent
    if (terms := journeys.terms.get(shipment)) is not None:
        yield from (parent.shipment for parent in terms.record.parents)
    yield from left_behind.get(shipment, ())
    yield from (later.verified.id for later in journeys.onward(shipment))
