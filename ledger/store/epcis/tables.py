"""The tables of EPCIS. Events of records can be made again from the log; what was captured is here alone, and in the
files of whoever captured it: its proof is an `Observation` in the log.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from ledger.store.projections.projected import TEXT_BY_CODE
from ledger.store.tables import Serial, durable

epcis_events = Table(
    "epcis_events",
    durable,
    Column("number", Serial, primary_key=True),
    Column("event_id", String, nullable=False, index=True),
    Column("record_id", LargeBinary, nullable=False, index=True),  # of a captured event, its observation; empty before
    Column("record_type", Integer, nullable=False),  # 0: captured
    Column("capture", String, nullable=False, index=True),  # the job; empty: of a record
    Column("hash", LargeBinary, nullable=False, index=True),  # what an Observation of it names
    Column("event_time", BigInteger, nullable=False),  # microseconds UTC
    Column("record_time", BigInteger, nullable=False),
    Column("parts", String, nullable=False),  # private parts that it tells of, joined by commas
    Column("body", Text, nullable=False),  # JSON, with its context
    Index(None, "event_time", "number"),
    Index(None, "record_time", "number"),
    sqlite_autoincrement=True,  # a number is never used again: who follows events goes on behind it
)

epcis_terms = Table(
    "epcis_terms",
    durable,
    Column("kind", String, primary_key=True),
    Column("value", TEXT_BY_CODE, primary_key=True),  # numbers and times are written so that they sort
    Column("event", BigInteger, ForeignKey("epcis_events.number", ondelete="CASCADE"), primary_key=True),
    Index(None, "event"),
    sqlite_with_rowid=False,
)

epcis_readers = Table(
    "epcis_readers",
    durable,
    Column("partner", BigInteger, primary_key=True, autoincrement=False),  # 0: everybody
    Column("event", BigInteger, ForeignKey("epcis_events.number", ondelete="CASCADE"), primary_key=True),
    Index(None, "event"),
    sqlite_with_rowid=False,
)

epcis_due = Table(
    "epcis_due",
    durable,
    Column("record_id", LargeBinary, primary_key=True),  # more or less of it is open than when its events were made
)

epcis_captures = Table(
    "epcis_captures",
    durable,
    Column("capture_id", String, primary_key=True),
    Column("partner", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # microseconds UTC
    Column("finished_at", BigInteger, nullable=False),
    Column("success", Boolean, nullable=False),
    Column("behaviour", String, nullable=False),  # rollback, proceed
    Column("document_hash", LargeBinary, nullable=False),  # SHA-256 of the bytes that came
    Column("errors", Text, nullable=False),  # JSON
    Index(None, "partner", "created_at", "capture_id"),
)

epcis_queries = Table(
    "epcis_queries",
    durable,
    Column("partner", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
    Column("query", Text, nullable=False),  # JSON
    Column("created_at", BigInteger, nullable=False),
)

epcis_subscriptions = Table(
    "epcis_subscriptions",
    durable,
    Column("webhook", String, ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True),
    Column("token", LargeBinary, nullable=False),  # sealed, with its nonce before it; empty: nothing is signed
    Column("schedule", Text, nullable=False),  # JSON; empty: whenever an event comes
    Column("report_if_empty", Boolean, nullable=False),
    Column("initial", BigInteger, nullable=True),  # microseconds UTC: record times that are told begin here
    Column("least", BigInteger, nullable=True),
    Column("next_run", BigInteger, nullable=False),  # UTC seconds; 0 without a schedule
)
