"""Rule files in TOML (https://toml.io/en/v1.0.0), as parties and council sign their hashes: read with limits."""

import tomllib
from typing import Any

from ledger.errors import MalformedRecord

MAX_SIZE = 65_536
LARGEST = 2**64
"""No figure in a rule comes near; a longer one may not even be printable."""


def read_toml(data: bytes, where: str, most: int = MAX_SIZE) -> dict[str, Any]:
    """The table in `data`, of at most `most` bytes, with no integer beyond ±2^64. Raises `MalformedRecord`."""
    if len(data) > most:
        raise MalformedRecord("too long", where=where, expected=f"at most {most} bytes", found=len(data))
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise MalformedRecord("not TOML: not UTF-8", where=where) from None
    except tomllib.TOMLDecodeError as error:
        raise MalformedRecord(f"not TOML: {error}", where=where) from None
    except (ValueError, RecursionError):
        raise MalformedRecord("not TOML: a number too long, or too deep", where=where) from None
    waiting: list[object] = [table]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, int) and abs(value) > LARGEST:
            raise MalformedRecord("a number too large", where=where, expected=f"at most {LARGEST}")
    return table
