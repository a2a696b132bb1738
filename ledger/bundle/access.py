"""The evidence of a change of access, checked offline: by itself, and against a bundle about its partner."""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from ledger.access.evidence import Evidence, check_evidence, check_readings, parse_evidence
from ledger.bundle.bundle_checks import BundleChecks
from ledger.bundle.format import Trust
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.steps import PROVED, Step, failed
from ledger.bundle.verify import examined
from ledger.common.ids import to_hex
from ledger.errors import LadingError, MalformedRecord, VerificationFailed
from ledger.registry.adopted_files import adopted_files
from ledger.registry.history import RegistryView
from ledger.scores.adopted_card import CARDS, DEFAULT_CARDS, governing_card
from ledger.scores.card import Card, parse_card


def verify_evidence(data: bytes) -> tuple[list[Step], Evidence | None]:
    """Check evidence by itself; every step up to the first that fails.

    1. format     it is evidence, canonical, and prints as it was read
    2. due        by the figures in it and the gates in it, its change is due; its records are those of its figures
    """
    steps: list[Step] = []
    try:
        evidence = parse_evidence(data)
        steps.append(Step("format", True, PROVED, why=f"SHA-256 {to_hex(evidence.hash)}"))
    except LadingError as error:
        return [failed("format", PROVED, error)], None
    try:
        check_evidence(evidence)
        steps.append(Step("due", True, PROVED, why=f"gate {evidence.gate.name} of {to_hex(evidence.gate.gates)}"))
    except LadingError as error:
        steps.append(failed("due", PROVED, error))
    return steps, evidence


def verify_against_bundle(
    evidence: Evidence, bundle: bytes, trust: Trust, cards: Iterable[bytes] = (), held: Iterable[HeldReceipt] = ()
) -> list[Step]:
    """Make the readings of `evidence` again from a bundle about its partner. `cards`: texts of scorecards beside those
    in the bundle; `held`: receipts of records that must not have been left out.

    1. every step of `ledger.bundle.verify.verify_bundle`
    2. same       evidence and bundle are about one partner, log and consortium
    3. adopted    the council had adopted gates and scorecards before the periods that they govern
    4. readings   each figure comes out the same again
    """
    steps, work = examined(bundle, trust, held)
    if work is None or not all(step.ok for step in steps):
        return steps
    view = work.history.at_log(work.head.size, 0)
    known = {card.hash: card for card in _cards([*work.bundle.rules, *(text.decode() for text in cards)])}

    def readings() -> str:
        check_readings(evidence, work.verified, work.evidence.times, known)
        return f"{len(evidence.first) + len(evidence.again)} readings"

    todo: list[tuple[str, Callable[[], str]]] = [
        ("same", lambda: _same(evidence, work, trust)),
        ("adopted", lambda: _adopted(evidence, view, work.bundle.rules)),
        ("readings", readings),
    ]
    for name, run in todo:
        try:
            steps.append(Step(name, True, PROVED, why=run()))
        except LadingError as error:
            steps.append(failed(name, PROVED, error))
            break
    return steps


def _same(evidence: Evidence, work: BundleChecks, trust: Trust) -> str:
    wanted = (f"partner/{evidence.partner}", to_hex(evidence.log), to_hex(evidence.consortium))
    found = (work.bundle.subject, to_hex(work.log.log_id), to_hex(trust.genesis.consortium_id))
    if wanted != found:
        raise VerificationFailed(
            "the bundle is about something else", where="bundle", expected=", ".join(wanted), found=", ".join(found)
        )
    return f"about {work.bundle.subject}"


def _adopted(evidence: Evidence, view: RegistryView, rules: Sequence[str]) -> str:
    """Gates and cards governed: what is shown to be another kind of file governs no score."""
    others = {adopted.document for adopted in adopted_files(view) if adopted.document == evidence.gate.gates}
    texts = _by_hash(rules)
    others |= {document for document, text in texts.items() if not CARDS.has(text)}
    for reading in evidence.first:
        start = reading.period.start
        since = [one.since for one in adopted_files(view) if one.document == evidence.gate.gates]
        if not since or min(since) > start:
            raise VerificationFailed(
                "the gates were not adopted before the period",
                where="gates",
                expected=f"adopted for periods from {start} or earlier",
                found=str(since[0]) if since else "never",
            )
    for reading in (*evidence.first, *evidence.again):
        governing = governing_card(view, reading.period.start, others)
        allowed = (governing.document,) if governing else DEFAULT_CARDS
        if reading.card not in allowed:
            raise VerificationFailed(
                "not the scorecard that governs the period",
                where="card",
                expected=", ".join(map(to_hex, allowed)),
                found=to_hex(reading.card),
                mend="A file adopted since may be no scorecard: have the bundle exported anew, so that it is shown.",
            )
    return f"gates {to_hex(evidence.gate.gates)}"


def _by_hash(rules: Iterable[str]) -> dict[bytes, bytes]:
    return {hashlib.sha256(text.encode()).digest(): text.encode() for text in rules}


def _cards(rules: Iterable[str]) -> list[Card]:
    result = []
    for text in rules:
        try:
            result.append(parse_card(text.encode()))
        except MalformedRecord:
            continue  # a rule file of another kind
    return result
