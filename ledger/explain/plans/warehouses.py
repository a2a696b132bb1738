"""Plans of warehouses in sentences."""

from collections.abc import Iterator, Mapping

from ledger.explain.text import Text, say
from ledger.explain.units import money, percent, whole
from ledger.explain.words import counted
from ledger.planning.allocate import Allocation
from ledger.planning.balance import Balance
from ledger.planning.cover import Cover
from ledger.planning.optimum import Answer, Optimum, Proof
from ledger.planning.trigger import Triggered

PROOF: Mapping[Proof, Text] = {
    Proof.PRICES: say("No plan is better: an exact bound of prices is met."),
    Proof.SEARCH: say("No plan is better: the solver searched all others, in floating point."),
    Proof.NONE: say("A better plan may exist."),
}
"""What says that there is no better plan."""

KINDS: Mapping[str, Text] = {
    "trigger": say("what runs out, and what prevents it"),
    "allocate": say("the transfers that are worth most"),
    "balance": say("the transfers that bring stock nearest to its targets"),
    "cover": say("which warehouse serves which area"),
}
"""What can be planned."""
STATED: Mapping[str, Text] = {
    "ways": say("what moving costs"),
    "stock": say("stock"),
    "demand": say("demand"),
    "areas": say("the areas' demand"),
    "shares": say("shares on time"),
    "space": say("space"),
    "targets": say("targets"),
    "thresholds": say("thresholds"),
}
"""What a plan may state in place of records."""


def sentences(plan: Allocation | Triggered | Cover | Balance) -> Iterator[Text]:
    """What the plan says, and how sure it is."""
    match plan:
        case Allocation():
            yield from _allocation(plan)
        case Triggered():
            yield from _triggered(plan)
        case Cover():
            yield from _cover(plan)
        case Balance():
            yield from _balance(plan)


def proof_told(optimum: Optimum) -> Iterator[Text]:
    if optimum.answer is Answer.INFEASIBLE:
        yield say("No plan keeps to all limits.")
        return
    yield PROOF[optimum.proof]
    if optimum.gap_ppm:
        yield say("At most {gap} of the bound is missing.", gap=percent(optimum.gap_ppm))


def _allocation(plan: Allocation) -> Iterator[Text]:
    if plan.optimum.answer is not Answer.INFEASIBLE:
        yield say(
            "{transfers} serve what is worth {served} and cost {moving} to move.",
            transfers=counted(len(plan.transfers), "transfer"),
            served=money(plan.served, plan.currency),
            moving=money(plan.moving, plan.currency),
        )
    yield from proof_told(plan.optimum)


def _triggered(plan: Triggered) -> Iterator[Text]:
    yield say(
        "{due} of {watched} watched goods run out before a transfer ordered now would have come, or lie below their "
        "threshold; {orders} cost {moving} to move.",
        due=whole(sum(watch.triggered for watch in plan.watched)),
        watched=whole(len(plan.watched)),
        orders=counted(len(plan.orders), "transfer"),
        moving=money(plan.moving, plan.currency),
    )
    if short := sum(watch.short for watch in plan.watched):
        yield say("{packages} packages are asked for that no warehouse can spare.", packages=whole(short))


def _cover(plan: Cover) -> Iterator[Text]:
    yield say(
        "{sites} serve {areas} of {all} areas; {share} of all demand came on time from where the plan serves it.",
        sites=counted(len(plan.open), "warehouse"),
        areas=whole(len(plan.services)),
        all=whole(len(plan.services) + len(plan.unserved)),
        share=percent(plan.covered_ppm),
    )
    yield from proof_told(plan.optimum)


def _balance(plan: Balance) -> Iterator[Text]:
    yield say(
        "{transfers} bring the squared distance to targets from {before} to {after} millionths and cost {cost}.",
        transfers=counted(len(plan.shifts), "transfer"),
        before=whole(plan.before_ppm),
        after=whole(plan.after_ppm),
        cost=money(plan.cost, plan.currency),
    )
    yield from proof_told(plan.optimum)
