"""A score in short shows the first of what the whole score has, and counts the rest."""

from ledger.codes import Role
from ledger.common.figure import to_json
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.explain.score import stated, stated_in_short
from ledger.scores.card import parse_card
from ledger.scores.effects import in_short, page_of
from ledger.scores.estimate import Effect
from ledger.scores.tallies import Tallies
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from scripts.bench import numbers

CARD = parse_card(default_card_text())


def test_the_short_form_is_the_beginning_of_the_whole() -> None:
    journeys = Journeys(numbers.records(600))
    tallies = Tallies(journeys, Period(1_690_000_000, 1_800_000_000, 1_800_000_000))
    seen = 0
    for role in (Role.CARRIER, Role.SUPPLIER, Role.BROKER):
        for partner in tallies.partners(role)[:6]:
            card = tallies.score(partner, role, CARD)
            for largest in (0, 1, 3, 5, 1000):
                for short, entry in zip(in_short(card, largest).indicators, card.indicators, strict=True):
                    for side, whole in ((short.raised, entry.raised), (short.lowered, entry.lowered)):
                        assert side.largest == whole[:largest]
                        assert side.many == len(whole)
                        assert side.moving == sum(effect.micropoints != 0 for effect in whole)
                        assert side.micropoints == sum(effect.micropoints for effect in whole)
                        seen += len(whole)
            whole_json, short_json = stated(card), stated_in_short(card)
            for entry_json in short_json["indicators"]:
                assert entry_json.pop("raised_by") >= len(entry_json["raised"]) <= 5
                assert entry_json.pop("lowered_by") >= len(entry_json["lowered"]) <= 5
            for entry_json in whole_json["indicators"]:
                entry_json["raised"], entry_json["lowered"] = entry_json["raised"][:5], entry_json["lowered"][:5]
            assert short_json == whole_json
    assert seen > 1000


def test_pages_hold_everything_once_and_tear_nothing_of_one_place_apart() -> None:
    def effect(micropoints: int, shipment: int, record: int) -> Effect:
        return Effect(micropoints, 1, 1, bytes([shipment]) * 32, (RecordId(bytes([record]) * 32),))

    effects = [
        effect(-9, 2, 1),
        effect(-7, 1, 1),
        effect(-7, 1, 2),
        effect(-7, 1, 3),
        effect(-7, 3, 1),
        effect(-1, 1, 9),
    ]
    for limit in range(1, 8):
        pages, after = [], None
        while True:
            shown, after = page_of(effects, after, limit)
            pages.append(list(shown))
            if after is None:
                break
        assert [one for page in pages for one in page] == effects
        assert all(len(page) >= limit for page in pages[:-1])
        together = [page for page in pages if effects[1] in page]
        assert effects[1:4] == [one for one in together[0] if one in effects[1:4]]
    assert page_of(effects, (-8, bytes(32)), 2) == (effects[1:4], (-7, bytes([1]) * 32)), "a place that is gone"
    assert page_of((), None, 5) == ((), None)
    assert to_json(effects[0])["by"] == -9
