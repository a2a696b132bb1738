// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BonusPool} from "../src/BonusPool.sol";
import {IBonusPool} from "../src/IBonusPool.sol";
import {BonusAgreement, BonusAward, Claim, Dispute, Ruling, Share} from "../src/Records.sol";
import {SettlementToken} from "../src/SettlementToken.sol";
import {Rfc9162} from "../src/base/Rfc9162.sol";
import {SigningDomain} from "../src/base/SigningDomain.sol";
import {Consortium} from "./Consortium.sol";
import {VM} from "./Vm.sol";

/// @notice A pool in force, partners 1 to 6, a token with two rich funders, and records ready to be signed.
abstract contract BonusPoolFixture is Consortium {
    uint40 internal constant A = 1;
    uint40 internal constant B = 2;
    uint40 internal constant C = 3;
    uint40 internal constant AWARDER = 4;
    uint40 internal constant RESIDUAL = 5;
    uint40 internal constant ARBITER = 6;
    uint8 internal constant BONUS_KIND = 4;

    uint40 internal constant DEADLINE = uint40(START + 30 days);
    uint40 internal constant DISPUTE_WINDOW = 7 days;
    uint40 internal constant ARBITER_WINDOW = 14 days;
    uint40 internal constant CLAIM_UNTIL = uint40(START + 90 days);

    uint256 internal constant RICH = 1 << 120;
    address internal constant FUNDER = address(0xF1);
    address internal constant FUNDER_2 = address(0xF2);

    BonusPool internal pool;
    SettlementToken internal token;

    constructor() {
        for (uint40 partner = 1; partner <= 6; ++partner) {
            admit(partner);
        }
        pool = new BonusPool(registry, address(0));
        change(OPEN_CONTRACT, 0, address(pool), BONUS_KIND, 0);
        token = new SettlementToken("Settlement euro", "SEUR", address(this), 2 * RICH);
        for (uint256 i = 0; i < 2; ++i) {
            address funder = i == 0 ? FUNDER : FUNDER_2;
            require(token.transfer(funder, RICH), "funders must be rich");
            VM.prank(funder);
            token.approve(address(pool), RICH);
        }
    }

    // --- records ---

    function terms(address token_) internal pure returns (BonusAgreement memory r) {
        r.parties = new Share[](3);
        r.parties[0] = Share({partner: B, basisPoints: 3_333});
        r.parties[1] = Share({partner: A, basisPoints: 3_333});
        r.parties[2] = Share({partner: C, basisPoints: 2_000});
        r.awarder = AWARDER;
        r.residual = RESIDUAL;
        r.token = token_;
        r.currency = "EUR";
        // Over when the fixture starts, so that an award may follow at once.
        r.periodStart = uint40(START - 20 days);
        r.periodEnd = uint40(START - 1);
        r.disputeWindow = DISPUTE_WINDOW;
        r.arbiter = ARBITER;
        r.arbiterWindow = ARBITER_WINDOW;
        r.deadline = DEADLINE;
        r.claimUntil = CLAIM_UNTIL;
    }

    function agree(BonusAgreement memory r) internal returns (bytes32 id) {
        id = moneyId(hasher.hash(r));
        bytes memory signatures;
        for (uint256 i = 0; i < r.parties.length; ++i) {
            signatures = bytes.concat(signatures, signature(keyOf(r.parties[i].partner), id));
        }
        pool.agree(r, signatures);
    }

    function fund(bytes32 agreement, address funder, uint128 amount) internal {
        VM.prank(funder);
        pool.fund(agreement, amount);
    }

    function awardOf(bytes32 agreement, uint16 version, uint128 total, uint128[3] memory amounts)
        internal
        view
        returns (BonusAward memory r)
    {
        r.by = AWARDER;
        r.agreement = agreement;
        r.version = version;
        r.total = total;
        r.amounts = Rfc9162.root(leaves(agreement, version, amounts));
    }

    function award(bytes32 agreement, uint16 version, uint128 total, uint128[3] memory amounts) internal {
        BonusAward memory r = awardOf(agreement, version, total, amounts);
        pool.award(r, signature(keyOf(AWARDER), moneyId(hasher.hash(r))));
    }

    function dispute(bytes32 agreement, uint16 version, uint40 by) internal {
        Dispute memory r = Dispute({by: by, agreement: agreement, version: version, reason: 0});
        pool.dispute(r, signature(keyOf(by), moneyId(hasher.hash(r))));
    }

    function rule(bytes32 agreement, uint16 version, bool upheld) internal {
        Ruling memory r = Ruling({by: ARBITER, agreement: agreement, version: version, upheld: upheld, reason: 0});
        pool.rule(r, signature(keyOf(ARBITER), moneyId(hasher.hash(r))));
    }

    function claimOf(bytes32 agreement, uint16 version, uint40 by, uint128 amount)
        internal
        pure
        returns (Claim memory r)
    {
        r = Claim({by: by, agreement: agreement, version: version, amount: amount, payTo: purseOf(by)});
    }

    function claim(bytes32 agreement, uint16 version, uint40 by, uint128[3] memory amounts) internal {
        Claim memory r = claimOf(agreement, version, by, amounts[by - 1]);
        bytes32[] memory proof = proofOf(leaves(agreement, version, amounts), by - 1);
        pool.claim(r, by - 1, 3, proof, signature(keyOf(by), moneyId(hasher.hash(r))));
    }

    function claimResidual(bytes32 agreement, uint16 version, uint40 by, uint128 amount, uint128[3] memory amounts)
        internal
    {
        Claim memory r = claimOf(agreement, version, by, amount);
        pool.claimResidual(r, linesOf(amounts), signature(keyOf(by), moneyId(hasher.hash(r))));
    }

    // --- what follows from them ---

    function moneyId(bytes32 structHash) internal view returns (bytes32) {
        return SigningDomain.digest(pool.domainSeparator(), structHash);
    }

    /// @notice Where a partner wants its money.
    function purseOf(uint40 partner) internal pure returns (address) {
        return address(uint160(0xBEEF00 + uint160(partner)));
    }

    function linesOf(uint128[3] memory amounts) internal pure returns (IBonusPool.Line[] memory lines) {
        lines = new IBonusPool.Line[](3);
        for (uint40 i = 0; i < 3; ++i) {
            lines[i] = IBonusPool.Line({partner: i + 1, amount: amounts[i]});
        }
    }

    function leaves(bytes32 agreement, uint16 version, uint128[3] memory amounts)
        internal
        pure
        returns (bytes32[] memory hashes)
    {
        hashes = new bytes32[](3);
        for (uint40 i = 0; i < 3; ++i) {
            hashes[i] = Rfc9162.leafHash(abi.encode(agreement, version, i + 1, amounts[i]));
        }
    }

    /// @notice Inclusion proof for three leaves.
    function proofOf(bytes32[] memory hashes, uint256 index) internal view returns (bytes32[] memory proof) {
        if (index == 2) {
            proof = new bytes32[](1);
            proof[0] = Rfc9162.nodeHash(hashes[0], hashes[1]);
        } else {
            proof = new bytes32[](2);
            proof[0] = hashes[1 - index];
            proof[1] = hashes[2];
        }
    }

    function remaining(bytes32 agreement) internal view returns (uint256) {
        IBonusPool.AgreementState memory s = pool.stateOf(agreement);
        return uint256(s.funded) - s.paid - s.refunded;
    }
}
