"""`lading plan consolidate` and `lading plan forecast`."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.api.pages.plans.positions import positions
from ledger.cli.commands.keys import read_file
from ledger.cli.output import out, print_json, table
from ledger.common.periods import FOREVER
from ledger.explain.plans import consolidation as consolidation_text
from ledger.explain.plans import forecast as forecast_text
from ledger.explain.units import money, whole
from ledger.planning.consolidation.classes import parse_classes
from ledger.planning.distances import Distances
from ledger.planning.stated import distances_of
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.plans import ConsolidationAsked, ForecastAsked
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger
from ledger.services.planning.goods import consolidation_for, forecast_for, shipped_classes

At = Annotated[
    int | None,
    typer.Option(min=0, max=FOREVER, help="Judge as of this second, UTC, by the records of today. Default: now."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def consolidate(
    currency: Annotated[str, typer.Argument(help="Of the rate cards, ISO 4217.")],
    classes: Annotated[
        Path | None, typer.Option(help="Which goods may share a manifest, TOML. Default: the file that ships.")
    ] = None,
    distance: Annotated[list[str] | None, typer.Option(help="State one: CNSHA-DEHAM:19500 (km).")] = None,
    at: At = None,
    json: Json = False,
) -> None:
    """Shipments that wait and are cheaper on one manifest, and what each partner pays of it."""
    known = positions()
    text = b"" if classes is None else read_file(classes)
    kinds = parse_classes(text) if text else shipped_classes()
    options = kinds, Distances(known[False], known[True], distances_of(distance or ()))
    with open_ledger(read_settings()) as reader:
        if json:
            asked = ConsolidationAsked(currency, distance or [], text.decode())
            print_json(answered(reader, None, Kind.CONSOLIDATION, asked_json(asked), at, known))
            return
        answer = consolidation_for(
            reader.numbers, None, reader.home.clock.now() if at is None else at, currency, options
        )
        names = {int(view.id): view.name for view in reader.views.partners()}
    for line in consolidation_text.sentences(answer.plan):
        out.print(line, markup=False)
    for group in answer.plan.groups:
        rows = [
            (names.get(one.partner, one.partner), whole(one.packages), money(one.alone, currency), paid)
            for one in group.contributions
            for paid in [money(one.pays, currency)]
        ]
        out.print(table(("partner", "packages", "alone", "pays"), rows))


def forecast(
    gtin: Annotated[str, typer.Argument(help="8 to 14 digits.")],
    months: Annotated[int, typer.Option(min=1, max=12, help="How many months to come.")] = 3,
    at: At = None,
    json: Json = False,
) -> None:
    """Deliveries of a product in the months to come, by market, with the errors of a back test."""
    with open_ledger(read_settings()) as reader:
        if json:
            asked = ForecastAsked(gtin, months, evidence=True)
            print_json(answered(reader, None, Kind.FORECAST, asked_json(asked), at))
            return
        answer = forecast_for(reader.numbers, None, reader.home.clock.now() if at is None else at, gtin, months)
    for one in answer.forecasts:
        for line in forecast_text.sentences(one):
            out.print(line, markup=False)
        if one.expected:
            out.print(table(("month", one.unit), [(each.month, whole(each.quantity)) for each in one.expected]))
    if not answer.forecasts:
        out.print("no delivery of this product is known")
    if answer.closed:
        out.print(f"the goods of {answer.closed} deliveries are withheld here: demand may be higher")
