"""On PostgreSQL writers lock rows: all that touch outbox or slots lock the log's head first, so none wait in a ring."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy

from tests.e2e.stage import CARRIER, MAKER, SHOP, staged
from tests.postgresql import copy_rows

HEAD = re.compile(r"FROM log_head\s+FOR UPDATE", re.ASCII)
WRITES = re.compile(r'(?:UPDATE|INSERT INTO|DELETE FROM) "?(\w+)', re.ASCII)
LATER = {"outbox", "pending", "leases", "transactions"}


def test_the_head_is_locked_before_outbox_slots_and_leases(founded: Path, tmp_path: Path, postgresql_url: str) -> None:
    copy_rows(f"sqlite:///{founded / 'ledger.db'}", postgresql_url)
    order: list[str] = []
    wrong: list[tuple[str, ...]] = []
    seen: Counter[str] = Counter()

    def begun(_: Any) -> None:
        order.clear()

    def executed(_: Any, __: Any, statement: str, *___: Any) -> None:
        if HEAD.search(statement):
            order.append("head")
        elif (found := WRITES.match(statement)) and found[1] in LATER:
            order.append(found[1])

    def committed(_: Any) -> None:
        if {"outbox", "pending"} & set(order):
            seen["relayed" if "leases" in order else "followed"] += 1
            if order[0] != "head":
                wrong.append(tuple(order))

    with staged(founded, tmp_path / "home", LADING_DATABASE_URL=postgresql_url) as stage:
        engine = stage.node.home.database.engine
        for name, listener in (("begin", begun), ("before_cursor_execute", executed), ("commit", committed)):
            sqlalchemy.event.listen(engine, name, listener)
        goods = stage.open(10)
        # Out of order: what waits changes outbox and slots most often.
        late = stage.submit(stage.scribe_handoff(CARRIER, SHOP, (goods, 1, 10)), CARRIER, SHOP)
        stage.settle()
        stage.hand(MAKER, CARRIER, (goods, 0, 10))
        stage.settle()
        assert stage.outcome(late) == ["applied"]
        stage.audited()
    assert not wrong
    assert seen["relayed"] > 3, seen
    assert seen["followed"] > 3, seen
