// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ShipmentStates} from "../src/Codes.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";

/// @notice Whatever the fields hold, each operation changes its own and no other.
contract CustodySlotTest {
    using CustodySlot for uint256;

    uint256 private constant PARTNER = type(uint40).max;

    function testFuzz_OpenedHoldsItsFields(uint40 custodian, uint40 consignee, uint40 consignor, uint32 packages)
        external
        pure
    {
        uint256 slot = CustodySlot.opened(custodian, consignee, consignor, packages);
        require(slot.custodian() == custodian && slot.consignee() == consignee, "custodian, consignee");
        require(slot.consignor() == consignor && slot.packages() == packages, "consignor, packages");
        require(slot.sequence() == 0 && slot.state() == ShipmentStates.OPEN, "sequence, state");
        require(slot >> 168 == uint256(ShipmentStates.OPEN) << 76, "nothing else");
    }

    function testFuzz_MovedChangesHolderCountAndSequence(uint256 slot, uint40 custodian, uint32 packages)
        external
        pure
    {
        slot &= ~(uint256(1) << 152); // not the last sequence
        uint256 next = slot.handedOver(custodian, packages);
        require(next.custodian() == custodian && next.packages() == packages, "holder, count");
        require(next.sequence() == slot.sequence() + 1, "the next sequence");
        require(next >> 168 == slot >> 168, "terms and state stay");
        require(next.consignee() == slot.consignee() && next.consignor() == slot.consignor(), "parties stay");
    }

    function testFuzz_WithStateChangesTheState(uint256 slot, uint8 state) external pure {
        uint256 next = slot.withState(state & 0xf);
        require(next.state() == state & 0xf, "the state");
        require(next ^ slot == (slot.state() ^ next.state()) << 244, "nothing else");
    }

    function testFuzz_WithReleasedChangesTheBitsOfTheMask(uint256 slot, uint8 mask, bool released) external pure {
        mask &= 0xf;
        uint256 next = slot.withReleased(mask, released);
        require(next.released() & mask == (released ? mask : 0), "the bits");
        require((next ^ slot) & ~(uint256(mask) << 236) == 0, "nothing else");
    }

    function testFuzz_ChildIsTheSameTermsFromTheStart(uint256 slot, uint32 packages) external pure {
        uint256 child = slot.child(packages);
        require(child.packages() == packages && child.sequence() == 0 && child.released() == 0, "its own");
        require(child.custodian() == slot.custodian(), "the same holder");
        require(child.consignee() == slot.consignee() && child.consignor() == slot.consignor(), "the same parties");
        require(child.relay() == slot.relay() && child.state() == slot.state(), "the same relay and state");
        require(child.flags() == slot.flags(), "the same marks");
        require((child ^ slot) >> 168 == uint256(slot.released()) << 68, "the same terms, nothing released");
    }

    function testFuzz_RequirementsAreFoundWhereTheyWerePut(
        uint8[4] calldata letters,
        uint8[4] calldata regimes,
        uint8[4] calldata gates,
        bool[4] calldata relays
    ) external pure {
        uint256 slot = CustodySlot.opened(PARTNER, PARTNER, PARTNER, type(uint32).max);
        uint256[4] memory pairs;
        uint256[4] memory masks;
        for (uint256 i = 0; i < 4; ++i) {
            // Four different pairs: the second letter says which.
            bytes2 jurisdiction = bytes2(abi.encodePacked(65 + letters[i] % 26, uint8(65 + i)));
            pairs[i] = CustodySlot.pair(jurisdiction, regimes[i] % 9 + 1);
            require(slot.requirementMask(pairs[i]) == 0, "not there yet");
            masks[i] = gates[i] % 7 + 1;
            slot = slot.withRequirement(i, pairs[i], masks[i], relays[i]);
        }
        for (uint256 i = 0; i < 4; ++i) {
            uint256 bit = slot.requirementMask(pairs[i]);
            require(bit == 1 << i, "found");
            require((slot.relay() & bit != 0) == relays[i], "relay");
            require((slot.handoverGates() & bit != 0) == (masks[i] & 1 != 0), "handover");
            require((slot.deliveryGates() & bit != 0) == (masks[i] & 2 != 0), "delivery");
            require((slot.saleGates() & bit != 0) == (masks[i] & 4 != 0), "sale");
        }
        require(slot.released() == 0 && slot.state() == ShipmentStates.OPEN && slot.flags() == 0, "nothing else");
        require(slot.custodian() == PARTNER && slot.packages() == type(uint32).max, "nothing else");
    }

    function testFuzz_PairIsOneToOne(bytes2 first, uint8 regime, bytes2 second, uint8 other) external pure {
        uint256 pair = CustodySlot.pair(first, regime);
        bool letters = first[0] >= "A" && first[0] <= "Z" && first[1] >= "A" && first[1] <= "Z";
        require((pair != 0) == (letters && regime >= 1 && regime <= 9), "two capital letters and a regime");
        require(pair < 1 << 14, "14 bits");
        if (pair == 0 || (first == second && regime == other)) return;
        require(pair != CustodySlot.pair(second, other), "another pair is another number");
    }

    function test_PairsAreLettersFrom1AndARegime() external pure {
        require(CustodySlot.pair("AA", 1) == (1 << 9 | 1 << 4 | 1), "the first");
        require(CustodySlot.pair("ZZ", 9) == (26 << 9 | 26 << 4 | 9), "the last");
        require(CustodySlot.pair("AZ", 1) == (1 << 9 | 26 << 4 | 1), "in their places");
    }

    function testFuzz_IsHeldComparesThreeFields(uint256 slot, uint8 state, uint16 sequence, uint40 custodian)
        external
        pure
    {
        state &= 0xf;
        bool same = slot.state() == state && slot.sequence() == sequence && slot.custodian() == custodian;
        require(slot.isHeld(state, sequence, custodian) == same, "these");
        require(slot.isHeld(slot.state(), slot.sequence(), slot.custodian()), "its own");
    }

    function testFuzz_PartiesAreTheThree(uint256 slot, uint40 partner, uint8 which) external pure {
        which %= 4;
        if (which == 1) partner = uint40(slot.custodian());
        if (which == 2) partner = uint40(slot.consignee());
        if (which == 3) partner = uint40(slot.consignor());
        bool party = slot.custodian() == partner || slot.consignee() == partner || slot.consignor() == partner;
        require(slot.isParty(partner) == party, "custodian, consignee or consignor");
    }
}
