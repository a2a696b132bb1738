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

/// @title Custody, see `ICustodyLedger`; `ledger/custody/rules.py` decides the same
contract CustodyLedger is ICustodyLedger, EvidenceContract {
    using CustodySlot for uint256;

    uint8 private constant CUSTODY_KIND = 1;
    uint8 private constant CLEARANCE_KIND = 2;

    uint256 private constant MAX_ITEMS = 200;
    uint256 private constant MAX_REQUIREMENTS = 4;
    uint256 private constant ALL_GATES = 7;
    uint256 private constant LAST_SEQUENCE = type(uint16).max;
    uint256 private constant REMAINDER_INDEX = type(uint32).max;

    // Supplier, warehouse, platform, retailer, brand; carrier, main carrier, warehouse, locker.
    uint256 private constant CONSIGNING_ROLES = 1 << 1 | 1 << 4 | 1 << 7 | 1 << 8 | 1 << 10;
    uint256 private constant HANDLING_ROLES = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 14;
    uint256 private constant ROLE_MAIN_CARRIER = 1 << 3;

    uint8 private constant PURPOSE_ORIGINAL = 1;
    uint8 private constant PURPOSE_RETURN = 3;
    uint8 private constant PURPOSE_REPLACEMENT = 5;
    uint8 private constant LAST_PURPOSE = 6;

    uint256 private constant SHORT = 1;
    uint256 private constant REFUSED = 4;
    uint256 private constant OVER = 8;
    uint256 private constant COUNTED = SHORT | REFUSED | OVER;

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

    /// @dev The fields of terms that are asked more than once: reading them from the call each time costs more.
    struct Opening {
        uint40 consignor;
        uint40 consignee;
        uint40 holder;
        address recipientKey;
        uint8 purpose;
        uint32 packages;
        uint40 submitBy;
    }

    /// @dev The two sides of a movement, in memory: as many locals would not fit the stack.
    struct Transfer {
        uint256 releaser;
        uint256 receiver;
        // Whoever signed for partner 0; none when both sides are partners.
        address oneTimeKey;
        // The receiver has a handling role, so it may take anyone's goods.
        bool handles;
        // 0xf when the receiver is a main carrier: the handover gate of all four requirements.
        uint256 handover;
        // A flag that the shipment keeps for ever, or 0.
        uint256 mark;
    }

    /// @dev A word with a place: reading and writing it computes the place once.
    struct Cell {
        uint256 slot;
    }

    mapping(bytes32 shipment => Cell cell) private _cells;
    mapping(bytes32 shipment => address key) private _recipientKeys;
    mapping(bytes32 id => uint256 time) private _readyAt;

    constructor(IPartnerRegistry registry_, address predecessor_)
        EvidenceContract(registry_, predecessor_, CUSTODY_KIND)
    {}

    // --- opening ---------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function open(ShipmentTerms calldata r, bytes calldata signatures) external {
        _requireOpen();
        Opening memory terms = _opening(r);
        ShipmentRef[] calldata parents = r.parents;
        Require[] calldata requires = r.requires;
        _checkPurpose(terms, parents.length);
        uint256 slot = _newSlot(terms, requires);
        _requireInTime(terms.submitBy);
        bytes32 id = _digest(_hash(r, terms, RecordHashes.hash(parents), RecordHashes.hash(requires)));
        Cell storage cell = _cells[id];
        if (cell.slot != 0 || _inheritedSlot(id) != 0) revert CustodyAlreadyOpen(id);
        address lastKey = _checkTermsSigners(terms, id, signatures);
        if (terms.purpose != PURPOSE_ORIGINAL) _closeParents(parents, terms, lastKey);
        cell.slot = slot;
        if (terms.recipientKey != address(0)) _recipientKeys[id] = terms.recipientKey;
        emit Recorded(id, RecordHashes.SHIPMENT_TERMS, msg.data, hex"01");
    }

    function _opening(ShipmentTerms calldata r) private pure returns (Opening memory) {
        return Opening({
            consignor: r.consignor,
            consignee: r.consignee,
            holder: r.holder,
            recipientKey: r.recipientKey,
            purpose: r.purpose,
            packages: r.packages,
            submitBy: r.submitBy
        });
    }

    /// @dev `RecordHashes.hash` from what is copied already.
    function _hash(ShipmentTerms calldata r, Opening memory terms, bytes32 parents, bytes32 requires)
        private
        pure
        returns (bytes32)
    {
        bytes memory head = abi.encode(
            RecordHashes.SHIPMENT_TERMS_TYPEHASH,
            r.salt,
            terms.consignor,
            terms.consignee,
            terms.holder,
            terms.recipientKey,
            terms.purpose,
            parents,
            terms.packages
        );
        bytes memory tail = abi.encode(
            r.mode, r.fulfilment, r.origin, r.destination, r.contents, r.commercial, requires, terms.submitBy, r.details
        );
        return keccak256(bytes.concat(head, tail));
    }

    function _checkPurpose(Opening memory terms, uint256 parents) private pure {
        if (parents > MAX_ITEMS) revert CustodyListLength(parents, MAX_ITEMS);
        if (
            terms.consignor == 0 || terms.purpose == 0 || terms.purpose > LAST_PURPOSE
                || (terms.purpose == PURPOSE_ORIGINAL) != (parents == 0)
                || (terms.holder == 0 && (terms.purpose != PURPOSE_RETURN || terms.consignee == 0))
        ) revert CustodyPurpose(terms.purpose, parents, terms.holder, terms.consignee);
        if ((terms.consignee == 0 || terms.holder == 0) != (terms.recipientKey != address(0))) {
            revert CustodyRecipientKey(terms.recipientKey, terms.consignee, terms.holder);
        }
    }

    function _newSlot(Opening memory terms, Require[] calldata requires) private pure returns (uint256 slot) {
        slot = CustodySlot.opened(terms.holder, terms.consignee, terms.consignor, _packages(terms.packages));
        uint256 count = requires.length;
        if (count > MAX_REQUIREMENTS) revert CustodyListLength(count, MAX_REQUIREMENTS);
        for (uint256 i = 0; i < count; ++i) {
            Require memory required = requires[i];
            uint256 pair = CustodySlot.pair(required.jurisdiction, required.regime);
            uint256 gate = required.gate;
            if (pair == 0 || gate == 0 || gate > ALL_GATES || slot.requirementMask(pair) != 0) {
                revert CustodyRequirement(i);
            }
            slot = slot.withRequirement(i, pair, gate, required.relay);
        }
    }

    /// @dev The key of the last signature: for holder 0 it must be the parents' recipient key.
    function _checkTermsSigners(Opening memory terms, bytes32 id, bytes calldata signatures)
        private
        view
        returns (address key)
    {
        bool alone = terms.holder == terms.consignor;
        _requireSignatures(signatures, alone ? 1 : 2);
        key = _recover(id, signatures, 0);
        uint256 roles = _requireActive(key, terms.consignor, RecordHashes.SHIPMENT_TERMS);
        if (roles & CONSIGNING_ROLES == 0) revert CustodyMayNotConsign(terms.consignor);
        if (alone) return key;
        address first = key;
        key = _recover(id, signatures, 1);
        if (key == first) revert CustodySameKey(key);
        if (terms.holder == 0) return key;
        // Whoever holds the parents already may go on holding their goods, suspended or not; new goods are a receipt.
        if (terms.purpose == PURPOSE_ORIGINAL || terms.purpose == PURPOSE_REPLACEMENT) {
            _requireActive(key, terms.holder, RecordHashes.SHIPMENT_TERMS);
        } else {
            _requireKey(key, terms.holder, RecordHashes.SHIPMENT_TERMS);
        }
    }

    function _closeParents(ShipmentRef[] calldata parents, Opening memory terms, address key) private {
        for (uint256 i = 0; i < parents.length; ++i) {
            ShipmentRef memory named = parents[i];
            Cell storage cell = _cells[named.shipment];
            uint256 slot = cell.slot;
            if (slot == 0) slot = _inheritedSlot(named.shipment);
            uint8 outcome = _judgeParent(terms, named, slot, key);
            if (outcome != APPLIED) revert CustodyParent(named.shipment, outcome);
            // What is replaced has ended; nothing of it moves.
            if (terms.purpose == PURPOSE_REPLACEMENT) continue;
            cell.slot = slot.withState(CustodySlot.CLOSED_INTO_ONWARD) + CustodySlot.ONE_SEQUENCE;
        }
    }

    function _judgeParent(Opening memory terms, ShipmentRef memory named, uint256 slot, address key)
        private
        view
        returns (uint8)
    {
        if (terms.purpose == PURPOSE_REPLACEMENT) {
            if (slot == 0 || slot.sequence() != named.sequence) return _reason(slot, true, named.sequence);
            return slot.state() == CustodySlot.OPEN ? FORBIDDEN : APPLIED;
        }
        uint8 outcome = _judgeHeld(slot, named.sequence, terms.holder);
        if (outcome != APPLIED) return outcome;
        if (terms.holder == 0 && recipientKeyOf(named.shipment) != key) return WRONG_KEY;
        bool delivered = slot.state() == CustodySlot.DELIVERED;
        bool diverts = terms.consignor == slot.consignor() || terms.consignor == slot.consignee();
        return (delivered || diverts) && named.sequence != LAST_SEQUENCE ? APPLIED : FORBIDDEN;
    }

    // --- moving ----------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function handoff(Handoff calldata r, bytes calldata signatures) external {
        _requireOpen();
        _requireSignatures(signatures, 2);
        bytes32 id = _digest(_checkedHash(r));
        _requireNotAhead(r.occurredAt);
        _requireInTime(r.submitBy);
        Transfer memory transfer = _sides(r.releaser, r.receiver, id, signatures);
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

    function _sides(uint40 releaser, uint40 receiver, bytes32 id, bytes calldata signatures)
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
        if (releaser == 0) transfer.oneTimeKey = key;
        else _requireKey(key, releaser, RecordHashes.HANDOFF);
        _receive(transfer, receiver, receiversKey, RecordHashes.HANDOFF);
    }

    function _receive(Transfer memory transfer, uint40 receiver, address key, uint8 recordType) private view {
        transfer.receiver = receiver;
        if (receiver == 0) {
            transfer.oneTimeKey = key;
            return;
        }
        uint256 roles = _requireActive(key, receiver, recordType);
        transfer.handles = roles & HANDLING_ROLES != 0;
        if (roles & ROLE_MAIN_CARRIER != 0) transfer.handover = 0xf;
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
            Cell storage cell = _cells[shipment];
            uint256 slot = cell.slot;
            if (slot == 0) slot = _inheritedSlot(shipment);
            uint8 outcome = _judge(shipment, slot, item.sequence, transfer);
            if (outcome == APPLIED) outcome = _move(cell, shipment, slot, item.packages, item.exceptions, transfer);
            outcomes[i] = bytes1(outcome);
        }
    }

    /// @dev APPLIED when the shipment stands so that it may move; reverts when the receiver may not receive it at all.
    function _judge(bytes32 shipment, uint256 slot, uint256 sequence, Transfer memory transfer)
        private
        view
        returns (uint8)
    {
        if (!transfer.handles) _requireConsignee(shipment, slot, transfer.receiver);
        // One comparison says that all is well; only otherwise is it worth asking what is not.
        if (!slot.stands(CustodySlot.OPEN, sequence, transfer.releaser)) {
            return _reason(slot, slot.state() == CustodySlot.OPEN, sequence);
        }
        if (transfer.oneTimeKey != address(0) && recipientKeyOf(shipment) != transfer.oneTimeKey) return WRONG_KEY;
        return sequence == LAST_SEQUENCE ? FORBIDDEN : APPLIED;
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
        if (!_countAgrees(packages, exceptions, held)) return COUNT;
        if (packages == 0) {
            cell.slot = slot + CustodySlot.ONE_SEQUENCE;
            return APPLIED;
        }
        if (packages < held) _addRemainder(shipment, slot, held - packages);
        uint256 next = slot.moved(transfer.receiver, packages) | transfer.mark;
        uint256 required = slot.handoverGates() & transfer.handover;
        if (transfer.receiver == slot.consignee()) {
            next = next.withState(CustodySlot.DELIVERED);
            required |= slot.deliveryGates();
        }
        cell.slot = next;
        return required & ~slot.released() == 0 ? APPLIED : APPLIED_IN_BREACH;
    }

    /// @dev Refused is no packages, short fewer than held, over more; none of them is the count as held.
    function _countAgrees(uint256 packages, uint256 exceptions, uint256 held) private pure returns (bool) {
        uint256 said = exceptions & COUNTED;
        if (packages == held) return said == 0;
        return said == (packages == 0 ? REFUSED : packages < held ? SHORT : OVER);
    }

    function _addRemainder(bytes32 shipment, uint256 slot, uint256 packages) private {
        uint256 remainder = slot.fresh(packages) | CustodySlot.FLAG_REMAINDER;
        _addChild(shipment, slot, REMAINDER_INDEX, remainder, _inheritedKey(shipment, slot));
    }

    /// @inheritdoc ICustodyLedger
    function overrideCustody(Override calldata r, bytes calldata signatures) external {
        _requireOpen();
        if (r.releaser == r.receiver) revert CustodySamePartner(r.receiver);
        _packages(r.packages);
        bytes32 id = _digest(RecordHashes.hash(r));
        Transfer memory transfer = _overrideSides(r, id, signatures);
        uint256 slot = slotOf(r.shipment);
        uint8 outcome = _judge(r.shipment, slot, r.sequence, transfer);
        if (outcome == APPLIED && !_countAgrees(r.packages, r.exceptions, slot.packages())) outcome = COUNT;
        if (outcome == APPLIED) {
            outcome =
                _announce(id) ? _move(_cells[r.shipment], r.shipment, slot, r.packages, r.exceptions, transfer) : AHEAD;
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
        // The releaser has vanished, and its one-time key with it, so nobody answers for partner 0 as releaser.
        transfer.releaser = r.releaser;
        transfer.mark = CustodySlot.FLAG_OVERRIDDEN;
        _receive(transfer, r.receiver, _recover(id, signatures, last), RecordHashes.OVERRIDE);
    }

    /// @dev Announces an override, or says that the delay since its announcement is over.
    function _announce(bytes32 id) private returns (bool over) {
        uint256 readyAt = overrideReadyAt(id);
        if (readyAt == 0) _readyAt[id] = block.timestamp + REGISTRY.delay();
        else return block.timestamp >= readyAt;
    }

    // --- splitting -------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function split(Split calldata r, bytes calldata signatures) external {
        _requireOpen();
        _requireSignatures(signatures, 1);
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
            total += _packages(children[i].packages);
        }
    }

    function _split(Split calldata r, uint256 total, address key) private returns (uint8 outcome) {
        bytes32 shipment = r.shipment;
        Cell storage cell = _cells[shipment];
        uint256 slot = slotOf(shipment);
        outcome = _judgeHeld(slot, r.sequence, r.by);
        if (outcome != APPLIED) return outcome;
        address recipientKey = _inheritedKey(shipment, slot);
        if (r.by == 0 && recipientKey != key) return WRONG_KEY;
        if (total != slot.packages()) return COUNT;
        if (r.sequence == LAST_SEQUENCE) return FORBIDDEN;
        cell.slot = slot.withState(CustodySlot.CLOSED_INTO_CHILDREN) + CustodySlot.ONE_SEQUENCE;
        for (uint256 i = 0; i < r.children.length; ++i) {
            _addChild(shipment, slot, i, slot.fresh(r.children[i].packages), recipientKey);
        }
    }

    function _addChild(bytes32 parent, uint256 parentSlot, uint256 index, uint256 slot, address key) private {
        bytes32 child = keccak256(abi.encode(parent, parentSlot.sequence(), index));
        _cells[child].slot = slot;
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
        // One copy costs less than reading the fields one by one from the call.
        Statement memory said = r;
        uint8 what = said.kind;
        if (what == 0 || what > FOUND) revert CustodyUnknownStatement(what);
        if (what != CONTEST && (said.by == 0 || said.by == said.counterparty)) revert CustodySamePartner(said.by);
        _requireNotAhead(said.occurredAt);
        bytes32 id = _digest(keccak256(abi.encode(RecordHashes.STATEMENT_TYPEHASH, said)));
        address key = _checkStatementSigners(said, id, signatures);
        uint256 slot = slotOf(said.shipment);
        uint8 outcome = what > CONTEST && what < FOUND ? _end(said, slot, key) : _remark(said, slot, key);
        emit Recorded(id, RecordHashes.STATEMENT, msg.data, _outcome(outcome));
    }

    /// @dev The last key: of the counterparty where it signs too.
    function _checkStatementSigners(Statement memory said, bytes32 id, bytes calldata signatures)
        private
        view
        returns (address key)
    {
        bool witnessed = _isWitnessed(said.kind);
        _requireSignatures(signatures, witnessed ? 2 : 1);
        key = _recover(id, signatures, 0);
        if (said.by != 0) _requireKey(key, said.by, RecordHashes.STATEMENT);
        if (!witnessed) return key;
        address first = key;
        key = _recover(id, signatures, 1);
        if (key == first) revert CustodySameKey(key);
        if (said.counterparty != 0) _requireKey(key, said.counterparty, RecordHashes.STATEMENT);
    }

    function _isWitnessed(uint8 what) private pure returns (bool) {
        return what == SAID_DESTROYED || what == SAID_ABANDONED;
    }

    /// @dev Lost, left, sold, destroyed, abandoned: kinds 3 to 7 end as states 5 to 9.
    function _end(Statement memory said, uint256 slot, address witness) private returns (uint8 outcome) {
        outcome = _judgeHeld(slot, said.sequence, said.by);
        if (outcome != APPLIED) return outcome;
        if (_isWitnessed(said.kind)) {
            if (said.counterparty == 0 && recipientKeyOf(said.shipment) != witness) return WRONG_KEY;
            if (said.counterparty != slot.consignor() && said.counterparty != slot.consignee()) return FORBIDDEN;
        }
        _cells[said.shipment].slot = slot.withState(uint256(said.kind) + 2);
        if (said.kind == SAID_SOLD && slot.saleGates() & ~slot.released() != 0) return APPLIED_IN_BREACH;
    }

    /// @dev Tender, contest, found change nothing. At an earlier sequence the slot no longer knows who held the goods:
    /// it is recorded, and counts only when `by` held them then.
    function _remark(Statement memory said, uint256 slot, address key) private view returns (uint8) {
        if (slot == 0) return UNKNOWN;
        bool byHolder = said.kind != CONTEST && said.sequence == slot.sequence();
        if (byHolder && slot.state() != CustodySlot.OPEN) return ENDED;
        if (said.kind == FOUND && slot.state() == CustodySlot.LOST) return ENDED;
        if (said.sequence > slot.sequence()) return AHEAD;
        if (byHolder && said.by != slot.custodian()) return NOT_HELD;
        if (said.by == 0 && recipientKeyOf(said.shipment) != key) return WRONG_KEY;
        if (said.kind == CONTEST && said.by != slot.consignee()) return FORBIDDEN;
        if (said.kind == TENDER && said.counterparty != slot.consignee()) return FORBIDDEN;
        return APPLIED;
    }

    // --- clearance -------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function applyClearance(ClearanceEffect calldata effect, bytes32[] calldata shipments)
        external
        returns (bytes memory refused)
    {
        _requireClearance();
        // Nearly always customs releases or holds what is under way and none of its business, and all shipments of a
        // record require the same: then one comparison with the one before says what to do.
        uint256 expected = 0;
        uint256 kept = 0;
        uint256 opened = 0;
        for (uint256 i = 0; i < shipments.length; ++i) {
            Cell storage cell = _cells[shipments[i]];
            uint256 slot = cell.slot;
            if (!slot.isLike(expected)) {
                bool plain = !effect.relayed && effect.ended == 0;
                if (!plain || slot.state() != CustodySlot.OPEN || slot.isParty(effect.by)) {
                    uint8 outcome = _applyClearance(effect, shipments[i]);
                    if (outcome == APPLIED) continue;
                    if (refused.length == 0) refused = new bytes(shipments.length);
                    refused[i] = bytes1(outcome);
                    continue;
                }
                expected = slot.likeness(effect.by);
                (kept, opened) = _gateBits(effect, slot);
            }
            // Writing what stands there already costs little more than asking whether it does.
            cell.slot = (slot & kept) | opened;
        }
    }

    /// @dev The bits of a slot that a clearance leaves as they are, and those that it sets.
    function _gateBits(ClearanceEffect calldata effect, uint256 slot)
        private
        pure
        returns (uint256 kept, uint256 opened)
    {
        uint256 moved = 0;
        if (effect.gate != 0) moved = uint256(0).withReleased(slot.requirementMask(_pair(effect)), true);
        return (~moved, effect.gate == 1 ? moved : 0);
    }

    function _pair(ClearanceEffect calldata effect) private pure returns (uint256) {
        return CustodySlot.pair(effect.jurisdiction, effect.regime);
    }

    function _applyClearance(ClearanceEffect calldata effect, bytes32 shipment) private returns (uint8) {
        if (shipment == 0) return APPLIED;
        uint256 slot = slotOf(shipment);
        if (slot == 0) return UNKNOWN;
        uint256 mask = slot.requirementMask(_pair(effect));
        if (effect.relayed && slot.relay() & mask == 0) return FORBIDDEN;
        if (effect.by != 0 && slot.isParty(effect.by)) return FORBIDDEN;
        if (slot.state() == CustodySlot.OPEN) {
            if (effect.gate != 0) slot = slot.withReleased(mask, effect.gate == 1);
            if (effect.ended != 0) slot = slot.withState(effect.ended);
        } else if (slot.state() == CustodySlot.SEIZED && effect.ended == CustodySlot.DESTROYED) {
            slot = slot.withState(effect.ended);
        }
        _cells[shipment].slot = slot;
        return APPLIED;
    }

    function _requireClearance() private view {
        _requireOpen();
        if (!REGISTRY.isOpen(CLEARANCE_KIND, msg.sender)) revert CustodyNotClearance(msg.sender);
    }

    // --- reading ---------------------------------------------------------------------------------------------------

    /// @inheritdoc ICustodyLedger
    function slotOf(bytes32 shipment) public view returns (uint256 slot) {
        slot = _cells[shipment].slot;
        if (slot == 0) slot = _inheritedSlot(shipment);
    }

    function _inheritedSlot(bytes32 shipment) private view returns (uint256) {
        return PREDECESSOR == address(0) ? 0 : ICustodyLedger(PREDECESSOR).slotOf(shipment);
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
    function _judgeHeld(uint256 slot, uint256 sequence, uint256 holder) private pure returns (uint8) {
        bool live = slot.state() == CustodySlot.OPEN || slot.state() == CustodySlot.DELIVERED;
        if (live && slot.stands(slot.state(), sequence, holder)) return APPLIED;
        return _reason(slot, live, sequence);
    }

    /// @dev Why a shipment does not stand as a record says, in the order of the rules.
    function _reason(uint256 slot, bool live, uint256 sequence) private pure returns (uint8) {
        if (slot == 0) return UNKNOWN;
        if (!live) return ENDED;
        uint256 current = slot.sequence();
        return sequence < current ? STALE : sequence > current ? AHEAD : NOT_HELD;
    }

    /// @dev Reverts unless this is a valid key of the partner.
    function _requireKey(address key, uint40 partner, uint8 recordType) private view {
        if (REGISTRY.partnerOf(key, recordType) != partner) revert CustodyNotItsKey(partner, key);
    }

    /// @dev The same, for what a suspended partner may not do; gives the partner's roles.
    function _requireActive(address key, uint40 partner, uint8 recordType) private view returns (uint256) {
        (uint40 found, uint256 roles, bool suspended) = REGISTRY.signer(key, recordType);
        if (found != partner) revert CustodyNotItsKey(partner, key);
        if (suspended) revert CustodySuspended(partner);
        return roles;
    }

    function _packages(uint32 count) private pure returns (uint256) {
        if (count == 0) revert CustodyNoPackages();
        return count;
    }

    function _outcome(uint8 outcome) private pure returns (bytes memory) {
        return abi.encodePacked(outcome);
    }
}
