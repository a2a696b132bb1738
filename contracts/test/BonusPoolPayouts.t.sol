// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonusPool} from "../src/IBonusPool.sol";
import {Claim} from "../src/Records.sol";
import {BonusPoolAttempts} from "./BonusPoolAttempts.sol";
import {VM} from "./Vm.sol";
import {RebaseToken} from "./attackers/RebaseToken.sol";
import {SilentToken} from "./attackers/SilentToken.sol";

/// @notice Money out of the pool: the wrong line, strangers who come first, and two more kinds of hostile tokens.
contract BonusPoolPayoutsTest is BonusPoolAttempts {
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

    function test_TheSettlementTokenCountsMinorUnits() external view {
        require(token.decimals() == 2 && token.totalSupply() == 2 * RICH, "cents, and no more of them");
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
}
