"""Named queries: a partner keeps a query under a name of its own, and asks it again by that."""

import re
from collections.abc import Mapping
from typing import Any

from ledger.errors import MalformedRecord, NotFound, RuleBroken
from ledger.formats.epcis import json_text
from ledger.formats.epcis.document import SIMPLE_EVENT_QUERY
from ledger.formats.epcis.query import parse_query
from ledger.services.home.home import Home
from ledger.store.epcis import captures, subscriptions
from ledger.store.epcis.captures import StoredQuery
from ledger.store.events import webhooks

Named = StoredQuery
MOST_QUERIES = 200
"""Of one partner."""
_NAME = re.compile(r"[A-Za-z0-9._~-]{1,100}")


class NamedQueries:
    def __init__(self, home: Home) -> None:
        self._db = home.database
        self._clock = home.clock

    def add(self, partner: int, name: object, parameters: object) -> StoredQuery:
        """Keep a query. Raises `MalformedRecord` for one that cannot be asked, `RuleBroken` for a name in use."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise MalformedRecord("no name of a query", where="name", expected="up to 100 letters, digits, . _ ~ -")
        if not isinstance(parameters, Mapping):
            raise MalformedRecord("not an object", where="query", expected="parameters of the simple event query")
        parse_query(parameters)
        query = StoredQuery(partner, name, json_text.dump(dict(parameters)), self._clock.now())
        with self._db.write() as connection:
            if captures.count_queries(connection, partner) >= MOST_QUERIES:
                raise RuleBroken("too many queries", where="name", expected=f"at most {MOST_QUERIES}")
            if name == SIMPLE_EVENT_QUERY or not captures.add_query(connection, query):
                raise RuleBroken("a query of this name is there", where="name", found=name)
        return query

    def parameters(self, partner: int, name: str) -> dict[str, Any]:
        """Raises `NotFound`."""
        if name == SIMPLE_EVENT_QUERY:
            return {}
        with self._db.read() as connection:
            found = captures.query_named(connection, partner, name) if _NAME.fullmatch(name) else None
        if found is None:
            raise NotFound("no such query", where="queryName", found=name[:100])
        read: dict[str, Any] = json_text.parse(found.query.encode(), most=len(found.query) * 4 + 1)
        return read

    def listing(self, partner: int, after: str, limit: int) -> list[StoredQuery]:
        with self._db.read() as connection:
            return captures.queries_of(connection, partner, after, limit)

    def remove(self, partner: int, name: str) -> None:
        """Forget it, with all subscriptions to it; raises `NotFound`."""
        with self._db.write() as connection:
            if not _NAME.fullmatch(name) or not captures.remove_query(connection, partner, name):
                raise NotFound("no such query", where="queryName", found=name[:100])
            for webhook in subscriptions.to_query(connection, partner, name):
                webhooks.remove(connection, webhook.id)
