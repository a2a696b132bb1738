"""Which paths of the service are Digital Links: those that begin with a key, and what may be compressed into one."""

import re

from starlette.convertors import Convertor, register_url_convertor

from ledger.formats.gs1.application_identifiers import KEYS
from ledger.formats.gs1.digital_link import KEY_NAMES

_KEY = "|".join((*KEYS, *KEY_NAMES))
_SEGMENT = "(?=[a-z_-]*[A-Z0-9])[A-Za-z0-9_-]{4,}"
"""It has a capital or a digit, which no path of the pages has."""
DIGITAL_LINK = re.compile(rf"/(?:(?:{_KEY})/.*|{_SEGMENT})", re.DOTALL)
"""A whole path."""


class Key(Convertor[str]):
    """A primary key, by number or by the name that older editions have for it."""

    regex = _KEY

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class Compressed(Key):
    """A segment that may be a compressed link."""

    regex = _SEGMENT


register_url_convertor("gs1key", Key())
register_url_convertor("compressed", Compressed())
