// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Subjects of attestations and recalls, as far as a contract has to read them
/// @notice A subject is a GS1 Digital Link path without its leading slash, `partner/7` or `shipment/0x…`. A GTIN is
/// written with 14 digits: the indicator digit, then 12 digits that start with the company prefix, then the check digit.
/// Source: GS1 General Specifications, section 7.9 and GS1 Digital Link Standard, section 4.
library GtinSubject {
    /// @notice Lengths of GS1 company prefixes, in digits.
    uint256 internal constant SHORTEST_PREFIX = 4;
    uint256 internal constant LONGEST_PREFIX = 12;

    uint256 private constant AI_LENGTH = 3; // "01/"
    uint256 private constant GTIN_LENGTH = 14;

    /// @notice Printable ASCII without spaces; what starts with 01/ goes on with 14 digits, then the end or a slash.
    function isWellFormed(string calldata subject) internal pure returns (bool) {
        bytes calldata text = bytes(subject);
        for (uint256 i = 0; i < text.length; ++i) {
            if (text[i] < 0x21 || text[i] > 0x7e) return false;
        }
        return !_startsWithGtinKey(text) || isGtin(subject);
    }

    /// @notice Whether the subject is a GTIN, or a lot or item of one.
    function isGtin(string calldata subject) internal pure returns (bool) {
        bytes calldata text = bytes(subject);
        uint256 end = AI_LENGTH + GTIN_LENGTH;
        if (text.length < end || !_startsWithGtinKey(text)) return false;
        if (text.length > end && text[end] != "/") return false;
        for (uint256 i = AI_LENGTH; i < end; ++i) {
            if (text[i] < "0" || text[i] > "9") return false;
        }
        return true;
    }

    /// @notice The first `digits` digits after the indicator digit, left-aligned as in the scope of the brand's role.
    function prefix(string calldata subject, uint256 digits) internal pure returns (bytes32) {
        uint256 start = AI_LENGTH + 1;
        return bytes32(bytes(subject)[start:start + digits]);
    }

    function _startsWithGtinKey(bytes calldata text) private pure returns (bool) {
        return text.length >= AI_LENGTH && text[0] == "0" && text[1] == "1" && text[2] == "/";
    }
}
