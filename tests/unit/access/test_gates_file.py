"""The gates file: read strictly, and nothing in it that would let somebody lose access by what others sign."""

import hashlib
from importlib import resources

import pytest

from ledger.access.adopted_gates import GATES
from ledger.access.gates_file import SPOILED_BY_OTHERS, GateAction, gate_indicators, parse_gates
from ledger.codes import RegistryAction, Role
from ledger.common.periods import DAY, Step
from ledger.errors import MalformedRecord
from ledger.scores.adopted_card import CARDS

EXAMPLE = (resources.files("ledger.access") / "gates" / "example.toml").read_bytes()


def changed(old: str, new: str) -> bytes:
    text = EXAMPLE.decode()
    assert old in text
    return text.replace(old, new, 1).encode()


def test_the_example_is_read() -> None:
    gates = parse_gates(EXAMPLE)
    assert (gates.step, gates.hash) == (Step.QUARTER, hashlib.sha256(EXAMPLE).digest())
    gate = gates.gates["carriers"]
    assert (gate.role, gate.indicator, gate.threshold, gate.samples) == (Role.CARRIER, "score", 4000, 30)
    assert (gate.settle, gate.appeal, gate.gates) == (30 * DAY, 30 * DAY, gates.hash)
    assert gate.action is GateAction.SUSPEND
    assert (gate.action.loss, gate.action.back) == (RegistryAction.SUSPEND, RegistryAction.REINSTATE)
    assert gates.gates["brokers"].action.back is RegistryAction.GRANT_ROLE


def test_a_gates_file_is_told_from_a_scorecard() -> None:
    assert GATES.has(EXAMPLE)
    assert not CARDS.has(EXAMPLE)
    assert not any(map(GATES.has, (b'format = "lading/scorecard/1"', b"\xff", b"")))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("lading/gates/1", "lading/gates/2", "format"),
        ('period = "quarter"', 'period = "week"', "period"),
        ("settle_days = 30", "settle_days = 29", "settle_days"),
        ("appeal_days = 30", "appeal_days = 13", "appeal_days"),
        ("samples = 30 ", "samples = 29 ", "gates[0].samples"),
        ("threshold = 4000 ", "threshold = 10_001 ", "gates[0].threshold"),
        ("threshold = 4000 ", "threshold = 40.5 ", "gates[0].threshold"),
        ('action = "suspend"', 'action = "expel"', "gates[0].action"),
        ('role = "carrier"', 'role = "customs"', "gates[0].role"),
        ('name = "carriers"', 'name = "Carriers"', "gates[0].name"),
        ('name = "brokers"', 'name = "carriers"', "gates[3]"),
        ('indicator = "score"', 'indicator = "records-in-a-day"', "gates[0].indicator"),
        ('indicator = "score"', 'indicator = "mean-late-seconds"', "gates[0].indicator"),
        ("threshold = 850_000 ", "threshold = 950_000 ", "gates[2].samples"),
        ('action = "suspend"', 'action = "suspend"\nscope = "NZ"', "scope"),
        ('action = "suspend"', 'action = "suspend"\nmore = 1', "gates[0].more"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, where: str) -> None:
    with pytest.raises(MalformedRecord) as refused:
        parse_gates(changed(old, new))
    assert refused.value.where == where


def test_no_gate_is_about_what_others_alone_can_lower() -> None:
    for role in (Role.CARRIER, Role.SUPPLIER, Role.BROKER):
        assert not {one.value for one in SPOILED_BY_OTHERS} & set(gate_indicators(role))
        assert "score" in gate_indicators(role)
