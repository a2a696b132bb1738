"""A blend of two lots, made with a loss: traced both ways, recalled through its input, and read by right."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger.cli.demo.cast import GTIN
from ledger.cli.main import app
from ledger.codes import Purpose
from ledger.common.ids import to_hex
from ledger.errors import NotFound, NotPermitted, RuleBroken
from ledger.products.recall_tracing import Way
from ledger.provenance.gaps import Gap
from ledger.records.types import ShipmentRef
from ledger.services.views.records import PUBLIC
from tests.e2e.provenance.kitchen import (
    AUDITOR,
    BLEND,
    MADE_LOT,
    POWDER_LOT,
    SUGAR_LOT,
    Kitchen,
    blend,
    goods,
    opened,
    reader,
    recall,
)
from tests.e2e.stage import AUTHORITY, BROKER, MAKER, SECOND, SHOP, WAREHOUSE, Stage, staged


@pytest.fixture(scope="module")
def kitchen(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kitchen]:
    """To be read by several."""
    with staged(founded, tmp_path_factory.mktemp("kitchen") / "home") as stage:
        yield blend(stage)


@pytest.fixture
def changing(stage: Stage) -> Kitchen:
    """For one test, which goes on from there."""
    return blend(stage)


def test_a_trace_goes_through_a_transformation_both_ways_with_shares(kitchen: Kitchen) -> None:
    told = kitchen.trace(to_hex(kitchen.sold))
    by_id = {node.shipment: node for node in told.shipments}
    shares = {
        name: by_id[to_hex(getattr(kitchen, name))].share.exact for name in ("powder", "used", "sugar", "made", "sold")
    }
    assert shares == {"powder": "3/4", "used": "3/4", "sugar": "1/4", "made": "1", "sold": "1"}
    sold = by_id[to_hex(kitchen.sold)]
    assert [(one.gtin, one.lot, one.quantity, one.exact) for one in sold.goods or ()] == [
        (BLEND, MADE_LOT, "316", False)
    ]
    assert [(stop.partner.id, stop.packages) for stop in sold.stops] == [(SECOND, 4), (SHOP, 4)]
    assert sold.stops[-1].place is not None
    assert sold.stops[-1].place.locode == "NZAKL"
    (balance,) = [one for one in told.balances if one.made == "transformation"]
    (total,) = balance.sums
    assert (balance.verdict, total.went_in, total.came_out, total.lost) == ("even", "800000", "790000", "10000")
    assert balance.loss_reason == "dust in the mixer"


def test_downwards_a_lot_has_its_share_of_what_was_made(kitchen: Kitchen) -> None:
    told = kitchen.trace(f"01/{GTIN}/10/{POWDER_LOT}")
    shares = {node.shipment: (node.direction, node.share.exact) for node in told.shipments}
    assert shares[to_hex(kitchen.sold)] == ("down", "3/4")
    assert shares[to_hex(kitchen.powder)] == ("asked", "1")
    assert to_hex(kitchen.sugar) not in shares


def test_readers_get_what_they_may_read(kitchen: Kitchen) -> None:
    made = to_hex(kitchen.made)
    own = kitchen.trace(made, reader(WAREHOUSE))
    assert own.limited
    assert {node.shipment for node in own.shipments} > {to_hex(kitchen.powder), to_hex(kitchen.sugar), made}
    assert next(node for node in own.shipments if node.shipment == to_hex(kitchen.sugar)).share.exact == "1/4"
    shop = kitchen.trace(to_hex(kitchen.sold), reader(SHOP))
    seen = {node.shipment for node in shop.shipments}
    assert to_hex(kitchen.sold) in seen
    assert not seen & {to_hex(kitchen.powder), to_hex(kitchen.sugar), to_hex(kitchen.used)}
    assert POWDER_LOT not in repr(shop)
    assert SUGAR_LOT not in repr(shop)
    assert {one.verdict for one in shop.balances} <= {"unknown"}
    for who in (PUBLIC, reader(BROKER)):
        with pytest.raises(NotPermitted):
            kitchen.trace(made, who)
    # The brand learns where its goods went, and not what others made of them; nor what they came from.
    brand = kitchen.trace(f"01/{GTIN}/10/{POWDER_LOT}", reader(MAKER))
    assert not {node.shipment for node in brand.shipments} & {made, to_hex(kitchen.sold)}
    with pytest.raises(NotPermitted):
        kitchen.trace(f"01/{GTIN}/10/{POWDER_LOT}", reader(MAKER), Way.UP)
    # An authority sees where all of it is, and nothing of what it is no party to.
    authority = kitchen.trace(to_hex(kitchen.sold), reader(AUTHORITY))
    assert {node.share.basis for node in authority.shipments if node.direction == "up"} == {"unknown", "stated"}
    assert MADE_LOT not in repr(authority)


def test_limits_and_wrong_questions(kitchen: Kitchen) -> None:
    with pytest.raises(RuleBroken, match="too many"):
        kitchen.trace(to_hex(kitchen.sold), AUDITOR, most=2)
    # Refused before all that came of it is looked for, but never told to who may not know how much there is.
    looked = f"01/{GTIN}"
    with pytest.raises(RuleBroken, match="too many"):
        kitchen.trace(looked, AUDITOR, most=1)
    with pytest.raises(NotPermitted):
        kitchen.trace(looked, PUBLIC, most=1)
    with pytest.raises(NotFound):
        kitchen.trace("0x" + "07" * 32)
    with pytest.raises(NotFound):
        kitchen.trace(f"01/{GTIN}/10/NONE")


def test_a_recall_of_an_input_reaches_what_was_made_of_it(changing: Kitchen) -> None:
    recalls = changing.stage.node.reader.recalls
    record = recall(changing, AUTHORITY)
    view = recalls.recall(record, reader(AUTHORITY))
    certainty = {one.shipment: one.certainty for one in view.trace.shipments}
    assert certainty[to_hex(changing.sold)] == certainty[to_hex(changing.made)] == "made_of"
    assert to_hex(changing.sugar) not in certainty
    assert {one.partner.id: one.expected for one in view.trace.holders if one.expected} == {
        WAREHOUSE: 6,
        SECOND: 6,
        SHOP: 4,
    }
    # The shop is told what concerns itself, on the recall and on its own goods.
    own = recalls.recall(record, reader(SHOP))
    assert {one.shipment for one in own.trace.shipments} == {to_hex(changing.sold)}
    (told,) = recalls.of_shipment(changing.sold, reader(SHOP), concerned=True)
    assert told.id == to_hex(record)
    assert recalls.of_shipment(changing.sugar, reader(WAREHOUSE), concerned=True) == []


def test_the_brand_that_recalls_is_not_told_what_others_made_of_its_goods(changing: Kitchen) -> None:
    recalls = changing.stage.node.reader.recalls
    record = recall(changing, MAKER)
    view = recalls.recall(record, reader(MAKER))
    assert not {one.shipment for one in view.trace.shipments} & {to_hex(changing.made), to_hex(changing.sold)}
    assert SHOP not in {one.partner.id for one in view.trace.holders}
    # They are told all the same.
    assert recalls.recall(record, reader(SHOP)).trace.shipments[0].certainty == "made_of"


def test_gaps_are_told_to_who_may_read_all_that_they_concern(changing: Kitchen) -> None:
    stage = changing.stage
    assert stage.node.reader.numbers.gaps(stage.now, AUDITOR) == ()
    more = opened(
        stage,
        goods(BLEND, "L-MORE", 1),
        consignor=SHOP,
        consignee=WAREHOUSE,
        parents=(ShipmentRef(changing.sold, 1),),
        purpose=Purpose.TRANSFORMATION,
    )
    over = opened(
        stage,
        goods(BLEND, "L-OVER", 2),
        consignor=SHOP,
        parents=(ShipmentRef(more, 0),),
        purpose=Purpose.TRANSFORMATION,
    )
    numbers = stage.node.reader.numbers
    (found,) = numbers.gaps(stage.now, AUDITOR)
    assert (found.code, found.shipment, found.others) == (Gap.MORE_OUT, over, (more,))
    assert numbers.gaps(stage.now, reader(SHOP)) == numbers.gaps(stage.now, reader(WAREHOUSE)) == (found,)
    assert numbers.gaps(stage.now, reader(MAKER)) == ()
    with pytest.raises(NotPermitted):
        numbers.gaps(stage.now, PUBLIC)


def test_on_the_command_line(kitchen: Kitchen) -> None:
    home = {"LADING_HOME": str(kitchen.stage.node.home.settings.home)}

    def lading(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments, env=home)
        assert result.exit_code == 0, result.output
        return result.stdout

    told = json.loads(lading("trace", to_hex(kitchen.sold), "--json"))["graph"]
    assert {Fraction(node["share"]["exact"]) for node in told["shipments"]} == {
        Fraction(1),
        Fraction(3, 4),
        Fraction(1, 4),
    }
    labels = (f"01/{BLEND}/10/{MADE_LOT}", f"(01){BLEND}(10){MADE_LOT}", f"https://id.gs1.org/01/{BLEND}/10/{MADE_LOT}")
    every = [json.loads(lading("trace", label, "--json")) for label in labels]
    assert all({**one, "inputs": None} == {**every[0], "inputs": None} for one in every)
    words = lading("trace", to_hex(kitchen.sold))
    assert "75 %" in words
    assert "lost 10,000 (dust in the mixer): what went in came out" in words
    now = str(kitchen.stage.now)
    gaps = json.loads(lading("gaps", "--at", now, "--json"))
    assert (gaps["at"], gaps["findings"]) == (kitchen.stage.now, [])
    late = lading("gaps", "--at", str(kitchen.stage.now + 400 * 86_400), "--code", "never_received")
    assert "shipped and never" in late


def test_an_attestation_of_an_input_is_none_of_what_was_made_of_it(changing: Kitchen) -> None:
    stage, products = changing.stage, changing.stage.node.reader.products
    attested = stage.attest(POWDER_LOT)
    stage.node.settle()
    of_input = products.look_up(f"01/{GTIN}/10/{POWDER_LOT}")
    assert (of_input["verdict"], to_hex(attested) in repr(of_input["why"])) == ("authentic", True)
    of_output = products.look_up(f"01/{BLEND}/10/{MADE_LOT}")
    assert of_output["verdict"] == "unknown"
    assert to_hex(attested) not in repr(of_output)
    # Nor does a recall of the input make the output's own verdict: anybody could pour it into a rival's name.
    recall(changing, AUTHORITY)
    assert products.look_up(f"01/{BLEND}/10/{MADE_LOT}")["verdict"] == "unknown"
