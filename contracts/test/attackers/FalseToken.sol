// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Says no by returning false instead of reverting, or says yes and moves nothing.
contract FalseToken {
    mapping(address holder => uint256 amount) public balanceOf;
    bool public answer;
    bool public moves = true;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function set(bool answer_, bool moves_) external {
        answer = answer_;
        moves = moves_;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (moves) {
            balanceOf[from] -= amount;
            balanceOf[to] += amount;
        }
        return answer;
    }
}
