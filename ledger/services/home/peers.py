"""The other operators to which this one forwards: the file `peers` of a home, a line with log id and URL for each.

The operator alone writes it, so no consent, and nobody who hands one in, chooses where this machine connects to.
"""

import re
from pathlib import Path

from ledger.common.ids import LogId, bytes_from_hex
from ledger.errors import MalformedRecord, Misconfigured

PEERS = "peers"
_URL = re.compile(r"https?://[^/?#@\s]+(?:/[^?#\s]*)?")


def read_peers(home: Path) -> dict[LogId, str]:
    """The URL of each peer's service by its log id; none without the file. Empty lines and `#` lines are passed over.

    Raises `Misconfigured`.
    """
    path = home / PEERS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured("cannot be read", where=str(path), found=str(error)) from None
    result: dict[LogId, str] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        where = f"{path}: line {number}"
        if len(words) != 2 or not _URL.fullmatch(words[1]):
            raise Misconfigured("not a peer", where=where, expected="LOG_ID http(s)://…", found=line[:120])
        try:
            log_id = LogId(bytes_from_hex(words[0], 32, where))
        except MalformedRecord as error:
            raise Misconfigured(error.what, where=where, expected="a log id in hex", found=words[0][:80]) from None
        if log_id in result:
            raise Misconfigured("the same log twice", where=where, found=words[0])
        result[log_id] = words[1]
    return result
