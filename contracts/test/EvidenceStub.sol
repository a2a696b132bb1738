// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPartnerRegistry} from "../src/IPartnerRegistry.sol";

/// @notice Says what an evidence contract says of itself, and does nothing else: the registry asks no more of one.
contract EvidenceStub {
    uint8 public immutable kind;
    IPartnerRegistry public immutable registry;
    address public immutable predecessor;

    constructor(uint8 kind_, IPartnerRegistry registry_, address predecessor_) {
        kind = kind_;
        registry = registry_;
        predecessor = predecessor_;
    }
}
