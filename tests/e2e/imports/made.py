"""Files with the headings, ways of writing and defects of two public datasets, made up from a seed."""

import csv
import io
import random
from datetime import datetime, timedelta

OLIST = (
    "order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_approved_at",
    "order_delivered_carrier_date", "order_delivered_customer_date", "order_estimated_delivery_date",
)  # fmt: skip
DATACO = (
    "Type", "Days for shipping (real)", "Days for shipment (scheduled)", "Sales per customer", "Delivery Status",
    "Late_delivery_risk", "Customer City", "Customer Country", "Market", "Order City", "Order Country",
    "order date (DateOrders)", "Order Id", "Order Item Id", "Order Item Product Price", "Order Item Quantity", "Sales",
    "Order Item Total", "Order Region", "Order Status", "Product Name", "shipping date (DateOrders)", "Shipping Mode",
)  # fmt: skip
_BEGINNING = datetime(2017, 1, 1)  # noqa: DTZ001 local times, as the files have them
_REGIONS = {
    "Southeast Asia": "Indonesia", "Central America": "México", "South of  USA ": "Estados Unidos",
    "Western Europe": "España", "East Africa": "Kenia",
}  # fmt: skip
_STATUSES = ("delivered",) * 12 + ("shipped", "canceled", "unavailable", "invoiced")


def olist(lines: int, seed: int) -> bytes:
    chance = random.Random(seed)
    rows: list[tuple[object, ...]] = []
    for _ in range(lines):
        status = chance.choice(_STATUSES)
        # Over the nights in which Brazil's clocks changed at midnight, too.
        bought = _BEGINNING + timedelta(seconds=chance.randrange(60_000_000))
        handed, came = bought + timedelta(days=2), bought + timedelta(seconds=chance.randrange(3_000_000))
        promised = (bought + timedelta(days=chance.randrange(5, 40))).replace(hour=0, minute=0, second=0)
        if 0 <= came.hour < 1 and (came.month, came.day) in ((10, 15), (11, 4)):
            came += timedelta(hours=2)  # the hour that was skipped
        if came.hour == 23 and came.month == 2:
            came -= timedelta(hours=2)  # the hour that came twice
        delivered = came if status == "delivered" and chance.random() > 0.02 else ""
        rows.append(
            (f"{chance.getrandbits(128):032x}", f"{chance.getrandbits(128):032x}", status, bought, bought,
             handed if delivered else "", delivered, promised)
        )  # fmt: skip
    return _csv(OLIST, rows, quoting=csv.QUOTE_ALL).encode()


def dataco(lines: int, seed: int) -> bytes:
    chance = random.Random(seed)
    rows: list[tuple[object, ...]] = []
    canceled = False
    order, ordered, region = 0, _BEGINNING, ""
    real = scheduled = 0
    for item in range(1, lines + 1):
        if not rows or chance.random() < 0.5:
            order += 1
            ordered += timedelta(minutes=chance.randrange(1, 900))
            region = chance.choice(sorted(_REGIONS))
            real, scheduled = chance.randrange(7), chance.choice((0, 1, 2, 4))
            canceled = chance.random() < 0.05
        late = "Late delivery" if real > scheduled else "Advance shipping" if real < scheduled else "Shipping on time"
        price, quantity = chance.randrange(999, 199_999), chance.randrange(1, 6)
        # As they stand there: 32 bits wide, and shown with seven decimals.
        sales = f"{price * quantity / 100 + chance.choice((0, 0.0000146, -0.0000098)):.7f}".rstrip("0").rstrip(".")
        rows.append(
            ("DEBIT", real, scheduled, sales, "Shipping canceled" if canceled else late, int(real > scheduled),
             "Caguas", "Puerto Rico", "LATAM", "Bogotá", _REGIONS[region], _us(ordered), order, item, price / 100,
             quantity, sales, sales, region, "COMPLETE", "Smart watch, \"Fit\"",
             _us(ordered + timedelta(days=real)), "First Class")
        )  # fmt: skip
    return _csv(DATACO, rows).encode("latin-1")


def _us(moment: datetime) -> str:
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour}:{moment.minute:02}"


def _csv(heading: tuple[str, ...], rows: list[tuple[object, ...]], quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue()
