// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PartnerRegistry} from "../src/PartnerRegistry.sol";
import {KeyGrant, KeyRevoke, RegistryChange} from "../src/Records.sol";
import {EvidenceStub} from "./EvidenceStub.sol";
import {RecordHasher} from "./RecordHasher.sol";
import {RegistryKeys} from "./RegistryKeys.sol";
import {VM} from "./Vm.sol";

/// @notice Plays with a registry of four council members, two of whom must sign, and an hour's delay, and keeps the model.
/// Records are drawn from what exists, so that most succeed; about one in eight has something wrong with it, and the model
/// says that it will be refused. Whichever action has succeeded least comes in every second turn.
contract RegistryHandler is RegistryKeys {
    uint256 private constant START = 1_760_000_000;
    uint256 public constant ACTIONS = 18;
    uint256 private constant GRANT_KEY = 16;
    uint256 private constant REVOKE_BY_KEY = 17;
    uint256 private constant REVOKE_BY_MASTER = 18;

    PartnerRegistry public immutable registry;
    RecordHasher private immutable HASHER = new RecordHasher();

    /// How often each action has succeeded: 1 to 15 changes, then device keys granted and revoked.
    uint256[19] public successes;
    /// How often a record was refused, as the model said.
    uint256 public refusals;
    /// The action on which contract and model did not agree; 0 for none.
    uint256 public disagreedOn;
    bool public strangerSucceeded;
    uint256 public turns;

    constructor() {
        VM.warp(START);
        address[] memory council = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            address key = _freshKey();
            uint256 place = i;
            for (; place > 0 && council[place - 1] > key; --place) {
                council[place] = council[place - 1];
            }
            council[place] = key;
        }
        registry = new PartnerRegistry(CONSORTIUM_ID, 2, DELAY, council);
        for (uint256 i = 0; i < 4; ++i) {
            enter(council[i], Entry(COUNCIL, 0, 0, uint40(START), NO_END, 0, 0));
        }
        setThreshold(2, 0);
    }

    // --- actions ---------------------------------------------------------------------------------------------------

    function act(uint256 seed) external {
        // Forge likes to say the same number again.
        seed = uint256(keccak256(abi.encode(seed, ++turns)));
        uint256 action = seed % ACTIONS + 1;
        if (seed >> 8 & 1 == 0) {
            for (uint256 i = 1; i <= ACTIONS; ++i) {
                if (successes[i] < successes[action]) action = i;
            }
        }
        seed = uint256(keccak256(abi.encode(seed)));
        if (action == GRANT_KEY) _grantKey(seed);
        else if (action >= REVOKE_BY_KEY) _revokeKey(action, seed);
        else _change(uint8(action), seed);
    }

    /// Some time; or to the second at which something begins or ends, or the one before.
    function actWait(uint256 seed) external {
        seed = uint256(keccak256(abi.encode(seed, ++turns)));
        uint256 to = block.timestamp + seed % 2 days;
        Entry memory entry = _entries[entered[(seed >> 32) % entered.length]];
        uint256 how = seed >> 64 & 7;
        if (how == 1) to = entry.from - (seed >> 72 & 1);
        if (how == 2) to = entry.until - (seed >> 72 & 1);
        if (to > block.timestamp && to < START + 1000 days) VM.warp(to);
    }

    /// Too few, doubled or strangers' signatures, or half a signature more.
    function actStranger(uint256 seed) external {
        RegistryChange memory r;
        r.sequence = registry.changes() + 1;
        r.action = 15;
        r.document = bytes32(seed);
        uint256 needed = registry.threshold();
        address[] memory signers = _council(needed);
        uint256 how = seed % 4;
        if (how == 0) signers = _council(needed - 1);
        if (how == 1) signers[needed - 1] = needed > 1 ? signers[needed - 2] : VM.addr(0xE51);
        if (how == 2) signers[seed / 4 % needed] = VM.addr(0xE51);
        _privateKeyOf[VM.addr(0xE51)] = 0xE51;
        bytes memory signed = _signAll(signers, HASHER.hash(r));
        if (how == 3) signed = bytes.concat(signed, bytes32(0));
        try registry.change(r, signed) {
            strangerSucceeded = true;
        } catch {}
    }

    // --- changes ---------------------------------------------------------------------------------------------------

    function _change(uint8 action, uint256 seed) private {
        RegistryChange memory r;
        r.sequence = registry.changes() + 1;
        r.action = action;
        bool atOnce = action == 2 || action == 5 || action == 7 || action == 12 || action == 15;
        if (!atOnce && seed % 3 == 0) r.notBefore = uint40(block.timestamp + seed / 3 % 2 days);
        bool slip = seed >> 32 & 7 == 0;
        seed >>= 40;
        bool good = action <= 5
            ? _drawPartnerChange(r, seed, slip)
            : action <= 10 ? _drawRoleOrCouncil(r, seed, slip) : _drawLogOrContract(r, seed, slip);
        bool done = false;
        try registry.change(r, _signAll(_council(registry.threshold()), HASHER.hash(r))) {
            done = true;
        } catch {}
        _count(action, good, done);
        if (done) _apply(r);
    }

    function _drawPartnerChange(RegistryChange memory r, uint256 seed, bool slip) private returns (bool good) {
        r.partner = partners == 0 ? 1 : uint40(seed % partners + 1);
        if (r.action == 1) {
            if (!slip && partners < 200) r.partner = partners + 1;
            r.key = slip && seed % 2 == 0 ? _anyKey(seed) : _freshKey();
            r.document = bytes32(seed);
            return sinceOf[r.partner] == 0 && _entries[r.key].kind == 0;
        }
        bool known = sinceOf[r.partner] != 0;
        if (r.action == 2) return known && suspendedUntilOf[r.partner] != NO_END;
        if (r.action == 3) {
            for (uint40 i = 1; i <= partners && !slip; ++i) {
                if (suspendedUntilOf[i] == NO_END) r.partner = i;
            }
            return suspendedUntilOf[r.partner] == NO_END;
        }
        if (r.action == 4) {
            r.key = slip ? _anyKey(seed) : _freshKey();
            return known && _entries[r.key].kind == 0;
        }
        r.key = _partnersKey(seed);
        if (!slip) r.partner = _entries[r.key].partner;
        return r.partner != 0 && _mayEnd(r.partner, r.key);
    }

    function _drawRoleOrCouncil(RegistryChange memory r, uint256 seed, bool slip) private returns (bool) {
        if (r.action == 6 || r.action == 7) return _drawRole(r, seed, slip);
        if (r.action == 8) {
            r.key = slip ? _anyKey(seed) : _freshKey();
            uint256 members = 0;
            for (uint256 i = 0; i < entered.length; ++i) {
                if (_entries[entered[i]].kind == COUNCIL && _entries[entered[i]].until == NO_END) ++members;
            }
            return members < 32 && _entries[r.key].kind == 0;
        }
        if (r.action == 9) {
            r.key = _anyKey(seed);
            for (uint256 i = 0; i < entered.length && !slip; ++i) {
                address key = entered[(seed + i) % entered.length];
                if (_entries[key].kind == COUNCIL && _entries[key].until == NO_END) r.key = key;
            }
            Entry memory entry = _entries[r.key];
            uint256 leaves = entry.from <= block.timestamp ? 1 : 0;
            return entry.kind == COUNCIL && entry.until == NO_END && staying() >= mostNeeded() + leaves;
        }
        r.number = uint40(seed % (slip ? 40 : staying() + 1));
        return r.number != 0 && r.number <= staying();
    }

    function _drawRole(RegistryChange memory r, uint256 seed, bool slip) private view returns (bool good) {
        r.partner = uint40(seed % (partners + 1));
        r.role = uint8(seed >> 8) % (slip ? 17 : 14) + (slip ? 0 : 1);
        bool scoped = r.role == 5 || r.role == 9 || r.role == 10;
        if (r.role == 5) r.scope = seed >> 16 & 1 == 0 ? bytes32("DE") : bytes32("FR");
        if (r.role == 9) r.scope = bytes32(seed >> 16 & 3);
        if (r.role == 10) r.scope = slip ? bytes32("12A4") : bytes32("09506000");
        if (!scoped && slip && seed >> 20 & 1 == 0) r.scope = bytes32("DE");
        bool wellFormed = r.role >= 1 && r.role <= 14 && (scoped ? r.scope != 0 : r.scope == 0);
        if (r.role == 10 && slip) wellFormed = false;
        if (r.action == 7) {
            for (uint256 i = 0; i < _held.length && !slip; ++i) {
                Held memory held = _held[(seed + i) % _held.length];
                if (held.since != 0) (r.partner, r.role, r.scope, wellFormed) = (held.partner, held.role, held.scope, true);
            }
        }
        bool held_ = indexOf(r.partner, r.role, r.scope) < _held.length;
        return sinceOf[r.partner] != 0 && wellFormed && held_ == (r.action == 7);
    }

    function _drawLogOrContract(RegistryChange memory r, uint256 seed, bool slip) private returns (bool) {
        if (r.action == 11) {
            r.partner = uint40(seed % (partners + 1));
            r.key = slip && seed >> 8 & 1 == 0 ? _anyKey(seed) : _freshKey();
            r.scope = slip ? bytes32((seed >> 16) % (_logs.length + 1)) : bytes32(_logs.length + 1); // its place, from 1
            if (seed >> 20 & 1 == 0) (r.document, r.number) = (bytes32(seed >> 24 & 3), slip ? 7 : 0);
            if (r.document != 0) r.number = uint40(seed >> 30 & 0xff);
            bool predecessor = r.document == 0 ? r.number == 0 : isLog(r.document);
            bool free = r.scope != 0 && !isLog(r.scope) && _entries[r.key].kind == 0;
            return sinceOf[r.partner] != 0 && free && predecessor;
        }
        if (r.action == 12) {
            r.scope = bytes32(seed % (_logs.length + 1));
            for (uint256 i = 0; i < _logs.length && !slip; ++i) {
                if (_entries[_logs[i].key].until == NO_END) r.scope = _logs[i].id;
            }
            return isLog(r.scope) && _entries[_logs[uint256(r.scope) - 1].key].until == NO_END;
        }
        if (r.action == 15) {
            r.document = bytes32(slip ? seed & 1 : seed);
            r.number = uint40(block.timestamp + seed % 3 days - 1 days);
            return r.document != 0 && !_adopted[r.document];
        }
        r.number = uint40(seed % (slip ? 8 : 5) + (slip ? 0 : 1));
        return r.action == 13 ? _drawOpening(r, seed, slip) : _drawClosing(r, seed, slip);
    }

    function _drawOpening(RegistryChange memory r, uint256 seed, bool slip) private returns (bool) {
        for (uint40 kind = 1; kind <= 5 && !slip; ++kind) {
            if (_mayOpen(uint8(kind))) r.number = kind;
        }
        bool kindKnown = r.number >= 1 && r.number <= 5;
        address latest = kindKnown ? _latest[r.number] : address(0);
        // Another kind, another registry, another predecessor, no code, or known already; else nothing wrong.
        uint256 wrong = slip ? seed >> 9 & 7 : 7;
        address before = wrong == 2 ? (latest == address(0) ? address(this) : address(0)) : latest;
        PartnerRegistry of_ = wrong == 1 ? PartnerRegistry(address(this)) : registry;
        r.key = address(new EvidenceStub(uint8(r.number) + (wrong == 0 ? 1 : 0), of_, before));
        if (wrong == 3) r.key = _freshKey();
        if (wrong == 4 && latest != address(0)) r.key = latest;
        return kindKnown && _mayOpen(uint8(r.number)) && _entries[r.key].kind == 0 && wrong > 3;
    }

    /// @dev Nothing open of this kind, or only what has an end; and no third one still in force.
    function _mayOpen(uint8 kind) private view returns (bool) {
        if (_latest[kind] == address(0)) return true;
        if (_entries[_latest[kind]].until == NO_END) return false;
        return _before[kind] == address(0) || _entries[_before[kind]].until <= block.timestamp;
    }

    function _drawClosing(RegistryChange memory r, uint256 seed, bool slip) private view returns (bool) {
        r.key = _anyKey(seed);
        for (uint40 kind = 1; kind <= 5 && !slip; ++kind) {
            address latest = _latest[kind];
            if (latest != address(0) && _entries[latest].until == NO_END) (r.number, r.key) = (kind, latest);
        }
        Entry memory entry = _entries[r.key];
        return entry.contractKind != 0 && entry.contractKind == r.number && entry.until == NO_END;
    }

    function _apply(RegistryChange memory r) private {
        uint40 from = effective(r.notBefore);
        uint40 fromFor = effectiveFor(r.partner, r.notBefore);
        if (r.action == 1) {
            if (r.partner > partners) partners = r.partner;
            sinceOf[r.partner] = from;
            enter(r.key, Entry(MASTER, r.partner, 0, from, NO_END, type(uint32).max, 0));
        } else if (r.action == 2) {
            suspendedUntilOf[r.partner] = NO_END;
        } else if (r.action == 3) {
            suspendedUntilOf[r.partner] = from;
        } else if (r.action == 4) {
            enter(r.key, Entry(MASTER, r.partner, 0, fromFor, NO_END, type(uint32).max, 0));
        } else if (r.action == 5) {
            _entries[r.key].until = uint40(block.timestamp);
        } else if (r.action == 6) {
            _held.push(Held(r.partner, r.role, r.scope, fromFor));
        } else if (r.action == 7) {
            _held[indexOf(r.partner, r.role, r.scope)].since = 0;
        } else if (r.action == 8) {
            enter(r.key, Entry(COUNCIL, 0, 0, from, NO_END, 0, 0));
        } else if (r.action == 9) {
            _entries[r.key].until = from;
        } else if (r.action == 10) {
            setThreshold(r.number, from);
        } else if (r.action == 11) {
            enter(r.key, Entry(ANCHOR, r.partner, 0, fromFor, NO_END, 0, 0));
            _logs.push(LogEntry(r.scope, r.key, r.document, r.number));
        } else if (r.action == 12) {
            _entries[_logs[uint256(r.scope) - 1].key].until = uint40(block.timestamp);
        } else if (r.action == 13) {
            uint40 ends = _latest[r.number] == address(0) ? 0 : _entries[_latest[r.number]].until;
            enter(r.key, Entry(CONTRACT, 0, 0, from < ends ? ends : from, NO_END, 0, uint8(r.number)));
            (_before[r.number], _latest[r.number]) = (_latest[r.number], r.key);
        } else if (r.action == 14) {
            _entries[r.key].until = from;
        } else {
            (_adopted[r.document], _startOf[r.document]) = (true, r.number);
            _documents.push(r.document);
        }
    }

    // --- device keys -----------------------------------------------------------------------------------------------

    function _grantKey(uint256 seed) private {
        KeyGrant memory r;
        uint256 slip = seed % 24;
        address by = _masterInForce(seed >> 8);
        if (by == address(0)) return;
        r.partner = _entries[by].partner;
        r.key = slip == 0 ? _anyKey(seed >> 16) : _freshKey();
        r.scopes = slip == 1 ? uint32(seed >> 24) : uint32(seed >> 24) & DEVICE_SCOPES;
        r.validFrom = uint40(block.timestamp + (seed >> 60) % 4 days - 2 days);
        // One in four at the limits: 90 days, a second more, nothing.
        uint40[4] memory lengths = [uint40(90 days), 90 days + 1, 90 days + 1, 0];
        r.validUntil = r.validFrom + (seed >> 80 & 3 == 0 ? lengths[seed >> 82 & 3] : uint40(2 days + (seed >> 90) % 88 days));
        if (seed >> 120 & 1 == 0) r.actor = uint40((seed >> 124) % (partners + 2));
        address signer = slip == 2 ? _anyKey(seed >> 130) : by;
        if (_privateKeyOf[signer] == 0 || _privateKeyOf[r.key] == 0) return;
        bool period = r.validFrom < r.validUntil && r.validUntil - r.validFrom <= 90 days && r.validUntil > block.timestamp;
        bool scopes = r.scopes != 0 && r.scopes & ~DEVICE_SCOPES == 0;
        bool good = period && scopes && isMasterOf(signer, r.partner) && !isSuspended(r.partner)
            && (r.actor == 0 || sinceOf[r.actor] != 0) && _entries[r.key].kind == 0;
        // The granted key signs too, or somebody else in its place.
        address second = slip == 3 ? by : r.key;
        bytes32 hash = HASHER.hash(r);
        bool done = false;
        try registry.grantKey(r, bytes.concat(_sign(signer, hash), _sign(second, hash))) {
            done = true;
        } catch {}
        _count(GRANT_KEY, good && second == r.key, done);
        if (!done) return;
        uint40 from = r.validFrom > block.timestamp ? r.validFrom : uint40(block.timestamp);
        enter(r.key, Entry(DEVICE, r.partner, r.actor, from, r.validUntil, r.scopes, 0));
    }

    function _revokeKey(uint256 action, uint256 seed) private {
        KeyRevoke memory r;
        r.key = _partnersKey(seed >> 8);
        r.partner = seed % 8 == 0 ? uint40(seed >> 16) % 4 : _entries[r.key].partner;
        address by = action == REVOKE_BY_KEY ? r.key : seed >> 3 & 7 == 0 ? _anyKey(seed >> 20) : _masterOf(r.partner);
        if (by == address(0) || _privateKeyOf[by] == 0) return;
        bool good = _mayEnd(r.partner, r.key) && (by == r.key || isMasterOf(by, r.partner));
        bool done = false;
        try registry.revokeKey(r, _sign(by, HASHER.hash(r))) {
            done = true;
        } catch {}
        _count(action, good, done);
        if (done) _entries[r.key].until = uint40(block.timestamp);
    }

    // --- counting --------------------------------------------------------------------------------------------------

    function _count(uint256 action, bool expected, bool done) private {
        if (expected != done) disagreedOn = action;
        else if (done) ++successes[action];
        else ++refusals;
    }
}
