// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ContractKinds} from "./Codes.sol";
import {IBonusPool} from "./IBonusPool.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {IERC5267} from "./IRecorder.sol";
import {BonusAgreement, BonusAward, Claim, Dispute, RecordHashes, Ruling} from "./Records.sol";
import {Agreements} from "./base/Agreements.sol";
import {EvidenceContract} from "./base/EvidenceContract.sol";
import {Recorder} from "./base/Recorder.sol";
import {Rfc9162} from "./base/Rfc9162.sol";
import {SigningDomain} from "./base/SigningDomain.sol";

/// @title Bonus pools, see `IBonusPool`
/// @dev The pool trusts no token. Its books are written before a token is called, no function can be entered while a token
/// runs, and each transfer must have moved exactly what it was told to. An agreement with a bad token can harm nobody but
/// those who signed for that token: no other token is ever called for it.
contract BonusPool is Agreements, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @param registry_ The consortium's registry.
    /// @param predecessor_ The bonus pool before this one; zero for none. Nothing is continued: each pays its own agreements.
    constructor(IPartnerRegistry registry_, address predecessor_)
        EvidenceContract(registry_, predecessor_, ContractKinds.BONUS)
    {}

    // --- money domain ----------------------------------------------------------------------------------------------

    /// @inheritdoc IBonusPool
    function domainSeparator() external view returns (bytes32) {
        return SigningDomain.money(CONSORTIUM_ID);
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        override(IERC5267, Recorder)
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (
            SigningDomain.MONEY_FIELDS,
            SigningDomain.NAME,
            SigningDomain.VERSION,
            block.chainid,
            address(this),
            CONSORTIUM_ID,
            new uint256[](0)
        );
    }

    /// @dev Computed each time, not stored: should the chain ever split, records of one side are worth nothing on the other.
    function _moneyId(bytes32 structHash) private view returns (bytes32) {
        return SigningDomain.digest(SigningDomain.money(CONSORTIUM_ID), structHash);
    }

    // --- agreement and funding -------------------------------------------------------------------------------------

    /// @inheritdoc IBonusPool
    function agree(BonusAgreement calldata r, bytes calldata signatures) external nonReentrant {
        _requireOpen();
        _checkTerms(r);
        bytes32 id = _moneyId(RecordHashes.hash(r));
        if (_agreements[id].parties != 0) revert BonusPoolAgreementExists(id);
        _seatParties(id, r.parties);
        if (_seats[id][r.arbiter].party) revert BonusPoolPartialArbiter(r.arbiter);
        _requirePartiesSigned(id, r.parties, signatures);

        AgreementState storage s = _agreements[id];
        s.awarder = r.awarder;
        s.residual = r.residual;
        s.arbiter = r.arbiter;
        s.disputeWindow = r.disputeWindow;
        s.arbiterWindow = r.arbiterWindow;
        s.deadline = r.deadline;
        s.parties = uint16(r.parties.length);
        s.token = r.token;
        s.claimUntil = r.claimUntil;
        s.periodEnd = r.periodEnd;
        _record(id, RecordHashes.BONUS_AGREEMENT);
    }

    /// @inheritdoc IBonusPool
    function fund(bytes32 agreement, uint128 amount) external nonReentrant {
        // Check
        _requireOpen();
        AgreementState storage s = _agreements[agreement];
        Status status = _status(s);
        if (status != Status.Open && status != Status.Funded) revert BonusPoolNotNow(agreement, status);
        if (amount == 0) revert BonusPoolNothingFunded();
        IERC20 token = IERC20(s.token);
        uint256 balance = token.balanceOf(address(this));

        // Effect
        Deposit[] storage deposits = _deposits[agreement];
        uint256 index = deposits.length;
        deposits.push(Deposit({funder: msg.sender, refunded: false, amount: amount, start: s.funded}));
        s.funded += amount;
        emit Funded(agreement, index, msg.sender, amount);

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), amount);
        _requireMoved(token, balance + amount);
    }

    // --- award, dispute, ruling ------------------------------------------------------------------------------------

    /// @inheritdoc IBonusPool
    function award(BonusAward calldata r, bytes calldata signatures) external nonReentrant {
        AgreementState storage s = _agreements[r.agreement];
        Status status = _status(s);
        if (status != Status.Open && status != Status.Funded && status != Status.Voided) {
            revert BonusPoolNotNow(r.agreement, status);
        }
        if (block.timestamp <= s.periodEnd) revert BonusPoolPeriodNotOver(r.agreement, s.periodEnd);
        if (r.version != s.version + 1) revert BonusPoolWrongVersion(r.agreement, s.version + 1, r.version);
        if (r.by != s.awarder) revert BonusPoolNotYours(r.agreement, s.awarder, r.by);
        if (r.total > s.funded) revert BonusPoolExceedsFunded(r.agreement, s.funded, r.total);
        if (r.amounts == 0) revert BonusPoolNoAmounts(r.agreement);
        bytes32 id = _moneyId(RecordHashes.hash(r));
        _requireSigned(id, signatures, r.by, RecordHashes.BONUS_AWARD);

        s.version = r.version;
        s.total = r.total;
        s.amounts = r.amounts;
        s.awardedAt = uint40(block.timestamp);
        s.disputedAt = 0;
        s.ruledAt = 0;
        s.upheld = false;
        _record(id, RecordHashes.BONUS_AWARD);
    }

    /// @inheritdoc IBonusPool
    function dispute(Dispute calldata r, bytes calldata signatures) external nonReentrant {
        AgreementState storage s = _agreements[r.agreement];
        _requireStatus(r.agreement, s, Status.Awarded);
        if (r.version != s.version) revert BonusPoolWrongVersion(r.agreement, s.version, r.version);
        if (!_seats[r.agreement][r.by].party) revert BonusPoolNotAParty(r.agreement, r.by);
        bytes32 id = _moneyId(RecordHashes.hash(r));
        _requireSigned(id, signatures, r.by, RecordHashes.DISPUTE);

        s.disputedAt = uint40(block.timestamp);
        _record(id, RecordHashes.DISPUTE);
    }

    /// @inheritdoc IBonusPool
    function rule(Ruling calldata r, bytes calldata signatures) external nonReentrant {
        AgreementState storage s = _agreements[r.agreement];
        _requireStatus(r.agreement, s, Status.Disputed);
        if (r.version != s.version) revert BonusPoolWrongVersion(r.agreement, s.version, r.version);
        if (r.by != s.arbiter) revert BonusPoolNotYours(r.agreement, s.arbiter, r.by);
        bytes32 id = _moneyId(RecordHashes.hash(r));
        _requireSigned(id, signatures, r.by, RecordHashes.RULING);

        s.ruledAt = uint40(block.timestamp);
        s.upheld = r.upheld;
        _record(id, RecordHashes.RULING);
    }

    // --- money out -------------------------------------------------------------------------------------------------

    /// @inheritdoc IBonusPool
    function claim(Claim calldata r, uint256 index, uint256 size, bytes32[] calldata proof, bytes calldata signatures)
        external
        nonReentrant
    {
        // Check
        AgreementState storage s = _agreements[r.agreement];
        _requireStatus(r.agreement, s, Status.Claimable);
        Seat storage seat = _seats[r.agreement][r.by];
        if (!seat.party) revert BonusPoolNotAParty(r.agreement, r.by);
        if (seat.claimed) revert BonusPoolAlreadyClaimed(r.agreement, r.by);
        bytes32 id = _checkClaim(s, r, signatures);
        if (size != s.parties) revert BonusPoolWrongSize(r.agreement, s.parties, size);
        Rfc9162.requireInclusion(_amountLeaf(r.agreement, r.version, r.by, r.amount), index, size, proof, s.amounts);

        // Effect
        seat.claimed = true;
        uint128 amount = _bookClaim(s, r);
        _record(id, RecordHashes.CLAIM);

        // Interaction
        _send(s.token, r.payTo, amount);
    }

    /// @inheritdoc IBonusPool
    function claimResidual(Claim calldata r, Line[] calldata lines, bytes calldata signatures) external nonReentrant {
        // Check
        AgreementState storage s = _agreements[r.agreement];
        Status status = _status(s);
        if (status != Status.Claimable && status != Status.Lapsed) revert BonusPoolNotNow(r.agreement, status);
        if (r.by != s.residual) revert BonusPoolNotYours(r.agreement, s.residual, r.by);
        bytes32 id = _checkClaim(s, r, signatures);
        uint256 others = status == Status.Lapsed ? s.paid - s.paidToResidual : _othersAmounts(s, r, lines);
        uint256 due = Math.saturatingSub(s.total, others);
        if (r.amount > due) revert BonusPoolExceedsDue(r.agreement, due, r.amount);

        // Effect
        uint128 amount = _bookClaim(s, r);
        _record(id, RecordHashes.CLAIM);

        // Interaction
        _send(s.token, r.payTo, amount);
    }

    /// @inheritdoc IBonusPool
    function refund(bytes32 agreement, uint256 deposit) external nonReentrant {
        // Check
        AgreementState storage s = _agreements[agreement];
        Status status = _status(s);
        uint256 left = 0;
        if (status == Status.Refundable) left = s.funded;
        else if (status == Status.Claimable || status == Status.Lapsed) left = s.funded - s.total;
        else revert BonusPoolNotNow(agreement, status);
        if (deposit >= _deposits[agreement].length) revert BonusPoolNoDeposit(agreement, deposit);
        Deposit storage d = _deposits[agreement][deposit];
        if (d.refunded) revert BonusPoolAlreadyRefunded(agreement, deposit);
        // Deposits lie end to end on the line from 0 to funded. Each has the units of `left` that fall on its part of that
        // line when it is scaled, so the parts add up to `left` exactly, whatever is rounded.
        uint128 amount =
            uint128(Math.mulDiv(left, uint256(d.start) + d.amount, s.funded) - Math.mulDiv(left, d.start, s.funded));
        if (amount == 0) revert BonusPoolNothingToRefund(agreement, deposit);

        // Effect
        d.refunded = true;
        s.refunded += amount;
        emit Refunded(agreement, deposit, d.funder, amount);

        // Interaction
        _send(s.token, d.funder, amount);
    }

    // --- pieces ----------------------------------------------------------------------------------------------------

    /// @dev What every claim must satisfy, whoever claims what.
    function _checkClaim(AgreementState storage s, Claim calldata r, bytes calldata signatures)
        private
        view
        returns (bytes32 id)
    {
        if (r.version != s.version) revert BonusPoolWrongVersion(r.agreement, s.version, r.version);
        if (r.amount == 0) revert BonusPoolNothingClaimed(r.agreement, r.by);
        if (r.payTo == address(0) || r.payTo == address(this)) revert BonusPoolBadPayee(r.payTo);
        id = _moneyId(RecordHashes.hash(r));
        _requireSigned(id, signatures, r.by, RecordHashes.CLAIM);
    }

    /// @dev Sum of all lines but the residual partner's own, after checking that they are the award's amounts.
    function _othersAmounts(AgreementState storage s, Claim calldata r, Line[] calldata lines)
        private
        view
        returns (uint256 sum)
    {
        if (lines.length != s.parties) revert BonusPoolWrongSize(r.agreement, s.parties, lines.length);
        bytes32[] memory leaves = new bytes32[](lines.length);
        uint40 last = 0;
        for (uint256 i = 0; i < lines.length; ++i) {
            Line calldata line = lines[i];
            // As many distinct parties as there are seats: each exactly once.
            if (line.partner <= last) revert BonusPoolNotAscending(i);
            if (!_seats[r.agreement][line.partner].party) revert BonusPoolNotAParty(r.agreement, line.partner);
            last = line.partner;
            leaves[i] = _amountLeaf(r.agreement, r.version, line.partner, line.amount);
            if (line.partner != r.by) sum += line.amount;
        }
        bytes32 root = Rfc9162.root(leaves);
        if (root != s.amounts) revert BonusPoolNotTheAmounts(r.agreement, s.amounts, root);
    }

    function _amountLeaf(bytes32 agreement, uint16 version, uint40 partner, uint128 amount) private pure returns (bytes32) {
        return Rfc9162.leafHash(abi.encode(agreement, version, partner, amount));
    }

    /// @dev Writes a claim into the books and returns what is to be paid now. An awarder may have committed to amounts that
    /// exceed the total; then the first come are served and the agreement still pays no more than its total.
    function _bookClaim(AgreementState storage s, Claim calldata r) private returns (uint128 amount) {
        amount = r.amount;
        if (r.by == s.residual) {
            if (amount <= s.paidToResidual) revert BonusPoolAlreadyClaimed(r.agreement, r.by);
            amount -= s.paidToResidual;
            s.paidToResidual = r.amount;
        }
        uint256 available = s.total - s.paid;
        if (amount > available) revert BonusPoolExceedsTotal(r.agreement, available, amount);
        s.paid += amount;
        emit Paid(r.agreement, r.by, r.version, r.payTo, amount);
    }

    function _send(address token, address to, uint128 amount) private {
        uint256 balance = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransfer(to, amount);
        _requireMoved(IERC20(token), balance - amount);
    }

    function _requireMoved(IERC20 token, uint256 expected) private view {
        uint256 found = token.balanceOf(address(this));
        if (found != expected) revert BonusPoolTokenMoved(address(token), expected, found);
    }
}
