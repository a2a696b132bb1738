"""A service and its worker as processes: to what `lading webhooks` registers, records are delivered as they come."""

import json
import time
from pathlib import Path

from typer.testing import CliRunner, Result

from ledger.cli.main import app
from ledger.client import Client
from ledger.common.canonical import canonical_json
from ledger.formats.standard_webhooks import secret_of
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from tests.e2e.cli.processes import forked, wait_for
from tests.e2e.stage import MAKER, Stage
from tests.e2e.webhooks.receiver import receiving

PATIENCE = 90


def test_the_worker_delivers_what_the_service_accepts(stage: Stage, tmp_path: Path) -> None:
    home, desk = Path(stage.node.home.settings.home), tmp_path / "desk"
    key = stage.parties[MAKER].key
    write_keystore(desk / "keys" / "maker.json", key, DEMO_PASSPHRASE, demo=True)
    trust = canonical_json(stage.node.home.consortium.trust_file())
    stage.node.close()

    def lading(*words: str) -> Result:
        """In this process: a new one would spend half a second on importing."""
        done = CliRunner().invoke(app, words, env={"LADING_HOME": str(desk)})
        assert done.exit_code == 0, done.output
        return done

    networks = {"LADING_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    with receiving() as receiver, forked(home, tmp_path / "log", **networks) as (url, _):
        wait_for(f"{url}/readyz", lambda answer: answer["status"] == "ok")
        add = lading(
            "webhooks", "add", "maker", receiver.url + "/hook", "--partner", str(MAKER), "--url", url, "--json"
        )
        made = json.loads(add.stdout)
        receiver.secrets["/hook"] = secret_of(made["secret"])
        with Client(url, trust=trust, key=key) as client:
            target = client.records(type_="RegistryChange")[0]["id"]
            answer = client.submit(client.sign(client.draft("Endorsement", {"by": MAKER, "target": target})))
            assert answer["status"] == "accepted"
        end = time.monotonic() + PATIENCE
        while not receiver.taken:
            assert time.monotonic() < end, "it is delivered while it is still news"
            time.sleep(0.1)
        assert (receiver.taken[0].event["id"], receiver.wrong) == (answer["id"], [])
        listed = json.loads(lading("webhooks", "list", "maker", "--url", url, "--json").stdout)["webhooks"]
        assert [(one["id"], one["dead"]) for one in listed] == [(made["webhook"]["id"], 0)]
        assert "no dead letters" in lading("webhooks", "dead", "maker", listed[0]["id"], "--url", url).stdout
        assert "0 due again" in lading("webhooks", "resend", "maker", listed[0]["id"], "--url", url).stderr
        for do in ("pause", "resume", "secret", "remove"):
            lading("webhooks", do, "maker", listed[0]["id"], "--url", url)
        shown = lading("events", "--url", url, "--type", "Endorsement", "--json").stdout.splitlines()
        assert [json.loads(line)["id"] for line in shown] == [answer["id"]]
        assert "Endorsement" in lading("events", "--url", url, "--partner", str(MAKER)).stdout
