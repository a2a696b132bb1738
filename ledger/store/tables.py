"""The durable tables. What is here is lost only with the database; what `projected` holds can be rebuilt.

Append-only tables refuse UPDATE and DELETE by triggers (see `triggers`). Migrations under `migrations/` create all of
this; a test compares them with these definitions.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

durable = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Serial = BigInteger().with_variant(Integer, "sqlite")

APPEND_ONLY = ("records", "record_index", "enrolments", "cosignatures", "erasures", "accesses", "consents")
"""Tables whose rows are for ever."""
NO_UPDATE = ("openings",)
"""Tables whose rows can be erased, but never altered."""

meta = Table("meta", durable, Column("name", String, primary_key=True), Column("value", Text, nullable=False))

log_head = Table(
    "log_head",
    durable,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1: the row that appenders lock
    Column("size", BigInteger, nullable=False),
    Column("log_time", BigInteger, nullable=False),
)

records = Table(
    "records",
    durable,
    Column("record_id", LargeBinary, primary_key=True),
    Column("log_index", BigInteger, nullable=False, unique=True),
    Column("type_number", Integer, nullable=False),
    Column("log_time", BigInteger, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("signatures", LargeBinary, nullable=False),  # 65 bytes each, in canonical order
    Column(
        "message", Text, nullable=False
    ),  # RFC 8785, private parts as hashes; last, so that leaves are read without it
    Index(None, "type_number", "log_index"),
)

openings = Table(
    "openings",
    durable,
    Column("record_id", LargeBinary, ForeignKey("records.record_id"), primary_key=True),
    Column("path", String, primary_key=True),
    Column("body", Text, nullable=False),  # RFC 8785 JSON of the part, salt included
)

erasures = Table(
    "erasures",
    durable,
    Column("record_id", LargeBinary, primary_key=True),  # no foreign key: it outlives a database that was lost
    Column("path", String, primary_key=True),
    Column("erased_at", BigInteger, nullable=False),
    Column("erased_by", BigInteger, nullable=False),  # a partner's id; 0: the operator
    Column("reason", String, nullable=False),
)

accesses = Table(
    "accesses",
    durable,
    Column("record_id", LargeBinary, primary_key=True),
    Column(
        "key", LargeBinary, primary_key=True
    ),  # the address that signed in, or the id of the log that was forwarded to
    Column("hour", BigInteger, primary_key=True, autoincrement=False),  # the full hour of `at`
    Column("paths", String, primary_key=True),  # of the parts, joined by commas
    Column("partner", BigInteger, nullable=False),  # 0: a recipient's key
    Column("right", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)

record_index = Table(
    "record_index",
    durable,
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("log_index", BigInteger, ForeignKey("records.log_index"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

proposals = Table(
    "proposals",
    durable,
    Column("record_id", LargeBinary, primary_key=True),
    Column("type_number", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("openings", Text, nullable=False),  # JSON: path → part
    Column("signatures", Text, nullable=False),  # JSON: address of the key → signature, both 0x-hex
    Column("created_at", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
)

proposal_index = Table(
    "proposal_index",
    durable,
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("record_id", LargeBinary, ForeignKey("proposals.record_id", ondelete="CASCADE"), primary_key=True),
    Index(None, "record_id"),
)

pending = Table(
    "pending",
    durable,
    Column("scope", LargeBinary, primary_key=True),  # shipment id, or shipment ‖ jurisdiction ‖ regime
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("record_id", LargeBinary, ForeignKey("records.record_id"), nullable=False, index=True),
)

outbox = Table(
    "outbox",
    durable,
    Column("record_id", LargeBinary, ForeignKey("records.record_id"), primary_key=True),
    Column("log_index", BigInteger, nullable=False),
    Column("type_number", Integer, nullable=False),
    Column("state", String, nullable=False),  # pending, sent, final
    Column("attempts", Integer, nullable=False),
    Column("next_try", BigInteger, nullable=False),
    Column("submit_by", BigInteger, nullable=False),  # 0: no limit
    Column("problem", Text, nullable=False),
    Index(None, "state", "log_index"),
)

MAY_BE_MINED = "state IN ('stored', 'sent', 'unknown')"
"""Of a transaction. Word for word in index and queries, or SQLite does not see that the index serves them."""

transactions = Table(
    "transactions",
    durable,
    Column("id", Serial, primary_key=True),
    Column("intent", String, nullable=False, index=True),
    Column("record_id", LargeBinary, nullable=True, index=True),
    Column("sender", LargeBinary, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),  # empty once it is in a final block of the embedded chain
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("state", String, nullable=False),  # stored, sent, unknown, mined, dropped
    Column("created_at", BigInteger, nullable=False),
    Column("block_number", BigInteger, nullable=True),
    Column("problem", Text, nullable=False),
    UniqueConstraint("sender", "nonce"),  # never another intent under a nonce that may still be mined
    Index(
        "ix_transactions_open",
        "sender",
        "nonce",
        sqlite_where=text(MAY_BE_MINED),
        postgresql_where=text(MAY_BE_MINED),
    ),
)

carried = Table(
    "carried",
    durable,
    # By nonce, and not by hash: refused bytes are replaced by others under the same nonce.
    Column("sender", LargeBinary, primary_key=True),
    Column("nonce", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("record_id", LargeBinary, nullable=False, index=True),
    sqlite_with_rowid=False,
)

changes = Table(
    "changes",
    durable,
    Column("kind", String, primary_key=True),  # parts, evidence, documents
    Column("count", BigInteger, nullable=False),
)

chain_cursor = Table(
    "chain_cursor",
    durable,
    Column("name", String, primary_key=True),
    Column("block", BigInteger, nullable=False),
    Column("block_hash", LargeBinary, nullable=False),
)

leases = Table(
    "leases",
    durable,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("expires", BigInteger, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    durable,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("anchored_block", BigInteger, nullable=True),
    Column("anchored_transaction", LargeBinary, nullable=True),
    Column("anchored_time", BigInteger, nullable=True),
    Column("previous", BigInteger, nullable=True),  # the size of the one before; None: the first
)

cosignatures = Table(
    "cosignatures",
    durable,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("witness", String, primary_key=True),  # its C2SP verifier key
    Column("root", LargeBinary, nullable=False),
    Column("time", BigInteger, nullable=False),  # the witness's own
    Column("signature", LargeBinary, nullable=False),
)

enrolments = Table(
    "enrolments",
    durable,
    Column("document_hash", LargeBinary, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("key", LargeBinary, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "created_at", "document_hash"),
)

consents = Table(
    "consents",
    durable,
    Column("document_hash", LargeBinary, primary_key=True),
    Column("consent", LargeBinary, nullable=False, index=True),  # its own hash; of a revocation that of the consent
    Column("document", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

forwarded = Table(
    "forwarded",
    durable,
    Column("record_id", LargeBinary, ForeignKey("records.record_id"), primary_key=True),
    Column("log_id", LargeBinary, primary_key=True),  # of the log that gave a receipt for it
    Column("paths", String, nullable=False),  # of the parts that were open, joined by commas
    Column("consent", LargeBinary, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
)

credentials = Table(
    "credentials",
    durable,
    Column("credential_id", String, primary_key=True),
    Column("record_id", LargeBinary, ForeignKey("records.record_id"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("partner", BigInteger, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
)

status_lists = Table(
    "status_lists",
    durable,
    Column("partner", BigInteger, primary_key=True, autoincrement=False),
    Column("log_id", LargeBinary, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("token", LargeBinary, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
)

sealed_records = Table(
    "sealed_records",
    durable,
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("stop", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # verified records with their private parts
    Column("seal", LargeBinary, nullable=False),
)

sightings = Table(
    "sightings",
    durable,
    Column("id", Serial, primary_key=True),
    Column("path", String, nullable=False, index=True),
    Column("time", BigInteger, nullable=False),
    Column("place", String, nullable=False),
    Column("reader", String, nullable=False),  # a random token of the scanning device
)

sessions = Table(
    "sessions",
    durable,
    Column("token_hash", LargeBinary, primary_key=True),  # SHA-256: who reads the database cannot use it
    Column("key", LargeBinary, nullable=False),  # the address that signed in
    Column("expires", BigInteger, nullable=False, index=True),
)

challenges = Table(
    "challenges",
    durable,
    Column("nonce", String, primary_key=True),  # of a challenge that has served
    Column("expires", BigInteger, nullable=False, index=True),
)

news = Table(
    "news",
    durable,
    Column("name", String, primary_key=True),  # whose: the worker's, or a bonus agreement's
    Column("told_at", BigInteger, nullable=False),  # UTC seconds by the database's clock
    Column("text", Text, nullable=False),  # JSON
)

quotas = Table(
    "quotas",
    durable,
    Column("payer", String, primary_key=True),
    Column("full_at", BigInteger, nullable=False),  # UTC microseconds by the database's clock
)

webhooks = Table(
    "webhooks",
    durable,
    Column("id", String, primary_key=True),
    Column("partner", BigInteger, nullable=False, index=True),
    Column("key", LargeBinary, nullable=False),  # the address that registered it
    Column("url", String, nullable=False),
    Column("types", String, nullable=False),  # numbers with commas between; empty: all
    Column("shipment", String, nullable=False),  # 0x-hex; empty: any
    Column("about", BigInteger, nullable=False),  # partner whom events have to concern; 0: any
    Column("salt", LargeBinary, nullable=False),  # its secret is derived from this and a secret of the home
    Column("fingerprint", LargeBinary, nullable=False),  # eight bytes by which a wrong secret shows
    Column("old_salt", LargeBinary, nullable=True),  # of the secret before, which signs too until `old_until`
    Column("old_fingerprint", LargeBinary, nullable=True),
    Column("old_until", BigInteger, nullable=False),
    Column("planned", BigInteger, nullable=False),  # log index up to which its deliveries are planned
    Column("state", String, nullable=False),  # active, paused
    Column("problem", String, nullable=False),
    Column("failures", Integer, nullable=False),  # in a row, of the endpoint as a whole
    Column("not_before", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),  # how many were taken
    Column("delivered_at", BigInteger, nullable=False),  # when the last was; 0: none yet
    Column("created_at", BigInteger, nullable=False),
    # Of a subscription to a named EPCIS query, the query's name; then `planned` is the number of an event.
    Column("query", String, nullable=False, server_default=""),
)

deliveries = Table(
    "deliveries",
    durable,
    Column("webhook", String, ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True),
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("places", LargeBinary, nullable=False),  # eight bytes for each shipment whose order it keeps
    Column("state", String, nullable=False),  # due, dead
    Column("planned_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),  # of the last answer; 0: none
    Column("problem", String, nullable=False),
    # Of a subscription, the number of the event behind which its events begin; `log_index` is that of the last one.
    Column("behind", BigInteger, nullable=False, server_default="0"),
    Index(None, "webhook", "state", "log_index"),
)
