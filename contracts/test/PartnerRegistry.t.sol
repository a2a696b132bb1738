// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPartnerRegistry} from "../src/IPartnerRegistry.sol";
import {PartnerRegistry} from "../src/PartnerRegistry.sol";
import {KeyGrant, KeyRevoke, RegistryChange} from "../src/Records.sol";
import {CustodyFixture} from "./CustodyFixture.sol";
import {EvidenceStub} from "./EvidenceStub.sol";
import {VM} from "./Vm.sol";

/// @notice What the registry says when it refuses: the error, and what is in it. That it refuses what the rules refuse and
/// takes what they take is held by its invariants.
contract PartnerRegistryTest is CustodyFixture {
    bytes32 private constant LOG = keccak256("a log");

    // --- genesis ---------------------------------------------------------------------------------------------------

    function test_AConsortiumBeginsWithACouncil() external {
        address[] memory council = new address[](2);
        (council[0], council[1]) = (address(1), address(2));
        expectError("PartnerRegistryNoConsortium()", "");
        new PartnerRegistry(0, 1, 0, council);
        expectError("PartnerRegistryDelayTooLong(uint40,uint256)", abi.encode(365 days + 1, 365 days));
        new PartnerRegistry("c", 1, 365 days + 1, council);
        expectError("PartnerRegistryNoThreshold()", "");
        new PartnerRegistry("c", 0, 0, council);
        expectError("PartnerRegistryCouncilTooSmall(uint256,uint256)", abi.encode(2, 3));
        new PartnerRegistry("c", 3, 0, council);
        PartnerRegistry made = new PartnerRegistry("c", 2, 365 days, council);
        require(made.threshold() == 2 && made.delay() == 365 days && made.consortiumId() == "c", "as told");
        council[1] = address(1);
        expectError("PartnerRegistryCouncilOrder(address,address)", abi.encode(1, 1));
        new PartnerRegistry("c", 1, 0, council);
        council = new address[](33);
        expectError("PartnerRegistryCouncilTooLarge(uint256,uint256)", abi.encode(33, 32));
        new PartnerRegistry("c", 1, 0, council);
    }

    // --- the form of changes ---------------------------------------------------------------------------------------

    /// Byte `action`: bits of notBefore, partner, key, role, scope, number, document; from RECORDS, not from the contract.
    function test_EveryActionTakesItsFieldsAndNoOther() external {
        uint8[16] memory used = [0, 71, 2, 3, 7, 6, 27, 26, 5, 5, 33, 119, 16, 37, 37, 96];
        for (uint8 action = 1; action <= 15; ++action) {
            for (uint256 bit = 0; bit < 7; ++bit) {
                RegistryChange memory r = _next(action);
                if (bit == 0) r.notBefore = 1;
                if (bit == 1) r.partner = 77;
                if (bit == 2) r.key = address(77);
                if (bit == 3) r.role = 77;
                if (bit == 4) r.scope = bytes32(uint256(77));
                if (bit == 5) r.number = 77;
                if (bit == 6) r.document = bytes32(uint256(77));
                if (used[action] >> bit & 1 == 0) {
                    expectError("PartnerRegistryUnusedField(uint8,uint256)", abi.encode(action, 1 << bit));
                    this.change(r, COUNCIL_KEY);
                } else {
                    // Refused for its content, if at all, but not for its form.
                    try this.change(r, COUNCIL_KEY) {
                        skipSequence();
                    } catch (bytes memory reason) {
                        require(bytes4(reason) != IPartnerRegistry.PartnerRegistryUnusedField.selector, "a field it uses");
                    }
                }
            }
        }
        for (uint8 action = 0; action <= 16; action += 16) {
            RegistryChange memory r = _next(action);
            expectError("PartnerRegistryUnknownAction(uint8)", abi.encode(action));
            this.change(r, COUNCIL_KEY);
        }
    }

    function test_ChangesComeInTheirTurnAndSigned() external {
        RegistryChange memory r = _next(15);
        r.document = LOG;
        r.sequence += 1;
        expectError("PartnerRegistrySequence(uint40,uint40)", abi.encode(r.sequence - 1, r.sequence));
        this.change(r, COUNCIL_KEY);
        r.sequence -= 1;
        expectError("PartnerRegistryNotCouncil(address)", abi.encode(VM.addr(keyOf(MAKER))));
        this.change(r, keyOf(MAKER));
        expectError("PartnerRegistrySignatureLength(uint256)", abi.encode(0));
        registry.change(r, "");
        expectError("PartnerRegistrySignatureLength(uint256)", abi.encode(66));
        registry.change(r, new bytes(66));
        bytes32 id = idOf(hasher.hash(r));
        bytes memory twice = bytes.concat(signature(COUNCIL_KEY, id), signature(COUNCIL_KEY, id));
        address member = VM.addr(COUNCIL_KEY);
        expectError("PartnerRegistryCouncilOrder(address,address)", abi.encode(member, member));
        registry.change(r, twice);
        bytes memory signed = signature(COUNCIL_KEY, id);
        VM.recordLogs();
        registry.change(r, signed);
        (uint8 recordType,) = recorded(id, abi.encodeCall(registry.change, (r, signed)));
        require(recordType == 1 && registry.changes() == r.sequence, "recorded, and counted");
        expectError("PartnerRegistrySequence(uint40,uint40)", abi.encode(r.sequence + 1, r.sequence));
        registry.change(r, signed);
    }

    // --- what content is refused -----------------------------------------------------------------------------------

    function test_PartnersAreRefusedByName() external {
        _refused(_partner(1, 0, address(77)), "PartnerRegistryPartnerZero()", "");
        _refused(_partner(1, MAKER, address(77)), "PartnerRegistryPartnerKnown(uint40)", abi.encode(MAKER));
        _refused(_partner(1, 70, address(0)), "PartnerRegistryNoAddress()", "");
        address known = VM.addr(keyOf(MAKER));
        _refused(_partner(1, 70, known), "PartnerRegistryAddressKnown(address,uint8)", abi.encode(known, 1));
        for (uint8 action = 2; action <= 4; ++action) {
            address key = action == 4 ? address(77) : address(0);
            _refused(_partner(action, 70, key), "PartnerRegistryUnknownPartner(uint40)", abi.encode(70));
        }
        _refused(_partner(3, MAKER, address(0)), "PartnerRegistryNotSuspended(uint40)", abi.encode(MAKER));
        _done(_partner(2, MAKER, address(0)));
        _refused(_partner(2, MAKER, address(0)), "PartnerRegistryAlreadySuspended(uint40)", abi.encode(MAKER));
        RegistryChange memory r = _partner(1, 70, address(77));
        r.notBefore = type(uint40).max;
        _refused(r, "PartnerRegistryTimeTooFar(uint40)", abi.encode(type(uint40).max));
        _refused(_partner(5, CARRIER, known), "PartnerRegistryNotItsKey(uint40,address)", abi.encode(CARRIER, known));
        _done(_partner(5, MAKER, known));
        bytes memory ended = abi.encode(known, block.timestamp);
        _refused(_partner(5, MAKER, known), "PartnerRegistryKeyEnded(address,uint40)", ended);
    }

    function test_RolesAreRefusedByName() external {
        _refused(_role(6, 70, 1, 0), "PartnerRegistryUnknownPartner(uint40)", abi.encode(70));
        _refused(_role(6, MAKER, 0, 0), "PartnerRegistryUnknownRole(uint8)", abi.encode(0));
        _refused(_role(6, MAKER, 15, 0), "PartnerRegistryUnknownRole(uint8)", abi.encode(15));
        _refused(_role(6, MAKER, 1, 0), "PartnerRegistryRoleHeld(uint40,uint8,bytes32)", abi.encode(MAKER, 1, 0));
        _refused(_role(7, MAKER, 2, 0), "PartnerRegistryRoleNotHeld(uint40,uint8,bytes32)", abi.encode(MAKER, 2, 0));
        bytes32[10] memory bad = [
            bytes32("D"), "DEU", "De", "D[", "D@", "123", "1234567890123", "12:4", "12/4", "1234 "
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            uint8 role = i < 5 ? 5 : 10;
            _refused(_role(6, MAKER, role, bad[i]), "PartnerRegistryBadScope(uint8,bytes32)", abi.encode(role, bad[i]));
        }
        _refused(_role(6, MAKER, 9, 0), "PartnerRegistryBadScope(uint8,bytes32)", abi.encode(9, 0));
        _refused(_role(6, MAKER, 2, "DE"), "PartnerRegistryBadScope(uint8,bytes32)", abi.encode(2, bytes32("DE")));
        _done(_role(6, MAKER, 5, "AZ"));
        _done(_role(6, MAKER, 10, "0909"));
        _done(_role(6, MAKER, 10, "123456789012"));
        _done(_role(6, MAKER, 14, 0));
    }

    function test_ARoleToComeIsNoRoleYetAndHidesNoOther() external {
        address key = VM.addr(keyOf(MAKER));
        _done(_role(6, MAKER, 2, 0));
        (, uint256 roles,) = registry.signer(key, 4);
        require(roles == 1 << 1, "the one in force, not the one to come");
        require(!registry.hasRole(MAKER, 2, 0), "not yet");
        VM.warp(block.timestamp + delay());
        (, roles,) = registry.signer(key, 4);
        require(roles == (1 << 1 | 1 << 2) && registry.hasRole(MAKER, 2, 0), "both");
    }

    function test_TheCouncilCannotGiveItselfUp() external {
        address member = VM.addr(COUNCIL_KEY);
        _refused(_council(8, member, 0), "PartnerRegistryAddressKnown(address,uint8)", abi.encode(member, 3));
        _refused(_council(9, member, 0), "PartnerRegistryCouncilTooSmall(uint256,uint256)", abi.encode(0, 1));
        address maker = VM.addr(keyOf(MAKER));
        _refused(_council(9, maker, 0), "PartnerRegistryNotAMember(address)", abi.encode(maker));
        _refused(_council(10, address(0), 0), "PartnerRegistryNoThreshold()", "");
        _refused(_council(10, address(0), 2), "PartnerRegistryCouncilTooSmall(uint256,uint256)", abi.encode(1, 2));
        _done(_council(8, address(0x77), 0));
        // The first of two members, and the other is yet to come.
        _refused(_council(9, member, 0), "PartnerRegistryCouncilTooSmall(uint256,uint256)", abi.encode(0, 1));
        VM.warp(block.timestamp + delay());
        uint256 until = block.timestamp + delay();
        _done(_council(9, address(0x77), 0));
        bytes memory ended = abi.encode(address(0x77), until);
        _refused(_council(9, address(0x77), 0), "PartnerRegistryEndRecorded(address,uint40)", ended);
        for (uint160 i = 1; i < 32; ++i) {
            _done(_council(8, address(0x100 + i), 0));
        }
        _refused(_council(8, address(0x200), 0), "PartnerRegistryCouncilTooLarge(uint256,uint256)", abi.encode(33, 32));
    }

    function test_LogsAreRefusedByName() external {
        _refused(_log(11, 70, address(77), LOG, 0), "PartnerRegistryUnknownPartner(uint40)", abi.encode(70));
        _refused(_log(11, MAKER, address(77), 0, 0), "PartnerRegistryNoLogId()", "");
        _refused(_log(11, MAKER, address(77), LOG, 5), "PartnerRegistryNoPredecessor(uint40)", abi.encode(5));
        RegistryChange memory r = _log(11, MAKER, address(77), LOG, 5);
        r.document = keccak256("no log");
        _refused(r, "PartnerRegistryUnknownLog(bytes32)", abi.encode(r.document));
        _refused(_log(12, 0, address(0), LOG, 0), "PartnerRegistryUnknownLog(bytes32)", abi.encode(LOG));
        _done(_log(11, MAKER, address(77), LOG, 0));
        require(registry.anchorKey(LOG) == address(0), "not yet in force");
        _refused(_log(11, MAKER, address(78), LOG, 0), "PartnerRegistryLogKnown(bytes32)", abi.encode(LOG));
        VM.warp(block.timestamp + delay());
        require(registry.anchorKey(LOG) == address(77), "in force");
        _done(_log(12, 0, address(0), LOG, 0));
        require(registry.anchorKey(LOG) == address(0), "retired at once");
        bytes memory retired = abi.encode(LOG, block.timestamp);
        _refused(_log(12, 0, address(0), LOG, 0), "PartnerRegistryLogRetired(bytes32,uint40)", retired);
    }

    function test_ContractsAndRulesAreRefusedByName() external {
        for (uint40 kind = 0; kind <= 6; kind += 6) {
            _refused(_contract(13, address(this), kind), "PartnerRegistryUnknownContractKind(uint40)", abi.encode(kind));
            _refused(_contract(14, address(this), kind), "PartnerRegistryUnknownContractKind(uint40)", abi.encode(kind));
        }
        bytes memory open = abi.encode(1, address(custody));
        address next = address(new EvidenceStub(1, registry, address(custody)));
        _refused(_contract(13, next, 1), "PartnerRegistryKindOpen(uint8,address)", open);
        bytes memory unknown = abi.encode(2, address(custody));
        _refused(_contract(14, address(custody), 2), "PartnerRegistryUnknownContract(uint8,address)", unknown);
        uint256 ends = block.timestamp + delay();
        _done(_contract(14, address(custody), 1));
        bytes memory ended = abi.encode(address(custody), ends);
        _refused(_contract(14, address(custody), 1), "PartnerRegistryEndRecorded(address,uint40)", ended);
        _done(_contract(13, next, 1));
        _done(_contract(14, next, 1));
        address third = address(new EvidenceStub(1, registry, next));
        bytes memory closing = abi.encode(1, address(custody), ends);
        _refused(_contract(13, third, 1), "PartnerRegistryStillClosing(uint8,address,uint40)", closing);
        VM.warp(ends);
        address[5] memory wrong = [
            address(new EvidenceStub(2, registry, next)),
            address(new EvidenceStub(1, IPartnerRegistry(address(this)), next)),
            address(new EvidenceStub(1, registry, address(0))),
            address(0x77),
            address(this)
        ];
        for (uint256 i = 0; i < 5; ++i) {
            bytes memory unfit = abi.encode(1, wrong[i], next);
            _refused(_contract(13, wrong[i], 1), "PartnerRegistryWrongContract(uint8,address,address)", unfit);
        }
        _done(_contract(13, third, 1));
        expectError("PartnerRegistryNotOpen(uint8,address)", abi.encode(1, address(this)));
        registry.requireOpen(1);
        RegistryChange memory r = _next(15);
        _refused(r, "PartnerRegistryNoDocument()", "");
        expectError("PartnerRegistryUnknownRules(bytes32)", abi.encode(LOG));
        registry.rulesFrom(LOG);
        r.document = LOG;
        _done(r);
        require(registry.rulesFrom(LOG) == 0, "from the beginning");
        r.sequence += 1;
        _refused(r, "PartnerRegistryRulesKnown(bytes32)", abi.encode(LOG));
    }

    function test_ASuccessorWaitsForTheEndOfWhatItSucceeds() external {
        RegistryChange memory r = _contract(14, address(custody), 1);
        r.notBefore = uint40(block.timestamp + 10 days);
        _done(r);
        address next = address(new EvidenceStub(1, registry, address(custody)));
        _done(_contract(13, next, 1));
        VM.warp(r.notBefore - 1);
        require(!registry.isOpen(1, next) && registry.contractOf(1) == address(custody), "the old one to the end");
        VM.warp(r.notBefore);
        require(registry.isOpen(1, next) && registry.contractOf(1) == next, "then the new one");
    }

    // --- device keys -----------------------------------------------------------------------------------------------

    function test_GrantsAreRefusedByName() external {
        uint40 time = uint40(block.timestamp);
        KeyGrant memory r = KeyGrant(CARRIER, VM.addr(0xD1), 0, 16, time, time + 90 days, 0);
        _refusedGrant(r, keyOf(MAKER), 0xD1, "PartnerRegistryNotMasterKey(uint40,address)", abi.encode(CARRIER, VM.addr(keyOf(MAKER))));
        _refusedGrant(r, keyOf(CARRIER), 0xD2, "PartnerRegistryNotGrantedKey(address,address)", abi.encode(r.key, VM.addr(0xD2)));
        expectError("PartnerRegistrySignatureLength(uint256)", abi.encode(65));
        registry.grantKey(r, new bytes(65));
        r.validUntil += 1;
        bytes memory long = abi.encode(time, r.validUntil, 90 days);
        _refusedGrant(r, keyOf(CARRIER), 0xD1, "PartnerRegistryPeriodTooLong(uint40,uint40,uint256)", long);
        r.validUntil = time;
        _refusedGrant(r, keyOf(CARRIER), 0xD1, "PartnerRegistryEmptyPeriod(uint40,uint40)", abi.encode(time, time));
        r.validFrom = time - 1;
        _refusedGrant(r, keyOf(CARRIER), 0xD1, "PartnerRegistryPeriodOver(uint40,uint256)", abi.encode(time, time));
        r.validUntil = time + 1;
        for (uint256 bit = 0; bit < 33; ++bit) {
            bool device = bit >= 3 && bit < 22 && bit != 16;
            r.scopes = bit == 32 ? 0 : uint32(1 << bit);
            if (device) continue;
            _refusedGrant(r, keyOf(CARRIER), 0xD1, "PartnerRegistryBadScopes(uint32)", abi.encode(r.scopes));
        }
        r.scopes = 16;
        r.actor = 70;
        _refusedGrant(r, keyOf(CARRIER), 0xD1, "PartnerRegistryUnknownPartner(uint40)", abi.encode(70));
        r.actor = MAKER;
        _grant(r, keyOf(CARRIER), 0xD1);
        (,, uint40 actor, uint40 from,,) = registry.addressInfo(r.key);
        require(actor == MAKER && from == time, "acts for, and never from before it was recorded");
        _refusedGrant(r, keyOf(CARRIER), 0xD1, "PartnerRegistryAddressKnown(address,uint8)", abi.encode(r.key, 2));
        _done(_partner(2, CARRIER, address(0)));
        r.key = VM.addr(0xD3);
        _refusedGrant(r, keyOf(CARRIER), 0xD3, "PartnerRegistrySuspended(uint40)", abi.encode(CARRIER));
    }

    function test_ADeviceSignsItsTypesAndEndsItself() external {
        uint40 time = uint40(block.timestamp);
        KeyGrant memory r = KeyGrant(CARRIER, VM.addr(0xD1), 0, 16, time, time + 1 days, 0);
        _grant(r, keyOf(CARRIER), 0xD1);
        bytes32 shipment = open(terms(MAKER, RETAILER, 1));
        require(handBy(manifest(shipment, MAKER, CARRIER, 10, 0), keyOf(MAKER), 0xD1) == APPLIED, "its type");
        KeyRevoke memory end = KeyRevoke(CARRIER, r.key, 0);
        bytes32 id = idOf(hasher.hash(end));
        bytes memory signed = signature(keyOf(MAKER), id);
        expectError("PartnerRegistryNotMasterKey(uint40,address)", abi.encode(CARRIER, VM.addr(keyOf(MAKER))));
        registry.revokeKey(end, signed);
        expectError("PartnerRegistrySignatureLength(uint256)", abi.encode(64));
        registry.revokeKey(end, new bytes(64));
        signed = signature(0xD1, id);
        VM.recordLogs();
        registry.revokeKey(end, signed);
        (uint8 recordType,) = recorded(id, abi.encodeCall(registry.revokeKey, (end, signed)));
        require(recordType == 3 && registry.partnerOf(r.key, 5) == 0, "ended at once");
    }

    function test_ScopesOfARoleAreBoundedAndAreTakenBackOneByOne() external {
        for (uint256 i = 1; i <= 200; ++i) {
            _done(_role(6, AUDITOR, 9, bytes32(i)));
        }
        _refused(_role(6, AUDITOR, 9, bytes32(uint256(201))), "PartnerRegistryTooManyScopes(uint40,uint8)", abi.encode(AUDITOR, 9));
        VM.warp(block.timestamp + delay());
        for (uint256 i = 1; i <= 200; ++i) {
            (, uint256 roles,) = registry.signer(VM.addr(keyOf(AUDITOR)), 4);
            require(roles == (1 << 9 | 1 << 12), "an issuer for as long as one is left");
            _done(_role(7, AUDITOR, 9, bytes32(i)));
        }
        (, uint256 left,) = registry.signer(VM.addr(keyOf(AUDITOR)), 4);
        require(left == 1 << 12, "no issuer any more");
    }

    // --- helpers ---------------------------------------------------------------------------------------------------

    function change(RegistryChange calldata r, uint256 key) external {
        registry.change(r, signature(key, idOf(hasher.hash(r))));
    }

    function _next(uint8 action) private view returns (RegistryChange memory r) {
        r.sequence = registry.changes() + 1;
        r.action = action;
    }

    function _partner(uint8 action, uint40 partner, address key) private view returns (RegistryChange memory r) {
        r = _next(action);
        (r.partner, r.key) = (partner, key);
    }

    function _role(uint8 action, uint40 partner, uint8 role, bytes32 scope) private view returns (RegistryChange memory r) {
        r = _next(action);
        (r.partner, r.role, r.scope) = (partner, role, scope);
    }

    function _council(uint8 action, address key, uint40 number) private view returns (RegistryChange memory r) {
        r = _next(action);
        (r.key, r.number) = (key, number);
    }

    function _contract(uint8 action, address key, uint40 kind) private view returns (RegistryChange memory) {
        return _council(action, key, kind);
    }

    function _log(uint8 action, uint40 partner, address key, bytes32 log, uint40 size)
        private
        view
        returns (RegistryChange memory r)
    {
        r = _partner(action, partner, key);
        (r.scope, r.number) = (log, size);
    }

    function _done(RegistryChange memory r) private {
        this.change(r, COUNCIL_KEY);
        skipSequence();
    }

    function _refused(RegistryChange memory r, string memory name, bytes memory arguments) private {
        expectError(name, arguments);
        this.change(r, COUNCIL_KEY);
    }

    function grantOut(KeyGrant calldata r, uint256 master, uint256 device) external {
        _grant(r, master, device);
    }

    function _grant(KeyGrant memory r, uint256 master, uint256 device) private {
        bytes32 id = idOf(hasher.hash(r));
        bytes memory signed = bytes.concat(signature(master, id), signature(device, id));
        VM.recordLogs();
        registry.grantKey(r, signed);
        (uint8 recordType,) = recorded(id, abi.encodeCall(registry.grantKey, (r, signed)));
        require(recordType == 2, "its type");
    }

    function _refusedGrant(KeyGrant memory r, uint256 master, uint256 device, string memory name, bytes memory arguments)
        private
    {
        expectError(name, arguments);
        this.grantOut(r, master, device);
    }
}
