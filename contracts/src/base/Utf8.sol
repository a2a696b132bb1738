// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Text that can be kept and shown
/// @notice A record is carried as JSON and kept in databases. What is no text there must not take effect here, or the
/// chain would hold a record that no log can show. Source: RFC 3629, section 4.
library Utf8 {
    /// @notice Whether these bytes are UTF-8 without the character 0.
    function isText(string calldata found) internal pure returns (bool) {
        bytes calldata text = bytes(found);
        uint256 length = text.length;
        uint256 i = 0;
        while (i < length) {
            uint256 lead = uint8(text[i++]);
            if (lead == 0) return false;
            if (lead < 0x80) continue;
            if (lead < 0xc2 || lead > 0xf4) return false;
            uint256 more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
            if (more > length - i) return false;
            // The second byte's range: nothing that fewer bytes could say, no surrogates, nothing above U+10FFFF.
            uint256 least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
            uint256 most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
            for (; more != 0; --more) {
                uint256 next = uint8(text[i++]);
                if (next < least || next > most) return false;
                least = 0x80;
                most = 0xbf;
            }
        }
        return true;
    }
}
