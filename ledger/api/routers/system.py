"""Health, readiness and metrics, for whoever runs the service."""

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ledger.api.deps import MeasuringOf, NodeOf, ReadinessOf
from ledger.api.schemas.answers import Health, Readiness

router = APIRouter(tags=["system"])


@router.get("/healthz", response_model=Health)
async def healthy() -> dict[str, str]:
    """The process answers. It waits for nothing, so a full service is not taken for a dead one."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "Not ready"}})
async def ready(readiness: ReadinessOf, response: Response) -> dict[str, Any]:
    """Whether records can be taken in and carried on: a word for each of database, chain, log, clock and worker."""
    checks = await readiness()
    fine = all(word == "ok" for word in checks.values())
    response.status_code = 200 if fine else 503
    response.headers["Cache-Control"] = "no-store"
    return {"status": "ok" if fine else "not ready", "checks": checks}


@router.get(
    "/metrics", response_class=Response, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
)
async def metrics(node: NodeOf, measuring: MeasuringOf) -> Response:
    """Prometheus metrics."""
    await measuring()
    return Response(generate_latest(node.metrics), media_type=CONTENT_TYPE_LATEST)
