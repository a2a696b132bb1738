"""An award in sentences, line by line, made from its file when somebody reads it."""

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.bonuses.award import Award, FindingReason, SetAside
from ledger.bonuses.award_file import award_to_json
from ledger.bonuses.rule_file import AT_MOST, SCORE, SHIPMENTS
from ledger.explain.units import exact_percent, points

_SET_ASIDE = {
    SetAside.OTHER_CURRENCY: "in another currency than the agreement's",
    SetAside.INDICATIVE: "indicative: the partner has not signed or endorsed the terms",
}


def explain(award: Award) -> tuple[str, ...]:
    """The award line by line. Amounts in minor units of its currency."""
    return explain_file(award_to_json(award))


def explain_file(file: Mapping[str, Any]) -> tuple[str, ...]:
    """The same from an award file; nothing of a file that has amounts alone."""
    if "total" not in file:
        return ()
    unit, total = file["currency"], file["total"]
    text = [f"Award {file['version']}: {total} {unit} (minor units) under rule {file['rule']}."]
    for line in file["lines"]:
        text += _line(line, unit, total)
    rest = file["residual"]
    text.append(
        f"Partner {rest['partner']} gets the rest: {total} - {int(total) - int(rest['amount'])} = {rest['amount']} "
        f"{unit} (forfeited shares, penalties, roundings and basis points that nobody has)."
    )
    return tuple(text)


def _line(line: Mapping[str, Any], unit: str, total: str) -> Iterator[str]:
    partner, points_, share = line["partner"], line["basisPoints"], line["share"]
    yield f"Partner {partner}: {points_} basis points of {total} = {share} {unit}."
    for judged in line["judged"]:
        name = judged["role"]
        yield f"  Benchmark as {name}: {finding_text(judged['benchmark'])}."
        yield f"  Quality gate as {name}: {finding_text(judged['quality'])}."
    if not line["judged"]:
        yield "  Not judged: nothing was due from it in a role that the rule knows."
    for charge in line["penalties"]:
        yield f"  Penalty of shipment {charge['shipment']}: {charge['amount']} {unit}."
    for aside in line["setAside"]:
        charge, why = aside["penalty"], _SET_ASIDE[SetAside(aside["reason"])]
        amount = f"{charge['amount']} {charge['currency']}"
        yield f"  Penalty of shipment {charge['shipment']}: {amount}, not counted ({why})."
    if not line["met"]:
        yield f"  Gets 0: {share} {unit} forfeited."
    elif line["deducted"] != "0":
        yield f"  Gets {line['amount']} {unit}: {line['deducted']} taken for penalties."
    else:
        yield f"  Gets {line['amount']} {unit}."


def finding_text(finding: Mapping[str, Any]) -> str:
    """Whether a threshold was reached, from the figure of a `Finding`."""
    name, reason = finding["indicator"], FindingReason(finding["reason"])
    if reason is FindingReason.NOTHING_DUE:
        return f"{name} unknown: nothing was due"
    if reason is FindingReason.NO_VALUE:
        return f"{name} unknown: no value from {finding['samples']} delivery events"
    if reason is FindingReason.TOO_FEW_SAMPLES:
        return f"{name} unknown: {finding['samples']} of at least {finding['least']} delivery events"
    value, limit = int(finding["value"]), int(finding["limit"])
    if name == SHIPMENTS:
        return f"{name} {value}, needed {limit}: {reason}"
    shown = points if name == SCORE else exact_percent
    certain, needed = ("at most", "below") if name in AT_MOST else ("at least", "above")
    bound = shown(int(finding["bound"]))
    return f"{name} {shown(value)} ({certain} {bound}), needed {needed} {shown(limit)}: {reason}"
