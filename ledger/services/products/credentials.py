"""Credentials and status lists that partners publish here: kept as they signed them, and taken in from nobody else.

The service adds nothing to them, and whoever reads one checks it as if it came from anywhere. Kept are those that show
no private part: one in a credential would outlive its erasure.
"""

from dataclasses import dataclass
from typing import Any

from ledger.bundle.format import Trust, parse_trust
from ledger.common.canonical import canonical_json
from ledger.common.ids import LogId, RecordId, to_hex
from ledger.errors import MalformedRecord, NotFound, NotPermitted, RuleBroken, VerificationFailed
from ledger.formats.credentials import conformity, passport
from ledger.formats.credentials.claims import check_valid
from ledger.formats.credentials.content import kind_of
from ledger.formats.credentials.evidence import Records
from ledger.formats.credentials.jose import open_credential
from ledger.formats.credentials.status import LENGTH, StatusList, issuer_of_list, list_url, open_status_list
from ledger.formats.credentials.verify import verify_credential
from ledger.records.disclosure import split
from ledger.records.types import Revocation
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.views.records import RecordViews
from ledger.store import log, records
from ledger.store.database import Connection
from ledger.store.documents import credentials
from ledger.store.documents.credentials import StoredCredential, StoredStatusList

MOST_BYTES = 64 << 10
"""Of one that is kept: some ten times what they have."""
KINDS = (conformity.KIND, passport.KIND)


@dataclass(frozen=True, slots=True)
class PublishedCredential:
    """`revoked_from`: from when its author revoked its record, in seconds; None where nothing here does by now."""

    id: str
    record: str
    kind: str
    issuer: int
    kept_at: int
    revoked_from: int | None


@dataclass(frozen=True, slots=True)
class ListName:
    """Whose list it is, of which log, and which of its lists."""

    partner: int
    log_id: LogId
    number: int


class Credentials:
    def __init__(self, home: Home, registry: CurrentRegistry, views: RecordViews) -> None:
        self._home = home
        self._db = home.database
        self._registry = registry
        self._views = views

    def publish(self, token: bytes, partner: int) -> PublishedCredential:
        """Keep a credential that `partner` issued, in the place of an earlier one with its id.

        Raises `MalformedRecord` for what is none, `VerificationFailed` where a step of `lading verify` does not hold,
        `NotPermitted` for another's, and while its issuer is suspended, `RuleBroken` where its record was revoked.
        """
        data, trust = _of_size(token), self._trust()
        for step in verify_credential(data, trust, self._home.clock.now()):
            if not step.ok:
                raise VerificationFailed(step.why, where=step.name, expected=step.expected, found=step.found)
        opened = open_credential(data)
        kind, own = kind_of(opened.claims), int(opened.claims["issuer"]["issuerAlsoKnownAs"][0]["registeredId"])
        if kind not in KINDS:
            raise MalformedRecord("not kept here", where="type", expected=" or ".join(KINDS), found=kind)
        found = Records.of(opened.claims["evidence"], trust)
        if any(split(one.signed.record)[1] for one in found.evidence):
            raise MalformedRecord(
                "it shows a private part", where="evidence", mend="Issue it anew: `lading credential` shows none in it."
            )
        if own != partner:
            raise NotPermitted("another's credential", where="session", expected=f"a key of partner {own}")
        made = StoredCredential(opened.claims["id"], found.ids()[0], kind, own, data, self._home.clock.now())
        with self._db.write() as connection:
            self._check_standing(connection, own)
            if records.get(connection, made.record_id) is None:
                raise NotFound("no such record in the log", where="evidence[0]", found=to_hex(made.record_id))
            result = self._shown(connection, made)
            if result.revoked_from is not None:
                raise RuleBroken("its record was revoked", where="evidence[0]", found=result.revoked_from)
            credentials.keep(connection, made)
        return result

    def of_record(self, record_id: RecordId) -> list[PublishedCredential]:
        """What is published of a record; nothing for a record that is not here."""
        with self._db.read() as connection:
            return [self._shown(connection, one) for one in credentials.of_record(connection, record_id)]

    def read(self, credential_id: str) -> bytes:
        """A credential as it was signed; raises `NotFound`."""
        with self._db.read() as connection:
            return self._found(connection, credential_id).token

    def withdraw(self, credential_id: str, partner: int) -> None:
        """Keep it no longer; raises `NotFound`, and `NotPermitted` for another's."""
        with self._db.write() as connection:
            if self._found(connection, credential_id).partner != partner:
                raise NotPermitted("another's credential", where="session")
            credentials.remove(connection, credential_id)

    # --- status lists ----------------------------------------------------------------------------------------

    def publish_list(self, token: bytes, listed: ListName, partner: int) -> None:
        """Keep a status list that `partner` signed for its own credentials.

        Raises as `publish` does; and `RuleBroken` for one that is no newer than the one before, or revokes less: it
        would hide what was revoked since.
        """
        data, trust, now = _of_size(token), self._trust(), self._home.clock.now()
        read = open_status_list(data)
        signer = issuer_of_list(read, trust)
        if not signer == listed.partner == partner:
            raise NotPermitted("another's list", where="session", expected=listed.partner, found=signer)
        check_valid(read.signed.claims, now)
        own = self._home.consortium.log.log_id
        lists = f"/v1/partners/{listed.partner}/status-lists"
        path = list_url(f"https://.{lists}", own, listed.number).removeprefix("https://.")
        if listed.log_id != own or not read.url.endswith(path):
            raise MalformedRecord("another list", where="id", expected=f"a URL that ends with {path}", found=read.url)
        with self._db.write() as connection:
            self._check_standing(connection, partner)
            if listed.number * LENGTH >= log.head(connection).size:
                raise NotFound("no record of the log is in it", where="number", found=listed.number)
            before = credentials.get_list(connection, partner, own, listed.number)
            if before is not None and before.token != data:
                _check_continues(open_status_list(before.token), read)
            credentials.keep_list(connection, StoredStatusList(partner, own, listed.number, data, now))

    def read_list(self, listed: ListName) -> bytes:
        """The newest list as its partner signed it; raises `NotFound`."""
        with self._db.read() as connection:
            found = credentials.get_list(connection, listed.partner, listed.log_id, listed.number)
        if found is None:
            raise NotFound("its partner has published no such list", where="status list", found=listed.number)
        return found.token

    # --- what both need --------------------------------------------------------------------------------------

    def _trust(self) -> Trust:
        book = self._views.partner_book()
        return parse_trust(canonical_json(self._home.consortium.trust_file() | {"partners": book.to_json()}))

    def _check_standing(self, connection: Connection, partner: int) -> None:
        if self._registry.refreshed(connection).now().suspended(partner):
            raise NotPermitted("a suspended partner publishes nothing", where="issuer", found=partner)

    def _found(self, connection: Connection, credential_id: str) -> StoredCredential:
        found = credentials.get(connection, credential_id)
        if found is None:
            raise NotFound("no such credential is published here", where="credential", found=credential_id[:200])
        return found

    def _shown(self, connection: Connection, kept: StoredCredential) -> PublishedCredential:
        author = getattr(records.get(connection, kept.record_id), "record", None)
        said = records.naming(connection, [kept.record_id], types=(Revocation.NUMBER,)).values()
        times = [
            row.record.effectiveFrom
            for row in said
            if isinstance(row.record, Revocation) and row.record.by == getattr(author, "by", None)
        ]
        revoked = min((time for time in times if time <= self._home.clock.now()), default=None)
        return PublishedCredential(
            kept.credential_id, to_hex(kept.record_id), kept.kind, kept.partner, kept.kept_at, revoked
        )


def _of_size(token: bytes) -> bytes:
    data = token.strip()
    if len(data) > MOST_BYTES:
        raise MalformedRecord("too large", where="body", expected=f"at most {MOST_BYTES} bytes", found=len(data))
    return data


def _check_continues(before: StatusList, after: StatusList) -> None:
    since: Any = (before.signed.claims["validFrom"], after.signed.claims["validFrom"])
    if since[1] <= since[0]:
        raise RuleBroken("no newer than the one here", where="validFrom", expected=f"after {since[0]}", found=since[1])
    lost = sum((old & ~new).bit_count() for old, new in zip(before.bits, after.bits, strict=True))
    if lost:
        raise RuleBroken(
            "what was revoked stays revoked",
            where="encodedList",
            expected="all entries of the list before",
            found=f"{lost} are missing",
            mend="Sign it with --before, and the list that is here.",
        )
