// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonusPool} from "../src/IBonusPool.sol";
import {BonusAgreement, BonusAward, Claim, Dispute, Ruling} from "../src/Records.sol";
import {BonusPoolFixture} from "./BonusPoolFixture.sol";
import {VM} from "./Vm.sol";

/// @notice Records that the pool refuses, each sent from outside, and an award that can be claimed.
abstract contract BonusPoolAttempts is BonusPoolFixture {
    uint128[3] internal _amounts = [uint128(300), 200, 100];

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

    function _noTerms(BonusAgreement memory r, string memory name, bytes memory arguments) internal {
        expectError(name, arguments);
        this.agreeOut(r);
    }

    function _noAward(BonusAward memory r, uint40 signer, string memory name, bytes memory arguments) internal {
        expectError(name, arguments);
        this.awardOut(r, signer);
    }

    function _noDispute(Dispute memory r, uint40 signer, string memory name, bytes memory arguments) internal {
        expectError(name, arguments);
        this.disputeOut(r, signer);
    }

    function _noRuling(Ruling memory r, uint40 signer, string memory name, bytes memory arguments) internal {
        expectError(name, arguments);
        this.rulingOut(r, signer);
    }

    function _noClaim(Claim memory r, uint40 signer, bytes32[] memory proof, string memory name, bytes memory arguments)
        internal
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
    ) internal {
        expectError(name, arguments);
        this.residualOut(r, signer, lines);
    }

    function _again(uint256 salt) internal returns (bytes32) {
        BonusAgreement memory r = terms(address(token));
        r.salt = bytes16(uint128(salt));
        return agree(r);
    }

    function _claimable(uint128 total) internal returns (bytes32 id) {
        id = agree(terms(address(token)));
        fund(id, FUNDER, 1_000);
        award(id, 1, total, _amounts);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
    }

    function _is(bytes32 id, IBonusPool.Status expected) internal view {
        require(pool.statusOf(id) == expected, "status");
    }
}
