// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {IRecorder} from "./IRecorder.sol";

/// @title What all contracts beside the registry have in common
/// @notice Immutable and without an owner. The council closes one by a `RegistryChange` and opens its successor, which
/// reads what it does not know from its closed predecessor. Two contracts of a kind are never in force together.
interface IEvidenceContract is IRecorder {
    /// @notice This contract is out of force for good: the registry never opens an address again.
    event Closed(uint8 indexed kind);

    /// @notice The constructor was given no registry, or itself as predecessor.
    error EvidenceBadConstruction();
    /// @notice The council has not closed this contract, or its last moment is still to come.
    error EvidenceStillOpen(uint40 until);
    error EvidenceAlreadyClosed();
    /// @notice Not `expected` signatures of 65 bytes.
    error EvidenceSignatureLength(uint256 expected, uint256 length);
    /// @notice `occurredAt` is more than 15 minutes ahead of the block.
    error EvidenceFromTheFuture(uint40 occurredAt, uint256 blockTime);
    /// @notice `submitBy` has passed.
    error EvidenceTooLate(uint40 submitBy, uint256 blockTime);

    /// @notice Mark this contract as closed, once the registry says so. Anyone may; the council decided.
    function close() external;

    /// @notice Whether `close` was called.
    function closed() external view returns (bool);

    function registry() external view returns (IPartnerRegistry);

    /// @notice The closed contract whose state this one continues; zero for none.
    function predecessor() external view returns (address);

    /// @notice Kind of contract: 1 custody, 2 clearance, 3 attestation, 4 bonus, 5 anchor.
    function kind() external view returns (uint8);
}
