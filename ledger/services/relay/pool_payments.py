"""Money movements that are no records: a funder pays into a pool from its own account, and has its money back."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from ledger.bonuses.payment import Payment, PoolFacts, payment_of
from ledger.chain.client import ChainClient, ChainReader
from ledger.chain.contracts import (
    CONTRACT_OF_KIND,
    REGISTRY,
    TOKEN,
    decode_result,
    encode_function,
    revert_reason,
    view,
)
from ledger.chain.deploy import patiently
from ledger.codes import ContractKind
from ledger.common.ids import RecordId, to_hex
from ledger.errors import Busy, LadingError, NotFound, RuleBroken, Unavailable
from ledger.records.signing import SigningKey
from ledger.records.types import BonusAgreement
from ledger.services.home.home import Home
from ledger.services.relay.lease import SECONDS, Lease
from ledger.services.relay.sender import Intent, Sender, Settled, explain
from ledger.services.state.bonus_pools import pool_of, status_of
from ledger.store import records

POOL = CONTRACT_OF_KIND[ContractKind.BONUS]
PATIENCE = 120
"""Seconds that one transaction may take until it is in a final block."""
_MOST_CALLS = 3
"""Back to 0, approve, pay."""
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction without value: what any wallet that holds the funder's key can send. `name` says what it does."""

    name: str
    to: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Funding:
    """How an account comes to have paid `paid_in` + `payment.amount` into an agreement, in minor units of `currency`.

    `decimals`: of the token, as wallets show its amounts; None where it does not say.
    """

    agreement: RecordId
    pool: bytes
    token: bytes
    currency: str
    decimals: int | None
    funder: bytes
    paid_in: int
    payment: Payment

    @property
    def calls(self) -> tuple[Call, ...]:
        """In the order in which they have to be sent, each after the one before is in a block."""
        if not self.payment.amount:
            return ()
        approvals = tuple(
            Call("approve", self.token, encode_function(TOKEN, "approve", self.pool, allowance))
            for allowance in self.payment.approvals
        )
        payment = encode_function(POOL, "fund", self.agreement, self.payment.amount)
        return (*approvals, Call("fund", self.pool, payment))


def plan_funding(home: Home, funder: bytes, agreement: RecordId, total: int) -> Funding:
    """What is to be sent so that the account `funder` has paid `total` minor units into `agreement` in all.

    Nothing is signed, and nothing kept. Raises `NotFound` where the log has no such agreement, `RuleBroken` for what
    pool or token would refuse, and `ChainUnavailable`.
    """
    chain = home.chain
    with home.database.read() as connection:
        pool = pool_of(connection, home.deployment, agreement)
        stored = records.get(connection, agreement)
    if stored is None or not isinstance(stored.record, BonusAgreement):
        raise NotFound("no such agreement", where="agreement", found=to_hex(agreement))
    terms = stored.record
    (current,) = view(chain, home.deployment.registry, REGISTRY, "contractOf", int(ContractKind.BONUS))
    deposits = (view(chain, pool, POOL, "depositOf", agreement, i)[0] for i in range(_deposits(chain, pool, agreement)))
    facts = PoolFacts(
        status_of(chain, pool, agreement),
        bytes(current) == pool,
        sum(deposit["amount"] for deposit in deposits if bytes(deposit["funder"]) == funder),
        _ask_token(chain, terms.token, "balanceOf", funder),
        _ask_token(chain, terms.token, "allowance", funder, pool),
    )
    payment = payment_of(facts, total)
    try:
        decimals = _ask_token(chain, terms.token, "decimals")
    except RuleBroken:
        decimals = None
    return Funding(agreement, pool, terms.token, terms.currency, decimals, funder, facts.paid_in, payment)


def fund(home: Home, chain: ChainClient, key: SigningKey, agreement: RecordId, total: int) -> Funding:
    """Let the account of `key` have paid `total` minor units into the agreement in all; what it paid just now.

    1. What an earlier run has signed is sent again, until the chain has decided it.
    2. Pool and token are asked what is still to be paid, and everything is checked.
    3. The first call that is missing is signed and sent; a payment only after it was tried. Then 2 again.

    Broken off at any moment it is run again: what was paid counts, and nothing is paid twice. Raises what
    `plan_funding` does, `Busy` while another run sends with this key, and `Unavailable` when the chain does not answer
    in time.
    """
    with _Account.of(home, chain, key) as account:
        # 1.
        account.finish()
        # 2.
        first = plan = plan_funding(home, key.address, agreement, total)
        # 3.
        for _ in range(_MOST_CALLS):
            if not plan.calls:
                return first
            call = plan.calls[0]
            tried = chain.call(call.to, call.data, sender=key.address)
            if not tried.succeeded:
                reason = str(revert_reason(tried.output))
                raise RuleBroken(f"{call.name} would be refused", where=to_hex(call.to), found=reason)
            account.send(Intent(f"{call.name}:{agreement.hex()}", call.to, call.data))
            plan = plan_funding(home, key.address, agreement, total)
    if plan.calls:
        raise RuleBroken("the agreement's token does not keep to what was approved", where="allowance")
    return first


def refund(home: Home, chain: ChainClient, key: SigningKey, agreement: RecordId) -> int:
    """Send the payments of an agreement back to the accounts that they came from; how many went.

    Anyone may: `key` only sends the transactions. All of a payment goes back when somebody kept silent, otherwise its
    part of what was not awarded; those that went back already are passed over. Raises `RuleBroken` with the contract's
    reason, `Unavailable` when the chain does not answer in time.
    """
    with home.database.read() as connection:
        pool = pool_of(connection, home.deployment, agreement)
    sent = 0
    with _Account.of(home, chain, key) as account:
        account.finish()
        for number in range(_deposits(chain, pool, agreement)):
            (deposit,) = view(chain, pool, POOL, "depositOf", agreement, number)
            if deposit["refunded"]:
                continue
            data = encode_function(POOL, "refund", agreement, number)
            asked = chain.call(pool, data, sender=key.address)
            if not asked.succeeded:
                reason = str(revert_reason(asked.output))
                raise RuleBroken("there is nothing to send back", where=f"deposit {number}", found=reason)
            account.send(Intent(f"refund:{agreement.hex()}:{number}", pool, data))
            sent += 1
    return sent


def _deposits(chain: ChainReader, pool: bytes, agreement: RecordId) -> int:
    return int(view(chain, pool, POOL, "depositsOf", agreement)[0])


def _ask_token(chain: ChainReader, token: bytes, name: str, *arguments: bytes) -> int:
    result = chain.call(token, encode_function(TOKEN, name, *arguments))
    try:
        if result.succeeded:
            return int(decode_result(TOKEN, name, result.output)[0])
    except LadingError:
        pass  # as if it had not answered
    raise RuleBroken(
        "the agreement's token does not answer as an ERC-20 token", where=name, expected="a number", found=to_hex(token)
    )


class _Account:
    """One key's transactions, sent one after the other. Its lease keeps a second run from counting the same nonces."""

    def __init__(self, home: Home, chain: ChainClient, sender: Sender, lease: Lease) -> None:
        self._home = home
        self._chain = chain
        self._sender = sender
        self._lease = lease

    @classmethod
    @contextmanager
    def of(cls, home: Home, chain: ChainClient, key: SigningKey) -> Iterator["_Account"]:
        lease = Lease(home.database, f"payments of {to_hex(key.address)}", home.clock)
        account = cls(home, chain, Sender(home, chain, key, home.clock, lease), lease)
        account._hold()
        try:
            yield account
        finally:
            lease.release()

    def _hold(self) -> None:
        if not self._lease.take():
            raise Busy("another run sends payments from this account", retry_after=SECONDS)

    def finish(self) -> None:
        """Send what an earlier run left, and wait until the chain has decided it."""
        if self._sender.unfinished():
            self._wait("")

    def send(self, intent: Intent) -> None:
        """Sign, store and send one call, and wait for its block; raises `RuleBroken` with the reason of a revert."""
        patiently(partial(self._sender.begin, [intent]), PATIENCE)
        for one in self._wait(intent.name):
            if one.transaction.intent == intent.name and one.failed:
                reason = str(revert_reason(explain(self._chain, one)))
                raise RuleBroken("the payment was refused", where=intent.name, found=reason)

    def _wait(self, name: str) -> list[Settled]:
        """What became of all that is unfinished."""
        result: list[Settled] = []
        ends = time.monotonic() + PATIENCE
        while True:
            self._hold()
            patiently(self._sender.push, PATIENCE)
            settled = patiently(self._sender.settle, PATIENCE)
            with self._home.database.write() as connection:
                self._sender.finish(connection, settled)
            result += settled
            if not self._sender.unfinished():
                return result
            if time.monotonic() > ends:
                raise Unavailable(
                    "the chain has not taken the payment yet",
                    where=name,
                    mend="Run the same command again: it looks for what was sent, and pays nothing twice.",
                )
            time.sleep(_POLL_SECONDS)
