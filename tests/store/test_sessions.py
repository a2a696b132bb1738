"""Sessions and challenges stand in the database: what one process ends or uses up, every other one knows."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ledger.common.ids import to_hex
from ledger.errors import InvalidInput, NotPermitted
from ledger.records.signing import SigningKey
from ledger.registry.enrolment import personal_digest
from ledger.services.home.clock import ManualClock
from ledger.services.state.sessions import Sessions
from ledger.store.database import Database

KEY = SigningKey(b"\x31" * 32)
PROCESSES = 8


@pytest.fixture
def first(database: Database, clock: ManualClock) -> Sessions:
    return Sessions(b"\x05" * 32, "https://ledger.example", 31337, clock, database)


def test_a_session_ended_in_one_process_is_ended_in_the_other(first: Sessions, url: str) -> None:
    second = replace(first, database=Database(url))
    message = first.challenge(to_hex(KEY.address))
    _, token = second.sign_in(message, KEY.sign_digest(personal_digest(message.encode())))
    assert first.reader(token) == second.reader(token) == KEY.address
    first.sign_out(token)
    with pytest.raises(NotPermitted):
        second.reader(token)
    second.database.close()


def test_a_challenge_serves_once_however_many_processes_are_handed_it_at_once(first: Sessions, url: str) -> None:
    message = first.challenge(to_hex(KEY.address))
    signature = KEY.sign_digest(personal_digest(message.encode()))
    others = [replace(first, database=Database(url)) for _ in range(PROCESSES)]

    def sign_in(service: Sessions) -> str:
        try:
            return service.sign_in(message, signature)[1]
        except InvalidInput as error:
            assert "used before" in error.what  # noqa: PT017 - in a thread of its own
            return ""

    with ThreadPoolExecutor(PROCESSES) as pool:
        tokens = [token for token in pool.map(sign_in, others) if token]
    assert len(tokens) == 1
    assert first.reader(tokens[0]) == KEY.address
    for other in others:
        other.database.close()
