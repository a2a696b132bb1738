// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BonusPool} from "../src/BonusPool.sol";
import {IBonusPool} from "../src/IBonusPool.sol";
import {BonusAgreement, BonusAward, Claim, Dispute, Ruling, Share} from "../src/Records.sol";
import {BonusPoolFixture} from "./BonusPoolFixture.sol";
import {VM} from "./Vm.sol";
import {RebaseToken} from "./attackers/RebaseToken.sol";
import {SilentToken} from "./attackers/SilentToken.sol";

/// @notice What the pool refuses: terms that would strand or misdirect money, the wrong signer, the wrong moment by a
/// second, the wrong line; and two more kinds of hostile tokens.
contract BonusPoolRefusalsTest is BonusPoolFixture {
    uint128[3] private _amounts = [uint128(300), 200, 100];

    // --- terms -----------------------------------------------------------------------------------------------------

    function test_TermsNameWhoThereIs() external {
        BonusAgreement memory r = terms(address(token));
        for (uint256 i = 0; i < 6; ++i) {
            r = terms(address(token));
            uint40 nobody = i < 3 ? 0 : 70;
            if (i % 3 == 0) r.awarder = nobody;
            if (i % 3 == 1) r.arbiter = nobody;
            if (i % 3 == 2) r.residual = nobody;
            bytes memory names = abi.encode(r.awarder, r.arbiter, r.residual);
            if (nobody == 0) _noTerms(r, "BonusPoolNobodyNamed(uint40,uint40,uint40)", names);
            else _noTerms(r, "BonusPoolUnknownPartner(uint40)", abi.encode(70));
        }
        uint40[3] memory partial_ = [AWARDER, RESIDUAL, A];
        for (uint256 i = 0; i < 3; ++i) {
            r = terms(address(token));
            r.arbiter = partial_[i];
            _noTerms(r, "BonusPoolPartialArbiter(uint40)", abi.encode(partial_[i]));
        }
        r = terms(address(0x77));
        _noTerms(r, "BonusPoolNotAToken(address)", abi.encode(0x77));
        r = terms(address(token));
        r.currency = "";
        _noTerms(r, "BonusPoolCurrencyLength(uint256,uint256)", abi.encode(0, 512));
        r.currency = string(new bytes(513));
        _noTerms(r, "BonusPoolCurrencyLength(uint256,uint256)", abi.encode(513, 512));
        r.currency = string(new bytes(512));
        _noTerms(r, "BonusPoolCurrencyNotText(bytes)", abi.encode(r.currency));
    }

    function test_PartiesAreSomebodyOnceAndShareNoMoreThanTheWhole() external {
        BonusAgreement memory r = terms(address(token));
        r.parties[1].partner = 0;
        _noTerms(r, "BonusPoolPartyZero(uint256)", abi.encode(1));
        r.parties[1].partner = B;
        _noTerms(r, "BonusPoolPartyTwice(uint40)", abi.encode(B));
        r = terms(address(token));
        r.parties[2].basisPoints = 3_335;
        _noTerms(r, "BonusPoolSharesExceedWhole(uint256)", abi.encode(10_001));
        r.parties = new Share[](0);
        _noTerms(r, "BonusPoolPartyCount(uint256)", abi.encode(0));
        r.parties = new Share[](201);
        _noTerms(r, "BonusPoolPartyCount(uint256)", abi.encode(201));
        r = terms(address(token));
        r.parties[2].basisPoints = 3_334;
        bytes32 id = agree(r);
        require(pool.seatOf(id, C).basisPoints == 3_334 && pool.seatOf(id, C).party, "the whole is not too much");
        require(!pool.seatOf(id, AWARDER).party, "and nobody else has a seat");
        _noTerms(r, "BonusPoolAgreementExists(bytes32)", abi.encode(id));
    }

    function test_TimesLeaveTimeForEveryStep() external {
        BonusAgreement memory r = terms(address(token));
        r.periodStart = r.periodEnd;
        _noTerms(r, "BonusPoolBadPeriod(uint40,uint40,uint40)", abi.encode(r.periodStart, r.periodEnd, r.deadline));
        r = terms(address(token));
        r.periodEnd = r.deadline;
        _noTerms(r, "BonusPoolBadPeriod(uint40,uint40,uint40)", abi.encode(r.periodStart, r.periodEnd, r.deadline));
        for (uint256 i = 0; i < 2; ++i) {
            r = terms(address(token));
            if (i == 0) r.disputeWindow = 0;
            else r.arbiterWindow = 0;
            _noTerms(r, "BonusPoolNoWindow(uint40,uint40)", abi.encode(r.disputeWindow, r.arbiterWindow));
        }
        r = terms(address(token));
        uint40 earliest = DEADLINE + DISPUTE_WINDOW + ARBITER_WINDOW;
        r.claimUntil = earliest - 1;
        _noTerms(r, "BonusPoolClaimsTooShort(uint40,uint256)", abi.encode(earliest - 1, earliest));
        r.claimUntil = earliest;
        VM.warp(DEADLINE + 1);
        _noTerms(r, "BonusPoolDeadlinePassed(uint40,uint256)", abi.encode(DEADLINE, DEADLINE + 1));
        VM.warp(DEADLINE);
        bytes32 id = agree(r);
        require(pool.stateOf(id).claimUntil == earliest, "the shortest is enough, on the last second");
    }

    function test_EveryPartySignsInItsPlace() external {
        BonusAgreement memory r = terms(address(token));
        bytes32 id = moneyId(hasher.hash(r));
        bytes memory signed = bytes.concat(signature(keyOf(B), id), signature(keyOf(A), id), signature(keyOf(A), id));
        expectError("BonusPoolNotItsKey(uint40,address)", abi.encode(C, VM.addr(keyOf(A))));
        pool.agree(r, signed);
        expectError("EvidenceSignatureLength(uint256,uint256)", abi.encode(3, 130));
        pool.agree(r, bytes.concat(signature(keyOf(B), id), signature(keyOf(A), id)));
        change(SUSPEND, C, address(0), 0, 0);
        signed = bytes.concat(signature(keyOf(B), id), signature(keyOf(A), id), signature(keyOf(C), id));
        expectError("BonusPoolSuspended(uint40)", abi.encode(C));
        pool.agree(r, signed);
    }

    // --- the moment ------------------------------------------------------------------------------------------------

    function test_FundingEndsWithTheFirstAward() external {
        bytes32 id = agree(terms(address(token)));
        expectError("BonusPoolNotNow(bytes32,uint8)", abi.encode(keccak256("none"), 0));
        pool.fund(keccak256("none"), 1);
        expectError("BonusPoolNothingFunded()", "");
        pool.fund(id, 0);
        fund(id, FUNDER, 1_000);
        IBonusPool.Deposit memory deposit = pool.depositOf(id, 0);
        require(deposit.funder == FUNDER && deposit.amount == 1_000 && deposit.start == 0, "booked");
        award(id, 1, 600, _amounts);
        expectError("BonusPoolNotNow(bytes32,uint8)", abi.encode(id, 3));
        pool.fund(id, 1);
        expectError("BonusPoolNoDeposit(bytes32,uint256)", abi.encode(id, 1));
        pool.depositOf(id, 1);
    }

    function test_AnAwardIsTheAwardersAfterThePeriodByTheDeadline() external {
        BonusAgreement memory t = terms(address(token));
        t.periodEnd = uint40(START + 1 days);
        bytes32 id = agree(t);
        fund(id, FUNDER, 1_000);
        BonusAward memory r = awardOf(id, 1, 600, _amounts);
        VM.warp(START + 1 days);
        _noAward(r, AWARDER, "BonusPoolPeriodNotOver(bytes32,uint40)", abi.encode(id, t.periodEnd));
        VM.warp(START + 1 days + 1);
        _noAward(r, ARBITER, "BonusPoolNotItsKey(uint40,address)", abi.encode(AWARDER, VM.addr(keyOf(ARBITER))));
        r.by = ARBITER;
        _noAward(r, ARBITER, "BonusPoolNotYours(bytes32,uint40,uint40)", abi.encode(id, AWARDER, ARBITER));
        r = awardOf(id, 2, 600, _amounts);
        _noAward(r, AWARDER, "BonusPoolWrongVersion(bytes32,uint16,uint16)", abi.encode(id, 1, 2));
        r = awardOf(id, 1, 1_001, _amounts);
        _noAward(r, AWARDER, "BonusPoolExceedsFunded(bytes32,uint256,uint256)", abi.encode(id, 1_000, 1_001));
        r = awardOf(id, 1, 600, _amounts);
        r.amounts = 0;
        _noAward(r, AWARDER, "BonusPoolNoAmounts(bytes32)", abi.encode(id));
        VM.warp(DEADLINE + 1);
        r = awardOf(id, 1, 600, _amounts);
        _noAward(r, AWARDER, "BonusPoolNotNow(bytes32,uint8)", abi.encode(id, 8));
        VM.warp(DEADLINE);
        award(id, 1, 1_000, _amounts);
        _is(id, IBonusPool.Status.Awarded);
        r = awardOf(id, 2, 600, _amounts);
        _noAward(r, AWARDER, "BonusPoolNotNow(bytes32,uint8)", abi.encode(id, 3));
    }

    /// Each window to the second, on the way through a dispute that is upheld and a second award that stands.
    function test_EveryWindowToTheSecond() external {
        bytes32 id = agree(terms(address(token)));
        _is(id, IBonusPool.Status.Open);
        fund(id, FUNDER, 1_000);
        _is(id, IBonusPool.Status.Funded);
        award(id, 1, 600, _amounts);
        uint256 time = block.timestamp;
        VM.warp(time + DISPUTE_WINDOW + 1);
        _is(id, IBonusPool.Status.Claimable);
        VM.warp(time + DISPUTE_WINDOW);
        _is(id, IBonusPool.Status.Awarded);
        dispute(id, 1, B);
        time = block.timestamp;
        VM.warp(time + ARBITER_WINDOW + 1);
        _is(id, IBonusPool.Status.Refundable);
        VM.warp(time + ARBITER_WINDOW);
        _is(id, IBonusPool.Status.Disputed);
        rule(id, 1, true);
        time = block.timestamp;
        VM.warp(time + ARBITER_WINDOW + 1);
        _is(id, IBonusPool.Status.Refundable);
        VM.warp(time + ARBITER_WINDOW);
        _is(id, IBonusPool.Status.Voided);
        award(id, 2, 500, _amounts);
        IBonusPool.AgreementState memory s = pool.stateOf(id);
        require(s.version == 2 && s.total == 500 && s.awardedAt == block.timestamp, "the second award");
        require(s.disputedAt == 0 && s.ruledAt == 0 && !s.upheld, "undisputed");
        dispute(id, 2, A);
        rule(id, 2, false);
        _is(id, IBonusPool.Status.Claimable);
        VM.warp(CLAIM_UNTIL);
        _is(id, IBonusPool.Status.Claimable);
        VM.warp(CLAIM_UNTIL + 1);
        _is(id, IBonusPool.Status.Lapsed);
    }

    /// A late second award is claimable for as long as it could have been disputed.
    function test_ALateAwardLeavesTimeToClaim() external {
        bytes32 id = agree(terms(address(token)));
        fund(id, FUNDER, 1_000);
        VM.warp(DEADLINE);
        award(id, 1, 600, _amounts);
        for (uint16 version = 1; version <= 4; ++version) {
            VM.warp(block.timestamp + DISPUTE_WINDOW);
            dispute(id, version, B);
            VM.warp(block.timestamp + ARBITER_WINDOW);
            rule(id, version, true);
            VM.warp(block.timestamp + ARBITER_WINDOW);
            award(id, version + 1, 600, _amounts);
        }
        uint256 end = block.timestamp + 2 * uint256(DISPUTE_WINDOW);
        require(end > CLAIM_UNTIL, "late indeed");
        VM.warp(end);
        _is(id, IBonusPool.Status.Claimable);
        VM.warp(end + 1);
        _is(id, IBonusPool.Status.Lapsed);
    }

    function test_DisputesAndRulingsAreThoseWhoMay() external {
        bytes32 id = agree(terms(address(token)));
        fund(id, FUNDER, 1_000);
        Dispute memory d = Dispute({by: A, agreement: id, version: 1, reason: 0});
        _noDispute(d, A, "BonusPoolNotNow(bytes32,uint8)", abi.encode(id, 2));
        award(id, 1, 600, _amounts);
        _noDispute(d, B, "BonusPoolNotItsKey(uint40,address)", abi.encode(A, VM.addr(keyOf(B))));
        d.by = RESIDUAL;
        _noDispute(d, RESIDUAL, "BonusPoolNotAParty(bytes32,uint40)", abi.encode(id, RESIDUAL));
        (d.by, d.version) = (A, 2);
        _noDispute(d, A, "BonusPoolWrongVersion(bytes32,uint16,uint16)", abi.encode(id, 1, 2));
        Ruling memory g = Ruling({by: ARBITER, agreement: id, version: 1, upheld: true, reason: 0});
        _noRuling(g, ARBITER, "BonusPoolNotNow(bytes32,uint8)", abi.encode(id, 3));
        change(SUSPEND, A, address(0), 0, 0);
        dispute(id, 1, A);
        require(pool.stateOf(id).disputedAt == block.timestamp, "suspension keeps nobody from disputing");
        _noRuling(g, A, "BonusPoolNotItsKey(uint40,address)", abi.encode(ARBITER, VM.addr(keyOf(A))));
        g.by = AWARDER;
        _noRuling(g, AWARDER, "BonusPoolNotYours(bytes32,uint40,uint40)", abi.encode(id, ARBITER, AWARDER));
        (g.by, g.version) = (ARBITER, 2);
        _noRuling(g, ARBITER, "BonusPoolWrongVersion(bytes32,uint16,uint16)", abi.encode(id, 1, 2));
        rule(id, 1, true);
        require(pool.stateOf(id).upheld && pool.stateOf(id).ruledAt == block.timestamp, "upheld");
    }

    // --- money out -------------------------------------------------------------------------------------------------

    function test_AClaimIsItsPartysLineOnce() external {
        bytes32 id = _claimable(600);
        Claim memory r = claimOf(id, 1, A, 300);
        bytes32[] memory proof = proofOf(leaves(id, 1, _amounts), 0);
        _noClaim(r, B, proof, "BonusPoolNotItsKey(uint40,address)", abi.encode(A, VM.addr(keyOf(B))));
        r.amount = 0;
        _noClaim(r, A, proof, "BonusPoolNothingClaimed(bytes32,uint40)", abi.encode(id, A));
        r.amount = 301;
        VM.expectRevert();
        this.claimOut(r, A, 3, proof);
        r = claimOf(id, 2, A, 300);
        _noClaim(r, A, proof, "BonusPoolWrongVersion(bytes32,uint16,uint16)", abi.encode(id, 1, 2));
        r = claimOf(id, 1, A, 300);
        for (uint256 i = 0; i < 2; ++i) {
            r.payTo = i == 0 ? address(0) : address(pool);
            _noClaim(r, A, proof, "BonusPoolBadPayee(address)", abi.encode(r.payTo));
        }
        r = claimOf(id, 1, A, 300);
        expectError("BonusPoolWrongSize(bytes32,uint256,uint256)", abi.encode(id, 3, 4));
        this.claimOut(r, A, 4, proof);
        Claim memory other = claimOf(id, 1, RESIDUAL, 300);
        _noClaim(other, RESIDUAL, proof, "BonusPoolNotAParty(bytes32,uint40)", abi.encode(id, RESIDUAL));
        claim(id, 1, A, _amounts);
        require(token.balanceOf(purseOf(A)) == 300 && pool.seatOf(id, A).claimed, "paid");
        _noClaim(r, A, proof, "BonusPoolAlreadyClaimed(bytes32,uint40)", abi.encode(id, A));
        VM.warp(CLAIM_UNTIL + 1);
        _noClaim(r, A, proof, "BonusPoolNotNow(bytes32,uint8)", abi.encode(id, 7));
    }

    function test_TheResidualPartnersRestIsWhatTheLinesLeave() external {
        bytes32 id = _claimable(700);
        Claim memory r = claimOf(id, 1, RESIDUAL, 101);
        IBonusPool.Line[] memory lines = linesOf(_amounts);
        _noResidual(r, RESIDUAL, lines, "BonusPoolExceedsDue(bytes32,uint256,uint256)", abi.encode(id, 100, 101));
        r.amount = 100;
        _noResidual(r, A, lines, "BonusPoolNotItsKey(uint40,address)", abi.encode(RESIDUAL, VM.addr(keyOf(A))));
        Claim memory other = claimOf(id, 1, A, 100);
        _noResidual(other, A, lines, "BonusPoolNotYours(bytes32,uint40,uint40)", abi.encode(id, RESIDUAL, A));
        lines[2].amount = 0;
        VM.expectRevert();
        this.residualOut(r, RESIDUAL, lines);
        lines = linesOf(_amounts);
        lines[1].partner = A;
        _noResidual(r, RESIDUAL, lines, "BonusPoolNotAscending(uint256)", abi.encode(1));
        lines[1].partner = B;
        lines[2].partner = RESIDUAL;
        _noResidual(r, RESIDUAL, lines, "BonusPoolNotAParty(bytes32,uint40)", abi.encode(id, RESIDUAL));
        lines = new IBonusPool.Line[](2);
        _noResidual(r, RESIDUAL, lines, "BonusPoolWrongSize(bytes32,uint256,uint256)", abi.encode(id, 3, 2));
        r.amount = 40;
        this.residualOut(r, RESIDUAL, linesOf(_amounts));
        r.amount = 100;
        this.residualOut(r, RESIDUAL, linesOf(_amounts));
        require(token.balanceOf(purseOf(RESIDUAL)) == 100, "in two claims, each for all that is due");
        lines = linesOf(_amounts);
        _noResidual(r, RESIDUAL, lines, "BonusPoolAlreadyClaimed(bytes32,uint40)", abi.encode(id, RESIDUAL));
    }

    function test_RefundsAreWhatTheAwardLeaves() external {
        bytes32 id = agree(terms(address(token)));
        fund(id, FUNDER, 1_000);
        fund(id, FUNDER_2, 500);
        expectError("BonusPoolNotNow(bytes32,uint8)", abi.encode(id, 2));
        pool.refund(id, 0);
        award(id, 1, 600, _amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        expectError("BonusPoolNoDeposit(bytes32,uint256)", abi.encode(id, 2));
        pool.refund(id, 2);
        pool.refund(id, 0);
        require(token.balanceOf(FUNDER) == RICH - 400, "two thirds of the 900 left");
        expectError("BonusPoolAlreadyRefunded(bytes32,uint256)", abi.encode(id, 0));
        pool.refund(id, 0);
        pool.refund(id, 1);
        require(token.balanceOf(FUNDER_2) == RICH - 200 && pool.stateOf(id).refunded == 900, "and one third");
        id = _again(2);
        fund(id, FUNDER, 600);
        award(id, 1, 600, _amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        expectError("BonusPoolNothingToRefund(bytes32,uint256)", abi.encode(id, 0));
        pool.refund(id, 0);
    }

    // --- griefing and front-running --------------------------------------------------------------------------------

    /// A stranger who sends another's signed claim first only pays the gas: the money goes where the claim says.
    function test_WhoeverSubmitsAClaimItPaysItsOwner() external {
        bytes32 id = _claimable(600);
        VM.prank(address(0xE51));
        this.claimOut(claimOf(id, 1, B, 200), B, 3, proofOf(leaves(id, 1, _amounts), 1));
        require(token.balanceOf(purseOf(B)) == 200 && token.balanceOf(address(0xE51)) == 0, "to its purse");
    }

    /// Money sent to the pool outside `fund` is nobody's, and stands in nobody's way.
    function test_MoneySentPastTheBooksStopsNothing() external {
        bytes32 id = _claimable(600);
        VM.prank(FUNDER_2);
        require(token.transfer(address(pool), 77), "sent");
        claim(id, 1, A, _amounts);
        claim(id, 1, B, _amounts);
        claim(id, 1, C, _amounts);
        pool.refund(id, 0);
        require(token.balanceOf(address(pool)) == 77, "all paid; the 77 lie there");
        _is(id, IBonusPool.Status.Closed);
    }

    /// Deposits of one unit from anybody take nothing from the others.
    function test_CrumbsOfOthersTakeNothing() external {
        bytes32 id = agree(terms(address(token)));
        fund(id, FUNDER, 1_000);
        for (uint256 i = 0; i < 20; ++i) {
            fund(id, FUNDER_2, 1);
        }
        VM.warp(DEADLINE + 1);
        pool.refund(id, 0);
        require(token.balanceOf(FUNDER) == RICH, "all of it");
    }

    // --- hostile tokens --------------------------------------------------------------------------------------------

    function test_ATokenThatReturnsNothingIsServed() external {
        SilentToken silent = new SilentToken();
        silent.mint(FUNDER, 1_000);
        bytes32 id = agree(terms(address(silent)));
        fund(id, FUNDER, 1_000);
        award(id, 1, 600, _amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        claim(id, 1, A, _amounts);
        require(silent.balanceOf(purseOf(A)) == 300, "paid");
        silent.blockAddress(purseOf(B));
        Claim memory r = claimOf(id, 1, B, 200);
        bytes32[] memory proof = proofOf(leaves(id, 1, _amounts), 1);
        VM.expectRevert();
        this.claimOut(r, B, 3, proof);
        require(!pool.seatOf(id, B).claimed, "a purse that the token blocks loses nothing");
        r.payTo = address(0xB0B);
        this.claimOut(r, B, 3, proof);
        require(silent.balanceOf(address(0xB0B)) == 200, "it names another");
        claim(id, 1, C, _amounts);
        pool.refund(id, 0);
        require(silent.balanceOf(FUNDER) == 400 && silent.balanceOf(address(pool)) == 0, "and stops nobody else");
    }

    function test_ATokenThatRebasesHarmsOnlyWhoSignedForIt() external {
        bytes32 honest = agree(terms(address(token)));
        fund(honest, FUNDER, 1_000);
        RebaseToken rebasing = new RebaseToken();
        rebasing.mint(FUNDER, 1_000);
        bytes32 id = agree(terms(address(rebasing)));
        fund(id, FUNDER, 1_000);
        award(id, 1, 600, _amounts);
        award(honest, 1, 600, _amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        rebasing.rebase(50);
        claim(id, 1, A, _amounts);
        claim(id, 1, B, _amounts);
        Claim memory r = claimOf(id, 1, C, 100);
        bytes32[] memory proof = proofOf(leaves(id, 1, _amounts), 2);
        VM.expectRevert();
        this.claimOut(r, C, 3, proof);
        require(!pool.seatOf(id, C).claimed, "still owed, once the token has it again");
        rebasing.mint(address(pool), 200);
        claim(id, 1, C, _amounts);
        for (uint40 party = A; party <= C; ++party) {
            claim(honest, 1, party, _amounts);
        }
        pool.refund(honest, 0);
        require(token.balanceOf(address(pool)) == 0, "the honest agreement is paid to the last unit");
    }

    // --- helpers ---------------------------------------------------------------------------------------------------

    function agreeOut(BonusAgreement calldata r) external {
        agree(r);
    }

    function awardOut(BonusAward calldata r, uint40 signer) external {
        pool.award(r, signature(keyOf(signer), moneyId(hasher.hash(r))));
    }

    function disputeOut(Dispute calldata r, uint40 signer) external {
        pool.dispute(r, signature(keyOf(signer), moneyId(hasher.hash(r))));
    }

    function rulingOut(Ruling calldata r, uint40 signer) external {
        pool.rule(r, signature(keyOf(signer), moneyId(hasher.hash(r))));
    }

    function claimOut(Claim calldata r, uint40 signer, uint256 size, bytes32[] calldata proof) external {
        bytes memory signed = signature(keyOf(signer), moneyId(hasher.hash(r)));
        pool.claim(r, r.by - 1, size, proof, signed);
    }

    function residualOut(Claim calldata r, uint40 signer, IBonusPool.Line[] calldata lines) external {
        pool.claimResidual(r, lines, signature(keyOf(signer), moneyId(hasher.hash(r))));
    }

    function _noTerms(BonusAgreement memory r, string memory name, bytes memory arguments) private {
        expectError(name, arguments);
        this.agreeOut(r);
    }

    function _noAward(BonusAward memory r, uint40 signer, string memory name, bytes memory arguments) private {
        expectError(name, arguments);
        this.awardOut(r, signer);
    }

    function _noDispute(Dispute memory r, uint40 signer, string memory name, bytes memory arguments) private {
        expectError(name, arguments);
        this.disputeOut(r, signer);
    }

    function _noRuling(Ruling memory r, uint40 signer, string memory name, bytes memory arguments) private {
        expectError(name, arguments);
        this.rulingOut(r, signer);
    }

    function _noClaim(Claim memory r, uint40 signer, bytes32[] memory proof, string memory name, bytes memory arguments)
        private
    {
        expectError(name, arguments);
        this.claimOut(r, signer, 3, proof);
    }

    function _noResidual(
        Claim memory r,
        uint40 signer,
        IBonusPool.Line[] memory lines,
        string memory name,
        bytes memory arguments
    ) private {
        expectError(name, arguments);
        this.residualOut(r, signer, lines);
    }

    function _again(uint256 salt) private returns (bytes32) {
        BonusAgreement memory r = terms(address(token));
        r.salt = bytes16(uint128(salt));
        return agree(r);
    }

    function _claimable(uint128 total) private returns (bytes32 id) {
        id = agree(terms(address(token)));
        fund(id, FUNDER, 1_000);
        award(id, 1, total, _amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
    }

    function _is(bytes32 id, IBonusPool.Status expected) private view {
        require(pool.statusOf(id) == expected, "status");
    }
}
