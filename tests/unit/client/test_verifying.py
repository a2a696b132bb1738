"""A client checks the bundle that somebody handed it against its own trust file, and asks nobody."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.client import Client
from ledger.errors import Misconfigured
from ledger.log.leaf import LogIdentity

BUNDLES = Path(__file__).resolve().parents[3] / "docs" / "vectors" / "bundles"
SHIPMENT, TRUST = ((BUNDLES / name).read_bytes() for name in ("shipment.json", "trust.json"))


def test_a_good_bundle_holds_at_every_step() -> None:
    with Client("https://ledger.invalid", trust=TRUST) as client:
        steps = client.verify(SHIPMENT)
    assert len(steps) > 3
    assert all(step.ok for step in steps)


def test_a_bundle_of_another_log_or_altered_fails_at_the_step_that_shows_it() -> None:
    with Client("https://ledger.invalid", trust=TRUST) as client:
        altered = SHIPMENT.replace(b'"logTime":1', b'"logTime":2', 1)
        assert altered != SHIPMENT
        *before, last = client.verify(altered)
        assert all(step.ok for step in before)
        assert not last.ok
        assert last.found or last.why
        strange = LogIdentity(client.trust.logs[0].origin, bytes(range(32)))
        other = replace(client.trust, logs=(strange,))
    with Client("https://ledger.invalid", trust=other) as doubting:
        assert not doubting.verify(SHIPMENT)[-1].ok


def test_without_a_trust_file_nothing_is_verified() -> None:
    with Client("https://ledger.invalid") as client, pytest.raises(Misconfigured, match="no trust file"):
        client.verify(SHIPMENT)
