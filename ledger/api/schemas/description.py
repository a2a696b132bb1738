"""The OpenAPI document: what FastAPI finds in the routes, and what it cannot find there."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ledger.api.quota import COOKIE
from ledger.api.schemas import examples
from ledger.api.schemas.code_samples import samples

DESCRIPTION = (
    "Writes are authenticated by the record's own signatures, so nobody needs an account and nobody trusts the "
    "operator. Amounts are integers in minor units, wide ones decimal strings; times are UTC seconds; bytes are "
    "lower-case hex with 0x. Errors are RFC 9457 problem documents that say what was expected and what was found. "
    "Lists page by key: pass `next` on. A query parameter that a path does not have is refused."
)
TAGS = [
    {"name": "records", "description": "Signed records: submit, countersign, list, read, prove."},
    {"name": "shipments", "description": "Where goods are, who holds them, what a delay costs."},
    {
        "name": "documents",
        "description": "Documents of partners' systems: despatch advices in, receipts and reports out.",
    },
    {"name": "products", "description": "What a scanned code is answered with."},
    {"name": "recalls", "description": "What is recalled, who holds and who had it, who has answered."},
    {"name": "partners", "description": "Who takes part, and how to be enrolled."},
    {"name": "network", "description": "How lanes, markets, modes, carriers and fulfilments perform."},
    {"name": "markets", "description": "Rules by market: what terms need, assessed taxes, what a version changes."},
    {
        "name": "plans",
        "description": "Advice from verified records: routes, consolidation, demand, stock between warehouses.",
    },
    {"name": "bonuses", "description": "Agreements, awards and claims."},
    {"name": "log", "description": "The append-only log: checkpoint, tiles, proofs."},
    {"name": "credentials", "description": "Verifiable Credentials as their issuers published them."},
    {"name": "epcis", "description": "EPCIS 2.0: events out of records, events captured, queries over both."},
    {"name": "worklist", "description": "What waits for whoever has signed in."},
    {"name": "events", "description": "The log as events to follow, and webhooks that they are delivered to."},
    {"name": "session", "description": "Signing in with a key, to read private parts."},
    {"name": "system", "description": "For whoever runs the service."},
]
SECURITY_SCHEMES = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token that `signIn` answers with, to read what only parties and auditors may.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The same session, as the pages keep it. It counts on this service's own pages only.",
    },
}
READS: list[dict[str, list[str]]] = [{}, {"session": []}, {"cookie": []}]
"""The public may ask too."""
SESSION: list[dict[str, list[str]]] = READS[1:]
NEEDS_SESSION = frozenset(
    {
        "getDock", "getWorklist", "listProposals", "submitEpcisDocument", "submitEpcisEvent", "listEpcisCaptures",
        "getEpcisCapture", "submitEpcisQuery", "listEpcisQueries", "getEpcisQuery", "eraseEpcisQuery",
        "searchEpcisQuery", "traceLotSheet", "requestDocumentDraft", "listShipmentDocuments", "getShipmentDocument",
        "registerWebhook", "listWebhooks", "getWebhook", "removeWebhook", "setWebhookState", "renewWebhookSecret",
        "listDeadLetters", "resendDeadLetters",
        "submitCredential", "removeCredential", "putStatusList",
    }
)  # fmt: skip
ABOUT_ITSELF = ("log", "system")
"""Tags whose answers are the same for everybody."""


def describe(app: FastAPI, server: str) -> None:
    """Let `app.openapi()` give the whole document. `server`: the public address of this service.

    The schemas of records come from `ledger.records.types` and not from pydantic.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                tags=TAGS,
                routes=app.routes,
                servers=[{"url": server}],
            )
            document["components"]["schemas"] |= examples.record_schemas()
            document["components"]["securitySchemes"] = SECURITY_SCHEMES
            for path, methods in document["paths"].items():
                for method, operation in methods.items():
                    operation["security"] = _security(method, operation)
                    operation["x-codeSamples"] = samples(server, method, path, operation)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _security(method: str, operation: dict[str, Any]) -> list[dict[str, list[str]]]:
    """A write carries its own signatures, so only reads ask who somebody is."""
    if operation.get("operationId") in NEEDS_SESSION:
        return SESSION
    if method != "get" or set(operation.get("tags", ())) & set(ABOUT_ITSELF):
        return []
    return READS
