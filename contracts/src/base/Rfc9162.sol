// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Merkle trees of RFC 9162 with SHA-256
/// @notice Proofs are complete or refused: index and size are required and checked, and nothing of a proof is left over.
library Rfc9162 {
    /// @notice No leaf `index` in a tree of `size` leaves.
    error Rfc9162NotInTree(uint256 index, uint256 size);
    /// @notice The proof is shorter or longer than a proof for this place must be.
    error Rfc9162ProofLength(uint256 found);
    /// @notice The proof leads to another root than the one given for the (new) tree.
    error Rfc9162WrongRoot(bytes32 expected, bytes32 found);
    /// @notice The proof leads to another root than the one given for the old tree.
    error Rfc9162WrongOldRoot(bytes32 expected, bytes32 found);
    /// @notice The old tree is empty, or larger than the new one.
    error Rfc9162BadSizes(uint256 size1, uint256 size2);

    /// @notice Root of the tree without leaves.
    bytes32 internal constant EMPTY_ROOT = sha256("");

    /// @notice Hash of a leaf (section 2.1.1).
    function leafHash(bytes memory leaf) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"00", leaf));
    }

    /// @notice Hash of an inner node (section 2.1.1).
    /// @dev In assembly (ADR 0004): `sha256(abi.encodePacked(hex"01", left, right))` without its two copies, 370 gas
    /// instead of 700. A proof of 20 hashes takes up to 39 of these, and has to fit the cost of an anchor.
    function nodeHash(bytes32 left, bytes32 right) internal view returns (bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 1)
            mstore(add(free, 1), left)
            mstore(add(free, 33), right)
            // Address 2 is SHA-256 on every EVM; it fails for want of gas only.
            if iszero(staticcall(gas(), 2, free, 65, 0, 32)) { revert(0, 0) }
            result := mload(0)
        }
    }

    /// @notice Root over leaf hashes. The array is used up as working space.
    function root(bytes32[] memory hashes) internal view returns (bytes32) {
        uint256 count = hashes.length;
        if (count == 0) return EMPTY_ROOT;
        // Level by level; the odd one at the end moves up unchanged, which is the tree of section 2.1.1.
        while (count > 1) {
            uint256 pairs = count / 2;
            for (uint256 i = 0; i < pairs; ++i) {
                hashes[i] = nodeHash(hashes[2 * i], hashes[2 * i + 1]);
            }
            if (count % 2 == 1) hashes[pairs] = hashes[count - 1];
            count = pairs + (count % 2);
        }
        return hashes[0];
    }

    /// @notice Revert unless the leaf is number `index` of the tree of `size` leaves with this root (section 2.1.3.2).
    function requireInclusion(
        bytes32 leaf,
        uint256 index,
        uint256 size,
        bytes32[] calldata proof,
        bytes32 expectedRoot
    ) internal view {
        if (index >= size) revert Rfc9162NotInTree(index, size);
        uint256 fn = index;
        uint256 sn = size - 1;
        bytes32 r = leaf;
        // Nothing here can overflow: shifts, and a counter below the proof's length.
        unchecked {
            for (uint256 i = 0; i < proof.length; ++i) {
                if (sn == 0) revert Rfc9162ProofLength(proof.length);
                if (fn & 1 == 1 || fn == sn) {
                    r = nodeHash(proof[i], r);
                    while (fn & 1 == 0 && fn != 0) {
                        fn >>= 1;
                        sn >>= 1;
                    }
                } else {
                    r = nodeHash(r, proof[i]);
                }
                fn >>= 1;
                sn >>= 1;
            }
        }
        if (sn != 0) revert Rfc9162ProofLength(proof.length);
        if (r != expectedRoot) revert Rfc9162WrongRoot(expectedRoot, r);
    }

    /// @notice Revert unless the tree with `root2` over `size2` leaves begins with the `size1` leaves of `root1`
    /// (section 2.1.4.2). Sizes are at least 1; the same size takes no proof and the same root.
    function requireConsistency(
        uint256 size1,
        uint256 size2,
        bytes32[] calldata proof,
        bytes32 root1,
        bytes32 root2
    ) internal view {
        if (size1 == 0 || size1 > size2) revert Rfc9162BadSizes(size1, size2);
        if (size1 == size2) {
            if (proof.length != 0) revert Rfc9162ProofLength(proof.length);
            if (root1 != root2) revert Rfc9162WrongRoot(root1, root2);
            return;
        }
        uint256 fn = size1 - 1;
        uint256 sn = size2 - 1;
        while (fn & 1 == 1) {
            fn >>= 1;
            sn >>= 1;
        }
        // When size1 is a power of two the first hash of the path is root1 itself and is left out of the proof.
        uint256 next = fn == 0 ? 0 : 1;
        if (proof.length < next) revert Rfc9162ProofLength(proof.length);
        bytes32 fr = next == 0 ? root1 : proof[0];
        bytes32 sr = fr;
        // Nothing here can overflow: shifts, and a counter below the proof's length.
        unchecked {
            for (; next < proof.length; ++next) {
                if (sn == 0) revert Rfc9162ProofLength(proof.length);
                bytes32 c = proof[next];
                if (fn & 1 == 1 || fn == sn) {
                    fr = nodeHash(c, fr);
                    sr = nodeHash(c, sr);
                    while (fn & 1 == 0 && fn != 0) {
                        fn >>= 1;
                        sn >>= 1;
                    }
                } else {
                    sr = nodeHash(sr, c);
                }
                fn >>= 1;
                sn >>= 1;
            }
        }
        if (sn != 0) revert Rfc9162ProofLength(proof.length);
        if (fr != root1) revert Rfc9162WrongOldRoot(root1, fr);
        if (sr != root2) revert Rfc9162WrongRoot(root2, sr);
    }
}
