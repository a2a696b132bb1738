// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Handoff, HandoffItem, ShipmentTerms} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {CustodyAnswers} from "./CustodyAnswers.sol";
import {VM} from "./Vm.sol";

/// @notice What handoffs are answered, between partners and with a consumer's one-time key; one promise or attack a test.
contract CustodyHandoffsTest is CustodyAnswers {
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
}
