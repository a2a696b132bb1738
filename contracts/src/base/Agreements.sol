// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IBonusPool} from "../IBonusPool.sol";
import {BonusAgreement, RecordHashes, Share} from "../Records.sol";
import {EvidenceContract} from "./EvidenceContract.sol";
import {Utf8} from "./Utf8.sol";

/// @title Bonus agreements: all that the pool stores, what terms must say, where an agreement stands, who signed
abstract contract Agreements is IBonusPool, EvidenceContract {
    uint256 private constant MAX_PARTIES = 200;
    uint256 private constant MAX_CURRENCY = 512;
    uint256 private constant FULL_BASIS_POINTS = 10_000;

    mapping(bytes32 agreement => AgreementState) internal _agreements;
    mapping(bytes32 agreement => mapping(uint40 partner => Seat)) internal _seats;
    mapping(bytes32 agreement => Deposit[]) internal _deposits;

    // --- reading ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IBonusPool
    function statusOf(bytes32 agreement) external view returns (Status) {
        return _status(_agreements[agreement]);
    }

    /// @inheritdoc IBonusPool
    function stateOf(bytes32 agreement) external view returns (AgreementState memory) {
        return _agreements[agreement];
    }

    /// @inheritdoc IBonusPool
    function seatOf(bytes32 agreement, uint40 partner) external view returns (Seat memory) {
        return _seats[agreement][partner];
    }

    /// @inheritdoc IBonusPool
    function depositsOf(bytes32 agreement) external view returns (uint256) {
        return _deposits[agreement].length;
    }

    /// @inheritdoc IBonusPool
    function depositOf(bytes32 agreement, uint256 deposit) external view returns (Deposit memory) {
        if (deposit >= _deposits[agreement].length) revert BonusPoolNoDeposit(agreement, deposit);
        return _deposits[agreement][deposit];
    }

    // --- status ----------------------------------------------------------------------------------------------------

    function _status(AgreementState storage s) internal view returns (Status) {
        uint256 time = block.timestamp;
        if (s.parties == 0) return Status.Unknown;
        if (s.version == 0) {
            if (time > s.deadline) return _closedIfEmpty(s, Status.Refundable);
            return s.funded == 0 ? Status.Open : Status.Funded;
        }
        uint256 finalAt = 0;
        if (s.disputedAt == 0) {
            finalAt = uint256(s.awardedAt) + s.disputeWindow;
            if (time <= finalAt) return Status.Awarded;
        } else if (s.ruledAt == 0) {
            bool waiting = time <= uint256(s.disputedAt) + s.arbiterWindow;
            return waiting ? Status.Disputed : _closedIfEmpty(s, Status.Refundable);
        } else if (s.upheld) {
            bool waiting = time <= uint256(s.ruledAt) + s.arbiterWindow;
            return waiting ? Status.Voided : _closedIfEmpty(s, Status.Refundable);
        } else {
            finalAt = s.ruledAt;
        }
        // A late next version must not leave its parties without time to claim, so an award is claimable for as long at
        // least as it could be disputed.
        bool claimable = time <= Math.max(s.claimUntil, finalAt + s.disputeWindow);
        return _closedIfEmpty(s, claimable ? Status.Claimable : Status.Lapsed);
    }

    function _closedIfEmpty(AgreementState storage s, Status status) private view returns (Status) {
        return uint256(s.paid) + s.refunded == s.funded ? Status.Closed : status;
    }

    function _requireStatus(bytes32 agreement, AgreementState storage s, Status expected) internal view {
        Status status = _status(s);
        if (status != expected) revert BonusPoolNotNow(agreement, status);
    }

    // --- terms -----------------------------------------------------------------------------------------------------

    function _checkTerms(BonusAgreement calldata r) internal view {
        uint256 count = r.parties.length;
        if (count == 0 || count > MAX_PARTIES) revert BonusPoolPartyCount(count);
        if (r.awarder == 0 || r.arbiter == 0 || r.residual == 0) {
            revert BonusPoolNobodyNamed(r.awarder, r.arbiter, r.residual);
        }
        uint256 length = bytes(r.currency).length;
        if (length == 0 || length > MAX_CURRENCY) revert BonusPoolCurrencyLength(length, MAX_CURRENCY);
        if (!Utf8.isText(r.currency)) revert BonusPoolCurrencyNotText(bytes(r.currency));
        _checkTimes(r);
        if (r.token.code.length == 0) revert BonusPoolNotAToken(r.token);
        // Whatever nobody else gets is the residual partner's: without one it would lie here for ever.
        _requireAdmitted(r.residual);
        // Nor could anybody award or decide in the name of who is nobody.
        _requireAdmitted(r.awarder);
        _requireAdmitted(r.arbiter);
        if (r.arbiter == r.awarder || r.arbiter == r.residual) revert BonusPoolPartialArbiter(r.arbiter);
    }

    function _requireAdmitted(uint40 partner) private view {
        (uint40 since,) = REGISTRY.partnerInfo(partner);
        if (since == 0) revert BonusPoolUnknownPartner(partner);
    }

    function _checkTimes(BonusAgreement calldata r) private view {
        if (r.periodStart >= r.periodEnd || r.periodEnd >= r.deadline) {
            revert BonusPoolBadPeriod(r.periodStart, r.periodEnd, r.deadline);
        }
        if (block.timestamp > r.deadline) revert BonusPoolDeadlinePassed(r.deadline, block.timestamp);
        if (r.disputeWindow == 0 || r.arbiterWindow == 0) revert BonusPoolNoWindow(r.disputeWindow, r.arbiterWindow);
        uint256 earliest = uint256(r.deadline) + r.disputeWindow + r.arbiterWindow;
        if (r.claimUntil < earliest) revert BonusPoolClaimsTooShort(r.claimUntil, earliest);
    }

    function _seatParties(bytes32 id, Share[] calldata parties) internal {
        uint256 basisPoints = 0;
        for (uint256 i = 0; i < parties.length; ++i) {
            Share calldata share = parties[i];
            Seat storage seat = _seats[id][share.partner];
            if (share.partner == 0) revert BonusPoolPartyZero(i);
            if (seat.party) revert BonusPoolPartyTwice(share.partner);
            seat.party = true;
            seat.basisPoints = share.basisPoints;
            basisPoints += share.basisPoints;
        }
        if (basisPoints > FULL_BASIS_POINTS) revert BonusPoolSharesExceedWhole(basisPoints);
    }

    // --- signatures ------------------------------------------------------------------------------------------------

    function _requirePartiesSigned(bytes32 id, Share[] calldata parties, bytes calldata signatures) internal view {
        _requireSignatures(signatures, parties.length);
        for (uint256 i = 0; i < parties.length; ++i) {
            uint40 partner = parties[i].partner;
            address key = _recover(id, signatures, i);
            (uint40 owner,, bool suspended) = REGISTRY.signer(key, RecordHashes.BONUS_AGREEMENT);
            if (owner != partner) revert BonusPoolNotItsKey(partner, key);
            if (suspended) revert BonusPoolSuspended(partner);
        }
    }

    /// @dev Suspension stops nobody from disputing, deciding or claiming money.
    function _requireSigned(bytes32 id, bytes calldata signatures, uint40 partner, uint8 recordType) internal view {
        _requireSignatures(signatures, 1);
        address key = _recover(id, signatures, 0);
        if (REGISTRY.partnerOf(key, recordType) != partner) revert BonusPoolNotItsKey(partner, key);
    }
}
