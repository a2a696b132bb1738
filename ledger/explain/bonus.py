"""An award in sentences, line by line, made from its file when somebody reads it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledger.bonuses.award import Award
from ledger.bonuses.award_file import award_to_json
from ledger.bonuses.charges import SetAside
from ledger.bonuses.disputed import DisputedShipment
from ledger.bonuses.findings import FindingReason
from ledger.bonuses.rule_file import AT_MOST, SCORE, SHIPMENTS
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.explain.text import Text, partner, say, sentences, several, term
from ledger.explain.units import moment, money, percent, points
from ledger.explain.words import counted

TIME_TO_AWARD = 3 * DAY
"""What is left for computing, signing and recording an award below which its deadline nears."""

_SET_ASIDE = {
    SetAside.OTHER_CURRENCY: say("in another currency than the agreement's"),
    SetAside.INDICATIVE: say("indicative: the partner has not signed or endorsed the terms"),
    SetAside.NO_RATE: say("in another currency, and nobody attested a rate for its day"),
    SetAside.RATE_WITHHELD: say("in another currency, and the rate may be in claims that are withheld here"),
    SetAside.INTERESTED_ISSUER: say("in another currency, and the issuer of the rates has an interest in the award"),
}


def explain(award: Award) -> tuple[Text, ...]:
    """The award line by line."""
    return explain_file(award_to_json(award))


def explain_file(file: Mapping[str, Any]) -> tuple[Text, ...]:
    """The same from an award file; nothing of a file that has amounts alone."""
    if "total" not in file:
        return ()
    unit, rest = file["currency"], file["residual"]
    total, left, paid = (
        money(amount, unit) for amount in (file["total"], rest["amount"], int(file["total"]) - int(rest["amount"]))
    )
    text = [
        say(
            "Award {version}: {total} under rule {rule}.",
            version=str(file["version"]),
            total=total,
            rule=str(file["rule"]),
        )
    ]
    for line in file["lines"]:
        text += _line(line, unit, total)
    text.append(
        say(
            "{partner} gets the rest: {total} - {paid} = {left} (forfeited shares, penalties, roundings and basis "
            "points that nobody has).",
            partner=partner(rest["partner"], first=True),
            total=total,
            paid=paid,
            left=left,
        )
    )
    if left_out := left_out_text(file.get("leftOut", ())):  # files that were kept before 0.2.0 do not say
        text.append(left_out)
    return tuple(text)


def explain_ranges(ranges: Mapping[str, Any]) -> tuple[Text, ...]:
    """What each party gets, and between what that surely lies, from the figure of an `AwardRange`."""
    unit = ranges["currency"]
    return tuple(
        say(
            "{partner}: {amount}, by what is shown {low} to {high}.",
            partner=partner(line["partner"], first=True),
            amount=money(line["amount"], unit),
            low=money(line["low"], unit),
            high=money(line["high"], unit),
        )
        for line in (*ranges["lines"], ranges["residual"])
    )


def left_out_text(shipments: Sequence[str]) -> Text:
    """Which disputed shipments count for nobody, from the figure of an award; nothing where there are none."""
    if not shipments:
        return sentences(())
    return say("Left out, for they are disputed and the rule says so: {shipments}.", shipments=several(shipments))


def waiting_text(waits_for: Sequence[DisputedShipment], deadline: int) -> Text:
    """What an award waits for, shipment by shipment, and whether it can still be made by the agreement's `deadline`."""
    said = [
        say(
            "Shipment {shipment} waits for its contested or contestable tender, decided after {time}.",
            shipment=to_hex(entry.shipment),
            time=moment(entry.until),
        )
        for entry in waits_for
    ]
    over, by = max(entry.until for entry in waits_for), moment(deadline)
    if over >= deadline:
        said.append(say("That is not before the award's deadline, {time}: then the funders are paid back.", time=by))
    elif over > deadline - TIME_TO_AWARD:
        said.append(say("The deadline nears: without an award by {time} the funders are paid back.", time=by))
    return sentences(said)


def _line(line: Mapping[str, Any], unit: str, total: Text) -> Iterator[Text]:
    share, amount = money(line["share"], unit), money(line["amount"], unit)
    yield say(
        "{partner}: {part} of {total} = {share}.",
        partner=partner(line["partner"], first=True),
        part=percent(line["basisPoints"] * 100),
        total=total,
        share=share,
    )
    for judged in line["judged"]:
        role = term("Role", str(judged["role"]))
        benchmark, quality = finding_text(judged["benchmark"]), finding_text(judged["quality"])
        yield say("  Benchmark as {role}: {finding}.", role=role, finding=benchmark)
        yield say("  Quality gate as {role}: {finding}.", role=role, finding=quality)
    if not line["judged"]:
        yield say("  Not judged: nothing was due from it in a role that the rule knows.")
    for charge in line["penalties"]:
        if "rate" in charge:
            yield say(
                "  Penalty of shipment {shipment}: {amount}, counted as {converted} by the rate of {day} (record "
                "{rate}).",
                shipment=charge["shipment"],
                amount=money(charge["amount"], charge["currency"]),
                converted=money(charge["converted"], unit),
                day=charge["day"],
                rate=charge["rate"],
            )
            continue
        charged = money(charge["amount"], unit)
        yield say("  Penalty of shipment {shipment}: {amount}.", shipment=charge["shipment"], amount=charged)
    for aside in line["setAside"]:
        charge = aside["penalty"]
        yield say(
            "  Penalty of shipment {shipment}: {amount}, not counted ({reason}).",
            shipment=charge["shipment"],
            amount=money(charge["amount"], charge["currency"]),
            reason=_SET_ASIDE[SetAside(aside["reason"])],
        )
    if not line["met"]:
        yield say("  Gets 0: {share} forfeited.", share=share)
    elif line["deducted"] != "0":
        yield say("  Gets {amount}: {taken} taken for penalties.", amount=amount, taken=money(line["deducted"], unit))
    else:
        yield say("  Gets {amount}.", amount=amount)


def _exact(ppm: int) -> Text:
    return percent(ppm, 4)


def finding_text(finding: Mapping[str, Any]) -> Text:
    """Whether a threshold was reached, from the figure of a `Finding`."""
    name, reason = term("finding", finding["indicator"]), FindingReason(finding["reason"])
    if reason is FindingReason.NOTHING_DUE:
        return say("{name} unknown: nothing was due", name=name)
    events = counted(int(finding["samples"]), "delivery event")
    if reason is FindingReason.NO_VALUE:
        return say("{name} unknown: no value from {events}", name=name, events=events)
    if reason is FindingReason.TOO_FEW_SAMPLES:
        return say(
            "{name} unknown: {events}, at least {least} are needed", name=name, events=events, least=finding["least"]
        )
    limit, value = int(finding["limit"]), 0 if finding["value"] is None else int(finding["value"])
    result = term("FindingReason", str(reason))
    if name == SHIPMENTS:
        return say("{name} {value}, needed {limit}: {result}", name=name, value=value, limit=limit, result=result)
    shown = points if name == SCORE else _exact
    values = {
        "name": name,
        "value": say("not known exactly") if finding["value"] is None else shown(value),
        "bound": shown(int(finding["bound"])),
        "limit": shown(limit),
        "result": result,
    }
    if name in AT_MOST:
        return say("{name} {value} (at most {bound}), needed below {limit}: {result}", **values)
    return say("{name} {value} (at least {bound}), needed above {limit}: {result}", **values)
