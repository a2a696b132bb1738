"""A league in words: what it is in order of, and what it does not say."""

from collections.abc import Iterator, Mapping

from ledger.codes import Role
from ledger.explain.text import Text, say, say_counted
from ledger.explain.units import UNKNOWN, money, percent, span
from ledger.network.league import League, LeagueBy, Measured

TITLES: Mapping[Role, Mapping[LeagueBy, Text]] = {
    Role.CARRIER: {
        LeagueBy.TIME: say("Delivery time"),
        LeagueBy.COST: say("Freight per package"),
        LeagueBy.PENALTY: say("Penalty over freight"),
    },
    Role.SUPPLIER: {LeagueBy.TIME: say("Order to handoff"), LeagueBy.FAULTS: say("Not on time in full")},
    Role.WAREHOUSE: {LeagueBy.TIME: say("Time in the warehouse"), LeagueBy.FAULTS: say("Passed on short or damaged")},
    Role.BROKER: {LeagueBy.TIME: say("Presented to released"), LeagueBy.FAULTS: say("Not released clean")},
    Role.CUSTOMS: {LeagueBy.TIME: say("Presented to released")},
}
"""Who is compared, and the figures of each; less is better of all."""


def value_text(value: int, by: LeagueBy, currency: str) -> Text:
    """A figure in its unit."""
    match by:
        case LeagueBy.TIME:
            return span(value)
        case LeagueBy.COST:
            return money(value, currency)
        case LeagueBy.PENALTY | LeagueBy.FAULTS:
            return percent(value)


def measured_text(one: Measured | None, by: LeagueBy, currency: str) -> Text:
    """A figure with its interval; a dash where there is none."""
    if one is None:
        return say(UNKNOWN)
    return say(
        "{value} ({low} to {high})",
        value=value_text(one.value, by, currency),
        low=value_text(one.low, by, currency),
        high=value_text(one.high, by, currency),
    )


def rank_text(one: Measured | None) -> Text:
    """A rank; why there is none; and who cannot be told apart."""
    if one is None:
        return say("too few deliveries")
    if one.rank is None:
        return say_counted("provisional: {count} delivery", "provisional: {count} deliveries", one.samples)
    if one.tied:
        return say_counted(
            "{rank}, tied with {count} other", "{rank}, tied with {count} others", one.tied, rank=one.rank
        )
    return say("{rank}", rank=one.rank)


def explained(league: League, by: LeagueBy) -> Iterator[Text]:
    """What the order means, and what is missing from it."""
    measured = [one for entry in league.entries if (one := entry.by(by)) is not None]
    if not league.entries:
        yield say("Nobody worked on this lane in that role in the period.")
        return
    figure = TITLES[league.role][by]
    yield say("In order of {figure}: each stands behind those that are better with certainty.", figure=figure)
    without = sum(one.rank is None for one in measured) + len(league.entries) - len(measured)
    if without:
        yield say_counted(
            "{count} of them has fewer than thirty deliveries and no rank.",
            "{count} of them have fewer than thirty deliveries and no rank.",
            without,
        )
    if any(one.tied for one in measured):
        yield say("Those whose intervals overlap are tied: these figures give no reason to prefer one.")
    if league.hidden:
        yield say_counted(
            "{count} shipment has closed parts and may be on this lane.",
            "{count} shipments have closed parts and may be on this lane.",
            league.hidden,
        )
