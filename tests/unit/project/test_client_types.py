"""What a type checker knows of the client's answers: the generated module is current, and mypy --strict reads it."""

import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

from ledger.client import AsyncClient, Client
from scripts.generate_answer_types import FILE, text

SCRIPT = """\
from ledger.client import AsyncClient, Client


def right(client: Client) -> int:
    answer = client.submit(client.draft("Endorsement", {}))
    if answer["status"] == "accepted":
        print(answer["receipt"]["logTime"] + 1)
    (event, *_) = client.events()["events"]
    shipment = client.shipment(event["shipments"][0])
    if "summary" in shipment:
        print(shipment["summary"]["custodian"]["name"].title())
    return client.records(type_="Handoff")[0]["number"] + event["index"]


async def alike(client: AsyncClient) -> str:
    return (await client.record("0x"))["signers"][0]["name"]


def wrong(client: Client) -> str:
    print(client.submit(client.draft("Endorsement", {}))["recipe"])
    print(client.shipment("0x")["summary"])
    client.records(typ="Handoff")
    return client.partners()[0]["id"]
"""
WRONG = {20: 'no key "recipe"', 21: 'no key "summary"', 22: 'keyword argument "typ"', 23: "return value type"}
UNTYPED = {"get", "post", "put", "delete"}
"""Methods that ask for any path."""


def test_the_generated_types_are_what_the_api_says() -> None:
    assert FILE.read_text(encoding="utf-8") == text()


def test_every_answer_of_a_client_has_a_type() -> None:
    for kind in (Client, AsyncClient):
        untyped = {
            name
            for name, method in vars(kind).items()
            if not name.startswith("_") and "dict[str, typing.Any]" in str(get_type_hints(method).get("return"))
        }
        assert untyped == UNTYPED


def test_mypy_knows_the_fields_of_answers(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    # Nothing of this project's settings: as somebody has it who installed the package.
    options = ["--strict", "--config-file=", "--follow-imports=silent", "--cache-dir=/dev/null", "--no-error-summary"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "--hide-error-context", "script.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(FILE.parents[2]), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    told = [line.split(":", 3) for line in done.stdout.splitlines() if ": error: " in line]
    assert {int(line): any(WRONG[int(line)] in text for text in [rest]) for _, line, _, rest in told} == dict.fromkeys(
        WRONG, True
    ), done.stdout + done.stderr
