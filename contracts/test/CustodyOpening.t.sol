// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Handoff, Override, ShipmentTerms} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {CustodyAnswers} from "./CustodyAnswers.sol";
import {VM} from "./Vm.sol";

/// @notice What terms must say, who signs them, and what becomes of the parents that they name.
contract CustodyOpeningTest is CustodyAnswers {
    using CustodySlot for uint256;

    // --- opening ---------------------------------------------------------------------------------------------------

    function test_TermsThatSayNothingOpenNothing() external {
        ShipmentTerms memory r = terms(MAKER, RETAILER, 1);
        r.consignor = 0;
        r.holder = CARRIER;
        expectError("CustodyNoConsignor()", "");
        this.openOut(r, keyOf(MAKER), 0);
        r = terms(MAKER, RETAILER, 1);
        r.purpose = 0;
        expectError("CustodyUnknownPurpose(uint8)", abi.encode(0));
        this.openOut(r, keyOf(MAKER), 0);
        r.purpose = 8;
        expectError("CustodyUnknownPurpose(uint8)", abi.encode(8));
        this.openOut(r, keyOf(MAKER), 0);
        r.purpose = ONWARD;
        expectError("CustodyParentCount(uint8,uint256)", abi.encode(ONWARD, 0));
        this.openOut(r, keyOf(MAKER), 0);
        r = onward(ONWARD, MAKER, MAKER, RETAILER, list(open(terms(MAKER, RETAILER, 9))));
        r.purpose = 1;
        expectError("CustodyParentCount(uint8,uint256)", abi.encode(1, 1));
        this.openOut(r, keyOf(MAKER), 0);
        r = terms(MAKER, RETAILER, 1);
        r.holder = 0;
        expectError("CustodyNoHolder(uint8,uint40)", abi.encode(1, RETAILER));
        this.openOut(r, keyOf(MAKER), 0xBAD);
        r = terms(MAKER, RETAILER, 1);
        r.packages = 0;
        expectError("CustodyNoPackages()", "");
        this.openOut(r, keyOf(MAKER), 0);
        r.packages = 1;
        r.submitBy = uint40(block.timestamp - 1);
        expectError("EvidenceTooLate(uint40,uint256)", abi.encode(block.timestamp - 1, block.timestamp));
        this.openOut(r, keyOf(MAKER), 0);
    }

    function test_WhoSignsTerms() external {
        ShipmentTerms memory r = terms(MAKER, RETAILER, 1);
        expectError("CustodyNotItsKey(uint40,address)", abi.encode(MAKER, VM.addr(keyOf(CARRIER))));
        this.openOut(r, keyOf(CARRIER), 0);
        expectError("EvidenceSignatureLength(uint256,uint256)", abi.encode(1, 130));
        this.openOut(r, keyOf(MAKER), keyOf(CARRIER));
        r = terms(AUDITOR, RETAILER, 1);
        expectError("CustodyMayNotConsign(uint40)", abi.encode(AUDITOR));
        this.openOut(r, keyOf(AUDITOR), 0);
        r = terms(MAKER, RETAILER, 1);
        r.holder = CARRIER;
        expectError("EvidenceSignatureLength(uint256,uint256)", abi.encode(2, 65));
        this.openOut(r, keyOf(MAKER), 0);
        expectError("CustodyNotItsKey(uint40,address)", abi.encode(CARRIER, VM.addr(keyOf(RETAILER))));
        this.openOut(r, keyOf(MAKER), keyOf(RETAILER));
        expectError("CustodySameKey(address)", abi.encode(VM.addr(keyOf(MAKER))));
        this.openOut(r, keyOf(MAKER), keyOf(MAKER));
        bytes32 id = open(r);
        _holds(id, CARRIER, 10, 0, 1);
        expectError("CustodyAlreadyOpen(bytes32)", abi.encode(id));
        this.openOut(r, keyOf(MAKER), keyOf(CARRIER));
    }

    function test_ASuspendedPartnerOpensAndReceivesNothingButGivesBack() external {
        bytes32 held = open(terms(MAKER, RETAILER, 1));
        hand(held, CARRIER);
        bytes32 fresh = open(terms(MAKER, RETAILER, 2));
        change(SUSPEND, CARRIER, address(0), 0, 0);
        bytes memory suspended = abi.encode(CARRIER);
        Handoff memory r = manifest(fresh, MAKER, CARRIER, 10, 0);
        expectError("CustodySuspended(uint40)", suspended);
        this.handOut(r, keyOf(MAKER), keyOf(CARRIER));
        Override memory o = overriding(fresh, CARRIER);
        bytes32 id = idOf(hasher.hash(o));
        expectError("CustodySuspended(uint40)", suspended);
        custody.overrideCustody(o, bytes.concat(signature(COUNCIL_KEY, id), signature(keyOf(CARRIER), id)));
        ShipmentTerms memory t = terms(MAKER, RETAILER, 3);
        t.holder = CARRIER;
        expectError("CustodySuspended(uint40)", suspended);
        this.openOut(t, keyOf(MAKER), keyOf(CARRIER));
        // What it holds it may give away, split, and go on holding on the same goods' next terms.
        t = onward(ONWARD, MAKER, CARRIER, RETAILER, list(held));
        held = open(t);
        require(hand(held, MAIN_CARRIER) == APPLIED, "given away");
        change(SUSPEND, MAKER, address(0), 0, 0);
        t = terms(MAKER, RETAILER, 4);
        expectError("CustodySuspended(uint40)", abi.encode(MAKER));
        this.openOut(t, keyOf(MAKER), 0);
    }

    // --- parents ---------------------------------------------------------------------------------------------------

    function test_OnwardTermsCloseTheirParents() external {
        bytes32 first = open(terms(MAKER, RETAILER, 1));
        bytes32 second = open(terms(MAKER, RETAILER, 2));
        bytes32[] memory parents = new bytes32[](2);
        (parents[0], parents[1]) = (first, second);
        bytes32 merged = open(onward(MERGE, MAKER, MAKER, CARRIER, parents));
        _holds(first, MAKER, 10, 1, 4);
        _holds(second, MAKER, 10, 1, 4);
        _holds(merged, MAKER, 20, 0, 1);
        require(hand(first, CARRIER) == ENDED, "a parent moves no more");
    }

    function test_AParentIsHeldAndDeliveredOrDivertedByOneOfItsSides() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        hand(id, CARRIER);
        // MAIN_CARRIER's consignor role does not matter: MAKER and RETAILER divert, a third cannot.
        grant(MAIN_CARRIER, 1);
        VM.warp(block.timestamp + delay());
        ShipmentTerms memory r = onward(ONWARD, MAIN_CARRIER, CARRIER, AUDITOR, list(id));
        expectError("CustodyParent(bytes32,uint8)", abi.encode(id, FORBIDDEN));
        this.openOut(r, keyOf(MAIN_CARRIER), keyOf(CARRIER));
        r = onward(ONWARD, MAKER, MAIN_CARRIER, AUDITOR, list(id));
        expectError("CustodyParent(bytes32,uint8)", abi.encode(id, NOT_HELD));
        this.openOut(r, keyOf(MAKER), keyOf(MAIN_CARRIER));
        r = onward(ONWARD, MAKER, CARRIER, AUDITOR, list(id));
        r.parents[0].sequence = 2;
        expectError("CustodyParent(bytes32,uint8)", abi.encode(id, AHEAD));
        this.openOut(r, keyOf(MAKER), keyOf(CARRIER));
        r.parents[0].sequence = 0;
        expectError("CustodyParent(bytes32,uint8)", abi.encode(id, STALE));
        this.openOut(r, keyOf(MAKER), keyOf(CARRIER));
        open(onward(ONWARD, RETAILER, CARRIER, AUDITOR, list(id)));
        _holds(id, CARRIER, 10, 2, 4);
        bytes32 delivered = open(terms(MAKER, MAIN_CARRIER, 2));
        hand(delivered, MAIN_CARRIER);
        require(open(onward(ONWARD, MAIN_CARRIER, MAIN_CARRIER, AUDITOR, list(delivered))) != 0, "what is delivered is its own");
    }

    function test_AReplacementTakesNothingFromWhatItReplaces() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        ShipmentTerms memory r = onward(REPLACEMENT, MAKER, MAKER, RETAILER, list(id));
        expectError("CustodyParent(bytes32,uint8)", abi.encode(id, FORBIDDEN));
        this.openOut(r, keyOf(MAKER), 0);
        require(state(statement(id, 3, MAKER, 0)) == APPLIED, "lost");
        r.parents[0].sequence = 1;
        expectError("CustodyParent(bytes32,uint8)", abi.encode(id, AHEAD));
        this.openOut(r, keyOf(MAKER), 0);
        r.parents[0].sequence = 0;
        uint256 before = custody.slotOf(id);
        open(r);
        require(custody.slotOf(id) == before, "what has ended stays as it was");
        r.parents[0].shipment = keccak256("none");
        expectError("CustodyParent(bytes32,uint8)", abi.encode(keccak256("none"), UNKNOWN));
        this.openOut(r, keyOf(MAKER), 0);
    }
}
