// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CustodyLedger} from "../src/CustodyLedger.sol";
import {Handoff, HandoffItem, Override, ShipmentTerms, Split, Statement} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {CustodyFixture} from "./CustodyFixture.sol";
import {VM} from "./Vm.sol";

/// @notice What custody answers, one promise or attack a test. The rules in full, and every revert, are tested from Python.
contract CustodyLedgerTest is CustodyFixture {
    using CustodySlot for uint256;

    // --- handoffs --------------------------------------------------------------------------------------------------

    function test_AHandoffAnswersWhatStoodInItsWay() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        Handoff memory r = manifest(id, MAKER, CARRIER, 10, 0);
        Handoff memory wrong = manifest(id, MAKER, CARRIER, 10, 0);
        wrong.items[0].sequence = 1;
        require(hand(wrong) == AHEAD, "ahead");
        require(hand(manifest(id, RETAILER, CARRIER, 10, 0)) == NOT_HELD, "not held by whom it says");
        require(hand(manifest(keccak256("none"), MAKER, CARRIER, 10, 0)) == UNKNOWN, "unknown");
        require(hand(r) == APPLIED, "applied");
        require(hand(r) == STALE, "a replay is stale");
        _holds(id, CARRIER, 10, 1, 1);
        require(hand(id, RETAILER) == APPLIED, "delivered");
        _holds(id, RETAILER, 10, 2, 2);
        require(hand(id, CARRIER) == ENDED, "delivered goods do not move on the same terms");
    }

    function test_CountsAndExceptionsAgree() external {
        uint32[4] memory counts = [uint32(10), 9, 0, 11];
        uint16[4] memory fitting = [uint16(0), SHORT, REFUSED, OVER];
        uint16[5] memory all = [uint16(0), SHORT, REFUSED, OVER, SHORT | OVER];
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 j = 0; j < 5; ++j) {
                bytes32 id = open(terms(MAKER, RETAILER, 10 * i + j));
                // Damage says nothing about the count.
                uint8 outcome = hand(manifest(id, MAKER, CARRIER, counts[i], all[j] | 2));
                require(outcome == (all[j] == fitting[i] ? APPLIED : COUNT), "only the exception that says what the count says");
                if (outcome == COUNT) _holds(id, MAKER, 10, 0, 1);
                else if (counts[i] == 0) _holds(id, MAKER, 10, 1, 1);
                else _holds(id, CARRIER, counts[i], 1, 1);
                uint256 left = custody.slotOf(remainderOf(id, 0));
                require((left != 0) == (outcome == APPLIED && counts[i] == 9), "a remainder where fewer moved");
            }
        }
    }

    function test_ARemainderStaysWithItsHolderAndSaysSo() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        hand(id, CARRIER);
        require(hand(manifest(id, CARRIER, MAIN_CARRIER, 4, SHORT)) == APPLIED, "four of ten");
        bytes32 left = remainderOf(id, 1);
        _holds(left, CARRIER, 6, 0, 1);
        require(custody.slotOf(left).flags() == 2 && custody.slotOf(id).flags() == 0, "marked as remainder");
        require(custody.slotOf(left).consignee() == RETAILER && custody.slotOf(left).consignor() == MAKER, "same terms");
    }

    function test_WhoMayReceive() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        Handoff memory r = manifest(id, MAKER, AUDITOR, 10, 0);
        expectError("CustodyMayNotReceive(bytes32,uint40)", abi.encode(id, AUDITOR));
        this.handOut(r, keyOf(MAKER), keyOf(AUDITOR));
        // Unknown shipments say so whoever receives.
        require(hand(manifest(keccak256("none"), MAKER, AUDITOR, 10, 0)) == UNKNOWN, "unknown");
    }

    function test_BothSidesSign() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        Handoff memory r = manifest(id, MAKER, CARRIER, 10, 0);
        expectError("CustodyNotItsKey(uint40,address)", abi.encode(MAKER, VM.addr(keyOf(RETAILER))));
        this.handOut(r, keyOf(RETAILER), keyOf(CARRIER));
        expectError("CustodyNotItsKey(uint40,address)", abi.encode(CARRIER, VM.addr(keyOf(RETAILER))));
        this.handOut(r, keyOf(MAKER), keyOf(RETAILER));
        expectError("CustodySameKey(address)", abi.encode(VM.addr(keyOf(MAKER))));
        this.handOut(r, keyOf(MAKER), keyOf(MAKER));
        r.receiver = MAKER;
        expectError("CustodySamePartner(uint40)", abi.encode(MAKER));
        this.handOut(r, keyOf(MAKER), keyOf(MAKER));
    }

    function test_AHandoffIsInTimeAndItsItemsInOrder() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        Handoff memory r = manifest(id, MAKER, CARRIER, 10, 0);
        r.submitBy = uint40(block.timestamp - 1);
        expectError("EvidenceTooLate(uint40,uint256)", abi.encode(block.timestamp - 1, block.timestamp));
        this.handOut(r, keyOf(MAKER), keyOf(CARRIER));
        r.submitBy = uint40(block.timestamp);
        r.occurredAt = uint40(block.timestamp + 15 minutes + 1);
        expectError("EvidenceFromTheFuture(uint40,uint256)", abi.encode(block.timestamp + 15 minutes + 1, block.timestamp));
        this.handOut(r, keyOf(MAKER), keyOf(CARRIER));
        r.occurredAt = uint40(block.timestamp + 15 minutes);
        HandoffItem memory item = r.items[0];
        r.items = new HandoffItem[](0);
        expectError("CustodyListLength(uint256,uint256)", abi.encode(0, 200));
        this.handOut(r, keyOf(MAKER), keyOf(CARRIER));
        r.items = new HandoffItem[](201);
        for (uint256 i = 0; i < 201; ++i) {
            r.items[i] = HandoffItem(bytes32(i + 1), 0, 1, 0);
        }
        expectError("CustodyListLength(uint256,uint256)", abi.encode(201, 200));
        this.handOut(r, keyOf(MAKER), keyOf(CARRIER));
        r.items = new HandoffItem[](2);
        r.items[0] = item;
        r.items[1] = item;
        expectError("CustodyNotAscending(uint256)", abi.encode(1));
        this.handOut(r, keyOf(MAKER), keyOf(CARRIER));
        r.items = new HandoffItem[](1);
        r.items[0] = item;
        require(hand(r) == APPLIED, "on the last second");
    }

    // --- partner 0 -------------------------------------------------------------------------------------------------

    function test_OnlyTheRecipientKeySignsForPartner0() external {
        bytes32 id = open(terms(MAKER, CONSUMER, 1));
        hand(id, CARRIER);
        Handoff memory r = manifest(id, CARRIER, CONSUMER, 10, 0);
        require(handBy(r, keyOf(CARRIER), 0xBAD) == WRONG_KEY, "somebody else's key");
        expectError("CustodyKnownKey(address)", abi.encode(VM.addr(keyOf(MAKER))));
        this.handOut(r, keyOf(CARRIER), keyOf(MAKER));
        require(hand(r) == APPLIED, "delivered to the door");
        _holds(id, CONSUMER, 10, 1 + 1, 2);
    }

    function test_AConsumerSendsBackAndTheRecipientKeySignsLast() external {
        bytes32 order = open(terms(MAKER, CONSUMER, 1));
        hand(order, CARRIER);
        hand(order, CONSUMER);
        ShipmentTerms memory r = onward(RETURN, MAKER, CONSUMER, MAKER, list(order));
        expectError("CustodyParent(bytes32,uint8)", abi.encode(order, WRONG_KEY));
        this.openOut(r, keyOf(MAKER), 0xBAD);
        bytes32 back = open(r);
        _holds(order, CONSUMER, 10, 3, 4);
        _holds(back, CONSUMER, 10, 0, 1);
        require(custody.recipientKeyOf(back) == VM.addr(ONE_TIME_KEY), "the key goes with the terms");
        Handoff memory pickup = manifest(back, CONSUMER, CARRIER, 10, 0);
        require(handBy(pickup, keyOf(CARRIER), 0xBAD) == WRONG_KEY, "not with another key");
        expectError("CustodyKnownKey(address)", abi.encode(VM.addr(keyOf(CARRIER))));
        this.handOut(pickup, ONE_TIME_KEY, keyOf(CARRIER));
        require(hand(pickup) == APPLIED, "picked up");
        _holds(back, CARRIER, 10, 1, 1);
    }

    function test_APartnersKeyIsNoRecipientKey() external {
        ShipmentTerms memory r = terms(MAKER, CONSUMER, 1);
        r.recipientKey = VM.addr(keyOf(CARRIER));
        expectError("CustodyKnownKey(address)", abi.encode(r.recipientKey));
        this.openOut(r, keyOf(MAKER), 0);
        r.recipientKey = address(0);
        expectError("CustodyRecipientKey(address,uint40,uint40)", abi.encode(0, CONSUMER, MAKER));
        this.openOut(r, keyOf(MAKER), 0);
        r = terms(MAKER, RETAILER, 1);
        r.recipientKey = VM.addr(ONE_TIME_KEY);
        expectError("CustodyRecipientKey(address,uint40,uint40)", abi.encode(r.recipientKey, RETAILER, MAKER));
        this.openOut(r, keyOf(MAKER), 0);
    }

    function test_ChildrenOfAConsumersGoodsKeepTheKey() external {
        bytes32 id = open(terms(MAKER, CONSUMER, 1));
        require(split(splitting(id, two(4, 6))) == APPLIED, "split");
        bytes32 child = childOf(id, 0, 1);
        require(custody.recipientKeyOf(child) == VM.addr(ONE_TIME_KEY), "a child of it");
        hand(child, CARRIER);
        hand(manifest(child, CARRIER, MAIN_CARRIER, 1, SHORT));
        require(custody.recipientKeyOf(remainderOf(child, 1)) == VM.addr(ONE_TIME_KEY), "a remainder of that");
        hand(child, CONSUMER);
        require(splitBy(splitting(child, _one(1)), 0xBAD) == WRONG_KEY, "not with another key");
        require(split(splitting(child, _one(1))) == APPLIED, "its own");
        bytes32 plain = open(terms(MAKER, RETAILER, 2));
        split(splitting(plain, two(4, 6)));
        require(custody.recipientKeyOf(childOf(plain, 0, 0)) == address(0), "none where nobody needs one");
    }

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

    // --- splits ----------------------------------------------------------------------------------------------------

    function test_ASplitIsTheHoldersAndExact() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        require(split(splitting(id, two(4, 5))) == COUNT, "not nine of ten");
        Split memory r = splitting(id, two(4, 6));
        r.by = CARRIER;
        require(split(r) == NOT_HELD, "not somebody else's");
        expectError("CustodyNotItsKey(uint40,address)", abi.encode(CARRIER, VM.addr(keyOf(MAKER))));
        this.splitOut(r, keyOf(MAKER));
        r = splitting(id, two(0, 10));
        expectError("CustodyNoPackages()", "");
        this.splitOut(r, keyOf(MAKER));
        r = splitting(id, new uint32[](0));
        expectError("CustodyListLength(uint256,uint256)", abi.encode(0, 200));
        this.splitOut(r, keyOf(MAKER));
        r = splitting(id, new uint32[](201));
        expectError("CustodyListLength(uint256,uint256)", abi.encode(201, 200));
        this.splitOut(r, keyOf(MAKER));
        r = splitting(id, two(4, 6));
        r.occurredAt = uint40(block.timestamp + 15 minutes + 1);
        expectError("EvidenceFromTheFuture(uint40,uint256)", abi.encode(r.occurredAt, block.timestamp));
        this.splitOut(r, keyOf(MAKER));
        r.occurredAt = 0;
        require(split(r) == APPLIED, "exact");
        _holds(id, MAKER, 10, 1, 3);
        _holds(childOf(id, 0, 0), MAKER, 4, 0, 1);
        _holds(childOf(id, 0, 1), MAKER, 6, 0, 1);
        require(split(r) == ENDED, "once");
    }

    // --- statements ------------------------------------------------------------------------------------------------

    function test_StatementsThatEndAndThoseThatDoNot() external {
        // Kind, and the state that it ends in; 1 for those that end nothing.
        uint8[8] memory states = [1, 1, 5, 6, 7, 8, 9, 1];
        for (uint8 kind = 1; kind <= 8; ++kind) {
            if (kind == 2) continue; // a contest is not the holder's
            bytes32 id = open(terms(MAKER, RETAILER, kind));
            require(state(statement(id, kind, MAKER, RETAILER)) == APPLIED, "by its holder");
            _holds(id, MAKER, 10, 0, states[kind - 1]);
            uint8 again = state(statement(id, kind, MAKER, RETAILER));
            require(again == (states[kind - 1] == 1 ? APPLIED : ENDED), "once, where it ends");
        }
    }

    function test_WhoStatesWhat() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        hand(id, CARRIER);
        require(state(statement(id, 1, CARRIER, MAKER)) == FORBIDDEN, "a tender is made to the consignee");
        require(state(statement(id, 1, MAKER, RETAILER)) == NOT_HELD, "by the holder");
        require(state(statement(id, 3, MAKER, 0)) == NOT_HELD, "lost, by the holder");
        require(state(statement(id, 2, RETAILER, CARRIER)) == APPLIED, "contested by the consignee");
        require(state(statement(id, 2, MAKER, CARRIER)) == APPLIED, "and by the consignor");
        require(state(statement(id, 2, CARRIER, CARRIER)) == FORBIDDEN, "not by the holder");
        require(state(statement(id, 2, MAIN_CARRIER, CARRIER)) == FORBIDDEN, "and by nobody else");
        require(state(statement(id, 7, CARRIER, MAIN_CARRIER)) == FORBIDDEN, "abandoned before one of its sides");
        require(state(statement(keccak256("none"), 1, CARRIER, RETAILER)) == UNKNOWN, "unknown");
        require(state(statement(keccak256("none"), 3, CARRIER, RETAILER)) == UNKNOWN, "unknown");
        Statement memory r = statement(id, 1, CARRIER, RETAILER);
        r.sequence = 2;
        require(state(r) == AHEAD, "ahead");
        r.sequence = 0;
        require(state(r) == APPLIED, "about the past: recorded, whoever held them then");
        hand(id, RETAILER);
        require(state(statement(id, 1, RETAILER, CARRIER)) == ENDED, "no tender of what is delivered");
        require(state(statement(id, 2, RETAILER, CARRIER)) == APPLIED, "but a contest");
    }

    function test_WhatIsLostIsNotFoundOnTheSameTerms() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        hand(id, CARRIER);
        state(statement(id, 3, CARRIER, 0));
        Statement memory r = statement(id, 8, CARRIER, 0);
        require(state(r) == ENDED, "at the last sequence");
        r.sequence = 0;
        require(state(r) == ENDED, "at an earlier one");
    }

    function test_StatementsAreSigned() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        Statement memory r = statement(id, 1, MAKER, RETAILER);
        expectError("CustodyNotItsKey(uint40,address)", abi.encode(MAKER, VM.addr(keyOf(CARRIER))));
        this.stateOut(r, keyOf(CARRIER), 0);
        r.kind = 6;
        expectError("EvidenceSignatureLength(uint256,uint256)", abi.encode(2, 65));
        this.stateOut(r, keyOf(MAKER), 0);
        expectError("CustodyNotItsKey(uint40,address)", abi.encode(RETAILER, VM.addr(keyOf(CARRIER))));
        this.stateOut(r, keyOf(MAKER), keyOf(CARRIER));
        expectError("CustodySameKey(address)", abi.encode(VM.addr(keyOf(MAKER))));
        this.stateOut(r, keyOf(MAKER), keyOf(MAKER));
        r.kind = 0;
        expectError("CustodyUnknownStatement(uint8)", abi.encode(0));
        this.stateOut(r, keyOf(MAKER), 0);
        r.kind = 9;
        expectError("CustodyUnknownStatement(uint8)", abi.encode(9));
        this.stateOut(r, keyOf(MAKER), 0);
        r = statement(id, 3, 0, RETAILER);
        expectError("CustodyStatementByRecipientKey(uint8)", abi.encode(3));
        this.stateOut(r, ONE_TIME_KEY, 0);
        r = statement(id, 3, MAKER, MAKER);
        expectError("CustodySamePartner(uint40)", abi.encode(MAKER));
        this.stateOut(r, keyOf(MAKER), 0);
        r = statement(id, 3, MAKER, RETAILER);
        r.occurredAt = uint40(block.timestamp + 15 minutes + 1);
        expectError("EvidenceFromTheFuture(uint40,uint256)", abi.encode(r.occurredAt, block.timestamp));
        this.stateOut(r, keyOf(MAKER), 0);
    }

    function test_AConsumerContestsAndWitnessesWithItsKey() external {
        bytes32 id = open(terms(MAKER, CONSUMER, 1));
        hand(id, CARRIER);
        require(stateBy(statement(id, 2, 0, CARRIER), 0xBAD, 0) == WRONG_KEY, "contested with another key");
        require(state(statement(id, 2, 0, CARRIER)) == APPLIED, "with its own");
        require(state(statement(id, 2, MAKER, CARRIER)) == APPLIED, "and by who sent it");
        require(state(statement(id, 2, RETAILER, CARRIER)) == FORBIDDEN, "not by another partner");
        require(stateBy(statement(id, 6, CARRIER, 0), keyOf(CARRIER), 0xBAD) == WRONG_KEY, "witnessed with another");
        require(state(statement(id, 6, CARRIER, 0)) == APPLIED, "with its own");
    }

    // --- override --------------------------------------------------------------------------------------------------

    function test_AnOverrideWaitsAndMarksForEver() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        hand(id, CARRIER);
        Override memory r = overriding(id, MAIN_CARRIER);
        uint8 first = override_(r);
        require(first == ANNOUNCED, "announced");
        uint256 ready = block.timestamp + delay();
        require(custody.overrideReadyAt(idOf(hasher.hash(r))) == ready, "after the registry's delay");
        VM.warp(ready - 1);
        require(override_(r) == first, "not a second before");
        require(custody.overrideReadyAt(idOf(hasher.hash(r))) == ready, "asking again does not postpone it");
        _holds(id, CARRIER, 10, 1, 1);
        VM.warp(ready);
        require(override_(r) == APPLIED, "then");
        _holds(id, MAIN_CARRIER, 10, 2, 1);
        require(custody.slotOf(id).flags() == 1, "marked");
        require(override_(r) == STALE, "once");
        hand(id, CARRIER);
        require(custody.slotOf(id).flags() == 1, "marked for ever");
    }

    function test_AMoveInBetweenVoidsAnOverride() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        hand(id, CARRIER);
        Override memory r = overriding(id, MAIN_CARRIER);
        override_(r);
        // A refusal is a sign of life too.
        hand(manifest(id, CARRIER, RETAILER, 0, REFUSED));
        VM.warp(block.timestamp + delay());
        require(override_(r) == STALE, "void");
        _holds(id, CARRIER, 10, 2, 1);
    }

    function test_WhatAnOverrideMustSay() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        Override memory r = overriding(id, CARRIER);
        r.packages = 9;
        require(override_(r) == COUNT, "the count as held, or an exception");
        r.packages = 0;
        bytes32 digest = idOf(hasher.hash(r));
        expectError("CustodyNoPackages()", "");
        custody.overrideCustody(r, bytes.concat(signature(COUNCIL_KEY, digest), signature(keyOf(CARRIER), digest)));
        r = overriding(id, MAKER);
        digest = idOf(hasher.hash(r));
        expectError("CustodySamePartner(uint40)", abi.encode(MAKER));
        custody.overrideCustody(r, bytes.concat(signature(COUNCIL_KEY, digest), signature(keyOf(MAKER), digest)));
        r = overriding(id, CARRIER);
        digest = idOf(hasher.hash(r));
        expectError("CustodyNotItsKey(uint40,address)", abi.encode(CARRIER, VM.addr(keyOf(MAKER))));
        custody.overrideCustody(r, bytes.concat(signature(COUNCIL_KEY, digest), signature(keyOf(MAKER), digest)));
        expectError("PartnerRegistryNotCouncil(address)", abi.encode(VM.addr(keyOf(MAKER))));
        custody.overrideCustody(r, bytes.concat(signature(keyOf(MAKER), digest), signature(keyOf(CARRIER), digest)));
        expectError("PartnerRegistrySignatureLength(uint256)", abi.encode(0));
        custody.overrideCustody(r, "");
        expectError("EvidenceSignatureLength(uint256,uint256)", abi.encode(2, 131));
        bytes memory whole = bytes.concat(signature(COUNCIL_KEY, digest), signature(keyOf(CARRIER), digest));
        custody.overrideCustody(r, bytes.concat(whole, hex"00"));
        r.packages = 9;
        r.exceptions = SHORT;
        override_(r);
        VM.warp(block.timestamp + delay());
        require(override_(r) == APPLIED, "nine of ten");
        _holds(remainderOf(id, 0), MAKER, 1, 0, 1);
    }

    // --- the ends of sequences -------------------------------------------------------------------------------------

    function test_AtTheEndOfItsSequenceNothingMoves() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        uint256 last = atTheEnd(id);
        require(hand(id, CARRIER) == FORBIDDEN, "no handoff");
        require(hand(manifest(id, MAKER, CARRIER, 0, REFUSED)) == FORBIDDEN, "no refusal");
        require(split(splitting(id, two(4, 6))) == FORBIDDEN, "no split");
        require(override_(overriding(id, CARRIER)) == FORBIDDEN, "no override");
        ShipmentTerms memory r = onward(ONWARD, MAKER, MAKER, RETAILER, list(id));
        expectError("CustodyParent(bytes32,uint8)", abi.encode(id, FORBIDDEN));
        this.openOut(r, keyOf(MAKER), 0);
        require(custody.slotOf(id) == last, "and nothing runs over into the requirements");
        write(id, last - (1 << 152));
        require(hand(id, CARRIER) == APPLIED, "one before the last");
        require(custody.slotOf(id).sequence() == type(uint16).max, "is the last");
    }

    // --- a successor -----------------------------------------------------------------------------------------------

    function test_ASuccessorAnswersAsItsPredecessor() external {
        bytes32 plain = open(terms(MAKER, RETAILER, 1));
        bytes32 order = open(terms(MAKER, CONSUMER, 2));
        bytes32 gone = open(terms(MAKER, RETAILER, 3));
        hand(plain, CARRIER);
        hand(order, CARRIER);
        state(statement(gone, 3, MAKER, 0));
        Override memory r = overriding(plain, MAIN_CARRIER);
        override_(r);
        uint256 ready = custody.overrideReadyAt(idOf(hasher.hash(r)));
        CustodyLedger before = custody;
        custody = new CustodyLedger(registry, address(before));
        change(CLOSE_CONTRACT, 0, address(before), 1, 0);
        change(OPEN_CONTRACT, 0, address(custody), 1, 0);
        VM.warp(block.timestamp + delay());
        require(custody.predecessor() == address(before) && custody.kind() == 1, "what it says of itself");
        bytes32[3] memory all = [plain, order, gone];
        for (uint256 i = 0; i < 3; ++i) {
            require(custody.slotOf(all[i]) == before.slotOf(all[i]), "the same word");
            require(custody.recipientKeyOf(all[i]) == before.recipientKeyOf(all[i]), "the same key");
        }
        require(custody.overrideReadyAt(idOf(hasher.hash(r))) == ready, "announced stays announced");
        ShipmentTerms memory again = terms(MAKER, RETAILER, 1);
        expectError("CustodyAlreadyOpen(bytes32)", abi.encode(plain));
        this.openOut(again, keyOf(MAKER), 0);
        require(override_(r) == APPLIED, "the delay is over already");
        require(hand(order, CONSUMER) == APPLIED, "delivered with the inherited key");
        require(hand(gone, CARRIER) == ENDED, "what has ended stays ended");
        Handoff memory late = manifest(plain, MAIN_CARRIER, RETAILER, 10, 0);
        bytes32 id = idOf(hasher.hash(late));
        expectError("PartnerRegistryNotOpen(uint8,address)", abi.encode(1, address(before)));
        before.handoff(late, bytes.concat(signature(keyOf(MAIN_CARRIER), id), signature(keyOf(RETAILER), id)));
    }

    // --- helpers ---------------------------------------------------------------------------------------------------

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

    function _one(uint32 count) private pure returns (uint32[] memory counts) {
        counts = new uint32[](1);
        counts[0] = count;
    }

    function _holds(bytes32 shipment, uint40 custodian, uint256 packages, uint256 sequence, uint256 state_) private view {
        uint256 slot = custody.slotOf(shipment);
        require(slot.custodian() == custodian, "custodian");
        require(slot.packages() == packages, "packages");
        require(slot.sequence() == sequence, "sequence");
        require(slot.state() == state_, "state");
    }
}
