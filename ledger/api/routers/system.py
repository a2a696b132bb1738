"""Health, readiness and metrics, for whoever runs the service."""

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ledger.api.deps import MeasuringOf, NodeOf, ReadinessOf
from ledger.api.schemas.answers import Health, Readiness

router = APIRouter(tags=["system"])


@router.get("/healthz", operation_id="getHealth", response_model=Health)
async def healthy() -> dict[str, str]:
    """The process answers. It waits for nothing, so a full service is not taken for a dead one."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    operation_id="getReadiness",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "Not ready"}},
)
async def ready(readiness: ReadinessOf, response: Response) -> dict[str, Any]:
    """Whether records are taken in: a word for each of database, chain, log, clock and worker.

    While the chain is away they are, and wait for it: the status says since when, and is no reason to ask another.
    """
    found = await readiness()
    response.status_code = 200 if found.accepting else 503
    response.headers["Cache-Control"] = "no-store"
    return {"status": found.status, "checks": found.checks}


@router.get(
    "/metrics",
    operation_id="getMetrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(node: NodeOf, measuring: MeasuringOf) -> Response:
    """Prometheus metrics."""
    await measuring()
    return Response(generate_latest(node.health.metrics), media_type=CONTENT_TYPE_LATEST)
