// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPartnerRegistry} from "../IPartnerRegistry.sol";

/// @title The two words that a signature check reads: one of an address, one of its partner
/// @notice Words are taken apart by shifts rather than as storage structs, because the compiler would load the slot anew
/// for every field. From the low end:
///
/// address  kind 8 · partner 40 · from 40 · until 40 · actor 40 · contract kind 8 · zeros 48 · scopes 32. Only a partner's
/// keys have scopes. They lie at the top, after a zero, so that one shift answers for any type number, also for 0.
///
/// partner  roles 16 · settled from 40 · suspended until 40 · admitted since 40. `roles` has bit `role` for each role
/// granted, in force or coming; all of them are in force from `settled from` on, so that nothing else need be read then.
library RegistrySlots {
    uint40 internal constant NO_END = type(uint40).max;

    struct Address {
        IPartnerRegistry.AddressKind kind;
        uint40 partner;
        uint40 from;
        uint40 until;
        uint40 actor;
        uint8 contractKind;
        uint32 scopes;
    }

    struct Partner {
        uint16 roles;
        uint40 settledFrom;
        uint40 suspendedUntil;
        uint40 since;
    }

    // --- address ---

    function pack(Address memory a) internal pure returns (uint256) {
        return uint256(uint8(a.kind)) | (uint256(a.partner) << 8) | (uint256(a.from) << 48) | (uint256(a.until) << 88)
            | (uint256(a.actor) << 128) | (uint256(a.contractKind) << 168) | (uint256(a.scopes) << 224);
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
        return uint32(word >> 224);
    }

    function actor(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 128);
    }

    function contractKind(uint256 word) internal pure returns (uint8) {
        return uint8(word >> 168);
    }

    /// @dev The partner whose key this is, if it is in force and may sign this type; else 0. Council keys, anchor keys and
    /// contracts are nobody's here: they have no scopes.
    function partnerOf(uint256 word, uint256 recordType, uint256 time) internal pure returns (uint40) {
        unchecked {
            if ((word >> (223 + recordType)) & 1 == 0) return 0;
            if (uint40(word >> 48) > time || uint40(word >> 88) <= time) return 0;
            return uint40(word >> 8);
        }
    }

    /// @dev The same address with another end.
    function withEnd(uint256 word, uint256 time) internal pure returns (uint256) {
        return (word & ~(uint256(NO_END) << 88)) | (time << 88);
    }

    function inForce(uint256 word, uint256 time) internal pure returns (bool) {
        return from(word) <= time && time < until(word);
    }

    // --- partner ---

    function pack(Partner memory p) internal pure returns (uint256) {
        return uint256(p.roles) | (uint256(p.settledFrom) << 16) | (uint256(p.suspendedUntil) << 56)
            | (uint256(p.since) << 96);
    }

    function unpackPartner(uint256 word) internal pure returns (Partner memory) {
        return Partner({
            roles: roles(word),
            settledFrom: settledFrom(word),
            suspendedUntil: suspendedUntil(word),
            since: since(word)
        });
    }

    function roles(uint256 word) internal pure returns (uint16) {
        return uint16(word);
    }

    function settledFrom(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 16);
    }

    function suspendedUntil(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 56);
    }

    function since(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 96);
    }
}
