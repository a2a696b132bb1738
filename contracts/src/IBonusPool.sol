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
        uint40 periodEnd;
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
    /// @notice Party number `index` is 0.
    error BonusPoolPartyZero(uint256 index);
    /// @notice A party is named twice.
    error BonusPoolPartyTwice(uint40 partner);
    /// @notice This partner is no party to the agreement.
    error BonusPoolNotAParty(bytes32 agreement, uint40 partner);
    /// @notice Line `index` does not name a higher partner than the line before it (the first: than 0).
    error BonusPoolNotAscending(uint256 index);
    /// @notice The shares exceed 10,000 basis points.
    error BonusPoolSharesExceedWhole(uint256 basisPoints);
    /// @notice Awarder, arbiter and residual partner must be named.
    error BonusPoolNobodyNamed(uint40 awarder, uint40 arbiter, uint40 residual);
    /// @notice Awarder, arbiter or residual partner with this number was never admitted.
    error BonusPoolUnknownPartner(uint40 partner);
    /// @notice The arbiter is awarder, residual partner or a party, and would judge its own cause.
    error BonusPoolPartialArbiter(uint40 arbiter);
    /// @notice Not a key that may sign this for the partner now.
    error BonusPoolNotItsKey(uint40 partner, address key);
    /// @notice A suspended partner starts no agreement.
    error BonusPoolSuspended(uint40 partner);
    /// @notice The token is no contract.
    error BonusPoolNotAToken(address token);
    /// @notice The currency has no byte, or more than `most`.
    error BonusPoolCurrencyLength(uint256 length, uint256 most);
    /// @notice The currency is no text (`Utf8`).
    error BonusPoolCurrencyNotText(bytes currency);
    /// @notice Not: periodStart < periodEnd < deadline.
    error BonusPoolBadPeriod(uint40 periodStart, uint40 periodEnd, uint40 deadline);
    /// @notice The deadline is over before the agreement is recorded.
    error BonusPoolDeadlinePassed(uint40 deadline, uint256 blockTime);
    /// @notice Both windows last one second at least.
    error BonusPoolNoWindow(uint40 disputeWindow, uint40 arbiterWindow);
    /// @notice Claims end before deadline + disputeWindow + arbiterWindow: a disputed award must be claimable.
    error BonusPoolClaimsTooShort(uint40 claimUntil, uint256 earliest);
    /// @notice What was asked is not possible in this status.
    error BonusPoolNotNow(bytes32 agreement, Status status);
    /// @notice Nothing to pay in.
    error BonusPoolNothingFunded();
    /// @notice The token moved another amount than it was told to: what the pool holds afterwards.
    error BonusPoolTokenMoved(address token, uint256 expected, uint256 balance);
    /// @notice The record is signed by a partner that has another place in the agreement, or none.
    error BonusPoolNotYours(bytes32 agreement, uint40 expected, uint40 partner);
    /// @notice The record names a version other than the one that is due.
    error BonusPoolWrongVersion(bytes32 agreement, uint16 expected, uint16 version);
    /// @notice More is awarded than is funded.
    error BonusPoolExceedsFunded(bytes32 agreement, uint256 funded, uint256 total);
    /// @notice The residual partner claims more than is due to it.
    error BonusPoolExceedsDue(bytes32 agreement, uint256 due, uint256 amount);
    /// @notice More is claimed than is left of the award's total.
    error BonusPoolExceedsTotal(bytes32 agreement, uint256 available, uint256 amount);
    /// @notice Nothing is awarded before the agreement's period is over.
    error BonusPoolPeriodNotOver(bytes32 agreement, uint40 periodEnd);
    /// @notice An award must commit to its amounts.
    error BonusPoolNoAmounts(bytes32 agreement);
    /// @notice This partner has been paid what it claims.
    error BonusPoolAlreadyClaimed(bytes32 agreement, uint40 partner);
    /// @notice This deposit has been refunded.
    error BonusPoolAlreadyRefunded(bytes32 agreement, uint256 deposit);
    /// @notice A claim of nothing.
    error BonusPoolNothingClaimed(bytes32 agreement, uint40 partner);
    /// @notice Nothing is left for this deposit.
    error BonusPoolNothingToRefund(bytes32 agreement, uint256 deposit);
    /// @notice Payment to nobody, or to the pool itself.
    error BonusPoolBadPayee(address payTo);
    /// @notice The tree of amounts has one leaf for each party.
    error BonusPoolWrongSize(bytes32 agreement, uint256 expected, uint256 size);
    /// @notice The lines are not the award's amounts.
    error BonusPoolNotTheAmounts(bytes32 agreement, bytes32 expected, bytes32 root);
    /// @notice No such deposit.
    error BonusPoolNoDeposit(bytes32 agreement, uint256 deposit);

    /// @notice Start an agreement. Its id is the record's digest. A suspended partner cannot start one.
    /// @param r The agreement.
    /// @param signatures One for each party, in the order of `r.parties`.
    /// @custom:reverts PartnerRegistryNotOpen BonusPoolPartyCount BonusPoolNobodyNamed BonusPoolCurrencyLength
    /// BonusPoolCurrencyNotText BonusPoolBadPeriod BonusPoolDeadlinePassed BonusPoolNoWindow BonusPoolClaimsTooShort
    /// BonusPoolNotAToken BonusPoolUnknownPartner BonusPoolPartialArbiter BonusPoolAgreementExists BonusPoolPartyZero
    /// BonusPoolPartyTwice BonusPoolSharesExceedWhole EvidenceSignatureLength BonusPoolNotItsKey BonusPoolSuspended
    function agree(BonusAgreement calldata r, bytes calldata signatures) external;

    /// @notice Pay in, from the caller, who must have approved it. By the deadline, and before the first award. The pool's
    /// balance must grow by exactly `amount`.
    /// @param agreement The agreement's id.
    /// @param amount How much of its token.
    /// @custom:reverts PartnerRegistryNotOpen BonusPoolNotNow BonusPoolNothingFunded BonusPoolTokenMoved
    function fund(bytes32 agreement, uint128 amount) external;

    /// @notice Award up to what is funded: version 1 after the period and by the deadline, the next within `arbiterWindow` of the ruling that voided
    /// the one before.
    /// @param r `amounts`: RFC 9162 root over leaves abi.encode(agreement, version, partner, amount), one for each party
    /// ascending by partner, zeros included.
    /// @param signatures The awarder's: 65 bytes.
    /// @custom:reverts BonusPoolNotNow BonusPoolPeriodNotOver BonusPoolWrongVersion BonusPoolNotYours BonusPoolExceedsFunded
    /// BonusPoolNoAmounts EvidenceSignatureLength BonusPoolNotItsKey
    function award(BonusAward calldata r, bytes calldata signatures) external;

    /// @notice Dispute the latest award: a party, once for each award, within `disputeWindow`.
    /// @param r The dispute.
    /// @param signatures The party's: 65 bytes.
    /// @custom:reverts BonusPoolNotNow BonusPoolWrongVersion BonusPoolNotAParty EvidenceSignatureLength BonusPoolNotItsKey
    function dispute(Dispute calldata r, bytes calldata signatures) external;

    /// @notice Decide a dispute: the arbiter, within `arbiterWindow` of it. Upheld voids the award.
    /// @param r The ruling.
    /// @param signatures The arbiter's: 65 bytes.
    /// @custom:reverts BonusPoolNotNow BonusPoolWrongVersion BonusPoolNotYours EvidenceSignatureLength BonusPoolNotItsKey
    function rule(Ruling calldata r, bytes calldata signatures) external;

    /// @notice Pay a party its amount of a final award to `r.payTo`, once.
    /// @param r The claim.
    /// @param index Place of the party among all parties, ascending, from 0.
    /// @param size Number of parties.
    /// @param proof RFC 9162 inclusion proof of abi.encode(agreement, version, by, amount) in the award's `amounts`.
    /// @param signatures The party's: 65 bytes.
    /// @custom:reverts BonusPoolNotNow BonusPoolNotAParty BonusPoolAlreadyClaimed BonusPoolWrongVersion
    /// BonusPoolNothingClaimed BonusPoolBadPayee EvidenceSignatureLength BonusPoolNotItsKey BonusPoolWrongSize
    /// Rfc9162NotInTree Rfc9162ProofLength Rfc9162WrongRoot BonusPoolExceedsTotal BonusPoolTokenMoved
    function claim(Claim calldata r, uint256 index, uint256 size, bytes32[] calldata proof, bytes calldata signatures)
        external;

    /// @notice Pay the residual partner what is due to it: before claims are over the award's total less all other parties'
    /// amounts, afterwards less what they have claimed.
    /// @param r `amount` is cumulative: all that is due to the residual partner so far, what it has received included. The pool
    /// pays the difference, so no claim of it can be paid twice.
    /// @param lines All parties' amounts, ascending, zeros included; not read once claims are over.
    /// @param signatures The residual partner's: 65 bytes.
    /// @custom:reverts BonusPoolNotNow BonusPoolNotYours BonusPoolWrongVersion BonusPoolNothingClaimed BonusPoolBadPayee
    /// EvidenceSignatureLength BonusPoolNotItsKey BonusPoolWrongSize BonusPoolNotAscending BonusPoolNotAParty
    /// BonusPoolNotTheAmounts BonusPoolExceedsDue BonusPoolAlreadyClaimed BonusPoolExceedsTotal BonusPoolTokenMoved
    function claimResidual(Claim calldata r, Line[] calldata lines, bytes calldata signatures) external;

    /// @notice Send a deposit back to its funder: all of it when the agreement is refundable, its part of what a final award
    /// left otherwise. Anyone may call; the money goes to the funder.
    /// @param agreement The agreement's id.
    /// @param deposit The deposit's number in this agreement, from 0.
    /// @custom:reverts BonusPoolNotNow BonusPoolNoDeposit BonusPoolAlreadyRefunded BonusPoolNothingToRefund
    /// BonusPoolTokenMoved
    function refund(bytes32 agreement, uint256 deposit) external;

    /// @notice What the pool's records are signed under.
    /// @return The money domain's separator on this chain.
    function domainSeparator() external view returns (bytes32);

    /// @notice Where an agreement stands.
    /// @param agreement The agreement's id.
    /// @return Status as of this block.
    function statusOf(bytes32 agreement) external view returns (Status);

    /// @notice Terms and money of an agreement.
    /// @param agreement The agreement's id.
    /// @return All zeros for an agreement that is not here.
    function stateOf(bytes32 agreement) external view returns (AgreementState memory);

    /// @notice A partner's seat.
    /// @param agreement The agreement's id.
    /// @param partner The partner.
    /// @return All zeros for one that is no party.
    function seatOf(bytes32 agreement, uint40 partner) external view returns (Seat memory);

    /// @notice How many deposits were made.
    /// @param agreement The agreement's id.
    /// @return Their number.
    function depositsOf(bytes32 agreement) external view returns (uint256);

    /// @notice One payment into the pool.
    /// @param agreement The agreement's id.
    /// @param deposit The deposit's number in this agreement, from 0.
    /// @return The deposit.
    /// @custom:reverts BonusPoolNoDeposit
    function depositOf(bytes32 agreement, uint256 deposit) external view returns (Deposit memory);
}
