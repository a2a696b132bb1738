"""What is kept of each shipment while records arrive gives the figures that follow from all of them at once."""

import random

from ledger.common.periods import DAY, Period
from ledger.network.contributions import KeptContributions
from ledger.network.performance import network
from ledger.network.routes import GROUPS
from ledger.scores.incremental import Running
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, SHOP, UNLIMITED, History
from tests.unit.network.mode_tales import mode_history
from tests.unit.penalties.tales import Tale
from tests.unit.penalties.test_fast_path import product_records, random_records


def test_figures_of_contributions_kept_while_records_arrive_equal_those_computed_at_once() -> None:
    """In shuffled orders, as time passes and back, for several periods, groups and readers."""
    for seed in range(50):
        rng = random.Random(seed)
        if seed >= 40:
            records = mode_history(seed, 6).records
        elif seed % 4 == 1:
            records = list(random_records(seed, 8))
        else:
            records = product_records(seed) if seed % 4 == 3 else list(Tale(seed).history.records)
        if seed % 3:
            rng.shuffle(records)
        running = Running(Period(0, UNLIMITED, 0))
        kept = KeptContributions(running.journeys)
        running.watch(kept.kept)
        checks = {rng.randrange(len(records)) for _ in range(3)} | {len(records) - 1}
        for i, record in enumerate(records):
            running.add(record)
            if i in checks:
                full = Journeys(sorted(records[: i + 1], key=lambda record: record.log_index))
                for at in (60 * DAY, rng.randrange(60) * DAY, record.known):
                    period = Period(rng.choice((0, rng.randrange(20) * DAY)), UNLIMITED, at)
                    by = rng.choice((None, *GROUPS.values()))
                    expected = network(full, period, by)
                    assert network(running.journeys, period, by, kept=kept) == expected, (seed, i, at)


def test_only_shipments_that_a_record_or_time_touches_are_worked_out_again() -> None:
    history = History()
    first, second = (history.terms() for _ in range(2))
    running = Running(Period(0, UNLIMITED, 0), history.records)
    arrived = history.handoff(first, CARRIER, SHOP, DAY)
    kept = KeptContributions(running.journeys)
    running.watch(kept.kept)
    before = {shipment: kept.of(shipment, 60 * DAY) for shipment in (first, second)}
    running.add(arrived)
    assert kept.of(second, 60 * DAY) is before[second]
    moved = kept.of(first, 60 * DAY)
    assert moved is not None
    assert moved != before[first]
    assert kept.of(first, 61 * DAY) is moved, "nothing was due in between"
    assert kept.of(second, 61 * DAY) is not before[second], "its clock runs"
