"""A shelf of products behind the pages, with two witnesses, served on this machine: one product for each verdict."""

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import uvicorn

from ledger import merkle
from ledger.api.app import create_app
from ledger.cli.demo.scribe import NO_HASH, Scribe, details, salt
from ledger.cli.demo.witnesses import DemoWitnesses
from ledger.cli.sandbox import open_trial
from ledger.codes import Hazard, RecallAction, RegistryAction, RevocationReason, Role
from ledger.common.canonical import canonical_json
from ledger.common.gs1 import parse_product
from ledger.common.gs1_keys import check_digit
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash, scope_bytes
from ledger.log.cosignature import Cosigner
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.products.description import PRODUCT_SCHEMA, Description, Picture, description_text
from ledger.records.types import Attestation, Claims, KeyGrant, Recall, Revocation
from ledger.services.exports.bundle import Exporter
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import read_consortium
from ledger.services.home.keystores import DEMO_PASSPHRASE
from ledger.services.home.settings import read_settings
from ledger.services.publish.witnesses import Witnesses
from ledger.services.witness.folder import WitnessFolder
from tests.api.world import GTIN, OTHER_GTIN
from tests.e2e.stage import AUTHORITY, CARRIER, MAKER, SCHEMA, SHOP, WAREHOUSE, Stage, key_of, parties

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""One dot."""
FOREIGN_PREFIX = "9501101"
FOREIGN = "0" + FOREIGN_PREFIX + "00001" + check_digit("0" + FOREIGN_PREFIX + "00001")
LICENSEE, RIVAL, FORMER = SHOP, WAREHOUSE, CARRIER
"""The shop attests as the maker's licensee; the warehouse is another brand, the carrier an issuer suspended later."""
PATIENCE = 60.0
"""Seconds for which a checkpoint waits for its witnesses: on a busy machine none is to be shown without them."""
DEVICE = key_of("device")
SERIAL = "21/000001"
AUTHENTIC = f"01/{GTIN}/10/L1"
AUTHENTIC_ITEM = f"{AUTHENTIC}/{SERIAL}"
RECALLED = f"01/{GTIN}/10/L2/{SERIAL}"
REVOKED = f"01/{GTIN}/10/L3"
EXPIRED = f"01/{GTIN}/10/L4"
LICENSED = f"01/{GTIN}/10/L5"
WARNED = f"01/{GTIN}/10/L6"
LISTED = f"01/{GTIN}/10/L7/{SERIAL}"
BY_DEVICE = f"01/{GTIN}/10/L8"
OTHERS = f"01/{FOREIGN}/10/L1"
UNKNOWN = f"01/{OTHER_GTIN}/10/L9"
SOME_RECALLED = f"01/{GTIN}"
SOME_ATTESTED = f"01/{OTHER_GTIN}"
DESCRIBED = f"01/{GTIN}/10/L10"
COPIED = f"01/{GTIN}/10/L11/21/" + "q7Rk2mVx9TzB4nHc"
DESCRIPTION = Description(
    GTIN,
    "Maker",
    {"en": "Infant formula", "zh-CN": "婴儿配方奶粉", "de": "Säuglingsnahrung"},
    {"en": "900 g tin", "zh-CN": "900 克罐装"},
    Picture(hashlib.sha256(PICTURE).digest(), "image/png"),
)


@dataclass
class Shelf:
    """`url`: of the service. `ids`: records by name."""

    stage: Stage
    url: str
    witnesses: list[Cosigner]
    ids: dict[str, RecordId]

    def bundle(self, path: str) -> dict[str, Any]:
        """The honest bundle of a product."""
        made: dict[str, Any] = json.loads(Exporter(self.stage.node.reader).product(parse_product(path)))
        return made

    @property
    def trust(self) -> dict[str, Any]:
        made: dict[str, Any] = self.stage.node.home.consortium.trust_file()
        return made

    @property
    def trust_text(self) -> str:
        return canonical_json(self.trust).decode()


def attestation(stage: Stage, subject: str, by: int = MAKER, **changes: object) -> Attestation:
    """An attestation of authenticity, valid from now on for a year."""
    made = Attestation(
        by, schema_hash(SCHEMA), subject, NO_HASH, stage.now, stage.now + 365 * DAY, NO_HASH, Claims(salt(), "{}"),
        NO_HASH, details(),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def recall(stage: Stage, subject: str, by: int = MAKER) -> Recall:
    hazard, action = int(Hazard.BIOLOGICAL), int(RecallAction.RETURN)
    return Recall(by, subject, "", hazard, action, "recall@maker.example", NO_HASH, stage.now, details())


def fill(stage: Stage) -> dict[str, RecordId]:
    """Let everything happen; record ids by name."""
    ids: dict[str, RecordId] = {}
    grants = [
        (LICENSEE, Role.ISSUER, SCHEMA), (FORMER, Role.ISSUER, SCHEMA), (RIVAL, Role.ISSUER, SCHEMA),
        (RIVAL, Role.BRAND, FOREIGN_PREFIX), (MAKER, Role.ISSUER, "brand authorisation"),
    ]  # fmt: skip
    for partner, role, scope in grants:
        stage.decide(RegistryAction.GRANT_ROLE, partner=partner, role=int(role), scope=scope_bytes(role, scope))
    stage.pass_time(DAY)
    for lot in ("L1", "L2", "L3", "L6"):
        ids[lot] = stage.sign(attestation(stage, f"01/{GTIN}/10/{lot}"), MAKER)
    ids["L4"] = stage.sign(attestation(stage, EXPIRED, validUntil=stage.now + DAY), MAKER)
    authorised = attestation(stage, f"partner/{LICENSEE}", schema=BRAND_AUTHORISATION)
    ids["authorised"] = stage.sign(authorised, MAKER)
    ids["L5"] = stage.sign(attestation(stage, LICENSED, LICENSEE), LICENSEE)
    codes = [f"01/{GTIN}/10/L7/21/{number:06}" for number in range(7)]
    listed = attestation(stage, f"01/{GTIN}/10/L7", itemCodes=merkle.sorted_root(code.encode() for code in codes))
    ids["L7"] = stage.sign(listed, MAKER)
    stage.node.reader.products.keep_codes(ids["L7"], codes)
    grant = KeyGrant(MAKER, DEVICE.address, 0, 1 << 9, stage.now, stage.now + 30 * DAY, details())
    stage.sign(grant, MAKER, DEVICE)
    ids["L8"] = stage.sign(attestation(stage, BY_DEVICE), DEVICE)
    ids["foreign"] = stage.sign(attestation(stage, OTHERS), MAKER)
    ids["other"] = stage.sign(attestation(stage, f"{SOME_ATTESTED}/10/L1"), MAKER)
    stage.decide(
        RegistryAction.GRANT_ROLE, partner=MAKER, role=int(Role.ISSUER), scope=scope_bytes(Role.ISSUER, "product")
    )
    stage.pass_time(DAY)
    ids["L10"] = stage.sign(attestation(stage, DESCRIBED), MAKER)
    text = description_text(DESCRIPTION)
    says = attestation(stage, DESCRIBED, schema=PRODUCT_SCHEMA, document=hashlib.sha256(text).digest())
    ids["described"] = stage.sign(says, MAKER)
    stage.node.reader.products.keep_description(ids["described"], text, PICTURE)
    once = [
        COPIED,
        *(f"01/{GTIN}/10/L11/21/{code}" for code in ("Zp4sWn8cQe1uYg6K", "M3fXj9LdB7tRv5Ah", "eD2yN6wGkS8oCq4U")),
    ]
    scratched = attestation(stage, f"01/{GTIN}/10/L11", itemCodes=merkle.sorted_root(one.encode() for one in once))
    ids["L11"] = stage.sign(scratched, MAKER)
    stage.node.reader.products.keep_codes(ids["L11"], once)
    stage.decide(RegistryAction.SUSPEND, partner=FORMER)
    stage.node.settle()
    stage.node.reader.products.look_up(COPIED, "first-device", keep=True)
    stage.pass_time(2 * DAY)
    ids["recall"] = stage.sign(recall(stage, f"01/{GTIN}/10/L2"), MAKER)
    ids["warning"] = stage.sign(recall(stage, WARNED, AUTHORITY), AUTHORITY)
    ids["revocation"] = stage.sign(
        Revocation(MAKER, ids["L3"], int(RevocationReason.WITHDRAWN), stage.now, details()), MAKER
    )
    stage.node.settle()
    stage.node.reader.products.look_up(COPIED, "second-device", keep=True)
    return ids


@contextmanager
def served(founded: Path, home: Path) -> Iterator[Shelf]:
    """The shelf, filled, with its service in a thread."""
    shutil.copytree(founded, home)
    clock = ManualClock(int((founded / "now").read_text()))
    watching = DemoWitnesses(home, read_consortium(home).log, clock)
    trial = open_trial(read_settings({}, home=home), clock)
    publisher = trial.node.reader.publisher
    asked = trial.node.home.consortium.witnesses
    assert publisher.witnesses is not None
    assert asked is not None
    publisher.witnesses.close()
    publisher.witnesses = Witnesses(asked, patience=PATIENCE)
    trial.parties = parties()
    stage = Stage(trial, clock, trial.parties, Scribe(trial, trial.parties))
    config = uvicorn.Config(create_app(trial.node), port=0, log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    try:
        ids = fill(stage)
        thread.start()
        while not server.started:
            sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        folders = [home / f"witness-{number}" for number in range(1, len(watching.servers) + 1)]
        signers = [WitnessFolder(folder, DEMO_PASSPHRASE).cosigner for folder in folders]
        yield Shelf(stage, f"http://127.0.0.1:{port}", signers, ids)
    finally:
        server.should_exit = True
        if thread.is_alive():
            thread.join(10)
        trial.node.close()
        watching.close()
