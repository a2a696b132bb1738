"""What a list of shipments is asked for, read from an address: the same for the API, its pages and their files."""

from collections.abc import Mapping
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query
from pydantic import BeforeValidator, Field

from ledger.api.deps import MOST_PARTNER
from ledger.api.moments import When, second_of
from ledger.services.views.lists.shipment_list import MODES, ROLES, STATUSES, Order, ShipmentQuery, Sort

T = TypeVar("T")
_OR_EMPTY = BeforeValidator(lambda value: None if value == "" else value)
"""A form sends its empty fields too."""

_Partner = Annotated[int, Field(ge=0, le=MOST_PARTNER)]
"""Bounds of the number itself: on the whole they would be asked of an empty field too."""


def _one_of(names: Mapping[str, object] | tuple[str, ...], text: str) -> str:
    return f"{text}: {', '.join(names)}"


async def shipment_query(
    partner: Annotated[_Partner | None, _OR_EMPTY, Query(description="Id of who has or had a part in them")] = None,
    role: Annotated[
        str,
        Query(max_length=20, description=_one_of(ROLES, "As what; without a partner, as what the reader has a part")),
    ] = "",
    status: Annotated[str, Query(max_length=40, description=_one_of(STATUSES, "Where they stand"))] = "",
    late: Annotated[
        bool | None, _OR_EMPTY, Query(description="Past the promise and its grace, undelivered or when they came")
    ] = None,
    lane: Annotated[
        str, Query(max_length=20, description="`CN-NZ`: countries or UN/LOCODEs, of which one may be left out")
    ] = "",
    mode: Annotated[str, Query(max_length=20, description=_one_of(MODES, "Mode of transport"))] = "",
    start: When = "",
    end: When = "",
    held: Annotated[bool | None, _OR_EMPTY, Query(description="Whether customs hold them now")] = None,
    disputed: Annotated[
        bool | None, _OR_EMPTY, Query(description="Whether an offer of delivery is contested and not decided yet")
    ] = None,
    sort: Annotated[Sort, Query(description="By when they were opened, or are due (those with a due time alone)")] = (
        Sort.OPENED
    ),
    order: Annotated[
        Order | None, _OR_EMPTY, Query(description="By default the newest first, or what is due first")
    ] = None,
    cursor: Annotated[str, Query(max_length=120, description="`next` of the page before")] = "",
) -> ShipmentQuery:
    """`start` and `end`: opened from then to before then; of days, through the end of the last one."""
    return ShipmentQuery(
        partner=partner,
        role=role,
        status=status,
        late=late,
        lane=lane,
        mode=mode,
        start=second_of(start, "start"),
        end=second_of(end, "end", through=True),
        held=held,
        disputed=disputed,
        sort=sort,
        order=order,
        cursor=cursor,
    )


ShipmentQueryOf = Annotated[ShipmentQuery, Depends(shipment_query)]


def address_of(query: ShipmentQuery, **changes: object) -> str:
    """The parameters of an address that asks for `query`, with these changed or, None, left out."""
    said = {**query.filters, "sort": query.sort, "order": query.order, "cursor": query.cursor, **changes}
    plain = {"sort": Sort.OPENED}
    return urlencode({n: _text(v) for n, v in said.items() if v not in (None, "") and plain.get(n) != v})


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
