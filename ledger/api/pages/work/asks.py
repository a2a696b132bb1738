"""What a form asks for beside the draft of an item, for each action that is put together in one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import IntEnum

from ledger.codes import Assurance, ClearanceStatus, HoldCause, StatementKind
from ledger.explain.fields import label_of
from ledger.explain.text import Text, say
from ledger.explain.words import name_of
from ledger.records.eip712 import Struct
from ledger.records.types import Attestation, Claim, Clearance, Duty, Place, RecallAnswer, Ruling, Statement
from ledger.worklist.items import Action


@dataclass(frozen=True, slots=True)
class Ask:
    """One field: `path` of the record's message, such as `duty.mrn`. `kind`: how the text becomes a value (`number`,
    `amount`, `text`, `flag`, `address`, `note`, `fingerprint`, `day`: its last second in UTC). `value`: what stands
    there at first. `when`: `field:value` of another field, without which it is not asked.
    """

    path: str
    label: str
    kind: str = "text"
    value: str = ""
    options: Sequence[tuple[str, Text]] = ()
    when: str = ""
    required: bool = False
    longest: int = 120


def _choice(struct: type[Struct], path: str, codes: Iterable[IntEnum], *, empty: bool = False, when: str = "") -> Ask:
    options = [(str(int(code)), name_of(code)) for code in codes]
    none = [("0", say("none"))] if empty else []
    return Ask(path, _label(struct, path), "number", options=[*none, *options], when=when)


def _label(struct: type[Struct], path: str) -> str:
    return label_of(struct, path.rpartition(".")[2])


def _count(path: str) -> Ask:
    return Ask(path, _label(RecallAnswer, path), "number", required=True)


_NOTE = Ask("details", say("note"), "note", longest=2000)
_WHERE = (
    Ask("place.name", say("name of the place")),
    Ask("place.locode", _label(Place, "locode"), longest=5),
    Ask("place.country", _label(Place, "country"), longest=2),
)
_PAPERS = (
    Ask("duty.mrn", _label(Duty, "mrn")),
    Ask("duty.procedure", _label(Duty, "procedure"), longest=20),
)
_HELD = f"status:{int(ClearanceStatus.HELD)}"
_DECIDED = (
    ClearanceStatus.RELEASED, ClearanceStatus.RELEASED_WITH_CONDITIONS, ClearanceStatus.HELD,
    ClearanceStatus.INSPECTED, ClearanceStatus.REFUSED, ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED,
)  # fmt: skip
_DECISION = (
    _choice(Clearance, "status", _DECIDED),
    _choice(Clearance, "holdCause", HoldCause, when=_HELD),
    Ask("causedBy", say("number of the partner who caused it, if one did"), "number", when=_HELD, longest=13),
    *_PAPERS,
)
_WHY = say("reason, of which the record has the fingerprint: keep the text")
_REASON = Ask("reason", _WHY, "fingerprint", required=True, longest=4000)
ASKS: Mapping[Action, Sequence[Ask]] = {
    Action.ENDORSE: (),
    Action.ACCOUNT: (_choice(Statement, "kind", (StatementKind.FOUND, StatementKind.LOST)), *_WHERE, _NOTE),
    Action.CONTEST: (*_WHERE, _NOTE),
    Action.LODGE: (*_PAPERS, _NOTE),
    Action.DECIDE: (*_DECISION, _NOTE),
    Action.RELAY: (
        *_DECISION,
        _choice(Clearance, "assurance", (Assurance.BROKER_WORD, Assurance.CUSTOMS_MESSAGE)),
        _NOTE,
    ),
    Action.ANSWER: (_count("found"), _count("quarantined"), _count("disposed"), _NOTE),
    Action.RENEW: (Ask("validUntil", _label(Attestation, "validUntil"), "day", required=True), _NOTE),
    Action.DISPUTE: (_REASON,),
    Action.RULE: (
        Ask("upheld", _label(Ruling, "upheld"), "flag", options=(("true", say("yes")), ("false", say("no")))),
        _REASON,
    ),
    Action.CLAIM: (Ask("payTo", say("address to which it is paid"), "address", required=True, longest=42),),
}
AMOUNT = Ask("amount", _label(Claim, "amount"), "amount", required=True, longest=40)
"""Asked of a claim where what can be claimed is not known here."""


def asks_of(action: Action, drafted: Mapping[str, object]) -> tuple[Ask, ...]:
    """What is asked for `action`, of which `drafted` is known."""
    more = (AMOUNT,) if action is Action.CLAIM and "amount" not in drafted else ()
    return (*more, *(_filled(ask, drafted) for ask in ASKS[action]))


def _day_of(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _filled(ask: Ask, drafted: Mapping[str, object]) -> Ask:
    known = drafted.get(ask.path)
    return replace(ask, value=_day_of(known)) if ask.kind == "day" and isinstance(known, int) else ask
