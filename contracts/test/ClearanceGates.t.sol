// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Clearance, ShipmentRef, ShipmentTerms} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {ClearanceRecords} from "./ClearanceRecords.sol";
import {VM} from "./Vm.sol";

/// @notice Clearance and custody together: what customs says is what the gates do, with up to four requirements, through
/// splits and remainders; who may say it; what no word but customs' own can do.
contract ClearanceGatesTest is ClearanceRecords {
    using CustodySlot for uint256;

    // --- gates -----------------------------------------------------------------------------------------------------

    /// Whatever each requirement's gate, and whichever of them customs released: a movement is in breach exactly when one
    /// that stands there is not released, and clearance and custody say the same of each.
    function testFuzz_GatesAreWhatCustomsSaid(uint256 seed) external {
        uint256 count = seed % 3 + 2;
        uint8[4] memory gates;
        for (uint256 i = 0; i < count; ++i) {
            gates[i] = uint8(seed >> (8 + 4 * i)) % 7 + 1;
        }
        bytes32 id = _opened(count, gates, false, seed);
        uint256 released = _releaseSome(id, count, seed >> 32);
        _standAlike(id, count, released);
        require(hand(id, MAIN_CARRIER) == _breach(gates, 1, released), "at the handover to a main carrier");
        require(hand(id, CARRIER) == APPLIED, "no gate at a carrier's");
        // A part has to be cleared anew: nothing is released of it.
        split(splitting(id, two(4, 6)));
        bytes32 part = childOf(id, 2, 0);
        _standAlike(part, count, 0);
        require(custody.slotOf(part) >> 168 & type(uint56).max == custody.slotOf(id) >> 168 & type(uint56).max, "same pairs");
        uint256 again = _releaseSome(part, count, seed >> 40);
        require(hand(manifest(part, CARRIER, MAIN_CARRIER, 3, SHORT)) == _breach(gates, 1, again), "three of the four");
        _standAlike(remainderOf(part, 0), count, 0);
        _standAlike(part, count, again);
        require(hand(part, RETAILER) == _breach(gates, 2, again), "at delivery");
        require(state(statement(part, 5, RETAILER, 0)) == _breach(gates, 4, again), "at the sale");
    }

    function test_AHoldClosesWhatAReleaseOpened() external {
        bytes32 id = _opened(2, [2, 2, 0, 0], false, 1);
        for (uint8 status = 1; status <= 11; ++status) {
            if (status == SEIZED || status == DESTROYED) continue;
            _clear(id, 0, RELEASED);
            bool closes = status == HELD || status == 7 || status == RECALLED;
            bytes memory outcomes = _clear(id, 0, status);
            bool taken = uint8(outcomes[0]) == APPLIED && closes;
            require(custody.slotOf(id).released() == (taken ? 0 : 1), "held and recalled close, the others leave it");
        }
    }

    // --- whose word ------------------------------------------------------------------------------------------------

    function test_ABrokersWordNeedsARelayAndADeclarantWhoIsAParty() external {
        bytes32 relayed = _opened(2, [2, 2, 0, 0], true, 1);
        bytes32 direct = _opened(2, [2, 2, 0, 0], false, 2);
        require(_word(relayed, BROKER, RETAILER, RELEASED) == APPLIED, "where the terms let a broker relay");
        require(custody.slotOf(relayed).released() == 1, "opened");
        require(_word(direct, BROKER, RETAILER, RELEASED) == FORBIDDEN, "nowhere else");
        require(_word(relayed, BROKER, CARRIER, HELD) == FORBIDDEN, "not with a third's signature");
        require(_word(relayed, BROKER, MAKER, HELD) == APPLIED, "with the consignor's");
        require(custody.slotOf(direct).released() == 0, "untouched");
        grant(MAKER, 6);
        grant(RETAILER, 5, "DE");
        VM.warp(block.timestamp + delay());
        require(_word(relayed, MAKER, RETAILER, RELEASED) == FORBIDDEN, "no broker who is a party");
        Clearance memory r = _record(relayed, 0, RELEASED);
        r.by = RETAILER;
        require(_only(_send(r, keyOf(RETAILER), 0)) == FORBIDDEN, "no customs that is a party");
    }

    function test_LodgedIsRecordedAndChangesNothing() external {
        bytes32 id = _opened(2, [2, 2, 0, 0], false, 1);
        require(_word(id, RETAILER, RETAILER, LODGED) == APPLIED, "by the declarant alone");
        require(_word(id, BROKER, MAKER, LODGED) == APPLIED, "by a broker without a relay, for a party");
        require(_word(id, BROKER, CARRIER, LODGED) == FORBIDDEN, "for nobody else");
        Clearance memory r = _record(id, 0, LODGED);
        r.items[0].sequence = 77;
        require(_only(_send(r, keyOf(CUSTOMS), 0)) == APPLIED, "at any sequence");
        (uint16 sequence, uint8 status) = _clearance.slotOf(id, "DE", 1);
        require(sequence == 0 && status == 0 && custody.slotOf(id).released() == 0, "no slot changes");
        r = _record(keccak256("none"), 0, LODGED);
        require(_only(_send(r, keyOf(CUSTOMS), 0)) == UNKNOWN, "of nothing");
        r.items = new ShipmentRef[](2);
        (r.items[0].shipment, r.items[1].shipment) = (id, id);
        bytes memory one = abi.encode(1);
        _refused(r, keyOf(CUSTOMS), 0, "ClearanceNotAscending(uint256)", one);
    }

    function test_OnlyCustomsEndsAndOnlyWhatTheTermsRequire() external {
        bytes32 id = _opened(2, [2, 2, 0, 0], true, 1);
        _word(id, BROKER, RETAILER, SEIZED);
        require(custody.slotOf(id).state() == 1, "on a broker's word nothing ends");
        bytes32 other = _opened(2, [2, 2, 0, 0], false, 2);
        _clear(other, 2, SEIZED);
        require(custody.slotOf(other).state() == 1, "for a pair that is not required nothing ends");
        _clear(other, 0, SEIZED);
        require(custody.slotOf(other).state() == 10, "seized");
        require(hand(other, CARRIER) == ENDED, "and stays where it is");
        _clear(other, 3, DESTROYED);
        require(custody.slotOf(other).state() == 8, "what is seized is destroyed under any pair");
        bytes32 third = _opened(2, [2, 2, 0, 0], false, 3);
        _clear(third, 1, DESTROYED);
        require(custody.slotOf(third).state() == 8, "destroyed at once");
    }

    // --- items and lists -------------------------------------------------------------------------------------------

    /// One record for what is alike and what is not: each item is judged for itself.
    function test_AListOfAlikeAndUnlikeShipments() external {
        grant(CUSTOMS, 1);
        VM.warp(block.timestamp + delay());
        bytes32[] memory ids = new bytes32[](7);
        for (uint256 i = 0; i < 4; ++i) {
            ids[i] = _opened(2, [2, 2, 0, 0], false, 10 + i);
        }
        ids[4] = _opened(4, [2, 2, 2, 2], false, 14);
        ShipmentTerms memory own = _terms(2, [2, 2, 0, 0], false, 15);
        (own.consignor, own.holder) = (CUSTOMS, CUSTOMS);
        ids[5] = open(own);
        ids[6] = _opened(2, [2, 2, 0, 0], false, 16);
        state(statement(ids[6], 3, MAKER, 0));
        Clearance memory r = _record(ids[0], 1, RELEASED);
        r.items = new ShipmentRef[](7);
        for (uint256 i = 0; i < 7; ++i) {
            uint256 place = i;
            for (; place > 0 && r.items[place - 1].shipment > ids[i]; --place) {
                r.items[place] = r.items[place - 1];
            }
            r.items[place] = ShipmentRef(ids[i], 0);
        }
        bytes memory outcomes = _send(r, keyOf(CUSTOMS), 0);
        for (uint256 i = 0; i < 7; ++i) {
            bytes32 id = r.items[i].shipment;
            bool party = id == ids[5];
            require(uint8(outcomes[i]) == (party ? FORBIDDEN : APPLIED), "customs is a party to one of them");
            require(custody.slotOf(id).released() == (party || id == ids[6] ? 0 : 2), "the second pair's bit, while open");
            (uint16 sequence,) = _clearance.slotOf(id, "DE", 2);
            require(sequence == (party ? 0 : 1), "what custody refuses is taken back");
        }
    }

    function test_ItemsAreToldWhy() external {
        bytes32 id = _opened(2, [2, 2, 0, 0], false, 1);
        Clearance memory r = _record(id, 0, RELEASED);
        r.items[0].sequence = 1;
        require(_only(_send(r, keyOf(CUSTOMS), 0)) == AHEAD, "ahead");
        r.items[0].sequence = 0;
        require(_only(_send(r, keyOf(CUSTOMS), 0)) == APPLIED, "applied");
        require(_only(_send(r, keyOf(CUSTOMS), 0)) == STALE, "a replay is stale");
        require(_only(_clear(id, 0, 2)) == FORBIDDEN, "presented after release");
        r = _record(keccak256("none"), 0, RELEASED);
        require(_only(_send(r, keyOf(CUSTOMS), 0)) == UNKNOWN, "unknown");
    }

    function test_TheLastSequenceOfAClearanceIsNeverUsedUp() external {
        bytes32 id = _opened(2, [2, 2, 0, 0], false, 1);
        _clear(id, 0, RELEASED);
        uint256 pair = CustodySlot.pair("DE", 1);
        bytes32 place = keccak256(abi.encode(id, keccak256(abi.encode(pair, uint256(0)))));
        require(uint256(VM.load(address(_clearance), place)) == (uint256(RELEASED) << 16 | 1), "this is where it lies");
        VM.store(address(_clearance), place, bytes32(uint256(RELEASED) << 16 | 0xffff));
        require(_only(_clear(id, 0, HELD)) == FORBIDDEN, "there is none after it");
        VM.store(address(_clearance), place, bytes32(uint256(RELEASED) << 16 | 0xfffe));
        require(_only(_clear(id, 0, HELD)) == APPLIED, "one before");
        (uint16 sequence, uint8 status) = _clearance.slotOf(id, "DE", 1);
        require(sequence == 0xffff && status == HELD, "is the last, and nothing runs over");
    }
}
