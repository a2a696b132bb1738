"""An award in words, line by line, and as the file that the awarder shows all parties with the record."""

import re
from collections.abc import Mapping
from typing import Any

from ledger.bonuses.amounts import Line
from ledger.bonuses.award import Award, RoleFinding
from ledger.common.ids import PartnerId, to_hex
from ledger.errors import MalformedRecord

FORMAT = "lading/award/1"
_DECIMAL = re.compile(r"0|[1-9][0-9]*")


def explain(award: Award) -> tuple[str, ...]:
    """The award line by line, in words. Amounts in minor units of its currency."""
    unit = award.currency
    text = [f"Award {award.version}: {award.total} {unit} (minor units) under “{award.rule.title}”."]
    for line in award.lines:
        text.append(f"Partner {line.partner}: {line.basis_points} basis points of {award.total} = {line.share} {unit}.")
        text += [sentence for finding in line.findings for sentence in _role_text(finding)]
        if not line.findings:
            text.append("  Not judged: nothing was due from it in a role that the rule knows.")
        text += [f"  Penalty of shipment {to_hex(c.shipment)}: {c.amount} {unit}." for c in line.charges]
        text += [
            f"  Penalty of shipment {to_hex(c.shipment)}: {c.amount} {c.currency}, not counted ({why})."
            for c, why in line.set_aside
        ]
        if not line.met:
            text.append(f"  Gets 0: {line.share} {unit} forfeited.")
        elif line.deducted:
            text.append(f"  Gets {line.amount} {unit}: {line.deducted} taken for penalties.")
        else:
            text.append(f"  Gets {line.amount} {unit}.")
    paid = award.total - award.residual_amount
    text.append(
        f"Partner {award.residual} gets the rest: {award.total} - {paid} = {award.residual_amount} {unit} (forfeited"
        " shares, penalties, roundings and basis points that nobody has)."
    )
    return tuple(text)


def _role_text(finding: RoleFinding) -> tuple[str, str]:
    name = finding.role.name.lower()
    return (f"  Benchmark as {name}: {finding.benchmark.why}.", f"  Quality gate as {name}: {finding.quality.why}.")


def award_to_json(award: Award) -> dict[str, Any]:
    """The award file: what the awarder shows all parties with the record. Integers over 48 bits as decimal strings."""
    return {
        "format": FORMAT,
        "agreement": to_hex(award.agreement),
        "version": award.version,
        "currency": award.currency,
        "rule": to_hex(award.rule.hash),
        "total": str(award.total),
        "lines": [
            {
                "partner": line.partner,
                "basisPoints": line.basis_points,
                "share": str(line.share),
                "met": line.met,
                "judged": [
                    {"role": f.role.name.lower(), "benchmark": f.benchmark.why, "quality": f.quality.why}
                    for f in line.findings
                ],
                "penalties": [
                    {"shipment": to_hex(charge.shipment), "amount": str(charge.amount)} for charge in line.charges
                ],
                "deducted": str(line.deducted),
                "amount": str(line.amount),
            }
            for line in award.lines
        ],
        "residual": {"partner": award.residual, "amount": str(award.residual_amount)},
        "amounts": to_hex(award.root),
        "evidence": {"root": to_hex(award.evidence_root), "records": [to_hex(record) for record in award.evidence]},
        "explanation": list(explain(award)),
    }


def amounts_only(file: Mapping[str, Any]) -> dict[str, Any]:
    """An award file without anything but its amounts: no penalties, evidence or words."""
    lines = [{"partner": line["partner"], "amount": line["amount"]} for line in file["lines"]]
    return {name: file[name] for name in ("format", "agreement", "version")} | {"lines": lines}


def amounts_from_json(data: object) -> tuple[Line, ...]:
    """The amounts in an award file, for proofs and for `check_lines`, which decides whether they can be trusted.

    Raises `MalformedRecord`.
    """
    if not isinstance(data, Mapping) or data.get("format") != FORMAT or not isinstance(data.get("lines"), list):
        raise MalformedRecord("not an award file", where="award file", expected=f'"format": "{FORMAT}" and "lines"')
    lines = []
    for i, entry in enumerate(data["lines"]):
        where = f"lines[{i}]"
        if not isinstance(entry, Mapping):
            raise MalformedRecord("not a line", where=where, expected="an object")
        partner, amount = entry.get("partner"), entry.get("amount")
        if isinstance(partner, bool) or not isinstance(partner, int) or not 0 < partner < 2**40:
            raise MalformedRecord("not a partner", where=f"{where}.partner", expected="uint40", found=str(partner)[:80])
        if not isinstance(amount, str) or len(amount) > 39 or not _DECIMAL.fullmatch(amount):
            raise MalformedRecord(
                "not an amount", where=f"{where}.amount", expected="uint128 as a decimal string", found=str(amount)[:80]
            )
        lines.append(Line(PartnerId(partner), int(amount)))
    return tuple(lines)
