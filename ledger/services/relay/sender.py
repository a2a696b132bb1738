"""What one key sends to the chain: stored before it is sent, looked up ever after.

The rules, each paid for by somebody:

1. The signed bytes and their hash are committed before they are sent, so a crash leaves something to look up.
2. No answer, "already known" and "nonce too low" mean *unknown*: the receipt is asked for, and the same bytes are sent
   again until there is one. The same intent is never signed with a new nonce while the old one may still be mined.
3. Bytes that a node refuses for ever, for their gas limit or price, are replaced under the same nonce: of the two, one
   at most is ever in a block.
4. A transaction is given up only when its nonce is used, a final block says so, and it still has no receipt: then other
   bytes took its place for good.

One process at a time counts a key's nonces. Where several might, a lease sees to it: nothing is stored or sent without.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ledger.chain.client import MAX_TRANSACTION_GAS, ChainClient, ChainReader, Receipt, Sent
from ledger.chain.transactions import SignedTransaction, call_of, gas_limit_of, least_gas, sign_transaction
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.errors import ChainUnavailable
from ledger.records.signing import SigningKey
from ledger.services.home.clock import Clock
from ledger.services.home.home import Home
from ledger.services.relay.lease import Lease
from ledger.store import transactions
from ledger.store.database import Connection
from ledger.store.transactions import NewTransaction, StoredTransaction

RESEND_SECONDS = 30
"""A network that took a transaction is not asked to take it again before this."""
_GIVEN_UP = 10
"""So many of the newest that were given up are asked for again."""


@dataclass(frozen=True, slots=True)
class Intent:
    """Call `to` with `data`. `name` says what for, and is the same for every attempt; `record_ids` what it carries;
    `gas`: its limit, None where the node is to estimate it."""

    name: str
    to: bytes
    data: bytes
    record_ids: tuple[RecordId, ...] = ()
    gas: int | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A transaction that needs no more care: in a block (`receipt`), or impossible for ever (None)."""

    transaction: StoredTransaction
    receipt: Receipt | None

    @property
    def failed(self) -> bool:
        """Nothing that it carries was recorded by it. Where several are carried, success does not mean the opposite."""
        return self.receipt is None or not self.receipt.succeeded

    @property
    def block(self) -> int:
        """The block up to which the chain must be known to say so."""
        return self.receipt.block if self.receipt else self.transaction.block_number or 0


class Sender:
    """The transactions of one key. Every method may raise `ChainUnavailable`; calling it again later loses nothing."""

    def __init__(
        self, home: Home, chain: ChainClient, key: SigningKey, clock: Clock, lease: Lease | None = None
    ) -> None:
        """With a `lease`, methods that store or send raise `LeaseLost` once it is another's."""
        self.database = home.database
        self._chain = chain
        # The consortium's, and not what the node says: bytes for another chain are in no block of this one.
        self._chain_id = home.deployment.chain_id
        self._key = key
        self._clock = clock
        self._lease = lease
        self._sent_at: dict[bytes, int] = {}
        self._in_block: set[bytes] = set()
        self._looks: dict[bytes, tuple[int, int]] = {}
        """By hash of what was given up: when to ask for its receipt again, and the pause after that."""

    @property
    def address(self) -> bytes:
        return self._key.address

    def unfinished(self) -> list[StoredTransaction]:
        """What is stored and neither in a block nor given up, by nonce."""
        with self.database.read() as connection:
            return transactions.unfinished(connection, self.address)

    def room(self) -> int:
        """How many more transactions may wait for a block. Those in a block that is not final yet do not count."""
        waiting = sum(transaction.hash not in self._in_block for transaction in self.unfinished())
        return max(self._chain.in_flight(self.address) - waiting, 0)

    def block_gas(self) -> int:
        return self._chain.block_gas()

    def begin(
        self, intents: Sequence[Intent], also: Callable[[Connection], None] | None = None
    ) -> list[StoredTransaction]:
        """Sign and store; `also` runs first in the same commit. Nothing is sent yet: `push` does that.

        At most `room()` intents. A crash after this leaves transactions that the next `push` sends.
        """
        if not intents:
            return []
        nonce = self._next_nonce()
        price = self._chain.gas_price()
        new = [
            self._signed(
                intent, nonce + i, intent.gas or self._chain.gas_limit(self.address, intent.to, intent.data), price
            )
            for i, intent in enumerate(intents)
        ]
        with self._storing(also) as connection:
            transactions.store(connection, new, self._clock.now())
        return [t for t in self.unfinished() if t.nonce >= nonce]

    def push(self) -> None:
        """Send what may not have arrived, in the order of nonces, the same bytes as ever; then make a block.

        Raises `ChainUnavailable` when the node does not say what became of one: it stays stored, and is sent again.
        """
        now = self._clock.now()
        accepted: list[bytes] = []
        try:
            for transaction in self.unfinished():
                last = self._sent_at.get(transaction.hash)
                if transaction.hash in self._in_block or (last is not None and now - last < RESEND_SECONDS):
                    continue
                if not transaction.raw:
                    continue  # it is in a block; somebody edited the row
                if self._lease is not None:
                    self._lease.check()
                result = self._chain.send(transaction.raw)
                if result.sent in (Sent.ACCEPTED, Sent.KNOWN):
                    self._sent_at[transaction.hash] = now
                    accepted.append(transaction.hash)
                elif result.sent is not Sent.NONCE_USED:
                    # It stays first in line: those behind it have higher nonces and can only wait for it.
                    self._note([transaction.hash], transactions.UNKNOWN, result.reason)
                    if result.sent is Sent.REFUSED:
                        self._sign_again(transaction)
                    break
        finally:
            if accepted:
                self._note(accepted, transactions.SENT, "")
        try:
            self._chain.seal(now)
        except BaseException:
            self._sent_at.clear()  # no block was made, and what waited for it may be forgotten
            raise

    def settle(self) -> list[Settled]:
        """Which transactions are in a block by now, or can never be; `finish` notes it."""
        self._look_again()
        waiting = self.unfinished()
        if not waiting:
            return []
        final, used = self._chain.final(), self._chain.nonce(self.address)
        if used < waiting[0].nonce:
            self._fill_gap(used)
        # The nonce says which can have a receipt: to deny one takes some nodes a second and a half.
        mined = [transaction for transaction in waiting if transaction.nonce < used]
        self._in_block -= {transaction.hash for transaction in waiting[len(mined) :]}
        receipts = self._chain.receipts([transaction.hash for transaction in mined]) if mined else []
        pairs = zip(mined, receipts, strict=True)
        return [settled for transaction, receipt in pairs if (settled := self._settled(transaction, receipt, final))]

    def finish(self, connection: Connection, settled: Sequence[Settled]) -> None:
        """Note what became of them, in the caller's transaction, with whatever follows from it.

        Bytes that the chain in this home has are not kept beside it.
        """
        if self._lease is not None:
            self._lease.confirm(connection)
        alike: dict[tuple[str, int | None, str], list[bytes]] = {}
        held: list[bytes] = []
        for one in settled:
            state = transactions.DROPPED if one.receipt is None else transactions.MINED
            block = None if one.receipt is None else one.receipt.block
            problem = "" if one.receipt and one.receipt.succeeded else one.transaction.problem
            alike.setdefault((state, block, problem), []).append(one.transaction.hash)
            if one.receipt is not None and self._chain.signed(one.transaction.hash) == one.transaction.raw:
                held.append(one.transaction.hash)
            self._in_block.discard(one.transaction.hash)
            self._sent_at.pop(one.transaction.hash, None)
        for (state, block, problem), hashes in alike.items():
            transactions.update_state(connection, hashes, state, block_number=block, problem=problem)
        transactions.leave_to_chain(connection, held)

    # --- inside ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _storing(self, first: Callable[[Connection], None] | None = None) -> Iterator[Connection]:
        """A commit that only the holder of the lease makes; `first` may lock what others lock before a lease."""
        with self.database.write() as connection:
            if first is not None:
                first(connection)
            if self._lease is not None:
                self._lease.confirm(connection)
            yield connection

    def _next_nonce(self) -> int:
        with self.database.read() as connection:
            stored = transactions.next_nonce(connection, self.address)
        # The node may lag behind what was stored; it may also know of more, when the database is a new one.
        return max(stored, self._chain.nonce(self.address))

    def _sign(self, to: bytes | None, data: bytes, nonce: int, gas_limit: int, gas_price: int) -> SignedTransaction:
        return sign_transaction(
            self._key,
            chain_id=self._chain_id,
            nonce=nonce,
            to=to,
            data=data,
            gas_limit=gas_limit,
            gas_price=gas_price,
        )

    def _signed(self, intent: Intent, nonce: int, gas_limit: int, gas_price: int) -> NewTransaction:
        signed = self._sign(intent.to, intent.data, nonce, gas_limit, gas_price)
        return NewTransaction(intent.name, intent.record_ids, self.address, nonce, signed.raw, signed.hash)

    def _look_again(self) -> None:
        """Ask again for the receipts of what was given up: a node that denied one may show it later.

        With growing pauses: a question about a receipt that is not there takes some nodes a second and a half.
        """
        now = self._clock.monotonic()  # looking is allowed while nothing may be logged
        with self.database.read() as connection:
            given_up = transactions.dropped(connection, self.address, _GIVEN_UP)
        for transaction in given_up:
            due, pause = self._looks.get(transaction.hash, (now, RESEND_SECONDS))
            if now < due:
                continue
            self._looks[transaction.hash] = (now + pause, min(2 * pause, DAY))
            receipt = self._chain.receipt(transaction.hash)
            if receipt is not None and receipt.block <= self._chain.final() and self._chain.confirms(receipt):
                self._note([transaction.hash], transactions.MINED, "", block=receipt.block)

    def _fill_gap(self, used: int) -> None:
        """Use up the nonce `used` with an empty transaction, if nothing was ever signed for it.

        A node that once named too high a nonce would otherwise leave all later ones waiting for ever.
        """
        with self.database.read() as connection:
            if transactions.has_nonce(connection, self.address, used):
                return
        price = self._chain.gas_price()
        filler = self._signed(Intent(f"gap:{used}", self.address, b""), used, least_gas(self.address, b""), price)
        with self._storing() as connection:
            transactions.store(connection, [filler], self._clock.now())

    def _sign_again(self, refused: StoredTransaction) -> None:
        """The same call under the same nonce, with the gas limit and price of today.

        One that carries several records, and is refused as it is, leaves its nonce to an empty transaction: fewer of
        them may be taken, under the next.
        """
        to, data = call_of(refused.raw)
        price = self._chain.gas_price()
        with self.database.read() as connection:
            several = len(transactions.records_of(connection, [refused]).get(refused.hash, ())) > 1
        if several:
            most = min(MAX_TRANSACTION_GAS, self._chain.block_gas())
            signed = self._sign(to, data, refused.nonce, min(gas_limit_of(refused.raw), most), price)
            if signed.hash == refused.hash:
                signed = self._sign(self.address, b"", refused.nonce, least_gas(self.address, b""), price)
        else:
            signed = self._sign(to, data, refused.nonce, self._chain.gas_limit(self.address, to, data), price)
        if signed.hash != refused.hash:
            # A crash before the commit leaves the old bytes, which are refused again.
            with self._storing() as connection:
                transactions.replace(connection, refused.hash, signed.raw, signed.hash)

    def _settled(self, transaction: StoredTransaction, receipt: Receipt | None, final: int) -> Settled | None:
        if receipt is not None:
            # Until its block is final it could come undone, and would have to be sent again.
            self._in_block.add(transaction.hash)
            return Settled(transaction, receipt) if receipt.block <= final else None
        self._in_block.discard(transaction.hash)
        # The nonce is used, yet there is no receipt. Nodes can lag behind each other, so this is believed only when it
        # still holds after the block that was the newest when it was first seen has become final.
        if transaction.block_number is None:
            newest = max(self._chain.head(), final)
            self._note([transaction.hash], transactions.UNKNOWN, "its nonce was used", block=newest)
            return None
        return Settled(transaction, None) if final >= transaction.block_number else None

    def _note(self, hashes: Sequence[bytes], state: str, problem: str, block: int | None = None) -> None:
        with self._storing() as connection:
            transactions.update_state(connection, hashes, state, block_number=block, problem=problem)


def explain(chain: ChainReader, settled: Settled) -> bytes:
    """The revert data of a transaction that reverted, empty when the node no longer has it."""
    try:
        return chain.revert_data(settled.transaction.hash)
    except ChainUnavailable:
        return b""
