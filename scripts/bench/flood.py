"""What a flood costs honest users of a service: the 99th percentile of their waits under it, against quiet.

    python -m scripts.bench.flood [SECONDS]

The demo consortium is served by a process of its own. A consumer looks products up and a partner hands attestations in,
each at a steady pace, while nothing else happens and while one client floods the service, in turns, so that whatever
else this machine does meets both alike. Each turn's flood comes from an address of its own, with all that it may save;
or, of bad signatures, from the very address of the honest users, which soon has nothing left.
"""

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.cli.demo.cast import GTIN, MAKER, PLATFORM
from ledger.cli.demo.scribe import NO_HASH, NO_KEY, details, place, salt
from ledger.codes import Fulfilment, Mode, Purpose
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import Attestation, Claims, Commercial, ShipmentTerms
from ledger.services.home.consortium import read_consortium
from ledger.services.home.keystores import DEMO_PASSPHRASE, read_keystore

SECONDS = 5.0
"""Of one turn."""
ROUNDS = 3
TARGET = 3
"""Times as long as in quiet is what an honest user may wait under a flood."""
READ_PAUSE, WRITE_PAUSE = 0.1, 0.5
"""Between an answer and the next request: so slow that the service is not busy by itself."""
LADING = [sys.executable, "-m", "ledger.cli.main"]
SCANS, BAD_SIGNATURES, SAME_ADDRESS, QUIET = "scans", "bad signatures", "bad signatures from their own address", "quiet"
FLOODED = 400
"""Requests that a flood begins again with."""


@dataclass
class Waits:
    """Seconds of each request, by what was asked."""

    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)

    def milliseconds(self, share: float) -> list[float]:
        """Within which this share of them was answered: of reads, and of writes."""
        return [round(sorted(waits)[int(len(waits) * share)] * 1000, 1) for waits in (self.reads, self.writes)]


class Honest:
    """A consumer and a partner; what they sign is ready before the clock runs."""

    def __init__(self, port: int, home: Path, products: list[str]) -> None:
        self._port = port
        self._products = products
        self._domain = read_consortium(home).deployment.domain()
        (keystore,) = (home / "keys" / "partners").glob(f"{MAKER:02}-*.json")
        self._key = read_keystore(keystore, DEMO_PASSPHRASE)

    def ask(self, seconds: float, waits: Waits) -> None:
        """Both at once, for so long."""
        bodies = [json.dumps(self.attestation().to_json()) for _ in range(int(seconds / WRITE_PAUSE))]
        paths = [f"/v1/products/{product}" for product in self._products]
        consumer = threading.Thread(target=self._each, args=(seconds, READ_PAUSE, waits.reads, self._read(paths)))
        partner = threading.Thread(target=self._each, args=(seconds, WRITE_PAUSE, waits.writes, self._write(bodies)))
        for thread in (consumer, partner):
            thread.start()
        for thread in (consumer, partner):
            thread.join()

    def attestation(self, signer: SigningKey | None = None) -> SignedRecord:
        """One that nobody has seen before, by the maker; signed by another key if one is named."""
        now = int(time.time())
        record = Attestation(
            MAKER, schema_hash("lading/authenticity/1"), f"01/{GTIN}/10/{secrets.token_hex(8)}", NO_HASH, now,
            now + DAY, NO_HASH, Claims(salt(), ""), NO_HASH, details(),
        )  # fmt: skip
        return SignedRecord(record, ((signer or self._key).sign(self._domain, record),))

    def terms(self) -> SignedRecord:
        """Terms of a shipment to the platform that nobody has seen before, by the maker, who holds the goods."""
        record = ShipmentTerms(
            salt=salt(), consignor=MAKER, consignee=PLATFORM, holder=MAKER, recipientKey=NO_KEY,
            purpose=int(Purpose.ORIGINAL), parents=(), packages=10, mode=int(Mode.ROAD),
            fulfilment=int(Fulfilment.BONDED_WAREHOUSE), origin=place("NZ", "NZAKL", "Auckland"),
            destination=place("CN", "CNNGB", "Ningbo"), contents=(), commercial=Commercial(
                salt=salt(), orderRef="PO", value=1000, currency="EUR", freight=0, incoterm="FCA",
                promisedAt=int(time.time()) + 9 * DAY, grace=DAY, alpha=0, penaltyCap=0, liable=0, beneficiary=0,
                lostAfter=0, tenderWindow=0, reportLag=0, rules=NO_HASH,
            ), requires=(), submitBy=int(time.time()) + 14 * DAY, details=details(),
        )  # fmt: skip
        return SignedRecord(record, (self._key.sign(self._domain, record),))

    def _read(self, paths: list[str]) -> Iterator[tuple[str, str, str, int]]:
        while True:
            yield from (("GET", path, "", 200) for path in paths)

    def _write(self, bodies: list[str]) -> Iterator[tuple[str, str, str, int]]:
        yield from (("POST", "/v1/records", body, 201) for body in bodies)

    def _each(
        self, seconds: float, pause: float, waits: list[float], requests: Iterator[tuple[str, str, str, int]]
    ) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        begun = time.monotonic()
        for method, path, body, expected in requests:
            time.sleep(pause)
            if time.monotonic() - begun > seconds:
                break
            start = time.perf_counter()
            connection.request(method, path, body or None, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            waits.append(time.perf_counter() - start)
            if answer.status != expected:
                raise SystemExit(f"{method} {path} was answered with {answer.status}: {text[:300]!r}")
        connection.close()


def measure(seconds: float = SECONDS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Percentiles in milliseconds, for reading and writing; ratios to quiet; and what the floods were answered."""
    answers: dict[str, Counter[str]] = {name: Counter() for name in (SCANS, BAD_SIGNATURES, SAME_ADDRESS)}
    waits = {name: Waits() for name in (QUIET, *answers)}
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "demo") as (port, products):
        honest = Honest(port, Path(folder) / "demo", products)
        honest.ask(seconds, Waits())  # not counted: what starts up, starts up
        stranger = SigningKey(secrets.token_bytes(32))
        for turn in range(rounds):
            for number, name in enumerate(answers):
                honest.ask(seconds, waits[QUIET])
                source = "127.0.0.1" if name == SAME_ADDRESS else f"127.0.{1 + number}.{1 + turn}"
                made = [
                    _scan(products[i % len(products)]) if name == SCANS else _submission(honest.attestation(stranger))
                    for i in range(FLOODED)
                ]
                with _flooded(port, source, seconds, made, answers[name], Path(folder)):
                    honest.ask(seconds, waits[name])
    return {
        "milliseconds": {
            name: {"p50": waited.milliseconds(0.5), "p99": waited.milliseconds(0.99)} for name, waited in waits.items()
        },
        "requests": {name: [len(waited.reads), len(waited.writes)] for name, waited in waits.items()},
        "ratios": {name: _ratios(waits[name], waits[QUIET]) for name in answers},
        "answers": {name: dict(counted) for name, counted in answers.items()},
        "target": TARGET,
    }


def _ratios(flooded: Waits, quiet: Waits) -> list[float]:
    pairs = zip(flooded.milliseconds(0.99), quiet.milliseconds(0.99), strict=True)
    return [round(under / without, 1) for under, without in pairs]


def _scan(product: str) -> str:
    code = f"{product}/21/{secrets.token_hex(6)}" if "/21/" not in product else product
    return _post("/v1/products/scans", {"code": code, "device": secrets.token_hex(8)})


def _submission(signed: SignedRecord) -> str:
    return _post("/v1/records", signed.to_json())


def _post(path: str, body: Any) -> str:
    text = json.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(text.encode())}\r\n\r\n{text}"


@contextmanager
def _flooded(
    port: int, source: str, seconds: float, requests: list[str], answers: Counter[str], folder: Path
) -> Iterator[None]:
    file = folder / "flood.json"
    file.write_text(json.dumps(requests))
    command = [sys.executable, "-m", "scripts.bench.flooding", str(port), source, str(seconds + 1), str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    time.sleep(1)  # until it floods
    yield
    out, _ = process.communicate()
    answers.update(json.loads(out))


@contextmanager
def served(home: Path, settings: Mapping[str, str] | None = None) -> Iterator[tuple[int, list[str]]]:
    """The demo consortium's service: its port, and the products that it knows."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LADING_")}
    environment = kept | {"LADING_HOME": str(home), "LADING_PORT": str(port), "LADING_LOG_LEVEL": "error"}
    environment |= settings or {}
    played = subprocess.run(
        [*LADING, "demo", "--no-serve", "--json"], env=environment, capture_output=True, text=True, check=True
    )
    products = [product["id"] for product in json.loads(played.stdout)["products"]]
    process = subprocess.Popen([*LADING, "serve"], env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port, products
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for(port: int, path: str = "/healthz") -> None:
    """Until the service there answers."""
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the service does not start")


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS), indent=2))
