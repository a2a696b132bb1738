"""What both clients hold, and what they do without asking anybody: drafts, signatures, checks of what one was given."""

import time
from collections.abc import Mapping
from typing import Any

import httpx2

from ledger.bundle.format import Trust, parse_trust
from ledger.bundle.steps import Step
from ledger.bundle.verify import verify_bundle
from ledger.client.calls import Answer, base_url
from ledger.client.checking import check_leaf, check_receipt, domain_of, shown
from ledger.client.drafts import completed
from ledger.client.signatures import check_signatures
from ledger.common.ids import RecordId, bytes_from_hex
from ledger.custody.shape import check_shape
from ledger.errors import Misconfigured, Unavailable
from ledger.log.leaf import Receipt
from ledger.records.content_checks import check_content
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.wallet_input import envelope_from_wallet

_NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.InvalidURL,
    httpx2.LocalProtocolError,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


class Desk:
    """`trust`: the trust file as `lading trust` prints it, from somebody you trust; the service is nobody to ask for
    it. `key`: what signs, where nothing else is said.
    """

    def __init__(self, url: str, trust: bytes | Trust | None, key: SigningKey | None) -> None:
        self._url = base_url(url)
        self._trust = parse_trust(trust) if isinstance(trust, bytes) else trust
        self._key = key
        self._token = ""

    @property
    def trust(self) -> Trust:
        """Raises `Misconfigured` where none was given."""
        if self._trust is None:
            raise Misconfigured(
                "no trust file", where="trust", mend="Pass what `lading trust` prints: Client(url, trust=…)."
            )
        return self._trust

    def draft(self, type_: str, message: Mapping[str, Any], *, now: int | None = None) -> SignedRecord:
        """A record that nobody has signed yet, from a template as `lading sign` takes it: what it leaves out is empty,
        salts are random, times are of `now` (UTC seconds, the machine's where it is left out).

        Raises `MalformedRecord` or `RuleBroken` for what the ledger would refuse for what it says.
        """
        moment = int(time.time()) if now is None else now
        signed = envelope_from_wallet(completed({"type": type_, "message": message}, moment))
        check_content(signed.record, moment)
        check_shape(signed.record)
        return signed

    def sign(
        self, signed: SignedRecord, key: SigningKey | None = None, *, pool: bytes | None = None, unlisted: bool = False
    ) -> SignedRecord:
        """The record with one more signature. `pool`: of a record about money the bonus pool, by default the newest.

        Raises `MalformedRecord` where a private part is withheld: nobody signs what he cannot see. Raises
        `VerificationFailed` where it bears a signature of somebody who has no part in it by the trust file's partner
        book, unless `unlisted`: then what was signed was altered.
        """
        signer = self._signer(key)
        domain = domain_of(self.trust, signed.record, pool)
        domain.typed_data(signed.record)
        if not unlisted:
            check_signatures(self.trust, domain.record_id(signed.record), signed)
        signature = signer.sign(domain, signed.record)
        if signature in signed.signatures:
            return signed
        return SignedRecord(signed.record, (*signed.signatures, signature))

    def id_of(self, signed: SignedRecord, *, pool: bytes | None = None) -> str:
        """The id that a record has, accepted or not."""
        return f"0x{domain_of(self.trust, signed.record, pool).record_id(signed.record).hex()}"

    def shown(self, view: Mapping[str, Any]) -> SignedRecord:
        """The record that an answer shows, to be looked at and signed: `client.sign(client.shown(view))`.

        Raises `VerificationFailed` where its id is not its own.
        """
        return shown(self.trust, view, RecordId(bytes_from_hex(str(view.get("id")), 32, "id")))

    def check_receipt(self, receipt: object, signed: SignedRecord | None = None) -> Receipt:
        """The receipt in an answer, once a log of the trust file is known to have signed it; for `signed` alone, under
        these signatures in this order, where a record is given.

        Raises `MalformedRecord` or `VerificationFailed`.
        """
        checked = check_receipt(self.trust, receipt)
        if signed is not None:
            check_leaf(checked, RecordId(bytes_from_hex(self.id_of(signed), 32, "id")), signed)
        return checked

    def verify(self, bundle: bytes) -> list[Step]:
        """Every step of checking a bundle against the trust file, up to the first that fails; nobody is asked."""
        return verify_bundle(bundle, self.trust)

    def _signer(self, key: SigningKey | None) -> SigningKey:
        signer = key or self._key
        if signer is None:
            raise Misconfigured("no key", where="key", mend="Pass one here, or as Client(url, key=…).")
        return signer

    def _lost(self, error: Exception) -> Answer:
        """What a flow is handed instead of an answer; raises where the call was never sent."""
        told = self._without_answer(error)
        if isinstance(error, _NEVER_SENT):
            raise told
        return Answer(0, b"", {}, lost=told)

    def _without_answer(self, error: Exception) -> Unavailable:
        return Unavailable("the service does not answer", where=self._url, found=str(error) or type(error).__name__)
