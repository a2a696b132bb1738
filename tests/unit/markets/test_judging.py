"""A shipment beside the rules: by the version of its opening, and nothing that the reader may not see."""

from dataclasses import replace

from ledger.codes import AmendmentKind, ClearanceStatus, Gate, Regime
from ledger.common.scopes import schema_hash
from ledger.markets.adopted_markets import AdoptedMarket
from ledger.markets.judging import Rights, ShipmentJudgement, judge_shipment
from ledger.markets.market_file import parse_market
from ledger.markets.rules import Market
from ledger.records.types import Duty, Goods, Place, Require, ShipmentTerms, TaxLine
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History

HEAD = """format = "lading/market/1"
title = "T"
jurisdiction = "US"
version = {version}
currency = "EUR"
offsets = ["-05:00"]
[[clearance]]
id = "import"
lane = "import"
gates = ["delivery"]
relay = true
[[paper]]
id = "health"
lane = "import"
hs = ["19"]
schema = "health"
about = "lot"
[[tax]]
id = "duty"
lane = "import"
tax = "duty"
rates = [{rate}]
base = ["value"]
"""
GTIN = "09506000134352"
MILK = Goods(SALT, GTIN, "L1", bytes(32), 6, "tin", "190110", "")
EVERYBODY = Rights(lambda _: True, lambda _: True)


def market(version: int = 1, rate: int = 100_000) -> Market:
    return parse_market(HEAD.format(version=version, rate=rate).encode())


ADOPTED = (AdoptedMarket(market(), DAY), AdoptedMarket(market(2, 200_000), 5 * DAY))


def place(country: str) -> Place:
    return Place(SALT, country, "", "", "")


def opened(history: History, known: int, consignee: int = SHOP) -> bytes:
    return history.terms(
        known=known, origin=place("NZ"), destination=place("US"), contents=(MILK,), holder=MAKER, consignee=consignee
    )


def duty(*lines: TaxLine) -> Duty:
    return Duty(SALT, "", "", "", "EUR", lines)


def judged(history: History, shipment: bytes, rights: Rights = EVERYBODY, at: int = 9 * DAY) -> ShipmentJudgement:
    return judge_shipment(Journeys(history.records), shipment, ADOPTED, rights, at)


def codes(judgement: ShipmentJudgement) -> list[tuple[bool, list[str]]]:
    return [(check.judged, [str(one.deviation) for one in check.deviations]) for check in judgement.duties]


def test_the_version_in_force_when_the_terms_became_known_judges() -> None:
    history = History()
    shipments = [opened(history, day * DAY) for day in (0, 2, 6)]
    right = duty(TaxLine("duty", 1_000_000, 100_000, 100_000, 0))
    for shipment in shipments:
        history.clearance(ClearanceStatus.RELEASED, shipment, 8 * DAY, duty=right)
    found = [judged(history, shipment) for shipment in shipments]
    assert [one.markets for one in found] == [(), (market().hash,), (market(2, 200_000).hash,)]
    assert [codes(one) for one in found] == [[], [(True, [])], [(True, ["rate"])]]
    assert [len(one.lacks) for one in found] == [0, 1, 1]


def test_papers_are_those_in_force_and_not_taken_back() -> None:
    history = History()
    shipment = opened(history, 2 * DAY)
    assert [paper.attested for paper in judged(history, shipment).papers] == [None]
    other = history.attest(MAKER, f"01/{GTIN}/10/L2", schema_hash("health"), 3 * DAY)
    assert [paper.attested for paper in judged(history, shipment).papers] == [None], other.id
    wrong = history.attest(MAKER, f"01/{GTIN}/10/L1", schema_hash("taste"), 3 * DAY)
    assert [paper.attested for paper in judged(history, shipment).papers] == [None], wrong.id
    right = history.attest(MAKER, f"01/{GTIN}/10/L1", schema_hash("health"), 3 * DAY)
    (paper,) = judged(history, shipment).papers
    assert (paper.attested, paper.subject) == (right.id, f"01/{GTIN}/10/L1")


def test_a_tax_that_an_earlier_record_of_the_procedure_states_is_not_missing() -> None:
    history = History()
    shipment = opened(history, 2 * DAY)
    history.clearance(ClearanceStatus.RELEASED, shipment, 8 * DAY)
    assert codes(judged(history, shipment)) == [(True, ["missing"])]
    told = History()
    shipment = opened(told, 2 * DAY)
    stated = duty(TaxLine("duty", 1_000_000, 100_000, 100_000, 0))
    told.clearance(ClearanceStatus.PRESENTED, shipment, 7 * DAY, duty=stated)
    told.clearance(ClearanceStatus.RELEASED, shipment, 8 * DAY)
    assert codes(judged(told, shipment)) == [(True, [])]


def _of_the_shop(terms: ShipmentTerms) -> bool:
    return terms.consignee == SHOP


def test_nothing_is_told_of_what_is_closed_to_the_reader() -> None:
    """Not whether a closed duty has lines, nor by a base what others' goods on the same declaration are worth."""
    history = History()
    mine, others = opened(history, 2 * DAY), opened(history, 2 * DAY, consignee=SECOND)
    lines = duty(TaxLine("duty", 1_500_000, 100_000, 150_000, 0))
    history.clearance(ClearanceStatus.RELEASED, (mine, others), 8 * DAY, duty=lines)
    assert codes(judged(history, mine)) == [(True, ["base"])]
    assert codes(judged(history, mine, Rights(_of_the_shop, lambda _: True))) == [(False, [])]
    assert codes(judged(history, mine, Rights(_of_the_shop, lambda _: False))) == [(False, [])]
    silent = History()
    shipment = opened(silent, 2 * DAY)
    silent.clearance(ClearanceStatus.RELEASED, shipment, 8 * DAY)
    assert codes(judged(silent, shipment, Rights(_of_the_shop, lambda _: False))) == [(False, [])], (
        "with lines or without, the same"
    )


def test_required_gates_and_signatures_are_compared_with_the_terms() -> None:
    history = History()
    shipment = opened(history, 2 * DAY)
    (record,) = [one.record for one in history.records]
    assert isinstance(record, ShipmentTerms)
    whole = replace(record, requires=(Require(b"US", Regime.IMPORT, Gate.DELIVERY, True),))
    again = History()
    again.log(whole, (MAKER,), 2 * DAY, outcomes=history.records[0].outcomes)
    assert len(judged(history, shipment).lacks) == 1
    assert judged(again, again.records[0].id).lacks == ()


def test_the_version_begins_with_its_very_first_second_and_nothing_later_moves_a_shipment() -> None:
    """Opened in the last second of version 1: neither amended terms, nor a split, nor the day of the clearance makes
    version 2 judge it; terms opened over its goods are new terms.
    """
    history = History()
    last, first = opened(history, 5 * DAY - 1), opened(history, 5 * DAY)
    history.amend(last, AmendmentKind.TERMS, {"commercial": {"grace": 5}}, (MAKER, CARRIER, SHOP), 6 * DAY)
    (part, _) = history.split(last, CARRIER, 7 * DAY, (4, 6))
    right = duty(TaxLine("duty", 400_000, 100_000, 40_000, 0))
    history.clearance(ClearanceStatus.RELEASED, part, 8 * DAY, duty=right)
    assert [judged(history, one).markets for one in (last, part, first)] == [
        (market().hash,), (market().hash,), (market(2, 200_000).hash,),
    ]  # fmt: skip
    assert codes(judged(history, part)) == [(True, [])], "version 2 doubles the rate"


def test_a_base_is_that_of_the_value_agreed_when_customs_decided() -> None:
    def history_of(amended: int) -> ShipmentJudgement:
        history = History()
        shipment = opened(history, 2 * DAY)
        value = {"commercial": {"value": "800000"}}
        if amended < 8 * DAY:
            history.amend(shipment, AmendmentKind.TERMS, value, (MAKER, CARRIER, SHOP), amended)
        lines = duty(TaxLine("duty", 800_000, 100_000, 80_000, 0))
        history.clearance(ClearanceStatus.RELEASED, shipment, 8 * DAY, duty=lines)
        if amended > 8 * DAY:
            history.amend(shipment, AmendmentKind.TERMS, value, (MAKER, CARRIER, SHOP), amended)
        return judged(history, shipment)

    assert codes(history_of(7 * DAY)) == [(True, [])]
    assert codes(history_of(9 * DAY)) == [(True, ["base"])], "agreed afterwards, to agree with what was declared"


def test_of_a_procedure_without_rules_nothing_is_said() -> None:
    """Not that its taxes agree: nobody said which they should be."""
    history = History()
    shipment = opened(history, 2 * DAY)
    lines = duty(TaxLine("deposit", 1, 500_000, 1, 0))
    history.clearance(ClearanceStatus.RELEASED, shipment, 8 * DAY, duty=lines, regime=Regime.WAREHOUSING)
    assert judged(history, shipment).duties == ()
