// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClearanceLedger} from "../src/ClearanceLedger.sol";
import {CustodyLedger} from "../src/CustodyLedger.sol";
import {Clearance, Handoff, HandoffItem, Require, ShipmentRef, ShipmentTerms} from "../src/Records.sol";
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

/// @notice Custody and clearance with a maker, a carrier, a retailer, German customs, a broker, and a maker who is customs
/// and broker too.
abstract contract ClearanceFixture is Consortium {
    uint40 internal constant MAKER = 1;
    uint40 internal constant CARRIER = 2;
    uint40 internal constant RETAILER = 3;
    uint40 internal constant CUSTOMS = 4;
    uint40 internal constant BROKER = 5;
    uint40 internal constant MIXED = 6;
    uint40 internal constant PARTNERS = 6;

    bytes2 internal constant DE = "DE";
    uint8 internal constant IMPORT = 1;

    uint8 internal constant APPLIED = 1;
    uint8 internal constant STALE = 3;
    uint8 internal constant UNKNOWN = 5;
    uint8 internal constant AHEAD = 9;
    uint8 internal constant FORBIDDEN = 10;

    CustodyLedger public immutable custody;
    ClearanceLedger public immutable clearance;

    constructor() {
        custody = new CustodyLedger(registry, address(0));
        clearance = new ClearanceLedger(registry, address(0));
        for (uint40 partner = 1; partner <= PARTNERS; ++partner) {
            admit(partner);
        }
        grant(MAKER, 1);
        grant(CARRIER, 2);
        grant(RETAILER, 8);
        grant(CUSTOMS, 5, "DE");
        grant(BROKER, 6);
        grant(MIXED, 1);
        grant(MIXED, 2);
        grant(MIXED, 5, "DE");
        grant(MIXED, 6);
        change(OPEN_CONTRACT, 0, address(custody), 1, 0);
        change(OPEN_CONTRACT, 0, address(clearance), 2, 0);
    }

    /// @notice A shipment to RETAILER that requires a German import clearance at delivery.
    function open(uint40 consignor, uint256 salt, bool relay) internal returns (bytes32 id) {
        ShipmentTerms memory r;
        r.salt = bytes16(uint128(salt));
        r.consignor = consignor;
        r.consignee = RETAILER;
        r.holder = consignor;
        r.purpose = 1;
        r.packages = 10;
        r.requires = new Require[](1);
        r.requires[0] = Require({jurisdiction: DE, regime: IMPORT, gate: 2, relay: relay});
        r.submitBy = type(uint40).max;
        id = _id(hasher.hash(r));
        custody.open(r, signature(keyOf(consignor), id));
    }

    /// @notice A record by `by` about items at the sequences given; customs' own assurance, or the word of a broker for which
    /// the consignee of every shipment answers.
    function record(uint40 by, ShipmentRef[] memory items, uint8 status) internal pure returns (Clearance memory r) {
        r.by = by;
        r.items = items;
        r.jurisdiction = DE;
        r.regime = IMPORT;
        r.status = status;
        if (status == 3) r.holdCause = 1;
        r.assurance = by == CUSTOMS ? 3 : 1;
        if (by != CUSTOMS) r.declarant = RETAILER;
    }

    function one(bytes32 shipment, uint16 sequence) internal pure returns (ShipmentRef[] memory items) {
        items = new ShipmentRef[](1);
        items[0] = ShipmentRef({shipment: shipment, sequence: sequence});
    }

    function submit(Clearance memory r) internal {
        bytes32 id = _id(hasher.hash(r));
        bytes memory signatures = signature(keyOf(r.by), id);
        if (r.assurance != 3) signatures = bytes.concat(signatures, signature(keyOf(r.declarant), id));
        clearance.clear(r, signatures);
    }

    function hand(bytes32 shipment, uint16 sequence, uint40 releaser, uint40 receiver) internal {
        Handoff memory r;
        r.items = new HandoffItem[](1);
        r.items[0] = HandoffItem({shipment: shipment, sequence: sequence, packages: 10, exceptions: 0});
        r.releaser = releaser;
        r.receiver = receiver;
        r.submitBy = type(uint40).max;
        bytes32 id = _id(hasher.hash(r));
        custody.handoff(r, bytes.concat(signature(keyOf(releaser), id), signature(keyOf(receiver), id)));
    }

    function _id(bytes32 structHash) internal pure returns (bytes32) {
        return SigningDomain.digest(SigningDomain.evidence(CONSORTIUM_ID), structHash);
    }
}
