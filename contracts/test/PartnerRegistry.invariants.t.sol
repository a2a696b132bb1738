// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPartnerRegistry} from "../src/IPartnerRegistry.sol";
import {PartnerRegistry} from "../src/PartnerRegistry.sol";
import {KeyGrant, KeyRevoke, RegistryChange} from "../src/Records.sol";
import {SigningDomain} from "../src/base/SigningDomain.sol";
import {RecordHasher} from "./RecordHasher.sol";
import {VM} from "./Vm.sol";

/// @notice Plays with a registry of three council members, two of whom must sign, and an hour's delay. Partners, keys,
/// scopes, logs and kinds come from small pools, so that collisions are as common as what succeeds.
contract PartnerRegistryHandler {
    bytes32 private constant CONSORTIUM_ID = keccak256("a consortium of invariants");
    uint256 private constant START = 1_760_000_000;
    uint40 private constant DELAY = 1 hours;
    uint40 private constant NO_END = type(uint40).max;
    uint256 public constant KEYS = 24;
    uint40 public constant PARTNERS = 4;

    PartnerRegistry public immutable registry;
    RecordHasher private immutable HASHER = new RecordHasher();

    /// The pool: number to address. From `KEYS` on are strangers.
    address[] public addressOf;

    /// Sequence numbers taken.
    uint40 public taken;
    /// What an address was when it was first seen in the registry.
    mapping(address key => IPartnerRegistry.AddressKind) public firstKind;
    mapping(address key => uint40) public firstPartner;
    /// Whether an address was seen in force, and then, later, not.
    mapping(address key => bool) private _wasInForce;
    mapping(address key => bool) private _hasEnded;
    bool public returned;
    bool public strangerSucceeded;
    bool public changedOwner;

    constructor() {
        VM.warp(START);
        for (uint256 i = 0; i < KEYS; ++i) {
            addressOf.push(VM.addr(_privateKey(i)));
        }
        address[] memory council = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            council[i] = addressOf[i];
        }
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = 0; j < 2; ++j) {
                if (council[j] > council[j + 1]) (council[j], council[j + 1]) = (council[j + 1], council[j]);
            }
        }
        registry = new PartnerRegistry(CONSORTIUM_ID, 2, DELAY, council);
        _look();
    }

    // --- actions ---

    function actChange(
        uint8 action,
        uint40 partner,
        uint256 key,
        uint8 role,
        uint256 scope,
        uint40 number,
        uint40 postponed
    ) external {
        RegistryChange memory r;
        r.sequence = registry.changes() + 1;
        r.action = action % 15 + 1;
        bool immediate = r.action == 2 || r.action == 5 || r.action == 7 || r.action == 12 || r.action == 15;
        if (!immediate && postponed % 2 == 0) r.notBefore = uint40(block.timestamp) + postponed % 2 days;
        if (r.action <= 7 || r.action == 11) r.partner = partner % PARTNERS + 1;
        bool named = r.action == 1 || r.action == 4 || r.action == 5 || r.action == 8 || r.action == 9;
        if (named || r.action == 11 || r.action >= 13 && r.action <= 14) r.key = addressOf[key % KEYS];
        if (r.action == 6 || r.action == 7) {
            r.role = role % 14 + 1;
            if (r.role == 5) r.scope = scope % 2 == 0 ? bytes32("DE") : bytes32("FR");
            if (r.role == 9) r.scope = bytes32(scope % 3 + 1);
            if (r.role == 10) r.scope = bytes32("09506000");
        }
        if (r.action == 10) r.number = number % 5;
        if (r.action == 13 || r.action == 14) r.number = number % 2 + 1;
        if (r.action == 11 || r.action == 12) r.scope = bytes32(scope % 3 + 1);
        if (r.action == 15) r.document = bytes32(scope % 5);
        _submit(r, _council(registry.threshold()));
    }

    /// Too few, doubled, or somebody else's signatures.
    function actStranger(uint8 action, uint256 key, uint8 how) external {
        RegistryChange memory r;
        r.sequence = registry.changes() + 1;
        r.action = action % 2 == 0 ? 15 : 10;
        r.number = 1;
        if (r.action == 15) r.document = bytes32(key);
        uint256 needed = registry.threshold();
        uint256[] memory signers;
        if (how % 3 == 0) {
            signers = _council(needed - 1);
        } else if (how % 3 == 1) {
            signers = _council(needed);
            signers[needed - 1] = signers.length > 1 ? signers[0] : KEYS + key % 100;
        } else {
            signers = _council(needed);
            signers[key % needed] = KEYS + key % 100;
        }
        if (_submit(r, signers)) strangerSucceeded = true;
    }

    function actGrantKey(uint40 partner, uint256 key, uint256 by, uint32 scopes, uint40 from, uint40 length) external {
        KeyGrant memory r;
        r.partner = partner % PARTNERS + 1;
        r.key = addressOf[key % KEYS];
        r.scopes = scopes;
        r.validFrom = uint40(block.timestamp) + from % 2 days;
        r.validUntil = r.validFrom + length % 100 days;
        bytes32 hash = HASHER.hash(r);
        bytes memory signatures = bytes.concat(_sign(by % KEYS, hash), _sign(key % KEYS, hash));
        try registry.grantKey(r, signatures) {
            (IPartnerRegistry.AddressKind kind, uint40 owner,,,,) = registry.addressInfo(addressOf[by % KEYS]);
            if (kind != IPartnerRegistry.AddressKind.MASTER_KEY || owner != r.partner) strangerSucceeded = true;
        } catch {}
        _look();
    }

    function actRevokeKey(uint40 partner, uint256 key, uint256 by) external {
        KeyRevoke memory r;
        r.partner = partner % PARTNERS + 1;
        r.key = addressOf[key % KEYS];
        (, uint40 ownerOfBy,,,,) = registry.addressInfo(addressOf[by % KEYS]);
        bytes memory signature = _sign(by % KEYS, HASHER.hash(r));
        try registry.revokeKey(r, signature) {
            if (ownerOfBy != r.partner) strangerSucceeded = true;
            (uint40 owner,,) = registry.signer(r.key, 5);
            if (owner != 0) returned = true;
        } catch {}
        _look();
    }

    function actWait(uint32 time) external {
        VM.warp(block.timestamp + time % 3 days);
        _look();
    }

    // --- noticing ---

    /// @dev Remember what every address is, and notice one that comes back or changes hands.
    function _look() private {
        for (uint256 i = 0; i < KEYS; ++i) {
            address key = addressOf[i];
            (IPartnerRegistry.AddressKind kind, uint40 partner,, uint40 from, uint40 until,) = registry.addressInfo(key);
            if (firstKind[key] == IPartnerRegistry.AddressKind.NONE) {
                firstKind[key] = kind;
                firstPartner[key] = partner;
            } else if (kind != firstKind[key] || partner != firstPartner[key]) {
                changedOwner = true;
            }
            bool inForce = from <= block.timestamp && block.timestamp < until;
            if (inForce && _hasEnded[key]) returned = true;
            if (inForce) _wasInForce[key] = true;
            if (!inForce && _wasInForce[key]) _hasEnded[key] = true;
        }
    }

    /// @notice Council members in force.
    function members() public view returns (uint256 count) {
        for (uint256 i = 0; i < KEYS; ++i) {
            if (_isMember(addressOf[i])) ++count;
        }
    }

    function _isMember(address key) private view returns (bool) {
        (IPartnerRegistry.AddressKind kind,,, uint40 from, uint40 until,) = registry.addressInfo(key);
        return kind == IPartnerRegistry.AddressKind.COUNCIL_KEY && from <= block.timestamp && block.timestamp < until;
    }

    // --- signing ---

    function _submit(RegistryChange memory r, uint256[] memory signers) private returns (bool done) {
        bytes32 hash = HASHER.hash(r);
        bytes memory signatures;
        for (uint256 i = 0; i < signers.length; ++i) {
            signatures = bytes.concat(signatures, _sign(signers[i], hash));
        }
        try registry.change(r, signatures) {
            ++taken;
            done = true;
        } catch {}
        _look();
    }

    /// @dev Pool numbers of the first `count` members in force, ascending by address.
    function _council(uint256 count) private view returns (uint256[] memory found) {
        found = new uint256[](count);
        address last = address(0);
        for (uint256 n = 0; n < count; ++n) {
            address best = address(type(uint160).max);
            for (uint256 i = 0; i < KEYS; ++i) {
                address key = addressOf[i];
                if (key > last && key < best && _isMember(key)) (best, found[n]) = (key, i);
            }
            last = best;
        }
    }

    function _sign(uint256 key, bytes32 structHash) private pure returns (bytes memory) {
        bytes32 digest = SigningDomain.digest(SigningDomain.evidence(CONSORTIUM_ID), structHash);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(_privateKey(key), digest);
        return abi.encodePacked(r, s, v);
    }

    function _privateKey(uint256 key) private pure returns (uint256) {
        return 0xBEEF00 + key;
    }
}

/// @notice What holds after any sequence of records, properly signed or not, at any time:
///
/// 1. As many council members are in force as must sign, and at least one must: the council can always act.
/// 2. The number of changes is the number of those accepted: the sequence has no gap.
/// 3. What an address was first, it stays: one kind, one partner. Who has ended does not return.
/// 4. At most one contract of a kind is in force, and the registry names it.
/// 5. A device key is in force for 90 days at most, and never signs the registry's own records or checkpoints.
/// 6. Nothing changes without its signers: fewer than the threshold, doubled signatures, strangers, others' master keys.
/// 7. Whoever signs for a partner holds a key of an admitted partner; nobody signs for partner 0.
contract PartnerRegistryInvariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    PartnerRegistryHandler private _handler;
    PartnerRegistry private _registry;

    function setUp() public {
        _handler = new PartnerRegistryHandler();
        _registry = _handler.registry();
    }

    /// @notice Asked by forge: the actions to play.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](8);
        // Changes come more often than the rest: fifteen actions share them.
        for (uint256 i = 0; i < 4; ++i) {
            actions[i] = PartnerRegistryHandler.actChange.selector;
        }
        actions[4] = PartnerRegistryHandler.actStranger.selector;
        actions[5] = PartnerRegistryHandler.actGrantKey.selector;
        actions[6] = PartnerRegistryHandler.actRevokeKey.selector;
        actions[7] = PartnerRegistryHandler.actWait.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: actions});
    }

    /// @notice Asked by forge: nobody else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice One campaign for all seven: forge would play one for each.
    function invariant_TheRegistryHolds() external view {
        _1_theCouncilCanAlwaysAct();
        _2_theSequenceHasNoGap();
        _3_anAddressStaysWhatItIs();
        _4_oneContractOfAKind();
        _5_deviceKeysAreShortAndNarrow();
        _6_nothingChangesWithoutItsSigners();
        _7_signersBelongToAdmittedPartners();
    }

    function _1_theCouncilCanAlwaysAct() private view {
        uint256 needed = _registry.threshold();
        require(needed >= 1 && _handler.members() >= needed, "members in force reach the threshold");
    }

    function _2_theSequenceHasNoGap() private view {
        require(_registry.changes() == _handler.taken(), "changes are those accepted");
    }

    function _3_anAddressStaysWhatItIs() private view {
        require(!_handler.changedOwner(), "one kind, one partner");
        require(!_handler.returned(), "who has ended does not return");
    }

    function _4_oneContractOfAKind() private view {
        for (uint8 kind = 1; kind <= 5; ++kind) {
            uint256 open = 0;
            for (uint256 i = 0; i < _handler.KEYS(); ++i) {
                address found = _handler.addressOf(i);
                if (!_registry.isOpen(kind, found)) continue;
                ++open;
                require(_registry.contractOf(kind) == found, "the registry names the one in force");
            }
            require(open <= 1, "two of a kind are in force");
            require(open == 1 || _registry.contractOf(kind) == address(0), "none is named when none is in force");
        }
    }

    function _5_deviceKeysAreShortAndNarrow() private view {
        for (uint256 i = 0; i < _handler.KEYS(); ++i) {
            (IPartnerRegistry.AddressKind kind,,, uint40 from, uint40 until, uint32 scopes) =
                _registry.addressInfo(_handler.addressOf(i));
            if (kind != IPartnerRegistry.AddressKind.DEVICE_KEY) continue;
            require(until <= from || until - from <= 90 days, "90 days at most");
            // Types 1, 2, 3 and 17, and what is no type.
            require(scopes != 0 && scopes & (7 | (1 << 16)) == 0 && scopes >> 22 == 0, "a partner's types only");
        }
    }

    function _6_nothingChangesWithoutItsSigners() private view {
        require(!_handler.strangerSucceeded(), "a stranger succeeded");
    }

    function _7_signersBelongToAdmittedPartners() private view {
        for (uint256 i = 0; i < _handler.KEYS(); ++i) {
            address key = _handler.addressOf(i);
            (uint40 partner,,) = _registry.signer(key, 5);
            if (partner == 0) continue;
            (uint40 since,) = _registry.partnerInfo(partner);
            require(since != 0 && since <= block.timestamp, "the partner is admitted");
            require(_handler.firstPartner(key) == partner, "it is its key");
        }
    }
}
