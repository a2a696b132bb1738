// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CustodyLedger} from "../src/CustodyLedger.sol";
import {
    Child,
    Handoff,
    HandoffItem,
    Override,
    Require,
    ShipmentRef,
    ShipmentTerms,
    Split,
    Statement
} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {SigningDomain} from "../src/base/SigningDomain.sol";
import {Consortium} from "./Consortium.sol";
import {VM} from "./Vm.sol";

/// @notice Custody in force with an hour's delay, partners of each kind and a consumer's one-time key; records ready to be
/// signed, and what each was answered.
abstract contract CustodyFixture is Consortium {
    using CustodySlot for uint256;

    uint40 internal constant CONSUMER = 0;
    uint40 internal constant MAKER = 1;
    uint40 internal constant CARRIER = 2;
    uint40 internal constant MAIN_CARRIER = 3;
    uint40 internal constant RETAILER = 4;
    uint40 internal constant AUDITOR = 5;
    uint256 internal constant ONE_TIME_KEY = 0xC0115;

    uint8 internal constant APPLIED = 1;
    uint8 internal constant IN_BREACH = 2;
    uint8 internal constant STALE = 3;
    uint8 internal constant NOT_HELD = 4;
    uint8 internal constant UNKNOWN = 5;
    uint8 internal constant ENDED = 6;
    uint8 internal constant WRONG_KEY = 7;
    uint8 internal constant COUNT = 8;
    uint8 internal constant AHEAD = 9;
    uint8 internal constant FORBIDDEN = 10;
    uint8 internal constant ANNOUNCED = 12;

    uint8 internal constant ONWARD = 2;
    uint8 internal constant RETURN = 3;
    uint8 internal constant REPLACEMENT = 5;
    uint8 internal constant MERGE = 6;

    uint16 internal constant SHORT = 1;
    uint16 internal constant REFUSED = 4;
    uint16 internal constant OVER = 8;

    CustodyLedger internal custody;

    constructor() {
        custody = new CustodyLedger(registry, address(0));
        for (uint40 partner = 1; partner <= AUDITOR; ++partner) {
            admit(partner);
        }
        grant(MAKER, 1);
        grant(CARRIER, 2);
        grant(MAIN_CARRIER, 3);
        grant(RETAILER, 8);
        grant(AUDITOR, 12);
        change(OPEN_CONTRACT, 0, address(custody), 1, 0);
        VM.warp(block.timestamp + delay());
    }

    function delay() internal pure override returns (uint40) {
        return 1 hours;
    }

    // --- records ---------------------------------------------------------------------------------------------------

    /// @notice Ten packages, all on the consignor's side; partner 0 as consignee has the consumer's key.
    function terms(uint40 consignor, uint40 consignee, uint256 salt) internal pure returns (ShipmentTerms memory r) {
        r.salt = bytes16(uint128(salt));
        r.consignor = consignor;
        r.consignee = consignee;
        r.holder = consignor;
        if (consignee == CONSUMER) r.recipientKey = VM.addr(ONE_TIME_KEY);
        r.purpose = 1;
        r.packages = 10;
        r.submitBy = type(uint40).max;
    }

    /// @notice Terms that go on from these parents, with the packages that they have.
    function onward(uint8 purpose, uint40 consignor, uint40 holder, uint40 consignee, bytes32[] memory parents)
        internal
        view
        returns (ShipmentTerms memory r)
    {
        r = terms(consignor, consignee, uint256(keccak256(abi.encode(parents, purpose))));
        r.holder = holder;
        r.purpose = purpose;
        r.packages = 0;
        if (holder == CONSUMER || consignee == CONSUMER) r.recipientKey = VM.addr(ONE_TIME_KEY);
        r.parents = new ShipmentRef[](parents.length);
        for (uint256 i = 0; i < parents.length; ++i) {
            uint256 slot = custody.slotOf(parents[i]);
            r.parents[i] = ShipmentRef({shipment: parents[i], sequence: uint16(slot.sequence())});
            r.packages += uint32(slot.packages());
        }
        for (uint256 i = 1; i < parents.length; ++i) {
            for (uint256 j = i; j > 0 && r.parents[j].shipment < r.parents[j - 1].shipment; --j) {
                (r.parents[j], r.parents[j - 1]) = (r.parents[j - 1], r.parents[j]);
            }
        }
    }

    function list(bytes32 shipment) internal pure returns (bytes32[] memory one) {
        one = new bytes32[](1);
        one[0] = shipment;
    }

    function manifest(bytes32 shipment, uint40 releaser, uint40 receiver, uint32 packages, uint16 exceptions)
        internal
        view
        returns (Handoff memory r)
    {
        r.items = new HandoffItem[](1);
        r.items[0] = HandoffItem({
            shipment: shipment,
            sequence: uint16(custody.slotOf(shipment).sequence()),
            packages: packages,
            exceptions: exceptions
        });
        r.releaser = releaser;
        r.receiver = receiver;
        r.occurredAt = uint40(block.timestamp);
        r.submitBy = uint40(block.timestamp);
    }

    function splitting(bytes32 shipment, uint32[] memory counts) internal view returns (Split memory r) {
        uint256 slot = custody.slotOf(shipment);
        r.by = uint40(slot.custodian());
        r.shipment = shipment;
        r.sequence = uint16(slot.sequence());
        r.children = new Child[](counts.length);
        for (uint256 i = 0; i < counts.length; ++i) {
            r.children[i] = Child({packages: counts[i], contents: bytes32(i)});
        }
        r.occurredAt = uint40(block.timestamp);
    }

    function two(uint32 first, uint32 second) internal pure returns (uint32[] memory counts) {
        counts = new uint32[](2);
        (counts[0], counts[1]) = (first, second);
    }

    function statement(bytes32 shipment, uint8 kind, uint40 by, uint40 counterparty)
        internal
        view
        returns (Statement memory r)
    {
        r.by = by;
        r.counterparty = counterparty;
        r.kind = kind;
        r.shipment = shipment;
        r.sequence = uint16(custody.slotOf(shipment).sequence());
        r.occurredAt = uint40(block.timestamp);
    }

    function overriding(bytes32 shipment, uint40 receiver) internal view returns (Override memory r) {
        uint256 slot = custody.slotOf(shipment);
        r.shipment = shipment;
        r.sequence = uint16(slot.sequence());
        r.releaser = uint40(slot.custodian());
        r.receiver = receiver;
        r.packages = uint32(slot.packages());
    }

    // --- signed and sent -------------------------------------------------------------------------------------------

    function open(ShipmentTerms memory r) internal returns (bytes32 id) {
        return r.holder == r.consignor ? openBy(r, keyFor(r.consignor), 0) : openBy(r, keyFor(r.consignor), keyFor(r.holder));
    }

    /// @notice Opened with these keys; a second key 0 signs nothing.
    function openBy(ShipmentTerms memory r, uint256 first, uint256 second) internal returns (bytes32 id) {
        id = idOf(hasher.hash(r));
        bytes memory signed = signature(first, id);
        if (second != 0) signed = bytes.concat(signed, signature(second, id));
        VM.recordLogs();
        custody.open(r, signed);
        answer(id, 4, abi.encodeCall(custody.open, (r, signed)));
    }

    function hand(Handoff memory r) internal returns (uint8) {
        return r.releaser == CONSUMER
            ? handBy(r, keyFor(r.receiver), ONE_TIME_KEY)
            : handBy(r, keyFor(r.releaser), keyFor(r.receiver));
    }

    /// @notice All of it, from whoever holds it.
    function hand(bytes32 shipment, uint40 receiver) internal returns (uint8) {
        uint256 slot = custody.slotOf(shipment);
        return hand(manifest(shipment, uint40(slot.custodian()), receiver, uint32(slot.packages()), 0));
    }

    function handBy(Handoff memory r, uint256 first, uint256 second) internal returns (uint8) {
        bytes32 id = idOf(hasher.hash(r));
        bytes memory signed = bytes.concat(signature(first, id), signature(second, id));
        VM.recordLogs();
        custody.handoff(r, signed);
        return answer(id, 5, abi.encodeCall(custody.handoff, (r, signed)));
    }

    function split(Split memory r) internal returns (uint8) {
        return splitBy(r, keyFor(r.by));
    }

    function splitBy(Split memory r, uint256 key) internal returns (uint8) {
        bytes32 id = idOf(hasher.hash(r));
        bytes memory signed = signature(key, id);
        VM.recordLogs();
        custody.split(r, signed);
        return answer(id, 6, abi.encodeCall(custody.split, (r, signed)));
    }

    function state(Statement memory r) internal returns (uint8) {
        bool witnessed = r.kind == 6 || r.kind == 7;
        return stateBy(r, keyFor(r.by), witnessed ? keyFor(r.counterparty) : 0);
    }

    function stateBy(Statement memory r, uint256 first, uint256 second) internal returns (uint8) {
        bytes32 id = idOf(hasher.hash(r));
        bytes memory signed = signature(first, id);
        if (second != 0) signed = bytes.concat(signed, signature(second, id));
        VM.recordLogs();
        custody.recordStatement(r, signed);
        return answer(id, 7, abi.encodeCall(custody.recordStatement, (r, signed)));
    }

    function override_(Override memory r) internal returns (uint8) {
        bytes32 id = idOf(hasher.hash(r));
        bytes memory signed = bytes.concat(signature(COUNCIL_KEY, id), signature(keyFor(r.receiver), id));
        VM.recordLogs();
        custody.overrideCustody(r, signed);
        return answer(id, 8, abi.encodeCall(custody.overrideCustody, (r, signed)));
    }

    // --- what follows ----------------------------------------------------------------------------------------------

    function answer(bytes32 id, uint8 expectedType, bytes memory call) private returns (uint8) {
        (uint8 recordType, bytes memory outcomes) = recorded(id, call);
        require(recordType == expectedType, "the record's type");
        require(outcomes.length == 1, "one outcome for one item");
        return uint8(outcomes[0]);
    }

    function keyFor(uint40 partner) internal pure returns (uint256) {
        return partner == CONSUMER ? ONE_TIME_KEY : keyOf(partner);
    }

    function idOf(bytes32 structHash) internal pure returns (bytes32) {
        return SigningDomain.digest(SigningDomain.evidence(CONSORTIUM_ID), structHash);
    }

    function childOf(bytes32 shipment, uint256 sequence, uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(shipment, sequence, index));
    }

    function remainderOf(bytes32 shipment, uint256 sequence) internal pure returns (bytes32) {
        return childOf(shipment, sequence, type(uint32).max);
    }

    /// @notice Writes a shipment's word directly, for what no test can live to see: the end of a sequence.
    function write(bytes32 shipment, uint256 slot) internal {
        // The mapping of cells is the first thing that custody stores.
        bytes32 place = keccak256(abi.encode(shipment, uint256(0)));
        require(uint256(VM.load(address(custody), place)) == custody.slotOf(shipment), "this is where the word lies");
        VM.store(address(custody), place, bytes32(slot));
    }

    function atTheEnd(bytes32 shipment) internal returns (uint256 slot) {
        slot = custody.slotOf(shipment) | uint256(type(uint16).max) << 152;
        write(shipment, slot);
    }
}
