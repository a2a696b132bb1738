// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Outcomes} from "../Codes.sol";
import {IERC5267, IRecorder} from "../IRecorder.sol";
import {SigningDomain} from "./SigningDomain.sol";

/// @title Base of every contract that takes records: their ids, and the event that carries them
abstract contract Recorder is IRecorder {
    uint256 internal constant SIGNATURE_LENGTH = 65;

    bytes32 internal immutable CONSORTIUM_ID;
    bytes32 internal immutable DOMAIN_SEPARATOR;

    /// @param consortiumId_ The consortium whose records these are.
    constructor(bytes32 consortiumId_) {
        CONSORTIUM_ID = consortiumId_;
        DOMAIN_SEPARATOR = SigningDomain.evidence(consortiumId_);
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        virtual
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        // No chain and no contract: evidence outlives both.
        return (
            SigningDomain.EVIDENCE_FIELDS,
            SigningDomain.NAME,
            SigningDomain.VERSION,
            0,
            address(0),
            CONSORTIUM_ID,
            new uint256[](0)
        );
    }

    /// @dev The id of an evidence record.
    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return SigningDomain.digest(DOMAIN_SEPARATOR, structHash);
    }

    /// @dev A record without items was taken.
    function _record(bytes32 id, uint8 recordType) internal {
        emit Recorded(id, recordType, msg.data, Outcomes.ONE_APPLIED);
    }

    /// @dev The only outcome of a record that has one.
    function _outcome(uint8 outcome) internal pure returns (bytes memory) {
        return abi.encodePacked(outcome);
    }
}
