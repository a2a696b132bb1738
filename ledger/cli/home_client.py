"""The home on this machine with the words of `ledger.client.Client`. It needs the node: import it where it is used."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import Misconfigured
from ledger.records.signing import SignedRecord
from ledger.services.exports.forwarding import Forwarding
from ledger.services.home.clock import SystemClock
from ledger.services.home.peers import read_peers
from ledger.services.home.settings import EMBEDDED, Settings, read_settings
from ledger.services.intake.submission import Accepted
from ledger.services.node.node import Node
from ledger.services.node.reader import open_ledger
from ledger.services.node.waiting import PATIENCE, Tell, settle_within
from ledger.services.views.partners import reading_members


class HomeClient:
    """A home opened for writing: while a service serves it, ask that service instead."""

    def __init__(self, node: Node, wait: float = PATIENCE, tell: Tell = lambda _: None) -> None:
        """`wait`: seconds for which `submit` waits for the chain's outcome; `tell` hears how many it waits for."""
        self._node = node
        self._wait = wait
        self._tell = tell

    def consortium(self) -> dict[str, Any]:
        return self._node.reader.enrolment.consortium(self._node.home.consortium)

    def partners(self) -> list[dict[str, Any]]:
        return [asdict(partner) for partner in self._node.reader.views.partners()]

    def enrolments(self) -> list[dict[str, Any]]:
        return self._node.reader.enrolment.listing()

    def enrolment(self, document: str) -> dict[str, Any]:
        return self._node.reader.enrolment.document(bytes_from_hex(document, 32, "document"))

    def enrol(self, document: str, signature: str) -> dict[str, Any]:
        return self._node.reader.enrolment.ask(document.encode(), bytes_from_hex(signature, 65, "signature"))

    def consent(self, document: str, signature: str) -> dict[str, Any]:
        return self._node.reader.consents.take(document.encode(), bytes_from_hex(signature, 65, "signature"))

    def consent_status(self, consent: str) -> dict[str, Any]:
        return self._node.reader.consents.status(bytes_from_hex(consent, 32, "consent"))

    def submit(self, signed: SignedRecord) -> dict[str, Any]:
        """Also carries the record to the chain, for nobody else will while no service runs.

        Raises `Unavailable` when it is accepted, and the chain takes longer than `wait`.
        """
        result = self._node.submission.submit(signed)
        answer: dict[str, Any] = {"id": to_hex(result.record_id)}
        if isinstance(result, Accepted):
            settle_within(self._node, self._wait, self._tell)
            answer |= {"status": "accepted", "receipt": result.receipt.to_json()}
            track = self._node.reader.views.record(result.record_id).chain
            return answer | ({"waitsFor": [asdict(one) for one in track.waitsFor]} if track.waitsFor else {})
        return answer | {"status": "proposed", "missing": list(result.missing)}

    def submit_many(self, batch: Sequence[SignedRecord]) -> list[dict[str, Any]]:
        """As `submit`, one after the other; raises for the first that is refused."""
        return [self.submit(signed) for signed in batch]

    def publish_product(self, record: str, text: bytes, picture: bytes) -> dict[str, Any]:
        attestation = RecordId(bytes_from_hex(record, 32, "record"))
        self._node.reader.products.keep_description(attestation, text, picture)
        return {"kept": 1 + bool(picture)}


@contextmanager
def opened_home(wait: float = PATIENCE, tell: Tell = lambda _: None) -> Iterator[HomeClient]:
    """The home that the settings name."""
    node = _node(read_settings())
    try:
        yield HomeClient(node, wait, tell)
    finally:
        node.close()


def partners_of_home() -> list[dict[str, Any]]:
    """All partners; the home of the settings is only read, so it may be served meanwhile."""
    with reading_members(read_settings(), SystemClock()) as result:
        return [asdict(partner) for partner in result.partners()]


def consents_of_home() -> list[dict[str, Any]]:
    """All consents to forwarding; the home of the settings is only read, so it may be served meanwhile."""
    with open_ledger(read_settings()) as ledger:
        return ledger.consents.listing()


def forward_from_home() -> dict[str, Any]:
    """Forward what partners consented to, to the peers that the home of the settings names."""
    settings = read_settings()
    peers = read_peers(settings.home)
    with open_ledger(settings, read_only=False) as ledger:
        report = Forwarding(ledger, peers).run()
    return {
        "forwarded": report.forwarded,
        "refused": [
            {"record": to_hex(one.record_id), "log": to_hex(one.log_id), "why": one.why} for one in report.refused
        ],
        "away": {to_hex(log_id): why for log_id, why in report.away.items()},
        "unconfigured": [to_hex(log_id) for log_id in report.unconfigured],
    }


def _node(settings: Settings) -> Node:
    try:
        return Node(settings)
    except Misconfigured as error:
        if settings.chain != EMBEDDED or error.where != "chain.db":
            raise
        raise Misconfigured(error.what, where=error.where, mend="Ask the service that serves it: --url.") from None
