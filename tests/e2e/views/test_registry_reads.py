"""Who is who is read once a request, and not where the log has not grown; what is verified is judged by the newest."""

from collections.abc import Sequence
from threading import Thread

import pytest

from ledger.registry.history import RegistryHistory
from ledger.services.state.current_registry import CurrentRegistry, one_request
from ledger.services.state.extent import extent_of
from ledger.store.database import Connection
from ledger.store.projections import outcomes
from tests.e2e.stage import CARRIER, MAKER, Stage


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From which log index the outcomes of registry records were read, read by read."""
    asked: list[int] = []
    of_types = outcomes.of_types

    def counted(connection: Connection, types: Sequence[int], since: int) -> list[outcomes.ItemOutcome]:
        asked.append(since)
        return of_types(connection, types, since)

    monkeypatch.setattr(outcomes, "of_types", counted)
    return asked


def look(stage: Stage) -> None:
    reader = stage.node.reader
    reader.views.partner(MAKER)
    reader.views.names([CARRIER])
    reader.numbers.measure()


def test_a_request_reads_the_registry_once_whatever_it_asks_in_whatever_thread(stage: Stage, reads: list[int]) -> None:
    look(stage)
    assert len(reads) == 3
    reads.clear()
    with one_request():
        look(stage)
        look(stage)
        assert len(reads) == 1
        with stage.node.home.database.read() as connection:
            stage.node.reader.registry.refreshed(connection)
        assert len(reads) == 2, "what is verified is not judged by what was read before"
    thread = Thread(target=look, args=[stage])
    thread.start()
    thread.join()
    assert len(reads) == 5, "another request reads for itself"


def test_a_log_that_has_not_grown_is_not_read_again(stage: Stage, reads: list[int]) -> None:
    home = stage.node.home
    registry = CurrentRegistry(home.consortium.genesis, home.clock)

    def refreshed() -> int:
        before = len(reads)
        with home.database.read() as connection:
            assert registry.refreshed(connection, extent_of(connection)).now().partner(MAKER)
        return len(reads) - before

    assert [refreshed(), refreshed()] == [1, 0]
    stage.open()
    assert [refreshed(), refreshed()] == [1, 0]


def test_what_was_taken_in_may_be_undone_and_is_looked_for_again(stage: Stage, reads: list[int]) -> None:
    """Whoever reads without saying how far the store has come may read what is never committed."""
    home = stage.node.home
    registry = CurrentRegistry(home.consortium.genesis, home.clock)
    with home.database.read() as connection:
        extent = extent_of(connection)
        registry.refreshed(connection, extent)
        registry.refreshed(connection)  # nothing new: what is known holds
        before = len(reads)
        registry.refreshed(connection, extent)
        assert len(reads) == before
        registry.history, registry._last = RegistryHistory(home.consortium.genesis), None
        registry.refreshed(connection)
        registry.refreshed(connection, extent)
        assert len(reads) == before + 2
