"""What every way of writing is read into: application identifiers with their values, in the order given."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.formats.gs1.application_identifiers import needs_separator

FNC1 = "^"
"""How the separator is written here, as in GS1's own tools: no value may hold this character."""
GROUP_SEPARATOR = "\x1d"
"""How scanners send it (General Specifications, section 7.8.4)."""


@dataclass(frozen=True, slots=True)
class Element:
    """An application identifier of two to four digits, and its value in plain characters."""

    ai: str
    value: str


@dataclass(frozen=True, slots=True)
class Elements:
    """The element strings of one label. `str` gives them as one message, `^` for FNC1."""

    items: tuple[Element, ...]

    def __iter__(self) -> Iterator[Element]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def value(self, ai: str) -> str:
        """The value of an identifier; empty where the label has none."""
        return next((one.value for one in self.items if one.ai == ai), "")

    def __str__(self) -> str:
        """FNC1 at the beginning, and wherever a value without a fixed length is followed by another element."""
        text, separate = "", True
        for one in self.items:
            text += (FNC1 if separate else "") + one.ai + one.value
            separate = needs_separator(one.ai)
        return text

    def scanned(self) -> str:
        """The same as a scanner sends it after its symbology identifier."""
        return str(self)[1:].replace(FNC1, GROUP_SEPARATOR)

    def bracketed(self) -> str:
        """For people: each identifier in brackets, an opening bracket within a value as ``\\(``."""
        return "".join(f"({one.ai}){one.value.replace('(', chr(92) + '(')}" for one in self.items)
