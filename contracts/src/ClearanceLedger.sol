// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {IClearanceLedger} from "./IClearanceLedger.sol";
import {ICustodyLedger} from "./ICustodyLedger.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {Clearance, RecordHashes, ShipmentRef} from "./Records.sol";
import {CustodySlot} from "./base/CustodySlot.sol";
import {EvidenceContract} from "./base/EvidenceContract.sol";

/// @title Clearances, see `IClearanceLedger`; `ledger/custody/clearance.py` decides the same
/// @dev A record of 150 shipments pays every gas 150 times. So one loop hashes, judges and writes each item, and takes back
/// what custody, told once about all, then refuses.
contract ClearanceLedger is IClearanceLedger, EvidenceContract {
    uint8 private constant CLEARANCE_KIND = 2;
    uint8 private constant CUSTODY_KIND = 1;
    uint256 private constant MAX_ITEMS = 200;
    uint256 private constant LAST_SEQUENCE = 0xffff;

    uint8 private constant ROLE_CUSTOMS = 5;
    uint8 private constant ROLE_BROKER = 6;

    uint8 private constant LODGED = 1;
    uint8 private constant HELD = 3;
    uint8 private constant SEIZED = 9;
    uint8 private constant DESTROYED = 10;
    uint8 private constant LAST_STATUS = 11;
    uint8 private constant LAST_HOLD_CAUSE = 11;
    uint8 private constant AUTHORITY_SIGNED = 3;

    // Outcome applied, for as many items as a record can have.
    bytes private constant ALL_APPLIED =
        hex"0101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"
        hex"0101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"
        hex"0101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"
        hex"0101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101";
    bytes1 private constant STALE = 0x03;
    bytes1 private constant UNKNOWN = 0x05;
    bytes1 private constant AHEAD = 0x09;
    bytes1 private constant FORBIDDEN = 0x0a;

    uint8 private constant GATE_OPEN = 1;
    uint8 private constant GATE_CLOSE = 2;

    // Sets of statuses, bit s for status s; bit 0 stands for none yet.
    // None, lodged, presented, held, inspected, refused and amended lead to any status but recalled.
    uint256 private constant UNRELEASED = 0x019f;
    // Released, with or without conditions, and recalled lead to held, released (both), amended, seized, destroyed, recalled.
    uint256 private constant WAS_RELEASED = 0x0860;
    uint256 private constant ANY = UNRELEASED | WAS_RELEASED;
    // The 16 bits at 16 * s: the statuses that status s may follow. Seized leads to destroyed, destroyed to nothing.
    uint256 private constant PRECEDERS = (UNRELEASED << 16) // lodged
        | (UNRELEASED << 32) // presented
        | (ANY << 48) // held
        | (UNRELEASED << 64) // inspected
        | (ANY << 80) // released
        | (ANY << 96) // released with conditions
        | (UNRELEASED << 112) // refused
        | (ANY << 128) // amended
        | (ANY << 144) // seized
        | ((ANY | (1 << SEIZED)) << 160) // destroyed
        | (WAS_RELEASED << 176); // recalled after release
    // Released, with or without conditions, opens the gate; held, refused, seized, destroyed and recalled close it; the
    // others say nothing about release and leave it alone.
    uint256 private constant OPENING = 0x0060;
    uint256 private constant CLOSING = 0x0e88;

    // A slot: sequence 16, status 8; above them the same as it was before, and so on as far as there is room, so that a
    // refused item can be taken back.
    uint256 private constant STATUS_AT = 16;
    uint256 private constant SLOT_BITS = 24;

    /// @dev A word with a place: reading and writing it computes the place once.
    struct Cell {
        uint256 slot;
    }

    /// @dev By pair of jurisdiction and regime (`CustodySlot.pair`), then by shipment.
    mapping(uint256 pair => mapping(bytes32 shipment => Cell cell)) private _cells;

    constructor(IPartnerRegistry registry_, address predecessor_)
        EvidenceContract(registry_, predecessor_, CLEARANCE_KIND)
    {}

    /// @inheritdoc IClearanceLedger
    function clear(Clearance calldata r, bytes calldata signatures) external {
        mapping(bytes32 => Cell) storage cells = _cells[_checkShape(r)];
        if (PREDECESSOR != address(0)) _inherit(cells, r);
        ShipmentRef[] calldata items = r.items;
        uint256 status = r.status;
        (bytes32[] memory applied, bool all, bytes32 itemsHash) =
            _applyItems(cells, items, (PRECEDERS >> (16 * status)) & 0xffff, (status << STATUS_AT) | 1);

        bytes32 id = _digest(_hash(r, itemsHash));
        bytes memory refused = _tellCustody(r, _checkSigner(r, id, signatures), applied);
        bytes memory outcomes = Bytes.slice(ALL_APPLIED, 0, applied.length);
        if (!all || refused.length != 0) _amend(outcomes, cells, items, applied, refused);
        emit Recorded(id, RecordHashes.CLEARANCE, msg.data, outcomes);
    }

    /// @inheritdoc IClearanceLedger
    function slotOf(bytes32 shipment, bytes2 jurisdiction, uint8 regime)
        external
        view
        returns (uint16 sequence, uint8 status)
    {
        uint256 slot = _cells[CustodySlot.pair(jurisdiction, regime)][shipment].slot;
        if (slot == 0 && PREDECESSOR != address(0)) {
            return IClearanceLedger(PREDECESSOR).slotOf(shipment, jurisdiction, regime);
        }
        return (uint16(slot), uint8(slot >> STATUS_AT));
    }

    function _checkShape(Clearance calldata r) private view returns (uint256 pair) {
        uint256 count = r.items.length;
        if (count == 0 || count > MAX_ITEMS) revert ClearanceItemCount(count);
        pair = CustodySlot.pair(r.jurisdiction, r.regime);
        if (pair == 0) revert ClearanceUnknownPair(r.jurisdiction, r.regime);
        uint8 status = r.status;
        if (status == 0 || status > LAST_STATUS) revert ClearanceUnknownStatus(status);
        uint8 assurance = r.assurance;
        if (assurance == 0 || assurance > AUTHORITY_SIGNED) revert ClearanceUnknownAssurance(assurance);
        uint8 cause = r.holdCause;
        uint40 causedBy = r.causedBy;
        if ((status == HELD) != (cause != 0) || cause > LAST_HOLD_CAUSE || (causedBy != 0 && cause == 0)) {
            revert ClearanceHoldCause(status, cause, causedBy);
        }
        _requireNotAhead(r.occurredAt);
    }

    /// @dev Whether the signer is customs of the jurisdiction; otherwise it is a broker at a broker's assurance.
    function _checkSigner(Clearance calldata r, bytes32 id, bytes calldata signatures)
        private
        view
        returns (bool customs)
    {
        _requireOpen();
        _requireSignatures(signatures, 1);
        (uint40 partner, uint256 roles, bool suspended) =
            REGISTRY.signer(_recover(id, signatures, 0), RecordHashes.CLEARANCE);
        if (partner == 0 || partner != r.by) revert ClearanceNotSigner(r.by, partner);
        if (suspended) revert ClearanceSuspended(partner);
        customs = roles & (1 << ROLE_CUSTOMS) != 0 && REGISTRY.hasRole(r.by, ROLE_CUSTOMS, bytes32(r.jurisdiction));
        if (!customs && (r.assurance == AUTHORITY_SIGNED || roles & (1 << ROLE_BROKER) == 0)) {
            revert ClearanceNotPermitted(r.by, r.jurisdiction, r.assurance);
        }
    }

    /// @dev Writes the slots of the items that apply as far as this contract knows, and hashes the list on the way.
    /// @param preceders The set of statuses that the new one may follow.
    /// @param next What an item writes, on top of what was, beside the sequence it names: the status, and one more.
    /// @return applied The shipments of those that apply, 0 in the place of the others.
    /// @return all Whether all apply; not when one is out of order.
    /// @return itemsHash `RecordHashes.hash(items)`.
    function _applyItems(
        mapping(bytes32 => Cell) storage cells,
        ShipmentRef[] calldata items,
        uint256 preceders,
        uint256 next
    ) private returns (bytes32[] memory applied, bool all, bytes32 itemsHash) {
        applied = new bytes32[](items.length);
        itemsHash = RecordHashes.SHIPMENT_REF_TYPEHASH; // for want of room on the stack
        // In assembly (ADR 0004): 380 gas an item beside storage, 930 in Solidity, which checks, copies and allocates for
        // every field. That the list lies within the call the compiler has checked; the bits of a sequence outside its
        // type are none of an item that applies, and `_amend` refuses them, and a list out of order, for the others.
        assembly ("memory-safe") {
            let end := add(0x20, shl(5, items.length))
            // Beyond the free memory pointer: the items' hashes (from 0x20 on), then three words hashed for each item.
            let hashes := mload(0x40)
            let item := add(hashes, end)
            mstore(item, itemsHash)
            // Scratch space: shipment and mapping, whose hash is the place of a slot. No digest is 0, so the first id is
            // not 0 either.
            mstore(0, 0)
            mstore(0x20, cells.slot)
            let from := items.offset
            all := 1
            for { let at := 0x20 } lt(at, end) { at := add(at, 0x20) } {
                let id := calldataload(from)
                let sequence := calldataload(add(from, 0x20))
                let ascends := gt(id, mload(0))
                mstore(0, id)
                calldatacopy(add(item, 0x20), from, 0x40)
                from := add(from, 0x40)
                mstore(add(hashes, at), keccak256(item, 0x60))
                let place := keccak256(0, 0x40)
                let slot := sload(place)
                // The last sequence is never used up: there is none after it.
                switch and(
                    and(lt(sequence, LAST_SEQUENCE), ascends),
                    and(eq(and(slot, LAST_SEQUENCE), sequence), shr(byte(29, slot), preceders))
                )
                case 0 { all := 0 }
                default {
                    sstore(place, or(shl(SLOT_BITS, slot), add(sequence, next)))
                    mstore(add(applied, at), id)
                }
            }
            itemsHash := keccak256(add(hashes, 0x20), sub(end, 0x20))
        }
    }

    /// @dev Custody acts on the items that apply, or refuses them.
    function _tellCustody(Clearance calldata r, bool customs, bytes32[] memory applied)
        private
        returns (bytes memory refused)
    {
        ICustodyLedger custody = ICustodyLedger(REGISTRY.contractOf(CUSTODY_KIND));
        if (address(custody) == address(0)) revert ClearanceNoCustody();
        return custody.applyClearance(_effect(r, customs), applied);
    }

    /// @dev What custody refused is taken back; what this contract refused itself gets its reason, or reverts everything
    /// when it should not stand there at all.
    function _amend(
        bytes memory outcomes,
        mapping(bytes32 => Cell) storage cells,
        ShipmentRef[] calldata items,
        bytes32[] memory applied,
        bytes memory refused
    ) private {
        bytes32 previous = 0;
        for (uint256 i = 0; i < applied.length; ++i) {
            if (items[i].shipment <= previous) revert ClearanceNotAscending(i);
            previous = items[i].shipment;
            if (applied[i] == 0) {
                outcomes[i] = _reason(cells[items[i].shipment].slot, items[i]);
            } else if (refused.length != 0 && refused[i] != 0) {
                outcomes[i] = refused[i];
                cells[applied[i]].slot >>= SLOT_BITS;
            }
        }
    }

    /// @dev Why an item does not apply, in the order of the rules.
    function _reason(uint256 slot, ShipmentRef calldata item) private view returns (bytes1) {
        // Read first, so that bits outside the type revert, as they do wherever the compiler reads them.
        uint256 sequence = item.sequence;
        if (slot == 0 && ICustodyLedger(REGISTRY.contractOf(CUSTODY_KIND)).slotOf(item.shipment) == 0) return UNKNOWN;
        if (sequence < uint16(slot)) return STALE;
        return sequence > uint16(slot) ? AHEAD : FORBIDDEN;
    }

    /// @dev Brings over what the closed predecessor knows of these clearances and this contract does not yet.
    function _inherit(mapping(bytes32 => Cell) storage cells, Clearance calldata r) private {
        for (uint256 i = 0; i < r.items.length; ++i) {
            bytes32 shipment = r.items[i].shipment;
            if (cells[shipment].slot != 0) continue;
            (uint16 sequence, uint8 status) =
                IClearanceLedger(PREDECESSOR).slotOf(shipment, r.jurisdiction, r.regime);
            if (sequence != 0) cells[shipment].slot = (uint256(status) << STATUS_AT) | sequence;
        }
    }

    function _effect(Clearance calldata r, bool customs)
        private
        pure
        returns (ICustodyLedger.ClearanceEffect memory effect)
    {
        effect.jurisdiction = r.jurisdiction;
        effect.regime = r.regime;
        // A lodged declaration is no decision: a party may sign it, and a broker without a relay.
        uint8 status = r.status;
        if (status == LODGED) return effect;
        effect.by = r.by;
        effect.relayed = !customs;
        if ((OPENING >> status) & 1 == 1) effect.gate = GATE_OPEN;
        else if ((CLOSING >> status) & 1 == 1) effect.gate = GATE_CLOSE;
        if (status == SEIZED) effect.ended = uint8(CustodySlot.SEIZED);
        else if (status == DESTROYED) effect.ended = uint8(CustodySlot.DESTROYED);
    }

    /// @dev The same as `RecordHashes.hash`, with the list hashed already.
    function _hash(Clearance calldata r, bytes32 itemsHash) private pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(
                    RecordHashes.CLEARANCE_TYPEHASH,
                    r.by,
                    r.declarant,
                    itemsHash,
                    r.jurisdiction,
                    r.regime,
                    r.status,
                    r.holdCause,
                    r.causedBy,
                    r.assurance
                ),
                abi.encode(r.occurredAt, r.duty, r.details)
            )
        );
    }
}
