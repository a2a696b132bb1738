"""Bonus agreements as readers see them: terms from the log, money and status from the pool."""

import json
from typing import Any

from ledger.common.ids import RecordId, to_hex
from ledger.errors import NotFound
from ledger.explain.agreement import MEANING
from ledger.explain.bonus import explain_file
from ledger.records.types import BonusAgreement, BonusAward
from ledger.services.figures import award_files
from ledger.services.figures.pools import Deposit, Pools
from ledger.services.home.home import Home
from ledger.services.state.bonus_pools import pool_of, pools
from ledger.services.views.records import Reader, RecordViews
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.projections import bonuses
from ledger.store.projections.bonuses import StoredAgreement


class Bonuses:
    def __init__(self, home: Home, views: RecordViews, pools: Pools) -> None:
        self._db = home.database
        self._deployment = home.deployment
        self._views = views
        self._pools = pools

    def pools(self) -> tuple[bytes, ...]:
        """Every bonus pool that the council opened, the first first."""
        with self._db.read() as connection:
            return pools(connection, self._deployment)

    def pool_of(self, agreement_id: RecordId) -> bytes:
        """The pool that holds an agreement's money; raises `NotFound`."""
        with self._db.read() as connection:
            return pool_of(connection, self._deployment, agreement_id)

    def agreements(self, *, after: int = -1, limit: int | None = None) -> list[dict[str, Any]]:
        """In log order; page with the last one's `cursor` as `after`."""
        with self._db.read() as connection:
            rows = [row for row in bonuses.agreements(connection) if row.log_index > after]
            return [self._summary(connection, row) for row in rows[:limit]]

    def agreement(self, agreement_id: RecordId) -> dict[str, Any]:
        """One agreement with its awards and claims; raises `NotFound`."""
        with self._db.read() as connection:
            row = bonuses.agreement(connection, agreement_id)
            if row is None:
                raise NotFound("no such agreement", where="agreement", found=to_hex(agreement_id))
            claims = bonuses.claims(connection, agreement_id)
            return self._summary(connection, row) | {
                "dates": _dates(connection, agreement_id),
                "deposits": [_deposit(one) for one in self._pools.state(agreement_id).deposits],
                "awards": [
                    _with_explanation(
                        {
                            "record": to_hex(award.record_id),
                            "version": award.version,
                            "total": str(award.total),
                            "logSize": str(award.log_size),
                            "disputedBy": to_hex(award.disputed_by) if award.disputed_by else None,
                            "ruledBy": to_hex(award.ruled_by) if award.ruled_by else None,
                            "upheld": award.upheld,
                            "file": award_files.file_of(connection, agreement_id, award.version, award.amounts),
                        }
                    )
                    for award in bonuses.awards(connection, agreement_id)
                ],
                "claims": [
                    {
                        "record": to_hex(claim.record_id),
                        "partner": self._views.name(connection, claim.partner).name,
                        "version": claim.version,
                        "amount": str(claim.amount),
                        "claimedAt": claim.block_time,
                    }
                    for claim in claims
                ],
            }

    def agreement_for(self, agreement_id: RecordId, reader: Reader) -> dict[str, Any]:
        """`agreement` as the reader may see it: who gets what is for its parties and auditors."""
        result = self.agreement(agreement_id)
        if not self._views.may_see(agreement_id, reader):
            result["awards"] = [award | {"file": None, "explanation": []} for award in result["awards"]]
        return result

    def keep_file(self, agreement_id: RecordId, version: int, file: dict[str, Any]) -> None:
        """Keep an award's lines, and only these; raises `NotFound` without such an award, `RuleBroken` for others."""
        with self._db.write() as connection:
            known = [a for a in bonuses.awards(connection, agreement_id) if a.version == version]
            row = records.get(connection, known[0].record_id) if known else None
            if row is None or not isinstance(row.record, BonusAward):
                raise NotFound("no such award", where="award", found=f"{to_hex(agreement_id)} version {version}")
            award_files.keep(connection, row.record, file)

    def status(self, agreement_id: RecordId) -> str:
        """Where the agreement stands in its pool."""
        return self._pools.state(agreement_id).status.name.lower()

    def _summary(self, connection: Connection, row: StoredAgreement) -> dict[str, Any]:
        state = self._pools.state(row.record_id)
        return {
            "id": to_hex(row.record_id),
            "cursor": row.log_index,
            "status": state.status.name.lower(),
            "meaning": MEANING[state.status],
            "currency": row.currency,
            "pool": to_hex(pool_of(connection, self._deployment, row.record_id)),
            "token": to_hex(row.token),
            "funded": str(state.funded),
            "periodStart": row.period_start,
            "periodEnd": row.period_end,
            "awarder": self._views.name(connection, row.awarder).name,
            "arbiter": self._views.name(connection, row.arbiter).name,
            "residual": self._views.name(connection, row.residual).name,
            "parties": [
                {"partner": partner, "name": self._views.name(connection, partner).name, "basisPoints": points}
                for partner, points in json.loads(row.parties)
            ],
        }


def _deposit(deposit: Deposit) -> dict[str, Any]:
    return {"funder": to_hex(deposit.funder), "amount": str(deposit.amount), "refunded": deposit.refunded}


def _dates(connection: Connection, agreement_id: RecordId) -> dict[str, int]:
    """Until when what must happen (UTC seconds), and for how long after it what may (seconds)."""
    row = records.get(connection, agreement_id)
    if row is None or not isinstance(row.record, BonusAgreement):
        return {}
    terms = row.record
    return {
        "awardBy": terms.deadline,
        "disputeWindow": terms.disputeWindow,
        "arbiterWindow": terms.arbiterWindow,
        "claimUntil": terms.claimUntil,
    }


def _with_explanation(award: dict[str, Any]) -> dict[str, Any]:
    """Beside the award's file, in sentences, what it says."""
    return award | {"explanation": list(explain_file(award["file"] or {}))}
