"""Drafts of plans as the API answers them."""

from collections.abc import Iterable
from typing import Any

from ledger.planning.transfer_drafts import Draft


def drafts_told(drafts: Iterable[Draft]) -> list[dict[str, Any]]:
    return [{"name": draft.name, "signers": list(draft.signers), "template": draft.template} for draft in drafts]
