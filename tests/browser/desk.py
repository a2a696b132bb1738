"""A world in which something waits for each role, served to browsers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import sleep

import uvicorn

from ledger.cli.sandbox import Party
from ledger.codes import ClearanceStatus, Gate, Regime, Role, StatementKind
from ledger.common.periods import DAY
from ledger.records.types import Require
from ledger.registry.enrolment import RoleRequest
from tests.api.world import World, running_world
from tests.e2e.stage import BROKER, CARRIER, MAKER, PROMISED, SHOP, Stage, found_stage, key_of


@dataclass
class Desk:
    """A world whose service listens at `url`."""

    world: World
    url: str


@contextmanager
def staffed(founded: Path, home: Path) -> Iterator[Desk]:
    """The world with something to do for everybody, and its service in a thread."""
    (founded / "now").write_text(str(found_stage(founded)))
    with running_world(founded, home) as world:
        fill(world.stage)
        config = uvicorn.Config(world.client.app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Desk(world, f"http://127.0.0.1:{port}")
        server.should_exit = True
        thread.join()


def fill(stage: Stage) -> None:
    """Something for each role, and a name that is long and has no blanks."""
    long = "Transportgesellschaft" * 3
    stage.trial.admit([(Party(70, long, key_of("long")), "", [RoleRequest(Role.CARRIER)])])
    stage.pass_time(7200)
    stage.parties[70] = Party(70, long, key_of("long"))
    shipment = stage.open(requires=[Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY), True)], lot="L9")
    stage.hand(MAKER, 70, (shipment, 0, 10))
    stage.clear(BROKER, ClearanceStatus.LODGED, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT)
    stage.pass_time(PROMISED)
    stage.state(StatementKind.TENDER, 70, shipment, 1, SHOP)
    stage.hand(MAKER, CARRIER, (stage.open(lot="L9"), 0, 10), due_at=stage.now + DAY // 2)
    stage.trial.enrol(Party(71, "Newcomer", key_of("newcomer")), "", [RoleRequest(Role.CARRIER)])
    stage.node.settle()
    stage.open(lot="L9")
    stage.node.work.publish()
    stage.clock.advance(3601)
