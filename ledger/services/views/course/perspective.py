"""What the reader of a shipment's page looks for first: the order of its sections, by what the reader is to the goods.

The sections are the same for everybody, and each shows what its reader may see; the order alone differs.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

from ledger.codes import Role
from ledger.services.views.models import ShipmentView
from ledger.shipments.status import ShipmentStatus

UNDER_WAY = frozenset(map(str, ShipmentStatus))
"""States of a shipment that has not ended."""


class Section(StrEnum):
    NOW = "now"
    CUSTOMS = "customs"
    OWES = "owes"
    OVER_TIME = "over_time"
    MAP = "map"
    GOODS = "goods"
    CLOCK = "clock"
    FAMILY = "family"
    STORY = "story"
    TERMS = "terms"
    DOCUMENTS = "documents"


class Perspective(StrEnum):
    CUSTOMS = "customs"
    """Customs and brokers: what is declared, released and still missing before a gate."""
    HOLDER = "holder"
    """Who has the goods, or had them and is no party: where to, by when, and what to do first."""
    PARTY = "party"
    """Who may see prices: what is owed, and where the penalty's clock stands."""
    PUBLIC = "public"


_REST = (Section.OVER_TIME, Section.MAP, Section.GOODS)
_AFTER = (Section.FAMILY, Section.STORY, Section.TERMS, Section.DOCUMENTS)
ORDER: Mapping[Perspective, tuple[Section, ...]] = {
    Perspective.CUSTOMS: (Section.CUSTOMS, Section.GOODS, Section.NOW, Section.OVER_TIME, Section.MAP, Section.OWES,
                          Section.CLOCK, *_AFTER),
    Perspective.HOLDER: (Section.NOW, Section.CUSTOMS, *_REST, Section.OWES, Section.CLOCK, *_AFTER),
    Perspective.PARTY: (Section.OWES, Section.CLOCK, Section.NOW, *_REST, Section.CUSTOMS, *_AFTER),
    Perspective.PUBLIC: (Section.NOW, *_REST, Section.CUSTOMS, Section.OWES, Section.CLOCK, *_AFTER),
}  # fmt: skip
_AT_THE_BORDER = frozenset((Role.CUSTOMS, Role.BROKER))


def perspective_of(shipment: ShipmentView, reader: int, roles: Collection[Role], *, sees_prices: bool) -> Perspective:
    """As what `reader` (0: the public) looks at the shipment, by the roles in force that it has.

    Whoever holds goods that are under way has something to do, whatever else it is to them.
    """
    if not reader:
        return Perspective.PARTY if sees_prices else Perspective.PUBLIC
    summary = shipment.summary
    holds = summary.status in UNDER_WAY and summary.custodian.id == reader
    if holds:
        return Perspective.HOLDER
    if sees_prices:
        return Perspective.PARTY
    if _AT_THE_BORDER & set(roles):
        return Perspective.CUSTOMS
    if any(stay.partner.id == reader for stay in shipment.stays):
        return Perspective.HOLDER
    return Perspective.PUBLIC
