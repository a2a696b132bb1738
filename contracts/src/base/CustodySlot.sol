// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Gates, Regimes, ShipmentStates} from "../Codes.sol";

/// @notice Everything that custody decides on, of one shipment, in one storage word. `ledger/custody/slot.py` is the same.
/// @dev From the lowest bit on: custodian 40, consignee 40, consignor 40, packages 32, sequence 16, four requirements of
/// 14 (regime 4, jurisdiction two letters of 5), gates 12 (handover, delivery and sale, a bit each requirement),
/// released 4, relay 4, state 4, flags 8. An unknown shipment is 0; a known one has a state.
library CustodySlot {
    uint256 internal constant FLAG_OVERRIDDEN = 1 << 248;
    uint256 internal constant FLAG_REMAINDER = 2 << 248;

    uint256 internal constant ONE_SEQUENCE = 1 << SEQUENCE_AT;

    uint256 private constant CONSIGNEE_AT = 40;
    uint256 private constant CONSIGNOR_AT = 80;
    uint256 private constant PACKAGES_AT = 120;
    uint256 private constant SEQUENCE_AT = 152;
    uint256 private constant REQUIREMENTS_AT = 168;
    uint256 private constant REQUIREMENT_BITS = 14;
    uint256 private constant GATES_AT = 224;
    uint256 private constant RELEASED_AT = 236;
    uint256 private constant RELAY_AT = 240;
    uint256 private constant STATE_AT = 244;
    uint256 private constant FLAGS_AT = 248;
    // The lowest bit of custodian, consignee and consignor.
    uint256 private constant PARTIES = 1 | (1 << CONSIGNEE_AT) | (1 << CONSIGNOR_AT);

    uint256 private constant PARTNER = 0xffffffffff;
    uint256 private constant PAIR = 0x3fff;
    uint256 private constant HOLDING_MASK = PARTNER | (0xffff << SEQUENCE_AT) | (0xf << STATE_AT);
    /// @dev State, sequence, custodian and packages: all that a handoff names of a shipment.
    uint256 internal constant WHOLE_MASK = HOLDING_MASK | (0xffffffff << PACKAGES_AT);
    uint256 internal constant CONSIGNEE_MASK = PARTNER << CONSIGNEE_AT;
    /// @dev All ones is the last sequence.
    uint256 internal constant SEQUENCE_MASK = 0xffff << SEQUENCE_AT;
    /// @dev What no slot has under any of these masks.
    uint256 internal constant NO_HOLDING = type(uint256).max;
    uint256 private constant REQUIREMENTS = 0xffffffffffffff << REQUIREMENTS_AT;
    uint256 private constant TEMPLATE_MASK = REQUIREMENTS | (0xf << STATE_AT);

    function custodian(uint256 slot) internal pure returns (uint256) {
        return slot & PARTNER;
    }

    function consignee(uint256 slot) internal pure returns (uint256) {
        return (slot >> CONSIGNEE_AT) & PARTNER;
    }

    function consignor(uint256 slot) internal pure returns (uint256) {
        return (slot >> CONSIGNOR_AT) & PARTNER;
    }

    function packages(uint256 slot) internal pure returns (uint256) {
        return (slot >> PACKAGES_AT) & 0xffffffff;
    }

    function sequence(uint256 slot) internal pure returns (uint256) {
        return (slot >> SEQUENCE_AT) & 0xffff;
    }

    function released(uint256 slot) internal pure returns (uint256) {
        return (slot >> RELEASED_AT) & 0xf;
    }

    function relay(uint256 slot) internal pure returns (uint256) {
        return (slot >> RELAY_AT) & 0xf;
    }

    function state(uint256 slot) internal pure returns (uint256) {
        return (slot >> STATE_AT) & 0xf;
    }

    function flags(uint256 slot) internal pure returns (uint256) {
        return slot >> FLAGS_AT;
    }

    /// @notice Whether state, sequence and custodian are these, in one comparison.
    function isHeld(uint256 slot, uint256 state_, uint256 sequence_, uint256 custodian_) internal pure returns (bool) {
        return slot & HOLDING_MASK == (state_ << STATE_AT) | (sequence_ << SEQUENCE_AT) | custodian_;
    }

    /// @notice State and custodian in their places, for a comparison under `WHOLE_MASK`.
    function holding(uint256 state_, uint256 custodian_) internal pure returns (uint256) {
        return (state_ << STATE_AT) | custodian_;
    }

    /// @notice The consignee in its place, for a comparison under `CONSIGNEE_MASK`.
    function consigned(uint256 consignee_) internal pure returns (uint256) {
        return consignee_ << CONSIGNEE_AT;
    }

    /// @notice Sequence and packages in their places, for a comparison under `WHOLE_MASK`.
    function counted(uint256 sequence_, uint256 packages_) internal pure returns (uint256) {
        return (sequence_ << SEQUENCE_AT) | (packages_ << PACKAGES_AT);
    }

    /// @notice What to add, wrapping, to a slot that `from` holds: then `to` does, at the next sequence, which must exist.
    function passing(uint256 from, uint256 to) internal pure returns (uint256) {
        unchecked {
            return to - from + ONE_SEQUENCE;
        }
    }

    /// @notice The requirements (4 bits) that stand at the handover to a main carrier.
    function handoverGates(uint256 slot) internal pure returns (uint256) {
        return (slot >> GATES_AT) & 0xf;
    }

    /// @notice The requirements that stand at delivery.
    function deliveryGates(uint256 slot) internal pure returns (uint256) {
        return (slot >> (GATES_AT + 4)) & 0xf;
    }

    /// @notice The requirements that stand at the sale.
    function saleGates(uint256 slot) internal pure returns (uint256) {
        return (slot >> (GATES_AT + 8)) & 0xf;
    }

    /// @notice Jurisdiction and regime in 14 bits; 0 when not two capital letters or not a regime.
    function pair(bytes2 jurisdiction, uint8 regime) internal pure returns (uint256) {
        uint256 first = uint8(jurisdiction[0]);
        uint256 second = uint8(jurisdiction[1]);
        if (first < 65 || first > 90 || second < 65 || second > 90) return 0;
        if (regime == 0 || regime > Regimes.LAST) return 0;
        return ((first - 64) << 9) | ((second - 64) << 4) | regime;
    }

    /// @notice Whether custodian, consignee or consignor is `partner`; partner 0 is one where a recipient key stands.
    function isParty(uint256 slot, uint256 partner) internal pure returns (bool) {
        unchecked {
            // Three lanes of 40 bits, 0 where the partner stood. Taking 1 from each sets the highest bit of a lane that
            // was 0 (or of one above such a lane), and of no other lane that did not have it set.
            uint256 lanes = slot ^ (partner * PARTIES);
            return (lanes - PARTIES) & ~lanes & (PARTIES << 39) != 0;
        }
    }

    /// @notice What `matchesTemplate` compares with: an open shipment with these requirements, and a partner who may be no
    /// party.
    function openTemplate(uint256 slot, uint256 partner) internal pure returns (uint256) {
        return (slot & REQUIREMENTS) | (uint256(ShipmentStates.OPEN) << STATE_AT) | (partner * PARTIES);
    }

    /// @notice Whether the shipment is open, requires the same clearances in the same order as `template` says, and its
    /// partner is neither custodian, consignee nor consignor. Nothing matches 0.
    function matchesTemplate(uint256 slot, uint256 template) internal pure returns (bool) {
        unchecked {
            uint256 differing = slot ^ template;
            return ((differing - PARTIES) & ~differing & (PARTIES << 39)) | (differing & TEMPLATE_MASK) == 0;
        }
    }

    /// @notice The bit (of 4) of the requirement with this pair; 0 when it is not required. `pair_` is not 0.
    function requirementMask(uint256 slot, uint256 pair_) internal pure returns (uint256) {
        uint256 pairs = slot >> REQUIREMENTS_AT;
        if (pairs & PAIR == pair_) return 1;
        if ((pairs >> REQUIREMENT_BITS) & PAIR == pair_) return 2;
        if ((pairs >> (2 * REQUIREMENT_BITS)) & PAIR == pair_) return 4;
        if ((pairs >> (3 * REQUIREMENT_BITS)) & PAIR == pair_) return 8;
        return 0;
    }

    /// @notice A shipment at sequence 0 without requirements.
    function opened(uint256 custodian_, uint256 consignee_, uint256 consignor_, uint256 packages_)
        internal
        pure
        returns (uint256)
    {
        return custodian_ | (consignee_ << CONSIGNEE_AT) | (consignor_ << CONSIGNOR_AT) | (packages_ << PACKAGES_AT)
            | (uint256(ShipmentStates.OPEN) << STATE_AT);
    }

    /// @notice With requirement `index`, whose place is empty. `gates` is a mask of `Gates`.
    function withRequirement(uint256 slot, uint256 index, uint256 pair_, uint256 gates, bool relay_)
        internal
        pure
        returns (uint256)
    {
        uint256 planes =
            (gates & Gates.HANDOVER) | ((gates & Gates.DELIVERY) << 3) | ((gates & Gates.SALE) << 6);
        slot |= (pair_ << (REQUIREMENTS_AT + REQUIREMENT_BITS * index)) | (planes << (GATES_AT + index));
        return relay_ ? slot | (1 << (RELAY_AT + index)) : slot;
    }

    /// @notice The same with another holder, count and the next sequence.
    function handedOver(uint256 slot, uint256 custodian_, uint256 packages_) internal pure returns (uint256) {
        return
            (slot & ~(PARTNER | (0xffffffff << PACKAGES_AT))) + (custodian_ | (packages_ << PACKAGES_AT) | ONE_SEQUENCE);
    }

    function withState(uint256 slot, uint256 state_) internal pure returns (uint256) {
        return (slot & ~(uint256(0xf) << STATE_AT)) | (state_ << STATE_AT);
    }

    function withReleased(uint256 slot, uint256 mask, bool released_) internal pure returns (uint256) {
        return released_ ? slot | (mask << RELEASED_AT) : slot & ~(mask << RELEASED_AT);
    }

    /// @notice A child: the same terms, holder and marks; sequence 0, nothing released.
    function child(uint256 slot, uint256 packages_) internal pure returns (uint256) {
        return (slot & ~((uint256(0xffffffffffff) << PACKAGES_AT) | (uint256(0xf) << RELEASED_AT)))
            | (packages_ << PACKAGES_AT);
    }
}
