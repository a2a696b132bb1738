"""`lading serve`: the HTTP service of this home."""

import uvicorn

from api.app import create_app
from ledger.services.node import Node
from ledger.services.settings import read_settings


def serve() -> None:
    """Serve the API and the pages of the consortium in LADING_HOME."""
    settings = read_settings()
    node = Node(settings)
    uvicorn.run(create_app(node), host=settings.host, port=settings.port)
