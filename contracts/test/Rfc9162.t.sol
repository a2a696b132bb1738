// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Rfc9162} from "../src/base/Rfc9162.sol";
import {VM} from "./Vm.sol";

/// @notice Takes proofs as calldata, as contracts do.
contract Rfc9162Caller {
    function inclusion(bytes32 leaf, uint256 index, uint256 size, bytes32[] calldata proof, bytes32 root)
        external
        view
    {
        Rfc9162.requireInclusion(leaf, index, size, proof, root);
    }

    function consistency(uint256 size1, uint256 size2, bytes32[] calldata proof, bytes32 root1, bytes32 root2)
        external
        view
    {
        Rfc9162.requireConsistency(size1, size2, proof, root1, root2);
    }
}

/// @notice The library against the definitions of RFC 9162, written down once more by recursion:
///
/// 1. The root is MTH of section 2.1.1.
/// 2. A proof made by PATH or PROOF (sections 2.1.3.1 and 2.1.4.1) is accepted.
/// 3. The same proof for another leaf, index, size or root, altered in any bit, cut or lengthened, is refused.
contract Rfc9162Test {
    uint256 private constant MOST = 70;
    Rfc9162Caller private immutable CALLER = new Rfc9162Caller();

    function test_NodeHashIsTheDefinition(bytes32 left, bytes32 right) external view {
        assert(Rfc9162.nodeHash(left, right) == sha256(abi.encodePacked(hex"01", left, right)));
    }

    function test_LeafHashIsTheDefinition(bytes calldata leaf) external pure {
        assert(Rfc9162.leafHash(leaf) == sha256(abi.encodePacked(hex"00", leaf)));
    }

    function test_NodeHashLeavesMemoryAlone(bytes memory before, bytes32 left, bytes32 right) external view {
        bytes32 hash = keccak256(before);
        bytes memory small = new bytes(33);
        Rfc9162.nodeHash(left, right);
        bytes memory next = new bytes(96);
        assert(keccak256(before) == hash);
        assert(keccak256(small) == keccak256(new bytes(33)) && keccak256(next) == keccak256(new bytes(96)));
    }

    function test_RootsOfAllSmallTrees() external view {
        for (uint256 size = 0; size <= MOST; ++size) {
            bytes32[] memory leaves = _leaves(1, size);
            bytes32 expected = size == 0 ? sha256("") : _mth(leaves, 0, size);
            assert(Rfc9162.root(leaves) == expected);
        }
    }

    function test_EveryInclusionProofOfSmallTrees() external view {
        bytes32[] memory leaves = _leaves(2, 20);
        for (uint256 size = 1; size <= 20; ++size) {
            bytes32 root = _mth(leaves, 0, size);
            for (uint256 index = 0; index < size; ++index) {
                CALLER.inclusion(leaves[index], index, size, _path(leaves, index, 0, size), root);
            }
        }
    }

    function test_EveryConsistencyProofOfSmallTrees() external view {
        bytes32[] memory leaves = _leaves(3, 20);
        for (uint256 size2 = 1; size2 <= 20; ++size2) {
            for (uint256 size1 = 1; size1 <= size2; ++size1) {
                bytes32[] memory proof = _proof(leaves, size1, 0, size2, true);
                CALLER.consistency(size1, size2, proof, _mth(leaves, 0, size1), _mth(leaves, 0, size2));
            }
        }
    }

    function test_Inclusion(uint256 seed, uint256 size, uint256 index) external view {
        size = 1 + size % MOST;
        index %= size;
        bytes32[] memory leaves = _leaves(seed, size);
        CALLER.inclusion(leaves[index], index, size, _path(leaves, index, 0, size), _mth(leaves, 0, size));
    }

    function test_Consistency(uint256 seed, uint256 size1, uint256 size2) external view {
        size2 = 1 + size2 % MOST;
        size1 = 1 + size1 % size2;
        bytes32[] memory leaves = _leaves(seed, size2);
        bytes32[] memory proof = _proof(leaves, size1, 0, size2, true);
        CALLER.consistency(size1, size2, proof, _mth(leaves, 0, size1), _mth(leaves, 0, size2));
    }

    function test_RevertWhen_InclusionIsAltered(uint256 seed, uint256 size, uint256 index, uint8 how, uint256 bit)
        external
    {
        size = 1 + size % MOST;
        index %= size;
        bytes32[] memory leaves = _leaves(seed, size);
        bytes32[] memory proof = _path(leaves, index, 0, size);
        bytes32 root = _mth(leaves, 0, size);
        bytes32 leaf = leaves[index];
        how %= 6;
        if (how == 0) leaf = _flip(leaf, bit);
        else if (how == 1) root = _flip(root, bit);
        else if (how == 2) proof = _longer(proof, leaf);
        else if (how == 3) index = size + bit % size;
        else if (proof.length == 0) return;
        else if (how == 4) proof[bit % proof.length] = _flip(proof[bit % proof.length], bit / 7);
        else proof = _shorter(proof);
        VM.expectRevert();
        CALLER.inclusion(leaf, index, size, proof, root);
    }

    function test_RevertWhen_IndexIsAnother(uint256 seed, uint256 size, uint256 index, uint256 other) external {
        size = 2 + size % MOST;
        index %= size;
        other %= size;
        VM.assume(other != index);
        bytes32[] memory leaves = _leaves(seed, size);
        bytes32[] memory proof = _path(leaves, index, 0, size);
        bytes32 root = _mth(leaves, 0, size);
        VM.expectRevert();
        CALLER.inclusion(leaves[index], other, size, proof, root);
    }

    function test_RevertWhen_ConsistencyIsAltered(uint256 seed, uint256 size1, uint256 size2, uint8 how, uint256 bit)
        external
    {
        size2 = 1 + size2 % MOST;
        size1 = 1 + size1 % size2;
        bytes32[] memory leaves = _leaves(seed, size2);
        bytes32[] memory proof = _proof(leaves, size1, 0, size2, true);
        bytes32 root1 = _mth(leaves, 0, size1);
        bytes32 root2 = _mth(leaves, 0, size2);
        how %= 7;
        if (how == 0) root1 = _flip(root1, bit);
        else if (how == 1) root2 = _flip(root2, bit);
        else if (how == 2) proof = _longer(proof, root2);
        else if (how == 3) size1 = 0;
        else if (how == 4) size1 = size2 + 1 + bit % MOST;
        else if (proof.length == 0) return;
        else if (how == 5) proof[bit % proof.length] = _flip(proof[bit % proof.length], bit / 7);
        else proof = _shorter(proof);
        VM.expectRevert();
        CALLER.consistency(size1, size2, proof, root1, root2);
    }

    function test_RevertWhen_ConsistencyIsOfRewrittenLeaves(
        uint256 seed,
        uint256 size1,
        uint256 size2,
        uint256 which
    ) external {
        size2 = 2 + size2 % MOST;
        size1 = 1 + size1 % (size2 - 1);
        bytes32[] memory leaves = _leaves(seed, size2);
        bytes32 root1 = _mth(leaves, 0, size1);
        leaves[which % size1] = _flip(leaves[which % size1], which / 3);
        bytes32[] memory proof = _proof(leaves, size1, 0, size2, true);
        bytes32 root2 = _mth(leaves, 0, size2);
        VM.expectRevert();
        CALLER.consistency(size1, size2, proof, root1, root2);
    }

    function test_RevertWhen_ProofIsNoise(uint256 size1, uint256 size2, bytes32[] calldata proof, bytes32 root1)
        external
    {
        size1 = 1 + size1 % type(uint64).max;
        size2 = size1 + 1 + size2 % type(uint64).max;
        VM.assume(proof.length < 80);
        VM.expectRevert();
        CALLER.consistency(size1, size2, proof, root1, keccak256("no root"));
    }

    function test_RefusalsSayWhatWasExpectedAndWhatWasFound() external {
        bytes32[] memory leaves = _leaves(4, 5);
        bytes32 root = _mth(leaves, 0, 5);
        bytes32[] memory path = _path(leaves, 2, 0, 5);
        VM.expectRevert(abi.encodeWithSelector(Rfc9162.Rfc9162NotInTree.selector, 7, 5));
        CALLER.inclusion(leaves[2], 7, 5, path, root);
        VM.expectRevert(abi.encodeWithSelector(Rfc9162.Rfc9162WrongRoot.selector, leaves[0], root));
        CALLER.inclusion(leaves[2], 2, 5, path, leaves[0]);
        VM.expectRevert(abi.encodeWithSelector(Rfc9162.Rfc9162ProofLength.selector, path.length - 1));
        CALLER.inclusion(leaves[2], 2, 5, _shorter(path), root);

        bytes32 old = _mth(leaves, 0, 3);
        bytes32[] memory proof = _proof(leaves, 3, 0, 5, true);
        VM.expectRevert(abi.encodeWithSelector(Rfc9162.Rfc9162BadSizes.selector, 6, 5));
        CALLER.consistency(6, 5, proof, old, root);
        VM.expectRevert(abi.encodeWithSelector(Rfc9162.Rfc9162WrongOldRoot.selector, leaves[0], old));
        CALLER.consistency(3, 5, proof, leaves[0], root);
        VM.expectRevert(abi.encodeWithSelector(Rfc9162.Rfc9162WrongRoot.selector, leaves[0], root));
        CALLER.consistency(3, 5, proof, old, leaves[0]);
    }

    // --- definitions ---

    function _leaves(uint256 seed, uint256 size) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = Rfc9162.leafHash(abi.encode(seed, i));
        }
    }

    /// @dev The largest power of two smaller than `count`.
    function _split(uint256 count) private pure returns (uint256 k) {
        k = 1;
        while (2 * k < count) k *= 2;
    }

    /// @dev MTH over leaves [start, stop).
    function _mth(bytes32[] memory leaves, uint256 start, uint256 stop) private view returns (bytes32) {
        if (stop - start == 1) return leaves[start];
        uint256 middle = start + _split(stop - start);
        return Rfc9162.nodeHash(_mth(leaves, start, middle), _mth(leaves, middle, stop));
    }

    /// @dev PATH of leaf `index` within [start, stop).
    function _path(bytes32[] memory leaves, uint256 index, uint256 start, uint256 stop)
        private
        view
        returns (bytes32[] memory)
    {
        if (stop - start == 1) return new bytes32[](0);
        uint256 middle = start + _split(stop - start);
        if (index < middle) {
            return _longer(_path(leaves, index, start, middle), _mth(leaves, middle, stop));
        }
        return _longer(_path(leaves, index, middle, stop), _mth(leaves, start, middle));
    }

    /// @dev SUBPROOF of the first `size1` leaves within [start, stop); `whole`: the subtree's root is known to the verifier.
    function _proof(bytes32[] memory leaves, uint256 size1, uint256 start, uint256 stop, bool whole)
        private
        view
        returns (bytes32[] memory)
    {
        if (size1 == stop) {
            bytes32[] memory none = new bytes32[](0);
            return whole ? none : _longer(none, _mth(leaves, start, stop));
        }
        uint256 middle = start + _split(stop - start);
        if (size1 <= middle) {
            return _longer(_proof(leaves, size1, start, middle, whole), _mth(leaves, middle, stop));
        }
        return _longer(_proof(leaves, size1, middle, stop, false), _mth(leaves, start, middle));
    }

    function _longer(bytes32[] memory list, bytes32 last) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) {
            longer[i] = list[i];
        }
        longer[list.length] = last;
    }

    function _shorter(bytes32[] memory list) private pure returns (bytes32[] memory shorter) {
        shorter = new bytes32[](list.length - 1);
        for (uint256 i = 0; i < shorter.length; ++i) {
            shorter[i] = list[i];
        }
    }

    function _flip(bytes32 value, uint256 bit) private pure returns (bytes32) {
        return value ^ bytes32(uint256(1) << (bit % 256));
    }
}
