"""Money movements that are no records: a funder approves the pool and pays in, from its own account."""

from ledger.chain.client import ChainClient
from ledger.chain.contracts import CONTRACT_OF_KIND, TOKEN, encode_function, revert_reason
from ledger.codes import ContractKind
from ledger.errors import RuleBroken, Unavailable
from ledger.ids import RecordId
from ledger.services.clock import Clock
from ledger.services.sender import Intent, Sender, explain
from ledger.signing import SigningKey
from ledger.store.database import Database

_ROUNDS = 100


def fund(
    db: Database,
    chain: ChainClient,
    clock: Clock,
    key: SigningKey,
    *,
    token: bytes,
    pool: bytes,
    agreement: RecordId,
    amount: int,
) -> None:
    """Pay `amount` minor units of `token` into the agreement's pool from the account of `key`.

    Raises `RuleBroken` with the contract's reason when token or pool refuse, `Unavailable` when the chain does not
    answer in time; what was stored is then looked up at the next attempt.
    """
    sender = Sender(db, chain, key, clock)
    approval = encode_function(TOKEN, "approve", pool, amount)
    _send(sender, chain, Intent(f"approve:{agreement.hex()}", token, approval))
    payment = encode_function(CONTRACT_OF_KIND[ContractKind.BONUS], "fund", agreement, amount)
    _send(sender, chain, Intent(f"fund:{agreement.hex()}", pool, payment))


def _send(sender: Sender, chain: ChainClient, intent: Intent) -> None:
    sender.begin([intent])
    for _ in range(_ROUNDS):
        sender.push()
        settled = sender.settle()
        for one in settled:
            with sender.database.write() as connection:
                sender.finish(connection, settled)
            if one.receipt is None or not one.receipt.succeeded:
                reason = str(revert_reason(explain(chain, one)))
                raise RuleBroken("the payment was refused", where=intent.name, found=reason)
            return
    raise Unavailable("the chain has not taken the payment yet", where=intent.name)
