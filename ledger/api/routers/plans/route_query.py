"""What is asked of a route, read from an address: the same for the API and its page."""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import BeforeValidator, Field

from ledger.api.deps import MOST_PARTNER
from ledger.api.moments import When, second_of
from ledger.attested.fx import OLDEST
from ledger.common.ids import bytes_from_hex
from ledger.planning.consolidation.prices import MOST_STATED
from ledger.planning.routes.plan import LARGEST, MOST_WAYS, Judged
from ledger.planning.stated import MODES, MOST
from ledger.services.planning.routes import MOST_WITHOUT, RouteAsked

_OR_EMPTY = BeforeValidator(lambda value: None if value == "" else value)
"""A form sends its empty fields too."""
_OR_ZERO = BeforeValidator(lambda value: 0 if value == "" else value)
_NO_EMPTY = BeforeValidator(lambda value: [entry for entry in value if entry] if isinstance(value, list) else value)
Place = Annotated[str, Query(max_length=5, description="UN/LOCODE or country")]
_Count = Annotated[int, Field(ge=1, le=2**32)]
_WITHIN = "Times by the deliveries of so many days; 0: by all"
_Work = Annotated[int, Field(ge=0, le=2_592_000)]
_MinorUnits = Annotated[int, Field(ge=0, lt=LARGEST)]
Amount = Annotated[_MinorUnits | None, _OR_EMPTY, Query(description="Minor units")]
Without = Annotated[list[str], _NO_EMPTY, Query(max_length=MOST_WITHOUT, description="UN/LOCODE; repeat it for each")]
WithoutMode = Annotated[list[str], _NO_EMPTY, Query(max_length=MOST_WITHOUT, description=", ".join(MODES))]
WithoutPartner = Annotated[list[int], _NO_EMPTY, Query(max_length=MOST_WITHOUT, description="Partner id")]
Stated = Annotated[list[str], _NO_EMPTY, Query(max_length=MOST, description="Where no record tells; repeat it")]
Collectors = Annotated[
    list[str], _NO_EMPTY, Query(max_length=MOST_STATED, description="Who brings goods together, for how much a holder "
                                "and a package in minor units: 4:5000:20; repeat it")
]  # fmt: skip
NO_TEXTS: list[str] = []
NO_NUMBERS: list[int] = []


async def route_query(
    shipment: Annotated[str, Query(max_length=66, description="Its terms say what is not said here")] = "",
    origin: Place = "",
    destination: Place = "",
    packages: Annotated[_Count | None, _OR_EMPTY, Query(description="How many; by default one")] = None,
    currency: Annotated[str, Query(max_length=3, description="Of all amounts, ISO 4217")] = "",
    value: Amount = None,
    depart: When = "",
    promised: When = "",
    alpha: Amount = None,
    cap: Amount = None,
    holding: Amount = None,
    between: Annotated[_Work, _OR_ZERO, Query(description="Seconds of work at each change of leg")] = 0,
    customs: Annotated[_Work, _OR_ZERO, Query(description="Seconds of customs at a border after a stated time")] = 0,
    deadline: When = "",
    judged: Annotated[Judged, Query(description="By what half of the deliveries took, or nine in ten")] = Judged.P50,
    ways: Annotated[int, Query(ge=1, le=MOST_WAYS, description="How many ways")] = 3,
    without: Without = NO_TEXTS,
    without_mode: WithoutMode = NO_TEXTS,
    without_partner: WithoutPartner = NO_NUMBERS,
    distance: Stated = NO_TEXTS,
    time: Stated = NO_TEXTS,
    within: Annotated[int, _OR_ZERO, Query(ge=0, le=36_600, description=_WITHIN)] = 0,
    holidays: Annotated[bool, Query(description="Public holidays are waited for")] = True,
    rates: Annotated[
        Annotated[int, Field(ge=1, le=MOST_PARTNER)] | None,
        _OR_EMPTY,
        Query(description="The partner by whose attested rates of exchange prices in other currencies count"),
    ] = None,
    older: Annotated[int, Query(ge=0, le=OLDEST, description="Days by which a rate may be older than the plan")] = 0,
) -> RouteAsked:
    """`promised` is the last second on time (grace included), `alpha` minor units per day², `cap` the penalty's most.
    `distance` such as `CNSHA-DEHAM:19500` (km), `time` such as `CN-DE:maritime:720:960` (hours).

    Prices in another currency are left out without `rates`. With it they count by the tables of the plan's day that the
    reader may reckon with, but not by those of whoever asks or attests the price.
    """
    return RouteAsked(
        shipment=bytes_from_hex(shipment, 32, "shipment") if shipment else b"",
        origin=origin,
        destination=destination,
        packages=packages,
        currency=currency,
        value=value,
        depart=second_of(depart, "depart"),
        promised=second_of(promised, "promised", through=True),
        alpha=alpha,
        cap=cap,
        holding=holding or 0,
        between=between,
        customs=customs,
        deadline=second_of(deadline, "deadline", through=True),
        judged=judged,
        ways=ways,
        without=without,
        without_mode=without_mode,
        without_partner=[partner for partner in without_partner if 0 <= partner <= MOST_PARTNER],
        distance=distance,
        time=time,
        holidays=holidays,
        rates=rates or 0,
        older=older,
        within=within,
    )


RouteQueryOf = Annotated[RouteAsked, Depends(route_query)]
