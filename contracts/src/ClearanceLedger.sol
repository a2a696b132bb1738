// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IClearanceLedger} from "./IClearanceLedger.sol";
import {ICustodyLedger} from "./ICustodyLedger.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {Clearance, RecordHashes, ShipmentRef} from "./Records.sol";
import {CustodySlot} from "./base/CustodySlot.sol";
import {EvidenceContract} from "./base/EvidenceContract.sol";

/// @title Clearances, see `IClearanceLedger`
contract ClearanceLedger is IClearanceLedger, EvidenceContract {
    uint8 private constant CLEARANCE_KIND = 2;
    uint8 private constant CUSTODY_KIND = 1;
    uint256 private constant MAX_ITEMS = 200;

    uint8 private constant ROLE_CUSTOMS = 5;
    uint8 private constant ROLE_BROKER = 6;

    uint8 private constant LODGED = 1;
    uint8 private constant HELD = 3;
    uint8 private constant RELEASED = 5;
    uint8 private constant RELEASED_WITH_CONDITIONS = 6;
    uint8 private constant SEIZED = 9;
    uint8 private constant DESTROYED = 10;
    uint8 private constant LAST_STATUS = 11;
    uint8 private constant LAST_HOLD_CAUSE = 11;
    uint8 private constant AUTHORITY_SIGNED = 3;

    bytes1 private constant APPLIED = 0x01;
    bytes1 private constant STALE = 0x03;
    bytes1 private constant UNKNOWN = 0x05;
    bytes1 private constant AHEAD = 0x09;
    bytes1 private constant FORBIDDEN = 0x0a;

    uint8 private constant SHIPMENT_DESTROYED = 8;
    uint8 private constant SHIPMENT_SEIZED = 10;

    // Bit s of the 16 bits at 16 * f: status s may follow status f (0 = none yet).
    // From none, lodged, presented, held, inspected, refused and amended to all but recalled; from released, with or
    // without conditions, and recalled to held, released, amended, seized, destroyed, recalled; from seized to destroyed.
    uint256 private constant BEFORE_RELEASE = 0x07fe;
    uint256 private constant AFTER_RELEASE = 0x0f68;
    uint256 private constant FOLLOWERS = BEFORE_RELEASE | (BEFORE_RELEASE << 16) | (BEFORE_RELEASE << 32)
        | (BEFORE_RELEASE << 48) | (BEFORE_RELEASE << 64) | (AFTER_RELEASE << 80) | (AFTER_RELEASE << 96)
        | (BEFORE_RELEASE << 112) | (BEFORE_RELEASE << 128) | (0x0400 << 144) | (AFTER_RELEASE << 176);
    // Statuses that open the gate, and those that close it; the others say nothing about release and leave it alone.
    uint256 private constant OPENING = 0x0060;
    uint256 private constant CLOSING = 0x0e88;

    struct Judged {
        uint256 by;
        uint256 status;
        bool customs;
        bool gates;
        bool inherits;
        uint256 pair;
    }

    /// @dev By pair of jurisdiction and regime (`CustodySlot.pair`), then by shipment: status << 16 | sequence.
    mapping(uint256 pair => mapping(bytes32 shipment => uint256 slot)) private _slots;

    constructor(IPartnerRegistry registry_, address predecessor_)
        EvidenceContract(registry_, predecessor_, CLEARANCE_KIND)
    {}

    /// @inheritdoc IClearanceLedger
    function clear(Clearance calldata r, bytes calldata signatures) external {
        uint256 pair = _checkShape(r);
        bytes32 id = _digest(RecordHashes.hash(r));
        bool customs = _checkSigner(r, id, signatures);
        emit Recorded(id, RecordHashes.CLEARANCE, msg.data, _apply(r, pair, customs));
    }

    /// @inheritdoc IClearanceLedger
    function slotOf(bytes32 shipment, bytes2 jurisdiction, uint8 regime)
        external
        view
        returns (uint16 sequence, uint8 status)
    {
        uint256 pair = CustodySlot.pair(jurisdiction, regime);
        uint256 slot = _slots[pair][shipment];
        if (slot == 0) slot = _inherited(shipment, jurisdiction, regime);
        return (uint16(slot), uint8(slot >> 16));
    }

    function _checkShape(Clearance calldata r) private view returns (uint256 pair) {
        uint256 count = r.items.length;
        if (count == 0 || count > MAX_ITEMS) revert ClearanceItemCount(count);
        pair = CustodySlot.pair(r.jurisdiction, r.regime);
        if (pair == 0) revert ClearanceUnknownPair(r.jurisdiction, r.regime);
        if (r.status == 0 || r.status > LAST_STATUS) revert ClearanceUnknownStatus(r.status);
        if (r.assurance == 0 || r.assurance > AUTHORITY_SIGNED) revert ClearanceUnknownAssurance(r.assurance);
        bool held = r.status == HELD;
        if (held != (r.holdCause != 0) || r.holdCause > LAST_HOLD_CAUSE || (r.causedBy != 0 && !held)) {
            revert ClearanceHoldCause(r.status, r.holdCause, r.causedBy);
        }
        _requireNotAhead(r.occurredAt);
    }

    /// @dev Whether the signer is customs of the jurisdiction; otherwise it is a broker at a broker's assurance.
    function _checkSigner(Clearance calldata r, bytes32 id, bytes calldata signatures)
        private
        view
        returns (bool customs)
    {
        _requireOpen();
        _requireSignatures(signatures, 1);
        (uint40 partner, uint256 roles, bool suspended) =
            REGISTRY.signer(_recover(id, signatures, 0), RecordHashes.CLEARANCE);
        if (partner == 0 || partner != r.by) revert ClearanceNotSigner(r.by, partner);
        if (suspended) revert ClearanceSuspended(partner);
        customs = REGISTRY.hasRole(r.by, ROLE_CUSTOMS, bytes32(r.jurisdiction));
        if (!customs && (r.assurance == AUTHORITY_SIGNED || roles & (1 << ROLE_BROKER) == 0)) {
            revert ClearanceNotPermitted(r.by, r.jurisdiction, r.assurance);
        }
    }

    function _apply(Clearance calldata r, uint256 pair, bool customs) private returns (bytes memory outcomes) {
        ICustodyLedger custody = ICustodyLedger(REGISTRY.contractOf(CUSTODY_KIND));
        if (address(custody) == address(0)) revert ClearanceNoCustody();
        bytes32[] memory shipments = _shipments(r.items);
        uint256[] memory words = custody.slotsOf(shipments);
        bool push;
        (outcomes, push) = _applyItems(r, pair, customs, shipments, words);
        if (push) custody.setReleased(shipments, words, (OPENING >> r.status) & 1 == 1);
        if (r.status == SEIZED) custody.endByCustoms(shipments, SHIPMENT_SEIZED);
        else if (r.status == DESTROYED) custody.endByCustoms(shipments, SHIPMENT_DESTROYED);
    }
    function _applyItems(Clearance calldata r, uint256 pair, bool customs, bytes32[] memory shipments, uint256[] memory words) private returns (bytes memory outcomes, bool push) {
        mapping(bytes32 => uint256) storage slots = _slots[pair];
        Judged memory record = Judged(r.by, r.status, customs, ((OPENING | CLOSING) >> r.status) & 1 == 1, PREDECESSOR != address(0), pair);
        outcomes = new bytes(shipments.length);
        for (uint256 i = 0; i < shipments.length; ++i) {
            bytes32 shipment = shipments[i];
            uint256 standing = slots[shipment];
            if (standing == 0 && record.inherits) standing = _inherited(shipment, r.jurisdiction, r.regime);
            uint256 required = CustodySlot.requirementMask(words[i], record.pair);
            bytes1 outcome = _judge(record, r.items[i].sequence, standing, words[i], required);
            outcomes[i] = outcome;
            if (outcome == APPLIED) {
                slots[shipment] = (record.status << 16) | (uint16(standing) + 1);
                words[i] = record.gates ? required : 0;
                if (words[i] != 0) push = true;
            } else {
                shipments[i] = 0;
                words[i] = 0;
            }
        }
    }
    function _judge(Judged memory record, uint16 sequence, uint256 standing, uint256 custody, uint256 required) private pure returns (bytes1) {
        if (custody == 0) return UNKNOWN;
        if (sequence < uint16(standing)) return STALE;
        if (sequence > uint16(standing)) return AHEAD;
        if ((FOLLOWERS >> (16 * (standing >> 16) + record.status)) & 1 == 0) return FORBIDDEN;
        if (sequence == type(uint16).max) return FORBIDDEN;
        if (record.status == LODGED) return APPLIED;
        if (!record.customs && CustodySlot.relay(custody) & required == 0) return FORBIDDEN;
        if (CustodySlot.consignor(custody) == record.by || CustodySlot.consignee(custody) == record.by || CustodySlot.custodian(custody) == record.by) return FORBIDDEN;
        return APPLIED;
    }
    function _shipments(ShipmentRef[] calldata items) private pure returns (bytes32[] memory shipments) {
        shipments = new bytes32[](items.length);
        bytes32 previous = 0;
        for (uint256 i = 0; i < items.length; ++i) {
            bytes32 shipment = items[i].shipment;
            if (i != 0 && shipment <= previous) revert ClearanceNotAscending(i);
            shipments[i] = previous = shipment;
        }
    }
    function _inherited(bytes32 shipment, bytes2 jurisdiction, uint8 regime) private view returns (uint256) {
        if (PREDECESSOR == address(0)) return 0;
        (uint16 sequence, uint8 status) = IClearanceLedger(PREDECESSOR).slotOf(shipment, jurisdiction, regime);
        return (uint256(status) << 16) | sequence;
    }
}
