"""Two operators on the four validators: they race for the same goods, and forward what partners let them.

Both logs come to the same outcomes, and both audits are clean.
"""

import json
from collections.abc import Iterator

import pytest

from ledger.common.ids import RecordId, to_hex
from ledger.errors import NotFound
from ledger.records.types import Endorsement
from ledger.services.audit.run import audit
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from ledger.services.home.peers import PEERS
from ledger.services.node.waiting import settle_within
from tests.e2e.lifecycle.test_forwarding import has, lading, served
from tests.e2e.lifecycle.test_two_operators import Pair, Seat, facts, founded_pair, settings_of
from tests.e2e.network.conftest import Running, put_keys
from tests.e2e.stage import CARRIER, HOUR, MAKER, SECOND, SHOP

pytestmark = pytest.mark.network
RACES, CLOSED = 6, 2
CONSENTING = (MAKER, CARRIER, SHOP)


class NetworkSeat(Seat):
    """An operator's side where what was sent takes its time."""

    def settle(self) -> None:
        settle_within(self.node, 120)


@pytest.fixture(scope="module")
def pair(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Each asks a validator of its own."""
    home = tmp_path_factory.mktemp("operators")
    asked = zip(("east", "west"), running.network.validators[:2], strict=True)
    first, second = (settings_of(home / name, one.json_rpc, f"{name}.example/log") for name, one in asked)
    for settings in (first, second):
        put_keys(settings.home, settings.home.name)
    with founded_pair(first, second, NetworkSeat) as both:
        yield both


def test_of_what_both_offer_the_chain_takes_one_and_both_logs_say_which(pair: Pair) -> None:
    one, two = pair.one, pair.two
    goods = [one.open(3, endorsed=False) for _ in range(RACES)]
    two.settle()
    offers: dict[RecordId, list[RecordId]] = {}
    for seat in (one, two):
        seat.node.start()
    try:
        for i, shipment in enumerate(goods):
            for seat, receiver in ((one, CARRIER), (two, SECOND))[:: 1 if i % 2 else -1]:
                manifest = seat.scribe_handoff(MAKER, receiver, (shipment, 0, 3))
                offers.setdefault(shipment, []).append(seat.submit(manifest, MAKER, receiver))
    finally:
        for seat in (one, two):
            seat.node.stop()
    pair.settle()
    for shipment, ids in offers.items():
        assert sorted(one.outcome(record_id) for record_id in ids) == [["applied"], ["stale"]]
        assert one.held_by(shipment) == two.held_by(shipment)
    assert facts(one) == facts(two)
    pair.audited()


def test_what_partners_consent_to_is_forwarded_and_comes_to_the_same(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the commands of partners and operator: endorsements, which no chain carries, and opened parts."""
    one, two = pair.one, pair.two
    goods = one.open(4, endorsed=False)
    endorsements = [one.sign(Endorsement(partner, goods), partner) for partner in (CARRIER, SHOP)]
    one.hand(MAKER, SHOP, (goods, 0, 4))
    pair.settle()
    assert not any(has(two, endorsement) for endorsement in endorsements)
    with pytest.raises(NotFound, match="withheld"):
        two.penalty(goods)
    home = one.node.home.settings.home
    for name in ("home", "chain", "origin"):
        monkeypatch.setenv(f"LADING_{name.upper()}", str(getattr(one.node.home.settings, name)))
    with served(one) as own, served(two) as other:
        (home / PEERS).write_text(f"{to_hex(two.node.home.log_id)} {other}\n")
        assert json.loads(lading("forward", "run", "--json"))["forwarded"] == 0
        for partner in CONSENTING:
            write_keystore(home / "keys" / f"{partner}.json", one.parties[partner].key, DEMO_PASSPHRASE, demo=True)
            lading("forward", "consent", str(partner), "--to", other, "--url", own, "--yes")
        report = json.loads(lading("forward", "run", "--json"))
        assert report["forwarded"] >= len(endorsements) + 2  # with the parts of terms and handoff
        assert (report["refused"], report["away"], report["unconfigured"]) == ([], {}, [])
        pair.settle()
        assert json.loads(lading("forward", "run", "--json"))["forwarded"] == 0
    assert all(has(two, endorsement) for endorsement in endorsements)
    ours, theirs = one.penalty(goods), two.penalty(goods)
    assert sorted(ours.evidence) == sorted(theirs.evidence)  # listed in the order of each log
    assert (ours.amount, ours.liable, ours.promised_at) == (theirs.amount, theirs.liable, theirs.promised_at)
    assert ours.delivered_at is not None
    assert theirs.delivered_at is not None
    assert abs(ours.delivered_at - theirs.delivered_at) <= HOUR  # each log's own time moves it by an hour at most
    assert facts(one) == facts(two)
    pair.audited()


def test_the_audit_counts_in_one_note_what_is_closed_here(pair: Pair) -> None:
    """Shipments of the first operator of which nothing was forwarded."""
    for _ in range(CLOSED):
        pair.one.open(2, consignee=SECOND, beneficiary=SECOND)
    pair.settle()
    report = audit(pair.two.node)
    assert report.ok, report.to_json()["findings"]
    closed = [note for note in report.notes if note.field == "openings"]
    assert len(closed) == 1
    assert closed[0].found.startswith(f"not all of {CLOSED} records, the first 0x")
