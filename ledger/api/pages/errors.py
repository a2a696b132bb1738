"""Problems as pages, and the page that explains what kinds of problem there are."""

import inspect
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from ledger import errors
from ledger.api.pages.render import plain_page
from ledger.api.problems import STATUS


def error_page(request: Request, problem: dict[str, Any]) -> Response:
    """`problem` for somebody with a browser; it needs no node, for that may be what fails."""
    return plain_page("error.html", problem["status"], problem=problem, path=request.url.path)


def kinds() -> list[tuple[str, str, int]]:
    """Name, meaning and status of each kind of problem."""
    result = []
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.LadingError) and kind is not errors.LadingError:
            status = next(status for parent, status in STATUS if issubclass(kind, parent))
            result.append((name, inspect.cleandoc(kind.__doc__ or ""), int(status)))
    return result
