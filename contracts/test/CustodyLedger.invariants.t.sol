// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ShipmentStates} from "../src/Codes.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {CustodyHandler} from "./CustodyHandler.sol";

/// @notice What holds after any sequence of records, honest or forged:
///
/// 1. Every record is answered as the rules say, and every act has happened in the end: opened, handed over in full,
///    short, over and refused, delivered to partners and to a consumer and released by one, split, stated, ended, overridden
///    in time, too early and too late, gone on from, merged, returned, replayed, forged.
/// 2. Every shipment is what the rules say: custodian, parties, packages, sequence, state, marks. So nothing changes without
///    its custodian's signature but by an override, a sequence only grows, what has ended stays ended, parties never change.
/// 3. Packages are neither made nor lost: those not closed into others hold together what was opened and counted over.
/// 4. Nobody moves goods with the receiver's signature alone, or with a stranger's for the releaser's.
/// 5. Goods of partner 0 have their recipient key, whatever became of them.
/// forge-config: default.invariant.runs = 8
/// forge-config: default.invariant.depth = 250
/// forge-config: mutants.invariant.runs = 2
/// forge-config: mutants.invariant.depth = 250
contract CustodyLedgerInvariants {
    using CustodySlot for uint256;

    /// @notice An act that the rules allow has not happened in a whole run: the other checks say nothing about it.
    error NeverHappened(CustodyHandler.Act act);

    /// @notice The first answer that was not what the rules say.
    error Surprised(CustodyHandler.Act act, uint8 outcome, uint8 expected);

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev A run of 250 calls has more.
    uint256 private constant LEAST_TURNS = 200;

    CustodyHandler private _handler;

    function setUp() public {
        _handler = new CustodyHandler();
    }

    /// @notice Asked by forge: what to call.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](1);
        actions[0] = CustodyHandler.act.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: actions});
    }

    /// @notice Asked by forge: nobody else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice After every call: the answers, and one shipment in turn.
    function invariant_CustodyHolds() external view {
        (bool surprised, CustodyHandler.Act act, uint8 outcome, uint8 expected) = _handler.surprise();
        if (surprised) revert Surprised(act, outcome, expected);
        require(!_handler.forgerySucceeded(), "4: a forged manifest was taken");
        uint256 count = _handler.count();
        if (count != 0) _compare(_handler.shipments(_handler.turns() % count));
    }

    /// @notice At the end of each run: every shipment, and that everything has happened.
    function afterInvariant() external view {
        // Not of the few calls that forge repeats from a run that failed.
        bool whole = _handler.turns() >= LEAST_TURNS;
        for (uint256 i = 0; i < _handler.ACTS() && whole; ++i) {
            if (_handler.happened(i) == 0) revert NeverHappened(CustodyHandler.Act(i));
        }
        uint256 sum = 0;
        for (uint256 i = 0; i < _handler.count(); ++i) {
            bytes32 shipment = _handler.shipments(i);
            _compare(shipment);
            uint256 slot = _handler.slotOf(shipment);
            uint256 state = slot.state();
            bool closed = state == ShipmentStates.CLOSED_INTO_CHILDREN || state == ShipmentStates.CLOSED_INTO_ONWARD;
            if (!closed) sum += slot.packages();
        }
        require(sum == _handler.owed(), "3: what was opened, and what was counted over");
    }

    function _compare(bytes32 shipment) private view {
        CustodyHandler.Account memory account = _handler.accountOf(shipment);
        uint256 slot = _handler.slotOf(shipment);
        require(slot.custodian() == account.custodian, "2: custodian");
        require(slot.consignee() == account.consignee && slot.consignor() == account.consignor, "2: parties");
        require(slot.packages() == account.packages, "2: packages");
        require(slot.sequence() == account.sequence && slot.state() == account.state, "2: sequence and state");
        require(slot.flags() == account.flags, "2: marks");
        if (account.consignee == 0 || account.custodian == 0) {
            require(_handler.recipientKeyOf(shipment) == _handler.oneTimeAddress(), "5: recipient key");
        }
    }
}
