// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ExceptionBits, Outcomes, Roles, ShipmentStates} from "../Codes.sol";
import {ICustodyLedger} from "../ICustodyLedger.sol";
import {Handoff, HandoffItem, Override, RecordHashes} from "../Records.sol";
import {CustodySlot} from "./CustodySlot.sol";
import {CustodyStore} from "./CustodyStore.sol";

/// @title Goods that change hands: by both sides' signatures, or by the council's where one side has vanished
abstract contract Moving is CustodyStore {
    using CustodySlot for uint256;

    /// @dev The index of the child that an item leaves behind when fewer packages move than are held.
    uint256 private constant REMAINDER_INDEX = type(uint32).max;
    uint256 private constant HANDLING_ROLES =
        1 << Roles.CARRIER | 1 << Roles.MAIN_CARRIER | 1 << Roles.WAREHOUSE | 1 << Roles.LOCKER;
    uint256 private constant MAIN_CARRIER = 1 << Roles.MAIN_CARRIER;
    uint256 private constant COUNT_EXCEPTIONS = ExceptionBits.SHORT | ExceptionBits.REFUSED | ExceptionBits.OVER;
    uint256 private constant ALL_REQUIREMENTS = 0xf;

    /// @dev The two sides of a movement, in memory: as many locals would not fit the stack.
    struct Transfer {
        uint256 releaser;
        uint256 receiver;
        // Whoever signed for partner 0; none when both sides are partners.
        address oneTimeKey;
        // The receiver has a handling role, so it may take anyone's goods.
        bool handles;
        // All four requirements when the receiver is a main carrier: those at the handover gate count.
        uint256 handover;
        // A flag that the shipment keeps for ever, or 0.
        uint256 mark;
    }

    // --- handoff ---------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function handoff(Handoff calldata r, bytes calldata signatures) external {
        _requireOpen();
        _requireSignatures(signatures, 2);
        bytes32 id = _digest(_checkedHash(r));
        _requireNotAhead(r.occurredAt);
        _requireInTime(r.submitBy);
        Transfer memory transfer = _checkSides(r.releaser, r.receiver, id, signatures);
        emit Recorded(id, RecordHashes.HANDOFF, msg.data, _applyItems(r.items, transfer));
    }

    /// @dev `RecordHashes.hash` with the items' shape checked on the way: a loop of its own would cost too much.
    function _checkedHash(Handoff calldata r) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                RecordHashes.HANDOFF_TYPEHASH,
                _checkedItemsHash(r.items),
                r.releaser,
                r.receiver,
                r.place,
                r.load,
                r.occurredAt,
                r.dueAt,
                r.submitBy,
                r.details
            )
        );
    }

    function _checkedItemsHash(HandoffItem[] calldata items) private pure returns (bytes32) {
        uint256 count = items.length;
        if (count == 0 || count > MAX_ITEMS) revert CustodyListLength(count, MAX_ITEMS);
        bytes32[] memory hashes = new bytes32[](count);
        bytes32 previous = 0;
        for (uint256 i = 0; i < count; ++i) {
            HandoffItem calldata item = items[i];
            if (item.shipment <= previous) revert CustodyNotAscending(i);
            previous = item.shipment;
            hashes[i] = keccak256(abi.encode(RecordHashes.HANDOFF_ITEM_TYPEHASH, item));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _checkSides(uint40 releaser, uint40 receiver, bytes32 id, bytes calldata signatures)
        private
        view
        returns (Transfer memory transfer)
    {
        if (releaser == receiver) revert CustodySamePartner(receiver);
        // A recipient key signs last, whichever side it is.
        uint256 releasersAt = releaser == 0 ? 1 : 0;
        address key = _recover(id, signatures, releasersAt);
        address receiversKey = _recover(id, signatures, 1 - releasersAt);
        if (key == receiversKey) revert CustodySameKey(key);
        transfer.releaser = releaser;
        if (releaser == 0) _setOneTimeKey(transfer, key);
        else _requireKey(key, releaser, RecordHashes.HANDOFF);
        _checkReceiver(transfer, receiver, receiversKey, RecordHashes.HANDOFF);
    }

    function _checkReceiver(Transfer memory transfer, uint40 receiver, address key, uint8 recordType) private view {
        transfer.receiver = receiver;
        if (receiver == 0) {
            _setOneTimeKey(transfer, key);
            return;
        }
        uint256 roles = _requireActive(key, receiver, recordType);
        transfer.handles = roles & HANDLING_ROLES != 0;
        if (roles & MAIN_CARRIER != 0) transfer.handover = ALL_REQUIREMENTS;
    }

    function _setOneTimeKey(Transfer memory transfer, address key) private view {
        _requireUnknown(key);
        transfer.oneTimeKey = key;
    }

    function _applyItems(HandoffItem[] calldata items, Transfer memory transfer)
        private
        returns (bytes memory outcomes)
    {
        outcomes = new bytes(items.length);
        // Nearly always all that is held, which is never nothing, moves on, from one partner to another who may take it.
        // Then one comparison says so, and one addition moves it; `_judgeMove` and `_move` come to the same.
        uint256 mask = CustodySlot.WHOLE_MASK;
        uint256 held = CustodySlot.NO_HOLDING;
        uint256 step = CustodySlot.passing(transfer.releaser, transfer.receiver);
        if (transfer.oneTimeKey == address(0)) {
            held = CustodySlot.holding(ShipmentStates.OPEN, transfer.releaser);
            if (!transfer.handles) {
                mask |= CustodySlot.CONSIGNEE_MASK;
                held |= CustodySlot.consigned(transfer.receiver);
            }
        }
        for (uint256 i = 0; i < items.length; ++i) {
            HandoffItem calldata item = items[i];
            Cell storage cell = _cells[item.shipment];
            uint256 slot = cell.slot;
            // Nested, as `&&` costs more.
            if (slot & mask == held | CustodySlot.counted(item.sequence, item.packages)) {
                if (slot & CustodySlot.SEQUENCE_MASK != CustodySlot.SEQUENCE_MASK) {
                    if (item.exceptions & COUNT_EXCEPTIONS == 0) {
                        // Wraps where the releaser's number is the higher one.
                        unchecked {
                            outcomes[i] = bytes1(_arrive(cell, slot, slot + step, transfer));
                        }
                        continue;
                    }
                }
            }
            if (slot == 0) slot = _inheritedSlot(item.shipment);
            uint8 outcome = _judgeMove(item.shipment, slot, item.sequence, transfer);
            if (outcome == Outcomes.APPLIED) {
                outcome = _move(cell, item.shipment, slot, item.packages, item.exceptions, transfer);
            }
            outcomes[i] = bytes1(outcome);
        }
    }

    /// @dev APPLIED when the shipment is held so that it may move; reverts when the receiver may not receive it at all.
    function _judgeMove(bytes32 shipment, uint256 slot, uint256 sequence, Transfer memory transfer)
        private
        view
        returns (uint8)
    {
        if (!transfer.handles) _requireConsignee(shipment, slot, transfer.receiver);
        // One comparison says that all is well; only otherwise is it worth asking what is not.
        if (!slot.isHeld(ShipmentStates.OPEN, sequence, transfer.releaser)) {
            return _refusal(slot, slot.state() == ShipmentStates.OPEN, sequence);
        }
        if (transfer.oneTimeKey != address(0) && recipientKeyOf(shipment) != transfer.oneTimeKey) {
            return Outcomes.WRONG_KEY;
        }
        return sequence == LAST_SEQUENCE ? Outcomes.FORBIDDEN : Outcomes.APPLIED;
    }

    function _requireConsignee(bytes32 shipment, uint256 slot, uint256 receiver) private pure {
        if (slot != 0 && slot.consignee() != receiver) revert CustodyMayNotReceive(shipment, uint40(receiver));
    }

    /// @dev Writes what an item changes that may move, unless its exceptions do not say what its count says.
    function _move(
        Cell storage cell,
        bytes32 shipment,
        uint256 slot,
        uint256 packages,
        uint256 exceptions,
        Transfer memory transfer
    ) private returns (uint8) {
        uint256 held = slot.packages();
        if (!_countAgrees(packages, exceptions, held)) return Outcomes.COUNT;
        if (packages == 0) {
            cell.slot = slot + CustodySlot.ONE_SEQUENCE;
            return Outcomes.APPLIED;
        }
        if (packages < held) _addRemainder(shipment, slot, held - packages);
        return _arrive(cell, slot, slot.handedOver(transfer.receiver, packages) | transfer.mark, transfer);
    }

    /// @dev Writes what stands after a move, `next` of `slot`, and says whether all gates on the way were open.
    function _arrive(Cell storage cell, uint256 slot, uint256 next, Transfer memory transfer) private returns (uint8) {
        uint256 required = slot.handoverGates() & transfer.handover;
        if (transfer.receiver == slot.consignee()) {
            next = next.withState(ShipmentStates.DELIVERED);
            required |= slot.deliveryGates();
        }
        cell.slot = next;
        return required & ~slot.released() == 0 ? Outcomes.APPLIED : Outcomes.APPLIED_IN_BREACH;
    }

    /// @dev Refused is no packages, short fewer than held, over more; none of them is the count as held.
    function _countAgrees(uint256 packages, uint256 exceptions, uint256 held) private pure returns (bool) {
        uint256 noted = exceptions & COUNT_EXCEPTIONS;
        if (packages == held) return noted == 0;
        if (packages == 0) return noted == ExceptionBits.REFUSED;
        return noted == (packages < held ? ExceptionBits.SHORT : ExceptionBits.OVER);
    }

    function _addRemainder(bytes32 shipment, uint256 slot, uint256 packages) private {
        uint256 remainder = slot.child(packages) | CustodySlot.FLAG_REMAINDER;
        _addChild(shipment, slot, REMAINDER_INDEX, remainder, _childKey(shipment, slot));
    }

    // --- override --------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function overrideCustody(Override calldata r, bytes calldata signatures) external {
        _requireOpen();
        if (r.releaser == r.receiver) revert CustodySamePartner(r.receiver);
        _requirePackages(r.packages);
        bytes32 id = _digest(RecordHashes.hash(r));
        Transfer memory transfer = _checkOverrideSides(r, id, signatures);
        uint256 slot = slotOf(r.shipment);
        uint8 outcome = _judgeMove(r.shipment, slot, r.sequence, transfer);
        if (outcome == Outcomes.APPLIED && !_countAgrees(r.packages, r.exceptions, slot.packages())) {
            outcome = Outcomes.COUNT;
        }
        if (outcome == Outcomes.APPLIED) {
            outcome = _announceUnlessReady(id)
                ? _move(_cells[r.shipment], r.shipment, slot, r.packages, r.exceptions, transfer)
                : Outcomes.ANNOUNCED;
        }
        emit Recorded(id, RecordHashes.OVERRIDE, msg.data, _outcome(outcome));
    }

    function _checkOverrideSides(Override calldata r, bytes32 id, bytes calldata signatures)
        private
        view
        returns (Transfer memory transfer)
    {
        uint256 last = signatures.length / SIGNATURE_LENGTH;
        // With no member's signature the registry refuses; with none at all there is nothing to slice.
        if (last != 0) --last;
        REGISTRY.requireCouncil(id, signatures[:last * SIGNATURE_LENGTH]);
        _requireSignatures(signatures, last + 1);
        // The releaser has vanished, and its one-time key with it, so nobody answers for partner 0 as releaser.
        transfer.releaser = r.releaser;
        transfer.mark = CustodySlot.FLAG_OVERRIDDEN;
        _checkReceiver(transfer, r.receiver, _recover(id, signatures, last), RecordHashes.OVERRIDE);
    }

    /// @dev Announces an override, or says that the delay since its announcement is over.
    function _announceUnlessReady(bytes32 id) private returns (bool) {
        uint256 readyAt = overrideReadyAt(id);
        if (readyAt != 0) return block.timestamp >= readyAt;
        _readyAt[id] = block.timestamp + REGISTRY.delay();
        return false;
    }
}
