// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Takes a fee out of every transfer: from what arrives, or on top from the sender.
contract FeeToken is ERC20 {
    address private constant COLLECTOR = address(0xFEE);

    uint256 public fee;
    bool public fromSender;

    constructor() ERC20("Fee", "FEE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setFee(uint256 fee_, bool fromSender_) external {
        fee = fee_;
        fromSender = fromSender_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0) || fee == 0) return super._update(from, to, amount);
        super._update(from, COLLECTOR, fee);
        super._update(from, to, fromSender ? amount : amount - fee);
    }
}
