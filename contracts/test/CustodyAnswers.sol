// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Handoff, ShipmentTerms, Split, Statement} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {CustodyFixture} from "./CustodyFixture.sol";

/// @notice What custody says after a record, and calls from outside, which a test can expect to revert.
abstract contract CustodyAnswers is CustodyFixture {
    using CustodySlot for uint256;

    function handOut(Handoff calldata r, uint256 first, uint256 second) external {
        handBy(r, first, second);
    }

    function openOut(ShipmentTerms calldata r, uint256 first, uint256 second) external {
        openBy(r, first, second);
    }

    function splitOut(Split calldata r, uint256 key) external {
        splitBy(r, key);
    }

    function stateOut(Statement calldata r, uint256 first, uint256 second) external {
        stateBy(r, first, second);
    }

    function _one(uint32 count) internal pure returns (uint32[] memory counts) {
        counts = new uint32[](1);
        counts[0] = count;
    }

    function _holds(bytes32 shipment, uint40 custodian, uint256 packages, uint256 sequence, uint256 state_) internal view {
        uint256 slot = custody.slotOf(shipment);
        require(slot.custodian() == custodian, "custodian");
        require(slot.packages() == packages, "packages");
        require(slot.sequence() == sequence, "sequence");
        require(slot.state() == state_, "state");
    }
}
