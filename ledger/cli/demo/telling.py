"""What the demo prints of its result."""

from typing import Any

from ledger.cli.output import out
from ledger.explain.units import money, percent
from ledger.explain.words import counted


def tell(result: dict[str, Any], words: tuple[str, ...], names: dict[str, str]) -> None:
    """Everything that came of it, for people. `words`: the late delivery's penalty; `names`: of the shipments."""
    out.print("\n[bold]Shipments[/]")
    for shipment in result["shipments"]:
        told = f"{names[shipment['id']]}: {shipment['status']}, {counted(len(shipment['handoffs']), 'handoff')}"
        out.print(f"  {shipment['id'][:14]}…  {told}", markup=False)
    out.print("\n[bold]The penalty of the late delivery, line by line[/]")
    for line in words:
        out.print(f"  {line}", markup=False)
    award = result["award"]
    out.print(f"\n[bold]The bonus[/]: {money(award['paid_in'], award['currency'])} paid in")
    for share in award["shares"]:
        claimed = "claimed" if share["claimed_in"] else "nothing to claim"
        amount = money(share["amount"], award["currency"])
        out.print(f"  partner {share['partner']} ({percent(share['basis_points'] * 100)}): {amount}, {claimed}")
    out.print(
        f"  partner {award['residual']['partner']}, the rest: {money(award['residual']['amount'], award['currency'])}"
    )
    _advice(result["advice"], names)
    out.print("\n[bold]Refused, and nothing changed[/]")
    for refusal in result["refusals"]:
        out.print(f"  {refusal['attempt']}\n      {refusal['reason']}", markup=False)
    out.print("\n[bold]Products[/]")
    for product in result["products"]:
        out.print(f"  {product['id']}: {product['verdict']}\n      {product['why'][0]}", markup=False)
    out.print("\n[bold]An edited database row, and what the audit says[/]")
    for finding in [f for f in result["audit"]["after_edit"]["findings"] if f["record"]][:3]:
        out.print(f"  {finding['record'][:14]}…  {finding['what']}", markup=False)
    point = result["checkpoint"]
    out.print(f"\n[bold]Checkpoint[/] {point['origin']}: {point['size']} leaves, root {point['root'][:18]}…")
    for name in point["cosigned_by"]:
        out.print(f"  cosigned by {name}", markup=False)
    out.print("\n[bold]Verdicts[/]")
    for verdict in result["verdicts"]:
        mark = "[green]holds[/]" if verdict["ok"] else "[red]FAILS[/]"
        detail = "" if verdict["ok"] else f" (expected {verdict['expected']}, found {verdict['found']})"
        out.print(f"  {mark}  {verdict['name']}{detail}")


def _advice(advice: dict[str, Any], names: dict[str, str]) -> None:
    """Who stands where at the gate, what goods were made of, and what the plans said."""
    out.print("\n[bold]At the gate for carriers[/]")
    for one in advice["access"]:
        out.print(f"  partner {one['partner']}: {one['title']}. {one['explanation'][0]}", markup=False)
    out.print("\n[bold]What the blend is made of[/]")
    for node in advice["blend"]:
        if node["direction"] == "up":
            out.print(f"  {names.get(node['shipment'], node['shipment'])}: {node['share']} of it", markup=False)
    for title, key in (("A route against a delay", "route"), ("Stock that would run out", "transfer")):
        out.print(f"\n[bold]{title}[/]")
        for line in advice[key]:
            out.print(f"  {line}", markup=False)
