"""The award file: what the awarder shows all parties with the record, as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from ledger.bonuses.amounts import Line
from ledger.bonuses.award import Award
from ledger.common.figure import Amount, Pattern, figure, to_json
from ledger.common.ids import PartnerId, RecordId
from ledger.common.json_fields import entries, integer, wide_integer
from ledger.errors import MalformedRecord

FORMAT = "lading/award/2"


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
