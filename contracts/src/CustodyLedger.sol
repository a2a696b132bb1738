// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContractKinds} from "./Codes.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {ClearanceGate} from "./base/ClearanceGate.sol";
import {EvidenceContract} from "./base/EvidenceContract.sol";
import {Moving} from "./base/Moving.sol";
import {Opening} from "./base/Opening.sol";
import {Splitting} from "./base/Splitting.sol";
import {Stating} from "./base/Stating.sol";

/// @title Custody, see `ICustodyLedger`; `ledger/custody/rules.py` decides the same
contract CustodyLedger is Opening, Moving, Splitting, Stating, ClearanceGate {
    /// @param registry_ The consortium's registry.
    /// @param predecessor_ The custody ledger whose state this one continues; zero for none.
    constructor(IPartnerRegistry registry_, address predecessor_)
        EvidenceContract(registry_, predecessor_, ContractKinds.CUSTODY)
    {}
}
