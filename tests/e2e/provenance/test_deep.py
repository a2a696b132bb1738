"""Goods made twice over, of a split that says what is in its children: one consortium for all of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.cli.demo.cast import GTIN
from ledger.cli.demo.scribe import NO_HASH, details
from ledger.codes import Hazard, Purpose, RecallAction, SplitReason
from ledger.common.gs1 import Product
from ledger.common.ids import to_hex
from ledger.products.recall_tracing import Way
from ledger.provenance.contents import Contents
from ledger.provenance.graph import Graph
from ledger.records.shipment_ids import child_id
from ledger.records.types import Child, Recall, ShipmentRef, Split
from ledger.services.products.provenance import GoodsAsked
from ledger.services.products.provenance_views import BalanceView, ProvenanceView
from ledger.services.products.shown_graph import Reach, read_graph
from ledger.services.views.records import PUBLIC, Reader
from ledger.store.projections import shipments
from tests.e2e.provenance.kitchen import AUDITOR, BLEND, SUGAR, goods, lost, opened, reader
from tests.e2e.stage import AUTHORITY, CARRIER, MAKER, SHOP, WAREHOUSE, Stage, staged

TIN, MADE_LOT, TIN_LOT = "09506000134376", "L-BLEND", "L-TIN"


@dataclass(frozen=True)
class Packery:
    """Two lots of powder come in one shipment and are split by lot, of one of which ten kilograms are then not named.
    The other is blended with sugar; the blend goes on in two halves under terms that name nothing, which are merged and
    packed into tins.
    """

    stage: Stage
    powder: bytes
    first: bytes
    second: bytes
    sugar: bytes
    blend: bytes
    halves: tuple[bytes, bytes]
    merged: bytes
    tins: bytes

    @property
    def blend_inputs(self) -> list[bytes]:
        return sorted([self.first, self.sugar])

    def trace(self, subject: str, who: Reader = AUDITOR, *ways: Way) -> ProvenanceView:
        return self.stage.node.reader.provenance.trace(GoodsAsked(subject, "", ways), who)[0]  # type: ignore[no-any-return]


def own(stage: Stage, contents: tuple[str, str, int] | None, *parents: bytes, **more: object) -> bytes:
    """Terms of the warehouse over what it has."""
    refs = tuple(ShipmentRef(parent, 0) for parent in sorted(parents))
    fields = {"consignor": WAREHOUSE, "consignee": SHOP, "parents": refs} | more
    if contents is None:
        return stage.open(**{"liable": CARRIER, "lot": "", "endorsed": False} | fields)  # type: ignore[arg-type]
    return opened(stage, goods(*contents), **fields)  # type: ignore[arg-type]


def pack(stage: Stage) -> Packery:
    powder = opened(stage, goods(GTIN, "L-A", 600), 12)
    sugar = opened(stage, goods(SUGAR, "L-S", 200), 2)
    for shipment, packages in ((powder, 12), (sugar, 2)):
        stage.hand(MAKER, WAREHOUSE, (shipment, 0, packages))
    named = ((goods(GTIN, "L-A", 300),), (goods(GTIN, "L-A", 290),))
    children = tuple(Child(6, one) for one in named)
    stage.sign(Split(WAREHOUSE, powder, 1, children, int(SplitReason.PARCELS), stage.now, details()), WAREHOUSE)
    first, second = (child_id(powder, 1, i) for i in range(2))
    parents = tuple(ShipmentRef(*ref) for ref in sorted([(first, 0), (sugar, 1)]))
    fields = {"consignor": WAREHOUSE, "consignee": SHOP, "purpose": Purpose.TRANSFORMATION}
    blend = opened(stage, goods(BLEND, MADE_LOT, 490), parents=parents, note=lost(10), **fields)
    halves = stage.split(WAREHOUSE, blend, 0, 5, 5)
    merged = own(stage, (BLEND, MADE_LOT, 490), *halves, purpose=Purpose.MERGE)
    tins = own(stage, (TIN, TIN_LOT, 490), merged, purpose=Purpose.TRANSFORMATION)
    stage.node.settle()
    return Packery(stage, powder, first, second, sugar, blend, (halves[0], halves[1]), merged, tins)


@pytest.fixture(scope="module")
def packery(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packery]:
    with staged(founded, tmp_path_factory.mktemp("packery") / "home") as stage:
        yield pack(stage)


def read_graph_within(packery: Packery, shipment: bytes) -> Graph:
    reader = packery.stage.node.reader
    with packery.stage.node.home.database.read() as connection:
        return read_graph(connection, reader.views, [shipment], AUDITOR, Reach(1, 100)).graph()


def splits(view: ProvenanceView) -> list[BalanceView]:
    return [one for one in view.balances if one.made == "split"]


def test_a_trace_goes_through_two_transformations_and_all_between(packery: Packery) -> None:
    told = packery.trace(to_hex(packery.tins))
    shares = {node.shipment: node.share.exact for node in told.shipments}
    assert shares == {
        to_hex(packery.tins): "1",
        to_hex(packery.merged): "1",
        to_hex(packery.halves[0]): "1/2",
        to_hex(packery.halves[1]): "1/2",
        to_hex(packery.blend): "1",
        to_hex(packery.sugar): "2/5",
        to_hex(packery.first): "3/5",
        to_hex(packery.powder): "3/5",
    }
    down = packery.trace(to_hex(packery.sugar), AUDITOR, Way.DOWN)
    assert next(node for node in down.shipments if node.shipment == to_hex(packery.tins)).share.exact == "2/5"
    made = [one for one in told.balances if one.made == "transformation"]
    assert [one.verdict for one in made] == ["even", "even"]


def test_a_split_is_judged_only_where_all_of_it_is_told(packery: Packery) -> None:
    (whole,) = [
        one for one in splits(packery.trace(to_hex(packery.powder))) if one.parents == (to_hex(packery.powder),)
    ]
    assert (whole.verdict, whole.sums[0].difference) == ("gap", "10000")
    for part in (packery.first, packery.second, packery.tins):
        told = packery.trace(to_hex(part))
        assert to_hex(packery.powder) in {node.shipment for node in told.shipments}
        assert to_hex(packery.powder) not in {parent for one in splits(told) for parent in one.parents}


def test_what_is_too_far_up_is_not_guessed(packery: Packery) -> None:
    """Of halves nobody says what is in them: that is told by the blend, a step further up than is read here."""
    half = to_hex(packery.halves[0])
    provenance = packery.stage.node.reader.provenance

    def told(most: int) -> tuple[object, bool]:
        asked = GoodsAsked(to_hex(packery.merged), "", (Way.UP,), most)
        node = next(one for one in provenance.trace(asked, AUDITOR)[0].shipments if one.shipment == half)
        return node.goods, node.closed

    assert told(100) == told(0)
    assert told(0)[1] is False
    graph = read_graph_within(packery, packery.merged)
    assert graph.inside(packery.halves[0]) == Contents(closed=True)


def test_a_product_tells_all_that_it_was_made_of_by_how_it_was_made(packery: Packery) -> None:
    provenance = packery.stage.node.reader.provenance
    told, opened_parts = provenance.made_of(Product(TIN, TIN_LOT), reader(WAREHOUSE))
    made = told.made
    assert ([one.shipment for one in made], told.more) == ([to_hex(packery.tins), to_hex(packery.blend)], False)
    assert [[each.shipment for each in one.inputs] for one in made] == [
        [to_hex(packery.merged)],
        [to_hex(name) for name in sorted([packery.first, packery.sugar])],
    ]
    shares = {each.shipment: each.share.exact for one in made for each in one.inputs}
    assert (shares[to_hex(packery.sugar)], shares[to_hex(packery.first)]) == ("2/5", "3/5")
    assert opened_parts
    public, nothing = provenance.made_of(Product(TIN, TIN_LOT), PUBLIC)
    assert [one.shipment for one in public.made] == [one.shipment for one in made]
    assert all(each.goods in (None, ()) for one in public.made for each in one.inputs)
    assert nothing == {}


def test_what_made_goods_is_found_among_many_that_carry_them(packery: Packery) -> None:
    with packery.stage.node.home.database.read() as connection:
        carriers = shipments.shipments_with(connection, BLEND, MADE_LOT, limit=9)
        (made,) = shipments.made_with(connection, BLEND, MADE_LOT, limit=1)
    assert (len(carriers), made.shipment) == (2, packery.blend)


def test_each_party_follows_goods_as_far_as_it_may_read(packery: Packery) -> None:
    shop = packery.trace(to_hex(packery.tins), reader(SHOP))
    seen = {node.shipment for node in shop.shipments}
    assert shop.limited
    assert seen == {to_hex(one) for one in (packery.tins, packery.merged, *packery.halves, packery.blend)}
    assert "L-A" not in repr(shop)
    inputs = tuple(map(to_hex, packery.blend_inputs))
    assert {one.verdict for one in shop.balances if one.parents == inputs} == {"unknown"}
    maker = packery.trace(to_hex(packery.powder), reader(MAKER))
    assert {node.shipment for node in maker.shipments} == {
        to_hex(one) for one in (packery.powder, packery.first, packery.second)
    }
    assert MADE_LOT not in repr(maker)


def test_a_recall_of_an_input_reaches_what_was_made_of_it_twice_over(packery: Packery) -> None:
    stage, recalls = packery.stage, packery.stage.node.reader.recalls
    subject = f"01/{SUGAR}/10/L-S"
    record = Recall(
        AUTHORITY, subject, "", Hazard.BIOLOGICAL, RecallAction.STOP_SALE, "", NO_HASH, stage.now, details()
    )
    record_id = stage.sign(record, AUTHORITY)
    stage.node.settle()
    certainty = {one.shipment: one.certainty for one in recalls.recall(record_id, reader(AUTHORITY)).trace.shipments}
    made = (packery.blend, *packery.halves, packery.merged, packery.tins)
    assert certainty == {to_hex(packery.sugar): "named"} | {to_hex(one): "made_of" for one in made}
    (told,) = recalls.of_shipment(packery.tins, reader(SHOP), concerned=True)
    assert told.id == to_hex(record_id)
