"""Live mode: lines as drafts that the partners themselves sign, in a folder that goes on from file to file.

Each shipment's terms are a file of their own, as `lading sign` takes and writes it, and each manifest of delivered
lines is a handoff over these shipments. A draft that is there stays: its salts make the shipment's id, so that a line
that is delivered later is handed over under the shipment that an earlier file opened.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.cli.market_rules import check_goods, filled
from ledger.client.drafts import completed
from ledger.codes import Purpose
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.errors import LadingError, MalformedRecord
from ledger.formats.tabular.lines import Line, Where, manifests_of
from ledger.formats.tabular.mapping.import_map import PenaltyTerms
from ledger.markets.rules import Market
from ledger.records.content_checks import LONGEST_SUBMIT_BY, PROPOSED_SUBMIT_BY, check_content
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import ShipmentTerms
from ledger.records.wallet_input import envelope_from_wallet
from ledger.shipments.default_terms import alpha_for, default_terms

MANIFEST = 200
_SLACK = DAY
"""A delivery that can be recorded for less than this is no longer drafted: two sides have to sign it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A file to sign. `signers`: the partners who sign, by number and name, in any order."""

    path: Path
    kind: str
    record_id: str
    lines: tuple[int, ...]
    signers: tuple[str, ...]
    new: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line for which no draft can be made, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class Desk:
    """Where drafts lie, and what they are made with. `numbers`: partners by name; `now`: UTC seconds. `markets`: rules
    by which terms get the clearances that they need, and goods that are refused get no draft.
    """

    folder: Path
    domain: Domain
    numbers: Mapping[str, int]
    terms: PenaltyTerms
    now: int
    markets: Sequence[Market] = ()
    refused: list[Refusal] = field(default_factory=list)

    def draft(self, lines: Sequence[Line]) -> list[Draft]:
        """Write what is not there yet; the drafts of these lines, old and new. Refusals are in `refused`."""
        drafts: list[Draft] = []
        opened: dict[str, SignedRecord] = {}
        for line in lines:
            if (reason := self._too_old(line)) or (reason := self._changed(line)):
                self.refused.append(Refusal(line.line, reason))
                continue
            try:
                draft, opened[line.id] = self._terms(line)
            except LadingError as error:
                self.refused.append(Refusal(line.line, str(error)))
                continue
            drafts.append(draft)
        for manifest in manifests_of([line for line in lines if line.id in opened]):
            for start in range(0, len(manifest), MANIFEST):
                part = manifest[start : start + MANIFEST]
                try:
                    drafts.append(self._handoff(part, opened))
                except LadingError as error:
                    self.refused += [Refusal(line.line, str(error)) for line in part]
        return drafts

    def _too_old(self, line: Line) -> str:
        if line.delivered_at is None or self.now + _SLACK <= line.delivered_at + LONGEST_SUBMIT_BY:
            return ""
        return "delivered more than 29 days ago: too late to be signed as it happens, enter it with --history"

    def _changed(self, line: Line) -> str:
        path = self._path("terms", line.id)
        if not path.exists():
            return ""
        kept = _read(path)
        fresh = self._template(line)
        message = kept["message"]
        for name, value in fresh.items():
            if not _agrees(value, message.get(name)):
                return f"{path.name} has another {name} than the file: remove it if nobody has signed it, or amend it"
        return ""

    def _terms(self, line: Line) -> tuple[Draft, SignedRecord]:
        path, new = self._path("terms", line.id), False
        if not path.exists() or self._stale(path):
            template = {"type": ShipmentTerms.__name__, "message": self._template(line)}
            signed = envelope_from_wallet(completed(filled(template, self.markets, self.now), self.now))
            check_content(signed.record, self.now)
            if isinstance(signed.record, ShipmentTerms):
                check_goods(signed.record, self.markets, self.now)
            _write(path, signed)
            new = True
        else:
            signed = envelope_from_wallet(_read(path))
        signers = tuple(f"{self.numbers[name]} {name}" for name in dict.fromkeys((line.consignor, line.holder)))
        record_id = to_hex(self.domain.record_id(signed.record))
        return Draft(path, ShipmentTerms.__name__, record_id, (line.line,), signers, new), signed

    def _stale(self, path: Path) -> bool:
        """Whether a draft can no longer be recorded and nobody has signed it."""
        kept = _read(path)
        return not kept.get("signatures") and int(kept["message"].get("submitBy", 0)) < self.now

    def _template(self, line: Line) -> dict[str, Any]:
        cap = default_terms(line.value, line.freight).penalty_cap
        if self.terms.cap is not None:
            cap = self.terms.cap
        elif self.terms.cap_bps is not None:
            cap = line.value * self.terms.cap_bps // 10_000
        alpha = alpha_for(cap) if self.terms.alpha is None else self.terms.alpha
        return {
            "consignor": self.numbers[line.consignor],
            "consignee": self.numbers[line.consignee],
            "holder": self.numbers[line.holder],
            "purpose": int(Purpose.ORIGINAL),
            "packages": line.packages,
            "mode": int(line.mode),
            "fulfilment": int(line.fulfilment or 0),
            "origin": _place(line.origin),
            "destination": _place(line.destination),
            "contents": [
                {
                    "gtin": line.gtin, "lot": line.lot, "hs": line.hs, "quantity": str(line.packages),
                    "unit": "package", "description": line.description,
                }
            ],
            "commercial": {
                "orderRef": line.order,
                "value": str(line.value),
                "currency": line.currency,
                "freight": str(line.freight),
                "incoterm": line.incoterm,
                "promisedAt": line.promised_at,
                "grace": self.terms.grace,
                "alpha": str(alpha),
                "penaltyCap": str(cap),
                "liable": self.numbers[line.liable],
                "beneficiary": self.numbers[line.beneficiary],
            },
            "details": {"text": canonical_json({"imported": "line", "line": line.id}).decode()},
        }  # fmt: skip

    def _handoff(self, manifest: Sequence[Line], opened: Mapping[str, SignedRecord]) -> Draft:
        first = manifest[0]
        delivered = first.delivered_at or 0
        ids = {line.id: to_hex(self.domain.record_id(opened[line.id].record)) for line in manifest}
        items = [
            {"shipment": ids[line.id], "sequence": 0, "packages": line.packages, "exceptions": 0} for line in manifest
        ]
        message = {
            "items": sorted(items, key=lambda item: str(item["shipment"])),
            "releaser": self.numbers[first.holder],
            "receiver": self.numbers[first.consignee],
            "place": _place(first.destination),
            "load": {"identifier": first.manifest},
            "occurredAt": delivered,
            "submitBy": min(self.now + PROPOSED_SUBMIT_BY, delivered + LONGEST_SUBMIT_BY),
        }
        name = f"{first.manifest}/{first.holder}/{first.consignee}/{delivered}/{first.id}"
        path, new = self._path("handoff", name), False
        kept = _read(path) if path.exists() else None
        same = kept is not None and _agrees(
            {key: value for key, value in message.items() if key != "submitBy"}, kept["message"]
        )
        if kept is not None and not same and kept.get("signatures"):
            raise MalformedRecord(
                "a handoff is signed already, and the file has another for these lines", where=str(path)
            )
        if not same or self._stale(path):
            signed = envelope_from_wallet(completed({"type": "Handoff", "message": message}, self.now))
            check_content(signed.record, self.now)
            _write(path, signed)
            new = True
        else:
            signed = envelope_from_wallet(_read(path))
        signers = tuple(f"{self.numbers[name]} {name}" for name in (first.holder, first.consignee))
        record_id = to_hex(self.domain.record_id(signed.record))
        return Draft(path, "Handoff", record_id, tuple(line.line for line in manifest), signers, new)

    def _path(self, kind: str, name: str) -> Path:
        """A file name that people recognise and that no other line has."""
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:40]
        return self.folder / f"{kind}-{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.json"


def _place(where: Where) -> dict[str, str]:
    return {"country": where.country, "locode": where.locode, "gln": where.gln, "name": where.name}


def _agrees(wanted: Any, kept: Any) -> bool:
    """Whether a kept record has all that is wanted; what it has beside that (salts, defaults) is no matter."""
    if isinstance(wanted, dict):
        return isinstance(kept, dict) and all(_agrees(value, kept.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(kept, list) and len(wanted) == len(kept) and all(map(_agrees, wanted, kept))
    return str(wanted) == str(kept)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = parse_json(path.read_bytes(), where=str(path))
    except OSError as error:
        raise MalformedRecord("cannot be read", where=str(path), found=error.strerror or "") from None
    if not isinstance(data, dict) or not isinstance(data.get("message"), dict):
        raise MalformedRecord("not a draft", where=str(path), expected='{"type": …, "message": {…}}')
    return data


def _write(path: Path, signed: SignedRecord) -> None:
    path.write_text(json.dumps(signed.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
