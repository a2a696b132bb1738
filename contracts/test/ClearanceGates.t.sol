// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClearanceLedger} from "../src/ClearanceLedger.sol";
import {ICustodyLedger} from "../src/ICustodyLedger.sol";
import {Clearance, Require, ShipmentRef, ShipmentTerms} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {CustodyFixture} from "./CustodyFixture.sol";
import {VM} from "./Vm.sol";

/// @notice Clearance and custody together: what customs says is what the gates do, with up to four requirements, through
/// splits and remainders; who may say it; what no word but customs' own can do.
contract ClearanceGatesTest is CustodyFixture {
    using CustodySlot for uint256;

    uint40 private constant CUSTOMS = 6;
    uint40 private constant BROKER = 7;
    uint8 private constant LODGED = 1;
    uint8 private constant HELD = 3;
    uint8 private constant RELEASED = 5;
    uint8 private constant SEIZED = 9;
    uint8 private constant DESTROYED = 10;
    uint8 private constant RECALLED = 11;

    ClearanceLedger private _clearance;
    /// The pairs that a shipment of these tests can require, in this order.
    bytes2[4] private _countries = [bytes2("DE"), "DE", "US", "FR"];
    uint8[4] private _regimes = [1, 2, 1, 9];

    constructor() {
        _clearance = new ClearanceLedger(registry, address(0));
        admit(CUSTOMS);
        admit(BROKER);
        grant(CUSTOMS, 5, "DE");
        grant(CUSTOMS, 5, "US");
        grant(CUSTOMS, 5, "FR");
        grant(BROKER, 6);
        change(OPEN_CONTRACT, 0, address(_clearance), 2, 0);
        VM.warp(block.timestamp + delay());
    }

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

    // --- form ------------------------------------------------------------------------------------------------------

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

    // --- helpers ---------------------------------------------------------------------------------------------------

    function openOut(ShipmentTerms calldata r) external {
        open(r);
    }

    function sendOut(Clearance calldata r, uint256 first, uint256 second) external {
        _send(r, first, second);
    }

    function _terms(uint256 count, uint8[4] memory gates, bool relay, uint256 salt)
        private
        view
        returns (ShipmentTerms memory r)
    {
        r = terms(MAKER, RETAILER, salt);
        r.requires = new Require[](count);
        for (uint256 i = 0; i < count; ++i) {
            r.requires[i] = Require(_countries[i], _regimes[i], gates[i], relay);
        }
    }

    function _opened(uint256 count, uint8[4] memory gates, bool relay, uint256 salt) private returns (bytes32) {
        return open(_terms(count, gates, relay, salt));
    }

    function _record(bytes32 shipment, uint256 pair, uint8 status) private view returns (Clearance memory r) {
        r.by = CUSTOMS;
        r.items = new ShipmentRef[](1);
        (uint16 sequence,) = _clearance.slotOf(shipment, _countries[pair], _regimes[pair]);
        r.items[0] = ShipmentRef(shipment, sequence);
        (r.jurisdiction, r.regime) = (_countries[pair], _regimes[pair]);
        r.status = status;
        if (status == HELD) r.holdCause = 11;
        r.assurance = 3;
        r.occurredAt = uint40(block.timestamp + 15 minutes);
    }

    function _clear(bytes32 shipment, uint256 pair, uint8 status) private returns (bytes memory) {
        return _send(_record(shipment, pair, status), keyOf(CUSTOMS), 0);
    }

    function _word(bytes32 shipment, uint40 by, uint40 declarant, uint8 status) private returns (uint8) {
        Clearance memory r = _record(shipment, 0, status);
        (r.by, r.declarant, r.assurance) = (by, declarant, 2);
        return _only(_send(r, keyOf(by), by == declarant ? 0 : keyOf(declarant)));
    }

    function _send(Clearance memory r, uint256 first, uint256 second) private returns (bytes memory outcomes) {
        bytes32 id = idOf(hasher.hash(r));
        bytes memory signed = signature(first, id);
        if (second != 0) signed = bytes.concat(signed, signature(second, id));
        VM.recordLogs();
        _clearance.clear(r, signed);
        uint8 recordType;
        (recordType, outcomes) = recorded(id, abi.encodeCall(_clearance.clear, (r, signed)));
        require(recordType == 9 && outcomes.length == r.items.length, "a clearance, an outcome an item");
    }

    function _refused(Clearance memory r, uint256 first, uint256 second, string memory name, bytes memory arguments) private {
        expectError(name, arguments);
        this.sendOut(r, first, second);
    }

    function _only(bytes memory outcomes) private pure returns (uint8) {
        require(outcomes.length == 1, "one item");
        return uint8(outcomes[0]);
    }

    /// @dev Releases the requirements whose bit is set in `choice`; gives those bits.
    function _releaseSome(bytes32 shipment, uint256 count, uint256 choice) private returns (uint256 released) {
        for (uint256 i = 0; i < count; ++i) {
            if (choice >> i & 1 == 0) continue;
            require(_only(_clear(shipment, i, i % 2 == 0 ? RELEASED : RELEASED + 1)) == APPLIED, "released");
            released |= 1 << i;
        }
    }

    function _standAlike(bytes32 shipment, uint256 count, uint256 released) private view {
        uint256 slot = custody.slotOf(shipment);
        for (uint256 i = 0; i < count; ++i) {
            (, uint8 status) = _clearance.slotOf(shipment, _countries[i], _regimes[i]);
            bool open_ = status == RELEASED || status == RELEASED + 1;
            require(slot.requirementMask(CustodySlot.pair(_countries[i], _regimes[i])) == 1 << i, "in the terms' order");
            require(open_ == (slot.released() >> i & 1 == 1), "clearance and custody say the same");
        }
        require(slot.released() == released, "what was released, and no other");
    }

    function _breach(uint8[4] memory gates, uint8 gate, uint256 released) private pure returns (uint8) {
        for (uint256 i = 0; i < 4; ++i) {
            if (gates[i] & gate != 0 && released >> i & 1 == 0) return IN_BREACH;
        }
        return APPLIED;
    }
}
