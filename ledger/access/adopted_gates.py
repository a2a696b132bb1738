"""Which gates govern a period: of the gates files that the council adopted before it began the newest one.

As every adopted file (`ledger.registry.adopted_files`) it governs what starts later. Files of other kinds are passed
over.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ledger.access.gates_file import Gates, parse_gates
from ledger.common.periods import FOREVER, Grain, Period, before, unit_of
from ledger.registry.adopted_files import FileKind, adopted_of
from ledger.registry.history import RegistryView

GATES = FileKind("gates", "lading/gates/", "lading access gates", parse_gates)


class InForce(NamedTuple):
    """Gates that govern periods which start at `since` or later, and before `until` (seconds UTC)."""

    since: int
    until: int
    gates: Gates


def gates_in_force(view: RegistryView, texts: Mapping[bytes, bytes]) -> list[InForce]:
    """The adopted gates in order of time; `texts` of adopted files by SHA-256. Raises `MalformedRecord` for one that
    says it is a gates file and is none.
    """
    found = {
        adopted.since: parse_gates(text)  # of two from one second the last governs
        for adopted, text in adopted_of(GATES, view, texts)
    }
    starts = [*sorted(found), FOREVER]
    return [InForce(since, until, found[since]) for since, until in pairwise(starts)]


def closed_periods(in_force: Sequence[InForce], now: int) -> Iterator[tuple[Gates, Period]]:
    """The calendar periods that began under each of them and have ended and settled by `now`, in order."""
    for since, until, gates in in_force:
        if since > now:
            continue
        grain = Grain[gates.step.name]
        count = unit_of(now, grain) - unit_of(since, grain) + 1
        for _, period in before(now, gates.step, count):
            settled = period.end + next(iter(gates.gates.values())).settle
            if since <= period.start < until and settled <= now:
                yield gates, period
