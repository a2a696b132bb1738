"""A partner's worklist as a test reads it: walked page by page."""

from typing import TYPE_CHECKING, Any

from ledger.client.drafts import completed
from ledger.common.ids import KeyAddress
from ledger.records.signing import SigningKey
from ledger.records.types import Record, record_named
from ledger.services.views.records import Reader
from ledger.worklist.items import SIGNED, Item, Kind
from tests.e2e.stage import Stage

if TYPE_CHECKING:
    from ledger.services.worklist.service import WorkPage


def reader_of(stage: Stage, who: int | SigningKey) -> Reader:
    (key,) = stage.keys([who])
    found: Reader = stage.node.reader.views.reader(KeyAddress(key.address))
    return found


def worklist(stage: Stage, who: int | SigningKey, limit: int = 7) -> list[Item]:
    """All items, page by page, which stand in order and agree with the counts."""
    reader, items = reader_of(stage, who), list[Item]()
    page: WorkPage = stage.node.reader.worklists.page(reader, limit=limit)
    while True:
        items += page.items
        if page.next is None:
            break
        page = stage.node.reader.worklists.page(reader, after=page.next, limit=limit)
    places = [item.place for item in items]
    assert places == sorted(set(places))
    counted = {kind: sum(item.kind is kind for item in items) for kind in Kind}
    assert {c.kind: c.items for c in page.counts} == {kind: count for kind, count in counted.items() if count}
    assert page.urgent == sum(item.urgent(page.now) for item in items)
    return items


def kinds(stage: Stage, who: int | SigningKey) -> list[Kind]:
    return [item.kind for item in worklist(stage, who)]


def only(stage: Stage, who: int | SigningKey, kind: Kind) -> Item:
    """The one item of a kind."""
    (item,) = [item for item in worklist(stage, who) if item.kind is kind]
    return item


def drafted(stage: Stage, item: Item, **more: Any) -> Record:
    """What the item drafts, with what whoever signs adds."""
    kind = SIGNED[item.action]
    message = completed({"type": kind.__name__, "message": {**item.draft, **more}}, stage.now)["message"]
    found: Record = record_named(kind.__name__).from_json(message)
    return found
