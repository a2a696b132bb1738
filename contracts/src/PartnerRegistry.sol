// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {RegistryActions} from "./Codes.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {KeyGrant, KeyRevoke, RecordHashes, RegistryChange} from "./Records.sol";
import {Council} from "./base/Council.sol";
import {LogsAndContracts} from "./base/LogsAndContracts.sol";
import {Partners} from "./base/Partners.sol";
import {RegistrySlots} from "./base/RegistrySlots.sol";
import {RegistryStore} from "./base/RegistryStore.sol";

/// @title The registry, see `IPartnerRegistry`
/// @dev `ledger/registry/history.py` has the same rules in Python; random histories must give the same in both. The order of
/// checks is therefore part of the contract: form, signatures, effect.
contract PartnerRegistry is Council, Partners, LogsAndContracts {
    using RegistrySlots for uint256;

    // The fields of a change beside sequence and action, a bit each.
    uint256 private constant NOT_BEFORE = 1 << 0;
    uint256 private constant PARTNER = 1 << 1;
    uint256 private constant KEY = 1 << 2;
    uint256 private constant ROLE = 1 << 3;
    uint256 private constant SCOPE = 1 << 4;
    uint256 private constant NUMBER = 1 << 5;
    uint256 private constant DOCUMENT = 1 << 6;
    /// @dev Byte `action`: the fields it uses. Byte n lies n * 8 bits up, which is n << 3: a product would be checked.
    uint256 private constant USED_FIELDS =
        ((NOT_BEFORE | PARTNER | KEY | DOCUMENT) << (uint256(RegistryActions.ADMIT) << 3))
            | (PARTNER << (uint256(RegistryActions.SUSPEND) << 3))
            | ((NOT_BEFORE | PARTNER) << (uint256(RegistryActions.REINSTATE) << 3))
            | ((NOT_BEFORE | PARTNER | KEY) << (uint256(RegistryActions.ADD_KEY) << 3))
            | ((PARTNER | KEY) << (uint256(RegistryActions.REVOKE_KEY) << 3))
            | ((NOT_BEFORE | PARTNER | ROLE | SCOPE) << (uint256(RegistryActions.GRANT_ROLE) << 3))
            | ((PARTNER | ROLE | SCOPE) << (uint256(RegistryActions.REVOKE_ROLE) << 3))
            | ((NOT_BEFORE | KEY) << (uint256(RegistryActions.ADD_COUNCIL_MEMBER) << 3))
            | ((NOT_BEFORE | KEY) << (uint256(RegistryActions.REMOVE_COUNCIL_MEMBER) << 3))
            | ((NOT_BEFORE | NUMBER) << (uint256(RegistryActions.SET_THRESHOLD) << 3))
            | ((NOT_BEFORE | PARTNER | KEY | SCOPE | NUMBER | DOCUMENT) << (uint256(RegistryActions.REGISTER_LOG) << 3))
            | (SCOPE << (uint256(RegistryActions.RETIRE_LOG) << 3))
            | ((NOT_BEFORE | KEY | NUMBER) << (uint256(RegistryActions.OPEN_CONTRACT) << 3))
            | ((NOT_BEFORE | KEY | NUMBER) << (uint256(RegistryActions.CLOSE_CONTRACT) << 3))
            | ((NUMBER | DOCUMENT) << (uint256(RegistryActions.ADOPT_RULES) << 3));

    /// @param consortiumId_ 32 random bytes, never shared by demo, pilot and production.
    /// @param threshold_ Council signatures that a change needs.
    /// @param delay_ Seconds between recording and force.
    /// @param council The first members, ascending; in force at once.
    constructor(bytes32 consortiumId_, uint40 threshold_, uint40 delay_, address[] memory council)
        RegistryStore(consortiumId_, delay_)
        Council(threshold_, council)
    {}

    // --- records ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IPartnerRegistry
    function change(RegistryChange calldata r, bytes calldata signatures) external {
        bytes32 id = _digest(RecordHashes.hash(r));
        uint40 expected = _council.changes + 1;
        if (r.sequence != expected) revert PartnerRegistrySequence(expected, r.sequence);
        _requireUnusedAreZero(r);
        requireCouncil(id, signatures);
        _council.changes = expected;
        _apply(r);
        _record(id, RecordHashes.REGISTRY_CHANGE);
    }

    /// @inheritdoc IPartnerRegistry
    function grantKey(KeyGrant calldata r, bytes calldata signatures) external {
        bytes32 id = _digest(RecordHashes.hash(r));
        _checkGrant(r);
        if (signatures.length != 2 * SIGNATURE_LENGTH) revert PartnerRegistrySignatureLength(signatures.length);
        _requireMaster(r.partner, ECDSA.recoverCalldata(id, signatures[:SIGNATURE_LENGTH]));
        address second = ECDSA.recoverCalldata(id, signatures[SIGNATURE_LENGTH:]);
        if (second != r.key) revert PartnerRegistryNotGrantedKey(r.key, second);
        _grantDeviceKey(r);
        _record(id, RecordHashes.KEY_GRANT);
    }

    /// @inheritdoc IPartnerRegistry
    function revokeKey(KeyRevoke calldata r, bytes calldata signatures) external {
        bytes32 id = _digest(RecordHashes.hash(r));
        address by = _signerOf(id, signatures);
        if (by != r.key) _requireMaster(r.partner, by);
        _revokeKey(r.partner, r.key);
        _record(id, RecordHashes.KEY_REVOKE);
    }

    function _requireUnusedAreZero(RegistryChange calldata r) private pure {
        if (r.action == 0 || r.action > RegistryActions.LAST) revert PartnerRegistryUnknownAction(r.action);
        uint256 used = 0;
        if (r.notBefore != 0) used |= NOT_BEFORE;
        if (r.partner != 0) used |= PARTNER;
        if (r.key != address(0)) used |= KEY;
        if (r.role != 0) used |= ROLE;
        if (r.scope != 0) used |= SCOPE;
        if (r.number != 0) used |= NUMBER;
        if (r.document != 0) used |= DOCUMENT;
        used &= ~(USED_FIELDS >> (8 * r.action));
        if (used != 0) revert PartnerRegistryUnusedField(r.action, used);
    }

    function _signerOf(bytes32 id, bytes calldata signatures) private pure returns (address) {
        if (signatures.length != SIGNATURE_LENGTH) revert PartnerRegistrySignatureLength(signatures.length);
        return ECDSA.recoverCalldata(id, signatures);
    }

    function _apply(RegistryChange calldata r) private {
        if (r.action == RegistryActions.ADMIT) {
            _admit(r);
        } else if (r.action == RegistryActions.SUSPEND) {
            _suspend(r.partner);
        } else if (r.action == RegistryActions.REINSTATE) {
            _requireKnown(r.partner);
            _reinstate(r.partner, _effectiveFrom(r.notBefore));
        } else if (r.action == RegistryActions.ADD_KEY) {
            _addMasterKey(r);
        } else if (r.action == RegistryActions.REVOKE_KEY) {
            _revokeKey(r.partner, r.key);
        } else if (r.action == RegistryActions.GRANT_ROLE) {
            _grantRole(r);
        } else if (r.action == RegistryActions.REVOKE_ROLE) {
            _revokeRole(r.partner, r.role, r.scope);
        } else if (r.action == RegistryActions.ADD_COUNCIL_MEMBER) {
            _addMember(r.key, _effectiveFrom(r.notBefore));
        } else if (r.action == RegistryActions.REMOVE_COUNCIL_MEMBER) {
            _removeMember(r.key, _effectiveFrom(r.notBefore));
        } else if (r.action == RegistryActions.SET_THRESHOLD) {
            _setThreshold(r.number, _effectiveFrom(r.notBefore));
        } else if (r.action == RegistryActions.REGISTER_LOG) {
            _registerLog(r);
        } else if (r.action == RegistryActions.RETIRE_LOG) {
            _retireLog(r.scope);
        } else if (r.action == RegistryActions.OPEN_CONTRACT) {
            _openContract(r.number, r.key, _effectiveFrom(r.notBefore));
        } else if (r.action == RegistryActions.CLOSE_CONTRACT) {
            _closeContract(r.number, r.key, _effectiveFrom(r.notBefore));
        } else {
            _adoptRules(r.document, r.number);
        }
    }

    // --- asked by other contracts ----------------------------------------------------------------------------------

    /// @inheritdoc IPartnerRegistry
    function consortiumId() external view returns (bytes32) {
        return CONSORTIUM_ID;
    }

    /// @inheritdoc IPartnerRegistry
    function delay() external view returns (uint40) {
        return DELAY;
    }

    /// @inheritdoc IPartnerRegistry
    function signer(address key, uint8 recordType)
        external
        view
        returns (uint40 partner, uint256 roles, bool suspended)
    {
        partner = _addresses[key].partnerOf(recordType, block.timestamp);
        if (partner == 0) return (0, 0, false);
        uint256 word = _partners[partner];
        roles = word.roles();
        suspended = word.suspendedUntil() > block.timestamp;
        if (word.settledFrom() > block.timestamp) roles = _rolesInForce(partner, roles);
    }

    /// @inheritdoc IPartnerRegistry
    function partnerOf(address key, uint8 recordType) external view returns (uint40) {
        return _addresses[key].partnerOf(recordType, block.timestamp);
    }

    /// @inheritdoc IPartnerRegistry
    function hasRole(uint40 partner, uint8 role, bytes32 scope) external view returns (bool) {
        if (_partners[partner].suspendedUntil() > block.timestamp) return false;
        uint256 since = _roles[partner][role][scope];
        return since != 0 && since <= block.timestamp;
    }

    /// @inheritdoc IPartnerRegistry
    function isOpen(uint8 kind, address candidate) public view returns (bool) {
        uint256 word = _addresses[candidate];
        return kind != 0 && word.contractKind() == kind && word.inForce(block.timestamp);
    }

    /// @inheritdoc IPartnerRegistry
    function requireOpen(uint8 kind) external view {
        if (!isOpen(kind, msg.sender)) revert PartnerRegistryNotOpen(kind, msg.sender);
    }

    /// @inheritdoc IPartnerRegistry
    function contractOf(uint8 kind) external view returns (address) {
        address latest = _contracts[kind].latest;
        if (_addresses[latest].inForce(block.timestamp)) return latest;
        address before = _contracts[kind].before;
        return _addresses[before].inForce(block.timestamp) ? before : address(0);
    }

    /// @inheritdoc IPartnerRegistry
    function anchorKey(bytes32 logId) external view returns (address) {
        Log storage log = _logs[logId];
        return log.from <= block.timestamp && block.timestamp < log.until ? log.key : address(0);
    }

    // --- asked by people and services ------------------------------------------------------------------------------

    /// @inheritdoc IPartnerRegistry
    function changes() external view returns (uint40) {
        return _council.changes;
    }

    /// @inheritdoc IPartnerRegistry
    function addressInfo(address key)
        external
        view
        returns (AddressKind kind, uint40 partner, uint40 actor, uint40 from, uint40 until, uint32 scopes)
    {
        uint256 word = _addresses[key];
        return (word.kind(), word.partner(), word.actor(), word.from(), word.until(), word.scopes());
    }

    /// @inheritdoc IPartnerRegistry
    function partnerInfo(uint40 partner) external view returns (uint40 since, uint40 suspendedUntil) {
        uint256 word = _partners[partner];
        return (word.since(), word.suspendedUntil());
    }

    /// @inheritdoc IPartnerRegistry
    function logInfo(bytes32 logId)
        external
        view
        returns (address key, uint40 partner, bytes32 predecessor, uint40 predecessorSize)
    {
        Log storage log = _logs[logId];
        key = log.key;
        return (key, _addresses[key].partner(), log.predecessor, log.predecessorSize);
    }

    /// @inheritdoc IPartnerRegistry
    function rulesFrom(bytes32 document) external view returns (uint40) {
        uint256 startPlusOne = _rules[document];
        if (startPlusOne == 0) revert PartnerRegistryUnknownRules(document);
        return uint40(startPlusOne - 1);
    }
}
