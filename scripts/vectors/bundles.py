"""Vectors of bundles: those that hold, and edits of them that do not, each with the step that fails."""

import json
from collections.abc import Sequence
from typing import Any

from ledger import merkle
from ledger.bundle.figures import award_figures, award_for, partner_figures, range_for, shipment_figures
from ledger.bundle.format import parse_trust
from ledger.bundle.verify import verify_bundle
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, Period
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.multi_proof import subset_path
from ledger.records.eip712 import part_hash
from ledger.records.types import ShipmentTerms
from ledger.scores.adopted_card import Measure
from ledger.scores.card import parse_card
from ledger.shipments.history import Journeys
from scripts.vectors.bundle_schema import schema
from scripts.vectors.paper import CARD, CARRIER, DEFAULT, PERIOD, RULE, PaperLog, Played, play


def bundles() -> dict[str, str]:
    """File name below `docs/vectors` to its text."""
    played = play()
    log, late = played.log, played.late
    period = Period(PERIOD, PERIOD + DAY, PERIOD + DAY)
    apart = [*played.others, *played.money, played.later]
    measure = Measure(parse_card(CARD), PERIOD)
    texts = {
        "shipment": log.bundle(
            f"shipment/{to_hex(late)}", apart,
            lambda known: shipment_figures(Journeys(known), late, None), [],
        ),
        "partner": log.bundle(
            f"partner/{CARRIER}", apart,
            lambda known: partner_figures(Journeys(known), CARRIER, period, None, measure), [CARD.decode()],
        ),
        "award": log.bundle(
            f"award/{to_hex(played.award_id)}", [played.later],
            lambda _: award_figures(played.award, played.agreement, played.known(log), log.history.now(0)),
            [RULE.decode(), CARD.decode()], played.sizes,
        ),
        "award-withheld": _award_with_closed_prices(played),
    }  # fmt: skip
    return {
        "bundles/trust.json": log.trust().decode(),
        "bundles/trust-with-partners.json": log.trust_with_partners().decode(),
        **{f"bundles/{name}.json": data.decode() for name, data in texts.items()},
        "bundles/bad.json": _text(_bad(played, {name: json.loads(data) for name, data in texts.items()})),
        "bundles/bad-trust.json": _text(
            _bad_trust(json.loads(log.trust()), json.loads(log.trust_with_partners())["partners"])
        ),
        "bundles/bundle.schema.json": _text(schema()),
    }


def _award_with_closed_prices(played: Played) -> bytes:
    """The award's bundle without the prices of the late shipment: its figures are ranges."""
    log, agreement, signed = played.log.with_closed_prices(played.late), played.agreement, played.award
    known, card = played.known(log), parse_card(CARD)
    partly = award_for(signed.agreement, agreement, RULE, card, signed.version, signed.total, known)
    ranges = range_for(partly, agreement, card, known, lambda: signed.amounts)
    if ranges is None:
        raise AssertionError("the carrier is concerned")
    figures = award_figures(ranges, agreement, known, log.history.now(0))
    rules = [RULE.decode(), CARD.decode()]
    return log.bundle(f"award/{to_hex(played.award_id)}", [played.later], lambda _: figures, rules, played.sizes)


def _bad(played: Played, good: dict[str, Any]) -> dict[str, Any]:
    """Edits of the good bundles as JSON Patch (RFC 6902), printed canonically afterwards, and the step that fails."""
    log = played.log
    left_out = [*played.others, *played.money, played.later]
    trust = parse_trust(log.trust())
    shipment, award = good["shipment"], good["award"]
    numbers = {record["type"]: n for n, record in enumerate(shipment["records"])}
    terms, handoff, outcome = (numbers[name] for name in ("ShipmentTerms", "Handoff", "Outcome"))
    commercial = ShipmentTerms.from_json(shipment["records"][terms]["message"]).commercial
    opened = next(n for n, record in enumerate(award["records"]) if record["type"] == "ShipmentTerms")
    money = next(n for n, record in enumerate(award["records"]) if record["type"] == "BonusAward")
    note = shipment["checkpoint"]
    changed_root = "\n".join(["vectors.lading.example/log", "999", *note.split("\n")[2:]])
    gap = _without(log, left_out, 2)
    omitted = _without(log, left_out, shipment["records"][numbers["Endorsement"]]["index"])
    last, logged = good["partner"]["last"], log.entries[-1][2]
    statement = "/figures/penalties/statements/0"
    own = CARD.replace(b"zero = 950_000", b"zero = 1")

    def set_(path: str, value: Any) -> dict[str, Any]:
        return {"op": "replace", "path": path, "value": value}

    def card(text: bytes) -> list[dict[str, Any]]:
        return [set_("/rules/0", text.decode()), set_("/figures/scores/card", to_hex(parse_card(text).hash))]

    withheld = to_hex(part_hash(commercial))
    cases: list[tuple[str, str, str, list[dict[str, Any]]]] = [
        ("another format", "shipment", "format", [set_("/lading", "bundle/1")]),
        ("the format before this one", "shipment", "format",
         [set_("/lading", "bundle/3"), {"op": "remove", "path": "/last"}]),
        ("unknown field", "shipment", "format", [{"op": "add", "path": "/remark", "value": ""}]),
        ("a record without its index", "shipment", "format", [{"op": "remove", "path": "/records/0/index"}]),
        ("hex in capitals", "shipment", "format", [set_("/proof/0", shipment["proof"][0].upper().replace("X", "x"))]),
        ("the first record twice", "shipment", "format",
         [{"op": "add", "path": "/records/0", "value": shipment["records"][0]}]),
        ("a log that is not trusted", "shipment", "log", [set_("/origin", "other.example/log")]),
        ("a checkpoint of another size", "shipment", "checkpoint", [set_("/checkpoint", changed_root)]),
        ("a signature line of somebody else", "shipment", "checkpoint",
         [set_("/checkpoint", note + "— witness.example AAAAAAAA\n")]),
        ("the log's own signature twice", "shipment", "checkpoint",
         [set_("/checkpoint", note + note.split("\n\n")[1])]),
        ("an opened part altered", "shipment", "inclusion",
         [set_(f"/records/{terms}/message/commercial/alpha", "1")]),
        ("another log time", "shipment", "inclusion",
         [set_(f"/records/{handoff}/logTime", shipment["records"][handoff]["logTime"] - 1)]),
        ("signatures in another order", "shipment", "inclusion",
         [set_(f"/records/{handoff}/signatures", shipment["records"][handoff]["signatures"][::-1])]),
        ("an outcome altered", "shipment", "inclusion", [set_(f"/records/{outcome}/message/outcomes", "0x02")]),
        ("a record dropped", "shipment", "inclusion", [{"op": "remove", "path": f"/records/{handoff}"}]),
        ("a hash of the proof dropped", "shipment", "inclusion", [{"op": "remove", "path": "/proof/0"}]),
        ("the total of the signed award altered", "award", "inclusion",
         [set_(f"/records/{money}/message/total", "1000001")]),
        ("the last leaf stripped", "shipment", "format", [{"op": "remove", "path": "/last"}]),
        ("another leaf shown as the last", "shipment", "inclusion", [set_("/last", award["cutoff"]["last"])]),
        ("the last leaf logged later", "partner", "inclusion", [set_("/last/leaf", last["leaf"][:-2] + "ff")]),
        ("a hash of the last leaf's proof dropped", "partner", "inclusion", [set_("/last/proof", last["proof"][1:])]),
        ("a registry change omitted, the proof mended", "shipment", "registry", gap),
        ("an endorsement omitted, the proof mended", "shipment", "complete", omitted),
        ("another subject", "shipment", "complete", [set_("/subject", f"shipment/0x{'00' * 32}")]),
        ("a lower penalty", "shipment", "figures", [set_(f"{statement}/amount", 1)]),
        ("a leg's share moved", "shipment", "figures", [set_(f"{statement}/legs/0/amount", 1)]),
        ("judged at a time that is none", "shipment", "figures", [set_(f"{statement}/judged_at", 2**40)]),
        ("judged after the last leaf was logged", "shipment", "figures", [set_(f"{statement}/judged_at", logged + 1)]),
        ("scores judged after the last leaf was logged", "partner", "figures",
         [set_("/figures/scores/period/at", logged + 1)]),
        ("disputed money that nobody disputes", "shipment", "figures", [set_(f"{statement}/frozen", 1)]),
        ("words among the figures", "shipment", "figures",
         [{"op": "add", "path": "/figures/summary", "value": "nobody owes anything"}]),
        ("no figures", "shipment", "figures", [set_("/figures", {})]),
        ("a rule file that no figure names", "shipment", "figures", [set_("/rules", ["x = 1"])]),
        ("prices withheld", "shipment", "figures", [set_(f"/records/{terms}/message/commercial", withheld)]),
        ("another scorecard under the same hash", "partner", "figures", [set_("/rules/0", own.decode())]),
        ("a scorecard of one's own", "partner", "figures", card(own)),
        ("the default card though another was adopted", "partner", "figures", card(DEFAULT)),
        ("a period that began before the card", "partner", "figures",
         [set_("/figures/scores/period/start", PERIOD - 1)]),
        ("another period", "partner", "figures", [set_("/figures/scores/period/end", PERIOD + DAY + 1)]),
        ("a better indicator", "partner", "figures", [set_("/figures/scores/cards/0/indicators/0/good", 9)]),
        ("a scorecard left out", "partner", "figures", [{"op": "remove", "path": "/figures/scores/cards/0"}]),
        ("a penalty left out", "partner", "figures", [{"op": "remove", "path": statement}]),
        ("prices withheld, and the penalty left out", "partner", "figures",
         [set_(f"/records/{terms}/message/commercial", withheld), {"op": "remove", "path": statement}]),
        ("a withheld part that is not", "partner", "figures",
         [set_("/figures/withheld", [
             {"shipment": to_hex(played.late), "record": to_hex(played.late), "part": "contents"},
         ])]),
        ("an award line altered", "award", "figures", [set_("/figures/award/lines/1/amount", "600000")]),
        ("an award's total altered", "award", "figures", [set_("/figures/award/total", "1000001")]),
        ("an award without its rule file", "award", "cut-off", [{"op": "remove", "path": "/rules/1"}]),
        ("an award without what shows its size", "award", "format", [{"op": "remove", "path": "/cutoff"}]),
        ("a shipment with what shows an award's size", "shipment", "format",
         [{"op": "add", "path": "/cutoff", "value": award["cutoff"]}]),
        ("the last leaf of the award's size stripped", "award", "cut-off",
         [set_("/cutoff/last", award["cutoff"]["before"])]),
        ("the last leaf of the award's size logged later", "award", "cut-off",
         [set_("/cutoff/last/leaf", award["cutoff"]["last"]["leaf"][:-2] + "ff")]),
        ("the last leaf of the size before hidden", "award", "cut-off", [set_("/cutoff/before", None)]),
        ("the anchored size before hidden", "award", "complete",
         [{"op": "remove", "path": "/times/checkpoints/0"}, set_("/cutoff/before", None)]),
        ("rule files in another order", "award", "format", [set_("/rules", award["rules"][::-1])]),
        ("an award by another card", "award", "figures", [set_("/rules/0", DEFAULT.decode())]),
        ("prices withheld behind an award", "award", "figures",
         [set_(f"/records/{opened}/message/commercial", withheld)]),
        ("a signed amount altered beside its range", "award-withheld", "figures",
         [set_("/figures/award/lines/1/amount", "600000")]),
        ("a range made narrower", "award-withheld", "figures", [set_("/figures/award/lines/1/low", "1")]),
        ("a range that hides what is withheld", "award-withheld", "figures", [set_("/figures/withheld", [])]),
    ]  # fmt: skip
    vectors = []
    for name, of, step, patch in cases:
        found = [entry for entry in verify_bundle(canonical_json(patched(good[of], patch)), trust) if not entry.ok]
        if [entry.name for entry in found] != [step]:
            raise AssertionError(f"{name}: expected {step} to fail, found {found}")
        vectors.append({"name": name, "of": f"{of}.json", "patch": patch, "step": step, "why": found[0].why})
    return {
        "remark": "apply the patch (RFC 6902) to the file, print it as RFC 8785: this step fails",
        "vectors": vectors,
    }


def _bad_trust(good: dict[str, Any], book: dict[str, Any]) -> dict[str, Any]:
    """Texts that are no trust file, though all but the last say much the same as the good one."""
    genesis, logs, entries = good["genesis"], good["logs"], book["entries"]
    renamed = [entries[0] | {"name": "Somebody else"}, *entries[1:]]
    swapped = [entries[0] | {"keys": entries[1]["keys"]}, entries[1] | {"keys": entries[0]["keys"]}, *entries[2:]]
    edits: list[tuple[str, dict[str, Any]]] = [
        ("an unknown field", {"remark": ""}),
        ("a number as text", {"genesis": genesis | {"threshold": "2"}}),
        ("a negative chain id", {"chainId": -1}),
        ("a council as text", {"genesis": genesis | {"council": genesis["council"][0]}}),
        ("an unknown field of a log", {"logs": [logs[0] | {"name": "ours"}]}),
        ("a log twice", {"logs": logs * 2}),
        ("no log", {"logs": []}),
        ("hex in capitals", {"registry": "0x" + good["registry"][2:].upper()}),
        ("another format", {"lading": "trust/2"}),
        ("a partner renamed", {"partners": book | {"entries": renamed}}),
        ("keys of two partners swapped", {"partners": book | {"entries": swapped}}),
        ("a book of another size", {"partners": book | {"size": book["size"] + 1}}),
        ("a book without council", {"partners": book | {"council": []}}),
        ("a book of another log", {"partners": book | {"logId": "0x" + "11" * 32}}),
        ("partners in another order", {"partners": book | {"entries": entries[::-1]}}),
    ]
    texts = [(name, canonical_json(good | edit).decode()) for name, edit in edits]
    texts.append(("not canonical", json.dumps(good)))
    texts.append(("a final line break", canonical_json(good).decode() + "\n"))
    vectors = []
    for name, text in texts:
        try:
            parse_trust(text.encode())
        except (MalformedRecord, VerificationFailed) as error:
            vectors.append({"name": name, "text": text, "why": str(error)})
        else:
            raise AssertionError(f"{name}: taken as a trust file")
    return {"remark": "none of these texts is a trust file", "vectors": vectors}


def _without(log: PaperLog, left_out: Sequence[int], index: int) -> list[dict[str, Any]]:
    """The patch that leaves a record out and mends the proof, as only who has the whole tree can."""
    hashes = log.leaf_hashes()
    kept = [i for i in range(len(hashes)) if i not in left_out]
    place = kept.index(index)
    kept.remove(index)
    proof = subset_path(kept, len(hashes), lambda start, stop: merkle.root(hashes[start:stop]))
    return [
        {"op": "remove", "path": f"/records/{place}"},
        {"op": "replace", "path": "/proof", "value": [to_hex(value) for value in proof]},
    ]


def patched(document: Any, patch: Sequence[dict[str, Any]]) -> Any:
    """`document` after a JSON Patch of add, remove and replace; RFC 6902, pointers without escapes."""
    result = json.loads(json.dumps(document))
    for entry in patch:
        *parents, last = entry["path"][1:].split("/")
        target = result
        for name in parents:
            target = target[int(name)] if isinstance(target, list) else target[name]
        place = int(last) if isinstance(target, list) else last
        if entry["op"] == "remove":
            del target[place]
        elif entry["op"] == "add" and isinstance(target, list):
            target.insert(place, entry["value"])
        else:
            target[place] = entry["value"]
    return result


def _text(data: Any) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
