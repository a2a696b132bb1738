// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICourier} from "../src/ICourier.sol";
import {Handoff, Split, Statement} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {CourierFixture} from "./CourierFixture.sol";
import {VM, Vm} from "./Vm.sol";

/// @notice Random lists of calls, good ones and bad ones, carried together and sent one by one: shipments, events,
/// outcomes and reasons are the same.
contract CourierEqualityTest is CourierFixture {
    using CustodySlot for uint256;

    uint256 private constant SHIPMENTS = 4;
    uint256 private constant CALLS = 12;

    struct Alone {
        Vm.Log[] logs;
        uint256[] slots;
        bytes32[] refused;
        bytes[] reasons;
    }

    /// forge-config: default.fuzz.runs = 200
    function testFuzz_TogetherAsAlone(uint256 seed) external {
        bytes[] memory calls = _calls(seed);
        uint256 snapshot = VM.snapshotState();
        Alone memory alone = _oneByOne(calls);
        require(VM.revertToState(snapshot), "as before");

        ICourier.Parcel[] memory parcels = new ICourier.Parcel[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            parcels[i] = parcel(CUSTODY_KIND, calls[i]);
        }
        Report memory report = carry(parcels, gasleft() * 9 / 10);
        require(report.carried == calls.length, "all of them");
        requireSame(report.recorded, alone.logs);
        require(report.refusals.length == alone.refused.length, "the same are refused");
        for (uint256 i = 0; i < alone.refused.length; ++i) {
            require(report.refusals[i].call == alone.refused[i], "in the same order");
            bytes memory reason = alone.reasons[i];
            if (reason.length > 256) {
                assembly ("memory-safe") {
                    mstore(reason, 256)
                }
            }
            require(keccak256(report.refusals[i].reason) == keccak256(reason), "for the same reason");
        }
        for (uint256 i = 0; i < SHIPMENTS; ++i) {
            require(custody.slotOf(_shipment(i)) == alone.slots[i], "the same shipments");
        }
    }

    /// The lists above hold what they should: each kind of end occurs in a few of them.
    function test_TheRandomListsHoldAllKinds() external {
        uint256 applied = 0;
        uint256 skipped = 0;
        uint256 refused = 0;
        for (uint256 seed = 1; seed <= 5; ++seed) {
            uint256 snapshot = VM.snapshotState();
            Alone memory alone = _oneByOne(_calls(uint256(keccak256(abi.encode(seed)))));
            refused += alone.refused.length;
            for (uint256 i = 0; i < alone.logs.length; ++i) {
                (, bytes memory outcomes) = abi.decode(alone.logs[i].data, (bytes, bytes));
                if (uint8(outcomes[0]) == APPLIED) ++applied;
                else ++skipped;
            }
            require(VM.revertToState(snapshot), "as before");
        }
        require(applied > 5 && skipped > 5 && refused > 5, "some of each");
    }

    function _oneByOne(bytes[] memory calls) private returns (Alone memory alone) {
        uint256 count = 0;
        alone.refused = new bytes32[](calls.length);
        alone.reasons = new bytes[](calls.length);
        VM.recordLogs();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool done, bytes memory reason) = address(custody).call(calls[i]);
            if (done) continue;
            alone.refused[count] = keccak256(calls[i]);
            alone.reasons[count++] = reason;
        }
        alone.logs = VM.getRecordedLogs();
        (bytes32[] memory refused, bytes[] memory reasons) = (alone.refused, alone.reasons);
        assembly ("memory-safe") {
            mstore(refused, count)
            mstore(reasons, count)
        }
        alone.slots = new uint256[](SHIPMENTS);
        for (uint256 i = 0; i < SHIPMENTS; ++i) {
            alone.slots[i] = custody.slotOf(_shipment(i));
        }
    }

    /// @dev Openings, moves at sequences that may fit, splits, statements and rubbish, about a few shipments.
    function _calls(uint256 seed) private view returns (bytes[] memory calls) {
        calls = new bytes[](CALLS);
        for (uint256 i = 0; i < CALLS; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            uint256 ship = (draw >> 8) % SHIPMENTS;
            bytes32 id = _shipment(ship);
            uint256 choice = i < 3 ? 0 : draw % 8;
            if (choice <= 1) {
                calls[i] = opening(terms(MAKER, RETAILER, ship));
            } else if (choice <= 4) {
                (uint40 from, uint40 to) = draw >> 16 & 1 == 0 ? (MAKER, CARRIER) : (CARRIER, RETAILER);
                Handoff memory r = manifest(id, from, to, 10, 0);
                r.items[0].sequence = uint16((draw >> 24) % 3);
                if ((draw >> 32) % 4 == 0) r.submitBy = uint40(block.timestamp - 1);
                calls[i] = moving(r);
            } else if (choice == 5) {
                Split memory r = splitting(id, two(4, 3));
                (r.by, r.sequence) = (MAKER, uint16((draw >> 24) % 2));
                calls[i] = abi.encodeCall(custody.split, (r, signature(keyFor(MAKER), idOf(hasher.hash(r)))));
            } else if (choice == 6) {
                Statement memory r = statement(id, 1, MAKER, CARRIER);
                calls[i] = abi.encodeCall(custody.recordStatement, (r, signature(keyFor(MAKER), idOf(hasher.hash(r)))));
            } else {
                calls[i] = abi.encode(draw);
            }
        }
    }

    function _shipment(uint256 salt) private view returns (bytes32) {
        return idOf(hasher.hash(terms(MAKER, RETAILER, salt)));
    }
}
