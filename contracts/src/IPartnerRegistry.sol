// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {KeyGrant, KeyRevoke, RegistryChange} from "./Records.sol";

/// @title Partners, their keys in time, roles with scope, the council, logs and the contracts in force
/// @notice Nobody owns it and its deployer keeps no power: everything changes through records that the council (m of n)
/// or a partner's master key signed, and anyone may submit them. Each change is recorded at once in a gap-free sequence.
/// It is in force at max(notBefore, block time + delay), and never before the partner whom it concerns; suspending,
/// revoking, retiring a log and adopting rules are in force at once.
///
/// An address enters once, as one thing: a partner's key, a council member's, a log's anchor key or a contract. It is
/// never deleted, so no key ever belongs to two partners, and what was revoked never returns.
interface IPartnerRegistry {
    /// @notice What an address is.
    enum AddressKind {
        NONE,
        MASTER_KEY, // a partner's, entered by the council: signs every type and grants device keys
        DEVICE_KEY, // a partner's, granted by a master key: signs the types of its scopes, at most 90 days
        COUNCIL_KEY,
        ANCHOR_KEY,
        CONTRACT
    }

    // --- genesis ---
    error PartnerRegistryNoConsortium();
    error PartnerRegistryDelayTooLong(uint40 delay);
    /// @notice No address is zero, and council members ascend strictly, in the constructor and among signatures.
    error PartnerRegistryCouncilOrder(address previous, address found);

    // --- signatures ---
    /// @notice Not one or more signatures of 65 bytes.
    error PartnerRegistrySignatureLength(uint256 length);
    error PartnerRegistryTooFewSignatures(uint256 needed, uint256 found);
    error PartnerRegistryNotCouncil(address signer);
    /// @notice A device key is granted by a master key in force, and revoked by one or by itself.
    error PartnerRegistryNotMasterKey(uint40 partner, address signer);

    // --- form of a record ---
    error PartnerRegistryUnknownAction(uint8 action);
    /// @notice The next change must carry the next number of the sequence.
    error PartnerRegistrySequence(uint40 expected, uint40 found);
    /// @notice A field that this action does not use is not 0. `used` has one bit for each field from `notBefore` on.
    error PartnerRegistryUnusedField(uint8 action, uint256 used);
    error PartnerRegistryNoAddress();
    /// @notice 2⁴⁰ − 1 stands for no end, so nothing can be in force from then on.
    error PartnerRegistryTimeTooFar(uint40 time);
    error PartnerRegistryUnknownRole(uint8 role);
    /// @notice Customs: two capital letters. Issuer: not zero. Brand: 4 to 12 digits. Other roles: zero.
    error PartnerRegistryBadScope(uint8 role, bytes32 scope);
    error PartnerRegistryUnknownContractKind(uint40 kind);

    // --- what stands ---
    /// @notice Partner 0 is nobody and can never be admitted.
    error PartnerRegistryUnknownPartner(uint40 partner);
    error PartnerRegistryPartnerKnown(uint40 partner);
    error PartnerRegistrySuspended(uint40 partner);
    error PartnerRegistryNotSuspended(uint40 partner);
    error PartnerRegistryAddressKnown(address key, AddressKind kind);
    /// @notice Not a key of this partner.
    error PartnerRegistryNotItsKey(uint40 partner, address key);
    /// @notice Revoked, told to leave, told to close or expired already.
    error PartnerRegistryEnded(address key, uint40 since);
    error PartnerRegistryRoleHeld(uint40 partner, uint8 role, bytes32 scope);
    error PartnerRegistryRoleNotHeld(uint40 partner, uint8 role, bytes32 scope);
    error PartnerRegistryTooManyScopes(uint40 partner, uint8 role);
    /// @notice Members who will stay would be fewer than signatures needed. Members not in force yet do not count, and a
    /// higher threshold does from the moment it is recorded.
    error PartnerRegistryCouncilTooSmall(uint256 members, uint256 threshold);
    error PartnerRegistryCouncilTooLarge();
    error PartnerRegistryLogKnown(bytes32 logId);
    error PartnerRegistryUnknownLog(bytes32 logId);
    /// @notice A contract of this kind is open, or the one before it is not closed yet.
    error PartnerRegistryKindOpen(uint8 kind, address current);
    /// @notice Not the contract of this kind that is open and not yet told to close.
    error PartnerRegistryNotOpen(uint8 kind, address found);
    error PartnerRegistryRulesKnown(bytes32 document);
    error PartnerRegistryUnknownRules(bytes32 document);
    /// @notice Device keys: `validFrom` before `validUntil`, at most 90 days, not over yet.
    error PartnerRegistryBadPeriod(uint40 validFrom, uint40 validUntil);
    /// @notice No scope, a scope that is no record type of a partner, or one that only master keys have.
    error PartnerRegistryBadScopes(uint32 scopes);

    /// @notice Record a change that the council signed.
    /// @param signatures 65 bytes a member, ascending by address, at least the threshold.
    function change(RegistryChange calldata r, bytes calldata signatures) external;

    /// @notice Record a device key, granted by a master key of its partner.
    function grantKey(KeyGrant calldata r, bytes calldata signatures) external;

    /// @notice Record the end of a key, signed by a master key of its partner or by itself. In force at once.
    function revokeKey(KeyRevoke calldata r, bytes calldata signatures) external;

    // --- asked by other contracts ---

    /// @notice The consortium whose records these are.
    function consortiumId() external view returns (bytes32);

    /// @notice Seconds between the recording of a change and its force.
    function delay() external view returns (uint40);

    /// @notice Council signatures that a change needs now.
    function threshold() external view returns (uint256);

    /// @notice Whose key this is now.
    /// @param key An address that signed something.
    /// @param recordType The number of the type it signed.
    /// @return partner 0 when the key is not in force, or not for this type.
    /// @return roles Bit `role` for each role in force; customs, issuer and brand when held for any scope.
    /// @return suspended Whether the partner is suspended. Its keys remain valid.
    function signer(address key, uint8 recordType)
        external
        view
        returns (uint40 partner, uint256 roles, bool suspended);

    /// @notice `signer` without roles and suspension, for where they do not matter: one storage slot instead of two.
    function partnerOf(address key, uint8 recordType) external view returns (uint40 partner);

    /// @notice Whether the partner holds the role in force and is not suspended.
    /// @param scope Customs: jurisdiction, issuer: schema, brand: GS1 prefix, left-aligned; 0 for the other roles.
    function hasRole(uint40 partner, uint8 role, bytes32 scope) external view returns (bool);

    /// @notice Revert unless enough council members in force signed `digest`.
    /// @param signatures 65 bytes a member, ascending by address, and nothing else: callers slice off what follows.
    function requireCouncil(bytes32 digest, bytes calldata signatures) external view;

    /// @notice Revert unless the caller is the contract of this kind in force.
    function requireOpen(uint8 kind) external view;

    /// @notice Whether `found` is the contract of this kind in force.
    function isOpen(uint8 kind, address found) external view returns (bool);

    /// @notice The contract of this kind in force; zero for none.
    function contractOf(uint8 kind) external view returns (address);

    /// @notice The key that signs a log's checkpoints; zero unless the log is registered, in force and not retired.
    function anchorKey(bytes32 logId) external view returns (address);

    // --- asked by people and services ---

    /// @notice Changes recorded so far; the next one carries this plus 1.
    function changes() external view returns (uint40);

    /// @notice All that is known of an address.
    /// @return kind What it is.
    /// @return partner Whose it is; 0 for council keys and contracts.
    /// @return actor For device keys, the partner for whom the bearer works.
    /// @return from When its force begins.
    /// @return until When its force ended or ends; 2⁴⁰ − 1 when no end is known.
    /// @return scopes Bit n − 1: may sign type n.
    function addressInfo(address key)
        external
        view
        returns (AddressKind kind, uint40 partner, uint40 actor, uint40 from, uint40 until, uint32 scopes);

    /// @notice When a partner was or will be admitted (0: never), and until when it is suspended (2⁴⁰ − 1: no end known).
    function partnerInfo(uint40 partner) external view returns (uint40 since, uint40 suspendedUntil);

    /// @notice The log that a log continues after being spoilt, and the size up to which it does.
    function logInfo(bytes32 logId)
        external
        view
        returns (address key, uint40 partner, bytes32 predecessor, uint40 predecessorSize);

    /// @notice Start of the period for which rules were adopted. Reverts for rules never adopted.
    function rulesFrom(bytes32 document) external view returns (uint40);
}
