"""The inventory snapshot: EPCIS 2.0 by GS1's schema, named by its hash, with what is on hand and nothing else."""

from fractions import Fraction

from ledger.formats.epcis import json_text
from ledger.formats.epcis.document import events_of
from ledger.formats.epcis.event_hash import hash_id
from ledger.formats.epcis.identity import Naming
from ledger.formats.epcis.inventory import Taken, inventory_document
from ledger.records.types import Goods, Place
from ledger.services.epcis.schema import own_validator
from ledger.shipments.history import Journeys
from ledger.stock.expiry import Expiries
from ledger.stock.holdings import stock_at
from ledger.stock.totals import totals
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SHOP, History

GTIN = "09506000134352"
NAMING = Naming("https://lading.example", lambda partner: "9506000134369" if partner == MAKER else "")
SHED, YARD = Place(SALT, "DE", "DEHAM", "9506000134376", ""), Place(SALT, "DE", "", "", "")


def goods(quantity: int, lot: str, unit: str = "H87", gtin: str = GTIN) -> Goods:
    return Goods(SALT, gtin, lot, bytes(32), quantity, unit, "", "")


def test_it_is_epcis_and_says_what_is_on_hand() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, origin=SHED, contents=[goods(5, "A/1"), goods(7, "A/1", "KGM")])
    history.terms(known=DAY, holder=MAKER, origin=YARD, contents=[goods(2, ""), goods(3, "", gtin="")])
    history.terms(known=DAY, holder=CARRIER, contents=[goods(9, "UNDER WAY")])
    history.terms(known=DAY, holder=MAKER, origin=Place(SALT, "FR", "", "", ""), contents=[goods(3, "", gtin="")])
    history.short(one, MAKER, SHOP, 2 * DAY, 7, place=YARD)
    journeys = Journeys(history.records)
    rows = totals(stock_at(journeys, 3 * DAY, {MAKER, SHOP}.__contains__), 3 * DAY, Expiries(journeys))
    document = inventory_document(rows, Taken(3 * DAY, 4 * DAY, 6), NAMING)
    assert own_validator().problems(json_text.parse(json_text.dump(document).encode(), most=1 << 20)) == []
    told = {}
    for event in events_of(document):
        members = event.members
        assert members["eventID"] == hash_id(members, event.declared)
        assert (members["action"], members["bizStep"]) == ("OBSERVE", "stock_taking")
        assert members["eventTime"] == "1970-01-04T00:00:00Z"
        assert members["lading:logSize"] == 6
        place = members["bizLocation"]["id"]
        assert members["readPoint"] == {"id": place}
        told[members["lading:holder"], place] = {
            (entry["epcClass"], entry.get("uom", "")): Fraction(str(entry["quantity"]))
            for entry in members["quantityList"]
        }
        assert members["lading:exact"] == (
            place == "https://lading.example/loc/DE" and "417" in members["lading:holder"]
        )
    cls, lot = f"https://id.gs1.org/01/{GTIN}", f"https://id.gs1.org/01/{GTIN}/10/A%2F1"
    assert told == {
        ("https://id.gs1.org/417/9506000134369", "https://lading.example/loc/DE"): {(cls, ""): 2},
        ("https://lading.example/partners/5", "https://lading.example/loc/DE"): {
            (lot, ""): Fraction("3.5"), (lot, "KGM"): Fraction("4.9"),
        },
    }  # fmt: skip


def test_units_are_told_by_their_codes() -> None:
    history = History()
    for i, unit in enumerate(("kg", "g", "l", "KGM", "kilogram")):
        lot = "B" if unit == "kilogram" else "A"
        history.terms(known=DAY, holder=MAKER, origin=YARD, contents=[goods(i + 1, lot, unit)])
    journeys = Journeys(history.records)
    rows = totals(stock_at(journeys, 3 * DAY, {MAKER}.__contains__), 3 * DAY, Expiries(journeys))
    document = inventory_document(rows, Taken(3 * DAY, 4 * DAY, 6), NAMING)
    assert own_validator().problems(json_text.parse(json_text.dump(document).encode(), most=1 << 20)) == []
    (event,) = events_of(document)
    *told, unspecified = event.members["quantityList"]
    assert {entry["uom"]: entry["quantity"] for entry in told} == {"KGM": 5, "GRM": 2, "LTR": 3}
    assert unspecified == {"epcClass": f"https://id.gs1.org/01/{GTIN}/10/B"}, "five items it would be, and is not"


def test_without_stock_it_is_an_empty_document() -> None:
    document = inventory_document([], Taken(DAY, DAY, 0), NAMING)
    assert document["epcisBody"] == {"eventList": []}
    assert own_validator().problems(document) == []
