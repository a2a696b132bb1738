"""Vectors of bundles that are proved down to the seals of validators, and edits of them that are not."""

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from ledger import merkle
from ledger.bundle.figures import award_figures, shipment_figures
from ledger.bundle.format import parse_bundle, parse_trust
from ledger.bundle.sealed.seals import SealedState, Seals
from ledger.bundle.sealed.state import COUNCIL_SLOT, cell_of
from ledger.bundle.verify import verify_bundle
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import RecordId, to_hex
from ledger.custody.slot import Slot
from ledger.errors import LadingError
from ledger.records.types import Checkpoint, Outcome, RegistryChange
from ledger.seals.block import SealedBlock
from ledger.seals.results import EvmEvent
from ledger.shipments.history import Journeys
from scripts.vectors.bundles import patched
from scripts.vectors.keys import CONSORTIUM, COUNCIL, DOMAIN, LOG, address, digest, key
from scripts.vectors.paper import CARD, CUSTODY, REGISTRY, RULE, Played, play
from scripts.vectors.paper_network import (
    PaperNetwork,
    PaperState,
    answer,
    in_order,
    log_message,
    recorded,
    result,
    signer,
)

ANCHOR = digest("checkpoint anchor")[:20]
TRUST = "trust-with-validators"
PAPER = PaperNetwork()
Patch = list[dict[str, Any]]
Cases = list[tuple[str, str, str, Patch]]


def sealed_bundles() -> dict[str, str]:
    """File name below `docs/vectors` to its text."""
    played = play(ANCHOR)
    trust = canonical_json(parse_json(played.log.trust()) | {"cometbft": PAPER.network.to_json()})
    good = {"sealed": _shipment(played), "sealed-award": _award(played)}
    cases = _bad(played, good)
    return {
        f"bundles/{TRUST}.json": trust.decode(),
        **{f"bundles/{name}.json": canonical_json(value).decode() for name, value in good.items()},
        "bundles/bad-sealed.json": _checked(cases, good, trust),
        "bundles/bad-validators.json": _text(_bad_trust(json.loads(trust))),
    }


def _shipment(played: Played) -> dict[str, Any]:
    late = played.late
    apart = [*played.others, *played.money, played.later]
    data = played.log.bundle(
        f"shipment/{to_hex(late)}", apart, lambda known: shipment_figures(Journeys(known), late, None), []
    )
    return _with_seals(played, json.loads(data), _state(played, json.loads(data)))


def _award(played: Played) -> dict[str, Any]:
    log = played.log
    data = log.bundle(
        f"award/{to_hex(played.award_id)}", [played.later],
        lambda _: award_figures(played.award, played.agreement, played.known(log), log.history.now(0)),
        [RULE.decode(), CARD.decode()], played.sizes,
    )  # fmt: skip
    return _with_seals(played, json.loads(data), _state(played, json.loads(data), shipment=False))


# --- what the network made of it -------------------------------------------------------------------------------------


def _outcomes(value: dict[str, Any]) -> list[tuple[Outcome, int]]:
    """The outcomes of a bundle, each with the type number of its record."""
    bundle = parse_bundle(canonical_json(value))
    numbers = {DOMAIN.record_id(one.signed.record): one.signed.record.NUMBER for one in bundle.records}
    every = [one.signed.record for one in bundle.records]
    return [(one, numbers[RecordId(one.record)]) for one in every if isinstance(one, Outcome)]


def event_of(outcome: Outcome, number: int, **changes: Any) -> EvmEvent:
    """The event of which an outcome tells, and what it says otherwise."""
    call = digest(f"call/{outcome.blockNumber}")
    at = (outcome.blockNumber, outcome.transaction, outcome.eventIndex)
    return replace(recorded(outcome.record, number, call, outcome.outcomes, outcome.target, at), **changes)


def anchor_event(played: Played, size: int, previous: int) -> EvmEvent:
    """The event of the chain's taking the checkpoint of `size` leaves."""
    root = merkle.root(played.log.leaf_hashes()[:size])
    checkpoint = Checkpoint(LOG.identity.log_id, previous, size, root)
    words = (checkpoint.logId, previous.to_bytes(32), size.to_bytes(32), root)
    anchored = played.log.anchors[size]
    at = (anchored.block_number, anchored.transaction, 0)
    call = digest("anchor")[:4] + b"".join(words) + bytes(32)
    return recorded(DOMAIN.record_id(checkpoint), Checkpoint.NUMBER, call, b"\1", ANCHOR, at)


def block_of(event: EvmEvent, seconds: int) -> SealedBlock:
    """The block with this event in its third transaction."""
    results = [result(i, answer(digest(f"other/{i}"), [])) for i in range(4)]
    results[2] = result(2, answer(event.transaction, [log_message(event)]))
    return PAPER.block(event.block, seconds, results, [2])


def _blocks(played: Played, value: dict[str, Any]) -> list[SealedBlock]:
    made = [block_of(event_of(outcome, number), outcome.blockTime) for outcome, number in _outcomes(value)]
    sizes = [0, *sorted(played.log.anchors)]
    shown = {entry["anchored"]["blockNumber"] for entry in value["times"]["checkpoints"]}
    for previous, size in pairwise(sizes):
        anchored = played.log.anchors[size]
        if anchored.block_number in shown:
            made.append(block_of(anchor_event(played, size, previous), anchored.block_time))
    return sorted(made, key=lambda block: block.height)


def _state(played: Played, value: dict[str, Any], *, shipment: bool = True, **changes: Any) -> SealedState:
    """The state after the last block. `changes`: of the delivered shipment's slot, and `taken`: of the registry."""
    taken = changes.pop("taken", None)
    height = len(played.log.entries) + 5
    slot = Slot(custodian=3, consignee=3, consignor=1, packages=12, sequence=2, state=2)  # type: ignore[arg-type]
    word = replace(slot, **changes).pack() if shipment else 0
    cells = {b"\2" + CUSTODY + cell_of(played.late): word.to_bytes(32)} if word else {}
    values = {b"\2" + digest(f"contract/{n}")[:20] + digest(f"slot/{n}"): digest(f"value/{n}") for n in range(5)}
    registry = b"\2" + REGISTRY + COUNCIL_SLOT
    state = PaperState(values | cells | {registry: (2 << 40 | (taken or _changes(played))).to_bytes(32)}, height)
    header = PAPER.after(PAPER.header(height, played.log.now()), merkle.EMPTY_ROOT, state.app_hash)
    custody = (state.proof(b"\2" + CUSTODY + cell_of(played.late)),) if value["subject"].startswith("shipment") else ()
    return SealedState(PAPER.seal(header), state.proof(registry), custody)


def _changes(played: Played) -> int:
    """How many changes the registry took."""
    return sum(isinstance(signed.record, RegistryChange) for signed, _, _ in played.log.entries)


def _with_seals(played: Played, value: dict[str, Any], state: SealedState) -> dict[str, Any]:
    return value | {"seals": Seals(tuple(_blocks(played, value)), state).to_json()}


# --- edits -----------------------------------------------------------------------------------------------------------


def _set(path: str, value: Any) -> Patch:
    return [{"op": "replace", "path": path, "value": value}]


def _bad(played: Played, good: dict[str, dict[str, Any]]) -> Cases:
    value = good["sealed"]
    blocks = value["seals"]["blocks"]
    told = _outcomes(value)
    last, number = told[-1]
    place = next(i for i, block in enumerate(blocks) if block["header"]["height"] == last.blockNumber)
    earlier, size = sorted(played.log.anchors)
    award = good["sealed-award"]["seals"]["blocks"]
    heights = [block["header"]["height"] for block in award]
    first, second = (heights.index(played.log.anchors[n].block_number) for n in (earlier, size))
    key_, changes = f"/seals/blocks/{place}", _changes(played)

    def instead(event: EvmEvent, seconds: int = last.blockTime) -> Patch:
        return _set(key_, block_of(event, seconds).to_json())

    def taken(at: int, of: int, event: EvmEvent, seconds: int = 0) -> Patch:
        time = seconds or played.log.anchors[of].block_time
        return _set(f"/seals/blocks/{at}", block_of(event, time).to_json())

    def state(**changes: Any) -> Patch:
        return _set("/seals/state", _state(played, value, **changes).to_json())

    def without(block: int) -> Patch:
        return [{"op": "remove", "path": f"/seals/blocks/{block}"}]

    old = _state(played, value).following.header
    young = replace(old, height=last.blockNumber)
    other = anchor_event(played, size, earlier)
    return [
        ("an unknown field of the seals", "sealed", "format", [{"op": "add", "path": "/seals/remark", "value": ""}]),
        ("blocks in another order", "sealed", "format", _set("/seals/blocks", blocks[::-1])),
        ("a block twice", "sealed", "format", [{"op": "add", "path": "/seals/blocks/0", "value": blocks[0]}]),
        ("seals of another network", "sealed", "seals", _set(f"{key_}/following/header/chainId", "other-1")),
        ("a vote altered", "sealed", "seals", _set(f"{key_}/following/commit/votes/0/time/nanos", 7)),
        ("an answer altered", "sealed", "seals", _set(f"{key_}/results/0/gasUsed", 7)),
        ("a block's time altered", "sealed", "seals", _set(f"{key_}/header/time/seconds", last.blockTime - 1)),
        ("an outcome whose block is not there", "sealed", "outcomes", without(place)),
        ("an outcome whose event has another place", "sealed", "outcomes",
         instead(event_of(replace(last, eventIndex=1), number))),
        ("another outcome than the chain's", "sealed", "outcomes",
         instead(event_of(replace(last, outcomes=b"\3"), number))),
        ("an outcome of another contract", "sealed", "outcomes", instead(event_of(last, number, address=ANCHOR))),
        ("an outcome of another record", "sealed", "outcomes",
         instead(event_of(replace(last, record=digest("another record")), number))),
        ("an outcome of another transaction", "sealed", "outcomes",
         instead(event_of(replace(last, transaction=digest("another transaction")), number))),
        ("an outcome of another type", "sealed", "outcomes", instead(event_of(last, number + 1))),
        ("an outcome dated back", "sealed", "outcomes", instead(event_of(last, number), last.blockTime + 60)),
        ("an event of another kind", "sealed", "outcomes",
         instead(event_of(last, number, topics=(digest("topic"),)))),
        ("the registry took one change more", "sealed", "state", state(taken=changes + 1)),
        ("the registry took one change fewer", "sealed", "state", state(taken=changes - 1)),
        ("the registry's slot of another contract", "sealed", "state",
         _set("/seals/state/registry", value["seals"]["state"]["custody"][0])),
        ("the goods went on", "sealed", "state", state(sequence=3)),
        ("the goods are with somebody else", "sealed", "state", state(custodian=2)),
        ("fewer packages", "sealed", "state", state(packages=11)),
        ("the shipment has no slot", "sealed", "state", state(shipment=False)),
        ("no proof of the shipment's slot", "sealed", "state", _set("/seals/state/custody", [])),
        ("a slot too many", "sealed", "state",
         _set("/seals/state/custody", value["seals"]["state"]["custody"] * 2)),
        ("a state before the last outcome", "sealed", "state",
         _set("/seals/state/following", PAPER.seal(young).to_json())),
        ("a state that nobody sealed", "sealed", "state",
         _set("/seals/state/following/header/appHash", to_hex(digest("x")))),
        ("the registry took a change after those of an award", "sealed-award", "state",
         _set("/seals/state", _state(played, good["sealed-award"], shipment=False, taken=changes + 1).to_json())),
        ("an anchor whose block is not there", "sealed-award", "anchors", without(first)),
        ("an anchor dated back", "sealed-award", "anchors", taken(second, size, other, 1_000_000_000)),
        ("an anchor of another contract", "sealed-award", "anchors",
         taken(second, size, replace(other, address=CUSTODY))),
        ("an anchor whose id is not its checkpoint's", "sealed-award", "anchors",
         taken(second, size, replace(other, topics=(other.topics[0], digest("id"), other.topics[2])))),
        ("an anchor of another tree", "sealed-award", "anchors", taken(second, size, _forked(played, size, earlier))),
        ("a size that the chain took in between", "sealed-award", "cut-off",
         taken(second, size, anchor_event(played, size, earlier + 1))),
    ]  # fmt: skip


def _forked(played: Played, size: int, previous: int) -> EvmEvent:
    checkpoint = Checkpoint(LOG.identity.log_id, previous, size, digest("another root"))
    call = digest("anchor")[:4] + checkpoint.logId + previous.to_bytes(32) + size.to_bytes(32) + checkpoint.root
    anchored = played.log.anchors[size]
    at = (anchored.block_number, anchored.transaction, 0)
    return recorded(DOMAIN.record_id(checkpoint), Checkpoint.NUMBER, call, b"\1", ANCHOR, at)


def _checked(cases: Cases, good: dict[str, dict[str, Any]], trust: bytes) -> str:
    vectors = []
    for name, of, step, patch in cases:
        steps = verify_bundle(canonical_json(patched(good[of], patch)), parse_trust(trust))
        failed = [entry for entry in steps if not entry.ok]
        if [entry.name for entry in failed] != [step]:
            raise AssertionError(f"{name}: expected {step} to fail, found {failed}")
        entry = {"name": name, "of": f"{of}.json", "trust": f"{TRUST}.json", "patch": patch, "step": step}
        vectors.append(entry | {"why": failed[0].why})
    remark = "apply the patch (RFC 6902) to the file, print it as RFC 8785: by this trust file this step fails"
    return _text({"remark": remark, "vectors": vectors})


# --- validators ------------------------------------------------------------------------------------------------------


def _bad_trust(good: dict[str, Any]) -> dict[str, Any]:
    """Trust files with a second set of validators: one that the council signed, and others that are none."""
    first = PAPER.validators
    pairs = in_order([signer(f"validator/{n}") for n in (1, 2, 3, 4)], (5, 5, 5, 5))
    second = replace(first, start=5_000, validators=tuple(validator for _, validator in pairs))
    network = PAPER.network

    def signed(names: Iterable[str], of: Any = second, encoding: str = network.encoding) -> Any:
        body = of.digest(network.chain_id, encoding, CONSORTIUM)
        return replace(of, signatures=tuple(key(name).sign_digest(body) for name in names))

    def trust(*sets: Any, **changes: Any) -> dict[str, Any]:
        return good | {"cometbft": replace(network, sets=sets).to_json() | changes}

    handed_over = signed(COUNCIL[:2])
    stranger = sorted((COUNCIL[0], "partner/1"), key=address)
    whole = trust(first, handed_over)
    kept = parse_trust(canonical_json(whole)).network
    if kept is None or kept.at(4_999) != first or kept.at(5_000) != handed_over:
        raise AssertionError("the council's signatures do not count")
    weaker = replace(handed_over, validators=second.validators[:3])
    edits: list[tuple[str, dict[str, Any]]] = [
        ("no validators", trust()),
        ("a set that nobody signed", trust(first, second)),
        ("a set that too few signed", trust(first, signed(COUNCIL[:1]))),
        ("a set that a stranger signed", trust(first, signed(stranger))),
        ("a member's signature twice", trust(first, signed((COUNCIL[0], COUNCIL[0])))),
        ("signatures in another order", trust(first, signed(COUNCIL[:2][::-1]))),
        ("a set altered after it was signed", trust(first, weaker)),
        ("a set signed for another height", trust(first, replace(handed_over, start=4_000))),
        ("a set signed for another encoding", trust(first, signed(COUNCIL[:2], encoding="cosmos-evm/0.8"))),
        ("a set for another chain", trust(first, handed_over, chainId="other-1")),
        ("sets in another order", trust(replace(first, start=9_000), handed_over)),
        ("the first set with signatures", trust(signed(COUNCIL[:2], first), handed_over)),
        ("another encoding", trust(first, encoding="cosmos-evm/0.8")),
        ("no power", trust(replace(first, validators=(replace(first.validators[0], power=0),)))),
        ("validators in another order", trust(replace(first, validators=first.validators[::-1]))),
        ("a validator twice", trust(replace(first, validators=(first.validators[0],) * 2))),
        ("a key of another length", trust(replace(first, validators=(replace(first.validators[0], key=bytes(31)),)))),
    ]
    vectors = [_no_trust(name, canonical_json(value).decode()) for name, value in edits]
    remark = "'good' has a second set of validators; none of the texts in 'vectors' is a trust file"
    return {"remark": remark, "good": canonical_json(whole).decode(), "vectors": vectors}


def _no_trust(name: str, text: str) -> dict[str, str]:
    try:
        parse_trust(text.encode())
    except LadingError as error:
        return {"name": name, "text": text, "why": str(error)}
    raise AssertionError(f"{name}: taken as a trust file")


def _text(data: Any) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
