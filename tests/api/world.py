"""A small world behind the API: goods in every state that a page or an answer shows, on the founded stage of e2e."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.api.quota import Budgets, Rate
from ledger.cli.demo.scribe import NO_HASH, details, place, salt
from ledger.codes import ClearanceStatus, ExceptionBit, Gate, Hazard, HoldCause, RecallAction, Regime, StatementKind
from ledger.common.gs1_keys import check_digit
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash
from ledger.records.signing import SigningKey
from ledger.records.types import Attestation, Claims, Handoff, Recall, Record, Require
from ledger.registry.enrolment import personal_digest
from tests.e2e.stage import BROKER, CARRIER, CN, CONSUMER, MAKER, OCEAN, PREFIX, SCHEMA, SHOP, Stage, staged

GTIN = "0" + PREFIX + "00001" + check_digit("0" + PREFIX + "00001")
OTHER_GTIN = "0" + PREFIX + "00009" + check_digit("0" + PREFIX + "00009")
LOT, BAD_LOT = "L1", "L2"
UNLIMITED = Budgets(Rate(0, 1), Rate(0, 1))
NEEDS_IMPORT = (Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY), False),)


@dataclass
class World:
    stage: Stage
    client: TestClient
    ids: dict[str, RecordId]

    def id(self, name: str) -> str:
        return to_hex(self.ids[name])

    def get(self, path: str, token: str = "", **options: Any) -> Any:
        """The JSON of a successful answer."""
        answer = self.client.get(path, headers=bearer(token), **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def page(self, path: str, **options: Any) -> str:
        """The text of a page that is there."""
        answer = self.client.get(path, headers={"Accept": "text/html"}, **options)
        assert answer.status_code == 200, answer.text
        return answer.text

    def signed(self, record: Record, *signers: int | SigningKey) -> dict[str, Any]:
        """The envelope as a client would send it."""
        return self.stage.trial.signed(record, *self.stage.keys(signers)).to_json()

    def post(self, path: str, body: Any, **options: Any) -> Any:
        return self.client.post(path, json=body, **options)

    def token(self, who: int | SigningKey) -> str:
        """A session of a partner's key."""
        (key,) = self.stage.keys([who])
        message = self.get(f"/v1/session/challenge?address={to_hex(key.address)}")["message"]
        signature = key.sign_digest(personal_digest(message.encode()))
        answer = self.post("/v1/session", {"message": message, "signature": to_hex(signature)})
        assert answer.status_code == 200, answer.text
        self.client.cookies.clear()
        return str(answer.json()["token"])

    def handoff(self, shipment: str = "open", sequence: int = 0, packages: int = 10) -> Handoff:
        """A further step of a shipment, by default the first of the one that has only been opened."""
        lines = [(self.ids[shipment], sequence, packages, ExceptionBit(0))]
        return self.stage.scribe.handoff(lines, MAKER, CARRIER, place("NZ", "NZAKL", "Auckland"))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


@contextmanager
def running_world(founded: Path, home: Path) -> Iterator[World]:
    """The world, its worker at rest: tests settle the node themselves. It serves its one client without limit."""
    with staged(founded, home) as stage:
        ids = play(stage)
        client = TestClient(create_app(stage.node, UNLIMITED), base_url="http://127.0.0.1:8000", follow_redirects=False)
        yield World(stage, client, ids)


def play(stage: Stage) -> dict[str, RecordId]:
    """Everything that happens, in order; record ids by name."""
    ids: dict[str, RecordId] = {}
    ids["attested"] = stage.sign(_attestation(stage, f"01/{GTIN}/10/{LOT}"), MAKER)
    ids["attested bad lot"] = stage.sign(_attestation(stage, f"01/{GTIN}/10/{BAD_LOT}"), MAKER)
    recall = Recall(
        MAKER, f"01/{GTIN}/10/{BAD_LOT}", "", int(Hazard.BIOLOGICAL), int(RecallAction.RETURN), "recall@maker.example",
        NO_HASH, stage.now, details(),
    )  # fmt: skip
    ids["recall"] = stage.sign(recall, MAKER)
    ids["open"] = stage.open(lot="L9")
    ids["late"] = stage.open(requires=NEEDS_IMPORT, lot=LOT)
    ids["breach"] = stage.open(requires=NEEDS_IMPORT, lot="L9")
    ids["parcel"] = stage.open(1, consignee=0, recipient_key=CONSUMER.address, beneficiary=SHOP, lot="L9")
    stage.pass_time(DAY)
    ids["first leg"] = stage.hand(
        MAKER, CARRIER, (ids["late"], 0, 10), (ids["breach"], 0, 10), due_at=stage.now + 2 * DAY
    )
    # By mistake a step of the first manifest is signed again: that item alone is skipped.
    ids["parcel leg"] = stage.hand(MAKER, CARRIER, (ids["parcel"], 0, 1), (ids["late"], 0, 10))
    stage.pass_time(DAY)
    ids["damage"] = stage.hand(CARRIER, OCEAN, (ids["late"], 1, 10, ExceptionBit.DAMAGED))
    stage.pass_time(10 * DAY)
    customs: dict[str, Any] = {"jurisdiction": "CN", "regime": Regime.IMPORT}
    ids["lodged"] = stage.clear(BROKER, ClearanceStatus.LODGED, (ids["late"], 0), **customs)
    ids["held"] = stage.clear(
        CN, ClearanceStatus.HELD, (ids["late"], 0), cause=HoldCause.DOCUMENTS, caused_by=CARRIER, **customs
    )
    stage.pass_time(DAY)
    ids["released"] = stage.clear(CN, ClearanceStatus.RELEASED, (ids["late"], 1), **customs)
    ids["delivery"] = stage.hand(OCEAN, SHOP, (ids["late"], 2, 10))
    ids["uncleared delivery"] = stage.hand(CARRIER, SHOP, (ids["breach"], 1, 10))
    ids["tender"] = stage.state(StatementKind.TENDER, CARRIER, ids["parcel"], 1)
    stage.settle()
    stage.node.settle()
    return ids


def _attestation(stage: Stage, subject: str) -> Attestation:
    return Attestation(
        MAKER, schema_hash(SCHEMA), subject, NO_HASH, stage.now, stage.now + 365 * DAY, NO_HASH,
        Claims(salt(), '{"made":"in a test"}'), NO_HASH, details(),
    )  # fmt: skip
