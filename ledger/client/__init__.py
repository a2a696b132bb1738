"""A ledger's service over HTTP: what a partner's own program needs to draft, sign, hand in, follow and check.

    from ledger.client import Client

    client = Client("https://ledger.example.org", trust=Path("trust.json").read_bytes(), key=key)
    answer = client.submit(client.sign(client.draft("Statement", {...})))

It is part of the base package, which has neither database nor chain. `AsyncClient` does the same with `await`.
"""

from ledger.client.asynchronous import AsyncClient
from ledger.client.checking import Proved
from ledger.client.following import Which
from ledger.client.service import Client

__all__ = ["AsyncClient", "Client", "Proved", "Which"]
