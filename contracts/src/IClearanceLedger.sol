// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Clearance} from "./Records.sol";

/// @title Clearances: what customs and brokers sign about lists of shipments
/// @notice One slot, status and sequence, for each shipment, jurisdiction and regime. A release opens the gates that the
/// shipment's terms tie to it, a later hold, refusal or recall closes them; seizure and destruction of a required pair end
/// the shipment where customs itself signs them, and are recorded elsewhere. The custody ledger is told in the same
/// transaction, so that a handoff asks nobody. A lodged declaration is recorded at any sequence and changes no slot.
///
/// A record reverts as a whole for its shape, its time, its signature and the signer's roles. Every item is then judged
/// for itself, and the others apply: unknown (no such shipment), stale, ahead, forbidden (the status cannot follow the
/// one that stands; a party to the shipment signs a decision; a broker signs one that the terms let no broker relay; the
/// declarant on whose word it rests is neither consignor, consignee nor custodian).
interface IClearanceLedger {
    /// @notice No items, or more than 200.
    error ClearanceItemCount(uint256 count);
    /// @notice Shipments must ascend strictly: this item does not exceed the one before.
    error ClearanceNotAscending(uint256 index);
    /// @notice Not two capital letters and a regime of the list.
    error ClearanceUnknownPair(bytes2 jurisdiction, uint8 regime);
    /// @notice No such status.
    error ClearanceUnknownStatus(uint8 status);
    /// @notice No such assurance.
    error ClearanceUnknownAssurance(uint8 assurance);
    /// @notice On anybody's word but the authority's own, a declarant answers for it too.
    error ClearanceNoDeclarant(uint8 assurance);
    /// @notice No such cause of a hold.
    error ClearanceUnknownHoldCause(uint8 holdCause);
    /// @notice A hold names its cause, and nothing but a hold has one.
    error ClearanceHoldCause(uint8 status, uint8 holdCause);
    /// @notice Nothing but a hold was caused by somebody.
    error ClearanceCausedBy(uint8 status, uint40 causedBy);
    /// @notice Not signed by a key of `partner` in force; `owner` is whose key it was, 0 for nobody's.
    error ClearanceNotSigner(uint40 partner, uint40 owner);
    /// @notice A suspended partner clears nothing.
    error ClearanceSuspended(uint40 partner);
    /// @notice The author is not customs of the jurisdiction at the authority's assurance; at another, neither a broker nor
    /// the declarant itself that lodges.
    error ClearanceNotPermitted(uint40 partner, bytes2 jurisdiction, uint8 assurance);
    /// @notice No custody ledger is open, so nothing can be known about a shipment.
    error ClearanceNoCustody();

    /// @notice Record one status for 1 to 200 shipments. Anyone may submit what is signed.
    /// @param r The record; `sequence` of each item is the sequence of its clearance, not of its custody.
    /// @param signatures The signature of `r.by`, 65 bytes; below the authority's assurance also that of `r.declarant`, if
    /// it is another.
    /// @custom:reverts ClearanceItemCount ClearanceUnknownPair ClearanceUnknownStatus ClearanceUnknownAssurance
    /// ClearanceNoDeclarant ClearanceUnknownHoldCause ClearanceHoldCause ClearanceCausedBy EvidenceFromTheFuture PartnerRegistryNotOpen
    /// EvidenceSignatureLength ClearanceNotSigner ClearanceSuspended ClearanceNotPermitted ClearanceNoCustody
    /// ClearanceNotAscending
    function clear(Clearance calldata r, bytes calldata signatures) external;

    /// @notice The standing of one clearance, from the closed predecessor where it has not been touched since.
    /// @param shipment The shipment's id.
    /// @param jurisdiction Two capital letters.
    /// @param regime One of `Regimes`.
    /// @return sequence What the next record must name.
    /// @return status The latest status; 0 for none.
    function slotOf(bytes32 shipment, bytes2 jurisdiction, uint8 regime)
        external
        view
        returns (uint16 sequence, uint8 status);
}
