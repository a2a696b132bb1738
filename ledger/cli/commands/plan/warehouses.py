"""`lading plan allocate`, `trigger`, `cover`, `balance`: plans of warehouses, by a plan file and verified records."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.api.pages.plans.positions import positions
from ledger.cli.commands.keys import read_file
from ledger.cli.commands.plan.drafts import written
from ledger.cli.output import err, out, print_json, table
from ledger.explain.plans.warehouses import STATED, sentences
from ledger.explain.units import moment, money, percent
from ledger.planning.allocate import Allocation
from ledger.planning.balance import Balance
from ledger.planning.cover import Cover
from ledger.planning.plan_file import parse_plan
from ledger.planning.trigger import Triggered
from ledger.services.answers import inputs
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.kinds.plans import WarehousesAsked
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger
from ledger.services.planning.warehouses import Kind, WarehouseAnswer, drafts_for, plan_for

File = Annotated[Path, typer.Argument(help="The plan: TOML or JSON, see the guide to planning.")]
Folder = Annotated[
    Path | None, typer.Option("--drafts", help="Write drafts of the transfers for the partners to sign into it.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, with the records.")]


def allocate(file: File, drafts: Folder = None, json: Json = False) -> None:
    """The transfers between warehouses that are worth most, less what moving them costs."""
    _plan(Kind.ALLOCATE, file, drafts, as_json=json)


def trigger(file: File, drafts: Folder = None, json: Json = False) -> None:
    """When stock runs out by verified demand, and the transfers that prevent it."""
    _plan(Kind.TRIGGER, file, drafts, as_json=json)


def cover(file: File, json: Json = False) -> None:
    """Which warehouses serve which areas, so that most comes on time by what was delivered before."""
    _plan(Kind.COVER, file, None, as_json=json)


def balance(file: File, drafts: Folder = None, json: Json = False) -> None:
    """How far stock is from its targets, and the transfers that bring it nearer for their cost."""
    _plan(Kind.BALANCE, file, drafts, as_json=json)


def _plan(kind: Kind, file: Path, folder: Path | None, *, as_json: bool) -> None:
    text = read_file(file)
    asked = kind, parse_plan(text)
    with open_ledger(read_settings()) as reader:
        now = reader.home.clock.now()
        if as_json and folder is None:
            whole = WarehousesAsked(kind, text.decode(), evidence=True)
            print_json(answered(reader, None, inputs.Kind.WAREHOUSES, asked_json(whole), now, positions()))
            return
        answer = plan_for(reader.numbers, None, now, asked, positions())
        made = drafts_for(reader.home, answer) if folder is not None else None
        names = {int(view.id): view.name for view in reader.views.partners()}
    told = answer.to_json(evidence=True)
    if folder is not None and made is not None:
        folder.mkdir(parents=True, exist_ok=True)
        told["drafts"] = [str(written(draft, folder, now)) for draft in made.drafts]
        for number, packages in made.short.items():
            err.print(f"transfer {number + 1}: no shipment is known for {packages} of its packages", markup=False)
    if as_json:
        print_json(told)
        return
    _show(answer, names)
    for path in told.get("drafts", ()):
        out.print(f"to be signed: {path}", markup=False)


def _show(answer: WarehouseAnswer, names: dict[int, str]) -> None:
    for line in sentences(answer.plan):
        out.print(line, markup=False)
    if answer.stated:
        out.print(
            f"stated in the file, not verified: {', '.join(STATED[name] for name in answer.stated)}", markup=False
        )
    if answer.left_out:
        out.print(f"{answer.left_out} shipments of several products, or of none that is told, are left out")
    if answer.positions.unfit:
        out.print(f"{answer.positions.unfit} packages are recalled or expired: no plan makes use of them")
    headings, rows = _rows(answer, names)
    if rows:
        out.print(table(headings, rows))
    if isinstance(answer.plan, Triggered) and (outs := _stock_outs(answer.plan, names)):
        columns = ("warehouse", "GTIN", "on hand", "due", "a day", "target", "runs out", "ordered", "short")
        out.print(table(columns, outs))


def _rows(answer: WarehouseAnswer, names: dict[int, str]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    match answer.plan:
        case Allocation() | Triggered():
            headings: tuple[str, ...] = ("from", "to", "GTIN", "packages", "cost", "worth")
            currency = answer.plan.currency
            return headings, [
                (*_ends(t, names), money(t.charge, currency), money(t.worth, currency)) for t in answer.transfers
            ]
        case Cover():
            headings = ("warehouse", "area", "demand", "on time", "deliveries")
            return headings, [
                (names.get(s.site, s.site), s.area, s.demand, percent(s.share_ppm), s.deliveries)
                for s in answer.plan.services
            ]
        case Balance():
            headings = ("from", "to", "GTIN", "packages", "cost", "nearer by")
            return headings, [
                (*_ends(s, names), money(s.cost, answer.plan.currency), s.reduction_ppm) for s in answer.plan.shifts
            ]


def _ends(one: Any, names: dict[int, str]) -> tuple[Any, ...]:
    return names.get(one.origin, one.origin), names.get(one.destination, one.destination), one.gtin, one.packages


def _stock_outs(plan: Triggered, names: dict[int, str]) -> list[tuple[Any, ...]]:
    return [
        (
            names.get(w.warehouse, w.warehouse), w.gtin, w.on_hand, w.due, f"{float(w.per_day):.2f}", w.target,
            "" if w.stock_out_at is None else moment(w.stock_out_at), w.ordered, w.short,
        )
        for w in plan.watched
        if w.stock_out_at is not None or w.triggered
    ]  # fmt: skip
