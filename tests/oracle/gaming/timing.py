"""Times that somebody sets: the `occurredAt` that two sign, and the log time, which is the operator's word."""

from collections.abc import Iterator
from dataclasses import replace

from ledger.records.types import Clearance, Handoff
from tests.oracle.chain import record_id
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.gaming.deeds import Deed, deed
from tests.oracle.story import CUSTOMS

OPERATOR = 90
"""A partner that signs nothing: all it sets is the time at which its log took a record."""
SKEW = 15 * 60


def other_times(seen: list[Seen]) -> Iterator[Deed]:
    """What two signed with another `occurredAt`, earlier, or as late as the clock that accepted it allows."""
    for one in seen:
        record = one.record
        if not isinstance(record, Handoff | Clearance) or len(one.signers) < 2 or CUSTOMS in one.signers:
            continue
        for what, when in (
            ("back-date", record.occurredAt - DAY),
            ("back-date", record.occurredAt - 10 * DAY),
            ("date on", one.logged_at + SKEW),
        ):
            told = replace(record, occurredAt=when)
            if when != record.occurredAt:
                other = replace(one, record=told, id=record_id(told))
                yield deed(one.signers, what, told, seen, [other if s.id == one.id else s for s in seen])


def log_times(seen: list[Seen]) -> Iterator[tuple[list[Seen], Deed]]:
    """Log times within the hour that is the operator's, and the same with one far outside: before, after evidence."""
    for one in seen:
        evidence = one.evidenced if one.own_clock else min((t for t in (one.evidenced, one.block_time) if t), default=0)
        if not evidence:
            continue  # without evidence a time rests on the operator's word, and results say so
        for granted, claimed in ((evidence - HOUR, evidence - 10 * DAY), (evidence, evidence + 10 * DAY)):
            honest, false = (
                [replace(s, logged_at=time) if s.id == one.id else s for s in seen] for time in (granted, claimed)
            )
            on = " on the embedded chain" if one.own_clock else ""
            yield honest, deed((OPERATOR,), f"log time{on} of", one.record, seen, false)
