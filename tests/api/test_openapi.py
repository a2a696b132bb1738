"""The description of the API is true: every route is in it, every write has examples, every answer fits its model."""

import ast
import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from ledger.api.schemas import answers, bonuses, events, figures, logs, markets, partners, products
from ledger.api.schemas.description import NEEDS_SESSION
from ledger.records.content_checks import check_content
from ledger.records.signing import SignedRecord
from tests.api.world import World
from tests.e2e.stage import AUDITOR, CARRIER

BODILESS = {"/v1/webhooks/{webhook}/secret"}


@pytest.fixture(scope="module")
def document(world: World) -> dict[str, Any]:
    found = world.get("/openapi.json")
    assert isinstance(found, dict)
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_the_public_surface_is_there(document: dict[str, Any]) -> None:
    found = {f"{method.upper()} {path}" for method, path, _ in operations(document)}
    assert found >= {
        "POST /v1/records", "POST /v1/records/batch", "GET /v1/records",
        "GET /v1/records/{record}", "POST /v1/records/{record}/signatures",
        "GET /v1/records/{record}/proof", "GET /v1/records/{record}/receipt", "POST /v1/records/typed-data",
        "GET /v1/records/types", "GET /v1/records/proposed", "GET /v1/search",
        "GET /v1/shipments", "GET /v1/shipments/{shipment}",
        "GET /v1/shipments/{shipment}/penalty", "GET /v1/shipments/{shipment}/openings",
        "GET /v1/penalties", "GET /v1/network", "GET /v1/recalls/trace/sheet",
        "POST /v1/documents/drafts", "GET /v1/shipments/{shipment}/documents/{form}",
        "GET /v1/products/{path}", "POST /v1/products/scans",
        "PUT /v1/products/codes/{attestation}", "GET /v1/partners", "GET /v1/partners/{partner}",
        "GET /v1/partners/{partner}/keys", "GET /v1/partners/book",
        "GET /v1/partners/{partner}/score", "GET /v1/partners/{partner}/score/trend",
        "GET /v1/partners/{partner}/score/judgement",
        "POST /v1/enrolments", "GET /v1/enrolments", "GET /v1/consortium",
        "POST /v1/consents", "GET /v1/consents/{consent}",
        "GET /v1/log", "GET /v1/log/checkpoint", "GET /v1/log/tile/{path}", "GET /v1/log/proof/inclusion",
        "GET /v1/log/proof/consistency", "GET /v1/bonuses", "GET /v1/bonuses/{agreement}",
        "PUT /v1/bonuses/{agreement}/awards/{version}", "GET /v1/session/challenge", "POST /v1/session",
        "DELETE /v1/session", "GET /v1/events",
        "GET /v1/events/stream", "POST /v1/webhooks", "GET /healthz", "GET /readyz", "GET /metrics",
    }  # fmt: skip


def test_every_operation_says_what_it_does_and_what_it_answers(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert operation["description"], (method, path)
        good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert any(answer.get("content") for answer in good) or "204" in operation["responses"], (method, path)


def test_every_operation_has_a_readable_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert {"submitRecord", "listShipments", "getPenalty", "lookUpProduct"} <= set(names)
    verbs = "get|list|look|search|prove|submit|countersign|erase|request|judge|trace|put|report|sign"
    verbs += "|follow|register|remove|set|renew|resend|plan"
    for name in names:
        assert re.fullmatch(rf"({verbs})[A-Z][A-Za-z]*", name), f"{name}: no verb and what it does it to"


def test_it_says_where_and_as_whom(document: dict[str, Any], world: World) -> None:
    assert document["servers"] == [{"url": world.stage.node.home.settings.public_url}]
    assert document["components"]["securitySchemes"].keys() == {"session", "cookie"}
    ways = {operation["operationId"]: operation["security"] for _, _, operation in operations(document)}
    assert ways["submitRecord"] == [], "a record carries its signatures"
    assert ways["getShipment"][0] == {}, "the public may ask"
    needed = {name for name, way in ways.items() if way and {} not in way}
    assert needed == NEEDS_SESSION
    for method, path, operation in operations(document):
        if method == "get" and "{" not in path:
            ask = world.client.head if path.endswith("/stream") else world.client.get  # of a stream only the head ends
            refused = ask(path).status_code == 401
            assert refused == (operation["operationId"] in needed), path


def test_every_operation_is_shown_in_curl_and_in_python(document: dict[str, Any]) -> None:
    server = document["servers"][0]["url"]
    for method, path, operation in operations(document):
        shell, python = operation["x-codeSamples"]
        words = shlex.split(shell["source"].replace("\\\n", " "))
        assert words[0] == "curl"
        assert words[-1].startswith(server + path.split("{")[0])
        assert "{" not in words[-1]
        call = ast.parse(python["source"]).body[-2]
        assert isinstance(call, ast.Assign)
        assert isinstance(call.value, ast.Call)
        assert ast.unparse(call.value.func) == f"httpx.{method}"
        for name in (one["name"] for one in operation.get("parameters", ()) if one.get("required")):
            assert f"{{{name}}}" not in shell["source"]


def test_every_write_has_examples_and_its_problems(document: dict[str, Any]) -> None:
    writes = [(p, o) for m, p, o in operations(document) if m in ("post", "put")]
    writes = [(p, o) for p, o in writes if p not in BODILESS]
    assert len(writes) == 23
    for path, operation in writes:
        content = next(iter(operation["requestBody"]["content"].values()))
        assert content.get("example") or content.get("examples"), path
        assert content["schema"], path
    for path, operation in writes:
        if path != "/v1/records/typed-data":
            assert {"400", "413", "415", "429", "503"} <= operation["responses"].keys(), path


def test_the_record_examples_are_records(document: dict[str, Any], world: World) -> None:
    content = document["paths"]["/v1/records"]["post"]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        signed = SignedRecord.from_json(example["value"])
        check_content(signed.record, 1_790_000_000)
        assert world.stage.node.home.domain.record_id(signed.record)
    typed = document["paths"]["/v1/records/typed-data"]["post"]["requestBody"]["content"]["application/json"]
    for example in typed["examples"].values():
        answer = world.post("/v1/records/typed-data", example["value"])
        # Examples have times and partners of their own; what is refused is refused for these, not for its form.
        assert answer.status_code in (200, 403, 404, 409, 422), answer.text


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                names.add(value["$ref"])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)
    assert names
    for name in names:
        assert name.startswith("#/components/schemas/")
        assert name.rpartition("/")[2] in document["components"]["schemas"]


def test_the_description_asks_no_other_host_for_anything(world: World) -> None:
    text = world.client.get("/docs").text
    assert "/v1/records/{record}/proof" in text
    for word in ("cdn", "unpkg", "jsdelivr", 'src="http', 'href="http'):
        assert word not in text


def undescribed(model: BaseModel) -> list[str]:
    """Members that an answer has and its model does not describe."""
    found = [f"{type(model).__name__}.{name}" for name in (model.model_extra or {})]
    for _, value in model:
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, BaseModel):
                found += undescribed(inner)
    return found


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/log", logs.LogState),
        ("/v1/log/proof/inclusion?index=3", logs.InclusionProof),
        ("/v1/log/proof/consistency?first=1&second=5", logs.ConsistencyProof),
        ("/v1/consortium", partners.ConsortiumView),
        ("/v1/enrolments", partners.EnrolmentPage),
        ("/v1/partners/book", partners.SignedPartnerBook),
        (f"/v1/partners/{CARRIER}/keys", partners.PartnerKeys),
        (f"/v1/partners/{CARRIER}/score", figures.ScoreView),
        ("/v1/products/01/09421900000012/10/L1", products.ProductView),
        ("/v1/penalties", figures.PenaltyPage),
        ("/v1/network?by=carrier&against_start=0&against_end=9", figures.NetworkView),
        ("/v1/network?by=fulfilment", figures.NetworkView),
        (f"/v1/partners/{CARRIER}/score/trend", figures.TrendView),
        ("/v1/bonuses", bonuses.AgreementPage),
        ("/v1/markets", markets.MarketList),
        ("/v1/markets/deviations", markets.DutyList),
        ("/readyz", answers.Readiness),
        ("/v1/session", answers.SessionView),
        ("/v1/events?type=Outcome&limit=3", events.Events),
        ("/v1/records/types", answers.RecordTypes),
    ],
)
def test_answers_have_what_their_models_describe(world: World, path: str, model: type[BaseModel]) -> None:
    token = world.token(AUDITOR)
    text = json.dumps(world.get(path, token))
    assert undescribed(model.model_validate_json(text)) == []
