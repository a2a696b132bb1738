"""More vectors of bundles: evidence of time by witnesses, parts that are withheld, and products.

Each bad one names the file that it edits, the trust file and the step that fails.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import merkle
from ledger.bundle.figures import partner_figures, shipment_figures
from ledger.bundle.format import parse_trust
from ledger.bundle.times import TimedCheckpoint, times_digest
from ledger.bundle.verify import verify_bundle
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, Period
from ledger.log.cosignature import Cosigner, WitnessPolicy, with_cosignatures
from ledger.log.multi_proof import subset_path
from ledger.log.signed_note import parse_checkpoint
from ledger.records.eip712 import Withheld, part_hash
from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes
from ledger.records.signing import SignedRecord
from ledger.records.types import Commercial, Endorsement, Handoff, Outcome, Record, RegistryChange, ShipmentTerms
from ledger.records.verification import VerifiedRecord, with_evidence
from ledger.scores.adopted_card import Measure
from ledger.scores.card import parse_card
from ledger.shipments.history import Journeys
from scripts.vectors.bundles import patched
from scripts.vectors.keys import LOG, secret
from scripts.vectors.paper import CARD, CARRIER, PERIOD, PaperLog, Played, play
from scripts.vectors.product_bundles import GTIN, ITEM, LOT, Shelf

Patch = list[dict[str, Any]]
Cases = list[tuple[str, str, str, Patch]]
"""Name, the file that is edited, the step that fails, the edit."""
WITNESSES = tuple(
    Cosigner(f"witness-{n}.lading.example", Ed25519PrivateKey.from_private_bytes(secret(f"witness/{n}")))
    for n in (1, 2, 3)
)
POLICY = WitnessPolicy(2, tuple(witness.identity for witness in WITNESSES))
WITNESSED_TRUST, TRUST = "trust-with-witnesses", "trust"


def more_bundles() -> dict[str, str]:
    """File name below `docs/vectors` to its text."""
    played, shelf = play(), Shelf()
    trusts = {TRUST: played.log.trust(), WITNESSED_TRUST: _trust_with_witnesses(played.log)}
    texts = {
        "witnessed": witnessed(played),
        "withheld": withheld(played),
        "product": shelf.bundle(ITEM),
    }
    good = {name: json.loads(text) for name, text in texts.items()}
    cases = [*_bad_times(played, good["witnessed"]), *_bad_withheld(good["withheld"]), *_bad_product(shelf, good)]
    return {
        f"bundles/{WITNESSED_TRUST}.json": trusts[WITNESSED_TRUST].decode(),
        **{f"bundles/{name}.json": data.decode() for name, data in texts.items()},
        "bundles/bad-more.json": _text(_checked(cases, good, trusts)),
    }


def _checked(cases: Cases, good: dict[str, Any], trusts: dict[str, bytes]) -> dict[str, Any]:
    vectors = []
    for name, of, step, patch in cases:
        trust = WITNESSED_TRUST if of == "witnessed" else TRUST
        steps = verify_bundle(canonical_json(patched(good[of], patch)), parse_trust(trusts[trust]))
        failed = [entry for entry in steps if not entry.ok]
        if [entry.name for entry in failed] != [step]:
            raise AssertionError(f"{name}: expected {step} to fail, found {failed}")
        vectors.append(
            {"name": name, "of": f"{of}.json", "trust": f"{trust}.json", "patch": patch, "step": step,
             "why": failed[0].why}
        )  # fmt: skip
    remark = "apply the patch (RFC 6902) to the file, print it as RFC 8785: by this trust file this step fails"
    return {"remark": remark, "vectors": vectors}


def _trust_with_witnesses(log: PaperLog) -> bytes:
    return canonical_json(parse_json(log.trust()) | {"witnesses": POLICY.to_json()})


# --- evidence of time ------------------------------------------------------------------------------------------------


def witnessed(played: Played) -> bytes:
    """The late shipment's bundle, its checkpoint cosigned, and so an earlier one: by this its delivery is known."""
    delivered = _delivery(played)
    size = len(played.log.entries)
    times = [
        CheckpointTime(delivered + 1, played.log.entries[delivered][2] + 20, Basis.WITNESSES),
        CheckpointTime(size, _cosigned_at(played.log), Basis.WITNESSES),
    ]

    def figures(known: Sequence[VerifiedRecord]) -> dict[str, Any]:
        evidence = CheckpointTimes(times)
        return shipment_figures(Journeys(with_evidence(record, evidence) for record in known), played.late, None)

    bundle = json.loads(_shipment(played, figures))
    bundle["checkpoint"] = _cosigned(played.log, size, times[-1].time)
    return canonical_json(bundle | {"times": _times(bundle["subject"], size, [_timed(played.log, times[0])])})


def _shipment(played: Played, figures: Callable[[Sequence[VerifiedRecord]], dict[str, Any]]) -> bytes:
    others = [i for s, i, _ in played.log.entries if isinstance(s.record, ShipmentTerms) and i != played.late]
    return played.log.bundle(f"shipment/{to_hex(played.late)}", _apart(played.log, *others), figures, [])


def _apart(log: PaperLog, *others: bytes) -> list[int]:
    """Leaves that are neither the registry's nor a shipment's, and those of the shipments `others`; with outcomes."""
    apart: dict[bytes, None] = {}
    result = []
    for index, (signed, record_id, _) in enumerate(log.entries):
        match signed.record:
            case RegistryChange():
                continue
            case ShipmentTerms():
                away = record_id in others
            case Handoff(items=items):
                away = items[0].shipment in others
            case Endorsement(target=target):
                away = target in others
            case Outcome(record=record):
                away = record in apart
            case _:
                away = True
        if away:
            apart[record_id] = None
            result.append(index)
    return result


def _delivery(played: Played) -> int:
    """The leaf of the handoff that delivers the late shipment."""
    entries = enumerate(played.log.entries)
    own = [
        index
        for index, (signed, _, _) in entries
        if isinstance(signed.record, Handoff) and signed.record.items[0].shipment == played.late
    ]
    return own[-1]


def _cosigned_at(log: PaperLog) -> int:
    """When the witnesses cosigned all of it, the first of them a minute before the quorum."""
    return log.now() + 60


def _cosigned(log: PaperLog, size: int, time: int, witnesses: Sequence[Cosigner] = WITNESSES[:2]) -> str:
    """The checkpoint of the first `size` leaves, cosigned by `time`."""
    note = LOG.checkpoint(size, merkle.root(log.leaf_hashes()[:size]))
    head = parse_checkpoint(note).head
    early = len(witnesses) - 1
    return with_cosignatures(
        note, [witness.cosign(head, time - 60 * (n < early)) for n, witness in enumerate(witnesses)]
    ).decode()


def _timed(log: PaperLog, at: CheckpointTime, witnesses: Sequence[Cosigner] = WITNESSES[:2]) -> TimedCheckpoint:
    proof = tuple(merkle.consistency_proof(log.leaf_hashes(), at.size))
    return TimedCheckpoint(_cosigned(log, at.size, at.time, witnesses), proof)


def _times(subject: str, size: int, timed: Sequence[TimedCheckpoint], policy: WitnessPolicy = POLICY) -> dict[str, Any]:
    """The evidence as a log would sign it, however false."""
    signature = LOG.times(subject, size, times_digest(policy, timed))
    return {
        "witnesses": policy.to_json(),
        "checkpoints": [entry.to_json() for entry in timed],
        "signature": to_hex(signature),
    }


def _bad_times(played: Played, good: dict[str, Any]) -> Cases:
    log, subject = played.log, good["subject"]
    size, delivered = len(log.entries), _delivery(played)
    seen = CheckpointTime(delivered + 1, log.entries[delivered][2] + 20, Basis.WITNESSES)
    text, lines = good["checkpoint"].split("\n\n")
    own, first, second, _ = lines.split("\n")
    forked = TimedCheckpoint(
        with_cosignatures(
            (note := LOG.checkpoint(seen.size, bytes(32))),
            [witness.cosign(parse_checkpoint(note).head, seen.time) for witness in WITNESSES[:2]],
        ).decode(),
        _timed(log, seen).consistency,
    )
    smaller = WitnessPolicy(1, POLICY.keys)

    def note_of(*kept: str) -> Patch:
        return [_set("/checkpoint", f"{text}\n\n" + "".join(f"{line}\n" for line in kept))]

    def signed(*timed: TimedCheckpoint, policy: WitnessPolicy = POLICY) -> Patch:
        return [_set("/times", _times(subject, size, timed, policy))]

    return [
        ("one cosignature stripped", "witnessed", "witnesses", note_of(own, first)),
        ("all cosignatures stripped", "witnessed", "witnesses", note_of(own)),
        ("a cosignature of another state", "witnessed", "witnesses",
         note_of(own, first, _timed(log, seen).note.split("\n")[-2])),
        ("one witness twice", "witnessed", "checkpoint", note_of(
            own, first, _cosigned(log, size, _cosigned_at(log) + 5, WITNESSES[:1]).split("\n")[-2])),
        ("a line twice", "witnessed", "checkpoint", note_of(own, first, second, second)),
        ("times by a smaller quorum, signed by the log", "witnessed", "times",
         signed(_timed(log, seen, WITNESSES[:1]), policy=smaller)),
        ("times by nobody, signed by the log", "witnessed", "times", [_set("/times", {
            "witnesses": None, "checkpoints": [],
            "signature": to_hex(LOG.times(subject, size, times_digest(None, ()))),
        })]),
        ("a timed checkpoint that one witness cosigned, signed by the log", "witnessed", "times",
         signed(_timed(log, seen, WITNESSES[:1]))),
        ("a timed checkpoint of another history, signed by the log", "witnessed", "times", signed(forked)),
        ("a timed checkpoint twice, signed by the log", "witnessed", "times",
         signed(_timed(log, seen), _timed(log, seen))),
        ("a timed checkpoint left out", "witnessed", "complete", [_set("/times/checkpoints", [])]),
        ("a timed checkpoint left out, signed by the log", "witnessed", "figures", signed()),
        ("a timed checkpoint cosigned later, signed by the log", "witnessed", "figures",
         signed(_timed(log, replace(seen, time=seen.time + 5)))),
        ("judged after witnesses had cosigned the checkpoint", "witnessed", "figures",
         [_set("/figures/penalties/statements/0/judged_at", _cosigned_at(log) + 1)]),
        ("the signature over the times forged", "witnessed", "complete",
         [_set("/times/signature", to_hex(bytes(64)))]),
        ("the times of another subject", "witnessed", "complete",
         [_set("/times", _times("partner/2", size, [_timed(log, seen)]))]),
    ]  # fmt: skip


# --- withheld parts --------------------------------------------------------------------------------------------------


def withheld(played: Played) -> bytes:
    """The carrier's bundle with the prices of one of two shipments withheld: it holds, and its figures are ranges."""
    period = Period(PERIOD, PERIOD + DAY, PERIOD + DAY)
    measure = Measure(parse_card(CARD), PERIOD)
    entries = played.log.entries
    index = next(i for i, (_, record_id, _) in enumerate(entries) if record_id == played.late)
    signed, record_id, time = entries[index]
    entries[index] = SignedRecord(_without_prices(signed.record), signed.signatures), record_id, time
    try:
        return played.log.bundle(
            f"partner/{CARRIER}", _apart(played.log),
            lambda known: partner_figures(Journeys(known), CARRIER, period, None, measure), [CARD.decode()],
        )  # fmt: skip
    finally:
        entries[index] = signed, record_id, time


def _without_prices(record: Record) -> Record:
    match record:
        case ShipmentTerms(commercial=Commercial() as commercial):
            return replace(record, commercial=Withheld(part_hash(commercial)))
    raise AssertionError("no terms with open prices")


def _bad_withheld(good: dict[str, Any]) -> Cases:
    cards, parts = good["figures"]["scores"]["cards"], good["figures"]["withheld"]
    return [
        ("what is withheld left out", "withheld", "figures", [_set("/figures/withheld", [])]),
        ("another part withheld", "withheld", "figures",
         [_set("/figures/withheld", [parts[0] | {"part": "origin"}, *parts[1:]])]),
        ("a range made a number", "withheld", "figures",
         [_set("/figures/scores/cards/0/indicators/0/good", cards[0]["indicators"][0]["good"] + 1)]),
    ]  # fmt: skip


# --- products --------------------------------------------------------------------------------------------------------


def _bad_product(shelf: Shelf, goods: dict[str, Any]) -> Cases:
    good = goods["product"]
    at = {record["index"]: place for place, record in enumerate(good["records"])}

    def record(name: str, field: str, value: Any) -> Patch:
        return [_set(f"/records/{at[shelf.indexes[name]]}/{field}", value)]

    def without(*names: str) -> Patch:
        """These records and their outcomes left out, and the proof mended as only who has the whole tree can."""
        gone = {shelf.indexes[name] + n for name in names for n in (0, 1)}
        hashes = shelf.log.leaf_hashes()
        kept = [index for index in range(len(hashes)) if index not in gone]
        proof = subset_path(kept, len(hashes), lambda start, stop: merkle.root(hashes[start:stop]))
        removed: Patch = [{"op": "remove", "path": f"/records/{at[index]}"} for index in sorted(gone, reverse=True)]
        return [*removed, _set("/proof", [to_hex(value) for value in proof])]

    codes = good["figures"]["codes"]
    rival = to_hex(shelf.ids["by the rival"])
    renamed = sorted(text.replace("Brand of", "Great brand of") for text in good["rules"])
    revocation = good["records"][at[shelf.indexes["revocation"]]]
    return [
        ("about another product", "product", "complete", [_set("/subject", f"01/{GTIN}/10/L2")]),
        ("about all of the lot", "product", "complete", [_set("/subject", LOT)]),
        ("an attestation signed by another", "product", "inclusion",
         record("lot", "signatures", good["records"][at[shelf.indexes["by the rival"]]]["signatures"])),
        ("an attestation of another lot", "product", "inclusion", record("lot", "message/subject", f"01/{GTIN}/10/L2")),
        ("a recall narrowed", "product", "inclusion",
         record("recall of another lot", "message/lots", canonical_json([{"lot": "L8"}]).decode())),
        ("a revocation effective later", "product", "inclusion",
         record("revocation", "message/effectiveFrom", revocation["message"]["effectiveFrom"] + DAY)),
        ("a recall left out, the proof mended", "product", "complete", without("recall of another lot")),
        ("a revocation left out, the proof mended", "product", "complete", without("revocation")),
        ("the brand's authorisation left out, the proof mended", "product", "complete", without("authorisation")),
        ("the attestation of a rival left out, the proof mended", "product", "complete", without("by the rival")),
        ("the brand's prefix left out, the proof mended", "product", "registry", without("brand's prefix")),
        ("a code at another place of the list", "product", "figures", [_set("/figures/codes/0/index", 2)]),
        ("a code in the list of somebody else", "product", "figures",
         [_set("/figures/codes", [codes[0] | {"attestation": rival}])]),
        ("a code twice", "product", "figures", [_set("/figures/codes", codes * 2)]),
        ("no codes at all", "product", "figures", [_set("/figures", {})]),
        ("a partner renamed", "product", "figures", [_set("/rules", renamed)]),
    ]  # fmt: skip


def _set(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def _text(data: Any) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
