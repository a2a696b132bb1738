// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IEvidenceContract} from "../IEvidenceContract.sol";
import {IPartnerRegistry} from "../IPartnerRegistry.sol";
import {Recorder} from "./Recorder.sol";

/// @title Base of the contracts that take records under the rule of the registry
abstract contract EvidenceContract is IEvidenceContract, Recorder {
    uint256 internal constant CLOCK_TOLERANCE = 15 minutes;

    IPartnerRegistry internal immutable REGISTRY;
    address internal immutable PREDECESSOR;
    uint8 internal immutable KIND;

    /// @param registry_ The consortium's registry.
    /// @param predecessor_ The contract of the same kind whose state this one continues; zero for none.
    /// @param kind_ One of `ContractKinds`.
    constructor(IPartnerRegistry registry_, address predecessor_, uint8 kind_) Recorder(_consortiumOf(registry_)) {
        if (predecessor_ == address(this)) revert EvidenceOwnPredecessor(predecessor_);
        REGISTRY = registry_;
        PREDECESSOR = predecessor_;
        KIND = kind_;
    }

    /// @inheritdoc IEvidenceContract
    function registry() external view returns (IPartnerRegistry) {
        return REGISTRY;
    }

    /// @inheritdoc IEvidenceContract
    function predecessor() external view returns (address) {
        return PREDECESSOR;
    }

    /// @inheritdoc IEvidenceContract
    function kind() external view returns (uint8) {
        return KIND;
    }

    function _consortiumOf(IPartnerRegistry registry_) private view returns (bytes32) {
        if (address(registry_) == address(0)) revert EvidenceNoRegistry();
        return registry_.consortiumId();
    }

    /// @dev Revert unless this is the contract of its kind in force. The registry alone knows; nothing is kept here.
    function _requireOpen() internal view {
        REGISTRY.requireOpen(KIND);
    }

    /// @dev Revert unless there are exactly `count` signatures.
    function _requireSignatures(bytes calldata signatures, uint256 count) internal pure {
        if (signatures.length != count * SIGNATURE_LENGTH) revert EvidenceSignatureLength(count, signatures.length);
    }

    /// @dev The key behind signature number `index`; reverts for anything not canonical (low s, v 27 or 28).
    function _recover(bytes32 digest, bytes calldata signatures, uint256 index) internal pure returns (address) {
        // Cannot overflow for the number of a signature that is there; for others the slice reverts.
        unchecked {
            uint256 start = index * SIGNATURE_LENGTH;
            return ECDSA.recoverCalldata(digest, signatures[start:start + SIGNATURE_LENGTH]);
        }
    }

    /// @dev Revert when a claimed time is more than 15 minutes ahead of the block.
    function _requireNotAhead(uint40 occurredAt) internal view {
        if (occurredAt > block.timestamp + CLOCK_TOLERANCE) revert EvidenceFromTheFuture(occurredAt, block.timestamp);
    }

    /// @dev Revert when the last moment for submission is over.
    function _requireInTime(uint40 submitBy) internal view {
        if (submitBy < block.timestamp) revert EvidenceTooLate(submitBy, block.timestamp);
    }
}
