// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonusPool} from "../src/IBonusPool.sol";
import {BonusAgreement} from "../src/Records.sol";
import {BonusPoolFixture} from "./BonusPoolFixture.sol";
import {VM} from "./Vm.sol";
import {ReentrantToken} from "./attackers/ReentrantToken.sol";

/// @notice Plays with three agreements in one pool: one with an outside residual partner, one whose residual partner is a
/// party, both in the same honest token; and one in a token that calls back with every transfer.
contract BonusPoolHandler is BonusPoolFixture {
    ReentrantToken public bad;
    bytes32[3] public ids;
    uint40[3] public residuals = [RESIDUAL, B, RESIDUAL];

    /// Amounts to which the latest award commits.
    mapping(uint256 which => uint128[3]) private _amounts;
    /// What a partner's purse received from an agreement.
    mapping(uint256 which => mapping(uint40 partner => uint256)) public received;
    /// The furthest an agreement has come: 1 a first award, 2 final or refundable.
    mapping(uint256 which => uint256) public furthest;
    bool public wentBack;

    constructor() {
        bad = new ReentrantToken();
        for (uint256 i = 0; i < 2; ++i) {
            address funder = i == 0 ? FUNDER : FUNDER_2;
            bad.mint(funder, RICH);
            VM.prank(funder);
            bad.approve(address(pool), RICH);
        }
        for (uint256 i = 0; i < 3; ++i) {
            BonusAgreement memory r = terms(i == 2 ? address(bad) : address(token));
            r.salt = bytes16(uint128(i + 1));
            r.residual = residuals[i];
            ids[i] = agree(r);
        }
        bad.load(address(pool), abi.encodeCall(pool.refund, (ids[0], 0)));
    }

    modifier noticing() {
        _;
        for (uint256 i = 0; i < 3; ++i) {
            IBonusPool.Status status = pool.statusOf(ids[i]);
            uint256 reached = status >= IBonusPool.Status.Claimable ? 2 : status >= IBonusPool.Status.Awarded ? 1 : 0;
            if (reached < furthest[i]) wentBack = true;
            furthest[i] = reached;
        }
    }

    function actFund(uint256 which, bool second, uint96 amount) external noticing {
        which %= 3;
        fund(ids[which], second ? FUNDER_2 : FUNDER, uint128(amount) + 1);
    }

    /// Amounts may exceed the total together: an awarder may be careless, or worse.
    function actAward(uint256 which, uint128 total, uint128[3] calldata amounts) external noticing {
        which %= 3;
        IBonusPool.AgreementState memory s = pool.stateOf(ids[which]);
        total = total % (s.funded + 1);
        for (uint256 i = 0; i < 3; ++i) {
            _amounts[which][i] = amounts[i] % (total / 2 + 1);
        }
        award(ids[which], s.version + 1, total, _amounts[which]);
    }

    function actDispute(uint256 which, uint40 by) external noticing {
        which %= 3;
        dispute(ids[which], pool.stateOf(ids[which]).version, by % 3 + 1);
    }

    function actRule(uint256 which, bool upheld) external noticing {
        which %= 3;
        rule(ids[which], pool.stateOf(ids[which]).version, upheld);
    }

    function actClaim(uint256 which, uint40 by) external noticing {
        which %= 3;
        by = by % 3 + 1;
        uint256 before = _purse(which, by);
        claim(ids[which], pool.stateOf(ids[which]).version, by, _amounts[which]);
        received[which][by] += _purse(which, by) - before;
    }

    function actClaimResidual(uint256 which, uint128 amount) external noticing {
        which %= 3;
        IBonusPool.AgreementState memory s = pool.stateOf(ids[which]);
        uint40 by = residuals[which];
        uint256 before = _purse(which, by);
        claimResidual(ids[which], s.version, by, amount % (s.total + 1), _amounts[which]);
        received[which][by] += _purse(which, by) - before;
    }

    function actRefund(uint256 which, uint256 deposit) external noticing {
        which %= 3;
        pool.refund(ids[which], deposit % (pool.depositsOf(ids[which]) + 1));
    }

    /// Some time, or just past the window in which an award is disputed: else most claims would come too early.
    function actWait(uint32 time, bool settle) external noticing {
        VM.warp(block.timestamp + (settle ? DISPUTE_WINDOW + 1 : time % 6 days));
    }

    function amountsOf(uint256 which) external view returns (uint128[3] memory) {
        return _amounts[which];
    }

    function thePool() external view returns (IBonusPool) {
        return pool;
    }

    function balanceOfPool(bool inBad) external view returns (uint256) {
        return inBad ? bad.balanceOf(address(pool)) : token.balanceOf(address(pool));
    }

    function balancesOutside(bool inBad) external view returns (uint256 sum) {
        address[6] memory holders = [FUNDER, FUNDER_2, purseOf(A), purseOf(B), purseOf(C), purseOf(RESIDUAL)];
        for (uint256 i = 0; i < holders.length; ++i) {
            sum += inBad ? bad.balanceOf(holders[i]) : token.balanceOf(holders[i]);
        }
    }

    function _purse(uint256 which, uint40 by) private view returns (uint256) {
        return which == 2 ? bad.balanceOf(purseOf(by)) : token.balanceOf(purseOf(by));
    }
}

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
/// 6. A token that calls back has never been let in.
/// forge-config: default.invariant.depth = 100
/// forge-config: mutants.invariant.runs = 4
/// forge-config: mutants.invariant.depth = 100
contract BonusPoolInvariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    BonusPoolHandler private _handler;
    IBonusPool private _pool;

    function setUp() public {
        _handler = new BonusPoolHandler();
        _pool = _handler.thePool();
    }

    /// @notice Asked by forge: what to call.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](8);
        actions[0] = BonusPoolHandler.actFund.selector;
        actions[1] = BonusPoolHandler.actAward.selector;
        actions[2] = BonusPoolHandler.actDispute.selector;
        actions[3] = BonusPoolHandler.actRule.selector;
        actions[4] = BonusPoolHandler.actClaim.selector;
        actions[5] = BonusPoolHandler.actClaimResidual.selector;
        actions[6] = BonusPoolHandler.actRefund.selector;
        actions[7] = BonusPoolHandler.actWait.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: actions});
    }

    /// @notice Asked by forge: nobody else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice One campaign for all six: forge would play one for each.
    function invariant_ThePoolHolds() external view {
        _1_nothingIsMadeOrLost();
        _2_anAwardPaysItsTotalAtMost();
        _3_nobodyGetsMoreThanItsPart();
        _4_depositsLieEndToEnd();
        _5_thereIsNoWayBack();
        _6_aTokenIsNeverLetIn();
    }

    function _1_nothingIsMadeOrLost() private view {
        uint256[2] memory left;
        for (uint256 i = 0; i < 3; ++i) {
            IBonusPool.AgreementState memory s = _pool.stateOf(_handler.ids(i));
            require(uint256(s.paid) + s.refunded <= s.funded, "paid + refunded <= funded");
            left[i / 2] += s.funded - s.paid - s.refunded;
        }
        require(left[0] == _handler.balanceOfPool(false), "the pool holds what its agreements have left");
        require(left[1] == _handler.balanceOfPool(true), "also in the bad token");
        require(_handler.balancesOutside(false) + left[0] == 2 << 120, "all of the honest token is accounted for");
        require(_handler.balancesOutside(true) + left[1] == 2 << 120, "all of the bad token is accounted for");
    }

    function _2_anAwardPaysItsTotalAtMost() private view {
        for (uint256 i = 0; i < 3; ++i) {
            bytes32 id = _handler.ids(i);
            IBonusPool.AgreementState memory s = _pool.stateOf(id);
            require(s.total <= s.funded && s.paid <= s.total, "paid <= total <= funded");
            require(s.paidToResidual <= s.paid, "the residual partner's is part of what was paid");
            if (s.paid != 0) require(s.refunded <= s.funded - s.total, "refunds never touch what is awarded");
        }
    }

    function _3_nobodyGetsMoreThanItsPart() private view {
        for (uint256 i = 0; i < 3; ++i) {
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
    }

    function _4_depositsLieEndToEnd() private view {
        for (uint256 i = 0; i < 3; ++i) {
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

    function _5_thereIsNoWayBack() private view {
        require(!_handler.wentBack(), "an agreement went back");
    }

    function _6_aTokenIsNeverLetIn() private view {
        require(_handler.bad().successes() == 0, "a callback went through");
    }
}
