"""Money movements that are no records: a funder pays into a pool from its own account, and has its money back."""

import time
from functools import partial

from ledger.chain.client import ChainClient
from ledger.chain.contracts import CONTRACT_OF_KIND, TOKEN, decode_result, encode_function, revert_reason
from ledger.chain.deploy import patiently
from ledger.codes import ContractKind
from ledger.common.ids import RecordId
from ledger.errors import RuleBroken, Unavailable
from ledger.records.signing import SigningKey
from ledger.services.home.clock import Clock
from ledger.services.relay.sender import Intent, Sender, explain
from ledger.store.database import Database

_PATIENCE = 120
"""Seconds for which the chain may take its time, or be away."""
_PAUSE = 0.2


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


def refund(
    db: Database, chain: ChainClient, clock: Clock, key: SigningKey, *, pool: bytes, agreement: RecordId, deposits: int
) -> int:
    """Send the first `deposits` payments back to the accounts that they came from; how many went.

    Anyone may: `key` only sends the transactions. All of a payment goes back when somebody kept silent, otherwise its
    part of what was not awarded; those that went back already are passed over. Raises `RuleBroken` with the contract's
    reason, `Unavailable` when the chain does not answer in time.
    """
    name = CONTRACT_OF_KIND[ContractKind.BONUS]
    sender = Sender(db, chain, key, clock)
    sent = 0
    for number in range(deposits):
        question = encode_function(name, "depositOf", agreement, number)
        result = patiently(partial(chain.call, pool, question), _PATIENCE)
        if result.succeeded and decode_result(name, "depositOf", result.output)[0]["refunded"]:
            continue
        data = encode_function(name, "refund", agreement, number)
        asked = patiently(partial(chain.call, pool, data, sender=key.address), _PATIENCE)
        if not asked.succeeded:
            reason = str(revert_reason(asked.output))
            raise RuleBroken("there is nothing to send back", where=f"deposit {number}", found=reason)
        _send(sender, chain, Intent(f"refund:{agreement.hex()}:{number}", pool, data))
        sent += 1
    return sent


def _send(sender: Sender, chain: ChainClient, intent: Intent) -> None:
    ends = time.monotonic() + _PATIENCE
    patiently(partial(sender.begin, [intent]), _PATIENCE)
    while True:
        patiently(sender.push, _PATIENCE)
        settled = patiently(sender.settle, _PATIENCE)
        with sender.database.write() as connection:
            sender.finish(connection, settled)
        for one in settled:
            if one.transaction.intent != intent.name:
                continue
            if one.receipt is None or not one.receipt.succeeded:
                reason = str(revert_reason(explain(chain, one)))
                raise RuleBroken("the payment was refused", where=intent.name, found=reason)
            return
        if time.monotonic() > ends:
            raise Unavailable("the chain has not taken the payment yet", where=intent.name)
        time.sleep(_PAUSE)
