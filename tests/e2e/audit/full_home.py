"""The story's home with a row in every table: seen codes, opened and erased parts, cosignatures, kept documents."""

import hashlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.cli.demo.cast import subject
from ledger.cli.demo.scribe import place
from ledger.cli.demo.witnesses import DemoWitnesses
from ledger.common.ids import LogId, PartnerId
from ledger.common.periods import DAY
from ledger.formats.epcis.document import event_of
from ledger.formats.epcis.reading import Read
from ledger.formats.epcis.subscription import parse_subscription
from ledger.records.erasure import ErasureReason
from ledger.records.types import Observation
from ledger.registry.forwarding import (
    ConsentRevocation,
    Forwarded,
    ForwardingConsent,
    document_hash,
    sign_forwarding,
)
from ledger.scores.adopted_card import CARDS
from ledger.services.epcis.service import Epcis
from ledger.services.events.event import Wanted
from ledger.services.figures import award_files
from ledger.services.figures.sealed_records import SealedRecords
from ledger.services.home import kept_rules
from ledger.services.home.consortium import WITNESSES, read_consortium
from ledger.services.node.node import Node
from ledger.services.views.access_journal import AccessJournal, AccessRight, Opened
from ledger.services.views.records import Reader
from ledger.store.documents import consents, credentials
from ledger.store.documents.consents import StoredConsent, StoredForwarding
from ledger.store.documents.credentials import StoredCredential, StoredStatusList
from ledger.store.events import webhooks
from ledger.store.processes import quotas
from ledger.store.visits import sessions
from tests.e2e.figures.test_awards import RULE
from tests.e2e.figures.test_scorecards import OWN
from tests.e2e.story import CARRIER, LOT, MAKER, NONE, Story, _terms, tell_story


@dataclass(frozen=True, slots=True)
class FullHome:
    """`home` with a row in every table, and `earlier`, the same home some leaves before."""

    home: Path
    earlier: Path
    story: Story


def make_full_home(folder: Path) -> FullHome:
    """Tell the story in `folder`/home, keep a copy of it as `folder`/earlier, and go on."""
    story = tell_story(folder / "home")
    story.trial.node.close()
    home = story.settings.home
    earlier = Path(shutil.copytree(home, folder / "earlier"))
    witnesses = DemoWitnesses(folder / "witnesses", read_consortium(home).log, story.clock)
    try:
        shutil.copy(folder / "witnesses" / WITNESSES, home / WITNESSES)
        node = story.trial.node = Node(story.settings, story.clock)
        _use(story, node)
        _leave_open(story, node)
        node.close()
    finally:
        witnesses.close()
    return FullHome(home, earlier, story)


def _use(story: Story, node: Node) -> None:
    """What partners and consumers do beside the log, until a quarter is published."""
    for number, device in ((0, "a"), (0, "b"), (1, "a")):
        node.reader.products.look_up(subject(LOT, f"{number:04d}"), device * 22, keep=True)
    journal = AccessJournal(node.home.database, story.clock)
    for name in ("terms", "split terms"):
        opened = Opened(("commercial", "details"), AccessRight.PARTY)
        journal.note(CARRIER, story.parties[CARRIER].key.address, {story.ids[name]: opened})
    _epcis(story, node)
    for name in ("lost terms", "stuck terms"):
        node.erasing.erase(story.ids[name], ["details"], reason=ErasureReason.ORDER)
    _consent(story, node)
    _webhook(story, node)
    _credentials(story, node)
    with node.home.database.write() as connection:
        award_files.keep_rule(connection, RULE.encode())
        quotas.spend(connection, {"a signer": 1_000_000})
        kept_rules.keep(connection, CARDS, OWN)
        sessions.use(connection, "a nonce", story.clock.now() + DAY)
        sessions.begin(connection, b"\1" * 32, story.parties[CARRIER].key.address, story.clock.now() + DAY)
    for days in (1, 60, 60):
        _observe(story, days)
        story.pass_time(days * DAY)
    assert list(node.reader.publication.newest(4))


def _consent(story: Story, node: Node) -> None:
    """A consent to forwarding, revoked since, and a record that went by it."""
    key, consortium, now = story.parties[CARRIER].key, node.home.domain.consortium_id, story.clock.now()
    other = LogId(b"\5" * 32)
    consent = ForwardingConsent(
        consortium, PartnerId(CARRIER), key.address, node.home.log_id, other, now + DAY, (Forwarded.PARTS,)
    )
    named = document_hash(consent.document())
    revocation = ConsentRevocation(consortium, key.address, named)
    with node.home.database.write() as connection:
        for said in (consent, revocation):
            document, signature = said.document(), sign_forwarding(said, key)
            consents.add(connection, StoredConsent(document_hash(document), named, document, signature, now))
        consents.note_forwarded(connection, StoredForwarding(story.ids["terms"], other, "details", named, now))


def _epcis(story: Story, node: Node) -> None:
    """Events of the log so far, one that a partner captured, a query that it named and a subscription to that."""
    epcis = Epcis.of(node.home, node.reader.registry, node.reader.views, node.reader.keys.session_secret)
    epcis.recording.catch_up()
    event = {
        "type": "ObjectEvent", "eventTime": "2026-03-01T08:00:00Z", "eventTimeZoneOffset": "+00:00",
        "epcList": ["https://id.gs1.org/01/09421900000012/21/7"], "action": "OBSERVE",
    }  # fmt: skip
    epcis.capturing.take(b"{}", Read({0: event_of(event)}, ()), CARRIER, "rollback")
    epcis.named.add(CARRIER, "seen", {"EQ_action": ["OBSERVE"]})
    wanted = parse_subscription({"dest": "https://example.org/epcis", "signatureToken": "0435ojtojt02", "stream": True})
    epcis.subscriptions.add(Reader(CARRIER, key=story.parties[CARRIER].key.address), "seen", wanted)


def _credentials(story: Story, node: Node) -> None:
    """What a partner published of its own: here rows alone, since an audit reads none of it."""
    now, log_id = story.clock.now(), node.home.log_id
    of = StoredCredential(
        "https://example.org/1", story.ids["terms"], "DigitalConformityCredential", MAKER, b"a.b.c", now
    )
    with node.home.database.write() as connection:
        for number in (1, 2):
            credentials.keep(connection, replace(of, credential_id=f"https://example.org/{number}"))
            credentials.keep_list(connection, StoredStatusList(MAKER, log_id, number, b"d.e.f", now))


def _webhook(story: Story, node: Node) -> None:
    """One that a partner registered, with something to be delivered to it."""
    reader = Reader(CARRIER, key=story.parties[CARRIER].key.address)
    hooks = node.reader.webhooks
    names = [hooks.register(reader, f"https://example.org/{number}", Wanted()).webhook.id for number in (1, 2)]
    hooks.new_secret(reader, names[0])
    with node.home.database.write() as connection:
        for name in names:
            webhook = webhooks.get(connection, name)
            assert webhook is not None
            rows = [webhooks.Delivery(name, index, bytes(8), webhooks.DUE, story.clock.now()) for index in (1, 2)]
            webhooks.plan(connection, webhook, webhook.planned, rows)


def _observe(story: Story, number: int) -> None:
    story.sign(f"seen {number}", Observation(CARRIER, hashlib.sha256(b"%d days" % number).digest(), 1), CARRIER)


def _leave_open(story: Story, node: Node) -> None:
    """Two records that wait for the chain, and two that lack a signature."""
    here = place("NZ", "NZAKL", "Auckland")
    for number in (1, 2):
        terms = story.sign(f"open terms {number}", _terms(story, 4 + number), MAKER)
        one_sided = story.scribe.handoff([(terms, 0, 4 + number, NONE)], MAKER, CARRIER, here)
        story.ids[f"proposal {number}"] = node.home.domain.record_id(one_sided)
        node.submission.submit(story.trial.signed(one_sided, story.parties[MAKER]))
        node.reader.publisher.publish(story.clock.now())
        story.sign(f"handed {number}", story.scribe.handoff([(terms, 0, 4 + number, NONE)], MAKER, 4, here), MAKER, 4)
    SealedRecords(node.home, node.reader.keys.session_secret, leaves=20).seal_next(
        node.reader.registry, node.reader.publisher.tree
    )
    # Of a record that no published quarter counts, and still to be scrubbed.
    node.erasing.erase(story.ids["open terms 1"], ["details"], reason=ErasureReason.RETENTION)
    node.reader.publisher.publish(story.clock.now())
