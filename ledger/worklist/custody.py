"""Goods that a partner holds, and what short deliveries left open against it."""

from ledger.codes import StatementKind
from ledger.common.ids import to_hex
from ledger.worklist.items import Action, Item, Kind


def item_of(
    shipment: bytes, *, custodian: int, packages: int, sequence: int, due_at: int, opened_at: int, remainder: bool
) -> Item:
    """What waits for who holds an open shipment. `due_at`: by when it is to be passed on, `FOREVER` where nobody said.

    `remainder`: it is what was missing from a short delivery, which its releaser finds, hands on or declares lost.
    """
    if remainder:
        draft = {"by": custodian, "kind": int(StatementKind.FOUND), "shipment": to_hex(shipment), "sequence": sequence}
        kind, action = Kind.MISSING, Action.ACCOUNT
    else:
        entry = {"shipment": to_hex(shipment), "sequence": sequence, "packages": packages, "exceptions": 0}
        draft = {"releaser": custodian, "items": [entry]}
        kind, action = Kind.CUSTODY, Action.HAND_ON
    return Item(kind, action, shipment, opened_at, until=due_at, draft=draft, facts={"packages": packages})
