// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContractKinds, Hazards, RecallActions, RevocationReasons, Roles} from "./Codes.sol";
import {IAttestationRegistry} from "./IAttestationRegistry.sol";
import {IPartnerRegistry} from "./IPartnerRegistry.sol";
import {Attestation, Recall, RecordHashes, Revocation} from "./Records.sol";
import {EvidenceContract} from "./base/EvidenceContract.sol";
import {GtinSubject} from "./base/GtinSubject.sol";
import {Utf8} from "./base/Utf8.sol";

/// @title Attestations, revocations and recalls, see `IAttestationRegistry`
contract AttestationRegistry is IAttestationRegistry, EvidenceContract {
    uint256 private constant MAX_SUBJECT = 512;
    uint256 private constant MAX_CONTACT = 512;
    uint256 private constant MAX_LOTS = 4096;

    mapping(bytes32 id => Entry entry) private _entries;
    mapping(uint40 partner => mapping(bytes32 subjectHash => bytes32 schema)) private _lastSchema;

    /// @param registry_ The consortium's registry.
    /// @param predecessor_ The attestation registry whose state this one continues; zero for none.
    constructor(IPartnerRegistry registry_, address predecessor_)
        EvidenceContract(registry_, predecessor_, ContractKinds.ATTESTATION)
    {}

    /// @inheritdoc IAttestationRegistry
    function attest(Attestation calldata r, bytes calldata signatures) external {
        _checkSubject(r.subject);
        if (r.schema == 0) revert AttestationNoSchema();
        if (r.validUntil != 0 && r.validUntil <= r.validFrom) revert AttestationPeriod(r.validFrom, r.validUntil);

        bytes32 id = _digest(RecordHashes.hash(r));
        _requireSigner(id, signatures, r.by, RecordHashes.ATTESTATION);
        if (!REGISTRY.hasRole(r.by, Roles.ISSUER, r.schema)) revert AttestationNotIssuer(r.by, r.schema);

        _enter(id, RecordHashes.ATTESTATION, r.by);
        _lastSchema[r.by][keccak256(bytes(r.subject))] = r.schema;
        _record(id, RecordHashes.ATTESTATION);
    }

    /// @inheritdoc IAttestationRegistry
    function revoke(Revocation calldata r, bytes calldata signatures) external {
        _checkCode(r.reason, RevocationReasons.LAST);
        bytes32 id = _digest(RecordHashes.hash(r));
        _requireSigner(id, signatures, r.by, RecordHashes.REVOCATION);

        Entry memory entry = entryOf(r.target);
        if (entry.kind == 0) revert AttestationUnknownTarget(r.target);
        if (entry.by != r.by) revert AttestationNotAuthor(r.by, r.target);
        if (entry.reason != 0 && entry.revokedFrom <= r.effectiveFrom) {
            revert AttestationAlreadyRevoked(r.target, entry.revokedFrom);
        }

        entry.revokedFrom = r.effectiveFrom;
        entry.reason = r.reason;
        _entries[r.target] = entry;
        _record(id, RecordHashes.REVOCATION);
    }

    /// @inheritdoc IAttestationRegistry
    function recall(Recall calldata r, bytes calldata signatures) external {
        _checkSubject(r.subject);
        _checkText(r.lots, MAX_LOTS);
        _checkText(r.contact, MAX_CONTACT);
        _checkCode(r.hazard, Hazards.LAST);
        _checkCode(r.action, RecallActions.LAST);
        _requireNotAhead(r.occurredAt);

        bytes32 id = _digest(RecordHashes.hash(r));
        uint256 roles = _requireSigner(id, signatures, r.by, RecordHashes.RECALL);
        bool authority = roles & (1 << Roles.AUTHORITY) != 0 && REGISTRY.hasRole(r.by, Roles.AUTHORITY, 0);
        if (!authority && !_holdsPrefix(r.by, r.subject) && !_attested(r.by, r.subject)) {
            revert AttestationRecallNotPermitted(r.by, r.subject);
        }
        if (r.supersedes != 0) {
            Entry memory superseded = entryOf(r.supersedes);
            if (superseded.kind != RecordHashes.RECALL) revert AttestationNotARecall(r.supersedes);
            if (superseded.by != r.by && !authority) revert AttestationNotAuthor(r.by, r.supersedes);
        }

        _enter(id, RecordHashes.RECALL, r.by);
        _record(id, RecordHashes.RECALL);
    }

    /// @inheritdoc IAttestationRegistry
    function entryOf(bytes32 id) public view returns (Entry memory entry) {
        entry = _entries[id];
        if (entry.kind == 0 && PREDECESSOR != address(0)) return IAttestationRegistry(PREDECESSOR).entryOf(id);
    }

    /// @inheritdoc IAttestationRegistry
    function lastSchema(uint40 partner, bytes32 subjectHash) public view returns (bytes32 schema) {
        schema = _lastSchema[partner][subjectHash];
        if (schema == 0 && PREDECESSOR != address(0)) {
            return IAttestationRegistry(PREDECESSOR).lastSchema(partner, subjectHash);
        }
    }

    function _enter(bytes32 id, uint8 kind, uint40 by) private {
        if (entryOf(id).kind != 0) revert AttestationAlreadyRecorded(id);
        _entries[id] = Entry({kind: kind, by: by, recordedAt: uint40(block.timestamp), revokedFrom: 0, reason: 0});
    }

    /// @dev Company prefixes have 4 to 12 digits, and only the registry knows which of them were given out.
    function _holdsPrefix(uint40 partner, string calldata subject) private view returns (bool) {
        if (!GtinSubject.isGtin(subject)) return false;
        for (uint256 digits = GtinSubject.SHORTEST_PREFIX; digits <= GtinSubject.LONGEST_PREFIX; ++digits) {
            if (REGISTRY.hasRole(partner, Roles.BRAND, GtinSubject.prefix(subject, digits))) return true;
        }
        return false;
    }

    function _attested(uint40 partner, string calldata subject) private view returns (bool) {
        bytes32 schema = lastSchema(partner, keccak256(bytes(subject)));
        return schema != 0 && REGISTRY.hasRole(partner, Roles.ISSUER, schema);
    }

    /// @dev The signer's roles, once it is sure that a key of `by` in force made the only signature.
    function _requireSigner(bytes32 id, bytes calldata signatures, uint40 by, uint8 recordType)
        private
        view
        returns (uint256 roles)
    {
        _requireOpen();
        _requireSignatures(signatures, 1);
        uint40 partner;
        (partner, roles,) = REGISTRY.signer(_recover(id, signatures, 0), recordType);
        if (partner == 0 || partner != by) revert AttestationNotSigner(by, partner);
    }

    function _checkSubject(string calldata subject) private pure {
        uint256 length = bytes(subject).length;
        if (length == 0) revert AttestationNoSubject();
        if (length > MAX_SUBJECT) revert AttestationTextTooLong(length, MAX_SUBJECT);
        if (!GtinSubject.isWellFormed(subject)) revert AttestationMalformedSubject(subject);
    }

    function _checkText(string calldata text, uint256 limit) private pure {
        if (bytes(text).length > limit) revert AttestationTextTooLong(bytes(text).length, limit);
        if (!Utf8.isText(text)) revert AttestationNotText(bytes(text));
    }

    function _checkCode(uint8 code, uint8 last) private pure {
        if (code == 0 || code > last) revert AttestationUnknownCode(code, last);
    }
}
