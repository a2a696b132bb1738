// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What every contract that takes records has in common: the event that carries the whole record
interface IRecorder {
    /// @notice A record was taken.
    /// @param id The record's EIP-712 digest.
    /// @param recordType The number of its type.
    /// @param call The raw call: the record as the contract received it, extra arguments, signatures.
    /// @param outcomes One byte an item; one byte for a record without items.
    event Recorded(bytes32 indexed id, uint8 indexed recordType, bytes call, bytes outcomes);
}
