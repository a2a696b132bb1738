"""A recall: who holds and who had the goods, within seconds, who has answered, and what the product page says."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace

import pytest
from typer.testing import CliRunner, Result

from ledger import merkle
from ledger.cli.demo.cast import GTIN
from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.cli.main import app
from ledger.codes import (
    ExceptionBit,
    Hazard,
    Purpose,
    RecallAction,
    RegistryAction,
    RevocationReason,
    Role,
    StatementKind,
)
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord, NotFound, NotPermitted, RuleBroken
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.products.recall_tracing import Way
from ledger.records.types import Attestation, Claims, Recall, RecallAnswer, Revocation, ShipmentRef
from ledger.services.views.models import TraceView
from ledger.services.views.records import Reader
from tests.e2e.stage import (
    AUTHORITY,
    BROKER,
    CARRIER,
    CONSUMER,
    DELAY,
    HOUR,
    MAKER,
    SCHEMA,
    SECOND,
    SHOP,
    SHORT,
    WAREHOUSE,
    Stage,
    remainder,
)

BAD, GOOD = "L-BAD", "L-GOOD"
OTHER_SCHEMA = hashlib.sha256(b"lading/other/1").digest()
AUDITOR = Reader(99, auditor=True)


def scribe_recall(stage: Stage, lots: Sequence[dict[str, str]], by: int = MAKER, subject: str = f"01/{GTIN}") -> Recall:
    return Recall(
        by=by,
        subject=subject,
        lots=canonical_json(list(lots)).decode() if lots else "",
        hazard=int(Hazard.BIOLOGICAL),
        action=int(RecallAction.RETURN),
        contact="recall@maker.example",
        supersedes=NO_HASH,
        occurredAt=stage.now,
        details=details(),
    )


def recall_of(stage: Stage, lots: Sequence[dict[str, str]], by: int = MAKER, subject: str = f"01/{GTIN}") -> RecordId:
    return stage.sign(scribe_recall(stage, lots, by, subject), by)


def attest(stage: Stage, by: int, schema: bytes, subject: str) -> RecordId:
    ends = stage.now + 300 * DAY
    claims = Claims(salt(), "{}")
    return stage.sign(
        Attestation(by, schema, subject, NO_HASH, stage.now, ends, NO_HASH, claims, NO_HASH, details()), by
    )


def answer(stage: Stage, by: int, recall: bytes, found: int, quarantined: int, disposed: int) -> None:
    stage.sign(RecallAnswer(by, recall, found, quarantined, disposed, stage.now, details()), by)


@pytest.fixture
def market(stage: Stage) -> dict[str, bytes]:
    """Twenty packages of the bad lot: twelve went to the shop (five are sold), four stayed behind, three are on the way
    to a consumer, one is lost. The shop has ten of the good lot too.
    """
    bad, good = stage.open(20, lot=BAD, endorsed=False), stage.open(10, lot=GOOD, endorsed=False)
    stage.hand(MAKER, CARRIER, (bad, 0, 20), (good, 0, 10))
    stage.hand(CARRIER, WAREHOUSE, (bad, 1, 16, SHORT))
    stage.hand(CARRIER, SHOP, (good, 1, 10))
    missing = remainder(bad, 1)
    shelf, sold, onward, lost = stage.split(WAREHOUSE, bad, 2, 7, 5, 3, 1)
    stage.hand(WAREHOUSE, SHOP, (shelf, 0, 7), (sold, 0, 5))
    stage.state(StatementKind.SOLD, SHOP, sold, 1)
    stage.state(StatementKind.LOST, WAREHOUSE, lost, 0)
    order = stage.open(
        3,
        consignor=SHOP,
        consignee=0,
        holder=WAREHOUSE,
        parents=(ShipmentRef(onward, 0),),
        purpose=Purpose.ONWARD,
        recipient_key=CONSUMER.address,
        lot=BAD,
        endorsed=False,
    )
    stage.hand(WAREHOUSE, SECOND, (order, 0, 3))
    stage.pass_time(HOUR)
    return {"bad": bad, "good": good, "missing": missing, "shelf": shelf, "sold": sold, "order": order, "lost": lost}


def test_a_recall_finds_who_holds_and_who_had_the_goods(stage: Stage, market: dict[str, bytes]) -> None:
    started = time.monotonic()
    recall = recall_of(stage, [{"lot": BAD}])
    view = stage.trial.node.reader.recalls.recall(recall, AUDITOR)
    assert time.monotonic() - started < 5
    found = {one.shipment: one for one in view.trace.shipments}
    assert to_hex(market["good"]) not in found
    assert {to_hex(market[name]) for name in ("bad", "missing", "shelf", "sold", "order", "lost")} < set(found)
    holders = {one.partner.id: one for one in view.trace.holders}
    assert {partner: one.holds for partner, one in holders.items()} == {
        MAKER: 0, CARRIER: 4, WAREHOUSE: 0, SHOP: 7, SECOND: 3,
    }  # fmt: skip
    assert (holders[MAKER].passed_on, holders[SHOP].sold, holders[WAREHOUSE].lost) == (20, 5, 1)
    assert [(s.partner.id, s.packages) for s in found[to_hex(market["shelf"])].stays] == [(WAREHOUSE, 7), (SHOP, 7)]
    assert found[to_hex(market["bad"])].certainty == found[to_hex(market["order"])].certainty == "named"
    assert found[to_hex(market["shelf"])].certainty == "possible", "its own contents were not told"
    stage.audited()


def test_what_was_handed_on_is_what_the_next_one_took(stage: Stage) -> None:
    """Each package counts once: short, the rest stays with the giver; over, the giver handed on what was counted."""
    short, over = stage.open(10, lot=BAD, endorsed=False), stage.open(10, lot=GOOD, endorsed=False)
    stage.hand(MAKER, CARRIER, (short, 0, 8, SHORT), (over, 0, 12, ExceptionBit.OVER))
    trace = stage.node.reader.recalls.trace

    def of_maker(lot: str) -> tuple[int, int]:
        maker = next(one for one in trace(f"01/{GTIN}/10/{lot}", "", AUDITOR).holders if one.partner.id == MAKER)
        return maker.holds, maker.passed_on

    assert of_maker(BAD) == (2, 8)
    assert of_maker(GOOD) == (0, 12)


def test_answers_are_held_against_custody(stage: Stage, market: dict[str, bytes]) -> None:
    recall = recall_of(stage, [{"lot": BAD}])
    answer(stage, SHOP, recall, 6, 6, 0)
    answer(stage, SHOP, recall, 7, 5, 2)
    answer(stage, CARRIER, recall, 4, 0, 4)
    with pytest.raises(RuleBroken, match="more was dealt with"):
        answer(stage, SECOND, recall, 1, 1, 1)
    with pytest.raises(MalformedRecord, match="not a recall"):
        answer(stage, SECOND, market["bad"], 1, 1, 0)
    view = stage.trial.node.reader.recalls.recall(recall, Reader(MAKER))
    effect = asdict(view.effect) if view.effect else {}
    assert effect | {"text": ""} == {
        "asked": 3, "answered": 2, "expected": 14, "found": 11, "quarantined": 5, "disposed": 6, "outstanding": 3,
        "unconfirmed": 0, "at_consumers": 0, "text": "",
    }  # fmt: skip
    assert effect["text"].startswith("2 of 3 holders have answered; found 11 of 14 packages")
    # What reaches a consumer after all is out of the carrier's hands, and not forgotten.
    stage.hand(SECOND, 0, (market["order"], 1, 3), by=(SECOND, CONSUMER))
    later = stage.trial.node.reader.recalls.recall(recall, Reader(MAKER)).effect
    assert later is not None
    assert (later.asked, later.outstanding, later.at_consumers) == (2, 0, 3)
    alone = stage.node.reader.recalls.recall(recall_of(stage, [{"lot": GOOD}]), Reader(MAKER)).effect
    assert alone is not None
    assert alone.text.startswith("0 of 1 holder has answered; found 0 of 10 packages")


def test_an_answer_counts_for_no_more_than_custody_shows_with_its_author(
    stage: Stage, market: dict[str, bytes]
) -> None:
    """Nobody makes a recall look answered: not who never held the goods, nor a holder that claims more than it has."""
    recall = recall_of(stage, [{"lot": BAD}])
    answer(stage, BROKER, recall, 2, 0, 2)
    answer(stage, CARRIER, recall, 999, 0, 999)
    view = stage.trial.node.reader.recalls.recall(recall, AUDITOR)
    effect = view.effect
    assert effect is not None
    assert (effect.asked, effect.answered, effect.expected) == (3, 1, 14)
    assert (effect.found, effect.disposed, effect.outstanding, effect.unconfirmed) == (4, 4, 10, 2 + 995)
    assert "997 packages more than custody shows, which do not count" in effect.text
    broker = next(one for one in view.trace.holders if one.partner.id == BROKER)
    assert "2 not with it by custody" in broker.text


def test_each_reader_sees_its_part(stage: Stage, market: dict[str, bytes]) -> None:
    recall = recall_of(stage, [{"lot": BAD}])
    recalls = stage.trial.node.reader.recalls
    public = recalls.recall(recall, Reader())
    assert (public.recall.contact, public.trace.holders, public.effect) == ("recall@maker.example", (), None)
    shop = recalls.recall(recall, Reader(SHOP))
    assert {one.partner.id for one in shop.trace.holders} == {SHOP}
    assert {stay.partner.id for one in shop.trace.shipments for stay in one.stays} == {SHOP}
    assert shop.effect is None
    assert recalls.recall(recall, Reader(AUTHORITY)).effect is not None
    assert recalls.trace(f"01/{GTIN}/10/{BAD}", "", Reader(MAKER)).holders
    with pytest.raises(NotPermitted, match="brand"):
        recalls.trace(f"01/{GTIN}", "", Reader(BROKER))
    assert to_hex(market["good"]) in {one.shipment for one in recalls.trace(f"01/{GTIN}", "", AUDITOR).shipments}


def test_goods_are_traced_up_to_what_they_came_from(stage: Stage, market: dict[str, bytes]) -> None:
    recalls = stage.trial.node.reader.recalls
    came_from = recalls.trace_shipment(market["order"], AUDITOR, Way.UP)
    assert {to_hex(market["bad"]), to_hex(market["order"])} < {one.shipment for one in came_from.shipments}
    assert to_hex(market["shelf"]) not in {one.shipment for one in came_from.shipments}
    became = recalls.trace_shipment(market["bad"], AUDITOR, Way.DOWN)
    assert {to_hex(market[name]) for name in ("missing", "sold", "lost", "order")} < {
        one.shipment for one in became.shipments
    }
    up = recalls.trace(f"01/{GTIN}/10/{BAD}", "", Reader(AUTHORITY), Way.UP)
    assert {to_hex(market["bad"]), to_hex(market["order"])} < {one.shipment for one in up.shipments}
    assert to_hex(market["good"]) not in {one.shipment for one in up.shipments}
    for one in (Reader(MAKER), Reader(SHOP), Reader()):
        with pytest.raises(NotPermitted, match="came from"):
            recalls.trace(f"01/{GTIN}/10/{BAD}", "", one, Way.UP)
        for way in Way:
            with pytest.raises(NotPermitted, match="came from"):
                recalls.trace_shipment(market["order"], one, way)
    with pytest.raises(NotFound):
        recalls.trace_shipment(b"\x01" * 32, AUDITOR, Way.DOWN)


def test_a_trace_on_the_command_line(stage: Stage, market: dict[str, bytes]) -> None:
    def lading(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, env={"LADING_HOME": str(stage.node.home.settings.home)})

    order = to_hex(market["order"])
    both = json.loads(lading("trace", order, "--json").stdout)
    assert set(both) == {"subject", "up", "down", "graph", "inputs"}
    assert {one["shipment"] for one in both["down"]["shipments"]} == {order}
    up = json.loads(lading("trace", order, "--up", "--json").stdout)
    assert (up["subject"], up["up"], "down" in up) == (order, both["up"], False)
    assert to_hex(market["bad"]) in {one["shipment"] for one in up["up"]["shipments"]}
    down = json.loads(lading("trace", f"01/{GTIN}/10/{BAD}", "--down", "--json").stdout)
    assert down["down"] == json.loads(lading("recall", "--subject", f"01/{GTIN}/10/{BAD}", "--json").stdout)
    words = lading("trace", f"01/{GTIN}/10/{BAD}").stdout
    assert words.index("What it came from") < words.index("What became of it")
    for wrong in ("0x12", "0x" + "00" * 32, "02/1"):
        assert lading("trace", wrong).exit_code != 0


def test_an_authority_recalls_serials_and_published_codes_narrow_it_to_their_lots(
    stage: Stage, market: dict[str, bytes]
) -> None:
    for lot, first in ((BAD, 100), (GOOD, 200)):
        codes = [f"01/{GTIN}/10/{lot}/21/{serial}" for serial in range(first, first + 10)]
        schema, root = hashlib.sha256(SCHEMA.encode()).digest(), merkle.sorted_root(code.encode() for code in codes)
        attestation = Attestation(
            MAKER, schema, f"01/{GTIN}/10/{lot}", NO_HASH, stage.now, stage.now + 300 * DAY, NO_HASH,
            Claims(salt(), "{}"), root, details(),
        )  # fmt: skip
        stage.trial.node.reader.products.keep_codes(stage.sign(attestation, MAKER), codes)
    recall = recall_of(stage, [{"from": "203", "to": "205"}], by=AUTHORITY)
    view = stage.trial.node.reader.recalls.recall(recall, AUDITOR)
    assert {one.shipment for one in view.trace.shipments} == {to_hex(market["good"])}
    look = stage.trial.node.reader.products.look_up
    assert look(f"01/{GTIN}/10/{GOOD}/21/204")["verdict"] == "recalled"
    assert "bring it back" in look(f"01/{GTIN}/10/{GOOD}/21/204")["toDo"]
    assert look(f"01/{GTIN}/10/{GOOD}/21/209")["verdict"] == "authentic"
    # Serials that nobody published may be anywhere.
    other = recall_of(stage, [{"from": "9000", "to": "9001"}], by=AUTHORITY)
    everywhere = stage.trial.node.reader.recalls.recall(other, AUDITOR).trace.shipments
    assert {to_hex(market["good"]), to_hex(market["bad"])} <= {one.shipment for one in everywhere}
    assert {one.certainty for one in everywhere} == {"possible"}


def test_only_the_brand_or_an_authority_recalls(stage: Stage) -> None:
    with pytest.raises(RuleBroken, match="contract would refuse"):
        recall_of(stage, [{"lot": BAD}], by=CARRIER)


def test_who_recalls_a_rivals_goods_learns_nothing_by_it(stage: Stage, market: dict[str, bytes]) -> None:
    """An issuer that attested the goods may recall them on the chain; their trace is for who speaks for the brand."""
    stage.decide(RegistryAction.GRANT_ROLE, partner=BROKER, role=int(Role.ISSUER), scope=OTHER_SCHEMA)
    stage.pass_time(DELAY + HOUR)
    attest(stage, BROKER, OTHER_SCHEMA, f"01/{GTIN}")
    recall = recall_of(stage, [{"lot": BAD}], by=BROKER)
    recalls = stage.node.reader.recalls
    own = recalls.recall(recall, Reader(BROKER))
    assert (own.recall.speaks, own.trace, own.effect) == (False, TraceView(), None)
    assert recalls.recall(recall, Reader(AUTHORITY)).effect is not None
    holder = recalls.of_shipment(market["bad"], Reader(), concerned=True)
    assert [found.speaks for found in holder] == [False]
    assert recalls.of_shipment(market["bad"], Reader(AUTHORITY), concerned=False) == holder
    assert recalls.of_shipment(market["bad"], Reader(BROKER), concerned=False) == [], "which shipments carry the lot"
    # Once its brand lets it speak, it is heard as the brand is, as on the product's page.
    stage.decide(RegistryAction.GRANT_ROLE, partner=MAKER, role=int(Role.ISSUER), scope=BRAND_AUTHORISATION)
    stage.pass_time(DELAY + HOUR)
    allowed = attest(stage, MAKER, BRAND_AUTHORISATION, f"partner/{BROKER}")
    assert recalls.recall(recall, Reader(BROKER)).effect is not None
    assert stage.node.reader.products.look_up(f"01/{GTIN}/10/{BAD}")["verdict"] == "recalled"
    stage.sign(Revocation(MAKER, allowed, int(RevocationReason.WITHDRAWN), stage.now, details()), MAKER)
    assert recalls.recall(recall, Reader(BROKER)).effect is None
    assert not recalls.recall(recall, Reader(BROKER)).recall.speaks, "it was not allowed when it recalled"


def test_a_recall_outlasts_the_authorisation_of_its_author_but_the_trace_does_not(
    stage: Stage, market: dict[str, bytes]
) -> None:
    for partner, schema in ((BROKER, OTHER_SCHEMA), (MAKER, BRAND_AUTHORISATION)):
        stage.decide(RegistryAction.GRANT_ROLE, partner=partner, role=int(Role.ISSUER), scope=schema)
    stage.pass_time(DELAY + HOUR)
    allowed = attest(stage, MAKER, BRAND_AUTHORISATION, f"partner/{BROKER}")
    attest(stage, BROKER, OTHER_SCHEMA, f"01/{GTIN}")
    recall = recall_of(stage, [{"lot": BAD}], by=BROKER)
    stage.pass_time(HOUR)
    stage.sign(Revocation(MAKER, allowed, int(RevocationReason.WITHDRAWN), stage.now, details()), MAKER)
    assert stage.node.reader.products.look_up(f"01/{GTIN}/10/{BAD}")["verdict"] == "recalled"
    seen = stage.node.reader.recalls.recall(recall, Reader(BROKER))
    assert (seen.recall.speaks, seen.effect) == (True, None)


def test_a_misspelt_recall_is_refused_and_nothing_changes(stage: Stage) -> None:
    for subject in (f"01/{GTIN}/10/A%2fB", f"01/{GTIN}/10/A/B", f"01/{GTIN}/21/7/10/L1", f"01/{GTIN}/10/" + "x" * 21):
        with pytest.raises(MalformedRecord, match="subject"):
            recall_of(stage, [], subject=subject)
    with pytest.raises(MalformedRecord, match="lots"):
        stage.sign(replace(scribe_recall(stage, []), lots="nonsense"), MAKER)
    assert stage.node.reader.recalls.listing() == []
