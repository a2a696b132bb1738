"""Which fields of records hold a code, and of which list (masks are of an `IntFlag`), and which a moment."""

from collections.abc import Mapping
from enum import IntEnum, IntFlag

from ledger import codes
from ledger.records.eip712 import Struct
from ledger.records.types import (
    Amendment,
    Clearance,
    HandoffItem,
    Override,
    Recall,
    RegistryChange,
    Require,
    Revocation,
    ShipmentTerms,
    Split,
    Statement,
)

CODES: Mapping[tuple[type[Struct], str], type[IntEnum] | type[IntFlag]] = {
    (RegistryChange, "action"): codes.RegistryAction,
    (RegistryChange, "role"): codes.Role,
    (ShipmentTerms, "purpose"): codes.Purpose,
    (ShipmentTerms, "mode"): codes.Mode,
    (ShipmentTerms, "fulfilment"): codes.Fulfilment,
    (HandoffItem, "exceptions"): codes.ExceptionBit,
    (Override, "exceptions"): codes.ExceptionBit,
    (Split, "reason"): codes.SplitReason,
    (Statement, "kind"): codes.StatementKind,
    (Clearance, "regime"): codes.Regime,
    (Clearance, "status"): codes.ClearanceStatus,
    (Clearance, "holdCause"): codes.HoldCause,
    (Clearance, "assurance"): codes.Assurance,
    (Require, "regime"): codes.Regime,
    (Require, "gate"): codes.Gate,
    (Revocation, "reason"): codes.RevocationReason,
    (Recall, "hazard"): codes.Hazard,
    (Recall, "action"): codes.RecallAction,
    (Amendment, "kind"): codes.AmendmentKind,
}
TIMES = {
    "notBefore", "validFrom", "validUntil", "submitBy", "occurredAt", "dueAt", "effectiveFrom", "promisedAt",
    "periodStart", "periodEnd", "deadline", "claimUntil", "blockTime",
}  # fmt: skip
"""Fields that hold a moment, in UTC seconds."""
