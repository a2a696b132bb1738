// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ShipmentStates} from "../src/Codes.sol";
import {CustodyLedger} from "../src/CustodyLedger.sol";
import {Child, Handoff, HandoffItem, Require, ShipmentRef, ShipmentTerms, Split, Statement} from "../src/Records.sol";
import {CustodySlot} from "../src/base/CustodySlot.sol";
import {SigningDomain} from "../src/base/SigningDomain.sol";
import {Consortium} from "./Consortium.sol";
import {VM} from "./Vm.sol";

/// @notice Plays custody among four partners: honest records, and records that only look like it.
contract CustodyLedgerHandler is Consortium {
    using CustodySlot for uint256;

    uint40 private constant MAKER = 1;
    uint40 private constant CARRIER = 2;
    uint40 private constant MAIN_CARRIER = 3;
    uint40 private constant RETAILER = 4;
    uint40 private constant PARTNERS = 4;
    uint256 private constant MOST = 60;

    CustodyLedger public immutable custody;

    /// Every shipment there is, and the one opened by terms from which it came.
    bytes32[] public shipments;
    mapping(bytes32 shipment => bytes32) public originOf;
    /// Packages opened by terms, and counted over since.
    mapping(bytes32 origin => uint256) public packagesOf;
    bytes32[] public origins;

    /// Each shipment as it was before the last act.
    mapping(bytes32 shipment => uint256 slot) private _before;
    bool public sequenceShrank;
    bool public endedCameBack;
    bool public partiesChanged;
    bool public movedUnsigned;
    bool public forgerySucceeded;
    /// Who signed as releaser in the act under way.
    uint40 private _signed;

    constructor() {
        custody = new CustodyLedger(registry, address(0));
        for (uint40 partner = 1; partner <= PARTNERS; ++partner) {
            admit(partner);
        }
        grant(MAKER, 1);
        grant(CARRIER, 2);
        grant(MAIN_CARRIER, 3);
        grant(RETAILER, 8);
        change(OPEN_CONTRACT, 0, address(custody), 1, 0);
    }

    modifier noticing(uint40 signedBy) {
        for (uint256 i = 0; i < shipments.length; ++i) {
            _before[shipments[i]] = custody.slotOf(shipments[i]);
        }
        _signed = signedBy;
        _;
        for (uint256 i = 0; i < shipments.length; ++i) {
            _notice(_before[shipments[i]], custody.slotOf(shipments[i]));
        }
    }

    function actOpen(uint16 packages, bytes16 salt, bool byRetailer, uint8 gate) external noticing(0) {
        if (shipments.length >= MOST) return;
        ShipmentTerms memory r;
        r.salt = salt;
        r.consignor = byRetailer ? RETAILER : MAKER;
        r.consignee = byRetailer ? MAKER : RETAILER;
        r.holder = r.consignor;
        r.purpose = 1;
        r.packages = uint32(packages) + 1;
        r.parents = new ShipmentRef[](0);
        r.requires = new Require[](1);
        r.requires[0] = Require({jurisdiction: "DE", regime: 1, gate: gate % 7 + 1, relay: false});
        r.submitBy = type(uint40).max;
        bytes32 id = _id(hasher.hash(r));
        if (custody.slotOf(id) != 0) return;
        custody.open(r, signature(keyOf(r.consignor), id));
        _add(id, id);
        origins.push(id);
        packagesOf[id] = r.packages;
    }

    /// One item: all of it, some, more, or refused.
    function actHandoff(uint256 which, uint40 receiver, uint16 packages, uint8 how) external {
        if (shipments.length == 0) return;
        bytes32 shipment = shipments[which % shipments.length];
        uint256 slot = custody.slotOf(shipment);
        uint40 releaser = uint40(slot.custodian());
        receiver = receiver % PARTNERS + 1;
        bool consignee = receiver == slot.consignee();
        if (receiver == releaser || (!consignee && receiver != CARRIER && receiver != MAIN_CARRIER)) return;
        uint256 held = slot.packages();
        uint256 counted = how % 4 == 0 ? held : how % 4 == 1 ? packages % held : held + packages % 5;
        _handoff(shipment, slot, receiver, uint32(counted));
    }

    function actSplit(uint256 which, uint16[3] calldata cuts) external {
        if (shipments.length == 0 || shipments.length >= MOST) return;
        bytes32 shipment = shipments[which % shipments.length];
        _split(shipment, custody.slotOf(shipment), cuts);
    }

    function actState(uint256 which, uint8 kind) external {
        if (shipments.length == 0) return;
        bytes32 shipment = shipments[which % shipments.length];
        // Endings are rare, or soon nothing would be left to play with.
        _state(shipment, custody.slotOf(shipment), kind % 10 == 0 ? kind / 10 % 5 + 3 : kind % 2 == 0 ? 1 : 8);
    }

    /// A manifest that lacks the releaser's own signature: the receiver signs both, or somebody else does.
    function actForge(uint256 which, uint40 forger, bool sameKey) external noticing(0) {
        if (shipments.length == 0) return;
        bytes32 shipment = shipments[which % shipments.length];
        uint256 slot = custody.slotOf(shipment);
        uint40 releaser = uint40(slot.custodian());
        forger = forger % PARTNERS + 1;
        if (forger == releaser || releaser == CARRIER) return;
        Handoff memory r = _manifest(shipment, slot, CARRIER, uint32(slot.packages()));
        bytes32 id = _id(hasher.hash(r));
        bytes memory signatures =
            bytes.concat(signature(keyOf(sameKey ? CARRIER : forger), id), signature(keyOf(CARRIER), id));
        try custody.handoff(r, signatures) {
            forgerySucceeded = true;
        } catch {}
    }

    function count() external view returns (uint256) {
        return shipments.length;
    }

    function originCount() external view returns (uint256) {
        return origins.length;
    }

    function _handoff(bytes32 shipment, uint256 slot, uint40 receiver, uint32 packages)
        private
        noticing(uint40(slot.custodian()))
    {
        if (shipments.length >= MOST && packages < slot.packages()) return;
        Handoff memory r = _manifest(shipment, slot, receiver, packages);
        bytes32 id = _id(hasher.hash(r));
        custody.handoff(r, bytes.concat(signature(keyOf(r.releaser), id), signature(keyOf(receiver), id)));
        if (slot.state() != ShipmentStates.OPEN) return;
        if (packages > slot.packages()) packagesOf[originOf[shipment]] += packages - slot.packages();
        if (packages != 0 && packages < slot.packages()) {
            _add(_child(shipment, slot, type(uint32).max), originOf[shipment]);
        }
    }

    function _manifest(bytes32 shipment, uint256 slot, uint40 receiver, uint32 packages)
        private
        view
        returns (Handoff memory r)
    {
        uint256 held = slot.packages();
        r.items = new HandoffItem[](1);
        r.items[0] = HandoffItem({
            shipment: shipment,
            sequence: uint16(slot.sequence()),
            packages: packages,
            exceptions: packages == 0 ? 4 : packages < held ? 1 : packages > held ? 8 : 0
        });
        r.releaser = uint40(slot.custodian());
        r.receiver = receiver;
        r.occurredAt = uint40(block.timestamp);
        r.submitBy = type(uint40).max;
    }

    function _split(bytes32 shipment, uint256 slot, uint16[3] calldata cuts)
        private
        noticing(uint40(slot.custodian()))
    {
        uint256 left = slot.packages();
        Split memory r;
        r.by = uint40(slot.custodian());
        r.shipment = shipment;
        r.sequence = uint16(slot.sequence());
        r.children = new Child[](left < 4 ? left : 4);
        for (uint256 i = 0; i < r.children.length; ++i) {
            uint256 still = r.children.length - 1 - i;
            uint256 part = still == 0 ? left : 1 + cuts[i] % (left - still);
            r.children[i] = Child({packages: uint32(part), contents: bytes32(i)});
            left -= part;
        }
        bytes32 id = _id(hasher.hash(r));
        custody.split(r, signature(keyOf(r.by), id));
        if (slot.state() > ShipmentStates.DELIVERED) return;
        for (uint256 i = 0; i < r.children.length; ++i) {
            _add(_child(shipment, slot, i), originOf[shipment]);
        }
    }

    function _state(bytes32 shipment, uint256 slot, uint8 kind) private noticing(uint40(slot.custodian())) {
        Statement memory r;
        r.by = uint40(slot.custodian());
        r.counterparty = uint40(slot.consignee() == r.by ? slot.consignor() : slot.consignee());
        if (r.by == r.counterparty) return;
        r.kind = kind;
        r.shipment = shipment;
        r.sequence = uint16(slot.sequence());
        bytes32 id = _id(hasher.hash(r));
        bytes memory signatures = signature(keyOf(r.by), id);
        if (kind == 6 || kind == 7) signatures = bytes.concat(signatures, signature(keyOf(r.counterparty), id));
        custody.recordStatement(r, signatures);
    }

    function _notice(uint256 old, uint256 current) private {
        if (old == 0) return;
        if (current.sequence() < old.sequence()) sequenceShrank = true;
        if (old.state() > ShipmentStates.DELIVERED && current != old) endedCameBack = true;
        if (old.state() == ShipmentStates.DELIVERED && current.state() == ShipmentStates.OPEN) endedCameBack = true;
        if (current.consignee() != old.consignee() || current.consignor() != old.consignor()) partiesChanged = true;
        if (current != old && old.custodian() != _signed) movedUnsigned = true;
    }

    function _add(bytes32 shipment, bytes32 origin) private {
        shipments.push(shipment);
        originOf[shipment] = origin;
    }

    function _child(bytes32 shipment, uint256 slot, uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encode(shipment, slot.sequence(), index));
    }

    function _id(bytes32 structHash) private pure returns (bytes32) {
        return SigningDomain.digest(SigningDomain.evidence(CONSORTIUM_ID), structHash);
    }
}

/// @notice What holds after any sequence of records, honest or forged:
///
/// 1. Packages are neither made nor lost: of all that came from one shipment opened by terms, through splits and short
///    items, those not split further hold together what was opened and what receivers counted over.
/// 2. Every shipment has one custodian, a partner, and nothing about it changes without that custodian's signature.
/// 3. A sequence only grows.
/// 4. What has ended stays ended, to the last bit; what is delivered is never under way again.
/// 5. Consignor and consignee never change.
/// 6. Nobody moves goods with the receiver's signature alone, or with a stranger's for the releaser's.
contract CustodyLedgerInvariants {
    using CustodySlot for uint256;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    CustodyLedgerHandler private _handler;

    function setUp() public {
        _handler = new CustodyLedgerHandler();
    }

    /// @notice Asked by forge: what to call.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](5);
        actions[0] = CustodyLedgerHandler.actOpen.selector;
        actions[1] = CustodyLedgerHandler.actHandoff.selector;
        actions[2] = CustodyLedgerHandler.actSplit.selector;
        actions[3] = CustodyLedgerHandler.actState.selector;
        actions[4] = CustodyLedgerHandler.actForge.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: actions});
    }

    /// @notice Asked by forge: nobody else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_1_PackagesAreNeitherMadeNorLost() external view {
        uint256 count = _handler.count();
        for (uint256 o = 0; o < _handler.originCount(); ++o) {
            bytes32 origin = _handler.origins(o);
            uint256 sum;
            for (uint256 i = 0; i < count; ++i) {
                bytes32 shipment = _handler.shipments(i);
                if (_handler.originOf(shipment) != origin) continue;
                uint256 slot = _handler.custody().slotOf(shipment);
                if (slot.state() != ShipmentStates.CLOSED_INTO_CHILDREN) sum += slot.packages();
            }
            require(sum == _handler.packagesOf(origin), "what was opened, and what was counted over");
        }
    }

    function invariant_2_OneCustodianWhoSigns() external view {
        for (uint256 i = 0; i < _handler.count(); ++i) {
            uint256 slot = _handler.custody().slotOf(_handler.shipments(i));
            require(slot.custodian() >= 1 && slot.custodian() <= 4, "a partner holds it");
        }
        require(!_handler.movedUnsigned(), "changed without its custodian's signature");
    }

    function invariant_3_SequencesGrow() external view {
        require(!_handler.sequenceShrank(), "a sequence shrank");
    }

    function invariant_4_EndedStaysEnded() external view {
        require(!_handler.endedCameBack(), "an ended shipment changed");
    }

    function invariant_5_PartiesStay() external view {
        require(!_handler.partiesChanged(), "a party changed");
    }

    function invariant_6_NoForgery() external view {
        require(!_handler.forgerySucceeded(), "a forged manifest was taken");
    }
}
