"""Codes as words: how lists of codes, masks and scopes read in answers and on pages."""

from enum import Enum, IntEnum, IntFlag

from ledger.codes import Outcome
from ledger.explain.text import Text, pair, say, say_counted, sentences, term

NONE = say("none")


def word(codes: type[IntEnum], code: int) -> Text:
    """The name of `code`; `none` for 0 and for codes that this version does not know."""
    return name_of(codes(code)) if code in codes.__members__.values() else NONE


def words(mask: IntFlag) -> tuple[Text, ...]:
    """The names of the bits that are set."""
    return tuple(name_of(bit) for bit in mask)


def name_of(code: Enum) -> Text:
    """The name of a member of an enumeration."""
    return term(type(code).__name__, spaced(code.name or ""))


def spaced(name: str) -> str:
    return name.lower().replace("_", " ")


def counted(count: int, noun: str) -> Text:
    """So many of what `NOUNS` has."""
    one, many = NOUNS[noun]
    return say_counted(one, many, count)


NOUNS: dict[str, tuple[str, str]] = {
    "adopted file": pair("{count} adopted file", "{count} adopted files"),
    "attestation": pair("{count} attestation", "{count} attestations"),
    "case": pair("{count} case", "{count} cases"),
    "day": pair("{count} day", "{count} days"),
    "delivery": pair("{count} delivery", "{count} deliveries"),
    "handoff": pair("{count} handoff", "{count} handoffs"),
    "delivery event": pair("{count} delivery event", "{count} delivery events"),
    "device": pair("{count} device", "{count} devices"),
    "entry": pair("{count} entry", "{count} entries"),
    "holder": pair("{count} holder", "{count} holders"),
    "hour": pair("{count} hour", "{count} hours"),
    "leg": pair("{count} leg", "{count} legs"),
    "issuer": pair("{count} issuer", "{count} issuers"),
    "item": pair("{count} item", "{count} items"),
    "minute": pair("{count} minute", "{count} minutes"),
    "more sample": pair("{count} more sample", "{count} more samples"),
    "package": pair("{count} package", "{count} packages"),
    "part": pair("{count} part", "{count} parts"),
    "penalty statement": pair("{count} penalty statement", "{count} penalty statements"),
    "record": pair("{count} record", "{count} records"),
    "sample": pair("{count} sample", "{count} samples"),
    "second": pair("{count} second", "{count} seconds"),
    "shipment": pair("{count} shipment", "{count} shipments"),
    "finding": pair("{count} finding", "{count} findings"),
    "step": pair("{count} step", "{count} steps"),
    "transfer": pair("{count} transfer", "{count} transfers"),
    "warehouse": pair("{count} warehouse", "{count} warehouses"),
}
"""What is counted, for one and for many."""


MEANING: dict[Outcome, Text] = {
    Outcome.APPLIED: sentences(()),
    Outcome.APPLIED_IN_BREACH: say(
        "A required clearance was not released at this point. It happened all the same, so it is recorded, and marked "
        "as a breach."
    ),
    Outcome.STALE: say("Skipped: the shipment had moved on before this record reached the chain."),
    Outcome.NOT_HELD: say("Skipped: the one who gave it away did not hold the shipment."),
    Outcome.UNKNOWN: say("Waiting: the chain does not know this shipment yet."),
    Outcome.ENDED: say("Skipped: the shipment had ended."),
    Outcome.WRONG_KEY: say("Skipped: signed by another key than the shipment's recipient key."),
    Outcome.COUNT: say("Skipped: the number of packages does not agree with what was held."),
    Outcome.AHEAD: say("Waiting: a record before this one is still missing."),
    Outcome.FORBIDDEN: say("Skipped: this step may not follow here."),
    Outcome.ANNOUNCED: say("Waiting: announced. It moves when it is submitted again after the council's delay."),
    Outcome.REJECTED: say("Rejected: the contract refused the whole record until its deadline had passed."),
}
"""What an outcome means for the item that has it; nothing to add where it simply applied."""
