"""Credentials of the small world's records: what is issued, valid by UNTP, and what is not issued at all."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from ledger.common.periods import DAY, Period
from ledger.errors import MalformedRecord, NotPermitted, VerificationFailed
from ledger.products.description import PRODUCT_SCHEMA
from ledger.services.exports.bundle import Exporter
from tests.api.strangers.desk import STEPS, Desk, conformity, handed, record_in, unpadded
from tests.api.world import GTIN, LOT
from tests.e2e.stage import BROKER, CARRIER, MAKER, OCEAN, SHOP
from tests.unit.formats import untp


def test_an_attestation_is_a_conformity_credential(desk: Desk) -> None:
    claims = desk.issue(*conformity(desk, "lasting", "--kind", "certification", "--assessor", "self"))
    assert untp.findings("DigitalConformityCredential", claims) == []
    subject = claims["credentialSubject"]
    assert subject["assessorLevel"] == "self"
    (assessment,) = subject["conformityAssessment"]
    (assessed,) = assessment["assessedProduct"]
    assert assessed["product"]["id"] == f"https://id.gs1.org/01/{GTIN}/10/{LOT}"
    assert assessed["product"]["batchNumber"] == LOT
    evidence = record_in(claims)["message"]
    assert is_withheld(evidence["claims"])
    assert is_withheld(evidence["details"])
    good, steps = desk.verified()
    assert (good, [step.name for step in steps]) == (True, STEPS)
    assert f"partner {MAKER}" in steps[4].why


def test_header_contexts_and_types_are_as_the_standards_want_them(desk: Desk) -> None:
    """W3C vc-jose-cose 3.1.1; VC Data Model 2.0, 4.3 and 4.5; UNTP forbids contexts that catch all terms."""
    claims = desk.issue(*conformity(desk))
    header = json.loads(unpadded((desk.folder / "credential.jwt").read_text().split(".")[0]))
    assert {name: header[name] for name in ("alg", "typ", "cty")} == {"alg": "ES256K", "typ": "vc+jwt", "cty": "vc"}
    assert header["kid"] == f"{claims['issuer']['id']}#0"
    assert set(header) == {"alg", "typ", "cty", "kid"}
    assert claims["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://vocabulary.uncefact.org/untp/0.7.0/context/",
    ]
    assert claims["type"] == ["DigitalConformityCredential", "VerifiableCredential"]
    (evidence,) = claims["evidence"]
    names = [*evidence["type"], *(name for name in evidence if name != "type")]
    assert all(name.startswith("urn:lading:") for name in names), "terms that no context defines are whole URIs"


def test_what_the_standards_demand_is_missed_where_it_is_left_out(desk: Desk) -> None:
    lists = "https://ledger.example/v1/partners/2/status-lists"
    claims = desk.issue(*conformity(desk, "attested", "--status-lists", lists))
    kind = claims["type"][0]
    assert untp.findings(kind, claims) == []
    for name in ("@context", "type", "id", "issuer", "validFrom", "name", "credentialSubject"):
        left = {key: value for key, value in claims.items() if key != name}
        assert (untp.findings(kind, left) == []) is False, name
    subject, status = claims["credentialSubject"], claims["credentialStatus"]
    wrong: tuple[dict[str, Any], ...] = (
        {"id": "certificate 7"}, {"validFrom": "2026-01-31"}, {"validUntil": "soon"}, {"vc": {}},
        {"@context": claims["@context"][::-1]}, {"type": ["VerifiableCredential"]},
        {"issuer": claims["issuer"] | {"image": "seal"}},
        {"credentialSubject": subject | {"more": 1}}, {"credentialSubject": subject | {"assessorLevel": "best"}},
        {"credentialStatus": status | {"statusListIndex": 7}}, {"credentialStatus": {"type": "other"}},
    )  # fmt: skip
    for change in wrong:
        assert untp.findings(kind, claims | change), change


def is_withheld(part: object) -> bool:
    """Whether a private part stands there as its hash alone."""
    return isinstance(part, str) and re.fullmatch("0x[0-9a-f]{64}", part) is not None


@pytest.mark.parametrize(
    ("key", "record", "before", "roles", "step"),
    [
        (MAKER, "first leg", "", ["consignor", "carrier"], "shipping"),
        (SHOP, "delivery", "", ["carrier", "consignee"], "receiving"),
        (SHOP, "delivery", "damage", ["carrier", "consignee"], "receiving"),
    ],
)
def test_a_handoff_is_a_traceability_event(
    desk: Desk, key: int, record: str, before: str, roles: list[str], step: str
) -> None:
    claims = desk.issue(*handed(desk, key, record=record, before=before))
    assert untp.findings("DigitalTraceabilityEvent", claims) == []
    (event,) = claims["credentialSubject"]
    assert [one["role"] for one in event["relatedParty"]] == roles
    assert event["activityType"]["code"] == step
    assert event["movedProduct"][0]["disposition"] == ("active" if step == "receiving" else "inTransit")
    good, held = desk.verified()
    assert (good, [one.name for one in held]) == (True, STEPS)
    terms = record_in(claims, 1)["message"]
    assert is_withheld(terms["commercial"]), "no price is shown"
    assert is_withheld(terms["origin"]) is bool(before), "nor a place that the event does not name"


def test_who_may_not_read_the_contents_issues_no_event_of_them(desk: Desk) -> None:
    assert "contents are withheld" in str(desk.refusal(*handed(desk, OCEAN)))


def test_a_description_is_a_product_passport(desk: Desk) -> None:
    command = desk.passport("P1", "--language", "de")
    claims = desk.issue(*command)
    assert untp.findings("DigitalProductPassport", claims) == []
    subject = claims["credentialSubject"]
    assert (subject["name"], subject["idGranularity"], subject["batchNumber"]) == ("Säuglingsnahrung", "batch", "P1")
    assert subject["countryOfProduction"] == {"countryCode": "NZ"}
    assert desk.verified()[0]
    assert "not a category and a facility" in str(desk.refusal(*command, "--facility", "New Zealand"))
    text = (desk.folder / "description.json").read_bytes()
    (desk.folder / "description.json").write_bytes(text.replace(b"Kea", b"Koa"))
    assert "not what the attestation commits to" in str(desk.refusal(*command))
    assert hashlib.sha256(b"product").digest() == PRODUCT_SCHEMA


def test_only_a_signer_issues(desk: Desk) -> None:
    assert isinstance(desk.refusal(*conformity(desk, key=SHOP)), NotPermitted)
    other = handed(desk, OCEAN)
    other[1] = str(desk.folder / f"{BROKER}.json")
    assert isinstance(desk.refusal(*other), NotPermitted)


REFUSED: dict[str, Callable[[Desk], list[str]]] = {
    "another scheme": lambda desk: [*conformity(desk), "--scheme", "lading/other/1"],
    "an unknown code": lambda desk: conformity(desk, "lasting", "--kind", "praise"),
    "a scheme that is no URI": lambda desk: [*conformity(desk), "--scheme-id", "scheme 7"],
    "a record of another type": lambda desk: conformity(desk, "recall"),
    "the proof of another record": lambda desk: [
        *conformity(desk), "--proof", desk.fetch("other", desk.world.id("held"), MAKER)[1],
    ],
    "terms of another shipment": lambda desk: handed(desk, SHOP, terms="breach"),
    "a handoff that was not before": lambda desk: handed(desk, SHOP, before="first leg"),
    "a DID that is a key": lambda desk: [*conformity(desk), "--did", "did:jwk:abc"],
    "no DID": lambda desk: [*conformity(desk), "--did", "https://maker.example"],
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_before_anything_is_signed(desk: Desk, name: str) -> None:
    assert isinstance(desk.refusal(*REFUSED[name](desk)), MalformedRecord | VerificationFailed)


def test_every_flipped_bit_of_a_credential_is_refused(desk: Desk) -> None:
    """One bit in each of 400 places, spread over header, claims and signature."""
    desk.issue(*conformity(desk))
    token = (desk.folder / "credential.jwt").read_bytes().strip()
    count = 0
    for at in range(0, len(token), max(1, len(token) // 400)):
        altered = token[:at] + bytes([token[at] ^ 1 << at % 7]) + token[at + 1 :]
        if altered.isascii() and not desk.verified(altered.decode("ascii"))[0]:
            count += 1
    assert count >= 400


def test_a_credential_is_valid_as_long_as_its_attestation(desk: Desk) -> None:
    claims = desk.issue(*conformity(desk, "attested"))
    assert desk.verified(after=300 * DAY)[0]
    for moment in (366 * DAY, -100 * DAY):
        good, steps = desk.verified(after=moment)
        assert (good, steps[-1].name, steps[-1].ok) == (False, "validity", False)
        assert steps[-1].expected == f"from {claims['validFrom']} to {claims['validUntil']}"


def test_the_command_verifies_credentials(desk: Desk) -> None:
    desk.issue(*conformity(desk))
    (desk.folder / "altered.jwt").write_bytes((desk.folder / "credential.jwt").read_bytes().replace(b".", b".A", 1))
    for name, steps in (("credential", STEPS), ("altered", ["format"])):
        answer = desk.run("verify", str(desk.folder / f"{name}.jwt"), "--json")
        said = json.loads(answer.stdout)
        assert answer.exit_code == (0 if said["ok"] else 1)
        assert [step["name"] for step in said["steps"]] == steps
    assert "expected" in desk.run("verify", str(desk.folder / "altered.jwt")).stdout


def test_a_did_of_ones_own_has_the_key_beside_it(desk: Desk) -> None:
    answer = desk.run(
        "credential", *conformity(desk), "--did", "did:web:maker.example", "--out", str(desk.folder / "credential.jwt")
    )
    assert answer.exit_code == 0, answer.exception
    header = json.loads(unpadded((desk.folder / "credential.jwt").read_text().split(".")[0]))
    assert (header["kid"], header["typ"], header["alg"]) == ("did:web:maker.example#key-1", "vc+jwt", "ES256K")
    assert set(header["jwk"]) == {"kty", "crv", "x", "y"}, "never the private part"
    assert desk.verified()[0]


def test_scores_are_signed_by_who_made_them_again(desk: Desk) -> None:
    node = desk.world.stage.node
    bundle = Exporter(node.reader).partner(CARRIER, Period(0, 2**40 - 1, desk.world.stage.now))
    (desk.folder / "bundle.json").write_bytes(bundle)
    command = ["scorecard", str(desk.folder / f"{SHOP}.json"), str(desk.folder / "bundle.json")]
    claims = desk.issue(*command)
    assert claims["type"] == ["LadingScorecardCredential", "VerifiableCredential"]
    assert list(untp.model_validator().iter_errors(claims)) == []
    assert claims["credentialSubject"]["id"] == f"urn:lading:partner:{CARRIER}"
    assert claims["credentialSubject"]["scores"] == json.loads(bundle)["figures"]["scores"]
    assert claims["evidence"][0]["sha256"] == "0x" + hashlib.sha256(bundle).hexdigest()
    good, steps = desk.verified(after=10_000 * DAY)
    assert (good, [step.name for step in steps]) == (True, ["format", "signature", "issuer", "content", "validity"])
    assert f"partner {SHOP}" in steps[2].why
    cards = json.loads(bundle)["figures"]["scores"]["cards"]
    altered = bundle.replace(f'"shipments":{cards[0]["shipments"]}'.encode(), b'"shipments":99', 1)
    assert altered != bundle
    (desk.folder / "bundle.json").write_bytes(altered)
    assert isinstance(desk.refusal(*command), VerificationFailed)
    (desk.folder / "bundle.json").write_bytes(Exporter(node.reader).shipment(desk.world.ids["late"]))
    assert "not a partner's bundle" in str(desk.refusal(*command))
