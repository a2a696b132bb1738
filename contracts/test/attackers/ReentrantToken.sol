// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Calls back before it moves anything, with whatever call it was loaded with.
contract ReentrantToken is ERC20 {
    address private _target;
    bytes private _call;

    uint256 public attempts;
    uint256 public successes;
    bytes public answer;

    constructor() ERC20("Reentrant", "RE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice From now on every transfer calls `target` first; no target: a well-behaved token.
    function load(address target, bytes calldata call) external {
        _target = target;
        _call = call;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (_target != address(0) && from != address(0)) {
            ++attempts;
            (bool ok, bytes memory returned) = _target.call(_call);
            if (ok) ++successes;
            answer = returned;
        }
        super._update(from, to, amount);
    }
}
