"""Records a line each over a real connection: answered while more of them come, whoever reads when."""

import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.api.lines import MOST_AHEAD
from ledger.cli.main import app
from ledger.common.canonical import canonical_json
from ledger.records.types import Observation
from tests.e2e.cli.processes import forked, wait_for
from tests.e2e.stage import CARRIER, staged

HEAD = (
    b"POST /v1/records/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
    b"Transfer-Encoding: chunked\r\nAccept-Encoding: gzip\r\n\r\n"
)


class Stream:
    """One request whose body is still being sent."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = connection.makefile("rb")
        connection.sendall(HEAD)

    def send(self, *lines: bytes) -> None:
        chunk = b"".join(line + b"\n" for line in lines)
        self._connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))

    def end(self) -> None:
        self._connection.sendall(b"0\r\n\r\n")

    def head(self) -> bytes:
        head = b""
        while (line := self._file.readline()) not in (b"\r\n", b""):
            head += line
        return head

    def answers(self) -> Iterator[dict[str, Any]]:
        """As they come, until the service ends them."""
        rest = b""
        while size := int(self._file.readline(), 16):
            *whole, rest = (rest + self._file.read(size)).split(b"\n")
            self._file.readline()
            yield from map(json.loads, whole)


@contextmanager
def stream_to(url: str) -> Iterator[Stream]:
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 30) as connection:
        yield Stream(connection)


@pytest.fixture(scope="module")
def service(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Where it is, and new records of its carrier."""
    folder = tmp_path_factory.mktemp("service")
    home = folder / "home"
    with staged(founded, home) as stage:
        domain, now, key = stage.node.home.domain, stage.now, stage.parties[CARRIER].key

    def made() -> Iterator[bytes]:
        while True:
            record = Observation(CARRIER, secrets.token_bytes(32), now)
            signature = key.sign(domain, record)
            yield json.dumps(
                {"type": "Observation", "message": record.to_json(), "signatures": ["0x" + signature.hex()]}
            ).encode()

    with forked(home, folder / "log") as (url, _):
        wait_for(f"{url}/readyz", lambda answer: answer["status"] == "ok")
        yield url, made()


def test_lines_are_answered_while_others_are_still_to_come(service: tuple[str, Iterator[bytes]]) -> None:
    url, lines = service
    with stream_to(url) as stream:
        first = next(lines)
        stream.send(first, b"nonsense")
        assert b"200 OK" in (head := stream.head())
        assert b"application/x-ndjson" in head
        answers = stream.answers()
        taken = next(answers)
        assert (taken["status"], next(answers)["status"]) == ("accepted", "refused")
        stream.send(first)
        assert next(answers) == taken
        stream.end()
        assert list(answers) == []


def test_a_client_that_reads_at_the_end_gets_every_answer(service: tuple[str, Iterator[bytes]]) -> None:
    count = 2_000
    url, lines = service
    with stream_to(url) as stream:
        sent = [next(lines) for _ in range(count)]
        assert sum(map(len, sent)) < MOST_AHEAD
        for i in range(0, count, 100):
            stream.send(*sent[i : i + 100])
        stream.end()
        stream.head()
        answers = list(stream.answers())
    assert [one["status"] for one in answers] == ["accepted"] * count
    indexes = [one["receipt"]["index"] for one in answers]
    assert indexes == sorted(indexes)


def test_files_are_handed_in_together_and_each_is_told_of(service: tuple[str, Iterator[bytes]], tmp_path: Path) -> None:
    url, lines = service
    good, wrong = next(lines), json.loads(next(lines))
    wrong["signatures"] = json.loads(good)["signatures"]
    files = [tmp_path / name for name in ("good.json", "wrong.json", "again.json")]
    for file, text in zip(files, (good, json.dumps(wrong).encode(), good), strict=True):
        file.write_bytes(canonical_json(json.loads(text)))
    done = CliRunner().invoke(app, ["submit", *map(str, files), "--url", url])
    assert done.exit_code == 1, done.output
    told = done.output.replace("\n", " ")
    assert told.count(": accepted as 0x") == 2
    assert "wrong.json: refused: " in told
