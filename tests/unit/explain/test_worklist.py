"""Every item has its words, and nothing that somebody else chose is taken for a place in a sentence."""

import re

import pytest

from ledger.codes import ClearanceStatus
from ledger.explain.worklist import ACTIONS, TITLES, sentence
from ledger.worklist.items import Action, Item, Kind

FACTS: dict[Kind, dict[str, int | str]] = {
    Kind.SIGNATURE: {"type": "Handoff"},
    Kind.CUSTODY: {"packages": 1},
    Kind.MISSING: {"packages": 1234},
    Kind.CLEARANCE: {"jurisdiction": "CN", "regime": 1, "status": 0},
    Kind.CUSTOMS_HOLD: {"jurisdiction": "CN", "regime": 1, "status": int(ClearanceStatus.HELD)},
    Kind.DECISION: {"jurisdiction": "CN", "regime": 1, "status": 0},
    Kind.RELAY: {"jurisdiction": "CN", "regime": 1, "status": 0},
    Kind.RECALL: {"packages": 2},
    Kind.TAX: {"jurisdiction": "CN", "regime": 1, "found": "rate"},
    Kind.ANSWERS: {"partners": 1},
    Kind.ATTESTATION: {"subject": "01/09506000134352/10/L1"},
    Kind.CLAIM: {"amount": "123456", "currency": "EUR"},
    Kind.ENROLMENT: {"name": "{packages} {0}"},
    Kind.COSIGNATURES: {"missing": 1, "size": 10},
    Kind.UNANCHORED: {"anchored": 5, "size": 10},
    Kind.CONTRADICTION: {"found": "two roots"},
}


def said(kind: Kind, action: Action = Action.LOOK, partner: str = "Kea {name}", **facts: int | str) -> str:
    number = 7 if kind in (Kind.TENDER, Kind.AWARD_CHECK) else 0
    return sentence(Item(kind, action, b"\1", 0, partner=number, facts={**FACTS.get(kind, {}), **facts}), partner)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_told_in_a_sentence(kind: Kind) -> None:
    assert TITLES[kind]
    text = said(kind, partner="Kea", name="Tui")
    assert re.fullmatch(r"[A-Z0-9].*\.", text), text
    assert "{" not in text


@pytest.mark.parametrize("action", Action)
def test_every_action_has_a_name(action: Action) -> None:
    assert ACTIONS[action][:1].isupper()


def test_numbers_and_codes_are_told_as_people_write_them() -> None:
    assert said(Kind.CUSTODY) == "You hold 1 package."
    assert said(Kind.MISSING) == "1,234 packages are missing."
    assert said(Kind.CLAIM) == "1,234.56 EUR of the award is yours."
    assert said(Kind.ENROLMENT) == "{packages} {0} asks to be admitted."
    assert said(Kind.TENDER).startswith("Kea {name} says that")
    for status in (ClearanceStatus.HELD, ClearanceStatus.REFUSED, ClearanceStatus.RECALLED):
        assert said(Kind.CUSTOMS_HOLD, status=int(status)).startswith("CN customs")
    assert said(Kind.DECISION, status=int(ClearanceStatus.HELD)) == "Held for import, and not released."
    assert said(Kind.AWARD_DISPUTE, Action.RULE) != said(Kind.AWARD_DISPUTE)
