// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BonusPool} from "../src/BonusPool.sol";
import {IBonusPool} from "../src/IBonusPool.sol";
import {IPartnerRegistry} from "../src/IPartnerRegistry.sol";
import {PartnerRegistry} from "../src/PartnerRegistry.sol";
import {BonusAgreement, BonusAward, Claim} from "../src/Records.sol";
import {BonusPoolFixture} from "./BonusPoolFixture.sol";
import {VM} from "./Vm.sol";

/// @notice A bonus pool and its successor: each pays its own agreements, and no other's.
contract BonusPoolSuccessionTest is BonusPoolFixture {
    uint128 private constant FUNDED = 1_000;

    BonusPool private first;
    bytes32 private old;

    function setUp() public {
        first = pool;
        old = agree(terms(address(token)));
        fund(old, FUNDER, FUNDED);
    }

    // --- pieces ---

    /// @notice The council closes the pool in force and opens its successor, to which the fixture speaks from then on.
    function succeed() private returns (BonusPool next) {
        next = new BonusPool(registry, address(pool));
        change(CLOSE_CONTRACT, 0, address(pool), BONUS_KIND, 0);
        change(OPEN_CONTRACT, 0, address(next), BONUS_KIND, 0);
        pool = next;
        VM.prank(FUNDER);
        token.approve(address(next), RICH);
    }

    function amounts() private pure returns (uint128[3] memory) {
        return [uint128(300), 0, 200];
    }

    function signaturesOf(BonusAgreement memory r) private view returns (bytes memory all) {
        bytes32 id = moneyId(hasher.hash(r));
        for (uint256 i = 0; i < r.parties.length; ++i) {
            all = bytes.concat(all, signature(keyOf(r.parties[i].partner), id));
        }
    }

    function requireRefused(BonusPool candidate, string memory why) private {
        change(CLOSE_CONTRACT, 0, address(pool), BONUS_KIND, 0);
        (bool opened,) = address(this).call(abi.encodeCall(this.open, (address(candidate))));
        require(!opened, why);
        require(registry.contractOf(BONUS_KIND) == address(0), "no pool is in force");
    }

    /// @notice For `requireRefused` only: an external call whose revert can be caught.
    function open(address candidate) external {
        require(msg.sender == address(this), "of this test alone");
        change(OPEN_CONTRACT, 0, candidate, BONUS_KIND, 0);
    }

    // --- what goes on ---

    function test_TheOldPoolPaysOutAndTheNewOneTakesWhatIsNew() public {
        BonusPool next = succeed();
        bytes32 fresh = agree(terms(address(token)));
        fund(fresh, FUNDER, 2 * FUNDED);
        require(fresh != old, "the same terms are another agreement in another pool");

        pool = first;
        award(old, 1, FUNDED, amounts());
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        claim(old, 1, A, amounts());
        claimResidual(old, 1, RESIDUAL, 500, amounts());
        require(token.balanceOf(purseOf(A)) == 300 && token.balanceOf(purseOf(RESIDUAL)) == 500, "paid by the old pool");
        require(token.balanceOf(address(first)) == 200, "the third party's amount waits for it");
        require(token.balanceOf(address(next)) == 2 * FUNDED, "the successor's money is another's");
    }

    function test_SilenceInAClosedPoolRefundsItsFunders() public {
        succeed();
        VM.warp(uint256(DEADLINE) + 1);
        uint256 before = token.balanceOf(FUNDER);
        first.refund(old, 0);
        require(token.balanceOf(FUNDER) == before + FUNDED, "all of it");
        require(first.statusOf(old) == IBonusPool.Status.Closed, "nothing is left");
    }

    function test_TheSuccessorKnowsNothingOfTheOldAgreements() public {
        BonusPool next = succeed();
        require(next.statusOf(old) == IBonusPool.Status.Unknown, "each pays its own");
        require(
            next.predecessor() == address(first) && next.domainSeparator() != first.domainSeparator(), "bound apart"
        );
        VM.expectRevert(abi.encodeWithSelector(IBonusPool.BonusPoolNotNow.selector, old, IBonusPool.Status.Unknown));
        fund(old, FUNDER, 1);
    }

    // --- hostile ---

    function test_RevertWhen_AStrangerReplaysAnOldAgreement() public {
        BonusAgreement memory r = terms(address(token));
        bytes memory signatures = signaturesOf(r);
        BonusPool next = succeed();
        (bool taken,) = address(next).call(abi.encodeCall(IBonusPool.agree, (r, signatures)));
        require(!taken, "signed for the old pool");
        require(next.statusOf(moneyId(hasher.hash(r))) == IBonusPool.Status.Unknown, "nothing was agreed");
    }

    function test_RevertWhen_AnAwardForOnePoolIsSentToTheOther() public {
        BonusAward memory r = awardOf(old, 1, FUNDED, amounts());
        bytes memory signatures = signature(keyOf(AWARDER), moneyId(hasher.hash(r)));
        BonusPool next = succeed();
        (bool taken,) = address(next).call(abi.encodeCall(IBonusPool.award, (r, signatures)));
        require(!taken, "the successor has no such agreement");
        // And what is signed for the successor is nothing to the old pool, which has it.
        bytes memory wrong = signature(keyOf(AWARDER), moneyId(hasher.hash(r)));
        (taken,) = address(first).call(abi.encodeCall(IBonusPool.award, (r, wrong)));
        require(!taken, "signed for the successor");
        first.award(r, signatures);
    }

    function test_RevertWhen_AClaimOfTheOldPoolIsMadeInTheNewOne() public {
        award(old, 1, FUNDED, amounts());
        Claim memory r = claimOf(old, 1, A, 300);
        bytes memory signatures = signature(keyOf(A), moneyId(hasher.hash(r)));
        bytes32[] memory proof = proofOf(leaves(old, 1, amounts()), 0);
        BonusPool next = succeed();
        bytes32 fresh = agree(terms(address(token)));
        fund(fresh, FUNDER, FUNDED);
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        (bool paid,) = address(next).call(abi.encodeCall(IBonusPool.claim, (r, 0, 3, proof, signatures)));
        require(!paid && token.balanceOf(address(next)) == FUNDED, "not from the successor's money");
        first.claim(r, 0, 3, proof, signatures);
        (paid,) = address(first).call(abi.encodeCall(IBonusPool.claim, (r, 0, 3, proof, signatures)));
        require(!paid && token.balanceOf(purseOf(A)) == 300, "once");
    }

    function test_RevertWhen_AClosedPoolIsAgreedOrFunded() public {
        BonusAgreement memory r = terms(address(token));
        r.salt = bytes16(uint128(7));
        bytes memory signatures = signaturesOf(r);
        succeed();
        VM.expectRevert(
            abi.encodeWithSelector(IPartnerRegistry.PartnerRegistryNotOpen.selector, BONUS_KIND, address(first))
        );
        first.agree(r, signatures);
        VM.prank(FUNDER);
        VM.expectRevert(
            abi.encodeWithSelector(IPartnerRegistry.PartnerRegistryNotOpen.selector, BONUS_KIND, address(first))
        );
        first.fund(old, 1);
    }

    function test_RevertWhen_TheSuccessorContinuesAnotherPool() public {
        requireRefused(new BonusPool(registry, address(0)), "it continues nothing");
    }

    function test_RevertWhen_TheSuccessorContinuesAStranger() public {
        requireRefused(new BonusPool(registry, address(0xBAD)), "it continues a stranger");
    }

    function test_RevertWhen_TheSuccessorObeysAnotherRegistry() public {
        address[] memory council = new address[](1);
        council[0] = VM.addr(COUNCIL_KEY);
        PartnerRegistry other = new PartnerRegistry(CONSORTIUM_ID, 1, 0, council);
        requireRefused(new BonusPool(other, address(pool)), "it obeys another registry");
    }

    function test_RevertWhen_APoolComesBackAfterItsSuccessor() public {
        succeed();
        requireRefused(first, "a closed pool never opens again");
    }

    function test_AThirdPoolFollowsTheSecond() public {
        BonusPool second = succeed();
        bytes32 middle = agree(terms(address(token)));
        fund(middle, FUNDER, FUNDED);
        succeed();
        pool = second;
        award(middle, 1, FUNDED, amounts());
        pool = first;
        award(old, 1, FUNDED, amounts());
        VM.warp(block.timestamp + DISPUTE_WINDOW + 1);
        claim(old, 1, A, amounts());
        pool = second;
        claim(middle, 1, A, amounts());
        require(token.balanceOf(purseOf(A)) == 600, "from each pool its own");
    }
}
