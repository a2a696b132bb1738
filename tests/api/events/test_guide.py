"""docs/guides/client.md and events.md do what they say: their Python runs as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest

from ledger.common.canonical import canonical_json
from ledger.formats import standard_webhooks
from tests.api.events.serving import served
from tests.api.world import World
from tests.e2e.stage import MAKER, SHOP

GUIDES = Path(__file__).resolve().parents[3] / "docs" / "guides"
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str) -> list[str]:
    return [match["code"] for match in BLOCK.finditer((GUIDES / name).read_text(encoding="utf-8"))]


def test_the_client_does_what_its_guide_says(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = world.stage
    monkeypatch.chdir(tmp_path)
    Path("trust.json").write_bytes(canonical_json(stage.node.home.consortium.trust_file()))
    monkeypatch.setattr("time.time", lambda: float(stage.now))
    monkeypatch.setattr("time.sleep", lambda _: stage.node.settle())  # what a second brings
    code = blocks("client.md")
    assert len(code) == 6
    with served(stage.node) as (url, _):
        names: dict[str, Any] = {
            "url": url,
            "secret": stage.parties[MAKER].key.secret(),
            "me": MAKER,
            "customer": SHOP,
        }
        for block in code:
            exec(compile(block, "client.md", "exec"), names)  # noqa: S102 - our own guide
        names["client"].close()
    told = capsys.readouterr().out
    assert f"accepted {names['answer']['id']}\n['accepted']" in told
    assert "PO-1 " in told
    assert f"['{names['answer']['id']}']" in told
    assert f"{names['receipt'].index} ShipmentTerms" in told
    assert f"{names['receipt'].index} of " in told
    assert names["proved"].id == names["answer"]["id"]


def test_a_receiver_checks_what_comes_as_the_guide_says() -> None:
    (code,) = blocks("events.md")
    secret, body = bytes(range(32)), b"{}"
    names: dict[str, Any] = {
        "shown": standard_webhooks.secret_text(secret),
        "headers": standard_webhooks.headers("wh_1_7", 1_790_000_000, body, [secret]),
        "body": body,
        "now": 1_790_000_005,
    }
    exec(compile(code, "events.md", "exec"), names)  # noqa: S102 - our own guide
    assert names["message"] == "wh_1_7"
