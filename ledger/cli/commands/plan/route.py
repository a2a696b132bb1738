"""`lading plan route`: the cheapest way of a consignment, by what carriers ask and what deliveries took."""

from collections.abc import Iterable
from typing import Annotated

import typer

from ledger.api.pages.plans.positions import positions
from ledger.attested.fx import OLDEST
from ledger.cli.output import out, print_json, table
from ledger.common.ids import bytes_from_hex
from ledger.common.iso_times import seconds_of
from ledger.common.periods import FOREVER
from ledger.explain.plans import route as route_text
from ledger.explain.units import days, moment, money
from ledger.explain.words import name_of
from ledger.planning.routes.failures import Failure
from ledger.planning.routes.plan import Judged, RoutePlan
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger
from ledger.services.planning.routes import RouteAsked, route_for


def route(
    origin: Annotated[str, typer.Argument(metavar="FROM", help="UN/LOCODE or country.")] = "",
    destination: Annotated[str, typer.Argument(metavar="TO", help="UN/LOCODE or country.")] = "",
    shipment: Annotated[
        str,
        typer.Option(help="Take packages, value, promise and penalty from its terms, the way from where it is."),
    ] = "",
    packages: Annotated[int | None, typer.Option(min=1, help="How many go.")] = None,
    currency: Annotated[str, typer.Option(help="Of all amounts: ISO 4217.")] = "",
    value: Annotated[int | None, typer.Option(min=0, help="Of the goods, minor units.")] = None,
    depart: Annotated[str, typer.Option(help="When they are ready, with offset. Default: now.")] = "",
    promised: Annotated[str, typer.Option(help="The last moment on time, with offset.")] = "",
    alpha: Annotated[int | None, typer.Option(min=0, help="Penalty, minor units per day².")] = None,
    cap: Annotated[int | None, typer.Option(min=0, help="Most of the penalty, minor units.")] = None,
    holding: Annotated[int, typer.Option(min=0, help="What a day on the way costs, minor units.")] = 0,
    between: Annotated[int, typer.Option(min=0, max=720, help="Hours of work at each change of leg.")] = 0,
    customs: Annotated[
        int, typer.Option(min=0, max=720, help="Hours by customs at each border after a stated time.")
    ] = 0,
    deadline: Annotated[str, typer.Option(help="The last moment of arrival, with offset.")] = "",
    by: Annotated[Judged, typer.Option(help="Judge ways by what half, or nine in ten deliveries took.")] = Judged.P50,
    ways: Annotated[int, typer.Option(min=1, max=10, help="How many ways to show.")] = 3,
    without: Annotated[list[str] | None, typer.Option(help="Leave out a place. Repeat it for each.")] = None,
    without_mode: Annotated[
        list[str] | None, typer.Option(help="Leave out a mode: air, maritime, road, rail …")
    ] = None,
    without_partner: Annotated[list[int] | None, typer.Option(help="Leave out a partner.")] = None,
    distance: Annotated[list[str] | None, typer.Option(help="State one: CNSHA-DEHAM:19500 (km).")] = None,
    time: Annotated[
        list[str] | None, typer.Option(help="State one where no delivery tells: CN-DE:maritime:720:960 (hours).")
    ] = None,
    within: Annotated[
        int, typer.Option(min=0, max=36_600, help="Times by the deliveries of so many days. 0: by all.")
    ] = 0,
    holidays: Annotated[bool, typer.Option(help="Public holidays are waited for.")] = True,
    rates: Annotated[
        int, typer.Option(min=0, help="Partner by whose attested rates of exchange prices in other currencies count.")
    ] = 0,
    older: Annotated[
        int, typer.Option(min=0, max=OLDEST, help="With --rates: days by which a rate may be older than the plan.")
    ] = 0,
    at: Annotated[
        int | None,
        typer.Option(min=0, max=FOREVER, help="Judge as of this second, UTC, by the records of today. Default: now."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, with the records.")] = False,
) -> None:
    """The cheapest way of a consignment: what carriers ask, what holding costs, what lateness costs.

    Prices come from attested rate cards, times from verified deliveries. Nothing is booked or signed.
    """
    asked = RouteAsked(
        shipment=bytes_from_hex(shipment, 32, "--shipment") if shipment else b"",
        origin=origin,
        destination=destination,
        packages=packages,
        currency=currency,
        value=value,
        depart=seconds_of(depart, "--depart") if depart else None,
        promised=seconds_of(promised, "--promised") if promised else None,
        alpha=alpha,
        cap=cap,
        holding=holding,
        between=between * 3600,
        customs=customs * 3600,
        deadline=seconds_of(deadline, "--deadline") if deadline else None,
        judged=by,
        ways=ways,
        without=without or (),
        without_mode=without_mode or (),
        without_partner=without_partner or (),
        distance=distance or (),
        time=time or (),
        holidays=holidays,
        rates=rates,
        older=older,
        within=within,
    )
    with open_ledger(read_settings()) as reader:
        if json:
            print_json(answered(reader, None, Kind.ROUTE, asked_json(asked, evidence=True), at, positions()))
            return
        answer = route_for(reader.numbers, None, reader.home.clock.now() if at is None else at, asked, positions())
        names = {int(view.id): view.name for view in reader.views.partners()}
    for line in route_text.sentences(answer.plan):
        out.print(line, markup=False)
    for number, way in enumerate(answer.plan.ways, 1):
        rows = [
            (
                f"{leg.origin} → {leg.destination}", name_of(leg.mode), names.get(leg.partner, leg.partner),
                money(leg.charge, answer.plan.currency), days(leg.time.p50), days(leg.time.p90),
                route_text.deliveries_told(leg),
            )
            for leg in way.legs
        ]  # fmt: skip
        out.print(table((f"way {number}", "mode", "partner", "charge", "half within", "nine in ten", "rests on"), rows))
        if number > 1:  # what becomes of the first is in the sentences
            out.print(table((f"way {number} without", "costs", "more than the first", "arrives", "over"),
                            _left(way.failures, answer.plan.currency)))  # fmt: skip
    _bound(answer.plan)


def _left(failures: Iterable[Failure], currency: str) -> list[tuple[object, ...]]:
    return [
        (
            route_text.failed(one), "no way" if one.cost is None else money(one.cost, currency),
            "" if one.more is None else money(one.more, currency), "" if one.arrives is None else moment(one.arrives),
            route_text.instead(one),
        )
        for one in failures
    ]  # fmt: skip


def _bound(plan: RoutePlan) -> None:
    if plan.cost is not None and plan.bound is not None:
        best = plan.ways[0].judged(plan.judged)
        out.print(
            f"arrives {moment(best.arrives)}; exactly the least of all ways, and none could fall below "
            f"{money(plan.bound, plan.currency)}",
            markup=False,
        )
