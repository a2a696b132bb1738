// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CustodySlot} from "../src/base/CustodySlot.sol";
import {ClearanceHandler} from "./ClearanceHandler.sol";

/// @notice What must hold whatever anyone submits:
///
/// 1. Every record is answered as the rules say, and every act has happened in the end: each of the eleven statuses
///    applied on customs' word, some after seizure, after delivery and for a pair that is not required; in a list; by a
///    broker with a declarant; refused to a broker without a relay or for a third, to a party, out of turn, where it may
///    not follow; refused to a stranger; among openings, splits, short items and deliveries.
/// 2. The sequence of a clearance grows by one with each record that applies, and its status is the last that applied.
/// 3. A gate is open exactly when the last status that decides about release, given while the shipment was under way,
///    released it; so what was split off or stayed behind is released of nothing.
/// 4. Custody is what the rules say: what a refused record names does not change, and what is not under way stays as it
///    is, but that what was seized is destroyed.
/// 5. Who is neither customs of the jurisdiction nor a broker moves nothing, and nobody reaches custody directly.
/// forge-config: default.invariant.runs = 16
/// forge-config: default.invariant.depth = 200
/// forge-config: mutants.invariant.runs = 2
/// forge-config: mutants.invariant.depth = 200
contract ClearanceLedgerInvariants {
    using CustodySlot for uint256;

    /// @notice An act that the rules allow has not happened in a whole run: the other checks say nothing about it.
    error NeverHappened(ClearanceHandler.Act act);

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev A run of 200 calls has more.
    uint256 private constant LEAST_TURNS = 150;

    ClearanceHandler private _handler;

    function setUp() public {
        _handler = new ClearanceHandler();
    }

    /// @notice Asked by forge: what to call.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](1);
        actions[0] = ClearanceHandler.act.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: actions});
    }

    /// @notice Asked by forge: nobody else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice After every call: the answers, and one shipment in turn.
    function invariant_ClearancesHold() external view {
        require(_handler.surprisedBy() == 0, "1: answered otherwise than the rules say");
        require(!_handler.strangerMoved(), "5: a stranger moved something");
        uint256 count = _handler.count();
        if (count != 0) _compare(_handler.shipments(_handler.turns() % count));
    }

    /// @notice At the end of each run: every shipment, and that everything has happened.
    function afterInvariant() external view {
        // Not of the few calls that forge repeats from a run that failed.
        bool whole = _handler.turns() >= LEAST_TURNS;
        for (uint256 i = 0; i < _handler.ACTS() && whole; ++i) {
            if (_handler.happened(i) == 0) revert NeverHappened(ClearanceHandler.Act(i));
        }
        for (uint256 i = 0; i < _handler.count(); ++i) {
            _compare(_handler.shipments(i));
        }
    }

    function _compare(bytes32 shipment) private view {
        ClearanceHandler.Account memory account = _handler.accountOf(shipment);
        uint256 slot = _handler.slotOf(shipment);
        uint256 gates = 0;
        for (uint256 pair = 0; pair < _handler.PAIRS(); ++pair) {
            (uint16 sequence, uint8 status) = _handler.clearanceOf(shipment, pair);
            require(sequence == account.sequences[pair], "2: sequence");
            require(status == account.statuses[pair], "2: status");
            uint256 place = (pair + _handler.PAIRS() - account.first) % _handler.PAIRS();
            uint256 mask = place < account.count ? 1 << place : 0;
            require(slot.requirementMask(_handler.pairOf(pair)) == mask, "3: required as the terms say");
            if (mask == 0) continue;
            uint256 gate = account.gates[place];
            gates |= (gate & 1) << place | (gate >> 1 & 1) << (4 + place) | (gate >> 2 & 1) << (8 + place);
        }
        require(slot.released() == account.released, "3: gates");
        require(slot.handoverGates() | slot.deliveryGates() << 4 | slot.saleGates() << 8 == gates, "3: where they stand");
        require(slot.relay() == (account.relay ? (1 << account.count) - 1 : 0), "3: relays");
        require(slot.custodian() == account.custodian && slot.consignor() == account.consignor, "4: parties");
        require(slot.packages() == account.packages && slot.flags() == account.flags, "4: packages and marks");
        require(slot.sequence() == account.sequence && slot.state() == account.state, "4: sequence and state");
    }
}
