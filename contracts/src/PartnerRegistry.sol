// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {IRecorder} from "./IRecorder.sol";
import {KeyGrant, KeyRevoke, RecordHashes, RegistryChange} from "./Records.sol";
import {RegistrySlots} from "./base/RegistrySlots.sol";
import {SigningDomain} from "./base/SigningDomain.sol";

/// @title The registry, see `IPartnerRegistry`
/// @dev `ledger/registry.py` has the same rules in Python; random histories must give the same in both. The order of
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
    /// @dev Types 5 to 8, for which `signer` leaves out the control roles.
    uint8 private constant FIRST_MOVING_TYPE = 5;
    uint8 private constant LAST_MOVING_TYPE = 8;

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
    uint8 private constant ROLE_BRAND = 10;

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
        // slot 0
        address key;
        uint40 predecessorSize;
        // slot 1
        bytes32 predecessor;
    }

    struct Partner {
        // slot 0
        uint256 trade;
        // slot 1
        uint256 control;
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
    mapping(uint40 partner => Partner) private _partners;
    mapping(uint40 partner => mapping(uint8 role => mapping(bytes32 scope => uint256 since))) private _scoped;
    mapping(uint40 partner => mapping(uint8 role => bytes32[])) private _scopesHeld;
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
            _enter(previous, AddressKind.COUNCIL_KEY, 0, block.timestamp, 0);
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
        if (_partners[r.partner].trade.lane(0) > block.timestamp) revert PartnerRegistrySuspended(r.partner);
        _enterWord(
            r.key,
            RegistrySlots.Address({
                kind: AddressKind.DEVICE_KEY,
                partner: r.partner,
                from: r.validFrom > block.timestamp ? r.validFrom : uint40(block.timestamp),
                until: r.validUntil,
                scopes: r.scopes,
                actor: r.actor
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
        uint256 word = _addresses[key];
        if (!word.inForce(block.timestamp)) return (0, 0, false);
        if (recordType == 0 || (word.scopes() >> (recordType - 1)) & 1 == 0) return (0, 0, false);
        partner = word.partner();
        // Council keys, anchor keys and contracts are nobody's here.
        if (uint8(word) > uint8(AddressKind.DEVICE_KEY)) return (0, 0, false);
        uint256 trade = _partners[partner].trade;
        roles = trade.tradeRoles(block.timestamp);
        suspended = trade.lane(0) > block.timestamp;
        if (recordType < FIRST_MOVING_TYPE || recordType > LAST_MOVING_TYPE) {
            roles |= _partners[partner].control.controlRoles(block.timestamp);
        }
    }

    /// @inheritdoc IPartnerRegistry
    function hasRole(uint40 partner, uint8 role, bytes32 scope) external view returns (bool) {
        if (_partners[partner].trade.lane(0) > block.timestamp) return false;
        uint256 since = _roleSince(partner, role, scope);
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
        return word.kind() == AddressKind.CONTRACT && word.scopes() == kind && word.inForce(block.timestamp);
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
        address key = _logs[logId].key;
        return _addresses[key].inForce(block.timestamp) ? key : address(0);
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
        Partner storage p = _partners[partner];
        return (uint40(p.control.lane(0)), uint40(p.trade.lane(0)));
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
            _setSuspension(r.partner, false, RegistrySlots.FOREVER);
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
        Partner storage p = _partners[r.partner];
        if (p.control.lane(0) != 0) revert PartnerRegistryPartnerKnown(r.partner);
        uint256 since = _force(r.notBefore);
        _enter(r.key, AddressKind.MASTER_KEY, r.partner, since, ALL_SCOPES);
        p.control = p.control.withLane(0, since);
    }

    /// @dev `ends`: whether this must find a suspension without an end, or must not.
    function _setSuspension(uint40 partner, bool ends, uint256 until) private {
        uint256 trade = _partners[partner].trade;
        bool suspended = trade.lane(0) == RegistrySlots.FOREVER;
        if (suspended && !ends) revert PartnerRegistrySuspended(partner);
        if (!suspended && ends) revert PartnerRegistryNotSuspended(partner);
        _partners[partner].trade = trade.withLane(0, until);
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
        if (_roleSince(r.partner, r.role, r.scope) != 0) {
            revert PartnerRegistryRoleHeld(r.partner, r.role, r.scope);
        }
        uint256 since = _forceFor(r.partner, r.notBefore);
        if (uint256(r.role).isScoped()) {
            bytes32[] storage held = _scopesHeld[r.partner][r.role];
            if (held.length == MAX_SCOPES) revert PartnerRegistryTooManyScopes(r.partner, r.role);
            held.push(r.scope);
            _scoped[r.partner][r.role][r.scope] = since;
            since = _earliest(r.partner, r.role);
        }
        _setRoleLane(r.partner, r.role, since);
    }

    function _revokeRole(uint40 partner, uint8 role, bytes32 scope) private {
        _requireKnown(partner);
        _requireScope(role, scope);
        if (_roleSince(partner, role, scope) == 0) revert PartnerRegistryRoleNotHeld(partner, role, scope);
        uint256 since = 0;
        if (uint256(role).isScoped()) {
            delete _scoped[partner][role][scope];
            bytes32[] storage held = _scopesHeld[partner][role];
            uint256 last = held.length - 1;
            for (uint256 i = 0; i < last; ++i) {
                if (held[i] == scope) held[i] = held[last];
            }
            held.pop();
            since = _earliest(partner, role);
        }
        _setRoleLane(partner, role, since);
    }

    function _removeMember(address key, uint256 time) private {
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

    function _setThreshold(uint40 needed, uint256 time) private {
        _requireMembers(needed);
        // One that is not in force yet is replaced.
        _council.threshold = uint8(threshold());
        _council.nextThreshold = uint8(needed);
        _council.nextThresholdFrom = uint40(time);
    }

    function _registerLog(RegistryChange calldata r) private {
        _requireKnown(r.partner);
        Log storage log = _logs[r.scope];
        if (r.scope == 0) revert PartnerRegistryUnknownLog(0);
        if (log.key != address(0)) revert PartnerRegistryLogKnown(r.scope);
        bool continues = r.document != 0 || r.number != 0;
        if (continues && _logs[r.document].key == address(0)) revert PartnerRegistryUnknownLog(r.document);
        _enter(r.key, AddressKind.ANCHOR_KEY, r.partner, _forceFor(r.partner, r.notBefore), 0);
        log.key = r.key;
        log.predecessor = r.document;
        log.predecessorSize = r.number;
    }

    function _retireLog(bytes32 logId) private {
        address key = _logs[logId].key;
        if (key == address(0)) revert PartnerRegistryUnknownLog(logId);
        uint256 word = _addresses[key];
        if (word.until() != RegistrySlots.NO_END) revert PartnerRegistryEnded(key, word.until());
        _addresses[key] = word.ending(block.timestamp);
    }

    function _openContract(uint40 kind, address key, uint256 time) private {
        if (kind == 0 || kind > LAST_CONTRACT_KIND) revert PartnerRegistryUnknownContractKind(kind);
        Contracts storage contracts = _contracts[kind];
        if (contracts.latest != address(0)) {
            uint256 ends = _addresses[contracts.latest].until();
            if (ends == RegistrySlots.NO_END) revert PartnerRegistryKindOpen(uint8(kind), contracts.latest);
            // The one before the latest would be forgotten while it is still in force.
            if (contracts.before != address(0) && _addresses[contracts.before].until() > block.timestamp) {
                revert PartnerRegistryKindOpen(uint8(kind), contracts.before);
            }
            if (time < ends) time = ends;
        }
        _enter(key, AddressKind.CONTRACT, 0, time, uint32(kind));
        contracts.before = contracts.latest;
        contracts.latest = key;
    }

    function _closeContract(uint40 kind, address key, uint256 time) private {
        if (kind == 0 || kind > LAST_CONTRACT_KIND) revert PartnerRegistryUnknownContractKind(kind);
        uint256 word = _addresses[key];
        if (word.kind() != AddressKind.CONTRACT || word.scopes() != kind) {
            revert PartnerRegistryNotOpen(uint8(kind), key);
        }
        if (word.until() != RegistrySlots.NO_END) revert PartnerRegistryEnded(key, word.until());
        _addresses[key] = word.ending(time < word.from() ? word.from() : time);
    }

    function _adoptRules(bytes32 document, uint40 start) private {
        if (document == 0) revert PartnerRegistryUnknownRules(document);
        if (_rules[document] != 0) revert PartnerRegistryRulesKnown(document);
        _rules[document] = uint256(start) + 1;
    }

    // --- pieces ---

    function _enter(address key, AddressKind kind, uint40 partner, uint256 since, uint32 scopes) private {
        _enterWord(
            key,
            RegistrySlots.Address({
                kind: kind,
                partner: partner,
                from: uint40(since),
                until: RegistrySlots.NO_END,
                scopes: scopes,
                actor: 0
            })
        );
    }

    function _enterWord(address key, RegistrySlots.Address memory entry) private {
        if (key == address(0)) revert PartnerRegistryNoAddress();
        uint256 word = _addresses[key];
        if (word != 0) revert PartnerRegistryAddressKnown(key, word.kind());
        _addresses[key] = RegistrySlots.pack(entry);
    }

    function _setRoleLane(uint40 partner, uint8 role, uint256 since) private {
        (bool control, uint256 lane) = uint256(role).place();
        Partner storage p = _partners[partner];
        if (control) p.control = p.control.withLane(lane, since);
        else p.trade = p.trade.withLane(lane, since);
    }

    /// @dev Since when, by what is recorded, the role is or will be in force; 0 for never.
    function _roleSince(uint40 partner, uint8 role, bytes32 scope) private view returns (uint256) {
        (bool control, uint256 lane) = uint256(role).place();
        if (lane == 0) return 0;
        if (uint256(role).isScoped()) return _scoped[partner][role][scope];
        if (scope != 0) return 0;
        return (control ? _partners[partner].control : _partners[partner].trade).lane(lane);
    }

    function _earliest(uint40 partner, uint8 role) private view returns (uint256 earliest) {
        bytes32[] storage held = _scopesHeld[partner][role];
        for (uint256 i = 0; i < held.length; ++i) {
            uint256 since = _scoped[partner][role][held[i]];
            if (earliest == 0 || since < earliest) earliest = since;
        }
    }

    /// @dev When a change recorded now comes into force.
    function _force(uint40 notBefore) private view returns (uint256 time) {
        time = block.timestamp + DELAY;
        if (time < notBefore) time = notBefore;
        if (time >= RegistrySlots.FOREVER) revert PartnerRegistryTimeTooFar(time);
    }

    function _forceFor(uint40 partner, uint40 notBefore) private view returns (uint256 time) {
        time = _force(notBefore);
        uint256 since = _partners[partner].control.lane(0);
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
        if (_partners[partner].control.lane(0) == 0) revert PartnerRegistryUnknownPartner(partner);
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
        if (role == 0 || role > RegistrySlots.LAST_ROLE) revert PartnerRegistryUnknownRole(role);
        bool good;
        if (role == ROLE_CUSTOMS) good = _lettersOrDigits(scope, 0x41, 0x5A, 2, 2);
        else if (role == ROLE_BRAND) good = _lettersOrDigits(scope, 0x30, 0x39, 4, 12);
        else good = uint256(role).isScoped() ? scope != 0 : scope == 0;
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
