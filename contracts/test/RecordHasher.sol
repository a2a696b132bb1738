// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BonusAgreement, BonusAward, Claim, Dispute, RecordHashes, RegistryChange, Ruling} from "../src/Records.sol";

/// @notice `RecordHashes` takes calldata, tests have memory: a call in between turns one into the other.
contract RecordHasher {
    function hash(RegistryChange calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(BonusAgreement calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(BonusAward calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Dispute calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Ruling calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Claim calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }
}
