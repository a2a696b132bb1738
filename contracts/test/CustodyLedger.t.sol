// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CustodyLedger} from "../src/CustodyLedger.sol";
import {Handoff, Override, ShipmentTerms, Split, Statement} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {CustodyAnswers} from "./CustodyAnswers.sol";
import {VM} from "./Vm.sol";

/// @notice What custody answers, one promise or attack a test. The rules in full, and every revert, are tested from Python.
contract CustodyLedgerTest is CustodyAnswers {
    using CustodySlot for uint256;

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
}
