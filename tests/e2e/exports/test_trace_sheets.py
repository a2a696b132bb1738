"""The workbook of a trace: every row rests on a record and its proof, and nobody reads in it what is not for him."""

from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from ledger import merkle
from ledger.bundle.format import parse_bundle, parse_trust
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.verify import verify_bundle
from ledger.cli.demo.cast import GTIN
from ledger.cli.main import app
from ledger.codes import ExceptionBit, Purpose
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import LadingError, MalformedRecord, NotFound, NotPermitted, RuleBroken
from ledger.formats.food_traceability.elements import NOT_RECORDED, NOT_YET, PRIVATE
from ledger.products.recall_tracing import Way
from ledger.records.types import ShipmentRef
from ledger.services.exports.bundle import Exporter
from ledger.services.exports.trace_sheet import SheetQuery, TraceSheet, make_sheet
from ledger.services.views.lists.shipment_list import ShipmentQuery
from ledger.services.views.records import PUBLIC, Reader
from ledger.store import records
from ledger.store.projections import shipments
from tests.e2e.stage import AUTHORITY, CARRIER, MAKER, SHOP, SHORT, WAREHOUSE, Stage, remainder
from tests.e2e.wandering import Wandering
from tests.unit.api.pages.node import in_the_page

AUDITOR = Reader(auditor=True)
LOT, MADE = "L-RAW", "L-MADE"
SUBJECT = f"01/{GTIN}/10/{LOT}"
EVENTS = ("Initial packing", "Shipping", "Receiving", "Transformation", "Other custody events")


@dataclass(frozen=True)
class Kitchen:
    """Twenty packages went to a warehouse, which took eighteen; these were split, and one half was made into a new lot
    that the shop has.
    """

    stage: Stage
    raw: bytes
    missing: bytes
    kept: bytes
    used: bytes
    made: bytes

    def sheet(self, subject: str = SUBJECT, reader: Reader = AUDITOR, ways: tuple[Way, ...] = ()) -> TraceSheet:
        return make_sheet(self.stage.node.reader, SheetQuery(subject, "", ways), reader)


@pytest.fixture
def kitchen(stage: Stage) -> Kitchen:
    raw = stage.open(20, consignee=WAREHOUSE, lot=LOT, endorsed=False)
    stage.hand(MAKER, CARRIER, (raw, 0, 20))
    stage.hand(CARRIER, WAREHOUSE, (raw, 1, 18, SHORT))
    kept, used = stage.split(WAREHOUSE, raw, 2, 9, 9)
    made = stage.open(
        5,
        consignor=WAREHOUSE,
        parents=(ShipmentRef(used, 0),),
        purpose=Purpose.TRANSFORMATION,
        lot=MADE,
        endorsed=False,
    )
    stage.hand(WAREHOUSE, CARRIER, (made, 0, 5))
    stage.hand(CARRIER, SHOP, (made, 1, 5, ExceptionBit.DAMAGED))
    stage.node.settle()
    return Kitchen(stage, raw, remainder(raw, 1), kept, used, made)


def sheets(data: bytes) -> dict[str, list[dict[str, Any]]]:
    """The rows of each sheet by heading."""
    result = {}
    for sheet in load_workbook(BytesIO(data), read_only=True).worksheets:
        rows = list(sheet.iter_rows(values_only=True))
        if sheet.title != "About":
            result[sheet.title] = [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]]
    return result


def about(data: bytes) -> dict[str, Any]:
    rows = load_workbook(BytesIO(data), read_only=True)["About"].iter_rows(values_only=True)
    return {str(row[0]): row[1] for row in rows}


def text_of_trust(kitchen: Kitchen) -> str:
    return canonical_json(kitchen.stage.node.home.consortium.trust_file()).decode()


def test_each_event_has_its_sheet_and_its_key_data_elements(kitchen: Kitchen) -> None:
    made = sheets(kitchen.sheet().data)
    (packed,) = made["Initial packing"]
    assert packed["Traceability lot code"] == LOT
    assert packed["GTIN"] == GTIN
    assert packed["Packages"] == 20
    assert packed["First recorded at: UN/LOCODE"] == "NZAKL"
    assert packed["Date of initial packing"] == packed["Harvest: date, place, business"] == NOT_RECORDED
    assert (packed["Reference document type"], packed["Reference document number"]) == ("Order", "PO-1")
    first, second = made["Shipping"]
    carrier = kitchen.stage.node.reader.views.names([CARRIER])[CARRIER].name
    assert (first["Packages"], first["Handed to"].startswith(carrier)) == (20, True)
    assert first["Immediate subsequent recipient"] == made["Receiving"][0]["Received by"]
    assert first["Recipient known from"].startswith("received: record 0x")
    assert second["Traceability lot code"] == MADE
    short, damaged = made["Receiving"]
    assert (short["Packages"], short["Noted by the receiver"]) == (18, "short")
    assert short["Quantity"] == NOT_RECORDED  # nobody signed how much of the lot the missing packages held
    assert short["Immediate previous source"] == first["Shipped by"]
    assert (damaged["Packages"], damaged["Noted by the receiver"]) == (5, "damaged")
    assert damaged["Quantity"] != NOT_RECORDED
    used, produced = made["Transformation"]
    assert (used["Food used or produced"], produced["Food used or produced"]) == ("used", "produced")
    assert (used["Traceability lot code"], produced["Traceability lot code"]) == (LOT, MADE)
    assert used["Shipment"] == produced["Shipment"] == to_hex(kitchen.made)
    assert [row["Event"] for row in made["Other custody events"]] == ["split", "continued"]
    assert {row["Shipment"] for row in made["Shipments"]} == {
        to_hex(one) for one in (kitchen.raw, kitchen.missing, kitchen.kept, kitchen.used, kitchen.made)
    }


def test_the_previous_source_is_who_had_the_goods_and_not_who_wrote_the_terms(stage: Stage) -> None:
    """The shop sends on what the carrier still holds: it never had the goods, and the maker sent them."""
    first = stage.open(6, lot=LOT, endorsed=False)
    stage.hand(MAKER, CARRIER, (first, 0, 6))
    onward = stage.open(
        6, consignor=SHOP, consignee=WAREHOUSE, holder=CARRIER, parents=(ShipmentRef(first, 1),),
        purpose=Purpose.ONWARD, lot=LOT, endorsed=False,
    )  # fmt: skip
    stage.hand(CARRIER, WAREHOUSE, (onward, 0, 6))
    made = sheets(make_sheet(stage.node.reader, SheetQuery(SUBJECT), AUDITOR).data)
    (received,) = made["Receiving"]
    assert received["Shipment"] == to_hex(onward)
    assert received["Immediate previous source"] == made["Shipping"][0]["Shipped by"]
    assert received["Source known from"] == f"first recorded by {to_hex(first)}"
    assert [row["Event"] for row in made["Other custody events"]] == ["continued", "opened"]


def test_a_lot_is_traced_to_where_it_was_first_recorded(kitchen: Kitchen) -> None:
    made = sheets(kitchen.sheet().data)
    sources = {row["Traceability lot code"]: row["Source known from"] for row in made["Shipping"]}
    assert sources == {
        LOT: f"first recorded by {to_hex(kitchen.raw)}",
        MADE: f"first recorded by {to_hex(kitchen.made)}",
    }
    assert made["Transformation"][0]["Source known from"].endswith(to_hex(kitchen.raw))


def test_every_row_is_proved_by_its_leaf(kitchen: Kitchen) -> None:
    data = kitchen.sheet().data
    told = about(data)
    root, size = bytes_from_hex(told["Root"], 32, "root"), told["Log size"]
    count = 0
    for name in EVENTS:
        for row in sheets(data)[name]:
            path = [bytes_from_hex(part, 32, "proof") for part in row["Inclusion proof"].split()]
            leaf = bytes_from_hex(row["Leaf hash"], 32, "leaf")
            merkle.verify_inclusion(leaf, row["Leaf index"], size, path, root)
            view = kitchen.stage.node.reader.views.record(RecordId(bytes_from_hex(row["Record id"], 32, "id")), AUDITOR)
            assert (view.type, view.log.index, view.log.leaf_hash) == (
                row["Record type"], row["Leaf index"], row["Leaf hash"],
            )  # fmt: skip
            assert view.log.receipt is not None
            assert view.log.receipt.signature == row["Receipt"]
            assert row["Signed by"].split("; ") == [f"{one.name} ({one.id})" for one in view.signers]
            count += 1
    assert count == 9


def test_what_is_not_published_yet_says_so(stage: Stage) -> None:
    shipment = stage.open(4, lot=LOT, endorsed=False)
    (row,) = sheets(make_sheet(stage.node.reader, SheetQuery(to_hex(shipment)), AUDITOR).data)["Initial packing"]
    assert row["Inclusion proof"] == row["Log size"] == NOT_YET
    assert row["Receipt"].startswith("0x")


def test_the_same_trace_gives_the_same_bytes(kitchen: Kitchen) -> None:
    assert kitchen.sheet().data == kitchen.sheet().data


def test_whoever_may_not_see_it_is_told_that_it_is_private(kitchen: Kitchen) -> None:
    """An authority learns where the goods were, and opens no party's terms."""
    made = sheets(kitchen.sheet(reader=Reader(AUTHORITY, key=b"k" * 20)).data)
    (packed,) = made["Initial packing"]
    assert packed["Traceability lot code"] == LOT  # the trace itself says that the goods are in it
    assert packed["Quantity"] == packed["First recorded at: GLN"] == PRIVATE
    assert packed["Reference document type"] == "Ledger record"
    produced = made["Transformation"][1]
    assert produced["Traceability lot code"] == PRIVATE
    text = repr(made)
    assert "PO-1" not in text
    assert MADE not in text
    assert "NZAKL" not in text
    assert kitchen.sheet(reader=Reader(AUTHORITY, key=b"k" * 20)).opened == {}


def test_a_brand_learns_what_became_of_its_goods_and_others_nothing(kitchen: Kitchen) -> None:
    told = about(kitchen.sheet(reader=Reader(MAKER, key=b"m" * 20)).data)
    assert told["Traced"] == "down (the other way is not told to this reader)"
    for reader in (PUBLIC, Reader(SHOP, key=b"s" * 20)):
        with pytest.raises(NotPermitted):
            kitchen.sheet(reader=reader)
    with pytest.raises(NotPermitted):
        kitchen.sheet(reader=Reader(MAKER, key=b"m" * 20), ways=(Way.UP,))
    with pytest.raises(NotFound):
        kitchen.sheet(to_hex(b"\x07" * 32))
    with pytest.raises(NotFound, match="known to carry"):
        kitchen.sheet(f"01/{GTIN}/10/NONE")
    with pytest.raises(MalformedRecord):
        kitchen.sheet("no path")
    with pytest.raises(RuleBroken, match="too many shipments"):
        make_sheet(kitchen.stage.node.reader, SheetQuery(SUBJECT, most=4), AUDITOR)


def test_a_bundle_of_the_trace_holds_every_row_s_record(kitchen: Kitchen) -> None:
    made = kitchen.sheet()
    data = Exporter(kitchen.stage.node.reader).trace(made.traced)
    trust = parse_trust(canonical_json(kitchen.stage.node.home.consortium.trust_file()))
    steps = verify_bundle(data, trust)
    assert [step.name for step in steps if not step.ok] == []
    bundle = parse_bundle(data)
    leaves = {to_hex(record.leaf_hash) for record in bundle.records}
    assert all(row["Leaf hash"] in leaves for name in EVENTS for row in sheets(made.data)[name])
    assert bundle.figures == {"shipments": sorted(map(to_hex, made.traced)), "beyond": []}
    ((read,),) = in_the_page([{"files": [{"name": "trace", "text": data.decode()}], "trust": text_of_trust(kitchen)}])
    assert [step["name"] for step in read["steps"] if step["ok"] is not True] == ["figures"]  # left to `lading verify`
    assert read["steps"][-1]["ok"] is None
    fewer = Exporter(kitchen.stage.node.reader).trace([kitchen.raw])
    beyond = parse_bundle(fewer).figures["beyond"]
    assert beyond == sorted(map(to_hex, (kitchen.missing, kitchen.kept, kitchen.used)))
    forged = data.replace(b'"beyond":[]', b'"beyond":["' + to_hex(kitchen.made).encode() + b'"]')
    assert verify_bundle(forged, trust)[-1].name == "figures"
    swapped = data.replace(to_hex(made.traced[0]).encode() + b'",', to_hex(b"\x01" * 32).encode() + b'",', 1)
    assert not verify_bundle(swapped, trust)[-1].ok


def test_random_journeys_give_sheets_whose_bundles_hold(stage: Stage) -> None:
    """Every kind of step that goods can take: no row fails, and what is told of a shipment is told in its bundle."""
    wandering = Wandering(stage, 7, 60)
    walked = (wandering.granted, *wandering.journey.signed)
    taken = 0
    for signed in walked:
        with suppress(LadingError):
            stage.node.submission.submit(signed)
            taken += 1
    assert taken > len(walked) // 2
    stage.settle()
    stage.node.settle()
    reader, trust = stage.node.reader, parse_trust(canonical_json(stage.node.home.consortium.trust_file()))
    opened = stage.node.reader.lists.page(ShipmentQuery(), AUDITOR, 100).shipments
    assert len(opened) > 10
    for one in opened[::4]:
        made = make_sheet(reader, SheetQuery(one.id), AUDITOR)
        closed = make_sheet(reader, SheetQuery(one.id), Reader(AUTHORITY, key=b"k" * 20))
        assert closed.traced == made.traced
        for data in (made.data, closed.data):
            told = sheets(data)
            assert {row["Shipment"] for row in told["Shipments"]} == {to_hex(each) for each in made.traced}
            assert all(row["Record id"].startswith("0x") for name in EVENTS for row in told[name])
        steps = verify_bundle(Exporter(reader).trace(made.traced), trust)
        assert [(step.name, step.why) for step in steps if not step.ok] == []


def test_a_record_that_a_trace_leaves_out_convicts_the_log(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the receipt of a handoff of these shipments proves that it is missing; others were not due."""
    reader = kitchen.stage.node.reader
    trust = parse_trust(canonical_json(kitchen.stage.node.home.consortium.trust_file()))
    with reader.home.database.read() as connection:
        lines = shipments.steps_of_many(connection, [kitchen.raw, kitchen.made])
        own, others = (
            records.get(connection, next(step.record_id for step in lines[one] if step.kind == "handoff"))
            for one in (kitchen.raw, kitchen.made)
        )
    assert own is not None
    assert others is not None
    held = [
        HeldReceipt(row.signed, reader.keys.log.receipt(row.log_index, row.leaf_hash, row.log_time))
        for row in (own, others)
    ]
    assert verify_bundle(Exporter(reader).trace([kitchen.raw]), trust, held)[-1].ok
    closed = Exporter._closed
    monkeypatch.setattr(
        Exporter,
        "_closed",
        lambda self, state, rows: {i: row for i, row in closed(self, state, rows).items() if i != own.record_id},
    )
    lying = Exporter(reader).trace([kitchen.raw])
    assert all(step.ok for step in verify_bundle(lying, trust))
    assert verify_bundle(lying, trust, held[1:])[-1].ok
    last = verify_bundle(lying, trust, held)[-1]
    assert (last.name, last.ok) == ("receipts", False)
    assert "left out" in last.why


def test_the_command_writes_both_files_and_notes_what_was_opened(
    kitchen: Kitchen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LADING_HOME", str(kitchen.stage.node.home.settings.home))
    path = tmp_path / "trace.xlsx"
    result = CliRunner().invoke(app, ["trace", SUBJECT, "--sheet", str(path)])
    assert result.exit_code == 0, result.output
    assert path.read_bytes() == kitchen.sheet(ways=(Way.UP, Way.DOWN)).data
    assert parse_bundle(path.with_suffix(".bundle").read_bytes()).subject.startswith("trace/0x")
    assert "5 shipments" in result.output
    entries = kitchen.stage.node.reader.views.openings(kitchen.raw, AUDITOR)
    assert any(entry.right == "export" for entry in entries)
