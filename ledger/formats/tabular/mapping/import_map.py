"""What a map says of a file: one frozen value, made by `map_file` and asked by everything else here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Order = Literal["dmy", "mdy", "ymd"]
NumberMeans = Literal["excel-1900", "excel-1904", "yyyymmdd", "unix", "unix-ms"]
Midnight = Literal["day", "moment"]
Spelling = Literal["exact", "letters"]
PARTIES = ("consignor", "consignee", "carrier")
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value of a line comes from: a column, or the same `value` for all.

    `nth`: which of several columns with this heading, from 1; 0 where there is one. `values`: what a cell's text stands
    for; `otherwise` for texts that are not among them, for amounts that are none, and for empty cells (None: such a
    line is unusable). `prefix` goes before what comes out.
    """

    key: str
    column: str = ""
    nth: int = 0
    value: str = ""
    values: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    otherwise: str | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class FileShape:
    """How the bytes are to be read; what is empty is settled by the file alone, or asked about."""

    format: str = ""
    encoding: str = ""
    separator: str = ""
    quote: str = '"'
    sheet: str = ""
    heading_line: int = 1
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Numbers:
    """How amounts and counts are written. `rounding`: whether what is no whole minor unit is rounded half to even."""

    decimal: str = ""
    thousands: str | None = None
    rounding: bool = False


@dataclass(frozen=True, slots=True)
class DateSource:
    """A column of dates and how it is to be read; what is None is settled by the file alone, or asked about.

    `two_digit_years`: the first year of the hundred that two digits name. `number`: what a bare number means.
    `midnight`: whether 00:00 is that very moment, or a day without a time. `layout`: the one way in which every cell is
    written, such as `DD.MM.YYYY hh:mm`. `plus_days`: days to add, from a column or the same for all. `zone`: that of
    this column, where it is not the destination's.
    """

    source: Source
    order: Order | None = None
    two_digit_years: int | None = None
    number: NumberMeans | None = None
    midnight: Midnight | None = None
    layout: str = ""
    plus_days: Source | None = None
    zone: Source | None = None


@dataclass(frozen=True, slots=True)
class Parties:
    """Who takes part, and how they are told apart.

    `spelling`: `exact` where every spelling is a partner of its own, `letters` where case, spaces and signs do not
    count; None: asked about. `same` brings a spelling to the name that it stands for, `different` are spellings that
    look alike and are not. `numbers`: partners' numbers in the consortium by name. `liable` is `consignor` or
    `carrier`, `beneficiary` `consignee` or `consignor`. `carrier`: who has the goods until they are delivered; where
    there is none, the consignor has.
    """

    consignor: Source
    consignee: Source
    liable: str
    beneficiary: str
    carrier: Source | None = None
    spelling: Spelling | None = None
    same: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    different: tuple[frozenset[str], ...] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlaceSources:
    country: Source | None = None
    locode: Source | None = None
    gln: Source | None = None
    name: Source | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What the goods are and what they are worth; None where the file and the map say nothing of it."""

    packages: Source
    currency: Source
    value: Source | None = None
    freight: Source | None = None
    order: Source | None = None
    incoterm: Source | None = None
    mode: Source | None = None
    fulfilment: Source | None = None
    description: Source | None = None
    gtin: Source | None = None
    lot: Source | None = None
    hs: Source | None = None


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Lines in which `source` has one of `texts` are no shipments, by the map's word."""

    source: Source
    texts: frozenset[str]


@dataclass(frozen=True, slots=True)
class PenaltyTerms:
    """What shipments are promised under; minor units per day², basis points of the value or minor units, seconds."""

    alpha: int | None = None
    cap_bps: int | None = None
    cap: int | None = None
    grace: int = 0


@dataclass(frozen=True, slots=True)
class ImportMap:
    """A whole map. `identity` are the columns that together name a line, `manifest` those whose lines go together."""

    name: str
    file: FileShape
    numbers: Numbers
    identity: tuple[Source, ...]
    manifest: tuple[Source, ...]
    parties: Parties
    content: Content
    promised: DateSource
    delivered: DateSource
    zone: Source | None
    months: tuple[str, ...] = ()
    origin: PlaceSources = PlaceSources()
    destination: PlaceSources = PlaceSources()
    leave_out: tuple[LeaveOut, ...] = ()
    terms: PenaltyTerms = PenaltyTerms()

    def sources(self) -> tuple[Source, ...]:
        """Every source that the map names, once each, in its order."""
        content, places = self.content, (self.origin, self.destination)
        named: list[Source | None] = [
            *self.identity, *self.manifest, self.parties.consignor, self.parties.consignee,
            self.parties.carrier,
            content.packages, content.currency, content.value, content.freight, content.order, content.incoterm,
            content.mode, content.fulfilment, content.description, content.gtin, content.lot, content.hs,
            self.promised.source, self.promised.plus_days, self.promised.zone,
            self.delivered.source, self.delivered.plus_days, self.delivered.zone, self.zone,
            *(one for place in places for one in (place.country, place.locode, place.gln, place.name)),
            *(one.source for one in self.leave_out),
        ]  # fmt: skip
        return tuple(one for one in named if one is not None)

    def columns(self) -> tuple[str, ...]:
        """The headings that the map needs, once each."""
        return tuple(dict.fromkeys(one.column for one in self.sources() if one.column))
