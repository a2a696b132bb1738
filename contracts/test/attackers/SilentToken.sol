// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Moves what it is told and returns nothing at all, as some old tokens do; or reverts for an address it dislikes.
contract SilentToken {
    mapping(address holder => uint256 amount) public balanceOf;
    address public blocked;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function blockAddress(address holder) external {
        blocked = holder;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        require(to != blocked, "blocked");
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}
