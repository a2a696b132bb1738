"""The projection tables: what the records amount to. All of them can be dropped and rebuilt from the records.

They are not part of the migrations: a changed `VERSION` makes the next start drop and recreate them, and the service
above replays the log from `projection_state.size` on.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from ledger.codes import ShipmentState
from ledger.records.types import REMAINDER_INDEX

VERSION = 6
"""Count up with every change of the tables below."""

projections = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"},
)


class Amount(TypeDecorator[int]):
    """An integer of up to 128 bits, kept as decimal text: neither dialect has such a number."""

    impl = String(39)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:  # noqa: ARG002 signature of SQLAlchemy
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int(value)


IS_OPEN = str(int(ShipmentState.OPEN))
"""Word for word in index and queries, or SQLite does not see that the index serves them."""
TEXT_BY_CODE = String().with_variant(String(collation="C"), "postgresql")
"""Text in the order of its code points, so that an index finds what begins with something."""


def _where_known() -> list[Column[int]]:
    """When a record took effect: block and its time (None for log only), and its index in the log."""
    return [
        Column("block_number", BigInteger, nullable=True),
        Column("block_time", BigInteger, nullable=True),
        Column("log_index", BigInteger, nullable=False),
    ]


projection_state = Table(
    "projection_state",
    projections,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),  # the first so many leaves are in the projections
)

FIRST_ITEM = "item = 0"
"""Word for word in index and queries, or SQLite does not see that the index serves them."""

outcomes = Table(
    "outcomes",
    projections,
    Column("record_id", LargeBinary, primary_key=True),
    Column("item", Integer, primary_key=True, autoincrement=False),
    Column("outcome", Integer, nullable=False),
    Column("outcome_record", LargeBinary, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("transaction", LargeBinary, nullable=False),
    Column("log_index", BigInteger, nullable=False),
    Column("type_number", Integer, nullable=False),  # of the record; 0 where that is not here
    Index(None, "type_number", "log_index"),
    Index(
        "ix_outcomes_blocks", "block_number", "log_index",
        sqlite_where=text(FIRST_ITEM), postgresql_where=text(FIRST_ITEM),
    ),
)  # fmt: skip

shipments = Table(
    "shipments",
    projections,
    Column("shipment", LargeBinary, primary_key=True),
    Column("terms", LargeBinary, nullable=False),  # record id of the terms; a child's are its ancestor's
    Column("parent", LargeBinary, nullable=True),  # of a child or a remainder
    Column("child_index", BigInteger, nullable=True),
    Column("parents", Text, nullable=False),  # JSON: [[0x-id, sequence]] named by the terms
    Column("consignor", BigInteger, nullable=False),
    Column("consignee", BigInteger, nullable=False),
    Column("custodian", BigInteger, nullable=False),
    Column("recipient_key", LargeBinary, nullable=False),
    Column("purpose", Integer, nullable=False),
    Column("mode", Integer, nullable=False),
    Column("fulfilment", Integer, nullable=False),
    Column("packages", BigInteger, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", Integer, nullable=False),
    Column("requires", Text, nullable=False),  # JSON: [[jurisdiction, regime, gate, relay]]
    Column("released", Integer, nullable=False),  # mask over `requires`
    Column("flags", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("opened_block", BigInteger, nullable=True),
    Column("opened_index", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    Column("due_at", BigInteger, nullable=False),  # by when its custodian is to pass it on; `FOREVER`: nobody said
    Column("course", Integer, nullable=False),  # while under way: see `ledger.shipments.parties.Course`
    Index(None, "parent"),
    Index(None, "terms"),
)
Index(
    "ix_shipments_remainders",
    shipments.c.custodian,
    shipments.c.state,
    shipments.c.opened_index,
    sqlite_where=shipments.c.child_index == text(str(REMAINDER_INDEX)),
    postgresql_where=shipments.c.child_index == text(str(REMAINDER_INDEX)),
)
Index(
    "ix_shipments_under_way",
    shipments.c.custodian,
    shipments.c.opened_index,
    sqlite_where=shipments.c.state == text(IS_OPEN),
    postgresql_where=shipments.c.state == text(IS_OPEN),
)
Index(
    "ix_shipments_held",
    shipments.c.custodian,
    shipments.c.due_at,
    shipments.c.opened_at,
    shipments.c.shipment,
    shipments.c.child_index,  # so that they are counted in the index alone, as is
    shipments.c.state,  # which SQLite looks up elsewhere though the index is of one state
    sqlite_where=shipments.c.state == text(IS_OPEN),
    postgresql_where=shipments.c.state == text(IS_OPEN),
)

shipment_parties = Table(
    "shipment_parties",
    projections,
    # A partner's decimal id, the 0x-address of a recipient's key, or nothing: everybody, with what auditors see. First
    # in the key, so that each reader's list is read in its order, whatever others have.
    Column("who", TEXT_BY_CODE, primary_key=True),
    Column("opened_at", BigInteger, primary_key=True, autoincrement=False),
    Column("opened_index", BigInteger, primary_key=True, autoincrement=False),
    Column("shipment", LargeBinary, primary_key=True),
    Column("roles", Integer, nullable=False),  # mask of `ledger.shipments.parties.Part`
    Column("state", Integer, nullable=False),
    Column("mode", Integer, nullable=False),
    Column("held_since", BigInteger, nullable=True),
    Column("disputed_until", BigInteger, nullable=True),
    # Of the private terms, in the rows of those alone who may read them:
    Column("due_at", BigInteger, nullable=True),
    Column("report_lag", BigInteger, nullable=True),
    Column("stopped_at", BigInteger, nullable=True),
    Column("origin", TEXT_BY_CODE, nullable=True),
    Column("destination", TEXT_BY_CODE, nullable=True),
    Column("order_ref", String, nullable=True),
    Index(None, "shipment"),
    Index(
        "ix_shipment_parties_due", "who", "due_at", "opened_index", "shipment",
        sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)  # fmt: skip
# SQLite walks the 90,000 rows of one reader, which are its table, in 10 ms, and PostgreSQL in more.
for _name, _where in (
    ("live", f"state = {int(ShipmentState.OPEN)}"),
    ("held", "held_since IS NOT NULL"),
    ("disputed", "disputed_until IS NOT NULL"),
):
    Index(
        f"ix_shipment_parties_{_name}",
        *(shipment_parties.c[_column] for _column in ("who", "opened_at", "opened_index", "shipment")),
        postgresql_where=text(_where),
    ).ddl_if(dialect="postgresql")

identifiers = Table(
    "identifiers",
    projections,
    Column("who", TEXT_BY_CODE, primary_key=True),  # as in `shipment_parties`
    Column("value", TEXT_BY_CODE, primary_key=True),  # as `ledger.common.search_text.squeezed` leaves it
    Column("kind", TEXT_BY_CODE, primary_key=True),  # order, lot: of a shipment; load: of a handoff; declaration
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("target", LargeBinary, primary_key=True),
    Index(None, "target"),
    sqlite_with_rowid=False,
)

goods = Table(
    "goods",
    projections,
    Column("gtin", String, primary_key=True),
    Column("lot", String, primary_key=True),
    Column("shipment", LargeBinary, primary_key=True),
    Index("ix_goods_shipment", "shipment"),
    Index("ix_goods_gtin_shipment", "gtin", "shipment"),
)

custody_steps = Table(
    "custody_steps",
    projections,
    Column("shipment", LargeBinary, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("record_id", LargeBinary, nullable=False, index=True),
    Column("item", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("from_partner", BigInteger, nullable=False),
    Column("to_partner", BigInteger, nullable=False),
    Column("packages", BigInteger, nullable=False),
    Column("exceptions", Integer, nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    *_where_known(),
    Index(None, "from_partner", "log_index"),
    Index(None, "to_partner", "log_index"),
)

clearances = Table(
    "clearances",
    projections,
    Column("shipment", LargeBinary, primary_key=True),
    Column("jurisdiction", String(2), primary_key=True),
    Column("regime", Integer, primary_key=True, autoincrement=False),
    Column("status", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("record_id", LargeBinary, nullable=False),
)

clearance_steps = Table(
    "clearance_steps",
    projections,
    Column("shipment", LargeBinary, primary_key=True),
    Column("jurisdiction", String(2), primary_key=True),
    Column("regime", Integer, primary_key=True, autoincrement=False),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("record_id", LargeBinary, nullable=False, index=True),
    Column("by", BigInteger, nullable=False),
    Column("declarant", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),
    Column("hold_cause", Integer, nullable=False),
    Column("caused_by", BigInteger, nullable=False),
    Column("assurance", Integer, nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    *_where_known(),
)

clearance_matters = Table(
    "clearance_matters",
    projections,
    Column("shipment", LargeBinary, primary_key=True),
    Column("audience", TEXT_BY_CODE, primary_key=True),  # a partner's number, or the letters of a jurisdiction
    Column("kind", TEXT_BY_CODE, primary_key=True),
    Column("jurisdiction", TEXT_BY_CODE, primary_key=True),
    Column("regime", Integer, primary_key=True, autoincrement=False),
    Column("status", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
    Index("ix_clearance_matters_waiting", "audience", "since", "shipment", "kind", "jurisdiction", "regime"),
)

tender_matters = Table(
    "tender_matters",
    projections,
    Column("tender", LargeBinary, primary_key=True),
    Column("audience", BigInteger, primary_key=True, autoincrement=False),  # a partner's number
    Column("shipment", LargeBinary, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("holder", BigInteger, nullable=False),
    Column("tendered_at", BigInteger, nullable=False),
    Column("contested_at", BigInteger, nullable=True),
    Column("since", BigInteger, nullable=False),  # the later of both
    Index(None, "shipment"),
    Index(None, "audience", "since"),
)

unendorsed_terms = Table(
    "unendorsed_terms",
    projections,
    Column("terms", LargeBinary, primary_key=True),  # something under them is under way
    Column("liable", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Index("ix_unendorsed_terms_waiting", "liable", "opened_at", "terms"),
)

attestations = Table(
    "attestations",
    projections,
    Column("record_id", LargeBinary, primary_key=True),
    Column("by", BigInteger, nullable=False),
    Column("schema", LargeBinary, nullable=False),
    Column("subject", TEXT_BY_CODE, nullable=False, index=True),
    Column("accreditation", LargeBinary, nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("item_codes", LargeBinary, nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("revoked_by", LargeBinary, nullable=True),  # record id of the revocation
    Column("revoked_from", BigInteger, nullable=True),
    *_where_known(),
    Index("ix_attestations_ending", "by", "valid_until", "valid_from", "record_id"),
)

recalls = Table(
    "recalls",
    projections,
    Column("record_id", LargeBinary, primary_key=True),
    Column("by", BigInteger, nullable=False),
    Column("subject", TEXT_BY_CODE, nullable=False, index=True),
    Column("lots", Text, nullable=False),
    Column("hazard", Integer, nullable=False),
    Column("action", Integer, nullable=False),
    Column("contact", Text, nullable=False),
    Column("supersedes", LargeBinary, nullable=False),
    Column("superseded_by", LargeBinary, nullable=True),
    Column("outcome", Integer, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    *_where_known(),
    Index(None, "log_index"),
)

recall_answers = Table(
    "recall_answers",
    projections,
    Column("record_id", LargeBinary, primary_key=True),
    Column("recall", LargeBinary, nullable=False, index=True),
    Column("by", BigInteger, nullable=False),
    Column("found", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("disposed", BigInteger, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    *_where_known(),
)

agreements = Table(
    "agreements",
    projections,
    Column("record_id", LargeBinary, primary_key=True),
    Column("awarder", BigInteger, nullable=False),
    Column("arbiter", BigInteger, nullable=False),
    Column("residual", BigInteger, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("currency", String, nullable=False),
    Column("period_start", BigInteger, nullable=False),
    Column("period_end", BigInteger, nullable=False),
    Column("parties", Text, nullable=False),  # JSON: [[partner, basis points]]
    Column("funded", Amount, nullable=False),
    Column("state", String, nullable=False),
    *_where_known(),
    Index(None, "log_index"),
)

awards = Table(
    "awards",
    projections,
    Column("agreement", LargeBinary, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("record_id", LargeBinary, nullable=False, index=True),
    Column("total", Amount, nullable=False),
    Column("amounts", LargeBinary, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Column("log_size", Amount, nullable=False),  # uint64, as its signer chose it
    Column("disputed_by", LargeBinary, nullable=True),  # record id of the dispute
    Column("ruled_by", LargeBinary, nullable=True),  # record id of the ruling
    Column("upheld", Boolean, nullable=True),
    *_where_known(),
)

claims = Table(
    "claims",
    projections,
    Column("agreement", LargeBinary, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("partner", BigInteger, primary_key=True, autoincrement=False),
    Column("record_id", LargeBinary, nullable=False),
    Column("amount", Amount, nullable=False),
    Column("pay_to", LargeBinary, nullable=False),
    Column("outcome", Integer, nullable=False),
    *_where_known(),
)

registry_changes = Table(
    "registry_changes",
    projections,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("record_id", LargeBinary, nullable=False),
    Column("action", Integer, nullable=False),
    Column("partner", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("role", Integer, nullable=False),
    Column("scope", LargeBinary, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("in_force_at", BigInteger, nullable=False),
    *_where_known(),
    Index(None, "partner", "sequence"),
)
