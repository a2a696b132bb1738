"""The page of keys and devices: a key for this device, granting those of others, and what a partner's keys may sign."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, ReaderOf
from ledger.api.pages.render import page
from ledger.common.scopes import key_covers
from ledger.explain.record import TITLES
from ledger.explain.text import say
from ledger.records.types import (
    RECORDS,
    Endorsement,
    Handoff,
    Observation,
    RecallAnswer,
    Split,
    Statement,
)
from ledger.registry.key_status import KeyStatus
from ledger.registry.keys import DEVICE_SCOPES

router = APIRouter()
LIBRARIES = ("curves", "qr")
DOCK = (Handoff, Split, Statement, RecallAnswer, Endorsement, Observation)
"""What somebody signs who moves goods: chosen unless another choice is made."""
STATUSES = {
    KeyStatus.COMING: say("coming"),
    KeyStatus.IN_FORCE: say("in force"),
    KeyStatus.EXPIRED: say("expired"),
    KeyStatus.REVOKED: say("revoked"),
}
MOST_PARTNER = 2**40 - 1


@router.get("/devices")
def devices(
    request: Request,
    node: NodeOf,
    reader: ReaderOf,
    partner: Annotated[int | None, Query(ge=1, le=MOST_PARTNER, description="For whom a new device signs")] = None,
) -> Response:
    return page(
        request,
        "signing/devices.html",
        reader,
        libraries=LIBRARIES,
        partner=partner or reader.partner,
        types=[(kind.NUMBER, TITLES[kind.__name__]) for kind in RECORDS if key_covers(DEVICE_SCOPES, kind.NUMBER)],
        chosen={kind.NUMBER for kind in DOCK},
        statuses=STATUSES,
        invitation=f"{node.home.settings.public_url}/devices?partner={reader.partner}",
        keys=node.reader.partner_keys.of_partner(reader.partner, reader) if reader.partner else (),
    )
