"""The gates file: below which score a partner's access is called into question, and what may follow. Strict TOML.

The council adopts a file by its SHA-256 before the periods that it governs (`RegistryChange` adopt rules), as it does a
scorecard. Unknown, missing and repeated keys are refused. `ledger/access/gates/example.toml` shows the form.

Only what the judged partner answers for can close a gate. So an indicator that somebody else can lower alone, without
the partner's signature and without an appeal that mends it, can be named in none, and counts at its best in the
composite (`SPOILED_BY_OTHERS`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar

from ledger.codes import RegistryAction, Role
from ledger.common.figure import Pattern, Seconds, figure
from ledger.common.json_fields import entries, fields_of, integer, shown, text
from ledger.common.periods import DAY, Step
from ledger.common.scopes import scope_bytes
from ledger.common.toml_file import read_toml
from ledger.errors import MalformedRecord
from ledger.scores.card import OF_ROLE, POINTS, Indicator
from ledger.scores.composite import PROVISIONAL_BELOW

FORMAT = "lading/gates/1"
SCORE = "score"
"""The composite, where a gate names no single indicator."""
LEAST_SAMPLES = PROVISIONAL_BELOW
"""Delivery events under which nobody loses anything, whatever a file says."""
LEAST_FAILURES = 5
"""Of the samples that a gate asks for, so many fail of a partner whose share is the threshold. With fewer the certainty
of the interval would be one in name only."""
LEAST_SETTLE_DAYS = 30
"""As long as a contested tender is disputed."""
LEAST_APPEAL_DAYS = 14
MOST_DAYS = 366
MOST_GATES = 50
SPOILED_BY_OTHERS = frozenset({Indicator.RECORDS, Indicator.LEGS, Indicator.OVER_MEDIAN, Indicator.DEFECTS})
"""A record is late when either side signs late, and a leg ends when the next one signs; medians of an office move with
what rivals report; returns are opened by customers."""
SCORED_AS: Mapping[Role, Role] = {
    Role.CARRIER: Role.CARRIER,
    Role.MAIN_CARRIER: Role.CARRIER,
    Role.WAREHOUSE: Role.CARRIER,
    Role.LOCKER: Role.CARRIER,
    Role.SUPPLIER: Role.SUPPLIER,
    Role.BRAND: Role.SUPPLIER,
    Role.PLATFORM: Role.SUPPLIER,
    Role.RETAILER: Role.SUPPLIER,
    Role.BROKER: Role.BROKER,
}
"""What they who have a role of the registry are scored as: whoever handles goods as a carrier, whoever sends them as a
supplier. Of others there are no delivery events, so none of their roles has a gate."""
_NO_SHARES = frozenset({Indicator.MEAN_LATE, Indicator.PENALTY})
"""Fewer is better of them: a composite holds them, a gate cannot name them."""
_NAME = "[a-z0-9][a-z0-9-]{0,39}"
_MILLION = 1_000_000
_LARGEST = 10**9
T = TypeVar("T")


class GateAction(StrEnum):
    """What the council may do once a gate has closed."""

    REVOKE_ROLE = "revoke-role"
    SUSPEND = "suspend"

    @property
    def loss(self) -> RegistryAction:
        return RegistryAction.SUSPEND if self is GateAction.SUSPEND else RegistryAction.REVOKE_ROLE

    @property
    def back(self) -> RegistryAction:
        return RegistryAction.REINSTATE if self is GateAction.SUSPEND else RegistryAction.GRANT_ROLE


@figure("name", "role", "scope", "indicator", "threshold", "samples", "action", "step", "settle", "appeal", "gates")
@dataclass(frozen=True, slots=True)
class Gate:
    """One gate of a file with the SHA-256 `gates`: it is about whoever has the `role` in the `scope`, as the registry
    stores it. `threshold` in hundredths of a point for the score, in parts per million for a share; `samples`: delivery
    events that a period needs; `settle`: seconds after a period's end when its figures are taken; `appeal`: seconds of
    the window to appeal.
    """

    name: Annotated[str, Pattern(_NAME)]
    role: Role
    scope: bytes
    indicator: Annotated[str, Pattern("[a-z0-9-]+")]
    threshold: int
    samples: int
    action: GateAction
    step: Step
    settle: Seconds
    appeal: Seconds
    gates: bytes

    @property
    def scored_as(self) -> Role:
        """The role of the scorecard that it reads."""
        return SCORED_AS[self.role]


@dataclass(frozen=True, slots=True)
class Gates:
    """A parsed gates file. `hash` is the SHA-256 of its bytes; gates by name, in the file's order."""

    title: str
    step: Step
    gates: Mapping[str, Gate]
    hash: bytes


def gate_indicators(role: Role) -> list[str]:
    """What a gate for this role may be about."""
    return [SCORE, *sorted(one.value for one in OF_ROLE[SCORED_AS[role]] - _NO_SHARES - SPOILED_BY_OTHERS)]


def parse_gates(data: bytes) -> Gates:
    """The gates that the file `data` states. Raises `MalformedRecord` naming the key."""
    table = read_toml(data, "gates")
    fields_of(table, "", ("format", "title", "period", "settle_days", "appeal_days", "gates"))
    if table["format"] != FORMAT:
        raise MalformedRecord("unknown format", where="format", expected=FORMAT, found=shown(table["format"]))
    title = text(table["title"], "title", 1, 200)
    if table["period"] not in set(Step):
        raise MalformedRecord("no such period", where="period", expected=", ".join(Step), found=shown(table["period"]))
    step, digest = Step(table["period"]), hashlib.sha256(data).digest()
    settle = integer(table["settle_days"], "settle_days", LEAST_SETTLE_DAYS, MOST_DAYS) * DAY
    appeal = integer(table["appeal_days"], "appeal_days", LEAST_APPEAL_DAYS, MOST_DAYS) * DAY
    result: dict[str, Gate] = {}
    measured: set[tuple[Role, bytes, str]] = set()
    for where, entry in entries(table["gates"], "gates", 1, MOST_GATES):
        gate = _gate(entry, where, (step, settle, appeal, digest))
        subject = gate.role, gate.scope, gate.indicator
        if gate.name in result or subject in measured:
            raise MalformedRecord("a gate twice", where=where, expected="a name and figure of its own", found=gate.name)
        measured.add(subject)
        result[gate.name] = gate
    return Gates(title, step, result, digest)


def _gate(entry: object, where: str, common: tuple[Step, int, int, bytes]) -> Gate:
    table = fields_of(entry, where, ("name", "role", "indicator", "threshold", "samples", "action"), more=("scope",))
    roles = {role.name.lower().replace("_", "-"): role for role in SCORED_AS}
    name = text(table["name"], f"{where}.name", 1, 40)
    if not name.isascii() or name != name.lower() or not name.replace("-", "").isalnum() or name[0] == "-":
        raise MalformedRecord("not a name", where=f"{where}.name", expected=_NAME, found=shown(name))
    role = _one_of(table["role"], roles, f"{where}.role")
    indicator = _one_of(table["indicator"], {one: one for one in gate_indicators(role)}, f"{where}.indicator")
    most = POINTS if indicator == SCORE else _MILLION
    threshold = integer(table["threshold"], f"{where}.threshold", 1, most)
    samples = integer(table["samples"], f"{where}.samples", LEAST_SAMPLES, _LARGEST)
    if indicator != SCORE and samples * (_MILLION - threshold) < LEAST_FAILURES * _MILLION:
        expected = f"samples x (1,000,000 - threshold) of {LEAST_FAILURES * _MILLION} or more: more samples"
        raise MalformedRecord("too few samples for this threshold", where=f"{where}.samples", expected=expected)
    return Gate(
        name,
        role,
        scope_bytes(role, text(table.get("scope", ""), f"{where}.scope", 0, 128)),
        indicator,
        threshold,
        samples,
        _one_of(table["action"], {action.value: action for action in GateAction}, f"{where}.action"),
        *common,
    )


def _one_of(value: object, known: Mapping[str, T], where: str) -> T:
    if not isinstance(value, str) or value not in known:
        raise MalformedRecord("unknown value", where=where, expected=", ".join(known), found=shown(value))
    return known[value]
