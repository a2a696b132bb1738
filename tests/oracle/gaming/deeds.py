"""What somebody does to a log, alone or with another: the deeds of which the wide search asks whom they hurt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from ledger.codes import Outcome
from ledger.records.types import Amendment, Endorsement, Record, ShipmentTerms
from tests.oracle.chain import record_id
from tests.oracle.facts import Seen
from tests.oracle.gaming.logs import filed, ordered
from tests.oracle.gaming.naming import name_of
from tests.oracle.gaming.single_acts import acts
from tests.oracle.story import CUSTOMS
from tests.oracle.travels import World, touched


@dataclass(frozen=True)
class Deed:
    """`by` do `what` with a record that is called `name` and is about `goods`; `seen` is the log after it."""

    by: frozenset[int]
    what: str
    name: str
    goods: frozenset[bytes]
    seen: list[Seen]

    @property
    def kind(self) -> str:
        return f"{self.what} {self.name}"


def deed(by: Sequence[int], what: str, record: Record, before: Sequence[Seen], seen: list[Seen]) -> Deed:
    """`before`: the log in which the record's target is found, and what that is about."""
    return Deed(frozenset(by), what, name_of(record, before), goods_of(record, before), seen)


def goods_of(record: Record, seen: Sequence[Seen]) -> frozenset[bytes]:
    """The shipments that a record names, opens, or amends or endorses a record of."""
    named = touched(record)
    if isinstance(record, ShipmentTerms):
        named.add(record_id(record))
    if isinstance(record, Amendment | Endorsement):
        target = next((s.record for s in seen if s.id == record.target), None)
        named |= goods_of(target, seen) if target is not None else set()
    return frozenset(named)


def added(record: Record, by: Sequence[int], seen: list[Seen], place: int, when: int | None, outcome: int = 0) -> Deed:
    """`record` filed behind the record at `place`, at the times of that one, or at `when`."""
    outcomes = () if isinstance(record, Amendment | Endorsement) else (outcome or Outcome.APPLIED,)
    one = filed(record, tuple(by), outcomes, seen[place], when)
    return deed(by, "add", record, seen, ordered([*seen, one]))


def alone(seen: list[Seen], root: bytes, at: int, rng: Random) -> Iterator[Deed]:
    """The single acts of every party but customs, who is nobody's friend."""
    for act in acts(seen, root, at, rng):
        if act.party != CUSTOMS and CUSTOMS not in act.record.signers:
            yield deed((act.party,), act.what, act.record.record, act.seen, act.seen)


def shipments(world: World, root: bytes) -> list[bytes]:
    """All shipments under the terms `root` that were seen by themselves."""
    known = {name for s in world.all for name in touched(s.record)} | set(world.opened)
    return sorted({shipment for shipment, _ in world.family(root)} & known)
