"""What a credential proves: its issuer signed it, the record under it is the ledger's, and both say the same."""

from collections.abc import Iterator

from ledger.bundle.format import Trust
from ledger.bundle.steps import ATTESTED, PROVED, Said, Step, failed
from ledger.common.ids import to_hex
from ledger.errors import LadingError, VerificationFailed
from ledger.formats.credentials import scorecard
from ledger.formats.credentials.claims import check_valid
from ledger.formats.credentials.content import check_content, issuer_party, kind_of
from ledger.formats.credentials.evidence import Records
from ledger.formats.credentials.jose import OpenedCredential, open_credential
from ledger.formats.credentials.parties import NO_BOOK, check_named, owner_of
from ledger.formats.credentials.revocation import Issued, Later, check_revocation, check_scores
from ledger.formats.credentials.status import entry_of

NAMES = ("format", "signature", "records", "inclusion", "issuer", "content", "validity", "status")
SCORE_NAMES = ("format", "signature", "issuer", "content", "validity")
NOT_LOOKED_AT = "; whether it was revoked since was not looked at"


def is_credential(data: bytes) -> bool:
    """Whether a file says of itself that it is a signed credential; nothing is checked."""
    head, *rest = data.strip().split(b".", 3)
    return head.startswith(b"eyJ") and len(rest) == 2


def verify_credential(data: bytes, trust: Trust, now: int, later: Later | None = None) -> list[Step]:
    """Check a file for which `is_credential` holds.

    1. format     it is a credential of a kind that is known here, with nothing in it that is not
    2. signature  its issuer's key signed it
    3. records    each record is of the trusted consortium, and signed
    4. inclusion  each is in a trusted log, with enough witnesses where the trust file asks for them
    5. issuer     a partner that signed the first record issued it, with a key in force, under its own name
    6. content    it says what the records say, and names partners as the partner book does
    7. validity   it is valid at `now`
    8. status     it was not revoked since, by what `later` has (only where it has any)

    Whose key it is, and what a partner is called, is the partner book's word: the log's, as a trust file has it. Of
    scorecards format, signature, issuer, content and validity are checked; they rest on a bundle, and their figures
    are held against it where `later` has it. Never raises for what is in `data`.
    """
    steps: list[Step] = []
    try:
        for name, said in _checks(data, trust, now, later):
            steps.append(Step(name, True, said.basis, why=said.why))
    except LadingError as error:
        names = SCORE_NAMES if steps and steps[0].why == scorecard.KIND else NAMES
        steps.append(failed(names[len(steps)], PROVED, error))
    return steps


def _checks(data: bytes, trust: Trust, now: int, later: Later | None) -> Iterator[tuple[str, Said]]:
    opened = open_credential(data)
    kind = kind_of(opened.claims)
    yield "format", Said(kind, PROVED)
    yield "signature", Said(f"signed with the key {to_hex(opened.key)}; {_did(opened)}", PROVED)
    if kind == scorecard.KIND:
        yield from _scores(opened, trust, now, later)
        return
    found = Records.of(opened.claims["evidence"], trust)
    yield "records", Said("; ".join(found.said()), PROVED)
    yield "inclusion", Said(found.check_inclusion(trust), PROVED)
    partner, why = found.check_issuer(opened, trust)
    issuer = issuer_party(opened)
    if issuer.partner != partner:
        raise VerificationFailed(
            "the issuer names another partner", where="issuer", expected=partner, found=issuer.partner
        )
    check_named([issuer], trust)
    yield "issuer", Said(why, ATTESTED)
    check_named(check_content(kind, opened.claims, issuer, found), trust)
    status = opened.claims.get("credentialStatus")
    entry = None if status is None else entry_of(status, found.evidence[0].proof, trust)
    yield "content", Said("it says what the records say, with what the issuer adds", PROVED)
    valid = check_valid(opened.claims, now)
    yield "validity", Said(valid if later else valid + NOT_LOOKED_AT, PROVED)
    if later:
        yield "status", check_revocation(Issued(found.recovered[0], partner, entry), trust, now, later)


def _scores(opened: OpenedCredential, trust: Trust, now: int, later: Later | None) -> Iterator[tuple[str, Said]]:
    """Nothing stands behind a scorecard but who signed it, so that one has to be known."""
    owner = owner_of(opened.key, trust)
    if owner is None:
        raise VerificationFailed(
            "nobody known signed it",
            where="issuer",
            expected="a key in the partner book of the trust file",
            found=to_hex(opened.key),
            mend=NO_BOOK.capitalize() + "." if trust.partners is None else "",
        )
    issuer = issuer_party(opened)
    if issuer.partner != owner.partner:
        raise VerificationFailed(
            "the issuer names another partner", where="issuer", expected=owner.partner, found=issuer.partner
        )
    check_named([issuer], trust)
    yield "issuer", Said(f"a key of partner {owner.partner}, {owner.name}, in force", ATTESTED)
    about = scorecard.check_shape(opened.claims, issuer)
    check_named([about], trust)
    yield "content", check_scores(opened.claims, about, trust, later)
    yield "validity", Said(check_valid(opened.claims, now), PROVED)


def _did(opened: OpenedCredential) -> str:
    if opened.is_key:
        return "the issuer's DID is that key"
    return f"that the key is one of {opened.did[:80]} is the issuer's word: nobody asked that DID's document"
