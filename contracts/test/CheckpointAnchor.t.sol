// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointAnchor} from "../src/CheckpointAnchor.sol";
import {Checkpoint} from "../src/Records.sol";
import {Rfc9162} from "../src/base/Rfc9162.sol";
import {SigningDomain} from "../src/base/SigningDomain.sol";
import {Consortium} from "./Consortium.sol";
import {VM} from "./Vm.sol";

/// @notice Two logs with an anchor key each, and trees that grow leaf by leaf.
abstract contract AnchorFixture is Consortium {
    uint40 internal constant OPERATOR = 1;
    bytes32 internal constant LOG = keccak256("a log");
    bytes32 internal constant OTHER_LOG = keccak256("another log");

    CheckpointAnchor internal anchor;

    constructor() {
        anchor = new CheckpointAnchor(registry, address(0));
        admit(OPERATOR);
        change(OPEN_CONTRACT, 0, address(anchor), 5, 0);
        registerLog(OPERATOR, VM.addr(keyOfLog(LOG)), LOG);
        registerLog(OPERATOR, VM.addr(keyOfLog(OTHER_LOG)), OTHER_LOG);
    }

    function keyOfLog(bytes32 log) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(log))) >> 8;
    }

    function leaf(uint256 history, uint256 index) internal pure returns (bytes32) {
        return Rfc9162.leafHash(abi.encode(history, index));
    }

    /// @notice MTH of section 2.1.1 over leaves [start, stop) of a history.
    function root(uint256 history, uint256 start, uint256 stop) internal view returns (bytes32) {
        if (stop - start == 1) return leaf(history, start);
        uint256 middle = start + _split(stop - start);
        return Rfc9162.nodeHash(root(history, start, middle), root(history, middle, stop));
    }

    /// @notice PROOF of section 2.1.4.1.
    function consistency(uint256 history, uint256 first, uint256 second) internal view returns (bytes32[] memory) {
        return first == 0 || first == second ? new bytes32[](0) : _proof(history, first, 0, second, true);
    }

    function checkpoint(bytes32 log, uint256 history, uint64 previous, uint64 size)
        internal
        view
        returns (Checkpoint memory)
    {
        bytes32 head = size == 0 ? bytes32(0) : root(history, 0, size);
        return Checkpoint({logId: log, previousSize: previous, size: size, root: head});
    }

    function submit(Checkpoint memory r, bytes32[] memory proof, uint256 key) internal {
        bytes32 id = SigningDomain.digest(SigningDomain.evidence(CONSORTIUM_ID), hasher.hash(r));
        bytes memory signed = signature(key, id);
        VM.recordLogs();
        anchor.anchor(r, proof, signed);
        (uint8 recordType, bytes memory outcomes) = recorded(id, abi.encodeCall(anchor.anchor, (r, proof, signed)));
        require(recordType == 17 && keccak256(outcomes) == keccak256(hex"01"), "a checkpoint, applied");
    }

    function _split(uint256 count) private pure returns (uint256 k) {
        k = 1;
        while (2 * k < count) k *= 2;
    }

    function _proof(uint256 history, uint256 size, uint256 start, uint256 stop, bool whole)
        private
        view
        returns (bytes32[] memory)
    {
        if (size == stop) return whole ? new bytes32[](0) : _with(new bytes32[](0), root(history, start, stop));
        uint256 middle = start + _split(stop - start);
        return size <= middle
            ? _with(_proof(history, size, start, middle, whole), root(history, middle, stop))
            : _with(_proof(history, size, middle, stop, false), root(history, start, middle));
    }

    function _with(bytes32[] memory hashes, bytes32 last) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](hashes.length + 1);
        for (uint256 i = 0; i < hashes.length; ++i) {
            longer[i] = hashes[i];
        }
        longer[hashes.length] = last;
    }
}

/// @notice What is anchored can never be unsaid. Gas and the rest are tested from Python.
contract CheckpointAnchorTest is AnchorFixture {
    function test_ATreeGrows() external {
        submit(checkpoint(LOG, 1, 0, 3), new bytes32[](0), keyOfLog(LOG));
        _stands(LOG, 3, root(1, 0, 3));
        VM.warp(block.timestamp + 5);
        submit(checkpoint(LOG, 1, 3, 7), consistency(1, 3, 7), keyOfLog(LOG));
        _stands(LOG, 7, root(1, 0, 7));
        _stands(OTHER_LOG, 0, 0);
    }

    function test_TheSameAgainSucceedsWithoutASignatureAndChangesNothing() external {
        submit(checkpoint(LOG, 1, 0, 3), new bytes32[](0), keyOfLog(LOG));
        uint256 then = block.timestamp;
        VM.warp(then + 5);
        VM.recordLogs();
        anchor.anchor(checkpoint(LOG, 1, 0, 3), new bytes32[](0), "");
        require(VM.getRecordedLogs().length == 0, "no second event");
        (,, uint40 anchoredAt) = anchor.anchored(LOG);
        require(anchoredAt == then, "at the time of the first");
    }

    function test_RevertWhen_AnotherRootForASizeThatStands() external {
        submit(checkpoint(LOG, 1, 0, 3), new bytes32[](0), keyOfLog(LOG));
        Checkpoint memory r = checkpoint(LOG, 2, 0, 3);
        expectError(
            "CheckpointAnchorConflict(bytes32,uint64,bytes32,bytes32)", abi.encode(LOG, 3, root(1, 0, 3), root(2, 0, 3))
        );
        this.submitOut(r, new bytes32[](0), keyOfLog(LOG));
    }

    function test_RevertWhen_ATreeShrinksOrIsEmpty() external {
        Checkpoint memory r = checkpoint(LOG, 1, 0, 0);
        expectError("CheckpointAnchorEmpty(bytes32)", abi.encode(LOG));
        this.submitOut(r, new bytes32[](0), keyOfLog(LOG));
        submit(checkpoint(LOG, 1, 0, 3), new bytes32[](0), keyOfLog(LOG));
        r = checkpoint(LOG, 1, 3, 2);
        expectError("CheckpointAnchorStale(bytes32,uint64,uint64)", abi.encode(LOG, 3, 2));
        this.submitOut(r, new bytes32[](0), keyOfLog(LOG));
        r = checkpoint(LOG, 1, 0, 0);
        expectError("CheckpointAnchorEmpty(bytes32)", abi.encode(LOG));
        this.submitOut(r, new bytes32[](0), keyOfLog(LOG));
    }

    function test_RevertWhen_ItGoesOnFromSomethingElse() external {
        Checkpoint memory r = checkpoint(LOG, 1, 2, 3);
        expectError("CheckpointAnchorPreviousSize(bytes32,uint64,uint64)", abi.encode(LOG, 0, 2));
        this.submitOut(r, new bytes32[](0), keyOfLog(LOG));
        r = checkpoint(LOG, 1, 0, 3);
        expectError("CheckpointAnchorUnexpectedProof(uint256)", abi.encode(2));
        this.submitOut(r, new bytes32[](2), keyOfLog(LOG));
        submit(r, new bytes32[](0), keyOfLog(LOG));
        r = checkpoint(LOG, 2, 3, 5);
        bytes32[] memory proof = consistency(2, 3, 5);
        expectError("Rfc9162WrongOldRoot(bytes32,bytes32)", abi.encode(root(1, 0, 3), root(2, 0, 3)));
        this.submitOut(r, proof, keyOfLog(LOG));
        r = checkpoint(LOG, 1, 2, 5);
        expectError("CheckpointAnchorPreviousSize(bytes32,uint64,uint64)", abi.encode(LOG, 3, 2));
        this.submitOut(r, proof, keyOfLog(LOG));
    }

    function test_OnlyTheLogsKeyAnchors() external {
        Checkpoint memory r = checkpoint(LOG, 1, 0, 3);
        address expected = VM.addr(keyOfLog(LOG));
        address other = VM.addr(keyOfLog(OTHER_LOG));
        expectError("CheckpointAnchorWrongKey(bytes32,address,address)", abi.encode(LOG, expected, other));
        this.submitOut(r, new bytes32[](0), keyOfLog(OTHER_LOG));
        expectError("EvidenceSignatureLength(uint256,uint256)", abi.encode(1, 0));
        anchor.anchor(r, new bytes32[](0), "");
        bytes32 unknown = keccak256("nobody's log");
        r = checkpoint(unknown, 1, 0, 3);
        expectError("CheckpointAnchorNoKey(bytes32)", abi.encode(unknown));
        this.submitOut(r, new bytes32[](0), keyOfLog(LOG));
        retireLog(LOG);
        r = checkpoint(LOG, 1, 0, 3);
        expectError("CheckpointAnchorNoKey(bytes32)", abi.encode(LOG));
        this.submitOut(r, new bytes32[](0), keyOfLog(LOG));
    }

    function test_ASuccessorAnswersAsItsPredecessorAndGoesOn() external {
        submit(checkpoint(LOG, 1, 0, 3), new bytes32[](0), keyOfLog(LOG));
        CheckpointAnchor before = anchor;
        anchor = new CheckpointAnchor(registry, address(before));
        change(CLOSE_CONTRACT, 0, address(before), 5, 0);
        change(OPEN_CONTRACT, 0, address(anchor), 5, 0);
        _stands(LOG, 3, root(1, 0, 3));
        Checkpoint memory r = checkpoint(LOG, 1, 0, 5);
        expectError("CheckpointAnchorPreviousSize(bytes32,uint64,uint64)", abi.encode(LOG, 3, 0));
        this.submitOut(r, new bytes32[](0), keyOfLog(LOG));
        submit(checkpoint(LOG, 1, 3, 5), consistency(1, 3, 5), keyOfLog(LOG));
        _stands(LOG, 5, root(1, 0, 5));
        r = checkpoint(LOG, 1, 3, 6);
        expectError("PartnerRegistryNotOpen(uint8,address)", abi.encode(5, before));
        before.anchor(r, new bytes32[](0), "");
    }

    function submitOut(Checkpoint calldata r, bytes32[] calldata proof, uint256 key) external {
        submit(r, proof, key);
    }

    function _stands(bytes32 log, uint64 size, bytes32 head) private view {
        (uint64 anchoredSize, bytes32 anchoredRoot, uint40 anchoredAt) = anchor.anchored(log);
        require(anchoredSize == size && anchoredRoot == head, "size and root");
        require(size == 0 || anchoredAt <= block.timestamp, "time");
    }
}

/// @notice Plays an operator that grows two logs, and one that rewrites them.
contract AnchorHandler is AnchorFixture {
    uint256 private constant MOST = 24;

    bytes32[2] public logs = [LOG, OTHER_LOG];
    /// The history that each log started with; a fork is any other.
    uint64[2] public sizes;
    uint256 public grown;
    uint256 public repeated;
    uint256 public forks;
    bool public forkSucceeded;

    function actGrow(uint256 which, uint256 by) external {
        which %= 2;
        uint64 size = sizes[which];
        uint64 next = size + uint64(by % 3) + 1;
        if (next > MOST) return;
        submit(checkpoint(logs[which], which, size, next), consistency(which, size, next), keyOfLog(logs[which]));
        sizes[which] = next;
        ++grown;
    }

    function actRepeat(uint256 which) external {
        which %= 2;
        if (sizes[which] == 0) return;
        anchor.anchor(checkpoint(logs[which], which, 0, sizes[which]), new bytes32[](0), "");
        ++repeated;
    }

    /// Another history, a smaller tree, another log's key, or a proof of something else: all properly signed otherwise.
    function actFork(uint256 which, uint256 seed) external {
        which %= 2;
        uint64 size = sizes[which];
        if (size == 0) return;
        uint256 how = seed % 4;
        uint64 next = how == 1 ? uint64(seed / 4 % size) : size + uint64(seed / 4 % 3) + (how == 0 ? 0 : 1);
        uint256 history = how == 0 || how == 3 ? 7 + seed % 3 : which;
        Checkpoint memory r = checkpoint(logs[which], history, size, next);
        bytes32[] memory proof = how == 1 ? new bytes32[](0) : consistency(how == 3 ? which : history, size, next);
        uint256 key = keyOfLog(logs[how == 2 ? 1 - which : which]);
        bytes32 id = SigningDomain.digest(SigningDomain.evidence(CONSORTIUM_ID), hasher.hash(r));
        ++forks;
        try anchor.anchor(r, proof, signature(key, id)) {
            forkSucceeded = true;
        } catch {}
    }

    function anchoredOf(uint256 which) external view returns (uint64 size, bytes32 head) {
        (size, head,) = anchor.anchored(logs[which]);
    }

    function rootOf(uint256 which, uint256 size) external view returns (bytes32) {
        return root(which, 0, size);
    }
}

/// @notice What holds whatever an operator tries:
///
/// 1. Sizes only grow, and each root is that of the one history which began the log: a later one contains every earlier.
/// 2. No fork, no smaller tree, no other log's key and no proof of something else is ever anchored.
/// forge-config: default.invariant.runs = 8
/// forge-config: default.invariant.depth = 100
/// forge-config: mutants.invariant.runs = 2
/// forge-config: mutants.invariant.depth = 100
contract CheckpointAnchorInvariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    AnchorHandler private _handler;

    function setUp() public {
        _handler = new AnchorHandler();
    }

    /// @notice Asked by forge: what to call.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](3);
        actions[0] = AnchorHandler.actGrow.selector;
        actions[1] = AnchorHandler.actRepeat.selector;
        actions[2] = AnchorHandler.actFork.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: actions});
    }

    /// @notice Asked by forge: nobody else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_OneHistoryThatOnlyGrows() external view {
        for (uint256 which = 0; which < 2; ++which) {
            (uint64 size, bytes32 head) = _handler.anchoredOf(which);
            require(size == _handler.sizes(which), "1: as large as it was grown, never smaller");
            require(size == 0 || head == _handler.rootOf(which, size), "1: its own history");
        }
        require(!_handler.forkSucceeded(), "2: a fork was anchored");
    }

    function afterInvariant() external view {
        // Not of the few calls that forge repeats from a run that failed.
        if (_handler.grown() + _handler.repeated() + _handler.forks() < 40) return;
        require(_handler.grown() > 0 && _handler.repeated() > 0 && _handler.forks() > 0, "every action has happened");
    }
}
