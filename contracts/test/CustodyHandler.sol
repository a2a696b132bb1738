// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Handoff, Override, ShipmentTerms, Split, Statement} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {CustodyFixture} from "./CustodyFixture.sol";
import {VM} from "./Vm.sol";

/// @notice Plays custody among five partners and a consumer, and keeps its own account of every shipment, written from the
/// rules. Whichever action has happened least comes in every second turn.
contract CustodyHandler is CustodyFixture {
    using CustodySlot for uint256;

    enum Act {
        OPEN,
        OPEN_TO_CONSUMER,
        HAND_ALL,
        HAND_SHORT,
        HAND_OVER,
        REFUSE,
        DELIVER,
        DELIVER_TO_CONSUMER,
        CONSUMER_RELEASES,
        SPLIT,
        REMARK,
        CONTEST,
        END,
        ANNOUNCE,
        OVERRIDE,
        EARLY_OVERRIDE,
        VOID_OVERRIDE,
        ONWARD_TERMS,
        MERGE_TERMS,
        RETURN_TERMS,
        REPLAY,
        FORGE,
        WRONG_ONE_TIME_KEY
    }

    /// @notice What a shipment should be.
    struct Account {
        uint40 custodian;
        uint40 consignee;
        uint40 consignor;
        uint256 packages;
        uint256 sequence;
        uint256 state;
        uint256 flags;
    }

    struct Surprise {
        bool happened;
        Act act;
        uint8 outcome;
        uint8 expected;
    }

    uint256 public constant ACTS = 23;
    uint256 private constant MOST = 48;

    uint256[ACTS] public happened;
    uint256 public turns;
    bytes32[] public shipments;
    mapping(bytes32 shipment => Account) private _accounts;
    /// Packages opened by original terms, and counted over since.
    uint256 public owed;
    /// The first act whose outcome was not what the account says.
    Surprise public surprise;
    bool public forgerySucceeded;
    bytes32 private _announcedFor;
    Override private _announced;
    bytes private _last;

    function count() external view returns (uint256) {
        return shipments.length;
    }

    function accountOf(bytes32 shipment) external view returns (Account memory) {
        return _accounts[shipment];
    }

    function slotOf(bytes32 shipment) external view returns (uint256) {
        return custody.slotOf(shipment);
    }

    function recipientKeyOf(bytes32 shipment) external view returns (address) {
        return custody.recipientKeyOf(shipment);
    }

    function oneTimeAddress() external pure returns (address) {
        return VM.addr(ONE_TIME_KEY);
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
    }

    function _play(Act a, uint256 seed) private returns (bool) {
        if (a <= Act.OPEN_TO_CONSUMER) return _open(a == Act.OPEN_TO_CONSUMER, seed);
        if (a <= Act.REFUSE) return _hand(a, seed);
        if (a <= Act.CONSUMER_RELEASES) return _deliver(a, seed);
        if (a == Act.SPLIT) return _split(seed);
        if (a == Act.CONTEST) return _contest(seed);
        if (a <= Act.END) return _state(a == Act.END, seed);
        if (a <= Act.VOID_OVERRIDE) return _override(a, seed);
        if (a <= Act.RETURN_TERMS) return _goOn(a, seed);
        return _wrong(a, seed);
    }

    // --- acts ------------------------------------------------------------------------------------------------------

    function _open(bool toConsumer, uint256 seed) private returns (bool) {
        bool byRetailer = seed & 1 == 1;
        uint40 consignor = byRetailer ? RETAILER : MAKER;
        ShipmentTerms memory r = terms(consignor, toConsumer ? CONSUMER : byRetailer ? MAKER : RETAILER, seed);
        r.packages = uint32(seed >> 8 & 0xff) + 4;
        _add(open(r), Account(r.holder, r.consignee, consignor, r.packages, 0, 1, 0));
        owed += r.packages;
        return true;
    }

    function _hand(Act a, uint256 seed) private returns (bool) {
        bytes32 id = _pick(seed, 1, true);
        if (id == 0 || (a == Act.HAND_SHORT && (shipments.length >= MOST || _accounts[id].packages < 2))) return false;
        Account storage s = _accounts[id];
        uint40 receiver = s.custodian == CARRIER ? MAIN_CARRIER : CARRIER;
        uint256 moved = s.packages;
        uint16 exceptions = 0;
        if (a == Act.HAND_SHORT) (moved, exceptions) = (1 + (seed >> 16) % (s.packages - 1), SHORT);
        if (a == Act.HAND_OVER) (moved, exceptions) = (s.packages + 1 + (seed >> 16) % 5, OVER);
        if (a == Act.REFUSE) (moved, exceptions) = (0, REFUSED);
        Handoff memory r = manifest(id, s.custodian, receiver, uint32(moved), exceptions);
        r.submitBy = type(uint40).max;
        _expectOutcome(a, hand(r), APPLIED);
        _last = abi.encode(r);
        if (a != Act.REFUSE) _moved(id, receiver, moved, 0);
        else ++s.sequence;
        return true;
    }

    function _deliver(Act a, uint256 seed) private returns (bool) {
        bool fromConsumer = a == Act.CONSUMER_RELEASES;
        for (uint256 i = 0; i < shipments.length; ++i) {
            bytes32 id = shipments[(seed + i) % shipments.length];
            Account storage s = _accounts[id];
            bool fits = fromConsumer
                ? s.custodian == CONSUMER
                : s.custodian != CONSUMER && s.custodian != s.consignee && (s.consignee == CONSUMER) == (a == Act.DELIVER_TO_CONSUMER);
            if (s.state != 1 || !fits) continue;
            uint40 receiver = fromConsumer ? CARRIER : s.consignee;
            _expectOutcome(a, hand(manifest(id, s.custodian, receiver, uint32(s.packages), 0)), APPLIED);
            _moved(id, receiver, s.packages, 0);
            return true;
        }
        // A consumer releases what goes back, and only what it has goes back: so that the act comes whatever came before.
        if (fromConsumer && !_return(seed) && !_deliver(Act.DELIVER_TO_CONSUMER, seed)) _open(true, seed);
        return false;
    }

    function _split(uint256 seed) private returns (bool) {
        bytes32 id = _pick(seed, 2, false);
        if (id == 0 || shipments.length + 2 > MOST || _accounts[id].packages < 2) return false;
        Account storage s = _accounts[id];
        uint32 first = uint32(1 + (seed >> 16) % (s.packages - 1));
        Split memory r = splitting(id, two(first, uint32(s.packages) - first));
        _expectOutcome(Act.SPLIT, split(r), APPLIED);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 packages = r.children[i].packages;
            Account memory child = Account(s.custodian, s.consignee, s.consignor, packages, 0, s.state, s.flags);
            _add(childOf(id, s.sequence, i), child);
        }
        s.state = 3;
        ++s.sequence;
        return true;
    }

    function _state(bool ends, uint256 seed) private returns (bool) {
        bytes32 id = _pick(seed, ends ? 2 : 1, true);
        if (id == 0) return false;
        Account storage s = _accounts[id];
        uint40 other = s.consignee == s.custodian ? s.consignor : s.consignee;
        if (other == s.custodian) return false;
        uint8 kind = ends ? uint8(3 + (seed >> 16) % 5) : seed >> 16 & 1 == 0 ? 8 : 1;
        uint8 expected = kind == 1 && other != s.consignee ? FORBIDDEN : APPLIED;
        Statement memory r = statement(id, kind, s.custodian, other);
        _expectOutcome(ends ? Act.END : Act.REMARK, state(r), expected);
        // Lost 5, left 6, sold 7, destroyed 8, abandoned 9.
        if (ends) s.state = kind + 2;
        return true;
    }

    /// @dev Whatever became of the goods: by their consignee or consignor, and by nobody else.
    function _contest(uint256 seed) private returns (bool) {
        if (shipments.length == 0) return false;
        bytes32 id = shipments[seed % shipments.length];
        Account storage s = _accounts[id];
        uint40 by = [s.consignee, s.consignor, CARRIER, MAIN_CARRIER][(seed >> 16) % 4];
        uint8 expected = by == s.consignee || by == s.consignor ? APPLIED : FORBIDDEN;
        _expectOutcome(Act.CONTEST, state(statement(id, 2, by, s.custodian)), expected);
        return true;
    }

    /// @dev Announced once; moves after the delay and not a second before; a movement in between voids it.
    function _override(Act a, uint256 seed) private returns (bool) {
        if (a == Act.ANNOUNCE) {
            bytes32 id = _pick(seed, 1, seed >> 16 & 3 != 0);
            if (id == 0) return false;
            Account storage s = _accounts[id];
            Override memory r = overriding(id, s.custodian == CARRIER ? MAIN_CARRIER : CARRIER);
            bool before = custody.overrideReadyAt(idOf(hasher.hash(r))) != 0;
            if (before) return false;
            _expectOutcome(a, override_(r), ANNOUNCED);
            // Both or neither: an override of one shipment is no override of another that stands at the same sequence.
            (_announcedFor, _announced) = (id, r);
            return true;
        }
        bool stands = _accounts[_announcedFor].state == 1 && _accounts[_announcedFor].sequence == _announced.sequence;
        if (!stands && !_override(Act.ANNOUNCE, seed)) return false;
        Account storage stuck = _accounts[_announcedFor];
        if (a == Act.VOID_OVERRIDE) {
            if (stuck.custodian == CONSUMER) return false;
            Handoff memory r = manifest(_announcedFor, stuck.custodian, _announced.receiver, 0, REFUSED);
            _expectOutcome(a, hand(r), APPLIED);
            ++stuck.sequence;
            VM.warp(block.timestamp + delay());
            _expectOutcome(a, override_(_announced), STALE);
            _announcedFor = 0;
            return true;
        }
        uint256 ready = custody.overrideReadyAt(idOf(hasher.hash(_announced)));
        if (a == Act.EARLY_OVERRIDE) {
            if (block.timestamp >= ready) {
                _announcedFor = 0;
                return false;
            }
            VM.warp(ready - 1);
            _expectOutcome(a, override_(_announced), ANNOUNCED);
            return true;
        }
        if (block.timestamp < ready) VM.warp(ready);
        bytes32 moved = _announcedFor;
        _announcedFor = 0;
        _expectOutcome(a, override_(_announced), APPLIED);
        _moved(moved, _announced.receiver, stuck.packages, 1);
        return true;
    }

    function _goOn(Act a, uint256 seed) private returns (bool) {
        if (shipments.length >= MOST + 4) return false;
        if (a == Act.RETURN_TERMS) return _return(seed);
        bytes32 first = _pick(seed, 1, true);
        if (first == 0) return false;
        Account storage s = _accounts[first];
        bytes32[] memory parents = list(first);
        if (a == Act.MERGE_TERMS) {
            bytes32 second = 0;
            for (uint256 i = 0; i < shipments.length; ++i) {
                Account storage t = _accounts[shipments[i]];
                bool alike = t.state == 1 && t.custodian == s.custodian && t.consignor == s.consignor;
                if (alike && shipments[i] != first) second = shipments[i];
            }
            if (second == 0) return false;
            parents = new bytes32[](2);
            (parents[0], parents[1]) = (first, second);
        }
        uint8 purpose = a == Act.MERGE_TERMS ? MERGE : ONWARD;
        uint40 consignee = s.consignor == MAKER ? RETAILER : MAKER;
        _opened(onward(purpose, s.consignor, s.custodian, consignee, parents), parents);
        return true;
    }

    /// @dev What a consumer has goes back.
    function _return(uint256 seed) private returns (bool) {
        for (uint256 i = 0; i < shipments.length; ++i) {
            bytes32 id = shipments[(seed + i) % shipments.length];
            Account storage s = _accounts[id];
            if (s.state != 2 || s.custodian != CONSUMER) continue;
            _opened(onward(RETURN, s.consignor, CONSUMER, s.consignor, list(id)), list(id));
            return true;
        }
        return false;
    }

    function _opened(ShipmentTerms memory r, bytes32[] memory parents) private {
        bytes32 id = open(r);
        for (uint256 i = 0; i < parents.length; ++i) {
            _accounts[parents[i]].state = 4;
            ++_accounts[parents[i]].sequence;
        }
        _add(id, Account(r.holder, r.consignee, r.consignor, r.packages, 0, 1, 0));
    }

    /// @dev The same record again; the receiver's signature alone; somebody else's key for partner 0.
    function _wrong(Act a, uint256 seed) private returns (bool) {
        if (a == Act.REPLAY) {
            if (_last.length == 0) return false;
            Handoff memory again = abi.decode(_last, (Handoff));
            Account storage moved = _accounts[again.items[0].shipment];
            _expectOutcome(a, hand(again), moved.state == 1 ? STALE : ENDED);
            return true;
        }
        bytes32 id = _pick(seed, 1, true);
        if (a == Act.WRONG_ONE_TIME_KEY) _open(true, seed);
        for (uint256 i = 0; i < shipments.length && a == Act.WRONG_ONE_TIME_KEY; ++i) {
            Account storage c = _accounts[shipments[i]];
            if (c.state == 1 && c.consignee == CONSUMER && c.custodian != CONSUMER) id = shipments[i];
        }
        if (id == 0) return false;
        Account storage s = _accounts[id];
        if (a == Act.FORGE) {
            if (s.custodian == CARRIER) return false;
            uint256 forger = seed >> 16 & 1 == 0 ? keyOf(CARRIER) : keyOf(MAIN_CARRIER);
            if (s.custodian == MAIN_CARRIER) forger = keyOf(CARRIER);
            try this.forge(manifest(id, s.custodian, CARRIER, uint32(s.packages), 0), forger) {
                forgerySucceeded = true;
            } catch {}
            return true;
        }
        if (s.consignee != CONSUMER) return false;
        _expectOutcome(a, handBy(manifest(id, s.custodian, CONSUMER, uint32(s.packages), 0), keyOf(s.custodian), 0xBAD), WRONG_KEY);
        return true;
    }

    function forge(Handoff calldata r, uint256 forger) external {
        handBy(r, forger, keyOf(CARRIER));
    }

    // --- accounts --------------------------------------------------------------------------------------------------

    function _add(bytes32 shipment, Account memory account) private {
        shipments.push(shipment);
        _accounts[shipment] = account;
    }

    /// @dev What moved, and the remainder that stays where fewer did.
    function _moved(bytes32 id, uint40 receiver, uint256 packages, uint256 flag) private {
        Account storage s = _accounts[id];
        if (packages < s.packages) {
            Account memory left =
                Account(s.custodian, s.consignee, s.consignor, s.packages - packages, 0, s.state, s.flags | 2);
            _add(remainderOf(id, s.sequence), left);
        } else {
            owed += packages - s.packages;
        }
        s.custodian = receiver;
        s.packages = packages;
        ++s.sequence;
        s.flags |= flag;
        if (receiver == s.consignee) s.state = 2;
    }

    /// @dev A shipment in a state up to this one, held by a partner or by anybody, from a random place on; 0 for none.
    function _pick(uint256 seed, uint256 lastState, bool partners) private view returns (bytes32) {
        for (uint256 i = 0; i < shipments.length; ++i) {
            bytes32 id = shipments[(seed + i) % shipments.length];
            Account storage s = _accounts[id];
            if (s.state <= lastState && (!partners || s.custodian != CONSUMER)) return id;
        }
        return 0;
    }

    function _expectOutcome(Act a, uint8 outcome, uint8 expected) private {
        if (outcome != expected && !surprise.happened) surprise = Surprise(true, a, outcome, expected);
    }
}
