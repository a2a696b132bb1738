"""How an operation is called, in curl and in Python: on `/docs`, and in the OpenAPI document as `x-codeSamples`."""

import json
import shlex
from typing import Any
from urllib.parse import quote

TOKEN = "$TOKEN"  # noqa: S105 - the name of a shell's variable


def samples(server: str, method: str, path: str, operation: dict[str, Any]) -> list[dict[str, str]]:
    """One sample a language. `server`: the address of this service; `operation`: the path's, from the document.

    Parameters that must be given, and those in the path, stand there with their example or by name in capitals.
    """
    parameters = operation.get("parameters", ())
    given = {one["name"]: _example(one) for one in parameters if one["in"] == "path"}
    query = {one["name"]: _example(one) for one in parameters if one["in"] == "query" and one.get("required")}
    body, media = _body(operation)
    reads = any("session" in way for way in operation.get("security", ()))
    for name, value in given.items():
        path = path.replace(f"{{{name}}}", quote(value, safe="/$"))
    return [
        {"lang": "Shell", "label": "curl", "source": _curl(server + path, method, query, body, media, signed_in=reads)},
        {"lang": "Python", "label": "Python", "source": _python(server + path, method, query, body, media, reads)},
    ]


def _example(parameter: dict[str, Any]) -> str:
    schema = parameter.get("schema", {})
    value = parameter.get("example", schema.get("example", schema.get("default")))
    return parameter["name"].upper().replace("-", "_") if value is None else str(value)


def _body(operation: dict[str, Any]) -> tuple[Any, str]:
    """The first example of a body and its media type; nothing and "" where there is none."""
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        if "example" in content:
            return content["example"], media
        for example in content.get("examples", {}).values():
            return example["value"], media
    return None, ""


def _curl(url: str, method: str, query: dict[str, str], body: Any, media: str, *, signed_in: bool) -> str:
    words = ["curl"]
    if method != ("get" if body is None else "post"):
        words.append(f"-X {method.upper()}")
    if signed_in:
        words.append(f'-H "Authorization: Bearer {TOKEN}"')
    if body is not None:
        words += [
            f"-H {shlex.quote(f'Content-Type: {media}')}",
            f"-d {shlex.quote(body if isinstance(body, str) else json.dumps(body))}",
        ]
    if query:
        words += ["-G", *(f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in query.items())]
    return " \\\n  ".join([*words, shlex.quote(url)])


def _python(url: str, method: str, query: dict[str, str], body: Any, media: str, signed_in: bool) -> str:
    arguments = [repr(url)]
    if query:
        arguments.append(f"params={query!r}")
    if signed_in:
        arguments.append('headers={"Authorization": f"Bearer {token}"}')
    if body is not None:
        form = "json" if media == "application/json" else "content"
        arguments.append(f"{form}={body!r}")
    call = f"httpx.{method}(\n    " + ",\n    ".join(arguments) + ",\n)"
    token = 'token = os.environ["TOKEN"]\n' if signed_in else ""
    head = "import os\n\nimport httpx\n\n" if signed_in else "import httpx\n\n"
    return f"{head}{token}answer = {call}\nprint(answer.status_code, answer.text)\n"
