"""Single cells: days and times in every way of writing, zones and their changes of clocks, amounts in minor units."""

from datetime import UTC, datetime

import pytest

from ledger.codes import Fulfilment, Mode
from tests.unit.formats.tabular.helpers import file, lines, plan, reasons


def promised(text: str, *changes: tuple[str, str], zone: str = "UTC", **how: object) -> str:
    """The moment that a cell of `due` tells, in UTC."""
    said = "".join(f", {name} = {value!r}" for name, value in how.items())
    column = ('promised = "due"', f'promised = {{ column = "due"{said} }}')
    (line,) = lines(file({"due": text}, separator="\t"), column, ('zone = "UTC"', f'zone = "{zone}"'), *changes)
    return datetime.fromtimestamp(line.promised_at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def refused(text: str, zone: str = "UTC", **how: object) -> str:
    said = "".join(f", {name} = {value!r}" for name, value in how.items())
    column = ('promised = "due"', f'promised = {{ column = "due"{said} }}')
    (bad,) = reasons(file({"due": text}, separator="\t"), column, ('zone = "UTC"', f'zone = "{zone}"'))
    assert bad.column == "due"
    assert len(bad.reason) < 160
    return bad.reason


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-06-02", "2026-06-02 23:59:59"),
        ("2026/6/2", "2026-06-02 23:59:59"),
        ("2026.06.02", "2026-06-02 23:59:59"),
        ("2-Jun-2026", "2026-06-02 23:59:59"),
        ("02 June 2026", "2026-06-02 23:59:59"),
        ("June 2, 2026", "2026-06-02 23:59:59"),
        ("Tue, 2 Jun 2026", "2026-06-02 23:59:59"),
        ("2026-Jun-02", "2026-06-02 23:59:59"),
        ("2026-06-02T10:00", "2026-06-02 10:00:00"),
        ("2026-06-02 10:00:05.123", "2026-06-02 10:00:05"),
        ("2026-06-02T10:00:00Z", "2026-06-02 10:00:00"),
        ("2026-06-02T10:00:00+0530", "2026-06-02 04:30:00"),
        ("2026-06-02T22:30:00-03:00", "2026-06-03 01:30:00"),
        ("2-Jun-2026 10:56 PM", "2026-06-02 22:56:00"),
        ("2-Jun-2026 12:01 a.m.", "2026-06-02 00:01:00"),
    ],
)
def test_ways_of_writing(text: str, moment: str) -> None:
    assert promised(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "tomorrow", "2026-13-01", "2026-02-30", "31-Jun-2026", "2-Jux-2026", "2026-06-02T25:00", "2026-06-02T10:61",
        "2026-06-02 13:00 PM", "2026-06-02T10:00+99:00", "0000-01-01", "1950-01-01", "99999-01-01", "٢-Jun-2026",
        "2026-06-02T", "2 June", "200-01-01", "9" * 500,
    ],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert refused(text)


def test_numbers_for_dates() -> None:
    assert promised("42430", number="excel-1900") == "2016-03-01 23:59:59"
    assert promised("42430.75", number="excel-1900") == "2016-03-01 18:00:00"
    assert promised("40968", number="excel-1904") == "2016-03-01 23:59:59"
    assert promised("20160301", number="yyyymmdd") == "2016-03-01 23:59:59"
    assert promised("1456790400", number="unix") == "2016-03-01 00:00:00"
    assert promised("1456790400123", number="unix-ms", zone="Asia/Tokyo") == "2016-03-01 00:00:00"
    assert "eight digits" in refused("42430", number="yyyymmdd")
    assert "serial" in refused("59", number="excel-1900")
    assert "range" in refused("0", number="unix")


def test_formats_take_nothing_else() -> None:
    assert promised("02.06.2026 10:30", format="DD.MM.YYYY hh:mm") == "2026-06-02 10:30:00"
    assert promised("20260602", format="YYYYMMDD") == "2026-06-02 23:59:59"
    assert promised("6/2/26", format="M/D/YY", two_digit_years=2000) == "2026-06-02 23:59:59"
    assert promised("2 Jun 2026 10:30 PM", format="D MON YYYY hh:mm AM") == "2026-06-02 22:30:00"
    assert "DD.MM.YYYY" in refused("2.6.2026", format="DD.MM.YYYY")
    assert "not a date" in refused("31.06.2026", format="DD.MM.YYYY")


def test_months_of_other_languages() -> None:
    french = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ]
    months = ("[dates]", f"[dates]\nmonths = {french!r}")
    assert promised("2 août 2026", months) == "2026-08-02 23:59:59"
    assert promised(
        "2 Févr. 2026", ("[dates]", f"[dates]\nmonths = {['févr' if m == 'février' else m for m in french]!r}")
    )
    assert "no month" in refused("2 août 2026")


# --- zones -----------------------------------------------------------------------------------------------------------


def test_a_day_ends_with_its_last_second_where_the_goods_went() -> None:
    assert promised("2017-10-18", zone="America/Sao_Paulo") == "2017-10-19 01:59:59"
    assert promised("2017-10-18", zone="Asia/Tokyo") == "2017-10-18 14:59:59"
    # Clocks in Brazil went forward and back at midnight: the day before ends an hour earlier or later.
    assert promised("2017-10-14", zone="America/Sao_Paulo") == "2017-10-15 02:59:59"
    assert promised("2017-10-15", zone="America/Sao_Paulo") == "2017-10-16 01:59:59"
    assert promised("2018-02-17", zone="America/Sao_Paulo") == "2018-02-18 02:59:59"
    assert promised("2025-03-30", zone="Europe/Berlin") == "2025-03-30 21:59:59"


def test_times_that_clocks_showed_twice_or_never_are_not_guessed() -> None:
    assert "was twice" in refused("2025-10-26 02:30", zone="Europe/Berlin")
    assert promised("2025-10-26 02:30+02:00", zone="Europe/Berlin") == "2025-10-26 00:30:00"
    assert "never was" in refused("2025-03-30 02:30", zone="Europe/Berlin")
    assert "never was" in refused("2011-12-30", zone="Pacific/Apia")


def test_zones_by_line() -> None:
    by = ('zone = "UTC"', 'zone = { column = "to", values = { Tokyo = "Asia/Tokyo", Rio = "America/Sao_Paulo" } }')
    made = plan(
        file({"to": "Tokyo"}, {"to": "Rio"}, {"to": "Atlantis"}, {"to": "Atlantis", "due": "2026-03-01T10:00Z"}), by
    )
    late, early = (line.promised_at for line in made.lines[1::-1])
    assert late - early == 12 * 3600
    assert [line.line for line in made.lines] == [2, 3, 5], "a moment with its offset needs no zone"
    assert [(one.line, one.column) for one in made.unusable] == [(4, "to")]
    (bad,) = reasons(file({}), ('zone = "UTC"', 'zone = "Mars/Olympus"'))
    assert "no such time zone" in bad.reason


def test_a_column_may_have_a_zone_of_its_own() -> None:
    own = ('delivered = "arrived"', 'delivered = { column = "arrived", zone = "UTC" }')
    tokyo = ('zone = "UTC"', 'zone = "Asia/Tokyo"')
    (line,) = lines(file({"due": "2026-03-01", "arrived": "2026-03-01 15:00"}), tokyo, own)
    assert line.delivered_at is not None
    assert line.delivered_at - line.promised_at == 1, "a second after the day had ended in Japan"
    none = ('zone = "UTC"\n', "")
    (question,) = plan(file({"arrived": "2026-03-01 15:00"}), none, own).questions
    assert [found for _, found in question.proof] == ["2026-03-01"], "only the other column needs the destination's"


def test_days_are_added_by_the_calendar() -> None:
    plus = ('promised = "due"', 'promised = { column = "due", plus_days = "boxes" }')
    berlin = ('zone = "UTC"', 'zone = "Europe/Berlin"')
    (line,) = lines(file({"due": "2025-03-28 12:00", "boxes": "3"}), plus, berlin)
    assert datetime.fromtimestamp(line.promised_at, UTC).isoformat() == "2025-03-31T10:00:00+00:00"
    assert reasons(file({"boxes": "1.5"}), plus)[0].column == "boxes"


def test_what_lies_in_the_future_has_not_been_delivered() -> None:
    (bad,) = reasons(file({"arrived": "2033-05-19"}))
    assert (bad.column, "future" in bad.reason) == ("arrived", True)


# --- amounts ---------------------------------------------------------------------------------------------------------


def value(text: str, *changes: tuple[str, str]) -> int:
    (line,) = lines(file({"worth": text}, separator="\t"), *changes)
    return line.value


NUMBERS = "[dates]"
POINT = (NUMBERS, '[numbers]\ndecimal = "."\n[dates]')
COMMA = (NUMBERS, '[numbers]\ndecimal = ","\n[dates]')


@pytest.mark.parametrize(
    ("text", "cents"),
    [("551", 55_100), ("0", 0), ("0.05", 5), ("1,234.5", 123_450), ("12,345,678.90", 1_234_567_890), ("5.2000", 520)],
)
def test_amounts_are_minor_units(text: str, cents: int) -> None:
    assert value(text, POINT) == cents
    swapped = text.translate(str.maketrans(",.", ".,"))
    assert value(swapped, COMMA) == cents


@pytest.mark.parametrize(
    "text",
    [
        "", "-1", "+1", "1.005", "1,23", "1,2,3", "12,3456", ",123", "1.", ".5", "1e3", "NaN", "Infinity", "$5",
        "1_000", "١٢", "0x10", "See DN-4307", "9" * 29, "9" * 5000, "0,123",
    ],
)  # fmt: skip
def test_what_is_no_amount(text: str) -> None:
    (bad,) = reasons(file({}, {"worth": text}, {"worth": "1.5"}, separator="\t"), POINT)
    assert (bad.line, bad.column) == (3, "worth")
    assert len(bad.reason) < 160
    otherwise = ('value = "worth"', 'value = { column = "worth", else = "0" }')
    assert [
        line.value for line in lines(file({}, {"worth": text}, {"worth": "1.5"}, separator="\t"), POINT, otherwise)
    ] == [
        1050,
        0,
        150,
    ]


def test_minor_units_are_the_currencys() -> None:
    def in_(currency: str) -> tuple[str, str]:
        return ('value = "EUR"', f'value = "{currency}"')

    assert value("1234.567", POINT, in_("KWD")) == 1_234_567
    assert value("1234", in_("JPY")) == 1234
    assert "0 decimals" in reasons(file({"worth": "1.5"}), in_("JPY"))[0].reason
    assert "ISO 4217" in reasons(file({}), in_("EURO"))[0].reason


def test_amounts_are_rounded_only_where_the_map_says_so() -> None:
    half = (NUMBERS, '[numbers]\nrounding = "half-even"\n[dates]')
    for text, cents in (("314.6400146", 31_464), ("0.125", 12), ("0.135", 14), ("0.12500001", 13)):
        assert "minor units" in reasons(file({"worth": text}))[0].reason
        assert value(text, half) == cents


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "4294967296", "one", "٣", "9" * 5000])
def test_what_is_no_number_of_packages(text: str) -> None:
    (bad,) = reasons(file({"boxes": text}))
    assert bad.column == "boxes"


# --- texts -----------------------------------------------------------------------------------------------------------


def test_modes_and_places_and_codes() -> None:
    more = (
        'packages = "boxes"',
        'packages = "boxes"\nmode = "from"\ngtin = "no"',
    )
    place = ("[line]", '[destination]\ncountry = "to"\n[line]')
    party = ('consignor = "from"', 'consignor = { value = "Kea" }')
    content = file({"from": "road", "to": "NZ", "no": "4006381333931"}, {"from": "Inland-water", "to": "ZZ", "no": "1"})
    made = plan(content, more, place, party)
    assert [(line.mode, line.gtin, line.destination.country) for line in made.lines] == [
        (Mode.ROAD, "04006381333931", "NZ")
    ]
    assert made.unusable[0].column == "no"
    (bad,) = reasons(file({"from": "teleport", "to": "NZ", "no": "4006381333931"}), more, place, party)
    assert (bad.column, "no mode" in bad.reason) == ("from", True)
    (bad,) = reasons(file({"from": "road", "to": "ZZ", "no": "4006381333931"}), more, place, party)
    assert "ISO 3166" in bad.reason


def test_a_fulfilment_is_stated_by_its_name_or_number() -> None:
    more = ('packages = "boxes"', 'packages = "boxes"\nfulfilment = "from"')
    party = ('consignor = "from"', 'consignor = { value = "Kea" }')
    made = plan(file({"from": "Direct-mail"}, {"from": "4"}, {"from": ""}), more, party)
    assert [line.fulfilment for line in made.lines] == [Fulfilment.DIRECT_MAIL, Fulfilment.BONDED_WAREHOUSE, None]
    (bad,) = reasons(file({"from": "rocket"}), more, party)
    assert (bad.column, "no fulfilment (express, own warehouse" in bad.reason) == ("from", True)


def test_a_carrier_has_the_goods_and_may_be_liable() -> None:
    carrier = ('liable = "consignor"', 'liable = "carrier"\ncarrier = "boxes"')
    count = ('packages = "boxes"', "packages = { value = 1 }")
    made = plan(file({"boxes": "Tui Trucks"}, {"boxes": ""}, {"boxes": "Panda"}), carrier, count)
    (line,) = made.lines
    assert (line.holder, line.liable, line.beneficiary) == ("Tui Trucks", "Tui Trucks", "Panda")
    assert [(one.line, one.reason) for one in made.unusable] == [
        (3, "empty or longer than 120 characters"),
        (4, "'Panda' is the consignee and has the goods already"),
    ]


def test_goods_still_to_come_need_no_manifest() -> None:
    by = ("[parties]", '[manifest]\nby = ["from", "boxes"]\n[parties]')
    party = ('consignor = "from"', 'consignor = { value = "Kea" }')
    count = ('packages = "boxes"', "packages = { value = 1 }")
    rows = ({"from": "", "boxes": ""}, {"from": "N", "boxes": "7"}, {"from": "", "boxes": "", "arrived": "2026-03-01"})
    made = plan(file(*rows), by, party, count)
    assert [(line.id, line.manifest) for line in made.lines] == [("1", "1"), ("2", "N / 7")]
    assert [(one.line, one.column) for one in made.unusable] == [(4, "from")]


def test_a_line_stands_there_once() -> None:
    made = plan(file({"no": "7"}, {"no": "7"}, {"no": "8", "boxes": "x"}, {"no": "8"}))
    assert [(one.line, one.reason) for one in made.unusable] == [
        (3, "no '7' stands already in line 2"),
        (4, "not a whole number from 1 to 4294967295: 'x'"),
    ]
    assert [line.line for line in made.lines] == [2, 5]
