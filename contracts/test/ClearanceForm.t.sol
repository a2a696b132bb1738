// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClearanceLedger} from "../src/ClearanceLedger.sol";
import {ICustodyLedger} from "../src/ICustodyLedger.sol";
import {Clearance, Require, ShipmentRef, ShipmentTerms} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {ClearanceRecords} from "./ClearanceRecords.sol";
import {VM} from "./Vm.sol";

/// @notice What a clearance must say and who signs it; who moves gates; and a successor's answers.
contract ClearanceFormTest is ClearanceRecords {
    using CustodySlot for uint256;

    function test_RecordsThatSayNothingAreRefused() external {
        bytes32 id = _opened(2, [2, 2, 0, 0], false, 1);
        Clearance memory r = _record(id, 0, RELEASED);
        r.items = new ShipmentRef[](0);
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceItemCount(uint256)", abi.encode(0));
        r.items = new ShipmentRef[](201);
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceItemCount(uint256)", abi.encode(201));
        r = _record(id, 0, RELEASED);
        for (uint8 status = 0; status <= 12; status += 12) {
            r.status = status;
            _refused(r, keyOf(CUSTOMS), 0, "ClearanceUnknownStatus(uint8)", abi.encode(status));
        }
        r = _record(id, 0, RELEASED);
        for (uint8 assurance = 0; assurance <= 4; assurance += 4) {
            r.assurance = assurance;
            _refused(r, keyOf(CUSTOMS), 0, "ClearanceUnknownAssurance(uint8)", abi.encode(assurance));
        }
        r = _record(id, 0, HELD);
        r.holdCause = 0;
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceHoldCause(uint8,uint8)", abi.encode(HELD, 0));
        r.holdCause = 12;
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceUnknownHoldCause(uint8)", abi.encode(12));
        r = _record(id, 0, RELEASED);
        r.holdCause = 11;
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceHoldCause(uint8,uint8)", abi.encode(RELEASED, 11));
        r.holdCause = 0;
        r.causedBy = MAKER;
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceCausedBy(uint8,uint40)", abi.encode(RELEASED, MAKER));
        r = _record(id, 0, RELEASED);
        r.occurredAt = uint40(block.timestamp + 15 minutes + 1);
        bytes memory late = abi.encode(r.occurredAt, block.timestamp);
        _refused(r, keyOf(CUSTOMS), 0, "EvidenceFromTheFuture(uint40,uint256)", late);
        r = _record(id, 0, RELEASED);
        r.regime = 10;
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceUnknownPair(bytes2,uint8)", abi.encode(bytes2("DE"), 10));
        r.regime = 1;
        r.jurisdiction = "D1";
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceUnknownPair(bytes2,uint8)", abi.encode(bytes2("D1"), 1));
    }

    function test_WhoSignsAClearance() external {
        bytes32 id = _opened(2, [2, 2, 0, 0], true, 1);
        Clearance memory r = _record(id, 0, RELEASED);
        _refused(r, keyOf(BROKER), 0, "ClearanceNotSigner(uint40,uint40)", abi.encode(CUSTOMS, BROKER));
        _refused(r, 0xBAD, 0, "ClearanceNotSigner(uint40,uint40)", abi.encode(CUSTOMS, 0));
        _refused(r, keyOf(CUSTOMS), keyOf(BROKER), "EvidenceSignatureLength(uint256,uint256)", abi.encode(1, 130));
        r.jurisdiction = "IT";
        bytes memory not = abi.encode(CUSTOMS, bytes2("IT"), 3);
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceNotPermitted(uint40,bytes2,uint8)", not);
        r = _record(id, 0, RELEASED);
        (r.by, r.assurance) = (BROKER, 2);
        _refused(r, keyOf(BROKER), 0, "ClearanceNoDeclarant(uint8)", abi.encode(2));
        r.assurance = 3;
        not = abi.encode(BROKER, bytes2("DE"), 3);
        _refused(r, keyOf(BROKER), 0, "ClearanceNotPermitted(uint40,bytes2,uint8)", not);
        (r.assurance, r.declarant) = (1, RETAILER);
        _refused(r, keyOf(BROKER), 0, "EvidenceSignatureLength(uint256,uint256)", abi.encode(2, 65));
        _refused(r, keyOf(BROKER), keyOf(MAKER), "ClearanceNotSigner(uint40,uint40)", abi.encode(RETAILER, MAKER));
        (r.by, r.declarant) = (RETAILER, RETAILER);
        not = abi.encode(RETAILER, bytes2("DE"), 1);
        _refused(r, keyOf(RETAILER), 0, "ClearanceNotPermitted(uint40,bytes2,uint8)", not);
        change(SUSPEND, CUSTOMS, address(0), 0, 0);
        r = _record(id, 0, RELEASED);
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceSuspended(uint40)", abi.encode(CUSTOMS));
    }

    function test_NobodyButTheClearanceLedgerMovesGates() external {
        bytes32 id = _opened(2, [2, 2, 0, 0], false, 1);
        ICustodyLedger.ClearanceEffect memory effect;
        effect.jurisdiction = "DE";
        effect.regime = 1;
        effect.gate = ICustodyLedger.GateChange.OPEN;
        expectError("CustodyNotClearance(address)", abi.encode(address(this)));
        custody.applyClearance(effect, list(id));
        VM.prank(address(_clearance));
        require(custody.applyClearance(effect, list(id)).length == 0, "nothing refused");
        require(custody.slotOf(id).released() == 1, "by the ledger itself");
        change(CLOSE_CONTRACT, 0, address(custody), 1, 0);
        VM.warp(block.timestamp + delay());
        Clearance memory r = _record(id, 0, RELEASED);
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceNoCustody()", "");
    }

    function test_TermsRequireWhatExistsAndOnce() external {
        ShipmentTerms memory r = _terms(2, [2, 2, 0, 0], false, 1);
        r.requires[1] = r.requires[0];
        expectError("CustodyRequiredTwice(uint256,bytes2,uint8)", abi.encode(1, bytes2("DE"), 1));
        this.openOut(r);
        for (uint8 gate = 0; gate <= 8; gate += 8) {
            r = _terms(2, [2, 2, 0, 0], false, 1);
            r.requires[1].gate = gate;
            expectError("CustodyUnknownGate(uint256,uint8)", abi.encode(1, gate));
            this.openOut(r);
        }
        r = _terms(2, [2, 2, 0, 0], false, 1);
        r.requires[0].regime = 10;
        expectError("CustodyUnknownPair(uint256,bytes2,uint8)", abi.encode(0, bytes2("DE"), 10));
        this.openOut(r);
        r = _terms(2, [2, 2, 0, 0], false, 1);
        r.requires = new Require[](5);
        expectError("CustodyListLength(uint256,uint256)", abi.encode(5, 4));
        this.openOut(r);
    }

    function test_ASuccessorAnswersAsItsPredecessorAndGoesOn() external {
        bytes32 id = _opened(2, [2, 2, 0, 0], false, 1);
        _clear(id, 0, RELEASED);
        _clear(id, 0, HELD);
        ClearanceLedger before = _clearance;
        _clearance = new ClearanceLedger(registry, address(before));
        change(CLOSE_CONTRACT, 0, address(before), 2, 0);
        change(OPEN_CONTRACT, 0, address(_clearance), 2, 0);
        VM.warp(block.timestamp + delay());
        (uint16 sequence, uint8 status) = _clearance.slotOf(id, "DE", 1);
        require(sequence == 2 && status == HELD, "where the predecessor stopped");
        (sequence, status) = _clearance.slotOf(id, "DE", 2);
        require(sequence == 0 && status == 0, "and nothing where it knew nothing");
        require(_only(_clear(id, 0, RECALLED)) == FORBIDDEN, "recalled follows a release, also one before");
        require(_only(_clear(id, 0, RELEASED)) == APPLIED, "goes on");
        (sequence, status) = _clearance.slotOf(id, "DE", 1);
        require(sequence == 3 && status == RELEASED, "from there");
        require(_only(_clear(id, 1, RELEASED)) == APPLIED, "what is new begins");
    }
}
