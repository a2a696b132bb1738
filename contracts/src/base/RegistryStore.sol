// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPartnerRegistry} from "../IPartnerRegistry.sol";
import {Recorder} from "./Recorder.sol";
import {RegistrySlots} from "./RegistrySlots.sol";

/// @title All that the registry stores, and what its changes share: addresses, partners, when a change comes into force
abstract contract RegistryStore is IPartnerRegistry, Recorder {
    using RegistrySlots for uint256;

    uint256 private constant MAX_DELAY = 365 days;

    struct CouncilState {
        // slot 0
        uint40 changes;
        uint8 threshold;
        uint8 nextThreshold;
        uint40 nextThresholdFrom;
        // slot 1
        address[] members; // in force or coming, and not told to leave
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

    struct ContractsOfKind {
        // slot 0
        address latest;
        // slot 1
        address before;
    }

    uint40 internal immutable DELAY;

    CouncilState internal _council;
    mapping(address key => uint256 word) internal _addresses;
    mapping(uint40 partner => uint256 word) internal _partners;
    /// @dev Of roles granted, in force or coming; scope 0 for roles without one.
    mapping(uint40 partner => mapping(uint8 role => mapping(bytes32 scope => uint256 since))) internal _roles;
    mapping(uint40 partner => mapping(uint8 role => bytes32[])) internal _scopes;
    mapping(bytes32 logId => Log) internal _logs;
    mapping(uint256 kind => ContractsOfKind) internal _contracts;
    mapping(bytes32 document => uint256 startPlusOne) internal _rules;

    /// @param consortiumId_ 32 random bytes, never shared by demo, pilot and production.
    /// @param delay_ Seconds between recording and force.
    constructor(bytes32 consortiumId_, uint40 delay_) Recorder(consortiumId_) {
        if (consortiumId_ == 0) revert PartnerRegistryNoConsortium();
        if (delay_ > MAX_DELAY) revert PartnerRegistryDelayTooLong(delay_, MAX_DELAY);
        DELAY = delay_;
    }

    /// @dev Enters an address for good, without an end.
    function _enter(address key, AddressKind kind, uint40 partner, uint40 since, uint32 scopes) internal {
        _enterAddress(
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

    function _enterAddress(address key, RegistrySlots.Address memory entry) internal {
        if (key == address(0)) revert PartnerRegistryNoAddress();
        uint256 word = _addresses[key];
        if (word != 0) revert PartnerRegistryAddressKnown(key, word.kind());
        _addresses[key] = RegistrySlots.pack(entry);
    }

    /// @dev Revert when an end is recorded already, be it past or to come.
    function _requireLasting(address key, uint256 word) internal pure {
        if (word.until() != RegistrySlots.NO_END) revert PartnerRegistryEndRecorded(key, word.until());
    }

    function _requireKnown(uint40 partner) internal view {
        if (_partners[partner] == 0) revert PartnerRegistryUnknownPartner(partner);
    }

    /// @dev When a change recorded now comes into force.
    function _effectiveFrom(uint40 notBefore) internal view returns (uint40 time) {
        time = uint40(block.timestamp) + DELAY;
        if (time < notBefore) time = notBefore;
        if (time == RegistrySlots.NO_END) revert PartnerRegistryTimeTooFar(time);
    }

    /// @dev The same for what concerns a partner: never before its admission.
    function _effectiveFromFor(uint40 partner, uint40 notBefore) internal view returns (uint40 time) {
        time = _effectiveFrom(notBefore);
        uint40 since = _partners[partner].since();
        if (time < since) time = since;
    }
}
