"""How SQLite answers what is asked often: by an index, in its order, whatever else the tables hold."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event

from ledger.common.ids import RecordId
from ledger.services.intake.sequencer import Sequencer
from ledger.services.state.current_registry import REGISTRY_TYPES
from ledger.store import checkpoints, outbox, pending, proposals, records, transactions
from ledger.store.database import Database
from ledger.store.documents import enrolments
from ledger.store.projections import outcomes, shipments
from tests.store.entries import endorsements
from tests.store.test_queries import shipment

ASKED: dict[str, Callable[[Connection], object]] = {
    "records": lambda c: records.listing(c, limit=10),
    "records, the newest": lambda c: records.listing(c, newest_first=True, before=9, limit=10),
    "records of a type": lambda c: records.listing(c, types=[15], limit=10),
    "records about": lambda c: records.listing(c, "partner", "1", limit=10),
    "records about, the newest": lambda c: records.listing(c, "partner", "1", before=9, newest_first=True, limit=10),
    "records of a type about": lambda c: records.listing(c, "partner", "1", types=[15], limit=10),
    "new records by type": lambda c: records.count_by_type(c, 5, 9),
    "shipments": lambda c: shipments.listing(c, limit=10),
    "shipments before": lambda c: shipments.listing(c, before=9, limit=10),
    "shipments of a party": lambda c: shipments.listing(c, party=1, limit=10),
    "shipments of a custodian": lambda c: shipments.listing(c, custodian=1, before=9, limit=10),
    "transactions under way": lambda c: transactions.unfinished(c, bytes(20)),
    "the next nonce": lambda c: transactions.next_nonce(c, bytes(20)),
    "what waits": outbox.left,
    "what is due": lambda c: outbox.due(c, 0, 10),
    "registry records' outcomes": lambda c: outcomes.of_types(c, REGISTRY_TYPES, 5),
    "checkpoints": lambda c: checkpoints.listing(c, limit=10),
    "enrolments": lambda c: enrolments.listing(c, limit=10),
    "enrolments after": lambda c: enrolments.listing(c, after=(1, bytes(32)), limit=10),
    "records by id": lambda c: records.get_many(c, [RecordId(bytes(32)), RecordId(bytes(32))]),
    "proposals by id": lambda c: proposals.get_many(c, [RecordId(bytes(32))]),
    "proposals about": lambda c: proposals.about_many(c, "record", ["0x00"], types=[14], now=0),
    "what is pending": lambda c: pending.of_scopes(c, [bytes(32)]),
}
WALKED = {"shipments", "checkpoints", "enrolments"}
"""One page of everything, from the end of an index."""
SORTS_A_PAGE = {
    "shipments",
    "shipments before",
    "shipments of a party",
    "shipments of a custodian",
    "registry records' outcomes",
}


@pytest.fixture
def connection(database: Database, sequencer: Sequencer) -> Iterator[Connection]:
    if database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by how much there is")
    sequencer.append(endorsements(25))
    with database.write() as writing:
        shipments.put(writing, [shipment(1, opened=1)])
    with database.read() as reading:
        yield reading


@pytest.mark.parametrize("name", ASKED)
def test_an_index_finds_it_and_orders_it(connection: Connection, name: str) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(connection, "before_cursor_execute", lambda _c, _k, sql, values, *_: asked.append((sql, values)))
    ASKED[name](connection)
    assert asked
    plans = [
        line
        for sql, values in list(asked)
        for *_, line in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    ]
    scans = [line for line in plans if line.startswith("SCAN") and line != "SCAN CONSTANT ROW"]
    assert scans == [] or (name in WALKED and all("USING" in line for line in scans)), plans
    assert name in SORTS_A_PAGE or not any("FOR ORDER BY" in line for line in plans), plans
