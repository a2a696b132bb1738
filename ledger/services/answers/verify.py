"""Whether an answer follows from a bundle: every step, up to the first that fails."""

import json
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from ledger import merkle
from ledger.bundle.bundle_checks import BundleChecks
from ledger.bundle.figure_checks import compare
from ledger.bundle.format import Trust
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.steps import ATTESTED, PROVED, Step, failed
from ledger.bundle.subject import SubjectKind, parse_subject
from ledger.bundle.verify import examined
from ledger.bundle.whole.answer import LARGEST, MEMBER
from ledger.bundle.whole.ledger import adopted_files
from ledger.common.canonical import parse_json
from ledger.common.ids import to_hex
from ledger.common.periods import HOUR
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import LadingError, MalformedRecord, VerificationFailed
from ledger.records.evidence import CheckpointTimes
from ledger.services.answers.inputs import Inputs
from ledger.services.answers.kinds.question import NOWHERE, Places, Question
from ledger.services.answers.kinds.registry import MAKE
from ledger.services.answers.made_again import made_again


def verify_answer(
    data: bytes, bundle: bytes, trust: Trust, places: Places = NOWHERE, held: Iterable[HeldReceipt] = ()
) -> list[Step]:
    """Make an answer again from a bundle of the ledger and compare, to the character.

    1. answer     it names its inputs
    2. every step of `ledger.bundle.verify.verify_bundle`
    3. inputs     bundle and answer are of one log: its records, its checkpoint, the files that the council adopted
    4. made again every member of the answer follows from the records; attested where the bundle shows one partner alone

    Never raises for what is in `data` or `bundle`: whatever is wrong fails a step.
    """
    steps: list[Step] = []
    try:
        answer = parse_json(data, max_size=LARGEST, where="answer")
        inputs = inputs_of(answer)
        steps.append(Step("answer", True, PROVED, why=told(inputs)))
    except LadingError as error:
        return [failed("answer", PROVED, error)]
    examination, work = examined(bundle, trust, held)
    steps += examination
    if work is None or not all(step.ok for step in steps):
        return steps
    todo: list[tuple[str, Callable[[], str]]] = [
        ("inputs", lambda: check_inputs(inputs, work)),
        ("made again", lambda: check_made(answer, inputs, make_again(answer, inputs, work, places))),
    ]
    subject = parse_subject(work.bundle.subject)
    whole = subject.kind is SubjectKind.LEDGER and not subject.partner
    basis = PROVED if whole else ATTESTED  # of what a partner may read, a part that is left closed is not told
    for name, run in todo:
        try:
            steps.append(Step(name, True, basis, why=run()))
        except LadingError as error:
            steps.append(failed(name, basis, error))
            break
    return steps


def inputs_of(answer: Any) -> Inputs:
    """Raises `MalformedRecord` for an answer without."""
    if not isinstance(answer, dict) or answer.get(MEMBER) is None:
        raise MalformedRecord(
            "an answer without inputs", where=MEMBER, expected="what it is made again from",
            mend="The log grew while it was made: ask once more.",
        )  # fmt: skip
    return Inputs.from_json(answer[MEMBER])


def told(inputs: Inputs) -> str:
    """What was asked, and by whose rights: whoever reads it says whether that is what he asked."""
    reader = inputs.reader
    who = "whoever runs the home" if reader is None else "an auditor" if reader.auditor else f"partner {reader.partner}"
    if reader is not None and reader.scopes != ALL_SCOPES:
        who += f" with a key for some records alone (scopes {reader.scopes})"
    asked = json.dumps(inputs.asked, ensure_ascii=False, sort_keys=True)
    return f"{inputs.kind} for {who} at {inputs.at} (UTC seconds), by {inputs.log.size} records; asked {asked}"


def check_inputs(inputs: Inputs, work: BundleChecks) -> str:
    """Raise `VerificationFailed` unless the bundle holds what the answer names, and its reader may read as much."""
    log, subject = inputs.log, parse_subject(work.bundle.subject)
    if log.origin != work.log.origin:
        raise VerificationFailed("of another log", where="log.origin", expected=work.log.origin, found=log.origin[:200])
    if log.size > work.head.size:
        raise VerificationFailed(
            "the bundle is older than the answer", where="log.size", expected=f"at most {work.head.size}",
            found=log.size, mend="Have the bundle exported again.",
        )  # fmt: skip
    _check_reader(inputs, work)
    if log.checkpoint is not None:
        _check_checkpoint(log.checkpoint, log.size, work)
    check_evidence(inputs, work.evidence.times)
    _check_length(inputs, work)
    known = work.history.at_log(log.size, inputs.at)
    shown = {sha256(text.encode()).digest() for text in work.bundle.rules} & adopted_files(known)
    if subject.kind is SubjectKind.LEDGER and sorted(shown) != list(inputs.rules):
        raise VerificationFailed(
            "not the files that the council had adopted", where="rules",
            expected=", ".join(map(to_hex, sorted(shown))) or "none",
            found=", ".join(map(to_hex, inputs.rules)) or "none",
        )  # fmt: skip
    return f"{log.size} records, {len(inputs.rules)} adopted files"


def _check_reader(inputs: Inputs, work: BundleChecks) -> None:
    subject, reader = parse_subject(work.bundle.subject), inputs.reader
    everything = reader is None or reader.auditor
    needed = "ledger" if everything or reader is None else f"ledger or ledger/{reader.partner}"
    if subject.kind is not SubjectKind.LEDGER or (
        subject.partner and (everything or (reader is not None and reader.partner != subject.partner))
    ):
        raise VerificationFailed(
            "a bundle for somebody else, or of less than the ledger",
            where="bundle",
            expected=needed,
            found=str(subject),
        )


def check_evidence(inputs: Inputs, times: CheckpointTimes) -> None:
    """The newest evidence is there, and none is left out that stood an hour before: without it times would rest on the
    operator's word alone.
    """
    newest, until = inputs.evidence, inputs.at - HOUR
    if newest is not None and not times.bears_out(newest):
        raise VerificationFailed(
            "no checkpoint stood then", where="evidence", expected="evidence that the bundle has",
            found=f"{newest.size} leaves at {newest.time}",
        )  # fmt: skip
    known = [one for one in times if one.size <= inputs.log.size and one.time <= until]
    if known and (newest is None or newest.time < known[-1].time):
        raise VerificationFailed(
            "evidence of times that was there is left out", where="evidence",
            expected=f"{known[-1].size} leaves at {known[-1].time}, or newer",
            found="none" if newest is None else f"{newest.size} leaves at {newest.time}",
        )  # fmt: skip


def _check_length(inputs: Inputs, work: BundleChecks) -> None:
    """No record is left out that was there an hour before, by its own time or by what others bear out: an answer as of
    now that counts an older log would hide what came since.
    """
    size, until = inputs.log.size, inputs.at - HOUR
    stood = max((one.size for one in work.evidence.times if one.time <= until), default=0)
    following = work.bundle.records[size].log_time if size < work.head.size else until + 1
    if size < stood or following <= until:
        raise VerificationFailed(
            "records that were there are left out", where="log.size", found=size,
            expected=f"at least {max(stood, size + 1)} at {inputs.at}", mend="Ask once more, as of now.",
        )  # fmt: skip


def _check_checkpoint(point: tuple[int, bytes], counted: int, work: BundleChecks) -> None:
    size, root = point
    if size > counted:
        raise VerificationFailed("a checkpoint of more records than counted", where="log.checkpoint.size",
                                 expected=f"at most {counted}", found=size)  # fmt: skip
    made = merkle.root(record.leaf_hash for record in work.bundle.records[:size])
    if made != root:
        raise VerificationFailed(
            "another tree than the bundle's", where="log.checkpoint.root", expected=to_hex(made), found=to_hex(root)
        )


def make_again(answer: dict[str, Any], inputs: Inputs, work: BundleChecks, places: Places) -> dict[str, Any]:
    """The answer that follows from a verified bundle. Raises what the service raises."""
    with made_again(work, inputs.log.size, inputs.evidence, inputs.at) as ledger:
        return MAKE[inputs.kind](Question(ledger, inputs.reader, inputs.at, inputs.asked, places, answer))


def check_made(answer: dict[str, Any], inputs: Inputs, made: dict[str, Any]) -> str:
    """Raise `VerificationFailed` naming the member in which the answer differs from the one that was `made` again."""
    claimed = {name: value for name, value in answer.items() if name != MEMBER}
    compare(_told(claimed), _told(json.loads(json.dumps(made))), str(inputs.kind))
    return (
        f"every member of the answer follows from the records, given the outcomes above ({', '.join(sorted(claimed))})"
    )


def _told(value: Any) -> Any:
    """Without members that are null: the API writes out what others leave away, and both say the same."""
    if isinstance(value, dict):
        return {name: _told(member) for name, member in value.items() if member is not None}
    return [_told(entry) for entry in value] if isinstance(value, list) else value
