"""Words that remember what they were made from, so that a page can say them in another language.

A `Text` is a `str`: the sentence in English, as the command line prints it and the API answers. Beside that it keeps
the message with its named places, and the values in these; a reader's language gives the message in its own words and
writes numbers, amounts and times its own way. Nothing here knows which language that is.

>>> text = say("{holder} hands over {packages}.", holder="Kea", packages=say_counted("{count} box", "{count} boxes", 2))
>>> text
'Kea hands over 2 boxes.'
>>> text.message, sorted(text.values)
('{holder} hands over {packages}.', ['holder', 'packages'])
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Self


class Form(StrEnum):
    """What kind of words a text is: a message of the catalogues, or a value that each language writes its own way."""

    MESSAGE = "message"
    NUMBER = "number"
    """A whole number."""
    MONEY = "money"
    """Minor units as an int, and the currency, which may be empty."""
    ROUNDED_MONEY = "rounded money"
    """Whole units as an int, and the currency."""
    MOMENT = "moment"
    """UTC seconds."""
    DAY = "day"
    """UTC seconds."""
    SPAN = "span"
    """Seconds."""
    DAYS = "days"
    """Tenths of a day."""
    PERCENT = "percent"
    """A decimal number as text, and how many of its decimals are always shown."""
    POINTS = "points"
    """A decimal number as text, and how many of its decimals are always shown."""
    PARTNER = "partner"
    """The partner's number."""
    LIST = "list"
    """Texts, as in `a, b and c`."""
    SEVERAL = "several"
    """Texts one after another, as in `a, b, c`."""
    SENTENCES = "sentences"
    """Texts that follow each other."""


class Text(str):
    """`message` with `values` in its places, in English; `plural` where it counts `values["count"]`, else empty.
    `context` tells apart what English calls by one word. Where `form` is no message, `parts` is what was written.
    """

    __slots__ = ("context", "form", "message", "parts", "plural", "values")
    form: Form
    message: str
    plural: str
    context: str
    values: Mapping[str, object]
    parts: tuple[object, ...]

    @classmethod
    def of_message(
        cls, english: str, message: str, values: Mapping[str, object], plural: str = "", context: str = ""
    ) -> Self:
        made = cls(english)
        made.form, made.message, made.plural, made.context = Form.MESSAGE, message, plural, context
        made.values, made.parts = values, ()
        return made

    @classmethod
    def of_value(cls, form: Form, english: str, *parts: object) -> Self:
        made = cls(english)
        made.form, made.message, made.plural, made.context = form, "", "", ""
        made.values, made.parts = {}, parts
        return made


def say(message: str, /, **values: object) -> Text:
    """`message` with each `{name}` replaced by the value of that name; whole numbers get their separators."""
    return Text.of_message(_filled(message, values), message, values)


def say_counted(one: str, many: str, count: int, /, **values: object) -> Text:
    """`one` for a single thing, else `many`, with `{count}` and the other values in place."""
    values = {"count": count, **values}
    return Text.of_message(_filled(one if count == 1 else many, values), one, values, many)


def phrase(text: str) -> str:
    """A message that is filled elsewhere, marked for the catalogues."""
    return text


def pair(one: str, many: str) -> tuple[str, str]:
    """The two messages of something that is counted elsewhere, marked for the catalogues."""
    return one, many


def term(context: str, word: str) -> Text:
    """A word that only means something in its `context`, such as the name of a code."""
    return Text.of_message(word, word, {}, context=context)


def partner(number: int, *, first: bool = False) -> Text:
    """`partner 7`; `first` in a sentence, with a capital."""
    return Text.of_value(Form.PARTNER, f"{'P' if first else 'p'}artner {number}", number)


def listed(parts: Sequence[str]) -> Text:
    """`a`, `a and b`, `a, b and c`."""
    english = " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[:-1] else parts)
    return Text.of_value(Form.LIST, english, *parts)


def several(parts: Sequence[str]) -> Text:
    """`a, b, c`."""
    return Text.of_value(Form.SEVERAL, ", ".join(parts), *parts)


def sentences(parts: Sequence[str]) -> Text:
    """Whole sentences that follow each other; those without words are left out."""
    said = [part for part in parts if part]
    return Text.of_value(Form.SENTENCES, " ".join(said), *said)


def _filled(message: str, values: Mapping[str, object]) -> str:
    return message.format_map({name: _english(value) for name, value in values.items()})


def _english(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
