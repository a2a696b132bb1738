"""Health, readiness and metrics."""

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.deps import NodeOf

router = APIRouter(tags=["system"])


@router.get("/healthz")
def healthy() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def ready(node: NodeOf, response: Response) -> dict[str, Any]:
    """Whether records can be taken in and carried on: database, chain, log and worker, each with its own word."""
    checks = node.readiness()
    fine = all(word == "ok" for word in checks.values())
    response.status_code = 200 if fine else 503
    return {"status": "ok" if fine else "not ready", "checks": checks}


@router.get("/metrics")
def metrics(node: NodeOf) -> Response:
    """Prometheus metrics."""
    node.measure()
    return Response(generate_latest(node.metrics), media_type=CONTENT_TYPE_LATEST)
