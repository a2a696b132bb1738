"""What went wrong, in a reader's language: of the errors, those that somebody meets who follows a link, scans a code or
fills in a form. Whatever else can be wrong is told in English, as whoever calls the API reads it.
"""

from collections.abc import Mapping
from typing import Any

from ledger.explain.text import Text, phrase, say

_KNOWN = frozenset(
    [
        phrase("not a GS1 Digital Link path of a product"),
        phrase("no GS1 code"),
        phrase("no GS1 key in this link"),
        phrase("not a web address"),
        phrase("not a compressed link"),
        phrase("not in the format of its application identifier"),
        phrase("no value of an application identifier"),
        phrase("no application identifier here"),
        phrase("not an application identifier"),
        phrase("not an application identifier in brackets"),
        phrase("one application identifier twice"),
        phrase("one application identifier with two values"),
        phrase("qualifiers that cannot follow this key so"),
        phrase("an attribute that belongs in the path"),
        phrase("wrong check digit"),
        phrase("no such day"),
        phrase("no links of this key here"),
        phrase("unknown, repeated or misplaced key"),
        phrase("link too long"),
        phrase("no GTIN in this code"),
        phrase("no code"),
        phrase("no such agreement"),
        phrase("no such award"),
        phrase("no such language"),
        phrase("no such partner"),
        phrase("no such path"),
        phrase("no such recall"),
        phrase("no such record"),
        phrase("no such shipment"),
        phrase("not a GTIN"),
        phrase("not a day"),
        phrase("not a signature"),
        phrase("not an address"),
        phrase("sent by another site"),
        phrase("something went wrong here"),
        phrase("wrong check digit of a GTIN"),
        phrase("this client asks for too much"),
        phrase("too many requests are waiting"),
        phrase("8, 12, 13 or 14 digits"),
        phrase("a link, or the digits under the barcode"),
        phrase("(01) and 14 digits"),
        phrase("a link with 01/…, (01)…, or the digits under the barcode"),
        phrase("YYYY-MM-DD, or UTC seconds"),
    ]
)


def told(text: str) -> Text | str:
    """What an error says, as a message where it is known to be one."""
    return say(text) if text in _KNOWN else text


def problem_told(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A problem document with what it says as messages, as far as these are known."""
    return {name: told(value) if name in ("what", "expected") else value for name, value in problem.items()}
