"""Evidence of when records were known comes in after them: figures that run along are those of all that is known."""

import random
from dataclasses import replace

import pytest

from ledger.common.periods import Period
from ledger.penalties.amounts import all_owed
from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes
from ledger.records.verification import VerifiedRecord, already_verified, with_evidence
from ledger.scores.card import parse_card
from ledger.scores.incremental import Running
from ledger.scores.tallies import Tallies
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from tests.unit.history import DAY, HOUR, UNLIMITED
from tests.unit.penalties.test_fast_path import manifest_records, random_records

CARD = parse_card(default_card_text())


def on_the_operators_word(record: VerifiedRecord) -> VerifiedRecord:
    """The record on a chain whose blocks are the operator's own, before anybody cosigned anything."""
    facts = replace(record.facts, block_time_counts=False, covered=None)
    return already_verified(record.id, record.record, record.signers, facts, roles=record.roles)


def agrees(running: Running, records: list[VerifiedRecord], period: Period) -> None:
    journeys = Journeys(records)
    assert running.owed() == list(all_owed(journeys, period.at))
    tallies = Tallies(journeys, period)
    for role in CARD.roles:
        assert running.partners(role) == tallies.partners(role)
        for partner in tallies.partners(role):
            assert running.score(partner, role, CARD) == tallies.score(partner, role, CARD)


@pytest.mark.parametrize("seed", range(6))
def test_figures_that_run_along_while_cosignatures_arrive_late_are_those_from_scratch(seed: int) -> None:
    """Checkpoints are cosigned in any order, hours or weeks after the fact."""
    dice = random.Random(seed)
    period = Period(0, UNLIMITED, 60 * DAY)
    records = [on_the_operators_word(r) for r in (random_records(seed, 12) if seed % 2 else manifest_records(seed))]
    running = Running(period, records)
    agrees(running, records, period)
    entries: list[CheckpointTime] = []
    times = CheckpointTimes()
    for _ in range(8):
        size = dice.randint(1, len(records) + 2)
        entries.append(CheckpointTime(size, dice.randrange(50 * DAY), Basis.WITNESSES))
        before, times = times, CheckpointTimes(entries)
        changed = [i for start, end in times.changed_since(before) for i in range(start, min(end, len(records)))]
        assert changed == [i for i in range(len(records)) if times.covering(i) != before.covering(i)]
        for i in changed:
            records[i] = with_evidence(records[i], times)
            running.replace(records[i])
        assert all(record.facts.covered == times.covering(i) for i, record in enumerate(records))
        agrees(running, records, period)


def test_evidence_moves_a_time_by_what_it_bears_out_alone() -> None:
    """A record logged nine days back is known an hour before the first cosignature that covers it."""
    record = on_the_operators_word(random_records(1, 1)[0])
    late = CheckpointTimes([CheckpointTime(1, record.logged_at + 9 * DAY, Basis.WITNESSES)])
    assert record.known == record.logged_at
    assert with_evidence(record, late).known == record.logged_at + 9 * DAY - HOUR
    assert with_evidence(record, CheckpointTimes()) is record
