"""Vectors of bundles: a small consortium on paper, its log, bundles that hold and bundles that do not.

No chain and no clock: outcomes are written as the contracts would give them, from fixed keys, salts and times.
"""

import json
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

from ledger import merkle
from ledger.bundle import verify_bundle
from ledger.bundle_format import BUNDLE, MAX_RULES, TRUST, Bundle, BundledRecord, parse_trust
from ledger.canonical import canonical_json
from ledger.checkpoint import Leaf
from ledger.codes import ContractKind, RegistryAction, Role
from ledger.codes import Outcome as Code
from ledger.figures import penalties_figure, scores_figure
from ledger.ids import KeyAddress, RecordId, to_hex
from ledger.journeys import Journeys
from ledger.notes import MAX_NOTE
from ledger.outcome_facts import facts_of
from ledger.penalties import DAY, LOST_AFTER, REPORT_LAG, TENDER_WINDOW, penalty_of
from ledger.records import (
    BY_NUMBER,
    Checkpoint,
    Commercial,
    Details,
    Endorsement,
    Handoff,
    HandoffItem,
    Load,
    Outcome,
    Place,
    Record,
    RegistryChange,
    ShipmentTerms,
)
from ledger.registry import Genesis, RecordedAt, RegistryHistory
from ledger.schema import HEX32, message_schema, part_schemas
from ledger.score_card import parse_card
from ledger.score_samples import Period
from ledger.signing import SignedRecord, recover
from ledger.subset_proofs import subset_path
from ledger.verification import verify_record
from scripts.vectors.keys import CONSORTIUM, COUNCIL, DOMAIN, LOG, address, digest, key, salt

START = 1_767_225_600
MAKER, CARRIER, SHOP = 1, 2, 3
NO_HASH = bytes(32)
REGISTRY = digest("registry")[:20]
CUSTODY = digest("custody ledger")[:20]
LOG_ONLY = (Endorsement,)
SUBJECT = "^((shipment|award)/0x[0-9a-f]{64}|partner/[1-9][0-9]{0,12})$"
RECORD_TYPES = {kind.__name__: kind for kind in BY_NUMBER.values() if kind is not Checkpoint}


class PaperLog:
    """A log with the outcomes that the chain would have given; records are a minute apart, each in its own block."""

    def __init__(self) -> None:
        self.genesis = Genesis(CONSORTIUM, 2, 0, tuple(KeyAddress(address(name)) for name in COUNCIL))
        self.history = RegistryHistory(self.genesis)
        self.entries: list[tuple[SignedRecord, RecordId, int]] = []

    def add(self, record: Record, *names: str) -> RecordId:
        """Log a record signed by the keys called `names`, and its outcome where it has a chain track."""
        record_id = DOMAIN.record_id(record)
        signatures = tuple(key(name).sign_digest(record_id) for name in names)
        self._log(SignedRecord(record, signatures), record_id)
        if isinstance(record, LOG_ONLY):
            return record_id
        number = len(self.entries)
        target = REGISTRY if isinstance(record, RegistryChange) else CUSTODY
        codes = bytes([Code.APPLIED] * (len(record.items) if isinstance(record, Handoff) else 1))
        outcome = Outcome(record_id, target, number, self._now() - 30, digest(f"transaction/{number}"), 0, codes)
        index = self._log(SignedRecord(outcome, ()), DOMAIN.record_id(outcome))
        if isinstance(record, RegistryChange):
            keys = [recover(record_id, signature) for signature in signatures]
            self.history.apply(record, keys, RecordedAt(number, outcome.blockTime, 0, index))
        return record_id

    def _log(self, signed: SignedRecord, record_id: RecordId) -> int:
        self.entries.append((signed, record_id, self._now()))
        return len(self.entries) - 1

    def _now(self) -> int:
        return START + 60 * len(self.entries)

    def trust(self) -> bytes:
        identity = LOG.identity
        return canonical_json(
            {
                "lading": TRUST,
                "consortiumId": to_hex(CONSORTIUM),
                "genesis": {
                    "council": [to_hex(member) for member in self.genesis.council],
                    "threshold": self.genesis.threshold,
                    "delay": self.genesis.delay,
                },
                "chainId": DOMAIN.chain_id,
                "registry": to_hex(REGISTRY),
                "logs": [{"origin": identity.origin, "key": to_hex(identity.public_key)}],
            }
        )

    def leaf_hashes(self) -> list[bytes]:
        return [
            merkle.leaf_hash(Leaf.of(s.record.NUMBER, i, s.signature_bytes(), time).encode())
            for s, i, time in self.entries
        ]

    def bundle(
        self, subject: str, left_out: Sequence[int], figures: Callable[[Journeys], dict[str, Any]], rules: Sequence[str]
    ) -> bytes:
        """The bundle of all entries but those at `left_out`."""
        hashes = self.leaf_hashes()
        kept = [index for index in range(len(self.entries)) if index not in left_out]
        records = tuple(
            BundledRecord(self.entries[i][0], i, self.entries[i][2], hashes[i]) for i in kept
        )  # fmt: skip
        size, root = len(hashes), merkle.root(hashes)
        return Bundle(
            subject=subject,
            origin=LOG.identity.origin,
            checkpoint=LOG.checkpoint(size, root).decode(),
            proof=tuple(subset_path(kept, size, lambda start, stop: merkle.root(hashes[start:stop]))),
            records=records,
            complete=LOG.complete(subject, size, [self.entries[i][1] for i in kept]),
            rules=tuple(rules),
            figures=figures(self._journeys(kept)),
        ).to_bytes()

    def _journeys(self, kept: Sequence[int]) -> Journeys:
        events: dict[bytes, list[tuple[int, Outcome]]] = {}
        for i in kept:
            body = self.entries[i][0].record
            if isinstance(body, Outcome):
                events.setdefault(body.record, []).append((i, body))
        journeys = Journeys()
        for i in kept:
            signed, record_id, time = self.entries[i]
            if not isinstance(signed.record, Outcome):
                facts = facts_of(i, time, events.get(record_id, []))
                journeys.add(verify_record(signed, DOMAIN, facts, self.history, _NoContext()))
        return journeys


class _NoContext:
    """Nobody on paper signs with a recipient key or amends anything."""

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:  # noqa: ARG002 - the protocol's
        return None

    def record(self, record_id: bytes) -> Record | None:  # noqa: ARG002 - the protocol's
        return None


def play() -> tuple[PaperLog, list[RecordId], list[int]]:
    """Two shipments: one late and in the bundle, one of others that only shares the log. And the others' leaves."""
    log = PaperLog()
    changes: list[tuple[RegistryAction, dict[str, Any]]] = [
        *((RegistryAction.ADMIT, {"partner": n, "key": address(f"partner/{n}"), "document": digest(f"enrolment/{n}")})
          for n in (MAKER, CARRIER, SHOP)),
        *((RegistryAction.GRANT_ROLE, {"partner": n, "role": int(role)})
          for n, role in ((MAKER, Role.SUPPLIER), (CARRIER, Role.CARRIER), (SHOP, Role.RETAILER))),
        (RegistryAction.OPEN_CONTRACT, {"key": CUSTODY, "number": int(ContractKind.CUSTODY)}),
    ]  # fmt: skip
    for sequence, (action, more) in enumerate(changes, 1):
        fields: dict[str, Any] = {
            "sequence": sequence, "notBefore": 0, "action": int(action), "partner": 0, "key": bytes(20), "role": 0,
            "scope": NO_HASH, "number": 0, "document": NO_HASH,
        }  # fmt: skip
        log.add(RegistryChange(**(fields | more)), *COUNCIL[:2])
    shipments, others = [], []
    for name in ("late", "other"):
        before = len(log.entries)
        shipments.append(_ship(log, name))
        if name == "other":
            others = list(range(before, len(log.entries)))
    return log, shipments, others


def _ship(log: PaperLog, name: str) -> RecordId:
    def details(label: str) -> Details:
        return Details(salt(f"bundle/{name}/{label}"), "")

    def place(label: str, country: str) -> Place:
        return Place(salt(f"bundle/{name}/{label}"), country, "", "", "")

    terms = ShipmentTerms(
        salt=salt(f"bundle/{name}/terms"),
        consignor=MAKER, consignee=SHOP, holder=MAKER, recipientKey=bytes(20), purpose=1, parents=(), packages=12,
        mode=3, fulfilment=0, origin=place("origin", "NZ"), destination=place("destination", "DE"), contents=(),
        commercial=Commercial(
            salt=salt(f"bundle/{name}/commercial"), orderRef=f"PO-{name}", value=2_000_000, currency="EUR",
            freight=90_000, incoterm="DAP", promisedAt=START + 1200, grace=60, alpha=10**12, penaltyCap=90_000,
            liable=CARRIER, beneficiary=SHOP, lostAfter=LOST_AFTER, tenderWindow=TENDER_WINDOW, reportLag=REPORT_LAG,
            rules=NO_HASH,
        ),
        requires=(), submitBy=START + 14 * DAY, details=details("details"),
    )  # fmt: skip
    shipment = log.add(terms, f"partner/{MAKER}")
    for partner in (CARRIER, SHOP):
        log.add(Endorsement(partner, shipment), f"partner/{partner}")
    for sequence, (releaser, receiver) in enumerate(((MAKER, CARRIER), (CARRIER, SHOP))):
        handoff = Handoff(
            items=(HandoffItem(shipment, sequence, 12, 0),),
            releaser=releaser, receiver=receiver, place=place(f"handoff/{sequence}", "NZ"),
            load=Load(salt(f"bundle/{name}/load/{sequence}"), ""), occurredAt=START + 60 * len(log.entries),
            dueAt=START + 1230 if receiver == CARRIER else 0, submitBy=START + 14 * DAY,
            details=details(f"handoff/{sequence}"),
        )  # fmt: skip
        log.add(handoff, f"partner/{releaser}", f"partner/{receiver}")
    return shipment


def bundles() -> dict[str, str]:
    """File name below `docs/vectors` to its text."""
    log, (late, _), others = play()
    card = (resources.files("ledger") / "cards" / "default.toml").read_bytes()
    period = Period(START, START + DAY, START + DAY)

    def of_shipment(journeys: Journeys) -> dict[str, Any]:
        return {"penalties": penalties_figure([penalty_of(late, journeys)], None)}

    def of_partner(journeys: Journeys) -> dict[str, Any]:
        return of_shipment(journeys) | {"scores": scores_figure(journeys, period, parse_card(card), [CARRIER])}

    shipment = log.bundle(f"shipment/{to_hex(late)}", others, of_shipment, [])
    partner = log.bundle(f"partner/{CARRIER}", others, of_partner, [card.decode()])
    return {
        "bundles/trust.json": log.trust().decode(),
        "bundles/shipment.json": shipment.decode(),
        "bundles/partner.json": partner.decode(),
        "bundles/bad.json": _text(_bad(log, json.loads(shipment), json.loads(partner), others)),
        "bundles/bundle.schema.json": _text(schema()),
    }


def _bad(log: PaperLog, shipment: Any, partner: Any, others: Sequence[int]) -> dict[str, Any]:
    """Edits of the good bundles as JSON Patch (RFC 6902), printed canonically afterwards, and the step that fails."""
    trust = parse_trust(log.trust())
    numbers = {record["type"]: n for n, record in enumerate(shipment["records"])}
    terms, handoff, outcome = (numbers[name] for name in ("ShipmentTerms", "Handoff", "Outcome"))
    changed_root = "\n".join(["vectors.lading.example/log", "999", *shipment["checkpoint"].split("\n")[2:]])
    gap = _without(log, others, 2)
    omitted = _without(log, others, shipment["records"][numbers["Endorsement"]]["index"])
    statement = "/figures/penalties/statements/0"

    def set_(path: str, value: Any) -> dict[str, Any]:
        return {"op": "replace", "path": path, "value": value}

    cases: list[tuple[str, str, str, list[dict[str, Any]]]] = [
        ("another format", "shipment", "format", [set_("/lading", "bundle/2")]),
        ("unknown field", "shipment", "format", [{"op": "add", "path": "/remark", "value": ""}]),
        ("a record without its index", "shipment", "format", [{"op": "remove", "path": "/records/0/index"}]),
        ("hex in capitals", "shipment", "format", [set_("/proof/0", shipment["proof"][0].upper().replace("X", "x"))]),
        ("the first record twice", "shipment", "format",
         [{"op": "add", "path": "/records/0", "value": shipment["records"][0]}]),
        ("a log that is not trusted", "shipment", "log", [set_("/origin", "other.example/log")]),
        ("a checkpoint of another size", "shipment", "checkpoint", [set_("/checkpoint", changed_root)]),
        ("an opened part altered", "shipment", "inclusion",
         [set_(f"/records/{terms}/message/commercial/alpha", "1")]),
        ("another log time", "shipment", "inclusion",
         [set_(f"/records/{handoff}/logTime", shipment["records"][handoff]["logTime"] - 1)]),
        ("signatures in another order", "shipment", "inclusion",
         [set_(f"/records/{handoff}/signatures", shipment["records"][handoff]["signatures"][::-1])]),
        ("an outcome altered", "shipment", "inclusion", [set_(f"/records/{outcome}/message/outcomes", "0x02")]),
        ("a record dropped", "shipment", "inclusion", [{"op": "remove", "path": f"/records/{handoff}"}]),
        ("a hash of the proof dropped", "shipment", "inclusion", [{"op": "remove", "path": "/proof/0"}]),
        ("a registry change omitted, the proof mended", "shipment", "registry", gap),
        ("an endorsement omitted, the proof mended", "shipment", "complete", omitted),
        ("another subject", "shipment", "complete", [set_("/subject", f"shipment/0x{'00' * 32}")]),
        ("a lower penalty", "shipment", "figures", [set_(f"{statement}/amount", 1)]),
        ("a leg's share moved", "shipment", "figures", [set_(f"{statement}/legs/0/amount", 1)]),
        ("no figures", "shipment", "figures", [set_("/figures", {})]),
        ("a rule file that no figure names", "shipment", "figures", [set_("/rules", ["x = 1"])]),
        ("another scorecard", "partner", "figures",
         [set_("/rules/0", partner["rules"][0].replace("weight = 60", "weight = 59"))]),
        ("a better indicator", "partner", "figures", [set_("/figures/scores/cards/0/indicators/0/good", 9)]),
        ("a penalty left out", "partner", "figures", [{"op": "remove", "path": statement}]),
    ]  # fmt: skip
    vectors = []
    for name, of, step, patch in cases:
        data = patched({"shipment": shipment, "partner": partner}[of], patch)
        found = [entry for entry in verify_bundle(canonical_json(data), trust) if not entry.ok]
        if [entry.name for entry in found] != [step]:
            raise AssertionError(f"{name}: expected {step} to fail, found {found}")
        vectors.append({"name": name, "of": f"{of}.json", "patch": patch, "step": step, "why": found[0].why})
    return {
        "remark": "apply the patch (RFC 6902) to the file, print it as RFC 8785: this step fails",
        "vectors": vectors,
    }


def _without(log: PaperLog, others: Sequence[int], index: int) -> list[dict[str, Any]]:
    """The patch that leaves a record out and mends the proof, as only who has the whole tree can."""
    hashes = log.leaf_hashes()
    kept = [i for i in range(len(hashes)) if i not in others]
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


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a bundle."""
    signature = {"type": "string", "pattern": "^0x[0-9a-f]{130}$"}
    number = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
    frame = {
        "signatures": {"type": "array", "items": signature, "maxItems": 200},
        "index": number,
        "logTime": number,
        "leafHash": HEX32,
    }
    kinds = sorted(RECORD_TYPES.items())
    statement = {
        "logId": HEX32,
        "size": number,
        "subject": {"type": "string"},
        "root": HEX32,
        "signature": {"type": "string", "pattern": "^0x[0-9a-f]{128}$"},
    }
    figures = {
        "penalties": _object({"statements": {"type": "array", "items": {"type": "object"}}}),
        "scores": {"type": "object", "required": ["card", "cards", "partners", "period"]},
        "award": {"type": "object"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lading bundle",
        "description": "See docs/bundle.md. The text must be RFC 8785 canonical JSON, which no schema can say.",
        **_object(
            {
                "lading": {"const": BUNDLE},
                "subject": {
                    "type": "string",
                    "pattern": "^((shipment|award)/0x[0-9a-f]{64}|partner/[1-9][0-9]{0,12})$",
                },
                "origin": {"type": "string", "minLength": 1, "maxLength": 255},
                "checkpoint": {"type": "string", "maxLength": MAX_NOTE},
                "proof": {"type": "array", "items": HEX32},
                "records": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"anyOf": [{"$ref": f"#/$defs/record.{name}"} for name, _ in kinds]},
                },
                "complete": _object(statement),
                "rules": {"type": "array", "items": {"type": "string"}, "maxItems": MAX_RULES},
                "figures": {"type": "object", "properties": figures, "additionalProperties": False},
            }
        ),
        "$defs": {
            **{
                f"record.{name}": _object({"type": {"const": name}, "message": {"$ref": f"#/$defs/{name}"}, **frame})
                for name, _ in kinds
            },
            **{name: message_schema(kind) for name, kind in kinds},
            **part_schemas(),
        },
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(data: Any) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
