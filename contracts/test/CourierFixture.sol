// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Courier} from "../src/Courier.sol";
import {ICourier} from "../src/ICourier.sol";
import {IRecorder} from "../src/IRecorder.sol";
import {Handoff, ShipmentTerms} from "../src/Records.sol";
import {CustodyFixture} from "./CustodyFixture.sol";
import {VM, Vm} from "./Vm.sol";

/// @notice A courier, parcels for it, and what it said of them.
abstract contract CourierFixture is CustodyFixture {
    uint8 internal constant REGISTRY_KIND = 0;
    uint8 internal constant CUSTODY_KIND = 1;
    uint32 internal constant PLENTY = 500_000;

    Courier internal immutable courier;

    struct Refusal {
        bytes32 call;
        bytes reason;
    }

    struct Report {
        uint256 carried;
        uint256 parcels;
        Refusal[] refusals;
        Vm.Log[] recorded; // what other contracts emitted, in order
    }

    constructor() {
        courier = new Courier(registry);
    }

    function parcel(uint8 kind, bytes memory data) internal pure returns (ICourier.Parcel memory) {
        return ICourier.Parcel({kind: kind, gas: PLENTY, data: data});
    }

    function opening(ShipmentTerms memory r) internal view returns (bytes memory) {
        return abi.encodeCall(custody.open, (r, signature(keyFor(r.consignor), idOf(hasher.hash(r)))));
    }

    function moving(Handoff memory r) internal view returns (bytes memory) {
        bytes32 id = idOf(hasher.hash(r));
        return abi.encodeCall(
            custody.handoff, (r, bytes.concat(signature(keyFor(r.releaser), id), signature(keyFor(r.receiver), id)))
        );
    }

    function carry(ICourier.Parcel[] memory parcels) internal returns (Report memory) {
        return carry(parcels, gasleft());
    }

    /// @notice Carried with this much gas, by a stranger.
    function carry(ICourier.Parcel[] memory parcels, uint256 gas) internal returns (Report memory) {
        VM.recordLogs();
        VM.prank(address(0x57A16E));
        uint256 carried = courier.carry{gas: gas}(parcels);
        Report memory report = read(VM.getRecordedLogs());
        require(report.carried == carried && report.parcels == parcels.length, "the event says what is returned");
        return report;
    }

    function read(Vm.Log[] memory logs) internal view returns (Report memory report) {
        uint256 refusals = 0;
        uint256 others = 0;
        report.refusals = new Refusal[](logs.length);
        report.recorded = new Vm.Log[](logs.length);
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(courier)) {
                report.recorded[others++] = logs[i];
            } else if (logs[i].topics[0] == ICourier.Refused.selector) {
                report.refusals[refusals++] = Refusal(logs[i].topics[1], abi.decode(logs[i].data, (bytes)));
            } else {
                require(logs[i].topics[0] == ICourier.Carried.selector && i == logs.length - 1, "once, at the end");
                (report.carried, report.parcels) = abi.decode(logs[i].data, (uint256, uint256));
            }
        }
        Refusal[] memory refused = report.refusals;
        Vm.Log[] memory recorded = report.recorded;
        assembly ("memory-safe") {
            mstore(refused, refusals)
            mstore(recorded, others)
        }
    }

    /// @notice Two lists of events are the same, whoever brought them about.
    function requireSame(Vm.Log[] memory a, Vm.Log[] memory b) internal pure {
        require(a.length == b.length, "as many events");
        for (uint256 i = 0; i < a.length; ++i) {
            require(a[i].emitter == b[i].emitter, "of the same contracts");
            require(
                keccak256(abi.encode(a[i].topics, a[i].data)) == keccak256(abi.encode(b[i].topics, b[i].data)), "alike"
            );
        }
    }

    function isRecorded(Vm.Log memory log, bytes32 id) internal pure returns (bool) {
        return log.topics[0] == IRecorder.Recorded.selector && log.topics[1] == id;
    }
}
