"""Figures that everybody may see: of closed calendar quarters, taken once and kept as they were then.

A quarter is taken at the first checkpoint evidenced 30 days after its end. Whatever is recorded, opened or erased later
changes nothing of it, so no two answers differ by a shipment.
"""

import json
from collections.abc import Iterator
from threading import Lock
from typing import Any

from ledger.common.periods import Period, Step, before, quarter
from ledger.errors import Busy, MalformedRecord, NotFound, NotPermitted
from ledger.explain.score import measure_stated
from ledger.network.publication import PUBLIC_GROUPS
from ledger.network.routes import By
from ledger.scores.publication import PUBLISHED_AFTER
from ledger.services.figures.quarter import quarter_figures, taken_from
from ledger.services.home.home import Home
from ledger.services.home.score_cards import measure_for
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.evidence import checkpoint_times
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import meta

PATIENCE = 20
"""Seconds that a request waits while another one takes a quarter."""
KEPT_AS = "published/"
"""The name under which a quarter is kept begins so, and ends with its first second."""
LONGEST = 12
"""Quarters that are looked at for the newest one."""


class Publication:
    """The published quarters of one home."""

    def __init__(self, home: Home, registry: CurrentRegistry) -> None:
        self._home = home
        self._registry = registry
        self._lock = Lock()
        self._kept: dict[int, dict[str, Any]] = {}

    def asked(self, start: int | None, end: int | None, rolling: int | None) -> dict[str, Any] | None:
        """The published quarter that somebody asks for, by default the newest; None while there is none.

        Raises `NotPermitted` for any other period, `NotFound` for a quarter that is not published yet.
        """
        if start is None and end is None and rolling is None:
            return next(self.newest(LONGEST), None)
        try:
            name, period = quarter(-1 if start is None else start, -1 if end is None else end)
        except MalformedRecord as error:
            raise NotPermitted(
                "only closed calendar quarters are public",
                where="start",
                expected="start and end of a quarter, UTC seconds; or neither, for the newest",
                mend="Sign in with a key of the partner, or of an auditor, for other periods.",
            ) from error
        result = self.of(name, period)
        if result is None:
            raise NotFound(
                "not published yet", where="start", expected="a quarter whose end is over 30 days ago", found=name
            )
        return result

    def newest(self, count: int) -> Iterator[dict[str, Any]]:
        """The published ones among the last `count` quarters, the newest first."""
        for name, period in reversed(before(self._home.clock.now(), Step.QUARTER, count)):
            if (result := self.of(name, period)) is not None:
                yield result

    def score_of(self, partner: int, published: dict[str, Any] | None) -> dict[str, Any]:
        """What a published quarter says of a partner; of none, that there is none."""
        if published is None:
            with self._home.database.read() as connection:
                measure = measure_stated(measure_for(connection, self._registry.for_request(connection).now(), None))
            return {"partner": partner, "measure": measure, "published": None, "scores": []}
        head = {name: published[name] for name in ("name", "period", "taken")}
        cards = [card for card in published["scores"] if card["partner"] == partner]
        return {"partner": partner, "measure": published["measure"], "published": head, "scores": cards}

    def trend_of(self, partner: int, count: int) -> dict[str, Any]:
        """The partner's published scores of the last `count` quarters, oldest first, by role."""
        roles: dict[str, list[dict[str, Any]]] = {}
        for published in reversed(list(self.newest(count))):
            for card in published["scores"]:
                if card["partner"] == partner:
                    point = {name: card[name] for name in ("period", "card", "score", "low", "high", "samples")}
                    roles.setdefault(card["role"], []).append({"name": published["name"], **point})
        listed = [{"role": role, "points": points} for role, points in sorted(roles.items())]
        return {"partner": partner, "by": str(Step.QUARTER), "roles": listed}

    def network(self, by: By | None, published: dict[str, Any] | None) -> dict[str, Any]:
        """What a published quarter says of the network, by mode; raises `NotPermitted` for any other grouping."""
        if by not in (None, PUBLIC_GROUPS):
            raise NotPermitted(
                "the public sees the network by mode only: two groupings that differ by a shipment tell of that one",
                where="by",
                expected=PUBLIC_GROUPS,
                found=by,
                mend="Sign in with a key of a party, or of an auditor, for others.",
            )
        head = {name: published[name] for name in ("name", "period", "taken")} if published else None
        groups = published["network"][PUBLIC_GROUPS] if published else {}
        return {
            "by": str(PUBLIC_GROUPS),
            "of": "all shipments",
            "period": published["period"] if published else None,
            "published": head,
            "before_period": None,
            "groups": [{"group": name, "figures": groups[name], "explanation": []} for name in sorted(groups)],
        }

    def of(self, name: str, period: Period) -> dict[str, Any] | None:
        """A quarter's figures: `name`, `period`, `taken` (at which checkpoint), `measure`, `scores`, `network` by
        group, and `from` (see `taken_from`). None while no checkpoint is evidenced late enough.
        """
        if (kept := self._kept.get(period.start)) is not None:
            return kept
        if period.end + PUBLISHED_AFTER > self._home.clock.now():
            return None
        if not self._lock.acquire(timeout=PATIENCE):
            raise Busy("a quarter is being taken", retry_after=PATIENCE)
        try:
            result = self._stored(period) or self._taken(name, period)
            if result is not None:
                self._kept[period.start] = result
            return result
        finally:
            self._lock.release()

    def _stored(self, period: Period) -> dict[str, Any] | None:
        with self._home.database.read() as connection:
            text = meta.get(connection, _key(period))
        return None if text is None else dict(json.loads(text))

    def _taken(self, name: str, period: Period) -> dict[str, Any] | None:
        with self._home.database.read() as connection:
            records = VerifiedRecords(connection, self._home.consortium, self._registry.refreshed(connection))
            stood = checkpoint_times(connection, self._home.consortium, records.evidence)
            checkpoint = stood.first_from(period.end + PUBLISHED_AFTER)
            if checkpoint is None:
                return None
            measure = measure_for(connection, self._registry.now(), period.start)
            times = records.evidence.times
            computed = quarter_figures(name, period, checkpoint, measure, records.all(), times)
            policy = self._home.consortium.witness_policy
            computed["from"] = taken_from(connection, checkpoint.size, times, policy)
        with self._home.database.write() as connection:
            kept = meta.put_new(connection, _key(period), json.dumps(computed))
        return dict(json.loads(kept))


def _key(period: Period) -> str:
    return f"{KEPT_AS}{period.start}"
