"""A plan of consolidation in sentences."""

from collections.abc import Iterable, Iterator, Mapping

from ledger.explain.text import Text, listed, partner, say
from ledger.explain.units import day, money
from ledger.explain.words import counted, name_of
from ledger.planning.consolidation.classes import Unfit
from ledger.planning.consolidation.plan import Apart, Consolidation, ConsolidationPlan, SharedBy

UNFIT: Mapping[Unfit, Text] = {
    Unfit.ALONE: say("their goods never share a manifest"),
    Unfit.MIXED: say("they hold goods of two classes themselves"),
    Unfit.GOODS: say("their goods or HS codes are not stated, or withheld here"),
    Unfit.PLACE: say("their places are not stated, or withheld here"),
    Unfit.PROMISE: say("their promise is not stated, or withheld here"),
}
"""Why shipments are kept out."""
SHARED_BY: Mapping[SharedBy, Text] = {SharedBy.MASS: say("by verified mass"), SharedBy.PACKAGES: say("by packages")}


def sentences(plan: ConsolidationPlan) -> Iterator[Text]:
    if not plan.groups:
        yield say("Nothing that waits is cheaper together.")
    for group in plan.groups:
        yield group_told(group, plan.currency)
        if group.collections:
            yield collection_told(group, plan.currency)
    for apart in plan.apart:
        yield apart_told(apart, plan.currency)
    if plan.single:
        yield say(
            "Nothing that would save anything stands beside {shipments}.", shipments=counted(plan.single, "shipment")
        )
    if plan.unpriced:
        yield say("No rate card leads where {shipments} should go.", shipments=counted(plan.unpriced, "shipment"))
    for reason, count in plan.kept_out.items():
        shipments = counted(count, "shipment")
        yield say("Kept out: {shipments}, for {reason}.", shipments=shipments, reason=UNFIT[reason])


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


def collection_told(group: Consolidation, currency: str) -> Text:
    charge = money(sum(one.charge for one in group.collections), currency)
    holders = joined_names(one.holder for one in group.collections)
    if group.collector_stated:
        return say(
            "{partner} brings them together from {holders} for {charge} of that, at a price that is stated, not "
            "attested.",
            partner=partner(group.hub, first=True), holders=holders, charge=charge,
        )  # fmt: skip
    return say(
        "{partner} brings them together from {holders} for {charge} of that.",
        partner=partner(group.hub, first=True), holders=holders, charge=charge,
    )  # fmt: skip


def apart_told(apart: Apart, currency: str) -> Text:
    return say(
        "{shipments} from {origin} to {destination} lie with {holders}, and nobody asks a known price for bringing "
        "them together: that would be worth at most {worth}.",
        shipments=counted(len(apart.shipments), "shipment"),
        origin=apart.group.origin,
        destination=apart.group.destination,
        holders=joined_names(apart.holders),
        worth=money(apart.worth, currency),
    )


def joined_names(partners: Iterable[int]) -> Text:
    return listed([partner(one) for one in partners])


def share_told(group: Consolidation, currency: str) -> Iterator[Text]:
    """What each partner pays."""
    for one in group.contributions:
        yield say(
            "{partner} pays {pays} instead of {alone}.",
            partner=partner(one.partner, first=True),
            pays=money(one.pays, currency),
            alone=money(one.alone, currency),
        )
