// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Gates, Outcomes, Purposes, Roles, ShipmentStates} from "../Codes.sol";
import {ICustodyLedger} from "../ICustodyLedger.sol";
import {RecordHashes, Require, ShipmentRef, ShipmentTerms} from "../Records.sol";
import {CustodySlot} from "./CustodySlot.sol";
import {CustodyStore} from "./CustodyStore.sol";

/// @title Terms that open a shipment, and close the parents it came from
abstract contract Opening is CustodyStore {
    using CustodySlot for uint256;

    uint256 private constant MAX_REQUIREMENTS = 4;
    uint256 private constant CONSIGNING_ROLES =
        1 << Roles.SUPPLIER | 1 << Roles.WAREHOUSE | 1 << Roles.PLATFORM | 1 << Roles.RETAILER | 1 << Roles.BRAND;

    /// @dev The fields of terms that are asked more than once: reading them from the call each time costs more.
    struct TermsHead {
        uint40 consignor;
        uint40 consignee;
        uint40 holder;
        address recipientKey;
        uint8 purpose;
        uint32 packages;
        uint40 submitBy;
    }

    /// @inheritdoc ICustodyLedger
    function open(ShipmentTerms calldata r, bytes calldata signatures) external {
        _requireOpen();
        TermsHead memory terms = _head(r);
        ShipmentRef[] calldata parents = r.parents;
        Require[] calldata requires = r.requires;
        _checkPurpose(terms, parents.length);
        uint256 slot = _newSlot(terms, requires);
        _requireInTime(terms.submitBy);
        bytes32 id = _digest(_hash(r, terms, RecordHashes.hash(parents), RecordHashes.hash(requires)));
        Cell storage cell = _cells[id];
        if (cell.slot != 0 || _inheritedSlot(id) != 0) revert CustodyAlreadyOpen(id);
        if (terms.recipientKey != address(0)) _requireUnknown(terms.recipientKey);
        address lastKey = _checkTermsSigners(terms, id, signatures);
        if (terms.purpose != Purposes.ORIGINAL) _closeParents(parents, terms, lastKey);
        cell.slot = slot;
        _setRecipientKey(id, terms.recipientKey);
        _record(id, RecordHashes.SHIPMENT_TERMS);
    }

    function _head(ShipmentTerms calldata r) private pure returns (TermsHead memory) {
        return TermsHead({
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
    function _hash(ShipmentTerms calldata r, TermsHead memory terms, bytes32 parents, bytes32 requires)
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

    function _checkPurpose(TermsHead memory terms, uint256 parents) private pure {
        if (parents > MAX_ITEMS) revert CustodyListLength(parents, MAX_ITEMS);
        if (terms.consignor == 0) revert CustodyNoConsignor();
        uint8 purpose = terms.purpose;
        if (purpose == 0 || purpose > Purposes.LAST) revert CustodyUnknownPurpose(purpose);
        if ((purpose == Purposes.ORIGINAL) != (parents == 0)) revert CustodyParentCount(purpose, parents);
        if (terms.holder == 0 && (purpose != Purposes.RETURN || terms.consignee == 0)) {
            revert CustodyNoHolder(purpose, terms.consignee);
        }
        if ((terms.consignee == 0 || terms.holder == 0) != (terms.recipientKey != address(0))) {
            revert CustodyRecipientKey(terms.recipientKey, terms.consignee, terms.holder);
        }
    }

    function _newSlot(TermsHead memory terms, Require[] calldata requires) private pure returns (uint256 slot) {
        slot = CustodySlot.opened(terms.holder, terms.consignee, terms.consignor, _requirePackages(terms.packages));
        uint256 count = requires.length;
        if (count > MAX_REQUIREMENTS) revert CustodyListLength(count, MAX_REQUIREMENTS);
        for (uint256 i = 0; i < count; ++i) {
            Require memory required = requires[i];
            uint256 pair = CustodySlot.pair(required.jurisdiction, required.regime);
            if (pair == 0) revert CustodyUnknownPair(i, required.jurisdiction, required.regime);
            uint8 gate = required.gate;
            if (gate == 0 || gate > Gates.ALL) revert CustodyUnknownGate(i, gate);
            if (slot.requirementMask(pair) != 0) {
                revert CustodyRequiredTwice(i, required.jurisdiction, required.regime);
            }
            slot = slot.withRequirement(i, pair, gate, required.relay);
        }
    }

    /// @dev The key of the last signature: for holder 0 it must be the parents' recipient key.
    function _checkTermsSigners(TermsHead memory terms, bytes32 id, bytes calldata signatures)
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
        if (terms.holder == 0) {
            _requireUnknown(key);
            return key;
        }
        // Whoever holds the parents already may go on holding their goods, suspended or not; new goods are a receipt.
        if (terms.purpose == Purposes.ORIGINAL || terms.purpose == Purposes.REPLACEMENT) {
            _requireActive(key, terms.holder, RecordHashes.SHIPMENT_TERMS);
        } else {
            _requireKey(key, terms.holder, RecordHashes.SHIPMENT_TERMS);
        }
    }

    function _closeParents(ShipmentRef[] calldata parents, TermsHead memory terms, address key) private {
        for (uint256 i = 0; i < parents.length; ++i) {
            ShipmentRef memory parent = parents[i];
            Cell storage cell = _cells[parent.shipment];
            uint256 slot = cell.slot;
            if (slot == 0) slot = _inheritedSlot(parent.shipment);
            uint8 outcome = _judgeParent(terms, parent, slot, key);
            if (outcome != Outcomes.APPLIED) revert CustodyParent(parent.shipment, outcome);
            // What is replaced has ended; nothing of it moves.
            if (terms.purpose == Purposes.REPLACEMENT) continue;
            cell.slot = slot.withState(ShipmentStates.CLOSED_INTO_ONWARD) + CustodySlot.ONE_SEQUENCE;
        }
    }

    function _judgeParent(TermsHead memory terms, ShipmentRef memory parent, uint256 slot, address key)
        private
        view
        returns (uint8)
    {
        if (terms.purpose == Purposes.REPLACEMENT) {
            if (slot == 0 || slot.sequence() != parent.sequence) return _refusal(slot, true, parent.sequence);
            return slot.state() == ShipmentStates.OPEN ? Outcomes.FORBIDDEN : Outcomes.APPLIED;
        }
        uint8 outcome = _judgeHolder(slot, parent.sequence, terms.holder);
        if (outcome != Outcomes.APPLIED) return outcome;
        if (terms.holder == 0 && recipientKeyOf(parent.shipment) != key) return Outcomes.WRONG_KEY;
        bool delivered = slot.state() == ShipmentStates.DELIVERED;
        bool diverts = terms.consignor == slot.consignor() || terms.consignor == slot.consignee();
        return (delivered || diverts) && parent.sequence != LAST_SEQUENCE ? Outcomes.APPLIED : Outcomes.FORBIDDEN;
    }
}
