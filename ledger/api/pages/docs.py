"""`/docs`: the OpenAPI document as a page of our own, so that reading it asks no other host for anything."""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ledger.api.deps import ReaderOf
from ledger.api.pages.errors import kinds
from ledger.api.pages.render import page

router = APIRouter()
METHODS = ("get", "post", "put", "delete")


@router.get("/docs")
def docs(request: Request, reader: ReaderOf) -> Response:
    document = request.app.openapi()
    return page(
        request,
        "api/docs.html",
        reader,
        info=document["info"],
        groups=[
            {"name": tag["name"], "text": tag["description"], "operations": list(_operations(document, tag["name"]))}
            for tag in document["tags"]
        ],
        schemas=document["components"]["schemas"],
        pretty=_pretty,
        words=_words,
    )


@router.get("/docs/try")
def try_it(request: Request, reader: ReaderOf) -> Response:
    return page(request, "api/try.html", reader)


@router.get("/problems")
def problems(request: Request, reader: ReaderOf) -> Response:
    return page(request, "api/problems.html", reader, kinds=kinds())


def _operations(document: dict[str, Any], tag: str) -> Any:
    for path, methods in document["paths"].items():
        for method in METHODS:
            operation = methods.get(method)
            if operation and tag in operation.get("tags", ()):
                yield {
                    "method": method.upper(),
                    "path": path,
                    "name": operation["operationId"],
                    "text": operation.get("description", ""),
                    "samples": operation["x-codeSamples"],
                    "parameters": operation.get("parameters", []),
                    "examples": _examples(operation),
                    "body": _schema(operation.get("requestBody", {})),
                    "responses": [
                        (status, answer.get("description", ""), _schema(answer))
                        for status, answer in sorted(operation["responses"].items())
                    ],
                }


def _examples(operation: dict[str, Any]) -> list[tuple[str, Any]]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if "example" in content:
            return [("", content["example"])]
        return [(entry["summary"], entry["value"]) for entry in content.get("examples", {}).values()]
    return []


def _schema(answer: dict[str, Any]) -> Any:
    for content in answer.get("content", {}).values():
        return content.get("schema")
    return None


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _words(schema: Any) -> list[tuple[str, str]]:
    """A schema as (text, name of the structure it leads to, or empty) pieces."""
    if not isinstance(schema, dict):
        return [("anything", "")]
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [(name, name)]
    if "const" in schema:
        return [(json.dumps(schema["const"]), "")]
    for union in ("anyOf", "oneOf"):
        if union in schema:
            pieces: list[tuple[str, str]] = []
            for i, option in enumerate(schema[union]):
                pieces += [(" or ", "")] * bool(i) + _words(option)
            return pieces
    if schema.get("type") == "array":
        return [("list of ", ""), *_words(schema.get("items"))]
    text = str(schema.get("type", "anything"))
    limits = [f"{name} {schema[name]}" for name in ("pattern", "minimum", "maximum", "maxLength") if name in schema]
    return [(f"{text} ({', '.join(limits)})" if limits else text, "")]
