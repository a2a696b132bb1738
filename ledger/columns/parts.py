"""Figures in parts, in this process or on any executor: each part reads its own families, and one place adds up.

A part gives columns of what is plain and the samples of what is not: values, which travel. Whatever is global is
reckoned from all parts together (`ledger.columns.tallies`), so that no partition gives other figures than one process.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import NamedTuple

from ledger.columns import attestations, others, plain_columns
from ledger.columns.attestations import Attested, attested_of, require_no_recall
from ledger.columns.builder import Builder
from ledger.columns.families import FamilyRecords
from ledger.columns.others import Others, others_of
from ledger.columns.plain_columns import PlainColumns
from ledger.columns.tallies import ColumnTallies
from ledger.common.periods import Period
from ledger.shipments.history import Journeys

Source = Callable[[], FamilyRecords]
"""Reads the records of a part where it is called: in a process of its own, or on another machine."""


class Part(NamedTuple):
    """What some families say in a period."""

    columns: PlainColumns
    others: Others
    attested: Attested


class Asked(NamedTuple):
    """A period, and the partners of whose penalties the evidence is wanted."""

    period: Period
    liable: frozenset[int] = frozenset()


def part_of(share: FamilyRecords, asked: Asked, sealed: PlainColumns | None = None) -> Part:
    """What a share says. `sealed`: plain journeys that were made into columns before, none of them in the share.

    Raises `RuleBroken` where a recall is known that may concern products among the sealed.
    """
    journeys, builder = Journeys(share.records), Builder()
    own = (shipment for shipment in journeys.shipments() if _opened(journeys, shipment) in share.opened)
    rest = [shipment for shipment in own if not builder.add(journeys, shipment)]
    columns = builder.built()
    if sealed is not None:
        require_no_recall(sealed, journeys)
        columns = plain_columns.joined([sealed, columns])
    return Part(
        columns, others_of(journeys, rest, asked.period, asked.liable), attested_of(columns, journeys, asked.period)
    )


def tallies_of(parts: Iterable[Part], period: Period) -> ColumnTallies:
    """Everything about everybody in the period, from all parts; no family may be in two of them."""
    every = list(parts)
    return ColumnTallies(
        plain_columns.joined([part.columns for part in every]),
        others.joined([part.others for part in every]),
        attestations.joined([part.attested for part in every], [len(part.columns.shipments) for part in every]),
        period,
    )


def tally(sources: Sequence[Source], asked: Asked, executor: Executor | None = None) -> ColumnTallies:
    """The same, each part read and counted on `executor`; without one, here."""
    read = partial(_read, asked)
    found = map(read, sources) if executor is None else executor.map(read, sources)
    return tallies_of(found, asked.period)


def _read(asked: Asked, source: Source) -> Part:
    return part_of(source(), asked)


def _opened(journeys: Journeys, shipment: bytes) -> bytes:
    """What terms opened, of which the shipment is a part."""
    *_, opened = journeys.lineage(shipment)
    return opened
