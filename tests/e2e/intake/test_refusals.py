"""Forged, replayed, one-sided, expired, reordered, oversized and malformed records: refused with a reason, and nothing
has changed, neither through the service nor straight at the contracts.
"""

import itertools
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.contracts import encode_call, encode_function, revert_reason
from ledger.chain.transactions import sign_transaction
from ledger.codes import ContractKind
from ledger.records.signing import SignedRecord
from tests.e2e.attacks import ATTACKS, Attack, Scene
from tests.e2e.stage import key_of, staged

OWN_BOOKS = ("chain_cursor", "leases")
"""Tables in which the node notes its own work: how far it followed the chain, and whose turn it is."""
_numbers = itertools.count()


@pytest.fixture(scope="module")
def scene(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One for all: refusals leave nothing behind."""
    with staged(founded, tmp_path_factory.mktemp("scene")) as stage:
        yield Scene.set(stage)


def dump(scene: Scene) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with sqlite3.connect(scene.stage.trial.node.home.settings.home / "ledger.db") as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name: sorted(database.execute(f"SELECT * FROM {name}"), key=repr) for name in names}
    database.close()
    return {name: rows for name, rows in tables.items() if name not in OWN_BOOKS}


def slots(scene: Scene) -> list[bytes]:
    """What the custody contract has in storage for the scene's shipments."""
    node = scene.stage.trial.node
    custody = node.reader.book.in_force(ContractKind.CUSTODY)
    assert custody is not None
    calls = [encode_function("CustodyLedger", "slotOf", s) for s in (scene.held, scene.moved, scene.ended)]
    return [node.chain.call(custody, call).output for call in calls]


def at_the_contract(scene: Scene, signed: SignedRecord) -> str:
    """Send a record in a transaction of one's own, from an account without funds; the revert's reason, or nothing."""
    node = scene.stage.trial.node
    with node.home.database.read() as connection:
        target = node.reader.book.target(connection, signed.record, node.home.domain.record_id(signed.record))
    data = encode_call(signed)
    key = key_of(f"attacker {next(_numbers)}")
    transaction = sign_transaction(
        key, chain_id=node.chain.chain_id, nonce=0, to=target, data=data, gas_limit=16_000_000, gas_price=0
    )
    node.chain.send(transaction.raw)
    node.chain.seal(scene.stage.now)
    receipt = node.chain.receipt(transaction.hash)
    assert receipt is not None
    return "" if receipt.succeeded else str(revert_reason(node.chain.revert_data(transaction.hash)))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_service_refuses_and_nothing_changes(scene: Scene, attack: Attack) -> None:
    signed = attack.make(scene)
    before = dump(scene)
    kind, reason = attack.answer
    with pytest.raises(kind, match=reason):
        scene.stage.trial.node.submission.submit(signed)
    assert dump(scene) == before


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.revert], ids=lambda attack: attack.name)
def test_the_contract_refuses_and_nothing_changes(scene: Scene, attack: Attack) -> None:
    signed = attack.make(scene)
    before, held = dump(scene), slots(scene)
    found = at_the_contract(scene, signed)
    assert re.search(attack.revert or "", found), found
    scene.stage.settle()
    assert slots(scene) == held
    assert dump(scene) == before
