"""`lading plan consolidate` and `lading plan forecast`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ledger.api.pages.plans.positions import positions
from ledger.cli.commands.keys import read_text
from ledger.cli.commands.plan.drafts import written
from ledger.cli.output import out, print_json, table
from ledger.common.periods import FOREVER
from ledger.explain.plans import consolidation as consolidation_text
from ledger.explain.plans import forecast as forecast_text
from ledger.explain.units import money, whole
from ledger.planning.consolidation.plan import Consolidation
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.plans import ForecastAsked, TogetherAsked
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger
from ledger.services.planning.goods import consolidation_for, forecast_for, manifests_for

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
    collector: Annotated[
        list[str] | None,
        typer.Option(
            help="State who brings goods together, for how much a holder and a package: 4:5000:20. Repeat it."
        ),
    ] = None,
    drafts: Annotated[
        Path | None, typer.Option(help="Write drafts of the handoffs for the partners to sign into it.")
    ] = None,
    at: At = None,
    json: Json = False,
) -> None:
    """Shipments that wait and are cheaper on one manifest, who brings them together, and what each partner pays."""
    known = positions()
    text = "" if classes is None else read_text(classes)
    stated = TogetherAsked(currency, distance or [], collector or [], text)
    with open_ledger(read_settings()) as reader:
        now = reader.home.clock.now() if at is None else at
        if json and drafts is None:
            print_json(answered(reader, None, Kind.CONSOLIDATION, asked_json(stated), now, known))
            return
        answer = consolidation_for(reader.numbers, None, now, stated.parsed(known))
        made = manifests_for(reader.home, answer) if drafts is not None else ()
        names = {int(view.id): view.name for view in reader.views.partners()}
    told = answer.to_json()
    if drafts is not None:
        drafts.mkdir(parents=True, exist_ok=True)
        told["drafts"] = [str(written(draft, drafts, now)) for draft in made]
    if json:
        print_json(told)
        return
    for line in consolidation_text.sentences(answer.plan):
        out.print(line, markup=False)
    for group in answer.plan.groups:
        rows = [
            (names.get(giver, giver), names.get(taker, taker), count, whole(packages), money(charge, currency))
            for giver, taker, count, packages, charge in _steps(group)
        ]
        out.print(table(("from", "to", "shipments", "packages", "charge"), rows))
        shares = [
            (names.get(one.partner, one.partner), whole(one.packages), money(one.alone, currency), paid)
            for one in group.contributions
            for paid in [money(one.pays, currency)]
        ]
        out.print(table(("partner", "packages", "alone", "pays"), shares))
    for path in told.get("drafts", ()):
        out.print(f"to be signed: {path}", markup=False)


def _steps(group: Consolidation) -> Iterator[tuple[int, int, int, int, int]]:
    """Who hands to whom how many shipments and packages, for how much."""
    for one in group.collections:
        yield one.holder, group.hub, len(one.shipments), one.packages, one.charge
    for each in group.manifests:
        yield group.hub, each.partner, len(each.shipments), each.packages, each.charge


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
