// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {Assurances, ClearanceStatuses, ContractKinds, HoldCauses, Outcomes, Roles, ShipmentStates} from "./Codes.sol";
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
    uint256 private constant MAX_ITEMS = 200;
    uint256 private constant LAST_SEQUENCE = 0xffff;

    // Sets of statuses, bit s for status s; bit 0 stands for none yet.
    uint256 private constant LODGED = 1 << ClearanceStatuses.LODGED;
    uint256 private constant PRESENTED = 1 << ClearanceStatuses.PRESENTED;
    uint256 private constant HELD = 1 << ClearanceStatuses.HELD;
    uint256 private constant INSPECTED = 1 << ClearanceStatuses.INSPECTED;
    uint256 private constant RELEASED =
        1 << ClearanceStatuses.RELEASED | 1 << ClearanceStatuses.RELEASED_WITH_CONDITIONS;
    uint256 private constant REFUSED = 1 << ClearanceStatuses.REFUSED;
    uint256 private constant AMENDED = 1 << ClearanceStatuses.AMENDED;
    uint256 private constant SEIZED = 1 << ClearanceStatuses.SEIZED;
    uint256 private constant DESTROYED = 1 << ClearanceStatuses.DESTROYED;
    uint256 private constant RECALLED = 1 << ClearanceStatuses.RECALLED;
    // These lead to any status but recalled.
    uint256 private constant UNRELEASED = 1 | LODGED | PRESENTED | HELD | INSPECTED | REFUSED | AMENDED;
    // These lead to held, released (both), amended, seized, destroyed, recalled.
    uint256 private constant WAS_RELEASED = RELEASED | RECALLED;
    uint256 private constant ANY = UNRELEASED | WAS_RELEASED;
    // The 16 bits at 16 * s: the statuses that status s may follow. Seized leads to destroyed, destroyed to nothing; lodged
    // changes no slot, and stands in one that an older contract wrote.
    uint256 private constant PRECEDERS = (UNRELEASED << (uint256(ClearanceStatuses.PRESENTED) << 4))
        | (ANY << (uint256(ClearanceStatuses.HELD) << 4))
        | (UNRELEASED << (uint256(ClearanceStatuses.INSPECTED) << 4))
        | (ANY << (uint256(ClearanceStatuses.RELEASED) << 4))
        | (ANY << (uint256(ClearanceStatuses.RELEASED_WITH_CONDITIONS) << 4))
        | (UNRELEASED << (uint256(ClearanceStatuses.REFUSED) << 4))
        | (ANY << (uint256(ClearanceStatuses.AMENDED) << 4))
        | (ANY << (uint256(ClearanceStatuses.SEIZED) << 4))
        | ((ANY | SEIZED) << (uint256(ClearanceStatuses.DESTROYED) << 4))
        | (WAS_RELEASED << (uint256(ClearanceStatuses.RECALLED) << 4));
    // Released, with or without conditions, opens the gate; these close it; the others say nothing about release and leave
    // it alone.
    uint256 private constant CLOSING = HELD | REFUSED | SEIZED | DESTROYED | RECALLED;

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

    /// @param registry_ The consortium's registry.
    /// @param predecessor_ The clearance ledger whose state this one continues; zero for none.
    constructor(IPartnerRegistry registry_, address predecessor_)
        EvidenceContract(registry_, predecessor_, ContractKinds.CLEARANCE)
    {}

    /// @inheritdoc IClearanceLedger
    function clear(Clearance calldata r, bytes calldata signatures) external {
        mapping(bytes32 => Cell) storage cells = _cells[_checkShape(r)];
        (bytes32 id, bytes memory outcomes) =
            r.status == ClearanceStatuses.LODGED ? _lodge(r, signatures) : _decide(r, signatures, cells);
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

    /// @dev A declaration changes no slot and consumes no sequence, so it is recorded at any.
    function _lodge(Clearance calldata r, bytes calldata signatures)
        private
        returns (bytes32 id, bytes memory outcomes)
    {
        id = _digest(RecordHashes.hash(r));
        _checkSigners(r, id, signatures);
        bytes32[] memory shipments = new bytes32[](r.items.length);
        bytes32 previous = 0;
        for (uint256 i = 0; i < shipments.length; ++i) {
            shipments[i] = r.items[i].shipment;
            if (shipments[i] <= previous) revert ClearanceNotAscending(i);
            previous = shipments[i];
        }
        bytes memory refused = _applyToCustody(r, shipments);
        outcomes = Bytes.slice(Outcomes.ALL_APPLIED, 0, shipments.length);
        for (uint256 i = 0; i < refused.length; ++i) {
            if (refused[i] != 0) outcomes[i] = refused[i];
        }
    }

    function _decide(Clearance calldata r, bytes calldata signatures, mapping(bytes32 => Cell) storage cells)
        private
        returns (bytes32 id, bytes memory outcomes)
    {
        if (PREDECESSOR != address(0)) _inherit(cells, r);
        ShipmentRef[] calldata items = r.items;
        uint256 status = r.status;
        (bytes32[] memory applied, bool all, bytes32 itemsHash) =
            _applyItems(cells, items, (PRECEDERS >> (16 * status)) & 0xffff, (status << STATUS_AT) | 1);

        id = _digest(_hash(r, itemsHash));
        _checkSigners(r, id, signatures);
        bytes memory refused = _applyToCustody(r, applied);
        outcomes = Bytes.slice(Outcomes.ALL_APPLIED, 0, applied.length);
        if (!all || refused.length != 0) _writeRefusals(outcomes, cells, items, applied, refused);
    }

    function _checkShape(Clearance calldata r) private view returns (uint256 pair) {
        uint256 count = r.items.length;
        if (count == 0 || count > MAX_ITEMS) revert ClearanceItemCount(count);
        pair = CustodySlot.pair(r.jurisdiction, r.regime);
        if (pair == 0) revert ClearanceUnknownPair(r.jurisdiction, r.regime);
        uint8 status = r.status;
        if (status == 0 || status > ClearanceStatuses.LAST) revert ClearanceUnknownStatus(status);
        uint8 assurance = r.assurance;
        if (assurance == 0 || assurance > Assurances.LAST) revert ClearanceUnknownAssurance(assurance);
        // Partner 0 is consignee or custodian of a consumer's parcel, but declares nothing.
        if (r.declarant == 0 && assurance != Assurances.AUTHORITY_SIGNED) revert ClearanceNoDeclarant(assurance);
        uint8 cause = r.holdCause;
        if (cause > HoldCauses.LAST) revert ClearanceUnknownHoldCause(cause);
        if ((status == ClearanceStatuses.HELD) != (cause != 0)) revert ClearanceHoldCause(status, cause);
        uint40 causedBy = r.causedBy;
        if (causedBy != 0 && cause == 0) revert ClearanceCausedBy(status, causedBy);
        _requireNotAhead(r.occurredAt);
    }

    /// @dev Customs of the jurisdiction alone at the authority's assurance; else a broker and then the declarant, or the
    /// declarant alone for what it lodges itself.
    function _checkSigners(Clearance calldata r, bytes32 id, bytes calldata signatures) private view {
        _requireOpen();
        bool customs = r.assurance == Assurances.AUTHORITY_SIGNED;
        bool alone = customs || r.declarant == r.by;
        _requireSignatures(signatures, alone ? 1 : 2);
        (uint40 partner, uint256 roles, bool suspended) =
            REGISTRY.signer(_recover(id, signatures, 0), RecordHashes.CLEARANCE);
        if (partner == 0 || partner != r.by) revert ClearanceNotSigner(r.by, partner);
        if (suspended) revert ClearanceSuspended(partner);
        bool permitted = customs
            ? roles & (1 << Roles.CUSTOMS) != 0 && REGISTRY.hasRole(r.by, Roles.CUSTOMS, bytes32(r.jurisdiction))
            : roles & (1 << Roles.BROKER) != 0 || (alone && r.status == ClearanceStatuses.LODGED);
        if (!permitted) revert ClearanceNotPermitted(r.by, r.jurisdiction, r.assurance);
        if (alone) return;
        // Suspension does not stop a partner from declaring its own goods.
        partner = REGISTRY.partnerOf(_recover(id, signatures, 1), RecordHashes.CLEARANCE);
        if (partner != r.declarant) revert ClearanceNotSigner(r.declarant, partner);
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
        // type are none of an item that applies, and `_writeRefusals` refuses them, and a list out of order, for the others.
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
    function _applyToCustody(Clearance calldata r, bytes32[] memory applied)
        private
        returns (bytes memory refused)
    {
        ICustodyLedger custody = ICustodyLedger(REGISTRY.contractOf(ContractKinds.CUSTODY));
        if (address(custody) == address(0)) revert ClearanceNoCustody();
        return custody.applyClearance(_effect(r), applied);
    }

    /// @dev What custody refused is taken back; what this contract refused itself gets its reason, or reverts everything
    /// when it should not stand there at all.
    function _writeRefusals(
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
                outcomes[i] = _refusal(cells[items[i].shipment].slot, items[i]);
            } else if (refused.length != 0 && refused[i] != 0) {
                outcomes[i] = refused[i];
                cells[applied[i]].slot >>= SLOT_BITS;
            }
        }
    }

    /// @dev Why an item does not apply, in the order of the rules.
    function _refusal(uint256 slot, ShipmentRef calldata item) private view returns (bytes1) {
        // Read first, so that bits outside the type revert, as they do wherever the compiler reads them.
        uint256 sequence = item.sequence;
        if (slot == 0 && ICustodyLedger(REGISTRY.contractOf(ContractKinds.CUSTODY)).slotOf(item.shipment) == 0) {
            return bytes1(Outcomes.UNKNOWN);
        }
        if (sequence < uint16(slot)) return bytes1(Outcomes.STALE);
        return bytes1(sequence > uint16(slot) ? Outcomes.AHEAD : Outcomes.FORBIDDEN);
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

    function _effect(Clearance calldata r) private pure returns (ICustodyLedger.ClearanceEffect memory effect) {
        effect.jurisdiction = r.jurisdiction;
        effect.regime = r.regime;
        bool customs = r.assurance == Assurances.AUTHORITY_SIGNED;
        if (!customs) effect.declarant = r.declarant;
        // A lodged declaration is no decision: a party may sign it, and a broker without a relay.
        uint8 status = r.status;
        if (status == ClearanceStatuses.LODGED) return effect;
        effect.by = r.by;
        effect.relayed = !customs;
        if ((RELEASED >> status) & 1 == 1) effect.gate = ICustodyLedger.GateChange.OPEN;
        else if ((CLOSING >> status) & 1 == 1) effect.gate = ICustodyLedger.GateChange.CLOSE;
        // On a broker's word nothing ends.
        if (!customs) return effect;
        if (status == ClearanceStatuses.SEIZED) effect.ended = ShipmentStates.SEIZED;
        else if (status == ClearanceStatuses.DESTROYED) effect.ended = ShipmentStates.DESTROYED;
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
