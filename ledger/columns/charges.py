"""Penalties that count against a bonus, from columns: as `ledger.bonuses.charges.charges_on`."""

from collections.abc import Iterator

import numpy as np

from ledger.bonuses.charges import Charge
from ledger.columns.tallies import ColumnTallies
from ledger.common.ids import PartnerId
from ledger.records.types import BonusAgreement


def charges_on(agreement: BonusAgreement, tallies: ColumnTallies) -> tuple[Charge, ...]:
    """The penalties that the agreement's parties owe for goods due in its period, zeros left out, as judged in the
    tallies' period; these were asked for the evidence of the parties.
    """
    parties = frozenset(share.partner for share in agreement.parties)
    return tuple(_charges(agreement, tallies, parties))


def _charges(agreement: BonusAgreement, tallies: ColumnTallies, parties: frozenset[int]) -> Iterator[Charge]:
    for one, evidence in tallies.owed_by(np.array(sorted(parties), np.int64)):
        if one.amount > 0 and agreement.periodStart <= one.promised_at < agreement.periodEnd:
            yield Charge(
                one.shipment,
                PartnerId(one.liable),
                one.amount,
                one.currency,
                one.indicative,
                evidence(),
                one.promised_at,
            )
