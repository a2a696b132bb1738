// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Handoff, Override, ShipmentTerms, Split, Statement} from "./Records.sol";

/// @title Who holds which shipment, moved only by records that both sides signed
/// @notice Anyone may submit what is properly signed. A call that is refused as a whole reverts; otherwise it emits one
/// `Recorded` with an outcome for every item (codes: 1 applied, 2 applied in breach, 3 stale, 4 not held, 5 unknown,
/// 6 ended, 7 wrong key, 8 count, 9 ahead, 10 forbidden). Partner 0 stands for the shipment's one-time recipient key.
interface ICustodyLedger {
    /// @notice What a clearance does to shipments.
    /// @param by Who may be no party to them: the signer of a decision; 0 when a party may sign.
    /// @param jurisdiction With `regime` the clearance's pair.
    /// @param relayed A broker relays a decision: only where the requirement of this pair lets him.
    /// @param gate What it does to the gate of that requirement: 0 nothing, 1 opens, 2 closes.
    /// @param ended 0, or the state in which it ends open shipments: 10 seized, 8 destroyed (seized ones too).
    struct ClearanceEffect {
        uint40 by;
        bytes2 jurisdiction;
        uint8 regime;
        bool relayed;
        uint8 gate;
        uint8 ended;
    }

    /// @notice The key is not a valid key of this partner for this type of record.
    error CustodyNotItsKey(uint40 partner, address key);
    /// @notice A list is empty or too long.
    error CustodyListLength(uint256 length, uint256 most);
    /// @notice Item `index` does not name a higher shipment id than the item before it (the first: than 0).
    error CustodyNotAscending(uint256 index);
    /// @notice A shipment, a child or what an override takes over has one package or more.
    error CustodyNoPackages();
    /// @notice No kind of statement.
    error CustodyUnknownStatement(uint8 kind);
    /// @notice Both sides of a record are this partner, or partner 0 states what only a partner can.
    error CustodySamePartner(uint40 partner);
    /// @notice One key signed both sides.
    error CustodySameKey(address key);
    /// @notice The partner is suspended: it opens and receives nothing.
    error CustodySuspended(uint40 partner);
    /// @notice The partner has none of the roles that may consign.
    error CustodyMayNotConsign(uint40 partner);
    /// @notice The receiver has no handling role and is not this shipment's consignee.
    error CustodyMayNotReceive(bytes32 shipment, uint40 partner);
    /// @notice Terms with this digest were opened before.
    error CustodyAlreadyOpen(bytes32 shipment);
    /// @notice The purpose is unknown, or parents, holder and consignee do not fit it.
    error CustodyPurpose(uint8 purpose, uint256 parents, uint40 holder, uint40 consignee);
    /// @notice A recipient key belongs to terms whose consignee or holder is 0, and to no others.
    error CustodyRecipientKey(address recipientKey, uint40 consignee, uint40 holder);
    /// @notice Requirement `index` is malformed or stands there twice.
    error CustodyRequirement(uint256 index);
    /// @notice Parent `shipment` cannot close into these terms; `outcome` says why.
    error CustodyParent(bytes32 shipment, uint8 outcome);
    /// @notice Only the clearance contract in force may do this.
    error CustodyNotClearance(address caller);

    /// @notice Opens the shipment whose id is the digest of `r`, at sequence 0, held by `holder`. The parents, named at
    /// their current sequence and held by `holder`, close; a replacement only names parents that have ended.
    /// @param signatures consignor; `holder` if another; for `holder` 0 the parents' recipient key.
    function open(ShipmentTerms calldata r, bytes calldata signatures) external;

    /// @notice Moves custody of the items that pass, and skips the others.
    /// @param signatures releaser and receiver; a recipient key comes last.
    function handoff(Handoff calldata r, bytes calldata signatures) external;

    /// @notice Replaces a shipment by children that add up to it.
    /// @param signatures `by`, or the recipient key when `by` is 0.
    function split(Split calldata r, bytes calldata signatures) external;

    /// @notice Records a statement; lost, left, sold, destroyed and abandoned end the shipment.
    /// @param signatures `by`, or the recipient key when `by` is 0; `counterparty` too for destroyed and abandoned.
    function state(Statement calldata r, bytes calldata signatures) external;

    /// @notice Moves goods that are stuck with a vanished partner. The first call announces (outcome ahead), one after the
    /// registry's delay moves; whatever consumes the sequence in between voids it.
    /// @param signatures council members, ascending by address; then the receiver, or the recipient key for 0.
    function overrideCustody(Override calldata r, bytes calldata signatures) external;

    /// @notice Applies a clearance to each shipment whose parties and terms allow it. Only for the clearance contract in
    /// force. Id 0 is passed over; shipments that are not open are left alone, for a clearance after delivery changes
    /// nothing here.
    /// @return refused Empty when none was refused; otherwise one byte a shipment: 0, or the outcome unknown or forbidden.
    function applyClearance(ClearanceEffect calldata effect, bytes32[] calldata shipments)
        external
        returns (bytes memory refused);

    /// @notice The shipment's packed state (`CustodySlot`), 0 when it is unknown.
    function slotOf(bytes32 shipment) external view returns (uint256 slot);

    /// @notice The shipment's one-time recipient key, 0 when it has none.
    function recipientKeyOf(bytes32 shipment) external view returns (address key);

    /// @notice When the override with this digest may move: 0 when it was not announced.
    function overrideReadyAt(bytes32 id) external view returns (uint256 time);
}
