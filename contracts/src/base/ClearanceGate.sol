// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContractKinds, Outcomes, ShipmentStates} from "../Codes.sol";
import {ICustodyLedger} from "../ICustodyLedger.sol";
import {CustodySlot} from "./CustodySlot.sol";
import {CustodyStore} from "./CustodyStore.sol";

/// @title What the clearance ledger tells custody: gates opened and closed, shipments seized or destroyed
abstract contract ClearanceGate is CustodyStore {
    using CustodySlot for uint256;

    /// @inheritdoc ICustodyLedger
    function applyClearance(ClearanceEffect calldata effect, bytes32[] calldata shipments)
        external
        returns (bytes memory refused)
    {
        _requireClearance();
        // Nearly always customs releases or holds what is under way and none of its business, and all shipments of a
        // record require the same: then one comparison with the one before says what to do.
        uint256 template = 0;
        uint256 kept = 0;
        uint256 opened = 0;
        for (uint256 i = 0; i < shipments.length; ++i) {
            Cell storage cell = _cells[shipments[i]];
            uint256 slot = cell.slot;
            if (!slot.matchesTemplate(template)) {
                bool movesGateOnly = !effect.relayed && effect.declarant == 0 && effect.ended == 0;
                if (!movesGateOnly || slot.state() != ShipmentStates.OPEN || slot.isParty(effect.by)) {
                    uint8 outcome = _applyClearance(effect, shipments[i]);
                    if (outcome == Outcomes.APPLIED) continue;
                    if (refused.length == 0) refused = new bytes(shipments.length);
                    refused[i] = bytes1(outcome);
                    continue;
                }
                template = slot.openTemplate(effect.by);
                (kept, opened) = _gateBits(effect, slot);
            }
            // Writing what stands there already costs little more than asking whether it does.
            cell.slot = (slot & kept) | opened;
        }
    }

    /// @dev The bits of a slot that a clearance leaves as they are, and those that it sets.
    function _gateBits(ClearanceEffect calldata effect, uint256 slot)
        private
        pure
        returns (uint256 kept, uint256 opened)
    {
        uint256 changed = 0;
        if (effect.gate != GateChange.NONE) {
            changed = uint256(0).withReleased(slot.requirementMask(_pair(effect)), true);
        }
        return (~changed, effect.gate == GateChange.OPEN ? changed : 0);
    }

    function _pair(ClearanceEffect calldata effect) private pure returns (uint256) {
        return CustodySlot.pair(effect.jurisdiction, effect.regime);
    }

    function _applyClearance(ClearanceEffect calldata effect, bytes32 shipment) private returns (uint8) {
        if (shipment == 0) return Outcomes.APPLIED;
        uint256 slot = slotOf(shipment);
        if (slot == 0) return Outcomes.UNKNOWN;
        uint256 mask = slot.requirementMask(_pair(effect));
        if (effect.relayed && slot.relay() & mask == 0) return Outcomes.FORBIDDEN;
        if (effect.by != 0 && slot.isParty(effect.by)) return Outcomes.FORBIDDEN;
        if (effect.declarant != 0 && !slot.isParty(effect.declarant)) return Outcomes.FORBIDDEN;
        if (slot.state() == ShipmentStates.OPEN) {
            if (effect.gate != GateChange.NONE) slot = slot.withReleased(mask, effect.gate == GateChange.OPEN);
            if (effect.ended != 0 && mask != 0) slot = slot.withState(effect.ended);
        } else if (slot.state() == ShipmentStates.SEIZED && effect.ended == ShipmentStates.DESTROYED) {
            slot = slot.withState(effect.ended);
        }
        _cells[shipment].slot = slot;
        return Outcomes.APPLIED;
    }

    function _requireClearance() private view {
        _requireOpen();
        if (!REGISTRY.isOpen(ContractKinds.CLEARANCE, msg.sender)) revert CustodyNotClearance(msg.sender);
    }
}
