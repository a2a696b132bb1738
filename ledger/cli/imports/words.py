"""What becomes of a file, line by line, for people to read before anything is signed."""

from collections.abc import Iterator
from dataclasses import asdict

from ledger.codes import Mode
from ledger.common.periods import DAY
from ledger.explain.units import moment, money
from ledger.explain.words import counted, spaced
from ledger.formats.tabular.lines import Entry, LeftOut, Line
from ledger.formats.tabular.sums import Sums
from ledger.formats.tabular.table import Unusable


def in_words(entry: Entry) -> str:
    """One line of the file, as a sentence."""
    match entry:
        case Unusable():
            return f"line {entry.line}: unusable: {reason_of(entry)}"
        case LeftOut():
            return f"line {entry.line}: left out, as the map says: {entry.column} is {entry.text!r}"
        case Line():
            return f"line {entry.line}: {_opening(entry)}; {_delivery(entry)}"


def reason_of(entry: Unusable) -> str:
    return f"{entry.column}: {entry.reason}" if entry.column else entry.reason


def _opening(line: Line) -> str:
    order = f" (order {line.order})" if line.order and line.order != line.id else ""
    mode = f" by {spaced(line.mode.name)}" if line.mode != Mode.NOT_SPECIFIED else ""
    freight = f", freight {money(line.freight, line.currency)}" if line.freight else ""
    carrier = f", carried by {line.carrier}" if line.carrier else ""
    return (
        f"opens {line.id}{order}: {counted(line.packages, 'package')}{mode} from {line.consignor} to {line.consignee}"
        f"{carrier}, worth {money(line.value, line.currency)}{freight}; promised until {moment(line.promised_at)}, "
        f"{line.liable} liable"
    )


def _delivery(line: Line) -> str:
    if line.delivered_at is None:
        return "not delivered, stays due"
    late = max(0, line.delivered_at - line.promised_at)
    judged = f"{counted(late // DAY, 'day')} late" if late >= DAY else "late by less than a day" if late else "in time"
    return f"handed over {moment(line.delivered_at)} with manifest {line.manifest}: {judged}"


def sums_in_words(sums: Sums) -> Iterator[str]:
    """What a file comes to."""
    left_out = f", {sums.left_out} left out as the map says" if sums.left_out else ""
    yield f"{sums.lines} lines, {sums.usable} usable, {sums.unusable} not{left_out}"
    yield (
        f"{counted(sums.usable, 'shipment')}, of which {sums.delivered} delivered in {sums.manifests} manifests and "
        f"{sums.open} still due; {sums.late} late, {counted(sums.late_days, 'day')} together"
    )
    yield from (f"worth {money(amount, currency)}" for currency, amount in sums.value.items())


def sums_as_json(sums: Sums) -> dict[str, object]:
    """The same for programs; amounts in minor units by currency."""
    return {**asdict(sums), "open": sums.open}


def as_json(entry: Entry) -> dict[str, object]:
    """One line of the file for programs; times in UTC seconds, amounts in minor units."""
    match entry:
        case Unusable():
            return {"line": entry.line, "becomes": "nothing", "column": entry.column, "reason": reason_of(entry)}
        case LeftOut():
            return {"line": entry.line, "becomes": "left out", "column": entry.column, "reason": entry.text}
        case Line():
            return {
                "line": entry.line,
                "becomes": "shipment",
                "id": entry.id,
                "order": entry.order,
                "consignor": entry.consignor,
                "consignee": entry.consignee,
                "carrier": entry.carrier,
                "liable": entry.liable,
                "beneficiary": entry.beneficiary,
                "packages": entry.packages,
                "value": entry.value,
                "freight": entry.freight,
                "currency": entry.currency,
                "promised_at": entry.promised_at,
                "delivered_at": entry.delivered_at,
                "manifest": entry.manifest,
            }
