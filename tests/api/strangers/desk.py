"""A partner's own machine, on which credentials of the small world are issued and verified."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey
from typer.testing import CliRunner, Result

from ledger.bundle.format import Trust, parse_trust
from ledger.bundle.steps import Step
from ledger.cli.main import app
from ledger.common.canonical import canonical_json
from ledger.errors import LadingError
from ledger.formats.credentials.envelope import Issuer, Party
from ledger.formats.credentials.jose import IssuingKey, sign_credential
from ledger.formats.credentials.parties import party_by_book
from ledger.formats.credentials.revocation import Later
from ledger.formats.credentials.verify import verify_credential
from ledger.products.description import Description, description_text
from ledger.records.signing import SigningKey
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from tests.api.test_products import describe
from tests.api.world import GTIN, World
from tests.e2e.stage import BROKER, CARRIER, MAKER, OCEAN, SCHEMA, SHOP

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

    @property
    def trust(self) -> Trust:
        return parse_trust((self.folder / "trust.json").read_bytes())

    def party(self, partner: int) -> Party:
        return party_by_book(partner, self.trust)

    def verified(
        self, token: str = "", after: int = 0, later: Later | None = None, *, bookless: bool = False
    ) -> tuple[bool, list[Step]]:
        """Whether all steps hold, `after` so many seconds of the world's clock; and the steps."""
        data = token.encode() if token else (self.folder / "credential.jwt").read_bytes()
        trust = replace(self.trust, partners=None) if bookless else self.trust
        steps = verify_credential(data, trust, self.world.stage.now + after, later)
        return all(step.ok for step in steps), steps

    def refused_at(self, token: str, after: int = 0, later: Later | None = None) -> tuple[str, str]:
        """The step at which it is refused, and why."""
        good, steps = self.verified(token, after, later)
        assert not good, [step.why for step in steps]
        assert [step.ok for step in steps].count(False) == 1
        return steps[-1].name, steps[-1].why

    def resigned(self, partner: int, claims: dict[str, Any], key: SigningKey | None = None) -> str:
        """The claims under another signature, as one may write them who holds that key, and as that partner."""
        issuing = IssuingKey.of(key or self.key(partner))
        return sign_credential(claims | {"issuer": Issuer(issuing.did, self.party(partner)).to_json()}, issuing)

    def passport(self, lot: str, *more: str) -> list[str]:
        """The command for a passport of a lot."""
        text = description_text(Description(GTIN, "Kea", {"en": "Infant formula", "de": "Säuglingsnahrung"}, {}, None))
        described = describe(self.world, lot, text)
        self.world.stage.node.settle()
        record, proof = self.fetch(f"described {lot}", described, MAKER)
        (self.folder / "description.json").write_bytes(text)
        options = ["--record", record, "--proof", proof, "--description", str(self.folder / "description.json")]
        options += ["--category", "23991,Homogenised food", "--facility", "NZ,NZAKL,Auckland", *more]
        return ["passport", str(self.folder / f"{MAKER}.json"), *options]


def claims_of(token: str) -> dict[str, Any]:
    """The payload, once a stranger's library has checked the signature with the key that the issuer's DID is."""
    header, payload, _ = token.strip().split(".")
    kid = json.loads(unpadded(header))["kid"]
    key = ECKey.import_key(json.loads(unpadded(kid.removeprefix("did:jwk:").removesuffix("#0"))))
    jws.deserialize_compact(token.strip(), key, algorithms=["ES256K"])
    result: dict[str, Any] = json.loads(unpadded(payload))
    return result


def record_in(claims: dict[str, Any], at: int = 0) -> dict[str, Any]:
    """One of the records that a credential rests on."""
    result: dict[str, Any] = claims["evidence"][at]["urn:lading:record"]["@value"]
    return result


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


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


def renamed(value: Any, before: str, after: str) -> Any:
    return json.loads(json.dumps(value).replace(before, after))
