// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Handoff, Override, ShipmentTerms, Split, Statement} from "./Records.sol";

/// @title Who holds which shipment, moved only by records that both sides signed
/// @notice Anyone may submit what is properly signed. A call that is refused as a whole reverts; otherwise it emits one
/// `Recorded` with an outcome for every item (codes: `Outcomes`). Partner 0 stands for the shipment's
/// one-time recipient key.
interface ICustodyLedger {
    /// @notice What a clearance does to a gate: nothing, open it, close it.
    enum GateChange {
        NONE,
        OPEN,
        CLOSE
    }

    /// @notice What a clearance does to shipments.
    /// @param by Who may be no party to them: the signer of a decision; 0 when a party may sign.
    /// @param declarant Who must be a party to them, for the word is his too; 0 where it is customs' own.
    /// @param jurisdiction With `regime` the clearance's pair.
    /// @param relayed A broker relays a decision: only where the requirement of this pair lets him.
    /// @param gate What it does to the gate of that requirement.
    /// @param ended 0, or the state in which it ends open shipments that require this pair: seized or destroyed of
    /// `ShipmentStates`. Seized ones are destroyed whatever the pair.
    struct ClearanceEffect {
        uint40 by;
        uint40 declarant;
        bytes2 jurisdiction;
        uint8 regime;
        bool relayed;
        GateChange gate;
        uint8 ended;
    }

    // --- signatures ---
    /// @notice The key is not a valid key of this partner for this type of record.
    error CustodyNotItsKey(uint40 partner, address key);
    /// @notice The registry knows this address, so it is no consumer's one-time key: not as terms name it, nor as it signs.
    error CustodyKnownKey(address key);
    /// @notice One key signed both sides.
    error CustodySameKey(address key);
    /// @notice The partner is suspended: it opens and receives nothing.
    error CustodySuspended(uint40 partner);

    // --- lists and counts ---
    /// @notice A list of this record has fewer than one entry, where it needs one, or more than `most`.
    error CustodyListLength(uint256 length, uint256 most);
    /// @notice Item `index` does not name a higher shipment id than the item before it (the first: than 0).
    error CustodyNotAscending(uint256 index);
    /// @notice A shipment, a child or what an override takes over has one package or more.
    error CustodyNoPackages();

    // --- opening ---
    /// @notice Terms need a consignor who is a partner.
    error CustodyNoConsignor();
    /// @notice No purpose of the list.
    error CustodyUnknownPurpose(uint8 purpose);
    /// @notice Original goods have no parents; every other purpose has some.
    error CustodyParentCount(uint8 purpose, uint256 parents);
    /// @notice Only a return to a partner is held by the recipient key when it is opened.
    error CustodyNoHolder(uint8 purpose, uint40 consignee);
    /// @notice A recipient key belongs to terms whose consignee or holder is 0, and to no others.
    error CustodyRecipientKey(address recipientKey, uint40 consignee, uint40 holder);
    /// @notice Requirement `index` does not name two capital letters and a regime of the list.
    error CustodyUnknownPair(uint256 index, bytes2 jurisdiction, uint8 regime);
    /// @notice Requirement `index` names no gate, or one that there is not.
    error CustodyUnknownGate(uint256 index, uint8 gate);
    /// @notice Requirement `index` stands there twice.
    error CustodyRequiredTwice(uint256 index, bytes2 jurisdiction, uint8 regime);
    /// @notice The partner has none of the roles that may consign.
    error CustodyMayNotConsign(uint40 partner);
    /// @notice Terms with this digest were opened before.
    error CustodyAlreadyOpen(bytes32 shipment);
    /// @notice Parent `shipment` cannot close into these terms; `outcome` says why.
    error CustodyParent(bytes32 shipment, uint8 outcome);

    // --- moving ---
    /// @notice Both sides of a record are this partner.
    error CustodySamePartner(uint40 partner);
    /// @notice The receiver has no handling role and is not this shipment's consignee.
    error CustodyMayNotReceive(bytes32 shipment, uint40 partner);

    // --- statements ---
    /// @notice No kind of statement.
    error CustodyUnknownStatement(uint8 kind);
    /// @notice Only partners make statements of this kind; the recipient key contests, and no more.
    error CustodyStatementByRecipientKey(uint8 kind);

    // --- clearance ---
    /// @notice Only the clearance contract in force may do this.
    error CustodyNotClearance(address caller);

    /// @notice Opens the shipment whose id is the digest of `r`, at sequence 0, held by `holder`. The parents, named at
    /// their current sequence and held by `holder`, close; a replacement only names parents that have ended.
    /// @param r The terms.
    /// @param signatures consignor; `holder` if another; for `holder` 0 the parents' recipient key.
    /// @custom:reverts PartnerRegistryNotOpen CustodyListLength CustodyNoConsignor CustodyUnknownPurpose CustodyParentCount
    /// CustodyNoHolder CustodyRecipientKey CustodyNoPackages CustodyUnknownPair CustodyUnknownGate CustodyRequiredTwice
    /// CustodyKnownKey EvidenceTooLate CustodyAlreadyOpen EvidenceSignatureLength CustodyNotItsKey CustodySuspended
    /// CustodyMayNotConsign CustodySameKey CustodyParent
    function open(ShipmentTerms calldata r, bytes calldata signatures) external;

    /// @notice Moves custody of the items that pass, and skips the others.
    /// @param r The manifest: 1 to 200 items, ascending by shipment.
    /// @param signatures releaser and receiver; a recipient key comes last.
    /// @custom:reverts PartnerRegistryNotOpen EvidenceSignatureLength CustodyListLength CustodyNotAscending
    /// EvidenceFromTheFuture EvidenceTooLate CustodySamePartner CustodySameKey CustodyNotItsKey CustodyKnownKey
    /// CustodySuspended CustodyMayNotReceive
    function handoff(Handoff calldata r, bytes calldata signatures) external;

    /// @notice Replaces a shipment by children that add up to it.
    /// @param r The split: 1 to 200 children.
    /// @param signatures `by`, or the recipient key when `by` is 0.
    /// @custom:reverts PartnerRegistryNotOpen EvidenceSignatureLength CustodyListLength CustodyNoPackages
    /// EvidenceFromTheFuture CustodyNotItsKey CustodyKnownKey
    function split(Split calldata r, bytes calldata signatures) external;

    /// @notice Records a statement; lost, left, sold, destroyed and abandoned end the shipment.
    /// @param r The statement.
    /// @param signatures `by`, or the recipient key when `by` is 0; `counterparty` too for destroyed and abandoned.
    /// @custom:reverts PartnerRegistryNotOpen CustodyUnknownStatement CustodyStatementByRecipientKey CustodySamePartner
    /// EvidenceFromTheFuture EvidenceSignatureLength CustodyNotItsKey CustodyKnownKey CustodySameKey
    function recordStatement(Statement calldata r, bytes calldata signatures) external;

    /// @notice Moves goods that are stuck with a vanished partner. The first call announces (outcome announced), one after the
    /// registry's delay moves; whatever consumes the sequence in between voids it.
    /// @param r The override.
    /// @param signatures council members, ascending by address; then the receiver, or the recipient key for 0.
    /// @custom:reverts PartnerRegistryNotOpen CustodySamePartner CustodyNoPackages PartnerRegistrySignatureLength
    /// PartnerRegistryTooFewSignatures PartnerRegistryCouncilOrder PartnerRegistryNotCouncil EvidenceSignatureLength
    /// CustodyNotItsKey CustodyKnownKey CustodySuspended CustodyMayNotReceive
    function overrideCustody(Override calldata r, bytes calldata signatures) external;

    /// @notice Applies a clearance to each shipment whose parties and terms allow it. Only for the clearance contract in
    /// force. Shipments that are not open are left alone, for a clearance after delivery changes nothing here.
    /// @param effect What the clearance does to each of them.
    /// @param shipments Their ids; 0 is passed over.
    /// @return refused Empty when none was refused; otherwise one byte a shipment: 0, or the outcome unknown or forbidden.
    /// @custom:reverts PartnerRegistryNotOpen CustodyNotClearance
    function applyClearance(ClearanceEffect calldata effect, bytes32[] calldata shipments)
        external
        returns (bytes memory refused);

    /// @notice A shipment's state, from the closed predecessor where it has not been touched since.
    /// @param shipment Its id.
    /// @return slot The packed state (`CustodySlot`), 0 when the shipment is unknown.
    function slotOf(bytes32 shipment) external view returns (uint256 slot);

    /// @notice A shipment's one-time recipient key.
    /// @param shipment Its id.
    /// @return key The key, 0 when it has none.
    function recipientKeyOf(bytes32 shipment) external view returns (address key);

    /// @notice When an override may move.
    /// @param id The override's digest.
    /// @return time The first moment; 0 when it was not announced.
    function overrideReadyAt(bytes32 id) external view returns (uint256 time);
}
