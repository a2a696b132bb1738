"""Edits of a bundle on its way to the browser, each with the step that must find it."""

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import merkle
from ledger.common.ids import RecordId, to_hex
from ledger.log.leaf import LogSigner
from ledger.log.signed_note import parse_checkpoint
from ledger.records.types import Attestation
from tests.browser.lies import Edit, Forgery, Json, about, drop, flipped, id_of, of_type, outcome_of, prove
from tests.browser.shelf import AUTHENTIC, LICENSED, LISTED, RECALLED, REVOKED, UNKNOWN, Shelf
from tests.e2e.stage import CARRIER, MAKER

STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def _in_message(kind: str, field: str, value: Any) -> Edit:
    def edit(bundle: Json, _shelf: Shelf) -> None:
        about(bundle, kind)["message"][field] = value

    return edit


def _registry(at: int, field: str, value: Any) -> Edit:
    def edit(bundle: Json, _shelf: Shelf) -> None:
        of_type(bundle, "RegistryChange")[at]["message"][field] = value

    return edit


def _field(*names: str, value: Any) -> Edit:
    def edit(bundle: Json, _shelf: Shelf) -> None:
        part = bundle
        for name in names[:-1]:
            part = part[name]
        part[names[-1]] = value

    return edit


def _flip(*names: str) -> Edit:
    def edit(bundle: Json, _shelf: Shelf) -> None:
        part = bundle
        for name in names[:-1]:
            part = part[name]
        part[names[-1]] = flipped(part[names[-1]])

    return edit


def _dropped(*names: str) -> Edit:
    def edit(bundle: Json, shelf: Shelf) -> None:
        drop(bundle, shelf, [shelf.ids[name] for name in names])

    return edit


# --- signatures and what was signed --------------------------------------------------------------------------------


def _keys_emptied(bundle: Json, _shelf: Shelf) -> None:
    about(bundle, "Attestation")["signatures"] = []


def _all_keys_emptied(bundle: Json, _shelf: Shelf) -> None:
    for record in bundle["records"]:
        record["signatures"] = []


def _one_council_signature_removed(bundle: Json, _shelf: Shelf) -> None:
    change = next(change for change in of_type(bundle, "RegistryChange") if len(change["signatures"]) > 1)
    change["signatures"].pop()


def _signature_flipped(bundle: Json, _shelf: Shelf) -> None:
    signatures = about(bundle, "Attestation")["signatures"]
    signatures[0] = flipped(signatures[0], 10)


def _throw_away_key(bundle: Json, shelf: Shelf) -> None:
    """Signed anew by somebody else, with a leaf hash that fits: the tree still has the old one."""
    record = about(bundle, "Attestation")
    fake = Attestation.from_json(record["message"])
    (signature,) = shelf.stage.trial.signed(fake, shelf.stage.parties[CARRIER].key).signatures
    record["signatures"] = [to_hex(signature)]


def _swapped_signatures(bundle: Json, _shelf: Shelf) -> None:
    change = next(change for change in of_type(bundle, "RegistryChange") if len(change["signatures"]) > 1)
    change["signatures"].reverse()


def _outcome_signed(bundle: Json, _shelf: Shelf) -> None:
    of_type(bundle, "Outcome")[0]["signatures"] = of_type(bundle, "RegistryChange")[0]["signatures"]


# --- records dropped, added, moved ---------------------------------------------------------------------------------


def _recall_dropped_bluntly(bundle: Json, _shelf: Shelf) -> None:
    bundle["records"].remove(about(bundle, "Recall"))


def _other_products_record(bundle: Json, shelf: Shelf) -> None:
    """The recall of another lot's sibling, with a proof that holds."""
    other = shelf.bundle(REVOKED)
    have = {record["index"] for record in bundle["records"]}
    bundle["records"] = sorted(
        [*bundle["records"], *(r for r in other["records"] if r["index"] not in have)], key=lambda r: int(r["index"])
    )
    prove(bundle, shelf)


def _other_products_bundle(bundle: Json, shelf: Shelf) -> None:
    bundle.update(shelf.bundle(UNKNOWN))


def _other_products_bundle_renamed(bundle: Json, shelf: Shelf) -> None:
    bundle.update({**shelf.bundle(UNKNOWN), "subject": bundle["subject"]})


def _nothing_but_the_attestation(bundle: Json, shelf: Shelf) -> None:
    bundle["records"] = [about(bundle, "Attestation")]
    prove(bundle, shelf)


def _no_records(bundle: Json, _shelf: Shelf) -> None:
    bundle["records"] = []


def _two_records_swapped(bundle: Json, _shelf: Shelf) -> None:
    records = bundle["records"]
    records[0], records[1] = records[1], records[0]


def _registry_truncated(bundle: Json, shelf: Shelf) -> None:
    drop(bundle, shelf, [_id(shelf, of_type(bundle, "RegistryChange")[-1])])


def _registry_with_a_gap(bundle: Json, shelf: Shelf) -> None:
    drop(bundle, shelf, [_id(shelf, of_type(bundle, "RegistryChange")[3])])


def _registry_reordered(bundle: Json, _shelf: Shelf) -> None:
    one, other = of_type(bundle, "RegistryChange")[2:4]
    for name in ("message", "signatures", "leafHash", "logTime"):
        one[name], other[name] = other[name], one[name]


def _older_registry(bundle: Json, shelf: Shelf) -> None:
    """The log as it was before the last change of the registry, under the new checkpoint."""
    last = of_type(bundle, "RegistryChange")[-1]["index"]
    bundle["records"] = [record for record in bundle["records"] if record["index"] < last]
    prove(bundle, shelf)


def _id(shelf: Shelf, record: Json) -> RecordId:
    return RecordId(bytes.fromhex(id_of(shelf, record)[2:]))


# --- the tree ------------------------------------------------------------------------------------------------------


def _one_leaf_tree(bundle: Json, _shelf: Shelf) -> None:
    record = about(bundle, "Attestation")
    lines = bundle["checkpoint"].split("\n")
    root = base64.b64encode(bytes.fromhex(record["leafHash"][2:])).decode()
    bundle["checkpoint"] = "\n".join([lines[0], "1", root, *lines[3:]])
    bundle["records"] = [{**record, "index": 0}]
    bundle["proof"] = []


def _wrong_index(bundle: Json, _shelf: Shelf) -> None:
    bundle["records"][-1]["index"] -= 1 if bundle["records"][-2]["index"] < bundle["records"][-1]["index"] - 1 else -1


def _proof_flipped(bundle: Json, _shelf: Shelf) -> None:
    bundle["proof"][0] = flipped(bundle["proof"][0])


def _proof_shorter(bundle: Json, _shelf: Shelf) -> None:
    bundle["proof"].pop()


def _proof_longer(bundle: Json, _shelf: Shelf) -> None:
    bundle["proof"].append("0x" + "00" * 32)


def _leaf_hash_flipped(bundle: Json, _shelf: Shelf) -> None:
    about(bundle, "Attestation")["leafHash"] = flipped(about(bundle, "Attestation")["leafHash"])


def _log_time(bundle: Json, _shelf: Shelf) -> None:
    about(bundle, "Attestation")["logTime"] -= 1


# --- the log, its witnesses, its word ------------------------------------------------------------------------------


def _note(change: Any) -> Edit:
    def edit(bundle: Json, shelf: Shelf) -> None:
        text, tail = bundle["checkpoint"].split("\n\n")
        bundle["checkpoint"] = change(text, tail.split("\n")[:-1], shelf)

    return edit


def _joined(text: str, lines: list[str]) -> str:
    return text + "\n\n" + "".join(f"{line}\n" for line in lines)


def _letter(text: str, at: int) -> str:
    """Base64 with another letter there."""
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def _cosignature_flipped(text: str, lines: list[str], _shelf: Shelf) -> str:
    return _joined(text, [*lines[:-1], _letter(lines[-1], -9)])


def _other_log(bundle: Json, shelf: Shelf, origin: str = "") -> None:
    """The same entries, signed by another log's key and cosigned by its witnesses."""
    name = origin or bundle["origin"]
    forged = Forgery.of(shelf, bundle).bundle(bundle["subject"], bundle, LogSigner(name, STRANGER))
    bundle.update({**forged, "origin": name})


def _log_of_another_name(bundle: Json, shelf: Shelf) -> None:
    _other_log(bundle, shelf, "another.example/log")


def _witnesses_of_another_state(bundle: Json, shelf: Shelf) -> None:
    """Cosignatures that were made for a smaller tree."""
    tree = shelf.stage.node.reader.publisher.tree()
    size = int(bundle["checkpoint"].split("\n")[1]) - 1
    earlier = parse_checkpoint(shelf.stage.node.reader.keys.log.checkpoint(size, tree.root(size)))
    own = bundle["checkpoint"].split("\n\n")[1].split("\n")[0]
    lines = [w.cosign(earlier.head, shelf.stage.now).note_signature().line().rstrip("\n") for w in shelf.witnesses]
    bundle["checkpoint"] = _joined(bundle["checkpoint"].split("\n\n")[0], [own, *lines])


def _complete_missing(bundle: Json, _shelf: Shelf) -> None:
    bundle["complete"] = {}


def _complete_of_another_size(bundle: Json, shelf: Shelf) -> None:
    ids = [_id(shelf, record) for record in bundle["records"]]
    size = bundle["complete"]["size"] - 1
    bundle["complete"] = shelf.stage.node.reader.keys.log.complete(bundle["subject"], size, ids).to_json()


def _complete_of_another_subject(bundle: Json, shelf: Shelf) -> None:
    bundle["complete"] = shelf.bundle(UNKNOWN)["complete"]


def _complete_of_another_list(bundle: Json, shelf: Shelf) -> None:
    drop(bundle, shelf, [shelf.ids["recall"]])
    left = merkle.sorted_root(_id(shelf, record) for record in bundle["records"])
    bundle["complete"]["root"] = to_hex(left)


# --- what stands beside the records --------------------------------------------------------------------------------


def _renamed(bundle: Json, _shelf: Shelf) -> None:
    bundle["rules"] = [text.replace(f"Partner {MAKER}", "Famous Brand") for text in bundle["rules"]]


def _code_of_another_item(bundle: Json, shelf: Shelf) -> None:
    bundle["figures"]["codes"][0]["index"] = 3


def _unlisted_code(bundle: Json, shelf: Shelf) -> None:
    bundle["figures"]["codes"] = [
        {**shelf.bundle(LISTED)["figures"]["codes"][0], "attestation": to_hex(shelf.ids["L1"])}
    ]


def _outcome_altered(bundle: Json, shelf: Shelf) -> None:
    outcome_of(bundle, shelf.ids["recall"])["message"]["outcomes"] = "0x0b"


def _outcome_dropped(bundle: Json, shelf: Shelf) -> None:
    bundle["records"].remove(outcome_of(bundle, shelf.ids["recall"]))
    prove(bundle, shelf)


def _outcome_without_its_record(bundle: Json, shelf: Shelf) -> None:
    bundle["records"].remove(about(bundle, "Recall"))
    prove(bundle, shelf)


MUTATIONS: dict[str, tuple[str, str, Edit]] = {
    "signer renamed": (AUTHENTIC, "inclusion", _in_message("Attestation", "by", CARRIER)),
    "keys emptied": (AUTHENTIC, "inclusion", _keys_emptied),
    "all keys emptied": (AUTHENTIC, "inclusion", _all_keys_emptied),
    "one council signature removed": (AUTHENTIC, "inclusion", _one_council_signature_removed),
    "nibble of a signature flipped": (AUTHENTIC, "inclusion", _signature_flipped),
    "signed by a throw-away key": (AUTHENTIC, "inclusion", _throw_away_key),
    "signatures swapped": (AUTHENTIC, "inclusion", _swapped_signatures),
    "an outcome that bears signatures": (AUTHENTIC, "inclusion", _outcome_signed),
    "about another lot": (AUTHENTIC, "inclusion", _in_message("Attestation", "subject", LICENSED)),
    "valid for longer": (AUTHENTIC, "inclusion", _in_message("Attestation", "validUntil", 0)),
    "another schema": (AUTHENTIC, "inclusion", _in_message("Attestation", "schema", "0x" + "11" * 32)),
    "a claim altered": (AUTHENTIC, "inclusion", _in_message("Attestation", "claims", "0x" + "11" * 32)),
    "a field too many": (AUTHENTIC, "inclusion", _in_message("Attestation", "remark", "")),
    "a field missing": (AUTHENTIC, "inclusion", lambda b, _: about(b, "Attestation")["message"].pop("details")),
    "a number as text": (AUTHENTIC, "inclusion", _in_message("Attestation", "by", str(MAKER))),
    "a type of its own": (AUTHENTIC, "inclusion", lambda b, _: about(b, "Attestation").update(type="Endorsement")),
    "an unknown type": (AUTHENTIC, "inclusion", lambda b, _: about(b, "Attestation").update(type="Blessing")),
    "lots of the recall narrowed": (RECALLED, "inclusion", _in_message("Recall", "lots", '[{"lot":"L9"}]')),
    "recall dropped": (RECALLED, "inclusion", _recall_dropped_bluntly),
    "recall dropped and the proof mended": (RECALLED, "complete", _dropped("recall")),
    "recall without its outcome": (RECALLED, "complete", _outcome_dropped),
    "outcome without its recall": (RECALLED, "complete", _outcome_without_its_record),
    "recall said to be rejected": (RECALLED, "inclusion", _outcome_altered),
    "revocation dropped": (REVOKED, "complete", _dropped("revocation")),
    "brand authorisation dropped": (LICENSED, "complete", _dropped("authorised")),
    "attestation dropped": (AUTHENTIC, "complete", _dropped("L1")),
    "another product's record added": (AUTHENTIC, "complete", _other_products_record),
    "another product's bundle": (AUTHENTIC, "subject", _other_products_bundle),
    "another product's bundle renamed": (AUTHENTIC, "complete", _other_products_bundle_renamed),
    "nothing but the attestation": (AUTHENTIC, "complete", _nothing_but_the_attestation),
    "no records at all": (AUTHENTIC, "inclusion", _no_records),
    "records not in order": (AUTHENTIC, "format", _two_records_swapped),
    "registry truncated": (AUTHENTIC, "complete", _registry_truncated),
    "registry with a gap": (AUTHENTIC, "complete", _registry_with_a_gap),
    "registry reordered": (AUTHENTIC, "inclusion", _registry_reordered),
    "registry older": (AUTHENTIC, "complete", _older_registry),
    "a role granted to another": (AUTHENTIC, "inclusion", _registry(20, "partner", CARRIER)),
    "a key of the registry replaced": (AUTHENTIC, "inclusion", _registry(2, "key", "0x" + "22" * 20)),
    "a tree of one leaf": (AUTHENTIC, "checkpoint", _one_leaf_tree),
    "wrong index": (AUTHENTIC, "inclusion", _wrong_index),
    "nibble of the proof flipped": (AUTHENTIC, "inclusion", _proof_flipped),
    "proof too short": (AUTHENTIC, "inclusion", _proof_shorter),
    "proof too long": (AUTHENTIC, "inclusion", _proof_longer),
    "nibble of a leaf hash flipped": (AUTHENTIC, "inclusion", _leaf_hash_flipped),
    "another log time": (AUTHENTIC, "inclusion", _log_time),
    "wrong root": (AUTHENTIC, "checkpoint", _note(lambda text, lines, _: _joined(_letter(text, -3), lines))),
    "another size": (AUTHENTIC, "checkpoint", _note(lambda t, lines, _: _joined(t.replace("\n1", "\n2", 1), lines))),
    "the log's signature stripped": (AUTHENTIC, "checkpoint", _note(lambda text, lines, _: _joined(text, lines[1:]))),
    "the log's signature twice": (AUTHENTIC, "checkpoint", _note(lambda t, lines, _: _joined(t, [lines[0], *lines]))),
    "one cosignature stripped": (AUTHENTIC, "witnesses", _note(lambda text, lines, _: _joined(text, lines[:-1]))),
    "all cosignatures stripped": (AUTHENTIC, "witnesses", _note(lambda text, lines, _: _joined(text, lines[:1]))),
    "nibble of a cosignature flipped": (AUTHENTIC, "witnesses", _note(_cosignature_flipped)),
    "cosignatures of another state": (AUTHENTIC, "witnesses", _witnesses_of_another_state),
    "a checkpoint of another key": (AUTHENTIC, "checkpoint", _other_log),
    "a checkpoint of another log": (AUTHENTIC, "log", _log_of_another_name),
    "no word that nothing is missing": (AUTHENTIC, "format", _complete_missing),
    "complete at another size": (AUTHENTIC, "complete", _complete_of_another_size),
    "complete about another subject": (AUTHENTIC, "complete", _complete_of_another_subject),
    "complete over another list": (RECALLED, "complete", _complete_of_another_list),
    "nibble of the word flipped": (AUTHENTIC, "complete", _flip("complete", "signature")),
    "the word of another log": (AUTHENTIC, "complete", _flip("complete", "logId")),
    "nibble of the log's word on times flipped": (AUTHENTIC, "times", _flip("times", "signature")),
    "times by no witness": (AUTHENTIC, "times", _field("times", "witnesses", value=None)),
    "a checkpoint of nothing among the times": (AUTHENTIC, "times", _field("times", "checkpoints", value=[{}])),
    "subject changed": (AUTHENTIC, "subject", _field("subject", value=LICENSED)),
    "a partner renamed": (AUTHENTIC, "names", _renamed),
    "the list proof of another code": (LISTED, "codes", _code_of_another_item),
    "a list that the attestation does not have": (AUTHENTIC, "codes", _unlisted_code),
    "another format": (AUTHENTIC, "format", _field("lading", value="bundle/2")),
    "a part too many": (AUTHENTIC, "format", _field("remark", value="")),
}  # fmt: skip
"""Name to the product, the step that finds it, and the edit."""
