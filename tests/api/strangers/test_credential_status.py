"""Revocation: proved by a bundle, said by an issuer's list, and by nobody else."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.bundle.steps import ATTESTED, PROVED
from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.codes import RevocationReason
from ledger.common.gs1 import parse_product
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, Period
from ledger.common.scopes import schema_hash
from ledger.errors import LadingError, NotPermitted, RuleBroken
from ledger.formats.credentials.envelope import Validity
from ledger.formats.credentials.jose import IssuingKey, encoded, sign_credential
from ledger.formats.credentials.revocation import Later
from ledger.formats.credentials.status import LENGTH, open_status_list, status_list
from ledger.records.types import Attestation, Claims, Revocation
from ledger.services.exports.bundle import Exporter
from tests.api.strangers.desk import STEPS, Desk, conformity, handed, unpadded
from tests.api.world import GTIN
from tests.e2e.stage import CARRIER, MAKER, SCHEMA, SHOP
from tests.unit.formats import untp

LISTS = f"https://ledger.example/v1/partners/{MAKER}/status-lists"


@pytest.fixture(scope="module")
def lots() -> Iterator[str]:
    """A lot a test, for each revokes what it attested."""
    return (f"R{n}" for n in range(100))


def attested(desk: Desk, lot: str) -> None:
    stage = desk.world.stage
    record = Attestation(
        MAKER, schema_hash(SCHEMA), f"01/{GTIN}/10/{lot}", NO_HASH, stage.now, 0, NO_HASH,
        Claims(salt(), ""), NO_HASH, details(),
    )  # fmt: skip
    desk.world.ids[lot] = stage.sign(record, MAKER)
    stage.settle()
    stage.node.settle()


def revoked(desk: Desk, lot: str, by: int = MAKER, after: int = 0) -> str:
    """The name of a Revocation of what was attested of the lot."""
    stage = desk.world.stage
    said = Revocation(by, desk.world.ids[lot], int(RevocationReason.WITHDRAWN), stage.now + after, details())
    desk.world.ids[f"{lot} revoked"] = stage.sign(said, by)
    stage.settle()
    stage.node.settle()
    return f"{lot} revoked"


def bundle_of(desk: Desk, lot: str) -> bytes:
    return Exporter(desk.world.stage.node.reader).product(parse_product(f"01/{GTIN}/10/{lot}"))


def issued(desk: Desk, lot: str) -> dict[str, Any]:
    attested(desk, lot)
    return desk.issue(*conformity(desk, lot, "--status-lists", LISTS))


def place_of(claims: dict[str, Any]) -> int:
    return int(claims["credentialStatus"]["statusListIndex"])


def listed(desk: Desk, *revoked_places: int, partner: int = MAKER, url: str = "", days: int = 30) -> bytes:
    """A list, as any partner's key can sign one."""
    now = desk.world.stage.now
    issuing, log = IssuingKey.of(desk.key(partner)), desk.trust.logs[-1].log_id
    where = url or f"{LISTS}/{to_hex(log)}/0"
    made = status_list(where, revoked_places, issuing, desk.party(partner).name, Validity(now, now + days * DAY))
    return sign_credential(made, issuing).encode()


def test_a_bundle_proves_a_revocation(desk: Desk, lots: Iterator[str]) -> None:
    lot = next(lots)
    issued(desk, lot)
    good, steps = desk.verified(later=Later(bundle_of(desk, lot)))
    assert (good, [step.name for step in steps]) == (True, [*STEPS, "status"])
    assert steps[-1].basis == ATTESTED, "that nothing is missing is the log's word"
    assert "not looked at" not in steps[-2].why
    assert "not looked at" in desk.verified()[1][-1].why
    revoked(desk, lot, after=DAY)
    good, steps = desk.verified(later=Later(bundle_of(desk, lot)))
    assert good
    assert "it will be from" in steps[-1].why
    good, steps = desk.verified(after=DAY, later=Later(bundle_of(desk, lot)))
    assert (good, steps[-1].name) == (False, "status")
    assert "its record was revoked" in steps[-1].why


def test_only_its_author_revokes(desk: Desk, lots: Iterator[str]) -> None:
    lot = next(lots)
    issued(desk, lot)
    with pytest.raises(RuleBroken, match="AttestationNotAuthor"):
        revoked(desk, lot, by=SHOP)
    assert desk.verified(later=Later(bundle_of(desk, lot)))[0]
    revoked(desk, lot)
    assert desk.refused_at("", later=Later(bundle_of(desk, lot)))[0] == "status"


def test_a_bundle_that_does_not_hold_or_is_of_something_else_says_nothing(desk: Desk, lots: Iterator[str]) -> None:
    lot, other = next(lots), next(lots)
    attested(desk, other)
    issued(desk, lot)
    data = bundle_of(desk, lot)
    assert desk.verified(later=Later(data))[0]
    assert "the bundle does not hold" in desk.refused_at("", later=Later(data[:-1]))[1]
    altered = data.replace(f"/10/{lot}".encode(), b"/10/X1")
    assert altered != data
    assert "the bundle does not hold" in desk.refused_at("", later=Later(altered))[1]
    assert "not about the credential's record" in desk.refused_at("", later=Later(bundle_of(desk, other)))[1]


def test_an_issuers_list_revokes_and_its_silence_is_its_word(desk: Desk, lots: Iterator[str]) -> None:
    claims = issued(desk, next(lots))
    place = place_of(claims)
    good, steps = desk.verified(later=Later(status_list=listed(desk)))
    assert (good, steps[-1].name, steps[-1].basis) == (True, "status", PROVED)
    assert "the issuer's word" in steps[-1].why
    assert desk.verified(later=Later(status_list=listed(desk, place + 1, place - 1)))[0]
    assert "revoked by its issuer" in desk.refused_at("", later=Later(status_list=listed(desk, place)))[1]
    wrong = {
        "another's": listed(desk, partner=SHOP),
        "of other credentials": listed(desk, url=f"{LISTS}/{to_hex(desk.trust.logs[-1].log_id)}/1"),
        "no list": b"eyJ.e30.AA",
        "a credential": (desk.folder / "credential.jwt").read_bytes(),
    }
    for name, data in wrong.items():
        assert desk.refused_at("", later=Later(status_list=data))[0] == "status", name
    old = listed(desk, days=1)
    assert "not valid now" in desk.refused_at("", 2 * DAY, Later(status_list=old))[1]


def test_the_place_in_the_list_is_the_records(desk: Desk, lots: Iterator[str]) -> None:
    claims = issued(desk, next(lots))
    entry = claims["credentialStatus"]
    index = desk.world.get(f"/v1/records/{str(claims['id']).split(':')[-2]}")["log"]["index"]
    assert entry["statusListIndex"] == str(index % LENGTH), "a text, as W3C wants it"
    assert entry["id"] == f"{entry['statusListCredential']}#{index}"
    assert desk.verified(desk.resigned(MAKER, claims))[0]
    for change in (
        {"statusListIndex": "0"}, {"statusListIndex": index}, {"statusPurpose": "suspension"}, {"id": "urn:other"},
        {"statusListCredential": entry["statusListCredential"][:-1] + "1"}, {"type": "StatusList2021Entry"},
        {"statusSize": 2},
    ):  # fmt: skip
        token = desk.resigned(MAKER, claims | {"credentialStatus": entry | change})
        assert desk.refused_at(token)[0] == "content", change


def test_a_credential_without_a_place_is_verified_with_a_bundle_alone(desk: Desk, lots: Iterator[str]) -> None:
    lot = next(lots)
    attested(desk, lot)
    desk.issue(*conformity(desk, lot))
    assert "names no status list" in desk.refused_at("", later=Later(status_list=listed(desk)))[1]
    assert desk.verified(later=Later(bundle_of(desk, lot)))[0]


def bits_as(desk: Desk, bits: bytes, packed: bytes | None = None, prefix: str = "u") -> bytes:
    """A list whose bits are these, or are packed so."""
    claims = json.loads(unpadded(listed(desk).decode().split(".")[1]))
    packed = gzip.compress(bits) if packed is None else packed
    claims["credentialSubject"]["encodedList"] = prefix + encoded(packed)
    return sign_credential(claims, IssuingKey.of(desk.key(MAKER))).encode()


def test_lists_of_another_form_are_refused(desk: Desk, lots: Iterator[str]) -> None:
    issued(desk, next(lots))
    whole = bytes(LENGTH // 8)
    assert desk.verified(later=Later(status_list=bits_as(desk, whole)))[0]
    wrong = {
        "too short": bits_as(desk, whole[1:]),
        "too long": bits_as(desk, whole + b"\0"),
        "what becomes huge": bits_as(desk, bytes(100 << 20)),
        "no gzip": bits_as(desk, b"", packed=whole),
        "cut off": bits_as(desk, b"", packed=gzip.compress(whole)[:-4]),
        "with more behind": bits_as(desk, b"", packed=gzip.compress(whole) + b"more"),
        "another base": bits_as(desk, whole, prefix="z"),
    }
    for name, data in wrong.items():
        assert "not a list" in desk.refused_at("", later=Later(status_list=data))[1], name


def status_command(desk: Desk, *more: str, key: int = MAKER) -> list[str]:
    return ["status", str(desk.folder / f"{key}.json"), "--status-lists", LISTS, *more]


def revocation_of(desk: Desk, lot: str) -> list[str]:
    record, proof = desk.fetch("revocation", desk.world.id(f"{lot} revoked"), MAKER)
    target = desk.fetch("target", desk.world.id(lot), MAKER)[1]
    return ["--revocation", record, "--revocation-proof", proof, "--revoked-proof", target]


def test_the_command_sets_what_the_log_revokes(desk: Desk, lots: Iterator[str], tmp_path: Path) -> None:
    lot, other = next(lots), next(lots)
    place = place_of(issued(desk, lot))
    attested(desk, other)
    assert isinstance(refusal(desk, *status_command(desk, *revocation_pair(desk, lot))), LadingError)
    revoked(desk, lot)
    first, second = tmp_path / "first.jwt", tmp_path / "second.jwt"
    for path, more in ((first, revocation_of(desk, lot)), (second, ["--before", str(first)])):
        answer = desk.run("credential", *status_command(desk, *more), "--out", str(path))
        assert answer.exit_code == 0, answer.exception
        read = open_status_list(path.read_bytes())
        assert [i for i in range(LENGTH) if read.revoked(i)] == [place]
    claims = json.loads(unpadded(first.read_text().split(".")[1]))
    assert list(untp.model_validator(untp.STATUS_LIST).iter_errors(claims)) == []
    assert claims["@context"] == ["https://www.w3.org/ns/credentials/v2"]
    assert claims["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert claims["credentialSubject"]["type"] == "BitstringStatusList"
    assert claims["credentialSubject"]["encodedList"].startswith("u")
    assert claims["id"] == f"{LISTS}/{to_hex(desk.trust.logs[-1].log_id)}/0"
    revoked(desk, other, after=10_000 * DAY)
    assert "it revokes later" in str(refusal(desk, *status_command(desk, *revocation_of(desk, other))))
    mixed = revocation_of(desk, lot)
    mixed[5] = desk.fetch("mixed", desk.world.id(other), MAKER)[1]
    assert "the proof is of another record" in str(refusal(desk, *status_command(desk, *mixed)))
    assert "three files" in str(refusal(desk, *status_command(desk, *revocation_of(desk, lot)[:4])))
    assert isinstance(refusal(desk, *status_command(desk, *revocation_of(desk, lot), key=SHOP)), NotPermitted)
    assert "of another list" in str(refusal(desk, *status_command(desk, *revocation_of(desk, lot), "--number", "1")))


def revocation_pair(desk: Desk, lot: str) -> list[str]:
    """The attestation itself in the place of a revocation."""
    record, proof = desk.fetch("no revocation", desk.world.id(lot), MAKER)
    return ["--revocation", record, "--revocation-proof", proof, "--revoked-proof", proof]


def refusal(desk: Desk, *arguments: str) -> LadingError:
    answer = desk.run("credential", *arguments)
    assert isinstance(answer.exception, LadingError), answer.output
    return answer.exception


def test_the_verify_command_takes_both(desk: Desk, lots: Iterator[str]) -> None:
    lot = next(lots)
    place = place_of(issued(desk, lot))
    token = str(desk.folder / "credential.jwt")
    (desk.folder / "goods.json").write_bytes(bundle_of(desk, lot))
    options = ["--bundle", str(desk.folder / "goods.json"), "--json"]
    for data, code in ((listed(desk, days=10_000), 0), (listed(desk, place, days=10_000), 1)):
        (desk.folder / "list.jwt").write_bytes(data)
        answer = desk.run("verify", token, *options, "--status-list", str(desk.folder / "list.jwt"))
        assert (answer.exit_code, json.loads(answer.stdout)["steps"][-1]["name"]) == (code, "status")


def test_scores_are_held_against_their_bundle(desk: Desk) -> None:
    reader = desk.world.stage.node.reader
    data = Exporter(reader).partner(CARRIER, Period(0, 2**40 - 1, desk.world.stage.now))
    (desk.folder / "bundle.json").write_bytes(data)
    claims = desk.issue("scorecard", str(desk.folder / f"{SHOP}.json"), str(desk.folder / "bundle.json"))
    late = 10_000 * DAY
    good, steps = desk.verified(after=late, later=Later(data))
    assert good
    assert "made again from" in steps[3].why
    scores = claims["credentialSubject"]["scores"]
    forged = claims | {"credentialSubject": claims["credentialSubject"] | {"scores": scores | {"cards": []}}}
    assert "its issuer's word" in desk.verified(desk.resigned(SHOP, forged), late)[1][3].why
    assert "other scores" in desk.refused_at(desk.resigned(SHOP, forged), late, Later(data))[1]
    other = Exporter(reader).partner(MAKER, Period(0, 2**40 - 1, desk.world.stage.now))
    assert "another bundle" in desk.refused_at("", late, Later(other))[1]


def test_an_event_has_no_place_but_a_bundle(desk: Desk) -> None:
    """Nothing revokes a handoff: both sides signed it."""
    desk.issue(*handed(desk, SHOP))
    shipment = Exporter(desk.world.stage.node.reader).shipment(desk.world.ids["late"])
    assert desk.verified(later=Later(shipment))[0]
    assert "names no status list" in desk.refused_at("", later=Later(status_list=listed(desk)))[1]
