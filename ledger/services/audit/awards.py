"""Awards of this log beside its records: at which size they were computed, and what their kept files say.

An award at another size than agreement and rule name was signed, and the chain took it, so it is no difference between
what is kept and what is proved: it is noted, for the parties who may dispute it. So is a kept file that shows another
way to the same amounts than the records give now: other parts may have been open when it was computed.
"""

import json
from collections.abc import Mapping

from ledger.bonuses.award_file import award_to_json
from ledger.bonuses.award_size import AnchoredSize, check_size_of
from ledger.bonuses.rule_file import parse_rule
from ledger.bundle.figures import award_for
from ledger.common.ids import LogId, RecordId
from ledger.errors import LadingError, VerificationFailed
from ledger.records.types import BonusAgreement, BonusAward
from ledger.scores.card import parse_card
from ledger.services.audit.chain import Anchored
from ledger.services.audit.findings import Findings
from ledger.services.figures import award_files
from ledger.services.home.score_cards import card_text
from ledger.services.state.award_sizes import rule_text
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import records
from ledger.store.database import Connection


def note_awards(
    source: Connection,
    copy: Connection,
    log_id: LogId,
    anchors: Mapping[int, Anchored],
    reader: VerifiedRecords,
    findings: Findings,
) -> None:
    """`copy` has the records, which `reader` verifies, `source` the rule files, `anchors` are what the chain took of
    this log, by size.
    """
    for stored in records.stream(copy, types=[BonusAward.NUMBER]):
        award = stored.record
        agreed = records.get(copy, RecordId(award.agreement)) if isinstance(award, BonusAward) else None
        agreement = None if agreed is None else agreed.record
        if not isinstance(award, BonusAward) or award.logId != log_id or not isinstance(agreement, BonusAgreement):
            continue
        before = max((size for size in anchors if size < award.logSize), default=0)
        own, earlier = (_logged(copy, size) if size in anchors else None for size in (award.logSize, before))
        try:
            check_size_of(award, agreement, rule_text(source, agreement.rule), own, earlier, reader.tendered_known_at)
        except VerificationFailed as error:
            findings.note(
                stored.record_id, error.where, error.expected, error.found, f"{error.what}: a party may dispute it"
            )
        try:
            _note_file(source, stored.record_id, award, agreement, reader, findings)
        except (LadingError, ValueError, TypeError, RecursionError):
            continue  # what it follows from is not here, or the file is none, which is told elsewhere


def _note_file(
    source: Connection,
    record_id: RecordId,
    award: BonusAward,
    agreement: BonusAgreement,
    reader: VerifiedRecords,
    findings: Findings,
) -> None:
    """Note what a kept file that has more than the amounts says otherwise than the records do.

    What release 0.1.0 kept has its lines in another form, and is not compared. That is noted too, or whoever edits a
    file would strike its `leftOut` first.
    """
    file = award_files.file_of(source, award.agreement, award.version, award.amounts)
    if file is not None and "evidence" in file and "leftOut" not in file:
        what = "not compared with the records: release 0.1.0 kept it so, or it was edited"
        findings.note(record_id, "award file.leftOut", "what was left out", "no such field", what)
        return
    rule = rule_text(source, agreement.rule)
    if file is None or rule is None or "evidence" not in file:
        return
    card, known = parse_card(card_text(source, parse_rule(rule).card)), reader.known_at(award.logSize)
    computed = award_for(RecordId(award.agreement), agreement, rule, card, award.version, award.total, known)
    for name, expected in json.loads(json.dumps(award_to_json(computed))).items():
        if expected != file.get(name):
            what = "the award's file says so, the records say otherwise: other parts were open then, or it was edited"
            findings.note(record_id, f"award file.{name}", expected, file.get(name), what)


def _logged(copy: Connection, size: int) -> AnchoredSize | None:
    last = records.at(copy, size - 1)
    return None if last is None else AnchoredSize(size, last.log_time)
