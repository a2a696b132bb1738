"""How SQLite answers what is asked often: by an index, in its order, whatever else the tables hold. Lists of shipments
are asked of PostgreSQL too, with so many rows that it would rather read and sort them.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from ledger.common.ids import RecordId
from ledger.common.periods import FOREVER
from ledger.products.recall_tracing import Way
from ledger.services.intake.sequencer import Sequencer
from ledger.services.state.current_registry import REGISTRY_TYPES
from ledger.store import checkpoints, log, meta, openings, outbox, pending, proposals, records, transactions
from ledger.store.database import Database
from ledger.store.documents import consents, enrolments
from ledger.store.projections import (
    bonuses,
    expiring,
    identifiers,
    matters,
    outcomes,
    parties,
    partners,
    products,
    shipments,
    tracing,
    unendorsed,
)
from ledger.store.projections.parties import Wanted
from ledger.store.visits import sightings
from ledger.worklist.items import Place
from tests.postgresql import new_database
from tests.store.entries import endorsements, shipment

LISTS = {
    "all": Wanted(),
    "all, the oldest first": Wanted(ascending=True),
    "of a partner": Wanted(who="1", roles=64),
    "of a partner, as others see it": Wanted(who="1", roles=64, or_read_by="2"),
    "of two partners": Wanted(who="1", beside="2", beside_roles=1),
    "of a period": Wanted(who="1", start=5, end=9),
    "of a status": Wanted(who="1", states=(2,)),
    "under way": Wanted(who="1", states=(1,)),
    "in transit": Wanted(who="1", states=(1,), courses=(1, 3)),
    "late": Wanted(who="1", late=True, now=9),
    "late and under way": Wanted(who="1", states=(1,), late=True, now=9),
    "of a lane": Wanted(who="1", origin="CN", destination="NZAKL", mode=3),
    "held": Wanted(who="1", held=True),
    "disputed": Wanted(who="1", disputed=True, now=9),
    "by due time": Wanted(who="1", by_due=True, ascending=True),
    "by due time, the last first": Wanted(who="1", by_due=True),
    "late, by due time": Wanted(who="1", late=True, now=9, by_due=True, ascending=True),
}
"""Everything that a list of shipments may be asked for: each is read in the order of an index, none is sorted."""
ASKED: dict[str, Callable[[Connection], object]] = {
    "records": lambda c: records.listing(c, limit=10),
    "records, the newest": lambda c: records.listing(c, newest_first=True, before=9, limit=10),
    "records of a type": lambda c: records.listing(c, types=[15], limit=10),
    "records about": lambda c: records.listing(c, "partner", "1", limit=10),
    "records about, the newest": lambda c: records.listing(c, "partner", "1", before=9, newest_first=True, limit=10),
    "records of a type about": lambda c: records.listing(c, "partner", "1", types=[15], limit=10),
    "new records by type": lambda c: records.count_by_type(c, 5, 9),
    **{
        f"shipments, {name}": partial(parties.page, wanted=wanted, after=parties.Place(9, 9, bytes(32)), limit=10)
        for name, wanted in LISTS.items()
    },
    "the parties of shipments": lambda c: parties.of_shipments(c, [bytes(32)]),
    "shipments under terms": lambda c: shipments.under_terms(c, [bytes(32)]),
    "shipments that begin so": lambda c: shipments.beginning_with(c, "0a0b0c0d", 10),
    "records that begin so": lambda c: records.beginning_with(c, "0a0b0c0d", 10),
    "records of a block": lambda c: outcomes.in_block(c, 7, 10),
    "what is known by a number": lambda c: identifiers.known_as(c, "1", "po1", 10),
    "numbers of shipments": lambda c: identifiers.of_targets(c, [bytes(32)]),
    "shipments that somebody holds": lambda c: shipments.under_way_with(c, 1, before=9, limit=10),
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
    "records about several": lambda c: records.about_many(c, "shipment", ["0x00", "0x01"], types=[5]),
    "records that name these": lambda c: records.naming(c, [RecordId(bytes(32))], types=[14]),
    "records about what begins so": lambda c: [*records.under(c, "subject", "01/0", types=[10], stop=9)],
    "what waits for others": lambda c: outbox.waiting(c, limit=10),
    "what waits about": lambda c: outbox.waiting(c, "shipment", "0x00", limit=10),
    "what is unfinished about": lambda c: outbox.unfinished(c, "shipment", "0x00", limit=10),
    "proposals about one": lambda c: proposals.listing(c, "partner", "1", now=0),
    "anchors": lambda c: checkpoints.anchored(c, 10),
    "the anchor": checkpoints.latest_anchored,
    "enrolments of a key": lambda c: enrolments.of_key(c, bytes(20)),
    "documents about a consent": lambda c: consents.listing(c, bytes(32)),
    "who opened": lambda c: openings.accesses_to(c, [RecordId(bytes(32))], 10),
    "what is open": lambda c: openings.of_many(c, records.listing(c, limit=2)),
    "looks at a code": lambda c: sightings.first(c, "01/0"),
    "looks by others": lambda c: sightings.devices(c, "01/0", 0),
    "shipments by id": lambda c: shipments.get_many(c, [bytes(32), bytes(32)]),
    "children": lambda c: shipments.children(c, bytes(32)),
    "what stands below several": lambda c: tracing.below(c, [bytes(32), bytes(32)]),
    "custody": lambda c: shipments.steps(c, bytes(32)),
    "custody of several": lambda c: shipments.steps_of_many(c, [bytes(32), bytes(32)]),
    "clearances of several": lambda c: shipments.clearance_steps_of_many(c, [bytes(32), bytes(32)]),
    "what is missing from a partner": lambda c: shipments.remainders_with(c, 1),
    "shipments with a product": lambda c: shipments.shipments_with(c, "0", limit=10),
    "shipments with a lot": lambda c: shipments.shipments_with(c, "0", "L", limit=10),
    "what made a lot": lambda c: shipments.made_with(c, "0", "L", limit=10),
    "all shipments with a lot": lambda c: shipments.all_with(c, "0", "L"),
    "a shipment with a product that is about": lambda c: shipments.any_with(c, "0", outside=[5]),
    "goods of several": lambda c: tracing.goods_in(c, [bytes(32), bytes(32)]),
    "carriers of a product": lambda c: tracing.carriers_of(c, "0", ["", "L"]),
    "lots of a product": lambda c: tracing.lots_of(c, "0"),
    "what became of goods": lambda c: tracing.lines_of_goods(c, "0", ["", "L"], Way.DOWN),
    "what goods came from": lambda c: tracing.lines_of_goods(c, "0", ["", "L"], Way.UP),
    "what became of a shipment": lambda c: tracing.lines_from(c, [bytes(32)], Way.DOWN),
    "what a shipment came from": lambda c: tracing.lines_from(c, [bytes(32)], Way.UP),
    "attestations of a product": lambda c: products.attestations_under(c, "01/0"),
    "recalls of a product": lambda c: products.recalls_within(c, "01/0"),
    "recalls": lambda c: products.all_recalls(c, after=2, limit=10),
    "answers to a recall": lambda c: products.recall_answers(c, RecordId(bytes(32))),
    "agreements": bonuses.agreements,
    "awards": lambda c: bonuses.awards(c, RecordId(bytes(32))),
    "claims": lambda c: bonuses.claims(c, RecordId(bytes(32))),
    "changes of a partner": lambda c: partners.changes(c, partner=1),
    "how far the store has come": log.reached,
    "what waits for a partner": lambda c: matters.waiting(c, 1, ["1", "CN"], None, 10),
    "what waits behind something": lambda c: matters.waiting(c, 1, ["1"], Place(FOREVER, 5, b"x", "custody"), 10),
    "what is due behind something": lambda c: matters.waiting(c, 1, [], Place(5, 5, b"x", "custody"), 10),
    "how much waits": lambda c: matters.counts(c, 1, ["1", "CN"], 9),
    "terms to endorse": lambda c: unendorsed.waiting(c, 1, None, 10),
    "terms to endorse behind something": lambda c: unendorsed.waiting(c, 1, Place(FOREVER, 5, b"x", "custody"), 10),
    "terms of a shipment to endorse": lambda c: unendorsed.about(c, 1, bytes(32)),
    "terms under which something is under way": lambda c: unendorsed.under_way(c, [RecordId(bytes(32))]),
    "attestations that end": lambda c: expiring.waiting(c, 1, 9, None, 10),
    "attestations that end behind something": lambda c: expiring.waiting(c, 1, 9, Place(9, 5, b"x", "custody"), 10),
    "an attestation that ends": lambda c: expiring.about(c, 1, bytes(32), 9),
    "tenders of a partner": lambda c: matters.offers(c, 1),
    "tenders of a shipment": lambda c: matters.offers_of(c, bytes(32)),
    "recalls that nobody replaced": lambda c: products.unreplaced_recalls(c, 1, 10),
    "agreements with their awards": bonuses.last_awards,
    "the newest enrolments": lambda c: enrolments.newest(c, 10),
    "several kept values": lambda c: meta.get_many(c, ["a", "b"]),
}
WALKED = {
    "shipments",
    "checkpoints",
    "enrolments",
    "the newest enrolments",
    "agreements",
    "agreements with their awards",
    "recalls that nobody replaced",
    "anchors",
    "the anchor",
}
"""One page of everything, or all of what councils and partners agree on, from the end of an index."""
SINGLE_ROWS = {"how far the store has come": {"SCAN log_head", "SCAN projection_state", "SCAN changes"}}
"""Tables of a row, or of one for each kind."""
SORTS_A_PAGE = {
    "registry records' outcomes",
    "records about what begins so",
    "proposals about one",  # until they expire
    "documents about a consent",
    "enrolments of a key",
    "who opened",
    "children",
    "goods of several",
    "attestations of a product",
    "recalls of a product",
    "answers to a recall",
}
"""What was found by an index, and is one page or about one thing."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """PostgreSQL plans by how much there is: `test_queries.py` lets it answer each question."""
    return f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"


@pytest.fixture
def connection(database: Database, sequencer: Sequencer) -> Iterator[Connection]:
    sequencer.append(endorsements(25))
    with database.write() as writing:
        shipments.put(writing, [shipment(1, opened=1)])
    with database.read() as reading:
        yield reading


def plans_of(connection: Connection, ask: Callable[[Connection], object]) -> list[str]:
    asked: list[tuple[str, Any]] = []
    event.listen(connection, "before_cursor_execute", lambda _c, _k, sql, values, *_: asked.append((sql, values)))
    ask(connection)
    assert asked
    return [
        line
        for sql, values in list(asked)
        for *_, line in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    ]


@pytest.mark.parametrize("name", ASKED)
def test_an_index_finds_it_and_orders_it(connection: Connection, name: str) -> None:
    plans = plans_of(connection, ASKED[name])
    harmless = {"SCAN CONSTANT ROW", *SINGLE_ROWS.get(name, ())}
    # What an index found is read where it stands: the newest of each part, and what a trace has reached.
    scans = [line for line in plans if line.startswith("SCAN") and line not in harmless]
    scans = [line for line in scans if line != "SCAN r" and not line.startswith(("SCAN newest_", "SCAN part_"))]
    assert scans == [] or (name in WALKED and all("USING" in line for line in scans)), plans
    assert name in SORTS_A_PAGE or not any("FOR ORDER BY" in line for line in plans), plans


NARROW = {
    "under way": "live",
    "in transit": "live",
    "late and under way": "live",
    "held": "held",
    "disputed": "disputed",
    "by due time": "due",
    "by due time, the last first": "due",
    "late, by due time": "due",
}
"""Lists of the few, and the index that has those alone; SQLite has that of due times only."""


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_walked_in_the_order_of_an_index_of_its_own(connection: Connection, name: str) -> None:
    plans = plans_of(connection, ASKED[f"shipments, {name}"])
    walked = next(line for line in plans if "shipment_parties" in line)
    index = "INDEX ix_shipment_parties_due" if LISTS[name].by_due else "PRIMARY KEY"
    assert f"USING {index} (who=?" in walked, plans


@pytest.mark.parametrize("name", LISTS)
def test_postgresql_walks_the_same_index_and_sorts_nothing(crowded: Connection, name: str) -> None:
    def ask(connection: Connection) -> object:
        return parties.page(connection, LISTS[name], after=parties.Place(3000, 3000, bytes(32)), limit=10)

    plan = "\n".join(explained(crowded, ask))
    assert "Sort" not in plan, plan
    assert "Seq Scan" not in plan, plan
    assert f"ix_shipment_parties_{NARROW[name]}" in plan if name in NARROW else "pk_shipment_parties" in plan, plan


@pytest.fixture(scope="module")
def crowded(postgresql: str) -> Iterator[Connection]:
    """A PostgreSQL database with the shipments of several partners, most of which have ended on time."""
    database = Database.open(new_database(postgresql, "plans_of_lists"))
    rows = [replace(shipment(1), shipment=number.to_bytes(32, "big"), opened_index=number) for number in range(6000)]
    with database.write() as writing:
        shipments.put(writing, rows)
        parties.put_parties(writing, [party(row, who) for row in rows for who in ("", "1", "2")])
        writing.exec_driver_sql("ANALYZE")
    with database.read() as reading:
        for setting in ("enable_sort", "enable_bitmapscan", "enable_seqscan"):  # it may sort a few; no list has to be
            reading.exec_driver_sql(f"SET LOCAL {setting} = off")
        yield reading
    database.close()


def party(row: shipments.Shipment, who: str) -> parties.Party:
    number = row.opened_index
    return parties.Party(
        who=who, opened_at=number, opened_index=number, shipment=row.shipment, roles=64, state=2 - (number % 40 == 0),
        mode=3, held_since=number if number % 200 == 0 else None, disputed_until=number if number % 300 == 0 else None,
        due_at=number + 50 if number % 2 else None, report_lag=0, stopped_at=number, origin="CN", destination="NZAKL",
        order_ref=None,
    )  # fmt: skip


def explained(connection: Connection, ask: Callable[[Connection], object]) -> list[str]:
    asked: list[tuple[str, Any]] = []
    listener = lambda _c, _k, sql, values, *_: asked.append((sql, values))  # noqa: E731
    event.listen(connection, "before_cursor_execute", listener)
    try:
        ask(connection)
    finally:
        event.remove(connection, "before_cursor_execute", listener)
    return [
        str(line)
        for sql, values in list(asked)
        for (line,) in connection.exec_driver_sql(f"EXPLAIN {sql}", values).fetchall()
    ]
