"""Records with long lists: hashes of lists are where implementations differ."""

from dataclasses import replace

from ledger import codes
from ledger.common.periods import DAY
from ledger.records.eip712 import Withheld
from ledger.records.types import Child, Duty, HandoffItem, Require, Share, ShipmentRef, Split, TaxLine
from scripts.vectors.examples import AGREEMENT, CLEARANCE, HANDOFF, SHIPMENT, START, TERMS, Example, details, goods
from scripts.vectors.keys import digest, salt


def lists(count: int) -> list[Example]:
    """Every type that has a list, with `count` items in it (terms have at most four requirements)."""
    shipments = sorted(digest(f"shipment/{n}") for n in range(count))
    references = tuple(ShipmentRef(shipment, n % 7) for n, shipment in enumerate(shipments))
    items = tuple(HandoffItem(shipment, n % 7, n + 1, 0) for n, shipment in enumerate(shipments))
    lines = tuple(TaxLine(f"tax {n}", 1000 * n, 10_000, 10 * n, 10 * n) for n in range(count))
    children = tuple(
        Child(n + 1, (goods(f"child/{n}", n + 1),) if n % 4 == 0 else Withheld(digest(f"contents/{n}")))
        for n in range(count)
    )
    requires = tuple(Require(bytes([85, 65 + n]), n + 1, 1 + n, n % 2 == 1) for n in range(min(count, 4)))
    parties = tuple(Share(n + 1, 10_000 // count) for n in range(count))
    terms = replace(
        TERMS,
        purpose=codes.Purpose.MERGE,
        parents=references,
        requires=requires,
        contents=tuple(goods(f"terms/{n}", n + 1) for n in range(count)),
    )
    return [
        Example(f"shipment-terms-{count}", terms, ("partner/1",)),
        Example(f"handoff-{count}", replace(HANDOFF, items=items), ("partner/1", "partner/2")),
        Example(
            f"split-{count}",
            Split(6, SHIPMENT, 4, children, codes.SplitReason.PARCELS, START + 35 * DAY, details(f"split-{count}")),
            ("partner/6",),
        ),
        Example(
            f"clearance-{count}",
            replace(CLEARANCE, items=references, duty=Duty(salt("lines"), "", "", "", "USD", lines)),
            ("partner/5",),
        ),
        Example(
            f"bonus-agreement-{count}",
            replace(AGREEMENT, parties=parties),
            tuple(f"partner/{n + 1}" for n in range(count)),
        ),
    ]
