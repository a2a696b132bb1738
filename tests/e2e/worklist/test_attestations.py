"""Attestations that end soon wait for their issuer: until they end, are revoked, or another goes on after them."""

import random
from collections.abc import Iterator
from dataclasses import replace

from ledger.cli.demo.scribe import details, salt
from ledger.codes import RevocationReason
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.records.erasure import ErasureReason
from ledger.records.types import Attestation, Claims, Handoff, KeyGrant, Revocation
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import openings
from ledger.worklist.attestations import NOTICE
from ledger.worklist.items import Action, Kind
from tests.api.world import GTIN
from tests.e2e.stage import MAKER, SHOP, Stage, key_of
from tests.e2e.worklist.reading import drafted, only, reader_of, worklist


def ending(stage: Stage, partner: int = MAKER) -> list[bytes]:
    return [item.subject for item in worklist(stage, partner) if item.kind is Kind.ATTESTATION]


def attest(stage: Stage, lot: str, days: int, text: str = "{}") -> RecordId:
    until = stage.now + days * DAY if days else 0
    return stage.sign(replace(stage.attestation(lot), validUntil=until, claims=Claims(salt(), text)), MAKER)


def test_it_waits_a_month_before_it_ends_and_a_renewal_goes_on_after_it(stage: Stage) -> None:
    one = attest(stage, "L1", 90, '{"organic":true}')
    attest(stage, "L2", 0)
    assert ending(stage) == []
    stage.pass_time(60 * DAY + 1)
    item = only(stage, MAKER, Kind.ATTESTATION)
    assert (item.subject, item.action, item.facts["subject"]) == (one, Action.RENEW, f"01/{GTIN}/10/L1")
    assert item.until - stage.now < NOTICE
    assert ending(stage, SHOP) == []
    record = drafted(stage, item)
    assert isinstance(record, Attestation)
    assert (record.validFrom, record.validUntil) == (item.until + 1, item.until + 1 + 90 * DAY)
    assert isinstance(record.claims, Claims)
    assert record.claims.text == '{"organic":true}'
    assert stage.outcome(stage.sign(record, MAKER)) == ["applied"]
    assert ending(stage) == []


def test_what_ended_or_was_revoked_waits_for_nobody(stage: Stage) -> None:
    attest(stage, "L1", 5)
    two = attest(stage, "L2", 20)
    assert len(ending(stage)) == 2
    stage.pass_time(6 * DAY)
    assert ending(stage) == [two]
    stage.sign(Revocation(MAKER, two, int(RevocationReason.WITHDRAWN), stage.now, details()), MAKER)
    assert ending(stage) == []


def test_what_it_claims_is_noted_as_read_and_closed_claims_are_no_draft(stage: Stage) -> None:
    one = attest(stage, "L1", 5)
    lists, reader = stage.node.reader.worklists, reader_of(stage, MAKER)
    view = lists.find(reader, only(stage, MAKER, Kind.ATTESTATION).place)
    assert view is not None
    assert view.page.startswith("/worklist/do?item=")
    with stage.node.home.database.read() as connection:
        noted = openings.accesses_to(connection, [one], 10)
    assert {(row.paths, row.partner, row.key) for row in noted} == {("claims", MAKER, reader.key)}
    stage.node.erasing.erase(one, ["claims"], reason=ErasureReason.ORDER)
    closed = lists.find(reader, only(stage, MAKER, Kind.ATTESTATION).place)
    assert closed is not None
    assert (closed.draft, closed.page) == (None, f"/records/0x{one.hex()}")


def test_a_key_that_may_not_attest_is_not_told(stage: Stage) -> None:
    attest(stage, "L1", 5)
    for number, told in ((Handoff.NUMBER, False), (Attestation.NUMBER, True)):
        device = key_of(f"device {number}")
        grant = KeyGrant(MAKER, device.address, 0, 1 << number - 1, stage.now, stage.now + 9 * DAY, details())
        stage.sign(grant, MAKER, device)
        assert (Kind.ATTESTATION in [item.kind for item in worklist(stage, device)]) is told


def test_random_attestations_are_those_of_a_plain_scan(stage: Stage) -> None:
    chance, made = random.Random(14), list[RecordId]()
    for _ in range(25):
        if made and chance.random() < 0.25:
            target = chance.choice(made)
            stage.sign(Revocation(MAKER, target, int(RevocationReason.ERROR), stage.now, details()), MAKER)
        else:
            made.append(attest(stage, f"L{chance.randint(1, 6)}", chance.choice((0, 3, 12, 12, 25, 40, 70))))
        stage.pass_time(chance.choice((0, 60, DAY)))
    shown = 0
    for _ in range(6):
        wanted = sorted(plain_scan(stage), key=lambda entry: entry[1:] + entry[:1])
        assert ending(stage) == [one for one, *_ in wanted]
        shown += len(wanted)
        stage.pass_time(8 * DAY)
    assert shown
    stage.audited()


def plain_scan(stage: Stage) -> Iterator[tuple[RecordId, int, int]]:
    node = stage.node
    with node.home.database.read() as connection:
        registry = node.reader.registry.refreshed(connection)
        verified = list(VerifiedRecords(connection, node.home.consortium, registry).all())
        now = registry.now().time
    revoked = {one.record.target for one in verified if isinstance(one.record, Revocation)}
    standing = [
        (one.id, one.record) for one in verified if isinstance(one.record, Attestation) and one.id not in revoked
    ]
    for record_id, record in standing:
        same = [other for _, other in standing if (other.subject, other.schema) == (record.subject, record.schema)]
        renewed = any(other.validUntil == 0 or other.validUntil > record.validUntil for other in same)
        if now <= record.validUntil <= now + NOTICE and not renewed:
            yield record_id, record.validUntil, record.validFrom
