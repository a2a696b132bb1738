"""What the signers of a record could change of it later: times, deadlines, causes; and new terms and relief."""

import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any, Final

from ledger.codes import AmendmentKind, Assurance
from ledger.records.types import (
    UNLIMITED_LAG,
    Amendment,
    Clearance,
    Commercial,
    Details,
    Handoff,
    Statement,
)
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.gaming.deeds import Deed, added, shipments
from tests.oracle.gaming.goods import SALT
from tests.oracle.penalty import amended_for
from tests.oracle.story import CUSTOMS
from tests.oracle.travels import World, terms_of, touched

NONE: Final = bytes(32)
MOST_SIGNERS: Final = 3
"""New terms and relief bear the names of `liable` and `beneficiary` too: two or three partners."""


def corrections(seen: list[Seen], root: bytes, at: int, rng: Random) -> Iterator[Deed]:
    """Corrections of what was signed of these goods, told at once and at the end, by all its signers."""
    world = World(seen)
    family = set(shipments(world, root))
    lag = amended_for(world, world.opened[root], (root,)).reportLag
    amended = {s.record.target for s in seen if isinstance(s.record, Amendment)}
    for place, one in enumerate(seen):
        if CUSTOMS in one.signers or not touched(one.record) & family or one.id in amended:
            continue
        for change in _changes(one, world, root, rng):
            record = Amendment(one.id, NONE, AmendmentKind.CORRECTION, Details(SALT, json.dumps(change)))
            for where, when in ((place, None), (len(seen) - 1, at - 1)):
                told = added(record, one.signers, seen, where, when)
                in_time = (when or told.seen[place + 1].known) <= one.known + lag
                yield replace(told, what="correct in time by" if in_time else "correct late by")


def _changes(one: Seen, world: World, root: bytes, rng: Random) -> Iterator[dict[str, int]]:
    record = one.record
    if not isinstance(record, Handoff | Statement | Clearance):
        return
    for by in (-10 * DAY, -DAY, HOUR, 2 * DAY, 20 * DAY):
        yield {"occurredAt": record.occurredAt + by}
    if isinstance(record, Handoff):
        for due in (record.dueAt + 10 * DAY, max(1, record.dueAt - 5 * DAY), one.known + rng.randrange(DAY, 5 * DAY)):
            yield {"dueAt": due}
        if record.dueAt:
            yield {"dueAt": 0}
    elif isinstance(record, Clearance) and record.assurance != Assurance.AUTHORITY_SIGNED:
        commercial = terms_of(world.opened[root]).commercial
        assert isinstance(commercial, Commercial)
        for partner in (0, commercial.liable, terms_of(world.opened[root]).consignor):
            if partner != record.causedBy:
                yield {"causedBy": partner}


def new_terms(seen: list[Seen], root: bytes, at: int, rng: Random) -> Iterator[Deed]:
    """New terms and relief of the whole, or of one shipment of the family, by those who have to sign them."""
    world = World(seen)
    opened = world.opened[root]
    commercial = terms_of(opened).commercial
    assert isinstance(commercial, Commercial)
    by = tuple(dict.fromkeys((*opened.signers, commercial.liable, commercial.beneficiary)))
    if len(by) > MOST_SIGNERS or world.amendments[root]:
        return
    changes: list[tuple[AmendmentKind, dict[str, Any]]] = [
        (AmendmentKind.TERMS, change)
        for change in (
            {"promisedAt": commercial.promisedAt + 5 * DAY},
            {"promisedAt": commercial.promisedAt - 5 * DAY},
            {"alpha": commercial.alpha * 3, "penaltyCap": commercial.penaltyCap * 3},
            {"reportLag": UNLIMITED_LAG},
            {"reportLag": 0},
            {"tenderWindow": 0},
            {"lostAfter": 60 * DAY},
        )
    ]
    changes.append((AmendmentKind.RELIEF, {"seconds": 10 * DAY}))
    for kind, change in changes:
        for named in (None, rng.choice(shipments(world, root))):
            whole = change if named in (None, root) else change | {"shipment": "0x" + named.hex()}
            record = Amendment(root, NONE, kind, Details(SALT, json.dumps(whole)))
            yield added(record, by, seen, len(seen) - 1, at - 1)
