"""A captured event that tells of a change of possession, as a template of the handoff that both partners would sign."""

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.codes import ShipmentState
from ledger.common.ids import to_hex
from ledger.formats.epcis.document import Event
from ledger.formats.epcis.identifiers import GS1, canonical
from ledger.formats.epcis.identity import Naming
from ledger.formats.epcis.vocabulary import BIZ_STEPS, SOURCES
from ledger.store.database import Connection
from ledger.store.projections import shipments

_STEPS = frozenset({"accepting", "receiving", "shipping", "departing", "arriving"})
MOST_ITEMS = 200


def handoff_draft(
    connection: Connection, event: Event, naming: Naming, partner: int, occurred: int
) -> Mapping[str, Any] | None:
    """The template, or None where the event names no shipments of one custodian, or no partner to receive them.

    The custodian releases, whatever the event says. The template leaves out what only people know: salts, packages that
    are missing, when the goods are due.
    """
    members = event.members
    if BIZ_STEPS.bare(str(members.get("bizStep", ""))) not in _STEPS or members.get("action") == "DELETE":
        return None
    named = [one for uri in members.get("epcList", []) if (one := naming.shipment_named(str(uri))) is not None]
    rows = shipments.get_many(connection, named)
    held = [rows[one] for one in dict.fromkeys(named) if one in rows and rows[one].state == ShipmentState.OPEN]
    custodians = {row.custodian for row in held}
    if not held or len(held) > MOST_ITEMS or len(custodians) != 1:
        return None
    releaser = custodians.pop()
    receivers = _partners(members.get("destinationList", []), "destination", naming, {releaser, partner})
    receivers |= {partner} - {releaser}
    receivers -= {releaser}
    if (partner != releaser and receivers != {partner}) or len(receivers) != 1 or not releaser:
        return None
    place = members.get("readPoint")
    where = canonical(str(place.get("id", ""))) if isinstance(place, Mapping) else ""
    gln = where.removeprefix(f"{GS1}414/").partition("/")[0] if where.startswith(f"{GS1}414/") else ""
    return {
        "type": "Handoff",
        "message": {
            "items": [
                {"shipment": to_hex(row.shipment), "sequence": row.sequence, "packages": row.packages, "exceptions": 0}
                for row in held
            ],
            "releaser": releaser,
            "receiver": receivers.pop(),
            "place": {"gln": gln} if gln else {},
            "occurredAt": occurred,
        },
    }


def _partners(listed: Sequence[Mapping[str, Any]], kind: str, naming: Naming, known: set[int]) -> set[int]:
    """The partners that an event names as those who then possess the goods, as far as this service's own addresses or
    the numbers of `known` partners say."""
    found = set()
    for entry in listed:
        if SOURCES.bare(str(entry.get("type", ""))) != "possessing_party":
            continue
        uri = canonical(str(entry.get(kind, "")))
        number = uri.removeprefix(f"{naming.base}/partners/")
        if number != uri and number.isascii() and number.isdigit() and len(number) < 13:
            found.add(int(number))
        found |= {one for one in known if one and naming.partner(one) == uri}
    return found
