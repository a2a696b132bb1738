"""Penalties of several currencies summed up in one, in sentences."""

from collections.abc import Iterator

from ledger.attested.totals import TotalInOne
from ledger.explain.text import Text, partner, say, several
from ledger.explain.units import money


def in_one_text(total: TotalInOne, of: int | None) -> Iterator[Text]:
    """What is owed (and is owed to partner `of`) in one currency, by whose rates, and what is in no sum."""
    owes = money(total.owes, total.currency)
    issuer = partner(total.issuer)
    if of is None:
        yield say("In one currency, by the rates of {issuer}: all owe {owes}.", issuer=issuer, owes=owes)
    else:
        yield say(
            "In one currency, by the rates of {issuer}: {partner} owes {owes} and is owed {is_owed}.",
            issuer=issuer,
            partner=partner(of),
            owes=owes,
            is_owed=money(total.is_owed, total.currency),
        )
    if total.left_out:
        amounts = [
            money(entry.owes if of is None else entry.owes + entry.is_owed, entry.currency) for entry in total.left_out
        ]
        yield say("Left out, for no rate is known for them: {amounts}.", amounts=several(amounts))
