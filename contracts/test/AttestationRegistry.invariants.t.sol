// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttestationRegistry} from "../src/IAttestationRegistry.sol";
import {Attestation, Recall, Revocation} from "../src/Records.sol";
import {AttestationFixture} from "./AttestationRegistry.t.sol";
import {VM} from "./Vm.sol";

/// @notice Plays an issuer, a brand, an authority and somebody without a role, who attest, revoke, recall and supersede what
/// they may and what they may not, and keeps its own account of it.
contract AttestationHandler is AttestationFixture {
    struct Account {
        uint8 kind;
        uint40 by;
        uint40 recordedAt;
        uint40 revokedFrom;
        uint8 reason;
    }

    bytes32[] public ids;
    mapping(bytes32 id => Account) private _accounts;
    string[3] private _subjects = [SUBJECT, "01/09506000134352", "partner/7"];
    mapping(uint256 subject => bool) private _attested;

    uint256 public turns;
    uint256[5] public happened; // attested, revoked, recalled, superseded, refused
    bool public surprised;

    function count() external view returns (uint256) {
        return ids.length;
    }

    function accountOf(bytes32 id) external view returns (Account memory) {
        return _accounts[id];
    }

    function entryOf(bytes32 id) external view returns (IAttestationRegistry.Entry memory) {
        return attestations.entryOf(id);
    }

    function lastSchemaOf(uint256 subject) external view returns (bytes32 expected, bytes32 schema) {
        expected = _attested[subject] ? SCHEMA : bytes32(0);
        schema = attestations.lastSchema(ISSUER, keccak256(bytes(_subjects[subject])));
    }

    function act(uint256 seed) external {
        seed = uint256(keccak256(abi.encode(seed, ++turns)));
        VM.warp(block.timestamp + seed % 100);
        seed >>= 8;
        uint256 which = seed % 3;
        // What has not happened yet comes in every second turn.
        if (seed >> 4 & 1 == 0) which = happened[1] == 0 ? 1 : happened[2] == 0 || happened[3] == 0 ? 2 : which;
        if (which == 0 || ids.length == 0) _attest(seed >> 8);
        else if (which == 1) _revoke(seed >> 8);
        else _recall(seed >> 8);
    }

    function _attest(uint256 seed) private {
        uint40 by = seed % 3 == 0 ? OTHER : ISSUER;
        Attestation memory r = attestation(by, SCHEMA, _subjects[(seed >> 8) % 3]);
        r.details = bytes32(seed >> 16);
        try this.attestOut(r, keyOf(seed >> 4 & 7 == 0 ? BRAND : by)) returns (bytes32 id) {
            if (by != ISSUER || seed >> 4 & 7 == 0) surprised = true;
            _add(id, 10, by);
            _attested[(seed >> 8) % 3] = true;
            ++happened[0];
        } catch {
            if (by == ISSUER && seed >> 4 & 7 != 0) surprised = true;
            ++happened[4];
        }
    }

    function _revoke(uint256 seed) private {
        if (ids.length == 0) return;
        bytes32 target = ids[seed % ids.length];
        Account storage a = _accounts[target];
        uint40 by = seed >> 8 & 3 == 0 ? OTHER : a.by;
        uint40 from = uint40(seed >> 16) % 1000;
        Revocation memory r = Revocation(by, target, uint8(seed >> 60) % 5 + 1, from, bytes32(seed >> 64));
        bool may = by == a.by && (a.reason == 0 || from < a.revokedFrom);
        try this.revokeOut(r, keyOf(by)) {
            if (!may) surprised = true;
            (a.revokedFrom, a.reason) = (from, r.reason);
            ++happened[1];
        } catch {
            if (may) surprised = true;
            ++happened[4];
        }
    }

    function _recall(uint256 seed) private {
        uint40 by = uint40(seed % 4) + 1;
        uint256 subject = (seed >> 8) % 3;
        Recall memory r = recalling(by, _subjects[subject]);
        r.details = bytes32(seed >> 16);
        bool may = by == AUTHORITY || (by == BRAND && subject < 2) || (by == ISSUER && _attested[subject]);
        if (ids.length != 0 && seed >> 12 & 1 == 0) {
            r.supersedes = ids[(seed >> 32) % ids.length];
            // Mostly a recall, if there is one.
            for (uint256 i = 0; i < ids.length && seed >> 13 & 3 != 0; ++i) {
                bytes32 id = ids[((seed >> 32) + i) % ids.length];
                if (_accounts[id].kind == 12) r.supersedes = id;
            }
            Account storage before = _accounts[r.supersedes];
            may = may && before.kind == 12 && (before.by == by || by == AUTHORITY);
        }
        try this.recallOut(r, keyOf(by)) returns (bytes32 id) {
            if (!may) surprised = true;
            _add(id, 12, by);
            ++happened[r.supersedes == 0 ? 2 : 3];
        } catch {
            if (may) surprised = true;
            ++happened[4];
        }
    }

    function _add(bytes32 id, uint8 kind, uint40 by) private {
        ids.push(id);
        _accounts[id] = Account(kind, by, uint40(block.timestamp), 0, 0);
    }

    function attestOut(Attestation calldata r, uint256 key) external returns (bytes32) {
        return attest(r, key);
    }

    function revokeOut(Revocation calldata r, uint256 key) external returns (bytes32) {
        return revoke(r, key);
    }

    function recallOut(Recall calldata r, uint256 key) external returns (bytes32) {
        return recall(r, key);
    }
}

/// @notice What holds whatever anybody submits:
///
/// 1. Taken is what the author may say, and nothing else; each kind of record has been taken, and some refused.
/// 2. An entry keeps its kind, its author and its time for ever; only its author revokes it, and only ever from earlier on.
/// 3. The schema that a partner last attested for a subject is remembered.
/// forge-config: default.invariant.runs = 8
/// forge-config: default.invariant.depth = 120
/// forge-config: mutants.invariant.runs = 2
/// forge-config: mutants.invariant.depth = 120
contract AttestationRegistryInvariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev A run of 120 calls has more.
    uint256 private constant LEAST_TURNS = 90;

    AttestationHandler private _handler;

    function setUp() public {
        _handler = new AttestationHandler();
    }

    /// @notice Asked by forge: what to call.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](1);
        actions[0] = AttestationHandler.act.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: actions});
    }

    /// @notice Asked by forge: nobody else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice After every call: the answer, and one entry in turn.
    function invariant_AttestationsHold() external view {
        require(!_handler.surprised(), "1: taken or refused otherwise than the rules say");
        uint256 count = _handler.count();
        if (count != 0) _compare(_handler.ids(_handler.turns() % count));
        (bytes32 expected, bytes32 schema) = _handler.lastSchemaOf(_handler.turns() % 3);
        require(schema == expected, "3: the schema last attested");
    }

    /// @notice At the end of each run: every entry, and that everything has happened.
    function afterInvariant() external view {
        for (uint256 i = 0; i < _handler.count(); ++i) {
            _compare(_handler.ids(i));
        }
        // Not of the few calls that forge repeats from a run that failed.
        for (uint256 i = 0; i < 5 && _handler.turns() >= LEAST_TURNS; ++i) {
            require(_handler.happened(i) > 0, "1: something has never happened");
        }
    }

    function _compare(bytes32 id) private view {
        AttestationHandler.Account memory account = _handler.accountOf(id);
        IAttestationRegistry.Entry memory entry = _handler.entryOf(id);
        require(entry.kind == account.kind && entry.by == account.by, "2: kind and author");
        require(entry.recordedAt == account.recordedAt, "2: time");
        require(entry.revokedFrom == account.revokedFrom && entry.reason == account.reason, "2: revocation");
    }
}
