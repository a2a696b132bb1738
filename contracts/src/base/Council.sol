// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IPartnerRegistry} from "../IPartnerRegistry.sol";
import {RegistrySlots} from "./RegistrySlots.sol";
import {RegistryStore} from "./RegistryStore.sol";

/// @title The council: its members, how many of them must sign, and whether they did
abstract contract Council is RegistryStore {
    using RegistrySlots for uint256;

    uint256 private constant MAX_COUNCIL = 32;

    /// @param threshold_ Council signatures that a change needs.
    /// @param members The first members, ascending; in force at once.
    constructor(uint40 threshold_, address[] memory members) {
        if (members.length > MAX_COUNCIL) revert PartnerRegistryCouncilTooLarge(members.length, MAX_COUNCIL);
        if (threshold_ == 0) revert PartnerRegistryNoThreshold();
        if (threshold_ > members.length) revert PartnerRegistryCouncilTooSmall(members.length, threshold_);
        _council.threshold = uint8(threshold_);
        address previous = address(0);
        for (uint256 i = 0; i < members.length; ++i) {
            if (members[i] <= previous) revert PartnerRegistryCouncilOrder(previous, members[i]);
            previous = members[i];
            _enter(previous, AddressKind.COUNCIL_KEY, 0, uint40(block.timestamp), 0);
            _council.members.push(previous);
        }
    }

    /// @inheritdoc IPartnerRegistry
    function threshold() public view returns (uint256) {
        uint256 from = _council.nextThresholdFrom;
        return from != 0 && from <= block.timestamp ? _council.nextThreshold : _council.threshold;
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

    function _addMember(address key, uint40 from) internal {
        _enter(key, AddressKind.COUNCIL_KEY, 0, from, 0);
        if (_council.members.length == MAX_COUNCIL) {
            revert PartnerRegistryCouncilTooLarge(MAX_COUNCIL + 1, MAX_COUNCIL);
        }
        _council.members.push(key);
    }

    function _removeMember(address key, uint40 until) internal {
        uint256 word = _addresses[key];
        if (word.kind() != AddressKind.COUNCIL_KEY) revert PartnerRegistryNotAMember(key);
        _requireLasting(key, word);
        _addresses[key] = word.withEnd(until);
        address[] storage members = _council.members;
        uint256 last = members.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (members[i] == key) members[i] = members[last];
        }
        members.pop();
        uint256 needed = threshold();
        if (_council.nextThreshold > needed) needed = _council.nextThreshold;
        _requireMembers(needed);
    }

    function _setThreshold(uint40 needed, uint40 from) internal {
        if (needed == 0) revert PartnerRegistryNoThreshold();
        _requireMembers(needed);
        // One that is not in force yet is replaced.
        _council.threshold = uint8(threshold());
        _council.nextThreshold = uint8(needed);
        _council.nextThresholdFrom = from;
    }

    /// @dev Members in force who stay must be enough for `needed` signatures.
    function _requireMembers(uint256 needed) private view {
        address[] storage members = _council.members;
        uint256 inForce = 0;
        for (uint256 i = 0; i < members.length; ++i) {
            if (_addresses[members[i]].from() <= block.timestamp) ++inForce;
        }
        if (inForce < needed) revert PartnerRegistryCouncilTooSmall(inForce, needed);
    }
}
