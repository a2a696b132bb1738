"""The libraries that plans need, which nothing else of Lading does: they are loaded where they are used."""

from importlib import import_module
from typing import Any

from ledger.errors import Misconfigured


def library(name: str) -> Any:
    """The module `name`. Raises `Misconfigured` where it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        raise Misconfigured(
            "plans need a library that is not installed", where=name, mend='Install it: pip install "lading[plan]".'
        ) from None
