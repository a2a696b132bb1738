"""What the tests of documents share: who takes part, and an advice of despatch of today."""

from datetime import UTC, datetime

from ledger.client.drafts import completed
from ledger.common.ids import RecordId, to_hex
from ledger.records.wallet_input import envelope_from_wallet
from tests.api.world import World, bearer
from tests.unit.formats.documents import samples

SUPPLIER, HAULIER, BUYER = 14, 15, 16
DRAFTS = "/v1/documents/drafts"


def advice(world: World, number: str = "DA-1001") -> bytes:
    """An advice issued today, so that what is drafted of it may be signed now."""
    today = datetime.fromtimestamp(world.stage.now, UTC).strftime("%Y-%m-%d").encode()
    text = samples.DESPATCH_ADVICE.replace(b"2026-11-20", today).replace(b"13:00:00+13:00", b"00:00:00Z")
    return text.replace(b"DA-1001", number.encode())


def drafted(world: World, document: bytes, who: int = SUPPLIER, status: int = 200, **said: str | int) -> dict:  # type: ignore[type-arg]
    answer = world.client.post(
        DRAFTS, params={"zone": "UTC", **said}, content=document,
        headers={**bearer(world.token(who)), "Content-Type": "application/xml"},
    )  # fmt: skip
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def signed(world: World, draft: dict, *signers: int) -> RecordId:  # type: ignore[type-arg]
    """The draft filled in as `lading sign` does it, signed, handed in and settled."""
    record = envelope_from_wallet(completed(draft, world.stage.now)).record
    return world.stage.sign(record, *signers)


def opened(world: World, document: bytes) -> str:
    """A shipment under terms that came of the document."""
    return to_hex(signed(world, drafted(world, document)["draft"], SUPPLIER))
