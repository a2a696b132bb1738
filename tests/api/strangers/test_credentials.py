"""Credentials of the small world's records: valid by UNTP, and refused where anything in them is another."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from typer.testing import CliRunner, Result

from ledger.bundle.format import parse_trust
from ledger.bundle.steps import Step
from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.cli.main import app
from ledger.common.canonical import canonical_json
from ledger.common.periods import DAY, Period
from ledger.common.scopes import schema_hash
from ledger.errors import LadingError, MalformedRecord, NotPermitted, VerificationFailed
from ledger.formats.credentials.envelope import Issuer, Party
from ledger.formats.credentials.jose import IssuingKey, sign_credential
from ledger.formats.credentials.verify import verify_credential
from ledger.products.description import PRODUCT_SCHEMA, Description, description_text
from ledger.records.signing import SigningKey
from ledger.records.types import Attestation, Claims
from ledger.services.exports.bundle import Exporter
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from tests.api.test_products import describe
from tests.api.world import GTIN, LOT, World
from tests.e2e.stage import BROKER, CARRIER, MAKER, OCEAN, SCHEMA, SHOP
from tests.unit.formats import untp

STEPS = ["format", "signature", "records", "inclusion", "issuer", "content", "validity"]


class Desk:
    """A partner's own machine: keys, trust file, and what it fetched from the service."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        trust = world.stage.node.home.consortium.trust_file() | {
            "partners": world.stage.node.reader.views.partner_book().to_json()
        }
        (folder / "trust.json").write_bytes(canonical_json(trust))
        for partner in (MAKER, CARRIER, OCEAN, BROKER, SHOP):
            write_keystore(folder / f"{partner}.json", self.key(partner), DEMO_PASSPHRASE, demo=True)

    def key(self, partner: int) -> SigningKey:
        return self.world.stage.parties[partner].key

    def fetch(self, name: str, record_id: str, who: int) -> list[str]:
        """A record as its signer may read it, and its proof; as options."""
        record = self.world.get(f"/v1/records/{record_id}", self.world.token(who))
        (self.folder / f"{name}.json").write_text(json.dumps(record))
        proof = self.world.client.get(f"/v1/records/{record_id}/tlog-proof")
        (self.folder / f"{name}.tlog-proof").write_bytes(proof.content)
        return [str(self.folder / f"{name}.json"), str(self.folder / f"{name}.tlog-proof")]

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--trust", str(self.folder / "trust.json")])

    def issue(self, *arguments: str) -> dict[str, Any]:
        """The claims of what `lading credential` wrote."""
        answer = self.run("credential", *arguments, "--out", str(self.folder / "credential.jwt"))
        assert answer.exit_code == 0, answer.exception
        return claims_of((self.folder / "credential.jwt").read_text())

    def refusal(self, *arguments: str) -> LadingError:
        answer = self.run("credential", *arguments, "--out", str(self.folder / "refused.jwt"))
        assert isinstance(answer.exception, LadingError), answer.output
        assert not (self.folder / "refused.jwt").exists()
        return answer.exception

    def verified(self, token: str = "", after: int = 0) -> tuple[bool, list[Step]]:
        """Whether all steps hold, `after` so many seconds of the world's clock; and the steps."""
        data = token.encode() if token else (self.folder / "credential.jwt").read_bytes()
        trust = parse_trust((self.folder / "trust.json").read_bytes())
        steps = verify_credential(data, trust, self.world.stage.now + after)
        return all(step.ok for step in steps), steps


def claims_of(token: str) -> dict[str, Any]:
    """The payload, once a stranger's library has checked the signature with the key that the issuer's DID is."""
    header, payload, _ = token.strip().split(".")
    kid = json.loads(unpadded(header))["kid"]
    key = ECKey.import_key(json.loads(unpadded(kid.removeprefix("did:jwk:").removesuffix("#0"))))
    jws.deserialize_compact(token.strip(), key, algorithms=["ES256K"])
    result: dict[str, Any] = json.loads(unpadded(payload))
    return result


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    """With an attestation that never ends, beside those of the world."""
    if "lasting" not in world.ids:
        stage = world.stage
        attested = Attestation(
            MAKER, schema_hash(SCHEMA), f"01/{GTIN}/10/{LOT}", NO_HASH, stage.now, 0, NO_HASH,
            Claims(salt(), '{"made":"in a test"}'), NO_HASH, details(),
        )  # fmt: skip
        world.ids["lasting"] = stage.sign(attested, MAKER)
        stage.node.settle()
    return Desk(world, tmp_path)


def conformity(desk: Desk, name: str = "lasting", *more: str, key: int = MAKER) -> list[str]:
    record, proof = desk.fetch(name, desk.world.id(name), MAKER)
    options = ["--record", record, "--proof", proof, "--scheme", SCHEMA, "--title", "Genuine formula", *more]
    return ["conformity", str(desk.folder / f"{key}.json"), *options]


def handed(desk: Desk, key: int, *, before: str = "", record: str = "delivery", terms: str = "late") -> list[str]:
    files = desk.fetch("record", desk.world.id(record), key)
    of_terms = desk.fetch("terms", desk.world.id(terms), key)
    options = ["--record", files[0], "--proof", files[1], "--terms", of_terms[0], "--terms-proof", of_terms[1]]
    if before:
        earlier = desk.fetch("before", desk.world.id(before), key)
        options += ["--before", earlier[0], "--before-proof", earlier[1]]
    return ["event", str(desk.folder / f"{key}.json"), *options]


def test_an_attestation_is_a_conformity_credential(desk: Desk) -> None:
    claims = desk.issue(*conformity(desk, "lasting", "--kind", "certification", "--assessor", "self"))
    assert list(untp.validator("DigitalConformityCredential").iter_errors(claims)) == []
    subject = claims["credentialSubject"]
    assert subject["assessorLevel"] == "self"
    (assessment,) = subject["conformityAssessment"]
    (assessed,) = assessment["assessedProduct"]
    assert assessed["product"]["id"] == f"https://id.gs1.org/01/{GTIN}/10/{LOT}"
    assert assessed["product"]["batchNumber"] == LOT
    evidence = claims["evidence"][0]["record"]["message"]
    assert is_withheld(evidence["claims"])
    assert is_withheld(evidence["details"])
    good, steps = desk.verified()
    assert (good, [step.name for step in steps]) == (True, STEPS)
    assert f"partner {MAKER}" in steps[4].why


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
    assert list(untp.validator("DigitalTraceabilityEvent").iter_errors(claims)) == []
    (event,) = claims["credentialSubject"]
    assert [one["role"] for one in event["relatedParty"]] == roles
    assert event["activityType"]["code"] == step
    assert event["movedProduct"][0]["disposition"] == ("active" if step == "receiving" else "inTransit")
    good, held = desk.verified()
    assert (good, [one.name for one in held]) == (True, STEPS)
    terms = claims["evidence"][1]["record"]["message"]
    assert is_withheld(terms["commercial"]), "no price is shown"
    assert is_withheld(terms["origin"]) is bool(before), "nor a place that the event does not name"


def test_who_may_not_read_the_contents_issues_no_event_of_them(desk: Desk) -> None:
    assert "contents are withheld" in str(desk.refusal(*handed(desk, OCEAN)))


def test_a_description_is_a_product_passport(desk: Desk) -> None:
    text = description_text(Description(GTIN, "Kea", {"en": "Infant formula", "de": "Säuglingsnahrung"}, {}, None))
    described = describe(desk.world, "P1", text)
    desk.world.stage.node.settle()
    record, proof = desk.fetch("described", described, MAKER)
    (desk.folder / "description.json").write_bytes(text)
    options = ["--record", record, "--proof", proof, "--description", str(desk.folder / "description.json")]
    options += ["--category", "23991,Homogenised food", "--facility", "NZ,NZAKL,Auckland"]
    command = ["passport", str(desk.folder / f"{MAKER}.json"), *options]
    claims = desk.issue(*command, "--language", "de")
    assert list(untp.validator("DigitalProductPassport").iter_errors(claims)) == []
    subject = claims["credentialSubject"]
    assert (subject["name"], subject["idGranularity"], subject["batchNumber"]) == ("Säuglingsnahrung", "batch", "P1")
    assert subject["countryOfProduction"] == {"countryCode": "NZ"}
    assert desk.verified()[0]
    assert "not a category and a facility" in str(desk.refusal(*command, "--facility", "New Zealand"))
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


def resigned(desk: Desk, partner: int, claims: dict[str, Any]) -> str:
    """The claims under another signature, as one may write them who holds that key."""
    issuing = IssuingKey.of(desk.key(partner))
    known = Issuer(issuing.did, Party(partner, "Somebody")).to_json()
    return sign_credential(claims | {"issuer": known}, issuing)


def test_what_the_issuer_cannot_say(desk: Desk) -> None:
    claims = desk.issue(*conformity(desk))
    subject = claims["credentialSubject"]
    wrong: dict[str, tuple[str, int, dict[str, Any]]] = {
        "of another's record": ("issuer", SHOP, {}),
        "as another partner": ("issuer", MAKER, {"issuer": Issuer("", Party(SHOP, "Shop")).to_json()}),
        "of another lot": ("content", MAKER, {"credentialSubject": renamed(subject, f"/10/{LOT}", "/10/L2")}),
        "for longer": ("content", MAKER, {"validFrom": "2020-01-01T00:00:00Z"}),
        "of no record": ("records", MAKER, {"evidence": []}),
        "of another kind": ("format", MAKER, {"type": ["PraiseCredential", "VerifiableCredential"]}),
        "not any more": ("validity", MAKER, {"validUntil": "2000-01-01T00:00:00Z"}),
    }
    for name, (step, partner, change) in wrong.items():
        altered = claims | change
        if "issuer" in change:
            issuing = IssuingKey.of(desk.key(partner))
            token = sign_credential(altered | {"issuer": change["issuer"] | {"id": issuing.did}}, issuing)
        else:
            token = resigned(desk, partner, altered)
        good, steps = desk.verified(token)
        assert (good, steps[-1].name, steps[-1].ok) == (False, step, False), name


def renamed(value: Any, before: str, after: str) -> Any:
    return json.loads(json.dumps(value).replace(before, after))


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
    assert claims["credentialSubject"]["id"] == f"urn:lading:partner:{CARRIER}"
    assert claims["credentialSubject"]["scores"] == json.loads(bundle)["figures"]["scores"]
    assert claims["evidence"][0]["sha256"] == "0x" + hashlib.sha256(bundle).hexdigest()
    good, steps = desk.verified(after=10_000 * DAY)
    assert (good, [step.name for step in steps]) == (True, ["format", "signature", "issuer", "validity"])
    assert f"partner {SHOP}" in steps[2].why
    cards = json.loads(bundle)["figures"]["scores"]["cards"]
    altered = bundle.replace(f'"shipments":{cards[0]["shipments"]}'.encode(), b'"shipments":99', 1)
    assert altered != bundle
    (desk.folder / "bundle.json").write_bytes(altered)
    assert isinstance(desk.refusal(*command), VerificationFailed)
    (desk.folder / "bundle.json").write_bytes(Exporter(node.reader).shipment(desk.world.ids["late"]))
    assert "not a partner's bundle" in str(desk.refusal(*command))


def signed_by(key: SigningKey, partner: int, claims: dict[str, Any]) -> str:
    issuing = IssuingKey.of(key)
    return sign_credential(claims | {"issuer": Issuer(issuing.did, Party(partner, "Somebody")).to_json()}, issuing)


@pytest.mark.parametrize("until", [None, "", "2099-01-01T00:00:00Z", "0000-01-01", 0])
def test_nobody_prolongs_what_ends(desk: Desk, until: object) -> None:
    claims = {k: v for k, v in desk.issue(*conformity(desk, "attested")).items() if k != "validUntil"}
    told = {} if until is None else {"validUntil": until}
    good, steps = desk.verified(resigned(desk, MAKER, claims | told), after=400 * DAY)
    assert (good, steps[-1].name) == (False, "content")


def test_a_passport_of_another_kind_of_attestation_is_none(desk: Desk) -> None:
    claims = desk.issue(*conformity(desk))
    product = claims["credentialSubject"]["conformityAssessment"][0]["assessedProduct"][0]["product"]
    altered = claims | {
        "type": ["DigitalProductPassport", "VerifiableCredential"],
        "credentialSubject": product | {"name": "Gold"},
    }
    good, steps = desk.verified(resigned(desk, MAKER, altered))
    assert (good, steps[-1].name) == (False, "content")
    assert "the attestation describes no product" in steps[-1].why


def test_a_passport_names_the_brand_that_attested_it(desk: Desk) -> None:
    text = description_text(Description(GTIN, "Kea", {"en": "Infant formula"}, {}, None))
    described = describe(desk.world, "P2", text)
    desk.world.stage.node.settle()
    record, proof = desk.fetch("described", described, MAKER)
    (desk.folder / "description.json").write_bytes(text)
    options = ["--record", record, "--proof", proof, "--description", str(desk.folder / "description.json")]
    options += ["--category", "23991,Homogenised food", "--facility", "NZ,NZAKL,Auckland"]
    claims = desk.issue("passport", str(desk.folder / f"{MAKER}.json"), *options)
    other = [{"role": "brandOwner", "party": Party(SHOP, "Shop").to_json()}]
    altered = claims | {"credentialSubject": claims["credentialSubject"] | {"relatedParty": other}}
    assert desk.verified(resigned(desk, MAKER, claims))[0]
    good, steps = desk.verified(resigned(desk, MAKER, altered))
    assert (good, steps[-1].name) == (False, "content")


def test_nobody_goes_by_anothers_number(desk: Desk) -> None:
    claims = desk.issue(*conformity(desk))
    party = Party(MAKER, "Maker", "9506000134369").to_json()
    altered = claims | {"credentialSubject": claims["credentialSubject"] | {"issuedToParty": party}}
    good, steps = desk.verified(resigned(desk, MAKER, altered))
    assert (good, steps[-1].name) == (False, "content")
    assert "another's GLN" in steps[-1].why


def test_scores_of_nobody_known_or_in_anothers_name_are_refused(desk: Desk) -> None:
    bundle = Exporter(desk.world.stage.node.reader).partner(CARRIER, Period(0, 2**40 - 1, desk.world.stage.now))
    (desk.folder / "bundle.json").write_bytes(bundle)
    claims = desk.issue("scorecard", str(desk.folder / f"{SHOP}.json"), str(desk.folder / "bundle.json"))
    stranger = SigningKey((77).to_bytes(32, "big"))
    for key, partner in ((stranger, SHOP), (stranger, 0), (desk.key(MAKER), SHOP)):
        good, steps = desk.verified(signed_by(key, partner, claims), after=10_000 * DAY)
        assert (good, steps[-1].name) == (False, "issuer")
    for changed in ({"validFrom": ""}, {"validUntil": "ever"}, {"validUntil": None}):
        good, steps = desk.verified(signed_by(desk.key(SHOP), SHOP, claims | changed), after=10_000 * DAY)
        assert (good, steps[-1].name) == (False, "validity")
