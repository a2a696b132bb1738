"""What a scanned code is answered with: the pure verdict of `ledger.products.authenticity` on what this ledger
knows."""

import json
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

from ledger import merkle
from ledger.codes import Role, ShipmentState
from ledger.common import gs1
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import MINUTE
from ledger.errors import MalformedRecord, NotFound, RuleBroken
from ledger.explain import product as sentences
from ledger.products.authenticity import judge
from ledger.products.one_time_codes import FIRST_HANDS, MANY_WITHIN, Looks, are_one_time
from ledger.products.verdict import Evidence, Fate, ProductVerdict, Scan
from ledger.records.types import Attestation, Revocation
from ledger.records.verification import VerifiedRecord
from ledger.registry.brands import brands_over_time
from ledger.services.home.home import Home
from ledger.services.products import descriptions
from ledger.services.state.answers import Answers
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.extent import Extent, extent_of
from ledger.services.state.verified_records import VerifiedRecords
from ledger.services.views.models import StoryView
from ledger.services.views.records import RecordViews
from ledger.store import meta, records
from ledger.store.database import Connection
from ledger.store.projections import products, shipments
from ledger.store.projections.shipments import Shipment
from ledger.store.visits import sightings

MOST_CODES = 100_000
MOST_CODE_LENGTH = 512
MOST_LISTS = 32
"""Lists of item codes that are kept in memory."""
MOST_JOURNEYS = 20
_COUNTED = ("applied", "applied in breach")
_GONE = frozenset({ShipmentState.SOLD, ShipmentState.DESTROYED, ShipmentState.SEIZED})


class Products:
    """Answers are put together anew for each scan, for they depend on the second and on who looked before. What takes
    time, records to verify and journeys to tell, is kept until the store goes on; all of it is what the public sees.
    """

    def __init__(self, home: Home, registry: CurrentRegistry, views: RecordViews) -> None:
        self._db = home.database
        self._registry = registry
        self._home = home
        self._clock = home.clock
        self._views = views
        self._answers = Answers()
        self._codes = Answers(MOST_LISTS)
        self._one_time: dict[RecordId, bool] = {}

    def look_up(self, path: str, device: str = "", *, keep: bool = False) -> dict[str, Any]:
        """Verdict, reasons, what to do, and the journey of the goods; raises `MalformedRecord` for no GS1 path.

        `device`: a token of the device that scans; it says nothing about its bearer. With `keep` the look is counted,
        so that a one-time code in second hands is noticed; but only of a code that an attestation knows, or whose lot
        custody knows: strangers cannot fill the store with codes of their own.
        """
        product = gs1.parse_product(path)
        now = self._clock.now()
        with self._db.read() as connection:
            extent = extent_of(connection)
            view = self._registry.refreshed(connection, extent).now()
            looks = _looks(connection, product, now, device)
        lot = product.gtin, product.lot
        carried = self._answers.get(("carried", lot), extent, partial(self._carried, product), empty=False)
        fates: tuple[Fate, ...] = ()
        if product.serial:
            fates = self._answers.get(("fates", lot), extent, partial(self._fates, product), empty=False)
        verdict = judge(
            Scan(product, now),
            Evidence(
                records=self._records(product.gtin, extent),
                holders=brands_over_time(self._registry.history, view),
                listed=lambda attestation, path: path in self._codes_of(attestation),
                authorities=frozenset(one for one, _ in view.partners() if view.has_role(one, Role.AUTHORITY)),
                one_time=self._are_one_time,
                looks=looks,
                fates=fates,
            ),
        )
        journeys = self._journeys(lot, carried, (extent, now // MINUTE))
        if keep and device and product.serial and (verdict.known or (product.lot and carried)):
            with self._db.write() as connection:
                sightings.note(connection, product.path(), now, device)
        return _answer(product, verdict, journeys) | {"product": self._description(verdict, product.gtin, extent)}

    def _description(self, verdict: ProductVerdict, gtin: str, extent: Extent) -> dict[str, Any] | None:
        """What the brand says of the product, where that is kept here."""
        if verdict.described is None:
            return None
        record_id, document = verdict.described

        def read(whole: bool) -> dict[str, Any] | None:
            with self._db.read() as connection:
                return descriptions.told(connection, record_id, document, gtin, whole=whole)

        # What lacks its picture is not kept: it may be brought at any moment, without a record.
        kept = self._answers.get(("described", record_id, gtin), extent, lambda: read(whole=True), empty=False)
        return kept or read(whole=False)

    def keep_description(self, attestation_id: RecordId, text: bytes, picture: bytes) -> None:
        """As `descriptions.keep`."""
        descriptions.keep(self._db, attestation_id, text, picture)

    def description(self, document: bytes) -> bytes:
        """A product's description by its SHA-256, as it was signed; raises `NotFound`."""
        with self._db.read() as connection:
            text = descriptions.text_of(connection, document)
        if text is None:
            raise NotFound("no such description", where="document", found=to_hex(document))
        return text

    def picture(self, sha256: bytes) -> descriptions.KeptPicture:
        """A product's picture by its SHA-256; raises `NotFound`."""
        with self._db.read() as connection:
            result = descriptions.picture_of(connection, sha256)
        if result is None:
            raise NotFound("no such picture", where="picture", found=to_hex(sha256))
        return result

    def keep_codes(self, attestation_id: RecordId, codes: list[Any]) -> int:
        """Keep the item codes behind an attestation's root, so that single items can be told; how many.

        Anyone may publish them: they are taken only when their RFC 9162 root is the one that the issuer signed.
        """
        if len(codes) > MOST_CODES or not all(isinstance(c, str) and len(c) <= MOST_CODE_LENGTH for c in codes):
            raise MalformedRecord("not a list of codes", where="codes", expected=f"at most {MOST_CODES} GS1 paths")
        for i, code in enumerate(codes):
            gs1.parse_product(code, f"codes[{i}]")
        with self._db.write() as connection:
            row = records.get(connection, attestation_id)
            if row is None or not isinstance(row.record, Attestation):
                raise NotFound("no such attestation", where="attestation", found=to_hex(attestation_id))
            root = merkle.sorted_root(code.encode() for code in codes)
            if root != row.record.itemCodes:
                raise RuleBroken(
                    "these are not the attested codes",
                    where="codes",
                    expected=to_hex(row.record.itemCodes),
                    found=to_hex(root),
                )
            meta.put(connection, _codes_name(attestation_id), json.dumps(sorted(set(codes))))
        return len(codes)

    def _records(self, gtin: str, extent: Extent) -> list[VerifiedRecord]:
        """What bears on the authenticity of a GTIN's goods, in log order; what is said of whole partners is kept once
        for all GTINs.
        """
        subjects = f"01/{gtin}", "partner/"
        result: dict[RecordId, VerifiedRecord] = {}
        for subject in subjects:
            about = self._answers.get(("records", subject), extent, partial(self._about, subject), empty=False)
            result |= {verified.id: verified for verified in about}
        return sorted(result.values(), key=lambda verified: verified.log_index)

    def _about(self, subject: str) -> list[VerifiedRecord]:
        with self._db.read() as connection:
            about = [row.record_id for row in products.attestations_under(connection, subject)]
            if not subject.endswith("/"):
                about += [row.record_id for row in products.recalls_within(connection, subject)]
            about += records.naming(connection, about, types=(Revocation.NUMBER,))
            if not about:
                return []
            registry = self._registry.refreshed(connection)
            return VerifiedRecords(connection, self._home.consortium, registry).named(about)

    def _carried(self, product: gs1.Product) -> list[bytes]:
        """The first shipments with goods of the lot."""
        with self._db.read() as connection:
            return shipments.shipments_with(connection, product.gtin, product.lot, limit=MOST_JOURNEYS)

    def _fates(self, product: gs1.Product) -> tuple[Fate, ...]:
        """How all shipments of a lot ended, where that says something about an item's code that turns up later.

        Which serials were in a shipment is not told: while any goods of the lot may be about, this may be one of them;
        and it may be a sold one as long as any was sold.
        """
        with self._db.read() as connection:
            if shipments.any_with(connection, product.gtin, product.lot, outside=_GONE):
                return ()
            ended = shipments.all_with(connection, product.gtin, product.lot)
            wanted = [row for row in ended if row.state == ShipmentState.SOLD] or ended
            ids = [row.shipment for row in wanted]
            custody = shipments.steps_of_many(connection, ids)
            seized = shipments.clearance_steps_of_many(connection, [one for one in ids if one not in custody])

        def last(row: Shipment) -> RecordId:
            line = custody.get(row.shipment) or seized.get(row.shipment)
            return line[-1].record_id if line else row.terms

        return tuple(
            Fate(RecordId(row.shipment), row.consignor, ShipmentState(row.state), row.ended_at or 0, last(row))
            for row in wanted
        )

    def _codes_of(self, attestation: RecordId) -> frozenset[str]:
        """The signed root lets a list that was published never change: it is kept whatever else comes."""

        def read() -> frozenset[str]:
            with self._db.read() as connection:
                return codes_of(connection, attestation)

        return self._codes.get(attestation, None, read, empty=False)

    def _are_one_time(self, attestation: RecordId) -> bool:
        """Found once for each list: it holds up to `MOST_CODES`, and the signed root lets it never change."""
        if attestation not in self._one_time and (codes := self._codes_of(attestation)):
            self._one_time[attestation] = are_one_time([gs1.parse_product(path).serial for path in codes])
        return self._one_time.get(attestation, False)

    def _journeys(self, lot: Hashable, carried: Sequence[bytes], state: Hashable) -> list[dict[str, Any]]:
        """As the public is told them. Windows for contesting end by the clock: they are told anew every minute."""
        subject = "journeys", lot
        return self._answers.get(subject, state, lambda: [*map(_told, self._views.stories(carried))], empty=False)


def _answer(product: gs1.Product, verdict: ProductVerdict, journeys: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": product.path(),
        "verdict": str(verdict.verdict),
        "why": [
            {
                "code": str(reason.code),
                "text": sentences.reason_text(reason),
                "records": [to_hex(r) for r in reason.records],
                "at": reason.time or None,
            }
            for reason in verdict.why
        ],
        "asks": [str(part) for part in verdict.asks],
        "toDo": sentences.to_do(verdict),
        "journey": journeys,
    }


def _told(view: StoryView) -> dict[str, Any]:
    return {
        "shipment": view.summary.id,
        "status": view.summary.status,
        "consignor": view.summary.consignor.name,
        "consignee": view.summary.consignee.name,
        "stops": [
            {"at": step.at, "name": step.by[-1].name}
            for step in view.steps
            if step.packages and step.kind in ("opened", "handoff", "override") and step.outcome in _COUNTED
        ],
        "steps": [
            {
                "at": step.at,
                "text": step.text,
                "outcome": step.outcome,
                "breach": step.breach,
                "counts": step.counts and step.outcome in _COUNTED,
            }
            for step in view.steps
        ],
    }


def _looks(connection: Connection, product: gs1.Product, now: int, device: str) -> Looks:
    first = sightings.first(connection, product.path())
    if first is None:
        return Looks()
    return Looks(
        first=first,
        newcomer=sightings.first_newcomer(connection, product.path(), first + FIRST_HANDS) or 0,
        own=sightings.first(connection, product.path(), device) or 0,
        devices=sightings.devices(connection, product.path(), now - MANY_WITHIN),
    )


def codes_of(connection: Connection, attestation: RecordId) -> frozenset[str]:
    """The item codes that were published for an attestation, as GS1 paths."""
    return frozenset(json.loads(meta.get(connection, _codes_name(attestation)) or "[]"))


def _codes_name(attestation: bytes) -> str:
    return f"codes/{to_hex(attestation)}"
