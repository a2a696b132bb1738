// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PartnerRegistry} from "../src/PartnerRegistry.sol";
import {RegistryChange} from "../src/Records.sol";
import {SigningDomain} from "../src/base/SigningDomain.sol";
import {RecordHasher} from "./RecordHasher.sol";
import {IRecorder} from "../src/IRecorder.sol";
import {VM, Vm} from "./Vm.sol";

/// @notice A registry with one council member and no delay unless a fixture wants one, and what it takes to fill it.
abstract contract Consortium {
    uint8 internal constant ADMIT = 1;
    uint8 internal constant SUSPEND = 2;
    uint8 internal constant ADD_KEY = 4;
    uint8 internal constant REVOKE_KEY = 5;
    uint8 internal constant GRANT_ROLE = 6;
    uint8 internal constant REVOKE_ROLE = 7;
    uint8 internal constant REGISTER_LOG = 11;
    uint8 internal constant RETIRE_LOG = 12;
    uint8 internal constant OPEN_CONTRACT = 13;
    uint8 internal constant CLOSE_CONTRACT = 14;

    bytes32 internal constant CONSORTIUM_ID = keccak256("a consortium of tests");
    uint256 internal constant COUNCIL_KEY = 0xC0;
    uint256 internal constant START = 1_760_000_000;

    RecordHasher internal immutable hasher = new RecordHasher();
    PartnerRegistry internal registry;
    uint40 private _sequence;

    constructor() {
        VM.warp(START);
        address[] memory council = new address[](1);
        council[0] = VM.addr(COUNCIL_KEY);
        registry = new PartnerRegistry(CONSORTIUM_ID, 1, delay(), council);
    }

    /// @notice Seconds until changes are in force.
    function delay() internal pure virtual returns (uint40) {
        return 0;
    }

    /// @notice The private key of a partner's first master key.
    function keyOf(uint40 partner) internal pure returns (uint256) {
        return 0xA000 + uint256(partner);
    }

    function admit(uint40 partner) internal {
        change(ADMIT, partner, VM.addr(keyOf(partner)), 0, bytes32(uint256(partner)));
    }

    function change(uint8 action, uint40 partner, address key, uint40 number, bytes32 document) internal {
        _record(
            RegistryChange({
                sequence: ++_sequence,
                notBefore: 0,
                action: action,
                partner: partner,
                key: key,
                role: 0,
                scope: 0,
                number: number,
                document: document
            })
        );
    }

    function grant(uint40 partner, uint8 role) internal {
        grant(partner, role, 0);
    }

    function grant(uint40 partner, uint8 role, bytes32 scope) internal {
        _record(
            RegistryChange({
                sequence: ++_sequence,
                notBefore: 0,
                action: GRANT_ROLE,
                partner: partner,
                key: address(0),
                role: role,
                scope: scope,
                number: 0,
                document: 0
            })
        );
    }

    function revokeRole(uint40 partner, uint8 role, bytes32 scope) internal {
        _record(
            RegistryChange({
                sequence: ++_sequence,
                notBefore: 0,
                action: REVOKE_ROLE,
                partner: partner,
                key: address(0),
                role: role,
                scope: scope,
                number: 0,
                document: 0
            })
        );
    }

    /// @notice A change was recorded past the helpers here.
    function skipSequence() internal {
        ++_sequence;
    }

    function registerLog(uint40 operator, address key, bytes32 log) internal {
        _record(
            RegistryChange({
                sequence: ++_sequence,
                notBefore: 0,
                action: REGISTER_LOG,
                partner: operator,
                key: key,
                role: 0,
                scope: log,
                number: 0,
                document: 0
            })
        );
    }

    function retireLog(bytes32 log) internal {
        _record(
            RegistryChange({
                sequence: ++_sequence,
                notBefore: 0,
                action: RETIRE_LOG,
                partner: 0,
                key: address(0),
                role: 0,
                scope: log,
                number: 0,
                document: 0
            })
        );
    }

    function _record(RegistryChange memory r) private {
        bytes32 id = SigningDomain.digest(SigningDomain.evidence(CONSORTIUM_ID), hasher.hash(r));
        registry.change(r, signature(COUNCIL_KEY, id));
    }

    /// @notice The type and outcomes that the only `Recorded` since `VM.recordLogs` carries; it names this id and this call.
    function recorded(bytes32 id, bytes memory call) internal returns (uint8 recordType, bytes memory outcomes) {
        Vm.Log[] memory logs = VM.getRecordedLogs();
        uint256 count = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IRecorder.Recorded.selector) continue;
            ++count;
            require(logs[i].topics[1] == id, "the record's id");
            recordType = uint8(uint256(logs[i].topics[2]));
            bytes memory carried;
            (carried, outcomes) = abi.decode(logs[i].data, (bytes, bytes));
            require(keccak256(carried) == keccak256(call), "the event carries the call");
        }
        require(count == 1, "one Recorded for one record");
    }

    /// @notice The next call reverts with this error: its signature and its arguments, encoded.
    function expectError(string memory name, bytes memory arguments) internal {
        VM.expectRevert(bytes.concat(bytes4(keccak256(bytes(name))), arguments));
    }

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
