"""What holds of every random journey, whatever its rules come to."""

import random
from fractions import Fraction

from ledger.penalties.families import term_of
from ledger.penalties.statement import own_penalty_of, penalties, penalty_of
from ledger.shipments.history import Journeys
from tests.unit.penalties.tales import Tale


def test_random_journeys_keep_every_promise_about_sums() -> None:
    """Shares are whole and sum exactly, at least is no more than at most, and the order of arrival changes nothing."""
    late = disputed = split = 0
    for seed in range(800):
        tale = Tale(seed)
        at = tale.dice.choice((None, tale.now, tale.now + 3, tale.now + 15, 40 * 86_400))
        journeys = Journeys(tale.history.records)
        shuffled = Journeys(random.Random(seed).sample(tale.history.records, len(tale.history.records)))
        assert list(penalties(journeys, at)) == list(penalties(shuffled, at)), seed
        for statement in penalties(journeys, at):
            lines = statement.portions
            assert sum(line.share for line in lines) == Fraction(1), seed
            assert statement.amount == sum(line.amount for line in lines) <= statement.amount_high, seed
            assert statement.amount_high == sum(line.amount_high for line in lines), seed
            assert 0 <= statement.frozen == statement.amount_high - statement.amount, seed
            assert sum(leg.amount for leg in statement.legs) <= statement.amount, seed
            assert len(set(statement.evidence)) == len(statement.evidence), seed
            for line in lines:
                assert line.late_seconds <= line.late_seconds_high, seed
                assert abs(line.amount - term_of(line, line.late_seconds)) < 1, seed
            late, disputed, split = late + bool(statement.amount), disputed + bool(statement.frozen), split + len(lines)
    assert late > 200
    assert disputed >= 8
    assert split > 1_000


def test_children_of_random_journeys_share_what_the_whole_owes() -> None:
    for seed in range(300):
        tale = Tale(seed)
        journeys = Journeys(tale.history.records)
        at = tale.now + 15
        whole = penalty_of(tale.shipment, journeys, at)
        names = [
            name for name in journeys.shipments() if next(iter(reversed(list(journeys.lineage(name))))) == tale.shipment
        ]
        own = [own_penalty_of(name, journeys, at) for name in names]
        assert sum(statement.amount for statement in own) == whole.amount, seed
        for name in names:
            alone = penalty_of(name, journeys, at)
            if name != tale.shipment and journeys.own_shipment(name) == name and not journeys.children(name):
                mine = sum(one.amount for one in own if journeys.own_shipment(one.shipment) == name)
                assert alone.amount <= mine <= alone.amount_high, seed
