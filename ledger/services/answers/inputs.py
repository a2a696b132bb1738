"""What an answer names as its inputs: who asked what, and when; which log, how much of it counts, and what bears out
its times.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ledger.bundle.whole.answer import MEMBER
from ledger.common.ids import to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes, integer, shown, text
from ledger.common.periods import FOREVER
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import MalformedRecord
from ledger.records.evidence import Basis, CheckpointTime
from ledger.services.views.records import Reader

FORMAT = "answer/1"
_NAMES = ("lading", "kind", "asked", "reader", "at", "log", "evidence", "rules")
_BASES = {basis.name.lower(): basis for basis in Basis}


class Kind(StrEnum):
    """Which question an answer is to."""

    ACCESS = "access"
    LEAGUE = "league"
    NETWORK = "network"
    STOCK = "stock"
    GAPS = "provenance/gaps"
    TRACE = "provenance"
    MARKET_SHIPMENT = "shipments/market"
    DEVIATIONS = "markets/deviations"
    CHANGES = "markets/changes"
    ROUTE = "plans/route"
    CONSOLIDATION = "plans/consolidation"
    FORECAST = "plans/forecast"
    WAREHOUSES = "plans/warehouses"


@dataclass(frozen=True, slots=True)
class Counted:
    """Of the log `origin` the first `size` records count. `checkpoint`: size and root of the newest that was published
    when they did; None before the first.
    """

    origin: str
    size: int
    checkpoint: tuple[int, bytes] | None


@dataclass(frozen=True, slots=True)
class Inputs:
    """`asked`: all parameters, by name. `reader`: by whose rights, None: whoever runs the home. `at`: UTC seconds.
    `evidence`: the newest evidence of time that was known, None without any. `rules`: SHA-256 of the adopted files that
    were at hand, ascending.
    """

    kind: Kind
    asked: Mapping[str, Any]
    reader: Reader | None
    at: int
    log: Counted
    evidence: CheckpointTime | None
    rules: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        reader, point, newest = self.reader, self.log.checkpoint, self.evidence
        return {
            "lading": FORMAT,
            "kind": str(self.kind),
            "asked": dict(self.asked),
            "reader": None if reader is None else reader_json(reader),
            "at": self.at,
            "log": {
                "origin": self.log.origin,
                "size": self.log.size,
                "checkpoint": None if point is None else {"size": point[0], "root": to_hex(point[1])},
            },
            "evidence": None
            if newest is None
            else {"size": newest.size, "time": newest.time, "basis": newest.basis.name.lower()},
            "rules": [to_hex(document) for document in self.rules],
        }

    @classmethod
    def from_json(cls, value: object) -> "Inputs":
        """Raises `MalformedRecord`, naming the member."""
        fields = fields_of(value, MEMBER, _NAMES)
        if fields["lading"] != FORMAT:
            raise MalformedRecord("another format", where=f"{MEMBER}.lading", expected=FORMAT,
                                  found=shown(fields["lading"]))  # fmt: skip
        kinds = {str(kind): kind for kind in Kind}
        if fields["kind"] not in kinds:
            raise MalformedRecord("no such answer", where=f"{MEMBER}.kind", expected=", ".join(kinds),
                                  found=shown(fields["kind"]))  # fmt: skip
        if not isinstance(fields["asked"], dict):
            raise MalformedRecord("not an object", where=f"{MEMBER}.asked", found=shown(fields["asked"]))
        return cls(
            kinds[fields["kind"]],
            fields["asked"],
            None if fields["reader"] is None else _reader(fields["reader"], f"{MEMBER}.reader"),
            integer(fields["at"], f"{MEMBER}.at", 0, FOREVER),
            _log(fields["log"], f"{MEMBER}.log"),
            None if fields["evidence"] is None else _evidence(fields["evidence"], f"{MEMBER}.evidence"),
            tuple(hex_bytes(entry, where, 32) for where, entry in entries(fields["rules"], f"{MEMBER}.rules")),
        )


def reader_json(reader: Reader) -> dict[str, Any]:
    """By whose rights: nothing of the key that signed in."""
    return {"partner": reader.partner, "auditor": reader.auditor, "scopes": reader.scopes}


def _reader(value: object, where: str) -> Reader:
    fields = fields_of(value, where, ("partner", "auditor", "scopes"))
    if not isinstance(fields["auditor"], bool):
        raise MalformedRecord("neither yes nor no", where=f"{where}.auditor", found=shown(fields["auditor"]))
    scopes = integer(fields["scopes"], f"{where}.scopes", 0, ALL_SCOPES)
    return Reader(integer(fields["partner"], f"{where}.partner"), fields["auditor"], scopes=scopes)


def _log(value: object, where: str) -> Counted:
    fields = fields_of(value, where, ("origin", "size", "checkpoint"))
    point = None
    if fields["checkpoint"] is not None:
        told = fields_of(fields["checkpoint"], f"{where}.checkpoint", ("size", "root"))
        size = integer(told["size"], f"{where}.checkpoint.size")
        point = size, hex_bytes(told["root"], f"{where}.checkpoint.root", 32)
    return Counted(text(fields["origin"], f"{where}.origin"), integer(fields["size"], f"{where}.size"), point)


def _evidence(value: object, where: str) -> CheckpointTime:
    fields = fields_of(value, where, ("size", "time", "basis"))
    if fields["basis"] not in _BASES:
        raise MalformedRecord("nobody on whose word a time rests", where=f"{where}.basis", expected=", ".join(_BASES))
    size, time = integer(fields["size"], f"{where}.size"), integer(fields["time"], f"{where}.time", 0, FOREVER)
    return CheckpointTime(size, time, _BASES[fields["basis"]])
