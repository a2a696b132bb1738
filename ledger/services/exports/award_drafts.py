"""Awards for whoever must sign or dispute one: computed from this home's records, and kept with every line."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from ledger.bonuses.award import Award, require_computed
from ledger.bonuses.award_range import AwardRange
from ledger.bonuses.disputed import reckoner
from ledger.bonuses.rule_file import BonusRule, parse_rule
from ledger.bundle.figures import range_for
from ledger.bundle.undisclosed import withheld_parts
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.errors import NotFound, RuleBroken, VerificationFailed
from ledger.explain.bonus import waiting_text
from ledger.records.types import BonusAgreement, BonusAward
from ledger.scores.card import parse_card
from ledger.services.figures import award_files
from ledger.services.node.reader import LedgerReader
from ledger.services.state.award_sizes import anchored_size, check_size, first_award_size
from ledger.services.state.verified_records import VerifiedRecords
from ledger.shipments.history import Journeys
from ledger.store import checkpoints, records
from ledger.store.database import Connection
from ledger.store.projections import bonuses


@dataclass(frozen=True, slots=True)
class Draft:
    """An award and the record that the awarder signs. `withheld`: shipments of which a part is withheld here."""

    award: Award
    record: BonusAward
    withheld: int


def draft_award(ledger: LedgerReader, agreement_id: RecordId) -> Draft:
    """The next award of an agreement, as known at the first anchored size after its period and grace; its file is kept.

    1. The period is over, and no award stands: there is none, or a ruling voided the last.
    2. What the pool holds is shared out by the rule, from the records below that size.
    3. The file is kept, so that every party can prove its amount once the award is recorded.

    Raises `NotFound` for what is missing here, `RuleBroken` for what is not to be awarded now: while shipments that
    count are disputed, and the rule waits for them, naming these.
    """
    total = int(ledger.bonuses.agreement(agreement_id)["funded"])
    with ledger.home.database.write() as connection:
        # 1. May it be awarded?
        agreement = bonuses.agreement(connection, agreement_id)
        if agreement is None:
            raise NotFound("no such agreement", where="agreement", found=to_hex(agreement_id))
        if ledger.home.clock.now() < agreement.period_end:
            raise RuleBroken("the agreement's period is not over", where="agreement", expected=agreement.period_end)
        before = bonuses.awards(connection, agreement_id)
        if before and not before[-1].upheld:
            raise RuleBroken(
                "an award stands", where="agreement", found=to_hex(before[-1].record_id), mend="lading bonuses check"
            )
        if not total:
            raise RuleBroken("nothing was paid into the pool", where="agreement", found=to_hex(agreement_id))
        # 2. Computed.
        terms, rule = award_files.agreed(connection, agreement_id)
        reader, version = _verified(ledger, connection), len(before) + 1
        size = _award_size(connection, terms, parse_rule(rule), reader)
        result = award_files.computed(connection, reader, agreement_id, version, total, size)
        # 3. Kept.
        award_files.keep_computed(connection, result.award)
    record = result.award.record(PartnerId(agreement.awarder), ledger.home.consortium.log.log_id, size)
    return Draft(result.award, record, len({part.shipment for part in withheld_parts(Journeys(result.records))}))


def _award_size(connection: Connection, terms: BonusAgreement, rule: BonusRule, reader: VerifiedRecords) -> int:
    """The first anchored size late enough at which nothing is disputed that the rule waits for.

    What is decided stays decided, so where the first size is too early and the newest is not, halving finds it.
    """
    reckoned = cache(reckoner(terms, rule, reader.tendered_known_at))

    def stands(at: int) -> bool:
        anchored = anchored_size(connection, at)
        return anchored is not None and anchored.last_logged > reckoned(at).until

    first = first_award_size(connection, terms, rule.grace)
    if stands(first):
        return first
    sizes = [size for size in checkpoints.anchored_sizes(connection) if size > first]
    if not sizes or not stands(sizes[-1]):
        waits_for = reckoned(sizes[-1] if sizes else first).waits_for
        raise RuleBroken(
            "shipments that count in the award are disputed",
            where="agreement",
            expected=f"a record logged after {max(entry.until for entry in waits_for)}, and anchored",
            found=", ".join(to_hex(entry.shipment) for entry in waits_for),
            mend=waiting_text(waits_for, terms.deadline),
        )
    return sizes[bisect_left(sizes, True, key=stands)]


@dataclass(frozen=True, slots=True)
class CheckedAward:
    """A recorded award that was computed again. `file`: the award file that is kept now; where parts are withheld or
    erased here it has the amounts alone, and `ranges` say between what they lie for sure.
    """

    file: dict[str, Any]
    ranges: AwardRange | None


def check_award(ledger: LedgerReader, agreement_id: RecordId, version: int) -> CheckedAward:
    """A recorded award, computed again; raises `VerificationFailed` for what the records do not give, and for one that
    is not computed at the size that its agreement and rule name.
    """
    with ledger.home.database.write() as connection:
        row = next((a for a in bonuses.awards(connection, agreement_id) if a.version == version), None)
        stored = records.get(connection, row.record_id) if row else None
        if stored is None or not isinstance(stored.record, BonusAward):
            raise NotFound("no such award", where="award", found=f"{to_hex(agreement_id)} version {version}")
        award = stored.record
        if award.logId != ledger.home.consortium.log.log_id:
            raise VerificationFailed(
                "computed from the records of another log",
                where="award.logId",
                expected=to_hex(ledger.home.consortium.log.log_id),
                found=to_hex(award.logId),
                mend="Check it where that log is kept.",
            )
        verified = _verified(ledger, connection)
        check_size(connection, award, verified)
        result = award_files.computed(connection, verified, agreement_id, version, award.total, award.logSize)
        lines = partial(award_files.signed_lines, connection, award)
        ranges = range_for(result.award, result.agreement, parse_card(result.card), result.records, lines)
        if ranges is not None:
            ranges.check()
            return CheckedAward(award_files.bare_file(award, ranges.amounts), ranges)
        require_computed(award, result.award, "A party may dispute it until the dispute window ends.")
        return CheckedAward(award_files.keep_computed(connection, result.award), None)


def _verified(ledger: LedgerReader, connection: Connection) -> VerifiedRecords:
    return VerifiedRecords(connection, ledger.home.consortium, ledger.registry.refreshed(connection))
