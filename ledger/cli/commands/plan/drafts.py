"""Drafts of plans as files for `lading sign`."""

import json as to_text
from pathlib import Path

from ledger.client.drafts import completed
from ledger.planning.transfer_drafts import Draft
from ledger.records.content_checks import check_content
from ledger.records.types import Handoff
from ledger.records.wallet_input import envelope_from_wallet


def written(draft: Draft, folder: Path, now: int) -> Path:
    """The draft as a file that `lading sign` takes. One that is there stays, for its salts make the shipment's id. A
    handoff stays a template: it is signed when goods change hands, and `lading sign` fills in when that is."""
    path = folder / f"{draft.name}.json"
    signed = envelope_from_wallet(completed(draft.template, now))
    check_content(signed.record, now)
    if not path.exists() or isinstance(signed.record, Handoff):
        data = draft.template if isinstance(signed.record, Handoff) else signed.to_json()
        path.write_text(to_text.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
