// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Roles} from "../Codes.sol";
import {KeyGrant, RecordHashes, RegistryChange} from "../Records.sol";
import {RegistrySlots} from "./RegistrySlots.sol";
import {RegistryStore} from "./RegistryStore.sol";

/// @title Partners: admission, suspension, keys and roles
abstract contract Partners is RegistryStore {
    using RegistrySlots for uint256;

    uint256 private constant MAX_SCOPES = 200;
    uint256 private constant MAX_DEVICE_PERIOD = 90 days;
    uint256 private constant SCOPED_ROLES = 1 << Roles.CUSTOMS | 1 << Roles.ISSUER | 1 << Roles.BRAND;

    uint32 internal constant ALL_SCOPES = type(uint32).max;
    /// @dev What partners sign, type n as bit n - 1: up to claims, without the registry's own records and checkpoints.
    uint32 private constant DEVICE_SCOPES = ~(ALL_SCOPES << RecordHashes.CLAIM)
        & ~uint32(
            (1
                    << RecordHashes.REGISTRY_CHANGE
                    | 1
                    << RecordHashes.KEY_GRANT
                    | 1
                    << RecordHashes.KEY_REVOKE
                    | 1
                    << RecordHashes.CHECKPOINT) >> 1
        );

    // --- partners --------------------------------------------------------------------------------------------------

    function _admit(RegistryChange calldata r) internal {
        if (r.partner == 0) revert PartnerRegistryPartnerZero();
        if (_partners[r.partner] != 0) revert PartnerRegistryPartnerKnown(r.partner);
        uint40 since = _effectiveFrom(r.notBefore);
        _enter(r.key, AddressKind.MASTER_KEY, r.partner, since, ALL_SCOPES);
        _partners[r.partner] =
            RegistrySlots.pack(RegistrySlots.Partner({roles: 0, settledFrom: 0, suspendedUntil: 0, since: since}));
    }

    function _suspend(uint40 partner) internal {
        _requireKnown(partner);
        RegistrySlots.Partner memory p = _partners[partner].unpackPartner();
        if (p.suspendedUntil == RegistrySlots.NO_END) revert PartnerRegistryAlreadySuspended(partner);
        p.suspendedUntil = RegistrySlots.NO_END;
        _partners[partner] = RegistrySlots.pack(p);
    }

    function _reinstate(uint40 partner, uint40 until) internal {
        RegistrySlots.Partner memory p = _partners[partner].unpackPartner();
        if (p.suspendedUntil != RegistrySlots.NO_END) revert PartnerRegistryNotSuspended(partner);
        p.suspendedUntil = until;
        _partners[partner] = RegistrySlots.pack(p);
    }

    // --- keys ------------------------------------------------------------------------------------------------------

    function _addMasterKey(RegistryChange calldata r) internal {
        _requireKnown(r.partner);
        _enter(r.key, AddressKind.MASTER_KEY, r.partner, _effectiveFromFor(r.partner, r.notBefore), ALL_SCOPES);
    }

    /// @dev The form of a device key's grant; who signed it is another question.
    function _checkGrant(KeyGrant calldata r) internal view {
        uint40 from = r.validFrom;
        uint40 until = r.validUntil;
        if (from >= until) revert PartnerRegistryEmptyPeriod(from, until);
        if (until - from > MAX_DEVICE_PERIOD) revert PartnerRegistryPeriodTooLong(from, until, MAX_DEVICE_PERIOD);
        if (until <= block.timestamp) revert PartnerRegistryPeriodOver(until, block.timestamp);
        if (r.scopes == 0 || r.scopes & ~DEVICE_SCOPES != 0) revert PartnerRegistryBadScopes(r.scopes);
    }

    function _grantDeviceKey(KeyGrant calldata r) internal {
        if (r.actor != 0) _requireKnown(r.actor);
        if (_partners[r.partner].suspendedUntil() > block.timestamp) revert PartnerRegistrySuspended(r.partner);
        _enterAddress(
            r.key,
            RegistrySlots.Address({
                kind: AddressKind.DEVICE_KEY,
                partner: r.partner,
                from: r.validFrom > block.timestamp ? r.validFrom : uint40(block.timestamp),
                until: r.validUntil,
                actor: r.actor,
                contractKind: 0,
                scopes: r.scopes
            })
        );
    }

    function _revokeKey(uint40 partner, address key) internal {
        uint256 word = _addresses[key];
        bool partnersKey = word.kind() == AddressKind.MASTER_KEY || word.kind() == AddressKind.DEVICE_KEY;
        if (!partnersKey || word.partner() != partner) revert PartnerRegistryNotItsKey(partner, key);
        if (word.until() <= block.timestamp) revert PartnerRegistryKeyEnded(key, word.until());
        _addresses[key] = word.withEnd(block.timestamp);
    }

    function _requireMaster(uint40 partner, address key) internal view {
        uint256 word = _addresses[key];
        if (word.kind() != AddressKind.MASTER_KEY || word.partner() != partner || !word.inForce(block.timestamp)) {
            revert PartnerRegistryNotMasterKey(partner, key);
        }
    }

    // --- roles -----------------------------------------------------------------------------------------------------

    function _grantRole(RegistryChange calldata r) internal {
        _requireKnown(r.partner);
        _requireScope(r.role, r.scope);
        if (_roles[r.partner][r.role][r.scope] != 0) revert PartnerRegistryRoleHeld(r.partner, r.role, r.scope);
        uint40 since = _effectiveFromFor(r.partner, r.notBefore);
        if (_isScoped(r.role)) {
            bytes32[] storage scopes = _scopes[r.partner][r.role];
            if (scopes.length == MAX_SCOPES) revert PartnerRegistryTooManyScopes(r.partner, r.role);
            scopes.push(r.scope);
        }
        _roles[r.partner][r.role][r.scope] = since;
        RegistrySlots.Partner memory p = _partners[r.partner].unpackPartner();
        p.roles |= uint16(1 << r.role);
        if (p.settledFrom < since) p.settledFrom = since;
        _partners[r.partner] = RegistrySlots.pack(p);
    }

    function _revokeRole(uint40 partner, uint8 role, bytes32 scope) internal {
        _requireKnown(partner);
        _requireScope(role, scope);
        if (_roles[partner][role][scope] == 0) revert PartnerRegistryRoleNotHeld(partner, role, scope);
        delete _roles[partner][role][scope];
        if (_isScoped(role)) {
            bytes32[] storage scopes = _scopes[partner][role];
            uint256 last = scopes.length - 1;
            for (uint256 i = 0; i < last; ++i) {
                if (scopes[i] == scope) scopes[i] = scopes[last];
            }
            scopes.pop();
            if (last != 0) return;
        }
        RegistrySlots.Partner memory p = _partners[partner].unpackPartner();
        p.roles &= ~uint16(1 << role);
        _partners[partner] = RegistrySlots.pack(p);
    }

    /// @dev Which of the roles granted are in force by now; scoped ones when they are for any scope.
    function _rolesInForce(uint40 partner, uint256 granted) internal view returns (uint256 roles) {
        for (uint8 role = 1; role <= Roles.LAST; ++role) {
            if ((granted >> role) & 1 == 0) continue;
            uint256 since = _isScoped(role) ? _earliestSince(partner, role) : _roles[partner][role][0];
            if (since <= block.timestamp) roles |= 1 << role;
        }
    }

    function _earliestSince(uint40 partner, uint8 role) private view returns (uint256 earliest) {
        earliest = RegistrySlots.NO_END;
        bytes32[] storage scopes = _scopes[partner][role];
        for (uint256 i = 0; i < scopes.length; ++i) {
            uint256 since = _roles[partner][role][scopes[i]];
            if (since < earliest) earliest = since;
        }
    }

    function _isScoped(uint8 role) private pure returns (bool) {
        return (SCOPED_ROLES >> role) & 1 == 1;
    }

    function _requireScope(uint8 role, bytes32 scope) private pure {
        if (role == 0 || role > Roles.LAST) revert PartnerRegistryUnknownRole(role);
        bool good;
        if (role == Roles.CUSTOMS) good = _consistsOf(scope, 0x41, 0x5A, 2, 2);
        else if (role == Roles.BRAND) good = _consistsOf(scope, 0x30, 0x39, 4, 12);
        else good = _isScoped(role) ? scope != 0 : scope == 0;
        if (!good) revert PartnerRegistryBadScope(role, scope);
    }

    /// @dev Whether `scope` is `least` to `most` characters from `first` to `last`, and zeros after them.
    function _consistsOf(bytes32 scope, uint8 first, uint8 last, uint256 least, uint256 most) private pure returns (bool) {
        uint256 length = 0;
        while (length < most && uint8(scope[length]) >= first && uint8(scope[length]) <= last) ++length;
        return length >= least && (scope << (8 * length)) == 0;
    }
}
