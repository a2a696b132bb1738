// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// Generated from ledger/records/types.py by scripts/generate_solidity.py; `make check` compares. Do not edit.

// Structures as contracts receive them: a private part is its 32-byte hash, a list of private parts likewise.

struct Require {
    bytes2 jurisdiction;
    uint8 regime;
    uint8 gate;
    bool relay;
}

struct HandoffItem {
    bytes32 shipment;
    uint16 sequence;
    uint32 packages;
    uint16 exceptions;
}

struct ShipmentRef {
    bytes32 shipment;
    uint16 sequence;
}

struct Child {
    uint32 packages;
    bytes32 contents;
}

struct Share {
    uint40 partner;
    uint16 basisPoints;
}

struct RegistryChange {
    uint40 sequence;
    uint40 notBefore;
    uint8 action;
    uint40 partner;
    address key;
    uint8 role;
    bytes32 scope;
    uint40 number;
    bytes32 document;
}

struct KeyGrant {
    uint40 partner;
    address key;
    uint40 actor;
    uint32 scopes;
    uint40 validFrom;
    uint40 validUntil;
    bytes32 details;
}

struct KeyRevoke {
    uint40 partner;
    address key;
    bytes32 details;
}

struct ShipmentTerms {
    bytes16 salt;
    uint40 consignor;
    uint40 consignee;
    uint40 holder;
    address recipientKey;
    uint8 purpose;
    ShipmentRef[] parents;
    uint32 packages;
    uint8 mode;
    uint8 fulfilment;
    bytes32 origin;
    bytes32 destination;
    bytes32 contents;
    bytes32 commercial;
    Require[] requires;
    uint40 submitBy;
    bytes32 details;
}

struct Handoff {
    HandoffItem[] items;
    uint40 releaser;
    uint40 receiver;
    bytes32 place;
    bytes32 load;
    uint40 occurredAt;
    uint40 dueAt;
    uint40 submitBy;
    bytes32 details;
}

struct Split {
    uint40 by;
    bytes32 shipment;
    uint16 sequence;
    Child[] children;
    uint8 reason;
    uint40 occurredAt;
    bytes32 details;
}

struct Statement {
    uint40 by;
    uint40 counterparty;
    uint8 kind;
    bytes32 shipment;
    uint16 sequence;
    uint40 occurredAt;
    bytes32 place;
    bytes32 details;
}

struct Override {
    bytes32 shipment;
    uint16 sequence;
    uint40 releaser;
    uint40 receiver;
    uint32 packages;
    uint16 exceptions;
    bytes32 details;
}

struct Clearance {
    uint40 by;
    uint40 declarant;
    ShipmentRef[] items;
    bytes2 jurisdiction;
    uint8 regime;
    uint8 status;
    uint8 holdCause;
    uint40 causedBy;
    uint8 assurance;
    uint40 occurredAt;
    bytes32 duty;
    bytes32 details;
}

struct Attestation {
    uint40 by;
    bytes32 schema;
    string subject;
    bytes32 accreditation;
    uint40 validFrom;
    uint40 validUntil;
    bytes32 document;
    bytes32 claims;
    bytes32 itemCodes;
    bytes32 details;
}

struct Revocation {
    uint40 by;
    bytes32 target;
    uint8 reason;
    uint40 effectiveFrom;
    bytes32 details;
}

struct Recall {
    uint40 by;
    string subject;
    string lots;
    uint8 hazard;
    uint8 action;
    string contact;
    bytes32 supersedes;
    uint40 occurredAt;
    bytes32 details;
}

struct Checkpoint {
    bytes32 logId;
    uint64 previousSize;
    uint64 size;
    bytes32 root;
}

struct BonusAgreement {
    bytes16 salt;
    Share[] parties;
    uint40 awarder;
    uint40 residual;
    address token;
    string currency;
    bytes32 rule;
    uint40 periodStart;
    uint40 periodEnd;
    uint40 disputeWindow;
    uint40 arbiter;
    uint40 arbiterWindow;
    uint40 deadline;
    uint40 claimUntil;
    bytes32 details;
}

struct BonusAward {
    uint40 by;
    bytes32 agreement;
    uint16 version;
    bytes32 logId;
    uint64 logSize;
    uint128 total;
    bytes32 amounts;
    bytes32 evidence;
}

struct Dispute {
    uint40 by;
    bytes32 agreement;
    uint16 version;
    bytes32 reason;
}

struct Ruling {
    uint40 by;
    bytes32 agreement;
    uint16 version;
    bool upheld;
    bytes32 reason;
}

struct Claim {
    uint40 by;
    bytes32 agreement;
    uint16 version;
    uint128 amount;
    address payTo;
}

/// @notice Type numbers, EIP-712 type hashes and struct hashes of every record that a contract takes.
library RecordHashes {
    uint8 internal constant REGISTRY_CHANGE = 1;
    uint8 internal constant KEY_GRANT = 2;
    uint8 internal constant KEY_REVOKE = 3;
    uint8 internal constant SHIPMENT_TERMS = 4;
    uint8 internal constant HANDOFF = 5;
    uint8 internal constant SPLIT = 6;
    uint8 internal constant STATEMENT = 7;
    uint8 internal constant OVERRIDE = 8;
    uint8 internal constant CLEARANCE = 9;
    uint8 internal constant ATTESTATION = 10;
    uint8 internal constant REVOCATION = 11;
    uint8 internal constant RECALL = 12;
    uint8 internal constant CHECKPOINT = 17;
    uint8 internal constant BONUS_AGREEMENT = 18;
    uint8 internal constant BONUS_AWARD = 19;
    uint8 internal constant DISPUTE = 20;
    uint8 internal constant RULING = 21;
    uint8 internal constant CLAIM = 22;
    bytes32 internal constant REQUIRE_TYPEHASH = keccak256(
        "Require(bytes2 jurisdiction,uint8 regime,uint8 gate,bool relay)"
    );
    bytes32 internal constant HANDOFF_ITEM_TYPEHASH = keccak256(
        "HandoffItem(bytes32 shipment,uint16 sequence,uint32 packages,uint16 exceptions)"
    );
    bytes32 internal constant SHIPMENT_REF_TYPEHASH = keccak256(
        "ShipmentRef(bytes32 shipment,uint16 sequence)"
    );
    bytes32 internal constant CHILD_TYPEHASH = keccak256(
        "Child(uint32 packages,Goods[] contents)Goods(bytes16 salt,string gtin,string lot,bytes32 serials,uint64 quantity,string unit,string hs,string description)"
    );
    bytes32 internal constant SHARE_TYPEHASH = keccak256(
        "Share(uint40 partner,uint16 basisPoints)"
    );
    bytes32 internal constant REGISTRY_CHANGE_TYPEHASH = keccak256(
        "RegistryChange(uint40 sequence,uint40 notBefore,uint8 action,uint40 partner,address key,uint8 role,bytes32 scope,uint40 number,bytes32 document)"
    );
    bytes32 internal constant KEY_GRANT_TYPEHASH = keccak256(
        "KeyGrant(uint40 partner,address key,uint40 actor,uint32 scopes,uint40 validFrom,uint40 validUntil,Details details)Details(bytes16 salt,string text)"
    );
    bytes32 internal constant KEY_REVOKE_TYPEHASH = keccak256(
        "KeyRevoke(uint40 partner,address key,Details details)Details(bytes16 salt,string text)"
    );
    bytes32 internal constant SHIPMENT_TERMS_TYPEHASH = keccak256(
        "ShipmentTerms(bytes16 salt,uint40 consignor,uint40 consignee,uint40 holder,address recipientKey,uint8 purpose,ShipmentRef[] parents,uint32 packages,uint8 mode,uint8 fulfilment,Place origin,Place destination,Goods[] contents,Commercial commercial,Require[] requires,uint40 submitBy,Details details)Commercial(bytes16 salt,string orderRef,uint128 value,string currency,uint128 freight,string incoterm,uint40 promisedAt,uint40 grace,uint128 alpha,uint128 penaltyCap,uint40 liable,uint40 beneficiary,uint40 lostAfter,uint40 tenderWindow,uint40 reportLag,bytes32 rules)Details(bytes16 salt,string text)Goods(bytes16 salt,string gtin,string lot,bytes32 serials,uint64 quantity,string unit,string hs,string description)Place(bytes16 salt,string country,string locode,string gln,string name)Require(bytes2 jurisdiction,uint8 regime,uint8 gate,bool relay)ShipmentRef(bytes32 shipment,uint16 sequence)"
    );
    bytes32 internal constant HANDOFF_TYPEHASH = keccak256(
        "Handoff(HandoffItem[] items,uint40 releaser,uint40 receiver,Place place,Load load,uint40 occurredAt,uint40 dueAt,uint40 submitBy,Details details)Details(bytes16 salt,string text)HandoffItem(bytes32 shipment,uint16 sequence,uint32 packages,uint16 exceptions)Load(bytes16 salt,string identifier)Place(bytes16 salt,string country,string locode,string gln,string name)"
    );
    bytes32 internal constant SPLIT_TYPEHASH = keccak256(
        "Split(uint40 by,bytes32 shipment,uint16 sequence,Child[] children,uint8 reason,uint40 occurredAt,Details details)Child(uint32 packages,Goods[] contents)Details(bytes16 salt,string text)Goods(bytes16 salt,string gtin,string lot,bytes32 serials,uint64 quantity,string unit,string hs,string description)"
    );
    bytes32 internal constant STATEMENT_TYPEHASH = keccak256(
        "Statement(uint40 by,uint40 counterparty,uint8 kind,bytes32 shipment,uint16 sequence,uint40 occurredAt,Place place,Details details)Details(bytes16 salt,string text)Place(bytes16 salt,string country,string locode,string gln,string name)"
    );
    bytes32 internal constant OVERRIDE_TYPEHASH = keccak256(
        "Override(bytes32 shipment,uint16 sequence,uint40 releaser,uint40 receiver,uint32 packages,uint16 exceptions,Details details)Details(bytes16 salt,string text)"
    );
    bytes32 internal constant CLEARANCE_TYPEHASH = keccak256(
        "Clearance(uint40 by,uint40 declarant,ShipmentRef[] items,bytes2 jurisdiction,uint8 regime,uint8 status,uint8 holdCause,uint40 causedBy,uint8 assurance,uint40 occurredAt,Duty duty,Details details)Details(bytes16 salt,string text)Duty(bytes16 salt,string mrn,string procedure,string channel,string currency,TaxLine[] lines)ShipmentRef(bytes32 shipment,uint16 sequence)TaxLine(string tax,uint128 base,uint32 ratePpm,uint128 assessed,uint128 paid)"
    );
    bytes32 internal constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(uint40 by,bytes32 schema,string subject,bytes32 accreditation,uint40 validFrom,uint40 validUntil,bytes32 document,Claims claims,bytes32 itemCodes,Details details)Claims(bytes16 salt,string text)Details(bytes16 salt,string text)"
    );
    bytes32 internal constant REVOCATION_TYPEHASH = keccak256(
        "Revocation(uint40 by,bytes32 target,uint8 reason,uint40 effectiveFrom,Details details)Details(bytes16 salt,string text)"
    );
    bytes32 internal constant RECALL_TYPEHASH = keccak256(
        "Recall(uint40 by,string subject,string lots,uint8 hazard,uint8 action,string contact,bytes32 supersedes,uint40 occurredAt,Details details)Details(bytes16 salt,string text)"
    );
    bytes32 internal constant CHECKPOINT_TYPEHASH = keccak256(
        "Checkpoint(bytes32 logId,uint64 previousSize,uint64 size,bytes32 root)"
    );
    bytes32 internal constant BONUS_AGREEMENT_TYPEHASH = keccak256(
        "BonusAgreement(bytes16 salt,Share[] parties,uint40 awarder,uint40 residual,address token,string currency,bytes32 rule,uint40 periodStart,uint40 periodEnd,uint40 disputeWindow,uint40 arbiter,uint40 arbiterWindow,uint40 deadline,uint40 claimUntil,Details details)Details(bytes16 salt,string text)Share(uint40 partner,uint16 basisPoints)"
    );
    bytes32 internal constant BONUS_AWARD_TYPEHASH = keccak256(
        "BonusAward(uint40 by,bytes32 agreement,uint16 version,bytes32 logId,uint64 logSize,uint128 total,bytes32 amounts,bytes32 evidence)"
    );
    bytes32 internal constant DISPUTE_TYPEHASH = keccak256(
        "Dispute(uint40 by,bytes32 agreement,uint16 version,bytes32 reason)"
    );
    bytes32 internal constant RULING_TYPEHASH = keccak256(
        "Ruling(uint40 by,bytes32 agreement,uint16 version,bool upheld,bytes32 reason)"
    );
    bytes32 internal constant CLAIM_TYPEHASH = keccak256(
        "Claim(uint40 by,bytes32 agreement,uint16 version,uint128 amount,address payTo)"
    );

    function hash(RegistryChange calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(REGISTRY_CHANGE_TYPEHASH, r));
    }

    function hash(KeyGrant calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(KEY_GRANT_TYPEHASH, r));
    }

    function hash(KeyRevoke calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(KEY_REVOKE_TYPEHASH, r));
    }

    function hash(ShipmentTerms calldata r) internal pure returns (bytes32) {
        return keccak256(bytes.concat(
            abi.encode(SHIPMENT_TERMS_TYPEHASH, r.salt, r.consignor, r.consignee, r.holder, r.recipientKey, r.purpose, hash(r.parents), r.packages, r.mode),
            abi.encode(r.fulfilment, r.origin, r.destination, r.contents, r.commercial, hash(r.requires), r.submitBy, r.details)
        ));
    }

    function hash(Handoff calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(HANDOFF_TYPEHASH, hash(r.items), r.releaser, r.receiver, r.place, r.load, r.occurredAt, r.dueAt, r.submitBy, r.details));
    }

    function hash(Split calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(SPLIT_TYPEHASH, r.by, r.shipment, r.sequence, hash(r.children), r.reason, r.occurredAt, r.details));
    }

    function hash(Statement calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(STATEMENT_TYPEHASH, r));
    }

    function hash(Override calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(OVERRIDE_TYPEHASH, r));
    }

    function hash(Clearance calldata r) internal pure returns (bytes32) {
        return keccak256(bytes.concat(
            abi.encode(CLEARANCE_TYPEHASH, r.by, r.declarant, hash(r.items), r.jurisdiction, r.regime, r.status, r.holdCause, r.causedBy, r.assurance),
            abi.encode(r.occurredAt, r.duty, r.details)
        ));
    }

    function hash(Attestation calldata r) internal pure returns (bytes32) {
        return keccak256(bytes.concat(
            abi.encode(ATTESTATION_TYPEHASH, r.by, r.schema, keccak256(bytes(r.subject)), r.accreditation, r.validFrom, r.validUntil, r.document, r.claims, r.itemCodes),
            abi.encode(r.details)
        ));
    }

    function hash(Revocation calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(REVOCATION_TYPEHASH, r));
    }

    function hash(Recall calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECALL_TYPEHASH, r.by, keccak256(bytes(r.subject)), keccak256(bytes(r.lots)), r.hazard, r.action, keccak256(bytes(r.contact)), r.supersedes, r.occurredAt, r.details));
    }

    function hash(Checkpoint calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(CHECKPOINT_TYPEHASH, r));
    }

    function hash(BonusAgreement calldata r) internal pure returns (bytes32) {
        return keccak256(bytes.concat(
            abi.encode(BONUS_AGREEMENT_TYPEHASH, r.salt, hash(r.parties), r.awarder, r.residual, r.token, keccak256(bytes(r.currency)), r.rule, r.periodStart, r.periodEnd),
            abi.encode(r.disputeWindow, r.arbiter, r.arbiterWindow, r.deadline, r.claimUntil, r.details)
        ));
    }

    function hash(BonusAward calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(BONUS_AWARD_TYPEHASH, r));
    }

    function hash(Dispute calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(DISPUTE_TYPEHASH, r));
    }

    function hash(Ruling calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(RULING_TYPEHASH, r));
    }

    function hash(Claim calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(CLAIM_TYPEHASH, r));
    }

    function hash(ShipmentRef[] calldata list) internal pure returns (bytes32) {
        if (list.length == 0) return keccak256("");
        bytes32[] memory hashes = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            ShipmentRef calldata r = list[i];
            hashes[i] = keccak256(abi.encode(SHIPMENT_REF_TYPEHASH, r));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function hash(Require[] calldata list) internal pure returns (bytes32) {
        if (list.length == 0) return keccak256("");
        bytes32[] memory hashes = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            Require calldata r = list[i];
            hashes[i] = keccak256(abi.encode(REQUIRE_TYPEHASH, r));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function hash(HandoffItem[] calldata list) internal pure returns (bytes32) {
        if (list.length == 0) return keccak256("");
        bytes32[] memory hashes = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            HandoffItem calldata r = list[i];
            hashes[i] = keccak256(abi.encode(HANDOFF_ITEM_TYPEHASH, r));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function hash(Child[] calldata list) internal pure returns (bytes32) {
        if (list.length == 0) return keccak256("");
        bytes32[] memory hashes = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            Child calldata r = list[i];
            hashes[i] = keccak256(abi.encode(CHILD_TYPEHASH, r));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function hash(Share[] calldata list) internal pure returns (bytes32) {
        if (list.length == 0) return keccak256("");
        bytes32[] memory hashes = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            Share calldata r = list[i];
            hashes[i] = keccak256(abi.encode(SHARE_TYPEHASH, r));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
