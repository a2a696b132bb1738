// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICustodyLedger} from "./ICustodyLedger.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {
    Child,
    Handoff,
    HandoffItem,
    Override,
    RecordHashes,
    Require,
    ShipmentRef,
    ShipmentTerms,
    Split,
    Statement
} from "./Records.sol";
import {CustodySlot} from "./base/CustodySlot.sol";
import {EvidenceContract} from "./base/EvidenceContract.sol";

/// @title Custody, see `ICustodyLedger`; `ledger/custody.py` decides the same
contract CustodyLedger is ICustodyLedger, EvidenceContract {
    using CustodySlot for uint256;

    uint8 private constant CUSTODY_KIND = 1;
    uint8 private constant CLEARANCE_KIND = 2;

    uint256 private constant MAX_ITEMS = 200;
    uint256 private constant MAX_REQUIREMENTS = 4;
    uint256 private constant LAST_MODE = 9;
    uint256 private constant LAST_FULFILMENT = 5;
    uint256 private constant LAST_SPLIT_REASON = 5;
    uint256 private constant ALL_GATES = 7;
    uint256 private constant REMAINDER_INDEX = type(uint32).max;

    // Supplier, warehouse, platform, retailer, brand; carrier, main carrier, warehouse, locker.
    uint256 private constant CONSIGNING_ROLES = 1 << 1 | 1 << 4 | 1 << 7 | 1 << 8 | 1 << 10;
    uint256 private constant HANDLING_ROLES = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 14;
    uint256 private constant ROLE_MAIN_CARRIER = 3;

    uint8 private constant PURPOSE_ORIGINAL = 1;
    uint8 private constant PURPOSE_RETURN = 3;
    uint8 private constant PURPOSE_REPLACEMENT = 5;
    uint8 private constant LAST_PURPOSE = 6;

    uint256 private constant GATE_HANDOVER = 1;
    uint256 private constant GATE_DELIVERY = 2;
    uint256 private constant GATE_SALE = 4;

    uint256 private constant SHORT = 1;
    uint256 private constant REFUSED = 4;
    uint256 private constant OVER = 8;
    uint256 private constant COUNTED = SHORT | REFUSED | OVER;
    uint256 private constant ALL_EXCEPTIONS = 0xff;

    uint8 private constant TENDER = 1;
    uint8 private constant CONTEST = 2;
    uint8 private constant SAID_SOLD = 5;
    uint8 private constant SAID_DESTROYED = 6;
    uint8 private constant SAID_ABANDONED = 7;
    uint8 private constant FOUND = 8;

    uint8 private constant APPLIED = 1;
    uint8 private constant APPLIED_IN_BREACH = 2;
    uint8 private constant STALE = 3;
    uint8 private constant NOT_HELD = 4;
    uint8 private constant UNKNOWN = 5;
    uint8 private constant ENDED = 6;
    uint8 private constant WRONG_KEY = 7;
    uint8 private constant COUNT = 8;
    uint8 private constant AHEAD = 9;
    uint8 private constant FORBIDDEN = 10;

    /// @dev The two sides of a movement, in memory: as many locals would not fit the stack.
    struct Transfer {
        uint256 releaser;
        uint256 receiver;
        address releaserKey;
        address receiverKey;
        bool handles;
        uint256 gates;
    }

    mapping(bytes32 shipment => uint256 slot) private _slots;
    mapping(bytes32 shipment => address key) private _recipientKeys;
    mapping(bytes32 id => uint256 time) private _readyAt;

    constructor(IPartnerRegistry registry_, address predecessor_)
        EvidenceContract(registry_, predecessor_, CUSTODY_KIND)
    {}

    // --- opening ---------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function open(ShipmentTerms calldata r, bytes calldata signatures) external {
        _requireOpen();
        _checkPurpose(r);
        uint256 slot = _newSlot(r);
        _requireInTime(r.submitBy);
        bytes32 id = _digest(RecordHashes.hash(r));
        if (slotOf(id) != 0) revert CustodyAlreadyOpen(id);
        address lastKey = _checkTermsSigners(r, id, signatures);
        _closeParents(r, lastKey);
        _slots[id] = slot;
        if (r.recipientKey != address(0)) _recipientKeys[id] = r.recipientKey;
        emit Recorded(id, RecordHashes.SHIPMENT_TERMS, msg.data, _outcome(APPLIED));
    }

    function _checkPurpose(ShipmentTerms calldata r) private pure {
        uint256 parents = r.parents.length;
        if (parents > MAX_ITEMS) revert CustodyListLength(parents, MAX_ITEMS);
        if (r.mode > LAST_MODE) revert CustodyOutOfRange(0, r.mode);
        if (r.fulfilment > LAST_FULFILMENT) revert CustodyOutOfRange(0, r.fulfilment);
        if (
            r.consignor == 0 || r.purpose == 0 || r.purpose > LAST_PURPOSE
                || (r.purpose == PURPOSE_ORIGINAL) != (parents == 0)
                || (r.holder == 0 && (r.purpose != PURPOSE_RETURN || r.consignee == 0))
        ) revert CustodyPurpose(r.purpose, parents, r.holder, r.consignee);
        if ((r.consignee == 0 || r.holder == 0) != (r.recipientKey != address(0))) {
            revert CustodyRecipientKey(r.recipientKey, r.consignee, r.holder);
        }
    }

    function _newSlot(ShipmentTerms calldata r) private pure returns (uint256 slot) {
        if (r.packages == 0) revert CustodyOutOfRange(0, 0);
        uint256 count = r.requires.length;
        if (count > MAX_REQUIREMENTS) revert CustodyListLength(count, MAX_REQUIREMENTS);
        slot = CustodySlot.opened(r.holder, r.consignee, r.consignor, r.packages);
        for (uint256 i = 0; i < count; ++i) {
            Require calldata required = r.requires[i];
            uint256 pair = CustodySlot.pair(required.jurisdiction, required.regime);
            if (pair == 0 || required.gate == 0 || required.gate > ALL_GATES || slot.requirementMask(pair) != 0) {
                revert CustodyRequirement(i);
            }
            slot = slot.withRequirement(i, pair, required.gate, required.relay);
        }
    }

    /// @dev The key of the last signature: for holder 0 it must be the parents' recipient key.
    function _checkTermsSigners(ShipmentTerms calldata r, bytes32 id, bytes calldata signatures)
        private
        view
        returns (address key)
    {
        bool alone = r.holder == r.consignor;
        _requireSignatures(signatures, alone ? 1 : 2);
        key = _recover(id, signatures, 0);
        (uint256 roles, bool suspended) = _requireKey(key, r.consignor, RecordHashes.SHIPMENT_TERMS);
        bool holderSuspended = false;
        if (!alone) {
            key = _recover(id, signatures, 1);
            if (r.holder != 0) (, holderSuspended) = _requireKey(key, r.holder, RecordHashes.SHIPMENT_TERMS);
        }
        if (suspended) revert CustodySuspended(r.consignor);
        if (roles & CONSIGNING_ROLES == 0) revert CustodyMayNotConsign(r.consignor);
        // Whoever holds the parents already may go on holding their goods; new goods are a receipt.
        if (holderSuspended && (r.purpose == PURPOSE_ORIGINAL || r.purpose == PURPOSE_REPLACEMENT)) {
            revert CustodySuspended(r.holder);
        }
    }

    function _closeParents(ShipmentTerms calldata r, address key) private {
        bool closes = r.purpose != PURPOSE_REPLACEMENT;
        for (uint256 i = 0; i < r.parents.length; ++i) {
            ShipmentRef calldata named = r.parents[i];
            bytes32 parent = named.shipment;
            uint256 slot = slotOf(parent);
            if (named.sequence == type(uint16).max) revert CustodyOutOfRange(i, named.sequence);
            if (slot == 0) revert CustodyParent(parent, UNKNOWN);
            uint8 outcome = _bySequence(named.sequence, slot);
            if (outcome != APPLIED) revert CustodyParent(parent, outcome);
            if (closes) {
                outcome = _mayClose(r, parent, slot, key);
                if (outcome != APPLIED) revert CustodyParent(parent, outcome);
                _slots[parent] = slot.withState(CustodySlot.CLOSED_INTO_ONWARD) + CustodySlot.ONE_SEQUENCE;
            } else if (slot.state() == CustodySlot.OPEN) {
                revert CustodyParent(parent, FORBIDDEN);
            }
        }
    }

    function _mayClose(ShipmentTerms calldata r, bytes32 parent, uint256 slot, address key)
        private
        view
        returns (uint8)
    {
        if (!slot.isLive()) return ENDED;
        if (slot.custodian() != r.holder) return NOT_HELD;
        if (r.holder == 0 && recipientKeyOf(parent) != key) return WRONG_KEY;
        bool delivered = slot.state() == CustodySlot.DELIVERED;
        if (!delivered && r.consignor != slot.consignor() && r.consignor != slot.consignee()) return FORBIDDEN;
        return APPLIED;
    }

    // --- moving ----------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function handoff(Handoff calldata r, bytes calldata signatures) external {
        _requireOpen();
        _requireSignatures(signatures, 2);
        if (r.releaser == r.receiver) revert CustodySamePartner(r.receiver);
        bytes32 id = _digest(_checkedHash(r));
        _requireNotAhead(r.occurredAt);
        _requireInTime(r.submitBy);
        Transfer memory transfer = _sides(r, id, signatures);
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
            bytes32 shipment = item.shipment;
            uint16 sequence = item.sequence;
            uint16 exceptions = item.exceptions;
            if (shipment <= previous && i != 0) revert CustodyNotAscending(i);
            if (exceptions > ALL_EXCEPTIONS) revert CustodyOutOfRange(i, exceptions);
            if (sequence == type(uint16).max) revert CustodyOutOfRange(i, sequence);
            previous = shipment;
            hashes[i] = keccak256(
                abi.encode(RecordHashes.HANDOFF_ITEM_TYPEHASH, shipment, sequence, item.packages, exceptions)
            );
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _sides(Handoff calldata r, bytes32 id, bytes calldata signatures)
        private
        view
        returns (Transfer memory transfer)
    {
        transfer.releaser = r.releaser;
        // A recipient key signs last, whichever side it is.
        uint256 releasersAt = r.releaser == 0 ? 1 : 0;
        address key = _recover(id, signatures, releasersAt);
        transfer.releaserKey = key;
        if (r.releaser != 0) _requireKey(key, r.releaser, RecordHashes.HANDOFF);
        _receive(transfer, r.receiver, _recover(id, signatures, 1 - releasersAt), RecordHashes.HANDOFF);
        if (key == transfer.receiverKey) revert CustodySameKey(key);
    }

    function _receive(Transfer memory transfer, uint40 receiver, address key, uint8 recordType) private view {
        transfer.receiver = receiver;
        transfer.receiverKey = key;
        if (receiver == 0) return;
        (uint256 roles, bool suspended) = _requireKey(key, receiver, recordType);
        if (suspended) revert CustodySuspended(receiver);
        transfer.handles = roles & HANDLING_ROLES != 0;
        transfer.gates = roles >> ROLE_MAIN_CARRIER & GATE_HANDOVER;
    }

    function _applyItems(HandoffItem[] calldata items, Transfer memory transfer)
        private
        returns (bytes memory outcomes)
    {
        uint256 count = items.length;
        outcomes = new bytes(count);
        for (uint256 i = 0; i < count; ++i) {
            HandoffItem calldata item = items[i];
            bytes32 shipment = item.shipment;
            uint256 slot = slotOf(shipment);
            uint8 outcome = _judge(shipment, slot, item.sequence, item.packages, item.exceptions, transfer);
            if (outcome == APPLIED) outcome = _move(shipment, slot, item.packages, transfer, 0);
            outcomes[i] = bytes1(outcome);
        }
    }

    /// @dev APPLIED when the item may move; reverts when the receiver may not receive it at all.
    function _judge(
        bytes32 shipment,
        uint256 slot,
        uint256 sequence,
        uint256 packages,
        uint256 exceptions,
        Transfer memory transfer
    ) private view returns (uint8) {
        if (slot == 0) return UNKNOWN;
        if (!transfer.handles && slot.consignee() != transfer.receiver) {
            revert CustodyMayNotReceive(shipment, uint40(transfer.receiver));
        }
        if (slot.state() != CustodySlot.OPEN) return ENDED;
        uint8 outcome = _bySequence(sequence, slot);
        if (outcome != APPLIED) return outcome;
        if (slot.custodian() != transfer.releaser) return NOT_HELD;
        if (transfer.releaser == 0 || transfer.receiver == 0) {
            address expected = transfer.releaser == 0 ? transfer.releaserKey : transfer.receiverKey;
            if (recipientKeyOf(shipment) != expected) return WRONG_KEY;
        }
        uint256 held = slot.packages();
        uint256 counted = packages == 0 ? REFUSED : packages < held ? SHORT : packages > held ? OVER : 0;
        return exceptions & COUNTED == counted ? APPLIED : COUNT;
    }

    /// @dev Writes what a judged item changes. `mark` is a flag that the shipment keeps for ever, or 0.
    function _move(bytes32 shipment, uint256 slot, uint256 packages, Transfer memory transfer, uint256 mark)
        private
        returns (uint8)
    {
        if (packages == 0) {
            _slots[shipment] = slot + CustodySlot.ONE_SEQUENCE;
            return APPLIED;
        }
        uint256 next = slot.moved(transfer.receiver, packages) | mark;
        uint256 gates = transfer.gates;
        if (transfer.receiver == slot.consignee()) {
            next = next.withState(CustodySlot.DELIVERED);
            gates |= GATE_DELIVERY;
        }
        _slots[shipment] = next;
        uint256 held = slot.packages();
        if (packages < held) {
            _addChild(
                shipment,
                slot,
                REMAINDER_INDEX,
                slot.fresh(held - packages) | CustodySlot.FLAG_REMAINDER,
                _inheritedKey(shipment, slot)
            );
        }
        return slot.missing(gates) ? APPLIED_IN_BREACH : APPLIED;
    }

    /// @inheritdoc ICustodyLedger
    function overrideCustody(Override calldata r, bytes calldata signatures) external {
        _requireOpen();
        if (r.releaser == r.receiver) revert CustodySamePartner(r.receiver);
        if (r.packages == 0 || r.exceptions > ALL_EXCEPTIONS) revert CustodyOutOfRange(0, r.packages);
        if (r.sequence == type(uint16).max) revert CustodyOutOfRange(0, r.sequence);
        bytes32 id = _digest(RecordHashes.hash(r));
        Transfer memory transfer = _overrideSides(r, id, signatures);
        uint256 slot = slotOf(r.shipment);
        uint8 outcome = _judge(r.shipment, slot, r.sequence, r.packages, r.exceptions, transfer);
        if (outcome == APPLIED) {
            uint256 readyAt = overrideReadyAt(id);
            if (readyAt == 0) {
                readyAt = block.timestamp + REGISTRY.delay();
                _readyAt[id] = readyAt;
                outcome = AHEAD;
            } else if (block.timestamp < readyAt) {
                outcome = AHEAD;
            } else {
                outcome = _move(r.shipment, slot, r.packages, transfer, CustodySlot.FLAG_OVERRIDDEN);
            }
        }
        emit Recorded(id, RecordHashes.OVERRIDE, msg.data, _outcome(outcome));
    }

    function _overrideSides(Override calldata r, bytes32 id, bytes calldata signatures)
        private
        view
        returns (Transfer memory transfer)
    {
        uint256 last = signatures.length / SIGNATURE_LENGTH;
        // With no member's signature the registry refuses; with none at all there is nothing to slice.
        if (last != 0) --last;
        REGISTRY.requireCouncil(id, signatures[:last * SIGNATURE_LENGTH]);
        _requireSignatures(signatures, last + 1);
        transfer.releaser = r.releaser;
        _receive(transfer, r.receiver, _recover(id, signatures, last), RecordHashes.OVERRIDE);
        // The releaser has vanished, and its one-time key too: whoever is custodian is the one overridden.
        if (r.releaser == 0) transfer.releaserKey = recipientKeyOf(r.shipment);
    }

    // --- splitting -------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function split(Split calldata r, bytes calldata signatures) external {
        _requireOpen();
        _requireSignatures(signatures, 1);
        if (r.sequence == type(uint16).max) revert CustodyOutOfRange(0, r.sequence);
        if (r.reason > LAST_SPLIT_REASON) revert CustodyOutOfRange(0, r.reason);
        uint256 total = _total(r.children);
        _requireNotAhead(r.occurredAt);
        bytes32 id = _digest(RecordHashes.hash(r));
        address key = _recover(id, signatures, 0);
        if (r.by != 0) _requireKey(key, r.by, RecordHashes.SPLIT);
        emit Recorded(id, RecordHashes.SPLIT, msg.data, _outcome(_split(r, total, key)));
    }

    function _total(Child[] calldata children) private pure returns (uint256 total) {
        uint256 count = children.length;
        if (count == 0 || count > MAX_ITEMS) revert CustodyListLength(count, MAX_ITEMS);
        for (uint256 i = 0; i < count; ++i) {
            uint256 packages = children[i].packages;
            if (packages == 0) revert CustodyOutOfRange(i, 0);
            total += packages;
        }
    }

    function _split(Split calldata r, uint256 total, address key) private returns (uint8 outcome) {
        bytes32 shipment = r.shipment;
        uint256 slot = slotOf(shipment);
        outcome = _byHolder(slot, r.sequence, r.by);
        if (outcome != APPLIED) return outcome;
        address recipientKey = _inheritedKey(shipment, slot);
        if (r.by == 0 && recipientKey != key) return WRONG_KEY;
        if (total != slot.packages()) return COUNT;
        _slots[shipment] = slot.withState(CustodySlot.CLOSED_INTO_CHILDREN) + CustodySlot.ONE_SEQUENCE;
        for (uint256 i = 0; i < r.children.length; ++i) {
            _addChild(shipment, slot, i, slot.fresh(r.children[i].packages), recipientKey);
        }
    }

    function _addChild(bytes32 parent, uint256 parentSlot, uint256 index, uint256 slot, address key) private {
        bytes32 child = keccak256(abi.encode(parent, parentSlot.sequence(), index));
        _slots[child] = slot;
        if (key != address(0)) _recipientKeys[child] = key;
    }

    /// @dev The key that a child needs: none, and no read, where no partner 0 is left in the slot.
    function _inheritedKey(bytes32 shipment, uint256 slot) private view returns (address) {
        return slot.custodian() == 0 || slot.consignee() == 0 ? recipientKeyOf(shipment) : address(0);
    }

    // --- statements ------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function state(Statement calldata r, bytes calldata signatures) external {
        _requireOpen();
        uint8 kind = r.kind;
        if (kind == 0 || kind > FOUND) revert CustodyOutOfRange(0, kind);
        if (kind != CONTEST && (r.by == 0 || r.by == r.counterparty)) revert CustodySamePartner(r.by);
        bool witnessed = kind == SAID_DESTROYED || kind == SAID_ABANDONED;
        _requireSignatures(signatures, witnessed ? 2 : 1);
        _requireNotAhead(r.occurredAt);
        bytes32 id = _digest(RecordHashes.hash(r));
        address key = _recover(id, signatures, 0);
        if (r.by != 0) _requireKey(key, r.by, RecordHashes.STATEMENT);
        if (witnessed) {
            address first = key;
            key = _recover(id, signatures, 1);
            if (r.counterparty != 0) _requireKey(key, r.counterparty, RecordHashes.STATEMENT);
            if (key == first) revert CustodySameKey(key);
        }
        uint256 slot = slotOf(r.shipment);
        bool ends = kind > CONTEST && kind < FOUND;
        uint8 outcome = ends ? _end(r, slot, key, witnessed) : _remark(r, slot, key);
        emit Recorded(id, RecordHashes.STATEMENT, msg.data, _outcome(outcome));
    }

    /// @dev Lost, left, sold, destroyed, abandoned: kinds 3 to 7 end as states 5 to 9.
    function _end(Statement calldata r, uint256 slot, address witness, bool witnessed) private returns (uint8 outcome) {
        outcome = _byHolder(slot, r.sequence, r.by);
        if (outcome != APPLIED) return outcome;
        if (witnessed) {
            if (r.counterparty == 0 && recipientKeyOf(r.shipment) != witness) return WRONG_KEY;
            if (r.counterparty != slot.consignor() && r.counterparty != slot.consignee()) return FORBIDDEN;
        }
        _slots[r.shipment] = slot.withState(uint256(r.kind) + 2);
        if (r.kind == SAID_SOLD && slot.missing(GATE_SALE)) return APPLIED_IN_BREACH;
    }

    /// @dev Tender, contest, found change nothing. At an earlier sequence the slot no longer knows who held the goods:
    /// it is recorded, and counts only when `by` held them then.
    function _remark(Statement calldata r, uint256 slot, address key) private view returns (uint8) {
        if (slot == 0) return UNKNOWN;
        bool byHolder = r.kind != CONTEST && r.sequence == slot.sequence();
        if (byHolder && slot.state() != CustodySlot.OPEN) return ENDED;
        if (r.kind == FOUND && slot.state() == CustodySlot.LOST) return ENDED;
        if (r.sequence > slot.sequence()) return AHEAD;
        if (byHolder && r.by != slot.custodian()) return NOT_HELD;
        if (r.by == 0 && recipientKeyOf(r.shipment) != key) return WRONG_KEY;
        if (r.kind == CONTEST && r.by != slot.consignee()) return FORBIDDEN;
        if (r.kind == TENDER && r.counterparty != slot.consignee()) return FORBIDDEN;
        return APPLIED;
    }

    // --- clearance -------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function setReleased(bytes32[] calldata shipments, uint256[] calldata masks, bool released) external {
        _requireClearance();
        for (uint256 i = 0; i < shipments.length; ++i) {
            uint256 mask = masks[i];
            if (mask == 0) continue;
            if (mask > 0xf) revert CustodyOutOfRange(i, mask);
            uint256 slot = slotOf(shipments[i]);
            if (slot.state() != CustodySlot.OPEN) continue;
            _slots[shipments[i]] = slot.withReleased(mask, released);
        }
    }

    /// @inheritdoc ICustodyLedger
    function endByCustoms(bytes32[] calldata shipments, uint8 ended) external {
        _requireClearance();
        if (ended != CustodySlot.SEIZED && ended != CustodySlot.DESTROYED) revert CustodyNotAnEnd(ended);
        for (uint256 i = 0; i < shipments.length; ++i) {
            if (shipments[i] == 0) continue;
            uint256 slot = slotOf(shipments[i]);
            uint256 was = slot.state();
            if (was != CustodySlot.OPEN && (was != CustodySlot.SEIZED || ended != CustodySlot.DESTROYED)) continue;
            _slots[shipments[i]] = slot.withState(ended);
        }
    }

    function _requireClearance() private view {
        _requireOpen();
        address clearance = REGISTRY.contractOf(CLEARANCE_KIND);
        if (msg.sender != clearance) revert CustodyNotClearance(msg.sender, clearance);
    }

    // --- reading ---------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function slotOf(bytes32 shipment) public view returns (uint256 slot) {
        slot = _slots[shipment];
        if (slot == 0 && PREDECESSOR != address(0)) slot = ICustodyLedger(PREDECESSOR).slotOf(shipment);
    }

    /// @inheritdoc ICustodyLedger
    function slotsOf(bytes32[] calldata shipments) external view returns (uint256[] memory slots) {
        slots = new uint256[](shipments.length);
        for (uint256 i = 0; i < shipments.length; ++i) {
            slots[i] = slotOf(shipments[i]);
        }
    }

    /// @inheritdoc ICustodyLedger
    function recipientKeyOf(bytes32 shipment) public view returns (address key) {
        key = _recipientKeys[shipment];
        if (key == address(0) && PREDECESSOR != address(0)) key = ICustodyLedger(PREDECESSOR).recipientKeyOf(shipment);
    }

    /// @inheritdoc ICustodyLedger
    function overrideReadyAt(bytes32 id) public view returns (uint256 time) {
        time = _readyAt[id];
        if (time == 0 && PREDECESSOR != address(0)) time = ICustodyLedger(PREDECESSOR).overrideReadyAt(id);
    }

    // --- shared ----------------------------------------------------------------------------------------------------

    /// @dev For what only the present holder of a live shipment may do.
    function _byHolder(uint256 slot, uint256 sequence, uint256 by) private pure returns (uint8) {
        if (slot == 0) return UNKNOWN;
        if (!slot.isLive()) return ENDED;
        uint8 outcome = _bySequence(sequence, slot);
        if (outcome != APPLIED) return outcome;
        return slot.custodian() == by ? APPLIED : NOT_HELD;
    }

    function _bySequence(uint256 named, uint256 slot) private pure returns (uint8) {
        uint256 current = slot.sequence();
        return named == current ? APPLIED : named < current ? STALE : AHEAD;
    }

    /// @dev The roles of `partner`, whose key this must be.
    function _requireKey(address key, uint40 partner, uint8 recordType)
        private
        view
        returns (uint256 roles, bool suspended)
    {
        uint40 found;
        (found, roles, suspended) = REGISTRY.signer(key, recordType);
        if (found != partner) revert CustodyNotItsKey(partner, key);
    }

    function _outcome(uint8 outcome) private pure returns (bytes memory) {
        return abi.encodePacked(outcome);
    }
}
