// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Attestation, Recall, Revocation} from "./Records.sol";

/// @title Attestations about goods, partners and shipments, their revocations, and recalls
/// @notice The registry says who may speak: attestations come from an issuer with the role for their schema, revocations
/// from the author of what they revoke, recalls from an authority, from the brand that holds the GS1 prefix of the
/// subject's GTIN, or from an issuer that attested this very subject. Whose word counts in a verdict about goods is
/// another question, answered by whoever checks them: that of the prefix's holder, or of those it authorised.
interface IAttestationRegistry {
    /// @notice An attestation or a recall. `kind` is its type number, 0 for an unknown id. `revokedFrom` and `reason`
    /// are of its revocation; `reason` 0: none.
    struct Entry {
        uint8 kind;
        uint40 by;
        uint40 recordedAt;
        uint40 revokedFrom;
        uint8 reason;
    }

    /// @notice Not signed by a key of `by` in force; `owner` is whose key it was, 0 for nobody's.
    error AttestationNotSigner(uint40 by, uint40 owner);
    /// @notice The same record has been recorded before.
    error AttestationAlreadyRecorded(bytes32 id);
    /// @notice The subject is empty.
    error AttestationNoSubject();
    /// @notice A text is longer than `limit` bytes.
    error AttestationTextTooLong(uint256 length, uint256 limit);
    /// @notice Not UTF-8, or with a character 0: no log could carry it.
    error AttestationNotText(bytes text);
    /// @notice A subject is printable ASCII, and one that starts with 01/ goes on with the 14 digits of a GTIN.
    error AttestationMalformedSubject(string subject);
    /// @notice A schema is the SHA-256 of its name, not 0.
    error AttestationNoSchema();
    /// @notice It ends before it begins.
    error AttestationPeriod(uint40 validFrom, uint40 validUntil);
    /// @notice The signer does not have the issuer's role for the schema.
    error AttestationNotIssuer(uint40 partner, bytes32 schema);
    /// @notice What is to be revoked is not recorded here.
    error AttestationUnknownTarget(bytes32 target);
    /// @notice What is to be superseded is not recorded here as a recall.
    error AttestationNotARecall(bytes32 target);
    /// @notice Only its author may revoke or supersede (a recall: an authority too).
    error AttestationNotAuthor(uint40 partner, bytes32 target);
    /// @notice It is revoked already, from the same time or an earlier one.
    error AttestationAlreadyRevoked(bytes32 target, uint40 revokedFrom);
    /// @notice A code is not in its list.
    error AttestationUnknownCode(uint8 code, uint8 last);
    /// @notice The signer is no authority, holds no GS1 prefix of the subject and did not attest it.
    error AttestationRecallNotPermitted(uint40 partner, string subject);

    /// @notice Record an attestation. Anyone may submit what `r.by` signed.
    /// @param r The attestation.
    /// @param signatures The signature of `r.by`: 65 bytes.
    /// @custom:reverts AttestationNoSubject AttestationTextTooLong AttestationMalformedSubject AttestationNoSchema
    /// AttestationPeriod PartnerRegistryNotOpen EvidenceSignatureLength AttestationNotSigner AttestationNotIssuer
    /// AttestationAlreadyRecorded
    function attest(Attestation calldata r, bytes calldata signatures) external;

    /// @notice Record that an attestation, or a recall, no longer holds from `r.effectiveFrom` on. A later revocation
    /// may move that time forward to an earlier one, never back.
    /// @param r The revocation.
    /// @param signatures The signature of `r.by`: 65 bytes.
    /// @custom:reverts AttestationUnknownCode PartnerRegistryNotOpen EvidenceSignatureLength AttestationNotSigner
    /// AttestationUnknownTarget AttestationNotAuthor AttestationAlreadyRevoked
    function revoke(Revocation calldata r, bytes calldata signatures) external;

    /// @notice Record a recall of goods.
    /// @param r The recall.
    /// @param signatures The signature of `r.by`: 65 bytes.
    /// @custom:reverts AttestationNoSubject AttestationTextTooLong AttestationMalformedSubject AttestationNotText
    /// AttestationUnknownCode EvidenceFromTheFuture PartnerRegistryNotOpen EvidenceSignatureLength AttestationNotSigner
    /// AttestationRecallNotPermitted AttestationNotARecall AttestationNotAuthor AttestationAlreadyRecorded
    function recall(Recall calldata r, bytes calldata signatures) external;

    /// @notice What is known of an attestation or recall, from the closed predecessor where that has it.
    /// @param id The record's digest.
    /// @return entry All zeros for an unknown id.
    function entryOf(bytes32 id) external view returns (Entry memory entry);

    /// @notice The schema under which a partner last attested a subject.
    /// @param partner The issuer.
    /// @param subjectHash keccak256 of the subject's bytes.
    /// @return schema 0 when it never did.
    function lastSchema(uint40 partner, bytes32 subjectHash) external view returns (bytes32 schema);
}
