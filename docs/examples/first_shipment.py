"""A shipment from terms to delivery, seen from the partners' side: plain HTTP and any Ethereum wallet library.

    python docs/examples/first_shipment.py http://127.0.0.1:8000 var/demo/keys/partners

It plays a maker (partner 2), a forwarder (3), a customs office (5) and a platform (10) of the running demo, each with
its own key. Nothing of Lading is imported: this is what a partner's own system would do.
"""

import json
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct

DAY = 86400
NOBODY = "0x" + "00" * 20
NONE = "0x" + "00" * 32
MAKER, FORWARDER, CUSTOMS, PLATFORM = 2, 3, 5, 10


class Partner:
    """A partner's own system: its key, and the address of the service."""

    def __init__(self, url: str, key: bytes) -> None:
        self.url = url
        self.key = key
        self.token = ""

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and answer. A refusal is an answer too (RFC 9457): it says what was expected and what was found."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def wait_for(self, path: str, good: Callable[[Any], bool] = lambda _: True) -> Any:
        """What is there soon, but not at once: the chain and the next checkpoint take seconds."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            status, answer = self.call("GET", path)
            if status == 200 and good(answer):
                return answer
            time.sleep(0.5)
        raise SystemExit(f"{path} did not come in a minute")

    def sign_in(self) -> None:
        """EIP-4361: needed only for reading private parts; a write is authenticated by its own signatures."""
        _, challenge = self.call("GET", f"/v1/session/challenge?address={Account.from_key(self.key).address}")
        signature = Account.sign_message(encode_defunct(text=challenge["message"]), self.key).signature.hex()
        _, session = self.call("POST", "/v1/session", {"message": challenge["message"], "signature": f"0x{signature}"})
        self.token = session["token"]

    def sign(self, record: dict[str, Any]) -> str:
        """The signature under a record. The payload is EIP-712, so a wallet shows every field before it signs."""
        unsigned = {"type": record["type"], "message": record["message"]}
        _, answer = self.call("POST", "/v1/records/typed-data", unsigned)
        payload = answer["typedData"]
        return f"0x{Account.sign_typed_data(self.key, full_message=payload).signature.hex()}"


def salt() -> str:
    """Hides the private part that it stands in; never the same twice."""
    return "0x" + secrets.token_bytes(16).hex()


def details(text: str = "") -> dict[str, str]:
    return {"salt": salt(), "text": text}


def place(country: str, locode: str, name: str) -> dict[str, str]:
    return {"salt": salt(), "country": country, "locode": locode, "gln": "", "name": name}


def terms(now: int) -> dict[str, Any]:
    """What the maker promises, before anything moves. Amounts are minor units, times UTC seconds."""
    contents = {
        "salt": salt(), "gtin": "09421900000012", "lot": "L2601", "serials": NONE, "quantity": "240", "unit": "tin",
        "hs": "190110", "description": "Infant formula, stage 1, 800 g",
    }  # fmt: skip
    commercial = {
        "salt": salt(), "orderRef": f"PO-{now}", "value": "960000", "currency": "EUR", "freight": "60000",
        "incoterm": "FCA", "promisedAt": now + 7 * DAY, "grace": DAY // 2, "alpha": "6000", "penaltyCap": "60000",
        "liable": FORWARDER, "beneficiary": PLATFORM, "lostAfter": 30 * DAY, "tenderWindow": 3 * DAY,
        "reportLag": DAY, "rules": NONE,
    }  # fmt: skip
    message = {
        "salt": salt(), "consignor": MAKER, "consignee": PLATFORM, "holder": MAKER, "recipientKey": NOBODY,
        "purpose": 1, "parents": [], "packages": 40, "mode": 3, "fulfilment": 3,
        "origin": place("NZ", "NZAKL", "Auckland"), "destination": place("NZ", "NZWLG", "Wellington"),
        "contents": [contents], "commercial": commercial,
        # The export from New Zealand (0x4e5a, regime 2) must be released before delivery (gate 2).
        "requires": [{"jurisdiction": "0x4e5a", "regime": 2, "gate": 2, "relay": False}],
        "submitBy": now + DAY, "details": details(),
    }  # fmt: skip
    return {"type": "ShipmentTerms", "message": message, "signatures": []}


def _delivered(found: dict[str, Any]) -> bool:
    """What the chain has not opened yet is shown without a summary."""
    return "summary" in found and found["summary"]["status"] == "delivered"


def handoff(now: int, shipment: str, sequence: int, releaser: int, receiver: int) -> dict[str, Any]:
    message = {
        "items": [{"shipment": shipment, "sequence": sequence, "packages": 40, "exceptions": 0}],
        "releaser": releaser, "receiver": receiver, "place": place("NZ", "NZAKL", "Gate 4"),
        "load": {"salt": salt(), "identifier": "TRUCK 12"}, "occurredAt": now, "dueAt": now + DAY,
        "submitBy": now + 7 * DAY, "details": details(),
    }  # fmt: skip
    return {"type": "Handoff", "message": message, "signatures": []}


def release(now: int, shipment: str, sequence: int, status: int) -> dict[str, Any]:
    message = {
        "by": CUSTOMS, "declarant": FORWARDER, "items": [{"shipment": shipment, "sequence": sequence}],
        "jurisdiction": "0x4e5a", "regime": 2, "status": status, "holdCause": 0, "causedBy": 0, "assurance": 3,
        "occurredAt": now,
        "duty": {"salt": salt(), "mrn": "26NZ4711", "procedure": "", "channel": "", "currency": "", "lines": []},
        "details": details(),
    }  # fmt: skip
    return {"type": "Clearance", "message": message, "signatures": []}


def play(url: str, keys: dict[int, bytes], now: int) -> str:
    """The whole journey; the shipment's id. Prints each step as it happens."""
    maker, forwarder, customs, platform = (Partner(url, keys[n]) for n in (MAKER, FORWARDER, CUSTOMS, PLATFORM))

    # 1. The maker opens the shipment: one signature. The record's id is the shipment's.
    record = terms(now)
    status, answer = maker.call("POST", "/v1/records", record | {"signatures": [maker.sign(record)]})
    shipment = answer["id"]
    print(f"{status} terms: shipment {shipment}, leaf {answer['receipt']['index']} of the log")

    # 2. It signs the release first. One signature moves nothing: the record waits for the other.
    record = handoff(now, shipment, 0, MAKER, FORWARDER)
    status, answer = maker.call("POST", "/v1/records", record | {"signatures": [maker.sign(record)]})
    print(f"{status} handoff: {answer['status']}, missing {', '.join(answer['missing'])}")

    # 3. The forwarder signs in, finds what waits for it, reads it, counts the packages, and signs the same message.
    forwarder.sign_in()
    _, waiting = forwarder.call("GET", "/v1/records/proposed")
    found = next(r for r in waiting["records"] if r["id"] == answer["id"])
    if found["message"]["items"][0]["packages"] != 40:
        raise SystemExit("not what stands on the dock: we do not sign that")
    body = {"signatures": [forwarder.sign(found)]}
    status, answer = forwarder.call("POST", f"/v1/records/{found['id']}/signatures", body)
    print(f"{status} handoff: {answer['status']}, the forwarder holds the goods")

    # 4. Customs: presented (2), released (5). Each clearance of a shipment has a sequence of its own.
    for sequence, code in enumerate((2, 5)):
        record = release(now, shipment, sequence, code)
        status, answer = customs.call("POST", "/v1/records", record | {"signatures": [customs.sign(record)]})
        print(f"{status} clearance: {answer['status']}")

    # 5. Delivery, with both signatures at once: releaser first, receiver second.
    record = handoff(now, shipment, 1, FORWARDER, PLATFORM)
    both = [forwarder.sign(record), platform.sign(record)]
    status, answer = platform.call("POST", "/v1/records", record | {"signatures": both})
    print(f"{status} delivery: {answer['status']}")

    # 6. The log has it now; the contracts decide within seconds, and anybody may read what they decided.
    view = platform.wait_for(f"/v1/shipments/{shipment}", _delivered)
    for step in view["steps"]:
        print(f"    {step['text']}: {step['outcome']}")
    proof = platform.wait_for(f"/v1/records/{answer['id']}/proof")
    print(f"    leaf {proof['index']} under the checkpoint of {proof['size']} leaves, {len(proof['proof'])} hashes")
    return str(shipment)


def main() -> None:
    url, folder = sys.argv[1:]
    keys = {}
    for path in sorted(Path(folder).glob("*.json")):
        keys[int(path.name[:2])] = bytes(Account.decrypt(path.read_text(), "demo"))
    play(url, keys, int(time.time()))


if __name__ == "__main__":
    main()
