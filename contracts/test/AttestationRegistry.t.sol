// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AttestationRegistry} from "../src/AttestationRegistry.sol";
import {IAttestationRegistry} from "../src/IAttestationRegistry.sol";
import {Attestation, Recall, Revocation} from "../src/Records.sol";
import {Utf8} from "../src/base/Utf8.sol";
import {SigningDomain} from "../src/base/SigningDomain.sol";
import {Consortium} from "./Consortium.sol";
import {VM} from "./Vm.sol";

/// @notice An issuer, a brand, an authority and a partner without any of these roles.
abstract contract AttestationFixture is Consortium {
    uint40 internal constant ISSUER = 1;
    uint40 internal constant BRAND = 2;
    uint40 internal constant AUTHORITY = 3;
    uint40 internal constant OTHER = 4;
    bytes32 internal constant SCHEMA = keccak256("a schema");
    bytes32 internal constant OTHER_SCHEMA = keccak256("another schema");
    string internal constant SUBJECT = "01/09506000134352/10/A7";

    AttestationRegistry internal attestations;

    constructor() {
        attestations = new AttestationRegistry(registry, address(0));
        for (uint40 partner = 1; partner <= OTHER; ++partner) {
            admit(partner);
        }
        grant(ISSUER, 9, SCHEMA);
        grant(BRAND, 10, "9506000");
        grant(AUTHORITY, 11);
        change(OPEN_CONTRACT, 0, address(attestations), 3, 0);
    }

    function attestation(uint40 by, bytes32 schema, string memory subject) internal pure returns (Attestation memory r) {
        r.by = by;
        r.schema = schema;
        r.subject = subject;
    }

    function recalling(uint40 by, string memory subject) internal view returns (Recall memory r) {
        r.by = by;
        r.subject = subject;
        r.hazard = 1;
        r.action = 1;
        r.occurredAt = uint40(block.timestamp);
    }

    function attest(Attestation memory r, uint256 key) internal returns (bytes32 id) {
        id = idOf(hasher.hash(r));
        bytes memory signed = signature(key, id);
        VM.recordLogs();
        attestations.attest(r, signed);
        _took(id, 10, abi.encodeCall(attestations.attest, (r, signed)));
    }

    function revoke(Revocation memory r, uint256 key) internal returns (bytes32 id) {
        id = idOf(hasher.hash(r));
        bytes memory signed = signature(key, id);
        VM.recordLogs();
        attestations.revoke(r, signed);
        _took(id, 11, abi.encodeCall(attestations.revoke, (r, signed)));
    }

    function recall(Recall memory r, uint256 key) internal returns (bytes32 id) {
        id = idOf(hasher.hash(r));
        bytes memory signed = signature(key, id);
        VM.recordLogs();
        attestations.recall(r, signed);
        _took(id, 12, abi.encodeCall(attestations.recall, (r, signed)));
    }

    function idOf(bytes32 structHash) internal pure returns (bytes32) {
        return SigningDomain.digest(SigningDomain.evidence(CONSORTIUM_ID), structHash);
    }

    function _took(bytes32 id, uint8 expectedType, bytes memory call) private {
        (uint8 recordType, bytes memory outcomes) = recorded(id, call);
        require(recordType == expectedType && keccak256(outcomes) == keccak256(hex"01"), "its type, applied");
    }
}

/// @notice Who may attest, revoke and recall what; the rest is tested from Python.
contract AttestationRegistryTest is AttestationFixture {
    function test_AnAttestationIsItsIssuersAndOnce() external {
        Attestation memory r = attestation(ISSUER, SCHEMA, SUBJECT);
        expectError("AttestationNotSigner(uint40,uint40)", abi.encode(ISSUER, OTHER));
        this.attestOut(r, keyOf(OTHER));
        expectError("AttestationNotSigner(uint40,uint40)", abi.encode(ISSUER, 0));
        this.attestOut(r, 0xBAD);
        bytes32 id = attest(r, keyOf(ISSUER));
        _stands(id, 10, ISSUER, 0, 0);
        require(attestations.lastSchema(ISSUER, keccak256(bytes(SUBJECT))) == SCHEMA, "the schema last attested");
        expectError("AttestationAlreadyRecorded(bytes32)", abi.encode(id));
        this.attestOut(r, keyOf(ISSUER));
        r.schema = OTHER_SCHEMA;
        expectError("AttestationNotIssuer(uint40,bytes32)", abi.encode(ISSUER, OTHER_SCHEMA));
        this.attestOut(r, keyOf(ISSUER));
        r.schema = 0;
        expectError("AttestationNoSchema()", "");
        this.attestOut(r, keyOf(ISSUER));
        // Partner 0 signs nothing.
        r = attestation(0, SCHEMA, SUBJECT);
        expectError("AttestationNotSigner(uint40,uint40)", abi.encode(0, 0));
        this.attestOut(r, 0xBAD);
    }

    function test_AnAttestationsPeriodAndSubject() external {
        Attestation memory r = attestation(ISSUER, SCHEMA, SUBJECT);
        (r.validFrom, r.validUntil) = (100, 100);
        expectError("AttestationPeriod(uint40,uint40)", abi.encode(100, 100));
        this.attestOut(r, keyOf(ISSUER));
        r.validUntil = 101;
        attest(r, keyOf(ISSUER));
        r = attestation(ISSUER, SCHEMA, "");
        expectError("AttestationNoSubject()", "");
        this.attestOut(r, keyOf(ISSUER));
        r.subject = _repeated("a", 513);
        expectError("AttestationTextTooLong(uint256,uint256)", abi.encode(513, 512));
        this.attestOut(r, keyOf(ISSUER));
        r.subject = _repeated("a", 512);
        attest(r, keyOf(ISSUER));
        string[6] memory bad =
            ["a b", "01/0950600013435", "01/095060001343527", "01/0950600013435x", unicode"é", "01/"];
        for (uint256 i = 0; i < bad.length; ++i) {
            r.subject = bad[i];
            expectError("AttestationMalformedSubject(string)", abi.encode(bad[i]));
            this.attestOut(r, keyOf(ISSUER));
        }
        string[5] memory good = ["01/09506000134352", "01/09506000134352/21/7", "02/x", "0", "!~"];
        for (uint256 i = 0; i < good.length; ++i) {
            r.subject = good[i];
            attest(r, keyOf(ISSUER));
        }
    }

    function test_ARevocationIsItsAuthorsAndOnlyEverEarlier() external {
        bytes32 target = attest(attestation(ISSUER, SCHEMA, SUBJECT), keyOf(ISSUER));
        Revocation memory r = Revocation({by: OTHER, target: target, reason: 1, effectiveFrom: 500, details: 0});
        expectError("AttestationNotAuthor(uint40,bytes32)", abi.encode(OTHER, target));
        this.revokeOut(r, keyOf(OTHER));
        r.by = ISSUER;
        expectError("AttestationNotSigner(uint40,uint40)", abi.encode(ISSUER, OTHER));
        this.revokeOut(r, keyOf(OTHER));
        for (uint8 reason = 0; reason <= 6; reason += 6) {
            r.reason = reason;
            expectError("AttestationUnknownCode(uint8,uint8)", abi.encode(reason, 5));
            this.revokeOut(r, keyOf(ISSUER));
        }
        r.reason = 2;
        revoke(r, keyOf(ISSUER));
        _stands(target, 10, ISSUER, 500, 2);
        r.details = "again";
        expectError("AttestationAlreadyRevoked(bytes32,uint40)", abi.encode(target, 500));
        this.revokeOut(r, keyOf(ISSUER));
        r.effectiveFrom = 499;
        revoke(r, keyOf(ISSUER));
        _stands(target, 10, ISSUER, 499, 2);
        r.effectiveFrom = 0;
        revoke(r, keyOf(ISSUER));
        r.details = "from 0 is revoked too";
        expectError("AttestationAlreadyRevoked(bytes32,uint40)", abi.encode(target, 0));
        this.revokeOut(r, keyOf(ISSUER));
        r.target = keccak256("nothing");
        expectError("AttestationUnknownTarget(bytes32)", abi.encode(r.target));
        this.revokeOut(r, keyOf(ISSUER));
    }

    function test_WhoMayRecall() external {
        bytes memory no = abi.encode(OTHER, SUBJECT);
        Recall memory r = recalling(OTHER, SUBJECT);
        expectError("AttestationRecallNotPermitted(uint40,string)", no);
        this.recallOut(r, keyOf(OTHER));
        recall(recalling(AUTHORITY, SUBJECT), keyOf(AUTHORITY));
        _stands(recall(recalling(BRAND, SUBJECT), keyOf(BRAND)), 12, BRAND, 0, 0);
        r = recalling(BRAND, "01/09506001134352");
        expectError("AttestationRecallNotPermitted(uint40,string)", abi.encode(BRAND, r.subject));
        this.recallOut(r, keyOf(BRAND));
        r = recalling(BRAND, "partner/7");
        expectError("AttestationRecallNotPermitted(uint40,string)", abi.encode(BRAND, r.subject));
        this.recallOut(r, keyOf(BRAND));
        r = recalling(ISSUER, SUBJECT);
        expectError("AttestationRecallNotPermitted(uint40,string)", abi.encode(ISSUER, SUBJECT));
        this.recallOut(r, keyOf(ISSUER));
        attest(attestation(ISSUER, SCHEMA, SUBJECT), keyOf(ISSUER));
        recall(r, keyOf(ISSUER));
        expectError("AttestationNotSigner(uint40,uint40)", abi.encode(ISSUER, OTHER));
        this.recallOut(r, keyOf(OTHER));
        // Who is no issuer any more no longer recalls what it attested; a suspended authority recalls nothing.
        revokeRole(ISSUER, 9, SCHEMA);
        r.contact = "again";
        expectError("AttestationRecallNotPermitted(uint40,string)", abi.encode(ISSUER, SUBJECT));
        this.recallOut(r, keyOf(ISSUER));
        change(SUSPEND, AUTHORITY, address(0), 0, 0);
        r = recalling(AUTHORITY, "partner/8");
        expectError("AttestationRecallNotPermitted(uint40,string)", abi.encode(AUTHORITY, r.subject));
        this.recallOut(r, keyOf(AUTHORITY));
    }

    function test_PrefixesFromFourToTwelveDigitsRecall() external {
        string memory digits = "950600013435";
        for (uint256 length = 4; length <= 12; ++length) {
            uint40 partner = uint40(20 + length);
            admit(partner);
            bytes memory prefix = new bytes(length);
            for (uint256 i = 0; i < length; ++i) {
                prefix[i] = bytes(digits)[i];
            }
            grant(partner, 10, bytes32(prefix));
            recall(recalling(partner, SUBJECT), keyOf(partner));
        }
    }

    function test_WhatARecallMustSay() external {
        Recall memory r = recalling(AUTHORITY, SUBJECT);
        for (uint8 code = 0; code <= 8; code += 8) {
            r.hazard = code;
            expectError("AttestationUnknownCode(uint8,uint8)", abi.encode(code, 7));
            this.recallOut(r, keyOf(AUTHORITY));
        }
        r.hazard = 7;
        for (uint8 code = 0; code <= 5; code += 5) {
            r.action = code;
            expectError("AttestationUnknownCode(uint8,uint8)", abi.encode(code, 4));
            this.recallOut(r, keyOf(AUTHORITY));
        }
        r.action = 4;
        r.occurredAt = uint40(block.timestamp + 15 minutes + 1);
        expectError("EvidenceFromTheFuture(uint40,uint256)", abi.encode(r.occurredAt, block.timestamp));
        this.recallOut(r, keyOf(AUTHORITY));
        --r.occurredAt;
        r.lots = _repeated("1", 4097);
        expectError("AttestationTextTooLong(uint256,uint256)", abi.encode(4097, 4096));
        this.recallOut(r, keyOf(AUTHORITY));
        r.lots = _repeated("1", 4096);
        r.contact = _repeated("c", 513);
        expectError("AttestationTextTooLong(uint256,uint256)", abi.encode(513, 512));
        this.recallOut(r, keyOf(AUTHORITY));
        r.contact = _repeated(0x00, 1);
        expectError("AttestationNotText(bytes)", abi.encode(hex"00"));
        this.recallOut(r, keyOf(AUTHORITY));
        r.contact = _repeated("c", 512);
        recall(r, keyOf(AUTHORITY));
        r.lots = _repeated(0xff, 1);
        expectError("AttestationNotText(bytes)", abi.encode(hex"ff"));
        this.recallOut(r, keyOf(AUTHORITY));
        r.lots = "";
        r.subject = "a b";
        expectError("AttestationMalformedSubject(string)", abi.encode("a b"));
        this.recallOut(r, keyOf(AUTHORITY));
    }

    function test_ARecallSupersedesOnesOwnOrAnAuthoritysAny() external {
        bytes32 first = recall(recalling(BRAND, SUBJECT), keyOf(BRAND));
        grant(OTHER, 10, "95060001");
        Recall memory r = recalling(OTHER, SUBJECT);
        r.supersedes = first;
        expectError("AttestationNotAuthor(uint40,bytes32)", abi.encode(OTHER, first));
        this.recallOut(r, keyOf(OTHER));
        r.by = BRAND;
        recall(r, keyOf(BRAND));
        r.by = AUTHORITY;
        recall(r, keyOf(AUTHORITY));
        r.supersedes = attest(attestation(ISSUER, SCHEMA, SUBJECT), keyOf(ISSUER));
        expectError("AttestationNotARecall(bytes32)", abi.encode(r.supersedes));
        this.recallOut(r, keyOf(AUTHORITY));
    }

    function test_ASuccessorAnswersAsItsPredecessor() external {
        bytes32 target = attest(attestation(ISSUER, SCHEMA, SUBJECT), keyOf(ISSUER));
        bytes32 recalled = recall(recalling(BRAND, SUBJECT), keyOf(BRAND));
        AttestationRegistry before = attestations;
        attestations = new AttestationRegistry(registry, address(before));
        Attestation memory late = attestation(ISSUER, SCHEMA, "partner/9");
        expectError("PartnerRegistryNotOpen(uint8,address)", abi.encode(3, address(attestations)));
        this.attestOut(late, keyOf(ISSUER));
        change(CLOSE_CONTRACT, 0, address(before), 3, 0);
        change(OPEN_CONTRACT, 0, address(attestations), 3, 0);
        _stands(target, 10, ISSUER, 0, 0);
        _stands(recalled, 12, BRAND, 0, 0);
        require(attestations.lastSchema(ISSUER, keccak256(bytes(SUBJECT))) == SCHEMA, "what was last attested");
        Attestation memory again = attestation(ISSUER, SCHEMA, SUBJECT);
        expectError("AttestationAlreadyRecorded(bytes32)", abi.encode(target));
        this.attestOut(again, keyOf(ISSUER));
        // Attested before, so its issuer recalls it here; and what was recorded there is revoked here.
        recall(recalling(ISSUER, SUBJECT), keyOf(ISSUER));
        revoke(Revocation({by: ISSUER, target: target, reason: 1, effectiveFrom: 7, details: 0}), keyOf(ISSUER));
        _stands(target, 10, ISSUER, 7, 1);
        require(before.entryOf(target).reason == 0, "the predecessor is as it was");
    }

    /// What RFC 3629 calls UTF-8: the limits of every row of its table, and one over.
    function test_TextIsUtf8() external view {
        bytes[14] memory good = [
            bytes(hex""), hex"01", hex"7f", hex"c280", hex"dfbf", hex"e0a080", hex"e18080", hex"ecbfbf", hex"ed9fbf",
            hex"ee8080", hex"efbfbf", hex"f0908080", hex"f3bfbfbf", hex"f48fbfbf"
        ];
        bytes[20] memory bad = [
            bytes(hex"00"), hex"6100", hex"80", hex"bf", hex"c180", hex"c1bf", hex"c2", hex"c27f", hex"c2c0", hex"e09fbf",
            hex"eda080", hex"e18080ff", hex"e180", hex"f08fbfbf", hex"f4908080", hex"f5808080", hex"f09080", hex"e1807f",
            hex"f09080c0", hex"ff"
        ];
        for (uint256 i = 0; i < good.length; ++i) {
            require(this.isText(string(good[i])), "text");
        }
        for (uint256 i = 0; i < bad.length; ++i) {
            require(!this.isText(string(bad[i])), "no text");
        }
    }

    function isText(string calldata text) external pure returns (bool) {
        return Utf8.isText(text);
    }

    function attestOut(Attestation calldata r, uint256 key) external {
        attest(r, key);
    }

    function revokeOut(Revocation calldata r, uint256 key) external {
        revoke(r, key);
    }

    function recallOut(Recall calldata r, uint256 key) external {
        recall(r, key);
    }

    function _repeated(bytes1 character, uint256 times) private pure returns (string memory) {
        bytes memory text = new bytes(times);
        for (uint256 i = 0; i < times; ++i) {
            text[i] = character;
        }
        return string(text);
    }

    function _stands(bytes32 id, uint8 kind, uint40 by, uint40 revokedFrom, uint8 reason) private view {
        IAttestationRegistry.Entry memory entry = attestations.entryOf(id);
        require(entry.kind == kind && entry.by == by && entry.recordedAt == block.timestamp, "what, by whom, when");
        require(entry.revokedFrom == revokedFrom && entry.reason == reason, "revoked or not");
    }
}
