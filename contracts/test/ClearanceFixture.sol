// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClearanceLedger} from "../src/ClearanceLedger.sol";
import {CustodyLedger} from "../src/CustodyLedger.sol";
import {Clearance, Require, ShipmentRef, ShipmentTerms} from "../src/Records.sol";
import {SigningDomain} from "../src/base/SigningDomain.sol";
import {Consortium} from "./Consortium.sol";

/// @dev The status graph in plain words of code, from the rules and not from the contract.
function mayFollow(uint8 before, uint8 status) pure returns (bool) {
    if (status == 1) return false; // lodged is recorded and changes no slot
    if (before == 10) return false; // destroyed
    if (before == 9) return status == 10; // seized: destroyed
    if (before == 5 || before == 6 || before == 11) {
        // released, with conditions, recalled: held, released, with conditions, amended, seized, destroyed, recalled
        return status == 3 || status == 5 || status == 6 || status >= 8;
    }
    return status != 11;
}

/// @notice Custody and clearance with a maker, a retailer and German customs.
abstract contract ClearanceFixture is Consortium {
    uint40 internal constant MAKER = 1;
    uint40 internal constant RETAILER = 2;
    uint40 internal constant CUSTOMS = 3;

    bytes2 internal constant DE = "DE";
    uint8 internal constant IMPORT = 1;

    CustodyLedger internal immutable custody;
    ClearanceLedger internal immutable clearance;

    constructor() {
        custody = new CustodyLedger(registry, address(0));
        clearance = new ClearanceLedger(registry, address(0));
        for (uint40 partner = 1; partner <= CUSTOMS; ++partner) {
            admit(partner);
        }
        grant(MAKER, 1);
        grant(RETAILER, 8);
        grant(CUSTOMS, 5, "DE");
        change(OPEN_CONTRACT, 0, address(custody), 1, 0);
        change(OPEN_CONTRACT, 0, address(clearance), 2, 0);
    }

    /// @notice A shipment to RETAILER that requires a German import clearance at delivery.
    function open(uint256 salt) internal returns (bytes32 id) {
        ShipmentTerms memory r;
        r.salt = bytes16(uint128(salt));
        r.consignor = MAKER;
        r.consignee = RETAILER;
        r.holder = MAKER;
        r.purpose = 1;
        r.packages = 10;
        r.requires = new Require[](1);
        r.requires[0] = Require({jurisdiction: DE, regime: IMPORT, gate: 2, relay: false});
        r.submitBy = type(uint40).max;
        id = _id(hasher.hash(r));
        custody.open(r, signature(keyOf(MAKER), id));
    }

    /// @notice Customs' own record about items at the sequences given.
    function record(ShipmentRef[] memory items, uint8 status) internal pure returns (Clearance memory r) {
        r.by = CUSTOMS;
        r.items = items;
        r.jurisdiction = DE;
        r.regime = IMPORT;
        r.status = status;
        if (status == 3) r.holdCause = 1;
        r.assurance = 3;
    }

    function one(bytes32 shipment, uint16 sequence) internal pure returns (ShipmentRef[] memory items) {
        items = new ShipmentRef[](1);
        items[0] = ShipmentRef({shipment: shipment, sequence: sequence});
    }

    function submit(Clearance memory r) internal {
        clearance.clear(r, signature(keyOf(r.by), _id(hasher.hash(r))));
    }

    function _id(bytes32 structHash) internal pure returns (bytes32) {
        return SigningDomain.digest(SigningDomain.evidence(CONSORTIUM_ID), structHash);
    }
}
