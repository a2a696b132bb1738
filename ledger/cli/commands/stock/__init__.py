"""`lading stock`: who holds which goods where, at any second."""

from ledger.cli.commands.stock.held import stock

__all__ = ("stock",)
