// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {IRecorder} from "./IRecorder.sol";

/// @title What all contracts beside the registry have in common
/// @notice Immutable and without an owner. The council closes one by a `RegistryChange` and opens its successor, which
/// reads what it does not know from its closed predecessor. Two contracts of a kind are never in force together. Whether a
/// contract is in force only the registry says (`isOpen`, `addressInfo`), and every record asks it.
interface IEvidenceContract is IRecorder {
    /// @notice The constructor was given no registry.
    error EvidenceNoRegistry();
    /// @notice The constructor was given the new contract's own address as predecessor.
    error EvidenceOwnPredecessor(address predecessor);
    /// @notice Not `expected` signatures of 65 bytes.
    error EvidenceSignatureLength(uint256 expected, uint256 length);
    /// @notice `occurredAt` is more than 15 minutes ahead of the block.
    error EvidenceFromTheFuture(uint40 occurredAt, uint256 blockTime);
    /// @notice `submitBy` has passed.
    error EvidenceTooLate(uint40 submitBy, uint256 blockTime);

    /// @notice The registry of the consortium whose records these are.
    /// @return The registry's address.
    function registry() external view returns (IPartnerRegistry);

    /// @notice The closed contract whose state this one continues.
    /// @return Its address; zero for none.
    function predecessor() external view returns (address);

    /// @notice Kind of contract: 1 custody, 2 clearance, 3 attestation, 4 bonus, 5 anchor.
    /// @return One of `ContractKinds`.
    function kind() external view returns (uint8);
}
