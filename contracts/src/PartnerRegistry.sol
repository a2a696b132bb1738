// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {IRecorder} from "./IRecorder.sol";
import {KeyGrant, KeyRevoke, RecordHashes, RegistryChange} from "./Records.sol";
import {RegistrySlots} from "./base/RegistrySlots.sol";
import {SigningDomain} from "./base/SigningDomain.sol";

/// @title The registry, see `IPartnerRegistry`
/// @dev `ledger/registry/history.py` has the same rules in Python; random histories must give the same in both. The order of
/// checks is therefore part of the contract: form, signatures, effect.
contract PartnerRegistry is IPartnerRegistry, IRecorder {
    using RegistrySlots for uint256;

    uint256 private constant SIGNATURE_LENGTH = 65;
    uint256 private constant MAX_COUNCIL = 32;
    uint256 private constant MAX_SCOPES = 200;
    uint256 private constant MAX_DELAY = 365 days;
    uint256 private constant MAX_DEVICE_PERIOD = 90 days;
    uint256 private constant LAST_CONTRACT_KIND = 5;

    uint32 private constant ALL_SCOPES = type(uint32).max;
    /// @dev Types 4 to 16 and 18 to 22: what partners sign, without the registry's own records and checkpoints.
    uint32 private constant DEVICE_SCOPES = 0x003EFFF8;

    uint8 private constant ADMIT = 1;
    uint8 private constant SUSPEND = 2;
    uint8 private constant REINSTATE = 3;
    uint8 private constant ADD_KEY = 4;
    uint8 private constant REVOKE_KEY = 5;
    uint8 private constant GRANT_ROLE = 6;
    uint8 private constant REVOKE_ROLE = 7;
    uint8 private constant ADD_COUNCIL_MEMBER = 8;
    uint8 private constant REMOVE_COUNCIL_MEMBER = 9;
    uint8 private constant SET_THRESHOLD = 10;
    uint8 private constant REGISTER_LOG = 11;
    uint8 private constant RETIRE_LOG = 12;
    uint8 private constant OPEN_CONTRACT = 13;
    uint8 private constant CLOSE_CONTRACT = 14;
    uint8 private constant ADOPT_RULES = 15;

    /// @dev Byte `action`: the fields it uses. Bits: notBefore 0, partner 1, key 2, role 3, scope 4, number 5, document 6.
    uint256 private constant USED_FIELDS = 0x60_25_25_10_77_21_05_05_1A_1B_06_07_03_02_47_00;

    uint8 private constant ROLE_CUSTOMS = 5;
    uint8 private constant ROLE_ISSUER = 9;
    uint8 private constant ROLE_BRAND = 10;
    uint8 private constant LAST_ROLE = 14;
    uint256 private constant SCOPED_ROLES = (1 << ROLE_CUSTOMS) | (1 << ROLE_ISSUER) | (1 << ROLE_BRAND);

    bytes private constant APPLIED = hex"01";

    struct Council {
        // slot 0
        uint40 changes;
        uint8 threshold;
        uint8 nextThreshold;
        uint40 nextThresholdFrom;
        // slot 1
        address[] lasting; // in force or coming, and not told to leave
    }

    struct Log {
        // slot 0: all that an anchor reads; the times are those of the key
        address key;
        uint40 from;
        uint40 until;
        // slot 1
        bytes32 predecessor;
        // slot 2
        uint40 predecessorSize;
    }

    struct Contracts {
        // slot 0
        address latest;
        // slot 1
        address before;
    }

    bytes32 private immutable CONSORTIUM_ID;
    bytes32 private immutable DOMAIN_SEPARATOR;
    uint40 private immutable DELAY;

    Council private _council;
    mapping(address key => uint256 word) private _addresses;
    mapping(uint40 partner => uint256 word) private _partners;
    /// @dev Of roles granted, in force or coming; scope 0 for roles without one.
    mapping(uint40 partner => mapping(uint8 role => mapping(bytes32 scope => uint256 since))) private _roles;
    mapping(uint40 partner => mapping(uint8 role => bytes32[])) private _scopes;
    mapping(bytes32 logId => Log) private _logs;
    mapping(uint256 kind => Contracts) private _contracts;
    mapping(bytes32 document => uint256 startPlusOne) private _rules;

    /// @param consortiumId_ 32 random bytes, never shared by demo, pilot and production.
    /// @param threshold_ Council signatures that a change needs.
    /// @param delay_ Seconds between recording and force.
    /// @param council The first members, ascending; in force at once.
    constructor(bytes32 consortiumId_, uint40 threshold_, uint40 delay_, address[] memory council) {
        if (consortiumId_ == 0) revert PartnerRegistryNoConsortium();
        if (delay_ > MAX_DELAY) revert PartnerRegistryDelayTooLong(delay_);
        if (council.length > MAX_COUNCIL) revert PartnerRegistryCouncilTooLarge();
        if (threshold_ == 0 || threshold_ > council.length) {
            revert PartnerRegistryCouncilTooSmall(council.length, threshold_);
        }
        CONSORTIUM_ID = consortiumId_;
        DOMAIN_SEPARATOR = SigningDomain.evidence(consortiumId_);
        DELAY = delay_;
        _council.threshold = uint8(threshold_);
        address previous = address(0);
        for (uint256 i = 0; i < council.length; ++i) {
            if (council[i] <= previous) revert PartnerRegistryCouncilOrder(previous, council[i]);
            previous = council[i];
            _enter(previous, AddressKind.COUNCIL_KEY, 0, uint40(block.timestamp), 0);
            _council.lasting.push(previous);
        }
    }

    // --- records ---

    /// @inheritdoc IPartnerRegistry
    function change(RegistryChange calldata r, bytes calldata signatures) external {
        bytes32 id = SigningDomain.digest(DOMAIN_SEPARATOR, RecordHashes.hash(r));
        uint40 expected = _council.changes + 1;
        if (r.sequence != expected) revert PartnerRegistrySequence(expected, r.sequence);
        _requireUnusedAreZero(r);
        requireCouncil(id, signatures);
        _council.changes = expected;
        _apply(r);
        emit Recorded(id, RecordHashes.REGISTRY_CHANGE, msg.data, APPLIED);
    }

    /// @inheritdoc IPartnerRegistry
    function grantKey(KeyGrant calldata r, bytes calldata signatures) external {
        bytes32 id = SigningDomain.digest(DOMAIN_SEPARATOR, RecordHashes.hash(r));
        if (
            r.validFrom >= r.validUntil || r.validUntil - r.validFrom > MAX_DEVICE_PERIOD
                || r.validUntil <= block.timestamp
        ) revert PartnerRegistryBadPeriod(r.validFrom, r.validUntil);
        if (r.scopes == 0 || r.scopes & ~DEVICE_SCOPES != 0) revert PartnerRegistryBadScopes(r.scopes);
        _requireMaster(r.partner, _signerOf(id, signatures));
        if (r.actor != 0) _requireKnown(r.actor);
        if (_partners[r.partner].suspendedUntil() > block.timestamp) revert PartnerRegistrySuspended(r.partner);
        _enterWord(
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
        emit Recorded(id, RecordHashes.KEY_GRANT, msg.data, APPLIED);
    }

    /// @inheritdoc IPartnerRegistry
    function revokeKey(KeyRevoke calldata r, bytes calldata signatures) external {
        bytes32 id = SigningDomain.digest(DOMAIN_SEPARATOR, RecordHashes.hash(r));
        address by = _signerOf(id, signatures);
        if (by != r.key) _requireMaster(r.partner, by);
        _revokeKey(r.partner, r.key);
        emit Recorded(id, RecordHashes.KEY_REVOKE, msg.data, APPLIED);
    }

    // --- asked by other contracts ---

    /// @inheritdoc IPartnerRegistry
    function consortiumId() external view returns (bytes32) {
        return CONSORTIUM_ID;
    }

    /// @inheritdoc IPartnerRegistry
    function delay() external view returns (uint40) {
        return DELAY;
    }

    /// @inheritdoc IPartnerRegistry
    function threshold() public view returns (uint256) {
        uint256 from = _council.nextThresholdFrom;
        return from != 0 && from <= block.timestamp ? _council.nextThreshold : _council.threshold;
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
    function requireCouncil(bytes32 digest, bytes calldata signatures) public view {
        uint256 count = signatures.length / SIGNATURE_LENGTH;
        if (count == 0 || signatures.length % SIGNATURE_LENGTH != 0) {
            revert PartnerRegistrySignatureLength(signatures.length);
        }
        uint256 needed = threshold();
        if (count < needed) revert PartnerRegistryTooFewSignatures(needed, count);
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            uint256 start = i * SIGNATURE_LENGTH;
            address member = ECDSA.recoverCalldata(digest, signatures[start:start + SIGNATURE_LENGTH]);
            if (member <= previous) revert PartnerRegistryCouncilOrder(previous, member);
            uint256 word = _addresses[member];
            if (word.kind() != AddressKind.COUNCIL_KEY || !word.inForce(block.timestamp)) {
                revert PartnerRegistryNotCouncil(member);
            }
            previous = member;
        }
    }

    /// @inheritdoc IPartnerRegistry
    function isOpen(uint8 kind, address found) public view returns (bool) {
        uint256 word = _addresses[found];
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

    // --- asked by people and services ---

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

    // --- effects of changes ---

    function _apply(RegistryChange calldata r) private {
        if (r.action == ADMIT) {
            _admit(r);
        } else if (r.action == SUSPEND) {
            _requireKnown(r.partner);
            _setSuspension(r.partner, false, RegistrySlots.NO_END);
        } else if (r.action == REINSTATE) {
            _requireKnown(r.partner);
            _setSuspension(r.partner, true, _force(r.notBefore));
        } else if (r.action == ADD_KEY) {
            _requireKnown(r.partner);
            _enter(r.key, AddressKind.MASTER_KEY, r.partner, _forceFor(r.partner, r.notBefore), ALL_SCOPES);
        } else if (r.action == REVOKE_KEY) {
            _revokeKey(r.partner, r.key);
        } else if (r.action == GRANT_ROLE) {
            _grantRole(r);
        } else if (r.action == REVOKE_ROLE) {
            _revokeRole(r.partner, r.role, r.scope);
        } else if (r.action == ADD_COUNCIL_MEMBER) {
            _enter(r.key, AddressKind.COUNCIL_KEY, 0, _force(r.notBefore), 0);
            if (_council.lasting.length == MAX_COUNCIL) revert PartnerRegistryCouncilTooLarge();
            _council.lasting.push(r.key);
        } else if (r.action == REMOVE_COUNCIL_MEMBER) {
            _removeMember(r.key, _force(r.notBefore));
        } else if (r.action == SET_THRESHOLD) {
            _setThreshold(r.number, _force(r.notBefore));
        } else if (r.action == REGISTER_LOG) {
            _registerLog(r);
        } else if (r.action == RETIRE_LOG) {
            _retireLog(r.scope);
        } else if (r.action == OPEN_CONTRACT) {
            _openContract(r.number, r.key, _force(r.notBefore));
        } else if (r.action == CLOSE_CONTRACT) {
            _closeContract(r.number, r.key, _force(r.notBefore));
        } else {
            _adoptRules(r.document, r.number);
        }
    }

    function _admit(RegistryChange calldata r) private {
        if (r.partner == 0) revert PartnerRegistryUnknownPartner(0);
        if (_partners[r.partner] != 0) revert PartnerRegistryPartnerKnown(r.partner);
        uint40 since = _force(r.notBefore);
        _enter(r.key, AddressKind.MASTER_KEY, r.partner, since, ALL_SCOPES);
        _partners[r.partner] = RegistrySlots.pack(
            RegistrySlots.Partner({roles: 0, settledFrom: 0, suspendedUntil: 0, since: since})
        );
    }

    /// @dev `ends`: whether this must find a suspension without an end, or must not.
    function _setSuspension(uint40 partner, bool ends, uint40 until) private {
        RegistrySlots.Partner memory p = _partners[partner].unpackPartner();
        bool suspended = p.suspendedUntil == RegistrySlots.NO_END;
        if (suspended && !ends) revert PartnerRegistrySuspended(partner);
        if (!suspended && ends) revert PartnerRegistryNotSuspended(partner);
        p.suspendedUntil = until;
        _partners[partner] = RegistrySlots.pack(p);
    }

    function _revokeKey(uint40 partner, address key) private {
        uint256 word = _addresses[key];
        bool partnersKey = word.kind() == AddressKind.MASTER_KEY || word.kind() == AddressKind.DEVICE_KEY;
        if (!partnersKey || word.partner() != partner) revert PartnerRegistryNotItsKey(partner, key);
        if (word.until() <= block.timestamp) revert PartnerRegistryEnded(key, word.until());
        _addresses[key] = word.ending(block.timestamp);
    }

    function _grantRole(RegistryChange calldata r) private {
        _requireKnown(r.partner);
        _requireScope(r.role, r.scope);
        if (_roles[r.partner][r.role][r.scope] != 0) revert PartnerRegistryRoleHeld(r.partner, r.role, r.scope);
        uint40 since = _forceFor(r.partner, r.notBefore);
        if (_isScoped(r.role)) {
            bytes32[] storage held = _scopes[r.partner][r.role];
            if (held.length == MAX_SCOPES) revert PartnerRegistryTooManyScopes(r.partner, r.role);
            held.push(r.scope);
        }
        _roles[r.partner][r.role][r.scope] = since;
        RegistrySlots.Partner memory p = _partners[r.partner].unpackPartner();
        p.roles |= uint16(1 << r.role);
        if (p.settledFrom < since) p.settledFrom = since;
        _partners[r.partner] = RegistrySlots.pack(p);
    }

    function _revokeRole(uint40 partner, uint8 role, bytes32 scope) private {
        _requireKnown(partner);
        _requireScope(role, scope);
        if (_roles[partner][role][scope] == 0) revert PartnerRegistryRoleNotHeld(partner, role, scope);
        delete _roles[partner][role][scope];
        if (_isScoped(role)) {
            bytes32[] storage held = _scopes[partner][role];
            uint256 last = held.length - 1;
            for (uint256 i = 0; i < last; ++i) {
                if (held[i] == scope) held[i] = held[last];
            }
            held.pop();
            if (last != 0) return;
        }
        RegistrySlots.Partner memory p = _partners[partner].unpackPartner();
        p.roles &= ~uint16(1 << role);
        _partners[partner] = RegistrySlots.pack(p);
    }

    function _removeMember(address key, uint40 time) private {
        uint256 word = _addresses[key];
        if (word.kind() != AddressKind.COUNCIL_KEY) revert PartnerRegistryNotCouncil(key);
        if (word.until() != RegistrySlots.NO_END) revert PartnerRegistryEnded(key, word.until());
        _addresses[key] = word.ending(time);
        address[] storage lasting = _council.lasting;
        uint256 last = lasting.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (lasting[i] == key) lasting[i] = lasting[last];
        }
        lasting.pop();
        uint256 needed = threshold();
        if (_council.nextThreshold > needed) needed = _council.nextThreshold;
        _requireMembers(needed);
    }

    function _setThreshold(uint40 needed, uint40 time) private {
        _requireMembers(needed);
        // One that is not in force yet is replaced.
        _council.threshold = uint8(threshold());
        _council.nextThreshold = uint8(needed);
        _council.nextThresholdFrom = time;
    }

    function _registerLog(RegistryChange calldata r) private {
        _requireKnown(r.partner);
        if (r.scope == 0) revert PartnerRegistryUnknownLog(0);
        if (_logs[r.scope].key != address(0)) revert PartnerRegistryLogKnown(r.scope);
        bool continues = r.document != 0 || r.number != 0;
        if (continues && _logs[r.document].key == address(0)) revert PartnerRegistryUnknownLog(r.document);
        uint40 from = _forceFor(r.partner, r.notBefore);
        _enter(r.key, AddressKind.ANCHOR_KEY, r.partner, from, 0);
        _logs[r.scope] = Log({
            key: r.key,
            from: from,
            until: RegistrySlots.NO_END,
            predecessor: r.document,
            predecessorSize: r.number
        });
    }

    function _retireLog(bytes32 logId) private {
        Log storage log = _logs[logId];
        address key = log.key;
        if (key == address(0)) revert PartnerRegistryUnknownLog(logId);
        if (log.until != RegistrySlots.NO_END) revert PartnerRegistryEnded(key, log.until);
        log.until = uint40(block.timestamp);
        _addresses[key] = _addresses[key].ending(block.timestamp);
    }

    function _openContract(uint40 kind, address key, uint40 time) private {
        if (kind == 0 || kind > LAST_CONTRACT_KIND) revert PartnerRegistryUnknownContractKind(kind);
        Contracts storage contracts = _contracts[kind];
        if (contracts.latest != address(0)) {
            uint40 ends = _addresses[contracts.latest].until();
            if (ends == RegistrySlots.NO_END) revert PartnerRegistryKindOpen(uint8(kind), contracts.latest);
            // The one before the latest would be forgotten while it is still in force.
            if (contracts.before != address(0) && _addresses[contracts.before].until() > block.timestamp) {
                revert PartnerRegistryKindOpen(uint8(kind), contracts.before);
            }
            if (time < ends) time = ends;
        }
        _enterWord(
            key,
            RegistrySlots.Address({
                kind: AddressKind.CONTRACT,
                partner: 0,
                from: time,
                until: RegistrySlots.NO_END,
                actor: 0,
                contractKind: uint8(kind),
                scopes: 0
            })
        );
        contracts.before = contracts.latest;
        contracts.latest = key;
    }

    function _closeContract(uint40 kind, address key, uint40 time) private {
        if (kind == 0 || kind > LAST_CONTRACT_KIND) revert PartnerRegistryUnknownContractKind(kind);
        uint256 word = _addresses[key];
        if (word.contractKind() != kind) {
            revert PartnerRegistryNotOpen(uint8(kind), key);
        }
        if (word.until() != RegistrySlots.NO_END) revert PartnerRegistryEnded(key, word.until());
        _addresses[key] = word.ending(time);
    }

    function _adoptRules(bytes32 document, uint40 start) private {
        if (document == 0) revert PartnerRegistryUnknownRules(document);
        if (_rules[document] != 0) revert PartnerRegistryRulesKnown(document);
        _rules[document] = uint256(start) + 1;
    }

    // --- pieces ---

    function _enter(address key, AddressKind kind, uint40 partner, uint40 since, uint32 scopes) private {
        _enterWord(
            key,
            RegistrySlots.Address({
                kind: kind,
                partner: partner,
                from: since,
                until: RegistrySlots.NO_END,
                actor: 0,
                contractKind: 0,
                scopes: scopes
            })
        );
    }

    function _enterWord(address key, RegistrySlots.Address memory entry) private {
        if (key == address(0)) revert PartnerRegistryNoAddress();
        uint256 word = _addresses[key];
        if (word != 0) revert PartnerRegistryAddressKnown(key, word.kind());
        _addresses[key] = RegistrySlots.pack(entry);
    }

    /// @dev Which of the roles granted are in force by now; scoped ones when they are for any scope.
    function _rolesInForce(uint40 partner, uint256 granted) private view returns (uint256 roles) {
        for (uint8 role = 1; role <= LAST_ROLE; ++role) {
            if ((granted >> role) & 1 == 0) continue;
            uint256 since = _isScoped(role) ? _earliest(partner, role) : _roles[partner][role][0];
            if (since <= block.timestamp) roles |= 1 << role;
        }
    }

    function _earliest(uint40 partner, uint8 role) private view returns (uint256 earliest) {
        earliest = RegistrySlots.NO_END;
        bytes32[] storage held = _scopes[partner][role];
        for (uint256 i = 0; i < held.length; ++i) {
            uint256 since = _roles[partner][role][held[i]];
            if (since < earliest) earliest = since;
        }
    }

    function _isScoped(uint8 role) private pure returns (bool) {
        return (SCOPED_ROLES >> role) & 1 == 1;
    }

    /// @dev When a change recorded now comes into force.
    function _force(uint40 notBefore) private view returns (uint40 time) {
        time = uint40(block.timestamp) + DELAY;
        if (time < notBefore) time = notBefore;
        if (time == RegistrySlots.NO_END) revert PartnerRegistryTimeTooFar(time);
    }

    function _forceFor(uint40 partner, uint40 notBefore) private view returns (uint40 time) {
        time = _force(notBefore);
        uint40 since = _partners[partner].since();
        if (time < since) time = since;
    }

    function _signerOf(bytes32 id, bytes calldata signatures) private pure returns (address) {
        if (signatures.length != SIGNATURE_LENGTH) revert PartnerRegistrySignatureLength(signatures.length);
        return ECDSA.recoverCalldata(id, signatures);
    }

    function _requireMaster(uint40 partner, address key) private view {
        uint256 word = _addresses[key];
        if (word.kind() != AddressKind.MASTER_KEY || word.partner() != partner || !word.inForce(block.timestamp)) {
            revert PartnerRegistryNotMasterKey(partner, key);
        }
    }

    function _requireKnown(uint40 partner) private view {
        if (_partners[partner] == 0) revert PartnerRegistryUnknownPartner(partner);
    }

    /// @dev Members in force who stay must be enough for `needed` signatures.
    function _requireMembers(uint256 needed) private view {
        address[] storage lasting = _council.lasting;
        uint256 members = 0;
        for (uint256 i = 0; i < lasting.length; ++i) {
            if (_addresses[lasting[i]].from() <= block.timestamp) ++members;
        }
        if (needed == 0 || members < needed) revert PartnerRegistryCouncilTooSmall(members, needed);
    }

    function _requireUnusedAreZero(RegistryChange calldata r) private pure {
        if (r.action == 0 || r.action > ADOPT_RULES) revert PartnerRegistryUnknownAction(r.action);
        uint256 used = 0;
        if (r.notBefore != 0) used |= 1;
        if (r.partner != 0) used |= 2;
        if (r.key != address(0)) used |= 4;
        if (r.role != 0) used |= 8;
        if (r.scope != 0) used |= 16;
        if (r.number != 0) used |= 32;
        if (r.document != 0) used |= 64;
        used &= ~(USED_FIELDS >> (8 * r.action));
        if (used != 0) revert PartnerRegistryUnusedField(r.action, used);
    }

    function _requireScope(uint8 role, bytes32 scope) private pure {
        if (role == 0 || role > LAST_ROLE) revert PartnerRegistryUnknownRole(role);
        bool good;
        if (role == ROLE_CUSTOMS) good = _lettersOrDigits(scope, 0x41, 0x5A, 2, 2);
        else if (role == ROLE_BRAND) good = _lettersOrDigits(scope, 0x30, 0x39, 4, 12);
        else good = _isScoped(role) ? scope != 0 : scope == 0;
        if (!good) revert PartnerRegistryBadScope(role, scope);
    }

    /// @dev Whether `scope` is `least` to `most` characters from `first` to `last`, and zeros after them.
    function _lettersOrDigits(bytes32 scope, uint8 first, uint8 last, uint256 least, uint256 most)
        private
        pure
        returns (bool)
    {
        uint256 length = 0;
        while (length < most && uint8(scope[length]) >= first && uint8(scope[length]) <= last) ++length;
        return length >= least && (scope << (8 * length)) == 0;
    }
}
