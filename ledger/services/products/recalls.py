"""Recalls: who holds and who had the goods, who has answered, and how far the recall has come.

Whose goods they are decides who may read all of it: who recalls and does not speak for the brand sees no more than any
partner, for the chain takes a recall from whoever attested the goods.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ledger.codes import Hazard, RecallAction, RevocationReason, Role, ShipmentState
from ledger.common.gs1 import Lot, Product, parse_lots, parse_product, recall_covers, recalled_lots, recalled_product
from ledger.common.ids import RecordId, to_hex
from ledger.errors import NotFound, NotPermitted
from ledger.explain.product import TO_DO
from ledger.explain.text import say
from ledger.explain.words import counted, spaced, word
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.products.heard import Heard, RecallWord, word_of
from ledger.products.recall_tracing import Answer, Effectiveness, Reached, Way, effectiveness, reached
from ledger.products.verdict import Evidence
from ledger.records.types import Recall, Revocation
from ledger.registry.brands import brands_of, brands_over_time
from ledger.services.home.clock import Clock
from ledger.services.home.consortium import Consortium, read_consortium
from ledger.services.home.settings import Settings
from ledger.services.products.lot_tracing import MADE, Traced, goods_within, trace_goods, trace_shipment
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.partner_names import Names, PartnerName
from ledger.services.state.verified_records import VerifiedRecords
from ledger.services.views.course.spans import StayView
from ledger.services.views.models import (
    AnswerView,
    EffectView,
    HolderView,
    RecallSummary,
    RecallView,
    TracedShipment,
    TraceView,
)
from ledger.services.views.records import Reader
from ledger.store import records
from ledger.store.database import Connection, Database
from ledger.store.projections import products
from ledger.store.projections.products import StoredRecall

_STATUS = {int(state): spaced(state.name) for state in ShipmentState}


class Recalls:
    def __init__(self, db: Database, consortium: Consortium, registry: CurrentRegistry, names: Names) -> None:
        self._db = db
        self._consortium = consortium
        self._registry = registry
        self._names = names

    def listing(self, *, after: int = -1, limit: int = 50) -> list[RecallSummary]:
        """Every recall that the chain has recorded, in log order; page with the last one's `cursor` as `after`."""
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            result = products.all_recalls(connection, after=after, limit=limit)
            told = self._heard(connection, result)
            return [self._summary(connection, recall, told(recall)) for recall in result]

    def recall(self, record_id: RecordId, reader: Reader) -> RecallView:
        """One recall with what the reader may see of its trace; raises `NotFound`.

        Whoever recalled and speaks for the brand, an authority and an auditor see everything; a partner what concerns
        itself; the public what to do.
        """
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            stored = products.recall(connection, record_id)
            if stored is None:
                raise NotFound("no such recall", where="recall", found=to_hex(record_id))
            own = bool(reader.partner) and reader.partner == stored.by
            worth = self._heard(connection, [stored])(stored)
            everything = self._sees_all(reader) or (own and worth.speaks_now)
            summary = self._summary(connection, stored, worth)
            if not everything and not reader.partner:
                return RecallView(summary)
            traced = _reach(connection, stored, worth)
            answers = [
                Answer(row.by, row.found, row.quarantined, row.disposed, row.occurred_at)
                for row in products.recall_answers(connection, record_id)
            ]
            if everything and not self._sees_all(reader):
                traced, answers = _own_goods(traced, answers)
            known_at = self._known(connection, record_id)
            trace, people = self._view(connection, traced, answers, known_at, None if everything else reader.partner)
            stays = [stay for one in traced for stay in one.stays]
            effect = _effect(effectiveness(people, stays)) if everything else None
            return RecallView(summary, trace, effect)

    def expected(self, recall: StoredRecall) -> dict[int, int]:
        """How many packages each partner whom a recall has reached is to account for; nobody once it was taken back."""
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            worth = self._heard(connection, [recall])(recall)
            if not worth.stands:
                return {}
            stays = [stay for one in _reach(connection, recall, worth) for stay in one.stays]
            people = reached(stays, [], self._known(connection, recall.record_id))
            return {one.partner: one.expected for one in people if one.expected}

    def of_shipment(self, shipment: bytes, reader: Reader, *, concerned: bool) -> list[RecallSummary]:
        """The recalls that stand of goods that a shipment is known to carry, or what it was split from; and of what its
        goods were made of, where who recalls speaks for these: others could ask so what goods were made of.

        They tell what it carries, and anybody who may attest can call for one of any lots: so for who is `concerned`,
        having or having had the goods or seeing what they are, for authorities and for auditors; none for others.
        """
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            if not concerned and not self._sees_all(reader):
                return []
            goods = goods_within(connection, shipment)
            own = _recalls_of(connection, goods.own)
            result = _recalls_of(connection, goods.made_of) | own
            told = self._heard(connection, list(result.values()))
            worth = ((recall, told(recall)) for recall in result.values())
            return [
                self._summary(connection, recall, one)
                for recall, one in worth
                if one.stands and (recall.record_id in own or one.speaks)
            ]

    def trace(self, subject: str, lots: str, reader: Reader, way: Way = Way.DOWN) -> TraceView:
        """Who holds and who had goods, before anything is recalled; `subject` and `lots` as in a recall. On the way up:
        what they came from, and who had that.

        For the holder of the brand's GS1 prefix, authorities and auditors; what goods came from may be others' goods,
        and is told to the latter two. Raises `MalformedRecord`, `NotPermitted`.
        """
        with self._db.read() as connection:
            return self._view(connection, self.traced(connection, (subject, lots), reader, way), [], None, None)[0]

    def trace_shipment(self, shipment: bytes, reader: Reader, way: Way = Way.DOWN) -> TraceView:
        """As `trace`, of what became of one shipment's goods, or what these came from; for authorities and auditors.

        Raises `NotFound` for what the chain has not recorded.
        """
        with self._db.read() as connection:
            return self._view(connection, self.traced(connection, shipment, reader, way), [], None, None)[0]

    def traced(self, connection: Connection, goods: bytes | tuple[str, str], reader: Reader, way: Way) -> list[Traced]:
        """What `trace` or `trace_shipment` tells, as it was found; `goods`: a shipment, or a subject and its lots."""
        if isinstance(goods, bytes):
            self._registry.refreshed(connection)
            self.require(reader, None)
            result = trace_shipment(connection, goods, way)
            if not result:
                raise NotFound("no such shipment", where="subject", found=to_hex(goods))
            return result
        subject, lots = goods
        product = parse_product(subject)
        parse_lots(lots)
        self._registry.refreshed(connection)
        self.require(reader, product if way is Way.DOWN else None)
        traced = trace_goods(connection, subject, lots, way)
        return traced if self._sees_all(reader) else _own_goods(traced, [])[0]

    def require(self, reader: Reader, product: Product | None) -> None:
        """Raise `NotPermitted` unless the reader may see where all goods are, or those of `product`; the registry is
        fresh.
        """
        if self._sees_all(reader):
            return
        if product is None:
            raise NotPermitted(
                "what goods came from, and where a shipment's went, is told to authorities and to auditors",
                where="subject",
                mend="Sign in with a key of such a partner.",
            )
        if reader.partner not in brands_of(self._registry.now(), product.gtin):
            raise NotPermitted(
                "where goods are is told to their brand, to authorities and to auditors",
                where="subject",
                expected="the holder of the GS1 prefix",
                mend="Sign in with a key of such a partner.",
            )

    def _sees_all(self, reader: Reader) -> bool:
        return reader.auditor or (
            bool(reader.partner) and self._registry.now().has_role(reader.partner, Role.AUTHORITY)
        )

    def _heard(self, connection: Connection, recalls: Sequence[StoredRecall]) -> Callable[[StoredRecall], RecallWord]:
        """What these recalls are worth now, by the very rules that give a product's verdict."""
        view = self._registry.now()
        own = [recall.record_id for recall in recalls]
        about = [*own, *records.naming(connection, own, types=(Recall.NUMBER,))]
        told = products.attestations_under(connection, "partner/")
        about += [row.record_id for row in told if row.schema == BRAND_AUTHORISATION]
        about += records.naming(connection, about, types=(Revocation.NUMBER,))
        verified = VerifiedRecords(connection, self._consortium, self._registry)
        evidence = Evidence(
            records=verified.sound(about),
            holders=brands_over_time(self._registry.history, view),
            authorities=frozenset(partner for partner, _ in view.partners() if view.has_role(partner, Role.AUTHORITY)),
        )
        heard = Heard.at(view.time, evidence.records)
        return lambda recall: word_of(recall.record_id, heard, evidence)

    # --- views -----------------------------------------------------------------------------------------------

    def _known(self, connection: Connection, record_id: RecordId) -> int | None:
        """Since when nobody can deny knowledge of a record that is here (`Facts.known`)."""
        row = records.get(connection, record_id)
        rows = [row] if row else []
        facts = VerifiedRecords(connection, self._consortium, self._registry).facts(rows)
        return facts[record_id].known if facts else None

    def _summary(self, connection: Connection, recall: StoredRecall, worth: RecallWord) -> RecallSummary:
        return RecallSummary(
            id=to_hex(recall.record_id),
            by=self._names.of(connection, recall.by),
            subject=recall.subject,
            lots=recall.lots,
            hazard=word(Hazard, recall.hazard),
            action=word(RecallAction, recall.action),
            contact=recall.contact,
            at=recall.occurred_at,
            superseded_by=to_hex(worth.replaced_by) if worth.replaced_by else None,
            cursor=recall.log_index,
            affected=_affected(recall),
            to_do=TO_DO[RecallAction(recall.action)] if recall.action in RecallAction.__members__.values() else "",
            speaks=worth.speaks,
            revoked_by=to_hex(worth.revoked_by) if worth.revoked_by else None,
            revoked_for=word(RevocationReason, worth.reason) if worth.reason else "",
        )

    def _view(
        self,
        connection: Connection,
        traced: list[Traced],
        answers: list[Answer],
        known_at: int | None,
        only: int | None,
    ) -> tuple[TraceView, tuple[Reached, ...]]:
        """`only`: what concerns this partner alone; None: everything."""
        stays = [stay for one in traced for stay in one.stays]
        people = reached(stays, answers, known_at)
        seen = [one for one in traced if only is None or any(stay.partner == only for stay in one.stays)]
        named = {stay.partner for one in seen for stay in one.stays} | {one.row.consignor for one in seen}
        names = {partner: self._names.of(connection, partner) for partner in named}
        view = TraceView(
            shipments=tuple(_shipment(one, only, names) for one in seen),
            holders=tuple(self._holder(connection, one) for one in people if only in (None, one.partner)),
        )
        return view, people

    def _holder(self, connection: Connection, one: Reached) -> HolderView:
        name: PartnerName = self._names.of(connection, one.partner)
        answer = one.answer
        return HolderView(
            partner=name,
            holds=one.holds,
            expected=one.expected,
            passed_on=one.passed_on,
            sold=one.sold,
            lost=one.lost,
            destroyed=one.destroyed,
            outstanding=one.outstanding,
            answer=AnswerView(answer.found, answer.quarantined, answer.disposed, answer.at) if answer else None,
            text=_words(name.name, one),
        )


def _reach(connection: Connection, recall: StoredRecall, worth: RecallWord) -> list[Traced]:
    """The shipments that a recall reaches: with what was made of the goods, if who recalls speaks for these."""
    traced = trace_goods(connection, recall.subject, recall.lots)
    return traced if worth.speaks else _own_goods(traced, [])[0]


def _recalls_of(connection: Connection, goods: Iterable[tuple[str, str]]) -> dict[RecordId, StoredRecall]:
    return {
        recall.record_id: recall
        for gtin, lot in sorted(goods)
        for recall in products.recalls_within(connection, f"01/{gtin}")
        if _concerns(recall, Product(gtin, lot))
    }


def _own_goods(traced: Sequence[Traced], answers: Sequence[Answer]) -> tuple[list[Traced], list[Answer]]:
    """What a brand is told of its goods: not what others made of them, nor who answers for that alone."""
    own = [one for one in traced if one.certainty != MADE]
    had = {stay.partner for one in own for stay in one.stays}
    others = {stay.partner for one in traced for stay in one.stays} - had
    return own, [answer for answer in answers if answer.partner not in others]


def _shipment(traced: Traced, only: int | None, names: Mapping[int, PartnerName]) -> TracedShipment:
    row = traced.row
    return TracedShipment(
        shipment=to_hex(row.shipment),
        certainty=traced.certainty,
        status=_STATUS[row.state],
        packages=row.packages,
        consignor=names[row.consignor],
        stays=tuple(
            [
                StayView(names[stay.partner], stay.since, stay.until, stay.packages)
                for stay in traced.stays
                if only is None or stay.partner == only
            ]
        ),
    )


def _affected(recall: StoredRecall) -> tuple[str, ...]:
    """Lots and serials in words; nothing for all of the subject, or where they cannot be read."""
    return tuple(
        say("lot {code}", code=entry.lot)
        if isinstance(entry, Lot)
        else say("serial {code}", code=entry.first)
        if entry.first == entry.last
        else say("serials {first} to {last}", first=entry.first, last=entry.last)
        for entry in recalled_lots(recall.lots)
    )


def _concerns(recall: StoredRecall, product: Product) -> bool:
    """Whether goods of that GTIN and lot are recalled, or may be."""
    subject = recalled_product(recall.subject)
    return subject is not None and recall_covers(subject, recalled_lots(recall.lots), product) is not False


@contextmanager
def reading_recalls(settings: Settings, clock: Clock) -> Iterator[Recalls]:
    """The recalls of a home, read beside whatever process serves it. Raises `Misconfigured` when there is none."""
    consortium = read_consortium(settings.home)
    database = Database.existing(settings.database_url)
    try:
        registry = CurrentRegistry(consortium.genesis, clock)
        yield Recalls(database, consortium, registry, Names(registry, consortium.genesis.consortium_id))
    finally:
        database.close()


def _words(name: str, one: Reached) -> str:
    """The partner's part in a sentence."""
    did = [
        f"{verb} {counted(count, 'package')}"
        for verb, count in (
            ("holds", one.holds),
            ("handed on", one.passed_on),
            ("sold", one.sold),
            ("lost", one.lost),
            ("destroyed", one.destroyed),
        )
        if count
    ]
    if one.answer is not None:
        said = one.answer
        did.append(f"answers: found {said.found}, set apart {said.quarantined}, disposed of {said.disposed}")
        if one.unconfirmed:
            did.append(f"of which {one.unconfirmed} not with it by custody")
    elif one.expected:
        did.append("has not answered")
    return f"{name} " + "; ".join(did or ["had none of these goods"])


def _effect(found: Effectiveness) -> EffectView:
    have = "has" if found.asked == 1 else "have"
    text = (
        f"{found.answered} of {counted(found.asked, 'holder')} {have} answered; found {found.found} of "
        f"{counted(found.expected, 'package')}, {found.quarantined} set apart, {found.disposed} disposed of, "
        f"{found.outstanding} outstanding; {found.at_consumers} with consumers"
    )
    if found.unconfirmed:
        text += f"; answers name {counted(found.unconfirmed, 'package')} more than custody shows, which do not count"
    return EffectView(
        found.asked,
        found.answered,
        found.expected,
        found.found,
        found.quarantined,
        found.disposed,
        found.outstanding,
        found.unconfirmed,
        found.at_consumers,
        text,
    )
