"""What the commands about credentials read: records, proofs, who is who; and how they sign what they made."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

from ledger.bundle.format import Trust, parse_trust
from ledger.cli.commands.keys import keystore_path, open_key, read_file
from ledger.cli.output import err, out
from ledger.common.canonical import parse_json
from ledger.common.ids import RecordId, to_hex
from ledger.errors import MalformedRecord, NotPermitted, VerificationFailed
from ledger.formats.credentials.envelope import Issuer, Party, RecordEvidence
from ledger.formats.credentials.jose import IssuingKey, sign_credential
from ledger.formats.credentials.parties import may_issue, party_by_book
from ledger.formats.credentials.status import Entry
from ledger.formats.credentials.verify import verify_credential
from ledger.log.tlog_proof import parse_tlog_proof
from ledger.records.disclosure import join, split
from ledger.records.signers import signing_partners
from ledger.records.signing import Domain, SignedRecord, SigningKey, recover
from ledger.records.wallet_input import envelope_from_wallet
from ledger.services.home.settings import read_settings

ENVELOPE = ("type", "message", "signatures")


@dataclass(frozen=True, slots=True)
class Desk:
    """Who issues, and what it trusts."""

    key: SigningKey
    issuing: IssuingKey
    trust: Trust

    @classmethod
    def opened(cls, key: str, trust: Path, did: str | None) -> "Desk":
        settings = read_settings()
        opened = open_key(settings, keystore_path(settings, key))
        return cls(opened, IssuingKey.of(opened, did), parse_trust(read_file(trust)))

    def party(self, partner: int) -> Party:
        return party_by_book(partner, self.trust)

    def record_id(self, signed: SignedRecord) -> RecordId:
        return Domain(self.trust.genesis.consortium_id).record_id(signed.record)

    def issuer_of(self, signed: SignedRecord) -> Issuer:
        """This desk as a partner that signed the record, perhaps with an earlier key; raises `NotPermitted`."""
        digest = self.record_id(signed)
        for partner, signature in zip(signing_partners(signed.record), signed.signatures, strict=False):
            own = may_issue(self.key.address, partner, signed.record.NUMBER, self.trust)
            if own or (self.trust.partners is None and recover(digest, signature) == self.key.address):
                return Issuer(self.issuing.did, self.party(partner))
        raise NotPermitted(
            "only who signed a record issues a credential of it",
            where="key",
            expected="a key in force of a partner that signed the record",
            found=to_hex(self.key.address),
            mend="Name such a key; where it is a new one, get a newer trust file.",
        )

    def status(self, lists: str | None, proof: Path) -> dict[str, Any]:
        """The member that says where the issuer's status list is; nothing without `lists`."""
        if lists is None:
            return {}
        return {"credentialStatus": Entry.of(lists, parse_tlog_proof(read_file(proof)), self.trust).to_json()}

    def evidence(self, signed: SignedRecord, proof: Path, opened: Iterable[str] = ()) -> RecordEvidence:
        """The record with no private part shown but those at these paths."""
        public, parts = split(signed.record)
        shown = join(public, {path: part for path, part in parts.items() if path in set(opened)})
        consortium = self.trust.genesis.consortium_id
        return RecordEvidence(consortium, SignedRecord(shown, signed.signatures), parse_tlog_proof(read_file(proof)))

    def write(self, credential: dict[str, Any], path: Path | None) -> None:
        """Sign a credential, check it as its readers will, and write it; raises `VerificationFailed` for the first step
        that does not hold.
        """
        token = sign_credential(credential, self.issuing)
        for step in verify_credential(token.encode(), self.trust, max(int(time()), 0)):
            if not step.ok and step.name != "validity":  # one may be issued for later
                raise VerificationFailed(step.why, where=step.name, expected=step.expected, found=step.found)
        if path is None:
            out.print(token, markup=False)
            return
        write_token(path, token)
        err.print(f"{path}: a credential of {credential['issuer']['name']}; `lading verify` checks it", markup=False)


def write_token(path: Path, token: str) -> None:
    try:
        path.write_text(f"{token}\n", encoding="ascii")
    except OSError as error:
        raise MalformedRecord("cannot be written", where=str(path), found=error.strerror or "") from None


def read_record(path: Path) -> SignedRecord:
    """A signed record, as `lading sign` writes it or as `/v1/records/{id}` answers with it."""
    data = parse_json(read_file(path), where=str(path))
    if isinstance(data, dict) and all(name in data for name in ENVELOPE):
        data = {name: data[name] for name in ENVELOPE}
    return envelope_from_wallet(data)


def expect(signed: SignedRecord, kind: type[Any], path: Path) -> Any:
    if not isinstance(signed.record, kind):
        raise MalformedRecord(
            "a record of another type", where=str(path), expected=kind.__name__, found=type(signed.record).__name__
        )
    return signed.record
