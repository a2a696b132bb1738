// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPartnerRegistry} from "../src/IPartnerRegistry.sol";
import {PartnerRegistry} from "../src/PartnerRegistry.sol";
import {RegistryHandler} from "./RegistryHandler.sol";
import {RegistryModel} from "./RegistryModel.sol";

/// @notice What holds after any sequence of records, properly signed or not, at any time:
///
/// 1. The registry takes what the rules take and refuses what they refuse, and every action has succeeded in the end.
/// 2. What it says of every address, partner, role, log, contract and rule is what the rules say.
/// 3. As many council members are in force as must sign, and at least one must: the council can always act.
/// 4. At most one contract of a kind is in force, and the registry names it.
/// 5. A device key is in force for 90 days at most, and never signs the registry's own records or checkpoints.
/// 6. Nothing changes without its signers: fewer than the threshold, doubled signatures, strangers, others' master keys.
/// forge-config: default.invariant.runs = 8
/// forge-config: default.invariant.depth = 375
/// forge-config: mutants.invariant.runs = 2
/// forge-config: mutants.invariant.depth = 250
contract PartnerRegistryInvariants {
    /// @notice An action that the rules allow has not happened in a whole run: the other checks say nothing about it.
    error NeverSucceeded(uint256 action);

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev A run of 250 calls has more.
    uint256 private constant LEAST_TURNS = 120;

    RegistryHandler private _handler;
    PartnerRegistry private _registry;

    function setUp() public {
        _handler = new RegistryHandler();
        _registry = _handler.registry();
    }

    /// @notice Asked by forge: the actions to play.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](8);
        for (uint256 i = 0; i < 6; ++i) {
            actions[i] = RegistryHandler.act.selector;
        }
        actions[6] = RegistryHandler.actWait.selector;
        actions[7] = RegistryHandler.actStranger.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: actions});
    }

    /// @notice Asked by forge: nobody else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice After every call: what is cheap to ask, and one address, chosen by the number of calls.
    function invariant_TheRegistryHolds() external view {
        require(_handler.disagreedOn() == 0, "1: registry and rules do not agree");
        require(!_handler.strangerSucceeded(), "6: a stranger succeeded");
        uint256 turn = _registry.changes() + _handler.refusals();
        _compareAddress(turn % _handler.enteredCount());
        if (_handler.heldCount() != 0) _compareRole(turn % _handler.heldCount());
        _compareContracts();
    }

    /// @notice At the end of each run: everything, and that everything has happened.
    function afterInvariant() external view {
        // Not of the few calls that forge repeats from a run that failed.
        bool whole = _handler.turns() >= LEAST_TURNS;
        for (uint256 action = 1; action <= _handler.ACTIONS() && whole; ++action) {
            if (_handler.successes(action) == 0) revert NeverSucceeded(action);
        }
        require(!whole || _handler.refusals() > 0, "1: nothing was ever refused");
        _theCouncilCanAct();
        for (uint256 i = 0; i < _handler.enteredCount(); ++i) {
            _compareAddress(i);
        }
        for (uint256 i = 0; i < _handler.heldCount(); ++i) {
            _compareRole(i);
        }
        for (uint40 partner = 1; partner <= _handler.partners(); ++partner) {
            (uint40 since, uint40 suspendedUntil) = _registry.partnerInfo(partner);
            require(since == _handler.sinceOf(partner), "2: admitted");
            require(suspendedUntil == _handler.suspendedUntilOf(partner), "2: suspended");
        }
        _compareLogsAndRules();
    }

    function _theCouncilCanAct() private view {
        uint256 members = 0;
        for (uint256 i = 0; i < _handler.enteredCount(); ++i) {
            address key = _handler.entered(i);
            if (_handler.entryOf(key).kind == 3 && _handler.runs(key)) ++members;
        }
        uint256 needed = _registry.threshold();
        require(needed == _handler.thresholdNow(), "2: threshold");
        require(needed >= 1 && members >= needed, "3: members in force reach the threshold");
    }

    function _compareAddress(uint256 index) private view {
        address key = _handler.entered(index);
        RegistryModel.Entry memory entry = _handler.entryOf(key);
        (IPartnerRegistry.AddressKind kind, uint40 partner, uint40 actor, uint40 from, uint40 until, uint32 scopes) =
            _registry.addressInfo(key);
        require(uint8(kind) == entry.kind && partner == entry.partner && actor == entry.actor, "2: kind, partner, actor");
        require(from == entry.from && until == entry.until && scopes == entry.scopes, "2: times and scopes");
        if (entry.kind == 2) {
            require(until <= from || until - from <= 90 days, "5: 90 days at most");
            require(scopes != 0 && scopes & (7 | (1 << 16)) == 0 && scopes >> 22 == 0, "5: a partner's types only");
        }
        for (uint8 recordType = 0; recordType <= 33; recordType += 3) {
            uint40 owner = _handler.ownerFor(key, recordType);
            require(_registry.partnerOf(key, recordType) == owner, "2: whose key");
            (uint40 signer, uint256 roles, bool suspended) = _registry.signer(key, recordType);
            require(signer == owner, "2: who signs");
            require(suspended == (owner != 0 && _handler.isSuspended(owner)), "2: suspended");
            require(roles == (owner == 0 ? 0 : _handler.rolesOf(owner)), "2: roles in force");
        }
        for (uint8 contractKind = 0; contractKind <= 5; ++contractKind) {
            bool open = contractKind != 0 && entry.contractKind == contractKind && _handler.runs(key);
            require(_registry.isOpen(contractKind, key) == open, "2: open");
        }
    }

    function _compareRole(uint256 index) private view {
        RegistryModel.Held memory held = _handler.heldAt(index);
        bool expected = _handler.hasRoleNow(held.partner, held.role, held.scope);
        require(_registry.hasRole(held.partner, held.role, held.scope) == expected, "2: role");
    }

    function _compareContracts() private view {
        for (uint8 kind = 1; kind <= 5; ++kind) {
            address open = _registry.contractOf(kind);
            require(open == _handler.contractNow(kind), "4: the one in force");
            require(open == address(0) || _registry.isOpen(kind, open), "4: what is named is open");
        }
    }

    function _compareLogsAndRules() private view {
        for (uint256 i = 0; i < _handler.logCount(); ++i) {
            RegistryModel.LogEntry memory log = _handler.logAt(i);
            (address key, uint40 partner, bytes32 predecessor, uint40 size) = _registry.logInfo(log.id);
            require(key == log.key && partner == _handler.entryOf(log.key).partner, "2: log");
            require(predecessor == log.predecessor && size == log.predecessorSize, "2: what the log goes on from");
            require(_registry.anchorKey(log.id) == (_handler.runs(key) ? key : address(0)), "2: anchor key");
        }
        for (uint256 i = 0; i < _handler.documentCount(); ++i) {
            (bytes32 document, uint40 start) = _handler.documentAt(i);
            require(_registry.rulesFrom(document) == start, "2: rules");
        }
    }
}
