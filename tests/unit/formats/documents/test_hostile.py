"""Documents of somebody who means harm, or whose meaning is not the same to everybody: refused in words, and soon."""

import time

import pytest

from ledger.errors import LadingError, MalformedRecord
from ledger.formats.documents.advice import whole
from ledger.formats.documents.desadv import read_desadv
from ledger.formats.documents.despatch_advice import read_despatch_advice
from ledger.formats.documents.reading import read_advice
from ledger.formats.documents.ship_notice import read_ship_notice
from tests.unit.formats.documents.samples import DESADV, DESPATCH_ADVICE, SHIP_NOTICE, SUPPLIER

SOON = 10
"""Seconds, on a machine that does other things beside; in minutes what grows with the square of its size is found."""
LARGE = 512 * 1024


def x12(*segments: str) -> bytes:
    """The sample notice with further segments behind `BSN`, its count made right again."""
    text = SHIP_NOTICE.decode().replace("DTM*011", "".join(f"{one}~\n" for one in segments) + "DTM*011", 1)
    return text.replace("SE*22", f"SE*{22 + len(segments)}").encode()


def edifact(*segments: str, before: str = "CPS+1'") -> bytes:
    """The sample message with further segments before one of its own."""
    text = DESADV.decode("latin-1").replace(before, "".join(f"{one}'" for one in segments) + before, 1)
    return text.replace("UNT+21", f"UNT+{21 + len(segments)}").encode("latin-1")


@pytest.mark.parametrize(
    "text", ["-1", "0.5", "1e3", "1_000", "NaN", "Infinity", "٣", "", " ", "1,5", "0x10", "9" * 30]
)
def test_a_quantity_is_digits_and_nothing_cleverer(text: str) -> None:
    with pytest.raises(MalformedRecord, match="whole quantity"):
        whole(text, "here")
    assert [whole(one, "here") for one in ("0", "240", "240.", " 240.000 ", "+7")] == [0, 240, 240, 240, 7]


@pytest.mark.parametrize(
    "data",
    [
        b"<a>" * 200_000,
        DESPATCH_ADVICE.replace(b"<cbc:ID>10</cbc:ID>", b"<cac:Item>" * 50_000),
        DESPATCH_ADVICE.replace(b"<cbc:ID>10</cbc:ID>", b"<cbc:Note/>" * 40_000),
        DESPATCH_ADVICE.replace(b"<cbc:ID>10</cbc:ID>", b"<cbc:ID>10</cbc:ID>" * 25_000),
        DESPATCH_ADVICE.replace(b"Infant", b"x" * LARGE + b"<"),
        SHIP_NOTICE.replace(b"HL*1**S~", b"HL*1**S~" * 60_000),
        SHIP_NOTICE.replace(b"Infant formula", b"*" * LARGE),
        DESADV.replace(b"CPS+1'", b"CPS+1'" * 80_000),
        DESADV.replace(b"Infant formula", b"+" * LARGE),
        DESADV.replace(b"Infant formula", b":" * LARGE),
        DESADV.replace(b"Infant formula", b"?" * LARGE),
        b"UNA:+.? 'UNB+UNOC:3+" + b"?'" * (LARGE // 2),
        b"ISA" + b"*" * LARGE,
    ],
    ids=[
        "deep",
        "deep inside",
        "empty",
        "again",
        "long text",
        "levels",
        "elements of X12",
        "packing sequences",
        "elements",
        "components",
        "releases",
        "released ends",
        "a header",
    ],
)
def test_what_is_large_is_refused_soon(data: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(LadingError):
        read_advice(data)
    assert time.monotonic() - began < SOON


def test_text_is_all_that_an_element_of_text_has() -> None:
    with pytest.raises(MalformedRecord, match="text alone"):
        read_despatch_advice(DESPATCH_ADVICE.replace(b"DA-1001", b"DA<cbc:Note>-</cbc:Note>1001"))
    with pytest.raises(MalformedRecord):
        read_despatch_advice(DESPATCH_ADVICE.replace(b"UTF-8", b"UTF-7"))
    found = read_despatch_advice(DESPATCH_ADVICE.replace(b"DA-1001", b"DA<!-- 9 -->-<![CDATA[1001]]>"))
    assert found.number == "DA-1001"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (x12("DTM*017*20261128"), "told twice"),
        (x12(f"N1*ST*Other*UL*{SUPPLIER}"), "told twice"),
        (
            SHIP_NOTICE.replace(b"SN1*1*240*EA~", b"SN1*1*240*EA~\nSN1*1*24*EA~").replace(b"SE*22", b"SE*23"),
            "told twice",
        ),
        (SHIP_NOTICE.replace(b"*LT*L2601", b"*LT*L2601*LT*L2602"), "told twice"),
        (SHIP_NOTICE.replace(b"GE*1*9", b"GE*2*9"), "group is cut"),
        (SHIP_NOTICE.replace(b"GE*1*9", b"GE*1*8"), "group is cut"),
        (SHIP_NOTICE.replace(b"IEA*1*", b"IEA*2*"), "group is cut"),
        (SHIP_NOTICE.replace(b"SE*22*0001", b"SE*22*0002"), "set is cut"),
        (SHIP_NOTICE.replace(b"~", b"*"), "fixed widths"),
        (SHIP_NOTICE.replace(b"SN1*1*240", b"SN1*1*-240"), "whole quantity"),
    ],
)
def test_an_x12_notice_says_one_thing(data: bytes, what: str) -> None:
    with pytest.raises(MalformedRecord, match=what):
        read_ship_notice(data)


def test_an_x12_notice_may_choose_its_separators() -> None:
    odd = SHIP_NOTICE.replace(b"~\n", b"\x1c").replace(b"*", b"\x1d")
    assert read_ship_notice(odd) == read_ship_notice(SHIP_NOTICE)
    two = SHIP_NOTICE.split(b"GE*1*9")[0].split(b"ST*856", 1)[1]
    twice = SHIP_NOTICE.replace(b"GE*1*9", b"ST*856" + two + b"GE*2*9")
    with pytest.raises(MalformedRecord, match="not one transaction set"):
        read_ship_notice(twice)


def test_a_pallet_s_number_is_no_sscc_and_a_code_without_a_check_digit_no_gtin() -> None:
    assert read_ship_notice(SHIP_NOTICE.replace(b"MAN*GM*", b"MAN*W*")).units == ()
    assert read_ship_notice(SHIP_NOTICE.replace(b"LIN*1*UK*", b"LIN*1*UI*")).lines[0].gtin == ""
    both = read_ship_notice(x12("TD1*PLT94*2").replace(b"TD1*PLT94*2~\n", b"").replace(b"SE*23", b"SE*22"))
    assert both.packages == 20
    several = SHIP_NOTICE.replace(b"TD1*CTN25*20~", b"TD1*CTN25*20~\nTD1*PLT94*2~").replace(b"SE*22", b"SE*23")
    assert read_ship_notice(several).packages == 0, "of pallets and cartons nobody says which are the packages"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (edifact("DTM+17:20261128:102"), "told twice"),
        (edifact(f"NAD+DP+{SUPPLIER}::9"), "told twice"),
        (edifact("BGM+351+DES-8+9"), "told twice"),
        (edifact("QTY+12:24:PCE", before="QTY+12"), "told twice"),
        (edifact("PIA+1+L9:NB", before="PIA+1"), "told twice"),
        (DESADV.replace(b"BGM+351+DES-9+9", b"BGM+351+DES-9+2"), "cancels or changes"),
        (DESADV.replace(b"BGM+351+DES-9+9", b"BGM+351+DES-9+17"), "cancels or changes"),
        (DESADV.replace(b"UNT+21+1", b"UNT+21+2"), "message is cut"),
        (DESADV.replace(b"UNZ+1+77", b"UNZ+2+77"), "interchange is cut"),
        (DESADV.replace(b"UNZ+1+77", b"UNZ+1+78"), "interchange is cut"),
        (DESADV + DESADV.removeprefix(b"UNA:+.? '"), "several interchanges"),
        (DESADV + DESADV.removeprefix(b"UNA:+.? '").replace(b"DESADV", b"ORDERS"), "several interchanges"),
        (DESADV + DESADV[9:].replace(b"DESADV", b"ORDERS").replace(b"UNZ+1", b"UNZ+2"), "several interchanges"),
        (DESADV.replace(b"UNOC:3", b"UNOX:3"), "character set"),
        (DESADV.replace(b"UNOC:3", b"UNOY:4").replace(b"Kea", b"K\xe9a"), "UNOY does not have"),
        (DESADV.replace(b"QTY+12:240", b"QTY+12:-240"), "whole quantity"),
        (DESADV.replace(b"QTY+12:240", b"QTY+12:2,5"), "whole quantity"),
    ],
)
def test_a_desadv_says_one_thing(data: bytes, what: str) -> None:
    with pytest.raises(MalformedRecord, match=what):
        read_desadv(data)


@pytest.mark.parametrize(
    ("name", "encoding", "text"),
    [
        ("UNOC:3", "latin-1", "Ké"), ("UNOD:3", "iso8859-2", "Łódź"), ("UNOE:3", "iso8859-5", "Киев"),
        ("UNOF:3", "iso8859-7", "Γάλα"), ("UNOK:3", "iso8859-9", "Şeker"), ("UNOY:4", "utf-8", "牛奶"),
        ("UNOW:4", "utf-8", "Łódź"), ("UNOA:2", "latin-1", "KEA"),
    ],
)  # fmt: skip
def test_names_come_in_the_character_set_of_the_header(name: str, encoding: str, text: str) -> None:
    data = DESADV.decode("latin-1").replace("UNOC:3", name).replace("Kea Dairy", text).encode(encoding)
    assert read_desadv(data).supplier.name == text


def test_a_desadv_may_choose_its_separators_and_release_them() -> None:
    named = read_desadv(DESADV.replace(b"Kea Dairy", b"Kea ?+ ?: ?' ?? Dairy")).supplier.name
    assert named == "Kea + : ' ? Dairy"
    odd = DESADV.replace(b"UNA:+.? '", b"UNA|*.! ~").replace(b"?,", b"!,")
    odd = odd[:9] + odd[9:].replace(b":", b"|").replace(b"+", b"*").replace(b"'", b"~")
    assert read_desadv(odd) == read_desadv(DESADV)
    assert read_desadv(DESADV.replace(b"UNA:+.? '", b"")) == read_desadv(DESADV)
    assert read_desadv(DESADV.replace(b"'", b"'\r\n")) == read_desadv(DESADV)
    assert read_desadv(DESADV.replace(b"QTY+12:240", b"QTY+12:240,0")).lines[0].quantity == 240


def test_a_reference_s_date_is_no_despatch_and_a_line_s_no_promise() -> None:
    assert read_desadv(DESADV.replace(b"DTM+11:", b"DTM+171:")).despatched is None
    assert read_desadv(edifact("DTM+17:20301231:102", before="QTY+12")) == read_desadv(DESADV)
    assert read_desadv(edifact("PAC+2++201", before="CPS+2")).packages == 0


def test_what_is_cut_anywhere_is_refused() -> None:
    for data, separator in ((SHIP_NOTICE, b"~\n"), (DESADV, b"'")):
        segments = data.split(separator)
        for gone in range(1, len(segments) - 1):
            with pytest.raises(MalformedRecord):
                read_advice(separator.join(segments[:gone] + segments[gone + 1 :]))
