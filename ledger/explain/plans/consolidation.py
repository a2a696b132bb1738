"""A plan of consolidation in sentences."""

from collections.abc import Iterator, Mapping

from ledger.explain.text import Text, partner, say
from ledger.explain.units import day, money
from ledger.explain.words import counted, name_of
from ledger.planning.consolidation.classes import Unfit
from ledger.planning.consolidation.plan import Consolidation, ConsolidationPlan, SharedBy

UNFIT: Mapping[Unfit, Text] = {
    Unfit.ALONE: say("their goods never share a manifest"),
    Unfit.MIXED: say("they hold goods of two classes themselves"),
    Unfit.GOODS: say("their goods or HS codes are not stated, or withheld here"),
    Unfit.PLACE: say("their places are not stated, or withheld here"),
    Unfit.PROMISE: say("their promise is not stated, or withheld here"),
}
"""Why shipments are kept out."""
SHARED_BY: Mapping[SharedBy, Text] = {SharedBy.MASS: say("by mass"), SharedBy.PACKAGES: say("by packages")}


def sentences(plan: ConsolidationPlan) -> Iterator[Text]:
    if not plan.groups:
        yield say("Nothing that waits is cheaper together.")
    for group in plan.groups:
        yield group_told(group, plan.currency)
    if plan.single:
        yield say(
            "{shipments} have nothing beside them that saves anything.", shipments=counted(plan.single, "shipment")
        )
    if plan.unpriced:
        yield say("{shipments} go where no rate card leads.", shipments=counted(plan.unpriced, "shipment"))
    for reason, count in plan.kept_out.items():
        shipments = counted(count, "shipment")
        yield say("{shipments} are kept out: {reason}.", shipments=shipments, reason=UNFIT[reason])


def group_told(group: Consolidation, currency: str) -> Text:
    count = sum(len(manifest.shipments) for manifest in group.manifests)
    return say(
        "{shipments} from {origin} to {destination} by {mode}, promised in the week of {week}: {cost} together instead "
        "of {alone} alone, shared {by}.",
        shipments=counted(count, "shipment"),
        origin=group.group.origin,
        destination=group.group.destination,
        mode=name_of(group.group.mode),
        week=day(group.group.week),
        cost=money(group.cost, currency),
        alone=money(group.alone, currency),
        by=SHARED_BY[group.shared_by],
    )


def share_told(group: Consolidation, currency: str) -> Iterator[Text]:
    """What each partner pays."""
    for one in group.contributions:
        yield say(
            "{partner} pays {pays} instead of {alone}.",
            partner=partner(one.partner, first=True),
            pays=money(one.pays, currency),
            alone=money(one.alone, currency),
        )
