// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonusPool} from "../src/IBonusPool.sol";
import {BonusAgreement} from "../src/Records.sol";
import {BonusPoolFixture} from "./BonusPoolFixture.sol";
import {VM} from "./Vm.sol";
import {ReentrantToken} from "./attackers/ReentrantToken.sol";

/// @notice Plays with agreements in one pool: with an outside residual partner, with one who is a party, and in a token
/// that calls back with every transfer. Whichever act has happened least comes in every second turn; an act that finds no
/// agreement to suit it brings one there.
contract BonusPoolHandler is BonusPoolFixture {
    enum Act {
        AGREE,
        FUND,
        AWARD,
        AWARD_AGAIN,
        DISPUTE,
        UPHOLD,
        REJECT,
        CLAIM,
        CLAIM_TWICE,
        CLAIM_BEYOND_TOTAL,
        CLAIM_RESIDUAL,
        CLAIM_BEYOND_REST,
        CLAIM_LAPSED,
        REFUND_REST,
        REFUND_ALL,
        WAIT,
        REFUSED
    }

    uint256 public constant ACTS = 17;

    ReentrantToken public bad;
    bytes32[] public ids;
    uint40[] public residuals;
    bool[] public inBad;

    uint256[ACTS] public happened;
    uint256 public turns;
    /// Amounts to which the latest award commits.
    mapping(uint256 which => uint128[3]) private _amounts;
    /// What a partner's purse received from an agreement.
    mapping(uint256 which => mapping(uint40 partner => uint256)) public received;
    /// The furthest an agreement has come: 1 a first award, 2 final or refundable.
    mapping(uint256 which => uint256) public furthest;
    bool public wentBack;
    bool public claimedTwice;
    bool public exceeded;

    constructor() {
        bad = new ReentrantToken();
        for (uint256 i = 0; i < 2; ++i) {
            address funder = i == 0 ? FUNDER : FUNDER_2;
            bad.mint(funder, RICH);
            VM.prank(funder);
            bad.approve(address(pool), RICH);
        }
        for (uint256 i = 0; i < 3; ++i) {
            _agree();
        }
        bad.load(address(pool), abi.encodeCall(pool.refund, (ids[0], 0)));
    }

    function act(uint256 seed) external {
        seed = uint256(keccak256(abi.encode(seed, ++turns)));
        uint256 which = seed % ACTS;
        if (seed >> 8 & 1 == 0) {
            for (uint256 i = 0; i < ACTS; ++i) {
                if (happened[i] < happened[which]) which = i;
            }
        }
        if (_play(Act(which), seed >> 16)) ++happened[which];
        for (uint256 i = 0; i < ids.length; ++i) {
            IBonusPool.Status status = pool.statusOf(ids[i]);
            uint256 reached = status >= IBonusPool.Status.Claimable ? 2 : status >= IBonusPool.Status.Awarded ? 1 : 0;
            if (reached < furthest[i]) wentBack = true;
            furthest[i] = reached;
        }
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function amountsOf(uint256 which) external view returns (uint128[3] memory) {
        return _amounts[which];
    }

    function thePool() external view returns (IBonusPool) {
        return pool;
    }

    function balanceOfPool(bool ofBad) external view returns (uint256) {
        return ofBad ? bad.balanceOf(address(pool)) : token.balanceOf(address(pool));
    }

    function balancesOutside(bool ofBad) external view returns (uint256 sum) {
        address[6] memory holders = [FUNDER, FUNDER_2, purseOf(A), purseOf(B), purseOf(C), purseOf(RESIDUAL)];
        for (uint256 i = 0; i < holders.length; ++i) {
            sum += ofBad ? bad.balanceOf(holders[i]) : token.balanceOf(holders[i]);
        }
    }

    /// @notice Any call on any agreement, whatever it has come to; reverts when the pool does.
    function unguided(uint256 seed) external {
        uint256 which = (seed >> 8) % ids.length;
        uint256 kind = seed % 7;
        uint16 version = pool.stateOf(ids[which]).version;
        seed >>= 16;
        if (kind == 0) _fund(which, seed);
        if (kind == 1) _award(which, seed, false);
        if (kind == 2) dispute(ids[which], version, uint40(seed % 7));
        if (kind == 3) rule(ids[which], version, seed & 1 == 0);
        if (kind == 4) _claim(which, uint40(seed % 3) + 1);
        if (kind == 5) _claimResidual(which, uint128(seed % (uint256(pool.stateOf(ids[which]).total) + 2)));
        if (kind == 6) pool.refund(ids[which], seed % (pool.depositsOf(ids[which]) + 1));
    }

    function _play(Act a, uint256 seed) private returns (bool) {
        if (a == Act.AGREE) _agree();
        if (a == Act.FUND) _fund(_find(seed & 1 == 0 ? IBonusPool.Status.Open : IBonusPool.Status.Funded, seed), seed);
        if (a == Act.AWARD) _award(_find(IBonusPool.Status.Funded, seed), seed, false);
        if (a == Act.AWARD_AGAIN) _award(_find(IBonusPool.Status.Voided, seed), seed, false);
        if (a == Act.DISPUTE) _dispute(_find(IBonusPool.Status.Awarded, seed), seed);
        if (a == Act.UPHOLD || a == Act.REJECT) _rule(_find(IBonusPool.Status.Disputed, seed), a == Act.UPHOLD);
        if (a == Act.WAIT) VM.warp(block.timestamp + seed % 2 days);
        if (a == Act.CLAIM) _claimOne(seed);
        if (a == Act.CLAIM_TWICE) return _claimTwice(seed);
        if (a == Act.CLAIM_BEYOND_TOTAL) return _claimBeyondTotal(seed);
        if (a == Act.CLAIM_BEYOND_REST) return _claimBeyondRest(seed);
        if (a == Act.CLAIM_RESIDUAL) _claimRest(seed);
        if (a == Act.CLAIM_LAPSED) _claimLapsed(seed);
        if (a == Act.REFUND_REST) _refund(IBonusPool.Status.Claimable, seed);
        if (a == Act.REFUND_ALL) _refund(IBonusPool.Status.Refundable, seed);
        if (a != Act.REFUSED) return true;
        try this.unguided(seed) {
            return false;
        } catch {
            return true;
        }
    }

    // --- steps -----------------------------------------------------------------------------------------------------

    function _agree() private returns (uint256 which) {
        which = ids.length;
        inBad.push(which % 3 == 2);
        residuals.push(which % 3 == 1 ? B : RESIDUAL);
        BonusAgreement memory r = terms(inBad[which] ? address(bad) : address(token));
        r.salt = bytes16(uint128(which + 1));
        r.residual = residuals[which];
        uint40 time = uint40(block.timestamp);
        (r.periodStart, r.periodEnd) = (time - 20 days, time - 1);
        (r.deadline, r.claimUntil) = (time + 30 days, time + 90 days);
        ids.push(agree(r));
    }

    function _fund(uint256 which, uint256 seed) private {
        fund(ids[which], seed & 2 == 0 ? FUNDER : FUNDER_2, uint128(uint96(seed >> 8)) + 100);
    }

    /// @dev A careful award leaves something for everybody: parties, residual partner, funders. Else it awards anything up
    /// to all there is, and the amounts may exceed it together: an awarder may be careless, or worse.
    function _award(uint256 which, uint256 seed, bool careful) private {
        IBonusPool.AgreementState memory s = pool.stateOf(ids[which]);
        uint256 total = careful ? s.funded / 2 : seed & 12 == 0 ? s.funded : (seed >> 128) % (uint256(s.funded) + 1);
        uint256 most = careful || seed & 1 == 0 ? total / 4 : total / 2;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 amount = uint256(keccak256(abi.encode(seed, i))) % (most + 1);
            if (careful && amount == 0) amount = 1;
            _amounts[which][i] = !careful && i == 2 && seed & 48 == 0 ? 0 : uint128(amount);
        }
        award(ids[which], s.version + 1, uint128(total), _amounts[which]);
        require(pool.statusOf(ids[which]) == IBonusPool.Status.Awarded, "awarded");
    }

    function _dispute(uint256 which, uint256 seed) private {
        dispute(ids[which], pool.stateOf(ids[which]).version, uint40(seed % 3) + 1);
        require(pool.statusOf(ids[which]) == IBonusPool.Status.Disputed, "disputed");
    }

    function _rule(uint256 which, bool upheld) private {
        rule(ids[which], pool.stateOf(ids[which]).version, upheld);
        IBonusPool.Status status = pool.statusOf(ids[which]);
        bool final_ = status >= IBonusPool.Status.Claimable && status != IBonusPool.Status.Refundable;
        require(upheld ? status == IBonusPool.Status.Voided : final_, "ruled");
    }

    function _claim(uint256 which, uint40 by) private {
        uint256 before = _purse(which, by);
        claim(ids[which], pool.stateOf(ids[which]).version, by, _amounts[which]);
        received[which][by] += _purse(which, by) - before;
    }

    function _claimResidual(uint256 which, uint128 amount) private {
        uint40 by = residuals[which];
        uint256 before = _purse(which, by);
        claimResidual(ids[which], pool.stateOf(ids[which]).version, by, amount, _amounts[which]);
        received[which][by] += _purse(which, by) - before;
    }

    // --- money out -------------------------------------------------------------------------------------------------

    function _claimOne(uint256 seed) private returns (uint256 which, uint40 by) {
        for (uint256 i = 0; i < 3 * ids.length; ++i) {
            (which, by) = ((seed + i) % ids.length, uint40((seed >> 8) + i) % 3 + 1);
            IBonusPool.AgreementState memory s = pool.stateOf(ids[which]);
            uint256 had = by == s.residual ? s.paidToResidual : 0;
            uint256 amount = _amounts[which][by - 1];
            bool fits = amount > had && amount - had <= s.total - s.paid && !pool.seatOf(ids[which], by).claimed;
            if (!fits || pool.statusOf(ids[which]) != IBonusPool.Status.Claimable) continue;
            _claim(which, by);
            return (which, by);
        }
        which = _claimable(seed);
        _claim(which, by = A);
    }

    function _claimTwice(uint256 seed) private returns (bool) {
        (uint256 which, uint40 by) = _claimOne(seed);
        try this.claimOut(which, by) {
            claimedTwice = true;
        } catch {}
        return !claimedTwice;
    }

    /// @dev Three lines of more than half each: the first come has its own, the next would have more than there is.
    function _claimBeyondTotal(uint256 seed) private returns (bool) {
        uint256 which = _agree();
        _fund(which, seed);
        uint128 total = pool.stateOf(ids[which]).funded;
        for (uint256 i = 0; i < 3; ++i) {
            _amounts[which][i] = total / 2 + 1;
        }
        award(ids[which], 1, total, _amounts[which]);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        _claim(which, A);
        try this.claimOut(which, C) {
            exceeded = true;
        } catch {}
        return !exceeded;
    }

    function claimOut(uint256 which, uint40 by) external {
        _claim(which, by);
    }

    /// @dev What no other party's line has of the total, or a part of it.
    function _claimRest(uint256 seed) private {
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 which = (seed + i) % ids.length;
            if (pool.statusOf(ids[which]) != IBonusPool.Status.Claimable) continue;
            uint128 more = _restOf(which);
            if (more == 0) continue;
            uint128 had = pool.stateOf(ids[which]).paidToResidual;
            _claimResidual(which, had + (seed >> 16 & 1 == 0 ? more : uint128(seed >> 32) % more + 1));
            return;
        }
        uint256 fresh = _claimable(seed);
        _claimResidual(fresh, _restOf(fresh));
    }

    /// @dev One unit of what others' lines have.
    function _claimBeyondRest(uint256 seed) private returns (bool) {
        uint256 which = _claimable(seed);
        try this.claimResidualOut(which, _restOf(which) + 1) {
            exceeded = true;
        } catch {}
        return !exceeded;
    }

    function claimResidualOut(uint256 which, uint128 amount) external {
        _claimResidual(which, amount);
    }

    /// @dev What the residual partner may have beyond what it had: what others' lines and claims leave.
    function _restOf(uint256 which) private view returns (uint128) {
        IBonusPool.AgreementState memory s = pool.stateOf(ids[which]);
        uint256 others = 0;
        for (uint40 party = 1; party <= 3; ++party) {
            if (party != s.residual) others += _amounts[which][party - 1];
        }
        uint256 taken = others + s.paidToResidual;
        if (taken >= s.total) return 0;
        uint256 more = s.total - taken;
        return uint128(more < s.total - s.paid ? more : s.total - s.paid);
    }

    /// @dev After the end all that nobody claimed is the residual partner's.
    function _claimLapsed(uint256 seed) private {
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 which = (seed + i) % ids.length;
            if (pool.statusOf(ids[which]) == IBonusPool.Status.Lapsed && _claimLeft(which)) return;
        }
        uint256 fresh = _claimable(seed);
        VM.warp(pool.stateOf(ids[fresh]).claimUntil + 1);
        require(_claimLeft(fresh), "there is something left");
    }

    function _claimLeft(uint256 which) private returns (bool) {
        IBonusPool.AgreementState memory s = pool.stateOf(ids[which]);
        if (s.paid == s.total) return false;
        _claimResidual(which, s.total - (s.paid - s.paidToResidual));
        return true;
    }

    /// @dev Of an agreement in this state, a deposit that still has something coming.
    function _refund(IBonusPool.Status status, uint256 seed) private {
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 which = (seed + i) % ids.length;
            if (pool.statusOf(ids[which]) == status && _refundOne(which, status, seed >> 8)) return;
        }
        uint256 fresh = status == IBonusPool.Status.Claimable ? _claimable(seed) : _bring(status, seed);
        require(_refundOne(fresh, status, seed), "there is something to refund");
    }

    function _refundOne(uint256 which, IBonusPool.Status status, uint256 seed) private returns (bool) {
        IBonusPool.AgreementState memory s = pool.stateOf(ids[which]);
        uint256 deposits = pool.depositsOf(ids[which]);
        uint256 left = status == IBonusPool.Status.Refundable ? s.funded : s.funded - s.total;
        for (uint256 i = 0; i < deposits; ++i) {
            uint256 deposit = (seed % deposits + i) % deposits;
            IBonusPool.Deposit memory d = pool.depositOf(ids[which], deposit);
            uint256 due = left * (uint256(d.start) + d.amount) / s.funded - left * d.start / s.funded;
            if (d.refunded || due == 0) continue;
            pool.refund(ids[which], deposit);
            return true;
        }
        return false;
    }

    // --- agreements that have come so far --------------------------------------------------------------------------

    function _find(IBonusPool.Status wanted, uint256 seed) private returns (uint256 which) {
        for (uint256 i = 0; i < ids.length; ++i) {
            which = (seed + i) % ids.length;
            if (pool.statusOf(ids[which]) == wanted) return which;
        }
        return _bring(wanted, seed);
    }

    function _bring(IBonusPool.Status wanted, uint256 seed) private returns (uint256 which) {
        if (wanted == IBonusPool.Status.Open) return _agree();
        if (wanted == IBonusPool.Status.Funded) _fund(which = _find(IBonusPool.Status.Open, seed), seed);
        if (wanted == IBonusPool.Status.Awarded) _award(which = _find(IBonusPool.Status.Funded, seed), seed, false);
        if (wanted == IBonusPool.Status.Disputed) _dispute(which = _find(IBonusPool.Status.Awarded, seed), seed);
        if (wanted == IBonusPool.Status.Voided) _rule(which = _find(IBonusPool.Status.Disputed, seed), true);
        if (wanted == IBonusPool.Status.Refundable) {
            which = _find(IBonusPool.Status.Funded, seed);
            VM.warp(pool.stateOf(ids[which]).deadline + 1);
        }
    }

    /// @dev A new one with a careful award that nobody disputed in time.
    function _claimable(uint256 seed) private returns (uint256 which) {
        _fund(which = _agree(), seed);
        _award(which, seed, true);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
    }

    function _purse(uint256 which, uint40 by) private view returns (uint256) {
        return inBad[which] ? bad.balanceOf(purseOf(by)) : token.balanceOf(purseOf(by));
    }
}
