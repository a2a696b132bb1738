// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContractKinds} from "../Codes.sol";
import {IEvidenceContract} from "../IEvidenceContract.sol";
import {RegistryChange} from "../Records.sol";
import {RegistrySlots} from "./RegistrySlots.sol";
import {RegistryStore} from "./RegistryStore.sol";

/// @title What the consortium runs on: logs with their anchor keys, the contracts in force, the rules adopted
abstract contract LogsAndContracts is RegistryStore {
    using RegistrySlots for uint256;

    // --- logs ------------------------------------------------------------------------------------------------------

    function _registerLog(RegistryChange calldata r) internal {
        _requireKnown(r.partner);
        if (r.scope == 0) revert PartnerRegistryNoLogId();
        if (_logs[r.scope].key != address(0)) revert PartnerRegistryLogKnown(r.scope);
        if (r.document == 0) {
            if (r.number != 0) revert PartnerRegistryNoPredecessor(r.number);
        } else if (_logs[r.document].key == address(0)) {
            revert PartnerRegistryUnknownLog(r.document);
        }
        uint40 from = _effectiveFromFor(r.partner, r.notBefore);
        _enter(r.key, AddressKind.ANCHOR_KEY, r.partner, from, 0);
        _logs[r.scope] = Log({
            key: r.key, from: from, until: RegistrySlots.NO_END, predecessor: r.document, predecessorSize: r.number
        });
    }

    function _retireLog(bytes32 logId) internal {
        Log storage log = _logs[logId];
        address key = log.key;
        if (key == address(0)) revert PartnerRegistryUnknownLog(logId);
        if (log.until != RegistrySlots.NO_END) revert PartnerRegistryLogRetired(logId, log.until);
        log.until = uint40(block.timestamp);
        _addresses[key] = _addresses[key].withEnd(block.timestamp);
    }

    // --- contracts -------------------------------------------------------------------------------------------------

    function _openContract(uint40 kind, address key, uint40 from) internal {
        _requireContractKind(kind);
        ContractsOfKind storage contracts = _contracts[kind];
        if (contracts.latest != address(0)) {
            uint40 ends = _addresses[contracts.latest].until();
            if (ends == RegistrySlots.NO_END) revert PartnerRegistryKindOpen(uint8(kind), contracts.latest);
            // The one before the latest would be forgotten while it is still in force.
            if (contracts.before != address(0) && _addresses[contracts.before].until() > block.timestamp) {
                revert PartnerRegistryStillClosing(uint8(kind), contracts.before, _addresses[contracts.before].until());
            }
            if (from < ends) from = ends;
        }
        _enterAddress(
            key,
            RegistrySlots.Address({
                kind: AddressKind.CONTRACT,
                partner: 0,
                from: from,
                until: RegistrySlots.NO_END,
                actor: 0,
                contractKind: uint8(kind),
                scopes: 0
            })
        );
        _requireSuccessor(uint8(kind), key, contracts.latest);
        contracts.before = contracts.latest;
        contracts.latest = key;
    }

    /// @dev A successor that continued another history would let a stranger replay every old opening; an address without
    /// code, opened as clearance ledger, would end any shipment.
    function _requireSuccessor(uint8 kind, address candidate, address latest) private view {
        bool fits = _answers(candidate, IEvidenceContract.kind.selector, kind)
            && _answers(candidate, IEvidenceContract.registry.selector, uint160(address(this)))
            && _answers(candidate, IEvidenceContract.predecessor.selector, uint160(latest));
        if (!fits) revert PartnerRegistryWrongContract(kind, candidate, latest);
    }

    /// @dev Whether a view answers one word, this one. What has no code answers nothing.
    function _answers(address candidate, bytes4 view_, uint256 expected) private view returns (bool) {
        (bool done, bytes memory answer) = candidate.staticcall(abi.encodeWithSelector(view_));
        return done && answer.length == 32 && uint256(bytes32(answer)) == expected;
    }

    function _closeContract(uint40 kind, address key, uint40 until) internal {
        _requireContractKind(kind);
        uint256 word = _addresses[key];
        if (word.contractKind() != kind) revert PartnerRegistryUnknownContract(uint8(kind), key);
        _requireLasting(key, word);
        _addresses[key] = word.withEnd(until);
    }

    function _requireContractKind(uint40 kind) private pure {
        if (kind == 0 || kind > ContractKinds.LAST) revert PartnerRegistryUnknownContractKind(kind);
    }

    // --- rules -----------------------------------------------------------------------------------------------------

    function _adoptRules(bytes32 document, uint40 start) internal {
        if (document == 0) revert PartnerRegistryNoDocument();
        if (_rules[document] != 0) revert PartnerRegistryRulesKnown(document);
        _rules[document] = uint256(start) + 1;
    }
}
