"""A file and a map, and what would become of it: in memory alone, nothing is kept and nothing signed."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from ledger.api.deps import FROM_OWN_PAGES, MAX_BODY, READ, NodeOf, ReaderOf, read_body
from ledger.api.pages.files.uploads import parts_of
from ledger.api.pages.render import page
from ledger.common.periods import DAY
from ledger.common.toml_file import read_toml
from ledger.errors import LadingError, NotPermitted
from ledger.formats.tabular.lines import Entry, LeftOut, Line
from ledger.formats.tabular.mapping.map_file import map_of
from ledger.formats.tabular.mapping.shipped import put_settings, shipped_map, shipped_maps
from ledger.formats.tabular.plan import Plan, plan_of
from ledger.formats.tabular.sums import sums_of
from ledger.formats.tabular.table import Limits, Unusable
from ledger.services.views.records import Reader

router = APIRouter()
LIMITS = Limits(rows=2_000, unpacked=8 << 20)
SHOWN = 200
DOCUMENT_FIELDS = ("zone", "terms", "packages", "consignor", "consignee", "carrier")
_TEMPLATE = "imports.html"
SIGN_IN = "/sign-in?back=/import"


@router.get("/import")
def form(request: Request, reader: ReaderOf) -> Response:
    if not reader.key:
        return RedirectResponse(SIGN_IN, status_code=303)
    return import_page(request, reader, {})


@router.post("/import/preview", dependencies=[FROM_OWN_PAGES])
async def preview(request: Request, node: NodeOf, reader: ReaderOf) -> Response:
    """What each line becomes; for partners, for it costs more than other pages."""
    if not reader.key:
        return RedirectResponse(SIGN_IN, status_code=303)
    if not reader.partner:
        raise NotPermitted("only for partners", where="session", expected="a key that is a partner's")
    body: bytes | None = request.scope.get("state", {}).get(READ)
    parts = parts_of(
        await read_body(request, MAX_BODY) if body is None else body, request.headers.get("content-type", "")
    )
    sent = {name: content.decode("utf-8", "replace") for name, content in parts.items() if name != "file"}
    try:
        plan = await run_in_threadpool(_plan, parts, sent, node.home.clock.now())
    except LadingError as error:
        return import_page(request, reader, sent, problem=str(error), status=400)
    return import_page(request, reader, sent, plan=plan)


def _plan(parts: Mapping[str, bytes], sent: Mapping[str, str], now: int) -> Plan:
    name, own = sent.get("map", ""), sent.get("own", "")
    data = read_toml(shipped_map(name) if name in shipped_maps() else own.encode(), "map")
    put_settings(data, [line for line in map(str.strip, sent.get("settings", "").splitlines()) if line])
    return plan_of(parts.get("file", b""), map_of(data), now, LIMITS)


def import_page(
    request: Request,
    reader: Reader,
    sent: Mapping[str, str],
    *,
    plan: Plan | None = None,
    problem: str = "",
    document_problem: str = "",
    status: int = 200,
) -> Response:
    """The page of imports: what was sent, and what became of it. `document_problem`: of a document, not of a sheet."""
    entries = [_shown(entry) for entry in plan.entries[:SHOWN]] if plan else []
    return page(
        request,
        _TEMPLATE,
        reader,
        status,
        maps=shipped_maps(),
        sent={name: sent.get(name, "") for name in ("map", "own", "settings")},
        said={name: sent.get(name, "") for name in DOCUMENT_FIELDS},
        problem=problem,
        document_problem=document_problem,
        plan=plan,
        sums=sums_of(plan) if plan else None,
        entries=entries,
        example="dates.order=dmy",
        zone_example="Europe/Oslo",
        most_lines=LIMITS.rows,
        most_bytes=MAX_BODY // 1024,
    )


def _shown(entry: Entry) -> dict[str, Any]:
    """A line for the template: `becomes` one of shipment, unusable and left out."""
    match entry:
        case Unusable(line=line, column=column, reason=reason):
            return {"line": line, "becomes": "unusable", "why": f"{column}: {reason}" if column else reason}
        case LeftOut(line=line, column=column, text=text):
            return {"line": line, "becomes": "left out", "why": f"{column}: {text}"}
        case Line():
            late = max(0, (entry.delivered_at or 0) - entry.promised_at)
            return {"line": entry.line, "becomes": "shipment", "shipment": entry, "late": late, "days": late // DAY}
