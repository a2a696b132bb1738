// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContractKinds} from "./Codes.sol";
import {ICheckpointAnchor} from "./ICheckpointAnchor.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {Checkpoint, RecordHashes} from "./Records.sol";
import {EvidenceContract} from "./base/EvidenceContract.sol";
import {Rfc9162} from "./base/Rfc9162.sol";

/// @title Anchored checkpoints, see `ICheckpointAnchor`
contract CheckpointAnchor is ICheckpointAnchor, EvidenceContract {
    struct TreeHead {
        // slot 0
        uint64 size;
        uint40 anchoredAt;
        // slot 1
        bytes32 root;
    }

    mapping(bytes32 logId => TreeHead) private _heads;

    /// @param registry_ The consortium's registry.
    /// @param predecessor_ The anchor whose state this one continues; zero for none.
    constructor(IPartnerRegistry registry_, address predecessor_)
        EvidenceContract(registry_, predecessor_, ContractKinds.ANCHOR)
    {}

    /// @inheritdoc ICheckpointAnchor
    function anchor(Checkpoint calldata r, bytes32[] calldata proof, bytes calldata signatures) external {
        _requireOpen();
        (uint64 size, bytes32 root,) = anchored(r.logId);
        // What is anchored already needs no signature: nothing changes.
        if (r.size == size && size != 0) {
            if (r.root != root) revert CheckpointAnchorConflict(r.logId, size, root, r.root);
            return;
        }
        if (r.size == 0) revert CheckpointAnchorEmpty(r.logId);
        if (r.size < size) revert CheckpointAnchorStale(r.logId, size, r.size);
        if (r.previousSize != size) revert CheckpointAnchorPreviousSize(r.logId, size, r.previousSize);

        bytes32 id = _digest(RecordHashes.hash(r));
        _requireAnchorKey(r.logId, id, signatures);
        if (size != 0) {
            Rfc9162.requireConsistency(size, r.size, proof, root, r.root);
        } else if (proof.length != 0) {
            revert CheckpointAnchorUnexpectedProof(proof.length);
        }

        _heads[r.logId] = TreeHead({size: r.size, anchoredAt: uint40(block.timestamp), root: r.root});
        _record(id, RecordHashes.CHECKPOINT);
    }

    /// @inheritdoc ICheckpointAnchor
    function anchored(bytes32 logId) public view returns (uint64 size, bytes32 root, uint40 anchoredAt) {
        TreeHead storage head = _heads[logId];
        size = head.size;
        if (size != 0) return (size, head.root, head.anchoredAt);
        if (PREDECESSOR != address(0)) return ICheckpointAnchor(PREDECESSOR).anchored(logId);
    }

    function _requireAnchorKey(bytes32 logId, bytes32 id, bytes calldata signatures) private view {
        _requireSignatures(signatures, 1);
        address expected = REGISTRY.anchorKey(logId);
        if (expected == address(0)) revert CheckpointAnchorNoKey(logId);
        address key = _recover(id, signatures, 0);
        if (key != expected) revert CheckpointAnchorWrongKey(logId, expected, key);
    }
}
