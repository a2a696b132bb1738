// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClearanceLedger} from "../src/ClearanceLedger.sol";
import {Clearance, Require, ShipmentRef, ShipmentTerms} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {CustodyFixture} from "./CustodyFixture.sol";
import {VM} from "./Vm.sol";

/// @notice Clearance and custody in force, with customs of three countries and a broker; clearances ready to be sent.
abstract contract ClearanceRecords is CustodyFixture {
    using CustodySlot for uint256;

    uint40 internal constant CUSTOMS = 6;
    uint40 internal constant BROKER = 7;
    uint8 internal constant LODGED = 1;
    uint8 internal constant HELD = 3;
    uint8 internal constant RELEASED = 5;
    uint8 internal constant SEIZED = 9;
    uint8 internal constant DESTROYED = 10;
    uint8 internal constant RECALLED = 11;

    ClearanceLedger internal _clearance;
    /// The pairs that a shipment of these tests can require, in this order.
    bytes2[4] internal _countries = [bytes2("DE"), "DE", "US", "FR"];
    uint8[4] internal _regimes = [1, 2, 1, 9];

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

    function openOut(ShipmentTerms calldata r) external {
        open(r);
    }

    function sendOut(Clearance calldata r, uint256 first, uint256 second) external {
        _send(r, first, second);
    }

    function _terms(uint256 count, uint8[4] memory gates, bool relay, uint256 salt)
        internal
        view
        returns (ShipmentTerms memory r)
    {
        r = terms(MAKER, RETAILER, salt);
        r.requires = new Require[](count);
        for (uint256 i = 0; i < count; ++i) {
            r.requires[i] = Require(_countries[i], _regimes[i], gates[i], relay);
        }
    }

    function _opened(uint256 count, uint8[4] memory gates, bool relay, uint256 salt) internal returns (bytes32) {
        return open(_terms(count, gates, relay, salt));
    }

    function _record(bytes32 shipment, uint256 pair, uint8 status) internal view returns (Clearance memory r) {
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

    function _clear(bytes32 shipment, uint256 pair, uint8 status) internal returns (bytes memory) {
        return _send(_record(shipment, pair, status), keyOf(CUSTOMS), 0);
    }

    function _word(bytes32 shipment, uint40 by, uint40 declarant, uint8 status) internal returns (uint8) {
        Clearance memory r = _record(shipment, 0, status);
        (r.by, r.declarant, r.assurance) = (by, declarant, 2);
        return _only(_send(r, keyOf(by), by == declarant ? 0 : keyOf(declarant)));
    }

    function _send(Clearance memory r, uint256 first, uint256 second) internal returns (bytes memory outcomes) {
        bytes32 id = idOf(hasher.hash(r));
        bytes memory signed = signature(first, id);
        if (second != 0) signed = bytes.concat(signed, signature(second, id));
        VM.recordLogs();
        _clearance.clear(r, signed);
        uint8 recordType;
        (recordType, outcomes) = recorded(id, abi.encodeCall(_clearance.clear, (r, signed)));
        require(recordType == 9 && outcomes.length == r.items.length, "a clearance, an outcome an item");
    }

    function _refused(Clearance memory r, uint256 first, uint256 second, string memory name, bytes memory arguments) internal {
        expectError(name, arguments);
        this.sendOut(r, first, second);
    }

    function _only(bytes memory outcomes) internal pure returns (uint8) {
        require(outcomes.length == 1, "one item");
        return uint8(outcomes[0]);
    }

    /// @dev Releases the requirements whose bit is set in `choice`; gives those bits.
    function _releaseSome(bytes32 shipment, uint256 count, uint256 choice) internal returns (uint256 released) {
        for (uint256 i = 0; i < count; ++i) {
            if (choice >> i & 1 == 0) continue;
            require(_only(_clear(shipment, i, i % 2 == 0 ? RELEASED : RELEASED + 1)) == APPLIED, "released");
            released |= 1 << i;
        }
    }

    function _standAlike(bytes32 shipment, uint256 count, uint256 released) internal view {
        uint256 slot = custody.slotOf(shipment);
        for (uint256 i = 0; i < count; ++i) {
            (, uint8 status) = _clearance.slotOf(shipment, _countries[i], _regimes[i]);
            bool open_ = status == RELEASED || status == RELEASED + 1;
            require(slot.requirementMask(CustodySlot.pair(_countries[i], _regimes[i])) == 1 << i, "in the terms' order");
            require(open_ == (slot.released() >> i & 1 == 1), "clearance and custody say the same");
        }
        require(slot.released() == released, "what was released, and no other");
    }

    function _breach(uint8[4] memory gates, uint8 gate, uint256 released) internal pure returns (uint8) {
        for (uint256 i = 0; i < 4; ++i) {
            if (gates[i] & gate != 0 && released >> i & 1 == 0) return IN_BREACH;
        }
        return APPLIED;
    }
}
