"""TypeScript types of the API, from its OpenAPI document: `python -m scripts.generate_api_types [--check]`.

`docs/api/types.d.ts` has a type for each schema, and for each operation its path, parameters, body and answer.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ledger.api.app import openapi_document

FILE = Path(__file__).resolve().parents[1] / "docs" / "api" / "types.d.ts"
SERVER = "https://ledger.example.org"
HEAD = """\
// Types of Lading's API, generated from its OpenAPI document by scripts/generate_api_types.py.
// Amounts that may be wide are decimal strings, times UTC seconds, bytes 0x and lower-case hex.
"""
WIDTH = 116
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def type_name(text: str) -> str:
    """A schema's name as TypeScript takes it."""
    return re.sub(r"[^A-Za-z0-9_$]", "_", text)


def key(text: str) -> str:
    return text if _NAME.fullmatch(text) else json.dumps(text)


def type_of(schema: Any, indent: str = "") -> str:
    """The type of what a JSON Schema admits; `unknown` where it says nothing."""
    if not isinstance(schema, Mapping):
        return "unknown"
    if reference := schema.get("$ref"):
        return type_name(str(reference).rpartition("/")[2])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema["enum"])
    for several, between in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
        if several in schema:
            return between.join(dict.fromkeys(_grouped(type_of(one, indent)) for one in schema[several]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(dict.fromkeys(type_of({**schema, "type": one}, indent) for one in kind))
    if kind == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(type_of(one, indent) for one in schema['prefixItems'])}]"
        return f"{_grouped(type_of(schema.get('items'), indent))}[]"
    if kind == "object" or "properties" in schema:
        return _object(schema, indent)
    return _PLAIN.get(str(kind), "unknown")


def _grouped(text: str) -> str:
    return f"({text})" if (" | " in text or " & " in text) and not text.startswith("{") else text


def _object(schema: Mapping[str, Any], indent: str) -> str:
    properties, more = schema.get("properties", {}), schema.get("additionalProperties")
    if not properties:
        return f"Record<string, {type_of(more, indent)}>" if isinstance(more, Mapping) else "Record<string, unknown>"
    needed = set(schema.get("required", ()))
    inner = indent + "  "
    lines = [
        f"{inner}{key(name)}{'' if name in needed else '?'}: {type_of(value, inner)};"
        for name, value in properties.items()
    ]
    return "\n".join(["{", *lines, f"{indent}}}"])


def schemas(document: Mapping[str, Any]) -> Iterator[str]:
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield f"export type {type_name(name)} = {type_of(schema)};"


def operations(document: Mapping[str, Any]) -> Iterator[str]:
    """One interface with all operations by their names."""
    yield "export interface Operations {"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"  {key(operation['operationId'])}: {{"
            yield f"    method: {json.dumps(method.upper())};"
            yield f"    path: {json.dumps(path)};"
            for where in ("path", "query", "header"):
                if given := [one for one in operation.get("parameters", ()) if one["in"] == where]:
                    needed = [one["name"] for one in given if one.get("required")]
                    properties = {one["name"]: one.get("schema") for one in given}
                    shape = {"type": "object", "properties": properties, "required": needed}
                    yield f"    {where}Parameters: {type_of(shape, '    ')};"
            if (body := _content(operation.get("requestBody"))) is not None:
                yield f"    body: {type_of(body, '    ')};"
            yield f"    answer: {_answer(operation)};"
            yield "  };"
    yield "}"


def _answer(operation: Mapping[str, Any]) -> str:
    return " | ".join(dict.fromkeys(type_of(one, "    ") for one in answers_of(operation))) or "unknown"


def answers_of(operation: Mapping[str, Any]) -> list[Any]:
    """The schemas of what is answered when all is well."""
    good = (answer for status, answer in operation["responses"].items() if status.startswith("2"))
    return [content for answer in good if (content := _content(answer)) is not None]


def _content(described: Any) -> Any:
    """The schema of what is sent; of several media types the first."""
    for content in (described or {}).get("content", {}).values():
        return content.get("schema", {})
    return None


def text() -> str:
    document = openapi_document(SERVER)
    return "\n".join([HEAD, *schemas(document), "", *operations(document), ""])


def main() -> None:
    made = text()
    if "--check" in sys.argv[1:]:
        if not FILE.exists() or FILE.read_text(encoding="utf-8") != made:
            sys.exit(f"{FILE} is not what the API says now: run python -m scripts.generate_api_types")
        return
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
