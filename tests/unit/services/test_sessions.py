"""Signing in by EIP-4361: only the key named in a text made here, for this address, in time, and once."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from ledger.common.ids import checksum_address, to_hex
from ledger.errors import BadSignature, InvalidInput, LadingError, MalformedRecord, NotPermitted
from ledger.records.signing import SigningKey
from ledger.registry.enrolment import personal_digest
from ledger.services.home.clock import ManualClock
from ledger.services.state.sessions import CHALLENGE_SECONDS, REMEMBERED_SECONDS, SESSION_SECONDS, Sessions
from ledger.store.database import Database
from ledger.store.tables import durable

START = 1_750_000_000
KEY = SigningKey(b"\x31" * 32)
OTHER = SigningKey(b"\x32" * 32)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def sessions(clock: ManualClock, tmp_path: Path) -> Iterator[Sessions]:
    database = Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield Sessions(b"\x05" * 32, "https://ledger.example/app", 31337, clock, database)
    database.close()


def signed(message: str, key: SigningKey = KEY) -> bytes:
    return key.sign_digest(personal_digest(message.encode()))


def token_of(sessions: Sessions) -> str:
    message = sessions.challenge(to_hex(KEY.address))
    return sessions.sign_in(message, signed(message))[1]


def test_the_key_named_in_the_challenge_signs_in_and_reads(sessions: Sessions) -> None:
    message = sessions.challenge(to_hex(KEY.address))
    key, token = sessions.sign_in(message, signed(message))
    assert key == KEY.address
    assert sessions.reader(token) == KEY.address


def test_a_wallet_signs_in(sessions: Sessions) -> None:
    message = sessions.challenge(Account.from_key(b"\x31" * 32).address)
    theirs = Account.sign_message(encode_defunct(text=message), b"\x31" * 32)
    assert sessions.sign_in(message, bytes(theirs.signature))[0] == KEY.address


def test_the_message_has_the_form_of_eip_4361(sessions: Sessions) -> None:
    lines = sessions.challenge(to_hex(KEY.address)).split("\n")
    assert lines[0] == "ledger.example wants you to sign in with your Ethereum account:"
    assert lines[1] == checksum_address(KEY.address) == Account.from_key(b"\x31" * 32).address
    assert (lines[2], lines[4]) == ("", "")
    assert lines[5:8] == ["URI: https://ledger.example/app", "Version: 1", "Chain ID: 31337"]
    assert re.fullmatch(r"Nonce: [0-9a-zA-Z]{8,}", lines[8])
    assert lines[9] == "Issued At: 2025-06-15T15:06:40Z"
    assert lines[10] == "Expiration Time: 2025-06-15T15:11:40Z"
    assert len(lines) == 11


@pytest.mark.parametrize("address", ["", "0x", "0x1234", "0x" + "gg" * 20, "0x" + "00" * 21, "lading"])
def test_a_challenge_needs_an_address(sessions: Sessions, address: str) -> None:
    with pytest.raises(MalformedRecord):
        sessions.challenge(address)


def test_challenges_differ(sessions: Sessions) -> None:
    assert len({sessions.challenge(to_hex(KEY.address)) for _ in range(100)}) == 100


def test_another_key_is_refused(sessions: Sessions) -> None:
    message = sessions.challenge(to_hex(KEY.address))
    with pytest.raises(BadSignature, match="another key signed"):
        sessions.sign_in(message, signed(message, OTHER))
    with pytest.raises(BadSignature):
        sessions.sign_in(message, b"\0" * 65)
    # A failed attempt does not use the challenge up.
    assert sessions.sign_in(message, signed(message))[0] == KEY.address


def test_a_challenge_serves_once(sessions: Sessions) -> None:
    message = sessions.challenge(to_hex(KEY.address))
    sessions.sign_in(message, signed(message))
    with pytest.raises(InvalidInput, match="used before"):
        sessions.sign_in(message, signed(message))


def test_a_challenge_expires_and_is_forgotten_only_then(sessions: Sessions, clock: ManualClock) -> None:
    first = sessions.challenge(to_hex(KEY.address))
    clock.advance(CHALLENGE_SECONDS)
    sessions.sign_in(first, signed(first))
    with pytest.raises(InvalidInput, match="used before"):
        sessions.sign_in(first, signed(first))
    clock.advance(1)
    with pytest.raises(InvalidInput, match="expired"):
        sessions.sign_in(first, signed(first))
    clock.advance(REMEMBERED_SECONDS)
    second = sessions.challenge(to_hex(KEY.address))
    sessions.sign_in(second, signed(second))
    assert len(rows(sessions, "challenges")) == 1


def test_a_process_whose_clock_is_ahead_lets_no_challenge_serve_twice(sessions: Sessions) -> None:
    """It takes for over what another process, whose clock is right, would still take."""
    first = sessions.challenge(to_hex(KEY.address))
    sessions.sign_in(first, signed(first))
    token_of(replace(sessions, clock=ManualClock(START + 2 * CHALLENGE_SECONDS)))
    with pytest.raises(InvalidInput, match="used before"):
        sessions.sign_in(first, signed(first))


def test_a_challenge_from_the_future_is_refused(sessions: Sessions) -> None:
    ahead = replace(sessions, clock=ManualClock(START + 10))
    message = ahead.challenge(to_hex(KEY.address))
    with pytest.raises(InvalidInput, match="expired"):
        sessions.sign_in(message, signed(message))


def altered(message: str) -> dict[str, str]:
    nonce = message.split("Nonce: ")[1].split("\n")[0]
    return {
        "domain": message.replace("ledger.example wants", "evil.example wants"),
        "uri": message.replace("https://ledger.example/app", "https://evil.example/app"),
        "chain": message.replace("Chain ID: 31337", "Chain ID: 1"),
        "address": message.replace(checksum_address(KEY.address), checksum_address(OTHER.address)),
        "address without checksum": message.replace(checksum_address(KEY.address), to_hex(KEY.address)),
        "nonce": message.replace(nonce, "0" * 32),
        "nonce shortened": message.replace(nonce, nonce[:16]),
        "nonce not ASCII": message.replace(nonce, nonce[:16] + "é" * 16),
        "issued": message.replace("Issued At: 2025-06-15T15:06:40Z", "Issued At: 2025-06-15T15:06:41Z"),
        "longer": message.replace("Expiration Time: 2025", "Expiration Time: 2099"),
        "statement": message.replace("signs no record", "signs a record"),
        "resources": message + "\nResources:\n- https://evil.example",
        "line ends": message.replace("\n", "\r\n"),
        "empty": "",
        "garbage": "Nonce: x\nIssued At: y",
        "huge": message + " " * 100_000,
    }


@pytest.mark.parametrize("change", altered("Nonce: a\n" * 2))
def test_a_text_not_made_here_is_refused(sessions: Sessions, change: str) -> None:
    message = altered(sessions.challenge(to_hex(KEY.address)))[change]
    for key in (KEY, OTHER):
        with pytest.raises(InvalidInput):
            sessions.sign_in(message, signed(message, key))


def test_a_challenge_of_another_service_is_refused(sessions: Sessions) -> None:
    """Also one that claims the same domain but was made with another secret."""
    for other in (
        replace(sessions, secret=b"\x06" * 32),
        replace(sessions, public_url="https://evil.example"),
        replace(sessions, chain_id=1),
    ):
        message = other.challenge(to_hex(KEY.address))
        with pytest.raises(InvalidInput, match="not a message of this service"):
            sessions.sign_in(message, signed(message))


def test_a_session_expires(sessions: Sessions, clock: ManualClock) -> None:
    token = token_of(sessions)
    clock.advance(SESSION_SECONDS)
    assert sessions.reader(token) == KEY.address
    clock.advance(1)
    with pytest.raises(NotPermitted, match="expired"):
        sessions.reader(token)


def test_sign_out_ends_the_session_and_no_other(sessions: Sessions) -> None:
    token, other = token_of(sessions), token_of(sessions)
    sessions.sign_out(token)
    with pytest.raises(NotPermitted, match="signed out"):
        sessions.reader(token)
    assert sessions.reader(other) == KEY.address
    sessions.sign_out(token)  # ended already
    sessions.sign_out("never given")
    assert sessions.reader(other) == KEY.address


def test_whoever_reads_the_database_cannot_sign_in_with_it(sessions: Sessions, tmp_path: Path) -> None:
    """Nothing in the rows, however it is spelled, is a token."""
    token = token_of(sessions)
    (row,) = rows(sessions, "sessions")
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert row[0] in written
    assert token.encode() not in written
    spelled = [
        form for value in row for form in ([value.hex(), to_hex(value)] if isinstance(value, bytes) else [value])
    ]
    for candidate in (*map(str, spelled), row[0].decode("latin-1")):
        with pytest.raises(NotPermitted):
            sessions.reader(candidate)


def test_what_has_expired_is_cleaned_up_at_the_next_sign_in(sessions: Sessions, clock: ManualClock) -> None:
    for _ in range(3):
        token_of(sessions)
    assert (len(rows(sessions, "sessions")), len(rows(sessions, "challenges"))) == (3, 3)
    clock.advance(SESSION_SECONDS + 1)
    token_of(sessions)
    assert (len(rows(sessions, "sessions")), len(rows(sessions, "challenges"))) == (1, 1)


def rows(sessions: Sessions, table: str) -> list[Any]:
    with sessions.database.read() as connection:
        return list(connection.execute(durable.tables[table].select()))


def test_forged_tokens_are_refused(sessions: Sessions) -> None:
    token = token_of(sessions)
    forged = [
        "",
        ".",
        token[:-1],
        token + "A",
        token.swapcase(),
        token + "\n",
        " " + token,
        token + "é",
        "\ud800",
        "A" * 10**5,
    ]
    for candidate in forged:
        with pytest.raises(NotPermitted):
            sessions.reader(candidate)
    assert sessions.reader(token) == KEY.address


def test_a_challenge_is_no_token_and_a_token_no_challenge(sessions: Sessions) -> None:
    message = sessions.challenge(to_hex(KEY.address))
    for candidate in (message, message.split("Nonce: ")[1][:32]):
        with pytest.raises(NotPermitted):
            sessions.reader(candidate)
    with pytest.raises(LadingError):
        sessions.sign_in(token_of(sessions), signed(message))


def test_refusals_show_neither_token_nor_secret(sessions: Sessions) -> None:
    token = token_of(sessions)
    with pytest.raises(NotPermitted) as caught:
        sessions.reader(token[:-1])
    assert token[:-1] not in str(caught.value)
    assert sessions.secret.hex() not in repr(sessions)
    assert repr(sessions.secret) not in repr(sessions)
