// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClearanceLedger} from "../src/ClearanceLedger.sol";
import {ICustodyLedger} from "../src/ICustodyLedger.sol";
import {Clearance, Handoff, Require, ShipmentRef, ShipmentTerms, Split} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {mayFollow} from "./ClearanceFixture.sol";
import {ClearanceModel} from "./ClearanceModel.sol";
import {VM} from "./Vm.sol";

/// @notice Plays clearances of shipments that require two to four of them, among splits, remainders and deliveries, and
/// keeps its own account of both ledgers, written from the rules. Whichever act has happened least comes in every second
/// turn; an act that finds no shipment to suit it opens one.
contract ClearanceHandler is ClearanceModel {
    using CustodySlot for uint256;

    /// The first eleven are the statuses, applied on customs' own word: LODGED is status 1.
    enum Act {
        LODGED,
        PRESENTED,
        HELD,
        INSPECTED,
        RELEASED,
        RELEASED_WITH_CONDITIONS,
        REFUSED_ENTRY,
        AMENDED,
        SEIZED,
        DESTROYED,
        RECALLED,
        DESTROYED_AFTER_SEIZURE,
        SEIZED_WHERE_NOT_REQUIRED,
        AFTER_DELIVERY,
        MANY,
        BROKER_RELAYS,
        BROKER_SEIZES,
        BROKER_LODGES,
        BROKER_WITHOUT_RELAY,
        BROKER_FOR_A_THIRD,
        PARTY_AS_CUSTOMS,
        PARTY_AS_BROKER,
        OUT_OF_TURN,
        MAY_NOT_FOLLOW,
        STRANGER,
        OPEN,
        SPLIT,
        SHORT_ITEM,
        DELIVER
    }

    uint256 public constant ACTS = 29;
    uint256 private constant MOST = 60;
    uint256 private constant LONGEST_LIST = 12;


    ClearanceLedger private immutable _clearance;

    uint256[ACTS] public happened;
    uint256 public turns;
    /// The first act that was answered otherwise than the account says, plus 1.
    uint256 public surprisedBy;
    bool public strangerMoved;
    uint256 private _playing;

    constructor() {
        _clearance = new ClearanceLedger(registry, address(0));
        for (uint40 partner = CUSTOMS; partner <= MIXED; ++partner) {
            admit(partner);
            if (partner == BROKER) continue;
            grant(partner, 5, "DE");
            grant(partner, 5, "US");
            grant(partner, 5, "FR");
        }
        grant(BROKER, 6);
        grant(MIXED, 6);
        grant(MIXED, 1);
        change(OPEN_CONTRACT, 0, address(_clearance), 2, 0);
        VM.warp(block.timestamp + delay());
    }

    function slotOf(bytes32 shipment) external view returns (uint256) {
        return custody.slotOf(shipment);
    }

    function clearanceOf(bytes32 shipment, uint256 pair) external view returns (uint16 sequence, uint8 status) {
        return _clearance.slotOf(shipment, _countries[pair], _regimes[pair]);
    }

    function act(uint256 seed) external {
        seed = uint256(keccak256(abi.encode(seed, ++turns)));
        uint256 which = seed % ACTS;
        if (seed >> 8 & 1 == 0) {
            for (uint256 i = 0; i < ACTS; ++i) {
                if (happened[i] < happened[which]) which = i;
            }
        }
        _playing = which;
        if (_play(Act(which), seed >> 16)) ++happened[which];
    }

    function _play(Act a, uint256 seed) private returns (bool) {
        if (a <= Act.RECALLED) return _status(uint8(a) + 1, seed);
        if (a <= Act.AFTER_DELIVERY) return _ended(a, seed);
        if (a == Act.MANY) return _many(seed);
        if (a <= Act.BROKER_FOR_A_THIRD) return _broker(a, seed);
        if (a <= Act.PARTY_AS_BROKER) return _party(a, seed);
        if (a <= Act.MAY_NOT_FOLLOW) return _wrong(a, seed);
        if (a == Act.STRANGER) return _stranger(seed);
        if (a == Act.OPEN) return shipments.length < MOST && _open(seed, seed & 1 == 0, seed & 6 == 0) != 0;
        return _move(a, seed);
    }

    // --- customs' own word -----------------------------------------------------------------------------------------

    /// @dev Under way, a pair that the terms require, and a status that may follow.
    function _status(uint8 status, uint256 seed) private returns (bool) {
        for (uint256 i = 0; i < shipments.length; ++i) {
            bytes32 id = shipments[(seed + i) % shipments.length];
            Account storage s = _accounts[id];
            uint256 pair = (s.first + (seed >> 16) % s.count) % PAIRS;
            if (s.state == 1 && mayFollow(s.statuses[pair], status)) return _applies(_record(id, pair, status));
        }
        bytes32 opened = _open(seed, true, false);
        uint256 first = _accounts[opened].first;
        if (status == 11 && !_applies(_record(opened, first, 5))) return false;
        return _applies(_record(opened, first, status));
    }

    /// @dev Of what is seized, of a pair that is not required, of what has arrived.
    function _ended(Act a, uint256 seed) private returns (bool) {
        uint8 state = a == Act.DESTROYED_AFTER_SEIZURE ? 10 : a == Act.AFTER_DELIVERY ? 2 : 1;
        uint8 status = a == Act.DESTROYED_AFTER_SEIZURE ? 10 : a == Act.SEIZED_WHERE_NOT_REQUIRED ? 9 : 5;
        for (uint256 i = 0; i < shipments.length; ++i) {
            bytes32 id = shipments[(seed + i) % shipments.length];
            Account storage s = _accounts[id];
            if (s.state != state) continue;
            uint256 pair = a == Act.SEIZED_WHERE_NOT_REQUIRED ? (s.first + s.count) % PAIRS : (seed >> 16) % PAIRS;
            if (mayFollow(s.statuses[pair], status)) return _applies(_record(id, pair, status));
        }
        bytes32 opened = _open(seed, true, false);
        if (state == 10 && !_applies(_record(opened, _accounts[opened].first, 9))) return false;
        if (state == 2) _hand(opened, RETAILER, 0);
        return _applies(_record(opened, (_accounts[opened].first + _accounts[opened].count) % PAIRS, status));
    }

    /// @dev One list of whatever there is: each item is answered for itself, and at least one of them applies.
    function _many(uint256 seed) private returns (bool) {
        while (shipments.length < 3) _open(seed + shipments.length, true, false);
        uint256 length = shipments.length < LONGEST_LIST ? shipments.length : LONGEST_LIST;
        uint256 pair = (seed >> 16) % PAIRS;
        Clearance memory r = _record(0, pair, [3, 5, 5, 8][(seed >> 24) % 4]);
        r.items = new ShipmentRef[](length);
        for (uint256 i = 0; i < length; ++i) {
            bytes32 id = shipments[(seed + i) % shipments.length];
            uint16 sequence = _accounts[id].sequences[pair] + (seed >> (32 + i) & 7 == 0 ? 1 : 0);
            uint256 place = i;
            for (; place > 0 && r.items[place - 1].shipment > id; --place) {
                r.items[place] = r.items[place - 1];
            }
            r.items[place] = ShipmentRef(id, sequence);
        }
        return _submit(r) != 0;
    }

    // --- a broker's word -------------------------------------------------------------------------------------------

    function _broker(Act a, uint256 seed) private returns (bool) {
        bool relay = a != Act.BROKER_WITHOUT_RELAY;
        (bytes32 id, uint256 pair) = _undecided(seed, relay, false);
        uint8 status = a == Act.BROKER_LODGES ? 1 : a == Act.BROKER_SEIZES ? 9 : [2, 3, 5, 6][(seed >> 24) % 4];
        Clearance memory r = _record(id, pair, status);
        (r.by, r.assurance) = (BROKER, uint8(1 + (seed >> 32) % 2));
        r.declarant = a == Act.BROKER_FOR_A_THIRD ? AUDITOR : seed >> 40 & 1 == 0 ? RETAILER : _accounts[id].consignor;
        return a >= Act.BROKER_WITHOUT_RELAY ? _forbidden(r) : _applies(r);
    }

    function _party(Act a, uint256 seed) private returns (bool) {
        (bytes32 id, uint256 pair) = _undecided(seed, true, true);
        Clearance memory r = _record(id, pair, 5);
        r.by = MIXED;
        if (a == Act.PARTY_AS_BROKER) (r.assurance, r.declarant) = (1, RETAILER);
        return _forbidden(r);
    }

    // --- what changes nothing --------------------------------------------------------------------------------------

    function _wrong(Act a, uint256 seed) private returns (bool) {
        (bytes32 id, uint256 pair) = _undecided(seed, true, false);
        if (a == Act.MAY_NOT_FOLLOW) return _forbidden(_record(id, pair, 11));
        // One more than stands, or the one that a decision has just used up.
        bool ahead = seed >> 16 & 1 == 0;
        Clearance memory r = _record(id, pair, 5);
        if (ahead) ++r.items[0].sequence;
        else if (!_applies(r)) return false;
        uint256 surprises = surprisedBy;
        return _submit(r) == 0 && surprisedBy == surprises;
    }

    /// @dev In customs' name, in his own with a party's signature, past the clearance ledger.
    function _stranger(uint256 seed) private returns (bool) {
        (bytes32 id, uint256 pair) = _undecided(seed, true, false);
        uint40 stranger = seed >> 16 & 1 == 0 ? MAIN_CARRIER : AUDITOR;
        Clearance memory r = _record(id, pair, 5);
        uint256 before = custody.slotOf(id);
        bool moved = _taken(r, keyOf(stranger), 0);
        r.by = stranger;
        moved = _taken(r, keyOf(stranger), 0) || moved;
        (r.assurance, r.declarant) = (1, RETAILER);
        moved = _taken(r, keyOf(stranger), keyOf(RETAILER)) || moved;
        ICustodyLedger.ClearanceEffect memory effect;
        (effect.jurisdiction, effect.regime) = (r.jurisdiction, r.regime);
        effect.gate = ICustodyLedger.GateChange.OPEN;
        try custody.applyClearance(effect, list(id)) {
            moved = true;
        } catch {}
        if (moved || custody.slotOf(id) != before) strangerMoved = true;
        return !strangerMoved;
    }

    function _taken(Clearance memory r, uint256 first, uint256 second) private returns (bool) {
        bytes32 id = idOf(hasher.hash(r));
        bytes memory signed = signature(first, id);
        if (second != 0) signed = bytes.concat(signed, signature(second, id));
        try _clearance.clear(r, signed) {
            return true;
        } catch {
            return false;
        }
    }

    // --- custody ---------------------------------------------------------------------------------------------------

    function _open(uint256 seed, bool relay, bool mixed) private returns (bytes32 id) {
        Account memory s;
        s.consignor = mixed ? MIXED : MAKER;
        s.custodian = s.consignor;
        s.packages = 8 + uint32(seed >> 8) % 100;
        s.state = 1;
        s.first = uint8((seed >> 16) % PAIRS);
        s.count = uint8((seed >> 24) % 3) + 2;
        s.relay = relay;
        ShipmentTerms memory r = terms(s.consignor, RETAILER, shipments.length);
        r.packages = s.packages;
        r.requires = new Require[](s.count);
        for (uint256 i = 0; i < s.count; ++i) {
            uint256 pair = (s.first + i) % PAIRS;
            s.gates[i] = uint8((seed >> (32 + 4 * i)) % 7) + 1;
            r.requires[i] = Require(_countries[pair], _regimes[pair], s.gates[i], relay);
        }
        id = open(r);
        _add(id, s);
    }

    function _move(Act a, uint256 seed) private returns (bool) {
        if (shipments.length + 2 > MOST && a != Act.DELIVER) return false;
        (bytes32 id,) = _underWay(seed);
        Account storage s = _accounts[id];
        if (a == Act.SPLIT) return _split(id, seed);
        if (a == Act.DELIVER) return _hand(id, RETAILER, 0);
        return _hand(id, s.custodian == MAIN_CARRIER ? CARRIER : MAIN_CARRIER, 1 + uint32(seed >> 8) % (s.packages - 1));
    }

    function _split(bytes32 id, uint256 seed) private returns (bool) {
        Account storage s = _accounts[id];
        uint32 first = 1 + uint32(seed >> 8) % (s.packages - 1);
        Split memory r = splitting(id, two(first, s.packages - first));
        if (split(r) != APPLIED) return _surprised();
        for (uint256 i = 0; i < 2; ++i) {
            _addPart(childOf(id, s.sequence, i), s, r.children[i].packages);
        }
        s.state = 3;
        ++s.sequence;
        return true;
    }

    /// @dev All of it, or all but what is missing: that stays, and has to be cleared anew.
    function _hand(bytes32 id, uint40 receiver, uint32 missing) private returns (bool) {
        Account storage s = _accounts[id];
        Handoff memory r = manifest(id, s.custodian, receiver, s.packages - missing, missing == 0 ? 0 : SHORT);
        if (hand(r) != _breach(s, receiver)) return _surprised();
        if (missing != 0) {
            bytes32 remainder = remainderOf(id, s.sequence);
            _addPart(remainder, s, missing);
            _accounts[remainder].flags |= 2;
        }
        s.custodian = receiver;
        s.packages -= missing;
        ++s.sequence;
        if (receiver == RETAILER) s.state = 2;
        return true;
    }

    /// @dev Gate 1 stands where a main carrier takes over, gate 2 where the consignee does.
    function _breach(Account storage s, uint40 receiver) private view returns (uint8) {
        uint8 gate = receiver == MAIN_CARRIER ? 1 : receiver == RETAILER ? 2 : 0;
        for (uint256 i = 0; i < s.count; ++i) {
            if (s.gates[i] & gate != 0 && s.released >> i & 1 == 0) return IN_BREACH;
        }
        return APPLIED;
    }

    // --- drawing ----------------------------------------------------------------------------------------------------

    /// @dev Under way and of two packages or more.
    function _underWay(uint256 seed) private returns (bytes32 id, uint256 pair) {
        for (uint256 i = 0; i < shipments.length; ++i) {
            id = shipments[(seed + i) % shipments.length];
            if (_accounts[id].state == 1 && _accounts[id].packages > 1) return (id, _accounts[id].first);
        }
        id = _open(seed, true, false);
        pair = _accounts[id].first;
    }

    /// @dev Under way with a required pair of which customs may still say anything but recalled.
    function _undecided(uint256 seed, bool relay, bool mixed) private returns (bytes32 id, uint256 pair) {
        for (uint256 i = 0; i < shipments.length; ++i) {
            id = shipments[(seed + i) % shipments.length];
            Account storage s = _accounts[id];
            pair = (s.first + (seed >> 8) % s.count) % PAIRS;
            bool fits = s.state == 1 && s.relay == relay && (s.consignor == MIXED) == mixed;
            if (fits && mayFollow(s.statuses[pair], 2)) return (id, pair);
        }
        id = _open(seed, relay, mixed);
        pair = _accounts[id].first;
    }

    function _record(bytes32 id, uint256 pair, uint8 status) private view returns (Clearance memory r) {
        r.by = CUSTOMS;
        r.items = new ShipmentRef[](1);
        r.items[0] = ShipmentRef(id, _accounts[id].sequences[pair]);
        (r.jurisdiction, r.regime) = (_countries[pair], _regimes[pair]);
        r.status = status;
        if (status == 3) r.holdCause = 1;
        r.assurance = BY_CUSTOMS;
        r.occurredAt = uint40(block.timestamp);
    }

    function _applies(Clearance memory r) private returns (bool) {
        return _submit(r) == 1 || _surprised();
    }

    function _forbidden(Clearance memory r) private returns (bool) {
        return _expected(r, r.items[0], _pairOf(r)) == FORBIDDEN && _submit(r) == 0;
    }

    /// @dev Sends it, compares every answer with the rules, writes the account; how many items applied.
    function _submit(Clearance memory r) private returns (uint256 applied) {
        bytes32 id = idOf(hasher.hash(r));
        bytes memory signed = signature(keyOf(r.by), id);
        if (r.assurance != BY_CUSTOMS) signed = bytes.concat(signed, signature(keyOf(r.declarant), id));
        VM.recordLogs();
        _clearance.clear(r, signed);
        (, bytes memory outcomes) = recorded(id, abi.encodeCall(_clearance.clear, (r, signed)));
        require(outcomes.length == r.items.length, "an outcome an item");
        uint256 pair = _pairOf(r);
        for (uint256 i = 0; i < outcomes.length; ++i) {
            uint8 expected = _expected(r, r.items[i], pair);
            if (uint8(outcomes[i]) != expected) _surprised();
            if (expected != APPLIED) continue;
            ++applied;
            if (r.status != 1) _apply(_accounts[r.items[i].shipment], r.status, r.assurance == BY_CUSTOMS, pair);
        }
    }

    function _surprised() private returns (bool) {
        if (surprisedBy == 0) surprisedBy = _playing + 1;
        return false;
    }
}
