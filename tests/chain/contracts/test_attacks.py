"""What strangers and insiders may try with the contracts: each attempt is refused, and nothing has changed.

Attacks on one rule are tested where the rule is; here are those that need a call made by hand, or several contracts.
"""

import random
from collections.abc import Iterator

import pytest
from eth_abi.abi import encode

from ledger.codes import ContractKind, Outcome, RegistryAction
from ledger.records.shipment_ids import child_id
from ledger.records.types import HandoffItem, KeyGrant, ShipmentRef
from tests.chain.contracts import clearance_world, custody_world
from tests.chain.contracts.attestation_desk import new_desk
from tests.chain.contracts.consortium import CARRIER, CUSTOMS, DELAY, MAKER, Consortium, key_of, sign
from tests.chain.contracts.harness import GAS, Reverted
from tests.chain.contracts.twin import NO_DETAILS, Twin, master

WORD = 32
NAMES = {ContractKind.CUSTODY: "CustodyLedger", ContractKind.CLEARANCE: "ClearanceLedger"}


# --- text that no log could carry ------------------------------------------------------------------------------------


def texts() -> Iterator[bytes]:
    """Every byte alone, every kind of lead with every kind of second byte and tail, and noise."""
    yield from (bytes([byte]) for byte in range(256))
    edges = (0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF)
    for lead in (0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5):
        for second in edges:
            yield from (bytes([lead, second]) + tail for tail in (b"", b"\x80", b"\x80\xbf", b"\xbf\x80a", b"a\x80"))
            yield bytes([lead, 0x90, second, 0x80])
            yield bytes([lead, 0x90, 0x80, second])
    noise = random.Random(0x1AD1)
    for _ in range(100):
        yield noise.randbytes(noise.randrange(1, 9))
        text = "".join(chr(noise.choice((0x41, 0xE9, 0x20AC, 0x1F600))) for _ in range(6)).encode()
        yield text[: noise.randrange(20)]


def is_text(found: bytes) -> bool:
    try:
        return "\0" not in found.decode()
    except UnicodeDecodeError:
        return False


def test_what_no_log_could_carry_is_no_recall() -> None:
    """Text is judged before signatures, so a call without any says whether it was the text."""
    desk = new_desk()
    selector = desk.contract.data("recall", desk.recalling(), b"")[:4]
    # Strings as bytes: the same encoding, and not only text.
    types = ["(uint40,bytes,bytes,uint8,uint8,bytes,bytes32,uint40,bytes32)", "bytes"]

    def answer(lots: bytes, contact: bytes) -> str:
        record = (1, b"01/09506000134352", lots, 1, 1, contact, bytes(32), desk.now, bytes(32))
        with pytest.raises(Reverted) as reverted:
            desk.contract.evm.call(desk.contract.address, selector + encode(types, [record, b""]))
        return reverted.value.name

    for found in texts():
        assert answer(b"", found) == ("EvidenceSignatureLength" if is_text(found) else "AttestationNotText")
    assert answer(b"\xff", b"") == "AttestationNotText"


# --- malformed lists of a clearance ----------------------------------------------------------------------------------


def test_malformed_lists_of_a_clearance_change_nothing() -> None:
    """The loop that writes the slots is in assembly: what is no list of the record's type must revert there too."""
    world = clearance_world.world()
    shipments = sorted(world.open(clearance_world.require()) for _ in range(3))
    record = world.clear(*(ShipmentRef(shipment, 0) for shipment in shipments))
    signatures = sign(record, CUSTOMS)
    contract = world.members.clearance
    call = contract.data("clear", record, signatures)
    place = call.index(shipments[0])
    count_at = place - WORD
    second = place + 2 * WORD

    def put(at: int, value: bytes) -> bytes:
        return call[:at] + value + call[at + len(value) :]

    swapped = call[:place] + call[second : second + 2 * WORD] + call[place:second] + call[second + 2 * WORD :]
    twice = put(second, call[place:second])
    dirty_last = put(second + 2 * WORD, call[second + 2 * WORD : second + 3 * WORD] + b"\x01" + bytes(WORD - 1))
    dirty_first = put(place + WORD, b"\xff" * 29)
    huge = put(count_at, b"\xff" * WORD)
    beyond = put(count_at, (len(call) // 64).to_bytes(WORD, "big"))
    nobody = put(place, bytes(WORD))
    one_less = put(count_at, (2).to_bytes(WORD, "big"))
    for forged in (swapped, twice, dirty_last, dirty_first, huge, beyond, nobody, one_less, put(count_at, bytes(WORD))):
        assert forged != call
        with pytest.raises(Reverted):
            world.members.evm.run(contract.address, forged)
        for shipment in shipments:
            assert contract.read("slotOf", shipment, b"DE", record.regime) == (0, 0)
            assert not world.released(shipment)[0]
    events, *_ = world.members.evm.run(contract.address, call)
    assert len(events) == 1


# --- the dearest records after a successor opened --------------------------------------------------------------------


def succeed(members: Consortium, kind: ContractKind) -> None:
    old = members.contracts[NAMES[kind]]
    members.change(RegistryAction.CLOSE_CONTRACT, key=old.address, number=kind)
    members.contracts[NAMES[kind]] = members.deploy(kind, NAMES[kind], old.address)
    members.wait(2 * DELAY)


def test_the_dearest_manifest_on_a_successor_is_one_transaction() -> None:
    """Two hundred consumers' parcels, each short, each read from the predecessor and followed by a remainder."""
    world = custody_world.world()
    load = world.open(packages=2000, consignee=0, recipientKey=key_of("a consumer").address)
    world.submit(world.splitting(load, MAKER, [10] * 200), MAKER)
    succeed(world.members, ContractKind.CUSTODY)
    manifest = world.manifest(MAKER, CARRIER, *(HandoffItem(child_id(load, 0, i), 0, 9, 1) for i in range(200)))
    taken = world.members.custody.record("handoff", manifest, sign(manifest, MAKER, CARRIER))
    assert set(taken.outcomes) == {Outcome.APPLIED}
    assert taken.gas < GAS  # 16,080,000; each further generation adds 2,900,000 for shipments that none has touched


def test_the_dearest_clearance_on_successors_is_one_transaction() -> None:
    world = clearance_world.world()
    load = world.open(clearance_world.require(), packages=200)
    world.split(load, *[1] * 200)
    parts = [child_id(load, 0, i) for i in range(200)]
    first = world.clear(*(ShipmentRef(part, 0) for part in parts))
    world.members.clearance.record("clear", first, sign(first, CUSTOMS))
    for _ in range(2):
        succeed(world.members, ContractKind.CUSTODY)
        succeed(world.members, ContractKind.CLEARANCE)
    again = world.clear(*(ShipmentRef(part, 1) for part in parts))
    taken = world.members.clearance.record("clear", again, sign(again, CUSTOMS))
    assert set(taken.outcomes) == {Outcome.APPLIED}
    assert taken.gas < GAS


@pytest.mark.parametrize("kind", NAMES)
def test_no_wrong_successor_lets_a_stranger_replay_old_openings(kind: ContractKind) -> None:
    """A ledger that goes on from nothing would take every opening again; the council cannot open one by mistake."""
    world = custody_world.world()
    terms = world.terms(submitBy=2**40 - 1)
    world.submit(terms, MAKER)
    members, opening = world.members, sign(terms, MAKER)
    old = members.contracts[NAMES[kind]]
    members.change(RegistryAction.CLOSE_CONTRACT, key=old.address, number=kind)
    fresh = members.evm.deploy(NAMES[kind], members.registry.address, bytes(20))
    elsewhere = members.evm.deploy(NAMES[kind], members.registry.address, fresh.address)
    for wrong in (fresh.address, elsewhere.address, key_of("no contract at all").address):
        with pytest.raises(Reverted, match="PartnerRegistryWrongContract"):
            members.change(RegistryAction.OPEN_CONTRACT, key=wrong, number=kind)
    members.contracts[NAMES[kind]] = members.deploy(kind, NAMES[kind], old.address)
    members.wait(2 * DELAY)
    with pytest.raises(Reverted, match="CustodyAlreadyOpen"):
        members.custody.record("open", terms, opening)


# --- insiders --------------------------------------------------------------------------------------------------------


def test_a_partner_cannot_squat_on_a_key_that_the_council_is_about_to_add() -> None:
    """A grant enters an address only with that key's own signature, so no change of the council can be blocked."""
    twin = Twin()
    twin.admit(1)
    twin.admit(2)
    twin.wait(DELAY)
    wanted, own = key_of("the next key of 2"), key_of("a device of 1")
    squat = KeyGrant(1, wanted.address, 0, 1 << 4, twin.now, twin.now + 1000, NO_DETAILS)
    for second in (master(1), own):
        with pytest.raises(Reverted, match="PartnerRegistryNotGrantedKey"):
            twin.submit(squat, master(1), second)
    with pytest.raises(Reverted, match="PartnerRegistrySignatureLength"):
        twin.submit(squat, master(1))
    twin.change(RegistryAction.ADD_KEY, partner=2, key=wanted.address)
