"""What an audit of a home cannot know, and why: the one list of it, in words.

A *place* names rows, columns and files as the tamper drill does (`tests/e2e/audit/mutants.py`): `outbox.attempts` a
column, `transactions -row` rows that are gone, `leases*` all of a table, `file keys/session.key*` a file.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True, slots=True)
class NotJudged:
    """`code` names it for machines; `places` are patterns, none for what is no single edit."""

    code: str
    what: str
    because: str
    places: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "what": self.what, "because": self.because, "places": list(self.places)}


NOT_JUDGED: tuple[NotJudged, ...] = (
    NotJudged(
        "whole-home",
        "a home that was put back to an older state as a whole, or written anew as a whole",
        "it agrees with itself. What others kept gives it away: --checkpoint, --receipt, --trust, anchors on a network",
    ),
    NotJudged(
        "never-logged",
        "records that were handed in and never logged",
        "only their receipts tell of them: --receipt",
    ),
    NotJudged(
        "embedded-state",
        "whether the state of an embedded chain follows from its transactions, and the words of reverts",
        "transactions are not run again: the rules are replayed over the events instead",
        ("chain.db value revert",),
    ),
    NotJudged(
        "own-clock",
        "when something was noted: enrolments, consents, checkpoints, transactions, proposals with a time of their own "
        "to expire",
        "it is the operator's own clock, and nothing rests on it where others bear witness",
        (
            "enrolments.created_at",
            "consents.created_at",
            "checkpoints.signed_at",
            "transactions.created_at",
            "proposals.created_at",
        ),
    ),
    NotJudged(
        "scans",
        "who looked at a product's code, and when (sightings)",
        "a device signs nothing; a verdict says *risk* because of them, and never more",
        ("sightings*",),
    ),
    NotJudged(
        "openings",
        "who opened private parts (accesses)",
        "reading is not signed: the home's operator alone saw it",
        ("accesses*",),
    ),
    NotJudged(
        "forwarding",
        "what was forwarded to other operators, and consents and revocations that are not here any more",
        "the partner has what it signed, and the other log the records: what is not noted is handed in again",
        ("consents -row", "forwarded*"),
    ),
    NotJudged(
        "parts-not-here",
        "opened parts that are not here any more",
        "to erase them is a right, and nothing shows that they ever were here; a note counts the records that lack one",
        ("openings -row",),
    ),
    NotJudged(
        "erasures-gone",
        "erasures that were struck from the database and from `erasures.jsonl` together, or written otherwise in both",
        "the operator alone notes them, in both; a copy of the file that others keep tells of them",
    ),
    NotJudged(
        "checkpoints-gone",
        "checkpoints, never anchored or cosigned, that were struck from every list, table and folder together",
        "who holds one shows it: --checkpoint; it is part of the log all the same",
    ),
    NotJudged(
        "documents-not-here",
        "rule files, scorecards, award files, item codes, descriptions and pictures of products that are not here",
        "nothing shows that this node was ever given them; those that records name are notes",
        ("meta -row award", "meta -row card", "meta -row codes", "meta -row rule"),
    ),
    NotJudged(
        "award-details",
        "how the amounts in a kept award file came about: judgements, penalties, what was left out, the evidence",
        "the record commits to the amounts and the evidence alone, and other parts may have been open then; a note "
        "tells where the records give another way to them",
    ),
    NotJudged(
        "quarters-gone",
        "published quarters that are not here, which parts were open at those that are, and the figures of those since "
        "which parts were opened or erased, or whose scorecard is not here",
        "they are taken again when somebody asks for them; where other parts are open now, that gives others (a note)",
        ("meta -row published", "meta.value published parts"),
    ),
    NotJudged(
        "proposals-gone",
        "proposals that are not here any more, and whether the keys that signed one so far have a part in it",
        "they are no records yet, may be withdrawn, and expire: their signers have them. Keys change while a proposal "
        "waits, and are judged once all have signed",
        ("proposals -row with its index",),
    ),
    NotJudged(
        "cosignatures-gone",
        "cosignatures that are not here, neither shown nor what a quarter counts by, and a published file of them",
        "a witness that was away left none either, and it knows what it cosigned; the file is begun anew from the rows",
        ("cosignatures -row", "file log/cosignatures deleted"),
    ),
    NotJudged(
        "cose-heads-gone",
        "the published file of the log's COSE signatures",
        "homes of before have none; it is written anew from the checkpoint, and only receipts for others rest on it",
        ("file log/cose-heads deleted",),
    ),
    NotJudged(
        "relaying",
        "how often and why a record was tried, what it waits for, the transactions that carried it, whether those that "
        "are settled are noted so, and the account that relays",
        "the operator's process alone uses these notes and makes them anew: the chain decides, whatever they say",
        (
            "outbox.attempts",
            "outbox.problem",
            "outbox.next_try",
            "outbox.state of what waits",
            "outbox -row final",
            "pending -row",
            "transactions.id",
            "transactions.problem",
            "transactions -row",
        ),
    ),
    NotJudged(
        "projected-size",
        "how many of the newest leaves the projections have taken in, while these bring nothing into them",
        "the projections are then the same, and the next start goes on from any of these",
        ("projection_state.size over leaves that bring nothing",),
    ),
    NotJudged(
        "housekeeping",
        "leases, news, quotas, sign-ins, locks, counts of changes, what was verified before and sealed, what is to be "
        "scrubbed, and bytes of the databases that hold no row",
        "the operator's process alone uses them; they run out, or are made anew",
        (
            "leases*",
            "news*",
            "quotas*",
            "changes*",
            "sealed_records*",
            "sessions*",
            "challenges*",
            "file *.lock*",
            "meta.value unscrubbed",
            "meta -row unscrubbed",
            "file *.db outside of rows",
        ),
    ),
    NotJudged(
        "webhooks",
        "where partners have events delivered to, and what is still to be delivered",
        "they are no evidence: an event tells of a leaf that can be asked for, and whoever missed one asks again",
        ("webhooks*", "deliveries*"),
    ),
    NotJudged(
        "epcis",
        "events that were made of records for EPCIS, how far; what partners captured, and queries that they named",
        "each event names its record, which tells the same and is judged; what was captured counts once its capturer "
        "signed its hash, and a rebuild makes the events of records anew",
        ("epcis_*", "meta.* epcis*"),
    ),
    NotJudged(
        "credentials",
        "credentials that partners published here, and their status lists",
        "their issuers signed them, and whoever reads one checks it as if it came from anywhere; the records that they "
        "rest on are judged",
        ("credentials*", "status_lists*"),
    ),
    NotJudged(
        "secrets",
        "key files that are not here, whether it is a demonstration where both keystores are among them, the key of "
        "sign-in sessions, names of keystores, and other people's keys",
        "a copy for an auditor has none of them. What is here is opened where the passphrase is at hand",
        (
            "file keys/relayer.json deleted",
            "file keys/anchor.json deleted",
            "file keys/log.pem deleted",
            "file keys/consortium-id deleted",
            "file keys/session.key*",
            "file keys/council-*",
            "file keys/*.json id",
        ),
    ),
    NotJudged(
        "witnesses-asked",
        "which witnesses the log asks, and where",
        "an operator may change them; --trust holds it to the policy that was agreed. Published quarters that count "
        "by others are noted",
        ("file witnesses deleted", "file witnesses that asks others, or elsewhere"),
    ),
    NotJudged(
        "other-files",
        "other files in the home",
        "Lading does not read them",
        ("stray *",),
    ),
)


SINCE: tuple[NotJudged, ...] = (
    NotJudged(
        "rows-before",
        "rows, index entries and signed checkpoints from before the remembered checkpoint, opened parts beside those "
        "rows or beside none, and all files of the log but what the newest checkpoint needs of leaves since",
        "they were audited then. Older rows on which newer ones rest are taken only with a proof that the remembered "
        "tree holds them; an edit of any other shows in a whole audit, and cannot change what was published",
    ),
    NotJudged(
        "rules-since",
        "whether outcomes of custody and clearance since follow from the rules",
        "that rests on where each shipment stood before. The chain's events are compared with the log all the same, "
        "and the registry is replayed from its first change on",
    ),
    NotJudged(
        "projections-since",
        "the projections, published quarters, and everything else that is kept beside the log",
        "they follow from all records, or do not grow with the log: cosignatures, proposals, enrolments, consents, "
        "transactions, erasures, documents, keys, sequences that are held, older rows of the outbox, and whether what "
        "rests in it has something to wait for",
    ),
    NotJudged(
        "database-file",
        "the file of the database page by page, the types of all its values, and the file of an embedded chain",
        "to read all of them takes as long as a whole audit",
    ),
)
"""What an audit since a remembered checkpoint does not look at, beside what no audit can know."""


def not_judged(place: str) -> NotJudged | None:
    """The entry that a place belongs to; None for whatever is judged."""
    return next((one for one in NOT_JUDGED if any(fnmatchcase(place, p) for p in one.places)), None)
