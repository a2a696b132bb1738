// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {IClearanceLedger} from "./IClearanceLedger.sol";
import {ICustodyLedger} from "./ICustodyLedger.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {Clearance, RecordHashes, ShipmentRef} from "./Records.sol";
import {CustodySlot} from "./base/CustodySlot.sol";
import {EvidenceContract} from "./base/EvidenceContract.sol";

/// @title Clearances, see `IClearanceLedger`; `ledger/clearance.py` decides the same
/// @dev A record of 150 shipments pays every gas 150 times. So one loop hashes, judges and writes each item, and takes back
/// what custody, told once about all, then refuses.
contract ClearanceLedger is IClearanceLedger, EvidenceContract {
    uint8 private constant CLEARANCE_KIND = 2;
    uint8 private constant CUSTODY_KIND = 1;
    uint256 private constant MAX_ITEMS = 200;
    uint256 private constant LAST_SEQUENCE = type(uint16).max;

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

    // A slot: sequence 16, status 8, and the status before it 8, to which a refused item returns.
    uint256 private constant STATUS_AT = 16;
    uint256 private constant BEFORE_AT = 24;

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
        (bytes32[] memory applied, bytes32 itemsHash, bool all) = _applyItems(cells, r.items, _step(r.status));

        bytes32 id = _digest(_hash(r, itemsHash));
        bytes memory refused = _tellCustody(r, _checkSigner(r, id, signatures), applied);
        bytes memory outcomes = Bytes.slice(ALL_APPLIED, 0, applied.length);
        if (!all || refused.length != 0) _amend(outcomes, cells, r.items, applied, refused);
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
        if (r.status == 0 || r.status > LAST_STATUS) revert ClearanceUnknownStatus(r.status);
        if (r.assurance == 0 || r.assurance > AUTHORITY_SIGNED) revert ClearanceUnknownAssurance(r.assurance);
        bool held = r.status == HELD;
        if (held != (r.holdCause != 0) || r.holdCause > LAST_HOLD_CAUSE || (r.causedBy != 0 && !held)) {
            revert ClearanceHoldCause(r.status, r.holdCause, r.causedBy);
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
    /// @param step See `_step`.
    /// @return applied The shipments of those that apply, 0 in the place of the others.
    /// @return itemsHash EIP-712 hash of the list.
    /// @return all Whether all apply.
    function _applyItems(mapping(bytes32 => Cell) storage cells, ShipmentRef[] calldata items, uint256 step)
        private
        returns (bytes32[] memory applied, bytes32 itemsHash, bool all)
    {
        bytes32[] memory hashes = new bytes32[](items.length);
        applied = new bytes32[](items.length);
        all = true;
        // No digest is 0, so the first is not 0 either.
        bytes32 shipment = 0;
        for (uint256 i = 0; i < hashes.length; ++i) {
            ShipmentRef calldata item = items[i];
            if (item.shipment <= shipment) revert ClearanceNotAscending(i);
            shipment = item.shipment;
            uint256 sequence = item.sequence;
            hashes[i] = keccak256(abi.encode(RecordHashes.SHIPMENT_REF_TYPEHASH, shipment, sequence));

            Cell storage cell = cells[shipment];
            uint256 slot = cell.slot;
            unchecked {
                // The last sequence is never used up: there is none after it.
                bool stands = sequence == slot & LAST_SEQUENCE && sequence != LAST_SEQUENCE;
                if (stands && (step >> ((slot >> STATUS_AT) & 0xff)) & 1 == 1) {
                    cell.slot =
                        (((slot >> STATUS_AT) & 0xff) << BEFORE_AT) | ((step >> 16) << STATUS_AT) | (sequence + 1);
                    applied[i] = shipment;
                } else {
                    all = false;
                }
            }
        }
        itemsHash = keccak256(abi.encodePacked(hashes));
    }

    /// @dev What a status needs: the status itself << 16 | the set of statuses that it may follow.
    function _step(uint256 status) private pure returns (uint256) {
        return (status << 16) | ((PRECEDERS >> (16 * status)) & 0xffff);
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

    /// @dev What custody refused is taken back; what this contract refused itself gets its reason.
    function _amend(
        bytes memory outcomes,
        mapping(bytes32 => Cell) storage cells,
        ShipmentRef[] calldata items,
        bytes32[] memory applied,
        bytes memory refused
    ) private {
        for (uint256 i = 0; i < applied.length; ++i) {
            if (applied[i] == 0) {
                outcomes[i] = _reason(cells[items[i].shipment].slot, items[i]);
            } else if (refused.length != 0 && refused[i] != 0) {
                outcomes[i] = refused[i];
                _takeBack(cells[applied[i]]);
            }
        }
    }

    /// @dev Back to what stood before: nothing, or the sequence before with the status before.
    function _takeBack(Cell storage cell) private {
        uint256 sequence = uint16(cell.slot) - 1;
        cell.slot = sequence == 0 ? 0 : ((cell.slot >> BEFORE_AT) << STATUS_AT) | sequence;
    }

    /// @dev Why an item does not apply, in the order of the rules.
    function _reason(uint256 slot, ShipmentRef calldata item) private view returns (bytes1) {
        if (slot == 0 && ICustodyLedger(REGISTRY.contractOf(CUSTODY_KIND)).slotOf(item.shipment) == 0) return UNKNOWN;
        if (item.sequence < uint16(slot)) return STALE;
        return item.sequence > uint16(slot) ? AHEAD : FORBIDDEN;
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
        if (r.status == LODGED) return effect;
        effect.by = r.by;
        effect.relayed = !customs;
        if ((OPENING >> r.status) & 1 == 1) effect.gate = GATE_OPEN;
        else if ((CLOSING >> r.status) & 1 == 1) effect.gate = GATE_CLOSE;
        if (r.status == SEIZED) effect.ended = uint8(CustodySlot.SEIZED);
        else if (r.status == DESTROYED) effect.ended = uint8(CustodySlot.DESTROYED);
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
