// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ShipmentStates} from "../src/Codes.sol";
import {IClearanceLedger} from "../src/IClearanceLedger.sol";
import {Clearance, ShipmentRef} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {GtinSubject} from "../src/base/GtinSubject.sol";
import {ClearanceFixture, mayFollow} from "./ClearanceFixture.sol";
import {VM} from "./Vm.sol";

/// @notice Any run of statuses, any list, any forgery.
contract ClearanceLedgerTest is ClearanceFixture {
    using CustodySlot for uint256;

    /// What a run of statuses leads to is what a model of a few lines says.
    function testFuzz_AnyRunOfStatuses(uint8[12] calldata statuses) external {
        bytes32 shipment = open(1);
        uint8 standing;
        uint16 sequence;
        bool released;
        bool under = true;
        for (uint256 i = 0; i < statuses.length; ++i) {
            uint8 status = statuses[i] % 11 + 1;
            submit(record(one(shipment, sequence), status));
            if (mayFollow(standing, status)) {
                standing = status;
                ++sequence;
                if (under && (status == 5 || status == 6)) released = true;
                if (under && (status == 3 || status == 7 || status > 8)) released = false;
                if (status == 9 || status == 10) under = false;
            }
            _stands(shipment, sequence, standing);
            uint256 slot = custody.slotOf(shipment);
            require((slot.released() == 1) == released, "gate");
            uint256 ended = standing == 9 ? ShipmentStates.SEIZED : ShipmentStates.DESTROYED;
            uint256 state = under ? ShipmentStates.OPEN : ended;
            require(slot.state() == state, "state");
        }
    }

    /// Items neither help nor hinder each other.
    function testFuzz_ItemsAreJudgedOneByOne(uint8 count, uint256 kinds) external {
        count = count % 20 + 1;
        ShipmentRef[] memory items = new ShipmentRef[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 kind = kinds >> (4 * i) & 0x3;
            // Known, stale, ahead, unknown.
            bytes32 shipment = kind == 3 ? keccak256(abi.encode("nobody's", i)) : open(i);
            if (kind == 1) submit(record(one(shipment, 0), 4));
            items[i] = ShipmentRef({shipment: shipment, sequence: kind == 2 ? 1 : 0});
        }
        _sort(items);
        uint16[] memory before = new uint16[](count);
        for (uint256 i = 0; i < count; ++i) {
            (before[i],) = clearance.slotOf(items[i].shipment, DE, IMPORT);
        }
        submit(record(items, 5));
        for (uint256 i = 0; i < count; ++i) {
            uint256 slot = custody.slotOf(items[i].shipment);
            bool applies = slot != 0 && items[i].sequence == before[i];
            (uint16 sequence, uint8 status) = clearance.slotOf(items[i].shipment, DE, IMPORT);
            require(sequence == (applies ? before[i] + 1 : before[i]), "sequence");
            require(applies == (status == 5), "status");
            require(slot.released() == (applies ? 1 : 0), "gate");
        }
    }

    function testFuzz_RevertWhen_SignedBySomebodyElse(uint256 key) external {
        key = key % 0xFFFFFFFFFFFFFFFF + 0x10000; // nobody's
        Clearance memory r = record(one(open(1), 0), 5);
        bytes memory forged = signature(key, _id(hasher.hash(r)));
        VM.expectRevert(abi.encodeWithSelector(IClearanceLedger.ClearanceNotSigner.selector, CUSTOMS, uint40(0)));
        clearance.clear(r, forged);
    }

    function testFuzz_RevertWhen_NotAscending(bytes32[5] calldata shipments) external {
        uint256 wrong = 5;
        ShipmentRef[] memory items = new ShipmentRef[](5);
        for (uint256 i = 5; i > 0; --i) {
            items[i - 1].shipment = shipments[i - 1];
            if (shipments[i - 1] <= (i == 1 ? bytes32(0) : shipments[i - 2])) wrong = i - 1;
        }
        Clearance memory r = record(items, 5);
        bytes memory signed = signature(keyOf(CUSTOMS), _id(hasher.hash(r)));
        if (wrong < 5) VM.expectRevert(abi.encodeWithSelector(IClearanceLedger.ClearanceNotAscending.selector, wrong));
        clearance.clear(r, signed);
    }

    function testFuzz_IsPartyIsThreeComparisons(uint40 a, uint40 b, uint40 c, uint256 rest, uint40 partner) external pure {
        uint256 slot = uint256(a) | uint256(b) << 40 | uint256(c) << 80 | rest << 120;
        require(slot.isParty(partner) == (a == partner || b == partner || c == partner), "any");
        require(slot.isParty(a) && slot.isParty(b) && slot.isParty(c), "each");
    }

    function testFuzz_SubjectsOfAnyBytes(bytes calldata text) external view {
        // Whatever the bytes, an answer and no revert.
        bool printable = true;
        for (uint256 i = 0; i < text.length; ++i) {
            if (text[i] < 0x21 || text[i] > 0x7e) printable = false;
        }
        bool wellFormed = this.isWellFormed(string(text));
        if (!printable) require(!wellFormed, "not printable");
        if (wellFormed && text.length >= 3 && text[0] == "0" && text[1] == "1" && text[2] == "/") {
            require(this.isGtin(string(text)), "01/ means a GTIN");
        }
    }

    function testFuzz_PrefixesOfAGtin(uint64 number, uint8 digits, string calldata more) external view {
        digits = digits % 9 + 4;
        bytes memory gtin = new bytes(14);
        for (uint256 i = 14; i > 0; --i) {
            gtin[i - 1] = bytes1(uint8(48 + number % 10));
            number /= 10;
        }
        string memory subject = string.concat("01/", string(gtin), "/", more);
        require(this.isGtin(subject), "a GTIN");
        require(!this.isGtin(string.concat("01/", string(gtin), "0", more)), "15 digits");
        bytes32 found = this.prefix(subject, digits);
        for (uint256 i = 0; i < 32; ++i) {
            require(found[i] == (i < digits ? gtin[i + 1] : bytes1(0)), "after the indicator digit, then zeros");
        }
    }

    function isWellFormed(string calldata subject) external pure returns (bool) {
        return GtinSubject.isWellFormed(subject);
    }

    function isGtin(string calldata subject) external pure returns (bool) {
        return GtinSubject.isGtin(subject);
    }

    function prefix(string calldata subject, uint256 digits) external pure returns (bytes32) {
        return GtinSubject.prefix(subject, digits);
    }

    function _stands(bytes32 shipment, uint16 sequence, uint8 status) private view {
        (uint16 foundSequence, uint8 foundStatus) = clearance.slotOf(shipment, DE, IMPORT);
        require(foundSequence == sequence && foundStatus == status, "slot");
    }

    function _sort(ShipmentRef[] memory items) private pure {
        for (uint256 i = 0; i < items.length; ++i) {
            for (uint256 j = i + 1; j < items.length; ++j) {
                if (items[j].shipment < items[i].shipment) (items[i], items[j]) = (items[j], items[i]);
            }
        }
    }
}
