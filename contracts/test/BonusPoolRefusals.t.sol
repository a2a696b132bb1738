// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonusPool} from "../src/IBonusPool.sol";
import {BonusAgreement, BonusAward, Dispute, Ruling, Share} from "../src/Records.sol";
import {BonusPoolAttempts} from "./BonusPoolAttempts.sol";
import {VM} from "./Vm.sol";

/// @notice What the pool refuses: terms that would strand or misdirect money, the wrong signer, the wrong moment by a
/// second.
contract BonusPoolRefusalsTest is BonusPoolAttempts {
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
}
