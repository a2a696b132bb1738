"""The award file: what the awarder shows all parties with the record, as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from ledger import merkle
from ledger.bonuses.amounts import Line
from ledger.bonuses.award import Award, AwardLine
from ledger.common.figure import Amount, Pattern, fields_of, figure, to_json
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.common.json_fields import entries, hex_bytes, integer, wide_integer
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.records.types import BonusAgreement

FORMAT = "lading/award/2"
_BARE = ["format", "agreement", "version", "lines"]


@figure("partner", "amount")
@dataclass(frozen=True, slots=True)
class Residual:
    """Who gets what the lines leave, and how much."""

    partner: PartnerId
    amount: Amount


@figure("root", "records")
@dataclass(frozen=True, slots=True)
class Evidence:
    """The records that an award was computed from, and the root that it commits to."""

    root: bytes
    records: tuple[RecordId, ...]


@figure(
    "format",
    ("agreement", "award.agreement"),
    ("version", "award.version"),
    ("currency", "award.currency"),
    ("rule", "award.rule.hash"),
    ("total", "award.total"),
    ("lines", "award.lines"),
    "residual",
    ("leftOut", "award.left_out"),
    ("amounts", "award.root"),
    "evidence",
)
@dataclass(frozen=True, slots=True)
class AwardFile:
    """An award as the file that the parties get. Amounts are decimal strings, in minor units of `currency`.
    `leftOut`: the disputed shipments that count for nobody.
    """

    award: Award

    @property
    def format(self) -> Annotated[str, Pattern(FORMAT)]:
        return FORMAT

    @property
    def residual(self) -> Residual:
        return Residual(self.award.residual, self.award.residual_amount)

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.award.evidence_root, self.award.evidence)


def award_to_json(award: Award) -> dict[str, Any]:
    """The award file of `award`."""
    return to_json(AwardFile(award))


def amounts_only(file: Mapping[str, Any]) -> dict[str, Any]:
    """An award file without anything but its amounts: no penalties, evidence or words."""
    lines = [{"partner": line["partner"], "amount": line["amount"]} for line in file["lines"]]
    return {name: file[name] for name in ("format", "agreement", "version")} | {"lines": lines}


def amounts_from_json(data: object) -> tuple[Line, ...]:
    """The amounts in an award file, for proofs and for `check_lines`, which decides whether they can be trusted.

    Raises `MalformedRecord`.
    """
    if not isinstance(data, Mapping) or data.get("format") != FORMAT or "lines" not in data:
        raise MalformedRecord("not an award file", where="award file", expected=f'"format": "{FORMAT}" and "lines"')
    lines = []
    for where, entry in entries(data["lines"], "lines"):
        if not isinstance(entry, Mapping):
            raise MalformedRecord("not a line", where=where, expected="an object")
        partner = integer(entry.get("partner"), f"{where}.partner", 1, 2**40 - 1)
        lines.append(Line(PartnerId(partner), wide_integer(entry.get("amount"), f"{where}.amount", 128)))
    return tuple(lines)


def evidence_of_file(file: Mapping[str, Any], agreement: BonusAgreement) -> tuple[RecordId, ...]:
    """The records that an award file of `agreement` names; none for one that has the amounts alone.

    Raises `VerificationFailed` where the file contradicts the agreement or itself, `MalformedRecord` for another shape.
    Whether its figures follow from those records is for whoever has them: `ledger.bonuses.award`.
    """
    known = amounts_from_json(file)
    if list(file) == _BARE:
        _require_equal("lines", [{"partner": x.partner, "amount": str(x.amount)} for x in known], file["lines"])
        return ()
    _require_fields("award file", _with_left_out(file), AwardFile)
    evidence, residual = file["evidence"], file["residual"]
    _require_fields("evidence", evidence, Evidence)
    _require_fields("residual", residual, Residual)
    for where, line in entries(file["lines"], "lines"):
        _require_fields(where, line, AwardLine)
    ids = [
        RecordId(hex_bytes(text, f"evidence.{where}", 32)) for where, text in entries(evidence["records"], "records")
    ]
    left = wide_integer(residual["amount"], "residual.amount", 128)
    for where, expected, found in (
        ("currency", agreement.currency, file["currency"]),
        ("rule", to_hex(agreement.rule), file["rule"]),
        ("total", str(sum(line.amount for line in known) + left), file["total"]),
        ("residual", {"partner": agreement.residual, "amount": str(left)}, residual),
        ("lines.partner", sorted(share.partner for share in agreement.parties), [line.partner for line in known]),
        ("lines.amount", [str(line.amount) for line in known], [line["amount"] for line in file["lines"]]),
        ("evidence.records", [to_hex(one) for one in sorted(set(ids))], evidence["records"]),
        ("evidence.root", to_hex(merkle.sorted_root(ids)), evidence["root"]),
    ):
        _require_equal(where, expected, found)
    return tuple(ids)


def _with_left_out(file: Mapping[str, Any]) -> dict[str, Any]:
    """The file as it is written now: release 0.1.0 did not say what was left out."""
    fields = list(file.items())
    if "leftOut" not in file:
        fields.insert(len(fields) - 2, ("leftOut", []))
    return dict(fields)


def _require_fields(where: str, value: object, kind: type) -> None:
    found = list(value) if isinstance(value, Mapping) else value
    _require_equal(where, [field.name for field in fields_of(kind)], found)


def _require_equal(where: str, expected: object, found: object) -> None:
    if json.dumps(expected) != json.dumps(found):  # 1 and true are two values
        raise VerificationFailed("the award file does not agree", where=where, expected=expected, found=found)
