// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonusPool} from "../src/IBonusPool.sol";
import {BonusPoolHandler} from "./BonusPoolHandler.sol";

/// @notice What holds after any sequence of calls, by anyone, at any time:
///
/// 1. Nothing is made or lost: of each agreement, paid + refunded never exceeds funded, and the pool holds of each token
///    exactly what its agreements have left.
/// 2. An award never pays more than its total, and refunds never touch what is awarded.
/// 3. A party never gets more than its line of the award; a residual partner never gets more than the total less what the
///    others have had.
/// 4. Deposits lie end to end: each starts where the one before ended, and together they are what is funded.
/// 5. There is no way back: once an award is final, or silence has made the money refundable, it stays so; once there has
///    been an award, there is no more funding.
/// 6. A token that calls back has never been let in, though it tried.
/// 7. Whatever the rules allow succeeds, and every act has happened in the end: agreed, funded, awarded and awarded again,
///    disputed, upheld and rejected, claimed, in vain a second time or beyond the total, by the residual partner in time,
///    in vain beyond the rest and after the end; what was not awarded and all of it refunded, time passed, calls refused.
/// forge-config: default.invariant.runs = 10
/// forge-config: default.invariant.depth = 150
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: mutants.invariant.runs = 2
/// forge-config: mutants.invariant.depth = 150
/// forge-config: mutants.invariant.fail-on-revert = true
contract BonusPoolInvariants {
    /// @notice An act that the rules allow has not happened in a whole run: the other checks say nothing about it.
    error NeverHappened(BonusPoolHandler.Act act);

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev A run of 150 calls has more.
    uint256 private constant LEAST_TURNS = 120;

    BonusPoolHandler private _handler;
    IBonusPool private _pool;

    function setUp() public {
        _handler = new BonusPoolHandler();
        _pool = _handler.thePool();
    }

    /// @notice Asked by forge: what to call.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](1);
        actions[0] = BonusPoolHandler.act.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: actions});
    }

    /// @notice Asked by forge: nobody else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice After every call: all sums, and one agreement in turn.
    function invariant_ThePoolHolds() external view {
        _1_nothingIsMadeOrLost();
        _checkOne(_handler.turns() % _handler.count());
        require(!_handler.wentBack(), "5: an agreement went back");
        require(_handler.bad().successes() == 0, "6: a callback went through");
        require(!_handler.exceeded(), "2: a claim went beyond the total, or the rest");
        require(!_handler.claimedTwice(), "7: a line was claimed twice");
    }

    /// @notice At the end of each run: every agreement, and that everything has happened.
    function afterInvariant() external view {
        // Not of the few calls that forge repeats from a run that failed.
        bool whole = _handler.turns() >= LEAST_TURNS;
        for (uint256 i = 0; i < _handler.ACTS() && whole; ++i) {
            if (_handler.happened(i) == 0) revert NeverHappened(BonusPoolHandler.Act(i));
        }
        require(!whole || _handler.bad().attempts() > 0, "6: the bad token never tried");
        for (uint256 i = 0; i < _handler.count(); ++i) {
            _checkOne(i);
        }
    }

    function _checkOne(uint256 which) private view {
        _2_anAwardPaysItsTotalAtMost(which);
        _3_nobodyGetsMoreThanItsPart(which);
        _4_depositsLieEndToEnd(which);
    }

    function _1_nothingIsMadeOrLost() private view {
        uint256[2] memory left;
        for (uint256 i = 0; i < _handler.count(); ++i) {
            IBonusPool.AgreementState memory s = _pool.stateOf(_handler.ids(i));
            require(uint256(s.paid) + s.refunded <= s.funded, "paid + refunded <= funded");
            left[_handler.inBad(i) ? 1 : 0] += s.funded - s.paid - s.refunded;
        }
        require(left[0] == _handler.balanceOfPool(false), "the pool holds what its agreements have left");
        require(left[1] == _handler.balanceOfPool(true), "also in the bad token");
        require(_handler.balancesOutside(false) + left[0] == 2 << 120, "all of the honest token is accounted for");
        require(_handler.balancesOutside(true) + left[1] == 2 << 120, "all of the bad token is accounted for");
    }

    function _2_anAwardPaysItsTotalAtMost(uint256 i) private view {
        bytes32 id = _handler.ids(i);
        IBonusPool.AgreementState memory s = _pool.stateOf(id);
        require(s.total <= s.funded && s.paid <= s.total, "paid <= total <= funded");
        require(s.paidToResidual <= s.paid, "the residual partner's is part of what was paid");
        if (s.paid != 0) require(s.refunded <= s.funded - s.total, "refunds never touch what is awarded");
    }

    function _3_nobodyGetsMoreThanItsPart(uint256 i) private view {
        IBonusPool.AgreementState memory s = _pool.stateOf(_handler.ids(i));
        uint128[3] memory amounts = _handler.amountsOf(i);
        uint256 others;
        for (uint40 party = 1; party <= 3; ++party) {
            if (party == _handler.residuals(i)) continue;
            uint256 got = _handler.received(i, party);
            require(got == 0 || got == amounts[party - 1], "its line, or nothing yet");
            others += got;
        }
        uint256 rest = _handler.received(i, _handler.residuals(i));
        require(rest == s.paidToResidual && rest + others == s.paid, "the books say who got what");
        require(rest + others <= s.total, "together no more than the total");
    }

    function _4_depositsLieEndToEnd(uint256 i) private view {
        bytes32 id = _handler.ids(i);
        uint256 count = _pool.depositsOf(id);
        uint256 end;
        for (uint256 d = 0; d < count; ++d) {
            IBonusPool.Deposit memory deposit = _pool.depositOf(id, d);
            require(deposit.start == end && deposit.amount != 0, "starts where the one before ended");
            end += deposit.amount;
        }
        require(end == _pool.stateOf(id).funded, "together what is funded");
    }
}
