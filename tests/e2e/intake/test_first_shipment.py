"""docs/examples/first_shipment.py does what the README says, over a real socket and with somebody else's signatures."""

import importlib.util
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
import uvicorn

from ledger.api.app import create_app
from ledger.services.node.node import Node
from tests.e2e.stage import CARRIER, MAKER, NZ, SHOP, Stage

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "examples" / "first_shipment.py"
PATIENCE = 30


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The example's module, its partners numbered as on the stage."""
    spec = importlib.util.spec_from_file_location("first_shipment", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, number in (("MAKER", MAKER), ("FORWARDER", CARRIER), ("CUSTOMS", NZ), ("PLATFORM", SHOP)):
        monkeypatch.setattr(module, name, number)
    return module


@contextmanager
def serving(node: Node) -> Iterator[str]:
    """The node behind a socket, its worker running."""
    server = uvicorn.Server(uvicorn.Config(create_app(node), port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + PATIENCE
        while not server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


def test_the_example_delivers(stage: Stage, example: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    keys = {number: party.key.secret() for number, party in stage.parties.items()}
    with serving(stage.node) as url:
        shipment = example.play(url, keys, stage.now)

    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"201 terms: shipment {shipment}, leaf ")
    assert told[1] == f"202 handoff: proposed, missing partner {CARRIER} as receiver"
    assert told[2] == "201 handoff: accepted, the forwarder holds the goods"
    assert told[3:6] == ["201 clearance: accepted", "201 clearance: accepted", "201 delivery: accepted"]
    assert len([line for line in told if line.endswith(": applied")]) == 5
    assert stage.view(bytes.fromhex(shipment[2:])).summary.status == "delivered"
