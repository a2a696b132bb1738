"""Answers that are plain data already: printed as they are, where a model would only look at every field once more.

What is described of them in the OpenAPI document is the model that the route names; a test holds them to it.
"""

import json
from typing import Any

from fastapi import Response

_PRINTER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def printed(value: Any) -> bytes:
    return _PRINTER.encode(value).encode()


def answer(value: Any, status: int = 200) -> Response:
    return Response(printed(value), status, media_type="application/json")
