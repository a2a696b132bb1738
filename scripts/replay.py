"""Replaying a delivery history: each line becomes signed terms, each delivery note one manifest that both sides sign.

Nothing is decided twice: keys, salts and deadlines derive from a stored seed and the line's ID, so the same file gives
the same records however often the replay is interrupted and begun again, and the ledger takes each of them once.

What the file does not say (customs, carriers in between, pick-up) is not invented: the vendor holds the goods until the
country's programme signs for them. So the results read "as if the vendor were liable".
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from ledger.canonical import canonical_json
from ledger.codes import Purpose, Role
from ledger.enrolment import RoleRequest
from ledger.errors import InvalidInput, LadingError, RuleBroken
from ledger.ids import RecordId, to_hex
from ledger.journeys import Journeys
from ledger.penalties import DAY, TENDER_WINDOW, penalty_of
from ledger.records import (
    UNLIMITED_LAG,
    Commercial,
    Details,
    Goods,
    Handoff,
    HandoffItem,
    Load,
    Place,
    ShipmentTerms,
)
from ledger.services.keystores import write_private
from ledger.services.verified import VerifiedRecords
from ledger.signing import SignedRecord, SigningKey
from scripts.scms import CURRENCY, Line
from scripts.trial import OPERATOR, Party, Trial

SEED_FILE = "replay.json"
SUBMIT_WITHIN = 365 * 86400
MANIFEST = 200
BATCH = 500
NO_KEY = bytes(20)
NO_HASH = bytes(32)
CURVE_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


@dataclass(frozen=True, slots=True)
class Terms:
    """What every shipment of the replay is promised under: minor units per day², and basis points of its value."""

    alpha: int
    cap_bps: int


@dataclass(frozen=True, slots=True)
class Seed:
    """What a replay was begun with; kept beside the keys, for it makes them. `submit_by` lies after the replay."""

    secret: bytes
    submit_by: int
    terms: Terms

    def derive(self, purpose: str, length: int) -> bytes:
        return hmac.new(self.secret, purpose.encode(), hashlib.sha512).digest()[:length]

    def salt(self, purpose: str) -> bytes:
        return self.derive(f"salt/{purpose}", 16)

    def key(self, name: str) -> SigningKey:
        number = int.from_bytes(self.derive(f"key/{name}", 48), "big") % (CURVE_ORDER - 1) + 1
        return SigningKey(number.to_bytes(32, "big"))


def open_seed(trial: Trial, terms: Terms) -> Seed:
    """The seed of the replay in this home, made at its first start.

    Raises `InvalidInput` when it was begun under other terms: they are signed and cannot change.
    """
    path = trial.node.settings.home / "keys" / SEED_FILE
    if not path.exists():
        start = trial.node.clock.now()
        seed = Seed(secrets.token_bytes(32), start + SUBMIT_WITHIN, terms)
        content = {
            "lading": "demo",
            "secret": seed.secret.hex(),
            "submitBy": seed.submit_by,
            "alpha": terms.alpha,
            "capBps": terms.cap_bps,
        }
        write_private(path, json.dumps(content).encode())
        return seed
    data = json.loads(path.read_bytes())
    begun = Terms(data["alpha"], data["capBps"])
    if begun != terms:
        raise InvalidInput(
            "the replay in this home was begun under other terms, and they are signed",
            where="--alpha, --cap-bps",
            expected=f"--alpha {begun.alpha} --cap-bps {begun.cap_bps}",
            found=f"--alpha {terms.alpha} --cap-bps {terms.cap_bps}",
            mend="Use another LADING_HOME for other terms.",
        )
    return Seed(bytes.fromhex(data["secret"]), data["submitBy"], terms)


class Replay:
    """Lines into records. `parties` grow as vendors and countries appear."""

    def __init__(self, trial: Trial, seed: Seed) -> None:
        self._trial = trial
        self._seed = seed

    # --- partners ------------------------------------------------------------------------------------------

    def admit(self, lines: Sequence[Line]) -> None:
        """Admit every vendor as a supplier and every country's programme as a warehouse, in order of appearance."""
        wanted = dict.fromkeys(name for line in lines for name in (_vendor(line), _programme(line)))
        known = {partner.name: partner.id for partner in self._trial.node.reading.partners()}
        newcomers = []
        following = max([OPERATOR, *known.values()]) + 1
        self._parties: dict[str, Party] = {}
        for name in wanted:
            number = known.get(name) or following
            following = max(following, number + 1)
            party = Party(number, name, self._seed.key(name))
            self._parties[name] = party
            if name not in known:
                role = Role.SUPPLIER if name.startswith("Vendor: ") else Role.WAREHOUSE
                newcomers.append((party, "", [RoleRequest(role)]))
        self._trial.admit(newcomers)

    # --- records -------------------------------------------------------------------------------------------

    def terms(self, line: Line) -> ShipmentTerms:
        """The terms under which the vendor ships this line."""
        vendor, programme = self._parties[_vendor(line)].id, self._parties[_programme(line)].id
        salt = self._seed.salt
        return ShipmentTerms(
            salt=salt(f"{line.id}/terms"),
            consignor=vendor,
            consignee=programme,
            holder=vendor,
            recipientKey=NO_KEY,
            purpose=int(Purpose.ORIGINAL),
            parents=(),
            packages=line.packages,
            mode=int(line.mode),
            fulfilment=0,
            origin=Place(salt(f"{line.id}/origin"), "", "", "", ""),
            destination=Place(salt(f"{line.id}/destination"), "", "", "", line.country),
            contents=(
                Goods(salt(f"{line.id}/goods"), "", "", NO_HASH, line.packages, "package", "", line.description),
            ),
            commercial=Commercial(
                salt=salt(f"{line.id}/commercial"),
                orderRef=line.order,
                value=line.value,
                currency=CURRENCY,
                freight=line.freight,
                incoterm=line.incoterm,
                promisedAt=line.promised_at,
                grace=0,
                alpha=self._seed.terms.alpha,
                penaltyCap=line.value * self._seed.terms.cap_bps // 10_000,
                liable=vendor,
                beneficiary=programme,
                lostAfter=UNLIMITED_LAG,  # the file ends no clock early
                tenderWindow=TENDER_WINDOW,
                reportLag=UNLIMITED_LAG,  # history is entered years later, and says so
                rules=NO_HASH,
            ),
            requires=(),
            submitBy=self._seed.submit_by,
            details=self._details(line.id, {"replayed": "delivery history", "line": line.id}),
        )

    def signed_terms(self, line: Line) -> SignedRecord:
        return self._trial.signed(self.terms(line), self._parties[_vendor(line)])

    def signed_manifest(self, note: Sequence[tuple[Line, RecordId]]) -> SignedRecord:
        """The manifest by which the lines of one delivery note, at most 200, change hands on the delivery date."""
        line = note[0][0]
        vendor, programme = self._parties[_vendor(line)], self._parties[_programme(line)]
        name = f"{line.note}/{note[0][0].id}"
        items = sorted((shipment, of.packages) for of, shipment in note)
        record = Handoff(
            items=tuple(HandoffItem(shipment, 0, packages, 0) for shipment, packages in items),
            releaser=vendor.id,
            receiver=programme.id,
            place=Place(self._seed.salt(f"{name}/place"), "", "", "", line.country),
            load=Load(self._seed.salt(f"{name}/load"), line.note),
            occurredAt=line.delivered_at,
            dueAt=0,
            submitBy=self._seed.submit_by,
            details=self._details(name, {"replayed": "delivery history", "note": line.note}),
        )
        return self._trial.signed(record, vendor, programme)

    def _details(self, name: str, content: dict[str, str]) -> Details:
        return Details(self._seed.salt(f"{name}/details"), canonical_json(content).decode())

    # --- running -------------------------------------------------------------------------------------------

    def records(self, lines: Sequence[Line]) -> Iterator[list[SignedRecord]]:
        """Batches in an order in which terms come before the manifests that move them."""
        domain = self._trial.node.domain
        for chunk in _chunks(notes_of(lines), 100):
            opened: list[SignedRecord] = []
            manifests: list[SignedRecord] = []
            for note in chunk:
                pairs = []
                for line in note:
                    signed = self.signed_terms(line)
                    opened.append(signed)
                    pairs.append((line, domain.record_id(signed.record)))
                manifests += [self.signed_manifest(part) for part in _chunks(pairs, MANIFEST)]
            yield opened + manifests

    def run(self, lines: Sequence[Line], tell: Any = None) -> int:
        """Take in all records of `lines` and carry them to the chain; how many manifests there were.

        Raises the first error of a record that the ledger refuses: a replay that loses lines is none.
        """
        manifests = 0
        for batch in self.records(lines):
            for signed, result in zip(batch, self._trial.node.submission.replay(batch), strict=True):
                if isinstance(result, LadingError):
                    raise RuleBroken(
                        "the ledger refuses a replayed record",
                        where=to_hex(self._trial.node.domain.record_id(signed.record)),
                        found=str(result),
                    )
            manifests += sum(isinstance(signed.record, Handoff) for signed in batch)
            self._trial.node.tick(anchor=False)
            if tell is not None:
                tell(sum(isinstance(signed.record, ShipmentTerms) for signed in batch))
        self._trial.node.settle()
        return manifests


@dataclass(frozen=True, slots=True)
class Totals:
    """What the replayed records amount to, computed from verified records. Amounts in cents."""

    shipments: int
    delivered: int
    late: int
    late_days: int
    penalty_uncapped: int
    penalty: int


def totals(trial: Trial, lines: Sequence[Line], replay: Replay) -> Totals:
    """Penalties over exactly the shipments of `lines`, whatever else the ledger holds."""
    domain = trial.node.domain
    wanted = {domain.record_id(replay.terms(line)) for line in lines}
    with trial.node.db.read() as connection:
        history = trial.node.registry.refreshed(connection).history
        journeys = Journeys(VerifiedRecords(connection, domain, history).all())
    statements = [penalty_of(shipment, journeys) for shipment in journeys.shipments() if shipment in wanted]
    late = [statement for statement in statements if statement.late_seconds > 0]
    return Totals(
        shipments=len(statements),
        delivered=sum(statement.delivered_at is not None for statement in statements),
        late=len(late),
        late_days=sum(statement.late_seconds // DAY for statement in late),
        penalty_uncapped=sum(statement.uncapped for statement in late),
        penalty=sum(statement.amount for statement in late),
    )


def notes_of(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines by delivery note; lines of one note with another vendor, country or day are a note of their own."""

    def key(line: Line) -> tuple[str, str, str, int]:
        return (line.note, line.vendor, line.country, line.delivered_at)

    return [list(group) for _, group in groupby(sorted(lines, key=key), key)]


def _vendor(line: Line) -> str:
    return f"Vendor: {line.vendor}"


def _programme(line: Line) -> str:
    return f"Programme: {line.country}"


def _chunks(values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
