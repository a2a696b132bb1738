// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BonusAgreement, BonusAward, Claim, Dispute, Ruling} from "./Records.sol";

/// @title Bonus pools: money paid in by anyone, shared as all parties agreed beforehand
/// @notice An agreement is signed by all its parties, then funded in its token. By the deadline the awarder says how much
/// of it is awarded and commits to every party's amount. A party may dispute that once for each award; the arbiter upholds
/// the dispute, which voids the award and lets the awarder make the next version, or rejects it. A final award is claimed
/// by each party itself. Silence never keeps anybody's money: without an award, a ruling or a next version in time the
/// funders have everything back, and what an award leaves of the pool goes back to them too.
///
/// At every moment, for every agreement: paid out + refunded + remaining = funded.
///
/// All times are inclusive: what must happen by a second may happen in that second. Records here are signed under the money
/// domain, which also binds this chain and this contract. Keys are judged when a record arrives, so a partner that has
/// replaced its keys since the award claims with the new ones. A closed pool refuses new agreements and funding only.
interface IBonusPool {
    /// @notice Where an agreement stands. Mirrored by `AgreementStatus` in ledger/bonuses/agreement.py.
    /// Unknown: no such agreement. Open: signed, nothing paid in. Funded: waiting for the award. Awarded: an award stands and
    /// may be disputed. Disputed: waiting for the ruling. Voided: waiting for the next version. Claimable: the award is
    /// final. Lapsed: claims are over, what is left is the residual partner's. Refundable: somebody kept silent, the funders
    /// have their money back. Closed: nothing is left in it.
    enum Status {
        Unknown,
        Open,
        Funded,
        Awarded,
        Disputed,
        Voided,
        Claimable,
        Lapsed,
        Refundable,
        Closed
    }

    /// @notice Terms and money of an agreement. `total`, `amounts` and the times are those of the latest award; `version` 0
    /// means none. `paid` counts all claims, those of the residual partner (`paidToResidual`) included.
    struct AgreementState {
        // slot 0
        uint40 awarder;
        uint40 residual;
        uint40 arbiter;
        uint40 disputeWindow;
        uint40 arbiterWindow;
        uint40 deadline;
        uint16 parties;
        // slot 1
        address token;
        uint40 claimUntil;
        uint40 awardedAt;
        uint16 version;
        // slot 2
        uint128 total;
        uint40 disputedAt;
        uint40 ruledAt;
        bool upheld;
        // slot 3
        bytes32 amounts;
        // slot 4
        uint128 funded;
        uint128 refunded;
        // slot 5
        uint128 paid;
        uint128 paidToResidual;
    }

    /// @notice A partner's seat in an agreement.
    struct Seat {
        bool party;
        bool claimed;
        uint16 basisPoints;
    }

    /// @notice One payment into a pool. `start` is what had been paid in before it.
    struct Deposit {
        // slot 0
        address funder;
        bool refunded;
        // slot 1
        uint128 amount;
        uint128 start;
    }

    /// @notice One leaf of an award's `amounts`, as `claimResidual` takes them.
    struct Line {
        uint40 partner;
        uint128 amount;
    }

    /// @notice `funder` paid `amount` in; `deposit` is its number in this agreement, from 0.
    event Funded(bytes32 indexed agreement, uint256 indexed deposit, address indexed funder, uint128 amount);
    /// @notice `amount` of an award was paid to `payTo` for `partner`.
    event Paid(bytes32 indexed agreement, uint40 indexed partner, uint16 version, address payTo, uint128 amount);
    /// @notice `amount` of a deposit went back to its funder.
    event Refunded(bytes32 indexed agreement, uint256 indexed deposit, address indexed funder, uint128 amount);

    /// @notice This very agreement is already here.
    error BonusPoolAgreementExists(bytes32 agreement);
    /// @notice No parties, or more than 200.
    error BonusPoolPartyCount(uint256 count);
    /// @notice A party is 0, or named twice.
    error BonusPoolBadParty(uint40 partner);
    /// @notice The shares exceed 10,000 basis points.
    error BonusPoolSharesExceedWhole(uint256 basisPoints);
    /// @notice Awarder, arbiter and residual partner must be named.
    error BonusPoolNobodyNamed(uint40 awarder, uint40 arbiter, uint40 residual);
    /// @notice No partner with this number was ever admitted.
    error BonusPoolUnknownResidual(uint40 partner);
    /// @notice Not a key that may sign this for the partner now.
    error BonusPoolNotItsKey(uint40 partner, address key);
    /// @notice A suspended partner starts no agreement.
    error BonusPoolSuspended(uint40 partner);
    /// @notice The token is no contract.
    error BonusPoolNotAToken(address token);
    /// @notice The currency is empty, longer than 512 bytes, or no text (`Utf8`).
    error BonusPoolBadCurrency(uint256 length);
    /// @notice Not: periodStart < periodEnd <= deadline, this block's time <= deadline, both windows above 0, and
    /// deadline + disputeWindow + arbiterWindow <= claimUntil (a disputed award must be claimable).
    error BonusPoolBadTimes(uint40 periodStart, uint40 periodEnd, uint40 deadline, uint40 claimUntil);
    /// @notice What was asked is not possible in this status.
    error BonusPoolNotNow(bytes32 agreement, Status status);
    /// @notice Nothing to pay in.
    error BonusPoolNothingFunded();
    /// @notice The token moved another amount than it was told to.
    error BonusPoolTokenMoved(address token, uint256 expected, uint256 found);
    /// @notice The record is signed by a partner that has another place in the agreement, or none.
    error BonusPoolNotYours(bytes32 agreement, uint40 expected, uint40 found);
    /// @notice The record names a version other than the one that is due.
    error BonusPoolWrongVersion(bytes32 agreement, uint16 expected, uint16 found);
    /// @notice More is awarded, or claimed, than there is.
    error BonusPoolExceeds(bytes32 agreement, uint256 available, uint256 found);
    /// @notice An award must commit to its amounts.
    error BonusPoolNoAmounts(bytes32 agreement);
    /// @notice This partner has had its share of the award, or this deposit has been refunded.
    error BonusPoolAlreadyPaid(bytes32 agreement, uint256 partnerOrDeposit);
    /// @notice Nothing is due.
    error BonusPoolNothingDue(bytes32 agreement, uint256 partnerOrDeposit);
    /// @notice Payment to nobody, or to the pool itself.
    error BonusPoolBadPayee(address payTo);
    /// @notice The tree of amounts has one leaf for each party.
    error BonusPoolWrongSize(bytes32 agreement, uint256 expected, uint256 found);
    /// @notice The lines are not the award's amounts.
    error BonusPoolNotTheAmounts(bytes32 agreement, bytes32 expected, bytes32 found);
    /// @notice No such deposit.
    error BonusPoolNoDeposit(bytes32 agreement, uint256 deposit);

    /// @notice Start an agreement. Its id is the record's digest. A suspended partner cannot start one.
    /// @param signatures One for each party, in the order of `r.parties`.
    function agree(BonusAgreement calldata r, bytes calldata signatures) external;

    /// @notice Pay `amount` of the agreement's token in, from the caller, who must have approved it. By the deadline, and
    /// before the first award. Reverts unless the pool's balance grows by exactly `amount`.
    function fund(bytes32 agreement, uint128 amount) external;

    /// @notice Award up to what is funded: version 1 by the deadline, the next within `arbiterWindow` of the ruling that voided
    /// the one before.
    /// @param r `amounts`: RFC 9162 root over leaves abi.encode(agreement, version, partner, amount), one for each party
    /// ascending by partner, zeros included.
    function award(BonusAward calldata r, bytes calldata signatures) external;

    /// @notice Dispute the latest award: a party, once for each award, within `disputeWindow`.
    function dispute(Dispute calldata r, bytes calldata signatures) external;

    /// @notice Decide a dispute: the arbiter, within `arbiterWindow` of it. Upheld voids the award.
    function rule(Ruling calldata r, bytes calldata signatures) external;

    /// @notice Pay a party its amount of a final award to `r.payTo`, once.
    /// @param index Place of the party among all parties, ascending, from 0.
    /// @param size Number of parties.
    /// @param proof RFC 9162 inclusion proof of abi.encode(agreement, version, by, amount) in the award's `amounts`.
    function claim(Claim calldata r, uint256 index, uint256 size, bytes32[] calldata proof, bytes calldata signatures)
        external;

    /// @notice Pay the residual partner what is due to it: before claims are over the award's total less all other parties'
    /// amounts, afterwards less what they have claimed.
    /// @param r `amount` is cumulative: all that is due to the residual partner so far, what it has received included. The pool
    /// pays the difference, so no claim of it can be paid twice.
    /// @param lines All parties' amounts, ascending, zeros included; not read once claims are over.
    function claimResidual(Claim calldata r, Line[] calldata lines, bytes calldata signatures) external;

    /// @notice Send a deposit back to its funder: all of it when the agreement is refundable, its part of what a final award
    /// left otherwise. Anyone may call; the money goes to the funder.
    function refund(bytes32 agreement, uint256 deposit) external;

    /// @notice The money domain's separator on this chain.
    function domainSeparator() external view returns (bytes32);

    /// @notice Status as of this block.
    function statusOf(bytes32 agreement) external view returns (Status);

    /// @notice All zeros for an agreement that is not here.
    function stateOf(bytes32 agreement) external view returns (AgreementState memory);

    /// @notice A partner's seat; all zeros for one that is no party.
    function seatOf(bytes32 agreement, uint40 partner) external view returns (Seat memory);

    /// @notice How many deposits were made.
    function depositsOf(bytes32 agreement) external view returns (uint256);

    /// @notice Reverts for a deposit that does not exist.
    function depositOf(bytes32 agreement, uint256 deposit) external view returns (Deposit memory);
}
