"""Where bonus agreements stand in their pool, which the chain alone knows: asked for, or as it was heard last.

Payments into a pool are no records, so neither the log nor a projection has them.
"""

import json
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ledger.bonuses.agreement import AgreementStatus
from ledger.chain.contracts import CONTRACT_OF_KIND, view
from ledger.codes import ContractKind
from ledger.common.ids import RecordId, to_hex
from ledger.errors import ChainUnavailable
from ledger.services.home.home import Home
from ledger.services.state.bonus_pools import pool_of, status_of
from ledger.store.processes import news
from ledger.store.projections import bonuses

POOL = CONTRACT_OF_KIND[ContractKind.BONUS]
REFRESH_SECONDS = 10
"""After which the pool is asked again although no event told of a change: a payment is none."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """One payment into the pool, in minor units, from the account `funder`; `refunded`: it went back there."""

    funder: bytes
    amount: int
    refunded: bool


@dataclass(frozen=True, slots=True)
class PoolState:
    """Of one agreement: `funded` in minor units, `deposits` in their order."""

    status: AgreementStatus
    funded: int
    deposits: tuple[Deposit, ...]

    def to_text(self) -> str:
        deposits = [[to_hex(one.funder), str(one.amount), one.refunded] for one in self.deposits]
        return json.dumps({"status": int(self.status), "funded": str(self.funded), "deposits": deposits})

    @classmethod
    def from_text(cls, text: str) -> "PoolState":
        told = json.loads(text)
        deposits = (Deposit(bytes.fromhex(f[2:]), int(amount), refunded) for f, amount, refunded in told["deposits"])
        return cls(AgreementStatus(told["status"]), int(told["funded"]), tuple(deposits))


class Pools(Protocol):
    """Whoever knows where agreements stand."""

    def state(self, agreement_id: RecordId) -> PoolState:
        """Raises `ChainUnavailable` while that is not known."""
        ...


class AskedPools:
    """Asks the chain at every look: for commands, which may wait for it."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def state(self, agreement_id: RecordId) -> PoolState:
        """Raises `NotFound` too, where the log has no such agreement."""
        with self._home.database.read() as connection:
            pool = pool_of(connection, self._home.deployment, agreement_id)
        read = partial(view, self._home.chain, pool, POOL)
        status, (state,) = status_of(self._home.chain, pool, agreement_id), read("stateOf", agreement_id)
        (count,) = read("depositsOf", agreement_id)
        paid = (read("depositOf", agreement_id, number)[0] for number in range(count))
        deposits = tuple(Deposit(one["funder"], one["amount"], one["refunded"]) for one in paid)
        return PoolState(status, state["funded"], deposits)


class HeardPools:
    """What the chain said last, for readers who do not wait for it, in whatever process; `listen` asks."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._asked = AskedPools(home)
        self._heard_at: int | None = None

    def listen(self, *, changed: bool) -> None:
        """Ask about agreements that are new here, and about all if something has `changed` or some time is over.

        Raises `ChainUnavailable`; what was heard before stays.
        """
        now = self._home.clock.monotonic()
        again = changed or self._heard_at is None or now - self._heard_at >= REFRESH_SECONDS
        with self._home.database.read() as connection:
            ids = [row.record_id for row in bonuses.agreements(connection)]
            known = {agreement_id: news.told(connection, _name(agreement_id)) for agreement_id in ids}
        for agreement_id, before in known.items():
            if again or before is None:
                text = self._asked.state(agreement_id).to_text()
                if before is None or text != before.text:
                    with self._home.database.write() as connection:
                        news.tell(connection, _name(agreement_id), text)
        if again:
            self._heard_at = now

    def state(self, agreement_id: RecordId) -> PoolState:
        with self._home.database.read() as connection:
            told = news.told(connection, _name(agreement_id))
        if told is None:
            raise ChainUnavailable(
                "the chain has said nothing about this agreement yet", where="agreement", found=to_hex(agreement_id)
            )
        return PoolState.from_text(told.text)


def _name(agreement_id: RecordId) -> str:
    return f"agreement {to_hex(agreement_id)}"
