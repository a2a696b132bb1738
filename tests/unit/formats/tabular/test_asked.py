"""What a file leaves open is asked, with the lines that show it and the key that answers it. Nothing is guessed."""

from datetime import UTC, datetime

import pytest

from tests.unit.formats.tabular.helpers import HEADING, asked, file, lines, plan, reasons

DMY = ('promised = "due"', 'promised = { column = "due", order = "dmy" }')
NO_ZONE = ('zone = "UTC"\n', "")


def day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


# --- dates -----------------------------------------------------------------------------------------------------------


def test_dates_that_can_be_read_both_ways_are_refused_with_the_lines() -> None:
    (question,) = asked(
        file({"due": "2026-02-03"}, {"due": "03/04/2026"}, {"due": "05/05/2026"}, {"due": "11/12/2026"})
    )
    assert question.key == "dates.promised.order"
    assert question.proof == (
        (3, "03/04/2026 is 3 April 2026 or 4 March 2026"),
        (5, "11/12/2026 is 11 December 2026 or 12 November 2026"),
    )


def test_one_line_that_only_one_order_can_read_settles_its_column() -> None:
    made = plan(file({"due": "03/04/2026"}, {"due": "25/12/2026"}))
    assert [day(line.promised_at) for line in made.lines] == ["2026-04-03", "2026-12-25"]
    assert "dates in 'due': day, month, year, as line 3 shows (25/12/2026)" in made.told
    made = plan(file({"due": "03/04/2026"}, {"due": "12/25/2026"}))
    assert [day(line.promised_at) for line in made.lines] == ["2026-03-04", "2026-12-25"]


def test_what_one_column_proves_says_nothing_of_another() -> None:
    (question,) = asked(file({"due": "25/12/2025", "arrived": "03/04/2026"}))
    assert question.key == "dates.delivered.order"


def test_a_column_in_two_orders_is_refused_with_both() -> None:
    (question,) = asked(file({"due": "25/12/2026"}, {"due": "12/26/2026"}))
    assert "two orders" in question.what
    assert {line for line, _ in question.proof} == {2, 3}


def test_days_that_are_the_same_either_way_need_no_order() -> None:
    assert day(lines(file({"due": "05/05/2026"}))[0].promised_at) == "2026-05-05"


def test_a_map_that_all_evidence_is_against_is_refused() -> None:
    (question,) = asked(file({"due": "12/25/2026"}, {"due": "03/04/2026"}), DMY)
    assert question.proof == ((2, "12/25/2026 is 25 December 2026"),)


def test_where_the_map_says_the_order_and_a_line_proves_it_others_are_slips() -> None:
    (slip,) = reasons(file({"due": "25/12/2026"}, {"due": "12/25/2026"}), DMY)
    assert (slip.line, slip.column, slip.reason) == (3, "due", "not a date: '12/25/2026'")


def test_years_of_two_digits_are_asked_about() -> None:
    for text in ("2-Jun-06", "Jun 2, 06", "2 June 06"):
        (question,) = asked(file({"due": text}, separator=";"))
        assert question.key == "dates.promised.two_digit_years", text
        assert question.proof == ((2, text),)
    said = ('zone = "UTC"', 'zone = "UTC"\ntwo_digit_years = 1970')
    made = lines(file({"due": "2-Jun-06"}, {"due": "2-Jun-70"}, {"due": "2-Jun-69"}), said)
    assert [day(line.promised_at) for line in made] == ["2006-06-02", "1970-06-02", "2069-06-02"]


def test_three_short_numbers_can_be_read_three_ways() -> None:
    keys = {question.key for question in asked(file({"due": "03-04-05"}))}
    assert keys == {"dates.promised.order", "dates.promised.two_digit_years"}


@pytest.mark.parametrize("text", ["42430", "42430.5", "20260301", "1772323199"])
def test_bare_numbers_are_asked_about(text: str) -> None:
    (question,) = asked(file({"due": text}))
    assert question.key == "dates.promised.number"


def test_midnight_is_asked_about() -> None:
    for text in ("2026-03-01 00:00:00", "2026-03-01T00:00", "2026-03-01T00:00:00Z"):
        (question,) = asked(file({"due": text}))
        assert question.key == "dates.promised.midnight", text
    content = file({"due": "2026-03-01 00:00:00"})
    (as_day,) = lines(content, ('promised = "due"', 'promised = { column = "due", midnight = "day" }'))
    (as_moment,) = lines(content, ('promised = "due"', 'promised = { column = "due", midnight = "moment" }'))
    assert as_day.promised_at - as_moment.promised_at == 86_399


def test_a_zone_is_asked_for_only_where_one_is_needed() -> None:
    (question,) = asked(file({"due": "2026-03-01"}, {"due": "2026-03-01T10:00"}), NO_ZONE)
    assert question.key == "dates.zone"
    assert [line for line, _ in question.proof] == [2, 3]
    assert lines(file({"due": "2026-03-01T10:00:00+02:00"}), NO_ZONE)[0].promised_at == 1772352000


# --- numbers ---------------------------------------------------------------------------------------------------------


def worth(*texts: str) -> bytes:
    return file(*({"worth": text} for text in texts), separator=";")


def test_a_comma_that_may_be_either_is_asked_about() -> None:
    (question,) = asked(worth("1,234", "1234,56"))
    assert question.key == "numbers.decimal"
    assert question.proof == ((2, "1,234 is 1234.0 or 1.234"), (3, "1234,56 is 1234.56"))
    (question,) = asked(worth("1,234"))
    assert question.proof == ((2, "1,234 is 1234.0 or 1.234"),)
    (question,) = asked(worth("1,234", "1234.56"))
    assert {line for line, _ in question.proof} == {2, 3}
    (question,) = asked(worth("1.50", "1,50"))
    assert "two ways" in question.what


def test_what_the_column_proves_is_taken() -> None:
    assert [line.value for line in lines(worth("1234,56", "7"))] == [123_456, 700]
    assert [line.value for line in lines(worth("1,234", "1,234.50"))] == [123_400, 123_450]
    assert [line.value for line in lines(worth("1.234", "1.234.567,8"))] == [123_400, 123_456_780]
    assert [line.value for line in lines(worth("1\u202f234,50", "1'234,5"))] == [123_450, 123_450]


def test_a_map_whose_sign_no_line_bears_out_is_refused() -> None:
    (question,) = asked(worth("12,34", "1,234"), ("[dates]", '[numbers]\ndecimal = "."\n[dates]'))
    assert question.proof == ((2, "12,34"),)


# --- headings and partners -------------------------------------------------------------------------------------------


def test_doubled_headings_are_asked_about_where_they_matter() -> None:
    doubled = file({}, heading=(*HEADING, "due"))
    (question,) = asked(doubled)
    assert question.key == "dates.promised"
    assert question.proof == ((1, "column 6 is 'due'"), (1, "column 8 is 'due'"))
    (line,) = lines(doubled, ('promised = "due"', 'promised = { column = "due", nth = 2 }'))
    assert day(line.promised_at) == "2026-03-01"
    assert lines(file({}, heading=(*HEADING, "note", "note")))


@pytest.mark.parametrize(
    "spellings",
    [
        ("Acme Ltd", "ACME LTD.", "Acme Limited"),
        ("Müller & Co", "Muller and Co", "MÜLLER & CO."),
        ("Kuehne Nagel", "Kuhne Nagel", "Kühne + Nagel"),
        ("Müller GmbH", "Mueller GmbH"),
        ("Mærsk A/S", "Maersk AS"),
        ("Jørgensen", "Jorgensen"),
        ("Aurobindo Pharma", "Aurobndo Pharma"),
        ("Smith, Jones", "Smith  Jones"),
        ("S.A. Ferron", "Ferron SA"),
    ],
)
def test_spellings_of_one_partner_are_asked_about(spellings: tuple[str, ...]) -> None:
    content = file(*({"from": text} for text in spellings), separator="\t")
    (question,) = asked(content)
    assert "parties.same" in question.key
    assert [found for _, found in question.proof] == [repr(text) for text in spellings]


def test_names_that_are_no_spellings_of_each_other_are_left_alone() -> None:
    names = ("Vendor A", "Vendor B", "Unit III India", "Unit II", "Nordic Foods 1", "Nordic Foods 2", "Iran", "Iraq")
    assert len({line.consignor for line in lines(file(*({"from": name} for name in names)))}) == len(names)


def test_the_map_says_which_spellings_are_one() -> None:
    content = file({"from": "Acme Ltd"}, {"from": "ACME LTD."}, {"from": "Acme Limited"})
    liable = 'liable = "consignor"'
    same = (liable, f'{liable}\nsame = {{ "Acme Ltd" = ["ACME LTD.", "Acme Limited"] }}')
    assert {line.consignor for line in lines(content, same)} == {"Acme Ltd"}
    exact = (liable, f'{liable}\nspelling = "exact"')
    assert len({line.consignor for line in lines(content, exact)}) == 3
    letters = (liable, f'{liable}\nspelling = "letters"')
    (question,) = asked(content, letters)
    assert [found for _, found in question.proof] == ["'Acme Ltd'", "'Acme Limited'"]
    different = (liable, f'{liable}\nspelling = "letters"\ndifferent = [["Acme Ltd", "Acme Limited"]]')
    assert {line.consignor for line in lines(content, different)} == {"Acme Ltd", "Acme Limited"}


def test_everything_is_asked_at_once() -> None:
    content = file({"due": "03/04/26", "worth": "1.234", "from": "Kea"}, {"from": "KEA", "due": "05/06/26"})
    keys = {question.key for question in asked(content, NO_ZONE)}
    assert {"dates.zone", "dates.promised.order", "dates.promised.two_digit_years", "numbers.decimal"} < keys
    assert len(keys) == 5


def test_lines_that_the_map_leaves_out_leave_nothing_open() -> None:
    out = ("[line]", '[[leave_out]]\ncolumn = "to"\nvalues = ["nobody"]\n[line]')
    made = plan(file({}, {"due": "03/04/2026", "to": "nobody"}), out)
    assert [line.line for line in made.lines] == [2]
    assert [(one.line, one.text) for one in made.left_out] == [(3, "nobody")]
