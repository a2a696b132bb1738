// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @title What every contract that takes records has in common: the event that carries the whole record
/// @notice `eip712Domain` (EIP-5267) tells under which domain its records are signed. In all interfaces `@custom:reverts`
/// names the errors with which a function refuses. Whatever takes signatures also refuses those that are not canonical, with
/// the errors of OpenZeppelin's `ECDSA`.
interface IRecorder is IERC5267 {
    /// @notice A record was taken.
    /// @param id The record's EIP-712 digest.
    /// @param recordType The number of its type.
    /// @param call The raw call: the record as the contract received it, extra arguments, signatures.
    /// @param outcomes One byte an item; one byte for a record without items.
    event Recorded(bytes32 indexed id, uint8 indexed recordType, bytes call, bytes outcomes);
}
