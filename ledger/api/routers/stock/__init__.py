"""`/v1/stock`: who holds which goods, where, at any second."""

from ledger.api.routers.stock.stock import router

__all__ = ("router",)
