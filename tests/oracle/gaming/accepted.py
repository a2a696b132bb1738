"""The families of findings that the wide search lets pass, each with its reason: what RECORDS.md says, or a hole of it.

A family reads `deed: figure effect`. What matches no row is new, and fails the search. Rows that begin with "Hole" are
told in docs/adr/0021; the others are what RECORDS.md grants.
"""

import re
from typing import Final

MONEY, CARRIER = "(debt|claim|recourse)", "carrier's [a-z-]+"
OTIF, QUICK = "supplier's on-time-in-full", "(carrier|supplier|broker)'s records-in-a-day"
LATER = "(onward|re_export|return|merge|transformation)"
WORD = r"(held|presented|inspected|amended|released|released_with_conditions|refused|recalled|seized|lodged)"
ON_WORD = rf"{WORD} \(assurance [12]\)"
AFTER = r"\([a-zA-Z, ]+\)"

_ROWS: tuple[tuple[str, str, str], ...] = (
    # --- what was signed, and what was not ---
    (
        "leave out Handoff.*",
        f"({MONEY}|{CARRIER}|supplier's [a-z-]+|breaches)",
        "What two never signed nobody knows of; the goods are then still with the first, who answers for them.",
    ),
    (
        f"leave out (tender|contest|lost|left|sold|destroyed|abandoned|Split|{LATER})",
        f"({MONEY}|{CARRIER}|{OTIF}|supplier's defects|breaches)",
        "A statement, a split or later terms change nothing before they are signed.",
    ),
    (
        f"leave out {ON_WORD}",
        f"({MONEY}|{CARRIER}|broker's [a-z-]+|supplier's no-hold-by-papers|breaches)",
        "A broker's word is its own: what it never says is not counted, for it or against it.",
    ),
    (
        f"leave out (Endorsement of [a-zA-Z]+|(terms|relief) of ShipmentTerms {AFTER})",
        f"({MONEY}|{CARRIER}|{OTIF}|broker's time-over-median)",
        "Nobody is held to what it did not sign: an amendment or endorsement counts from when it is there.",
    ),
    (
        (
            f"delay (Handoff.*|tender|contest|lost|left|sold|destroyed|abandoned|Split|{LATER}|{ON_WORD}|"
            f"Endorsement of [a-zA-Z]+|(terms|relief|correction) of [a-zA-Z]+ {AFTER})"
        ),
        f"({MONEY}|{CARRIER}|broker's [a-z-]+|{OTIF}|{QUICK}|breaches)",
        "Every time counts from when it is known; that either signer may sign late is why the lag is short.",
    ),
    # --- custody ---
    (
        "add Handoff( in bad order)? (to|refused by) .*",
        f"({MONEY}|{CARRIER}|{OTIF}|{QUICK}|supplier's defects)",
        (
            "Delivery, the consignee's refusal and a locker's receipt stop the clock, any other move restarts it; both "
            "who hand over sign for it, within reportLag."
        ),
    ),
    (
        "add (lost|left|sold|destroyed|abandoned)",
        f"({MONEY}|{CARRIER}|{OTIF})",
        "Without a stop t = t0 + lostAfter once the goods ended: who holds them says so, and it is liable's risk.",
    ),
    (
        f"add {LATER}",
        f"({MONEY}|{CARRIER}|{OTIF})",
        (
            "New terms over an undelivered parent come from its consignor or consignee; its clock stops if beneficiary "
            "or consignee signed them, else it runs on."
        ),
    ),
    (
        f"add {LATER}",
        "supplier's defects",
        "Defects, returns, recalls per package: what is sent back counts, whoever sends it.",
    ),
    (
        "add Split",
        f"({MONEY}|{CARRIER}|{OTIF})",
        (
            "Hole (split time): what customs says of the parent after the split reaches no child. Parts that travel "
            "apart have recourse of their own and are delivery events of their own."
        ),
    ),
    # --- tenders ---
    (
        "add (tender|contest)",
        f"({MONEY}|{CARRIER}|{OTIF})",
        "A tender stands unless addressee or consignor contests it; contested it is disputed, and then it falls.",
    ),
    (
        "add Endorsement of [a-zA-Z]+",
        f"({MONEY}|{CARRIER}|{OTIF}|supplier's no-hold-by-papers)",
        (
            "A third under a tender decides it; beneficiary or consignee under later terms stops the clock, liable "
            "under the terms is bound; what rests on a broker's word counts once the other side endorsed it."
        ),
    ),
    # --- times and terms that two sign ---
    (
        "(back-date|date on|correct in time by correction of) Handoff.*",
        f"({MONEY}|{CARRIER}|{OTIF}|{QUICK})",
        "reportLag serves what two signed: max(occurredAt, known − reportLag), and the leg's deadline is theirs.",
    ),
    (
        "correct late by correction of Handoff.*",
        QUICK,
        "Whether a record was known in a day is told of the record as signed.",
    ),
    (
        r"correct late by correction of Handoff \(occurredAt\)",
        f"(recourse|{OTIF})",
        "Hole (recourse): liable may own that goods came later, and the legs bear their part.",
    ),
    (
        f"add terms of ShipmentTerms {AFTER}",
        "recourse",
        "Hole (recourse): the legs bear their part of what liable and beneficiary agree on later.",
    ),
    (
        f"add (terms|relief) of ShipmentTerms {AFTER}",
        f"(recourse|{CARRIER}|{OTIF}|supplier's defects|broker's time-over-median)",
        (
            "Terms are amended by all their signers, liable and beneficiary, and with them what is due when; a relief "
            "changes the lateness at any time."
        ),
    ),
    # --- a broker's word ---
    (
        f"(add|back-date|date on) {ON_WORD}|correct (in time|late) by correction of Clearance {AFTER}",
        "broker's [a-z-]+",
        "Hole (own word): a broker scores by what it and its declarant say, within reportLag.",
    ),
    (
        f"(add|back-date|date on) {ON_WORD}|correct in time by correction of Clearance {AFTER}",
        "(breaches|carrier's on-time)",
        (
            "Hole (a word against a gate): a broker's hold or refusal that it dates back counts, its release within "
            "reportLag alone."
        ),
    ),
    (
        f"(add|back-date|date on) {ON_WORD}",
        f"({MONEY}|{CARRIER})",
        "Hole (recourse): what liable or beneficiary signed counts between them, and the legs bear their part.",
    ),
    (
        "back-date (tender|contest|lost|left|sold|destroyed|abandoned|Split)",
        "breaches",
        "Of the marked breaches those count that had no release by the sale's own time.",
    ),
    # --- the operator ---
    (
        "log time on the embedded chain of .*",
        f"({MONEY}|{CARRIER}|broker's [a-z-]+|{OTIF}|breaches)",
        "On the embedded chain, whose time is the operator's, visible is the later of block, logged, evidenced.",
    ),
)
ACCEPTED: Final = tuple((re.compile(f"({deed}): {figure} (hurts|serves) a [a-z]+"), why) for deed, figure, why in _ROWS)


def because(family: str) -> str | None:
    """Why a family passes; None for a new one."""
    return next((why for pattern, why in ACCEPTED if pattern.fullmatch(family)), None)
