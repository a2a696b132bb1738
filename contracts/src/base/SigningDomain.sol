// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title EIP-712 domains of Lading
/// @notice Evidence binds the consortium only, so that contracts can be replaced and chains moved. The bonus family moves
/// money and binds chain and contract too.
library SigningDomain {
    /// @notice What EIP-5267 calls `fields`: which parts a domain has. Bit 0 name, 1 version, 2 chain, 3 contract, 4 salt.
    bytes1 internal constant EVIDENCE_FIELDS = 0x13;
    bytes1 internal constant MONEY_FIELDS = 0x1f;

    string internal constant NAME = "Lading";
    string internal constant VERSION = "1";

    bytes32 private constant EVIDENCE = keccak256("EIP712Domain(string name,string version,bytes32 salt)");
    bytes32 private constant MONEY =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    bytes32 private constant NAME_HASH = keccak256(bytes(NAME));
    bytes32 private constant VERSION_HASH = keccak256(bytes(VERSION));

    /// @notice Domain separator of all records but the bonus family.
    function evidence(bytes32 consortiumId) internal pure returns (bytes32) {
        return keccak256(abi.encode(EVIDENCE, NAME_HASH, VERSION_HASH, consortiumId));
    }

    /// @notice Domain separator of the bonus family, for the executing contract on the executing chain.
    function money(bytes32 consortiumId) internal view returns (bytes32) {
        return keccak256(abi.encode(MONEY, NAME_HASH, VERSION_HASH, block.chainid, address(this), consortiumId));
    }

    /// @notice What is signed: the record's id.
    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }
}
