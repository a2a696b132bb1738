"""Awards of this log that were not computed at the size that their agreement and rule name.

Such an award was signed and the chain took it, so it is no difference between what is kept and what is proved: it is
noted, for the parties who may dispute it.
"""

from collections.abc import Mapping

from ledger.bonuses.award_size import AnchoredSize, check_size_of
from ledger.common.ids import LogId, RecordId
from ledger.errors import VerificationFailed
from ledger.records.types import BonusAgreement, BonusAward
from ledger.services.audit.chain import Anchored
from ledger.services.audit.findings import Findings
from ledger.services.state.award_sizes import rule_text
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import records
from ledger.store.database import Connection


def note_award_sizes(
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


def _logged(copy: Connection, size: int) -> AnchoredSize | None:
    last = records.at(copy, size - 1)
    return None if last is None else AnchoredSize(size, last.log_time)
