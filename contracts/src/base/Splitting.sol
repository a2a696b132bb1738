// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Outcomes, ShipmentStates} from "../Codes.sol";
import {ICustodyLedger} from "../ICustodyLedger.sol";
import {Child, RecordHashes, Split} from "../Records.sol";
import {CustodySlot} from "./CustodySlot.sol";
import {CustodyStore} from "./CustodyStore.sol";

/// @title Shipments that are replaced by their parts
abstract contract Splitting is CustodyStore {
    using CustodySlot for uint256;

    /// @inheritdoc ICustodyLedger
    function split(Split calldata r, bytes calldata signatures) external {
        _requireOpen();
        _requireSignatures(signatures, 1);
        uint256 total = _totalPackages(r.children);
        _requireNotAhead(r.occurredAt);
        bytes32 id = _digest(RecordHashes.hash(r));
        address key = _recover(id, signatures, 0);
        if (r.by == 0) _requireUnknown(key);
        else _requireKey(key, r.by, RecordHashes.SPLIT);
        emit Recorded(id, RecordHashes.SPLIT, msg.data, _outcome(_split(r, total, key)));
    }

    function _totalPackages(Child[] calldata children) private pure returns (uint256 total) {
        uint256 count = children.length;
        if (count == 0 || count > MAX_ITEMS) revert CustodyListLength(count, MAX_ITEMS);
        for (uint256 i = 0; i < count; ++i) {
            total += _requirePackages(children[i].packages);
        }
    }

    function _split(Split calldata r, uint256 total, address key) private returns (uint8 outcome) {
        bytes32 shipment = r.shipment;
        Cell storage cell = _cells[shipment];
        uint256 slot = slotOf(shipment);
        outcome = _judgeHolder(slot, r.sequence, r.by);
        if (outcome != Outcomes.APPLIED) return outcome;
        address recipientKey = _childKey(shipment, slot);
        if (r.by == 0 && recipientKey != key) return Outcomes.WRONG_KEY;
        if (total != slot.packages()) return Outcomes.COUNT;
        if (r.sequence == LAST_SEQUENCE) return Outcomes.FORBIDDEN;
        cell.slot = slot.withState(ShipmentStates.CLOSED_INTO_CHILDREN) + CustodySlot.ONE_SEQUENCE;
        for (uint256 i = 0; i < r.children.length; ++i) {
            _addChild(shipment, slot, i, slot.child(r.children[i].packages), recipientKey);
        }
    }
}
