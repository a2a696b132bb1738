"""Consolidations as drafts of handoffs: from each holder to whoever collects, then one manifest to the carrier.

Nothing here signs anything. Both sides sign each at the moment when the goods change hands, which `lading sign` fills
in. A manifest whose goods were collected before names the sequence that they have then, so that it applies only after.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from ledger.common.ids import RecordId, to_hex
from ledger.planning.consolidation.gathering import MOST_ITEMS
from ledger.planning.consolidation.plan import Consolidation, ConsolidationPlan
from ledger.planning.transfer_drafts import Draft

Standing = Callable[[bytes], tuple[int, int] | None]
"""At which sequence a shipment stands, and how many packages it has; None where it waits no more."""


def manifest_drafts(plan: ConsolidationPlan, standing: Standing) -> tuple[Draft, ...]:
    """Of each group in the plan's order its collections, then its manifests. What the hub carries itself needs none."""
    return tuple(draft for number, group in enumerate(plan.groups, 1) for draft in _drafts(number, group, standing))


def _drafts(number: int, group: Consolidation, standing: Standing) -> Iterator[Draft]:
    fetched = {shipment for one in group.collections for shipment in one.shipments}
    place = {"country": group.group.origin[:2], "locode": group.group.origin if len(group.group.origin) > 2 else ""}
    for collection in group.collections:
        for part in _parts(collection.shipments):
            items = _items(part, standing, ())
            yield from _draft(f"manifest-{number:04}-collected", (collection.holder, group.hub), items, place)
    for manifest in group.manifests:
        if manifest.partner != group.hub:
            items = _items(manifest.shipments, standing, fetched)
            yield from _draft(f"manifest-{number:04}-together", (group.hub, manifest.partner), items, place)


def _parts(shipments: Sequence[RecordId]) -> Iterator[Sequence[RecordId]]:
    for i in range(0, len(shipments), MOST_ITEMS):
        yield shipments[i : i + MOST_ITEMS]


def _items(shipments: Sequence[RecordId], standing: Standing, fetched: Collection[bytes]) -> list[dict[str, Any]]:
    result = []
    for shipment in sorted(shipments):
        if (known := standing(shipment)) is not None:
            sequence, packages = known
            later = int(shipment in fetched)
            result.append(
                {"shipment": to_hex(shipment), "sequence": sequence + later, "packages": packages, "exceptions": 0}
            )
    return result


def _draft(name: str, ends: tuple[int, int], items: list[dict[str, Any]], place: Mapping[str, str]) -> Iterator[Draft]:
    if items:
        releaser, receiver = ends
        message = {"items": items, "releaser": releaser, "receiver": receiver, "place": dict(place)}
        first = str(items[0]["shipment"])[2:10]
        yield Draft(f"{name}-{releaser}-{receiver}-{first}", {"type": "Handoff", "message": message}, ends)
