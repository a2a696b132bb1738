"""Server-rendered pages for people."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

router = APIRouter(include_in_schema=False)


def error_page(request: Request, problem: dict[str, Any]) -> Response:
    return HTMLResponse(str(problem), status_code=problem["status"])
