// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a registry should know, written from the rules and not from the contract: lists, searched from end to end.
/// Kinds of keys: 1 master, 2 device, 3 council, 4 anchor, 5 contract, as in `IPartnerRegistry.AddressKind`.
abstract contract RegistryModel {
    uint8 internal constant COUNCIL = 3;
    uint8 internal constant MASTER = 1;
    uint8 internal constant DEVICE = 2;
    uint8 internal constant ANCHOR = 4;
    uint8 internal constant CONTRACT = 5;

    uint40 internal constant NO_END = type(uint40).max;
    uint40 internal constant DELAY = 1 hours;
    /// All 22 types but the registry's own (1, 2, 3) and checkpoints (17).
    uint32 internal constant DEVICE_SCOPES = 0x3FFFFF & ~uint32(7 | 1 << 16);

    struct Entry {
        uint8 kind;
        uint40 partner;
        uint40 actor;
        uint40 from;
        uint40 until;
        uint32 scopes;
        uint8 contractKind;
    }

    struct Held {
        uint40 partner;
        uint8 role;
        bytes32 scope;
        uint40 since; // 0: revoked
    }

    struct LogEntry {
        bytes32 id;
        address key;
        bytes32 predecessor;
        uint40 predecessorSize;
    }

    address[] public entered;
    mapping(address key => Entry) internal _entries;
    uint40 public partners;
    mapping(uint40 partner => uint40) public sinceOf;
    mapping(uint40 partner => uint40) public suspendedUntilOf;
    Held[] internal _held;
    LogEntry[] internal _logs;
    address[6] internal _latest;
    address[6] internal _before;
    mapping(bytes32 document => bool) internal _adopted;
    mapping(bytes32 document => uint40) internal _startOf;
    bytes32[] internal _documents;
    uint256 private _threshold;
    uint256 private _nextThreshold;
    uint256 private _nextFrom;

    // --- times -----------------------------------------------------------------------------------------------------

    function effective(uint40 notBefore) internal view returns (uint40) {
        uint40 soonest = uint40(block.timestamp) + DELAY;
        return notBefore > soonest ? notBefore : soonest;
    }

    /// @dev Not before the partner itself is admitted.
    function effectiveFor(uint40 partner, uint40 notBefore) internal view returns (uint40) {
        uint40 time = effective(notBefore);
        return time < sinceOf[partner] ? sinceOf[partner] : time;
    }

    function runs(address key) public view returns (bool) {
        Entry memory entry = _entries[key];
        return entry.kind != 0 && entry.from <= block.timestamp && block.timestamp < entry.until;
    }

    function isSuspended(uint40 partner) public view returns (bool) {
        return suspendedUntilOf[partner] > block.timestamp;
    }

    // --- addresses -------------------------------------------------------------------------------------------------

    function entryOf(address key) external view returns (Entry memory) {
        return _entries[key];
    }

    function enteredCount() external view returns (uint256) {
        return entered.length;
    }

    function enter(address key, Entry memory entry) internal {
        entered.push(key);
        _entries[key] = entry;
    }

    function isMasterOf(address key, uint40 partner) internal view returns (bool) {
        return _entries[key].kind == MASTER && _entries[key].partner == partner && runs(key);
    }

    /// @notice Who signs with this key a record of this type; 0 for nobody.
    function ownerFor(address key, uint256 recordType) external view returns (uint40) {
        if (!runs(key) || recordType == 0 || recordType > 32) return 0;
        return _entries[key].scopes >> (recordType - 1) & 1 == 1 ? _entries[key].partner : 0;
    }

    // --- council ---------------------------------------------------------------------------------------------------

    function thresholdNow() public view returns (uint256) {
        return _nextFrom != 0 && _nextFrom <= block.timestamp ? _nextThreshold : _threshold;
    }

    /// @dev Members in force who were not told to leave.
    function staying() internal view returns (uint256 count) {
        for (uint256 i = 0; i < entered.length; ++i) {
            Entry memory entry = _entries[entered[i]];
            if (entry.kind == COUNCIL && entry.until == NO_END && entry.from <= block.timestamp) ++count;
        }
    }

    function mostNeeded() internal view returns (uint256) {
        uint256 needed = thresholdNow();
        return _nextThreshold > needed ? _nextThreshold : needed;
    }

    function setThreshold(uint256 needed, uint256 from) internal {
        _threshold = from == 0 ? needed : thresholdNow();
        if (from != 0) (_nextThreshold, _nextFrom) = (needed, from);
    }

    // --- roles -----------------------------------------------------------------------------------------------------

    /// @dev Index of a role that is held, in force or coming; the number of all when it is not.
    function indexOf(uint40 partner, uint8 role, bytes32 scope) internal view returns (uint256 i) {
        for (i = 0; i < _held.length; ++i) {
            Held memory held = _held[i];
            if (held.since != 0 && held.partner == partner && held.role == role && held.scope == scope) return i;
        }
    }

    function heldCount() external view returns (uint256) {
        return _held.length;
    }

    function heldAt(uint256 index) external view returns (Held memory) {
        return _held[index];
    }

    function hasRoleNow(uint40 partner, uint8 role, bytes32 scope) external view returns (bool) {
        uint256 index = indexOf(partner, role, scope);
        return index < _held.length && _held[index].since <= block.timestamp && !isSuspended(partner);
    }

    /// @notice Roles in force as a mask, bit `role`; scoped ones when they are for any scope.
    function rolesOf(uint40 partner) external view returns (uint256 mask) {
        for (uint256 i = 0; i < _held.length; ++i) {
            Held memory held = _held[i];
            if (held.partner == partner && held.since != 0 && held.since <= block.timestamp) mask |= 1 << held.role;
        }
    }

    // --- logs, contracts, rules ------------------------------------------------------------------------------------

    function logCount() external view returns (uint256) {
        return _logs.length;
    }

    function logAt(uint256 index) external view returns (LogEntry memory) {
        return _logs[index];
    }

    function isLog(bytes32 id) internal view returns (bool) {
        for (uint256 i = 0; i < _logs.length; ++i) {
            if (_logs[i].id == id) return true;
        }
        return false;
    }

    function contractNow(uint8 kind) external view returns (address) {
        if (runs(_latest[kind])) return _latest[kind];
        return runs(_before[kind]) ? _before[kind] : address(0);
    }

    function documentCount() external view returns (uint256) {
        return _documents.length;
    }

    function documentAt(uint256 index) external view returns (bytes32 document, uint40 start) {
        return (_documents[index], _startOf[_documents[index]]);
    }
}
