"""What a device at a dock takes along before the network ends: goods that its partner holds or awaits, as acceptance
would find them, and whose keys and roles count.

Custody is public, and so is the registry; terms are opened for whoever may read them, which the access journal notes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.codes import ShipmentState
from ledger.common.ids import RecordId, to_hex
from ledger.custody.slot import Holding
from ledger.errors import NotPermitted
from ledger.records.types import REMAINDER_INDEX, ShipmentTerms
from ledger.registry.history import RegistryView
from ledger.registry.state import NO_END
from ledger.services.home.home import Home
from ledger.services.intake.expected_state import ExpectedState
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.shipment_state import holding_of
from ledger.services.views.records import Reader, RecordViews
from ledger.shipments.parties import Part
from ledger.store import pending
from ledger.store.database import Connection
from ledger.store.projections import parties, shipments
from ledger.store.projections.parties import Wanted
from ledger.store.projections.shipments import Shipment

MOST_COMING = 200
"""Newest shipments consigned to a partner that are looked at for those under way to it."""


@dataclass(frozen=True, slots=True)
class RequiredView:
    """A clearance that the terms require at `gates` (a mask); `released` as last known."""

    jurisdiction: str
    regime: int
    gates: int
    released: bool


@dataclass(frozen=True, slots=True)
class DockShipment:
    """A shipment as acceptance expects it: what is recorded, and what is accepted and not recorded yet.

    `recipient_key`: who signs for partner 0. `remainder`: what was missing from a short delivery. `terms`: the message
    of its own terms, their private parts opened where the reader may see them; null for children of a split, and for
    whoever may not.
    """

    shipment: str
    consignor: int
    consignee: int
    custodian: int
    packages: int
    sequence: int
    state: int
    recipient_key: str
    requires: tuple[RequiredView, ...]
    remainder: bool
    terms: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class DockKey:
    """`types`: bit n - 1 lets it sign type n. In force from `since` until just before `until`, null for no end."""

    address: str
    types: int
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class DockPartner:
    """`roles`: bit `1 << role` for each in force. `keys`: those in force, and those that are to come."""

    id: int
    roles: int
    suspended: bool
    keys: tuple[DockKey, ...]


@dataclass(frozen=True, slots=True)
class DockView:
    """`at`: UTC seconds at which all of it stood, by the chain where that is ahead of the clock. `coming`: under way to
    the partner and held by others, on the first page alone, as `partners` are."""

    partner: int
    at: int
    shipments: tuple[DockShipment, ...]
    coming: tuple[DockShipment, ...]
    partners: tuple[DockPartner, ...]
    next: int | None


class DockViews:
    def __init__(self, home: Home, registry: CurrentRegistry, views: RecordViews) -> None:
        self._home = home
        self._registry = registry
        self._views = views

    def of(self, reader: Reader, before: int | None = None, limit: int = 100) -> DockView:
        """What the reader's partner takes along; page with `next` as `before`. Raises `NotPermitted` for a key that
        signs for no partner."""
        if not reader.partner:
            raise NotPermitted(
                "the key that signed in has no partner", where="session", expected="a key in force of a partner"
            )
        with self._home.database.read() as connection:
            registry = self._registry.refreshed(connection)
            view = registry.now()
            held = shipments.under_way_with(connection, reader.partner, before=before, limit=limit)
            awaited = [] if before is not None else self._coming(connection, reader.partner)
            expected = self._expected(connection, [*held, *awaited])
        terms = self._terms(reader, [*held, *awaited])

        def shown(rows: Sequence[Shipment]) -> tuple[DockShipment, ...]:
            return tuple(_shipment(row, expected[row.shipment], terms.get(row.shipment)) for row in rows)

        partners = () if before is not None else tuple(_partners(view))
        last = held[-1].opened_index if len(held) >= limit else None
        return DockView(reader.partner, view.time, shown(held), shown(awaited), partners, last)

    def _coming(self, connection: Connection, partner: int) -> list[Shipment]:
        wanted = Wanted(who=str(partner), roles=int(Part.CONSIGNEE), states=(int(ShipmentState.OPEN),))
        return [row for _, row in parties.page(connection, wanted, limit=MOST_COMING) if row.custodian != partner]

    def _expected(self, connection: Connection, rows: Sequence[Shipment]) -> dict[bytes, Holding]:
        """As recorded, but for those on which something is pending."""
        state = ExpectedState(connection, self._registry.expecting(connection), self._home.clock.now())
        waiting = pending.of_scopes(connection, [row.shipment for row in rows])
        result = {row.shipment: holding_of(row) for row in rows}
        for shipment in waiting:
            result[shipment] = state.holding(shipment) or result[shipment]
        return result

    def _terms(self, reader: Reader, rows: Sequence[Shipment]) -> dict[bytes, dict[str, Any]]:
        """The terms of those shipments that have their own, and are not withheld from the reader."""
        if not reader.may_read(ShipmentTerms.NUMBER):
            return {}
        own = [RecordId(row.shipment) for row in rows if row.parent is None]
        views = self._views.of_ids(reader, own)
        opened = {shipment: view.message for shipment, view in views.items()}
        return {shipment: message for shipment, message in opened.items() if isinstance(message["commercial"], dict)}


def _shipment(row: Shipment, holding: Holding, terms: dict[str, Any] | None) -> DockShipment:
    slot = holding.slot
    return DockShipment(
        shipment=to_hex(row.shipment),
        consignor=slot.consignor,
        consignee=slot.consignee,
        custodian=slot.custodian,
        packages=slot.packages,
        sequence=slot.sequence,
        state=int(slot.state),
        recipient_key=to_hex(holding.recipient_key),
        requires=tuple(
            RequiredView(r.jurisdiction.decode(), r.regime, int(r.gates), r.released) for r in slot.requirements
        ),
        remainder=row.child_index == REMAINDER_INDEX,
        terms=terms,
    )


def _partners(view: RegistryView) -> list[DockPartner]:
    return [
        DockPartner(
            id=number,
            roles=partner.role_bits(view.time),
            suspended=partner.suspended(view.time),
            keys=tuple(
                DockKey(to_hex(key), address.scopes, address.since, None if address.until == NO_END else address.until)
                for key, address in view.keys_of(number)
                if view.time < address.until
            ),
        )
        for number, partner in view.partners()
    ]
