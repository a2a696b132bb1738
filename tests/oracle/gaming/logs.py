"""Logs with something changed: a record more, or one that came later."""

from collections.abc import Sequence
from dataclasses import replace

from ledger.records.types import Record
from tests.oracle.chain import record_id
from tests.oracle.facts import Seen
from tests.oracle.story import ROLES

GAP = 1_000
"""Distance of log indexes and block numbers, so that something fits in between."""


def spaced(seen: Sequence[Seen]) -> list[Seen]:
    return [
        replace(s, log_index=s.log_index * GAP, block=(s.block[0] * GAP, s.block[1]) if s.block else None) for s in seen
    ]


def ordered(seen: list[Seen]) -> list[Seen]:
    return sorted(seen, key=lambda s: s.log_index)


def filed(record: Record, signers: tuple[int, ...], outcomes: tuple[int, ...], after: Seen, when: int | None) -> Seen:
    """The record filed right behind `after`, at its times, or at `when`."""
    logged = after.logged_at if when is None else when
    block_time = after.block_time if when is None else when
    block = (after.block[0] + 1, 0) if after.block else None
    if outcomes and (block is None or block_time is None):
        block_time, block = logged, (2**50, 0)  # behind a record of the log alone: the chain's next block
    evidence = None if after.own_clock else (logged if not outcomes else block_time)
    return Seen(
        id=record_id(record),
        record=record,
        signers=signers,
        roles={party: ROLES.get(party, 0) for party in signers},
        outcomes=outcomes,
        log_index=after.log_index + 1,
        logged_at=logged,
        evidenced=evidence,
        block_time=block_time if outcomes else None,
        block=block if outcomes else None,
        own_clock=after.own_clock,
    )


def moved_to(seen: list[Seen], one: Seen, when: int) -> list[Seen]:
    """The log in which `one` came last, at `when`."""
    last = max(s.log_index for s in seen) + GAP
    late = replace(
        one,
        log_index=last,
        logged_at=when,
        evidenced=None if one.evidenced is None else when,
        block_time=None if one.block_time is None else when,
        block=(2**51, 0) if one.block else None,
    )
    return [*(s for s in seen if s.id != one.id), late]
