// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoint} from "./Records.sol";

/// @title Anchored checkpoints: one append-only line of tree heads for each log
/// @notice A compare-and-swap for each log: a checkpoint names the anchored size that it follows and proves that the
/// anchored tree is a prefix of its own (RFC 9162). It is signed by the log's anchor key, so no stranger can spoil a
/// log, and anyone may carry it. The newest checkpoint again succeeds and changes nothing, so carrying it at least once
/// is enough. A spoilt log goes on under a new log id; the registry knows its predecessor and size.
interface ICheckpointAnchor {
    /// @notice Smaller than the anchored size, which has the anchored root.
    error CheckpointAnchorStale(bytes32 logId, uint64 anchored, uint64 size);
    /// @notice Two roots of one log at one size: the log shows different people different histories.
    error CheckpointAnchorConflict(bytes32 logId, uint64 size, bytes32 anchored, bytes32 root);
    /// @notice Does not follow the anchored size.
    error CheckpointAnchorPreviousSize(bytes32 logId, uint64 anchored, uint64 previousSize);
    /// @notice The empty tree is not anchored.
    error CheckpointAnchorEmpty(bytes32 logId);
    /// @notice The first checkpoint of a log takes no proof.
    error CheckpointAnchorUnexpectedProof(uint256 length);
    /// @notice The log has no anchor key: it is not registered, not in force yet, or retired.
    error CheckpointAnchorNoKey(bytes32 logId);
    /// @notice Not signed by the log's anchor key.
    error CheckpointAnchorWrongKey(bytes32 logId, address expected, address key);

    /// @notice Anchor a checkpoint, or confirm that it is the newest, which emits nothing.
    /// @param r The checkpoint.
    /// @param proof RFC 9162 consistency proof from `r.previousSize` to `r.size`; empty for the first.
    /// @param signatures The anchor key's: 65 bytes.
    /// @custom:reverts PartnerRegistryNotOpen CheckpointAnchorConflict CheckpointAnchorEmpty CheckpointAnchorStale
    /// CheckpointAnchorPreviousSize EvidenceSignatureLength CheckpointAnchorNoKey CheckpointAnchorWrongKey
    /// CheckpointAnchorUnexpectedProof Rfc9162ProofLength Rfc9162WrongOldRoot Rfc9162WrongRoot
    function anchor(Checkpoint calldata r, bytes32[] calldata proof, bytes calldata signatures) external;

    /// @notice The newest anchored tree head of a log, from the closed predecessor where it has not been touched since.
    /// @param logId The log.
    /// @return size 0 when none is anchored.
    /// @return root 0 when none is anchored.
    /// @return anchoredAt The block's time.
    function anchored(bytes32 logId) external view returns (uint64 size, bytes32 root, uint40 anchoredAt);
}
