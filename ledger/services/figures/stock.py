"""Stock from custody for those who may know of it: partners and auditors.

A partner gets what it holds, what is due to it, and whatever else goes under terms that it may read; auditors get all.
Of each of these the goods only where it may open the terms and splits that state them, the place only where it may open
the record that names it, due time and destination only where it may open the terms. Who opened what is noted.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ledger.codes import Role
from ledger.common.figure import to_json
from ledger.common.ids import RecordId
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import MalformedRecord, NotPermitted
from ledger.formats.epcis.identity import Naming
from ledger.formats.epcis.inventory import Taken, inventory_document
from ledger.provenance.contents import Contents, Sku
from ledger.records.types import ShipmentTerms, Split
from ledger.services.figures.network import knows_shipments
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.figures.record_rights import right_to
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.views.access_journal import AccessRight, Opened
from ledger.services.views.records import Reader, RecordViews, may_open_terms
from ledger.stock.expiry import Expiries
from ledger.stock.holdings import Holding, Stock, Stores
from ledger.stock.totals import AGES, Total, keys_of, totals

STORING = (Role.SUPPLIER, Role.WAREHOUSE, Role.PLATFORM, Role.RETAILER, Role.BRAND, Role.LOCKER)
"""Roles whose holders keep goods. With others goods are in transit."""
_STORING = sum(1 << role for role in STORING)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AskedStock:
    """What is asked for: of a second (UTC), of one partner (what it holds or awaits), one GTIN (14 digits), one lot."""

    at: int
    partner: int | None = None
    gtin: str = ""
    lot: str = ""

    def concerns(self, holding: Holding) -> bool:
        waits = holding.on_its_way and holding.consignee == self.partner
        return self.partner is None or holding.holder == self.partner or waits

    def only(self, holding: Holding) -> Holding | None:
        """The holding with the goods that are asked for; None without any. What is withheld may be such goods."""
        if not self.gtin and not self.lot:
            return holding
        goods = tuple(
            line for line in holding.goods if self.gtin in ("", line.gtin) and self.lot in ("", line.lot)
        )  # fmt: skip
        return replace(holding, goods=goods) if goods or holding.closed else None


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is shown: from `after` on, at most so many (None: all). `each`: of the single holdings, and
    not of their sums.
    """

    after: int = 0
    most: int | None = None
    each: bool = False

    def part(self, listed: Sequence[T]) -> tuple[T, ...]:
        return tuple(listed[self.after : None if self.most is None else self.after + self.most])


@dataclass(frozen=True, slots=True)
class StockAnswer:
    """`totals`: sums by partner, place and goods, or where each holding is asked for `holdings`, parents before what
    came of them; `count`: how many of these there are, shown or not. `held`: the number of all holdings; `withheld`:
    how many of them have goods that the reader may not know, or that are withheld here: they are in no sum. `log_size`:
    all records below it count.
    """

    asked: AskedStock
    log_size: int
    totals: tuple[Total, ...]
    holdings: tuple[Holding, ...]
    count: int
    held: int
    withheld: int

    def to_json(self) -> dict[str, Any]:
        """What was asked for, and the sums; not each holding."""
        asked = {"at": self.asked.at, "partner": self.asked.partner, "gtin": self.asked.gtin, "lot": self.asked.lot}
        told = {"log_size": self.log_size, "withheld": self.withheld, "ages": list(AGES)}
        return {**asked, **told, "totals": [to_json(total) for total in self.totals]}

    def snapshot(self, naming: Naming, now: int) -> dict[str, Any]:
        """What is on hand as an EPCIS document made at `now`."""
        return inventory_document(self.totals, Taken(self.asked.at, now, self.log_size), naming)


ALL = Window()


class StockFigures:
    def __init__(self, home: Home, registry: CurrentRegistry, numbers: Numbers, views: RecordViews) -> None:
        self._db = home.database
        self._clock = home.clock
        self._registry = registry
        self._numbers = numbers
        self._views = views
        self._base = home.settings.public_url.rstrip("/")

    def of(self, asked: AskedStock, reader: Reader | None, window: Window = ALL) -> StockAnswer:
        """What `reader` may know of it; None: whoever runs this home. What is shown of it is noted first. Raises
        `NotPermitted` for the public, and `MalformedRecord` for a second that has not come.
        """
        if reader is not None and not knows_shipments(reader):
            raise NotPermitted(
                "stock is shown to partners and to auditors", where="reader", mend="Sign in with a key of a partner."
            )
        if asked.at > (now := self._clock.now()):
            raise MalformedRecord("not yet known", where="at", expected=f"at most {now}, which is now", found=asked.at)
        stores, opened = self._stores(), dict[RecordId, Opened]()
        with self._numbers.stock() as (stock, size):
            rights = None if reader is None else Rights(stock, reader, opened)
            holdings = list(_answered(stock, asked, stores, rights))
            summed = [] if window.each else totals(holdings, asked.at, Expiries(stock.journeys, asked.at))
            rows = [row for row in summed if asked.partner in (None, row.partner)]
            shown, listed = window.part(rows), window.part(holdings) if window.each else ()
            if rights is not None:
                for holding in listed if window.each else _behind(shown, holdings):
                    rights.note(holding)
        if reader is not None:
            self._views.note(reader, opened)
        withheld = sum(1 for holding in holdings if holding.closed)
        count = len(holdings if window.each else rows)
        return StockAnswer(asked, size, shown, listed, count, len(holdings), withheld)

    def naming(self) -> Naming:
        """How partners, places and goods are named in events."""
        partners: dict[int, str] = {}

        def gln(partner: int) -> str:
            if partner not in partners:
                with self._db.read() as connection:
                    self._registry.refreshed(connection)
                    partners[partner] = self._views.enrolled(connection, partner)[1]
            return partners[partner]

        return Naming(self._base, gln)

    def _stores(self) -> Stores:
        """By the roles in force now: of a partner that lost its role since, past stock is in transit."""
        with self._db.read() as connection:
            view = self._registry.for_request(connection).now()
        known: dict[int, bool] = {}

        def stores(partner: int) -> bool:
            if partner not in known:
                one = view.partner(partner)
                known[partner] = one is not None and bool(one.role_bits(view.time) & _STORING)
            return known[partner]

        return stores


def _answered(stock: Stock, asked: AskedStock, stores: Stores, rights: "Rights | None") -> Iterator[Holding]:
    wanted: Callable[[ShipmentTerms, int], bool] | None = None if rights is None else rights.may_know
    for holding in stock.at(asked.at, stores, wanted):
        if not asked.concerns(holding):
            continue
        shown = asked.only(holding if rights is None else rights.shown(holding))
        if shown is not None:
            yield shown


def _behind(shown: Sequence[Total], holdings: Iterable[Holding]) -> Iterator[Holding]:
    """The holdings that these sums rest on."""
    keys = {(row.partner, row.place, Sku(row.gtin, row.lot, row.unit)) for row in shown}
    for holding in holdings:
        if any(key in keys for key in keys_of(holding)):
            yield holding


class Rights:
    """What one reader may see of holdings, by the same rules as of their records. `opened` takes what was shown."""

    def __init__(self, stock: Stock, reader: Reader, opened: dict[RecordId, Opened]) -> None:
        self._stock = stock
        self._reader = reader
        self._opened = opened
        self._known: dict[RecordId, AccessRight | None] = {}
        self._all = reader.auditor and reader.scopes == ALL_SCOPES

    def may_know(self, terms: ShipmentTerms, holder: int) -> bool:
        """Whether the reader is told at all: of what it holds, and of what goes under terms that it may read."""
        return self._all or holder == self._reader.partner or may_open_terms(terms, self._reader)

    def shown(self, holding: Holding) -> Holding:
        """The holding without what the reader may not open."""
        if self._all:
            return holding
        goods = all(self._right(record) for record in holding.sources)
        place = holding.placed_by is not None and self._right(holding.placed_by)
        terms = self._right(holding.terms)
        return replace(
            holding,
            goods=holding.goods if goods else (),
            closed=holding.closed or not goods,
            place=holding.place if place else None,
            due_at=holding.due_at if terms else None,
            destination=holding.destination if terms else None,
        )

    def may_open(self, contents: Contents) -> bool:
        """Whether the reader may open all that says what is in there."""
        return self._all or all(self._right(record) for record in contents.sources)

    def note(self, holding: Holding) -> None:
        """That these parts are about to be shown."""
        if holding.goods:
            for source in holding.sources:
                self._note((source,), *self._contents_of(source))
        if holding.place is not None and holding.placed_by is not None:
            terms = holding.placed_by in self._stock.journeys.terms
            self._note((holding.placed_by,), "origin" if terms else "place")
        if holding.due_at is not None:
            self._note((holding.terms,), "commercial")
        if holding.destination is not None:
            self._note((holding.terms,), "destination")

    def _contents_of(self, source: RecordId) -> tuple[str, ...]:
        """The paths of the parts that say what is in there."""
        record = self._stock.paper(source).record
        children = range(len(record.children)) if isinstance(record, Split) else ()
        return tuple(f"children[{i}].contents" for i in children) or ("contents",)

    def _note(self, records: Sequence[RecordId], *parts: str) -> None:
        for record in records:
            if (right := self._right(record)) is not None:
                before = self._opened.get(record)
                self._opened[record] = Opened({*parts, *(before.paths if before else ())}, right)

    def _right(self, record: RecordId) -> AccessRight | None:
        if record not in self._known:
            self._known[record] = right_to(self._stock.journeys, record, self._stock.paper(record).record, self._reader)
        return self._known[record]
