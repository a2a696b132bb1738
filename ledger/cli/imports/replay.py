"""Entering a history: each line becomes signed terms, each manifest's delivered lines one handoff that both sides sign.

Nothing is decided twice: keys, salts and deadlines derive from a stored seed and the line's ID, so the same file gives
the same records however often the replay is interrupted and begun again, and the ledger takes each of them once. A
line that was not delivered is opened, and handed over by a later file that says when.

What the file does not say (customs, hands in between, pick-up) is not invented: the consignor, or the carrier whom the
map names, has the goods until the consignee signs for them. So results read "as if" whom the map names were liable.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from ledger.cli.imports.seed import Seed, Terms, open_seed
from ledger.cli.sandbox import OPERATOR, Party, Trial, demo_key, found_trial, open_for_business, open_trial
from ledger.codes import Purpose, Role
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import RecordId, to_hex
from ledger.errors import ChainUnavailable, InvalidInput, LadingError, LeaseLost, RuleBroken
from ledger.formats.tabular.lines import Line, Where, manifests_of
from ledger.records.eip712 import Withheld
from ledger.records.signing import SignedRecord
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
from ledger.services.home.settings import Settings
from ledger.services.node.waiting import PATIENCE, settle_within
from ledger.services.state.verified_records import VerifiedRecords
from ledger.shipments.default_terms import TENDER_WINDOW
from ledger.shipments.history import Journeys

MANIFEST = 200
BATCH = 500
NO_KEY = bytes(20)
NO_HASH = bytes(32)


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
        """Admit consignors as suppliers, consignees as warehouses and carriers as such, in order of appearance."""
        settle_within(self.trial.node, self.trial.patience)  # who was being admitted when the last attempt broke off
        known = {partner.name: partner.id for partner in self.trial.node.reader.views.partners()}
        following = max(known.values()) + 1
        wanted: dict[str, list[RoleRequest]] = {}
        for name, role in dict.fromkeys(pair for line in lines for pair in _partners_of(line)):
            wanted.setdefault(name, []).append(RoleRequest(role))
        entries = []
        for name, roles in wanted.items():
            number = known.get(name)
            if number is None:
                number, following = following, following + 1
            self._parties[name] = Party(number, name, self._seed.key(name))
            entries.append((self._parties[name], "", roles))
        self.trial.admit(entries)

    def check_new(self, lines: Sequence[Line]) -> None:
        """Raise `InvalidInput` where a line was entered before with another content: both would count."""
        entered = self._entered()
        changed = [
            line for line in lines
            if entered.get(line.id, own := self.trial.node.home.domain.record_id(self.terms(line))) != own
        ]  # fmt: skip
        if changed:
            raise InvalidInput(
                f"{len(changed)} lines were entered before with another content, and what is signed stays",
                where=f"line {changed[0].line}",
                expected=f"{changed[0].id!r} as it was entered",
                found="another promise, amount, party or map",
                mend="Enter the changed file into a new LADING_HOME, or leave these lines as they were.",
            )

    def _entered(self) -> Mapping[str, RecordId]:
        """The shipments that replays of this home opened, by the line that each comes from."""
        node = self.trial.node
        with node.home.database.read() as connection:
            registry = node.reader.registry.refreshed(connection)
            journeys = Journeys(VerifiedRecords(connection, node.home.consortium, registry).all())
        entered: dict[str, RecordId] = {}
        for shipment in journeys.openings():
            details = journeys.terms_of(shipment).record.details
            said = (
                {} if isinstance(details, Withheld) or not details.text else parse_json(details.text.encode(), where="")
            )
            if isinstance(said, dict) and "replayed" in said:
                entered[str(said.get("line"))] = RecordId(shipment)
        return entered

    # --- records -------------------------------------------------------------------------------------------

    def terms(self, line: Line) -> ShipmentTerms:
        """The terms under which the consignor ships this line."""
        parties = {name: self._parties[name].id for name in line.partners}
        salt, promise = self._seed.salt, self._seed.terms
        alpha, cap = promise.penalty(line.value, line.freight)
        return ShipmentTerms(
            salt=salt(f"{line.id}/terms"),
            consignor=parties[line.consignor],
            consignee=parties[line.consignee],
            holder=parties[line.holder],
            recipientKey=NO_KEY,
            purpose=int(Purpose.ORIGINAL),
            parents=(),
            packages=line.packages,
            mode=int(line.mode),
            fulfilment=int(line.fulfilment or 0),
            origin=self._place(f"{line.id}/origin", line.origin),
            destination=self._place(f"{line.id}/destination", line.destination),
            contents=(
                Goods(
                    salt(f"{line.id}/goods"), line.gtin, line.lot, NO_HASH, line.packages, "package", line.hs,
                    line.description,
                ),
            ),
            commercial=Commercial(
                salt=salt(f"{line.id}/commercial"),
                orderRef=line.order,
                value=line.value,
                currency=line.currency,
                freight=line.freight,
                incoterm=line.incoterm,
                promisedAt=line.promised_at,
                grace=promise.grace,
                alpha=alpha,
                penaltyCap=cap,
                liable=parties[line.liable],
                beneficiary=parties[line.beneficiary],
                lostAfter=UNLIMITED_LAG,  # the file ends no clock early
                tenderWindow=TENDER_WINDOW,
                reportLag=UNLIMITED_LAG,  # history is entered years later, and says so
                rules=NO_HASH,
            ),
            requires=(),
            submitBy=self._seed.submit_by,
            details=self._details(line.id, {"replayed": "delivery history", "line": line.id}),
        )  # fmt: skip

    def _place(self, name: str, where: Where) -> Place:
        return Place(self._seed.salt(name), where.country, where.locode, where.gln, where.name)

    def signed_terms(self, line: Line) -> SignedRecord:
        signers = dict.fromkeys((line.consignor, line.holder))
        return self.trial.signed(self.terms(line), *(self._parties[name] for name in signers))

    def signed_manifest(self, note: Sequence[tuple[Line, RecordId]]) -> SignedRecord:
        """The manifest by which delivered lines that go together, at most 200, change hands on the delivery date."""
        line = note[0][0]
        releaser, receiver = self._parties[line.holder], self._parties[line.consignee]
        if line.delivered_at is None:
            raise ValueError(f"{line.id} is not delivered")
        name = f"{line.manifest}/{line.id}"
        items = sorted((shipment, of.packages) for of, shipment in note)
        record = Handoff(
            items=tuple(HandoffItem(shipment, 0, packages, 0) for shipment, packages in items),
            releaser=releaser.id,
            receiver=receiver.id,
            place=self._place(f"{name}/place", line.destination),
            load=Load(self._seed.salt(f"{name}/load"), line.manifest),
            occurredAt=line.delivered_at,
            dueAt=0,
            submitBy=self._seed.submit_by,
            details=self._details(name, {"replayed": "delivery history", "note": line.manifest}),
        )
        return self.trial.signed(record, releaser, receiver)

    def _details(self, name: str, content: dict[str, str]) -> Details:
        return Details(self._seed.salt(f"{name}/details"), canonical_json(content).decode())

    # --- running -------------------------------------------------------------------------------------------

    def records(self, lines: Sequence[Line]) -> Iterator[list[SignedRecord]]:
        """Batches in an order in which terms come before the manifests that move them."""
        domain = self.trial.node.home.domain
        for waiting in _chunks([line for line in lines if line.delivered_at is None], BATCH):
            yield [self.signed_terms(line) for line in waiting]
        for chunk in _chunks(manifests_of(lines), 100):
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
        self.check_new(lines)
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


def _partners_of(line: Line) -> tuple[tuple[str, Role], ...]:
    carriers = ((line.carrier, Role.CARRIER),) if line.carrier and line.carrier != line.consignor else ()
    return (line.consignor, Role.SUPPLIER), (line.consignee, Role.WAREHOUSE), *carriers


def _chunks(values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
