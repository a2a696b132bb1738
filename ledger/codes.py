"""Code lists of the records. They count from 1 in a fixed order (0 = none) and grow only at the end.

Bit lists (`ExceptionBit`, `Gate`) are masks; every other list is an enumeration. What several rules ask of a code is a
set beside its list (`RELEASES`, `APPLIED`, `NOT_FINAL`): it takes numbers as they are stored, unknown ones too.
"""

from enum import IntEnum, IntFlag
from typing import Final


class RegistryAction(IntEnum):
    ADMIT = 1
    SUSPEND = 2
    REINSTATE = 3
    ADD_KEY = 4
    REVOKE_KEY = 5
    GRANT_ROLE = 6
    REVOKE_ROLE = 7
    ADD_COUNCIL_MEMBER = 8
    REMOVE_COUNCIL_MEMBER = 9
    SET_THRESHOLD = 10
    REGISTER_LOG = 11
    RETIRE_LOG = 12
    OPEN_CONTRACT = 13
    CLOSE_CONTRACT = 14
    ADOPT_RULES = 15


class Role(IntEnum):
    """Partner roles. CUSTOMS is scoped by jurisdiction, ISSUER by schema, BRAND by GS1 prefix."""

    SUPPLIER = 1
    CARRIER = 2
    MAIN_CARRIER = 3
    WAREHOUSE = 4
    CUSTOMS = 5
    BROKER = 6
    PLATFORM = 7
    RETAILER = 8
    ISSUER = 9
    BRAND = 10
    AUTHORITY = 11
    AUDITOR = 12
    OPERATOR = 13
    LOCKER = 14


class ContractKind(IntEnum):
    """`number` of the registry actions open contract and close contract."""

    CUSTODY = 1
    CLEARANCE = 2
    ATTESTATION = 3
    BONUS = 4
    ANCHOR = 5


class Purpose(IntEnum):
    ORIGINAL = 1
    ONWARD = 2
    RETURN = 3
    RE_EXPORT = 4
    REPLACEMENT = 5
    MERGE = 6
    TRANSFORMATION = 7


class Mode(IntEnum):
    """Mode of transport, codes of UN/ECE Recommendation 19 (first digit)."""

    NOT_SPECIFIED = 0
    MARITIME = 1
    RAIL = 2
    ROAD = 3
    AIR = 4
    MAIL = 5
    MULTIMODAL = 6
    FIXED_INSTALLATION = 7
    INLAND_WATER = 8
    NOT_APPLICABLE = 9


class Fulfilment(IntEnum):
    EXPRESS = 1
    OWN_WAREHOUSE = 2
    THIRD_PARTY = 3
    BONDED_WAREHOUSE = 4
    DIRECT_MAIL = 5


class ExceptionBit(IntFlag):
    """What the receiver noted on an item of a handoff."""

    SHORT = 1
    DAMAGED = 2
    REFUSED = 4
    OVER = 8
    WRONG_GOODS = 16
    SEAL_BROKEN = 32
    TEMPERATURE = 64
    UNCHECKED = 128


class StatementKind(IntEnum):
    TENDER = 1
    CONTEST = 2
    LOST = 3
    LEFT = 4
    SOLD = 5
    DESTROYED = 6
    ABANDONED = 7
    FOUND = 8


WITNESSED: Final = frozenset({StatementKind.DESTROYED, StatementKind.ABANDONED})
"""Both `by` and `counterparty` sign."""
REMARKS: Final = frozenset({StatementKind.TENDER, StatementKind.CONTEST, StatementKind.FOUND})
"""They end nothing, and may be said of an earlier sequence of the shipment, too."""


class Gate(IntFlag):
    """Where a required clearance must have been released."""

    HANDOVER = 1
    DELIVERY = 2
    SALE = 4


class Regime(IntEnum):
    IMPORT = 1
    EXPORT = 2
    TRANSIT = 3
    WAREHOUSING = 4
    FREE_ZONE = 5
    PROCESSING = 6
    TEMPORARY = 7
    RE_EXPORT = 8
    DESTRUCTION = 9


class ClearanceStatus(IntEnum):
    LODGED = 1
    PRESENTED = 2
    HELD = 3
    INSPECTED = 4
    RELEASED = 5
    RELEASED_WITH_CONDITIONS = 6
    REFUSED = 7
    AMENDED = 8
    SEIZED = 9
    DESTROYED = 10
    RECALLED = 11


RELEASES: Final = frozenset({ClearanceStatus.RELEASED, ClearanceStatus.RELEASED_WITH_CONDITIONS})
"""Customs let the goods go: a required gate opens, a hold ends."""


class HoldCause(IntEnum):
    RANDOM = 1
    RISK = 2
    DOCUMENTS = 3
    CLASSIFICATION = 4
    DUTY_UNPAID = 5
    LICENCE = 6
    INTELLECTUAL_PROPERTY = 7
    MISDECLARATION = 8
    LATE_LODGING = 9
    OUTAGE = 10
    UNKNOWN = 11


class Assurance(IntEnum):
    """How well a clearance record is backed."""

    BROKER_WORD = 1
    CUSTOMS_MESSAGE = 2
    AUTHORITY_SIGNED = 3


class RevocationReason(IntEnum):
    ERROR = 1
    EXPIRED = 2
    WITHDRAWN = 3
    SUPERSEDED = 4
    RECALLED = 5


class AmendmentKind(IntEnum):
    CORRECTION = 1
    TERMS = 2
    RELIEF = 3


class SplitReason(IntEnum):
    PARCELS = 1
    PARTIAL = 2
    DAMAGE = 3
    CUSTOMS = 4
    OTHER = 5


class Hazard(IntEnum):
    BIOLOGICAL = 1
    CHEMICAL = 2
    PHYSICAL = 3
    ALLERGEN = 4
    LABELLING = 5
    COUNTERFEIT = 6
    OTHER = 7


class RecallAction(IntEnum):
    STOP_SALE = 1
    QUARANTINE = 2
    RETURN = 3
    DESTROY = 4


class Outcome(IntEnum):
    """What the chain made of an item."""

    APPLIED = 1
    APPLIED_IN_BREACH = 2
    STALE = 3
    NOT_HELD = 4
    UNKNOWN = 5
    ENDED = 6
    WRONG_KEY = 7
    COUNT = 8
    AHEAD = 9
    FORBIDDEN = 10
    REJECTED = 11
    ANNOUNCED = 12


APPLIED: Final = frozenset({Outcome.APPLIED, Outcome.APPLIED_IN_BREACH})
"""The record had its effect on the item."""
NOT_FINAL: Final = frozenset({Outcome.UNKNOWN, Outcome.AHEAD, Outcome.ANNOUNCED})
"""The item waits for its predecessor, an announced override for its second submission: the record is sent again."""


class ShipmentState(IntEnum):
    """State of a shipment in the custody slot (4 bits). From DELIVERED on it takes no handoff."""

    OPEN = 1
    DELIVERED = 2
    CLOSED_INTO_CHILDREN = 3
    CLOSED_INTO_ONWARD = 4
    LOST = 5
    LEFT = 6
    SOLD = 7
    DESTROYED = 8
    ABANDONED = 9
    SEIZED = 10
