"""What stood before an amendment: its target as the amendments that it follows have left it."""

from ledger.common.ids import RecordId, to_hex
from ledger.errors import NotFound
from ledger.records import index_keys
from ledger.records.types import Amendment, Record, record_named
from ledger.services.views.models import RecordView
from ledger.services.views.records import Reader, RecordViews
from ledger.shipments.amendments import as_amended

MOST = 100
"""Amendments of one record that are read to show what stood before another."""


def stood_before(views: RecordViews, amendment: Amendment, reader: Reader) -> Record | None:
    """The amended record as `reader` may see it, after the amendments before this one; None where it is not here."""
    try:
        target = _said(views.record(RecordId(amendment.target), reader))
    except NotFound:
        return None
    key = to_hex(amendment.target)
    amendments = views.records(reader, kind=index_keys.RECORD, key=key, types=(Amendment.NUMBER,), limit=MOST)
    known = {view.id: said for view in amendments if isinstance(said := _said(view), Amendment)}
    before: list[Amendment] = []
    previous = to_hex(amendment.previous)
    while (one := known.pop(previous, None)) is not None:
        before.append(one)
        previous = to_hex(one.previous)
    return as_amended(target, reversed(before))


def _said(view: RecordView) -> Record:
    return record_named(view.type).from_json(view.message)
