"""The totals of imported files, counted with `csv`, `datetime`, `decimal` and `zoneinfo` alone: no line of Lading.

What each file means is said here once more, in other words than its map's.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

DAY = 86_400


@dataclass
class Counted:
    """Amounts in minor units, `seconds` late of each late shipment, `manifests` as sets of what makes them one."""

    shipments: int = 0
    delivered: int = 0
    left_out: int = 0
    packages: int = 0
    value: int = 0
    freight: int = 0
    late: list[int] = field(default_factory=list)
    values_late: list[int] = field(default_factory=list)
    manifests: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def late_days(self) -> int:
        return sum(seconds // DAY for seconds in self.late)

    def penalty(self, alpha: int, cap_bps: int) -> tuple[int, int]:
        """What is owed before the caps and after: α · days², in fractions of a day, each shipment's rounded down."""
        before = [int(alpha * Fraction(seconds, DAY) ** 2) for seconds in self.late]
        caps = [value * cap_bps // 10_000 for value in self.values_late]
        return sum(before), sum(map(min, before, caps))

    def add(self, promised: datetime, delivered: datetime | None, value: int, packages: int) -> None:
        self.shipments += 1
        self.value += value
        self.packages += packages
        if delivered is None:
            return
        self.delivered += 1
        seconds = int(delivered.timestamp()) - int(promised.timestamp())
        if seconds > 0:
            self.late.append(seconds)
            self.values_late.append(value)


def rows_of(content: bytes, encoding: str, separator: str = ",") -> list[dict[str, str]]:
    text = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    return list(csv.DictReader(io.StringIO(text), delimiter=separator))


def cents(text: str) -> int:
    return int((Decimal(text) * 100).to_integral_value(ROUND_HALF_EVEN))


def count_olist(content: bytes) -> Counted:
    brazil, counted = ZoneInfo("America/Sao_Paulo"), Counted()
    for row in rows_of(content, "utf-8-sig"):
        if row["order_status"] in ("canceled", "unavailable"):
            counted.left_out += 1
            continue
        estimate = datetime.strptime(row["order_estimated_delivery_date"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 a day
        # The last second of the day in Brazil; where clocks went back at midnight, of its second last hour.
        promised = (estimate + timedelta(hours=23, minutes=59, seconds=59)).replace(tzinfo=brazil, fold=1)
        when = row["order_delivered_customer_date"]
        delivered = datetime.strptime(when, "%Y-%m-%d %H:%M:%S").replace(tzinfo=brazil) if when else None
        counted.add(promised, delivered, 0, 1)
        if delivered:
            counted.manifests.add((row["order_id"],))
    return counted


def count_dataco(content: bytes) -> Counted:
    utc, counted = ZoneInfo("UTC"), Counted()
    for row in rows_of(content, "latin-1"):
        if row["Delivery Status"] == "Shipping canceled":
            counted.left_out += 1
            continue
        ordered, shipped = (
            datetime.strptime(row[name], "%m/%d/%Y %H:%M").replace(tzinfo=utc)
            for name in ("order date (DateOrders)", "shipping date (DateOrders)")
        )
        promised = ordered + timedelta(days=int(row["Days for shipment (scheduled)"]))
        counted.add(promised, shipped, cents(row["Sales"]), int(row["Order Item Quantity"]))
        names = ("Order Id", "Order Region", "Order Country", "shipping date (DateOrders)")
        counted.manifests.add(tuple(row[name].strip() for name in names))
    return counted


def count_days(
    content: bytes, encoding: str, separator: str, day: Callable[[str], datetime], zones: dict[str, str]
) -> Counted:
    """Files of the SCMS layout with plain days, which end in the country's zone."""
    counted = Counted()
    for row in rows_of(content, encoding, separator):
        zone = ZoneInfo(zones[row["Country"]])
        due, done = (
            (day(row[name]) + timedelta(hours=23, minutes=59, seconds=59)).replace(tzinfo=zone)
            for name in ("Scheduled Delivery Date", "Delivered to Client Date")
        )
        counted.add(due, done, cents(row["Line Item Value"]), int(row["Line Item Quantity"]))
        counted.freight += cents(row["Freight Cost (USD)"])
    return counted
