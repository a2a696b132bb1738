"""What was read within a commit that was undone is forgotten: the registry is what the log says."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from ledger.codes import RegistryAction, Role
from ledger.common.keccak import keccak256
from ledger.errors import StorageFailed
from ledger.records.types import Observation
from ledger.registry.changes import change
from ledger.store import cursors
from ledger.store.database import Connection
from tests.e2e.stage import CARRIER, MAKER, Stage


def carries(stage: Stage) -> bool:
    with stage.node.home.database.read() as connection:
        return bool(stage.node.reader.registry.refreshed(connection).now().has_role(CARRIER, Role.CARRIER))


def followed(stage: Stage) -> int:
    with stage.node.home.database.read() as connection:
        cursor = cursors.get(connection, cursors.FOLLOWER)
    assert cursor is not None
    return cursor.block


def commit_fails(stage: Stage, _: pytest.MonkeyPatch) -> None:
    follower = stage.node.work.follower
    project: Callable[[Connection], None] = follower._project

    def undone(connection: Connection) -> None:
        follower._project = project
        project(connection)
        raise StorageFailed("the disk is full")

    follower._project = undone


def overtaken(_: Stage, patch: pytest.MonkeyPatch) -> None:
    advance = cursors.advance

    def elsewhere(*arguments: object) -> bool:
        patch.setattr(cursors, "advance", advance)
        return False

    patch.setattr(cursors, "advance", elsewhere)


@pytest.mark.parametrize("fault", [commit_fails, overtaken])
def test_a_follow_that_is_undone_halts_nothing_and_the_next_one_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: Callable[[Stage, pytest.MonkeyPatch], None]
) -> None:
    work = stage.node.work
    stage.settle()
    assert carries(stage)
    stage.trial.change(
        change(stage.trial.next_sequence(), RegistryAction.REVOKE_ROLE, partner=CARRIER, role=Role.CARRIER)
    )
    before = followed(stage)
    fault(stage, monkeypatch)
    with suppress(StorageFailed):
        work.relayer.step()
    assert followed(stage) == before, "it was undone"
    assert not carries(stage) or fault is overtaken, "it was read"
    # Another leaf takes the place in the log that the outcome would have had.
    stage.submit(Observation(MAKER, keccak256(b"in between"), stage.now), MAKER)
    stage.settle()
    assert not carries(stage)
    assert stage.node.guard.halted is None
    stage.audited()
