// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPartnerRegistry} from "../../src/IPartnerRegistry.sol";
import {EvidenceStub} from "../EvidenceStub.sol";

/// @notice A contract that the council opened and should not have: whatever it is called with, it does as it was told.
contract HostileContract is EvidenceStub {
    enum Manner {
        OBEDIENT,
        BOMB, // reverts with a megabyte
        FLOOD, // returns a megabyte
        BURNER, // uses all that it gets
        SILENT, // reverts without a reason
        BACK // calls somebody else first
    }

    uint256 private constant MEGABYTE = 1 << 20;

    Manner private _manner;
    address private _target;
    bytes private _call;

    uint256 public calls;
    address public caller;
    uint256 public given;

    constructor(uint8 kind_, IPartnerRegistry registry_) EvidenceStub(kind_, registry_, address(0)) {}

    function become(Manner manner) external {
        _manner = manner;
    }

    /// @notice From now on it calls `target` with `call` first.
    function load(address target, bytes calldata call) external {
        (_manner, _target, _call) = (Manner.BACK, target, call);
    }

    fallback() external {
        given = gasleft();
        if (_manner == Manner.BOMB) {
            assembly {
                revert(0, MEGABYTE)
            }
        } else if (_manner == Manner.FLOOD) {
            assembly {
                return(0, MEGABYTE)
            }
        } else if (_manner == Manner.BURNER) {
            assembly {
                invalid()
            }
        } else if (_manner == Manner.SILENT) {
            assembly {
                revert(0, 0)
            }
        } else if (_manner == Manner.BACK) {
            (bool done,) = _target.call(_call);
            require(done, "back");
        }
        ++calls;
        caller = msg.sender;
    }
}
