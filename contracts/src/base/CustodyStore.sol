// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Outcomes, ShipmentStates} from "../Codes.sol";
import {ICustodyLedger} from "../ICustodyLedger.sol";
import {IPartnerRegistry} from "../IPartnerRegistry.sol";
import {CustodySlot} from "./CustodySlot.sol";
import {EvidenceContract} from "./EvidenceContract.sol";

/// @title All that custody stores, and what its records share: reading, keys, children
abstract contract CustodyStore is ICustodyLedger, EvidenceContract {
    using CustodySlot for uint256;

    uint256 internal constant MAX_ITEMS = 200;
    uint256 internal constant LAST_SEQUENCE = type(uint16).max;

    /// @dev A word with a place: reading and writing it computes the place once.
    struct Cell {
        uint256 slot;
    }

    mapping(bytes32 shipment => Cell cell) internal _cells;
    mapping(bytes32 shipment => address key) private _recipientKeys;
    mapping(bytes32 id => uint256 time) internal _readyAt;

    // --- reading ---------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function slotOf(bytes32 shipment) public view returns (uint256 slot) {
        slot = _cells[shipment].slot;
        if (slot == 0) slot = _inheritedSlot(shipment);
    }

    function _inheritedSlot(bytes32 shipment) internal view returns (uint256) {
        return PREDECESSOR == address(0) ? 0 : ICustodyLedger(PREDECESSOR).slotOf(shipment);
    }

    /// @inheritdoc ICustodyLedger
    function recipientKeyOf(bytes32 shipment) public view returns (address key) {
        key = _recipientKeys[shipment];
        if (key == address(0) && PREDECESSOR != address(0)) key = ICustodyLedger(PREDECESSOR).recipientKeyOf(shipment);
    }

    /// @inheritdoc ICustodyLedger
    function overrideReadyAt(bytes32 id) public view returns (uint256 time) {
        time = _readyAt[id];
        if (time == 0 && PREDECESSOR != address(0)) time = ICustodyLedger(PREDECESSOR).overrideReadyAt(id);
    }

    // --- judging ---------------------------------------------------------------------------------------------------

    /// @dev For what only the present holder of a live shipment may do.
    function _judgeHolder(uint256 slot, uint256 sequence, uint256 holder) internal pure returns (uint8) {
        bool live = slot.state() == ShipmentStates.OPEN || slot.state() == ShipmentStates.DELIVERED;
        if (live && slot.isHeld(slot.state(), sequence, holder)) return Outcomes.APPLIED;
        return _refusal(slot, live, sequence);
    }

    /// @dev Why a shipment is not held as a record says, in the order of the rules.
    function _refusal(uint256 slot, bool live, uint256 sequence) internal pure returns (uint8) {
        if (slot == 0) return Outcomes.UNKNOWN;
        if (!live) return Outcomes.ENDED;
        uint256 current = slot.sequence();
        return sequence < current ? Outcomes.STALE : sequence > current ? Outcomes.AHEAD : Outcomes.NOT_HELD;
    }

    // --- keys ------------------------------------------------------------------------------------------------------

    /// @dev Reverts unless this is a valid key of the partner.
    function _requireKey(address key, uint40 partner, uint8 recordType) internal view {
        if (REGISTRY.partnerOf(key, recordType) != partner) revert CustodyNotItsKey(partner, key);
    }

    /// @dev The same, for what a suspended partner may not do; gives the partner's roles.
    function _requireActive(address key, uint40 partner, uint8 recordType) internal view returns (uint256) {
        (uint40 owner, uint256 roles, bool suspended) = REGISTRY.signer(key, recordType);
        if (owner != partner) revert CustodyNotItsKey(partner, key);
        if (suspended) revert CustodySuspended(partner);
        return roles;
    }

    /// @dev Reverts when the registry knows a key that is to stand for partner 0: a partner would deliver to itself.
    function _requireUnknown(address key) internal view {
        (IPartnerRegistry.AddressKind kind,,,,,) = REGISTRY.addressInfo(key);
        if (kind != IPartnerRegistry.AddressKind.NONE) revert CustodyKnownKey(key);
    }

    function _setRecipientKey(bytes32 shipment, address key) internal {
        if (key != address(0)) _recipientKeys[shipment] = key;
    }

    // --- children and packages -------------------------------------------------------------------------------------

    function _addChild(bytes32 parent, uint256 parentSlot, uint256 index, uint256 slot, address key) internal {
        bytes32 child = keccak256(abi.encode(parent, parentSlot.sequence(), index));
        _cells[child].slot = slot;
        _setRecipientKey(child, key);
    }

    /// @dev The key that a child needs: none, and no read, where no partner 0 is left in the slot.
    function _childKey(bytes32 shipment, uint256 slot) internal view returns (address) {
        return slot.custodian() == 0 || slot.consignee() == 0 ? recipientKeyOf(shipment) : address(0);
    }

    function _requirePackages(uint32 count) internal pure returns (uint256) {
        if (count == 0) revert CustodyNoPackages();
        return count;
    }
}
