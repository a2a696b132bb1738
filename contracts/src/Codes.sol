// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// Generated from ledger/codes.py by scripts/generate_solidity.py; `make check` compares. Do not edit.

/// @notice `RegistryAction`.
library RegistryActions {
    uint8 internal constant ADMIT = 1;
    uint8 internal constant SUSPEND = 2;
    uint8 internal constant REINSTATE = 3;
    uint8 internal constant ADD_KEY = 4;
    uint8 internal constant REVOKE_KEY = 5;
    uint8 internal constant GRANT_ROLE = 6;
    uint8 internal constant REVOKE_ROLE = 7;
    uint8 internal constant ADD_COUNCIL_MEMBER = 8;
    uint8 internal constant REMOVE_COUNCIL_MEMBER = 9;
    uint8 internal constant SET_THRESHOLD = 10;
    uint8 internal constant REGISTER_LOG = 11;
    uint8 internal constant RETIRE_LOG = 12;
    uint8 internal constant OPEN_CONTRACT = 13;
    uint8 internal constant CLOSE_CONTRACT = 14;
    uint8 internal constant ADOPT_RULES = 15;
    uint8 internal constant LAST = 15;
}

/// @notice `Role`.
library Roles {
    uint8 internal constant SUPPLIER = 1;
    uint8 internal constant CARRIER = 2;
    uint8 internal constant MAIN_CARRIER = 3;
    uint8 internal constant WAREHOUSE = 4;
    uint8 internal constant CUSTOMS = 5;
    uint8 internal constant BROKER = 6;
    uint8 internal constant PLATFORM = 7;
    uint8 internal constant RETAILER = 8;
    uint8 internal constant ISSUER = 9;
    uint8 internal constant BRAND = 10;
    uint8 internal constant AUTHORITY = 11;
    uint8 internal constant AUDITOR = 12;
    uint8 internal constant OPERATOR = 13;
    uint8 internal constant LOCKER = 14;
    uint8 internal constant LAST = 14;
}

/// @notice `ContractKind`.
library ContractKinds {
    uint8 internal constant CUSTODY = 1;
    uint8 internal constant CLEARANCE = 2;
    uint8 internal constant ATTESTATION = 3;
    uint8 internal constant BONUS = 4;
    uint8 internal constant ANCHOR = 5;
    uint8 internal constant LAST = 5;
}

/// @notice `Purpose`.
library Purposes {
    uint8 internal constant ORIGINAL = 1;
    uint8 internal constant ONWARD = 2;
    uint8 internal constant RETURN = 3;
    uint8 internal constant RE_EXPORT = 4;
    uint8 internal constant REPLACEMENT = 5;
    uint8 internal constant MERGE = 6;
    uint8 internal constant LAST = 6;
}

/// @notice `ExceptionBit`.
library ExceptionBits {
    uint8 internal constant SHORT = 1;
    uint8 internal constant DAMAGED = 2;
    uint8 internal constant REFUSED = 4;
    uint8 internal constant OVER = 8;
    uint8 internal constant WRONG_GOODS = 16;
    uint8 internal constant SEAL_BROKEN = 32;
    uint8 internal constant TEMPERATURE = 64;
    uint8 internal constant UNCHECKED = 128;
    uint8 internal constant ALL = 255;
}

/// @notice `StatementKind`.
library StatementKinds {
    uint8 internal constant TENDER = 1;
    uint8 internal constant CONTEST = 2;
    uint8 internal constant LOST = 3;
    uint8 internal constant LEFT = 4;
    uint8 internal constant SOLD = 5;
    uint8 internal constant DESTROYED = 6;
    uint8 internal constant ABANDONED = 7;
    uint8 internal constant FOUND = 8;
    uint8 internal constant LAST = 8;
}

/// @notice `Gate`.
library Gates {
    uint8 internal constant HANDOVER = 1;
    uint8 internal constant DELIVERY = 2;
    uint8 internal constant SALE = 4;
    uint8 internal constant ALL = 7;
}

/// @notice `Regime`.
library Regimes {
    uint8 internal constant IMPORT = 1;
    uint8 internal constant EXPORT = 2;
    uint8 internal constant TRANSIT = 3;
    uint8 internal constant WAREHOUSING = 4;
    uint8 internal constant FREE_ZONE = 5;
    uint8 internal constant PROCESSING = 6;
    uint8 internal constant TEMPORARY = 7;
    uint8 internal constant RE_EXPORT = 8;
    uint8 internal constant DESTRUCTION = 9;
    uint8 internal constant LAST = 9;
}

/// @notice `ClearanceStatus`.
library ClearanceStatuses {
    uint8 internal constant LODGED = 1;
    uint8 internal constant PRESENTED = 2;
    uint8 internal constant HELD = 3;
    uint8 internal constant INSPECTED = 4;
    uint8 internal constant RELEASED = 5;
    uint8 internal constant RELEASED_WITH_CONDITIONS = 6;
    uint8 internal constant REFUSED = 7;
    uint8 internal constant AMENDED = 8;
    uint8 internal constant SEIZED = 9;
    uint8 internal constant DESTROYED = 10;
    uint8 internal constant RECALLED = 11;
    uint8 internal constant LAST = 11;
}

/// @notice `HoldCause`.
library HoldCauses {
    uint8 internal constant RANDOM = 1;
    uint8 internal constant RISK = 2;
    uint8 internal constant DOCUMENTS = 3;
    uint8 internal constant CLASSIFICATION = 4;
    uint8 internal constant DUTY_UNPAID = 5;
    uint8 internal constant LICENCE = 6;
    uint8 internal constant INTELLECTUAL_PROPERTY = 7;
    uint8 internal constant MISDECLARATION = 8;
    uint8 internal constant LATE_LODGING = 9;
    uint8 internal constant OUTAGE = 10;
    uint8 internal constant UNKNOWN = 11;
    uint8 internal constant LAST = 11;
}

/// @notice `Assurance`.
library Assurances {
    uint8 internal constant BROKER_WORD = 1;
    uint8 internal constant CUSTOMS_MESSAGE = 2;
    uint8 internal constant AUTHORITY_SIGNED = 3;
    uint8 internal constant LAST = 3;
}

/// @notice `RevocationReason`.
library RevocationReasons {
    uint8 internal constant ERROR = 1;
    uint8 internal constant EXPIRED = 2;
    uint8 internal constant WITHDRAWN = 3;
    uint8 internal constant SUPERSEDED = 4;
    uint8 internal constant RECALLED = 5;
    uint8 internal constant LAST = 5;
}

/// @notice `Hazard`.
library Hazards {
    uint8 internal constant BIOLOGICAL = 1;
    uint8 internal constant CHEMICAL = 2;
    uint8 internal constant PHYSICAL = 3;
    uint8 internal constant ALLERGEN = 4;
    uint8 internal constant LABELLING = 5;
    uint8 internal constant COUNTERFEIT = 6;
    uint8 internal constant OTHER = 7;
    uint8 internal constant LAST = 7;
}

/// @notice `RecallAction`.
library RecallActions {
    uint8 internal constant STOP_SALE = 1;
    uint8 internal constant QUARANTINE = 2;
    uint8 internal constant RETURN = 3;
    uint8 internal constant DESTROY = 4;
    uint8 internal constant LAST = 4;
}

/// @notice `Outcome`.
library Outcomes {
    uint8 internal constant APPLIED = 1;
    uint8 internal constant APPLIED_IN_BREACH = 2;
    uint8 internal constant STALE = 3;
    uint8 internal constant NOT_HELD = 4;
    uint8 internal constant UNKNOWN = 5;
    uint8 internal constant ENDED = 6;
    uint8 internal constant WRONG_KEY = 7;
    uint8 internal constant COUNT = 8;
    uint8 internal constant AHEAD = 9;
    uint8 internal constant FORBIDDEN = 10;
    uint8 internal constant REJECTED = 11;
    uint8 internal constant LAST = 11;
    /// @notice APPLIED as the outcomes of a record that has one.
    bytes internal constant ONE_APPLIED = hex"01";
    /// @notice APPLIED for as many items as a record can have.
    bytes internal constant ALL_APPLIED =
        hex"0101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"
        hex"0101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"
        hex"0101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"
        hex"0101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101";
}

/// @notice `ShipmentState`.
library ShipmentStates {
    uint8 internal constant OPEN = 1;
    uint8 internal constant DELIVERED = 2;
    uint8 internal constant CLOSED_INTO_CHILDREN = 3;
    uint8 internal constant CLOSED_INTO_ONWARD = 4;
    uint8 internal constant LOST = 5;
    uint8 internal constant LEFT = 6;
    uint8 internal constant SOLD = 7;
    uint8 internal constant DESTROYED = 8;
    uint8 internal constant ABANDONED = 9;
    uint8 internal constant SEIZED = 10;
    uint8 internal constant LAST = 10;
}
