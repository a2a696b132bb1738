"""Who has to do what about a shipment's clearances: its parties and brokers, and customs of the jurisdiction.

What is lodged waits for customs, what is held or refused for the parties and whoever declared for them. A required
clearance for which nothing was lodged waits for consignor, consignee and custodian alike: any of them may declare.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.codes import APPLIED, RELEASES, Assurance, ClearanceStatus, ShipmentState
from ledger.common.ids import to_hex
from ledger.worklist.items import Action, Item, Kind

NOTHING_DECIDED = 0
_WITH_CUSTOMS = frozenset({ClearanceStatus.PRESENTED, ClearanceStatus.HELD, ClearanceStatus.INSPECTED})
_TURNED_BACK = frozenset({ClearanceStatus.HELD, ClearanceStatus.REFUSED, ClearanceStatus.RECALLED})
_KEEPS = frozenset({ClearanceStatus.LODGED, ClearanceStatus.AMENDED})
"""They leave the decision as it was."""
_OVER = RELEASES | {ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED}
_UNDER_CUSTOMS = (ShipmentState.OPEN, ShipmentState.DELIVERED)


@dataclass(frozen=True, slots=True)
class Paper:
    """A clearance record's effect on a shipment, as the chain has it; `at` is the block's time."""

    jurisdiction: str
    regime: int
    status: int
    by: int
    assurance: int
    outcome: int
    at: int


@dataclass(frozen=True, slots=True)
class Required:
    """A clearance that the terms require. `relay`: a broker may tell what customs decided."""

    jurisdiction: str
    regime: int
    relay: bool
    released: bool


@dataclass(frozen=True, slots=True)
class Goods:
    """A shipment as its custody slot has it. `opened_at` in UTC seconds."""

    shipment: bytes
    consignor: int
    consignee: int
    custodian: int
    state: int
    opened_at: int

    @property
    def parties(self) -> tuple[int, ...]:
        """Each once, without the recipient key's 0."""
        return tuple(dict.fromkeys(p for p in (self.consignor, self.consignee, self.custodian) if p))


@dataclass(frozen=True, slots=True)
class Matter:
    """What waits about one clearance. `audience`: a partner's number, or the two letters of a jurisdiction.

    `status`: the decision that stands, 0 for none; `sequence`: what the next decision has to name.
    """

    shipment: bytes
    kind: str
    audience: str
    jurisdiction: str
    regime: int
    status: int
    sequence: int
    since: int


def matters(goods: Goods, required: Sequence[Required], papers: Iterable[Paper]) -> tuple[Matter, ...]:
    """Everything that waits about a shipment's clearances; `papers` in the order in which they took effect."""
    if goods.state not in _UNDER_CUSTOMS:
        return ()
    by_pair: dict[tuple[str, int], list[Paper]] = {(r.jurisdiction, r.regime): [] for r in required}
    for paper in papers:
        if paper.outcome in APPLIED:
            by_pair.setdefault((paper.jurisdiction, paper.regime), []).append(paper)
    demands = {(r.jurisdiction, r.regime): r for r in required}
    return tuple(m for pair, own in by_pair.items() for m in _matters_of(goods, pair, demands.get(pair), own))


def _matters_of(
    goods: Goods, pair: tuple[str, int], required: Required | None, papers: Sequence[Paper]
) -> Iterable[Matter]:
    decisions = [paper for paper in papers if paper.status not in _KEEPS]
    status = decisions[-1].status if decisions else NOTHING_DECIDED
    if status in _OVER or (required is not None and required.released and not decisions):
        return
    later = papers[papers.index(decisions[-1]) + 1 :] if decisions else papers
    lodged = [paper for paper in later if paper.status == ClearanceStatus.LODGED]
    sequence = sum(paper.status != ClearanceStatus.LODGED for paper in papers)
    since = papers[-1].at if papers else goods.opened_at

    def matter(kind: Kind, audience: int | str) -> Matter:
        return Matter(goods.shipment, kind, str(audience), *pair, status, sequence, since)

    under_way = goods.state == ShipmentState.OPEN
    brokers = [p.by for p in papers if p.assurance != Assurance.AUTHORITY_SIGNED and p.by not in goods.parties]
    if lodged or status in _WITH_CUSTOMS:
        yield matter(Kind.DECISION, pair[0])
    if under_way and not lodged and status in _TURNED_BACK:
        yield from (matter(Kind.CUSTOMS_HOLD, partner) for partner in dict.fromkeys((*goods.parties, *brokers[-1:])))
    elif under_way and not lodged and status == NOTHING_DECIDED and required is not None:
        yield from (matter(Kind.CLEARANCE, partner) for partner in goods.parties)
    elif under_way and brokers and required is not None and required.relay:
        yield matter(Kind.RELAY, brokers[-1])


def detail_of(jurisdiction: str, regime: int) -> str:
    """Of the item about this clearance; these texts stand in the order of their clearances."""
    return f"{jurisdiction}{regime}"


def pair_of(detail: str) -> tuple[str, int]:
    """Jurisdiction and regime of `detail_of`; regime 0 for what is no such text."""
    digits = detail[2:]
    return detail[:2], int(digits) if digits.isascii() and digits.isdigit() and len(digits) == 1 else 0


def item_of(matter: Matter, goods: Goods, reader: int) -> Item:
    """The item of `reader`, whom the matter waits for."""
    kind = Kind(matter.kind)
    action = {Kind.DECISION: Action.DECIDE, Kind.RELAY: Action.RELAY}.get(kind, Action.LODGE)
    lodges = action is Action.LODGE
    return Item(
        kind=kind,
        action=action,
        subject=matter.shipment,
        since=matter.since,
        detail=detail_of(matter.jurisdiction, matter.regime),
        partner=0 if goods.custodian == reader else goods.custodian,
        draft={
            "by": reader,
            "declarant": reader if reader in goods.parties else goods.parties[0],
            "items": [{"shipment": to_hex(matter.shipment), "sequence": 0 if lodges else matter.sequence}],
            "jurisdiction": to_hex(matter.jurisdiction.encode()),
            "regime": matter.regime,
            "status": int(ClearanceStatus.LODGED if lodges else ClearanceStatus.RELEASED),
            "assurance": int(Assurance.AUTHORITY_SIGNED if action is Action.DECIDE else Assurance.BROKER_WORD),
        },
        facts={"jurisdiction": matter.jurisdiction, "regime": matter.regime, "status": matter.status},
    )
