"""Transfers as drafts of records: what would open them, for people to read and sign. Nothing here signs anything.

A transfer takes the oldest goods first. A shipment of which only some packages go is split before, by its holder; then
new terms close what goes into one shipment from warehouse to warehouse. Both are signed by the warehouse that has the
goods; the other one signs when it receives them, and may endorse the terms before. The drafts are templates as `lading
sign` takes them: what they leave out about the penalty is filled in there, and said.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.codes import Purpose, SplitReason
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.planning.allocate import Spot, Transfer
from ledger.planning.plan_file import PlanFile
from ledger.planning.positions import Lot, Position
from ledger.records.shipment_ids import child_id

Sequence = Callable[[bytes], int | None]
"""The sequence at which the chain stands for a shipment; None where it is not open to be taken from."""


@dataclass(frozen=True, slots=True)
class Draft:
    """`name` for its file; `template` as `lading sign` takes it; `signers`: the partners who sign it."""

    name: str
    template: Mapping[str, Any]
    signers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drafts:
    """`short`: packages of transfers, by their place in the plan, for which no shipment could be found."""

    drafts: tuple[Draft, ...]
    short: Mapping[int, int]


@dataclass(slots=True)
class _Taken:
    """What goes out of one shipment: to which transfer, how many packages."""

    lot: Lot
    sequence: int
    parts: list[tuple[int, int]] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.lot.packages - sum(packages for _, packages in self.parts)


def transfer_drafts(
    transfers: Iterable[Transfer], positions: Mapping[Spot, Position], plan: PlanFile, at: int, sequence: Sequence
) -> Drafts:
    """Splits first, then the terms of each transfer, which is promised `lead_days` after `at`."""
    orders = list(transfers)
    stocks: dict[Spot, list[_Taken]] = {}
    parents: dict[int, list[tuple[_Taken, int]]] = defaultdict(list)
    short: dict[int, int] = {}
    for i, order in enumerate(orders):
        spot = Spot(order.origin, order.gtin)
        if spot not in stocks:
            lots = positions[spot].lots if spot in positions else []
            stocks[spot] = [_Taken(lot, n) for lot in lots if (n := sequence(lot.shipment)) is not None]
        wanted = order.packages
        for taken in stocks[spot]:
            packages = min(wanted, taken.left)
            if packages:
                parents[i].append((taken, len(taken.parts)))
                taken.parts.append((i, packages))
                wanted -= packages
        if wanted:
            short[i] = wanted
    drafts = [_split(taken) for spot in stocks for taken in stocks[spot] if taken.parts and _parted(taken)]
    drafts += [_terms(order, parents[i], i, plan, at) for i, order in enumerate(orders) if parents[i]]
    return Drafts(tuple(drafts), short)


def _parted(taken: _Taken) -> bool:
    return len(taken.parts) > 1 or taken.left > 0


def _split(taken: _Taken) -> Draft:
    counts = [packages for _, packages in taken.parts] + ([taken.left] if taken.left else [])
    message = {
        "by": taken.lot.holding.holder,
        "shipment": to_hex(taken.lot.shipment),
        "sequence": taken.sequence,
        "children": [{"packages": count, "contents": []} for count in counts],
        "reason": int(SplitReason.PARTIAL),
    }
    name = f"split-{to_hex(taken.lot.shipment)[2:10]}"
    return Draft(name, {"type": "Split", "message": message}, (taken.lot.holding.holder,))


def _terms(order: Transfer, parents: list[tuple[_Taken, int]], number: int, plan: PlanFile, at: int) -> Draft:
    goods: dict[tuple[str, str], int] = defaultdict(int)
    refs, packages = [], 0
    for taken, i in parents:
        count = taken.parts[i][1]
        packages += count
        for (lot, unit), quantity in _goods(taken.lot, count).items():
            goods[lot, unit] += quantity
        if _parted(taken):
            refs.append({"shipment": to_hex(child_id(taken.lot.shipment, taken.sequence, i)), "sequence": 0})
        else:
            refs.append({"shipment": to_hex(taken.lot.shipment), "sequence": taken.sequence})
    product = plan.products.get(order.gtin)
    message = {
        "consignor": order.origin,
        "consignee": order.destination,
        "holder": order.origin,
        "purpose": int(Purpose.ONWARD if len(refs) == 1 else Purpose.MERGE),
        "parents": sorted(refs, key=lambda ref: str(ref["shipment"])),
        "packages": packages,
        "origin": _place(plan.warehouses[order.origin].place),
        "destination": _place(plan.warehouses[order.destination].place),
        "contents": [
            {"gtin": order.gtin, "lot": lot, "quantity": str(quantity), "unit": unit}
            for (lot, unit), quantity in sorted(goods.items())
        ],
        "commercial": {
            "value": str(product.value * packages if product else 0),
            "currency": plan.currency,
            "freight": str(order.charge * packages // order.packages),
            "promisedAt": at + plan.rules.lead_days * DAY,
            "liable": order.origin,
            "beneficiary": order.destination,
        },
    }
    name = f"transfer-{number + 1:04}-{order.origin}-{order.destination}-{order.gtin}"
    return Draft(name, {"type": "ShipmentTerms", "message": message}, (order.origin,))


def _goods(lot: Lot, packages: int) -> dict[tuple[str, str], int]:
    """What is in so many packages, by lot and unit: as stated where that divides evenly, else counted in packages."""
    lines = lot.holding.goods
    parts = [line.quantity * packages / lot.packages for line in lines]
    if all(part.denominator == 1 for part in parts):
        result: dict[tuple[str, str], int] = defaultdict(int)
        for line, part in zip(lines, parts, strict=True):
            result[line.lot, line.unit] += int(part)
        return {key: quantity for key, quantity in result.items() if quantity}
    lots = {line.lot for line in lines}
    return {(lots.pop() if len(lots) == 1 else "", "package"): packages}


def _place(code: str) -> dict[str, str]:
    if not code:
        return {}
    return {"country": code[:2], "locode": code if len(code) == 5 else ""}
