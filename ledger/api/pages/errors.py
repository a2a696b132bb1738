"""Problems as pages, and the page that explains what kinds of problem there are."""

import inspect
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from ledger import errors
from ledger.api.pages.languages.problem_words import problem_told
from ledger.api.pages.render import plain_page
from ledger.api.problems import STATUS
from ledger.explain.text import say

_HEADINGS = {404: say("There is nothing here"), 429: say("Too much at once"), 503: say("Not now")}


def error_page(request: Request, problem: dict[str, Any]) -> Response:
    """`problem` for somebody with a browser; it needs no node, for that may be what fails."""
    heading = _HEADINGS.get(problem["status"], say("That does not work"))
    problem = problem_told({"what": problem["detail"], **problem})
    return plain_page(request, "error.html", problem["status"], problem=problem, heading=heading)


def kinds() -> list[tuple[str, str, int]]:
    """Name, meaning and status of each kind of problem."""
    result = []
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.LadingError) and kind is not errors.LadingError:
            status = next(status for parent, status in STATUS if issubclass(kind, parent))
            result.append((name, inspect.cleandoc(kind.__doc__ or ""), int(status)))
    return result
