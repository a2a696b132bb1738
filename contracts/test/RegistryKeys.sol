// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SigningDomain} from "../src/base/SigningDomain.sol";
import {RegistryModel} from "./RegistryModel.sol";
import {VM} from "./Vm.sol";

/// @notice Keys that the handler draws from what the model knows, and their signatures.
abstract contract RegistryKeys is RegistryModel {
    bytes32 internal constant CONSORTIUM_ID = keccak256("a consortium of invariants");
    uint256 internal _fresh;
    mapping(address key => uint256) internal _privateKeyOf;

    function _mayEnd(uint40 partner, address key) internal view returns (bool) {
        Entry memory entry = _entries[key];
        return (entry.kind == MASTER || entry.kind == DEVICE) && entry.partner == partner && entry.until > block.timestamp;
    }

    function _anyKey(uint256 seed) internal view returns (address) {
        return entered[seed % entered.length];
    }

    /// @dev A partner's key that has not ended, a device's three times in four, or masters would die out; any address
    /// when there is none.
    function _partnersKey(uint256 seed) internal view returns (address) {
        for (uint256 i = 0; i < entered.length; ++i) {
            address key = entered[(seed + i) % entered.length];
            bool wanted = _entries[key].kind == DEVICE || seed % 4 == 0;
            if (wanted && _mayEnd(_entries[key].partner, key)) return key;
        }
        return _anyKey(seed);
    }

    function _masterInForce(uint256 seed) internal view returns (address) {
        for (uint256 i = 0; i < entered.length; ++i) {
            address key = entered[(seed + i) % entered.length];
            if (_entries[key].kind != MASTER || !runs(key)) continue;
            if (!isSuspended(_entries[key].partner) || seed % 4 == 0) return key;
        }
        return address(0);
    }

    function _masterOf(uint40 partner) internal view returns (address) {
        for (uint256 i = 0; i < entered.length; ++i) {
            if (isMasterOf(entered[i], partner)) return entered[i];
        }
        return address(0);
    }

    function _freshKey() internal returns (address key) {
        uint256 privateKey = 0xBEEF00 + ++_fresh;
        key = VM.addr(privateKey);
        _privateKeyOf[key] = privateKey;
    }

    /// @dev The first `count` members in force, ascending by address.
    function _council(uint256 count) internal view returns (address[] memory found) {
        found = new address[](count);
        address last = address(0);
        for (uint256 n = 0; n < count; ++n) {
            found[n] = address(type(uint160).max);
            for (uint256 i = 0; i < entered.length; ++i) {
                address key = entered[i];
                if (_entries[key].kind == COUNCIL && key > last && key < found[n] && runs(key)) found[n] = key;
            }
            last = found[n];
        }
    }

    function _signAll(address[] memory signers, bytes32 hash) internal view returns (bytes memory signatures) {
        for (uint256 i = 0; i < signers.length; ++i) {
            signatures = bytes.concat(signatures, _sign(signers[i], hash));
        }
    }

    function _sign(address key, bytes32 structHash) internal view returns (bytes memory) {
        bytes32 digest = SigningDomain.digest(SigningDomain.evidence(CONSORTIUM_ID), structHash);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(_privateKeyOf[key], digest);
        return abi.encodePacked(r, s, v);
    }
}
