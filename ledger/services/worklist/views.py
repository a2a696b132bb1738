"""A worklist as readers get it: frozen views with plain fields. Bytes are 0x-hex, times UTC seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ledger.common.ids import to_hex
from ledger.common.periods import FOREVER
from ledger.explain.worklist import ACTIONS, TITLES, sentence
from ledger.records.types import BY_NUMBER
from ledger.services.state.partner_names import PartnerName
from ledger.worklist.items import SIGNED, Action, Count, Item, Kind

_SHIPMENT = frozenset(
    {
        Kind.ENDORSEMENT, Kind.CUSTODY, Kind.MISSING, Kind.TENDER, Kind.CONTEST, Kind.CLEARANCE, Kind.CUSTOMS_HOLD,
        Kind.DECISION, Kind.RELAY, Kind.TAX,
    }
)  # fmt: skip
_PAGES: Mapping[Kind, str] = {
    Kind.SIGNATURE: "/records/{subject}",
    Kind.CUSTODY: "/dock#{subject}",
    Kind.CONTEST: "/records/{detail}",
    Kind.TAX: "/shipments/{subject}",
    Kind.RECALL: "/recalls/{subject}",
    Kind.ANSWERS: "/recalls/{subject}",
    Kind.ATTESTATION: "/records/{subject}",
    Kind.AWARD: "/bonuses/{subject}",
    Kind.AWARD_CHECK: "/bonuses/{subject}",
    Kind.AWARD_DISPUTE: "/bonuses/{subject}",
    Kind.CLAIM: "/bonuses/{subject}",
    Kind.PROBATION: "/access",
    Kind.ACCESS_DUE: "/access",
    Kind.ACCESS_CHANGE: "/access",
    Kind.KEY: "/devices",
    Kind.ENROLMENT: "/partners",
    Kind.COSIGNATURES: "/log",
    Kind.UNANCHORED: "/log",
    Kind.CONTRADICTION: "/log",
}
"""The page on which an item is dealt with, where its record is not put together in a form."""
COMPOSED = frozenset(
    {
        Action.ENDORSE, Action.ACCOUNT, Action.CONTEST, Action.LODGE, Action.DECIDE, Action.RELAY, Action.ANSWER,
        Action.RENEW, Action.DISPUTE, Action.RULE, Action.CLAIM,
    }
)  # fmt: skip
"""What is put together in a form of the pages, and signed there."""


@dataclass(frozen=True, slots=True)
class DraftView:
    """The record that the item's action signs, as far as it follows from what is known: a template of `lading sign`."""

    type: str
    message: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WorkItemView:
    """`id` names the item for as long as it waits. `kind` and `action` are codes, `title`, `text` and `todo` the words
    for them.

    `until`: the last second in which the action counts, or by which it is expected; null where nothing says. `since`:
    how long it has waited. `urgent`: it runs out within a day, or has (`overdue`). `partner`: the other side.
    `subject`: the shipment, record, agreement or document that it is about, or the address of a key. `page`: where it
    is done. `draft`: null where nothing is signed, or what is signed is proposed already. `facts`: numbers and codes
    by name.
    """

    id: str
    kind: str
    action: str
    title: str
    text: str
    todo: str
    since: int
    until: int | None
    urgent: bool
    overdue: bool
    partner: PartnerName | None
    subject: str
    shipment: str | None
    page: str
    draft: DraftView | None
    facts: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class WorkCountView:
    kind: str
    title: str
    items: int
    urgent: int


@dataclass(frozen=True, slots=True)
class WorklistView:
    """One page as of `now`; `counts` and `urgent` are those of all pages. `next`: the cursor of the next page."""

    now: int
    urgent: int
    counts: tuple[WorkCountView, ...]
    items: tuple[WorkItemView, ...]
    next: str | None


def item_view(item: Item, now: int, names: Mapping[int, PartnerName]) -> WorkItemView:
    """`names`: of the other sides of items."""
    kind, partner = SIGNED.get(item.action), names.get(item.partner)
    subject = to_hex(item.subject)
    return WorkItemView(
        id=str(item.place),
        kind=item.kind,
        action=item.action,
        title=TITLES[item.kind],
        text=sentence(item, partner.name if partner else ""),
        todo=ACTIONS[item.action],
        since=item.since,
        until=item.until if item.until < FOREVER else None,
        urgent=item.urgent(now),
        overdue=item.until < now,
        partner=partner if item.partner else None,
        subject=subject,
        shipment=subject if item.kind in _SHIPMENT else None,
        page=_page_of(item, subject),
        draft=DraftView(BY_NUMBER[kind.NUMBER].__name__, item.draft) if kind and item.draft else None,
        facts=item.facts,
    )


def _page_of(item: Item, subject: str) -> str:
    if item.action in COMPOSED and item.draft:
        return f"/worklist/do?item={quote(str(item.place))}"
    return _PAGES[item.kind].format(subject=subject, detail=item.detail)


def count_view(count: Count) -> WorkCountView:
    return WorkCountView(count.kind, TITLES[Kind(count.kind)], count.items, count.urgent)
