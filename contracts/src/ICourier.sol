// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPartnerRegistry} from "./IPartnerRegistry.sol";

/// @title Many signed calls to the consortium's contracts in one transaction
/// @notice It keeps nothing, owns nothing, may do nothing that a stranger may not, and anyone may deploy one or use this
/// one: contracts judge what is signed, not who brings it. It calls the registry and the contracts in force and nobody
/// else, so no caller leads it anywhere. A call has the effects, events and outcomes that it has when it is sent alone.
interface ICourier {
    /// @notice One call.
    struct Parcel {
        uint8 kind; // of contract, one of `ContractKinds`; 0: the registry itself
        uint32 gas; // what the call may use, at most
        bytes data; // the call
    }

    /// @notice A reason to refuse: the funder of a pool is whoever calls, so this call is never carried.
    error CourierNeverFunds();
    /// @notice A reason to refuse: no contract of this kind is in force.
    error CourierNoContract(uint8 kind);

    /// @notice A call failed, and changed nothing.
    /// @param call keccak256 of the parcel's data.
    /// @param reason Its revert data, the first 256 bytes. Empty where none was given, as when it ran out of its gas:
    /// then nobody has judged the record.
    event Refused(bytes32 indexed call, bytes reason);
    /// @notice The first `carried` of so many parcels were called; for the others the gas did not suffice, and nothing
    /// happened to them.
    event Carried(uint256 carried, uint256 parcels);

    /// @notice Call the contracts in the order of the parcels. One that fails stops no other. Where what is left of the
    /// transaction's gas would not give a call all the gas that its parcel names, this is the end, but no failure.
    /// @param parcels The calls.
    /// @return carried How many were called, those that failed too.
    /// @custom:refuses CourierNeverFunds CourierNoContract
    function carry(Parcel[] calldata parcels) external returns (uint256 carried);

    /// @notice Whose contracts it calls.
    /// @return The registry of the consortium.
    function registry() external view returns (IPartnerRegistry);
}
