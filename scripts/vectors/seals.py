"""Vectors of proofs down to the validators' seals: blocks and storage slots that hold, and edits that do not."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ledger import merkle
from ledger.common.ids import KeyAddress, bytes_from_hex, to_hex
from ledger.common.keccak import keccak256
from ledger.errors import NotSealed
from ledger.seals.block import SealedBlock
from ledger.seals.commit import SealedHeader
from ledger.seals.protobuf import bytes_field, integer_field, message_field
from ledger.seals.recorded import recorded_in
from ledger.seals.results import EvmEvent
from ledger.seals.storage import StorageProof
from ledger.seals.validators import Network
from scripts.vectors.bundles import patched
from scripts.vectors.keys import CONSORTIUM, digest
from scripts.vectors.paper_network import (
    PaperNetwork,
    PaperState,
    answer,
    existence,
    inner,
    leaf_operation,
    log_message,
    recorded,
    result,
    signer,
)

HEIGHT, TIME = 1_207, 1_767_230_700
CUSTODY, REGISTRY = digest("contract/custody")[:20], digest("contract/registry")[:20]
SHIPMENT, TRANSACTION = digest("sealed/shipment"), digest("sealed/transaction")
PAPER = PaperNetwork()
Patch = list[dict[str, Any]]


def seals() -> dict[str, str]:
    """File name below `docs/vectors` to its text."""
    good = {vector["name"]: vector for vector in (_block(), *_slots())}
    bad = [*_bad_blocks(good["a block with a recorded handoff"]), *_bad_slots(good)]
    remark = (
        "each vector names its network, as in a trust file; 'bad' edits a good one (JSON Patch, RFC 6902), and is "
        "refused with the code"
    )
    text = json.dumps(
        {"remark": remark, "good": list(good.values()), "bad": [_checked(one, good) for one in bad]}, indent=1
    )
    return {"seals.json": text + "\n"}


def check(vector: dict[str, Any]) -> Any:
    """What a vector proves: the `Recorded` events of a block, or the value of a slot. Raises `NotSealed`."""
    network = Network.from_json(vector["network"], CONSORTIUM, (KeyAddress(bytes(20)),), 1, "network")
    if "block" in vector:
        block = SealedBlock.from_json(vector["block"], "block")
        events = [(event, recorded_in(event)) for event in block.events(network)]
        return [
            {
                "time": block.time,
                "transaction": to_hex(event.transaction),
                "index": event.index,
                "contract": to_hex(event.address),
                "record": to_hex(said.record_id),
                "type": said.type_number,
                "outcomes": to_hex(said.outcomes),
            }
            for event, said in events
            if said is not None
        ]
    sealed = SealedHeader.from_json(vector["sealed"], "sealed")
    sealed.verify(network)
    contract, slot = bytes_from_hex(vector["contract"], 20, "contract"), bytes_from_hex(vector["slot"], 32, "slot")
    value = StorageProof.from_json(vector["proof"], "proof").value(sealed.header.appHash, contract, slot, "proof")
    return None if value is None else to_hex(value)


# --- that hold -------------------------------------------------------------------------------------------------------


def _event(**changes: Any) -> EvmEvent:
    handoff = recorded(SHIPMENT, 5, digest("call") * 7 + b"call", b"\1", CUSTODY, (HEIGHT, TRANSACTION, 3))
    return replace(handoff, **changes)


def _vector_of(block: SealedBlock) -> dict[str, Any]:
    return {"network": PAPER.network.to_json(), "block": block.to_json()}


def _shown(data: bytes, code: int = 0) -> dict[str, Any]:
    """The vector of a block of five transactions, of which the third has this `data`."""
    results = [result(i, answer(digest(f"sealed/other/{i}"), [])) for i in range(5)]
    results[2] = result(2, data, code)
    return _vector_of(PAPER.block(HEIGHT, TIME, results, [2]))


def _block() -> dict[str, Any]:
    plain = EvmEvent(CUSTODY, (digest("another event"),), b"", HEIGHT, TRANSACTION, 2)
    vector = _shown(answer(TRANSACTION, [log_message(plain), log_message(_event())]))
    return {"name": "a block with a recorded handoff", **vector, "recorded": check(vector)}


def _state() -> PaperState:
    values = {b"\2" + digest(f"contract/{n}")[:20] + digest(f"slot/{n}"): digest(f"value/{n}") for n in range(9)}
    values[_key(b"\xfe" * 20, bytes(32))] = digest("last")
    values[_key(REGISTRY, bytes(32))] = (7 << 40 | 12).to_bytes(32)
    values[_key(CUSTODY, _cell(SHIPMENT))] = digest("word")
    return PaperState(values, HEIGHT)


def _key(contract: bytes, slot: bytes) -> bytes:
    return b"\2" + contract + slot


def _cell(shipment: bytes) -> bytes:
    return keccak256(shipment + bytes(32))


def _slots() -> list[dict[str, Any]]:
    state = _state()
    sealed = PAPER.seal(PAPER.after(PAPER.header(HEIGHT, TIME), merkle.EMPTY_ROOT, state.app_hash))
    cases = [
        ("the registry's first slot", REGISTRY, bytes(32)),
        ("a shipment's slot", CUSTODY, _cell(SHIPMENT)),
        ("an empty slot", CUSTODY, _cell(digest("no such shipment"))),
        ("an empty slot before all others", bytes(20), bytes(32)),
        ("an empty slot after all others", b"\xff" * 20, bytes(32)),
    ]
    result = []
    for name, contract, slot in cases:
        vector = {
            "network": PAPER.network.to_json(),
            "sealed": sealed.to_json(),
            "contract": to_hex(contract),
            "slot": to_hex(slot),
            "proof": state.proof(_key(contract, slot)).to_json(),
        }
        result.append({"name": name, **vector, "value": check(vector)})
    return result


# --- that do not -----------------------------------------------------------------------------------------------------


def _set(path: str, value: Any) -> Patch:
    return [{"op": "replace", "path": path, "value": value}]


def _flipped(text: str, place: int = -1) -> str:
    digits = list(text)
    digits[place] = "0" if digits[place] != "0" else "1"
    return "".join(digits)


def _resealed(change: Callable[[SealedHeader], SealedHeader], block: SealedBlock) -> Patch:
    return _set("/block/following", change(block.following).to_json())


def _bad_blocks(good: dict[str, Any]) -> list[dict[str, Any]]:
    block = SealedBlock.from_json(good["block"], "block")
    following, results = block.following, block.results[0]
    votes = good["block"]["following"]["commit"]["votes"]
    others = PaperNetwork((*PAPER.pairs[:3], (signer("validator/9"), PAPER.pairs[3][1])))
    stranger = replace(PAPER.network, sets=(replace(PAPER.validators, start=HEIGHT + 2),))
    keys = good["network"]["sets"][0]["validators"]
    proof = good["block"]["proof"]
    event = "/block/following"

    def sealed(header: Any = following.header, **how: Any) -> Patch:
        return _set(event, PAPER.seal(header, **how).to_json())

    def changed(**fields: Any) -> Patch:
        return sealed(replace(following.header, **fields))

    def data(logs: list[bytes], **more: Any) -> Patch:
        return _set("/block", _shown(answer(TRANSACTION, logs, **more))["block"])

    def raw(body: bytes) -> Patch:
        return _set("/block", _shown(body)["block"])

    whole = answer(TRANSACTION, [log_message(_event())])
    long_tag = b"\x92\x00" + whole[1:]
    spare = message_field(2, bytes_field(1, b"/cosmos.evm.vm.v1.MsgEthereumTxResponse") + integer_field(3, 1))
    own = log_message(_event())
    empty, named = to_hex(bytes(32)).encode(), to_hex(TRANSACTION).encode()
    swapped = own[own.index(b"\x12") :] + own[: own.index(b"\x12")]
    cases: list[tuple[str, str, Patch]] = [
        ("a sealed header of another chain", "chain-id", changed(chainId="another-1")),
        ("a header of another chain", "height", _set("/block/header/chainId", "another-1")),
        ("a network of another name", "chain-id", _set("/network/chainId", "another-1")),
        ("the block's time altered", "link", _set("/block/header/time/seconds", TIME - 3600)),
        ("the block's nanoseconds altered", "link", _set("/block/header/time/nanos", 0)),
        ("the block's height altered", "height", _set("/block/header/height", HEIGHT - 1)),
        ("the block's proposer altered", "link", _set("/block/header/proposer", to_hex(bytes(20)))),
        ("sealed, but not the next block", "height", changed(height=HEIGHT + 2)),
        ("sealed, but after another block", "link", changed(lastBlock=PAPER.header(HEIGHT + 1, TIME).lastBlock)),
        ("the sealed header's time altered", "signature", _set(f"{event}/header/time/seconds", TIME)),
        ("another root of results", "signature", _set(f"{event}/header/lastResultsHash", to_hex(digest("root")))),
        ("another application hash", "signature", _set(f"{event}/header/appHash", to_hex(digest("app")))),
        ("a vote's signature altered", "signature",
         _set(f"{event}/commit/votes/0/signature", _flipped(votes[0]["signature"]))),
        ("a vote's time altered", "signature", _set(f"{event}/commit/votes/1/time/nanos", 5)),
        ("another round", "signature", _set(f"{event}/commit/round", 0)),
        ("other parts", "signature", _set(f"{event}/commit/parts/total", 2)),
        ("votes swapped", "signature", _set(f"{event}/commit/votes", [votes[1], votes[0], *votes[2:]])),
        ("one validator's vote twice", "signature", _set(f"{event}/commit/votes", [votes[0], votes[0], *votes[2:]])),
        ("votes for no block", "signature", sealed(nil=True)),
        ("a stranger's vote in a validator's place", "signature", _set(event, others.seal(following.header).to_json())),
        ("exactly two thirds of the power", "power", sealed(absent=(2, 3))),
        ("no vote", "power", sealed(absent=(0, 1, 2, 3))),
        ("a vote too few in the list", "validators", _set(f"{event}/commit/votes", votes[:3])),
        ("a vote too many in the list", "validators", _set(f"{event}/commit/votes", [*votes, None])),
        ("a header that names other validators", "validators", changed(validatorsHash=digest("validators"))),
        ("a trust file with another power", "validators", _set("/network/sets/0/validators/0/power", 4)),
        ("a trust file with another key", "validators",
         _set("/network/sets/0/validators", [*keys[:3], {"key": to_hex(digest("k")), "power": 1}])),
        ("a trust file whose validators serve later", "validators", _set("/network", stranger.to_json())),
        ("an outcome byte altered", "results", _set("/block/results/0/data", _flipped(to_hex(results.data), -150))),
        ("the answer cut", "results", _set("/block/results/0/data", to_hex(results.data[:-2]))),
        ("another gas used", "results", _set("/block/results/0/gasUsed", 1)),
        ("another gas wanted", "results", _set("/block/results/0/gasWanted", 1)),
        ("a success made a failure", "results", _set("/block/results/0/code", 1)),
        ("another place in the block", "results", _set("/block/results/0/index", 3)),
        ("another number of transactions", "results", _set("/block/size", 3)),
        ("a hash of the path dropped", "results", _set("/block/proof", proof[1:])),
        ("a hash too many in the path", "results", _set("/block/proof", [*proof, proof[0]])),
        ("hashes of the path swapped", "results", _set("/block/proof", [proof[1], proof[0], *proof[2:]])),
        ("a transaction that failed", "transaction", _set("/block", _shown(whole, 5)["block"])),
        ("a transaction that the EVM refused", "transaction", data([own], vm_error="execution reverted")),
        ("an event that names a block", "encoding", data([own.replace(empty, named, 2).replace(named, empty, 1)])),
        ("an event that names a transaction", "encoding", data([own.replace(empty, named, 1)])),
        ("a number in more bytes than it needs", "encoding", raw(long_tag)),
        ("a field that the version does not have", "encoding", raw(spare)),
        ("fields in another order", "encoding", data([swapped])),
        ("a field longer than its message", "encoding", raw(whole[:-1])),
        ("a removed event", "encoding", data([own + integer_field(9, 1)])),
        ("a topic of 31 bytes", "encoding", data([log_message(_event(topics=(digest("t")[:31],)))])),
        ("an event's data cut", "encoding", data([log_message(_event(data=_event().data[:-32]))])),
        ("an event's data with padding", "encoding", data([log_message(_event(data=_event().data[:-1] + b"\1"))])),
        ("an event's data with more behind", "encoding", data([log_message(_event(data=_event().data + bytes(32)))])),
    ]  # fmt: skip
    return [{"name": name, "of": good["name"], "code": code, "patch": patch} for name, code, patch in cases]


def _bad_slots(good: dict[str, Any]) -> list[dict[str, Any]]:
    state, name, empty = _state(), "a shipment's slot", "an empty slot"
    key, absent = _key(CUSTODY, _cell(SHIPMENT)), _key(CUSTODY, _cell(digest("no such shipment")))
    proof = bytes.fromhex(good[name]["proof"]["slot"][2:])
    keys = sorted(state.keys())
    place = next(i for i, one in enumerate(keys) if one > absent)
    far = (keys[place - 2], keys[place])

    def slot(body: bytes) -> Patch:
        return _set("/proof/slot", to_hex(body))

    def made(steps: list[bytes], prefix: bytes = b"", value: bytes = digest("word"), value_hash: int = 1) -> Patch:
        operation = leaf_operation(prefix or leaf, value_hash)
        return slot(message_field(1, existence(key, value, operation, steps)))

    def store(which: bytes) -> Patch:
        return _set("/proof/store", to_hex(state.store(which)))

    def between(left: bytes | None, right: bytes | None) -> Patch:
        return slot(state.absence(absent, left, right).slot)

    version = HEIGHT * 2
    leaf = b"\0\2" + bytes([version & 0x7F | 0x80, version >> 7])
    steps = state.path(key)
    cases: list[tuple[str, str, str, Patch]] = [
        (name, "another slot asked", "proof-key", _set("/slot", to_hex(bytes(32)))),
        (name, "another contract asked", "proof-key", _set("/contract", to_hex(REGISTRY))),
        (name, "another value", "proof-root", made(steps, value=digest("another word"))),
        (name, "a leaf of another version", "proof-root", made(steps, b"\0\2\2")),
        (name, "a leaf with an inner node's prefix", "proof-leaf", made(steps, b"\2\4" + leaf[2:])),
        (name, "a leaf with bytes behind its prefix", "proof-leaf", made(steps, leaf + b"\0")),
        (name, "a leaf whose value is not hashed", "proof-leaf", made(steps, value_hash=0)),
        (name, "a step dropped", "proof-root", made(steps[:-1])),
        (name, "a step twice", "proof-root", made([*steps, steps[-1]])),
        (name, "a step of another hash", "proof-path",
         made([b"\x08\2" + steps[0][2:], *steps[1:]])),
        (name, "a step without a second child", "proof-path",
         made([inner(b"\2\4\2\x20", b""), *steps[1:]])),
        (name, "a step that is a leaf", "proof-path",
         made([inner(leaf + b"\x20", b"\x20" * 33)])),
        (name, "too many steps", "proof-path", made(steps * 40)),
        (name, "the proof of another store", "proof-key", store(b"vm")),
        (name, "the store's proof for the slot's", "encoding", _set("/proof/slot", good[name]["proof"]["store"])),
        (name, "the slot's proof for the store's", "proof-leaf", _set("/proof/store", good[name]["proof"]["slot"])),
        (name, "a batch of proofs", "encoding", slot(b"\x1a" + proof[1:])),
        (name, "no proof", "encoding", slot(b"")),
        (name, "another header", "signature", _set("/sealed/header/appHash", to_hex(digest("app")))),
        (name, "a state of another block", "proof-root",
         _set("/sealed", PAPER.seal(PAPER.header(HEIGHT + 1, TIME)).to_json())),
        (name, "shown as empty between its neighbours", "proof-neighbours",
         slot(state.absence(key, keys[keys.index(key) - 1], keys[keys.index(key) + 1]).slot)),
        (empty, "two that are no neighbours", "proof-neighbours", between(*far)),
        (empty, "two on one side", "proof-neighbours", between(keys[place], keys[place + 1])),
        (empty, "sides swapped", "proof-neighbours", between(keys[place], keys[place - 1])),
        (empty, "only the left side", "proof-neighbours", between(keys[place - 1], None)),
        (empty, "only the right side", "proof-neighbours", between(None, keys[place])),
        (empty, "neither side", "proof-neighbours", between(None, None)),
        (empty, "of another key", "proof-key", _set("/slot", to_hex(_cell(digest("nor such"))))),
        (empty, "a neighbour's value altered", "proof-root",
         slot(bytes.fromhex(good[empty]["proof"]["slot"][2:]).replace(state.value(keys[place]), digest("x")))),
        ("an empty slot before all others", "the second for the first", "proof-neighbours",
         slot(state.absence(_key(bytes(20), bytes(32)), None, keys[1]).slot)),
        ("an empty slot after all others", "the last but one for the last", "proof-neighbours",
         slot(state.absence(_key(b"\xff" * 20, bytes(32)), keys[-2], None).slot)),
    ]  # fmt: skip
    return [{"name": f"{of}: {what}", "of": of, "code": code, "patch": patch} for of, what, code, patch in cases]


def _checked(bad: dict[str, Any], good: dict[str, Any]) -> dict[str, Any]:
    """`bad` with the sentence of its refusal; raises `AssertionError` unless it is refused with its code."""
    try:
        check(patched(good[bad["of"]], bad["patch"]))
    except NotSealed as error:
        if error.code != bad["code"]:
            raise AssertionError(f"{bad['name']}: expected {bad['code']}, found {error.code}: {error}") from None
        return bad | {"why": str(error)}
    raise AssertionError(f"{bad['name']}: not refused")
