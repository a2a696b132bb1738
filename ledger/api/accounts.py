"""Who pays for the records of a batch: the same, record by record, as if each had been sent by itself."""

from collections.abc import Callable, Collection
from http import HTTPStatus

from ledger.api.problems import status_of
from ledger.api.quota import REFUSED, Budgets, paid_by
from ledger.errors import Busy, InvalidInput, LadingError, Refused
from ledger.records.signing import SignedRecord

MOST_UNVOUCHED = 8
"""Records of a batch that are looked at though its sender has nothing left, and nobody speaks for them: after so many
nothing more is read for nothing."""
Vouch = Callable[[SignedRecord], Collection[int]]
"""Of which partners a record brings signatures that nobody has handed in before."""


class SenderAccount:
    """Of whoever sends one batch.

    `payer` sends it; `paid` has paid one point for the request, which serves for its first record. What is taken in is
    paid for by those who signed it, and the sender gets its point back; what is refused costs the sender more. When the
    sender has nothing left, a partner who has signed what is new pays in its place, as for single records.
    """

    def __init__(self, budgets: Budgets, payer: str, paid: str, vouch: Vouch) -> None:
        self._budgets = budgets
        self.payer = payer
        self._paid = paid
        self._vouch = vouch
        self._unvouched = 0
        self.closed: Busy | None = None
        """Why nothing more is looked at, if so."""

    def spent(self) -> float:
        """The share of what it has that the sender has used."""
        return self._budgets.used(self._budgets.writes, self.payer)

    def affords(self) -> int:
        """How many records the sender can surely pay for, whatever becomes of them; at least the next is tried."""
        return max(1, self._budgets.writes.affords(self.payer, 1 + REFUSED))

    def bill(self, member: SignedRecord | None) -> "SenderBill":
        """Raises `Busy` when nobody can pay."""
        if self.closed:
            raise self.closed
        paid, self._paid = self._paid, ""
        return SenderBill(self._budgets, paid or self._pays(member))

    def _pays(self, member: SignedRecord | None) -> str:
        try:
            self._budgets.writes.take(self.payer, 1)
        except Busy as busy:
            partners = self._vouched_by(member)
            if not partners:
                self._unvouched += 1
                if self._unvouched >= MOST_UNVOUCHED:
                    self.closed = busy
                raise
            vouched = f"{paid_by(min(partners))} at {self.payer}"
            self._budgets.writes.take(vouched, 1)
            return vouched
        self._budgets.note(self._budgets.writes, self.payer, 1)
        return self.payer

    def _vouched_by(self, member: SignedRecord | None) -> Collection[int]:
        try:
            return self._vouch(member) if member else ()
        except (InvalidInput, Refused):
            return ()


class SenderBill:
    """Of one record; `payer` has paid a point for it."""

    def __init__(self, budgets: Budgets, payer: str) -> None:
        self._budgets = budgets
        self._payer = payer
        self._by_signers = False
        self._given_back = False

    def charge(self, partners: Collection[int]) -> None:
        self._budgets.take_from_signers(partners)
        self._by_signers = bool(partners)

    def settle(self, error: LadingError | None) -> None:
        writes = self._budgets.writes
        if error is None:
            if self._by_signers:
                writes.charge(self._payer, -1)
                self._given_back = True
            return
        status = status_of(error)
        costs = REFUSED if status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS else 0
        if costs or self._given_back:
            writes.charge(self._payer, costs + self._given_back)
            self._budgets.note(writes, self._payer, costs)
            self._given_back = False
