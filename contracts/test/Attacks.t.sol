// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AttestationRegistry} from "../src/AttestationRegistry.sol";
import {ClearanceLedger} from "../src/ClearanceLedger.sol";
import {PartnerRegistry} from "../src/PartnerRegistry.sol";
import {
    Attestation,
    Clearance,
    Handoff,
    HandoffItem,
    Recall,
    Require,
    ShipmentRef,
    ShipmentTerms
} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {SigningDomain} from "../src/base/SigningDomain.sol";
import {CustodyFixture} from "./CustodyFixture.sol";
import {VM} from "./Vm.sol";

/// @notice What partners with the wrong role, strangers and those who watch the network may try, and get nothing by it.
contract AttacksTest is CustodyFixture {
    using CustodySlot for uint256;

    uint40 private constant FIRST = 100;
    bytes32 private constant SCHEMA = keccak256("a schema");

    ClearanceLedger private _clearance;
    AttestationRegistry private _attestations;

    /// Partner 100 + n has role n and no other, in every scope that the tests ask for; partner 100 has none.
    constructor() {
        _clearance = new ClearanceLedger(registry, address(0));
        _attestations = new AttestationRegistry(registry, address(0));
        for (uint8 role = 0; role <= 14; ++role) {
            admit(FIRST + role);
            if (role == 0) continue;
            bytes32 scope = role == 5 ? bytes32("DE") : role == 9 ? SCHEMA : role == 10 ? bytes32("9506000") : bytes32(0);
            grant(FIRST + role, role, scope);
        }
        change(OPEN_CONTRACT, 0, address(_clearance), 2, 0);
        change(OPEN_CONTRACT, 0, address(_attestations), 3, 0);
        VM.warp(block.timestamp + delay());
    }

    // --- by role ---------------------------------------------------------------------------------------------------

    function test_OnlyThoseWithGoodsOfTheirOwnConsign() external {
        for (uint8 role = 0; role <= 14; ++role) {
            uint40 partner = FIRST + role;
            ShipmentTerms memory r = terms(partner, RETAILER, 1);
            // Supplier, warehouse, platform, retailer, brand.
            if (role == 1 || role == 4 || role == 7 || role == 8 || role == 10) {
                require(custody.slotOf(open(r)).custodian() == partner, "opened");
            } else {
                expectError("CustodyMayNotConsign(uint40)", abi.encode(partner));
                this.openOut(r);
            }
        }
    }

    function test_OnlyThoseWhoHandleGoodsTakeThemForOthersAndOnlyMainCarriersPassTheHandoverGate() external {
        for (uint8 role = 0; role <= 14; ++role) {
            uint40 partner = FIRST + role;
            ShipmentTerms memory t = terms(MAKER, RETAILER, role);
            t.requires = new Require[](1);
            t.requires[0] = Require("DE", 1, 1, false);
            bytes32 id = open(t);
            Handoff memory r = manifest(id, MAKER, partner, 10, 0);
            // Carrier, main carrier, warehouse, locker.
            if (role == 2 || role == 3 || role == 4 || role == 14) {
                require(hand(r) == (role == 3 ? IN_BREACH : APPLIED), "taken");
            } else {
                expectError("CustodyMayNotReceive(bytes32,uint40)", abi.encode(id, partner));
                this.handOut(r);
            }
        }
    }

    function test_OnlyCustomsOfTheCountryClearsAndOnlyBrokersRelay() external {
        for (uint8 role = 0; role <= 14; ++role) {
            uint40 partner = FIRST + role;
            bytes32 id = open(terms(MAKER, RETAILER, role));
            Clearance memory r;
            r.by = partner;
            r.items = new ShipmentRef[](1);
            r.items[0] = ShipmentRef(id, 0);
            (r.jurisdiction, r.regime, r.status, r.assurance) = (bytes2("DE"), 1, 5, 3);
            if (role != 5) _noClearance(r);
            else this.clearOut(r);
            r.items[0].sequence = role == 5 ? 1 : 0;
            (r.assurance, r.declarant) = (1, RETAILER);
            if (role != 6) _noClearance(r);
            else this.clearOut(r);
            (r.assurance, r.declarant, r.jurisdiction) = (3, 0, "FR");
            _noClearance(r);
        }
    }

    function test_OnlyIssuersAttestAndOnlyAuthoritiesAndBrandsRecall() external {
        string memory subject = "01/09506000134352";
        for (uint8 role = 0; role <= 14; ++role) {
            uint40 partner = FIRST + role;
            Attestation memory a;
            (a.by, a.schema, a.subject) = (partner, SCHEMA, subject);
            if (role != 9) expectError("AttestationNotIssuer(uint40,bytes32)", abi.encode(partner, SCHEMA));
            this.attestOut(a);
            Recall memory r;
            (r.by, r.subject, r.hazard, r.action) = (partner, subject, 1, 1);
            bool may = role == 9 || role == 10 || role == 11;
            if (!may) expectError("AttestationRecallNotPermitted(uint40,string)", abi.encode(partner, subject));
            this.recallOut(r);
        }
    }

    // --- replay ----------------------------------------------------------------------------------------------------

    /// What was signed for another consortium is somebody else's signature here.
    function test_RecordsOfAnotherConsortiumAreWorthNothing() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        Handoff memory r = manifest(id, MAKER, CARRIER, 10, 0);
        bytes32 elsewhere = SigningDomain.digest(SigningDomain.evidence(keccak256("another")), hasher.hash(r));
        bytes memory signed = bytes.concat(signature(keyOf(MAKER), elsewhere), signature(keyOf(CARRIER), elsewhere));
        VM.expectRevert();
        custody.handoff(r, signed);
        require(custody.slotOf(id).custodian() == MAKER, "unmoved");
    }

    /// Each contract says which domain it signs under; evidence binds no chain and no contract.
    function test_TheDomainIsWhatIsSigned() external view {
        (bytes1 fields, string memory name, string memory version, uint256 chain, address verifier, bytes32 salt,) =
            custody.eip712Domain();
        require(fields == 0x13 && chain == 0 && verifier == address(0) && salt == CONSORTIUM_ID, "evidence");
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,bytes32 salt)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                salt
            )
        );
        require(separator == SigningDomain.evidence(CONSORTIUM_ID), "as it says");
        require(keccak256(bytes(name)) == keccak256("Lading") && keccak256(bytes(version)) == keccak256("1"), "its name");
        require(address(custody.registry()) == address(registry), "its registry");
    }

    function test_AContractWithoutARegistryOrThatFollowsItselfIsNone() external {
        expectError("EvidenceNoRegistry()", "");
        new ClearanceLedger(PartnerRegistry(address(0)), address(0));
        // Its own address is known before it is made: that of the next contract of this one.
        VM.setNonce(address(this), 77);
        address next = _created(77);
        expectError("EvidenceOwnPredecessor(address)", abi.encode(next));
        new ClearanceLedger(registry, next);
    }

    /// A signature with the other s, or with v 0 and 1, is a second spelling of the same: refused, not counted.
    function test_ASignatureHasOneSpelling() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        Handoff memory r = manifest(id, MAKER, CARRIER, 10, 0);
        bytes32 digest = idOf(hasher.hash(r));
        (uint8 v, bytes32 rr, bytes32 s) = VM.sign(keyOf(MAKER), digest);
        bytes32 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes memory flipped = abi.encodePacked(rr, bytes32(uint256(order) - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        VM.expectRevert();
        custody.handoff(r, bytes.concat(flipped, signature(keyOf(CARRIER), digest)));
        VM.expectRevert();
        custody.handoff(r, bytes.concat(abi.encodePacked(rr, s, v - 27), signature(keyOf(CARRIER), digest)));
    }

    // --- front-running and griefing --------------------------------------------------------------------------------

    /// Who sees a signed manifest on its way and sends it first has done the sender's work.
    function test_WhoSendsItFirstChangesNothing() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        Handoff memory r = manifest(id, MAKER, CARRIER, 10, 0);
        bytes32 digest = idOf(hasher.hash(r));
        bytes memory signed = bytes.concat(signature(keyOf(MAKER), digest), signature(keyOf(CARRIER), digest));
        VM.prank(address(0xE51));
        custody.handoff(r, signed);
        uint256 after_ = custody.slotOf(id);
        require(after_.custodian() == CARRIER, "as signed");
        require(hand(r) == STALE && custody.slotOf(id) == after_, "the sender's own comes too late and does no harm");
    }

    /// Signatures cannot be taken from one record and put under another, nor be swapped.
    function test_SignaturesBelongToTheirRecordAndTheirPlace() external {
        bytes32 id = open(terms(MAKER, RETAILER, 1));
        Handoff memory r = manifest(id, MAKER, CARRIER, 10, 0);
        bytes32 digest = idOf(hasher.hash(r));
        bytes memory swapped = bytes.concat(signature(keyOf(CARRIER), digest), signature(keyOf(MAKER), digest));
        expectError("CustodyNotItsKey(uint40,address)", abi.encode(MAKER, VM.addr(keyOf(CARRIER))));
        custody.handoff(r, swapped);
        bytes memory signed = bytes.concat(signature(keyOf(MAKER), digest), signature(keyOf(CARRIER), digest));
        r.items[0].packages = 9;
        r.items[0].exceptions = SHORT;
        VM.expectRevert();
        custody.handoff(r, signed);
        require(custody.slotOf(id).packages() == 10, "untouched");
    }

    /// One bad item in a manifest stops no other, wherever it stands.
    function test_NoItemOfAListStopsAnother() external {
        bytes32[] memory ids = new bytes32[](4);
        for (uint256 i = 0; i < 3; ++i) {
            ids[i] = open(terms(MAKER, RETAILER, i));
        }
        ids[3] = bytes32(uint256(1)); // unknown, and first
        hand(ids[0], CARRIER);
        Handoff memory r = manifest(ids[1], MAKER, CARRIER, 10, 0);
        r.items = new HandoffItem[](4);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 place = i;
            for (; place > 0 && r.items[place - 1].shipment > ids[i]; --place) {
                r.items[place] = r.items[place - 1];
            }
            r.items[place] = HandoffItem(ids[i], 0, ids[i] == ids[2] ? 9 : 10, 0);
        }
        bytes32 digest = idOf(hasher.hash(r));
        bytes memory signed = bytes.concat(signature(keyOf(MAKER), digest), signature(keyOf(CARRIER), digest));
        VM.recordLogs();
        custody.handoff(r, signed);
        (, bytes memory outcomes) = recorded(digest, abi.encodeCall(custody.handoff, (r, signed)));
        require(outcomes.length == 4, "an outcome an item");
        for (uint256 i = 0; i < 4; ++i) {
            bytes32 id = r.items[i].shipment;
            uint8 expected = id == ids[3] ? UNKNOWN : id == ids[0] ? STALE : id == ids[2] ? COUNT : APPLIED;
            require(uint8(outcomes[i]) == expected, "each its own");
        }
        require(custody.slotOf(ids[1]).custodian() == CARRIER && custody.slotOf(ids[2]).custodian() == MAKER, "only that one");
    }

    // --- helpers ---------------------------------------------------------------------------------------------------

    function openOut(ShipmentTerms calldata r) external {
        open(r);
    }

    function handOut(Handoff calldata r) external {
        hand(r);
    }

    function clearOut(Clearance calldata r) external {
        bytes32 id = idOf(hasher.hash(r));
        bytes memory signed = signature(keyOf(r.by), id);
        if (r.assurance != 3) signed = bytes.concat(signed, signature(keyOf(r.declarant), id));
        _clearance.clear(r, signed);
    }

    function attestOut(Attestation calldata r) external {
        _attestations.attest(r, signature(keyOf(r.by), idOf(hasher.hash(r))));
    }

    function recallOut(Recall calldata r) external {
        _attestations.recall(r, signature(keyOf(r.by), idOf(hasher.hash(r))));
    }

    function _noClearance(Clearance memory r) private {
        expectError("ClearanceNotPermitted(uint40,bytes2,uint8)", abi.encode(r.by, r.jurisdiction, r.assurance));
        this.clearOut(r);
    }

    /// @dev The address of what this contract creates with a nonce below 128.
    function _created(uint8 nonce) private view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", address(this), nonce)))));
    }
}
