"""The steps of verifying a bundle, in their order: each says what it found, or raises what is wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, partial

from ledger.bonuses.disputed import reckoner
from ledger.bonuses.rule_file import parse_rule
from ledger.bundle.award_cutoff import check_cutoff
from ledger.bundle.bundled_context import BundledContext, identify, is_leaf_of
from ledger.bundle.figure_checks import CheckedFigures, Ground, award_and_agreement, check_figures, rule_named
from ledger.bundle.format import Bundle, BundledRecord, Trust
from ledger.bundle.last_leaf import latest_judgement
from ledger.bundle.omitted_records import HeldReceipt, check_not_omitted
from ledger.bundle.outcome_checks import REGISTRY_RECORDS, by_contracts, check_outcomes, check_target, events_of
from ledger.bundle.sealed.checks import SealChecks, seal_checks, why_attested
from ledger.bundle.steps import PROVED, Said
from ledger.bundle.subject import SubjectKind, parse_subject
from ledger.bundle.times import check_times
from ledger.bundle.trace import traced_in
from ledger.codes import ContractKind, RegistryAction
from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError, VerificationFailed
from ledger.log.cosignature import COSIGNATURE_LENGTH
from ledger.log.leaf import LogIdentity
from ledger.log.multi_proof import verify_subset
from ledger.log.signed_note import TreeHead, parse_checkpoint
from ledger.records.evidence import Basis, CheckpointTime, Evidence, blocks_count
from ledger.records.recovered import RecoveredRecord, recover_record
from ledger.records.signing import Domain
from ledger.records.types import Outcome, RegistryChange
from ledger.records.verification import Facts, VerifiedRecord, as_known_at, verify_recovered
from ledger.registry.history import RecordedAt, RegistryHistory
from ledger.scores.adopted_card import CARDS
from ledger.scores.card import parse_card
from ledger.shipments.outcome_facts import facts_of

GIVEN = "given the outcomes attested below"
"""Said by the steps that rest on where the chain recorded what: whoever doubts that must ask a node."""
GIVEN_SEALED = "given the outcomes proved below"
"""Said by them where a network's validators have sealed the outcomes."""


@dataclass
class BundleChecks:
    """What the steps find out; each relies on those before it."""

    bundle: Bundle
    trust: Trust
    log: LogIdentity = field(init=False)
    head: TreeHead = field(init=False)
    history: RegistryHistory = field(init=False)
    evidence: Evidence = field(init=False)
    counted: tuple[CheckpointTime, ...] = ()
    """Of the evidence, what this trust file bears out."""
    latest: CheckpointTime | None = None
    last_logged: int = 0
    """When the newest leaf that is shown was logged."""
    ids: dict[int, RecordId] = field(default_factory=dict)
    facts: dict[int, Facts] = field(default_factory=dict)
    recovered: dict[int, RecoveredRecord] = field(default_factory=dict)
    verified: list[VerifiedRecord] = field(default_factory=list)
    checked: CheckedFigures | None = None
    seals: SealChecks | None = field(init=False)

    def __post_init__(self) -> None:
        self.seals = seal_checks(self.bundle, self.trust)
        self.given = GIVEN if self.seals is None else GIVEN_SEALED

    # --- 2 and 3: the log ------------------------------------------------------------------------------------

    def find_log(self) -> str:
        for log in self.trust.logs:
            if log.origin == self.bundle.origin:
                self.log = log
                return log.origin
        raise VerificationFailed(
            "the bundle's log is not in the trust file",
            where="log",
            expected=", ".join(log.origin for log in self.trust.logs),
            found=self.bundle.origin[:200],
            mend="The trust file is of another consortium, or older than this log: get the right one.",
        )

    def check_checkpoint(self) -> str:
        note = self.bundle.checkpoint.encode()
        self.head = self.log.verify_checkpoint(note)
        # Lines of witnesses that the trust file does not name are passed over, as C2SP asks: others may know them. All
        # other bytes that nothing vouches for are refused.
        lines = parse_checkpoint(note).signatures
        own = [line for line in lines if len(line.signature) != COSIGNATURE_LENGTH]
        if len(own) != 1 or len(set(lines)) != len(lines):
            raise VerificationFailed(
                "a bundle's checkpoint bears the log's own signature and no other",
                where="checkpoint",
                expected="1 signature line, and cosignatures of witnesses, each once",
                found=len(own),
            )
        return f"{self.head.size} leaves under {to_hex(self.head.root)}"

    def check_witnesses(self) -> str:
        policy = self.trust.witnesses
        if policy is None:
            return "the trust file names no witnesses"
        note = self.bundle.checkpoint.encode()
        time = policy.verify(note)
        names = ", ".join(c.witness.name for c in policy.cosignatures(parse_checkpoint(note)))
        return f"{policy.threshold} of {len(policy.keys)} had cosigned it by {time} (UTC seconds): {names}"

    def check_times(self) -> str:
        times_of = self.bundle.times
        policy, trusted = times_of.witnesses, self.trust.witnesses
        if trusted is not None and policy != trusted:
            raise VerificationFailed(
                "times count by another witness policy than the trust file's",
                where="witnesses",
                expected=str(trusted.to_json()),
                found="no witnesses" if policy is None else str(policy.to_json()),
                mend="Get the newest trust file, or have the bundle exported again.",
            )
        counts = blocks_count(self.trust.chain_id)
        times = list(check_times(times_of.checkpoints, self.log, self.head, policy, blocks_count=counts))
        if policy is not None and trusted is not None:
            # Whoever shows the checkpoint shows when it stood: leaving that out would leave the operator's word alone.
            cosigned_at = policy.verify(self.bundle.checkpoint.encode())
            times.append(CheckpointTime(self.head.size, cosigned_at, Basis.WITNESSES))
        self.evidence = Evidence.of_chain(self.trust.chain_id, times)
        self.counted = tuple(time for time in times if trusted is not None or time.basis is not Basis.WITNESSES)
        found = Counter(time.basis for time in self.evidence.times)
        blocks = "block times count" if counts else "block times are the operator's own"
        unknown = "; the trust file names none of these witnesses" if policy is not None and trusted is None else ""
        return (
            f"{found[Basis.WITNESSES]} checkpoints count from when witnesses had cosigned them, {found[Basis.CHAIN]} "
            f"from the block that the log names; {blocks}{unknown}"
        )

    # --- 4: inclusion ----------------------------------------------------------------------------------------

    def check_inclusion(self) -> str:
        domains = self._domains()
        try:
            for record in self.bundle.records:
                self.ids[record.index] = identify(record, domains)
        except VerificationFailed:
            if not any(is_leaf_of(record, domains) for record in self.bundle.records):
                raise VerificationFailed(
                    "the trust file is of another consortium",
                    where="trust file.consortiumId",
                    expected="the consortium whose records these are",
                    found=to_hex(self.trust.genesis.consortium_id),
                    mend="No record of the bundle has its leaf there. Get the trust file of the right consortium.",
                ) from None
            raise
        leaves = [(record.index, record.leaf_hash) for record in self.bundle.records]
        self.last_logged = max((record.log_time for record in self.bundle.records), default=0)
        verify_subset(leaves, self.head.size, self.bundle.proof, self.head.root)
        if self.bundle.last is None:
            return f"all {len(leaves)} records are leaves of the log"
        self.last_logged = self.bundle.last.logged_in(self.head, "last")
        self.latest = latest_judgement(self.head.size, self.last_logged, self.counted)
        return (
            f"all {len(leaves)} records are leaves of the log; its last was logged at {self.last_logged} (UTC seconds)"
        )

    def _domains(self) -> list[Domain]:
        """Evidence has one domain; money records bind the pool, which is any that the registry recorded as opened."""
        genesis, chain_id = self.trust.genesis, self.trust.chain_id
        evidence = Domain(genesis.consortium_id, chain_id)
        events = events_of(self.bundle.records)
        pools = {
            change.key: None
            for change in (record.signed.record for record in self.bundle.records)
            if isinstance(change, RegistryChange)
            and change.action == RegistryAction.OPEN_CONTRACT
            and change.number == ContractKind.BONUS
            # The council may have signed what the chain never took: money in such a pool was never anybody's.
            and any(Code.APPLIED in event.outcomes for _, event in events.get(evidence.record_id(change), ()))
        }
        return [Domain(genesis.consortium_id, chain_id, pool) for pool in pools] or [evidence]

    # --- 5 and 6: who signed -----------------------------------------------------------------------------------

    def build_registry(self) -> str:
        events = events_of(self.bundle.records)
        for record in self.bundle.records:
            self.facts[record.index] = facts_of(
                record.index, record.log_time, events.get(self.ids[record.index], []), self.evidence
            )
        placed = []
        for record in self.bundle.records:
            facts = self.facts[record.index]
            if not isinstance(record.signed.record, REGISTRY_RECORDS) or not facts.outcomes:
                continue  # not recorded by the chain: without effect
            if facts.block_number is None or facts.block_time is None or facts.event_index is None:
                continue
            for index, event in by_contracts(events[self.ids[record.index]], facts):
                check_target(index, event, self.trust.registry, "the trusted registry")
            place = RecordedAt(facts.block_number, facts.block_time, facts.event_index, facts.outcome_index)
            placed.append(((facts.block_number, facts.event_index), place, record))
        history = RegistryHistory(self.trust.genesis)
        for _, place, record in sorted(placed, key=lambda entry: entry[0]):
            keys = self._recovered_of(record).keys
            try:
                history.apply(record.signed.record, keys, place)  # type: ignore[arg-type]
            except LadingError as error:
                raise VerificationFailed(
                    f"the registry cannot have recorded this: {error.what}",
                    where=record.where,
                    expected=error.expected,
                    found=error.found,
                    mend="A change before it is missing, was altered, or stands in another order.",
                ) from None
        self.history = history
        return f"{history.next_sequence - 1} changes without a gap, each signed by the council in force, {self.given}"

    def check_signatures(self) -> str:
        context = BundledContext({self.ids[r.index]: r.signed.record for r in self.bundle.records})
        for record in self.bundle.records:
            if isinstance(record.signed.record, Outcome):
                if record.signed.signatures:
                    raise VerificationFailed("an outcome bears no signature", where=record.where)
                continue
            facts = self.facts[record.index]
            try:
                verified = verify_recovered(self._recovered_of(record), facts, self.history, context)
            except LadingError as error:
                raise VerificationFailed(
                    error.what,
                    where=f"record {record.index}, {error.where}",
                    expected=error.expected,
                    found=error.found,
                    mend=error.mend,
                ) from None
            self.verified.append(verified)
        words = Counter(verified.basis for verified in self.verified)
        return (
            f"{len(self.verified)} signed records, each by the keys of its signers at its time, {self.given}; times "
            f"rest {words[Basis.WITNESSES]} on witnesses, {words[Basis.CHAIN]} on the chain, {words[Basis.OPERATOR]} "
            "on the operator's word"
        )

    # --- 7 and 8: what the log says ----------------------------------------------------------------------------

    def check_complete(self) -> str | Said:
        statement = self.bundle.complete
        if statement.size != self.head.size or statement.subject != self.bundle.subject:
            raise VerificationFailed(
                "the statement is about something else",
                where="complete",
                expected=f"{self.bundle.subject} at size {self.head.size}",
                found=f"{statement.subject} at size {statement.size}",
            )
        self.log.verify_complete(statement, self.ids.values())
        times = self.bundle.times
        self.log.verify_times(self.bundle.subject, self.head.size, times.digest, times.signature)
        if parse_subject(self.bundle.subject).kind is SubjectKind.LEDGER:
            if len(self.ids) != self.head.size:
                raise VerificationFailed(
                    "not every leaf of the log is here", where="records", expected=self.head.size, found=len(self.ids)
                )
            why = f"every one of the {self.head.size} leaves is here; the log says that it has no earlier evidence"
            return Said(f"{why} of their times", PROVED)
        return (
            f"the log says that these {len(self.ids)} records are all that bear on {self.bundle.subject}, "
            "and that it has no earlier evidence of their times"
        )

    def check_outcomes(self) -> str:
        records = {self.ids[record.index]: record for record in self.bundle.records}
        events = events_of(self.bundle.records)
        domains = self._domains()
        pools = {
            record_id: domain.bonus_pool
            for record_id, record in records.items()
            if record.signed.record.MONEY
            for domain in domains
            if domain.record_id(record.signed.record) == record_id
        }
        told = check_outcomes(records, self.facts, events, self.history, pools)
        if self.seals is not None:
            return self.seals.check_outcomes(events, records)
        return told + why_attested(self.bundle, self.trust)

    def check_anchors(self, seals: SealChecks) -> str:
        return seals.check_anchors(self.bundle.times.checkpoints, self.log, self.history, self._domains()[0])

    def check_state(self, seals: SealChecks) -> Said:
        records = self.bundle.records
        events = events_of(records)
        told = [
            (o, self._recovered_of(record)) for record in records for _, o in events.get(self.ids[record.index], ())
        ]
        recorded = [r.signed.record for r in records if self.facts[r.index].block_number is not None]
        stood = max([self.last_logged, *(time.time for time in self.counted)])
        return seals.check_state(self.bundle.subject, self.trust.registry, told, recorded, self.history, stood)

    def check_cutoff(self) -> str:
        records = {self.ids[r.index]: r.signed.record for r in self.bundle.records}
        award, agreement = award_and_agreement(self.bundle.subject, records)
        rule = parse_rule(rule_named(agreement.rule, self.bundle.rules))
        known = partial(as_known_at, self.verified, times=self.evidence.times)
        if self.bundle.cutoff is None:
            raise VerificationFailed("nothing says why the award was computed at its size", where="cutoff")
        reckoned = cache(reckoner(agreement, rule, known))
        followed = None if self.seals is None else self.seals.followed
        return check_cutoff(
            self.bundle.cutoff, award.logSize, reckoned, self.bundle.times.checkpoints, self.log, followed
        )

    # --- 9 and 10: numbers, and what was left out --------------------------------------------------------------

    def check_figures(self) -> str:
        records = {self.ids[r.index]: r.signed.record for r in self.bundle.records}
        ground = Ground(
            self.verified,
            records,
            self.history.at_log(self.head.size, 0),
            self.history,
            self.log.log_id,
            self.evidence.times,
            self.latest,
        )
        self.checked = check_figures(self.bundle.subject, self.bundle.figures, self.bundle.rules, ground)
        return f"All made again from the records, {self.given}"

    def check_receipts(self, held: Iterable[HeldReceipt]) -> str:
        records = {self.ids[r.index]: r.signed.record for r in self.bundle.records}
        indexes = {record_id: index for index, record_id in self.ids.items()}
        domains, subject = self._domains(), self.bundle.subject
        traced = traced_in(self.bundle.figures)
        cards = [text.encode() for text in self.bundle.rules if CARDS.has(text.encode())]
        schemas = frozenset[bytes]().union(*(parse_card(text).schemas for text in cards))
        judged = [
            check_not_omitted(receipt, self.log, self.head.size, subject, records, indexes, domains, traced, schemas)
            for receipt in held
        ]
        return "; ".join(judged)

    # --- parts -------------------------------------------------------------------------------------------------

    def _recovered_of(self, record: BundledRecord) -> RecoveredRecord:
        """The record with its keys: recovered once, though the registry is built before signatures are judged."""
        if record.index not in self.recovered:
            signed, name = record.signed, type(record.signed.record).__name__
            signed.record.check(name)
            self.recovered[record.index] = recover_record(signed, self.ids[record.index], name)
        return self.recovered[record.index]
