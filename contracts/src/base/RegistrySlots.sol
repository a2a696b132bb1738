// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPartnerRegistry} from "../IPartnerRegistry.sol";

/// @title How the registry packs what a handoff asks: one slot an address, one slot a partner's trade roles
/// @notice Words are taken apart by shifts rather than as storage structs, because the compiler would load the slot anew
/// for every field.
///
/// Address: kind 8 | partner 40 | from 40 | until 40 | scopes 32 | actor 40, from the low end. `scopes` of a contract is
/// its kind number.
///
/// Partner: two words of eight lanes of 32 bits. A lane holds the second from which the role is in force, 0 for never.
///   trade    0 suspended until · 1 supplier · 2 carrier · 3 main carrier · 4 warehouse · 5 platform · 6 retailer · 7 locker
///   control  0 admitted since · 1 customs · 2 broker · 3 issuer · 4 brand · 5 authority · 6 auditor · 7 operator
/// For customs, issuer and brand the lane is the earliest of the scopes held. Seconds fit 32 bits until 2106.
library RegistrySlots {
    uint256 internal constant LAST_ROLE = 14;
    uint256 internal constant FOREVER = type(uint32).max;
    uint40 internal constant NO_END = type(uint40).max;

    uint256 private constant LANE_MASK = type(uint32).max;
    /// @dev Nibble r: where role r lies; 8 | lane in the control word, lane alone in the trade word.
    uint256 private constant PLACES = 0x07FEDCB65A943210;
    uint256 private constant SCOPED_ROLES = (1 << 5) | (1 << 9) | (1 << 10);

    struct Address {
        IPartnerRegistry.AddressKind kind;
        uint40 partner;
        uint40 from;
        uint40 until;
        uint32 scopes;
        uint40 actor;
    }

    // --- addresses ---

    function pack(Address memory a) internal pure returns (uint256) {
        return uint256(uint8(a.kind)) | (uint256(a.partner) << 8) | (uint256(a.from) << 48) | (uint256(a.until) << 88)
            | (uint256(a.scopes) << 128) | (uint256(a.actor) << 160);
    }

    function kind(uint256 word) internal pure returns (IPartnerRegistry.AddressKind) {
        return IPartnerRegistry.AddressKind(uint8(word));
    }

    function partner(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 8);
    }

    function from(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 48);
    }

    function until(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 88);
    }

    function scopes(uint256 word) internal pure returns (uint32) {
        return uint32(word >> 128);
    }

    function actor(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 160);
    }

    /// @dev The same address with another end.
    function ending(uint256 word, uint256 time) internal pure returns (uint256) {
        return (word & ~(uint256(NO_END) << 88)) | (time << 88);
    }

    function inForce(uint256 word, uint256 time) internal pure returns (bool) {
        return from(word) <= time && time < until(word);
    }

    // --- partners ---

    /// @dev Whether the role lies in the control word, and in which lane; lane 0 for no role.
    function place(uint256 role) internal pure returns (bool control, uint256 lane_) {
        if (role > LAST_ROLE) return (false, 0);
        uint256 nibble = (PLACES >> (4 * role)) & 15;
        return (nibble & 8 != 0, nibble & 7);
    }

    function isScoped(uint256 role) internal pure returns (bool) {
        return (SCOPED_ROLES >> role) & 1 == 1;
    }

    function lane(uint256 word, uint256 index) internal pure returns (uint256) {
        return (word >> (32 * index)) & LANE_MASK;
    }

    function withLane(uint256 word, uint256 index, uint256 time) internal pure returns (uint256) {
        return (word & ~(LANE_MASK << (32 * index))) | (time << (32 * index));
    }

    /// @dev Bits 1 << role of the trade roles in force.
    function tradeRoles(uint256 word, uint256 time) internal pure returns (uint256) {
        return _bit(word, 1, 1, time) | _bit(word, 2, 2, time) | _bit(word, 3, 3, time) | _bit(word, 4, 4, time)
            | _bit(word, 5, 7, time) | _bit(word, 6, 8, time) | _bit(word, 7, 14, time);
    }

    /// @dev Bits 1 << role of the control roles in force.
    function controlRoles(uint256 word, uint256 time) internal pure returns (uint256) {
        return _bit(word, 1, 5, time) | _bit(word, 2, 6, time) | _bit(word, 3, 9, time) | _bit(word, 4, 10, time)
            | _bit(word, 5, 11, time) | _bit(word, 6, 12, time) | _bit(word, 7, 13, time);
    }

    function _bit(uint256 word, uint256 index, uint256 role, uint256 time) private pure returns (uint256) {
        uint256 since = lane(word, index);
        return since != 0 && since <= time ? 1 << role : 0;
    }
}
