// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonusPool} from "./IBonusPool.sol";
import {ICourier} from "./ICourier.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {BoundedCall} from "./base/BoundedCall.sol";

/// @title The courier, see `ICourier`
contract Courier is ICourier {
    uint256 private constant MAX_REASON = 256;
    /// @dev For all that a parcel takes beside its call: asking the registry on cold storage, an event with the longest
    /// reason, and the event at the end. The call data in memory comes on top.
    uint256 private constant RESERVE = 40_000;

    IPartnerRegistry private immutable REGISTRY;

    /// @param registry_ The consortium's registry.
    constructor(IPartnerRegistry registry_) {
        REGISTRY = registry_;
    }

    /// @inheritdoc ICourier
    function carry(Parcel[] calldata parcels) external returns (uint256 carried) {
        uint8 kind = 0;
        address target = address(REGISTRY);
        for (; carried < parcels.length; ++carried) {
            Parcel calldata parcel = parcels[carried];
            if (gasleft() < _needed(parcel)) break;
            // A change of the contracts in force is a call to the registry, of kind 0: the next kind is asked for anew.
            if (parcel.kind != kind) {
                kind = parcel.kind;
                target = kind == 0 ? address(REGISTRY) : REGISTRY.contractOf(kind);
            }
            _deliver(target, parcel);
        }
        emit Carried(carried, parcels.length);
    }

    /// @inheritdoc ICourier
    function registry() external view returns (IPartnerRegistry) {
        return REGISTRY;
    }

    function _deliver(address target, Parcel calldata parcel) private {
        bool done = false;
        bytes memory reason;
        if (target == address(0)) {
            reason = abi.encodeWithSelector(CourierNoContract.selector, parcel.kind);
        } else if (bytes4(parcel.data) == IBonusPool.fund.selector) {
            reason = abi.encodeWithSelector(CourierNeverFunds.selector);
        } else {
            (done, reason) = BoundedCall.attempt(target, parcel.gas, parcel.data, MAX_REASON);
        }
        if (!done) emit Refused(keccak256(parcel.data), reason);
    }

    /// @dev What must be left for the call to get its gas: one part in 64 of what is left never reaches it (EIP-150).
    /// Copying the call data twice, hashing it and holding it in memory is 15 gas a word, and the square of the words by
    /// 512.
    function _needed(Parcel calldata parcel) private pure returns (uint256) {
        uint256 words = parcel.data.length / 32 + 1;
        return uint256(parcel.gas) + parcel.gas / 63 + 15 * words + words * words / 512 + RESERVE;
    }
}
