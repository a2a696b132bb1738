"""An award in sentences, line by line, made from its file when somebody reads it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledger.bonuses.award import Award, FindingReason, SetAside
from ledger.bonuses.award_file import award_to_json
from ledger.bonuses.disputed import DisputedShipment
from ledger.bonuses.rule_file import AT_MOST, SCORE, SHIPMENTS
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.explain.units import moment, money, percent, points

TIME_TO_AWARD = 3 * DAY
"""What is left for computing, signing and recording an award below which its deadline nears."""

_SET_ASIDE = {
    SetAside.OTHER_CURRENCY: "in another currency than the agreement's",
    SetAside.INDICATIVE: "indicative: the partner has not signed or endorsed the terms",
}


def explain(award: Award) -> tuple[str, ...]:
    """The award line by line."""
    return explain_file(award_to_json(award))


def explain_file(file: Mapping[str, Any]) -> tuple[str, ...]:
    """The same from an award file; nothing of a file that has amounts alone."""
    if "total" not in file:
        return ()
    unit, rest = file["currency"], file["residual"]
    total, left, paid = (
        money(amount, unit) for amount in (file["total"], rest["amount"], int(file["total"]) - int(rest["amount"]))
    )
    text = [f"Award {file['version']}: {total} under rule {file['rule']}."]
    for line in file["lines"]:
        text += _line(line, unit, total)
    text.append(
        f"Partner {rest['partner']} gets the rest: {total} - {paid} = {left} "
        "(forfeited shares, penalties, roundings and basis points that nobody has)."
    )
    if left_out := left_out_text(file.get("leftOut", ())):  # files that were kept before 0.2.0 do not say
        text.append(left_out)
    return tuple(text)


def explain_ranges(ranges: Mapping[str, Any]) -> tuple[str, ...]:
    """What each party gets, and between what that surely lies, from the figure of an `AwardRange`."""
    unit = ranges["currency"]
    return tuple(
        f"Partner {line['partner']}: {money(line['amount'], unit)}, by what is shown {money(line['low'], unit)} to "
        f"{money(line['high'], unit)}."
        for line in (*ranges["lines"], ranges["residual"])
    )


def left_out_text(shipments: Sequence[str]) -> str:
    """Which disputed shipments count for nobody, from the figure of an award; nothing where there are none."""
    if not shipments:
        return ""
    return f"Left out, for they are disputed and the rule says so: {', '.join(shipments)}."


def waiting_text(waits_for: Sequence[DisputedShipment], deadline: int) -> str:
    """What an award waits for, shipment by shipment, and whether it can still be made by the agreement's `deadline`."""
    said = [
        f"Shipment {to_hex(entry.shipment)} waits for its contested or contestable tender, decided after "
        f"{moment(entry.until)}."
        for entry in waits_for
    ]
    over = max(entry.until for entry in waits_for)
    if over >= deadline:
        said.append(f"That is not before the award's deadline, {moment(deadline)}: then the funders are paid back.")
    elif over > deadline - TIME_TO_AWARD:
        said.append(f"The deadline nears: without an award by {moment(deadline)} the funders are paid back.")
    return " ".join(said)


def _line(line: Mapping[str, Any], unit: str, total: str) -> Iterator[str]:
    share, amount = money(line["share"], unit), money(line["amount"], unit)
    yield f"Partner {line['partner']}: {percent(line['basisPoints'] * 100)} of {total} = {share}."
    for judged in line["judged"]:
        name = judged["role"]
        yield f"  Benchmark as {name}: {finding_text(judged['benchmark'])}."
        yield f"  Quality gate as {name}: {finding_text(judged['quality'])}."
    if not line["judged"]:
        yield "  Not judged: nothing was due from it in a role that the rule knows."
    for charge in line["penalties"]:
        yield f"  Penalty of shipment {charge['shipment']}: {money(charge['amount'], unit)}."
    for aside in line["setAside"]:
        charge, why = aside["penalty"], _SET_ASIDE[SetAside(aside["reason"])]
        other = money(charge["amount"], charge["currency"])
        yield f"  Penalty of shipment {charge['shipment']}: {other}, not counted ({why})."
    if not line["met"]:
        yield f"  Gets 0: {share} forfeited."
    elif line["deducted"] != "0":
        yield f"  Gets {amount}: {money(line['deducted'], unit)} taken for penalties."
    else:
        yield f"  Gets {amount}."


def _exact(ppm: int) -> str:
    return percent(ppm, 4)


def finding_text(finding: Mapping[str, Any]) -> str:
    """Whether a threshold was reached, from the figure of a `Finding`."""
    name, reason = finding["indicator"], FindingReason(finding["reason"])
    if reason is FindingReason.NOTHING_DUE:
        return f"{name} unknown: nothing was due"
    if reason is FindingReason.NO_VALUE:
        return f"{name} unknown: no value from {finding['samples']} delivery events"
    if reason is FindingReason.TOO_FEW_SAMPLES:
        return f"{name} unknown: {finding['samples']} of at least {finding['least']} delivery events"
    limit, value = int(finding["limit"]), 0 if finding["value"] is None else int(finding["value"])
    if name == SHIPMENTS:
        return f"{name} {value}, needed {limit}: {reason}"
    shown = points if name == SCORE else _exact
    certain, needed = ("at most", "below") if name in AT_MOST else ("at least", "above")
    bound = shown(int(finding["bound"]))
    exactly = "not known exactly" if finding["value"] is None else shown(value)
    return f"{name} {exactly} ({certain} {bound}), needed {needed} {shown(limit)}: {reason}"
