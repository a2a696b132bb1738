"""The gaming search: what one party could add, leave out, delay or back-date by its own signature, and what it gains.

The figure comes from a pluggable engine. The gain of `liable` is a lower figure, of `beneficiary` a higher one; for
anybody else (who may be a friend of either) every change is reported. `GRANTED` lists the changes that RECORDS.md
grants, each with the sentence that does; `HOLES` those that it should not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from ledger.codes import Assurance, ClearanceStatus, StatementKind
from ledger.records.types import (
    Amendment,
    Clearance,
    Commercial,
    Endorsement,
    Handoff,
    ShipmentTerms,
    Split,
    Statement,
)
from tests.oracle.facts import Seen
from tests.oracle.gaming.logs import spaced
from tests.oracle.gaming.naming import name_of
from tests.oracle.gaming.single_acts import Act, acts
from tests.oracle.holds import HOLD_ENDS
from tests.oracle.journeys import Journey
from tests.oracle.stops import THIRD_ROLES
from tests.oracle.travels import ENDS, World, terms_of, touched

Engine = Callable[[Sequence[Seen], bytes, int], tuple[int, int]]
"""(records, terms, time) to (low, high)."""


@dataclass(frozen=True)
class Gain:
    act: Act
    before: tuple[int, int]
    after: tuple[int, int]
    side: str
    """"liable", "beneficiary", or "other"."""
    rule: str
    """The key of `GRANTED` or `HOLES`; empty where it is in neither."""

    @property
    def kind(self) -> str:
        name = name_of(self.act.record.record, self.act.seen)
        return f"{self.side} {self.act.what} {name} {'falls' if self.after < self.before else 'rises'}"


def search(journey: Journey, engine: Engine, rng: Random) -> list[Gain]:
    """All gains of single acts in the journey's first shipment, granted ones too."""
    root, at = journey.roots[0], journey.at
    seen = spaced(journey.seen)
    before = engine(seen, root, at)
    terms = terms_of(World(seen).opened[root])
    commercial = terms.commercial
    assert isinstance(commercial, Commercial)
    found = []
    for act in acts(seen, root, at, rng):
        after = engine(act.seen, root, at)
        side = {commercial.liable: "liable", commercial.beneficiary: "beneficiary"}.get(act.party, "other")
        gains = {
            "liable": after[0] < before[0] or after[1] < before[1],
            "beneficiary": after[0] > before[0] or after[1] > before[1],
            "other": after != before,
        }
        if gains[side]:
            change = "falls" if after < before else "rises"
            found.append(Gain(act, before, after, side, _rule(act, seen, terms, side, change)))
    return found


GRANTED: Final[dict[str, str]] = {
    "tender": "If neither its addressee nor the consignor contests, visible within tenderWindow, it stands.",
    "contest": "Contested, it is disputed for 30 days. Then it falls, for who tenders bears the proof.",
    "third": "... unless until then a third endorsed the tender and none the contest.",
    "later terms": "Its clock stops at the opening of the first later terms that its beneficiary or its consignee "
    "signed or endorsed; otherwise it runs on.",
    "brokers word": "What rests on a broker's word, and any other pair, counts for a side only where the other side "
    "signed it, as declarant too, or endorsed it.",
    "customs": "Holds signed by customs itself (assurance 3), of pairs that the terms require or that were lodged.",
    "lodged": "... of pairs that the terms require or that were lodged, known before the hold's occurredAt, by customs "
    "or with a party as declarant.",
    "ended": "Without one, t = t0 + lostAfter once the goods ended.",
    "report lag": "Delivery, the consignee's refusal, a locker's receipt that counts, each at max(occurredAt, known − "
    "reportLag). reportLag serves what two signed.",
}


HOLES: Final[dict[str, str]] = {
    "split time": "What customs says of the parent after the split reaches no child, so that who splits held goods "
    "decides whether the parent's release is theirs.",
    "third undone": "Whoever endorsed a tender as a third may undo it at any time by signing anything else of the "
    "shipment (`signed nothing of this shipment` names no end).",
    "moved on": "After a tender or a stay in a locker the goods may be back with an earlier holder, who opens new "
    "terms alone: the stop is as if never made.",
    "own end": "A beneficiary that holds the goods itself (by an override, or as first holder) says that they are "
    "lost, left or sold: at once the whole accrual is owed.",
    "endorsed late": "The beneficiary endorses later terms after the goods reached the consignee under them: their "
    "known time takes the place of an earlier delivery.",
    "late exit": "A move out of a locker, or on after a tender, that is recorded late lets the goods have lain there, "
    "or the tender have stood, by visible times: the occurredAt that both signed is not asked.",
}
"""Gains that the rules neither grant nor refuse: findings for RECORDS.md, each told in full in `test_holes.py`."""


def _rule(act: Act, seen: Sequence[Seen], terms: ShipmentTerms, side: str, change: str) -> str:
    """The rule that grants the change ("falls" or "rises"), or the hole that lets it through; empty if neither."""
    record, what = act.record.record, act.what
    made = "falls" if what == "add" else "rises"  # what a record does that serves `liable`; without it, the contrary
    if what == "back-date":
        by_customs = isinstance(record, Clearance) and record.assurance == Assurance.AUTHORITY_SIGNED
        return "customs" if by_customs else ""
    match record:
        case Statement(kind=StatementKind.TENDER) if change == made or what == "delay":
            return "tender"
        case Statement(kind=StatementKind.CONTEST) if change != made:
            return "contest"
        case Statement(kind=kind) if kind in ENDS and change != made:
            return "own end" if side == "beneficiary" else "ended"
        case Endorsement() | Amendment():
            return _rule_of_log_only(act, seen, terms, side)
        case Clearance(assurance=Assurance.AUTHORITY_SIGNED):
            return "customs"
        case Clearance(status=ClearanceStatus.LODGED):
            return "lodged" if change == made else ""
        case Clearance(status=status):
            ends = status in HOLD_ENDS  # a hold that stands on a word ends by a release on one, whoever endorsed it
            return "brokers word" if ends or _borne_out(act, seen, terms, side) else ""
        case ShipmentTerms():
            return "moved on" if what == "add" and side == "beneficiary" else "later terms"
        case Split():
            held = any(isinstance(s.record, Clearance) and touched(s.record) & touched(record) for s in seen)
            return "split time" if held else ""
        case Handoff():
            return "" if what != "delay" else "report lag" if change == "rises" else "late exit"
        case _:
            return ""


def _borne_out(act: Act, seen: Sequence[Seen], terms: ShipmentTerms, side: str) -> bool:
    """Whether the side that loses by this record signed or endorsed it.

    Who gains by leaving a record out is the side that loses by it: its own name made the broker's word count.
    """
    commercial = terms.commercial
    assert isinstance(commercial, Commercial)
    sides = {"liable": commercial.liable, "beneficiary": commercial.beneficiary}
    own = act.what == "leave out" and side in sides
    losing = {partner for name, partner in sides.items() if (name == side) == own}
    endorsed = {s.record.by for s in seen if isinstance(s.record, Endorsement) and s.record.target == act.record.id}
    return bool(losing & (endorsed | set(act.record.signers)))


def _rule_of_log_only(act: Act, seen: Sequence[Seen], terms: ShipmentTerms, side: str) -> str:
    records = {s.id: s.record for s in seen}
    record = act.record.record
    if isinstance(record, Amendment):
        target = None
    else:
        assert isinstance(record, Endorsement)
        target = records.get(record.target)
    may_be_third = any(act.record.roles.get(act.party, 0) >> role & 1 for role in THIRD_ROLES)
    if isinstance(target, Statement):
        return "third" if may_be_third else ""
    endorsed = [s.record.target for s in seen if isinstance(s.record, Endorsement) and s.record.by == act.party]
    if act.what == "add" and any(isinstance(records.get(offer), Statement) for offer in endorsed):
        return "third undone"
    if isinstance(target, ShipmentTerms) and (side == "beneficiary" or act.party == terms.consignee):
        return "endorsed late" if act.what == "add" and side == "beneficiary" else "later terms"
    return "brokers word" if isinstance(target, Clearance) and side != "other" else ""
