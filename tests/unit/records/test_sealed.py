"""Verified records as sealed bytes, and back: the same records, whatever they are."""

import zlib
from random import Random

import pytest

from ledger.records.evidence import CheckpointTimes, Evidence
from ledger.records.sealed import Sealed, body_of, read, seal_of
from ledger.records.verification import VerifiedRecord, with_evidence
from tests.oracle.journeys import random_journey
from tests.oracle.product import verified
from tests.unit.columns.ledgers import Ledger


def known_by(records: list[VerifiedRecord], times: CheckpointTimes) -> list[VerifiedRecord]:
    return [with_evidence(one, times) for one in records]


@pytest.mark.parametrize("seed", range(6))
def test_records_come_back_as_they_were(seed: int) -> None:
    seen = verified(random_journey(Random(seed)).seen)
    own = [one for one in seen if one.facts.block_time_counts]
    for records in (Ledger(Random(seed), 20).records, own):
        times = CheckpointTimes(())
        found = read(body_of(Sealed(records, (3, 5))), Evidence(times, True))
        assert found is not None
        assert (found.records, found.open) == (known_by(records, times), (3, 5))


def test_bytes_of_another_release_are_none() -> None:
    body = body_of(Sealed(Ledger(Random(1), 5).records, ()))
    other = zlib.compress(zlib.decompress(body).replace(b"ShipmentTerms", b"ShipmentTurns"))
    for one in (other, zlib.compress(zlib.decompress(body)[:99]), body[: len(body) // 2], b""):
        assert read(one, Evidence(CheckpointTimes(()), True)) is None


def test_a_seal_is_of_secret_place_and_bytes() -> None:
    seals = {
        seal_of(secret, about, body)
        for secret in (b"one", b"two")
        for about in (b"", b"x", b"xx")
        for body in (b"", b"x", b"xx")
    }
    assert len(seals) == 18
