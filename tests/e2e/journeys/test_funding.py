"""Paying into a bonus agreement: by the command or by another wallet, whatever is broken off, once."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.chain.client import CallResult
from ledger.chain.contracts import TOKEN, decode_result, encode_function
from ledger.chain.transactions import sign_transaction
from ledger.cli.main import app
from ledger.common.ids import RecordId, to_hex
from ledger.errors import Busy, NotFound, RuleBroken
from ledger.records.signing import SigningKey
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger
from ledger.services.relay.pool_payments import Funding, fund, plan_funding
from ledger.services.relay.sender import Intent, Sender
from ledger.store.processes import leases
from tests.e2e.lifecycle.test_pool_succession import terms
from tests.e2e.stage import CARRIER, PURSE, SECOND, Stage, key_of, staged

POOL = 1_000_00


@pytest.fixture(scope="module")
def shared(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(founded, tmp_path_factory.mktemp("funding") / "home") as stage:
        yield stage


@pytest.fixture
def agreement(shared: Stage) -> RecordId:
    return shared.sign(terms(shared), CARRIER, SECOND)


def pay(stage: Stage, agreement: RecordId, total: int, key: SigningKey = PURSE) -> Funding:
    return fund(stage.node.home, stage.node.chain, key, agreement, total)


def payments(stage: Stage, agreement: RecordId) -> list[tuple[str, int]]:
    stage.node.pools.listen(changed=True)
    deposits = stage.node.reader.bonuses.agreement(agreement)["deposits"]
    return [(deposit["funder"], int(deposit["amount"])) for deposit in deposits]


def allowance(stage: Stage, owner: SigningKey) -> int:
    home = stage.node.home
    (pool,) = stage.node.reader.bonuses.pools()
    result = stage.node.chain.call(home.deployment.token, encode_function(TOKEN, "allowance", owner.address, pool))
    return int(decode_result(TOKEN, "allowance", result.output)[0])


def call_token(stage: Stage, key: SigningKey, name: str, *arguments: Any) -> None:
    """A transaction of an account at the token, past every command."""
    sender = Sender(stage.node.home, stage.node.chain, key, stage.clock)
    sender.begin(
        [Intent(f"{name} by hand", stage.node.home.deployment.token, encode_function(TOKEN, name, *arguments))]
    )
    sender.push()
    with stage.node.home.database.write() as connection:
        sender.finish(connection, sender.settle())


# --- once ------------------------------------------------------------------------------------------------------------


def test_the_amount_is_the_total_of_an_accounts_payments(shared: Stage, agreement: RecordId) -> None:
    assert pay(shared, agreement, POOL).payment.amount == POOL
    assert pay(shared, agreement, POOL).payment.amount == 0, "said again it pays nothing"
    assert pay(shared, agreement, POOL + 5).payment.amount == 5
    assert payments(shared, agreement) == [(to_hex(PURSE.address), POOL), (to_hex(PURSE.address), 5)]
    with pytest.raises(RuleBroken, match="paid more already"):
        pay(shared, agreement, POOL)
    assert allowance(shared, PURSE) == 0


def test_every_account_pays_for_itself(shared: Stage, agreement: RecordId) -> None:
    other = key_of("another funder")
    call_token(shared, PURSE, "transfer", other.address, 700)
    pay(shared, agreement, 300)
    pay(shared, agreement, 700, other)
    assert payments(shared, agreement) == [(to_hex(PURSE.address), 300), (to_hex(other.address), 700)]


def test_an_allowance_that_is_too_small_goes_back_to_nothing_first(shared: Stage, agreement: RecordId) -> None:
    """Some tokens refuse to change an allowance that is not 0."""
    (pool,) = shared.node.reader.bonuses.pools()
    call_token(shared, PURSE, "approve", pool, 40)
    plan = plan_funding(shared.node.home, PURSE.address, agreement, 100)
    assert [call.name for call in plan.calls] == ["approve", "approve", "fund"]
    assert plan.payment.approvals == (0, 100)
    pay(shared, agreement, 100)
    assert (payments(shared, agreement), allowance(shared, PURSE)) == ([(to_hex(PURSE.address), 100)], 0)


@pytest.mark.parametrize("after", ["approve", "fund"])
def test_what_was_broken_off_goes_on_and_pays_once(
    shared: Stage, agreement: RecordId, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends after the node took a transaction, before it said so: the next one asks, and pays what is left."""
    chain, send, sent = shared.node.chain, shared.node.chain.send, []

    def lose_the_answer(raw: bytes) -> Any:
        result = send(raw)
        sent.append(raw)
        if len(sent) == (1 if after == "approve" else 2):
            chain.seal(shared.now)
            raise KeyboardInterrupt
        return result

    with monkeypatch.context() as patched:
        patched.setattr(chain, "send", lose_the_answer)
        with pytest.raises(KeyboardInterrupt):
            pay(shared, agreement, POOL)
    assert len(payments(shared, agreement)) == (after == "fund")
    again = pay(shared, agreement, POOL)
    assert again.payment.amount == (POOL if after == "approve" else 0)
    assert payments(shared, agreement) == [(to_hex(PURSE.address), POOL)]
    assert allowance(shared, PURSE) == 0


def test_what_was_signed_and_never_sent_is_sent_and_counted(shared: Stage, agreement: RecordId) -> None:
    """A crash between the commit of the signed bytes and the sending, in a run that meant to pay less."""
    plan = plan_funding(shared.node.home, PURSE.address, agreement, 60)
    call_token(shared, PURSE, "approve", plan.pool, 60)
    payment = plan_funding(shared.node.home, PURSE.address, agreement, 60).calls[-1]
    Sender(shared.node.home, shared.node.chain, PURSE, shared.clock).begin(
        [Intent(f"fund:{agreement.hex()}", payment.to, payment.data)]
    )
    assert pay(shared, agreement, 100).payment.amount == 40
    assert [amount for _, amount in payments(shared, agreement)] == [60, 40]


def test_two_runs_do_not_pay_from_one_account_at_a_time(shared: Stage, agreement: RecordId) -> None:
    name = f"payments of {to_hex(PURSE.address)}"
    with shared.node.home.database.write() as connection:
        assert leases.take(connection, name, "another run", 60)
    with pytest.raises(Busy, match="another run"):
        pay(shared, agreement, POOL)
    assert payments(shared, agreement) == []
    with shared.node.home.database.write() as connection:
        leases.release(connection, name, "another run")
    assert pay(shared, agreement, POOL).payment.amount == POOL


# --- refused before anything is signed -------------------------------------------------------------------------------


def nothing_was_signed(stage: Stage, key: SigningKey) -> bool:
    return (
        not stage.node.chain.nonce(key.address)
        and not Sender(stage.node.home, stage.node.chain, key, stage.clock).unfinished()
    )


def test_who_has_too_little_signs_nothing(shared: Stage, agreement: RecordId) -> None:
    poor = key_of("a poor funder")
    with pytest.raises(RuleBroken, match="too little"):
        pay(shared, agreement, 1, poor)
    assert nothing_was_signed(shared, poor)


def test_an_agreement_that_is_not_here_takes_nothing(shared: Stage) -> None:
    poor = key_of("a lost funder")
    with pytest.raises(NotFound, match="no such agreement"):
        pay(shared, RecordId(bytes(32)), 1, poor)
    assert nothing_was_signed(shared, poor)


def test_an_agreement_that_the_chain_has_not_recorded_takes_nothing(shared: Stage) -> None:
    waiting = shared.submit(terms(shared), CARRIER, SECOND)
    with pytest.raises(RuleBroken, match="has not recorded"):
        pay(shared, waiting, 1)
    shared.settle()
    assert pay(shared, waiting, 1).payment.amount == 1


def test_a_token_that_is_none_is_named(shared: Stage) -> None:
    agreed = shared.sign(replace(terms(shared), token=shared.node.home.deployment.registry), CARRIER, SECOND)
    with pytest.raises(RuleBroken, match="does not answer as an ERC-20"):
        pay(shared, agreed, 1)


def test_a_payment_that_the_pool_would_refuse_is_tried_and_not_sent(
    shared: Stage, agreement: RecordId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one in a token that keeps a fee: known only when it is tried, with the allowance that it needs."""
    (pool,) = shared.node.reader.bonuses.pools()
    call = shared.node.chain.call

    def with_a_fee(to: bytes, data: bytes, **options: Any) -> CallResult:
        if data[:4] == encode_function("BonusPool", "fund", agreement, 1)[:4]:
            return CallResult(False, b"")
        result: CallResult = call(to, data, **options)
        return result

    monkeypatch.setattr(shared.node.chain, "call", with_a_fee)
    with pytest.raises(RuleBroken, match="fund would be refused"):
        pay(shared, agreement, 30)
    assert (payments(shared, agreement), allowance(shared, PURSE)) == ([], 30)
    monkeypatch.undo()
    call_token(shared, PURSE, "approve", pool, 0)


# --- the command -----------------------------------------------------------------------------------------------------


def run(home: Path, *arguments: str, exit_code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["bonuses", "fund", *arguments], env={"LADING_HOME": str(home)})
    assert result.exit_code == exit_code, (result.output, result.exception)
    return json.loads(result.stdout) if exit_code == 0 and "--json" in arguments else result


def test_another_wallet_sends_what_is_printed(shared: Stage) -> None:
    """Approved there and not yet paid, the payment alone is printed; paid, nothing."""
    node, wallet = shared.node, key_of("a wallet elsewhere")
    agreement = shared.sign(terms(shared, int(time.time())), CARRIER, SECOND)  # commands have the machine's clock
    call_token(shared, PURSE, "transfer", wallet.address, POOL)
    arguments = (to_hex(agreement), str(POOL), to_hex(wallet.address), "--print", "--json", "--currency", "EUR")
    expected = [["approve", "fund"], ["fund"], []]
    for i, names in enumerate(expected):
        printed = run(node.home.settings.home, *arguments)
        calls = printed["calls"]
        assert [call["name"] for call in calls] == names
        assert all((call["value"], call["chainId"]) == ("0x0", node.chain.chain_id) for call in calls)
        assert printed["missing"] == str(POOL if names else 0)
        if names:
            to, data = (bytes.fromhex(calls[0][name][2:]) for name in ("to", "data"))
            signed = sign_transaction(
                wallet, chain_id=calls[0]["chainId"], nonce=i, to=to, data=data, gas_limit=300_000, gas_price=0
            )
            node.chain.send(signed.raw)
            node.chain.seal(shared.now)
    assert payments(shared, agreement) == [(to_hex(wallet.address), POOL)]


def test_the_command_asks_pays_and_says_what_it_did(founded: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with staged(founded, home) as stage:
        agreed = stage.sign(terms(stage, int(time.time())), CARRIER, SECOND)
    write_keystore(home / "keys" / "platform.json", PURSE, DEMO_PASSPHRASE, demo=True)
    arguments = (to_hex(agreed), str(POOL), "platform")
    refused = CliRunner().invoke(app, ["bonuses", "fund", *arguments], input="n\n", env={"LADING_HOME": str(home)})
    assert refused.exit_code == 1
    assert f"to be paid: 1,000.00 EUR, as {POOL} base units" in refused.output
    assert "another currency" in str(run(home, *arguments, "--yes", "--currency", "USD", exit_code=1).exception)
    paid = run(home, *arguments, "--yes", "--json")
    assert (paid["paidBefore"], paid["paid"], paid["currency"]) == ("0", str(POOL), "EUR")
    again = run(home, *arguments, "--yes", "--json")
    assert (again["paidBefore"], again["paid"]) == (str(POOL), "0")
    with open_ledger(read_settings({}, home=home)) as reader:
        (deposit,) = reader.bonuses.agreement(agreed)["deposits"]
    assert (deposit["funder"], deposit["amount"]) == (to_hex(PURSE.address), str(POOL))
