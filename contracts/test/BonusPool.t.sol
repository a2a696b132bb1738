// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {BonusPool} from "../src/BonusPool.sol";
import {IBonusPool} from "../src/IBonusPool.sol";
import {BonusAgreement, Claim} from "../src/Records.sol";
import {BonusPoolFixture} from "./BonusPoolFixture.sol";
import {VM} from "./Vm.sol";
import {FalseToken} from "./attackers/FalseToken.sol";
import {FeeToken} from "./attackers/FeeToken.sol";
import {ReentrantToken} from "./attackers/ReentrantToken.sol";

/// @notice Exact sums under random amounts and orders, and tokens that attack. Roles, windows and reverts are tested from
/// Python, in tests/chain/contracts/bonus/test_bonus_pool.py.
contract BonusPoolTest is BonusPoolFixture {
    // --- exact sums --------------------------------------------------------------------------------------------------

    /// Whatever is funded, awarded and claimed in whatever order: at the end nothing is left, and everybody has exactly
    /// what the award says.
    function testFuzz_EveryUnitArrives(
        uint128[2] memory deposits,
        uint128 total,
        uint128[3] memory amounts,
        uint256 order,
        bool residualFirst
    ) public {
        bytes32 id = agree(terms(address(token)));
        uint128 funded = _fundBoth(id, deposits);
        total = total % (funded + 1);
        amounts = _within(total, amounts);
        award(id, 1, total, amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);

        uint128 rest = total - amounts[0] - amounts[1] - amounts[2];
        if (residualFirst && rest != 0) claimResidual(id, 1, RESIDUAL, rest, amounts);
        for (uint256 i = 0; i < 3; ++i) {
            uint40 party = uint40((order % 3 + i) % 3) + 1;
            if (amounts[party - 1] != 0) claim(id, 1, party, amounts);
        }
        if (!residualFirst && rest != 0) claimResidual(id, 1, RESIDUAL, rest, amounts);
        _refundAll(id, 2);

        for (uint40 party = 1; party <= 3; ++party) {
            require(token.balanceOf(purseOf(party)) == amounts[party - 1], "a party has its amount");
        }
        require(token.balanceOf(purseOf(RESIDUAL)) == rest, "the residual partner has the rest");
        require(token.balanceOf(FUNDER) + token.balanceOf(FUNDER_2) == 2 * RICH - total, "funders have what was left");
        require(remaining(id) == 0 && token.balanceOf(address(pool)) == 0, "nothing is left");
        require(funded == 0 || pool.statusOf(id) == IBonusPool.Status.Closed, "closed");
    }

    /// Whoever claims in time, and whatever the residual partner has claimed early: after the end it gets the rest, once.
    function testFuzz_WhatIsUnclaimedIsTheResidualPartners(
        uint128 funded,
        uint128[3] memory amounts,
        uint8 claimants,
        bool early
    ) public {
        bytes32 id = agree(terms(address(token)));
        funded = uint128(funded % RICH) + 1;
        fund(id, FUNDER, funded);
        amounts = _within(funded, amounts);
        award(id, 1, funded, amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        uint128 rest = funded - amounts[0] - amounts[1] - amounts[2];
        if (early && rest != 0) claimResidual(id, 1, RESIDUAL, rest, amounts);
        uint128 claimed;
        for (uint40 party = 1; party <= 3; ++party) {
            if (claimants & (1 << party) == 0 || amounts[party - 1] == 0) continue;
            claim(id, 1, party, amounts);
            claimed += amounts[party - 1];
        }
        VM.warp(CLAIM_UNTIL + 1);
        uint128 due = funded - claimed;
        if (remaining(id) != 0) claimResidual(id, 1, RESIDUAL, due, amounts);
        require(token.balanceOf(purseOf(RESIDUAL)) == due, "all that others left");
        require(remaining(id) == 0, "nothing is left");
    }

    /// The residual partner as a party has its own amount and the rest, in one claim or in two.
    function testFuzz_AResidualPartnerMayBeAParty(uint128 funded, uint128[3] memory amounts, bool inTwo) public {
        BonusAgreement memory r = terms(address(token));
        r.residual = B;
        bytes32 id = agree(r);
        funded = uint128(funded % RICH) + 1;
        fund(id, FUNDER, funded);
        amounts = _within(funded, amounts);
        award(id, 1, funded, amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        uint128 due = funded - amounts[0] - amounts[2];
        if (inTwo && amounts[1] != 0) claim(id, 1, B, amounts);
        if (token.balanceOf(purseOf(B)) != due) claimResidual(id, 1, B, due, amounts);
        require(token.balanceOf(purseOf(B)) == due, "its own and the rest");
        if (amounts[0] != 0) claim(id, 1, A, amounts);
        if (amounts[2] != 0) claim(id, 1, C, amounts);
        require(remaining(id) == 0, "nothing is left");
    }

    /// An award may commit to more than it awards. It still pays no more than its total.
    function testFuzz_AnOvercommittedAwardPaysItsTotalAtMost(uint128 total, uint128[3] memory amounts) public {
        bytes32 id = agree(terms(address(token)));
        total = uint128(total % RICH) + 1;
        fund(id, FUNDER, total);
        for (uint256 i = 0; i < 3; ++i) {
            amounts[i] = total - amounts[i] % (total / 2 + 1);
        }
        award(id, 1, total, amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        uint256 paid;
        for (uint40 party = 1; party <= 3; ++party) {
            try this.claimFromOutside(id, party, amounts) {
                paid += amounts[party - 1];
            } catch {}
        }
        require(paid <= total && token.balanceOf(address(pool)) == total - paid, "no more than its total");
        VM.expectRevert();
        this.residualFromOutside(id, 1, amounts);
    }

    /// However many deposits of whatever size: what goes back adds up to what is left, to the unit.
    function testFuzz_RefundsAddUp(uint96[7] memory deposits, uint128 total) public {
        bytes32 id = agree(terms(address(token)));
        uint128 funded;
        for (uint256 i = 0; i < deposits.length; ++i) {
            uint128 amount = uint128(deposits[i]) + 1;
            fund(id, i % 2 == 0 ? FUNDER : FUNDER_2, amount);
            funded += amount;
        }
        total = total % (funded + 1);
        uint128[3] memory amounts;
        award(id, 1, total, amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        _refundAll(id, deposits.length);
        require(pool.stateOf(id).refunded == funded - total, "all that the award left");
        require(remaining(id) == total, "the award itself is untouched");
    }

    // --- tokens that attack ------------------------------------------------------------------------------------------

    /// A token that calls back into the pool, from whichever transfer and into whichever function, achieves nothing.
    function test_AReentrantTokenAchievesNothing() public {
        ReentrantToken bad = new ReentrantToken();
        bytes32 id = _agreeOn(bad);
        uint128[3] memory amounts = [uint128(300), 300, 200];
        bytes memory again = abi.encodeCall(pool.fund, (id, 5));
        bad.load(address(pool), again);
        fund(id, FUNDER, 1_000);
        _requireBlocked(bad, 1);

        award(id, 1, 900, amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        Claim memory r = claimOf(id, 1, A, 300);
        bytes memory signed = signature(keyOf(A), moneyId(hasher.hash(r)));
        bytes32[] memory proof = proofOf(leaves(id, 1, amounts), 0);
        bad.load(address(pool), abi.encodeCall(pool.claim, (r, 0, 3, proof, signed)));
        claim(id, 1, A, amounts);
        _requireBlocked(bad, 2);
        bad.load(address(pool), abi.encodeCall(pool.refund, (id, 0)));
        claim(id, 1, B, amounts);
        pool.refund(id, 0);
        _requireBlocked(bad, 4);

        require(bad.balanceOf(purseOf(A)) == 300 && bad.balanceOf(purseOf(B)) == 300, "each once");
        require(bad.balanceOf(address(pool)) == 300 && remaining(id) == 300, "the books hold");
    }

    /// Nor can it reach the money of an agreement in an honest token.
    function test_AReentrantTokenCannotTouchOtherAgreements() public {
        bytes32 honest = agree(terms(address(token)));
        fund(honest, FUNDER, 500);
        ReentrantToken bad = new ReentrantToken();
        bytes32 id = _agreeOn(bad);
        VM.warp(DEADLINE);
        fund(id, FUNDER, 10);
        VM.warp(DEADLINE + 1);
        bad.load(address(pool), abi.encodeCall(pool.refund, (honest, 0)));
        pool.refund(id, 0);
        _requireBlocked(bad, 1);
        require(token.balanceOf(address(pool)) == 500, "untouched");
        pool.refund(honest, 0);
        require(token.balanceOf(FUNDER) == RICH, "back where it came from");
    }

    /// A token that sends the pool's own view calls back sees books that are already written.
    function test_ATokenSeesTheBooksAfterTheEffect() public {
        ReentrantToken bad = new ReentrantToken();
        bytes32 id = _agreeOn(bad);
        fund(id, FUNDER, 10);
        VM.warp(DEADLINE + 1);
        bad.load(address(pool), abi.encodeCall(pool.stateOf, (id)));
        pool.refund(id, 0);
        IBonusPool.AgreementState memory s = abi.decode(bad.answer(), (IBonusPool.AgreementState));
        require(s.refunded == 10, "the refund was in the books before the token was called");
    }

    function test_RevertWhen_FundingArrivesShort() public {
        FeeToken bad = new FeeToken();
        bytes32 id = _agreeOnFee(bad);
        bad.setFee(1, false);
        VM.expectRevert(abi.encodeWithSelector(IBonusPool.BonusPoolTokenMoved.selector, address(bad), 100, 99));
        this.fundFromOutside(id, 100);
        require(pool.depositsOf(id) == 0 && pool.stateOf(id).funded == 0, "nothing is booked");
    }

    function test_RevertWhen_APaymentCostsMoreThanItPays() public {
        FeeToken bad = new FeeToken();
        bytes32 id = _agreeOnFee(bad);
        fund(id, FUNDER, 100);
        VM.warp(DEADLINE + 1);
        bad.setFee(1, true);
        bytes memory short = abi.encodeWithSelector(IBonusPool.BonusPoolTokenMoved.selector, address(bad), 50, 49);
        fundMore(bad);
        VM.expectRevert(short);
        pool.refund(id, 0);
        bad.setFee(0, true);
        pool.refund(id, 0);
        require(bad.balanceOf(FUNDER) == 100, "back once the token behaves");
    }

    function test_RevertWhen_ATokenAnswersFalse() public {
        FalseToken bad = new FalseToken();
        bad.mint(FUNDER, 1_000);
        bytes32 id = agree(terms(address(bad)));
        VM.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(bad)));
        this.fundFromOutside(id, 100);
        bad.set(true, false);
        VM.expectRevert(abi.encodeWithSelector(IBonusPool.BonusPoolTokenMoved.selector, address(bad), 100, 0));
        this.fundFromOutside(id, 100);
        bad.set(true, true);
        fund(id, FUNDER, 100);
        VM.warp(DEADLINE + 1);
        bad.set(true, false);
        VM.expectRevert(abi.encodeWithSelector(IBonusPool.BonusPoolTokenMoved.selector, address(bad), 0, 100));
        pool.refund(id, 0);
        require(!pool.depositOf(id, 0).refunded, "still owed");
    }

    // --- where a signature counts --------------------------------------------------------------------------------------

    /// The same terms are another agreement in another pool, and on another chain.
    function test_RecordsBindPoolAndChain() public {
        bytes32 here = pool.domainSeparator();
        require(new BonusPool(registry, address(pool)).domainSeparator() != here, "another pool");
        VM.chainId(block.chainid + 1);
        require(pool.domainSeparator() != here, "another chain");
    }

    // --- helpers -------------------------------------------------------------------------------------------------------

    function fundFromOutside(bytes32 id, uint128 amount) external {
        fund(id, FUNDER, amount);
    }

    function claimFromOutside(bytes32 id, uint40 party, uint128[3] calldata amounts) external {
        claim(id, 1, party, amounts);
    }

    function residualFromOutside(bytes32 id, uint128 amount, uint128[3] calldata amounts) external {
        claimResidual(id, 1, RESIDUAL, amount, amounts);
    }

    /// A deposit of somebody else in the same token, so that there is something a bad payment could eat into.
    function fundMore(FeeToken bad) private {
        bad.mint(address(pool), 50);
    }

    function _agreeOn(ReentrantToken bad) private returns (bytes32) {
        bad.mint(FUNDER, 1_000);
        VM.prank(FUNDER);
        bad.approve(address(pool), type(uint256).max);
        return agree(terms(address(bad)));
    }

    function _agreeOnFee(FeeToken bad) private returns (bytes32) {
        bad.mint(FUNDER, 100);
        VM.prank(FUNDER);
        bad.approve(address(pool), type(uint256).max);
        return agree(terms(address(bad)));
    }

    function _requireBlocked(ReentrantToken bad, uint256 attempts) private view {
        require(bad.attempts() == attempts && bad.successes() == 0, "every attempt failed");
        require(
            bytes4(bad.answer()) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector,
            "because the pool was busy"
        );
    }

    function _fundBoth(bytes32 id, uint128[2] memory deposits) private returns (uint128 funded) {
        for (uint256 i = 0; i < 2; ++i) {
            uint128 amount = uint128(deposits[i] % RICH);
            if (amount == 0) continue;
            fund(id, i == 0 ? FUNDER : FUNDER_2, amount);
            funded += amount;
        }
    }

    /// Random amounts that together do not exceed `total`.
    function _within(uint128 total, uint128[3] memory amounts) private pure returns (uint128[3] memory fitted) {
        uint128 left = total;
        for (uint256 i = 0; i < 3; ++i) {
            fitted[i] = uint128(uint256(amounts[i]) % (uint256(left) + 1));
            left -= fitted[i];
        }
    }

    /// Refund whatever is due; a deposit to which nothing falls reverts.
    function _refundAll(bytes32 id, uint256 count) private {
        for (uint256 i = 0; i < count; ++i) {
            try pool.refund(id, i) {} catch {}
        }
    }
}
