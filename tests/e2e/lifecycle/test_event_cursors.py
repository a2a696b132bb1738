"""What a cursor of the events outlives: all by which the log goes on, and nothing by which another takes its place."""

from pathlib import Path

import pytest

from ledger.errors import MalformedRecord, NotFound
from ledger.services.events.event import Wanted
from ledger.services.events.feed import EventPage, Feed
from ledger.services.home.clock import ManualClock
from ledger.services.home.settings import Settings, read_settings
from ledger.services.lifecycle.rebuild import rebuild_projections, restore_from_chain
from tests.e2e.lifecycle.test_backup import put_back, take
from tests.e2e.lifecycle.test_rebuild import clock, copies, home, lose_the_database
from tests.e2e.webhooks.lives import opened

__all__ = ["clock", "home"]
CURSORS = (-1, 0, 1, 7, 42, 100)
EVERYTHING = 10_000


def pages(settings: Settings) -> list[EventPage]:
    """From each of `CURSORS` and from the end on, all that there is, but for how far the chain has it."""
    feed = feed_of(settings)
    size, _ = feed.extent()
    assert size > CURSORS[-1]
    return [feed.page(Wanted(), after, EVERYTHING) for after in (*CURSORS, size - 1)]


def feed_of(settings: Settings) -> Feed:
    return Feed(opened(settings.home, ManualClock(0)))


def bodies(pages: list[EventPage]) -> list[tuple[int | None, int, list[bytes]]]:
    return [(page.next, page.size, [event.body for event in page.events]) for page in pages]


def test_projections_that_are_made_again_change_no_event(home: Settings) -> None:
    before = bodies(pages(home))
    rebuild_projections(home)
    assert bodies(pages(home)) == before


@pytest.mark.parametrize("of_chain", [True, False])
def test_the_same_log_from_the_chain_tells_the_same_events(home: Settings, clock: ManualClock, of_chain: bool) -> None:
    """Though private parts are lost, if partners do not give back what the chain has without them."""
    before, given = bodies(pages(home)), list(copies(home, of_chain=of_chain))
    lose_the_database(home)
    restored = restore_from_chain(home, given=given, clock=clock)
    assert (restored.done, restored.appended) == (True, 0)
    assert bodies(pages(home)) == before


def test_a_copy_that_is_put_back_goes_on_under_the_same_cursors(home: Settings, tmp_path: Path) -> None:
    before = bodies(pages(home))
    take(home, tmp_path / "backup")
    assert put_back(tmp_path / "backup", tmp_path / "again").report.ok
    again = read_settings({}, home=tmp_path / "again")
    assert bodies(pages(again)) == before
    size, _ = feed_of(again).extent()
    with pytest.raises(MalformedRecord, match="beyond the end of this log"):
        feed_of(again).page(Wanted(), size)  # told after the copy was taken: whoever has it is to know


def test_a_new_log_takes_no_cursor_of_the_old(home: Settings, clock: ManualClock) -> None:
    """An index means another record there."""
    before = pages(home)[0]
    log = bytes.fromhex(before.events[0].logId[2:])
    feed_of(home).require(log)
    lose_the_database(home)
    assert restore_from_chain(home, new_log=True, clock=clock).done
    with pytest.raises(NotFound, match="another log"):
        feed_of(home).require(log)
    after = feed_of(home).page(Wanted(), -1, EVERYTHING)
    assert {event.logId for event in after.events}.isdisjoint({event.logId for event in before.events})
    same = {event.id for event in after.events} & {event.id for event in before.events}
    assert len(same) > len(after.events) // 2, "records keep their ids, by which a follower knows what it has"
    old, new = ({event.id: event.index for event in page.events} for page in (before, after))
    assert any(old[one] != new[one] for one in same), "and are elsewhere: a cursor would skip some, unseen"
