// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Outcomes, ShipmentStates, StatementKinds} from "../Codes.sol";
import {ICustodyLedger} from "../ICustodyLedger.sol";
import {RecordHashes, Statement} from "../Records.sol";
import {CustodySlot} from "./CustodySlot.sol";
import {CustodyStore} from "./CustodyStore.sol";

/// @title Statements: what one partner says about goods; some end the shipment, the others change nothing
abstract contract Stating is CustodyStore {
    using CustodySlot for uint256;

    /// @dev Lost, left, sold, destroyed, abandoned follow each other in both lists, as kinds and as the states they end in.
    uint256 private constant STATE_OF_KIND = ShipmentStates.LOST - StatementKinds.LOST;

    /// @inheritdoc ICustodyLedger
    function recordStatement(Statement calldata r, bytes calldata signatures) external {
        _requireOpen();
        // One copy costs less than reading the fields one by one from the call.
        Statement memory statement = r;
        uint8 statementKind = statement.kind;
        if (statementKind == 0 || statementKind > StatementKinds.LAST) revert CustodyUnknownStatement(statementKind);
        if (statementKind != StatementKinds.CONTEST) {
            if (statement.by == 0) revert CustodyStatementByRecipientKey(statementKind);
            if (statement.by == statement.counterparty) revert CustodySamePartner(statement.by);
        }
        _requireNotAhead(statement.occurredAt);
        bytes32 id = _digest(keccak256(abi.encode(RecordHashes.STATEMENT_TYPEHASH, statement)));
        address key = _checkStatementSigners(statement, id, signatures);
        uint256 slot = slotOf(statement.shipment);
        bool ends = statementKind >= StatementKinds.LOST && statementKind <= StatementKinds.ABANDONED;
        uint8 outcome = ends ? _endShipment(statement, slot, key) : _judgeRemark(statement, slot, key);
        emit Recorded(id, RecordHashes.STATEMENT, msg.data, _outcome(outcome));
    }

    /// @dev The last key: of the counterparty where it signs too.
    function _checkStatementSigners(Statement memory statement, bytes32 id, bytes calldata signatures)
        private
        view
        returns (address key)
    {
        bool witnessed = _isWitnessed(statement.kind);
        _requireSignatures(signatures, witnessed ? 2 : 1);
        key = _recover(id, signatures, 0);
        _requireSide(key, statement.by);
        if (!witnessed) return key;
        address first = key;
        key = _recover(id, signatures, 1);
        if (key == first) revert CustodySameKey(key);
        _requireSide(key, statement.counterparty);
    }

    function _requireSide(address key, uint40 partner) private view {
        if (partner == 0) _requireUnknown(key);
        else _requireKey(key, partner, RecordHashes.STATEMENT);
    }

    function _isWitnessed(uint8 statementKind) private pure returns (bool) {
        return statementKind == StatementKinds.DESTROYED || statementKind == StatementKinds.ABANDONED;
    }

    /// @dev Lost, left, sold, destroyed, abandoned.
    function _endShipment(Statement memory statement, uint256 slot, address witness) private returns (uint8 outcome) {
        outcome = _judgeHolder(slot, statement.sequence, statement.by);
        if (outcome != Outcomes.APPLIED) return outcome;
        uint40 counterparty = statement.counterparty;
        if (_isWitnessed(statement.kind)) {
            if (counterparty == 0 && recipientKeyOf(statement.shipment) != witness) return Outcomes.WRONG_KEY;
            if (counterparty != slot.consignor() && counterparty != slot.consignee()) return Outcomes.FORBIDDEN;
        }
        _cells[statement.shipment].slot = slot.withState(statement.kind + STATE_OF_KIND);
        if (statement.kind == StatementKinds.SOLD && slot.saleGates() & ~slot.released() != 0) {
            return Outcomes.APPLIED_IN_BREACH;
        }
    }

    /// @dev Tender, contest, found change nothing. At an earlier sequence the slot no longer knows who held the goods:
    /// it is recorded, and counts only when `by` held them then.
    function _judgeRemark(Statement memory statement, uint256 slot, address key) private view returns (uint8) {
        if (slot == 0) return Outcomes.UNKNOWN;
        uint8 statementKind = statement.kind;
        uint40 by = statement.by;
        bool byHolder = statementKind != StatementKinds.CONTEST && statement.sequence == slot.sequence();
        if (byHolder && slot.state() != ShipmentStates.OPEN) return Outcomes.ENDED;
        if (statementKind == StatementKinds.FOUND && slot.state() == ShipmentStates.LOST) return Outcomes.ENDED;
        if (statement.sequence > slot.sequence()) return Outcomes.AHEAD;
        if (byHolder && by != slot.custodian()) return Outcomes.NOT_HELD;
        if (by == 0 && recipientKeyOf(statement.shipment) != key) return Outcomes.WRONG_KEY;
        if (statementKind == StatementKinds.CONTEST && by != slot.consignee() && by != slot.consignor()) {
            return Outcomes.FORBIDDEN;
        }
        if (statementKind == StatementKinds.TENDER && statement.counterparty != slot.consignee()) return Outcomes.FORBIDDEN;
        return Outcomes.APPLIED;
    }
}
