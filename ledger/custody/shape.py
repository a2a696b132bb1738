"""What the contracts refuse of a record by its shape alone, whatever state they are in: known before anybody signs."""

from ledger.custody.clearance import check_clearance
from ledger.custody.handoff import check_manifest, check_override
from ledger.custody.statements import check_split, check_statement
from ledger.custody.terms import check_terms
from ledger.records.types import Clearance, Handoff, Override, Record, ShipmentTerms, Split, Statement


def check_shape(record: Record) -> None:
    """Raise `MalformedRecord` for a record that no contract would take; others are left alone."""
    match record:
        case ShipmentTerms():
            check_terms(record)
        case Handoff():
            check_manifest(record)
        case Override():
            check_override(record)
        case Split():
            check_split(record)
        case Statement():
            check_statement(record)
        case Clearance():
            check_clearance(record)
