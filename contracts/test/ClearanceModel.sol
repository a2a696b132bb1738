// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Clearance, ShipmentRef} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {mayFollow} from "./ClearanceFixture.sol";
import {CustodyFixture} from "./CustodyFixture.sol";

/// @notice What customs and custody should know of each shipment, written from the rules and not from the contracts.
abstract contract ClearanceModel is CustodyFixture {
    /// @notice What a shipment should be, in custody and in clearance.
    struct Account {
        uint40 custodian;
        uint40 consignor;
        uint32 packages;
        uint16 sequence;
        uint8 state;
        uint8 flags;
        // Requirement i is pair (first + i) % PAIRS, for i < count.
        uint8 first;
        uint8 count;
        bool relay;
        uint8[4] gates;
        uint8 released;
        uint16[5] sequences;
        uint8[5] statuses;
    }

    uint256 public constant PAIRS = 5;
    uint40 internal constant CUSTOMS = 6;
    uint40 internal constant BROKER = 7;
    // A maker who is customs and broker too.
    uint40 internal constant MIXED = 8;
    uint8 internal constant BY_CUSTOMS = 3;
    bytes2[PAIRS] internal _countries = [bytes2("DE"), "DE", "US", "FR", "FR"];
    uint8[PAIRS] internal _regimes = [1, 2, 1, 9, 2];
    bytes32[] public shipments;
    mapping(bytes32 shipment => Account) internal _accounts;

    function count() external view returns (uint256) {
        return shipments.length;
    }

    function accountOf(bytes32 shipment) external view returns (Account memory) {
        return _accounts[shipment];
    }

    function pairOf(uint256 pair) external view returns (uint256) {
        return CustodySlot.pair(_countries[pair], _regimes[pair]);
    }

    function _add(bytes32 id, Account memory s) internal {
        shipments.push(id);
        _accounts[id] = s;
    }

    function _addPart(bytes32 id, Account memory s, uint32 packages) internal {
        s.packages = packages;
        s.sequence = 0;
        s.released = 0;
        delete s.sequences;
        delete s.statuses;
        _add(id, s);
    }

    function _pairOf(Clearance memory r) internal view returns (uint256 pair) {
        while (_countries[pair] != r.jurisdiction || _regimes[pair] != r.regime) ++pair;
    }

    function _expected(Clearance memory r, ShipmentRef memory item, uint256 pair) internal view returns (uint8) {
        Account storage s = _accounts[item.shipment];
        bool broker = r.assurance != BY_CUSTOMS;
        if (broker && !_isParty(s, r.declarant)) return FORBIDDEN;
        if (r.status == 1) return APPLIED;
        if (item.sequence < s.sequences[pair]) return STALE;
        if (item.sequence > s.sequences[pair]) return AHEAD;
        if (!mayFollow(s.statuses[pair], r.status)) return FORBIDDEN;
        if (_isParty(s, r.by)) return FORBIDDEN;
        return broker && (!s.relay || _bit(s, pair) == 0) ? FORBIDDEN : APPLIED;
    }

    function _isParty(Account storage s, uint40 partner) internal view returns (bool) {
        return partner == s.custodian || partner == s.consignor || partner == RETAILER;
    }

    function _bit(Account storage s, uint256 pair) internal view returns (uint8) {
        uint256 place = (pair + PAIRS - s.first) % PAIRS;
        return place < s.count ? uint8(1 << place) : 0;
    }

    function _apply(Account storage s, uint8 status, bool customs, uint256 pair) internal {
        ++s.sequences[pair];
        s.statuses[pair] = status;
        uint8 bit = _bit(s, pair);
        if (s.state == 1) {
            if (status == 5 || status == 6) s.released |= bit;
            if (status == 3 || status == 7 || status > 8) s.released &= ~bit;
            // On a broker's word nothing ends, nor for a pair that the terms do not require.
            if (customs && bit != 0 && status == 9) s.state = 10;
            if (customs && bit != 0 && status == 10) s.state = 8;
        } else if (s.state == 10 && customs && status == 10) {
            s.state = 8;
        }
    }
}
