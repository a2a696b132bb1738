// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Attestation,
    BonusAgreement,
    BonusAward,
    Checkpoint,
    Claim,
    Clearance,
    Dispute,
    Handoff,
    KeyGrant,
    KeyRevoke,
    Override,
    Recall,
    RecordHashes,
    RegistryChange,
    Revocation,
    Ruling,
    ShipmentTerms,
    Split,
    Statement
} from "../src/Records.sol";

/// @notice `RecordHashes` takes calldata, tests have memory: a call in between turns one into the other. The tests in
/// Python compare every function here with the Python definitions.
contract RecordHasher {
    function hash(RegistryChange calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(KeyGrant calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(KeyRevoke calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(ShipmentTerms calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Handoff calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Split calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Statement calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Override calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Clearance calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Attestation calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Revocation calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Recall calldata r) external pure returns (bytes32) {
        return RecordHashes.hash(r);
    }

    function hash(Checkpoint calldata r) external pure returns (bytes32) {
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
