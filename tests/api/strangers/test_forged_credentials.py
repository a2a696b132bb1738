"""What a liar writes: each is refused, and where it is said. The unaltered credential passes."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from joserfc import jws
from joserfc.jwk import ECKey

from ledger.bundle.steps import ATTESTED
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, Period
from ledger.errors import MalformedRecord
from ledger.formats.credentials.envelope import Issuer, Party
from ledger.formats.credentials.jose import MAX_TOKEN, IssuingKey, encoded, open_credential, sign_credential
from ledger.records.signing import SigningKey
from ledger.registry.partner_book import signed_book
from ledger.services.exports.bundle import Exporter
from tests.api.strangers.desk import Desk, conformity, handed, renamed, unpadded
from tests.api.world import LOT
from tests.e2e.stage import CARRIER, MAKER, OCEAN, SHOP

STRANGER = SigningKey((77).to_bytes(32, "big"))
CLAIMS = dict[str, Any]


@pytest.fixture
def claims(desk: Desk) -> CLAIMS:
    """A certificate's claims, which pass as they are when signed again."""
    claims = desk.issue(*conformity(desk, "attested"))
    assert desk.verified(desk.resigned(MAKER, claims))[0]
    return claims


WRONG: dict[str, tuple[str, Callable[[CLAIMS], CLAIMS]]] = {
    "another lot": ("content", lambda c: subject_with(c, f"/10/{LOT}", "/10/L2")),
    "another product": ("content", lambda c: subject_with(c, "/01/0", "/01/1")),
    "from earlier on": ("content", lambda _: {"validFrom": "2020-01-01T00:00:00Z"}),
    "no record": ("records", lambda _: {"evidence": []}),
    "a record twice": ("content", lambda c: {"evidence": c["evidence"] * 2}),
    "more records than are read": ("records", lambda c: {"evidence": c["evidence"] * 17}),
    "over": ("validity", lambda _: {"validUntil": "2000-01-01T00:00:00Z"}),
    "another kind": ("format", lambda _: {"type": ["PraiseCredential", "VerifiableCredential"]}),
    "two kinds": ("format", lambda c: {"type": [c["type"][0], "DigitalProductPassport", "VerifiableCredential"]}),
    "types the other way round": ("format", lambda c: {"type": c["type"][::-1]}),
    "a type that is a text": ("format", lambda _: {"type": "VerifiableCredential"}),
    "a context more": ("format", lambda c: {"@context": [*c["@context"], "https://liar.example/terms/v1"]}),
    "a context that redefines": ("format", lambda c: {"@context": [*c["@context"], {"name": "urn:liar:other"}]}),
    "contexts in another order": ("format", lambda c: {"@context": c["@context"][::-1]}),
    "a catch-all context": (
        "format", lambda c: {"@context": [*c["@context"], "https://www.w3.org/ns/credentials/undefined-terms/v2"]},
    ),
    "a member that nobody checks": ("format", lambda _: {"termsOfUse": [{"type": "Praise"}]}),
    "a credential within": ("format", lambda c: {"vc": c}),
    "a credential in the subject": ("content", lambda c: {"credentialSubject": c["credentialSubject"] | {"vc": c}}),
    "another credential as the subject": ("content", lambda c: {"credentialSubject": c}),
    "an id of its own": ("content", lambda _: {"id": "urn:uuid:00000000-0000-4000-8000-000000000000"}),
    "another title": ("content", lambda _: {"name": "Certified by the authority"}),
    "another name of who got it": ("content", lambda c: subject_named(c, "Authority of all")),
    "another's number": ("content", lambda c: in_subject(c, issuedToParty=Party(MAKER, name_of(c), "9506000134369"))),
    "nobody's number": ("content", lambda c: in_subject(c, issuedToParty=Party(99, "Somebody"))),
    "a party with a member more": (
        "content", lambda c: subject_with(c, '"registeredId"', '"description": "the authority", "registeredId"'),
    ),
    "a status that is no list": ("content", lambda _: {"credentialStatus": {"type": "Fine"}}),
    "no title": ("content", lambda _: {"name": None}),
    "a subject that is a text": ("content", lambda _: {"credentialSubject": "praise"}),
}  # fmt: skip


def subject_with(claims: CLAIMS, before: str, after: str) -> CLAIMS:
    return {"credentialSubject": renamed(claims["credentialSubject"], before, after)}


def name_of(claims: CLAIMS) -> str:
    return str(claims["issuer"]["name"])


def subject_named(claims: CLAIMS, name: str) -> CLAIMS:
    subject = claims["credentialSubject"]
    return {"credentialSubject": subject | {"issuedToParty": subject["issuedToParty"] | {"name": name}}}


def in_subject(claims: CLAIMS, **parties: Party) -> CLAIMS:
    made = {name: party.to_json() for name, party in parties.items()}
    return {"credentialSubject": claims["credentialSubject"] | made}


@pytest.mark.parametrize("name", WRONG)
def test_what_an_issuer_cannot_say(desk: Desk, claims: CLAIMS, name: str) -> None:
    step, change = WRONG[name]
    assert desk.refused_at(desk.resigned(MAKER, claims | change(claims)))[0] == step


@pytest.mark.parametrize("until", [None, "", "2099-01-01T00:00:00Z", "0000-01-01", 0])
def test_nobody_prolongs_what_ends(desk: Desk, claims: CLAIMS, until: object) -> None:
    changed = {k: v for k, v in claims.items() if k != "validUntil"} | ({} if until is None else {"validUntil": until})
    assert desk.refused_at(desk.resigned(MAKER, changed), after=400 * DAY)[0] == "content"


def test_who_issues_is_who_signed_and_goes_by_its_own_name(desk: Desk, claims: CLAIMS) -> None:
    issuing = IssuingKey.of(desk.key(MAKER))

    def named(**changes: Any) -> str:
        issuer = Issuer(issuing.did, desk.party(MAKER)).to_json() | changes
        return sign_credential(claims | {"issuer": issuer}, issuing)

    assert desk.verified(named())[0]
    own = desk.party(MAKER)
    wrong = {
        "another name": named(name="Customs of all countries"),
        "another name, twice": named(
            name="Customs", issuerAlsoKnownAs=[Party(MAKER, "Customs", own.gln).to_json()]
        ),
        "another's number": named(issuerAlsoKnownAs=[Party(MAKER, own.name, "9506000134369").to_json()]),
        "another partner": named(name=desk.party(SHOP).name, issuerAlsoKnownAs=[desk.party(SHOP).to_json()]),
        "two partners": named(issuerAlsoKnownAs=[own.to_json(), desk.party(SHOP).to_json()]),
        "nobody": named(issuerAlsoKnownAs=[]),
        "a member more": named(image="https://liar.example/seal.png"),
        "another's record": desk.resigned(SHOP, claims),
        "a stranger's key": desk.resigned(MAKER, claims, STRANGER),
    }  # fmt: skip
    for name, token in wrong.items():
        assert desk.refused_at(token)[0] == "issuer", name


def without_key(desk: Desk, key: SigningKey) -> None:
    """The trust file of a time when the key was no longer in force: its book is signed anew."""
    node = desk.world.stage.node
    book = node.reader.views.partner_book()
    kept = [replace(e, keys={k: v for k, v in e.keys.items() if k != key.address}) for e in book.entries]
    anew = signed_book(node.reader.views._signer, book.size, book.council, kept)
    trust = node.home.consortium.trust_file() | {"partners": anew.to_json()}
    (desk.folder / "trust.json").write_bytes(canonical_json(trust))


def test_a_key_that_was_revoked_issues_nothing(desk: Desk, claims: CLAIMS) -> None:
    token = desk.resigned(MAKER, claims)
    assert desk.verified(token)[0]
    without_key(desk, desk.key(MAKER))
    step, why = desk.refused_at(token)
    assert step == "issuer"
    assert "in force for nobody" in why
    answer = desk.run("credential", *conformity(desk, "attested"))
    assert "a key in force" in str(answer.exception)


def test_without_a_partner_book_the_step_says_so(desk: Desk, claims: CLAIMS) -> None:
    good, steps = desk.verified(desk.resigned(MAKER, claims), bookless=True)
    assert good
    assert steps[4].basis == ATTESTED
    assert "no partner book" in steps[4].why
    good, steps = desk.verified(desk.resigned(MAKER, claims, STRANGER), bookless=True)
    assert (good, steps[-1].name) == (False, "issuer")


def test_an_event_names_the_parties_as_they_are_called(desk: Desk) -> None:
    claims = desk.issue(*handed(desk, SHOP))
    assert desk.verified(desk.resigned(SHOP, claims))[0]
    (event,) = claims["credentialSubject"]
    for at, partner in enumerate((OCEAN, SHOP)):
        forged = json.loads(json.dumps(event))
        assert forged["relatedParty"][at]["party"]["registeredId"] == str(partner)
        forged["relatedParty"][at]["party"]["name"] = "Somebody of name"
        assert desk.refused_at(desk.resigned(SHOP, claims | {"credentialSubject": [forged]}))[0] == "content"
    assert desk.refused_at(desk.resigned(SHOP, claims | {"credentialSubject": [event, event]}))[0] == "content"
    assert desk.refused_at(desk.resigned(SHOP, claims | {"evidence": claims["evidence"][:1]}))[0] == "content"


def test_a_passport_is_what_its_brand_says_and_no_more(desk: Desk) -> None:
    claims = desk.issue(*desk.passport("P2"))
    subject = claims["credentialSubject"]
    assert desk.verified(desk.resigned(MAKER, claims))[0]
    other = [{"role": "brandOwner", "party": desk.party(SHOP).to_json()}]
    changes: tuple[CLAIMS, ...] = (
        {"relatedParty": other},
        {"relatedParty": []},
        {"batchNumber": "P9"},
        {"id": subject["id"].replace("/10/P2", "/10/P9")},
        {"performanceClaim": [{"type": ["Claim"]}]},
        {"countryOfProduction": {"countryCode": "XX"}},
        {"countryOfProduction": {"countryCode": "NZ", "countryName": "Elsewhere"}},
        {"producedAtFacility": {"type": ["Facility"], "id": "https://liar.example", "name": "Works"}},
        {"productCategory": []},
        {"name": "Gold"},
    )
    for change in changes:
        token = desk.resigned(MAKER, claims | {"credentialSubject": subject | change})
        assert desk.refused_at(token)[0] == "content", change


def test_a_passport_of_another_kind_of_attestation_is_none(desk: Desk, claims: CLAIMS) -> None:
    product = claims["credentialSubject"]["conformityAssessment"][0]["assessedProduct"][0]["product"]
    altered = claims | {"type": ["DigitalProductPassport", "VerifiableCredential"], "credentialSubject": product}
    assert "the attestation describes no product" in desk.refused_at(desk.resigned(MAKER, altered))[1]


def test_scores_of_nobody_known_or_in_anothers_name_are_refused(desk: Desk) -> None:
    bundle = Exporter(desk.world.stage.node.reader).partner(CARRIER, Period(0, 2**40 - 1, desk.world.stage.now))
    (desk.folder / "bundle.json").write_bytes(bundle)
    claims = desk.issue("scorecard", str(desk.folder / f"{SHOP}.json"), str(desk.folder / "bundle.json"))
    late = 10_000 * DAY
    assert desk.verified(desk.resigned(SHOP, claims), late)[0]
    for key, partner in ((STRANGER, SHOP), (STRANGER, 0), (desk.key(MAKER), SHOP)):
        assert desk.refused_at(desk.resigned(partner, claims, key), late)[0] == "issuer"
    for changed in ({"validFrom": ""}, {"validUntil": "ever"}, {"validUntil": None}):
        assert desk.refused_at(desk.resigned(SHOP, claims | changed), late)[0] == "validity"
    subject = claims["credentialSubject"]
    changes: tuple[CLAIMS, ...] = (
        {"name": "Somebody"}, {"registeredId": str(MAKER)}, {"id": "urn:lading:partner:1"}, {"more": 1}, {"type": []},
    )  # fmt: skip
    for change in changes:
        token = desk.resigned(SHOP, claims | {"credentialSubject": subject | change})
        assert desk.refused_at(token, late)[0] == "content", change


def spoken(header: dict[str, Any], claims: bytes, key: ECKey | None, algorithm: str = "ES256K") -> str:
    """A token with any header; its signature is right where there is a key."""
    if key is None:
        return f"{encoded(canonical_json(header))}.{encoded(claims)}."
    return jws.serialize_compact(header, claims, key, algorithms=[algorithm])


def beheaded(header: dict[str, Any], token: str) -> str:
    """The token under another header than it was signed under."""
    return ".".join([encoded(canonical_json(header)), *token.split(".")[1:]])


def test_one_key_and_one_algorithm(desk: Desk, claims: CLAIMS) -> None:
    issuing, other = IssuingKey.of(desk.key(MAKER)), IssuingKey.of(STRANGER)
    text = canonical_json(claims)
    right = {"alg": "ES256K", "typ": "vc+jwt", "cty": "vc", "kid": issuing.kid}
    assert desk.verified(spoken(right, text, issuing.private))[0]
    p256 = ECKey.import_key(generate_private_key(SECP256R1()))
    p256_did = "did:jwk:" + encoded(canonical_json(p256.as_dict(private=False)))
    by_p256 = canonical_json(claims | {"issuer": claims["issuer"] | {"id": p256_did}})
    secret = {"kty": "EC", "crv": "secp256k1", "x": issuing.jwk["x"], "y": issuing.jwk["y"], "d": "AA"}
    wrong = {
        "no algorithm": spoken(right | {"alg": "none"}, text, None),
        "no signature": spoken(right, text, None) + "AA",
        "an algorithm of another curve": spoken(
            right | {"alg": "ES256", "kid": p256_did + "#0"}, by_p256, p256, "ES256"
        ),
        "another curve's key": beheaded(right | {"kid": p256_did + "#0"}, spoken(right, text, issuing.private)),
        "a shared secret": spoken(right | {"alg": "HS256"}, text, None) + "AA",
        "another key under the id": spoken(right, text, other.private),
        "another key beside the id": spoken(right | {"jwk": other.jwk}, text, other.private),
        "its own key beside the id": spoken(right | {"jwk": issuing.jwk}, text, issuing.private),
        "another fragment": spoken(right | {"kid": issuing.did + "#1"}, text, issuing.private),
        "no fragment": spoken(right | {"kid": issuing.did}, text, issuing.private),
        "no key": spoken({k: v for k, v in right.items() if k != "kid"}, text, issuing.private),
        "a private key": spoken(
            right | {"kid": "did:jwk:" + encoded(canonical_json(secret)) + "#0"}, text, issuing.private
        ),
        "a web DID without its key": spoken(right | {"kid": "did:web:maker.example#key-1"}, text, issuing.private),
        "a key from the network": spoken(right | {"jku": "https://liar.example/keys"}, text, issuing.private),
        "a certificate": spoken(right | {"x5c": ["AA=="]}, text, issuing.private),
        "another type": spoken(right | {"typ": "JWT"}, text, issuing.private),
        "a presentation": spoken(right | {"typ": "vp+jwt", "cty": "vp"}, text, issuing.private),
        "another content": spoken(right | {"cty": "vp"}, text, issuing.private),
        "no type": spoken({k: v for k, v in right.items() if k != "typ"}, text, issuing.private),
    }
    for name, token in wrong.items():
        assert desk.refused_at(token)[0] in {"format", "signature"}, name


def test_a_did_that_others_speak_for_is_only_said(desk: Desk, claims: CLAIMS) -> None:
    issuing = IssuingKey.of(desk.key(MAKER), "did:web:customs.example")
    token = sign_credential(claims | {"issuer": Issuer(issuing.did, desk.party(MAKER)).to_json()}, issuing)
    good, steps = desk.verified(token)
    assert good
    assert "is the issuer's word: nobody asked that DID's document" in steps[1].why
    stranger = IssuingKey.of(STRANGER, "did:web:customs.example")
    token = sign_credential(claims | {"issuer": Issuer(stranger.did, desk.party(MAKER)).to_json()}, stranger)
    assert desk.refused_at(token)[0] == "issuer"


def test_text_that_readers_take_differently_is_refused(desk: Desk, claims: CLAIMS) -> None:
    issuing = IssuingKey.of(desk.key(MAKER))
    header = {"alg": "ES256K", "typ": "vc+jwt", "cty": "vc", "kid": issuing.kid}
    text = canonical_json(claims)
    assert desk.verified(spoken(header, text, issuing.private))[0]
    wrong = {
        "a member twice": text[:-1] + b',"name":"Gold"}',
        "a member twice within": text.replace(b'"issuer":{', b'"issuer":{"id":"did:web:liar.example",', 1),
        "a fraction": text[:-1] + b',"validUntil":1.5}',
        "no object": b"[" + text + b"]",
        "no JSON": b"praise",
        "nested without end": b'{"issuer":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    }
    for name, payload in wrong.items():
        assert desk.refused_at(spoken(header, payload, issuing.private))[0] == "format", name
    twice = json.dumps(header)[:-1] + ', "alg": "none"}'
    signed = spoken(header, text, issuing.private).split(".")
    assert desk.refused_at(".".join([encoded(twice.encode()), *signed[1:]]))[0] == "format"
    assert unpadded(signed[1]) == text
    huge = base64.urlsafe_b64encode(b" " * MAX_TOKEN).decode()
    assert "too large" in desk.refused_at(f"{signed[0]}.{huge}.{signed[2]}")[1]


def test_the_key_of_another_partner_under_the_record_is_refused(desk: Desk, claims: CLAIMS) -> None:
    """The operator can put any record into its log: one that a rogue key signed for another is no partner's."""
    assert to_hex(desk.key(SHOP).address) != to_hex(desk.key(MAKER).address)
    forged = json.loads(json.dumps(claims))
    signed = desk.world.signed(desk.world.handoff(), MAKER, SHOP)
    forged["evidence"][0]["urn:lading:record"]["@value"] = signed
    assert desk.refused_at(desk.resigned(MAKER, forged))[0] == "inclusion"


def test_large_ones_are_read_and_too_large_ones_never_signed(claims: CLAIMS, desk: Desk) -> None:
    issuing = IssuingKey.of(desk.key(MAKER), "did:web:" + "a" * 400 + ".example")
    named = claims | {"issuer": {"id": issuing.did}}
    large = named | {"name": "x" * 500_000}
    assert open_credential(sign_credential(large, issuing).encode()).claims == large
    with pytest.raises(MalformedRecord, match="too large"):
        sign_credential(named | {"name": "x" * MAX_TOKEN}, issuing)
