// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Everybody's balance is a share of a supply that somebody changes at will.
contract RebaseToken {
    mapping(address holder => uint256 shares) private _shares;
    uint256 public percent = 100;

    function mint(address to, uint256 amount) external {
        _shares[to] += amount;
    }

    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    function balanceOf(address holder) external view returns (uint256) {
        return _shares[holder] * percent / 100;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        uint256 shares = amount * 100 / percent;
        _shares[from] -= shares;
        _shares[to] += shares;
        return true;
    }
}
