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
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from ledger.cli.imports.scms import CURRENCY, PROGRAMME, VENDOR, Line
from ledger.cli.sandbox import OPERATOR, Party, Trial, demo_key, found_trial, open_for_business, open_trial
from ledger.codes import Purpose, Role
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.errors import ChainUnavailable, InvalidInput, LadingError, LeaseLost, Misconfigured, RuleBroken
from ledger.penalties.statement import penalty_of
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import (
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
from ledger.registry.enrolment import RoleRequest
from ledger.services.home.clock import Clock
from ledger.services.home.keystores import write_private
from ledger.services.home.settings import Settings
from ledger.services.node.waiting import PATIENCE, settle_within
from ledger.services.state.verified_records import VerifiedRecords
from ledger.shipments.default_terms import TENDER_WINDOW
from ledger.shipments.history import Journeys

SEED_FILE = "replay.json"
SUBMIT_WITHIN = 365 * DAY
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

    @classmethod
    def read(cls, path: Path) -> "Seed":
        try:
            data = json.loads(path.read_bytes())
            return cls(bytes.fromhex(data["secret"]), data["submitBy"], Terms(data["alpha"], data["capBps"]))
        except (OSError, ValueError, KeyError, TypeError):
            raise Misconfigured("not a replay's seed", where=str(path)) from None

    def to_json(self) -> dict[str, Any]:
        return {
            "lading": "demo",
            "secret": self.secret.hex(),
            "submitBy": self.submit_by,
            "alpha": self.terms.alpha,
            "capBps": self.terms.cap_bps,
        }

    def derive(self, purpose: str, length: int) -> bytes:
        return hmac.new(self.secret, purpose.encode(), hashlib.sha512).digest()[:length]

    def salt(self, purpose: str) -> bytes:
        return self.derive(f"salt/{purpose}", 16)

    def key(self, name: str) -> SigningKey:
        number = int.from_bytes(self.derive(f"key/{name}", 48), "big") % (CURVE_ORDER - 1) + 1
        return SigningKey(number.to_bytes(32, "big"))


def is_replay(home: Path) -> bool:
    """Whether the ledger in this home is a replay, whose keys stand in for those of the partners."""
    return (home / "keys" / SEED_FILE).exists()


def open_seed(home: Path, terms: Terms, now: int) -> Seed:
    """The seed of the replay in this home, made at its first start.

    Raises `Misconfigured` when something else is in this home, and `InvalidInput` when the replay was begun under other
    terms: they are signed and cannot change.
    """
    path = home / "keys" / SEED_FILE
    if not is_replay(home):
        if (home / "consortium.json").exists():
            raise Misconfigured(
                "another consortium is in this home", where=str(home), mend="Replay into a new LADING_HOME."
            )
        # Made before anything else, so that an interrupted founding is known as this replay's.
        seed = Seed(secrets.token_bytes(32), now + SUBMIT_WITHIN, terms)
        write_private(path, json.dumps(seed.to_json()).encode())
    seed = Seed.read(path)
    if seed.terms != terms:
        begun = seed.terms
        raise InvalidInput(
            "the replay in this home was begun under other terms, and they are signed",
            where="--alpha, --cap-bps",
            expected=f"--alpha {begun.alpha} --cap-bps {begun.cap_bps}",
            found=f"--alpha {terms.alpha} --cap-bps {terms.cap_bps}",
            mend="Use another LADING_HOME for other terms.",
        )
    return seed


def open_replay(settings: Settings, clock: Clock, terms: Terms, patience: float = PATIENCE) -> "Replay":
    """The replay in this home, with its consortium founded and open for business. `patience`: `Trial.patience`.

    Every step is looked up before it is done, so an interrupted founding goes on where it stopped.
    """
    seed = open_seed(settings.home, terms, clock.now())
    if not (settings.home / "consortium.json").exists():
        found_trial(settings, clock, delay=0)
    trial = open_trial(settings, clock)
    trial.patience = patience
    try:
        open_for_business(trial, Party(OPERATOR, "Operator", demo_key(settings.home, "operator")))
    except BaseException:
        trial.node.close()
        raise
    return Replay(trial, seed)


class Replay:
    """Lines into records."""

    def __init__(self, trial: Trial, seed: Seed) -> None:
        self.trial = trial
        self._seed = seed
        self._parties: dict[str, Party] = {}

    # --- partners ------------------------------------------------------------------------------------------

    def admit(self, lines: Sequence[Line]) -> None:
        """Admit every vendor as a supplier and every country's programme as a warehouse, in order of appearance."""
        settle_within(self.trial.node, self.trial.patience)  # who was being admitted when the last attempt broke off
        known = {partner.name: partner.id for partner in self.trial.node.reader.views.partners()}
        following = max(known.values()) + 1
        wanted = []
        for name, role in dict.fromkeys(pair for line in lines for pair in _partners_of(line)):
            number = known.get(name)
            if number is None:
                number, following = following, following + 1
            self._parties[name] = Party(number, name, self._seed.key(name))
            wanted.append((self._parties[name], "", [RoleRequest(role)]))
        self.trial.admit(wanted)

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
        return self.trial.signed(self.terms(line), self._parties[_vendor(line)])

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
        return self.trial.signed(record, vendor, programme)

    def _details(self, name: str, content: dict[str, str]) -> Details:
        return Details(self._seed.salt(f"{name}/details"), canonical_json(content).decode())

    # --- running -------------------------------------------------------------------------------------------

    def records(self, lines: Sequence[Line]) -> Iterator[list[SignedRecord]]:
        """Batches in an order in which terms come before the manifests that move them."""
        domain = self.trial.node.home.domain
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
        """Take in all records of `lines` and begin to carry them to the chain; how many manifests there were.

        Raises the first error of a record that the ledger refuses: a replay that loses lines is none.
        """
        manifests = 0
        for batch in self.records(lines):
            for signed, result in zip(batch, self.trial.node.submission.replay(batch), strict=True):
                if isinstance(result, LadingError):
                    raise RuleBroken(
                        "the ledger refuses a replayed record",
                        where=to_hex(self.trial.node.home.domain.record_id(signed.record)),
                        found=str(result),
                    )
            manifests += sum(isinstance(signed.record, Handoff) for signed in batch)
            with suppress(ChainUnavailable, LeaseLost):  # what was accepted waits
                self.trial.node.tick(anchor=False)
            if tell is not None:
                tell(sum(isinstance(signed.record, ShipmentTerms) for signed in batch))
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


def totals(replay: Replay, lines: Sequence[Line]) -> Totals:
    """Penalties over exactly the shipments of `lines`, whatever else the ledger holds."""
    node = replay.trial.node
    domain = node.home.domain
    wanted = {domain.record_id(replay.terms(line)) for line in lines}
    with node.home.database.read() as connection:
        registry = node.reader.registry.refreshed(connection)
        journeys = Journeys(VerifiedRecords(connection, node.home.consortium, registry).all())
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
    return VENDOR + line.vendor


def _programme(line: Line) -> str:
    return PROGRAMME + line.country


def _partners_of(line: Line) -> tuple[tuple[str, Role], tuple[str, Role]]:
    return (_vendor(line), Role.SUPPLIER), (_programme(line), Role.WAREHOUSE)


def _chunks(values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
