"""Codes as words: how lists of codes, masks and scopes read in answers and on pages."""

from enum import IntEnum, IntFlag

from ledger.codes import Outcome

NONE = "none"


def word(codes: type[IntEnum], code: int) -> str:
    """The name of `code`; `none` for 0 and for codes that this version does not know."""
    return spaced(codes(code).name) if code in codes.__members__.values() else NONE


def words(mask: IntFlag) -> tuple[str, ...]:
    """The names of the bits that are set."""
    return tuple(spaced(bit.name or "") for bit in mask)


def spaced(name: str) -> str:
    return name.lower().replace("_", " ")


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


MEANING: dict[Outcome, str] = {
    Outcome.APPLIED: "",
    Outcome.APPLIED_IN_BREACH: (
        "A required clearance was not released at this point. It happened all the same, so it is recorded, and marked "
        "as a breach."
    ),
    Outcome.STALE: "Skipped: the shipment had moved on before this record reached the chain.",
    Outcome.NOT_HELD: "Skipped: the one who gave it away did not hold the shipment.",
    Outcome.UNKNOWN: "Waiting: the chain does not know this shipment yet.",
    Outcome.ENDED: "Skipped: the shipment had ended.",
    Outcome.WRONG_KEY: "Skipped: signed by another key than the shipment's recipient key.",
    Outcome.COUNT: "Skipped: the number of packages does not agree with what was held.",
    Outcome.AHEAD: "Waiting: a record before this one is still missing.",
    Outcome.FORBIDDEN: "Skipped: this step may not follow here.",
    Outcome.ANNOUNCED: "Waiting: announced. It moves when it is submitted again after the council's delay.",
    Outcome.REJECTED: "Rejected: the contract refused the whole record until its deadline had passed.",
}
"""What an outcome means for the item that has it; nothing to add where it simply applied."""
