"""A ledger's service over HTTP: what a partner's own program needs to hand in what it signed.

    from ledger.client import Client

    answer = Client("https://ledger.example.org").submit(signed)

Standard library only beside `ledger.records`: it is part of the base package, which has neither database nor chain.
"""

from ledger.client.service import Client

__all__ = ["Client"]
