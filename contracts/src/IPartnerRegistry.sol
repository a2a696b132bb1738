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
    /// @notice The constructor was given consortium id 0.
    error PartnerRegistryNoConsortium();
    /// @notice The constructor was given a delay above `most` seconds.
    error PartnerRegistryDelayTooLong(uint40 delay, uint256 most);

    // --- signatures ---
    /// @notice Not one signature of 65 bytes; of a grant: not two; of the council: not one or more.
    error PartnerRegistrySignatureLength(uint256 length);
    /// @notice Fewer council signatures than the threshold.
    error PartnerRegistryTooFewSignatures(uint256 needed, uint256 count);
    /// @notice Council members ascend strictly, from above address 0: in the constructor and among signatures.
    error PartnerRegistryCouncilOrder(address previous, address key);
    /// @notice The signer is no council member in force.
    error PartnerRegistryNotCouncil(address signer);
    /// @notice A device key is granted by a master key in force, and revoked by one or by itself.
    error PartnerRegistryNotMasterKey(uint40 partner, address signer);
    /// @notice The granted key itself signs its grant, second: nobody enters an address whose key he has not.
    error PartnerRegistryNotGrantedKey(address key, address signer);

    // --- form of a record ---
    /// @notice No such action.
    error PartnerRegistryUnknownAction(uint8 action);
    /// @notice The next change must carry the next number of the sequence.
    error PartnerRegistrySequence(uint40 expected, uint40 sequence);
    /// @notice A field that this action does not use is not 0. `used` has one bit for each field from `notBefore` on.
    error PartnerRegistryUnusedField(uint8 action, uint256 used);
    /// @notice The key or contract to be entered is address 0.
    error PartnerRegistryNoAddress();
    /// @notice 2⁴⁰ − 1 stands for no end, so nothing can be in force from then on.
    error PartnerRegistryTimeTooFar(uint40 time);
    /// @notice No such role.
    error PartnerRegistryUnknownRole(uint8 role);
    /// @notice Customs: two capital letters. Issuer: not zero. Brand: 4 to 12 digits. Other roles: zero.
    error PartnerRegistryBadScope(uint8 role, bytes32 scope);
    /// @notice No such kind of contract.
    error PartnerRegistryUnknownContractKind(uint40 kind);
    /// @notice A device key's `validFrom` is not before its `validUntil`.
    error PartnerRegistryEmptyPeriod(uint40 validFrom, uint40 validUntil);
    /// @notice A device key is valid for `most` seconds at most.
    error PartnerRegistryPeriodTooLong(uint40 validFrom, uint40 validUntil, uint256 most);
    /// @notice A device key's period is over before it is recorded.
    error PartnerRegistryPeriodOver(uint40 validUntil, uint256 blockTime);
    /// @notice No scope, a scope that is no record type of a partner, or one that only master keys have.
    error PartnerRegistryBadScopes(uint32 scopes);

    // --- partners, keys, roles ---
    /// @notice Partner 0 is nobody and can never be admitted.
    error PartnerRegistryPartnerZero();
    /// @notice No such partner was ever admitted.
    error PartnerRegistryUnknownPartner(uint40 partner);
    /// @notice The partner has been admitted before.
    error PartnerRegistryPartnerKnown(uint40 partner);
    /// @notice A suspended partner grants no keys.
    error PartnerRegistrySuspended(uint40 partner);
    /// @notice The partner to be suspended is suspended, without a known end.
    error PartnerRegistryAlreadySuspended(uint40 partner);
    /// @notice The partner to be reinstated is not suspended, or its suspension's end is recorded already.
    error PartnerRegistryNotSuspended(uint40 partner);
    /// @notice The address has entered before, as `kind`.
    error PartnerRegistryAddressKnown(address key, AddressKind kind);
    /// @notice Not a key of this partner.
    error PartnerRegistryNotItsKey(uint40 partner, address key);
    /// @notice The key to be revoked was revoked, or has expired, at `since`.
    error PartnerRegistryKeyEnded(address key, uint40 since);
    /// @notice That this council member leaves, or this contract closes, at `until` is recorded already.
    error PartnerRegistryEndRecorded(address key, uint40 until);
    /// @notice The partner has the role for this scope already.
    error PartnerRegistryRoleHeld(uint40 partner, uint8 role, bytes32 scope);
    /// @notice The partner does not have the role for this scope.
    error PartnerRegistryRoleNotHeld(uint40 partner, uint8 role, bytes32 scope);
    /// @notice The partner has the role for as many scopes as there can be.
    error PartnerRegistryTooManyScopes(uint40 partner, uint8 role);

    // --- council ---
    /// @notice The address to be removed is no council member's.
    error PartnerRegistryNotAMember(address key);
    /// @notice Nothing is decided by no signatures.
    error PartnerRegistryNoThreshold();
    /// @notice Members who will stay would be fewer than signatures needed. Members not in force yet do not count, and a
    /// higher threshold does from the moment it is recorded.
    error PartnerRegistryCouncilTooSmall(uint256 members, uint256 threshold);
    /// @notice There would be more members than `most`.
    error PartnerRegistryCouncilTooLarge(uint256 members, uint256 most);

    // --- logs, contracts, rules ---
    /// @notice The log to be registered has id 0.
    error PartnerRegistryNoLogId();
    /// @notice The log is registered already.
    error PartnerRegistryLogKnown(bytes32 logId);
    /// @notice No such log is registered.
    error PartnerRegistryUnknownLog(bytes32 logId);
    /// @notice A log that names no predecessor names no size of it.
    error PartnerRegistryNoPredecessor(uint40 predecessorSize);
    /// @notice The log was retired at `since`.
    error PartnerRegistryLogRetired(bytes32 logId, uint40 since);
    /// @notice A contract of this kind is open, and no end of it is recorded.
    error PartnerRegistryKindOpen(uint8 kind, address current);
    /// @notice Not a contract of this kind, of this registry, whose predecessor is the latest of its kind (zero for none).
    error PartnerRegistryWrongContract(uint8 kind, address candidate, address predecessor);
    /// @notice The contract before the latest of this kind is in force until `until`.
    error PartnerRegistryStillClosing(uint8 kind, address closing, uint40 until);
    /// @notice The caller is not the contract of this kind in force.
    error PartnerRegistryNotOpen(uint8 kind, address caller);
    /// @notice The address to be closed never was a contract of this kind.
    error PartnerRegistryUnknownContract(uint8 kind, address candidate);
    /// @notice Rules to be adopted have a document.
    error PartnerRegistryNoDocument();
    /// @notice These rules are adopted already.
    error PartnerRegistryRulesKnown(bytes32 document);
    /// @notice These rules were never adopted.
    error PartnerRegistryUnknownRules(bytes32 document);

    /// @notice Record a change that the council signed.
    /// @param r The change: what it does is its `action`.
    /// @param signatures 65 bytes a member, ascending by address, at least the threshold.
    /// @custom:reverts PartnerRegistrySequence PartnerRegistryUnknownAction PartnerRegistryUnusedField
    /// PartnerRegistrySignatureLength PartnerRegistryTooFewSignatures PartnerRegistryCouncilOrder PartnerRegistryNotCouncil
    /// PartnerRegistryTimeTooFar PartnerRegistryNoAddress PartnerRegistryAddressKnown PartnerRegistryPartnerZero
    /// PartnerRegistryPartnerKnown PartnerRegistryUnknownPartner PartnerRegistryAlreadySuspended
    /// PartnerRegistryNotSuspended PartnerRegistryNotItsKey PartnerRegistryKeyEnded PartnerRegistryUnknownRole
    /// PartnerRegistryBadScope PartnerRegistryRoleHeld PartnerRegistryTooManyScopes PartnerRegistryRoleNotHeld
    /// PartnerRegistryCouncilTooLarge PartnerRegistryNotAMember PartnerRegistryEndRecorded PartnerRegistryCouncilTooSmall
    /// PartnerRegistryNoThreshold PartnerRegistryNoLogId PartnerRegistryLogKnown PartnerRegistryUnknownLog
    /// PartnerRegistryNoPredecessor PartnerRegistryLogRetired PartnerRegistryUnknownContractKind PartnerRegistryKindOpen
    /// PartnerRegistryStillClosing PartnerRegistryWrongContract PartnerRegistryUnknownContract PartnerRegistryNoDocument PartnerRegistryRulesKnown
    function change(RegistryChange calldata r, bytes calldata signatures) external;

    /// @notice Record a device key, granted by a master key of its partner, with that key's consent.
    /// @param r The grant.
    /// @param signatures The master key's, then the granted key's: 130 bytes.
    /// @custom:reverts PartnerRegistryEmptyPeriod PartnerRegistryPeriodTooLong PartnerRegistryPeriodOver
    /// PartnerRegistryBadScopes PartnerRegistrySignatureLength PartnerRegistryNotMasterKey PartnerRegistryNotGrantedKey
    /// PartnerRegistryUnknownPartner PartnerRegistrySuspended PartnerRegistryAddressKnown
    function grantKey(KeyGrant calldata r, bytes calldata signatures) external;

    /// @notice Record the end of a key, signed by a master key of its partner or by itself. In force at once.
    /// @param r The revocation.
    /// @param signatures That key's: 65 bytes.
    /// @custom:reverts PartnerRegistrySignatureLength PartnerRegistryNotMasterKey PartnerRegistryNotItsKey
    /// PartnerRegistryKeyEnded
    function revokeKey(KeyRevoke calldata r, bytes calldata signatures) external;

    // --- asked by other contracts ---

    /// @notice The consortium whose records these are.
    /// @return Its id, the salt of every signing domain.
    function consortiumId() external view returns (bytes32);

    /// @notice How long it takes until a change is in force.
    /// @return Seconds from its recording.
    function delay() external view returns (uint40);

    /// @notice How many council members must sign a change now.
    /// @return The number of signatures.
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
    /// @param key An address that signed something.
    /// @param recordType The number of the type it signed.
    /// @return partner 0 when the key is not in force, or not for this type.
    function partnerOf(address key, uint8 recordType) external view returns (uint40 partner);

    /// @notice Whether the partner holds the role in force and is not suspended.
    /// @param partner The partner.
    /// @param role One of `Roles`.
    /// @param scope Customs: jurisdiction, issuer: schema, brand: GS1 prefix, left-aligned; 0 for the other roles.
    /// @return Whether it does.
    function hasRole(uint40 partner, uint8 role, bytes32 scope) external view returns (bool);

    /// @notice Revert unless enough council members in force signed `digest`.
    /// @param digest What they signed.
    /// @param signatures 65 bytes a member, ascending by address, and nothing else: callers slice off what follows.
    /// @custom:reverts PartnerRegistrySignatureLength PartnerRegistryTooFewSignatures PartnerRegistryCouncilOrder
    /// PartnerRegistryNotCouncil
    function requireCouncil(bytes32 digest, bytes calldata signatures) external view;

    /// @notice Revert unless the caller is the contract of this kind in force.
    /// @param kind One of `ContractKinds`.
    /// @custom:reverts PartnerRegistryNotOpen
    function requireOpen(uint8 kind) external view;

    /// @notice Whether an address is the contract of this kind in force.
    /// @param kind One of `ContractKinds`.
    /// @param candidate The address.
    /// @return Whether it is.
    function isOpen(uint8 kind, address candidate) external view returns (bool);

    /// @notice The contract of this kind in force.
    /// @param kind One of `ContractKinds`.
    /// @return Its address; zero for none.
    function contractOf(uint8 kind) external view returns (address);

    /// @notice The key that signs a log's checkpoints.
    /// @param logId The log.
    /// @return Its address; zero unless the log is registered, in force and not retired.
    function anchorKey(bytes32 logId) external view returns (address);

    // --- asked by people and services ---

    /// @notice How many changes were recorded; the next one carries this plus 1.
    /// @return The number of changes.
    function changes() external view returns (uint40);

    /// @notice All that is known of an address. A contract is closed from `until` on, and only this says so.
    /// @param key The address.
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

    /// @notice When a partner was admitted, and until when it is suspended.
    /// @param partner The partner.
    /// @return since When it was or will be admitted; 0 for never.
    /// @return suspendedUntil When its suspension ended or ends; 2⁴⁰ − 1 when no end is known.
    function partnerInfo(uint40 partner) external view returns (uint40 since, uint40 suspendedUntil);

    /// @notice A log, and the log that it continues after that was spoilt.
    /// @param logId The log.
    /// @return key Its anchor key, in force or not.
    /// @return partner Who keeps it.
    /// @return predecessor The log that it continues; 0 for none.
    /// @return predecessorSize The size up to which it does.
    function logInfo(bytes32 logId)
        external
        view
        returns (address key, uint40 partner, bytes32 predecessor, uint40 predecessorSize);

    /// @notice Start of the period for which rules were adopted.
    /// @param document Their hash.
    /// @return When it starts.
    /// @custom:reverts PartnerRegistryUnknownRules
    function rulesFrom(bytes32 document) external view returns (uint40);
}
