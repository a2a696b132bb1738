// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A call that can cost no more than its gas, whatever it answers
library BoundedCall {
    /// @dev Call `target` and keep at most `most` bytes of the reason if it fails, none of what it returns if not. Solidity
    /// would copy all that the target hands back, at the caller's cost.
    /// @param gasLimit What the call gets, if the caller has so much: see EIP-150.
    function attempt(address target, uint256 gasLimit, bytes calldata data, uint256 most)
        internal
        returns (bool done, bytes memory reason)
    {
        assembly ("memory-safe") {
            // The call data lies beyond the free pointer, where the next one will lie too.
            reason := mload(0x40)
            calldatacopy(reason, data.offset, data.length)
            done := call(gasLimit, target, 0, reason, data.length, 0, 0)
            let size := 0
            if iszero(done) {
                size := returndatasize()
                if gt(size, most) { size := most }
            }
            mstore(reason, size)
            returndatacopy(add(reason, 0x20), 0, size)
            mstore(0x40, and(add(add(reason, size), 0x3f), not(0x1f)))
        }
    }
}
