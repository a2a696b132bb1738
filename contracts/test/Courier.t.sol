// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICourier} from "../src/ICourier.sol";
import {IBonusPool} from "../src/IBonusPool.sol";
import {IPartnerRegistry} from "../src/IPartnerRegistry.sol";
import {Handoff, RegistryChange, ShipmentTerms} from "../src/Records.sol";
import {SigningDomain} from "../src/base/SigningDomain.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {CourierFixture} from "./CourierFixture.sol";
import {VM, Vm} from "./Vm.sol";
import {HostileContract} from "./attackers/HostileContract.sol";

/// @notice Many calls in one transaction are what they are alone, whoever carries them and whatever one of them does.
contract CourierTest is CourierFixture {
    using CustodySlot for uint256;

    uint8 private constant HOSTILE_KIND = 2;

    HostileContract private immutable hostile;

    constructor() {
        hostile = new HostileContract(HOSTILE_KIND, registry);
        change(OPEN_CONTRACT, 0, address(hostile), HOSTILE_KIND, 0);
        VM.warp(block.timestamp + delay());
    }

    // --- what it is for --------------------------------------------------------------------------------------------

    function test_OpeningAndMovingInOneTransaction() external {
        ShipmentTerms memory r = terms(MAKER, RETAILER, 1);
        bytes32 id = idOf(hasher.hash(r));
        ICourier.Parcel[] memory parcels = new ICourier.Parcel[](2);
        parcels[0] = parcel(CUSTODY_KIND, opening(r));
        parcels[1] = parcel(CUSTODY_KIND, moving(manifest(id, MAKER, CARRIER, 10, 0)));
        Report memory report = carry(parcels);
        require(report.carried == 2 && report.refusals.length == 0, "both");
        require(report.recorded.length == 2 && isRecorded(report.recorded[0], id), "in their order");
        require(custody.slotOf(id).custodian() == CARRIER, "moved");
    }

    function test_OneThatFailsStopsNoOtherAndSaysWhy() external {
        ShipmentTerms memory r = terms(MAKER, RETAILER, 1);
        ShipmentTerms memory late = terms(MAKER, RETAILER, 2);
        late.submitBy = uint40(block.timestamp - 1);
        ICourier.Parcel[] memory parcels = new ICourier.Parcel[](3);
        parcels[0] = parcel(CUSTODY_KIND, opening(late));
        parcels[1] = parcel(CUSTODY_KIND, opening(r));
        parcels[2] = parcels[1]; // a second time
        Report memory report = carry(parcels);
        require(report.carried == 3 && report.recorded.length == 1, "only the good one, once");
        require(custody.slotOf(idOf(hasher.hash(r))).custodian() == MAKER, "opened");
        require(report.refusals.length == 2, "two refusals");
        require(report.refusals[0].call == keccak256(parcels[0].data), "which call");
        require(
            keccak256(report.refusals[0].reason)
                == keccak256(
                    abi.encodeWithSignature("EvidenceTooLate(uint40,uint256)", late.submitBy, block.timestamp)
                ),
            "the contract's own reason"
        );
        require(report.refusals[1].call == keccak256(parcels[2].data), "the second of the two");
    }

    /// Kinds are resolved in the order of the parcels: what a change of the registry opens, the next parcel reaches.
    function test_TheRegistryItselfIsKindZero() external {
        require(registry.contractOf(3) == address(0), "not open yet");
        HostileContract fresh = new HostileContract(3, registry);
        RegistryChange memory r;
        (r.sequence, r.action, r.key, r.number) = (registry.changes() + 1, OPEN_CONTRACT, address(fresh), 3);
        bytes32 id = SigningDomain.digest(SigningDomain.evidence(CONSORTIUM_ID), hasher.hash(r));
        ICourier.Parcel[] memory parcels = new ICourier.Parcel[](3);
        parcels[0] = parcel(3, "early");
        parcels[1] = parcel(REGISTRY_KIND, abi.encodeCall(registry.change, (r, signature(COUNCIL_KEY, id))));
        parcels[2] = parcel(3, "late");
        Report memory report = carry(parcels);
        require(report.recorded.length == 1 && isRecorded(report.recorded[0], id), "the council's change");
        require(fresh.calls() == 0, "in force after the delay only");
        VM.warp(block.timestamp + delay());
        carry(parcels);
        require(fresh.calls() == 2, "then both");
    }

    function test_AKindWithoutAContractInForceIsRefused() external {
        ICourier.Parcel[] memory parcels = new ICourier.Parcel[](2);
        parcels[0] = parcel(5, "no anchor was opened");
        parcels[1] = parcel(255, "no such kind");
        Report memory report = carry(parcels);
        require(report.carried == 2 && report.refusals.length == 2, "refused");
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory expected = abi.encodeWithSelector(ICourier.CourierNoContract.selector, parcels[i].kind);
            require(keccak256(report.refusals[i].reason) == keccak256(expected), "by kind");
        }
    }

    function test_NothingToCarryIsCarried() external {
        Report memory report = carry(new ICourier.Parcel[](0));
        require(report.carried == 0 && report.refusals.length == 0, "nothing");
    }

    // --- strangers and hostile contracts ---------------------------------------------------------------------------

    /// Who calls the courier, and what it is, matters to no contract.
    function test_AStrangerCarriesWhatIsSignedAndNothingElse() external {
        ShipmentTerms memory r = terms(MAKER, RETAILER, 1);
        ICourier.Parcel[] memory parcels = new ICourier.Parcel[](2);
        parcels[0] = parcel(CUSTODY_KIND, opening(r));
        // What only the clearance ledger may say.
        parcels[1] = parcel(CUSTODY_KIND, abi.encodeWithSelector(custody.applyClearance.selector, bytes32(0)));
        Report memory report = carry(parcels);
        require(report.recorded.length == 1 && report.refusals.length == 1, "the signed one");
        require(report.refusals[0].call == keccak256(parcels[1].data), "not the other");
    }

    /// The funder of a pool is who calls `fund`: it would be the courier, and its money anyone's.
    function test_ItNeverFunds() external {
        ICourier.Parcel[] memory parcels = new ICourier.Parcel[](2);
        for (uint8 i = 0; i < 2; ++i) {
            parcels[i] = parcel(HOSTILE_KIND, abi.encodeCall(IBonusPool.fund, (bytes32(uint256(1)), 1)));
        }
        parcels[1].data = abi.encodePacked(IBonusPool.fund.selector);
        Report memory report = carry(parcels);
        require(report.carried == 2 && report.refusals.length == 2 && hostile.calls() == 0, "not called");
        bytes memory expected = abi.encodeWithSelector(ICourier.CourierNeverFunds.selector);
        require(keccak256(report.refusals[1].reason) == keccak256(expected), "and says why");
    }

    function test_AReturnBombCostsItsOwnGasOnly() external {
        HostileContract.Manner[2] memory manners = [HostileContract.Manner.BOMB, HostileContract.Manner.FLOOD];
        for (uint256 i = 0; i < 2; ++i) {
            hostile.become(manners[i]);
            (ICourier.Parcel[] memory parcels, bytes32 id) = _betweenHostileOnes(i, 3_000_000);
            uint256 before = gasleft();
            Report memory report = carry(parcels, 8_000_000);
            uint256 used = before - gasleft();
            // A megabyte takes 2.2 million gas to make; to copy both would be as much again, and more.
            require(used < 2 * 2_300_000 + 400_000, "no byte of it is paid for twice");
            require(report.carried == 3, "all were called");
            require(isRecorded(report.recorded[0], id), "the one between them is recorded");
            require(report.refusals.length == (i == 0 ? 2 : 0), "a bomb fails, a flood does not");
            if (i == 0) require(report.refusals[0].reason.length == 256, "the reason's first bytes");
        }
    }

    function test_ABurnerUsesWhatItsParcelNamesAndNoMore() external {
        hostile.become(HostileContract.Manner.BURNER);
        (ICourier.Parcel[] memory parcels, bytes32 id) = _betweenHostileOnes(1, 1_000_000);
        uint256 before = gasleft();
        Report memory report = carry(parcels, 4_000_000);
        require(before - gasleft() < 2_400_000, "two parcels' gas, and what the third took");
        require(report.carried == 3 && isRecorded(report.recorded[0], id), "the one between them is recorded");
        require(report.refusals.length == 2 && report.refusals[0].reason.length == 0, "no reason: nobody judged");
    }

    function test_AnEmptyReasonIsPassedOn() external {
        hostile.become(HostileContract.Manner.SILENT);
        (ICourier.Parcel[] memory parcels,) = _betweenHostileOnes(1, 100_000);
        Report memory report = carry(parcels);
        require(report.refusals.length == 2 && report.refusals[1].reason.length == 0, "empty");
    }

    /// There is nothing in the courier that could be in a wrong state: who calls back does what it could do alone.
    function test_ReentranceIsACallLikeAnyOther() external {
        ShipmentTerms memory inner = terms(MAKER, RETAILER, 7);
        ICourier.Parcel[] memory carriedBack = new ICourier.Parcel[](1);
        carriedBack[0] = parcel(CUSTODY_KIND, opening(inner));
        hostile.load(address(courier), abi.encodeCall(courier.carry, (carriedBack)));
        (ICourier.Parcel[] memory parcels, bytes32 id) = _betweenHostileOnes(8, 2_000_000);

        VM.recordLogs();
        require(courier.carry(parcels) == 3, "all");
        Vm.Log[] memory logs = VM.getRecordedLogs();
        uint256 openings = 0;
        uint256 reports = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (isRecorded(logs[i], id) || isRecorded(logs[i], idOf(hasher.hash(inner)))) ++openings;
            if (logs[i].topics[0] == ICourier.Carried.selector) ++reports;
        }
        require(openings == 2 && reports == 3, "each opening once, and every call of the courier reports");
        (uint256 carried, uint256 count) = abi.decode(logs[logs.length - 1].data, (uint256, uint256));
        require(carried == 3 && count == 3, "the outermost last");
    }

    function test_ItCarriesNoMoneyAndHasNoStorage() external {
        (bool paid,) = address(courier).call{value: 1}("");
        require(!paid, "nothing is payable");
        (ICourier.Parcel[] memory parcels,) = _betweenHostileOnes(1, 100_000);
        carry(parcels);
        for (uint256 slot = 0; slot < 8; ++slot) {
            require(VM.load(address(courier), bytes32(slot)) == 0, "nothing is kept");
        }
        require(address(courier.registry()) == address(registry), "whose courier it is");
    }

    // --- gas -------------------------------------------------------------------------------------------------------

    /// Whatever the transaction has: what was called had all its gas, the rest was not called, and nothing is undone.
    function testFuzz_WhenGasRunsShortTheRestIsLeft(uint256 seed) external {
        ICourier.Parcel[] memory parcels = new ICourier.Parcel[](6);
        for (uint256 i = 0; i < parcels.length; ++i) {
            parcels[i] = parcel(CUSTODY_KIND, opening(terms(MAKER, RETAILER, i)));
            parcels[i].gas = uint32(110_000 + (seed >> (32 * i)) % 400_000);
        }
        uint256 gas = 60_000 + (seed >> 200) % 1_500_000;
        Report memory report = carry(parcels, gas);
        require(report.refusals.length == 0, "whoever was called could do its work");
        require(report.recorded.length == report.carried, "and did it");
        for (uint256 i = 0; i < parcels.length; ++i) {
            bytes32 id = idOf(hasher.hash(terms(MAKER, RETAILER, i)));
            require((custody.slotOf(id) != 0) == (i < report.carried), "the first ones, none of the rest");
        }
    }

    /// One part in 64 stays with the caller whatever it asks for: the courier asks only for what it can give.
    function testFuzz_ACallGetsTheGasThatItsParcelNames(uint32 wanted, uint32 spare, uint16 length) external {
        ICourier.Parcel[] memory parcels = new ICourier.Parcel[](1);
        wanted = 100_000 + wanted % 15_000_000;
        parcels[0] = ICourier.Parcel({kind: HOSTILE_KIND, gas: wanted, data: new bytes(length)});
        if (carry(parcels, wanted + 50_000 + spare % 1_000_000).carried == 1) {
            require(hostile.given() + 1_000 > wanted, "all of it");
        } else {
            require(hostile.calls() == 0, "or nothing");
        }
    }

    function test_GasOfManyHandoffs() external {
        uint256 count = 100;
        ICourier.Parcel[] memory openings = new ICourier.Parcel[](count);
        ICourier.Parcel[] memory handoffs = new ICourier.Parcel[](count);
        for (uint256 i = 0; i < count; ++i) {
            ShipmentTerms memory r = terms(MAKER, RETAILER, i);
            openings[i] = parcel(CUSTODY_KIND, opening(r));
            Handoff memory moved = manifest(idOf(hasher.hash(r)), MAKER, CARRIER, 10, 0);
            handoffs[i] = parcel(CUSTODY_KIND, moving(moved));
        }
        uint256 before = gasleft();
        require(carry(openings).refusals.length == 0, "opened");
        uint256 middle = gasleft();
        require(carry(handoffs).refusals.length == 0, "moved");
        // Execution alone, warm accounts: the transaction's own 21,000 and its data are shared or come on top.
        require((before - middle) / count < 60_000, "an opening");
        require((middle - gasleft()) / count < 45_000, "a handoff");
    }

    // --- helpers ---------------------------------------------------------------------------------------------------

    function _betweenHostileOnes(uint256 salt, uint32 gas)
        private
        view
        returns (ICourier.Parcel[] memory parcels, bytes32 id)
    {
        ShipmentTerms memory r = terms(MAKER, RETAILER, salt);
        id = idOf(hasher.hash(r));
        parcels = new ICourier.Parcel[](3);
        parcels[0] = ICourier.Parcel({kind: HOSTILE_KIND, gas: gas, data: "hostile"});
        parcels[1] = parcel(CUSTODY_KIND, opening(r));
        parcels[2] = parcels[0];
    }
}
