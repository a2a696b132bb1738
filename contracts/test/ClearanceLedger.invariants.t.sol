// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ShipmentStates} from "../src/Codes.sol";
import {ICustodyLedger} from "../src/ICustodyLedger.sol";
import {Clearance, ShipmentRef} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {ClearanceFixture} from "./ClearanceFixture.sol";

/// @notice Plays with a dozen shipments: clearances by those who may and those who may not, right and wrong sequences,
/// and handoffs in between. It keeps its own account of what should stand.
contract ClearanceLedgerHandler is ClearanceFixture {
    using CustodySlot for uint256;

    uint256 private constant SHIPMENTS = 12;

    bytes32[] public shipments;
    mapping(bytes32 shipment => uint16) public sequenceOf;
    mapping(bytes32 shipment => uint8) public statusOf;
    /// The gate as the last deciding status left it while the shipment was under way.
    mapping(bytes32 shipment => bool) public gateOf;

    bool public strangerMoved;
    bool public skippedChanged;
    bool public endedChanged;

    constructor() {
        for (uint256 i = 0; i < SHIPMENTS; ++i) {
            shipments.push(open(i % 3 == 0 ? MIXED : MAKER, i, i % 2 == 0));
        }
    }

    function actClear(uint256 which, uint8 by, uint8 status, uint8 slip) external {
        bytes32 shipment = shipments[which % SHIPMENTS];
        uint40 author = by % 4 == 0 ? BROKER : by % 4 == 1 ? MIXED : CUSTOMS;
        // Endings are rare, or soon nothing would be left to play with.
        status = status % 11 + 1;
        if ((status == 9 || status == 10) && slip % 8 != 0) status = 5;
        // One in four names another sequence than the one that stands.
        uint16 sequence = sequenceOf[shipment];
        uint16 named = slip % 4 == 1 && sequence > 0 ? sequence - 1 : slip % 4 == 2 ? sequence + 1 : sequence;
        uint256 before = custody.slotOf(shipment);
        submit(record(author, one(shipment, named), status));
        _account(shipment, before, author, status, named == sequence);
    }

    /// A list of all: the same, twelve at once.
    function actClearAll(uint8 status) external {
        status = status % 11 + 1;
        if (status == 9 || status == 10) status = 3;
        ShipmentRef[] memory items = new ShipmentRef[](SHIPMENTS);
        uint256[] memory before = new uint256[](SHIPMENTS);
        for (uint256 i = 0; i < SHIPMENTS; ++i) {
            items[i] = ShipmentRef({shipment: shipments[i], sequence: sequenceOf[shipments[i]]});
        }
        for (uint256 i = 0; i < SHIPMENTS; ++i) {
            for (uint256 j = i + 1; j < SHIPMENTS; ++j) {
                if (items[j].shipment < items[i].shipment) (items[i], items[j]) = (items[j], items[i]);
            }
        }
        for (uint256 i = 0; i < SHIPMENTS; ++i) {
            before[i] = custody.slotOf(items[i].shipment);
        }
        submit(record(CUSTOMS, items, status));
        for (uint256 i = 0; i < SHIPMENTS; ++i) {
            _account(items[i].shipment, before[i], CUSTOMS, status, true);
        }
    }

    function actStranger(uint256 which, uint40 by, uint8 status) external {
        bytes32 shipment = shipments[which % SHIPMENTS];
        by = by % CARRIER + 1;
        Clearance memory r = record(by, one(shipment, sequenceOf[shipment]), status % 11 + 1);
        bytes memory signed = signature(keyOf(by), _id(hasher.hash(r)));
        try clearance.clear(r, signed) {
            strangerMoved = true;
        } catch {}
        try clearance.clear(r, bytes.concat(signed, signature(keyOf(r.declarant), _id(hasher.hash(r))))) {
            strangerMoved = true;
        } catch {}
        r.by = CUSTOMS;
        signed = signature(keyOf(by), _id(hasher.hash(r)));
        try clearance.clear(r, signed) {
            strangerMoved = true;
        } catch {}
        try custody.applyClearance(_effect(), _list(shipment)) {
            strangerMoved = true;
        } catch {}
    }

    function actHandoff(uint256 which, uint8 to) external {
        bytes32 shipment = shipments[which % SHIPMENTS];
        uint256 slot = custody.slotOf(shipment);
        uint40 receiver = to % 8 == 0 ? RETAILER : to % 2 == 0 ? CARRIER : MIXED;
        if (receiver == slot.custodian()) return;
        hand(shipment, uint16(slot.sequence()), uint40(slot.custodian()), receiver);
    }

    function count() external pure returns (uint256) {
        return SHIPMENTS;
    }

    function _effect() private pure returns (ICustodyLedger.ClearanceEffect memory) {
        return ICustodyLedger.ClearanceEffect({
            by: 0,
            declarant: 0,
            jurisdiction: DE,
            regime: IMPORT,
            relayed: false,
            gate: ICustodyLedger.GateChange.OPEN,
            ended: 0
        });
    }

    function _list(bytes32 shipment) private pure returns (bytes32[] memory list) {
        list = new bytes32[](1);
        list[0] = shipment;
    }

    function _account(bytes32 shipment, uint256 before, uint40 author, uint8 status, bool inTurn) private {
        uint256 slot = custody.slotOf(shipment);
        bool relay = uint256(before).relay() & 1 == 1;
        bool may = author == CUSTOMS || (author == BROKER && relay) || (author == MIXED && relay && !before.isParty(MIXED));
        bool underWay = before.state() == ShipmentStates.OPEN;
        if (inTurn && may && mayFollow(statusOf[shipment], status)) {
            ++sequenceOf[shipment];
            statusOf[shipment] = status;
            if (underWay && (status == 5 || status == 6)) gateOf[shipment] = true;
            if (underWay && (status == 3 || status == 7 || status > 8)) gateOf[shipment] = false;
        } else if (slot != before) {
            skippedChanged = true;
        }
        bool destroyed = before.state() == ShipmentStates.SEIZED && slot == before.withState(ShipmentStates.DESTROYED);
        if (!underWay && slot != before && !destroyed) endedChanged = true;
    }
}

/// @notice What must hold whatever anyone submits:
///
/// 1. The sequence of a clearance grows by one with each record that applies, and its status is the last that applied.
/// 2. A gate is open exactly when the last status that decides about release, given while the shipment was under way,
///    released it.
/// 3. Who is neither customs of the jurisdiction nor a broker moves nothing, and nobody reaches custody directly.
/// 4. A party to the shipment, a broker without a relay, and a record out of turn change nothing in custody.
/// 5. Custody of a shipment that is not under way stays as it is, but that what was seized is destroyed.
contract ClearanceLedgerInvariants {
    using CustodySlot for uint256;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    ClearanceLedgerHandler private _handler;

    function setUp() public {
        _handler = new ClearanceLedgerHandler();
    }

    /// @notice Asked by forge: what to call.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](4);
        actions[0] = ClearanceLedgerHandler.actClear.selector;
        actions[1] = ClearanceLedgerHandler.actClearAll.selector;
        actions[2] = ClearanceLedgerHandler.actStranger.selector;
        actions[3] = ClearanceLedgerHandler.actHandoff.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: actions});
    }

    /// @notice Asked by forge: nobody else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_ClearancesHold() external view {
        for (uint256 i = 0; i < _handler.count(); ++i) {
            bytes32 shipment = _handler.shipments(i);
            (uint16 sequence, uint8 status) = _handler.clearance().slotOf(shipment, "DE", 1);
            require(sequence == _handler.sequenceOf(shipment), "1: sequence");
            require(status == _handler.statusOf(shipment), "1: status");
            bool released = _handler.custody().slotOf(shipment).released() == 1;
            require(released == _handler.gateOf(shipment), "2: gate");
        }
        require(!_handler.strangerMoved(), "3: a stranger moved something");
        require(!_handler.skippedChanged(), "4: custody changed by what did not apply");
        require(!_handler.endedChanged(), "5: custody of an ended shipment changed");
    }
}
