"""A recall that its author takes back is none, and only such a one, to service, offline and in the browser alike."""

import pytest

from ledger.bundle.format import parse_trust
from ledger.bundle.verify import verify_bundle
from ledger.cli.demo.scribe import NO_HASH, details
from ledger.codes import Hazard, RecallAction, RegistryAction, RevocationReason, Role
from ledger.common.canonical import canonical_json
from ledger.common.gs1 import parse_product
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import scope_bytes
from ledger.errors import RuleBroken
from ledger.explain.bundle import step_text
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.records.types import Recall, Revocation
from ledger.services.exports.bundle import Exporter
from ledger.services.views.records import Reader
from tests.api.scripts.test_browser import in_the_browser
from tests.api.world import GTIN
from tests.e2e.exports.test_product_bundles import attestation
from tests.e2e.stage import AUTHORITY, MAKER, PREFIX, SCHEMA, SHOP, Stage

LOT = f"01/{GTIN}/10/L1"
AUDITOR = Reader(99, auditor=True)


def recall(stage: Stage, by: int = MAKER, supersedes: bytes = NO_HASH) -> RecordId:
    made = Recall(by, LOT, "", int(Hazard.ALLERGEN), int(RecallAction.DESTROY), "", supersedes, stage.now, details())
    return stage.sign(made, by)


def revoke(stage: Stage, target: RecordId, since: int = 0, reason: RevocationReason = RevocationReason.ERROR) -> bytes:
    return stage.sign(Revocation(MAKER, target, int(reason), stage.now + since, details()), MAKER)


def verdicts(stage: Stage) -> set[str]:
    """What service, offline verification and the browser's own code say; one word where they agree."""
    stage.node.settle()
    service = str(stage.node.reader.products.look_up(LOT)["verdict"])
    data = Exporter(stage.node.reader).product(parse_product(LOT))
    trust = stage.node.home.consortium.trust_file()
    steps = verify_bundle(data, parse_trust(canonical_json(trust)), ())
    assert [step.name for step in steps if not step.ok] == []
    offline = step_text(steps[-1]).split(f"{LOT}: ")[1].split(",")[0]
    case = {"task": "bundle", "text": data.decode(), "path": LOT, "trust": trust, "time": stage.now}
    (browser,) = in_the_browser([case])
    return {service, offline, browser}


@pytest.fixture
def attested(stage: Stage) -> Stage:
    stage.sign(attestation(stage, LOT), MAKER)
    assert verdicts(stage) == {"authentic"}
    return stage


def test_a_revoked_recall_warns_nobody(attested: Stage) -> None:
    stage = attested
    told = recall(stage)
    assert verdicts(stage) == {"recalled"}
    revocation = revoke(stage, told)
    assert verdicts(stage) == {"authentic"}
    view = stage.node.reader.recalls.recall(told, AUDITOR)
    assert (view.recall.revoked_by, view.recall.revoked_for) == (to_hex(revocation), "error")
    assert [one.revoked_by for one in stage.node.reader.recalls.listing()] == [to_hex(revocation)]


def test_of_several_revocations_the_first_effective_decides(attested: Stage) -> None:
    """The chain takes a later revocation that is effective earlier, and no other: it is heard."""
    stage = attested
    told = recall(stage)
    revoke(stage, told, since=30 * DAY, reason=RevocationReason.WITHDRAWN)
    assert verdicts(stage) == {"recalled"}, "not effective yet"
    earlier = revoke(stage, told)
    assert verdicts(stage) == {"authentic"}
    with pytest.raises(RuleBroken, match="AlreadyRevoked"):
        revoke(stage, told, since=DAY, reason=RevocationReason.SUPERSEDED)
    view = stage.node.reader.recalls.recall(told, AUDITOR)
    assert (view.recall.revoked_by, view.recall.revoked_for) == (to_hex(earlier), "error")


def test_of_several_revocations_of_an_attestation_the_first_effective_decides(stage: Stage) -> None:
    vouched = stage.sign(attestation(stage, LOT), MAKER)
    revoke(stage, vouched, since=30 * DAY)
    assert verdicts(stage) == {"authentic"}
    revoke(stage, vouched)
    assert verdicts(stage) == {"revoked"}


def test_a_revoked_recall_replaces_none(attested: Stage) -> None:
    stage = attested
    first = recall(stage)
    second = recall(stage, supersedes=first)
    assert {one.id: one.superseded_by for one in stage.node.reader.recalls.listing()} == {
        to_hex(first): to_hex(second), to_hex(second): None,
    }  # fmt: skip
    revoke(stage, second)
    assert verdicts(stage) == {"recalled"}, "the first stands again"
    assert stage.node.reader.recalls.recall(first, AUDITOR).recall.superseded_by is None


def test_nobody_takes_back_the_recall_of_another(attested: Stage) -> None:
    stage = attested
    told = recall(stage, AUTHORITY)
    with pytest.raises(RuleBroken, match="NotAuthor"):
        revoke(stage, told)
    assert verdicts(stage) == {"recalled"}


def take_the_brand(stage: Stage) -> None:
    scope = scope_bytes(Role.BRAND, PREFIX)
    stage.decide(RegistryAction.REVOKE_ROLE, partner=MAKER, role=int(Role.BRAND), scope=scope)


def test_recalled_goods_do_not_get_better_when_the_brand_loses_its_role(attested: Stage) -> None:
    """Who held the brand is asked where the chain recorded the recall, not when somebody scans the goods."""
    stage = attested
    told = recall(stage)
    assert verdicts(stage) == {"recalled"}
    take_the_brand(stage)
    assert verdicts(stage) == {"recalled"}
    stage.pass_time(30 * DAY)
    assert verdicts(stage) == {"recalled"}
    revoke(stage, told)
    assert verdicts(stage) == {"unknown"}


def test_who_lost_the_brand_recalls_nothing_afterwards(attested: Stage) -> None:
    stage = attested
    take_the_brand(stage)
    assert verdicts(stage) == {"unknown"}
    recall(stage)
    assert verdicts(stage) == {"unknown"}


def test_a_recall_by_whom_the_brand_authorised_outlasts_the_brand(attested: Stage) -> None:
    stage = attested
    for partner, name in ((MAKER, "brand authorisation"), (SHOP, SCHEMA)):
        scope = scope_bytes(Role.ISSUER, name)
        stage.decide(RegistryAction.GRANT_ROLE, partner=partner, role=int(Role.ISSUER), scope=scope)
    stage.pass_time(DAY)
    stage.sign(attestation(stage, f"partner/{SHOP}", schema=BRAND_AUTHORISATION), MAKER)
    stage.sign(attestation(stage, LOT, SHOP), SHOP)
    recall(stage, SHOP)
    assert verdicts(stage) == {"recalled"}
    take_the_brand(stage)
    assert verdicts(stage) == {"recalled"}
