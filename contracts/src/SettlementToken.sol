// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A plain token for settling bonuses in demos and pilots
/// @notice One base unit is one minor unit of the currency that it stands for, so two decimals. The whole supply goes to one
/// holder at the start; nobody can make more of it afterwards.
contract SettlementToken is ERC20 {
    constructor(string memory name_, string memory symbol_, address holder, uint256 supply) ERC20(name_, symbol_) {
        _mint(holder, supply);
    }

    /// @notice Minor units, as of euro and dollar.
    function decimals() public pure override returns (uint8) {
        return 2;
    }
}
