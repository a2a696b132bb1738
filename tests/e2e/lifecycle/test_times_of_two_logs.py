"""By how much the figures of two logs may differ: an hour of a log's own time, and what only logs have."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.codes import StatementKind
from ledger.common.figure import to_json
from ledger.common.ids import RecordId
from ledger.common.periods import DAY, HOUR
from ledger.penalties.statement import PenaltyStatement
from ledger.records.signing import SignedRecord
from ledger.records.types import Endorsement
from ledger.services.audit.run import audit
from ledger.services.lifecycle.rebuild import restore_from_chain
from tests.e2e.shared_chain import Network, Seat, comparable, network
from tests.e2e.stage import AUTHORITY, CARRIER, MAKER, SHOP

MINUTE = 60
SHOWN_AFTER = (0, 20 * MINUTE, HOUR, 5 * HOUR)


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as found:
        yield found


def under_way(seat: Seat, count: int) -> list[RecordId]:
    goods = [seat.open() for _ in range(count)]
    seat.hand(MAKER, CARRIER, *sorted((one, 0, 10) for one in goods))
    return goods


def hand_in(seat: Seat, copies: list[SignedRecord]) -> None:
    seat.take(copies, log_only=False)
    seat.take(copies, log_only=True)


def test_a_logs_own_time_moves_a_figure_by_an_hour_at_most(net: Network) -> None:
    """Told two days late, each is in the first log before it is in a block; who joins later knows but the blocks."""
    first = net.first
    late, timely = under_way(first, len(SHOWN_AFTER)), under_way(first, len(SHOWN_AFTER))
    first.pass_time(14 * DAY)
    for told_after, goods in ((2 * DAY, late), (2 * HOUR, timely)):
        for shipment, wait in zip(goods, SHOWN_AFTER, strict=True):
            first.away = True
            delivery = first.scribe_handoff(CARRIER, SHOP, (shipment, 1, 10), occurred_at=first.now - told_after)
            first.sign(delivery, CARRIER, SHOP)
            first.clock.advance(wait)
            first.away = False
            first.settle()
    first.pass_time(20 * DAY)
    at, copies = first.now, list(first.copies())
    second = net.join("second")
    hand_in(second, copies)
    settings = second.node.home.settings
    theirs = [second.penalty(one, at) for one in (*late, *timely)]
    second.node.close()
    (settings.home / "ledger.db").unlink()
    restored = restore_from_chain(settings, new_log=True, clock=net.clock)
    assert restored.registration is not None
    first.trial.change(restored.registration)
    first.settle()
    again = net.seat(settings)
    with closing(again.node):
        again.settle()
        hand_in(again, copies)
        for i, shipment in enumerate((*late, *timely)):
            ours = first.penalty(shipment, at)
            moved = min(SHOWN_AFTER[i], HOUR) if i < len(late) else 0
            assert stopped(theirs[i]) - stopped(ours) == moved
            assert theirs[i].amount >= ours.amount > 0
            assert (theirs[i].amount == ours.amount) is (moved == 0)
            rebuilt = comparable(to_json(again.penalty(shipment, at)))
            assert rebuilt == comparable(to_json(theirs[i])), "blocks alone decide in either"
        report = audit(again.node)
        assert report.ok, report.to_json()["findings"]


def test_what_only_logs_have_counts_at_each_operator_from_when_it_was_handed_in_there(net: Network) -> None:
    """A third endorses two contested tenders. The second operator hears of one within the thirty days, and of the other
    when these are over: there that tender has fallen, for no chain says when the third signed.
    """
    first = net.first
    in_time, too_late = under_way(first, 2)
    first.pass_time(12 * DAY)
    tenders = {one: first.state(StatementKind.TENDER, CARRIER, one, 1, SHOP) for one in (in_time, too_late)}
    for one in tenders:
        first.state(StatementKind.CONTEST, SHOP, one, 1)
    second = net.join("second")
    with closing(second.node):
        hand_in(second, list(first.copies()))
        first.pass_time(5 * DAY)
        second.settle()
        for one in tenders:
            assert first.penalty(one, first.now).frozen == second.penalty(one, first.now).frozen > 0
        endorsed = {one: Endorsement(AUTHORITY, tender) for one, tender in tenders.items()}
        for one in tenders:
            first.sign(endorsed[one], AUTHORITY)
        second.sign(endorsed[in_time], AUTHORITY)
        first.pass_time(31 * DAY)
        second.settle()
        second.sign(endorsed[too_late], AUTHORITY)
        at = first.now
        ours, theirs = ([seat.penalty(one, at) for one in tenders] for seat in (first, second))
        assert [one.frozen for one in ours + theirs] == [0] * 4, "decided either way"
        assert stopped(ours[0]) == stopped(theirs[0]) == stopped(ours[1]) - 1
        assert ours[0].amount == theirs[0].amount
        assert theirs[1].stopped_at is None
        assert theirs[1].amount > ours[1].amount


def stopped(statement: PenaltyStatement) -> int:
    assert statement.stopped_at is not None
    return statement.stopped_at
