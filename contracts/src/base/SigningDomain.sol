// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title EIP-712 domains of Lading
/// @notice Evidence binds the consortium only, so that contracts can be replaced and chains moved. The bonus family moves
/// money and binds chain and contract too.
library SigningDomain {
    bytes32 private constant EVIDENCE = keccak256("EIP712Domain(string name,string version,bytes32 salt)");
    bytes32 private constant MONEY =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    bytes32 private constant NAME = keccak256("Lading");
    bytes32 private constant VERSION = keccak256("1");

    /// @notice Domain separator of all records but the bonus family.
    function evidence(bytes32 consortiumId) internal pure returns (bytes32) {
        return keccak256(abi.encode(EVIDENCE, NAME, VERSION, consortiumId));
    }

    /// @notice Domain separator of the bonus family, for the executing contract on the executing chain.
    function money(bytes32 consortiumId) internal view returns (bytes32) {
        return keccak256(abi.encode(MONEY, NAME, VERSION, block.chainid, address(this), consortiumId));
    }

    /// @notice What is signed: the record's id.
    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }
}
